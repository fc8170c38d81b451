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


def column(line, k):
    return names(line[k]) if len(line) > k else []


def synsets(*files):
    """{wnid: (English names, Russian names, English phrases, Russian phrases)}, the most specific name first."""
    return {line[0].strip(): tuple(column(line, k) for k in (1, 2, 3, 4)) for file in files for line in _lines(file)}


def classes():
    """The 1,000 classes in the classifier's order (sorted wnids): [(wnid, en, ru, English phrases, Russian phrases)]."""
    table = synsets("classes-000.txt", "classes-500.txt")
    assert len(table) == 1000, len(table)
    return [(wnid,) + table[wnid] for wnid in sorted(table)]


def nodes():
    """Like classes(), of inner WordNet nodes."""
    return [(wnid,) + row for wnid, row in sorted(synsets("nodes.txt").items())]


def concepts():
    """[(English names, Russian names, [wnids], English phrases, Russian phrases)]"""
    return [(column(c, 0), column(c, 1), re.findall(r"n\d{8}", c[2] if len(c) > 2 else ""), column(c, 3), column(c, 4)) for c in _lines("concepts.txt")]


def words():
    """[(English names, Russian names)] of everyday words that no picture class stands for: translations only."""
    return [(column(c, 0), column(c, 1)) for c in _lines("words.txt")]


def colours():
    """[(kind, bins, strength, English words, Russian words)]; kind: colour (names of colours) or scene (words that imply colours)."""
    return [(c[0], c[1], float(c[2]), column(c, 3), column(c, 4)) for c in _lines("colours.txt")]


def emoji():
    """{English name: wnid of what the emoji shows}"""
    return {c[0]: c[1] for c in _lines("emoji.txt") if c[1] != "-"}
