"""A model of the same name with other weights: what was indexed before is told apart, and embedded again by the next
index, in whatever pieces that comes."""

import os
import shutil
import sys

import harness
from harness import Case, make_pictures, wait_until

EARLIER = "was indexed with an earlier version of the model"


class Again(Case):
    def setUp(self):
        super().setUp()
        self.earlier = harness.earlier_starter(os.path.join(self.home.folder, "earlier"))

    def counts(self, name):
        c = next(c for c in self.home.status()["collections"] if c["name"] == name)
        return c["items"], c["moments"], c["failed"]

    def found(self, *args, **options):
        return len(self.home.search("red", "cat", "-k", "1000", *args, **options)["results"])

    def warnings(self, *args):
        return self.home.search("red", "cat", *args)["warnings"]

    def sound(self):
        r = self.home.run("verify", "--json")
        self.assertEqual((r.status, r.json()["damage"]), (0, []), str(r))
        return r.json()

    def test_a_search_says_what_to_do(self):
        make_pictures(self.home.pictures, 3)
        self.home.index("-c", "my photos", env=self.earlier)
        for args in (["search", "red", "-c", "my photos"], ["search", "red"], ["search", "@" + "0" * 32]):
            self.fails(4, *args, naming=("'my photos' " + EARLIER + " starter", "index PATH -c 'my photos'"))
        r = self.fails(4, "search", "red", env={"LC_ALL": "ru_RU.UTF-8"}, naming="прежней версией модели starter")
        self.assertIn("imagefinder index ПУТЬ -c 'my photos'", r.err)
        self.assertEqual(self.found("-c", "my photos", env=self.earlier), 3, "nothing is changed by asking")

    def test_long_names_leave_room_for_the_advice(self):
        make_pictures(self.home.pictures, 1)
        name = "ж" * 32
        folder = os.path.join(self.home.folder, "м" * 100)
        shutil.copytree(os.path.join(self.earlier["IMAGEFINDER_MODELS"], "starter"), folder)
        self.home.index("-c", name, "--model", folder)
        shutil.rmtree(folder)
        shutil.copytree(os.path.join(harness.SOURCE, "models", "starter"), folder)
        for language, path in (("C.UTF-8", "PATH"), ("ru_RU.UTF-8", "ПУТЬ")):
            advice = "index %s -c '%s'" % (path, name)
            self.fails(4, "search", "red", "-c", name, env={"LC_ALL": language}, naming=advice)

    def test_everything_is_embedded_again(self):
        files = make_pictures(self.home.pictures, 5)
        shutil.copy(files[0], self.home.path("copy.png"))
        with open(self.home.path("bad.png"), "w") as f:
            f.write("bad")
        self.home.index("-c", "photos", env=self.earlier)
        self.home.run("collection", "edit", "photos", "--title", "T", "--description", "D", "--query", "q")
        before = self.home.search("@" + files[1], "-c", "photos", env=self.earlier)["results"]
        old = self.home.segments()
        report = self.home.index("-c", "photos")
        self.assertEqual(
            [report[k] for k in ("seen", "added", "unchanged", "renamed", "failed", "removed", "moments")],
            [7, 5, 1, 0, 1, 0, 5],
            report,
        )
        self.assertEqual(self.counts("photos"), (5, 5, 1))
        r = self.home.run("collection", "show", "photos", "--json").json()
        self.assertEqual((r["title"], r["description"], r["queries"]), ("T", "D", ["q"]))
        self.assertEqual(r["roots"], [self.home.pictures])
        now = self.home.search("@" + files[1], "-c", "photos")
        self.assertEqual(now["warnings"], [])
        self.assertEqual({h["path"] for h in now["results"]}, {h["path"] for h in before})
        self.assertEqual(now["results"][0]["path"], files[1])
        self.assertEqual(len(self.home.segments()), 1, "the old vectors are gone from the disk")
        self.assertNotEqual(self.home.segments(), old)
        self.assertEqual(self.sound()["rows"], 5)
        report = self.home.index("-c", "photos")
        self.assertEqual((report["unchanged"], report["failed"], report["added"]), (6, 1, 0))
        # and back again: an older version of the program
        self.fails(4, "search", "red", "-c", "photos", env=self.earlier, naming=EARLIER)
        self.assertEqual(self.home.index("-c", "photos", env=self.earlier)["added"], 5)
        self.assertEqual(self.found("-c", "photos", env=self.earlier), 5)
        self.sound()

    def test_the_report_says_it(self):
        make_pictures(self.home.pictures, 2)
        self.home.index(env=self.earlier)
        r = self.home.run("index", self.home.pictures)
        self.assertIn("note: the model starter has changed since collection 'default' was indexed", r.out)
        self.assertNotIn("note:", self.home.run("index", self.home.pictures).out)

    def test_another_model_is_still_refused(self):
        make_pictures(self.home.pictures, 2)
        self.home.index("-c", "photos")
        folder = os.path.join(self.earlier["IMAGEFINDER_MODELS"], "starter")
        for verb in (["search", "red"], ["index", self.home.pictures]):
            self.fails(2, *verb, "-c", "photos", "--model", folder, naming=("the model starter, not with " + folder))
        self.assertEqual(self.found("-c", "photos"), 2)

    def test_others_answer_and_say_what_is_left_out(self):
        make_pictures(self.home.path("a"), 2)
        make_pictures(self.home.path("b"), 3, first=5)
        self.home.index(self.home.path("a"), "-c", "old", env=self.earlier)
        self.home.index(self.home.path("b"), "-c", "new")
        self.assertEqual(self.found(), 3)
        (line,) = self.warnings()
        self.assertIn("'old' was left out: it " + EARLIER, line)
        self.assertIn("imagefinder index PATH -c 'old'", line)
        self.assertEqual(self.warnings("-c", "new"), [])
        self.home.index(self.home.path("a"), "-c", "old")
        self.assertEqual((self.found(), self.warnings()), (5, []))

    def test_one_of_two_roots(self):
        make_pictures(self.home.path("a"), 3)
        make_pictures(self.home.path("b"), 4, first=10)
        self.home.index(self.home.path("a"), "-c", "photos", env=self.earlier)
        self.home.index(self.home.path("b"), "-c", "photos", env=self.earlier)
        r = self.home.run("index", self.home.path("a"), "-c", "photos")
        self.assertEqual(r.status, 0, str(r))
        self.assertIn("note: %s: pictures that wait to be embedded again: 4" % self.home.path("b"), r.out)
        self.assertEqual(self.counts("photos"), (7, 3, 0))
        self.assertEqual(self.found("-c", "photos"), 3)
        for args in ([], ["-c", "photos"]):
            (line,) = self.warnings(*args)
            self.assertIn("'photos' is searched in part", line)
        self.assertIn("not all embedded again yet", self.home.run("status").out)
        self.sound()
        r = self.home.run("index", self.home.path("a"), "-c", "photos")
        self.assertIn("wait to be embedded again: 4", r.out, "it is said until it is done")
        self.assertEqual(self.home.index(self.home.path("b"), "-c", "photos")["added"], 4)
        self.assertEqual((self.counts("photos"), self.warnings()), ((7, 7, 0), []))
        self.assertNotIn("not all", self.home.run("status").out)
        self.assertEqual(self.sound()["rows"], 7)

    def test_many_roots_are_told_briefly(self):
        files = make_pictures(self.home.path("a"), 6)
        self.home.index(*files, "-c", "photos", env=self.earlier)
        r = self.home.run("index", files[0], "-c", "photos")
        self.assertEqual(r.out.count("wait to be embedded again: 1"), 3, str(r))
        self.assertIn("2 more pictures wait below 2 other paths", r.out)

    def test_a_waiting_collection_can_be_removed(self):
        make_pictures(self.home.path("a"), 3)
        make_pictures(self.home.path("b"), 2, first=10)
        self.home.index(self.home.path("a"), self.home.path("b"), env=self.earlier)
        self.home.index(self.home.path("a"))
        r = self.home.run("collection", "remove", "default", "--json")
        self.assertEqual((r.status, r.json()), (0, {"items": 5}), str(r))
        self.home.index(self.home.path("b"))
        self.assertEqual((self.counts("default"), self.warnings()), ((2, 2, 0), []))
        self.sound()

    def test_what_is_gone_changed_and_renamed_meanwhile(self):
        files = make_pictures(self.home.pictures, 6)
        self.home.index(env=self.earlier)
        os.remove(files[0])
        os.rename(files[1], self.home.path("renamed.png"))
        harness.make_picture(files[2], 99)
        report = self.home.index()
        self.assertEqual(
            [report[k] for k in ("seen", "added", "unchanged", "renamed", "failed", "removed")], [5, 5, 0, 0, 0, 1]
        )
        self.assertEqual((self.counts("default"), self.found(), self.warnings()), ((5, 5, 0), 5, []))
        self.sound()

    def test_a_disk_that_is_not_plugged_in_costs_nothing(self):
        make_pictures(self.home.path("a"), 3)
        self.home.index(self.home.path("a"), env=self.earlier)
        os.rename(self.home.path("a"), self.home.path("elsewhere"))
        self.fails(3, "index", self.home.path("a"))
        self.fails(4, "search", "red", naming=EARLIER)
        os.mkdir(self.home.path("a"))
        self.assertEqual(self.home.index(self.home.path("a"))["seen"], 0)
        self.assertEqual(self.found(env=self.earlier), 3, "its old vectors are still there")
        os.rmdir(self.home.path("a"))
        os.rename(self.home.path("elsewhere"), self.home.path("a"))
        self.assertEqual(self.home.index(self.home.path("a"))["added"], 3)
        self.assertEqual((self.found(), self.warnings()), (3, []))
        self.sound()

    def test_content_that_two_collections_share(self):
        make_pictures(self.home.path("a"), 4)
        make_pictures(self.home.path("b"), 4, first=2)
        self.home.index(self.home.path("a"), "-c", "one", env=self.earlier)
        self.home.index(self.home.path("b"), "-c", "two", env=self.earlier)
        self.assertEqual(self.home.index(self.home.path("a"), "-c", "one")["added"], 4)
        self.assertEqual((self.counts("one"), self.counts("two")), ((4, 4, 0), (4, 4, 0)))
        self.sound()
        self.assertEqual(self.found("-c", "one"), 4)
        self.assertEqual(self.found("-c", "two", env=self.earlier), 4, "the other is as it was")
        self.fails(4, "search", "red", "-c", "two", naming=EARLIER)
        self.assertEqual((self.found(), len(self.warnings())), (4, 1))
        self.assertEqual(len(self.home.segments()), 2)
        report = self.home.index(self.home.path("b"), "-c", "two")
        self.assertEqual((report["added"], report["unchanged"]), (2, 2), "what they share has its vectors already")
        self.assertEqual((self.counts("one"), self.counts("two")), ((4, 4, 0), (4, 4, 0)))
        self.assertEqual((self.found(), self.found("-c", "two"), self.warnings()), (6, 4, []))
        self.assertEqual(len(self.home.segments()), 1)
        self.assertEqual(self.sound()["rows"], 6)

    def test_all_of_it_shared(self):
        make_pictures(self.home.pictures, 3)
        self.home.index("-c", "one", env=self.earlier)
        self.home.index("-c", "two")
        report = self.home.index("-c", "one")
        self.assertEqual((report["added"], report["unchanged"]), (0, 3))
        self.assertEqual((self.found("-c", "one"), self.warnings()), (3, []))
        self.sound()

    def test_killed_in_the_middle(self):
        count = 500
        make_pictures(self.home.pictures, count, pattern="%04d.jpg", size=(320, 240))
        self.home.index("-c", "photos", env=self.earlier)
        process = self.home.start("index", self.home.pictures, "-c", "photos", "--threads", "1")
        try:
            wait_until(lambda: process.poll() is not None or 0 < self.counts("photos")[1] < count, every=0.001)
            self.assertIsNone(process.poll(), "the run ended before it was killed: more pictures are needed")
        finally:
            harness.kill_group(process)
            process.communicate()
        items, moments, _ = self.counts("photos")
        self.assertEqual(items, count)
        self.assertTrue(0 < moments < count, moments)
        self.sound()
        self.assertEqual(self.found("-c", "photos"), moments)
        self.assertIn("is searched in part", self.warnings()[0])
        report = self.home.index("-c", "photos")
        self.assertEqual((report["added"], report["unchanged"]), (count - moments, moments), "it goes on")
        self.assertEqual((self.counts("photos"), self.warnings()), ((count, count, 0), []))
        self.assertEqual(self.found("-c", "photos"), count)
        self.assertEqual(len(self.home.segments()), 1)
        self.assertEqual(self.sound()["rows"], count)


if __name__ == "__main__":
    sys.exit(harness.main())
