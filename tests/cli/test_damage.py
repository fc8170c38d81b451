"""Damage: a home whose files were changed behind its back is told by name, loses nothing more, and never answers
wrongly.
"""

import os
import shutil
import sys

import harness
from harness import Case, make_pictures


class Damage(Case):
    def setUp(self):
        super().setUp()
        self.files = make_pictures(self.home.pictures, 20)
        self.home.index()
        self.segment = self.home.segments()[0]
        self.copy = os.path.join(self.home.folder, "copy of the segment")
        shutil.copy2(self.segment, self.copy)

    def mend(self):
        shutil.copy2(self.copy, self.segment)

    def verify(self, status):
        r = self.home.run("verify", "--json")
        self.assertEqual(r.status, status, str(r))
        o = r.json()
        self.assertEqual(set(o), harness.VERIFY_KEYS)
        self.assertEqual(o["ok"], status == 0)
        for d in o["damage"]:
            self.assertEqual(set(d), harness.DAMAGE_KEYS)
        return o

    def damaged(self):
        """Expects that search and verify name the segment, then mends it and expects all to be well."""
        name = os.path.basename(self.segment)
        r = self.home.run("search", "red", "cat", "--json")
        self.assertEqual(r.status, 4, str(r))
        self.assertIn(name, r.err)
        o = self.verify(4)
        self.assertTrue(any(name in d["file"] for d in o["damage"]), o)
        self.assertEqual(o["rows"], 20)
        r = self.home.run("verify")
        self.assertEqual(r.status, 4, str(r))
        self.assertIn(name, r.out)
        self.assertIn("damaged", r.out)
        self.assertEqual(self.home.items(), 20, "the catalog still knows all of them")
        self.mend()
        self.assertEqual(self.verify(0)["rows"], 20)
        self.assertEqual(len(self.home.search("red", "cat", "-k", "100")["results"]), 20, "nothing was lost")

    def vector_offset(self):
        """A place inside the first block of vectors: the last byte of the file's written part that is not zero, a
        little before it.
        """
        with open(self.segment, "rb") as f:
            data = f.read()
        return len(data.rstrip(b"\0")) - 100

    def test_a_sound_home(self):
        o = self.verify(0)
        self.assertEqual((o["rows"], o["damage"]), (20, []))
        self.assertGreaterEqual(o["segments"], 1)
        r = self.home.run("verify")
        self.assertEqual((r.status, r.err), (0, ""), str(r))
        self.assertTrue(r.out.startswith("sound: "), str(r))

    def test_a_home_that_does_not_exist(self):
        empty = harness.Home()
        self.addCleanup(empty.close)
        r = empty.run("verify", "--json")
        self.assertEqual((r.status, r.json()["rows"]), (0, 0), str(r))
        self.assertFalse(os.path.exists(empty.home))

    def test_a_flipped_bit_in_the_vectors(self):
        with open(self.segment, "r+b") as f:
            f.seek(self.vector_offset())
            byte = f.read(1)[0]
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte ^ 0x10]))
        self.damaged()

    def test_zeros_over_the_vectors(self):
        with open(self.segment, "r+b") as f:
            f.seek(self.vector_offset() - 2000)
            f.write(b"\0" * 2000)
        self.damaged()

    def test_a_truncated_segment(self):
        with open(self.segment, "r+b") as f:
            f.truncate(self.vector_offset())
        self.damaged()

    def test_an_empty_segment(self):
        with open(self.segment, "r+b") as f:
            f.truncate(0)
        self.damaged()

    def test_a_missing_segment(self):
        os.unlink(self.segment)
        self.damaged()

    def test_a_segment_of_something_else(self):
        with open(self.segment, "r+b") as f:
            f.write(b"GIF89a" + b"x" * 8186)
        self.damaged()

    def test_a_segment_of_another_home(self):
        other = harness.Home()
        self.addCleanup(other.close)
        make_pictures(other.pictures, 20, first=300)
        other.index()
        shutil.copy2(other.segments()[0], self.segment)
        self.damaged()

    def test_index_on_a_damaged_home(self):
        """It may refuse or go on, but it loses nothing and does not report the home as sound."""
        with open(self.segment, "r+b") as f:
            f.seek(self.vector_offset())
            f.write(b"\xff\x00\xff")
        make_pictures(self.home.pictures, 3, first=700)
        r = self.home.run("index", self.home.pictures)
        self.assertIn(r.status, (0, 4), str(r))
        self.verify(4)
        self.assertGreaterEqual(self.home.items(), 20)

    def test_a_catalog_that_is_none(self):
        catalog = os.path.join(self.home.home, "catalog.db")
        for name in os.listdir(self.home.home):
            if name.startswith("catalog.db-"):
                os.unlink(os.path.join(self.home.home, name))
        with open(catalog, "wb") as f:
            f.write(b"this is no database at all " * 1000)
        for args in (["search", "red", "cat"], ["status"], ["collection", "list"], ["index", self.home.pictures]):
            r = self.home.run(*args)
            self.assertIn(r.status, (3, 4), str(r))
            self.assertIn("catalog.db", r.err)

    def test_a_catalog_with_a_changed_page(self):
        """Never a crash and never a sound report of a home whose rows cannot be read."""
        self.home.run("status")
        catalog = os.path.join(self.home.home, "catalog.db")
        size = os.path.getsize(catalog)
        for offset in range(4096, size, max(4096, size // 6)):
            with open(catalog, "rb") as f:
                whole = f.read()
            with open(catalog, "r+b") as f:
                f.seek(offset)
                f.write(b"\xa5" * 512)
            for args in (["search", "red", "cat", "--json"], ["status", "--json"], ["verify", "--json"]):
                r = self.home.run(*args)
                self.assertIn(r.status, (0, 1, 3, 4), str(r))
            with open(catalog, "wb") as f:
                f.write(whole)
        self.assertEqual(len(self.home.search("red", "cat", "-k", "100")["results"]), 20)


if __name__ == "__main__":
    sys.exit(harness.main())
