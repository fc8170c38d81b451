"""Pictures that crash, hang and eat memory among good ones: exactly the good ones are indexed, the others are reported
and not tried again until they change. The decoder is the one of tests/decode, which misbehaves when a file tells it to.
"""

import os
import shutil
import sys
import tempfile
import time

import harness
from harness import Case, make_picture, make_pictures

DECODER = os.path.join(harness.BUILD, "tests", "decode", "imagefinder-decode-test")
NO_DECODER = "/bin/false"  # starts, and is no decoder: a run that needs one fails
GOOD = 49
BAD = {  # command: how many, words of the reason
    "crash-segv": (2, "crashed the decoder ("),
    "crash-abort": (1, "crashed the decoder (Aborted, signal 6) (tried 3 times)"),
    "crash-stack": (1, "crashed the decoder ("),
    "crash-exit": (1, "crashed the decoder (exit status 9) (tried 3 times)"),
    "hang-spin": (1, "took longer than 3 s (tried 3 times)"),
    "hang-sleep": (2, "took longer than 3 s (tried 3 times)"),
    "eat": (3, "too much memory (more than 400 MB)"),
}
LIMITS = {"IMAGEFINDER_DECODE_SECONDS": "3", "IMAGEFINDER_DECODE_MEMORY": str(400 << 20)}
ROOM = dict(LIMITS, IMAGEFINDER_DECODE=DECODER)


def stat_fields(pid):
    """Parent, session and state of a process; None when it has gone."""
    try:
        with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
        return int(fields[1]), int(fields[3]), fields[0]
    except (OSError, IndexError):
        return None


def processes(choose):
    found = ((pid, stat_fields(pid)) for pid in os.listdir("/proc") if pid.isdigit())
    return [int(pid) for pid, fields in found if fields and choose(*fields)]


class Room(Case):
    def write_bad(self, command, number):
        path = self.home.path("%s-%d.jpg" % (command, number))
        with open(path, "w", encoding="ascii") as f:
            f.write("IMF-TEST %s %d\n" % (command, number))  # no two files are equal
        return path

    def make(self):
        """The pictures: good ones, and a reason for each bad one."""
        good = make_pictures(self.home.pictures, GOOD)
        bad = {self.write_bad(c, i): why for c, (count, why) in BAD.items() for i in range(count)}
        self.assertEqual(len(good) + len(bad), 60)
        return good, bad

    def index(self, **env):
        return self.home.index(env=dict(ROOM, **env))

    def test_sixty_pictures(self):
        good, bad = self.make()
        report = self.index()
        self.assertEqual((report["seen"], report["added"], report["failed"]), (60, GOOD, len(bad)))
        reasons = {f["path"]: f["reason"] for f in report["failures"]}
        self.assertEqual(set(reasons), set(bad))
        for path, why in bad.items():
            self.assertIn(why, reasons[path], path)
        self.assertEqual(self.home.items(), GOOD)
        found = self.home.search("a picture", "-k", "1000", env=ROOM)["results"]
        self.assertEqual(sorted(r["path"] for r in found), sorted(good))

        # Nothing is decoded again: a run without a decoder has the same result.
        again = self.index(IMAGEFINDER_DECODE=NO_DECODER)
        self.assertEqual((again["seen"], again["unchanged"], again["failed"]), (60, GOOD, len(bad)))
        self.assertEqual({f["path"]: f["reason"] for f in again["failures"]}, reasons)

        # One changes: it is tried again, which a run without a decoder cannot do.
        changed = self.write_bad("crash-abort", 0)
        with open(changed, "a", encoding="ascii") as f:
            f.write("changed\n")
        r = self.home.run("index", self.home.pictures, env=dict(ROOM, IMAGEFINDER_DECODE=NO_DECODER))
        self.assertEqual(r.status, 4, str(r))
        report = self.index()
        self.assertEqual((report["unchanged"], report["failed"]), (GOOD, len(bad)))

        # One becomes a picture.
        make_picture(changed, 1000)
        report = self.index()
        self.assertEqual((report["added"], report["unchanged"], report["failed"]), (1, GOOD, len(bad) - 1))
        self.assertEqual(self.home.items(), GOOD + 1)

    def test_touched_and_renamed(self):
        """The same content at another date and under another name fails with the same reason."""
        make_pictures(self.home.pictures, 3)
        path = self.write_bad("crash-exit", 0)
        first = self.index()["failures"]
        self.assertIn("tried 3 times", first[0]["reason"])
        os.utime(path, (1, 1))
        self.assertEqual(self.index()["failures"], first)
        os.rename(path, self.home.path("renamed.jpg"))
        failures = self.index()["failures"]
        self.assertEqual([f["reason"] for f in failures], [first[0]["reason"]])
        self.assertEqual(failures[0]["path"], self.home.path("renamed.jpg"))

    def test_nothing_is_left_behind(self):
        """While the run goes on it has a handful of children and descriptors, afterwards none of its session live."""
        make_pictures(self.home.pictures, 10)
        for i in range(20):
            self.write_bad("crash-segv", i)
        for i in range(2):
            self.write_bad("hang-spin", i)
        most_children = most_descriptors = 0
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:  # no pipes: nobody reads meanwhile
            process = self.home.start(
                "--threads", "2", "index", self.home.pictures, "--json", env=ROOM, stdout=out, stderr=err
            )
            while process.poll() is None:
                children = processes(lambda parent, session, state: parent == process.pid)
                most_children = max(most_children, len(children))
                try:
                    most_descriptors = max(most_descriptors, len(os.listdir("/proc/%d/fd" % process.pid)))
                except OSError:
                    pass
                time.sleep(0.02)
            out.seek(0)
            err.seek(0)
            result = harness.Result(("index",), process.returncode, out.read(), err.read())
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual(result.json()["failed"], 22)
        self.assertGreater(most_children, 1)
        self.assertLessEqual(most_children, 3 + 1 + 1)  # decodes at once, the spare, one about to be reaped
        self.assertGreater(most_descriptors, 3)
        self.assertLess(most_descriptors, 64)
        left = processes(lambda parent, session, state: session == process.pid and state != "Z")
        self.assertEqual(left, [])


class Sandbox(Case):
    def test_warning_where_the_kernel_forbids_it(self):
        """A kernel without seccomp: the pictures are indexed all the same, and the user is told."""
        make_pictures(self.home.pictures, 3)
        report = self.home.run("index", self.home.pictures, env=dict(ROOM, IMF_TEST_SANDBOX="5"))
        self.assertEqual(report.status, 0, str(report))
        self.assertIn("3 added", report.out)
        self.assertIn("sandbox", report.err + report.out)
        home = self.home.home
        shutil.rmtree(home)
        report = self.home.run("index", self.home.pictures, env=ROOM)
        self.assertNotIn("sandbox", report.err + report.out)


if __name__ == "__main__":
    sys.exit(harness.main())
