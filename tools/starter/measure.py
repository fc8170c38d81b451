"""Measures free queries, colours and scenes with the lists of measure/, which were written before training.

free     first hit right, and hits among the first five, of 20 queries over the odd stamps and the photographs of opencv-doc
colours  share of (right, wrong-coloured) pairs in the right order (mean over the queries), and how often the best of the kind is right;
         "even": pairs without an odd stamp, for choosing settings; "odd": pairs with one, for the report only
scenes   precision@5 (of R pictures where a scene has R < 5) and average precision over photographs; doubtful pictures do not count
The photographs come from measure_fetch.sh.
"""
import hashlib
import os
import tempfile

import numpy as np
from PIL import Image

import paths
import stamps

LISTS = os.path.join(paths.TOOLS, "measure")
LANGUAGES = ("en", "ru")
NAMED_SCENES = ("beach", "mountains", "city", "night", "indoors")  # the ones that the model was asked for; the others are there to keep it honest


def sections(name):
    """{title: [rows of columns]} of a list, in its order."""
    out = {}
    with open(os.path.join(LISTS, name), encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("["):
                rows = out.setdefault(line[1:line.index("]")], [])
            elif line and not line.startswith("#"):
                rows.append(line.split("\t"))
    return out


def read_free():
    """([photographs of the gallery], {query: set of right pictures})"""
    lists = sections("free.txt")
    photographs = [row[0] for row in lists.pop("gallery")]
    return photographs, {query: {row[0] for row in rows} for query, rows in lists.items()}


def read_colours():
    """[(English query, Russian query, [(picture, right, split mark)])]"""
    out = []
    for title, rows in sections("colours.txt").items():
        for side, mark, picture in rows:
            if side not in ("right", "wrong") or mark != mark_of(picture):
                raise SystemExit(f"measure.py: colours.txt, {title}: {side} {mark} {picture} is not what it should be")
        out.append((*title.split(" | "), [(picture, side == "right", mark) for side, mark, picture in rows]))
    return out


def mark_of(picture):
    """even or odd for a stamp (as stamps.listed splits them), "photo" for another picture."""
    if not picture.startswith("stamps/"):
        return "photo"
    return "odd" if hashlib.md5(picture.partition("@")[0][7:].encode()).digest()[0] % 2 else "even"


def read_scenes():
    lists = sections("scenes.txt")
    pictures = {row[0]: set(row[1].split()) for row in lists["pictures"]}
    return {"packages": {row[0]: row[2] for row in lists["packages"]}, "queries": lists["queries"], "pictures": pictures,
            "others": [row[0] for row in lists["pictures without a scene"]]}


def photographs_named():
    """Every picture of another package than the stamps that some list names."""
    scenes = read_scenes()
    names = set(read_free()[0]) | set(scenes["pictures"]) | set(scenes["others"])
    names |= {picture.partition("@")[0] for _, _, rows in read_colours() for picture, _, _ in rows}
    return sorted(name for name in names if not name.startswith("stamps/"))


def turned(picture, degrees):
    """The picture with its hues turned; brightness, saturation and outline stay."""
    picture = picture.convert("RGBA")
    hue, saturation, value = picture.convert("RGB").convert("HSV").split()
    hue = hue.point([(v + round(degrees * 256 / 360)) % 256 for v in range(256)])
    out = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    out.putalpha(picture.getchannel("A"))
    return out


class Gallery:
    """Files and vectors of named pictures; each picture is embedded once."""

    def __init__(self, backend, folder=None, work=None):
        self.backend, self.vectors, self.words = backend, {}, {}
        self.stamps = stamps.folder(folder or paths.work("stamps"))
        self.photographs = work or paths.work("measure", "pictures")
        self.scratch = tempfile.TemporaryDirectory()

    def file(self, name):
        plain, _, degrees = name.partition("@")
        path = os.path.join(self.stamps, plain[7:]) if plain.startswith("stamps/") else os.path.join(self.photographs, plain)
        if not os.path.exists(path):
            raise SystemExit(f"measure.py: there is no {path}; run tools/starter/fetch.sh and tools/starter/measure_fetch.sh")
        if not degrees:
            return path
        made = os.path.join(self.scratch.name, hashlib.md5(name.encode()).hexdigest() + ".png")
        if not os.path.exists(made):
            with Image.open(path) as picture:
                turned(picture, int(degrees)).save(made)
        return made

    def pictures(self, names):
        new = [n for n in dict.fromkeys(names) if n not in self.vectors]
        if new:
            self.vectors.update(zip(new, self.backend.pictures([self.file(n) for n in new])))
        return np.stack([self.vectors[n] for n in names])

    def texts(self, texts):
        new = [t for t in dict.fromkeys(texts) if t not in self.words]
        if new:
            self.words.update(zip(new, self.backend.texts(new)))
        return np.stack([self.words[t] for t in texts])

    def scores(self, texts, names):
        return self.texts(texts) @ self.pictures(names).T


def percent(values):
    return round(100 * float(np.mean(values)), 1) if len(values) else None


def free(gallery):
    photographs, queries = read_free()
    names = ["stamps/" + row[0] for row in stamps.listed(gallery.stamps, "odd")] + photographs
    missing = set().union(*queries.values()) - set(names)
    if missing:
        raise SystemExit(f"measure.py: free.txt names pictures outside the gallery: {sorted(missing)}")
    order = np.argsort(-gallery.scores(list(queries), names), axis=1, kind="stable")
    out = {"pictures": len(names), "answerable": sum(bool(r) for r in queries.values()), "queries": {}}
    for row, (query, right) in zip(order, queries.items()):
        top = [names[i] for i in row[:5]]
        out["queries"][query] = {"right_answers": len(right), "first": top[0] in right, "hits_of_5": sum(t in right for t in top),
                                 "rank": next((k + 1 for k, i in enumerate(row) if names[i] in right), None), "top": top}
    out["first_right"] = sum(q["first"] for q in out["queries"].values())
    out["precision@5"] = percent([q["hits_of_5"] / 5 for q in out["queries"].values()])
    return out


def colours(gallery):
    listed = read_colours()
    everything = [picture for _, _, rows in listed for picture, _, _ in rows]
    gallery.pictures(everything)  # all at once
    out = {}
    for split in ("even", "odd"):
        out[split] = {}
        for column, language in enumerate(LANGUAGES):
            order, first, pairs, queries = [], [], 0, {}
            for entry in listed:
                rows = [r for r in entry[2] if split == "odd" or r[2] != "odd"]
                right, wrong = [r for r in rows if r[1]], [r for r in rows if not r[1]]
                counted = [[split == "even" or "odd" in (a[2], b[2]) for b in wrong] for a in right]
                if not np.any(counted):
                    continue
                scores = gallery.scores([entry[column]], [r[0] for r in right + wrong])[0]
                good = (scores[:len(right), None] > scores[None, len(right):])[np.array(counted)]
                queries[entry[column]] = percent(good)
                order.append(good.mean())
                first.append(scores[:len(right)].max() > scores[len(right):].max())
                pairs += good.size
            out[split][language] = {"queries": len(order), "pairs": pairs, "in_order": percent(order), "first_right": percent(first),
                                    "in_order_by_query": queries}
    return out


def average_precision(right):
    """Mean of the precision at each right picture; `right` is in the order of the answer."""
    return float((np.cumsum(right)[right] / (np.flatnonzero(right) + 1)).mean())


def scenes(gallery):
    listed = read_scenes()
    names = list(listed["pictures"])
    gallery.pictures(names)
    out = {"pictures": len(names)}
    for column, language in enumerate(LANGUAGES):
        queries, first = {}, {}
        for label, *words in listed["queries"]:
            kept = [n for n in names if label + "?" not in listed["pictures"][n]]
            right = np.array([label in listed["pictures"][n] for n in kept])
            right = right[np.argsort(-gallery.scores([words[column]], kept)[0], kind="stable")]
            k = min(5, int(right.sum()))
            first[label] = bool(right[0])
            queries[label] = {"query": words[column], "right_answers": int(right.sum()), "of": len(kept), "precision@5": percent(right[:k]),
                              "average_precision": round(100 * average_precision(right), 1)}
        mean = lambda key, labels: round(float(np.mean([queries[q][key] for q in labels])), 1)
        out[language] = {"precision@5": mean("precision@5", queries), "average_precision": mean("average_precision", queries),
                         "first_right": sum(first.values()), "named_precision@5": mean("precision@5", NAMED_SCENES), "queries": queries}
    return out


def show(result):
    f = result["free"]
    print(f"free queries over {f['pictures']} pictures: first hit right {f['first_right']} of {f['answerable']}, precision@5 {f['precision@5']:.1f} %")
    print("    rank of the first right one: " + ", ".join(f"{q} {r['rank']}" for q, r in f["queries"].items()))
    for split in ("even", "odd"):
        for language in LANGUAGES:
            r = result["colours"][split][language]
            print(f"colours, {split}, {language}: {r['in_order']:.1f} % of the pairs in the right order, best of the kind right {r['first_right']:.1f} %"
                  f"  ({r['queries']} queries, {r['pairs']} pairs)")
    for language in LANGUAGES:
        r = result["scenes"][language]
        print(f"scenes, {language}: precision@5 {r['precision@5']:.1f} %, average precision {r['average_precision']:.1f} %, first right {r['first_right']} of"
              f" {len(r['queries'])}; the five named ones precision@5 {r['named_precision@5']:.1f} %  ({result['scenes']['pictures']} pictures)")
        print("    precision@5: " + ", ".join(f"{q['query']} {q['precision@5']:.0f}" for q in r["queries"].values()))
