"""Draws the contact sheet of the free queries: the first five pictures of each, right ones framed green, others red."""
import io
import os
import subprocess

from PIL import Image, ImageDraw, ImageFont

CELL, GAP, FRAME, HEAD, COLUMNS = 92, 6, 4, 22, 2
GREEN, RED, INK, PAPER = (30, 140, 60), (200, 40, 40), (30, 30, 30), (255, 255, 255)
MAX_BYTES = 400000


def font(size):
    """A font with Cyrillic: what fontconfig gives for a plain sans serif, or one at a usual place."""
    try:
        found = subprocess.run(["fc-match", "-f", "%{file}", "sans:lang=ru"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        found = ""
    folders = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf")
    for path in (found, *folders):
        if path and os.path.exists(path):
            try:
                return ImageFont.truetype(path, size)
            except OSError:
                continue
    raise SystemExit("sheet.py: no font with Cyrillic letters; install fonts-dejavu-core")


def thumbnail(path, side):
    """The picture on white, within a square of `side`."""
    with Image.open(path) as picture:
        if picture.format == "JPEG":
            picture.draft("RGB", (2 * side, 2 * side))
        picture = picture.convert("RGBA")
    box = picture.getchannel("A").point(lambda v: 255 * (v > 8)).getbbox()
    picture = picture.crop(box) if box else picture
    scale = side / max(picture.size)
    picture = picture.resize([max(1, round(scale * s)) for s in picture.size], Image.BICUBIC)
    out = Image.new("RGB", (side, side), PAPER)
    out.paste(picture, [(side - s) // 2 for s in picture.size], picture)
    return out


def draw(gallery, result, right, path):
    queries, pen = list(result["queries"].items()), font(14)
    rows = -(-len(queries) // COLUMNS)
    wide, high = 5 * (CELL + GAP) + GAP, HEAD + CELL + GAP
    page = Image.new("RGB", (COLUMNS * wide + GAP, rows * high + GAP), PAPER)
    ink = ImageDraw.Draw(page)
    for k, (query, answer) in enumerate(queries):
        left, top = GAP + k // rows * wide, GAP + k % rows * high
        ink.text((left, top), query, fill=INK, font=pen)
        for j, name in enumerate(answer["top"]):
            x, y = left + j * (CELL + GAP), top + HEAD
            ink.rectangle((x, y, x + CELL - 1, y + CELL - 1), fill=GREEN if name in right[query] else RED)
            page.paste(thumbnail(gallery.file(name), CELL - 2 * FRAME), (x + FRAME, y + FRAME))
    save(page, path)


def save(page, path):
    """As the format that the name says; a JPEG of the best quality that fits."""
    if not path.lower().endswith((".jpg", ".jpeg")):
        page.save(path, optimize=True)
        return
    for quality in (88, 80, 70, 60):
        out = io.BytesIO()
        page.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MAX_BYTES:
            break
    with open(path, "wb") as f:
        f.write(out.getvalue())
