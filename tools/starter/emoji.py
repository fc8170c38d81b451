"""Emoji pictures (Noto and Twemoji, 64 x 64) with their CLDR names and keywords, and their features in augmented views."""
import io
import json
import os

import numpy as np
from PIL import Image

import paths
import views

SETS = ("google", "twitter")
AUGMENTED = 4


def _annotations(language):
    with open(paths.npm("cldr-annotations-full", "annotations", language, "annotations.json"), encoding="utf-8") as f:
        return json.load(f)["annotations"]["annotations"]


def items():
    """[{"images": {set: path}, "en": [name, keywords...], "ru": [...], "category": ...}] in the order of the emoji list."""
    annotations = {language: _annotations(language) for language in ("en", "ru")}
    with open(paths.npm("emoji-datasource-google", "emoji.json"), encoding="utf-8") as f:
        listed = json.load(f)
    out = []
    for e in sorted(listed, key=lambda e: e["sort_order"]):
        codes = e["unified"].split("-")
        if e["category"] in ("Flags", "Symbols", "Component") or {"2640", "2642"} & set(codes):
            continue
        if e["subcategory"] in ("person-role", "person-activity", "family") and "200D" in codes and codes[0] in ("1F468", "1F469"):
            continue  # gender variants of one picture
        key = "".join(chr(int(c, 16)) for c in codes if c != "FE0F")
        if not all(key in annotations[language] for language in annotations):
            continue
        images = {s: paths.npm(f"emoji-datasource-{s}", "img", s, "64", e["image"]) for s in SETS if e.get(f"has_img_{s}")}
        images = {s: p for s, p in images.items() if os.path.exists(p)}
        if not images:
            continue
        item = {"images": images, "category": e["category"], "subcategory": e["subcategory"]}
        for language, table in annotations.items():
            names = table[key]["tts"] + [k for k in table[key].get("default", ()) if k not in table[key]["tts"]]
            item[language] = [n.strip().lower() for n in names]
        out.append(item)
    return out


def augmented(image, rng):
    """An RGBA picture on a plain or graded background: turned, mirrored, scaled, its aspect changed; every second one through JPEG."""
    w = int(224 * rng.uniform(0.55, 1.0))
    h = int(np.clip(w * rng.uniform(0.8, 1.25), 100, 224))
    image = image.resize((w, h), Image.BICUBIC)
    if rng.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    image = image.rotate(rng.uniform(-18, 18), Image.BICUBIC)
    kind = rng.random()
    if kind < 0.4:
        back = np.full((224, 224, 3), 255.0)
    elif kind < 0.65:
        back = np.full((224, 224, 3), rng.uniform(0, 255, 3))
    else:
        t = np.linspace(0, 1, 224)[:, None, None] * np.ones((1, 224, 1))
        back = (1 - t) * rng.uniform(0, 255, 3) + t * rng.uniform(0, 255, 3)
        back += rng.normal(0, rng.uniform(0, 25), (224, 224, 1))
        back = np.rot90(back, rng.integers(4)).copy()
    out = Image.fromarray(np.clip(back, 0, 255).astype(np.uint8))
    out.paste(image, (int(rng.integers(0, 224 - w + 1)), int(rng.integers(0, 224 - h + 1))), image)
    return jpeg(out, int(rng.integers(40, 95))) if rng.random() < 0.5 else out


def jpeg(image, quality):
    """The picture after a JPEG file of that quality: flat drawings get its noise, to which the tower is sensitive."""
    with io.BytesIO() as f:
        image.save(f, "JPEG", quality=quality)
        return Image.open(io.BytesIO(f.getvalue())).convert("RGB")


def pixels(items_, seed=1):
    """Yields (item index, set index, augmented?, 224 x 224 x 3 uint8): the plain view and AUGMENTED more of every picture."""
    rng = np.random.default_rng(seed)
    for i, item in enumerate(items_):
        for s, name in enumerate(SETS):
            if name not in item["images"]:
                continue
            image = Image.open(item["images"][name]).convert("RGBA")
            yield i, s, 0, np.asarray(views.subject(image))
            for _ in range(AUGMENTED):
                yield i, s, 1, np.asarray(augmented(image, rng))
