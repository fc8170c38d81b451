#!/usr/bin/env python3
"""Writes tests/golden/text/fold.txt: what Python's unicodedata makes of every code point, and of texts with marks;
and lookalike.txt: words of both alphabets, and the same words in one.

fold.txt: the folding of docs/internals/starter.md (Text tower 1): NFKC, the first character of each character's lower(), ё -> е.
Format, UTF-8, in this order:
    unicode VERSION
    assigned HEX HEX     first and last of a range of code points that this version assigns; only they are compared
    HEX HEX HEX ...      a code point, and its folding, where that holds one of a-z, а-я, 0-9 and is not the same
    = HEX ... : HEX ...  a sequence of code points, and its folding
Of an assigned code point that has no line, the folding holds no such letter, or is the code point itself.

lookalike.txt (Text tower 2): WORD WORD, UTF-8: as typed, and in one script where look-alikes allow that."""
import os
import random
import re
import sys
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LETTER = re.compile("[a-zа-я0-9]")
LATIN, CYRILLIC = "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя"
PAIRS = "aа cс eе oо pр xх yу kк mм hн tт bв".split()  # look-alikes: the Latin letter, the Cyrillic one


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


def one_script(word):
    """The rule as sets and replacements, letter by letter of PAIRS."""
    latin, cyrillic = [c for c in word if c in LATIN], [c for c in word if c in CYRILLIC]
    if latin and cyrillic:
        ours, theirs = set(latin) <= {pair[0] for pair in PAIRS}, set(cyrillic) <= {pair[1] for pair in PAIRS}
        if ours and theirs:
            ours, theirs = len(latin) <= len(cyrillic), len(latin) > len(cyrillic)
        for pair in PAIRS if ours or theirs else ():
            word = word.replace(pair[0], pair[1]) if ours else word.replace(pair[1], pair[0])
    return word


def mixed_words():
    """Every pair of a Latin and a Cyrillic letter, alone and with a third; and random words, most of them of look-alikes."""
    rng = random.Random(2)
    words = [order for a in LATIN for b in CYRILLIC for order in (a + b, b + a + "7", a + b + a, b + a + b)]
    alike = "".join(PAIRS)
    for _ in range(2000):
        letters = alike * 8 + LATIN + CYRILLIC + "0123456789" * 2 if rng.random() < 0.5 else alike + "09"
        words.append("".join(rng.choices(letters, k=rng.randint(1, 12))))
    return words


def write(name, lines):
    path = os.path.join(ROOT, "tests", "golden", "text", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    print(f"{path}: {len(lines)} lines")


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
    write("fold.txt", out)
    write("lookalike.txt", [f"{word} {one_script(word)}" for word in mixed_words()])


if __name__ == "__main__":
    main()
