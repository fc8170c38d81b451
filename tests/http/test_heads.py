#!/usr/bin/python3
"""Heads of requests that are malformed, ambiguous or too large: each is refused with the right status and the
connection is closed, and none is ever taken for two requests.
"""

import web
from web import SharedCase, harness, split

GET = b"GET /healthz HTTP/1.1\r\n"
POST = b"POST /api/v1/search HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
BODY = b'{"text":"red"}'

MALFORMED = {  # name: (bytes, status)
    "only line ends": (b"\r\n\r\n", 400),
    "empty line first": (b"\r\n" + GET + HOST + b"\r\n", 400),
    "no version": (b"GET /healthz\r\n" + HOST + b"\r\n", 400),
    "HTTP/0.9": (b"GET /healthz\r\n\r\n", 400),
    "two blanks": (b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "two blanks before the version": (b"GET /healthz  HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "blank at the end": (b"GET /healthz HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    "blank in front": (b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "tab for a blank": (b"GET\t/healthz\tHTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "blank in the path": (b"GET /health z HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no method": (b" /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "bad method": (b"G(T /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "method with a colon": (b"GET: /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no path": (b"GET HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "path without a slash": (b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "full address": (b"GET http://localhost/healthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "connect": (b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "fragment": (b"GET /healthz#top HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "NUL in the path": (b"GET /heal\x00thz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "control in the path": (b"GET /heal\x01thz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "DEL in the path": (b"GET /heal\x7fthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "UTF-8 in the path": ("GET /кот HTTP/1.1\r\n".encode() + HOST + b"\r\n", 400),
    "carriage return in the path": (b"GET /heal\rthz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "version in small letters": (b"GET /healthz http/1.1\r\n" + HOST + b"\r\n", 400),
    "other protocol": (b"GET /healthz HTCPCP/1.1\r\n" + HOST + b"\r\n", 400),
    "long version": (b"GET /healthz HTTP/1.10\r\n" + HOST + b"\r\n", 400),
    "version 01.1": (b"GET /healthz HTTP/01.1\r\n" + HOST + b"\r\n", 400),
    "version 1,1": (b"GET /healthz HTTP/1,1\r\n" + HOST + b"\r\n", 400),
    "version 1.2": (b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n", 505),
    "version 2.0": (b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    "version 0.9": (b"GET /healthz HTTP/0.9\r\n" + HOST + b"\r\n", 505),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", 400),
    "zeros": (b"\x00" * 100, 400),
    "line feed alone": (b"GET /healthz HTTP/1.1\nHost: localhost\n\n", 400),
    "line feed alone after a header": (GET + b"Host: localhost\n\r\n", 400),
    "line feed alone at the end": (GET + HOST + b"\n", 400),
    "carriage return alone": (b"GET /healthz HTTP/1.1\rHost: localhost\r\r", 400),
    "carriage return in a value": (GET + HOST + b"X: a\rb\r\n\r\n", 400),
    "two carriage returns": (GET + b"Host: localhost\r\r\n\r\n", 400),
    "folded line": (GET + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "folded by a tab": (GET + HOST + b"X: a\r\n\tb\r\n\r\n", 400),
    "folded first header": (GET + b" X: a\r\n" + HOST + b"\r\n", 400),
    "folded host": (GET + b"Host:\r\n localhost\r\n\r\n", 400),
    "blank before the colon": (GET + b"Host : localhost\r\n\r\n", 400),
    "blank before another colon": (GET + HOST + b"X : y\r\n\r\n", 400),
    "tab before the colon": (GET + HOST + b"X\t: y\r\n\r\n", 400),
    "blank in a name": (GET + HOST + b"X Y: z\r\n\r\n", 400),
    "no colon": (GET + HOST + b"nonsense\r\n\r\n", 400),
    "no name": (GET + HOST + b": value\r\n\r\n", 400),
    "name in brackets": (GET + HOST + b"X[0]: value\r\n\r\n", 400),
    "name in UTF-8": (GET + HOST + "имя: x\r\n\r\n".encode(), 400),
    "NUL in a name": (GET + HOST + b"X\x00Y: z\r\n\r\n", 400),
    "NUL in a value": (GET + HOST + b"X: y\x00z\r\n\r\n", 400),
    "control in a value": (GET + HOST + b"X: \x1b[31m\r\n\r\n", 400),
    "DEL in a value": (GET + HOST + b"X: \x7f\r\n\r\n", 400),
    "no host": (GET + b"\r\n", 400),
    "no host, HTTP/1.0": (b"GET /healthz HTTP/1.0\r\n\r\n", 400),
    "two hosts": (GET + HOST + HOST + b"\r\n", 400),
    "two hosts, the second foreign": (GET + HOST + b"Host: evil.example\r\n\r\n", 400),
    "two hosts in two cases": (GET + HOST + b"hOST: localhost\r\n\r\n", 400),
    "two origins": (GET + HOST + b"Origin: http://localhost\r\nOrigin: http://localhost\r\n\r\n", 400),
    "two lengths": (POST + HOST + b"Content-Length: 14\r\nContent-Length: 14\r\n\r\n" + BODY, 400),
    "two different lengths": (POST + HOST + b"Content-Length: 14\r\nContent-Length: 0\r\n\r\n" + BODY, 400),
    "a list of lengths": (POST + HOST + b"Content-Length: 14, 14\r\n\r\n" + BODY, 400),
    "negative length": (POST + HOST + b"Content-Length: -1\r\n\r\n" + BODY, 400),
    "length with a plus": (POST + HOST + b"Content-Length: +14\r\n\r\n" + BODY, 400),
    "hexadecimal length": (POST + HOST + b"Content-Length: 0xe\r\n\r\n" + BODY, 400),
    "fraction of a length": (POST + HOST + b"Content-Length: 14.0\r\n\r\n" + BODY, 400),
    "empty length": (POST + HOST + b"Content-Length:\r\n\r\n" + BODY, 400),
    "length in words": (POST + HOST + b"Content-Length: many\r\n\r\n" + BODY, 400),
    "blank in a length": (POST + HOST + b"Content-Length: 1 4\r\n\r\n" + BODY, 400),
    "length over 64 bits": (POST + HOST + b"Content-Length: 18446744073709551630\r\n\r\n" + BODY, 400),
    "very long length": (POST + HOST + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n", 400),
    "length and chunks": (
        POST + HOST + b"Content-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks and length": (
        POST + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks twice": (POST + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks after gzip": (POST + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks and identity": (POST + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    "identity": (POST + HOST + b"Transfer-Encoding: identity\r\n\r\n" + BODY, 400),
    "unknown coding": (POST + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "empty coding": (POST + HOST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (
        b"POST /api/v1/search HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a body with GET": (GET + HOST + b"Content-Length: 5\r\n\r\nhello", 400),
    "chunks with GET": (GET + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "other expectation": (POST + HOST + b"Expect: 200-ok\r\nContent-Length: 14\r\n\r\n" + BODY, 417),
    "long address": (b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "very long address": (b"GET /" + b"a" * 15000, 414),
    "long method": (b"G" * 9000, 414),
    "long header": (GET + HOST + b"X: " + b"a" * 17000 + b"\r\n\r\n", 431),
    "many headers": (GET + HOST + b"".join(b"X-%d: y\r\n" % i for i in range(3000)) + b"\r\n", 431),
    "endless name": (GET + HOST + b"X" * 20000, 431),
}

CUT = [  # the client says no more after these
    b"G", b"GET", b"GET /healthz", b"GET /healthz HTTP/1.1", GET, GET + b"Host: local", GET + HOST,
    POST + HOST + b"Content-Length: 14\r\n\r\n", POST + HOST + b"Content-Length: 14\r\n\r\n" + BODY[:5],
    POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n", POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
]  # fmt: skip

RIGHT = {
    "plain": GET + HOST + b"\r\n",
    "HTTP/1.0": b"GET /healthz HTTP/1.0\r\n" + HOST + b"\r\n",
    "no blank after the colon": GET + b"Host:localhost\r\n\r\n",
    "many blanks after the colon": GET + b"Host: \t  localhost \t \r\n\r\n",
    "other case": GET + b"hOsT: localhost\r\n\r\n",
    "UTF-8 in a value": GET + HOST + "X: кот\r\n\r\n".encode(),
    "empty value": GET + HOST + b"X:\r\n\r\n",
    "length nought": GET + HOST + b"Content-Length: 0\r\n\r\n",
    "an argument": b"GET /healthz?a=b&c=%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "longest address": b"GET /healthz?" + b"a" * (8192 - 9) + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "large head": GET + HOST + b"X: " + b"a" * 16000 + b"\r\n\r\n",
    "cookies and all": GET + HOST + b"Cookie: a=b; c=d\r\nCookie: e\r\nConnection: keep-alive, Upgrade\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAA\r\nUser-Agent: x\r\nTE: trailers\r\n\r\n",
}


class Heads(SharedCase):
    def test_malformed(self):
        self.assertGreaterEqual(len(MALFORMED), 60)
        for name, (data, status) in MALFORMED.items():
            raw = self.server.raw(data)
            self.assertEqual(web.responses(raw), 1, (name, raw[:300]))
            answer = split(raw)
            self.assertEqual(answer.status, status, (name, str(answer)))
            self.assertEqual(answer.headers["connection"], "close", name)
            self.problem(answer, status)

    def test_malformed_in_small_pieces(self):
        for name in ("line feed alone", "folded line", "two hosts", "length and chunks", "NUL in a value"):
            data, status = MALFORMED[name]
            with self.server.connect() as s:
                try:
                    for i in range(len(data)):
                        s.sendall(data[i : i + 1])
                except OSError:
                    pass  # refused before the end
                self.assertEqual(split(web.read_all(s)).status, status, name)

    def test_right(self):
        for name, data in RIGHT.items():
            answer = split(self.server.raw(data))
            self.assertEqual(answer.status, 200, (name, str(answer)))
            self.assertEqual(answer.json()["status"], "ok")

    def test_right_in_small_pieces(self):
        data = POST + HOST + b"Content-Length: 14\r\n\r\n" + BODY
        with self.server.connect() as s:
            s.setsockopt(web.socket.IPPROTO_TCP, web.socket.TCP_NODELAY, 1)
            for i in range(len(data)):
                s.sendall(data[i : i + 1])
            self.assertEqual(split(web.read_all(s)).status, 200)

    def test_large_body_in_small_pieces(self):
        body = BODY.ljust(65536)
        with self.server.connect() as s:
            s.setsockopt(web.socket.IPPROTO_TCP, web.socket.TCP_NODELAY, 1)
            s.sendall(POST + HOST + b"Content-Length: 65536\r\n\r\n")
            for i in range(0, len(body), 16):
                s.sendall(body[i : i + 16])
            self.assertEqual(split(web.read_all(s)).status, 200)

    def test_cut_short(self):
        for data in CUT:
            answer = split(self.server.raw(data, half_close=True))
            self.problem(answer, 400, "bad-request")
        self.assertEqual(self.server.raw(b"", half_close=True), b"")

    def test_half_closed_but_whole(self):
        for data in (GET + HOST + b"\r\n", POST + HOST + b"Content-Length: 14\r\n\r\n" + BODY):
            self.assertEqual(split(self.server.raw(data, half_close=True)).status, 200)

    def test_one_request_a_connection(self):
        one = GET + HOST + b"\r\n"
        second = b"GET /api/v1/status HTTP/1.1\r\n" + HOST + b"\r\n"
        smuggled = POST + HOST + b"Content-Length: 14\r\n\r\n" + BODY
        for data in (one + second, one * 3, one + b"\x00\xff" * 500, smuggled + second, one + second * 500):
            raw = self.server.raw(data)
            self.assertEqual(web.responses(raw), 1)
            answer = split(raw)
            self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))

    def test_a_client_that_keeps_alive(self):
        """It is told that the connection ends, and comes back by itself."""
        connection = web.http.client.HTTPConnection(*self.server.address, timeout=60)
        for _ in range(5):
            connection.request("GET", "/healthz", headers={"Connection": "keep-alive"})
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.getheader("Connection")), (200, "close"))
            self.assertIn(b'"ok"', answer.read())
        connection.close()


del SharedCase  # only its subclasses are tests

if __name__ == "__main__":
    harness.sys.exit(harness.main())
