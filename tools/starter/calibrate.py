#!/usr/bin/env python3
"""Fits `probability` on the even pairs of pairs.py and writes it into the model's config.json: from a score to the chance that the picture is right
(logistic regression, Platt 1999), for words and for pictures as queries.

    calibrate.py [MODEL]            needs fetch.sh and measure_fetch.sh; PyTorch on the dequantised weights
"""
import sys

import numpy as np

import artefact
import evaluate
import measure
import pairs
import paths
from reliability import SHOWN, rows

REST = 0.05  # how much a picture beyond the first SHOWN of a query counts
GOOD, NONE = 0.5, 0.05  # the verdicts: more likely right than not; below one in twenty nothing like it is there


def logistic(x, y, weights, ridge=1e-3):
    """Newton's method for one number a row: factor and bias."""
    x = np.stack([x, np.ones(len(x))], 1)
    theta = np.zeros(2)
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ theta))
        slope = x.T @ (weights * (p - y)) + ridge * theta
        curve = (x * (weights * p * (1 - p))[:, None]).T @ x + ridge * np.eye(2)
        theta -= np.linalg.solve(curve, slope)
    return theta


def fit(listed):
    data = np.concatenate(listed)
    score, bias = logistic(data[:, 0], data[:, 1], np.where(data[:, 2] < SHOWN, 1, REST))
    return {"score": round(float(score), 4), "bias": round(float(bias), 4)}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else paths.MODEL
    config, tensors = artefact.load(folder)
    gallery = measure.Gallery(evaluate.Reference(folder))
    config["calibration"] = {"text": fit(rows(gallery, pairs.texts("even"), False)), "picture": fit(rows(gallery, pairs.likenesses("even"), True)),
                             "good": GOOD, "none": NONE}
    print(config["calibration"])
    artefact.save(folder, config, tensors)


if __name__ == "__main__":
    main()
