"""What `probability` is worth: its reliability curve on pairs that did not fit it, and how well "nothing like this" is told."""
import json
import os

import numpy as np

import pairs

SHOWN = 20  # pictures of a query that count, from the best: people do not see more
EDGES = (0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0001)


def rows(gallery, queries, by_picture):
    """For every query: score, right or not, and rank from 0 of its judged pictures, [n, 3]."""
    out = []
    for scores, right in pairs.scored(gallery, queries, by_picture):
        rank = np.argsort(np.argsort(-scores, kind="stable"))
        out.append(np.stack([scores, right, rank], 1))
    return out


def probability(factors, score):
    return 1 / (1 + np.exp(-(factors["score"] * score + factors["bias"])))


def curve(factors, listed):
    """[(from, to, pairs, mean probability, share that is right)], and the mean gap between the two, weighed by pairs."""
    data = np.concatenate([row[row[:, 2] < SHOWN] for row in listed])
    p, right, out = probability(factors, data[:, 0]), data[:, 1], []
    for low, high in zip(EDGES, EDGES[1:]):
        m = (p >= low) & (p < high)
        if m.any():
            out.append((low, min(high, 1), int(m.sum()), round(float(p[m].mean()), 3), round(float(right[m].mean()), 3)))
    gap = sum(n * abs(mean - share) for _, _, n, mean, share in out) / len(p)
    return {"bins": out, "gap": round(float(gap), 3)}


def measure(gallery, folder, split="odd"):
    """The reliability of words and of pictures as queries; and of the queries that nothing answers, and of those whose first picture is right, the
    share that is told "nothing like this"."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        calibration = json.load(f)["calibration"]
    if calibration is None:
        return None
    queries = [q for q in pairs.texts(split) if q[1]]
    words = rows(gallery, queries, False)
    top = lambda row: probability(calibration["text"], row[:, 0].max())
    absent = [top(row) for (text, _), row in zip(queries, words) if text in pairs.ABSENT[split]]
    found = [top(row) for row in words if row[row[:, 2] == 0, 1].any()]
    share = lambda values: round(100 * float(np.mean(np.array(values) < calibration["none"])), 1)
    return {"split": split, "text": curve(calibration["text"], words), "picture": curve(calibration["picture"], rows(gallery, pairs.likenesses(split), True)),
            "none": calibration["none"], "nothing_said": share(absent), "of_nothing": len(absent), "wrongly_said": share(found), "of_found": len(found)}


def show(result):
    if result is None:
        print("reliability: the model has no calibration")
        return
    for kind in ("text", "picture"):
        print(f"probability of {kind} queries, {result['split']} pairs among the first {SHOWN}: mean gap {result[kind]['gap']:.3f}")
        print("    said -> right: " + ", ".join(f"{mean:.2f} -> {share:.2f} ({n})" for _, _, n, mean, share in result[kind]["bins"]))
    print(f"'nothing like this' (best probability below {result['none']}): said for {result['nothing_said']:.0f} % of {result['of_nothing']} queries that nothing answers,"
          f" wrongly for {result['wrongly_said']:.1f} % of {result['of_found']} whose first picture is right")
