"""Search: keys and order of the answer, picture queries, limits, collections, status 1 and what is said with it."""

import os
import sys

import harness
from harness import Case, make_picture, make_pictures


class Empty(Case):
    def test_a_home_that_does_not_exist(self):
        r = self.home.run("search", "red", "cat", "--json")
        self.assertEqual(r.status, 1, str(r))
        o = r.json()
        self.assertEqual(set(o), harness.SEARCH_KEYS)
        self.assertEqual(set(o["query"]), harness.QUERY_KEYS)
        self.assertEqual(set(o["took_ms"]), harness.TOOK_KEYS)
        self.assertEqual((o["results"], o["warnings"], o["degraded"]), ([], [], False))
        self.assertEqual(
            (o["query"]["text"], o["query"]["language"], o["query"]["translated"]), ("red cat", "en", None)
        )
        self.assertFalse(os.path.exists(self.home.home), "a search creates nothing")

    def test_it_says_what_to_do(self):
        r = self.home.run("search", "red", "cat")
        self.assertEqual((r.status, r.out), (1, ""), str(r))
        self.assertIn("imagefinder index", r.err)
        r = self.home.run("search", "red", "cat", "--quiet")
        self.assertEqual((r.status, r.out, r.err), (1, "", ""), str(r))
        r = self.home.run("search", "red", "cat", "--paths")
        self.assertEqual((r.status, r.out), (1, ""), str(r))

    def test_unknown_collection(self):
        r = self.home.run("search", "red", "cat", "-c", "nowhere")
        self.assertEqual(r.status, 2, str(r))
        self.assertIn("nowhere", r.err)
        make_picture(self.home.path("a.png"))
        self.home.index()
        r = self.home.run("search", "red", "cat", "-c", "nowhere", "--json")
        self.assertEqual(r.status, 2, str(r))
        self.assertIn("nowhere", r.err)

    def test_unknown_model(self):
        r = self.home.run("search", "red", "cat", "--model", "no-such-model")
        self.assertEqual(r.status, 2, str(r))
        self.assertIn("no-such-model", r.err)
        r = self.home.run("search", "red", "cat", "--model", os.path.join(self.home.folder, "nothing/"))
        self.assertEqual(r.status, 3, str(r))

    def test_query_that_is_not_utf8(self):
        r = self.home.run("search", b"cat \xff\xfe", "--json")
        self.assertIn(r.status, (1, 2, 3), str(r))
        if r.status == 1:
            r.json()

    def test_very_long_queries(self):
        r = self.home.run("search", "cat " * 20000, "--json")
        self.assertIn(r.status, (1, 2), str(r))
        r = self.home.run("search", *["cat"] * 2000)
        self.assertIn(r.status, (1, 2), str(r))

    def test_picture_that_does_not_exist(self):
        for argument in ("@" + self.home.path("no.jpg"), "@" + "0" * 32):
            r = self.home.run("search", argument)
            self.assertEqual(r.status, 3, str(r))
        with open(self.home.path("text.jpg"), "w") as f:
            f.write("this is no picture")
        r = self.home.run("search", "@" + self.home.path("text.jpg"))
        self.assertEqual(r.status, 3, str(r))
        self.assertIn("text.jpg", r.err)


class Found(Case):
    def setUp(self):
        super().setUp()
        self.files = make_pictures(self.home.pictures, 24)
        self.home.index()

    def test_keys_and_order(self):
        o = self.home.search("red", "cat")
        self.assertEqual(set(o), harness.SEARCH_KEYS)
        self.assertEqual(set(o["query"]), harness.QUERY_KEYS)
        self.assertEqual(set(o["took_ms"]), harness.TOOK_KEYS)
        self.assertEqual(o["query"]["model"], "starter")
        self.assertEqual(len(o["results"]), 10)
        for number, hit in enumerate(o["results"], 1):
            self.assertEqual(set(hit), harness.RESULT_KEYS)
            self.assertEqual(hit["rank"], number)
            self.assertIn(hit["verdict"], ("good", "maybe", "none"))
            self.assertTrue(hit["probability"] is None or 0 <= hit["probability"] <= 1)
            self.assertEqual(
                (hit["kind"], hit["time_ms"], hit["end_ms"], hit["collection"]), ("picture", None, None, "default")
            )
            self.assertEqual((hit["width"], hit["height"]), (64, 48))
            self.assertIn(hit["path"], hit["paths"])
            self.assertIn(hit["path"], self.files)
            self.assertRegex(hit["item"], r"\A[0-9a-f]{32}\Z")
        order = [(-h["score"],) for h in o["results"]]
        self.assertEqual(order, sorted(order))
        self.assertEqual(len({h["item"] for h in o["results"]}), 10)

    def test_k(self):
        for k, expected in ((1, 1), (3, 3), (24, 24), (1000, 24)):
            self.assertEqual(len(self.home.search("red", "cat", "-k", str(k))["results"]), expected)
        full = [h["item"] for h in self.home.search("red", "cat", "-k", "24")["results"]]
        self.assertEqual([h["item"] for h in self.home.search("red", "cat", "-k", "7")["results"]], full[:7])

    def test_answers_do_not_depend_on_threads_or_exact(self):
        def answer(*args):
            return [
                (h["item"], h["score"]) for h in self.home.search("кот", "на", "окне", "-k", "24", *args)["results"]
            ]

        self.assertEqual(answer("--threads", "1"), answer("--threads", "2"))
        self.assertEqual(answer(), answer("--exact"))

    def test_min_score(self):
        scores = [h["score"] for h in self.home.search("red", "cat", "-k", "24")["results"]]
        middle = scores[11]
        kept = self.home.search("red", "cat", "-k", "24", "--min-score", repr(middle + 1e-6))["results"]
        self.assertEqual([h["score"] for h in kept], [s for s in scores if s > middle + 1e-6])
        everything = self.home.search("red", "cat", "-k", "24", "--min-score", "-1")["results"]
        self.assertEqual(len(everything), 24)
        r = self.home.run("search", "red", "cat", "--min-score", "1.5", "--json")
        self.assertEqual((r.status, r.json()["results"]), (1, []))
        r = self.home.run("search", "red", "cat", "--min-score", "1.5")
        self.assertEqual((r.status, r.out), (1, ""), str(r))
        self.assertIn("--min-score 1.5", r.err)

    def test_a_picture_finds_itself(self):
        for seed in (0, 7, 23):
            o = self.home.search("@" + self.files[seed])
            self.assertEqual(o["results"][0]["path"], self.files[seed])
            self.assertAlmostEqual(o["results"][0]["score"], 1.0, places=3)
            self.assertEqual((o["query"]["text"], o["query"]["language"]), (None, None))

    def test_a_picture_by_a_relative_path(self):
        r = self.home.run("search", "@0003.png", "--json", cwd=self.home.pictures)
        self.assertEqual(r.json()["results"][0]["path"], self.files[3])

    def test_an_item_finds_itself(self):
        item = self.home.search("@" + self.files[5])["results"][0]["item"]
        o = self.home.search("@" + item)
        self.assertEqual(o["results"][0]["item"], item)
        self.assertAlmostEqual(o["results"][0]["score"], 1.0, places=3)
        self.assertEqual((o["query"]["text"], o["query"]["language"]), (None, None))

    def test_a_file_comes_before_an_item_of_that_name(self):
        item = self.home.search("@" + self.files[5])["results"][0]["item"]
        make_picture(os.path.join(self.home.folder, item), 9, format="PNG")
        r = self.home.run("search", "@" + item, "--json", cwd=self.home.folder)
        self.assertEqual(r.json()["results"][0]["path"], self.files[9], str(r))

    def test_paths_prints_the_files_only(self):
        expected = [h["path"] for h in self.home.search("red", "cat")["results"]]
        r = self.home.run("search", "red", "cat", "--paths")
        self.assertEqual((r.status, r.out.splitlines()), (0, expected), str(r))

    def test_the_table(self):
        hits = self.home.search("red", "cat", "-k", "3")["results"]
        r = self.home.run("search", "red", "cat", "-k", "3")
        self.assertEqual(r.status, 0, str(r))
        lines = r.out.splitlines()
        self.assertEqual(len(lines), 3)
        for hit, line in zip(hits, lines):
            self.assertEqual(line.split()[0], str(hit["rank"]))
            self.assertEqual(line.split()[1], "%.3f" % hit["score"])
            self.assertTrue(line.endswith(hit["path"]), line)
        self.assertIn(" ms", r.err)
        self.assertEqual(self.home.run("search", "red", "cat", "-k", "3", "--quiet").err, "")

    def test_russian_and_mixed_queries(self):
        for words, language in (
            (["красная", "машина"], "ru"),
            (["red", "car"], "en"),
            (["красный", "car"], "mixed"),
        ):
            o = self.home.search(*words)
            self.assertEqual((o["query"]["text"], o["query"]["language"]), (" ".join(words), language))
            self.assertEqual(len(o["results"]), 10)

    def test_the_other_keyboard_layout(self):
        def answer(o):
            return [(h["item"], h["score"]) for h in o["results"]]

        for typed, meant, language in (
            ("rjirf", "кошка", "ru"),
            ("hs;bq rjn yf jryt", "рыжий кот на окне", "ru"),
            ("кув сфк", "red car", "en"),
        ):
            o = self.home.search(*typed.split())
            query = o["query"]
            self.assertEqual((query["text"], query["translated"], query["language"]), (typed, meant, language))
            self.assertEqual(o["warnings"], [f"'{typed}' was read as '{meant}' (typed in the other keyboard layout)"])
            right = self.home.search(*meant.split())
            self.assertEqual(answer(o), answer(right))
            self.assertEqual((right["query"]["translated"], right["warnings"]), (None, []))
        for typed in ("bmw", "nvidia rjirf", "впн", "rjirf 2"):
            o = self.home.search(*typed.split())
            self.assertEqual((o["query"]["text"], o["query"]["translated"], o["warnings"]), (typed, None, []))
        r = self.home.run("search", "сфе")
        self.assertIn("imagefinder: warning: 'сфе' was read as 'cat' (typed in the other keyboard layout)\n", r.err)
        r = self.home.run("search", "сфе", env={"LC_ALL": "ru_RU.UTF-8"})
        self.assertIn("«сфе» понято как «cat» (набрано в другой раскладке клавиатуры)\n", r.err)
        self.assertEqual(self.home.run("search", "сфе", "--quiet").err, "")

    def test_words_form_one_phrase(self):
        def answer(*words):
            o = self.home.search(*words)
            return o["query"]["text"], [(h["item"], h["score"]) for h in o["results"]]

        self.assertEqual(answer("red", "car", "in", "snow"), answer("red car in snow"))

    def test_a_picture_from_outside(self):
        outside = make_picture(os.path.join(self.home.folder, "outside.jpg"), 500)
        o = self.home.search("@" + outside, "-k", "24")
        self.assertEqual(len(o["results"]), 24)
        self.assertLess(o["results"][0]["score"], 1.0001)

    def test_copies(self):
        with open(self.files[2], "rb") as source, open(self.home.path("copy.png"), "wb") as copy:
            copy.write(source.read())
        self.home.index()
        hit = self.home.search("@" + self.files[2])["results"][0]
        self.assertEqual(sorted(hit["paths"]), sorted([self.files[2], self.home.path("copy.png")]))
        r = self.home.run("search", "@" + self.files[2], "-k", "1")
        self.assertIn("(2 copies)", r.out)

    def test_sizes_after_orientation(self):
        from PIL import Image

        image = Image.open(make_picture(self.home.path("turned.jpg"), 77, size=(80, 40)))
        exif = image.getexif()
        exif[0x0112] = 6
        image.save(self.home.path("turned.jpg"), exif=exif)
        self.home.index()
        hit = self.home.search("@" + self.home.path("turned.jpg"))["results"][0]
        self.assertEqual((hit["path"], hit["width"], hit["height"]), (self.home.path("turned.jpg"), 40, 80))


if __name__ == "__main__":
    sys.exit(harness.main())
