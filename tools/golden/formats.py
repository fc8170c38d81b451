#!/usr/bin/env python3
"""HEIC, AVIF and JPEG XL files made by their own encoders, and what their own decoders make of them, for
tests/golden/test_formats.c.

    python3 tools/golden/formats.py    # Debian's Pillow, libheif-examples, libavif-bin, libjxl-tools; writes tests/golden/formats/

`within A mean B`: the largest difference of a sample, and the mean. Lossless files are exact. Where colours are stored as
YUV at half the resolution, decoders differ in how they interpolate, and AVIF's golden is avifdec's, not libheif's.
"""
import io
import re
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageCms, ImageFilter

import icc
from pictures import alpha, exif, on_white, png, rgb

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "formats"
W, H = 32, 24
EXACT, CLOSE, MAPPED, SUBSAMPLED = (0, 0), (2, 1), (10, 1), (32, 5)  # MAPPED: a profile spreads what was close


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command}: {done.stderr}{done.stdout}")
    return done.stdout + done.stderr


def smooth(w=W, h=H):
    """Colours that are gentle enough for half the resolution, every side different."""
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 255 / w, y * 255 / h, 255 - (x + y) * 255 / (w + h)], -1)
    a[: h // 4, : w // 4] = (230, 30, 40)
    return Image.fromarray(a.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.5))


def make_pictures(tmp):
    """name -> (tolerance, the ICC profile inside or None)"""
    files = {}
    image, odd = smooth(), Image.fromarray(rgb())
    soft = image.copy()
    soft.putalpha(Image.fromarray(alpha(W, H)))
    p3 = icc.display_p3()
    wide = np.asarray(image).astype(np.uint32) * 257 + np.arange(W)[None, :, None]
    (tmp / "wide.png").write_bytes(png(np.minimum(wide, 65535), 16, 2))
    image.save(tmp / "rgb.png")
    odd.save(tmp / "odd.png")
    soft.save(tmp / "alpha.png")
    image.convert("L").save(tmp / "grey.png")
    image.save(tmp / "p3.png", icc_profile=p3)
    image.save(tmp / "turned.jpg", quality=92, subsampling="4:4:4", exif=exif(6))
    image.save(tmp / "plain.jpg", quality=92)
    smooth(128, 128).save(tmp / "square.png")

    def heif(name, source, *options, within=CLOSE, profile=None):
        run("heif-enc", "-q", 70, *options, "-o", OUT / name, tmp / source)
        files[name] = (within, profile)

    def avif(name, source, *options, within=CLOSE, profile=None):
        run("avifenc", "-s", 6, "--min", 10, "--max", 20, *options, tmp / source, OUT / name)
        files[name] = (within, profile)

    def jxl(name, source, *options, within=CLOSE, profile=None):
        run("cjxl", tmp / source, OUT / name, "--num_threads=0", *options)
        files[name] = (within, profile)

    heif("plain.heic", "rgb.png", "-p", "chroma=444")
    heif("half.heic", "rgb.png", within=SUBSAMPLED)
    heif("odd.heic", "odd.png", "-p", "chroma=444")
    heif("alpha.heic", "alpha.png", "-p", "chroma=444")
    heif("grey.heic", "grey.png")
    heif("bits10.heic", "wide.png", "-b", 10, "-p", "chroma=444")
    heif("thumb.heif", "rgb.png", "-t", 16, "-p", "chroma=444")
    heif("exif-only.heic", "turned.jpg", "-p", "chroma=444")
    heif("p3.heic", "p3.png", "-p", "chroma=444", profile=p3)
    heif("lossless.heic", "rgb.png", "-L", "-p", "chroma=444", "--matrix_coefficients=0", within=EXACT)
    heif("libheif.avif", "rgb.png", "-A", "-p", "chroma=444")

    avif("plain.avif", "rgb.png", "-y", "444")
    avif("half.avif", "rgb.png", "-y", "420", within=SUBSAMPLED)
    avif("limited.avif", "rgb.png", "-y", "444", "-r", "limited")
    avif("odd.avif", "odd.png", "-y", "444")
    avif("alpha.avif", "alpha.png", "-y", "444")
    avif("grey.avif", "grey.png", "-y", "400")
    avif("bits10.avif", "wide.png", "-d", 10, "-y", "444")
    avif("bits12.avif", "wide.png", "-d", 12, "-y", "444")
    avif("grid.avif", "square.png", "--grid", "2x2", "-y", "444")
    avif("irot.avif", "rgb.png", "--irot", 1, "-y", "444")
    avif("imir.avif", "rgb.png", "--imir", 1, "-y", "444")
    avif("exif-irot.avif", "turned.jpg", "-y", "444")
    avif("p3.avif", "p3.png", "-y", "444", within=MAPPED, profile=p3)
    avif("lossless.avif", "rgb.png", "-l", within=EXACT)

    jxl("plain.jxl", "rgb.png", "-d", 1)
    jxl("lossless.jxl", "rgb.png", "-d", 0, within=EXACT)
    jxl("odd.jxl", "odd.png", "-d", 0, within=EXACT)
    jxl("alpha.jxl", "alpha.png", "-d", 0, within=EXACT)
    jxl("lossy-alpha.jxl", "alpha.png", "-d", 1)
    jxl("grey.jxl", "grey.png", "-d", 0, within=EXACT)
    jxl("bits16.jxl", "wide.png", "-d", 0, within=EXACT)
    jxl("jpeg.jxl", "plain.jpg")
    jxl("container.jxl", "rgb.png", "-d", 0, "--container=1", within=EXACT)
    jxl("progressive.jxl", "rgb.png", "-d", 1, "-p")
    jxl("turned.jxl", "turned.jpg", "-j", 0, "-d", 0, within=EXACT)
    jxl("p3.jxl", "p3.png", "-d", 0, profile=p3)
    return files


def decoded(path, tmp):
    """The picture upright, by the format's own program."""
    out = tmp / "out.png"
    out.unlink(missing_ok=True)
    if path.suffix == ".avif":
        run("avifdec", "-d", 8, path, out)
    elif path.suffix == ".jxl":
        run("djxl", path, out)
    else:
        run("heif-convert", path, out)
    image = Image.open(out)
    image.load()
    if path.suffix == ".avif":  # avifdec leaves irot and imir to the viewer
        said = run("avifdec", "--info", path)
        angle = re.search(r"irot \(Rotation\)\s*: (\d)", said)
        mirror = re.search(r"imir \(Mirror\)\s*: Mode (\d)", said)
        if angle:
            image = image.rotate(90 * int(angle[1]), expand=True)
        if mirror:
            image = image.transpose(Image.FLIP_LEFT_RIGHT if mirror[1] == "1" else Image.FLIP_TOP_BOTTOM)
    rgba = image.convert("RGBA")
    return rgba if np.asarray(rgba)[..., 3].min() < 255 else rgba.convert("RGB")


def managed(image, profile):
    return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
                                     renderingIntent=ImageCms.Intent.PERCEPTUAL)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tmp = Path(folder)
        files = make_pictures(tmp)
        versions = ", ".join(run("dpkg-query", "-W", "-f", "${Version}", p).split("+")[0] + " " + p
                             for p in ("libheif-examples", "libavif-bin", "libjxl-tools"))
        lines = [f"# Pillow {PIL.__version__}, {versions}, by tools/golden/formats.py. Rows are hexadecimal RGB."]
        for name, ((most, mean), profile) in sorted(files.items()):
            raw = decoded(OUT / name, tmp)
            data = (OUT / name).read_bytes()
            lines.append(f"picture {name}")
            lines.append(f"file {len(data)} crc32 {zlib.crc32(data):08x}")
            lines.append(f"size {raw.width} {raw.height} alpha {int(raw.mode == 'RGBA')}")
            for view, picture in [("managed", managed(raw, profile) if profile else raw)] + [("raw", raw)] * bool(profile):
                lines.append(f"view {view} within {most} mean {mean}")
                lines += [row.tobytes().hex() for row in np.asarray(on_white(picture))]
    (OUT / "formats.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
