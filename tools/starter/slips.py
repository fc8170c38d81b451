"""Slips of the finger in words of both languages: a wrong letter, letters of the other alphabet, the other keyboard layout.

A generator of chance is anything with random(): random.Random or numpy's.
"""

QWERTY = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
JCUKEN = "ёйцукенгшщзхъфывапролджэячсмитьбю"
SHIFTED_QWERTY = "~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>"
TO_LATIN = dict(zip(JCUKEN + JCUKEN.upper() + "№\";:?./,", QWERTY + SHIFTED_QWERTY + "#@$^&/|?"))
TO_CYRILLIC = dict(zip(QWERTY + SHIFTED_QWERTY + "@#$^&/?|", JCUKEN + JCUKEN.upper() + "\"№;:?.,/"))
ROWS = (("qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,."), ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"))
LOOK_ALIKE = dict(zip("асеорхукАВЕКМНОРСТХУ", "aceopxykABEKMHOPCTXY"))


def keyboard(text):
    """The text as it comes out with the other layout on (кошка <-> rjirf). Which way is told by its letters: Cyrillic ones first."""
    table = TO_LATIN if any("а" <= c.lower() <= "я" or c in "ёЁ" for c in text) else TO_CYRILLIC
    return "".join(table.get(c, c) for c in text)


def _neighbours(letter):
    out = ""
    for rows in ROWS:
        for r, row in enumerate(rows):
            at = row.find(letter)
            if at < 0:
                continue
            out += row[max(at - 1, 0):at] + row[at + 1:at + 2]
            if r > 0:
                out += rows[r - 1][at:at + 2]
            if r + 1 < len(rows):
                out += rows[r + 1][max(at - 1, 0):at + 1]
    return [c for c in out if c.isalpha()]


def _pick(rng, things):
    return things[min(int(rng.random() * len(things)), len(things) - 1)]


def typo(word, rng):
    """The word with one slip: a letter dropped, doubled, swapped with the next, or hit beside. Never the word itself unless it has fewer than three letters."""
    places = [i for i, c in enumerate(word) if c.isalpha()]
    if len(places) < 3:
        return word
    for _ in range(20):
        i = _pick(rng, places[1:] or places)
        kind = int(rng.random() * 4)
        if kind == 0:
            out = word[:i] + word[i + 1:]
        elif kind == 1:
            out = word[:i] + word[i] + word[i:]
        elif kind == 2 and i + 1 < len(word) and word[i + 1].isalpha():
            out = word[:i] + word[i + 1] + word[i] + word[i + 2:]
        elif _neighbours(word[i]):
            out = word[:i] + _pick(rng, _neighbours(word[i])) + word[i + 1:]
        else:
            continue
        if out != word:
            return out
    return word[:-1]


def look_alike(word, rng):
    """The word with one to all of its letters that have a Latin twin replaced by it; the word itself when there is none."""
    places = [i for i, c in enumerate(word) if c in LOOK_ALIKE]
    if not places:
        return word
    chosen = {i for i in places if rng.random() < 0.5} or {_pick(rng, places)}
    if len(chosen) == sum(c.isalpha() for c in word):
        chosen.pop()
    return "".join(LOOK_ALIKE[c] if i in chosen else c for i, c in enumerate(word))
