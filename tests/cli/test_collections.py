"""Collections: several in one home, what list, edit and status print, content that two of them share."""

import os
import sys

import harness
from harness import Case, make_picture, make_pictures


class Collections(Case):
    def listed(self):
        r = self.home.run("collection", "list", "--json")
        self.assertEqual(r.status, 0, str(r))
        o = r.json()
        self.assertEqual(set(o), {"collections"})
        for c in o["collections"]:
            self.assertEqual(set(c), harness.COLLECTION_KEYS)
        return {c["name"]: c for c in o["collections"]}

    def test_list_of_a_home_that_does_not_exist(self):
        self.assertEqual(self.listed(), {})
        r = self.home.run("collection", "list")
        self.assertEqual(r.status, 0, str(r))
        self.assertIn("imagefinder index", r.out)
        self.assertFalse(os.path.exists(self.home.home))

    def test_list(self):
        make_pictures(self.home.path("a"), 3)
        make_pictures(self.home.path("b"), 2, first=10)
        self.home.index(self.home.path("a"), "-c", "зима")
        self.home.index(self.home.path("b"), "-csummer")
        listed = self.listed()
        self.assertEqual(set(listed), {"зима", "summer"})
        self.assertEqual([listed[n]["items"] for n in ("зима", "summer")], [3, 2])
        self.assertEqual([listed[n]["moments"] for n in ("зима", "summer")], [3, 2])
        self.assertEqual(
            (listed["зима"]["model"], listed["зима"]["title"], listed["зима"]["queries"]), ("starter", "", [])
        )
        r = self.home.run("collection", "list")
        self.assertEqual((r.status, len(r.out.splitlines())), (0, 2), str(r))
        self.assertIn("зима: 3 pictures", r.out)

    def test_edit(self):
        make_pictures(self.home.pictures, 1)
        self.home.index()
        r = self.home.run(
            "collection",
            "edit",
            "default",
            "--title",
            "Наша семья",
            "--description",
            "all of us",
            "--query",
            "кот",
            "--query=dog",
        )
        self.assertEqual((r.status, r.out), (0, ""), str(r))
        c = self.listed()["default"]
        self.assertEqual((c["title"], c["description"], c["queries"]), ("Наша семья", "all of us", ["кот", "dog"]))
        self.assertEqual(self.home.status()["collections"][0]["title"], "Наша семья")

    def test_edit_leaves_the_rest(self):
        make_pictures(self.home.pictures, 1)
        self.home.index()
        self.home.run(
            "collection", "edit", "default", "--title", "T", "--description", "D", "--query", "q1", "--query", "q2"
        )
        self.home.run("collection", "edit", "default", "--description", "D2")
        c = self.listed()["default"]
        self.assertEqual((c["title"], c["description"], c["queries"]), ("T", "D2", ["q1", "q2"]))
        self.home.run("collection", "edit", "default", "--query", "new", "--title", "")
        c = self.listed()["default"]
        self.assertEqual((c["title"], c["description"], c["queries"]), ("", "D2", ["new"]))
        self.home.index()
        self.assertEqual(self.listed()["default"]["description"], "D2", "indexing leaves it")

    def test_edit_of_an_unknown_collection(self):
        r = self.home.run("collection", "edit", "nowhere", "--title", "x")
        self.assertEqual(r.status, 2, str(r))
        self.assertIn("nowhere", r.err)
        make_pictures(self.home.pictures, 1)
        self.home.index()
        self.assertEqual(self.home.run("collection", "edit", "nowhere", "--title", "x").status, 2)

    def shown(self, name):
        r = self.home.run("collection", "show", name, "--json")
        self.assertEqual(r.status, 0, str(r))
        return r.json()

    def test_show(self):
        make_pictures(self.home.path("b"), 3)
        make_pictures(self.home.path("a"), 2, first=10)
        with open(self.home.path("a", "bad.png"), "w") as f:
            f.write("bad")
        self.home.index(self.home.path("b"), "-c", "семья")
        self.home.index(self.home.path("a"), "-c", "семья")
        self.home.run("collection", "edit", "семья", "--title", "Наши", "--query", "кот", "--query", "boat")
        c = self.shown("семья")
        self.assertLessEqual(harness.COLLECTION_KEYS | {"roots"}, set(c))
        self.assertEqual((c["name"], c["title"], c["description"]), ("семья", "Наши", ""))
        self.assertEqual((c["queries"], c["model"], c["items"], c["moments"]), (["кот", "boat"], "starter", 5, 5))
        self.assertEqual(c["roots"], [self.home.path("a"), self.home.path("b")])
        r = self.home.run("collection", "show", "семья")
        self.assertEqual(r.status, 0, str(r))
        lines = [" ".join(line.split()) for line in r.out.splitlines()]
        for line in ("семья", "title: Наши", "for example: кот", "boat", "pictures: 5", "failed: 1", "model: starter"):
            self.assertIn(line, lines)
        self.assertIn("folders: " + self.home.path("a"), lines)
        self.assertIn(self.home.path("b"), lines)

    def test_show_and_remove_of_an_unknown_collection(self):
        for verb in ("show", "remove"):
            for prepare in (lambda: None, lambda: make_pictures(self.home.pictures, 1) and self.home.index()):
                prepare()
                r = self.home.run("collection", verb, "nowhere")
                self.assertEqual(r.status, 2, str(r))
                self.assertIn("'nowhere'", r.err)

    def test_remove(self):
        files = make_pictures(self.home.path("a"), 4)
        make_pictures(self.home.path("b"), 4, first=2)
        before = {path: open(path, "rb").read() for path in files}
        self.home.index(self.home.path("a"), "-c", "one")
        self.home.index(self.home.path("b"), "-c", "two")
        r = self.home.run("collection", "remove", "one")
        self.assertEqual((r.status, r.err), (0, ""), str(r))
        self.assertEqual(r.out, "one is forgotten, 2 items went from the index; your own files are as they were\n")
        self.assertEqual({path: open(path, "rb").read() for path in files}, before)
        self.assertEqual(set(self.listed()), {"two"})
        self.assertEqual(self.home.items("two"), 4, "what they shared stays")
        self.assertEqual(len(self.home.search("red", "cat", "-k", "100")["results"]), 4)
        self.assertEqual(self.home.run("search", "cat", "-c", "one").status, 2)
        self.assertEqual(self.home.run("collection", "remove", "one").status, 2)
        r = self.home.run("verify", "--json")
        self.assertEqual((r.status, r.json()["ok"]), (0, True), str(r))
        self.assertEqual(self.home.index(self.home.path("a"), "-c", "one")["seen"], 4, "it can be had back")
        self.assertEqual(self.home.items("one"), 4)

    def test_remove_as_json(self):
        make_pictures(self.home.pictures, 3)
        self.home.index()
        r = self.home.run("collection", "remove", "default", "--json")
        self.assertEqual((r.status, r.json()), (0, {"items": 3}), str(r))
        self.assertEqual(self.listed(), {})
        self.assertEqual(self.home.run("search", "cat").status, 1)

    def test_shared_content(self):
        make_pictures(self.home.path("a"), 4)
        make_pictures(self.home.path("b"), 4, first=2)
        first = self.home.index(self.home.path("a"), "-c", "one")
        second = self.home.index(self.home.path("b"), "-c", "two")
        self.assertEqual((first["added"], second["seen"], second["failed"]), (4, 4, 0))
        self.assertEqual((self.home.items("one"), self.home.items("two")), (4, 4))
        everything = self.home.search("red", "cat", "-k", "100")["results"]
        self.assertEqual(len(everything), 6, "shared content is one result")
        self.assertEqual(len({h["item"] for h in everything}), 6)
        for name, folder in (("one", "a"), ("two", "b")):
            hits = self.home.search("red", "cat", "-k", "100", "-c", name)["results"]
            self.assertEqual(len(hits), 4)
            self.assertEqual({h["collection"] for h in hits}, {name})
            self.assertTrue(all(p.startswith(self.home.path(folder) + "/") for h in hits for p in h["paths"]), hits)

    def test_removal_from_one_of_two(self):
        files = make_pictures(self.home.path("a"), 3)
        make_pictures(self.home.path("b"), 3)
        self.home.index(self.home.path("a"), "-c", "one")
        self.home.index(self.home.path("b"), "-c", "two")
        os.unlink(files[0])
        self.assertEqual(self.home.index(self.home.path("a"), "-c", "one")["removed"], 1)
        self.assertEqual((self.home.items("one"), self.home.items("two")), (2, 3))
        self.assertEqual(len(self.home.search("cat", "-c", "one")["results"]), 2)
        self.assertEqual(len(self.home.search("cat", "-c", "two")["results"]), 3)
        r = self.home.run("verify", "--json")
        self.assertEqual((r.status, r.json()["ok"]), (0, True), str(r))

    def test_one_folder_in_two_collections(self):
        make_pictures(self.home.pictures, 3)
        self.home.index(self.home.pictures, "-c", "one")
        self.home.index(self.home.pictures, "-c", "two")
        hits = self.home.search("red", "cat")["results"]
        self.assertEqual(len(hits), 3)
        self.assertTrue(all(len(h["paths"]) == 1 for h in hits), hits)


class Status(Case):
    def test_a_home_that_does_not_exist(self):
        o = self.home.status()
        self.assertEqual(set(o), harness.STATUS_KEYS)
        self.assertEqual((o["home"], o["collections"], o["running"]), (self.home.home, [], None))
        r = self.home.run("status")
        self.assertEqual(r.status, 0, str(r))
        self.assertIn(self.home.home, r.out)
        self.assertFalse(os.path.exists(self.home.home), "status creates nothing")

    def test_keys_and_counts(self):
        make_pictures(self.home.pictures, 3)
        with open(self.home.path("bad.png"), "w") as f:
            f.write("bad")
        self.home.index()
        o = self.home.status()
        self.assertEqual(set(o), harness.STATUS_KEYS)
        (c,) = o["collections"]
        self.assertEqual(set(c), harness.STATUS_COLLECTION_KEYS)
        self.assertEqual(
            (c["name"], c["model"], c["items"], c["moments"], c["failed"], c["offline"]),
            ("default", "starter", 3, 3, 1, 0),
        )
        self.assertGreater(c["bytes"], 0)
        r = self.home.run("status")
        self.assertIn("default: 3 pictures, 1 failed", r.out)

    def test_home_from_the_environment(self):
        env = harness.environment(IMAGEFINDER_HOME=self.home.home)
        import subprocess

        done = subprocess.run([harness.PROGRAM, "status", "--json"], capture_output=True, env=env)
        self.assertEqual(
            harness.Result([], done.returncode, done.stdout, done.stderr).json()["home"], self.home.home
        )

    def test_a_home_that_is_a_file(self):
        path = make_picture(os.path.join(self.home.folder, "file.png"), 1)
        r = self.home.run("status", "--home", path)
        self.assertIn(r.status, (3, 4), str(r))
        self.assertIn("file.png", r.err)

    def test_a_home_that_cannot_be_written(self):
        make_pictures(self.home.pictures, 1)
        blocked = os.path.join(make_picture(os.path.join(self.home.folder, "file.png"), 1), "home")
        for home in (blocked, "/proc/nowhere/home"):
            r = self.home.run("index", self.home.pictures, "--home", home)
            self.assertEqual(r.status, 4, str(r))
            self.assertIn(home, r.err)


if __name__ == "__main__":
    sys.exit(harness.main())
