#!/usr/bin/env python3
"""Measures the starter: text -> picture on the PNG stamps.

    evaluate.py --program build/imagefinder --stamps DIR --split odd [--json]     the C program's vectors (needs numpy only)
    evaluate.py --reference --stamps DIR --split even                             PyTorch on the dequantised weights

R@k: share of captions whose own picture is among the first k of the split's pictures; rank = number of scores >= the own one.
P@5: share of the first five that lie in the category's folder. Choose settings on the even split; report the odd one.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import stamps


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


def measure(backend, folder, split):
    rows = stamps.listed(folder, split)
    root = stamps.folder(folder)
    pictures = backend.pictures([os.path.join(root, r[0]) for r in rows])
    out = {"split": split, "pictures": len(rows)}
    for name, column in (("en", 1), ("ru", 2)):
        scores = backend.texts([r[column] for r in rows]) @ pictures.T
        ranks = (scores >= np.diag(scores)[:, None]).sum(1)
        queries = [(c[0], c[column]) for c in stamps.CATEGORIES]
        order = np.argsort(-(backend.texts([q for _, q in queries]) @ pictures.T), axis=1, kind="stable")
        hits = [[rows[i][0].startswith(where + "/") for i in order[k][:5]] for k, (where, _) in enumerate(queries)]
        out[name] = {
            "recall@1": round(100 * float((ranks <= 1).mean()), 1), "recall@10": round(100 * float((ranks <= 10).mean()), 1),
            "median_rank": float(np.median(ranks)), "category_precision@5": round(100 * float(np.mean(hits)), 1),
            "categories": {q: int(sum(h)) for (_, q), h in zip(queries, hits)},
            "best_score_quartiles": [round(float(v), 3) for v in np.percentile(scores.max(1), (5, 25, 50, 75))],
        }
    return out


def show(result):
    print(f"{result['split']} split, {result['pictures']} pictures")
    for language in ("en", "ru"):
        r = result[language]
        print(f"  {language}: recall@1 {r['recall@1']:.1f} %  recall@10 {r['recall@10']:.1f} %  median rank {r['median_rank']:g}"
              f"  category precision@5 {r['category_precision@5']:.1f} %")
        print("      of 5: " + ", ".join(f"{q} {n}" for q, n in r["categories"].items()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = p.add_mutually_exclusive_group(required=True)
    how.add_argument("--program")
    how.add_argument("--reference", action="store_true")
    p.add_argument("--model", help="model folder (default: the program's own, or models/starter)")
    p.add_argument("--stamps", required=True, help="the unpacked package tuxpaint-stamps-default, or its stamps folder")
    p.add_argument("--split", choices=("even", "odd", "both", "all"), default="even")
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    backend = Program(a.program, a.model) if a.program else Reference(a.model)
    results = [measure(backend, a.stamps, s) for s in (("even", "odd") if a.split == "both" else (a.split,))]
    if a.json:
        json.dump(results if a.split == "both" else results[0], sys.stdout, ensure_ascii=False, indent=1)
        print()
        return
    for result in results:
        show(result)
    if a.split == "both":
        even, odd = results
        for language in ("en", "ru"):
            print(f"gap even - odd, {language}: recall@10 {even[language]['recall@10'] - odd[language]['recall@10']:+.1f} points")


if __name__ == "__main__":
    main()
