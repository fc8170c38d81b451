"""embed: the .npy it writes, its order, and that nothing is left behind when something is wrong."""

import ast
import math
import os
import struct
import subprocess
import sys

from PIL import Image

import harness
from harness import Case, make_picture


def read_npy(path):
    """Rows of a two-dimensional '<f4' array; checks the format byte by byte."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    (length,) = struct.unpack("<H", data[8:10])
    assert (10 + length) % 64 == 0, length
    header = data[10 : 10 + length].decode("ascii")
    assert header.endswith("\n")
    fields = ast.literal_eval(header)
    assert (fields["descr"], fields["fortran_order"], len(fields)) == ("<f4", False, 3), fields
    n, dim = fields["shape"]
    values = struct.unpack("<%df" % (n * dim), data[10 + length :])
    return [values[i * dim : (i + 1) * dim] for i in range(n)]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


class Embed(Case):
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.home.folder, "x.npy")

    def embed(self, *args):
        r = self.home.run("embed", *args, "--out", self.out)
        self.assertEqual((r.status, r.out), (0, ""), str(r))
        self.assertFalse(os.path.exists(self.home.home), "embed needs no home")
        return read_npy(self.out)

    def nothing_left(self, *args, status=3):
        r = self.home.run("embed", *args, "--out", self.out)
        self.assertEqual(r.status, status, str(r))
        self.assertEqual([n for n in os.listdir(self.home.folder) if n.startswith("x.npy")], [])
        return r

    def test_texts_and_pictures_in_order(self):
        a, b = make_picture(self.home.path("a.png"), 1), make_picture(self.home.path("b.jpg"), 2)
        rows = self.embed("--text", "red cat", "--picture", a, "--text", "рыжий кот", "--picture", b)
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertAlmostEqual(math.sqrt(dot(row, row)), 1.0, places=4)
        for position, args in enumerate(
            (["--text", "red cat"], ["--picture", a], ["--text", "рыжий кот"], ["--picture", b])
        ):
            self.assertAlmostEqual(dot(self.embed(*args)[0], rows[position]), 1.0, places=5)

    def test_the_same_text_gives_the_same_bytes(self):
        self.embed("--text", "red cat", "--threads", "1")
        with open(self.out, "rb") as f:
            first = f.read()
        self.embed("--text", "red cat", "--threads", "2", "--precision", "f32", "--no-cache")
        with open(self.out, "rb") as f:
            self.assertEqual(f.read(), first)

    def test_precision_auto(self):
        self.assertEqual(self.embed("--text", "red cat", "--precision", "auto"), self.embed("--text", "red cat"))

    def test_float32_on_demand(self):
        """The picture tower is int8 where the processor can: near float32, and not the same."""
        a = make_picture(self.home.path("a.png"), 1)
        fast, exact = self.embed("--picture", a)[0], self.embed("--picture", a, "--precision", "f32")[0]
        self.assertGreater(dot(fast, exact), 0.99)
        info = self.home.run("model", "info", "starter", "--json").json()
        self.assertEqual(fast == exact, info["precision"] == "f32")

    def test_raw_leaves_the_direction(self):
        a = make_picture(self.home.path("a.png"), 1)
        raw, unit = self.embed("--picture", a, "--raw")[0], self.embed("--picture", a)[0]
        self.assertAlmostEqual(dot(raw, unit) / math.sqrt(dot(raw, raw)), 1.0, places=5)

    def test_the_same_pixels_in_other_formats(self):
        """Which format a picture is kept in makes no difference, only its pixels do."""
        jpeg = make_picture(self.home.path("a.jpg"), 1, size=(256, 192))
        files = [jpeg]
        with Image.open(jpeg) as image:
            for name, options in (
                ("a.png", {}),
                ("a.webp", {"lossless": True}),
                ("a.tif", {}),
                ("b.tif", {"compression": "tiff_lzw"}),
            ):
                image.save(self.home.path(name), **options)
                files.append(self.home.path(name))
        rows = self.embed(*[a for f in files for a in ("--picture", f)])
        for name, row in zip(files, rows):
            self.assertGreater(dot(rows[0], row), 0.999, name)

    def test_search_scores_are_cosines_of_embed(self):
        files = harness.make_pictures(self.home.pictures, 4)
        rows = self.embed("--text", "red cat", *[a for f in files for a in ("--picture", f)])
        self.home.index()
        for hit in self.home.search("red", "cat")["results"]:
            self.assertAlmostEqual(hit["score"], dot(rows[0], rows[1 + files.index(hit["path"])]), places=3)

    def test_one_bad_input_fails_the_call(self):
        a, bad = make_picture(self.home.path("a.png"), 1), self.home.path("bad.png")
        with open(bad, "w") as f:
            f.write("bad")
        self.assertIn("bad.png", self.nothing_left("--picture", a, "--picture", bad).err)
        self.assertIn("none.png", self.nothing_left("--picture", a, "--picture", self.home.path("none.png")).err)
        self.nothing_left("--text", "", status=2)
        self.nothing_left("--picture", self.home.pictures)

    def test_an_old_file_is_kept_when_it_fails(self):
        with open(self.out, "w") as f:
            f.write("old")
        r = self.home.run("embed", "--picture", self.home.path("none.png"), "--out", self.out)
        self.assertEqual(r.status, 3, str(r))
        with open(self.out) as f:
            self.assertEqual(f.read(), "old")

    def test_an_old_file_is_replaced(self):
        with open(self.out, "w") as f:
            f.write("old" * 10000)
        self.assertEqual(len(self.embed("--text", "cat")), 1)

    def test_a_link_stays_a_link(self):
        real = os.path.join(self.home.folder, "real.npy")
        open(real, "w").close()
        os.symlink(real, self.out)
        self.embed("--text", "cat")
        self.assertTrue(os.path.islink(self.out))
        self.assertEqual(len(read_npy(real)), 1)

    def test_out_that_cannot_be_written(self):
        for out in (
            os.path.join(self.home.folder, "none", "x.npy"),
            self.home.pictures,
            "/dev/full",
            "/proc/x.npy",
        ):
            r = self.home.run("embed", "--text", "cat", "--out", out)
            self.assertEqual(r.status, 4, str(r))
            self.assertIn(out, r.err)
        self.assertEqual(os.listdir(self.home.pictures), [])

    def test_out_that_is_no_regular_file(self):
        r = self.home.run("embed", "--text", "cat", "--out", "/dev/null")
        self.assertEqual(r.status, 0, str(r))
        self.assertFalse(os.path.isfile("/dev/null"), "/dev/null is still a device")

    def test_the_mode_of_the_file(self):
        done = subprocess.run(
            ["sh", "-c", 'umask 027; exec "$@"', "sh"]
            + self.home.command("embed", "--text", "cat", "--out", self.out),
            env=harness.environment(),
            capture_output=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.stat(self.out).st_mode & 0o777, 0o640)

    def test_notes_and_quiet(self):
        r = self.home.run("embed", "--text", "cat", "--text", "dog", "--out", self.out)
        self.assertIn("2 rows", r.err)
        r = self.home.run("embed", "--text", "cat", "--out", self.out, "--quiet")
        self.assertEqual(r.err, "")


if __name__ == "__main__":
    sys.exit(harness.main())
