#!/usr/bin/env python3
"""Writes tests/golden/text/fold.txt: what Python's unicodedata makes of every code point, and of texts with marks.

The folding of docs/internals/starter.md (Text tower 1): NFKC, the first character of each character's lower(), ё -> е.
Format, UTF-8, in this order:
    unicode VERSION
    assigned HEX HEX     first and last of a range of code points that this version assigns; only they are compared
    HEX HEX HEX ...      a code point, and its folding, where that holds one of a-z, а-я, 0-9 and is not the same
    = HEX ... : HEX ...  a sequence of code points, and its folding
Of an assigned code point that has no line, the folding holds no such letter, or is the code point itself."""
import os
import random
import re
import sys
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LETTER = re.compile("[a-zа-я0-9]")


def fold(text):
    return "".join(c.lower()[0] for c in unicodedata.normalize("NFKC", text)).replace("ё", "е")


def hexes(text):
    return " ".join(f"{ord(c):x}" for c in text)


def sequences():
    """Random mixtures of letters, marks and compatibility characters: composition and the order of marks."""
    rng = random.Random(1)
    codes = (*range(0x41, 0x5B), *range(0x410, 0x452), *range(0x300, 0x345), *range(0xFB00, 0xFB07),
             *range(0x2460, 0x2474),
             0x401, 0x407, 0x130, 0x131, 0x17F, 0xAD, 0xA0, 0xDF, 0x1E9E, 0x200D, 0x212A, 0x2168, 0x3A3, 0x483, 0xFF21,
             0x1F431)
    pieces = [chr(c) for c in codes]
    return ["".join(rng.choices(pieces, k=rng.randint(2, 9))) for _ in range(400)]


def assigned():
    """(first, last) of each range, without surrogates, which UTF-8 does not have."""
    first = None
    for code in range(1, sys.maxunicode + 2):
        known = code <= sys.maxunicode and unicodedata.category(chr(code)) not in ("Cn", "Cs")
        if known and first is None:
            first = code
        if not known and first is not None:
            yield first, code - 1
            first = None


def main():
    ranges = list(assigned())
    out = [f"unicode {unicodedata.unidata_version}"]
    out += [f"assigned {first:x} {last:x}" for first, last in ranges]
    for code in (c for first, last in ranges for c in range(first, last + 1)):
        char = chr(code)
        folded = fold(char)
        if folded != char and LETTER.search(folded):
            out.append(f"{code:x} {hexes(folded)}")
    out += [f"= {hexes(s)} : {hexes(fold(s))}" for s in sequences()]
    path = os.path.join(ROOT, "tests", "golden", "text", "fold.txt")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")
    print(f"{path}: {len(out)} lines")


if __name__ == "__main__":
    main()
