"""Indexing: what a run counts when files come, change, move and go; roots that go offline; several paths; usage of
the report.
"""

import os
import shutil
import sys
import time

import harness
from harness import Case, make_picture, make_pictures

COUNTS = ("seen", "added", "unchanged", "renamed", "removed", "failed")


class Counts(Case):
    def counts(self, *args):
        """The counts of one run that are not zero."""
        report = self.home.index(*args)
        self.assertEqual(
            report["seen"], report["added"] + report["unchanged"] + report["renamed"] + report["failed"]
        )
        self.assertEqual(len(report["failures"]), report["failed"])
        return {k: report[k] for k in COUNTS if report[k]}

    def test_first_and_second_run(self):
        make_pictures(self.home.pictures, 10)
        self.assertEqual(self.counts(), {"seen": 10, "added": 10})
        self.assertEqual(self.counts(), {"seen": 10, "unchanged": 10})
        self.assertEqual(self.home.items(), 10)

    def test_report_of_a_run(self):
        make_pictures(self.home.pictures, 3)
        report = self.home.index("-c", "family")
        self.assertEqual(set(report), harness.INDEX_KEYS)
        self.assertEqual((report["collection"], report["model"], report["moments"]), ("family", "starter", 3))
        self.assertGreater(report["seconds"], 0)
        self.assertTrue(all(isinstance(v, (int, float)) for v in report["stages_ms"].values()))
        self.assertEqual(self.home.index("-c", "family")["moments"], 0, "moments counts this run")

    def test_human_summary(self):
        make_pictures(self.home.pictures, 3)
        with open(self.home.path("bad.jpg"), "w") as f:
            f.write("no picture")
        r = self.home.run("index", self.home.pictures, "-c", "photos")
        self.assertEqual(r.status, 0, str(r))
        self.assertIn("photos: 4 seen: 3 added, 0 unchanged, 0 renamed, 1 failed, 0 removed", r.out)
        self.assertIn("failed: " + self.home.path("bad.jpg") + ": ", r.out)
        self.assertEqual(r.err, "")

    def test_many_failures_are_cut_in_the_summary(self):
        for i in range(25):
            with open(self.home.path("%02d.jpg" % i), "w") as f:
                f.write("no picture %d" % i)
        r = self.home.run("index", self.home.pictures)
        self.assertEqual((r.status, r.out.count("failed: ")), (0, 20), str(r))
        self.assertIn("and 5 more", r.out)
        self.assertEqual(len(self.home.index()["failures"]), 25)

    def test_rename(self):
        files = make_pictures(self.home.pictures, 5)
        self.counts()
        os.rename(files[0], self.home.path("new name.png"))
        self.assertEqual(self.counts(), {"seen": 5, "unchanged": 4, "renamed": 1})
        self.assertEqual(self.home.items(), 5)
        self.assertEqual(
            self.home.search("@" + self.home.path("new name.png"))["results"][0]["paths"],
            [self.home.path("new name.png")],
        )

    def test_rename_of_a_folder(self):
        make_pictures(self.home.path("a"), 4)
        self.counts()
        os.rename(self.home.path("a"), self.home.path("b"))
        self.assertEqual(self.counts(), {"seen": 4, "renamed": 4})

    def test_copy(self):
        files = make_pictures(self.home.pictures, 5)
        self.counts()
        shutil.copy(files[0], self.home.path("copy.png"))
        self.assertEqual(self.counts(), {"seen": 6, "unchanged": 5, "renamed": 1})
        self.assertEqual(self.home.items(), 5)

    def test_copies_in_the_first_run(self):
        files = make_pictures(self.home.pictures, 3)
        for i in range(4):
            shutil.copy(files[0], self.home.path("copy%d.png" % i))
        self.assertEqual(self.counts(), {"seen": 7, "added": 3, "renamed": 4})
        self.assertEqual(self.home.items(), 3)

    def test_change(self):
        files = make_pictures(self.home.pictures, 5)
        self.counts()
        make_picture(files[0], 100)
        self.assertEqual(self.counts(), {"seen": 5, "added": 1, "unchanged": 4})
        self.assertEqual(self.home.items(), 5)
        self.assertEqual(len(self.home.search("red", "cat", "-k", "100")["results"]), 5)

    def test_touched_but_the_same(self):
        files = make_pictures(self.home.pictures, 5)
        self.counts()
        os.utime(files[0], (time.time() - 5000, time.time() - 5000))
        counts = self.counts()
        self.assertEqual((counts["seen"], counts.get("added", 0), counts.get("failed", 0)), (5, 0, 0), counts)
        self.assertEqual(self.counts(), {"seen": 5, "unchanged": 5})

    def test_removal(self):
        files = make_pictures(self.home.pictures, 5)
        self.counts()
        os.unlink(files[0])
        os.unlink(files[1])
        self.assertEqual(self.counts(), {"seen": 3, "unchanged": 3, "removed": 2})
        self.assertEqual(self.home.items(), 3)
        found = [h["path"] for h in self.home.search("red", "cat", "-k", "100")["results"]]
        self.assertEqual(sorted(found), files[2:])

    def test_removal_of_one_copy(self):
        files = make_pictures(self.home.pictures, 3)
        shutil.copy(files[0], self.home.path("copy.png"))
        self.counts()
        os.unlink(files[0])
        self.assertEqual(self.counts(), {"seen": 3, "unchanged": 3, "removed": 1})
        self.assertEqual(self.home.items(), 3)

    def test_removed_and_back(self):
        files = make_pictures(self.home.pictures, 4)
        self.counts()
        os.rename(files[0], os.path.join(self.home.folder, "aside.png"))
        self.assertEqual(self.counts(), {"seen": 3, "unchanged": 3, "removed": 1})
        os.rename(os.path.join(self.home.folder, "aside.png"), files[0])
        self.assertEqual(self.counts()["seen"], 4)
        self.assertEqual(self.home.items(), 4)
        self.assertEqual(len(self.home.search("red", "cat", "-k", "100")["results"]), 4)

    def test_swap(self):
        files = make_pictures(self.home.pictures, 2)
        self.counts()
        os.rename(files[0], self.home.path("t"))
        os.rename(files[1], files[0])
        os.rename(self.home.path("t"), files[1])
        counts = self.counts()
        self.assertEqual((counts["seen"], counts.get("added", 0), counts.get("removed", 0)), (2, 0, 0), counts)
        for i in (0, 1):
            self.assertEqual(self.home.search("@" + files[i])["results"][0]["paths"], [files[i]])

    def test_everything_at_once(self):
        files = make_pictures(self.home.pictures, 8)
        self.counts()
        os.rename(files[0], self.home.path("renamed.png"))
        shutil.copy(files[1], self.home.path("copy.png"))
        os.unlink(files[2])
        make_picture(files[3], 300)
        make_picture(self.home.path("new.png"), 400)
        with open(self.home.path("bad.png"), "w") as f:
            f.write("bad")
        self.assertEqual(
            self.counts(), {"seen": 10, "added": 2, "unchanged": 5, "renamed": 2, "removed": 1, "failed": 1}
        )
        self.assertEqual(self.home.items(), 8)
        self.assertEqual(self.counts(), {"seen": 10, "unchanged": 9, "failed": 1})


class Roots(Case):
    def test_a_path_that_does_not_exist(self):
        make_pictures(self.home.pictures, 3)
        missing = os.path.join(self.home.folder, "nowhere")
        for args in ([missing, self.home.pictures], [self.home.pictures, missing, "--json"]):
            r = self.home.run("index", *args)
            self.assertEqual((r.status, r.out), (3, ""), str(r))
            self.assertIn("nowhere", r.err)
            self.assertEqual(self.home.items(), 3, "the others were indexed all the same")

    def test_only_a_path_that_does_not_exist(self):
        r = self.home.run("index", os.path.join(self.home.folder, "nowhere"))
        self.assertEqual((r.status, r.out), (3, ""), str(r))
        self.assertIn("nowhere", r.err)

    def test_a_folder_without_pictures(self):
        with open(self.home.path("readme.txt"), "w") as f:
            f.write("nothing here")
        r = self.home.run("index", self.home.pictures)
        self.assertEqual(r.status, 0, str(r))
        self.assertIn("0 seen", r.out)
        self.assertIn("no pictures", r.out)
        self.assertEqual(self.home.index()["seen"], 0)

    def test_files_as_paths(self):
        files = make_pictures(self.home.pictures, 4)
        report = self.home.index(files[0], files[2])
        self.assertEqual((report["seen"], report["added"]), (2, 2))
        report = self.home.index(self.home.pictures)
        self.assertEqual((report["added"], report["unchanged"], report["removed"]), (2, 2, 0))

    def test_another_path_adds_a_root(self):
        make_pictures(self.home.path("a"), 3)
        make_pictures(self.home.path("b"), 4, first=50)
        self.assertEqual(self.home.index(self.home.path("a"))["added"], 3)
        report = self.home.index(self.home.path("b"))
        self.assertEqual((report["added"], report["removed"]), (4, 0))
        self.assertEqual(self.home.items(), 7)

    def test_a_folder_given_twice_and_a_folder_inside(self):
        make_pictures(self.home.path("a"), 3)
        report = self.home.index(self.home.pictures, self.home.pictures + "/", self.home.path("a"))
        self.assertEqual((report["seen"], report["added"]), (3, 3))
        report = self.home.index(self.home.path("a"))
        self.assertEqual((report["seen"], report["unchanged"], report["removed"]), (3, 3, 0))

    def test_paths_are_real_and_absolute(self):
        make_pictures(self.home.path("a"), 1)
        os.symlink(self.home.path("a"), os.path.join(self.home.folder, "link"))
        self.home.index("link", cwd=self.home.folder)
        self.assertEqual(self.home.search("cat")["results"][0]["path"], self.home.path("a", "0000.png"))

    def offline(self):
        return self.home.status()["collections"][0]["offline"]

    def test_a_root_that_is_suddenly_empty(self):
        make_pictures(self.home.path("disk"), 5)
        disk = self.home.path("disk")
        self.home.index(disk)
        shutil.move(disk, self.home.path("away"))
        os.mkdir(disk)
        r = self.home.run("index", disk)
        self.assertEqual(r.status, 0, str(r))
        self.assertIn("--forget", r.out)
        self.assertIn(" 0 removed", r.out)
        self.assertEqual((self.home.items(), self.offline()), (5, 5))
        self.assertEqual(len(self.home.search("red", "cat")["results"]), 5, "its rows stay")
        os.rmdir(disk)
        shutil.move(self.home.path("away"), disk)
        report = self.home.index(disk)
        self.assertEqual((report["seen"], report["unchanged"]), (5, 5))
        self.assertEqual(self.offline(), 0)

    def test_a_root_that_is_missing(self):
        make_pictures(self.home.path("disk"), 5)
        make_pictures(self.home.path("other"), 2, first=90)
        self.home.index(self.home.path("disk"), self.home.path("other"))
        shutil.move(self.home.path("disk"), os.path.join(self.home.folder, "away"))
        r = self.home.run("index", self.home.path("disk"), self.home.path("other"))
        self.assertEqual((r.status, r.out), (3, ""), str(r))
        self.assertIn("disk", r.err)
        self.assertEqual((self.home.items(), self.offline()), (7, 5))
        shutil.move(os.path.join(self.home.folder, "away"), self.home.path("disk"))
        self.assertEqual(self.home.index(self.home.path("disk"))["unchanged"], 5)
        self.assertEqual(self.offline(), 0)

    def test_forget_an_empty_root(self):
        files = make_pictures(self.home.path("disk"), 5)
        self.home.index(self.home.path("disk"))
        for f in files:
            os.unlink(f)
        self.home.index(self.home.path("disk"))
        self.assertEqual(self.home.items(), 5)
        self.assertEqual(self.home.index(self.home.path("disk"), "--forget")["removed"], 5)
        self.assertEqual(self.home.items(), 0)
        self.assertEqual(self.home.search("red", "cat")["results"], [])

    def test_forget_a_missing_root(self):
        make_pictures(self.home.path("disk"), 5)
        make_pictures(self.home.path("other"), 2, first=90)
        self.home.index(self.home.path("disk"), self.home.path("other"))
        shutil.rmtree(self.home.path("disk"))
        r = self.home.run("index", self.home.path("disk"), self.home.path("other"), "--forget")
        self.assertEqual(r.status, 3, str(r))
        self.assertEqual((self.home.items(), self.offline()), (2, 0))

    def test_a_file_root_that_went_away(self):
        files = make_pictures(self.home.pictures, 3)
        self.home.index(files[0], files[1])
        os.unlink(files[0])
        r = self.home.run("index", files[0], files[1])
        self.assertEqual((r.status, r.out), (3, ""), str(r))
        self.assertEqual((self.home.items(), self.offline()), (2, 1))

    def test_another_model_on_a_collection(self):
        make_pictures(self.home.pictures, 2)
        self.home.index()
        r = self.home.run("index", self.home.pictures, "--model", "no-such-model")
        self.assertEqual(r.status, 2, str(r))
        self.assertEqual(self.home.items(), 2)


if __name__ == "__main__":
    sys.exit(harness.main())
