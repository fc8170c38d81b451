#!/usr/bin/env python3
"""Pictures with colour profiles, and what Little CMS makes of them, for tests/golden/test_formats.c.

    python3 tools/golden/colours.py        # Debian's Pillow and liblcms2-utils; writes tests/golden/colours/

Pillow's ImageCms (8 bits) and Little CMS' own program tificc (16 bits) convert to sRGB, perceptual. Where a profile has to
be ignored the golden is Pillow's convert("RGB"). Each picture has both: `view managed` and `view raw`.
"""
import io
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageCms, features

import icc
from pictures import alpha, chunk, on_white, png, rgb

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "colours"


def png_with(data, profile):
    """A PNG with the profile put behind its header."""
    head = 8 + 4 + 4 + 13 + 4
    return data[:head] + chunk(b"iCCP", b"x\0\0" + zlib.compress(profile, 9)) + data[head:]


def make_pictures():
    """name -> whether its profile counts."""
    colour, soft = rgb(), alpha()
    image = Image.fromarray(colour)
    grey = image.convert("L")
    rgba = Image.fromarray(np.dstack([colour, soft]))
    la = Image.merge("LA", (grey, Image.fromarray(soft)))
    cmyk = Image.fromarray(np.dstack([255 - colour // 2, colour[..., 0], colour[..., 1] // 3 * 2, soft // 3]), "CMYK")
    p3, adobe, press = icc.display_p3(), icc.adobe(), icc.cmyk()
    grey18 = icc.grey(icc.tag_gamma(1.8))
    wide16 = np.minimum(colour.astype(np.uint32) * 257 + np.arange(colour.shape[1])[None, :, None] * 3, 65535)
    used = {}

    def save(name, picture, profile, counts=True, **options):
        picture.save(OUT / name, icc_profile=profile, **options)
        used[name] = counts

    def write(name, data, counts):
        (OUT / name).write_bytes(data)
        used[name] = counts

    save("p3.jpg", image, p3, quality=90)
    save("p3.png", image, p3)
    save("p3-alpha.png", rgba, p3)
    save("p3.webp", image, p3, lossless=True)
    save("p3.tif", image, p3)
    turned = Image.Exif()
    turned[0x0112] = 6
    save("p3-turned.jpg", image, p3, quality=90, exif=turned)
    save("adobe.jpg", image, adobe, quality=90)
    save("grey.jpg", grey, grey18, quality=90)
    save("grey-alpha.png", la, grey18)
    save("press.jpg", cmyk, press, quality=95)
    save("press.tif", cmyk, press)
    write("wide16.png", png_with(png(wide16, 16, 2), icc.wide()), True)
    write("grey16.png", png_with(png(wide16[..., 0], 16, 0), grey18), True)

    save("srgb-table.jpg", image, icc.srgb_by_table(), False, quality=90)
    save("srgb.jpg", image, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), False, quality=90)
    save("srgb-alpha.png", rgba, icc.srgb_by_table(), False)
    save("srgb-grey.png", grey, icc.grey(icc.tag_srgb_curve()), False)

    save("foreign-space.jpg", grey, p3, False, quality=90)
    save("foreign-press.jpg", image, press, False, quality=90)
    save("foreign-class.jpg", image, icc.rgb(icc.P3, icc.tag_srgb_curve(), kind=b"abst"), False, quality=90)
    save("cut.jpg", image, p3[: len(p3) // 2], False, quality=90)
    save("header-only.jpg", image, p3[:128], False, quality=90)
    save("no-curves.jpg", image, p3.replace(b"rTRC", b"rXXX"), False, quality=90)
    save("nonsense.jpg", image, bytes(range(256)) * 4, False, quality=90)
    save("tiny.jpg", image, b"x", False, quality=90)
    press_cut = bytearray(press)
    press_cut[press.index(b"mft1") + 10] = 200  # a table of 200^4 points
    save("huge-table.jpg", cmyk, bytes(press_cut), False, quality=95)
    plain = io.BytesIO()
    image.save(plain, "PNG")
    padded = (len(p3) + (17 << 20)).to_bytes(4, "big") + p3[4:] + bytes(17 << 20)
    write("huge.png", png_with(plain.getvalue(), padded), False)
    return used


def managed8(image, profile):
    """Pillow: RGB, L or CMYK, with or without alpha."""
    band = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    image = image.convert({"RGBA": "RGB", "LA": "L"}.get(image.mode, image.mode))
    out = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
                                    renderingIntent=ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    if band:
        out.putalpha(band)
    return out


def tiff16(samples, profile):
    """A TIFF of 16 bits, which Pillow cannot write: [h, w, channels], little-endian."""
    h, w, n = samples.shape
    pixels = samples.astype("<u2").tobytes()
    tags = [(256, 4, 1, w), (257, 4, 1, h), (258, 3, n, 16), (259, 3, 1, 1), (262, 3, 1, 2 if n == 3 else 1), (273, 4, 1, 0),
            (277, 3, 1, n), (278, 4, 1, h), (279, 4, 1, len(pixels)), (34675, 7, len(profile), 0)]
    at = 8 + 2 + 12 * len(tags) + 4
    bits = b"\x10\0" * n
    body = bits + bytes(-len(bits) % 4) + profile + bytes(-len(profile) % 4)
    values = {273: at + len(body), 34675: at + len(bits) + -len(bits) % 4, 258: at if n == 3 else 16}
    out = b"II*\0" + (8).to_bytes(4, "little") + len(tags).to_bytes(2, "little")
    for tag, kind, count, value in tags:
        out += tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + count.to_bytes(4, "little")
        out += values.get(tag, value).to_bytes(4, "little")
    return out + bytes(4) + body + pixels


def png16_samples(path):
    data, at, rows = path.read_bytes(), 8, b""
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            w, h, channels = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"), 3 if body[9] == 2 else 1
        rows += body if kind == b"IDAT" else b""
        at += 12 + size
    rows = np.frombuffer(zlib.decompress(rows), np.uint8).reshape(h, 1 + w * channels * 2)[:, 1:]
    return np.ascontiguousarray(rows).view(">u2").reshape(h, w, channels)


def managed16(path, profile):
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in.tif"), Path(folder, "out.tif")
        source.write_bytes(tiff16(png16_samples(path), profile))
        subprocess.run(["tificc", "-t0", "-w8", "-o*sRGB", source, out], check=True, capture_output=True)
        return Image.open(out).convert("RGB")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    used = make_pictures()
    lines = [f"# Pillow {PIL.__version__} with Little CMS {features.version('littlecms2')} (and its tificc), by "
             "tools/golden/colours.py. Rows are hexadecimal RGB."]
    for name in sorted(used):
        path = OUT / name
        source = Image.open(path) if name != "huge.png" else Image.fromarray(rgb())  # Pillow refuses it
        turned = source.getexif().get(0x0112) == 6
        profile = source.info.get("icc_profile")
        wide = name.endswith("16.png")
        if wide:
            raw = Image.fromarray((png16_samples(path) >> 8).astype(np.uint8).squeeze()).convert("RGB")
            profile = icc.wide() if name == "wide16.png" else icc.grey(icc.tag_gamma(1.8))
        else:
            raw = source.convert("RGBA" if source.mode in ("RGBA", "LA") else "RGB")
        managed = raw
        if used[name]:
            managed = managed16(path, profile) if wide else managed8(source, profile)
        if turned:
            raw, managed = (v.transpose(Image.ROTATE_270) for v in (raw, managed))
        data = path.read_bytes()
        lines.append(f"picture {name}")
        lines.append(f"file {len(data)} crc32 {zlib.crc32(data):08x}")
        lines.append(f"size {managed.width} {managed.height} alpha {int(managed.mode == 'RGBA')}")
        for view, picture, within in (("managed", managed, 2 if used[name] else 0), ("raw", raw, 0)):
            lines.append(f"view {view} within {within} mean 1")
            lines += [row.tobytes().hex() for row in np.asarray(on_white(picture))]
    (OUT / "colours.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
