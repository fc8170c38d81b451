"""Which files are indexed, under which names, and what becomes of bad ones."""

import base64
import os
import struct
import sys
import zlib

import harness
from harness import Case, make_picture, make_pictures


def png_header(width, height):
    """A PNG that claims a size and holds almost nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


class Bad(Case):
    def failed_once(self, path):
        """Indexes one bad file beside a good one, twice; returns the reason."""
        make_picture(self.home.path("good.png"), 1)
        report = self.home.index()
        self.assertEqual((report["seen"], report["added"], report["failed"]), (2, 1, 1), report)
        (failure,) = report["failures"]
        self.assertEqual(failure["path"], path)
        self.assertGreater(len(failure["reason"]), 5)
        self.assertNotIn("\n", failure["reason"])
        again = self.home.index()
        self.assertEqual(
            (again["unchanged"], again["failed"], again["failures"]), (1, 1, report["failures"]), again
        )
        status = self.home.status()["collections"][0]
        self.assertEqual((status["items"], status["failed"]), (1, 1))
        return failure["reason"]

    def mended(self, path):
        make_picture(path, 2)
        report = self.home.index()
        self.assertEqual(
            (report["added"], report["unchanged"], report["failed"], report["failures"]), (1, 1, 0, []), report
        )
        status = self.home.status()["collections"][0]
        self.assertEqual((status["items"], status["failed"]), (2, 0))

    def test_a_text_file(self):
        path = self.home.path("text.jpg")
        with open(path, "w") as f:
            f.write("I am no picture.\n" * 100)
        self.failed_once(path)
        self.mended(path)

    def test_a_truncated_jpeg(self):
        path = make_picture(self.home.path("cut.jpg"), 3, size=(640, 480))
        with open(path, "r+b") as f:
            f.truncate(os.path.getsize(path) // 2)
        self.failed_once(path)
        self.mended(path)

    def test_an_empty_png(self):
        path = self.home.path("empty.png")
        open(path, "w").close()
        self.failed_once(path)
        self.mended(path)

    def test_a_header_of_60000_by_60000(self):
        path = self.home.path("bomb.png")
        with open(path, "wb") as f:
            f.write(png_header(60000, 60000))
        self.assertRegex(self.failed_once(path), "large|megapixel|memory")
        self.mended(path)

    def test_a_bad_file_that_goes_away(self):
        path = self.home.path("empty.png")
        open(path, "w").close()
        self.failed_once(path)
        os.unlink(path)
        report = self.home.index()
        self.assertEqual((report["seen"], report["failed"]), (1, 0), report)
        self.assertEqual(self.home.status()["collections"][0]["failed"], 0)

    def test_a_good_file_that_turns_bad(self):
        path = make_picture(self.home.path("a.png"), 1)
        make_picture(self.home.path("b.png"), 2)
        self.home.index()
        with open(path, "wb") as f:
            f.write(b"broken now")
        report = self.home.index()
        self.assertEqual((report["seen"], report["unchanged"], report["failed"]), (2, 1, 1), report)
        self.assertEqual(self.home.items(), 1)
        self.assertEqual(len(self.home.search("red", "cat")["results"]), 1)

    def test_many_kinds_of_damage_at_once(self):
        good = make_picture(os.path.join(self.home.folder, "source.png"), 9, size=(200, 150))
        with open(good, "rb") as f:
            data = f.read()
        for i in range(30):
            with open(self.home.path("%02d.png" % i), "wb") as f:
                f.write(data[: 8 + i * 7])
        make_pictures(self.home.pictures, 20, pattern="good%02d.png")
        report = self.home.index()
        self.assertEqual((report["seen"], report["added"], report["failed"]), (50, 20, 30), report)


class Names(Case):
    def seen(self):
        report = self.home.index()
        self.assertEqual(report["failed"], 0, report)
        return sorted(
            os.path.relpath(h["path"], self.home.pictures) for h in self.home.search("cat", "-k", "1000")["results"]
        )

    def test_hidden_names_are_skipped(self):
        make_picture(self.home.path(".hidden.png"), 1)
        make_pictures(self.home.path(".folder"), 2)
        make_picture(self.home.path("seen.png"), 5)
        self.assertEqual(self.seen(), ["seen.png"])

    def test_links_inside_are_not_followed(self):
        outside = os.path.join(self.home.folder, "outside")
        make_pictures(outside, 2)
        os.symlink(outside, self.home.path("folder"))
        os.symlink(os.path.join(outside, "0000.png"), self.home.path("link.png"))
        os.symlink(self.home.pictures, self.home.path("loop"))
        make_picture(self.home.path("seen.png"), 5)
        self.assertEqual(self.seen(), ["seen.png"])

    def test_only_regular_files(self):
        os.mkfifo(self.home.path("pipe.png"))
        os.mkdir(self.home.path("folder.png"))
        make_picture(self.home.path("folder.png", "inside.png"), 4)
        make_picture(self.home.path("seen.png"), 5)
        self.assertEqual(self.seen(), ["folder.png/inside.png", "seen.png"])

    def test_extensions(self):
        save = {
            "jpg": "JPEG",
            "jpeg": "JPEG",
            "jpe": "JPEG",
            "png": "PNG",
            "webp": "WEBP",
            "gif": "GIF",
            "tif": "TIFF",
            "tiff": "TIFF",
        }
        names = []
        for number, (extension, kind) in enumerate(save.items()):
            for k, name in enumerate(("a." + extension, "A." + extension.upper(), "b." + extension.capitalize())):
                make_picture(self.home.path(name), number * 10 + k, format=kind)
                names.append(name)
        for name in ("a.txt", "png", "a.png.bak", "jpg", "a.bmp~"):
            make_picture(self.home.path(name), 999, format="PNG")
        self.assertEqual(self.seen(), sorted(names))

    def test_content_counts_and_not_the_extension(self):
        make_picture(self.home.path("really a png.jpg"), 1, format="PNG")
        self.assertEqual(self.seen(), ["really a png.jpg"])

    def test_russian_names(self):
        names = ["рыжий кот.png", "Фото с моря/закат.jpg", "ёлка 🎄.png"]
        os.mkdir(self.home.path("Фото с моря"))
        for number, name in enumerate(names):
            make_picture(self.home.path(name), number)
        self.assertEqual(self.seen(), sorted(names))
        r = self.home.run("search", "кот", "--paths")
        self.assertEqual(sorted(r.out.splitlines()), sorted(self.home.path(n) for n in names))

    def test_names_that_are_not_utf8(self):
        folder = os.fsencode(self.home.pictures)
        raw = folder + b"/caf\xe9 \xff.png"
        make_picture(os.fsdecode(raw), 1)
        self.assertEqual(self.home.index()["added"], 1)
        hit = self.home.search("cat")["results"][0]
        self.assertEqual(base64.b64decode(hit["path_base64"]), raw)
        self.assertTrue(hit["path"].startswith(self.home.pictures + "/caf"))
        hit["path"].encode("utf-8")
        self.assertEqual(set(hit) - harness.RESULT_KEYS, {"path_base64"})
        r = self.home.run("search", "cat", "--paths")
        self.assertEqual(r.out_bytes, raw + b"\n")
        r = self.home.run("search", "cat")
        r.out_bytes.decode("utf-8")
        self.assertEqual(self.home.search(b"@" + raw)["results"][0]["path_base64"], hit["path_base64"])
        self.assertEqual(self.home.index()["unchanged"], 1)

    def test_bad_files_with_names_that_are_not_utf8(self):
        raw = os.fsencode(self.home.pictures) + b"/bad \xfe.png"
        with open(raw, "wb") as f:
            f.write(b"bad")
        report = self.home.index()
        self.assertEqual(base64.b64decode(report["failures"][0]["path_base64"]), raw)
        r = self.home.run("index", self.home.pictures)
        self.assertEqual(r.status, 0)
        r.out_bytes.decode("utf-8")

    def test_names_with_control_characters(self):
        name = "evil\n\x1b[2J\tname.png"
        make_picture(self.home.path(name), 1)
        self.home.index()
        self.assertEqual(self.home.search("cat")["results"][0]["path"], self.home.path(name))
        r = self.home.run("search", "cat")
        self.assertEqual(len(r.out.splitlines()), 1)
        self.assertNotIn("\x1b", r.out)
        self.assertEqual(self.home.run("search", "cat", "--paths").out, self.home.path(name) + "\n")

    def test_long_names_and_deep_folders(self):
        deep = self.home.path(*["folder%02d" % i for i in range(40)])
        make_pictures(deep, 1, pattern="x" * 200 + "%04d.png")
        self.assertEqual(len(self.seen()), 1)

    def test_a_folder_with_a_dash_in_front(self):
        make_pictures(self.home.path("-c"), 2)
        r = self.home.run("index", "--json", "--", "-c", cwd=self.home.pictures)
        self.assertEqual((r.status, r.json()["added"]), (0, 2), str(r))


if __name__ == "__main__":
    sys.exit(harness.main())
