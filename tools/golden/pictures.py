"""Makes the small pictures of tests/golden/pictures/ and pictures.txt beside them: the views that Pillow makes of each.

    python3 -m venv V && V/bin/pip install -r tools/golden/requirements-pillow.txt
    V/bin/python tools/golden/pictures.py

The rules of the views are in docs/internals/starter.md ("Views"); 16-bit samples are scaled by >> 8. The first view of
each picture has the picture's own size, so that it holds its exact pixels.
"""
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps, features

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "pictures"
W, H = 31, 23  # odd, so that chroma is upsampled across the edge
SIDE = 12


def rgb(w=W, h=H, shift=0):
    """A colourful picture with edges and ramps."""
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 8 + shift, y * 11 + x * 2, (x * y) % 256], -1) % 256
    a[h // 3:h // 2, w // 4:w // 2] = (230, 20, 60)
    a[h // 2:, w // 2:] = a[h // 2:, w // 2:] // 2 + 100
    return a.astype(np.uint8)


def alpha(w=W, h=H):
    """A soft ellipse: 0 outside, 255 inside, all values between."""
    y, x = np.mgrid[0:h, 0:w].astype(float)
    d = np.hypot((x - w * 0.6) / (w * 0.3), (y - h * 0.45) / (h * 0.35))
    return np.clip((1.25 - d) * 400, 0, 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(a, bits, colour, interlaced=False):
    """PNG as Pillow cannot write it: 16 bits a sample, or interlaced. a is [h, w, channels] integers."""
    h, w = a.shape[:2]
    a = a.reshape(h, w, -1).astype(">u2" if bits == 16 else np.uint8)
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    passes = adam7 if interlaced else [(0, 0, 1, 1)]
    rows = b"".join(b"\0" + row.tobytes() for x0, y0, dx, dy in passes for row in a[y0::dy, x0::dx] if row.size)
    head = struct.pack(">IIBBBBB", w, h, bits, colour, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e


def make_pictures():
    colour, soft = rgb(), alpha()
    image = Image.fromarray(colour)
    grey = image.convert("L")
    rgba = Image.fromarray(np.dstack([colour, soft]))
    la = Image.merge("LA", (grey, Image.fromarray(soft)))
    palette = image.quantize(40, dither=Image.NONE)

    def save(name, picture, **options):
        picture.save(OUT / name, **options)

    for o in range(1, 9):
        save(f"turned-{o}.jpg", image, quality=90, exif=exif(o))
    save("plain.jpg", image, quality=80)
    save("кот на окне.jpg", Image.fromarray(rgb(40, 30, 90)), quality=75)
    save("full-chroma.jpg", image, quality=95, subsampling="4:4:4")
    save("half-chroma.jpg", image, quality=85, subsampling="4:2:2")
    save("progressive.jpg", image, quality=85, progressive=True)
    save("grey.jpg", grey, quality=85)
    save("cmyk.jpg", image.convert("CMYK"), quality=85)

    save("rgb.png", image)
    save("rgba.png", rgba)
    save("rgba-opaque.png", Image.fromarray(np.dstack([colour, np.full((H, W), 255, np.uint8)])))
    save("rgba-empty.png", Image.fromarray(np.dstack([colour, np.zeros((H, W), np.uint8)])))
    save("rgba-faint.png", Image.fromarray(np.dstack([colour, np.minimum(soft, 8)])))
    save("grey.png", grey)
    save("grey-alpha.png", la)
    save("palette.png", palette)
    save("palette-small.png", image.quantize(3, dither=Image.NONE), bits=2)
    save("palette-transparent.png", palette, transparency=bytes((i * 37) % 256 for i in range(40)))
    save("rgb-key.png", image, transparency=tuple(int(v) for v in colour[H // 3, W // 4]))
    save("one-bit.png", image.convert("1"))
    save("turned-6.png", image, exif=exif(6))
    wide = colour.astype(np.uint32) * 257 + np.arange(W)[None, :, None] * 3
    wide = np.minimum(wide, 65535)
    (OUT / "grey16.png").write_bytes(png(wide[..., 0], 16, 0))
    (OUT / "rgb16.png").write_bytes(png(wide, 16, 2))
    (OUT / "grey-alpha16.png").write_bytes(png(np.dstack([wide[..., 1], soft.astype(np.uint32) * 257]), 16, 4))
    (OUT / "rgba16.png").write_bytes(png(np.dstack([wide, soft.astype(np.uint32) * 257]), 16, 6))
    (OUT / "interlaced.png").write_bytes(png(colour, 8, 2, interlaced=True))

    save("lossy.webp", image, quality=80, method=4)
    save("lossy-alpha.webp", rgba, quality=80, method=4)
    save("lossless.webp", image, lossless=True)
    save("lossless-alpha.webp", rgba, lossless=True)
    second = Image.fromarray(rgb(shift=90))
    save("animated.webp", image, save_all=True, append_images=[second], duration=100, lossless=True)
    save("turned-8.webp", image, lossless=True, exif=exif(8))

    save("plain.gif", palette)
    frames = [palette.copy(), Image.fromarray(rgb(shift=120)).quantize(40, dither=Image.NONE)]
    save("animated.gif", frames[0], save_all=True, append_images=frames[1:], duration=100, loop=0)
    holes = rgba.quantize(24, method=Image.FASTOCTREE, dither=Image.NONE)
    clear = np.asarray(holes).copy()
    clear[soft < 128] = 23
    holes = Image.fromarray(clear, "P")
    holes.putpalette(rgba.convert("RGB").quantize(23).getpalette()[:69] + [1, 2, 3])
    save("transparent.gif", holes, save_all=True, append_images=[frames[1]], transparency=23, disposal=2, duration=100)

    save("rgb.tif", image)
    save("lzw.tif", image, compression="tiff_lzw")
    save("deflate.tif", image, compression="tiff_adobe_deflate")
    save("grey.tif", grey)
    save("one-bit.tif", image.convert("1"))
    save("palette.tif", palette)
    save("rgba.tif", rgba)
    save("grey16.tif", Image.fromarray(wide[..., 0].astype(np.uint16)))
    save("turned-6.tif", image, compression="tiff_lzw", exif=exif(6))
    save("pages.tif", image, save_all=True, append_images=[Image.fromarray(rgb(20, 10))])


def load(path):
    """A file -> RGB, or RGBA when some alpha is below 255."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return rgba if np.asarray(rgba)[..., 3].min() < 255 else rgba.convert("RGB")
    return image.convert("RGB")


def on_white(image):
    if image.mode == "RGB":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def centre(image):
    w, h = image.size
    s = min(w, h)
    x, y = (w - s) // 2, (h - s) // 2
    return on_white(image).crop((x, y, x + s, y + s))


def subject(image):
    box = image.getchannel("A").point(lambda v: 255 if v > 8 else 0).getbbox() or (0, 0, *image.size)
    image = image.crop(box)
    w, h = image.size
    m = max(w, h)
    side = m + 2 * ((8 * m + 50) // 100)
    white = Image.new("RGB", (side, side), "white")
    white.paste(image, ((side - w) // 2, (side - h) // 2), image.getchannel("A"))
    return white


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    make_pictures()
    libraries = ", ".join(f"{name} {features.version(name)}" for name in ("libjpeg_turbo", "libtiff", "webp"))
    lines = [f"# Pillow {PIL.__version__} ({libraries}), by tools/golden/pictures.py. Rows are hexadecimal RGB."]
    for path in sorted(p for p in OUT.iterdir() if p.suffix != ".txt"):
        image = load(path)
        clear = image.mode == "RGBA"
        views = [("whole", on_white(image))]
        if clear:
            views.append(("subject", subject(image).resize((SIDE, SIDE), Image.BICUBIC)))
        else:
            views.append(("centre", centre(image).resize((SIDE, SIDE), Image.BICUBIC)))
        views.append(("squash", on_white(image).resize((SIDE, SIDE + 2), Image.BILINEAR)))
        data = path.read_bytes()
        lines.append(f"picture {path.name}")
        lines.append(f"file {len(data)} crc32 {zlib.crc32(data):08x}")
        lines.append(f"size {image.size[0]} {image.size[1]} alpha {int(clear)}")
        for name, view in views:
            lines.append(f"view {name} {view.size[0]} {view.size[1]}")
            lines += [row.tobytes().hex() for row in np.asarray(view)]
    (OUT / "pictures.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
