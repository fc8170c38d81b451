#!/usr/bin/python3
"""Measures the program from outside, as its user meets it: files to committed vectors, and process start to answer.

    pipeline.py --program imagefinder --samples FOLDER --work FOLDER [--count 10000] [--runs 20] [--fresh]

The pictures are made once from the samples and kept in the work folder; so is the home, unless --fresh is given: then
everything is indexed again and the rate of indexing is measured. Every search is a process of its own, after a warm-up.
Prints one table.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

AUGMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "samples", "augment.py")
TARGET_S = 0.1
QUERIES = [("Russian words", ["рыжая", "кошка"]), ("English words", ["red", "car"])]


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown processor"


def call(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"pipeline.py: {' '.join(words)} ended with status {done.returncode}")
    return done.stdout


def index(args, home, pictures):
    start = time.perf_counter()
    report = json.loads(call([args.program, "index", "--home", home, "-c", "bench", "--json", "--quiet", pictures]))
    seconds = time.perf_counter() - start
    counts = ", ".join(f"{report[key]} {key}" for key in ("seen", "added", "unchanged", "failed"))
    rate = f", {report['added'] / seconds:.1f} pictures/s" if report["added"] else ""
    print(f"index: {counts} in {seconds:.1f} s{rate}", flush=True)
    if report["added"]:
        stages(report)
    return report


def stages(report):
    """What each stage could do alone. Hashing, decoding and embedding run side by side in one thread more than there
    are processors, and their times add up all threads; so the rate of one such thread is given, and what all would do.
    Walking and committing happen in one thread."""
    threads = (os.cpu_count() or 1) + 1
    print("\n| stage | ms in all | ms a picture | pictures/s of one thread | of all its threads |")
    print("|---|---|---|---|---|")
    for stage, ms in report["stages_ms"].items():
        each = ms / report["added"]
        rate = 1000 / each if each else float("inf")
        together = rate if stage in ("scan", "commit") else rate * threads
        print(f"| {stage} | {ms:.0f} | {each:.3f} | {rate:.0f} | {together:.0f} |", flush=True)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def search(args, home, words):
    line = [args.program, "search", "--home", home, "-c", "bench", "--json", *words]
    inside, outside = [], []
    for _ in range(3):
        call(line)
    for _ in range(args.runs):
        start = time.perf_counter()
        answer = call(line)
        outside.append(time.perf_counter() - start)
        result = json.loads(answer)
        if len(result["results"]) != 10:
            sys.exit(f"pipeline.py: {' '.join(line)} gave {len(result['results'])} results, not 10")
        inside.append(result["took_ms"])
    return outside, inside


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--fresh", action="store_true")
    args = parser.parse_args()

    pictures = os.path.join(args.work, f"pictures-{args.count}")
    home = os.path.join(args.work, f"home-{args.count}")
    start = time.perf_counter()
    subprocess.run([sys.executable, AUGMENT, args.samples, pictures, str(args.count)], check=True)
    print(f"pictures: {args.count} below {pictures} ({time.perf_counter() - start:.0f} s)")
    if args.fresh:
        shutil.rmtree(home, ignore_errors=True)
    report = index(args, home, pictures)
    if report["seen"] != args.count or report["failed"]:
        sys.exit(f"pipeline.py: {args.count} pictures expected, {report['seen']} seen, {report['failed']} failed")

    print(f"\nOne-shot search, process start to answer, {args.count} pictures, {args.runs} runs after 3 to warm up")
    print(f"{os.cpu_count()} processors, {cpu_name()}\n")
    print("| query | median s | p90 s | worst s | of it embed ms | of it search ms | target s | |")
    print("|---|---|---|---|---|---|---|---|")
    good = True
    for name, words in QUERIES:
        outside, inside = search(args, home, words)
        median = statistics.median(outside)
        good = good and median <= TARGET_S
        embed, scan = (statistics.median(took[key] for took in inside) for key in ("embed", "search"))
        print(f"| {name} | {median:.3f} | {percentile(outside, 0.9):.3f} | {max(outside):.3f} | {embed:.1f} "
              f"| {scan:.1f} | {TARGET_S} | {'reached' if median <= TARGET_S else 'MISSED'} |", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
