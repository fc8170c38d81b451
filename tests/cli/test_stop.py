"""Stopping an index run with Ctrl-C, going on after it, and two writers on one home."""

import os
import signal
import sys

import harness
from harness import Case, make_pictures, wait_until

COUNT = 800  # at most 64 a batch: a run of many batches, and of seconds
SIZE = (640, 480)


class Stop(Case):
    pictures = None

    @classmethod
    def setUpClass(cls):
        cls.pictures = harness.Home()
        make_pictures(cls.pictures.pictures, COUNT, pattern="%04d.jpg", size=SIZE)

    @classmethod
    def tearDownClass(cls):
        cls.pictures.close()

    def begin(self, *args):
        """Starts a run over all pictures and waits until something is committed."""
        process = self.home.start("index", self.pictures.pictures, "--threads", "1", *args)
        self.addCleanup(self.end, process)
        wait_until(lambda: process.poll() is not None or self.home.items() > 0)
        self.assertIsNone(process.poll(), "the run ended before it could be stopped")
        return process

    def end(self, process):
        harness.kill_group(process)
        process.communicate()

    def stopped(self, signal_number, whole_group):
        process = self.begin("--json")
        (harness.kill_group if whole_group else lambda p, s: p.send_signal(s))(process, signal_number)
        r = harness.finish(process, ["index"])
        self.assertEqual(r.status, 130, str(r))
        self.assertEqual(r.err.count("\n"), 1, str(r))
        self.assertLessEqual(len(r.err_bytes), 500)
        self.assertIn("again", r.err)
        kept = self.home.items()
        self.assertTrue(0 < kept < COUNT, kept)
        self.assertIsNone(self.home.status()["running"])
        verify = self.home.run("verify", "--json").json()
        self.assertEqual((verify["ok"], verify["rows"]), (True, kept))
        report = self.home.index(self.pictures.pictures)
        self.assertEqual(
            (report["seen"], report["unchanged"], report["added"], report["failed"]), (COUNT, kept, COUNT - kept, 0)
        )
        self.assertEqual(self.home.items(), COUNT)

    def test_ctrl_c(self):
        """As a terminal sends it: to the whole group, decoders included."""
        self.stopped(signal.SIGINT, True)

    def test_terminate(self):
        self.stopped(signal.SIGTERM, False)

    def test_ctrl_c_before_anything_is_committed(self):
        process = self.home.start("index", self.pictures.pictures, "--threads", "1")
        self.addCleanup(self.end, process)
        wait_until(lambda: process.poll() is not None or os.path.exists(os.path.join(self.home.home, "lock")))
        process.send_signal(signal.SIGINT)
        r = harness.finish(process, ["index"])
        self.assertEqual((r.status, r.out), (130, ""), str(r))
        verify = self.home.run("verify", "--json").json()
        self.assertEqual((verify["ok"], verify["rows"]), (True, self.home.items()))
        self.assertLess(self.home.items(), COUNT)

    def test_a_second_ctrl_c_ends_at_once(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        r = harness.finish(process, ["index"])
        self.assertEqual((r.status, r.out), (130, ""), str(r))
        self.assertTrue(self.home.run("verify", "--json").json()["ok"])

    def test_a_second_writer(self):
        process = self.begin()
        for args in (
            ["index", self.pictures.pictures],
            ["index", self.pictures.pictures, "-c", "other"],
            ["collection", "edit", "default", "--title", "x"],
        ):
            r = self.home.run(*args)
            self.assertEqual(r.status, 4, str(r))
            self.assertIn("busy: pid %d" % process.pid, r.err)
        self.assertIsNone(process.poll(), "the first run goes on")

    def test_readers_do_not_wait_for_the_writer(self):
        process = self.begin()
        o = self.home.search("red", "cat")
        self.assertGreater(len(o["results"]), 0)
        self.assertTrue(self.home.run("verify", "--json").json()["ok"])
        self.assertEqual(self.home.run("collection", "list").status, 0)
        self.assertIsNone(process.poll(), "the run is still going on")

    def test_status_while_running(self):
        process = self.begin("-c", "default")
        # The total is 0 until the folders are walked; progress is noted at most once a second.
        wait_until(lambda: process.poll() is not None or (self.home.status()["running"] or {}).get("total"))
        running = self.home.status()["running"]
        self.assertIsNone(process.poll(), "the run ended before a status saw it")
        self.assertEqual(set(running), harness.RUNNING_KEYS)
        self.assertEqual((running["collection"], running["total"]), ("default", COUNT))
        self.assertLessEqual(running["done"], COUNT)
        self.assertIn("indexing now: default", self.home.run("status").out)

    def test_after_the_writer_was_killed_the_home_is_free(self):
        process = self.begin()
        harness.kill_group(process)
        process.wait(timeout=60)
        self.assertIsNone(self.home.status()["running"])
        self.assertEqual(self.home.run("collection", "edit", "default", "--title", "x").status, 0)


if __name__ == "__main__":
    sys.exit(harness.main())
