"""Pairs with a known answer for fitting `probability` and for its reliability curve.

The even stamps (and the photographs whose name hashes to an even byte) fit, the odd ones draw the curve. Nothing is drawn by lot.

Text -> picture, texts(): a query is a caption, a category, a colour query, a scene, or words that nothing in the collection answers (things
that are absent, and nonsense). A picture is right, wrong, or left out where a fair person would hesitate: for a caption the other pictures of
the same folder and kind, for a category the folders of LEAVE_OUT, for a colour or a scene everything that its list does not judge.

Picture -> picture, likenesses(): a picture that looks like the query is an altered copy of it (mirrored; smaller and compressed; cut at the
edges), or another one of its kind (measure/kinds.txt) or of the same caption. Wrong are pictures from another folder. Left out are other kinds within
the same folder (a duck for a goose) and everything about a photograph that has no kind.
"""
import hashlib
import os
import tempfile

import numpy as np
from PIL import Image, ImageOps

import measure
import paths
import stamps

LEAVE_OUT = {  # category: beginnings of paths whose pictures are neither right nor wrong
    "animals/birds": ("seasonal/", "household/rubberduck", "town/monuments/cartoon/totem"),
    "animals/insects": ("animals/insects/Brown", "animals/insects/Wood", "animals/insects/cartoon/s", "animals/insects/cartoon/wings", "seasonal/"),
    "animals/fish": ("animals/fish/lobster", "animals/fish/shrimp", "animals/mammals/aquatic/", "animals/shellfish/", "people/cartoon/mermaid"),
    "animals/mammals": ("animals/marsupials/", "seasonal/", "people/", "military/"),
    "animals": ("seasonal/", "people/", "household/rubberduck", "town/monuments/", "vehicles/farming/cartoon/tux", "medical/", "military/"),
    "food/fruit": ("food/vegetables/", "food/nuts/", "plants/", "seasonal/", "food/dessert/"),
    "food/vegetables": ("food/spices/", "food/fruit/", "plants/", "seasonal/"),
    "food": ("seasonal/", "plants/", "animals/", "household/dishes/"),
    "plants/flowers": ("plants/", "seasonal/", "food/"),
    "plants": ("food/", "seasonal/"),
    "clothes": ("seasonal/", "military/", "people/", "sports/", "space/"),
    "vehicles": ("military/", "space/", "household/tools/cementmixer", "vehicles/7spoke", "vehicles/wheel", "vehicles/emergency/sedan_police",
                 "vehicles/locomotive/cartoon/trainSign"),
    "town/houses": ("town/", "seasonal/"),
    "space": ("vehicles/flight/",),
    "household/dishes": ("household/", "hobbies/", "sports/trophy"),
    "sports": ("hobbies/", "people/", "vehicles/race/", "seasonal/"),
}
ABSENT = {  # nothing in the stamps or among the photographs shows these
    "even": ("refrigerator", "зонт", "passport", "стиральная машина", "sofa", "микроволновка", "harp", "наручники", "qwzx", "ывапр", "fgkjhdfg", "щзшгн",
             "xxqqzz", "ждлорпав", "zzkrtv bmx", "пшщрл укнгш"),
    "odd": ("холодильник", "umbrella", "паспорт", "washing machine", "диван", "microwave oven", "арфа", "handcuffs", "wqpx", "апрол", "jkhgfdsa", "ъхзщш",
            "vvbnrt", "йцукенг", "plmkn qxz", "фывапр олджэ"),
}
TWINS = ("mirrored", "small", "cut")


def parity(name):
    return "odd" if hashlib.md5(name.encode()).digest()[0] % 2 else "even"


def members(split):
    """Stamps with their captions, and photographs, of a split, under the names of the lists."""
    captions = {"stamps/" + row[0]: row[1:] for row in stamps.listed(paths.work("stamps"), split)}
    return captions, [name for name in measure.photographs_named() if parity(name) == split]


def folder_of(name):
    """Where a stamp belongs: its folders below stamps/ without those that tell drawings and toys."""
    return tuple(part for part in name.split("/")[1:-1] if part not in ("cartoon", "toys"))


def nested(a, b):
    """True where one folder lies within the other: such pictures may show the same thing."""
    return a[:len(b)] == b or b[:len(a)] == a


def kinds():
    """{picture: kind}"""
    return {row[0]: kind for kind, rows in measure.sections("kinds.txt").items() for row in rows}


def category(captions, folder):
    """{picture: lies in the category's folder or not}, without the doubtful ones: those of LEAVE_OUT, within the folder and outside."""
    judged = {}
    for name in captions:
        inside = name[7:].startswith(folder + "/")
        doubtful = [p for p in LEAVE_OUT[folder] if name[7:].startswith(p) and not (inside and folder.startswith(p[:-1]))]
        if not doubtful:
            judged[name] = inside
    return judged


def texts(split):
    """[(text, {picture: right or not})]; pictures that are not in a dictionary are left out for that text."""
    captions, photographs = members(split)
    kind, out = kinds(), []
    for language in (0, 1):
        for caption in sorted({c[language] for c in captions.values()}):
            own = [n for n in captions if captions[n][language] == caption]
            judged = {n: True for n in own}
            for n in captions:
                near = any(nested(folder_of(n), folder_of(o)) or kind.get(n, n) == kind.get(o, o) for o in own)
                if n not in judged and not near:
                    judged[n] = False
            out.append((caption, judged))
        for folder, *query in stamps.CATEGORIES:
            out.append((query[language], category(captions, folder)))
    for english, russian, rows in measure.read_colours():
        judged = {name: right for name, right, mark in rows if (mark if mark != "photo" else parity(name)) == split}
        out += [(english, judged), (russian, judged)] if judged else []
    listed = measure.read_scenes()
    for label, *words in listed["queries"]:
        judged = {n: label in labels for n, labels in listed["pictures"].items() if parity(n) == split and label + "?" not in labels}
        out += [(word, judged) for word in words]
    nothing = dict.fromkeys(list(captions) + photographs, False)
    return out + [(text, nothing) for text in ABSENT[split]]


def twin(path, how, out):
    """An altered copy of a picture, as people's collections are full of them."""
    with Image.open(path) as picture:
        picture = ImageOps.exif_transpose(picture).convert("RGBA")
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, (0, 0), picture)
    if how == "mirrored":
        flat = ImageOps.mirror(flat)
    elif how == "small":
        flat.thumbnail((max(64, flat.width // 2), max(64, flat.height // 2)), Image.BICUBIC)
    else:
        x, y = flat.width // 10, flat.height // 10
        flat = flat.crop((x, y, flat.width - x, flat.height - y))
    flat.thumbnail((1280, 1280), Image.BICUBIC)
    flat.save(out, "JPEG", quality=60)


def likenesses(split):
    """[(query picture or "picture#twin", {picture: looks like it or not})]; the query itself is not among its pictures, a twin's original is."""
    captions, photographs = members(split)
    kind, names = kinds(), list(captions) + photographs
    places = {k: {folder_of(n) for n in kind if kind[n] == k and n.startswith("stamps/")} for k in kind.values()}  # over both splits
    places.update({k: {("town",)} for k, folders in places.items() if not folders})  # such kinds are mostly buildings
    out = []
    for a in names:
        judged = {}
        for b in names:
            same_caption = a in captions and b in captions and captions[a] == captions[b]
            if a == b:
                continue
            if same_caption or (a in kind and kind[a] == kind.get(b)):
                judged[b] = True
            elif a in captions and b in captions:
                if not nested(folder_of(a), folder_of(b)):
                    judged[b] = False
            elif all(n in captions or n in kind for n in (a, b)):
                here, there = ({folder_of(n)} if n in captions else places[kind[n]] for n in (a, b))
                if not any(nested(x, y) for x in here for y in there):
                    judged[b] = False
        out.append((a, judged))
        out += [(f"{a}#{how}", {**judged, a: True}) for how in TWINS]
    return out


def copies(gallery, queries):
    """{query: vector} of the altered copies among the queries; the copies are made and forgotten."""
    names = [q for q, _ in queries if q.endswith(tuple("#" + how for how in TWINS))]
    with tempfile.TemporaryDirectory() as scratch:
        files = [os.path.join(scratch, f"{i}.jpg") for i in range(len(names))]
        for name, file in zip(names, files):
            twin(gallery.file(name.rsplit("#", 1)[0]), name.rsplit("#", 1)[1], file)
        return dict(zip(names, gallery.backend.pictures(files)))


def scored(gallery, queries, by_picture):
    """For each query: (scores, right or not) of its judged pictures."""
    queries = [(query, judged) for query, judged in queries if judged]
    names = list(dict.fromkeys(p for _, judged in queries for p in judged))
    gallery.pictures(names)
    if by_picture:
        vectors = copies(gallery, queries)
        gallery.pictures([q for q, _ in queries if q not in vectors])
        vectors.update(gallery.vectors)
    else:
        gallery.texts([q for q, _ in queries])
        vectors = gallery.words
    return [(gallery.pictures(list(judged)) @ vectors[query], np.array(list(judged.values()), bool)) for query, judged in queries]
