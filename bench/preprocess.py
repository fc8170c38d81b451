#!/usr/bin/python3
"""Measures what decoding large JPEGs at a reduced size costs in likeness and wins in time.

    preprocess.py --program imagefinder --samples FOLDER --work FOLDER [--model M] [--count 60]

Photographs of the samples, as they are and enlarged (12 megapixels, the same with the grain of a sensor, and the sizes
at which the reduction leaves least), are embedded twice: as usual, and with IMAGEFINDER_SHRINK=0, which decodes every
pixel. Prints one table; ends with status 1 when the worst cosine is below 0.995.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
from PIL import Image

LEAST = 0.995
GRAIN = 10  # levels


def enlarge(image, scale, grain):
    image = image.resize([round(side * scale) for side in image.size], Image.LANCZOS)
    if grain:
        noise = np.random.default_rng(image.width).normal(0, GRAIN, (image.height, image.width, 1))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    return image


def shorter(pixels):
    return lambda image: pixels / min(image.size)


def megapixels(n):
    return lambda image: (n * 1e6 / (image.width * image.height)) ** 0.5


SETS = [
    ("as they are", None, False),
    ("shorter side 1,800", shorter(1800), False),
    ("shorter side 3,600", shorter(3600), False),
    ("12 megapixels", megapixels(12), False),
    ("12 megapixels, grain", megapixels(12), True),
]


def make(photos, scale, grain, folder):
    """The set's files, made once."""
    files = []
    folder.mkdir(parents=True, exist_ok=True)
    for path in photos:
        to = folder / f"{path.parent.name}-{path.stem}.jpg"
        if not to.exists():
            image = Image.open(path).convert("RGB")
            part = to.with_suffix(".part")
            enlarge(image, scale(image), grain).save(part, "jpeg", quality=92)
            part.rename(to)
        files.append(to)
    return files


def embed(args, files, exact):
    """Unit vectors [n, dim] and pictures a second."""
    out = str(pathlib.Path(args.work) / "vectors.npy")
    words = [args.program, "embed", "--quiet", "--out", out] + (["--model", args.model] if args.model else [])
    for path in files:
        words += ["--picture", str(path)]
    environment = dict(os.environ, IMAGEFINDER_SHRINK="0" if exact else "1")
    start = time.perf_counter()
    if subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        sys.exit("preprocess.py: embed failed")
    return np.load(out).astype(np.float64), len(files) / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "samples", "work"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--model")
    parser.add_argument("--count", type=int, default=60)
    args = parser.parse_args()
    photos = sorted(pathlib.Path(args.samples).rglob("*.jpg"))
    photos = photos[::max(1, len(photos) // args.count)][:args.count]
    if not photos:
        sys.exit(f"preprocess.py: no photographs in {args.samples}")
    print("| photographs | number | worst cosine | mean | pictures/s, reduced | pictures/s, every pixel |")
    print("|---|---|---|---|---|---|")
    pathlib.Path(args.work).mkdir(parents=True, exist_ok=True)
    worst = 1.0
    for k, (name, scale, grain) in enumerate(SETS):
        files = make(photos, scale, grain, pathlib.Path(args.work) / f"set{k}") if scale else photos
        embed(args, files[:2], False)  # warm
        ours, rate = embed(args, files, False)
        exact, exact_rate = embed(args, files, True)
        cosine = (ours * exact).sum(axis=1)
        worst = min(worst, cosine.min())
        print(f"| {name} | {len(files)} | {cosine.min():.5f} | {cosine.mean():.5f} | {rate:.1f} | {exact_rate:.1f} |",
              flush=True)
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
