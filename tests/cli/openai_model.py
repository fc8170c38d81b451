"""A tiny model with the names and shapes of OpenAI's whose weights are a formula, so that no file of them is kept:
written as safetensors without a configuration, and as OpenAI's vocabulary file. tools/golden/models.py fills the
original class with the same numbers. Standard library and numpy.
"""

import json
import struct

import numpy

DIM, SIDE, LAYERS, WIDTH, PATCH, CONTEXT = 18, 24, 2, 64, 8, 16


def tensors(vocabulary):
    """name -> shape"""
    shapes = {
        "visual.class_embedding": (WIDTH,),
        "visual.positional_embedding": ((SIDE // PATCH) ** 2 + 1, WIDTH),
        "visual.conv1.weight": (WIDTH, 3, PATCH, PATCH),
        "visual.proj": (WIDTH, DIM),
        "token_embedding.weight": (vocabulary, WIDTH),
        "positional_embedding": (CONTEXT, WIDTH),
        "text_projection": (WIDTH, DIM),
        "logit_scale": (),
    }
    norms = ["visual.ln_pre", "visual.ln_post", "ln_final"]
    for tower in ("visual.transformer.resblocks.%d.", "transformer.resblocks.%d."):
        for i in range(LAYERS):
            p = tower % i
            norms += [p + "ln_1", p + "ln_2"]
            shapes[p + "attn.in_proj_weight"], shapes[p + "attn.in_proj_bias"] = (3 * WIDTH, WIDTH), (3 * WIDTH,)
            for name, rows, columns in (
                ("attn.out_proj", WIDTH, WIDTH),
                ("mlp.c_fc", 4 * WIDTH, WIDTH),
                ("mlp.c_proj", WIDTH, 4 * WIDTH),
            ):
                shapes[p + name + ".weight"], shapes[p + name + ".bias"] = (rows, columns), (rows,)
    for name in norms:
        shapes[name + ".weight"] = shapes[name + ".bias"] = (WIDTH,)
    return shapes


def values(name, shape):
    """The weights of one tensor: a sequence of numbers between -1/2 and 1/2 that its name begins, and a size that keeps
    what is computed sane.
    """
    begin = numpy.uint64(sum((i + 1) * ord(c) for i, c in enumerate(name)))
    count = int(numpy.prod(shape)) if shape else 1
    x = numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(2654435761) + begin * numpy.uint64(40503)
    for shift, factor in ((15, 2246822519), (13, 3266489917), (16, 1)):
        x &= numpy.uint64(0xFFFFFFFF)
        x ^= x >> numpy.uint64(shift)
        x *= numpy.uint64(factor)
    unit = (x & numpy.uint64(0xFFFFFFFF)).astype(numpy.float64) / 2**32 - 0.5
    scale = 0.4 if len(shape) == 2 else 0.8 if "bias" not in name else 0.2
    offset = 1.0 if "ln_" in name and name.endswith("weight") else 0.0
    return (unit * scale + offset).astype(numpy.float32).reshape(shape)


def write_weights(path, vocabulary, change=None):
    """change: name -> array, instead of the formula's."""
    header, data, at = {}, [], 0
    for name, shape in tensors(vocabulary).items():
        array = (change or {}).get(name, values(name, shape))
        raw = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def write_vocabulary(path, merges):
    """OpenAI's format of the merges in a merges.txt; the size of its vocabulary."""
    with open(merges, encoding="utf-8") as f:
        lines = f.read().rstrip("\n").split("\n")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    return 512 + len(lines) - 1 + 2
