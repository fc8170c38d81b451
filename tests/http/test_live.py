#!/usr/bin/python3
"""The server while things change around it: pictures are indexed, collections removed and files taken away by others,
and signals arrive.
"""

import os
import shutil
import signal
import threading
import time

import web
from web import harness, split


class Asking(threading.Thread):
    """Clients that ask the same thing over and over; collects the statuses and what went wrong."""

    def __init__(self, ask, until):
        super().__init__()
        self.ask, self.until, self.seen, self.fault = ask, until, [], None

    def run(self):
        try:
            while not self.until.wait(0.005):
                self.seen.append(self.ask())
        except Exception as e:  # told to the test
            self.fault = e


class Live(web.Case):
    def asking(self, ask, count=2):
        until = threading.Event()
        threads = [Asking(ask, until) for _ in range(count)]

        def stop():
            until.set()
            for t in threads:
                t.join()

        self.addCleanup(stop)
        for t in threads:
            t.start()
        return threads, stop

    def test_a_home_that_does_not_exist_yet(self):
        server = self.serve()
        self.assertEqual(server.search(text="red")["results"], [])
        self.assertEqual(server.get("/api/v1/collections").json(), {"collections": []})
        self.assertEqual(server.get("/api/v1/status").json()["collections"], [])
        self.problem(server.get("/api/v1/items/%s/file" % web.UNKNOWN_ITEM), 404)
        self.problem(server.get("/api/v1/items/%s/thumbnail" % web.UNKNOWN_ITEM), 404)
        self.problem(server.post({"item": web.UNKNOWN_ITEM}), 404)
        self.problem(server.post({"text": "red", "collection": "nowhere"}), 404)
        self.assertFalse(os.path.exists(self.home.home), "the server created the home")
        harness.make_pictures(self.home.pictures, 2)
        self.home.index()
        self.assertEqual(len(server.search(text="red")["results"]), 2)
        self.assertEqual(server.get("/api/v1/collections").json()["collections"][0]["items"], 2)

    def test_new_rows_are_seen_at_once(self):
        harness.make_pictures(self.home.pictures, 3)
        self.home.index()
        server = self.serve()
        for extra in range(3, 6):
            self.assertEqual(len(server.search(text="red", k=100)["results"]), extra)
            harness.make_pictures(self.home.pictures, 1, first=extra)
            self.home.index()
        hits = server.search(text="red", k=100)["results"]
        self.assertEqual(hits, self.home.search("red", "-k", "100")["results"])

    def test_searching_while_another_process_indexes(self):
        harness.make_pictures(self.home.pictures, 40)
        self.home.index()
        server = self.serve()

        def ask():
            hits = server.search(text="red", k=1000)["results"]
            items = server.get("/api/v1/status").json()["collections"][0]["items"]
            return len(hits), items

        threads, stop = self.asking(ask)
        harness.make_pictures(self.home.pictures, 80, first=40)
        self.home.index()
        stop()
        for t in threads:
            self.assertIsNone(t.fault, repr(t.fault))
            self.assertTrue(t.seen)
            self.assertEqual(t.seen, sorted(t.seen), "a committed row went away")
            for hits, items in t.seen:
                self.assertLessEqual(hits, items, "a search saw more than was committed")
        self.assertEqual(len(server.search(text="red", k=1000)["results"]), 120)

    def test_a_collection_removed_while_searched(self):
        harness.make_pictures(self.home.pictures, 6)
        harness.make_pictures(os.path.join(self.home.folder, "other"), 6, first=100)
        self.home.index()
        self.home.index(os.path.join(self.home.folder, "other"), "-c", "other")
        server = self.serve()
        item = server.search(text="red", collection="other")["results"][0]["item"]

        def ask():
            return (
                server.post({"text": "red", "collection": "other"}).status,
                server.post({"item": item, "k": 50}).status,
                server.post({"text": "red", "k": 50}).status,
                server.get("/api/v1/items/%s/thumbnail" % item).status,
                server.get("/api/v1/items/%s/file" % item).status,
                server.get("/api/v1/status").status,
            )

        threads, stop = self.asking(ask)
        for _ in range(3):
            self.assertEqual(self.home.run("collection", "remove", "other").status, 0)
            self.problem(server.post({"text": "red", "collection": "other"}), 404, "not-found", "other")
            self.problem(server.get("/api/v1/items/%s/file" % item), 404)
            self.home.index(os.path.join(self.home.folder, "other"), "-c", "other")
            self.assertEqual(server.post({"text": "red", "collection": "other"}).status, 200)
        stop()
        for t in threads:
            self.assertIsNone(t.fault, repr(t.fault))
            self.assertTrue(t.seen)
            for statuses in t.seen:
                self.assertLessEqual(set(statuses[:5]), {200, 404}, statuses)
                self.assertEqual((statuses[2], statuses[5]), (200, 200), "what is not about that collection")

    def test_files_that_change_or_go(self):
        paths = harness.make_pictures(self.home.pictures, 4)
        os.link(paths[3], self.home.path("copy.png"))
        self.home.index()
        server = self.serve()
        items = {p: h["item"] for h in server.search(text="red")["results"] for p in h["paths"]}

        def file(path):
            return server.get("/api/v1/items/%s/file" % items[path])

        for path in paths:
            self.assertEqual(file(path).status, 200)
        os.unlink(paths[0])
        self.problem(file(paths[0]), 404, "not-found")
        again = server.get("/api/v1/items/%s/file" % items[paths[0]], If_None_Match='"%s"' % items[paths[0]])
        self.problem(again, 404)
        with open(paths[1], "ab") as out:
            out.write(b"more")
        self.problem(file(paths[1]), 404, "not-found")
        os.unlink(paths[2])
        os.symlink("/etc/passwd", paths[2])
        self.problem(file(paths[2]), 404, "not-found")
        os.unlink(paths[2])
        os.mkdir(paths[2])
        self.problem(file(paths[2]), 404, "not-found")
        os.rmdir(paths[2])
        os.mkfifo(paths[2])
        self.problem(file(paths[2]), 404, "not-found")
        os.unlink(paths[3])
        self.assertEqual(file(paths[3]).status, 200, "there is another copy")
        os.unlink(self.home.path("copy.png"))
        self.problem(file(paths[3]), 404, "not-found")

    def test_a_file_cut_while_it_is_sent(self):
        path = self.home.path("large.png")
        harness.make_picture(path, 1, size=(3000, 2000), format="PNG", compress_level=0)
        self.home.index()
        server = self.serve()
        item = server.search(text="red")["results"][0]["item"]
        with server.connect() as s:
            s.sendall(b"GET /api/v1/items/%s/file HTTP/1.1\r\nHost: localhost\r\n\r\n" % item.encode())
            got = s.recv(1000)
            os.truncate(path, 1000)
            got += web.read_all(s)
        self.assertIn(b"200 OK", got[:20])
        self.assertEqual(server.get("/healthz").status, 200)

    def test_the_home_goes_away(self):
        harness.make_pictures(self.home.pictures, 2)
        self.home.index()
        server = self.serve()
        self.assertEqual(len(server.search(text="red")["results"]), 2)
        shutil.rmtree(self.home.home)
        self.assertEqual(server.search(text="red")["results"], [])
        self.home.index()
        self.assertEqual(len(server.search(text="red")["results"]), 2)

    def test_damage_is_told(self):
        harness.make_pictures(self.home.pictures, 3)
        self.home.index()
        server = self.serve()
        for segment in self.home.segments():
            with open(segment, "r+b") as file:
                file.truncate(5000)
        self.problem(server.post({"text": "red"}), 500, "internal", "damaged")
        self.assertEqual(server.get("/api/v1/status").status, 200)


class Stop(web.Case):
    def ends(self, signal_number):
        harness.make_pictures(self.home.pictures, 3)
        self.home.index()
        server = self.serve()
        until, answers, faults = threading.Event(), [], []

        def ask():
            while not until.is_set():
                try:
                    answers.append(server.post({"text": "red"}).status)
                except OSError:  # refused or reset: it is gone
                    return
                except Exception as e:
                    faults.append(e)
                    return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for t in threads:
            t.start()
        harness.wait_until(lambda: len(answers) > 20)
        status, err = server.stop(signal_number)
        until.set()
        for t in threads:
            t.join()
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(set(answers), {200})
        self.assertFalse([f for f in faults if not isinstance(f, web.http.client.HTTPException)], faults)
        with self.assertRaises(OSError):
            server.connect(5)
        self.assertEqual(self.home.run("verify").status, 0)

    def test_sigterm_during_requests(self):
        self.ends(signal.SIGTERM)

    def test_sigint_during_requests(self):
        self.ends(signal.SIGINT)

    def test_requests_under_way_are_answered(self):
        """Requests that had arrived whole when the signal came get their answers."""
        harness.make_pictures(self.home.pictures, 3)
        self.home.index()
        server = self.serve()
        body = b'{"text":"red"}'
        request = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n" + body
        server.process.send_signal(signal.SIGSTOP)
        clients = [server.connect() for _ in range(20)]
        for s in clients:
            s.sendall(request)
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        for s in clients:
            self.assertEqual(split(web.read_all(s)).status, 200)
            s.close()
        self.assertEqual(server.stop(None), (0, ""))

    def test_idle_and_slow_clients_do_not_hold_it(self):
        server = self.serve(env={"IMAGEFINDER_SERVE_DEADLINE_MS": "100000"})
        clients = [server.connect() for _ in range(5)]
        for s in clients[1:]:
            s.sendall(b"GET / HT")
        server.get("/healthz")
        begin = time.monotonic()
        self.assertEqual(server.stop(), (0, ""))
        self.assertLess(time.monotonic() - begin, 60, "it waited for their deadline")
        for s in clients:
            s.close()

    def test_at_once(self):
        self.assertEqual(self.serve().stop(), (0, ""))


if __name__ == "__main__":
    harness.sys.exit(harness.main())
