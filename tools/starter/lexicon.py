"""Reads the bilingual lexicon (tools/starter/lexicon/): names of classes, inner WordNet nodes, everyday concepts."""
import os
import re

import paths


def _lines(name):
    path = os.path.join(paths.LEXICON, name)
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.strip() and not line.startswith("#"):
                yield line.split("\t")


def names(column):
    return [n.strip().lower() for n in column.split(";") if n.strip()]


def synsets(*files):
    """{wnid: (English names, Russian names)}, the most specific name first."""
    return {wnid.strip(): (names(en), names(ru)) for file in files for wnid, en, ru in (line[:3] for line in _lines(file))}


def classes():
    """The 1,000 classes in the classifier's order (sorted wnids)."""
    table = synsets("classes-000.txt", "classes-500.txt")
    assert len(table) == 1000, len(table)
    return [(wnid,) + table[wnid] for wnid in sorted(table)]


def nodes():
    return [(wnid,) + pair for wnid, pair in sorted(synsets("nodes.txt").items())]


def concepts():
    """[(English names, Russian names, [wnids])]"""
    return [(names(c[0]), names(c[1]), re.findall(r"n\d{8}", c[2] if len(c) > 2 else "")) for c in _lines("concepts.txt")]


def words():
    """[(English names, Russian names)] of everyday words that no picture class stands for: translations only."""
    return [(names(c[0]), names(c[1])) for c in _lines("words.txt")]
