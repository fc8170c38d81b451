#!/usr/bin/python3
"""Makes the seed files of the fuzz targets http_request and json_query: requests and bodies, right and wrong.

    tools/fuzz/make_http_corpus.py tests/fuzz/corpus
"""
import os
import sys

HOST = b"Host: localhost:8090\r\n"
ITEM = b"00112233445566778899aabbccddeeff"
JSON = b'{"text":"red"}'


def get(path, *lines, method=b"GET", host=HOST):
    return method + b" " + path + b" HTTP/1.1\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(body, *lines):
    return get(b"/api/v1/search", *lines, method=b"POST") + body


REQUESTS = {
    "page": get(b"/"),
    "page-query": get(b"/?q=%D0%BA%D0%BE%D1%82&k=20"),
    "page-link": get(b"/", b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: navigate"),
    "asset": get(b"/app.js", b'If-None-Match: "x"'),
    "asset-star": get(b"/index.html", b"If-None-Match: *"),
    "health": get(b"/healthz", method=b"HEAD"),
    "status": get(b"/api/v1/status", b"Accept-Language: ru-RU,ru;q=0.9"),
    "collections": get(b"/api/v1/collections", b"Accept-Language: en"),
    "file": get(b"/api/v1/items/" + ITEM + b"/file"),
    "file-copy": get(b"/api/v1/items/" + ITEM + b"/file", b'If-None-Match: W/"' + ITEM + b'"'),
    "thumbnail": get(b"/api/v1/items/" + ITEM + b"/thumbnail"),
    "item-upper": get(b"/api/v1/items/" + ITEM.upper() + b"/file"),
    "item-dots": get(b"/api/v1/items/../../../../etc/passwd/file"),
    "dots": get(b"/..%2f..%2fetc/passwd"),
    "unknown": get(b"/nothing"),
    "method": get(b"/", method=b"DELETE"),
    "search": post(JSON, b"Content-Length: 14"),
    "search-origin": post(
        JSON, b"Content-Length: 14", b"Origin: http://localhost:8090", b"Sec-Fetch-Site: same-origin"
    ),
    "search-foreign": post(JSON, b"Content-Length: 14", b"Origin: http://evil.example"),
    "search-chunks": post(
        b"5\r\n" + JSON[:5] + b"\r\n009\r\n" + JSON[5:] + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"
    ),
    "search-chunks-cut": post(b"5\r\nhel", b"Transfer-Encoding: Chunked"),
    "search-chunk-huge": post(b"ffffffff\r\n", b"Transfer-Encoding: chunked"),
    "search-chunk-bad": post(b"5;x=y\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "search-chunk-trailer": post(b"0\r\nX: y\r\n\r\n", b"Transfer-Encoding: chunked"),
    "search-expect": post(b"", b"Content-Length: 14", b"Expect: 100-continue"),
    "search-expect-other": post(b"", b"Content-Length: 14", b"Expect: 200"),
    "search-large": post(b"", b"Content-Length: 65537"),
    "search-both": post(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "search-lengths": post(JSON, b"Content-Length: 14", b"Content-Length: 14"),
    "search-length-bad": post(JSON, b"Content-Length: +14"),
    "search-pipelined": post(JSON, b"Content-Length: 14") + get(b"/"),
    "old": b"GET / HTTP/1.0\r\nHost: [::1]\r\n\r\n",
    "old-chunks": b"POST /api/v1/search HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "host-foreign": get(b"/", host=b"Host: evil.example\r\n"),
    "host-none": get(b"/", host=b""),
    "host-two": get(b"/", host=HOST + HOST),
    "host-six": get(b"/", host=b"Host: [::1]:65535\r\n"),
    "fold": get(b"/", b"X: a", b" b"),
    "feed": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "blank-colon": get(b"/", b"X : a"),
    "nul": get(b"/\x00"),
    "control": get(b"/", b"X: \x01"),
    "version": b"GET / HTTP/2.0\r\n\r\n",
    "full-address": get(b"http://localhost/"),
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "cut": b"GET / HTTP/1.1\r\nHos",
    "empty": b"",
}

BODIES = {
    "text": JSON,
    "russian": '{"text":"рыжий кот","k":20}'.encode(),
    "escapes": b'{"text":"\\u0440\\ud83d\\udc08\\n\\t\\"\\\\"}',
    "item": b'{"item":"' + ITEM + b'","k":1}',
    "everything": b'{"text":"red","collection":"default","k":1000,"min_score":0.25,"exact":true}',
    "score-whole": b'{"text":"a","min_score":-9}',
    "score-small": b'{"text":"a","min_score":1e-300,"exact":false}',
    "score-huge": b'{"text":"a","min_score":1e999}',
    "score-text": b'{"text":"a","min_score":"1"}',
    "k-zero": b'{"text":"a","k":0}',
    "k-large": b'{"text":"a","k":1001}',
    "k-huge": b'{"text":"a","k":123456789012345678901234567890}',
    "k-real": b'{"text":"a","k":10.0}',
    "k-null": b'{"text":"a","k":null}',
    "both": b'{"text":"a","item":"b"}',
    "neither": b'{"k":5}',
    "blank": b'{"text":" \\t\\r\\n"}',
    "empty-text": b'{"text":""}',
    "empty-object": b"{}",
    "empty": b"",
    "array": b'[{"text":"a"}]',
    "number": b"1",
    "string": b'"text"',
    "null": b"null",
    "twice": b'{"text":"a","text":"b"}',
    "unknown-key": b'{"text":"a","picture":"/etc/passwd"}',
    "unknown-russian": '{"текст":"а"}'.encode(),
    "long-key": b'{"' + "ы".encode() * 400 + b'":1}',
    "percent-key": b'{"%s%n%d":1}',
    "empty-key": b'{"":1}',
    "nul": b'{"text":"a\x00b"}',
    "nul-escape": b'{"text":"a\\u0000b"}',
    "surrogate": b'{"text":"\\ud800"}',
    "not-utf8": b'{"text":"\xff\xc0\xaf"}',
    "bom": b'\xef\xbb\xbf{"text":"a"}',
    "tail": b'{"text":"a"}{"text":"b"}',
    "comma": b'{"text":"a",}',
    "cut": b'{"text":"a"',
    "deep": b'{"text":' + b"[" * 300,
    "nested": b'{"text":{"a":[1,2,{"b":null}]}}',
    "collection-long": b'{"text":"a","collection":"' + b"c" * 65 + b'"}',
    "collection-slash": b'{"text":"a","collection":"../x"}',
    "collection-number": b'{"text":"a","collection":7}',
    "exact-number": b'{"text":"a","exact":1}',
    "cut-in-message": '{"ы\\'.encode() + "ы".encode() * 18 + b"/thl" + "ы".encode() * 12 + b'":5}',
    "cut-escape": '{"\\uаб":1}'.encode(),
    "blanks": b' \r\n\t{ "text" : "a" }  ',
}


def main(folder):
    for name, files in (("http_request", REQUESTS), ("json_query", BODIES)):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for leaf, data in files.items():
            with open(os.path.join(folder, name, leaf), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
