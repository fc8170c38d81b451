"""Text to table rows: exactly "Text tower" 1-3 of docs/internals/starter.md."""
import functools
import re
import unicodedata

WORD = re.compile("[a-zа-я0-9]+")
WORD_ROWS = 40960
NGRAM_ROWS = 40960
MAX_WORDS = 24


def fold(text):
    return "".join(c.lower()[0] for c in unicodedata.normalize("NFKC", text)).replace("ё", "е")


def words(text):
    return WORD.findall(fold(text))[:MAX_WORDS]


def fnv(text):
    h = 2166136261
    for byte in text.encode("utf-8"):
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    return h ^ (h >> 15)


@functools.lru_cache(maxsize=None)
def word_rows(word):
    """(row of the whole word, rows of its n-grams and prefixes)."""
    framed = "<" + word + ">"
    parts = [framed[i:i + n] for n in (3, 4, 5) for i in range(len(framed) - n + 1)]
    parts += [word[:n] for n in range(3, 8) if n < len(word)]
    return fnv(word) % WORD_ROWS, tuple(WORD_ROWS + fnv(p) % NGRAM_ROWS for p in parts)


def text_rows(text):
    return [word_rows(w) for w in words(text)]
