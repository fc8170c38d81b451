"""kill -9 at twenty moments of an index run: what was acknowledged stays, nothing appears twice, and the run ends
with exact counts.

Most kills come between two commits: the test watches `status` until the next batch is committed and then waits
a seeded random time. The others come while the run starts, before its first commit.
"""

import os
import random
import sys
import time

import harness
from harness import Case, make_pictures, wait_until

SEED = int(os.environ.get("IMF_TEST_SEED", "1"))
KILLS = 20
EARLY = 4  # of them before the first commit of their run
COUNT = 2100
COPIES = 20
BAD = 10


class Kill(Case):
    def watch(self):
        """What is acknowledged now: items, failed files, rows; and that it is consistent."""
        (collection,) = self.home.status()["collections"] or [None]
        found = (
            self.home.search("red", "cat", "-k", "1000")["results"] if collection and collection["items"] else []
        )
        self.assertEqual(len(found), min(1000, collection["items"] if collection else 0), "every item can be found")
        self.assertEqual(len({h["item"] for h in found}), len(found), "an item was found twice")
        for hit in found:
            self.assertTrue(set(hit["paths"]) <= self.paths, "a path that never was: %s" % hit)
        verify = self.home.run("verify", "--json")
        self.assertEqual((verify.status, verify.json()["damage"]), (0, []), str(verify))
        items, failed = (collection["items"], collection["failed"]) if collection else (0, 0)
        self.assertGreaterEqual(verify.json()["rows"], items)
        return items, failed

    def kill_one(self, rng, early):
        """Starts a run and kills it with everything it started; returns the items acknowledged by status just
        before.
        """
        process = self.home.start("index", self.home.pictures, "--threads", "1")
        try:
            before = self.home.items()
            if early:
                time.sleep(rng.uniform(0, 0.08))
            else:
                wait_until(lambda: process.poll() is not None or self.home.items() > before, every=0.001)
                if process.poll() is None:
                    time.sleep(rng.uniform(0, 0.12))
            acknowledged = self.home.items() if not early else before
            alive = process.poll() is None
        finally:
            harness.kill_group(process)
            process.communicate()
        return acknowledged, alive, acknowledged > before

    def test_twenty_kills(self):
        print("# IMF_TEST_SEED=%d" % SEED)
        rng = random.Random(SEED)
        files = make_pictures(self.home.pictures, COUNT, pattern="%04d.jpg", size=(320, 240))
        for i in range(COPIES):
            with open(files[i * 7], "rb") as source, open(self.home.path("copy%02d.jpg" % i), "wb") as copy:
                copy.write(source.read())
        for i in range(BAD):
            with open(self.home.path("bad%02d.jpg" % i), "w") as f:
                f.write("no picture %d" % i)
        self.paths = {self.home.path(n) for n in os.listdir(self.home.pictures)}

        order = [True] * EARLY + [False] * (KILLS - EARLY)
        rng.shuffle(order)
        kills, between, last = 0, 0, 0
        for early in order:
            acknowledged, alive, committed = self.kill_one(rng, early)
            self.assertTrue(alive, "the run ended before kill %d: more pictures are needed" % (kills + 1))
            kills += 1
            between += committed and acknowledged < COUNT
            items, failed = self.watch() if os.path.exists(os.path.join(self.home.home, "catalog.db")) else (0, 0)
            self.assertGreaterEqual(items, acknowledged, "acknowledged items are gone after kill %d" % kills)
            self.assertGreaterEqual(items, last)
            self.assertLessEqual(items, COUNT)
            self.assertLessEqual(failed, BAD)
            last = items
        self.assertEqual(kills, KILLS)
        self.assertGreaterEqual(between, 15, "kills between the first and the last commit")

        report = self.home.index()
        self.assertEqual(
            (report["seen"], report["failed"], report["removed"]), (COUNT + COPIES + BAD, BAD, 0), report
        )
        self.assertEqual(report["added"], COUNT - last, "what was there is not decoded again")
        self.assertEqual(self.watch(), (COUNT, BAD))
        again = self.home.index()
        self.assertEqual(
            (again["unchanged"], again["failed"], again["added"], again["renamed"]),
            (COUNT + COPIES, BAD, 0, 0),
            again,
        )
        for seed in rng.sample(range(COUNT), 5):
            hit = self.home.search("@" + files[seed], "-k", "1")["results"][0]
            self.assertIn(files[seed], hit["paths"])
        self.assertEqual(
            sorted(
                n
                for n in os.listdir(os.path.join(self.home.home, "segments"))
                if n.startswith(".") or n.endswith("tmp")
            ),
            [],
        )


if __name__ == "__main__":
    sys.exit(harness.main())
