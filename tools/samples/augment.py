#!/usr/bin/python3
"""Makes N different JPEG pictures out of the sample pictures, for measuring: crops, mirrors, colours, brightness.

    augment.py SAMPLES OUT N

The same call makes the same pictures: number I depends on I and on the list of samples alone. What is there already
stays.
They serve to measure time; what is found among them means nothing.
"""
import concurrent.futures
import os
import random
import sys

from PIL import Image, ImageEnhance, ImageOps

LONG_SIDE = 320
A_FOLDER = 500  # pictures in one folder


def sources(folder):
    found = []
    for parent, names, leaves in os.walk(folder):
        names.sort()
        found += [os.path.join(parent, leaf) for leaf in sorted(leaves)]
    return found


def open_rgb(path):
    with Image.open(path) as picture:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")


def vary(picture, dice):
    width, height = picture.size
    share = dice.uniform(0.6, 1.0)
    w, h = max(16, int(width * share)), max(16, int(height * share))
    x, y = dice.randint(0, max(0, width - w)), dice.randint(0, max(0, height - h))
    picture = picture.crop((x, y, min(width, x + w), min(height, y + h)))
    if dice.random() < 0.5:
        picture = ImageOps.mirror(picture)
    hue = dice.randint(-20, 20) % 256
    h_band, s_band, v_band = picture.convert("HSV").split()
    picture = Image.merge("HSV", (h_band.point(lambda v: (v + hue) % 256), s_band, v_band)).convert("RGB")
    picture = ImageEnhance.Brightness(picture).enhance(dice.uniform(0.75, 1.25))
    picture = ImageEnhance.Contrast(picture).enhance(dice.uniform(0.8, 1.2))
    scale = LONG_SIDE / max(picture.size)
    size = tuple(max(16, round(side * scale)) for side in picture.size)
    return picture.resize(size, Image.Resampling.BICUBIC)


def path_of(out, number):
    return os.path.join(out, f"{number // A_FOLDER:03}", f"{number:06}.jpg")


def make(job):
    """All pictures of one source, so that it is read once."""
    source, numbers, out = job
    numbers = [n for n in numbers if not os.path.exists(path_of(out, n))]
    if not numbers:
        return
    original = open_rgb(source)
    for number in numbers:
        dice = random.Random(number)
        path = path_of(out, number)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # The number goes into the file, so that two crops of a plain picture are still two contents.
        vary(original, dice).save(path + ".part", "JPEG", quality=dice.randint(75, 92), comment=str(number))
        os.replace(path + ".part", path)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    samples, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    files = sources(samples)
    if not files:
        sys.exit(f"augment.py: no pictures below {samples}")
    jobs = [(file, range(i, count, len(files)), out) for i, file in enumerate(files)]
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for _ in pool.map(make, jobs, chunksize=8):
            pass


if __name__ == "__main__":
    main()
