#!/usr/bin/env python3
"""Measures the starter with the C program's vectors (needs numpy and Pillow only); without arguments everything, fetching what it needs.

    evaluate.py [--program build/imagefinder] [--only stamps,lists,typed,reliability] [--split even|odd|both] [--json]
    evaluate.py --reference --only stamps --split even       PyTorch on the dequantised weights

stamps       text -> picture on the PNG stamps. R@k: share of captions whose own picture is among the first k of the split's pictures;
             rank = number of scores >= the own one; P@5: share of the first five that lie in the category's folder
lists        free queries, colours, scenes (measure.py)
typed        200 queries as people type them (typed.py; with the program only)
reliability  what `probability` is worth on pairs that did not fit it (reliability.py)
Choose settings on the even split; report the odd one.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import measure as lists
import paths
import reliability
import sheet
import stamps
import typed


class Program:
    """Vectors from `imagefinder embed`."""

    def __init__(self, program, model):
        self.command = [os.path.abspath(program), "embed", "--quiet"] + (["--model", model] if model else [])

    def _embed(self, option, values, chunk):
        parts = []
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.npy")
            for i in range(0, len(values), chunk):
                arguments = [a for v in values[i:i + chunk] for a in (option, v)]
                subprocess.run(self.command + arguments + ["--out", out], check=True, stdout=subprocess.DEVNULL)
                parts.append(np.load(out))
                assert parts[-1].shape[0] == len(values[i:i + chunk]), "embed gave another number of rows"
        return np.concatenate(parts).astype(np.float32)

    def pictures(self, files):
        return self._embed("--picture", files, 64)

    def texts(self, texts):
        return self._embed("--text", texts, 200)


class Reference:
    """Vectors from PyTorch on the dequantised weights of models/starter/."""

    def __init__(self, model):
        import artefact
        import paths
        import reference
        self.model = reference.Model(*artefact.load(model or paths.MODEL))

    def pictures(self, files):
        return np.stack([self.model.picture(f) for f in files])

    def texts(self, texts):
        return np.stack([self.model.text(t) for t in texts])


def shares(ranks):
    return {"recall@1": round(100 * float((ranks <= 1).mean()), 1), "recall@10": round(100 * float((ranks <= 10).mean()), 1), "median_rank": float(np.median(ranks))}


def measure(backend, folder, split):
    """Recall and categories on a split of the stamps; photograph-like stamps and drawings apart, within the same gallery."""
    rows = stamps.listed(folder, split)
    root = stamps.folder(folder)
    pictures = backend.pictures([os.path.join(root, r[0]) for r in rows])
    drawn = np.array(["/cartoon/" in r[0] for r in rows])
    out = {"split": split, "pictures": len(rows), "drawings": int(drawn.sum())}
    for name, column in (("en", 1), ("ru", 2)):
        scores = backend.texts([r[column] for r in rows]) @ pictures.T
        ranks = (scores >= np.diag(scores)[:, None]).sum(1)
        queries = [(c[0], c[column]) for c in stamps.CATEGORIES]
        order = np.argsort(-(backend.texts([q for _, q in queries]) @ pictures.T), axis=1, kind="stable")
        hits = [[rows[i][0].startswith(where + "/") for i in order[k][:5]] for k, (where, _) in enumerate(queries)]
        out[name] = dict(shares(ranks), photographs=shares(ranks[~drawn]), drawn=shares(ranks[drawn]))
        out[name]["category_precision@5"] = round(100 * float(np.mean(hits)), 1)
        out[name]["categories"] = {q: int(sum(h)) for (_, q), h in zip(queries, hits)}
    return out


def show(result):
    print(f"{result['split']} split, {result['pictures']} pictures, {result['drawings']} of them drawings")
    for language in ("en", "ru"):
        r = result[language]
        print(f"  {language}: recall@1 {r['recall@1']:.1f} %  recall@10 {r['recall@10']:.1f} %  median rank {r['median_rank']:g}"
              f"  category precision@5 {r['category_precision@5']:.1f} %")
        for kind in ("photographs", "drawn"):
            print(f"      {kind}: recall@1 {r[kind]['recall@1']:.1f} %  recall@10 {r[kind]['recall@10']:.1f} %  median rank {r[kind]['median_rank']:g}")
        print("      of 5: " + ", ".join(f"{q} {n}" for q, n in r["categories"].items()))


def fetched(folder):
    """The folder of the stamps and the photographs of the lists, fetched if need be."""
    if folder is None or not os.path.exists(paths.work("measure", "pictures")):
        subprocess.run([os.path.join(paths.TOOLS, "measure_fetch.sh")], check=True, stdout=subprocess.DEVNULL)
    return folder or paths.work("stamps")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = p.add_mutually_exclusive_group()
    how.add_argument("--program", default=os.path.join(paths.ROOT, "build", "imagefinder"))
    how.add_argument("--reference", action="store_true")
    p.add_argument("--model", default=paths.MODEL, help="model folder (default: models/starter)")
    p.add_argument("--stamps", help="the unpacked package tuxpaint-stamps-default, or its stamps folder (default: fetched)")
    p.add_argument("--split", choices=("even", "odd", "both"), default="both")
    p.add_argument("--only", default="stamps,lists,typed,reliability", help="a comma between the parts")
    p.add_argument("--sheet", help="write the first five pictures of each free query to this picture")
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    parts, folder = a.only.split(","), fetched(a.stamps)
    backend = Reference(a.model) if a.reference else Program(a.program, a.model)
    out, gallery = {}, lists.Gallery(backend, folder)
    if "stamps" in parts:
        out["stamps"] = [measure(backend, folder, s) for s in (("even", "odd") if a.split == "both" else (a.split,))]
    if "lists" in parts:
        out["lists"] = {"free": lists.free(gallery), "colours": lists.colours(gallery), "scenes": lists.scenes(gallery)}
    if a.sheet:
        sheet.draw(gallery, lists.free(gallery), lists.read_free()[1], a.sheet)
    if "typed" in parts and not a.reference:
        out["typed"] = typed.measure(a.program, a.model, [stamps.folder(folder), gallery.photographs])
    if "reliability" in parts:
        out["reliability"] = reliability.measure(gallery, a.model)
    if a.json:
        json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
        print()
        return
    for result in out.get("stamps", ()):
        show(result)
    if len(out.get("stamps", ())) == 2:
        for language in ("en", "ru"):
            even, odd = (r[language]["recall@10"] for r in out["stamps"])
            print(f"gap even - odd, {language}: recall@10 {even - odd:+.1f} points")
    for part, shown in (("lists", lists.show), ("typed", typed.show), ("reliability", reliability.show)):
        if part in out:
            shown(out[part])


if __name__ == "__main__":
    main()
