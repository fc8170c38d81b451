#!/usr/bin/python3
"""Starting `imagefinder serve`: addresses, ports, homes, models, and a stdout that cannot be written."""

import os
import re
import socket
import subprocess

import web
from web import harness


class Start(web.Case):
    def test_addresses(self):
        for listen, url in [
            ("127.0.0.1:0", r"http://127\.0\.0\.1:\d+/\n"),
            ("localhost:0", r"http://127\.0\.0\.1:\d+/\n"),
            ("[::1]:0", r"http://\[::1\]:\d+/\n"),
        ]:
            server = self.serve(listen=listen)
            self.assertTrue(re.fullmatch(url, server.line), server.line)
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.stop(), (0, ""))

    def test_public_addresses(self):
        for listen in ("0.0.0.0:0", "192.168.1.5:8090", "[::]:0", "8.8.8.8:80", "example.org:8090", "127.0.0.2:0"):
            result = self.home.run("serve", "--listen", listen)
            self.assertEqual(result.status, 2, str(result))
            self.assertIn(listen, result.err)

    def test_no_addresses(self):
        for listen in (
            "8090", "127.0.0.1", "127.0.0.1:", ":8090", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
            "127.0.0.1:999999", "::1:8090", "http://127.0.0.1:8090", "x" * 3000, "\n", "127.0.0.1:80 ",
        ):  # fmt: skip
            result = self.home.run("serve", "--listen", listen)
            self.assertEqual(result.status, 2, str(result))

    def test_wrong_usage(self):
        self.usage("serve", "now", naming="now")
        self.usage("serve", "--token-file", "x", naming="--token-file")
        self.usage("serve", "-k", "5", naming="-k")
        self.usage("serve", "--listen", naming="--listen")

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = self.home.run("serve", "--listen", "127.0.0.1:%d" % port)
            self.assertEqual(result.status, 4, str(result))
            self.assertIn(str(port), result.err)
            self.assertIn("--listen", result.err)
        server = self.serve(listen="127.0.0.1:%d" % port)  # free again
        second = self.home.run("serve", "--listen", "127.0.0.1:%d" % port)
        self.assertEqual(second.status, 4, str(second))
        self.assertEqual(server.get("/healthz").status, 200)

    def test_port_in_use_in_russian(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = self.home.run("serve", "--listen", "127.0.0.1:%d" % port, env={"LC_ALL": "ru_RU.UTF-8"})
            self.assertEqual(result.status, 4, str(result))
            self.assertIn("порт %d" % port, result.err)

    def test_again_on_the_same_port_at_once(self):
        server = self.serve()
        server.get("/healthz")  # leaves a closed connection behind
        server.stop()
        again = self.serve(listen="127.0.0.1:%d" % server.port)
        self.assertEqual(again.get("/healthz").status, 200)

    def test_bad_homes(self):
        with open(self.home.home, "w") as file:
            file.write("a file")
        self.assertEqual(self.home.run("serve", "--listen", "127.0.0.1:0").status, 3)
        os.unlink(self.home.home)
        os.mkdir(self.home.home)
        with open(os.path.join(self.home.home, "catalog.db"), "w") as file:
            file.write("no catalog " * 1000)
        self.assertEqual(self.home.run("serve", "--listen", "127.0.0.1:0").status, 4)

    def test_unknown_model(self):
        result = self.home.run("serve", "--listen", "127.0.0.1:0", "--model", "nonsense")
        self.assertEqual(result.status, 2, str(result))
        self.assertIn("nonsense", result.err)

    def test_full_stdout(self):
        with open("/dev/full", "w") as full:
            result = self.home.run("serve", "--listen", "127.0.0.1:0", stdout=full)
        self.assertEqual(result.status, 4, str(result))

    def test_closed_stdout(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as broken:
            result = self.home.run("serve", "--listen", "127.0.0.1:0", stdout=broken)
        self.assertEqual((result.status, result.err), (0, ""), "a reader that went away ends it quietly")

    def test_threads_and_quiet(self):
        harness.make_pictures(self.home.pictures, 2)
        self.home.index()
        for options in (["--threads", "1"], ["--threads", "5", "--quiet"], ["--model", "starter"]):
            server = self.serve(*options)
            self.assertEqual(len(server.search(text="red")["results"]), 2)
            self.assertEqual(server.stop(), (0, ""))

    def test_it_writes_nothing(self):
        harness.make_pictures(self.home.pictures, 2)
        self.home.index()

        def everything():
            seen = {}
            for parent, _, names in os.walk(self.home.home):
                for name in names:
                    path = os.path.join(parent, name)
                    if not name.endswith(("-wal", "-shm")):  # SQLite's own, also of readers
                        with open(path, "rb") as file:
                            seen[path] = file.read()
            return seen

        before = everything()
        server = self.serve()
        for hit in server.search(text="red")["results"]:
            server.get("/api/v1/items/%s/thumbnail" % hit["item"])
            server.get("/api/v1/items/%s/file" % hit["item"])
        server.stop()
        self.assertEqual(everything(), before)

    def test_no_descriptor_is_inherited(self):
        """The decoder and whatever else is started must not hold the port."""
        server = self.serve()
        found = subprocess.run(
            ["grep", "-c", "", "/proc/%d/status" % server.process.pid], capture_output=True, text=True
        )
        self.assertEqual(found.returncode, 0)
        for fd in os.listdir("/proc/%d/fd" % server.process.pid):
            with open("/proc/%d/fdinfo/%s" % (server.process.pid, fd)) as file:
                flags = int(re.search(r"^flags:\s+(\d+)", file.read(), re.M).group(1), 8)
            target = os.readlink("/proc/%d/fd/%s" % (server.process.pid, fd))
            if int(fd) > 2 and target.startswith("socket:"):
                self.assertTrue(flags & os.O_CLOEXEC, target)


if __name__ == "__main__":
    harness.sys.exit(harness.main())
