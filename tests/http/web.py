"""What the tests of the server share, beside the harness of tests/cli: a running `imagefinder serve`, requests over
http.client, and requests as raw bytes.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import harness  # noqa: E402

PROBLEM_KEYS = {"type", "title", "status", "detail"}
UNKNOWN_ITEM = "0123456789abcdef" * 2
SLOWER = 4 if "ASAN_OPTIONS" in os.environ else 1  # sanitizers


class Answer:
    """Status, headers (names in lower case) and body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return "%s %r %r" % (self.status, self.headers, self.body[:300])


class Server:
    """`imagefinder serve` on a free port over the home of a harness.Home."""

    def __init__(self, home, *args, listen="127.0.0.1:0", env=None):
        self.process = subprocess.Popen(
            home.command("serve", "--listen", listen, *args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=harness.environment(**(env or {})),
            start_new_session=True,
        )
        self.line = self.process.stdout.readline().decode()
        if not self.line.startswith("http://"):
            self.process.kill()
            raise AssertionError("no address, but %r and %r" % (self.line, self.process.stderr.read()))
        self.host, _, port = self.line.strip()[len("http://") : -1].rpartition(":")
        self.port = int(port)
        self.address = (self.host.strip("[]"), self.port)

    def stop(self, signal_number=signal.SIGTERM):
        """Ends it (None: it was told to before) and returns (status, stderr); nothing more may be on stdout."""
        if signal_number is not None and self.process.poll() is None:
            self.process.send_signal(signal_number)
        try:
            out, err = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            harness.kill_group(self.process)
            self.process.communicate()
            raise AssertionError("the server did not stop")
        if out:
            raise AssertionError("more than one line on stdout: %r" % out)
        return self.process.returncode, err.decode("utf-8", "replace")

    def kill(self):
        if self.process.poll() is None:
            harness.kill_group(self.process)
        for stream in (self.process.stdout, self.process.stderr):
            if not stream.closed:
                stream.close()
        self.process.wait()

    # ---- requests

    def connect(self, timeout=60):
        return socket.create_connection(self.address, timeout=timeout)

    def request(self, method, path, body=None, headers=None, timeout=120):
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, value, path="/api/v1/search", **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.request("POST", path, body, headers)

    def search(self, **body):
        answer = self.post(body)
        if answer.status != 200:
            raise AssertionError(str(answer))
        return answer.json()

    def raw(self, data, timeout=60, half_close=False):
        """Sends bytes and reads until the server closes."""
        with self.connect(timeout) as s:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            return read_all(s)

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def memory(self):
        """Resident bytes."""
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def read_all(s):
    parts = []
    try:
        while True:
            part = s.recv(1 << 16)
            if not part:
                break
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def responses(data):
    """How many status lines there are."""
    return len(re.findall(rb"(?:^|\n|\})HTTP/1\.1 \d\d\d ", data))


def split(data):
    """The Answer in raw bytes of one response; fails when there is more or less than one."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 "):
        raise AssertionError("no response: %r" % data[:200])
    headers = dict((k.strip().lower(), v.strip()) for k, _, v in (line.partition(":") for line in lines[1:]))
    if "content-length" in headers and body and int(headers["content-length"]) != len(body):
        raise AssertionError("Content-Length %s, but %d bytes" % (headers["content-length"], len(body)))
    return Answer(int(lines[0].split()[1]), headers, body)


class Case(harness.Case):
    """A test with a home and, after serve(), a server over it."""

    def serve(self, *args, home=None, **options):
        server = Server(home or self.home, *args, **options)
        self.addCleanup(server.kill)
        return server

    def problem(self, answer, status, word=None, naming=()):
        """Expects an error answer as documented."""
        self.assertEqual(answer.status, status, str(answer))
        self.assertEqual(answer.headers["content-type"], "application/problem+json", str(answer))
        body = answer.json()
        self.assertEqual(set(body), PROBLEM_KEYS)
        self.assertEqual(body["status"], status)
        self.assertTrue(body["title"] and body["detail"] and body["type"])
        if word:
            self.assertEqual(body["type"], word)
        for text in [naming] if isinstance(naming, str) else naming:
            self.assertIn(text, body["detail"])
        self.safe(answer)
        return body

    def safe(self, answer):
        """Headers that every answer has."""
        h = answer.headers
        self.assertEqual(h["x-content-type-options"], "nosniff")
        self.assertEqual(h["referrer-policy"], "no-referrer")
        self.assertEqual(h["cross-origin-resource-policy"], "same-origin")
        self.assertEqual(h["x-frame-options"], "DENY")
        self.assertIn("default-src ", h["content-security-policy"])
        self.assertNotIn("unsafe", h["content-security-policy"])
        self.assertIn("frame-ancestors 'none'", h["content-security-policy"])
        self.assertFalse([k for k in h if k.startswith("access-control-")])


class SharedCase(Case):
    """Tests that share one home with six indexed pictures and one server, and change neither."""

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.Home()
        harness.make_pictures(cls.shared.pictures, 5)
        harness.make_picture(cls.shared.path("photo.jpg"), 77, size=(640, 480))
        cls.shared.index()
        cls.server = Server(cls.shared)

    @classmethod
    def tearDownClass(cls):
        try:
            status, err = cls.server.stop()
            if status != 0 or err:
                raise AssertionError("the server ended with %s, %r" % (status, err))
        finally:
            cls.server.kill()
            cls.shared.close()

    def setUp(self):
        pass
