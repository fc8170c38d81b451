#!/usr/bin/python3
"""Every route of the server and every status it gives: answers, headers, who may ask."""

import base64
import io
import json
import os
import shutil

import web
from PIL import Image
from web import UNKNOWN_ITEM, SharedCase, harness, split


class Answers(SharedCase):
    def test_health(self):
        answer = self.server.get("/healthz")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        version = self.shared.run("--version").out.split()[1]
        self.assertEqual(answer.json(), {"status": "ok", "version": version})
        self.safe(answer)

    def test_page(self):
        answer = self.server.get("/")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "text/html; charset=utf-8"))
        with open(os.path.join(harness.SOURCE, "web", "index.html"), "rb") as file:
            self.assertEqual(answer.body, file.read())
        self.safe(answer)
        self.assertEqual(self.server.get("/?q=%D0%BA%D0%BE%D1%82&k=20").body, answer.body)
        self.assertEqual(self.server.get("/index.html").body, answer.body)
        self.assertIn("default-src 'self'", answer.headers["content-security-policy"])

    def test_page_files(self):
        folder = os.path.join(harness.SOURCE, "web")
        types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
        names = [n for n in os.listdir(folder) if os.path.splitext(n)[1] in types]
        self.assertGreater(len(names), 3)
        served = 0
        with open(os.path.join(folder, "meson.build")) as file:
            listed = file.read()
        for name in names:
            if "'%s'" % name not in listed:
                continue
            answer = self.server.get("/" + name)
            self.assertEqual(answer.status, 200, name)
            self.assertEqual(answer.headers["content-type"], types[os.path.splitext(name)[1]])
            with open(os.path.join(folder, name), "rb") as file:
                self.assertEqual(answer.body, file.read(), name)
            self.safe(answer)
            again = self.server.get("/" + name, If_None_Match=answer.headers["etag"])
            self.assertEqual((again.status, again.body), (304, b""))
            served += 1
        self.assertGreater(served, 3)

    def test_search_is_what_the_program_prints(self):
        item = self.server.search(text="red")["results"][0]["item"]
        for body, words in [
            ({"text": "red car"}, ["red", "car"]),
            ({"text": "рыжий кот", "k": 3}, ["рыжий", "кот", "-k", "3"]),
            ({"text": "hs;bq rjn"}, ["hs;bq", "rjn"]),
            ({"text": "boat", "collection": "default", "exact": True}, ["boat", "-c", "default", "--exact"]),
            ({"text": "boat", "min_score": 0.0001}, ["boat", "--min-score", "0.0001"]),
            ({"text": "boat", "min_score": 2}, ["boat", "--min-score", "2"]),
            ({"item": item, "k": 2}, ["@" + item, "-k", "2"]),
        ]:
            answer = self.server.post(body)
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"), str(answer))
            self.safe(answer)
            self.assertEqual(answer.headers["cache-control"], "no-store")
            printed = self.shared.run("search", *words, "--json")
            self.assertIn(printed.status, (0, 1))
            ours, theirs = answer.json(), printed.json()
            self.assertEqual(set(ours.pop("took_ms")), set(theirs.pop("took_ms")))
            self.assertEqual(ours, theirs)
            self.assertEqual(list(answer.json()), list(printed.json()), "the order of keys")

    def test_the_other_keyboard_layout(self):
        typed, meant = self.server.search(text="сфе"), self.server.search(text="cat")
        self.assertEqual((typed["query"]["text"], typed["query"]["translated"]), ("сфе", "cat"))
        self.assertEqual(len(typed["warnings"]), 1)
        self.assertEqual((meant["query"]["translated"], meant["warnings"]), (None, []))
        self.assertEqual(typed["results"], meant["results"])

    def test_search_with_nothing_over_the_score(self):
        self.assertEqual(self.server.search(text="red", min_score=2)["results"], [])

    def test_collections_and_status(self):
        for path, verb in [("/api/v1/collections", ["collection", "list"]), ("/api/v1/status", ["status"])]:
            answer = self.server.get(path)
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
            self.assertEqual(answer.body.decode(), self.shared.run(*verb, "--json").out.rstrip("\n"))
            self.safe(answer)

    def test_thumbnail(self):
        for hit in self.server.search(text="red")["results"]:
            answer = self.server.get("/api/v1/items/%s/thumbnail" % hit["item"])
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, "image/jpeg"), str(answer))
            picture = Image.open(io.BytesIO(answer.body))
            self.assertEqual(picture.format, "JPEG")
            self.assertLessEqual(max(picture.size), 320)
            wide = hit["width"] / hit["height"]
            self.assertAlmostEqual(picture.size[0] / picture.size[1], wide, delta=0.1 * wide)
            self.assertIn("immutable", answer.headers["cache-control"])
            self.assertIn("sandbox", answer.headers["content-security-policy"])
            self.safe(answer)
            etag = answer.headers["etag"]
            self.assertEqual(etag, '"%s"' % hit["item"])
            for tags in (etag, "W/" + etag, '"other", ' + etag, "*"):
                again = self.server.get("/api/v1/items/%s/thumbnail" % hit["item"], If_None_Match=tags)
                self.assertEqual((again.status, again.body), (304, b""), tags)
            self.assertEqual(
                self.server.get("/api/v1/items/%s/thumbnail" % hit["item"], If_None_Match='"other"').status, 200
            )

    def test_file(self):
        for hit in self.server.search(text="red")["results"]:
            answer = self.server.get("/api/v1/items/%s/file" % hit["item"])
            with open(hit["path"], "rb") as file:
                self.assertEqual(answer.body, file.read())
            ending = os.path.splitext(hit["path"])[1]
            self.assertEqual(answer.headers["content-type"], {".png": "image/png", ".jpg": "image/jpeg"}[ending])
            name = os.path.basename(hit["path"])
            self.assertEqual(
                answer.headers["content-disposition"], "inline; filename=\"%s\"; filename*=UTF-8''%s" % (name, name)
            )
            self.assertIn("sandbox", answer.headers["content-security-policy"])
            self.safe(answer)
            again = self.server.get("/api/v1/items/%s/file" % hit["item"], If_None_Match=answer.headers["etag"])
            self.assertEqual((again.status, again.body), (304, b""))

    def test_head(self):
        item = self.server.search(text="red")["results"][0]["item"]
        for path in (
            "/",
            "/app.js",
            "/healthz",
            "/api/v1/status",
            "/api/v1/collections",
            "/api/v1/items/%s/thumbnail" % item,
            "/api/v1/items/%s/file" % item,
        ):
            full = self.server.get(path)
            self.assertEqual(full.status, 200, path)
            raw = split(self.server.raw(b"HEAD %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode()))
            self.assertEqual((raw.status, raw.body), (200, b""), path)
            self.assertEqual(raw.headers["content-length"], str(len(full.body)), path)
            self.assertEqual(raw.headers["content-type"], full.headers["content-type"])
            self.safe(raw)
        for path, status in [(b"/nothing", 404), (b"/api/v1/search", 405)]:
            raw = self.server.raw(b"HEAD %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
            self.assertEqual(split(raw).status, status)
            self.assertTrue(raw.endswith(b"\r\n\r\n"), "an answer to HEAD has no body")

    def test_methods(self):
        for path, allow in [
            ("/", "GET, HEAD"),
            ("/app.js", "GET, HEAD"),
            ("/healthz", "GET, HEAD"),
            ("/api/v1/status", "GET, HEAD"),
            ("/api/v1/collections", "GET, HEAD"),
            ("/api/v1/items/%s/file" % UNKNOWN_ITEM, "GET, HEAD"),
            ("/api/v1/items/%s/thumbnail" % UNKNOWN_ITEM, "GET, HEAD"),
            ("/api/v1/search", "POST"),
        ]:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "X-NEW"):
                if method in allow:
                    continue
                answer = self.server.request(method, path)
                self.assertEqual(answer.status, 405, (method, path))
                self.assertEqual(answer.headers["allow"], allow)
                if method != "HEAD":
                    self.problem(answer, 405, "method-not-allowed")

    def test_unknown_paths(self):
        for path in (
            "/nothing",
            "/api",
            "/api/v1",
            "/api/v1/",
            "/api/v1/search/",
            "/api/v2/search",
            "/api/v1/items",
            "/api/v1/items/",
            "/api/v1/items/%s" % UNKNOWN_ITEM,
            "/api/v1/items/%s/" % UNKNOWN_ITEM,
            "/api/v1/items/%s/raw" % UNKNOWN_ITEM,
            "/api/v1/items/%s/file/" % UNKNOWN_ITEM,
            "/api/v1/items/%s/file/.." % UNKNOWN_ITEM,
            "//",
            "/favicon.ico",
            "/INDEX.HTML",
            "/index.html/",
            "/meson.build",
        ):
            self.problem(self.server.get(path), 404, "not-found")

    def test_unknown_items(self):
        self.problem(self.server.get("/api/v1/items/%s/file" % UNKNOWN_ITEM), 404, "not-found", UNKNOWN_ITEM)
        self.problem(self.server.get("/api/v1/items/%s/thumbnail" % UNKNOWN_ITEM), 404, "not-found", UNKNOWN_ITEM)
        self.problem(self.server.post({"item": UNKNOWN_ITEM}), 404, "not-found", UNKNOWN_ITEM)
        for item in ("0" * 31, "0" * 33, "g" * 32, "A" * 32, "-1", "1", "%00", "é" * 16, "' OR 1=1 --", "0" * 2000):
            escaped = "".join("%%%02X" % b for b in item.encode())
            self.problem(self.server.get("/api/v1/items/%s/file" % escaped), 404, "not-found")
            self.problem(self.server.get("/api/v1/items/%s/thumbnail" % escaped), 404, "not-found")
            self.problem(self.server.post({"item": item}), 404, "not-found")
        photo = self.shared.path("photo.jpg")  # a path is no item, even where the file exists
        self.problem(self.server.post({"item": photo}), 404, "not-found")
        self.problem(self.server.post({"item": "../../etc/passwd"}), 404, "not-found")

    def test_unknown_collection(self):
        for name in ("nowhere", "кошки", "<b>", "a'b\"c"):
            self.problem(self.server.post({"text": "red", "collection": name}), 404, "not-found", name)

    def test_language(self):
        russian = self.problem(self.server.get("/nothing", Accept_Language="ru-RU,ru;q=0.9,en;q=0.8"), 404)
        english = self.problem(self.server.get("/nothing", Accept_Language="en-US,ru;q=0.5"), 404)
        other = self.problem(self.server.get("/nothing", Accept_Language="de"), 404)
        self.assertEqual(russian["title"], "Не найдено")
        self.assertEqual(english["title"], "Not found")
        self.assertEqual(other, english)
        answer = self.server.post({"text": "x", "collection": "nowhere"}, Accept_Language="ru")
        self.problem(answer, 404, "not-found", "нет коллекции «nowhere»")
        self.problem(self.server.post(b"", Accept_Language="ru"), 400, "bad-request", "тело запроса пусто")


class Outside(SharedCase):
    """Nothing but items by id and the page's files can be fetched."""

    def test_paths_upwards(self):
        secret = os.path.join(self.shared.folder, "secret.txt")
        with open(secret, "w") as file:
            file.write("SECRET")
        up = [
            "..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%25252e%25252e", "..%00", "%c0%ae%c0%ae",
            "%e0%80%ae%e0%80%ae", "%uff0e%uff0e", "....", "...", "..;", "%ef%bc%8e%ef%bc%8e", "..%01", "%00..",
        ]  # fmt: skip
        slashes = ["/", "%2f", "%5c", "\\", "%252f", "%255c", "%c0%af", "%c1%9c", "//", "/./", "%e0%80%af", "%u2215"]
        item = self.server.search(text="red")["results"][0]["item"]
        tried = 0
        for u in up:
            for s in slashes:
                climb = (u + s) * 8
                paths = ["/" + climb + "etc/passwd", "/app.js/" + climb + secret.lstrip("/")]
                if s in ("/", "%2f", "\\"):
                    paths += [
                        "/api/v1/items/" + climb + "etc/passwd/file",
                        "/api/v1/items/" + item + s + u + s + u + s + "index.html",
                        "/api/v1/items/" + climb + "etc/passwd/thumbnail",
                        "/api/v1/items/" + item + "/file" + s + climb + "etc/passwd",
                    ]
                for path in paths:
                    answer = split(self.server.raw(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode()))
                    self.assertIn(answer.status, (400, 404), path)
                    self.assertNotIn(b"SECRET", answer.body)
                    self.assertNotIn(b"root:", answer.body)
                    tried += 1
        self.assertGreater(tried, 500)

    def test_queries_upwards(self):
        for text in ("../../../etc/passwd", "@/etc/passwd", "@" + self.shared.path("photo.jpg"), "/etc/passwd"):
            answer = self.server.post({"text": text})
            if answer.status == 200:  # words like any others
                self.assertEqual(answer.json()["query"]["text"], text)
            else:
                self.problem(answer, 400)
        for key in ("picture", "path", "home", "model", "url", "file"):
            self.problem(self.server.post({key: "/etc/passwd"}), 400, "bad-request", key)
        answer = self.server.post({"text": "x", "collection": "../../etc"})
        self.problem(answer, 400)


class Guard(SharedCase):
    """A foreign Host or Origin is refused on every route, whatever else is right or wrong."""

    ROUTES = [
        ("GET", "/"),
        ("GET", "/index.html"),
        ("GET", "/app.js"),
        ("GET", "/healthz"),
        ("GET", "/api/v1/status"),
        ("GET", "/api/v1/collections"),
        ("GET", "/api/v1/items/%s/file" % UNKNOWN_ITEM),
        ("GET", "/api/v1/items/%s/thumbnail" % UNKNOWN_ITEM),
        ("HEAD", "/"),
        ("POST", "/api/v1/search"),
        ("POST", "/healthz"),
        ("DELETE", "/api/v1/search"),
        ("OPTIONS", "/api/v1/search"),
        ("GET", "/nothing"),
    ]

    def ask(self, method, path, host, *lines):
        body = b'{"text": "red"}' if method == "POST" else b""
        head = ["%s %s HTTP/1.1" % (method, path), "Host: " + host, *lines]
        if body:
            head.append("Content-Length: %d" % len(body))
        return split(self.server.raw("\r\n".join(head + ["", ""]).encode("utf-8") + body))

    def refused(self, answer, method):
        self.assertEqual(answer.status, 403, str(answer))
        if method != "HEAD":
            self.problem(answer, 403, "forbidden")

    def test_foreign_host(self):
        hosts = [
            "evil.example", "evil.example:%d" % self.server.port, "localhost.evil.example", "evil-localhost",
            "127.0.0.1.nip.io", "127.0.0.2", "0.0.0.0", "10.0.0.1", "[::]", "[::2]", "::1", "localhost.", "localhost:",
            "localhost:0", "localhost:65536", "localhost:80a", "localhost:-1", "user@localhost", "localhost/",
            "localhost, evil.example", "127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]", "[::1", "", "*",
            "localhost:80:80", "ｌocalhost",
        ]  # fmt: skip
        for host in hosts:
            self.refused(self.ask("GET", "/healthz", host), "GET")
        for method, path in self.ROUTES:
            for host in hosts[:3]:
                self.refused(self.ask(method, path, host), method)
                self.refused(self.ask(method, path, host, "Origin: http://" + host), method)

    def test_own_host(self):
        for host in ("localhost", "LOCALHOST:8090", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535", "localhost:5"):
            self.assertEqual(self.ask("GET", "/healthz", host).status, 200, host)
            self.assertEqual(self.ask("POST", "/api/v1/search", host, "Origin: http://" + host).status, 200, host)
            self.assertEqual(self.ask("POST", "/api/v1/search", host, "Origin: https://" + host).status, 200, host)

    def test_foreign_origin(self):
        own = "127.0.0.1:%d" % self.server.port
        origins = [
            "http://evil.example", "null", "", "http://127.0.0.1", "http://localhost:%d" % self.server.port,
            "http://127.0.0.1:1", "https://evil.example:%d" % self.server.port, "file://", "http://" + own + "/",
            "http://" + own + ".evil.example", "ftp://" + own, own, "http://user@" + own, "http://" + own + " ,x",
            "chrome-extension://" + own, "HTTP//" + own,
        ]  # fmt: skip
        for origin in origins:
            self.refused(self.ask("POST", "/api/v1/search", own, "Origin: " + origin), "POST")
        for method, path in self.ROUTES:
            for origin in origins[:3]:
                self.refused(self.ask(method, path, own, "Origin: " + origin), method)

    def test_fetch_site(self):
        for site in ("cross-site", "same-site", "none-such", ""):
            for method, path in self.ROUTES:
                self.refused(self.ask(method, path, "localhost", "Sec-Fetch-Site: " + site), method)
        for site in ("same-origin", "none"):
            self.assertEqual(self.ask("POST", "/api/v1/search", "localhost", "Sec-Fetch-Site: " + site).status, 200)
            self.assertEqual(self.ask("GET", "/api/v1/status", "localhost", "Sec-Fetch-Site: " + site).status, 200)
        link = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate")
        self.assertEqual(self.ask("GET", "/?q=cat", "localhost", *link).status, 200, "a link to the page is followed")
        self.refused(self.ask("GET", "/api/v1/status", "localhost", *link), "GET")
        self.refused(self.ask("POST", "/api/v1/search", "localhost", *link), "POST")

    def test_no_origin_is_accepted(self):
        self.assertEqual(self.ask("POST", "/api/v1/search", "localhost").status, 200)


class Bodies(SharedCase):
    def test_not_a_query(self):
        deep = b"[" * 30000
        cases = [
            b"", b" ", b"{", b"}", b"[]", b"null", b"true", b"1", b'"text"', b"{}", b"{]", b"{'text':'red'}",
            b'{"text":}', b'{"text"}', b'{"text":"red"', b'{"text":"red"}x', b'{"text":"red"}{"text":"red"}',
            b'{"text":"red",}', b'{text:"red"}', b'{"text":"red","text":"blue"}', b'{"text":"red","k":1,"k":2}',
            b'{"text":"r\x00ed"}', b'{"text":"r\\u0000ed"}', b'{"text":"\xff\xfe"}', b'{"text":"\xc0\xae"}',
            b'{"text":"\\ud800"}', b'{"text":"a\nb"}', b'\xef\xbb\xbf{"text":"red"}', b'{"text":1}', b'{"text":null}',
            b'{"text":["red"]}', b'{"text":{"red":1}}', b'{"text":""}', b'{"text":"   "}', b'{"text":"\\u3000"}',
            b'{"text":"red","item":"%s"}' % UNKNOWN_ITEM.encode(), b'{"item":""}', b'{"item":5}', b'{"k":5}',
            b'{"text":"red","k":0}', b'{"text":"red","k":1001}', b'{"text":"red","k":-1}', b'{"text":"red","k":1.5}',
            b'{"text":"red","k":"10"}', b'{"text":"red","k":1e99}', b'{"text":"red","k":99999999999999999999999}',
            b'{"text":"red","k":null}', b'{"text":"red","min_score":"0.5"}', b'{"text":"red","min_score":1e999}',
            b'{"text":"red","min_score":NaN}', b'{"text":"red","min_score":true}', b'{"text":"red","exact":1}',
            b'{"text":"red","exact":"yes"}', b'{"text":"red","collection":5}', b'{"text":"red","collection":""}',
            b'{"text":"red","collection":"a/b"}', b'{"text":"red","collection":"%s"}' % (b"x" * 65),
            b'{"text":"red","colection":"default"}', b'{"text":"red","":1}', b'{"Text":"red"}', deep,
            b'{"text":' + deep,
            b'{"text":"%s"}' % (b"a" * 8193), b"text=red", b"<text>red</text>", b"\x00", b"\x1f\x8b\x08\x00",
            b'{"text":"red","' + b"k" * 3000 + b'":1}', b'{"text":"red","' + "ключ".encode() * 300 + b'":1}',
        ]  # fmt: skip
        self.assertGreater(len(cases), 60)
        for body in cases:
            answer = self.server.post(body)
            self.problem(answer, 400, "bad-request")
        self.problem(self.server.post(b'{"text":"red","colour":1}'), 400, naming="'colour'")
        self.problem(self.server.post(b'{"text":"red","k":5000}'), 400, naming="'k'")

    def test_content_type_does_not_matter(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "image/png", ""):
            answer = self.server.request("POST", "/api/v1/search", b'{"text":"red"}', {"Content-Type": kind})
            self.assertEqual(answer.status, 200)

    def test_long_text(self):
        answer = self.server.post({"text": "word " * 1600})
        self.assertIn(answer.status, (200, 400), "8 KB may be more than the model reads, never a fault")

    def test_too_large(self):
        self.problem(self.server.post(b'{"text":"' + b"a" * (1 << 20) + b'"}'), 413, "too-large")
        self.problem(self.server.post(b" " * (64 * 1024 + 1)), 413, "too-large")
        largest = b'{"text":"red"}'.ljust(64 * 1024)
        self.assertEqual(self.server.post(largest).status, 200)
        for length in (65537, 1 << 20, 1 << 40, 999999999999999999):
            head = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % length
            self.problem(split(self.server.raw(head)), 413, "too-large")  # without waiting for the body

    def chunked(self, *chunks, end=b"0\r\n\r\n"):
        body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + end
        return self.server.raw(
            b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        )

    def test_chunks(self):
        self.assertEqual(split(self.chunked(b'{"text":', b'"red"}')).status, 200)
        self.assertEqual(split(self.chunked(*[b"%c" % c for c in b'{"text":"red car"}'])).status, 200)
        self.assertEqual(split(self.chunked(b'{"text":"red"}'.ljust(65536))).status, 200)
        self.assertEqual(split(self.chunked(*[b" " * 4096] * 15, b'{"text":"red"}'.ljust(4096))).status, 200)
        self.problem(split(self.chunked()), 400)
        for chunk, count in ((b" " * 65537, 1), (b" " * 4096, 17), (b" " * 65536, 16), (b" ", 40000)):
            self.problem(split(self.chunked(*[chunk] * count)), 413, "too-large")
        endless = self.chunked(b" " * 65536, end=b"1\r\n")  # not ended, and too large as soon as that is clear
        self.problem(split(endless), 413)

    def test_bad_chunks(self):
        for body in (
            b"x\r\n", b"-1\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n",
            b"5\r\nhelloX\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
            b" 5\r\nhello\r\n0\r\n\r\n",
            b"5 \r\nhello\r\n0\r\n\r\n", b"\r\nhello", b"fffffffff\r\n", b"000000005\r\nhello\r\n0\r\n\r\n",
            b"2\r\n{}\r\n0\r\nX: y\r\n\r\n", b"5\rhello", b"2\r\n{}\r\n0\r\nx",
        ):  # fmt: skip
            answer = split(
                self.server.raw(
                    b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body
                )
            )
            self.problem(answer, 400, "bad-request")
        huge = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"
        self.problem(split(self.server.raw(huge)), 413)

    def test_continue(self):
        with self.server.connect() as s:
            s.sendall(
                b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n"
            )
            go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
            self.assertEqual(s.recv(100), go_on)
            s.sendall(b'{"text":"red"}')
            self.assertEqual(split(web.read_all(s).replace(go_on, b"")).status, 200)
        answer = split(
            self.server.raw(
                b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
        )
        self.problem(answer, 413)


class Outdated(web.Case):
    """A collection of an earlier version of the model: the answer says what to do, that of others what is missing."""

    def test_alone_and_beside_others(self):
        earlier = harness.earlier_starter(os.path.join(self.home.folder, "earlier"))
        harness.make_pictures(self.home.path("a"), 2)
        harness.make_pictures(self.home.path("b"), 2, first=5)
        self.home.index(self.home.path("a"), "-c", "photos", env=earlier)
        server = self.serve()
        for body in ({"text": "red"}, {"text": "red", "collection": "photos"}, {"item": UNKNOWN_ITEM}):
            answer = server.post(body)
            self.assertEqual(answer.status, 503, str(answer))
            problem = answer.json()
            self.assertEqual((set(problem), problem["type"]), (web.PROBLEM_KEYS, "outdated"))
            self.assertIn("'photos' was indexed with an earlier version of the model starter", problem["detail"])
            self.assertIn("imagefinder index PATH -c 'photos'", problem["detail"])
        self.home.index(self.home.path("b"), "-c", "new")
        o = server.search(text="red")
        self.assertEqual(len(o["results"]), 2)
        self.assertEqual(len(o["warnings"]), 1)
        self.assertIn("'photos' was left out", o["warnings"][0])
        self.home.index(self.home.path("a"), "-c", "photos")
        o = server.search(text="red")
        self.assertEqual((len(o["results"]), o["warnings"]), (4, []))


    def test_a_server_that_is_older_than_the_index(self):
        folder = os.path.join(self.home.folder, "models")
        models = harness.earlier_starter(folder)
        harness.make_pictures(self.home.pictures, 2)
        self.home.index(env=models)
        server = self.serve(env=models)
        self.assertEqual(len(server.search(text="red")["results"]), 2)
        shutil.rmtree(os.path.join(folder, "starter"))
        shutil.copytree(os.path.join(harness.SOURCE, "models", "starter"), os.path.join(folder, "starter"))
        self.assertEqual(self.home.index(env=models)["added"], 2)
        threads = max(2, os.cpu_count())  # each of them notices at its first search
        found = [server.post({"text": "red"}).status for _ in range(threads + 20)]
        self.assertLessEqual(found.count(503), threads)
        self.assertEqual(found.count(503) + found.count(200), len(found))


class Hostile(web.Case):
    """File names and queries come back as text, whatever is in them."""

    def test_names(self):
        names = [
            b"<script>alert(1)<script>.png", b"a\"b'c.png", b"new\nline.png", b"tab\tbell\x07.png", b"\xff\xfe.png",
            "юникод \u202eфото\u2028.png".encode(), b"%2e%2e%2f.png", b"back\\slash.png", b"\r\nSet-Cookie: a=b.png",
            b"x" * 200 + b".png", b"semi;colon, comma.png", b"\x7f\x1b[31m.png", "\u00e9\u0301.png".encode(),
        ]  # fmt: skip
        for seed, name in enumerate(names):
            path = os.path.join(os.fsencode(self.home.pictures), name)
            harness.make_picture(path, seed)
        self.home.index()
        server = self.serve()
        answer = server.post({"text": "red", "k": 100})
        self.assertNotIn(b"\n", answer.body)
        hits = answer.json()["results"]
        self.assertEqual(len(hits), len(names))
        printed = self.home.run("search", "red", "-k", "100", "--json")
        self.assertEqual(hits, json.loads(printed.out)["results"])
        seen = 0
        for hit in hits:
            got = server.get("/api/v1/items/%s/file" % hit["item"])
            self.assertEqual(got.status, 200, str(got))
            disposition = got.headers["content-disposition"]
            self.assertTrue(disposition.isascii() and disposition.isprintable(), disposition)
            self.assertEqual(disposition.count('"'), 2)
            self.assertNotIn("set-cookie", got.headers)
            with open(base64.b64decode(hit["path_base64"]) if "path_base64" in hit else hit["path"], "rb") as file:
                self.assertEqual(file.read(), got.body)
            seen += 1
        self.assertEqual(seen, len(names))

    def test_queries(self):
        harness.make_pictures(self.home.pictures, 1)
        self.home.index()
        server = self.serve()
        for text in (
            "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "a\u2028b", '"; drop table item; --',
            "\u202ecat", "\ufffe red", "red\u0007", "👩‍👩‍👧‍👦 red", "%s%n%x red", "{{7*7}} red",
            "\\u0041 red", "red\ttab\r\n",
        ):  # fmt: skip
            answer = server.post({"text": text})
            self.assertEqual(answer.status, 200, (text, str(answer)))
            self.assertEqual(answer.headers["content-type"], "application/json")
            self.assertEqual(answer.json()["query"]["text"], text)

    def test_collection_names(self):
        harness.make_pictures(self.home.pictures, 1)
        name = "<img src=x onerror=alert(1)>\"'"
        self.home.index("-c", name)
        server = self.serve()
        self.assertEqual(server.get("/api/v1/collections").json()["collections"][0]["name"], name)
        self.assertEqual(len(server.search(text="red", collection=name)["results"]), 1)
        problem = self.problem(server.post({"text": "red", "collection": name + "?"}), 404)
        self.assertIn(name, problem["detail"])


del SharedCase  # only their subclasses are tests

if __name__ == "__main__":
    harness.sys.exit(harness.main())
