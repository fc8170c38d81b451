"""Writes tests/golden/preprocess/: what the published models' own Python code makes of pictures, before normalisation.

    tools/golden/venv.sh V && V/bin/python tools/golden/preprocess.py

files.txt: the pictures of tests/golden/pictures/ and those made here, which show how Pillow reads rare kinds;
sizes.txt: pictures given by a formula (tests/golden/test_preprocess.c has the same), of 200 sizes and of every mode.
Pixels are told by their CRC-32, at the smallest size in hexadecimal.

"reference" is the family's code on the file as it is; "default" the same resize and crop on an upright RGB picture
whose alpha lies on white and whose 16-bit samples are scaled. Pillow must be that of venv.sh.
"""
import importlib.util
import io
import pathlib
import random
import struct
import sys
import types
import zlib

import pictures as made
from resize import picture as formula

sys.path.pop(0)  # this folder's tokenizers.py is not the one that transformers wants
import numpy as np
import PIL
import torch
import torchvision
import torchvision.transforms as T
import transformers
from PIL import Image
from transformers import CLIPImageProcessor

OUT = made.OUT.parent / "preprocess"
W, H = 31, 23
ROWS_UP_TO = 5  # sizes whose pixels are written out
Image.MAX_IMAGE_PIXELS = None


def ruclip_transform(size):
    """The image transform of RuCLIPProcessor without its last two steps (ToTensor, Normalize). The package's own
    __init__ wants its hub; the tokenizer is not needed."""
    spec = importlib.util.find_spec("ruclip")
    path = pathlib.Path(spec.submodule_search_locations[0]) / "processor.py"
    one = importlib.util.spec_from_file_location("ruclip_processor", path)
    module = importlib.util.module_from_spec(one)
    one.loader.exec_module(module)
    module.yttm = types.SimpleNamespace(BPE=lambda path: None)
    return T.Compose(module.RuCLIPProcessor("", image_size=size).image_transform.transforms[:2])


def openai(image, resize, size):
    """clip/clip.py, `transform` of load(), up to ToTensor."""
    steps = T.Compose([T.Resize(resize, interpolation=Image.BICUBIC), T.CenterCrop(size),
                       lambda image: image.convert("RGB")])
    return np.asarray(steps(image))


def huggingface(image, resize, size):
    processor = CLIPImageProcessor(size={"shortest_edge": resize}, crop_size=size, do_rescale=False,
                                   do_normalize=False)
    return np.ascontiguousarray(processor(image)["pixel_values"][0].transpose(1, 2, 0).astype(np.uint8))


def ruclip(image, _, size):
    return np.asarray(ruclip_transform(size)(image))


FAMILIES = {"openai": openai, "transformers": huggingface, "ruclip": ruclip}


def first_corner(low, high, size=(1,), **_):
    """Where RandomResizedCrop has a choice (sides that differ by one pixel), the first one counts."""
    return torch.zeros(size, dtype=torch.long)


# ---- Files ----------------------------------------------------------------------------------------------------------

def gif(frame, screen, at=(0, 0), palette=None, local=None, clear=None, background=0):
    """A GIF of one frame [h, w] of indices below 16, which need not cover the screen."""
    def table(p):
        return bytes(v for colour in p for v in colour)
    out = io.BytesIO()
    bits = 3
    out.write(b"GIF89a" + struct.pack("<HHBBB", *screen, (0x80 if palette else 0) | bits, background, 0))
    out.write(table(palette) if palette else b"")
    if clear is not None:
        out.write(b"!\xfe\x03abc\0" + bytes([0x21, 0xF9, 4, 1, 0, 0, clear, 0]))
    h, w = frame.shape
    out.write(b"," + struct.pack("<HHHHB", *at, w, h, (0x80 | bits) if local else 0))
    out.write(table(local) if local else b"")
    # LZW without compression: a clear code before every 14 indices keeps the codes at 5 bits
    stream, n = 0, 0
    flat = [int(v) for v in frame.reshape(-1)]
    codes = []
    for i in range(0, len(flat), 14):
        codes += [16] + flat[i:i + 14]
    for code in codes + [17]:
        stream |= code << n
        n += 5
    data = stream.to_bytes((n + 7) // 8, "little")
    out.write(b"\x04")
    for i in range(0, len(data), 255):
        out.write(bytes([len(data[i:i + 255])]) + data[i:i + 255])
    out.write(b"\0;")
    return out.getvalue()


def tiff(a, photometric, bits, extra=None, big_endian=False, palette=None, bigtiff=False):
    """An uncompressed TIFF of one strip. a: [h, w, samples]."""
    e = ">" if big_endian else "<"
    h, w = a.shape[:2]
    a = a.reshape(h, w, -1)
    samples = a.shape[2]
    if bits == 1:
        body = np.packbits(a[..., 0].astype(bool), axis=1).tobytes()
    else:
        body = a.astype(e + "u2" if bits == 16 else np.uint8).tobytes()
    entries = [(256, 3, [w]), (257, 3, [h]), (258, 3, [bits] * samples), (259, 3, [1]), (262, 3, [photometric]),
               (273, 4, [0]), (277, 3, [samples]), (278, 3, [h]), (279, 4, [len(body)])]
    if palette is not None:
        entries.append((320, 3, palette))
    if extra is not None:
        entries.append((338, 3, [extra]))
    word, entry, head = ("Q", 20, 16) if bigtiff else ("I", 12, 8)
    inside = 8 if bigtiff else 4
    count = struct.pack(e + ("Q" if bigtiff else "H"), len(entries))
    at = head + len(count) + entry * len(entries) + inside
    late, directory = b"", count
    for tag, kind, values in entries:
        if tag == 273:
            values = [at_body(head, count, entry, entries, inside, bigtiff)]
        packed = struct.pack(e + ("H" if kind == 3 else "I") * len(values), *values)
        directory += struct.pack(e + "HH" + word, tag, kind, len(values))
        if len(packed) <= inside:
            directory += packed.ljust(inside, b"\0")
        else:
            directory += struct.pack(e + word, at + len(late))
            late += packed + b"\0" * (len(packed) % 2)
    start = (b"MM" if big_endian else b"II") + struct.pack(e + "H", 43 if bigtiff else 42)
    start += struct.pack(e + "HHQ", 8, 0, head) if bigtiff else struct.pack(e + "I", head)
    return start + directory + struct.pack(e + word, 0) + late + body


def at_body(head, count, entry, entries, inside, bigtiff):
    late = 0
    for _, kind, values in entries:
        n = (2 if kind == 3 else 4) * len(values)
        late += 0 if n <= inside else n + n % 2
    return head + len(count) + entry * len(entries) + inside + late


def make_pictures():
    colour, soft = made.rgb(W, H), made.alpha(W, H)
    image = Image.fromarray(colour)
    grey = image.convert("L")
    wide = np.minimum(colour.astype(np.uint32) * 2 + np.arange(W)[None, :, None] * 3, 700)

    def keep(name, data):
        (OUT / name).write_bytes(data)

    # PNG: single colours for transparency, which are no alpha; few bits; grey of 16 bits around 255
    image.convert("L").save(OUT / "grey-key.png", transparency=int(np.asarray(grey)[H // 2, W // 2]))
    image.convert("1").save(OUT / "one-bit-key.png", transparency=0)
    keep("dark16.png", made.png(wide[..., 0], 16, 0))
    keep("dark16-alpha.png", made.png(np.dstack([wide[..., 1], soft.astype(np.uint32) * 257]), 16, 4))
    for bits in (2, 4):
        a = np.asarray(grey) >> (8 - bits)
        keep(f"grey-{bits}.png", few_bits_png(a, bits))
    small = image.quantize(12, dither=Image.NONE)
    small.save(OUT / "palette-key.png", transparency=5)

    # GIF: palettes of the frame, greys in order, frames that do not cover the screen
    y, x = np.mgrid[0:H, 0:W]
    frame = ((x * 3 + y * 5) // 7 + (x // 9) * 5) % 16
    colours = [tuple((i * k + 40) % 256 for k in (37, 91, 151)) for i in range(16)]
    others = [tuple((i * k + 11) % 256 for k in (83, 29, 201)) for i in range(16)]
    greys = [(i, i, i) for i in range(16)]
    keep("local.gif", gif(frame, (W, H), palette=colours, local=others))
    keep("only-local.gif", gif(frame, (W, H), local=others, clear=3))
    keep("greys.gif", gif(frame, (W, H), palette=greys))
    keep("greys-local.gif", gif(frame, (W, H), local=greys, clear=4))
    keep("clear.gif", gif(frame, (W, H), palette=colours, clear=6))
    keep("part.gif", gif(frame[:12, :20], (W, H), at=(5, 4), palette=colours, background=7))
    keep("part-clear.gif", gif(frame[:12, :20], (W, H), at=(5, 4), palette=colours, clear=2))

    # TIFF: both orders of bytes, extra samples, premultiplied alpha, white is zero, BigTIFF
    flat = [int(v) * 257 for k in range(3) for v in (np.arange(256) * (k * 2 + 1) + 9) % 256]
    indices = (np.asarray(grey) // 3).astype(np.uint8)
    premultiplied = (colour.astype(np.uint32) * soft[..., None] // 255).astype(np.uint8)
    keep("dark16.tif", tiff(wide[..., 0], 1, 16))
    keep("dark16-swapped.tif", tiff(wide[..., 0], 1, 16, big_endian=True))
    keep("dark16-inverted.tif", tiff(65535 - wide[..., 0], 0, 16))
    keep("inverted.tif", tiff(np.asarray(grey), 0, 8))
    keep("bits-inverted.tif", tiff(np.asarray(image.convert("1")), 0, 1))
    keep("palette-swapped.tif", tiff(indices, 3, 8, palette=flat, big_endian=True))
    keep("big.tif", tiff(indices, 3, 8, palette=flat, bigtiff=True))
    keep("rgb16.tif", tiff(wide * 90, 2, 16))
    keep("grey-alpha.tif", tiff(np.dstack([np.asarray(grey), soft]), 1, 8, extra=2))
    keep("rgbx.tif", tiff(np.dstack([colour, soft]), 2, 8, extra=0))
    keep("premultiplied.tif", tiff(np.dstack([premultiplied, soft]), 2, 8, extra=1))
    image.convert("CMYK").save(OUT / "cmyk.tif")

    # JPEG of printers' colours which does not say that it is Adobe's
    bare = io.BytesIO()
    image.convert("CMYK").save(bare, "jpeg", quality=90)
    data = bare.getvalue()
    at = data.find(b"\xff\xee")
    if at > 0:
        data = data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2:at + 4])[0]:]
    keep("cmyk-bare.jpg", data)

    # large enough to be decoded at a reduced size, and turned
    large = image.resize((1001, 743), Image.BICUBIC)
    large.save(OUT / "large.jpg", quality=80, exif=made.exif(6))


def few_bits_png(a, bits):
    h, w = a.shape
    rows = b""
    for row in a:
        n = 0
        for v in row:
            n = n << bits | int(v)
        pad = -w * bits % 8
        rows += b"\0" + (n << pad).to_bytes((w * bits + pad) // 8, "big")
    head = struct.pack(">IIBBBBB", w, h, bits, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + made.chunk(b"IHDR", head) + made.chunk(b"IDAT", zlib.compress(rows, 9)) +
            made.chunk(b"IEND", b""))


def view_lines(how, name, image_of, sizes):
    lines = []
    for family, make in FAMILIES.items():
        for resize, size in sizes:
            pixels = make(image_of(), resize, size)
            assert pixels.shape == (size, size, 3) and pixels.dtype == np.uint8, (name, family, pixels.shape)
            lines.append(f"view {how} {family} {resize} {size} crc32 {zlib.crc32(pixels.tobytes()):08x}")
            if size <= ROWS_UP_TO:
                lines.append(pixels.tobytes().hex())
    return lines


def files():
    lines = []
    both = [(p, "pictures") for p in made.OUT.iterdir()] + [(p, "preprocess") for p in OUT.iterdir()]
    for path, folder in sorted((p, f) for p, f in both if p.suffix != ".txt"):
        data = path.read_bytes()
        lines.append(f"picture {folder}/{path.name}")
        lines.append(f"file {len(data)} crc32 {zlib.crc32(data):08x}")
        lines += view_lines("reference", path.name, lambda: Image.open(path), [(5, 5), (13, 9), (23, 23), (40, 40)])
        if folder == "pictures":
            upright = made.on_white(made.load(path))
            lines += view_lines("default", path.name, lambda: upright, [(5, 5), (13, 9), (23, 23)])
    return lines


# ---- Sizes and modes ------------------------------------------------------------------------------------------------

def in_mode(mode, w, h):
    if mode == "RGB":
        return Image.fromarray(formula(w, h, 3))
    if mode == "RGBA":
        return Image.fromarray(formula(w, h, 4), "RGBA")
    if mode == "CMYK":
        return Image.fromarray(formula(w, h, 4), "CMYK")
    two = formula(w, h, 2).astype(np.uint16)
    if mode == "I;16":
        return Image.fromarray(two[..., 0] + two[..., 1])
    if mode == "I;16-high":
        return Image.fromarray(two[..., 0] * 256 + two[..., 1])
    image = Image.fromarray(formula(w, h, 1)[..., 0], "P")
    image.putpalette([v for i in range(256) for v in (i, 255 - i, i * 7 % 256)])
    return image


def sizes():
    rng = random.Random(6)
    lines = []
    odd = [(10, 10000, 224), (10000, 10, 224), (1, 400, 9), (400, 1, 9), (224, 224, 224), (224, 300, 224),
           (225, 224, 224), (224, 225, 56), (57, 56, 31), (4000, 60, 48), (7, 7, 7), (7, 8, 7), (1, 1, 3), (2, 1, 3)]
    cases = [("RGB", *c) for c in odd] + [("RGB", *aspect(rng), rng.choice((7, 31, 32, 57, 64))) for _ in range(200)]
    for mode in ("RGBA", "CMYK", "I;16", "I;16-high", "P"):
        cases += [(mode, *aspect(rng), rng.choice((5, 16, 31))) for _ in range(30)]
        cases += [(mode, 31, 40, 31), (mode, 3, 900, 9)]
    for mode, w, h, size in cases:
        resize = size if rng.random() < 0.7 else size + rng.randrange(1, 20)
        lines.append(f"case {mode} {w} {h}")
        for family, make in FAMILIES.items():
            if family == "transformers" and min(w, h) <= 3:
                continue  # this version takes a picture of 1 or 3 rows for one whose channels come first
            crop_first = family == "ruclip"
            pixels = make(in_mode(mode, w, h), size if crop_first else resize, size)
            lines.append(f"view reference {family} {size if crop_first else resize} {size} "
                         f"crc32 {zlib.crc32(np.ascontiguousarray(pixels).tobytes()):08x}")
    return lines


def aspect(rng):
    w = rng.randrange(4, 420)
    h = w + 1 if rng.random() < 0.1 else rng.randrange(4, 420)
    return (w, h) if rng.random() < 0.5 else (h, w)


def main():
    version = tuple(int(v) for v in PIL.__version__.split(".")[:2])
    assert version == (11, 3), "how Pillow opens rare files differs by version; these goldens are those of 11.3"
    torch.randint = first_corner
    OUT.mkdir(parents=True, exist_ok=True)
    make_pictures()
    head = (f"# Pillow {PIL.__version__}, torchvision {torchvision.__version__}, transformers "
            f"{transformers.__version__}, by tools/golden/preprocess.py.")
    (OUT / "files.txt").write_text("\n".join([head] + files()) + "\n")
    (OUT / "sizes.txt").write_text("\n".join([head] + sizes()) + "\n")


if __name__ == "__main__":
    main()
