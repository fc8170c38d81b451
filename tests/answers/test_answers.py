"""Real answers: the bundled model over the sample pictures, as somebody sees them in the first minute. Each of these is
a plain case; how often the model is right is measured by tools/starter/evaluate.py.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import harness  # noqa: E402
from harness import Case  # noqa: E402

SAMPLES = os.path.join(harness.SOURCE, "build", "samples")
PHOTOS = os.path.join(SAMPLES, "photos")
STAMPS = os.path.join(SAMPLES, "stamps")


class Answers(Case):
    @classmethod
    def setUpClass(cls):
        cls.kept = harness.Home()
        for collection, folder in (
            ("photos", PHOTOS),
            ("fruit", os.path.join(STAMPS, "food", "fruit")),
            ("kitchen", os.path.join(STAMPS, "household", "dishes")),
        ):
            report = cls.kept.index(folder, "-c", collection)
            assert report["added"] > 5, (folder, report)

    @classmethod
    def tearDownClass(cls):
        cls.kept.close()

    def search(self, collection, words, k=5):
        o = self.kept.search("-c", collection, "-k", str(k), words)
        self.assertEqual(len(o["results"]), k)
        return o

    def names(self, collection, words, k=5):
        return [os.path.basename(hit["path"]) for hit in self.search(collection, words, k)["results"]]

    def verdict(self, collection, words):
        return self.search(collection, words, 1)["results"][0]["verdict"]

    CATS = {"tabby-cat.jpg", "kitten.jpg"}

    def test_a_cat_in_both_languages(self):
        for words in ("кошка", "cat", "кот", "a cat"):
            self.assertEqual(set(self.names("photos", words, 2)), self.CATS, words)
        self.assertEqual(self.verdict("photos", "кошка"), "good")

    def test_words_as_people_type_them(self):
        for words in ("кошками", "кошку", "фотки кошечек", "КОШКА", "кошкаа", "к\u006fшка", "rjirf"):
            self.assertEqual(set(self.names("photos", words, 2)), self.CATS, words)

    def test_the_other_layout_is_said(self):
        o = self.search("photos", "rjirf")
        self.assertEqual((o["query"]["text"], o["query"]["translated"]), ("rjirf", "кошка"))
        self.assertEqual(len(o["warnings"]), 1)
        self.assertEqual(
            [hit["item"] for hit in o["results"]], [hit["item"] for hit in self.search("photos", "кошка")["results"]]
        )

    def test_colours(self):
        for words in ("зелёное яблоко", "green apple"):
            self.assertIn(self.names("fruit", words, 1)[0], ("apple_green.png", "apple_granny_smith.png"), words)
        for words in ("красное яблоко", "red apple"):
            self.assertIn(self.names("fruit", words, 1)[0], ("apple_red.png", "apple_fuji.png"), words)

    def test_nothing_like_this(self):
        for collection, words in (
            ("photos", "ывапр"),
            ("photos", "qwzx"),
            ("photos", "asdfghjk"),
            ("kitchen", "dinosaur"),
            ("kitchen", "динозавр"),
            ("kitchen", "elephant"),
        ):
            for hit in self.search(collection, words)["results"]:
                self.assertEqual(hit["verdict"], "none", (collection, words, hit["path"], hit["probability"]))
        self.assertNotEqual(self.verdict("kitchen", "чайник"), "none")

    def test_nothing_is_said_to_people(self):
        done = self.kept.run("search", "-c", "kitchen", "dinosaur")
        self.assertEqual(done.status, 0)
        self.assertIn("nothing here fits well", done.err)


if __name__ == "__main__":
    sys.exit(harness.main())
