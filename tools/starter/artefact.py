"""Writing and reading the two files of models/starter/ (docs/internals/starter.md)."""
import json
import os

import numpy as np
from safetensors.numpy import load_file, save_file

import colours
import text
import tower

CONCEPT, LEARNED, COLOUR = 243, 243, len(colours.BINS)
DIM = CONCEPT + LEARNED + COLOUR + 1  # the last one is the axis of unknown words

SHAPES = {
    "picture.concept.weight": ("int8", (CONCEPT, 1000)), "picture.concept.scale": ("float32", (CONCEPT,)),
    "picture.learned.class.weight": ("int8", (LEARNED, 1000)), "picture.learned.class.scale": ("float32", (LEARNED,)),
    "picture.learned.linear.weight": ("int8", (LEARNED, 1280)), "picture.learned.linear.scale": ("float32", (LEARNED,)), "picture.learned.linear.bias": ("float32", (LEARNED,)),
    "picture.colour.table": ("uint8", (32768,)), "picture.colour.window": ("uint8", (2, 28, 28)),
    "text.table.weight": ("uint8", (text.WORD_ROWS + text.NGRAM_ROWS, 96)), "text.table.scale": ("float16", (text.WORD_ROWS + text.NGRAM_ROWS,)),
    "text.known": ("uint8", (text.WORD_ROWS,)), "text.pool": ("float32", (192,)), "text.proj.weight": ("int8", (512, 192)), "text.proj.scale": ("float32", (512,)),
    "text.mlp.0.weight": ("int8", (512, 192)), "text.mlp.0.scale": ("float32", (512,)), "text.mlp.0.bias": ("float32", (512,)),
    "text.mlp.1.weight": ("int8", (512, 512)), "text.mlp.1.scale": ("float32", (512,)), "text.mlp.1.bias": ("float32", (512,)),
}


def config(tau, class_scale, concept_weight, views=("squash",), colour_weight=0.2):
    return {
        "model_type": "imagefinder-starter", "format_version": 2, "name": "starter", "dim": DIM, "languages": ["en", "ru"], "licence": "Apache-2.0",
        "provenance": "made for Image Finder by tools/starter/train.sh from EfficientNet-Lite0 and multilingual-e5-small; "
                      "sources and licences are in README.md beside it",
        "picture": {"size": 224, "mean": 127, "std": 128, "stages": tower.STAGES, "features": 1280, "classes": 1000, "concept_dim": CONCEPT, "learned_dim": LEARNED,
                    "tau": tau, "class_scale": class_scale, "concept_weight": concept_weight, "colour_dim": COLOUR, "colour_weight": colour_weight,
                    "colour_background": 0.8, "colour_floor": 0.1, "views": list(views), "preprocessing": 2},
        "text": {"word_rows": text.WORD_ROWS, "ngram_rows": text.NGRAM_ROWS, "width": 192, "hidden": 512, "max_words": text.MAX_WORDS,
                 "ngram_min": 3, "ngram_max": 5, "prefix_min": 3, "prefix_max": 7},
        "calibration": None,
    }


def save(folder, cfg, tensors):
    for name, (dtype, shape) in SHAPES.items():
        t = tensors[name]
        assert t.dtype == dtype and t.shape == shape, (name, t.dtype, t.shape)
    for name, t in tensors.items():
        assert np.isfinite(t.astype(np.float32)).all(), name
    os.makedirs(folder, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, os.path.join(folder, "model.safetensors"))
    os.chmod(os.path.join(folder, "model.safetensors"), 0o644)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
        lines = [f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in cfg.items()]
        f.write("{\n" + ",\n".join(lines) + "\n}\n")


def load(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        cfg = json.load(f)
    return cfg, load_file(os.path.join(folder, "model.safetensors"))
