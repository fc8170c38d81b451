"""Writes tests/golden/resize/resize.txt: what Pillow makes of pictures that are given by a formula.

    python3 -m venv V && V/bin/pip install -r tools/golden/requirements-pillow.txt
    V/bin/python tools/golden/resize.py

Pillow must be 12.1 or older: later ones choose the order of the two passes by the shape of the picture.
"""
import pathlib

import numpy as np
import PIL
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "resize" / "resize.txt"
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
SMALL = 2048  # bytes; of larger outputs only every 32nd row is stored, with the hash and the sums of all

# W H -> W2 H2, channels
CASES = [
    (1, 1, 5, 5, 3), (1, 7, 3, 3, 1), (9, 1, 4, 6, 2), (7, 7, 5, 5, 3), (7, 5, 5, 7, 4), (16, 16, 7, 7, 1),
    (2, 2, 2, 9, 3), (3, 2, 64, 64, 3), (12, 12, 13, 11, 4), (17, 31, 31, 17, 2), (65, 64, 64, 64, 1),
    (50, 50, 1, 1, 3), (1000, 3, 10, 10, 3), (3, 1000, 10, 10, 3), (223, 223, 224, 224, 3), (224, 224, 224, 224, 3),
    (224, 100, 224, 224, 1), (100, 224, 224, 224, 1), (333, 777, 224, 224, 3), (777, 333, 224, 224, 3),
    (640, 480, 256, 256, 4), (480, 640, 32, 48, 3), (5000, 7, 3, 5, 3), (2, 9000, 4, 2, 1), (20000, 1, 1, 1, 2),
    (1, 30000, 1, 2, 3), (2000, 1500, 32, 32, 3), (1024, 8, 1023, 9, 1), (300, 200, 384, 384, 1),
]


def picture(w, h, channels):
    """Blocks of noise and of gradient; the same formula is in tests/golden/test_resize.c."""
    y, x, c = np.indices((h, w, channels), dtype=np.uint64)
    t = (x * 2654435761 + y * 2246822519 + c * 3266489917 + 374761393) & 0xFFFFFFFF
    t = ((t ^ (t >> 15)) * 668265263) & 0xFFFFFFFF
    noise = t >> 24
    gradient = (x * 5 + y * 3 + c * 40) & 255
    return np.where(((x // 8 + y // 8) & 1) == 0, noise, gradient).astype(np.uint8)


def resize(a, size, how):
    """Channel by channel, as 8-bit grey: Pillow treats each alike, but premultiplies alpha in a mode that has it."""
    planes = [np.asarray(Image.fromarray(a[..., c]).resize(size, how)) for c in range(a.shape[2])]
    whole = np.stack(planes, axis=-1)
    if a.shape[2] == 3:
        assert (np.asarray(Image.fromarray(a).resize(size, how)) == whole).all()
    return whole


def fnv1a(data):
    h = 2166136261
    for b in data:
        h = ((h ^ b) * 16777619) & 0xFFFFFFFF
    return h


def main():
    version = tuple(int(v) for v in PIL.__version__.split(".")[:2])
    assert version <= (12, 1), "the golden needs Pillow 12.1 or older"
    lines = [f"# Pillow {PIL.__version__}, by tools/golden/resize.py. Rows are hexadecimal, sums by channel, "
             "hash is FNV-1a of all bytes."]
    for w, h, w2, h2, channels in CASES:
        a = picture(w, h, channels)
        for name, how in FILTERS.items():
            b = resize(a, (w2, h2), how)
            lines.append(f"case {w} {h} -> {w2} {h2} {channels} {name}")
            lines.append(f"hash {fnv1a(b.tobytes()):08x}")
            lines.append("sums " + " ".join(str(int(b[..., c].sum())) for c in range(channels)))
            step = 1 if b.size <= SMALL else 32
            for y in range(0, h2, step):
                lines.append(f"row {y} {b[y].tobytes().hex()}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
