#!/usr/bin/python3
"""Slow, silent and too many clients: each meets its limit, and a healthy client beside them is served meanwhile. The
deadline is ten seconds for users; here it is shortened, but for one test.
"""

import os
import signal
import socket
import threading
import time

import web
from web import SLOWER, harness, split

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n"


class Trickle(threading.Thread):
    """Clients that send a byte every now and then, on one thread, until all are closed or stop() is called."""

    def __init__(self, server, count, data, every):
        super().__init__()
        self.sockets = [server.connect() for _ in range(count)]
        self.data, self.every, self.stopped, self.closed = data, every, threading.Event(), {}
        for s in self.sockets:
            s.setblocking(False)

    def run(self):
        at = 0
        while not self.stopped.is_set() and len(self.closed) < len(self.sockets):
            byte = self.data[at : at + 1] or b"x"
            at += 1
            for number, s in enumerate(self.sockets):
                if number in self.closed:
                    continue
                try:
                    got = s.recv(65536)
                    self.closed[number] = got
                except BlockingIOError:
                    try:
                        s.send(byte)
                    except OSError:
                        self.closed[number] = b""
                except OSError:
                    self.closed[number] = b""
            self.stopped.wait(self.every)

    def stop(self):
        self.stopped.set()
        self.join()
        for s in self.sockets:
            s.close()


class Slow(web.Case):
    def trickle(self, server, *args):
        clients = Trickle(server, *args)
        self.addCleanup(clients.stop)
        clients.start()
        return clients

    def test_slow_clients_beside_a_healthy_one(self):
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "100000"})
        clients = self.trickle(server, 200, HEAD + b"X: " + b"a" * 100, 1.0)
        begin = time.monotonic()
        for _ in range(50):
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.post({"text": "red"}).status, 200)
        self.assertEqual(len(clients.closed), 0, "served while the slow ones were there, after %.1f s" % (
            time.monotonic() - begin))  # fmt: skip

    def test_the_deadline_is_ten_seconds(self):
        server = self.serve()
        clients = self.trickle(server, 3, HEAD + b"X: " + b"a" * 100, 0.5)
        begin = time.monotonic()
        clients.join(60 * SLOWER)
        took = time.monotonic() - begin
        self.assertEqual(len(clients.closed), 3)
        self.assertGreater(took, 9)
        for got in clients.closed.values():
            self.problem(split(got), 408, "timeout")

    def test_a_byte_does_not_extend_the_deadline(self):
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "700"})
        heads = self.trickle(server, 5, HEAD + b"X: " + b"a" * 10000, 0.05)
        bodies = self.trickle(server, 5, POST + b" " * 13, 0.02)
        chunks = self.trickle(
            server, 5, POST.replace(b"Content-Length: 14", b"Transfer-Encoding: chunked") + b"1\r\n \r\n" * 10000, 0.02
        )
        for clients in (heads, bodies, chunks):
            clients.join(60)
            self.assertEqual(len(clients.closed), 5)
            for got in clients.closed.values():
                self.problem(split(got), 408, "timeout")

    def test_a_body_has_its_own_time(self):
        """Head and body each take less than the deadline, together more."""
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": str(2000 * SLOWER)})
        with server.connect() as s:
            s.sendall(POST[:20])
            time.sleep(1.3 * SLOWER)
            s.sendall(POST[20:])
            time.sleep(1.3 * SLOWER)
            s.sendall(b'{"text":"red"}')
            self.assertEqual(split(web.read_all(s)).status, 200)

    def test_silent_clients_are_closed_without_a_word(self):
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "300"})
        with server.connect() as s:
            self.assertEqual(web.read_all(s), b"")

    def test_a_refused_client_that_goes_on_sending(self):
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "500"})
        with server.connect() as s:
            s.sendall(b"nonsense\r\n\r\n")
            sent, begin = 0, time.monotonic()
            try:
                while time.monotonic() - begin < 30:
                    sent += s.send(b"x" * 65536)
            except OSError:
                pass
            self.assertLess(time.monotonic() - begin, 30, "it was never cut off")
        self.assertEqual(server.get("/healthz").status, 200)

    def test_more_silent_clients_than_places(self):
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "60000"})
        held = []
        self.addCleanup(lambda: [s.close() for s in held])
        for _ in range(400):
            held.append(server.connect())
            held[-1].sendall(b"GET /slow HT")
        for _ in range(20):
            self.assertEqual(server.get("/healthz").status, 200)
        open_ones = 0
        for s in held:
            s.setblocking(False)
            try:
                s.recv(1)
            except BlockingIOError:
                open_ones += 1
            except OSError:
                pass
        self.assertLessEqual(open_ones, 240)
        self.assertGreater(open_ones, 200, "only as many are dropped as needed")
        held[-1].setblocking(True)
        held[-1].sendall(b"TP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(split(web.read_all(held[-1])).status, 404, "the newest ones are kept")

    def test_clients_that_do_not_read(self):
        """They ask for a large file and never take it: others are served."""
        path = self.home.path("large.bmp.png")
        harness.make_picture(path, 1, size=(2000, 1500), format="PNG", compress_level=0)
        self.assertGreater(os.path.getsize(path), 8 << 20)
        self.home.index()
        server = self.serve()
        item = server.search(text="red")["results"][0]["item"]
        held = []
        self.addCleanup(lambda: [s.close() for s in held])
        for _ in range(30):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(server.address)
            s.sendall(b"GET /api/v1/items/%s/file HTTP/1.1\r\nHost: localhost\r\n\r\n" % item.encode())
            held.append(s)
        for _ in range(20):
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.post({"text": "red"}).status, 200)
        answer = server.get("/api/v1/items/%s/file" % item)
        self.assertEqual(len(answer.body), os.path.getsize(path))


class Overload(web.Case):
    def test_full_queue(self):
        """Sixty searches at once into a fresh server with room for two waiting: some get 503 at once, the rest their
        answers, and then it is as before. The server is stopped while they arrive, so that they come as one.
        """
        harness.make_pictures(self.home.pictures, 4)
        self.home.index()
        server = self.serve(env={"IMAGEFINDER_SERVE_QUEUE": "2"})
        body = b'{"text":"red","k":1000}'
        request = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        server.process.send_signal(signal.SIGSTOP)
        clients = [server.connect() for _ in range(60)]
        for s in clients:
            s.sendall(request)
        server.process.send_signal(signal.SIGCONT)
        answers = [split(web.read_all(s)) for s in clients]
        for s in clients:
            s.close()
        statuses = [a.status for a in answers]
        self.assertEqual(set(statuses), {200, 503}, statuses)
        for answer in answers:
            if answer.status == 503:
                self.problem(answer, 503, "busy")
                self.assertEqual(answer.headers["retry-after"], "1")
        for _ in range(10):
            self.assertEqual(len(server.search(text="red")["results"]), 4)


class Growth(web.Case):
    def test_nothing_grows(self):
        """Thousands of requests of every kind, good and bad, leave no descriptor and no memory behind."""
        harness.make_pictures(self.home.pictures, 3)
        self.home.index()
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "1000"})
        item = server.search(text="red")["results"][0]["item"].encode()
        kinds = [
            HEAD + b"\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /api/v1/items/%s/file HTTP/1.1\r\nHost: localhost\r\n\r\n" % item,
            b"GET /api/v1/items/%s/thumbnail HTTP/1.1\r\nHost: localhost\r\n\r\n" % item,
            b"GET /api/v1/items/%s/file HTTP/1.1\r\nHost: localhost\r\n\r\n" % web.UNKNOWN_ITEM.encode(),
            b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            POST + b'{"text":"red"}',
            POST + b'{"text":"red" ',
            POST.replace(b"14", b"70000") + b"x" * 70000,
            POST.replace(b"Content-Length: 14", b"Transfer-Encoding: chunked") + b'e\r\n{"text":"red"}\r\n0\r\n\r\n',
            b"\x00\x01nonsense\r\n\r\n",
        ]

        def all_kinds(rounds):
            for number in range(rounds):
                for kind in kinds:
                    if number % 3 == 2:  # a client that goes away at once
                        with server.connect() as s:
                            s.sendall(kind)
                    else:
                        self.assertEqual(web.responses(server.raw(kind)), 1)

        def settled():  # the ones that went away are forgotten a moment later
            return harness.wait_until(lambda: server.descriptors() <= before + 2, 30)

        all_kinds(30)
        time.sleep(0.5)
        before, memory = server.descriptors(), server.memory()
        all_kinds(100)
        settled()
        grown = server.memory() - memory
        self.assertLess(grown, (8 if SLOWER == 1 else 300) << 20, "%d bytes more" % grown)
        status, err = server.stop()
        self.assertEqual((status, err), (0, ""))


if __name__ == "__main__":
    harness.sys.exit(harness.main())
