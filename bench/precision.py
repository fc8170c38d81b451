#!/usr/bin/python3
"""Measures what the fast arithmetic of a model's picture tower costs in likeness and wins in time.

    precision.py --program imagefinder --work FOLDER [--model M] FOLDER...

The pictures of each folder are embedded as usual and with --precision f32. Prints one table; ends with status 1 when
the worst cosine is below 0.99.
"""
import argparse
import pathlib
import subprocess
import sys
import time

import numpy as np

LEAST = 0.99
KINDS = {".jpg", ".jpeg", ".png"}


def embed(args, files, precision):
    """Unit vectors [n, dim] and pictures a second."""
    out = str(pathlib.Path(args.work) / "vectors.npy")
    words = [args.program, "embed", "--quiet", "--precision", precision, "--out", out]
    words += ["--model", args.model] if args.model else []
    for path in files:
        words += ["--picture", str(path)]
    start = time.perf_counter()
    if subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode:
        sys.exit("precision.py: embed failed")
    return np.load(out).astype(np.float64), len(files) / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--model")
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args()
    pathlib.Path(args.work).mkdir(parents=True, exist_ok=True)
    print("| pictures | number | worst cosine | mean | pictures/s, as usual | pictures/s, f32 |")
    print("|---|---|---|---|---|---|")
    worst = 1.0
    for folder in args.folders:
        files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in KINDS)
        if not files:
            sys.exit(f"precision.py: no pictures below {folder}")
        embed(args, files[:2], "auto")  # warm
        usual, rate = embed(args, files, "auto")
        exact, exact_rate = embed(args, files, "f32")
        cosine = (usual * exact).sum(axis=1)
        worst = min(worst, cosine.min())
        print(f"| {pathlib.Path(folder).name} | {len(files)} | {cosine.min():.5f} | {cosine.mean():.5f} | {rate:.1f} "
              f"| {exact_rate:.1f} |", flush=True)
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
