"""Probabilities and verdicts: the bundled model has them; a copy of it with a calibration of the test's own is held to
the formula of docs/internals/starter.md, for words, files and items; a model without one says "maybe".
"""

import json
import math
import os
import shutil
import sys

import harness
from harness import Case, make_pictures

STARTER = os.path.join(harness.SOURCE, "models", "starter")
TEXT = {"score": 20.0, "bias": -4.0}
PICTURE = {"score": 3.0, "bias": -1.0}


class Calibrated(Case):
    """`self.model` is the starter with a calibration of its own; 24 pictures are indexed with it."""

    def setUp(self):
        super().setUp()
        self.model = os.path.join(self.home.folder, "model")
        shutil.copytree(STARTER, self.model)
        self.calibrate({"text": TEXT, "picture": PICTURE, "good": 0.6, "none": 0.3})
        self.files = make_pictures(self.home.pictures, 24)
        self.home.index("--model", self.model)

    def calibrate(self, calibration):
        path = os.path.join(self.model, "config.json")
        with open(path, encoding="utf-8") as f:
            config = json.load(f)
        self.calibration = config["calibration"] = calibration
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f)

    def check(self, kind, *query):
        """Every hit of the search has the probability of the formula, and its verdict."""
        factors, good, none = (self.calibration[k] for k in (kind, "good", "none"))
        o = self.home.search(*query, "-k", "24")
        self.assertEqual(len(o["results"]), 24)
        for hit in o["results"]:
            p = hit["probability"]
            z = factors["score"] * hit["score"] + factors["bias"]
            self.assertAlmostEqual(p, 1 / (1 + math.exp(-z)), places=4)
            self.assertEqual(hit["verdict"], "good" if p >= good else "none" if p < none else "maybe")
        self.assertEqual(o["degraded"], False)
        return o["results"]

    def test_words(self):
        self.check("text", "red", "cat")
        self.check("text", "красная машина")

    def test_words_in_templates(self):
        path = os.path.join(self.home.folder, "templates.txt")
        with open(path, "w", encoding="utf-8") as f:
            f.write("{}\nфото: {}\na drawing of {} on a table\n")
        self.check("text", "cat", "--templates", path)

    def test_pictures(self):
        hits = self.check("picture", "@" + self.files[3])
        self.check("picture", "@" + hits[0]["item"])

    def test_verdicts(self):
        """A calibration that parts these very scores: all three verdicts, best first, without indexing again."""
        scores = [h["score"] for h in self.home.search("red", "cat", "-k", "24")["results"]]
        middle, width = (scores[7] + scores[15]) / 2, (scores[7] - scores[15]) / 2
        self.assertGreater(width, 0)
        good, none = 1 / (1 + math.exp(-1)) - 1e-4, 1 / (1 + math.exp(1)) + 1e-4
        text = {"score": 1 / width, "bias": -middle / width}
        self.calibrate({"text": text, "picture": PICTURE, "good": good, "none": none})
        hits = self.check("text", "red", "cat")
        self.assertEqual([h["score"] for h in hits], scores, "the space is another one")
        self.assertEqual([h["verdict"] for h in hits], ["good"] * 8 + ["maybe"] * 7 + ["none"] * 9)
        shown = self.home.run("search", "red", "cat", "-k", "24")
        for hit, line in zip(hits, shown.out.splitlines(), strict=True):
            self.assertIn("%3.0f %%" % (100 * hit["probability"]), line)
        self.assertNotIn("nothing here fits well", shown.err)

    def test_nothing_fits(self):
        self.calibrate({"text": {"score": 1, "bias": -9}, "picture": PICTURE, "good": 0.5, "none": 0.05})
        r = self.home.run("search", "red", "cat")
        self.assertEqual(r.status, 0, str(r))
        self.assertIn("nothing here fits well", r.err)
        self.assertEqual({h["verdict"] for h in self.home.search("red", "cat")["results"]}, {"none"})

    def test_without_a_calibration(self):
        before = [(h["item"], h["score"]) for h in self.home.search("red", "cat")["results"]]
        self.calibrate(None)
        hits = self.home.search("red", "cat")["results"]
        self.assertEqual([(h["item"], h["score"]) for h in hits], before)
        self.assertEqual({(h["probability"], h["verdict"]) for h in hits}, {(None, "maybe")})

    def test_a_damaged_calibration(self):
        self.calibrate({"text": {"score": 0, "bias": -9}, "picture": PICTURE, "good": 0.5, "none": 0.05})
        r = self.home.run("search", "red", "cat")
        self.assertEqual(r.status, 3, str(r))
        self.assertIn("calibration.text.score", r.err)


class Bundled(Case):
    def test_the_starter_has_one(self):
        files = make_pictures(self.home.pictures, 3)
        self.home.index()
        for query in ("cat", "кошка", "@" + files[0]):
            for hit in self.home.search(query)["results"]:
                self.assertIsInstance(hit["probability"], float)
                self.assertTrue(0 <= hit["probability"] <= 1)
        self.assertEqual(self.home.search("@" + files[0])["results"][0]["verdict"], "good")


if __name__ == "__main__":
    sys.exit(harness.main())
