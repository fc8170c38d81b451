"""Text to table rows: exactly "Text tower" 1-3 of docs/internals/starter.md."""
import functools
import re
import unicodedata

import numpy as np

WORD = re.compile("[a-zа-я0-9]+")
WORD_ROWS = 49152
SLOTS = 8  # of a row of whole words: which of them words of the training have is kept, so that other words leave the row alone
NGRAM_ROWS = 45056
MAX_WORDS = 24
LATIN_ALIKE, CYRILLIC_ALIKE = "aceopxykmhtb", "асеорхукмнтв"
LATIN_ALIKE, CYRILLIC_ALIKE = "aceopxykmhtb", "асеорхукмнтв"  # letters that look the same, in the same order


def fold(text):
    return "".join(c.lower()[0] for c in unicodedata.normalize("NFKC", text)).replace("ё", "е")


def same_script(word):
    """Look-alike letters of the other alphabet put right in a word that mixes Latin and Cyrillic."""
    latin, cyrillic = [c for c in word if "a" <= c <= "z"], [c for c in word if "а" <= c <= "я"]
    if not latin or not cyrillic:
        return word
    from_latin, from_cyrillic = all(c in LATIN_ALIKE for c in latin), all(c in CYRILLIC_ALIKE for c in cyrillic)
    if from_latin and (len(cyrillic) >= len(latin) or not from_cyrillic):
        return word.translate(str.maketrans(LATIN_ALIKE, CYRILLIC_ALIKE))
    if from_cyrillic:
        return word.translate(str.maketrans(CYRILLIC_ALIKE, LATIN_ALIKE))
    return word


def words(text):
    return [same_script(w) for w in WORD.findall(fold(text))[:MAX_WORDS]]


def fnv(text):
    h = 2166136261
    for byte in text.encode("utf-8"):
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    return h ^ (h >> 15)


@functools.lru_cache(maxsize=None)
def word_rows(word):
    """(slot of the whole word, rows of its n-grams and prefixes)."""
    framed = "<" + word + ">"
    parts = [framed[i:i + n] for n in (3, 4, 5) for i in range(len(framed) - n + 1)]
    parts += [word[:n] for n in range(3, 8) if n < len(word)]
    return fnv(word) % (SLOTS * WORD_ROWS), tuple(WORD_ROWS + fnv(p) % NGRAM_ROWS for p in parts)


def text_rows(text):
    return [word_rows(w) for w in words(text)]


def known_slots(words_):
    """U8 [WORD_ROWS]: bit SLOT % 8 of row SLOT // 8 for every word."""
    out = np.zeros(WORD_ROWS, np.uint8)
    slots = np.array([word_rows(w)[0] for w in words_])
    np.bitwise_or.at(out, slots // SLOTS, (1 << (slots % SLOTS)).astype(np.uint8))
    return out
