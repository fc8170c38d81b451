#!/usr/bin/env python3
"""Queries as people type them, and whether they find what the correct spelling finds.

    typed.py        prints the 200 queries: kind, what is typed, the correct spelling

The queries are made from the lexicon with a fixed seed: another lexicon gives other queries. A query is right when at least 5 of its first 10 pictures
are among the first 10 of the correct spelling.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import forms
import lexicon

SEED = 20261124
TOP, ENOUGH = 10, 5
RUSSIAN = {"word form": 35, "phrase form": 20, "ё or е": 10, "diminutive": 20, "two alphabets": 15, "slip": 25, "layout": 15, "capitals": 8, "filler": 12}
ENGLISH = {"plural": 8, "slip": 12, "layout": 10, "capitals": 4, "filler": 6}
RUSSIAN_FILLERS = ("фото {}", "фотография {}", "картинка {}", "картинки {}", "фотки {}", "много {}", "снимок {}")
ENGLISH_FILLERS = ("photo of a {}", "picture of {}", "a {}", "my {}", "pictures of a {}")


class Names:
    """The lexicon's names of things, in both languages."""

    def __init__(self):
        things = [row[:2] for row in lexicon.synsets("classes-000.txt", "classes-500.txt").values()]
        groups = [row[:2] for row in lexicon.synsets("nodes.txt").values()]
        concepts = [(c[0], c[1]) for c in lexicon.concepts()]
        every = [tuple(names) for rows in (things, groups, concepts) for names in rows]
        self.words = {w for en, ru in every for name in en + ru for w in name.split()}
        self.words |= {w for en, ru in lexicon.words() for name in en + ru for w in name.split()}
        # A third of the draws from each kind of name, or rare species would be most of them.
        self.russian = [sorted({n for _, ru in rows for n in ru if re.fullmatch("[а-яё -]+", n)}) for rows in (things, groups, concepts)]
        self.english = [sorted({n for en, _ in rows for n in en if re.fullmatch("[a-z -]+", n)}) for rows in (things, groups, concepts)]

    @staticmethod
    def draw(rng, lists, wanted):
        while True:
            name = rng.choice(rng.choice([x for x in lists if x]))
            if wanted(name):
                return name


def is_noun(name):
    """A single Russian noun in the singular, of four letters or more, as far as its ending tells."""
    return len(name) >= 4 and " " not in name and not re.search("(ть|ться|чь|ский|ный|ые|ие)$", name) and len(forms.slots(name)) == 9


def is_phrase(name):
    return " " in name and len(forms.phrase_forms(name)) > 5


def has_yo(name):
    return "ё" in name


def has_six(name):
    return " " not in name and "-" not in name and len(name) >= 6


def russian_query(kind, names, rng):
    """(typed, correct) of one kind, or None when the name drawn is not fit for it."""
    fit = {"phrase form": is_phrase, "ё or е": has_yo, "slip": has_six}.get(kind, is_noun)
    if kind in ("layout", "capitals"):
        fit = lambda name: len(name) >= 4  # noqa: E731
    name = names.draw(rng, names.russian, fit)
    if kind == "word form":
        typed = rng.choice(forms.slots(name))
    elif kind == "phrase form":
        typed = rng.choice(forms.phrase_forms(name)[1:])
    elif kind == "ё or е":
        typed = name.replace("ё", "е")
    elif kind == "diminutive":
        fresh = [d for d in forms.diminutives(name) if d not in names.words]
        typed = fresh[0] if fresh else name
    elif kind == "two alphabets":
        typed = forms.look_alike(name, rng)
    elif kind == "slip":
        typed = forms.typo(name, rng)
    elif kind == "layout":
        typed = forms.keyboard(name)
    elif kind == "capitals":
        typed = rng.choice((str.upper, str.title))(name)
    else:
        filler = rng.choice(RUSSIAN_FILLERS)
        typed = filler.format(forms.slots(name)[5 if filler.startswith(("картинки", "фотки", "много")) else 0])
    return None if typed == name else (typed, name)


def plural(word):
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def english_query(kind, names, rng):
    fit = has_six if kind == "slip" else lambda name: len(name) >= 4 and not name.endswith("s")
    name = names.draw(rng, names.english, fit)
    if kind == "plural":
        typed = plural(name)
    elif kind == "slip":
        typed = forms.typo(name, rng)
    elif kind == "layout":
        typed = forms.keyboard(name)
    elif kind == "capitals":
        typed = name.upper()
    else:
        typed = rng.choice(ENGLISH_FILLERS).format(name)
    return None if typed == name else (typed, name)


def queries():
    """[(kind, typed, correct)], the same ones for the same lexicon."""
    names, out = Names(), []
    for language, kinds, make in (("ru", RUSSIAN, russian_query), ("en", ENGLISH, english_query)):
        for kind, count in kinds.items():
            rng = random.Random(f"{SEED} {language} {kind}")  # a kind's queries do not depend on the other kinds
            made = {}
            while len(made) < count:
                pair = make(kind, names, rng)
                if pair:
                    made.setdefault(pair[1], pair[0])
            out += [(f"{language} {kind}", typed, correct) for correct, typed in made.items()]
    return out


class Searcher:
    """Searches with the program in a home of its own, as anybody would: the swap of the layout is the program's."""

    def __init__(self, program, home, pictures, model):
        self.base = [os.path.abspath(program)]
        self.options = ["--home", home] + (["--model", model] if model else [])
        self.seen = {}
        subprocess.run(self.base + ["index", *pictures, "--quiet"] + self.options, check=True, stdout=subprocess.DEVNULL)

    def first(self, text):
        if text not in self.seen:
            # Leading blank: a query may begin with a key that the command line reads otherwise (- or @).
            done = subprocess.run(self.base + ["search", " " + text, "--json", "-k", str(TOP)] + self.options, stdout=subprocess.PIPE, check=False)
            if done.returncode not in (0, 1):
                sys.exit(f"typed.py: the program failed for the query {text!r}")
            self.seen[text] = [hit["item"] for hit in json.loads(done.stdout)["results"]]
        return self.seen[text]


def measure(program, model, pictures):
    """{kind: [(typed, correct, how many of the first ten are shared)]}; pictures: folders."""
    out = {}
    with tempfile.TemporaryDirectory() as home:
        searcher = Searcher(program, os.path.join(home, "home"), pictures, model)
        for kind, typed, correct in queries():
            shared = len(set(searcher.first(typed)) & set(searcher.first(correct)))
            out.setdefault(kind, []).append((typed, correct, shared))
    return out


def share(rows):
    return round(100 * sum(shared >= ENOUGH for _, _, shared in rows) / len(rows), 1)


def show(result):
    every = [row for rows in result.values() for row in rows]
    print(f"queries as people type them: {share(every):.1f} % of {len(every)} share at least {ENOUGH} of their first {TOP} with the correct spelling's")
    print("    " + ", ".join(f"{kind} {share(rows):.0f}" for kind, rows in result.items()))
    print("    not: " + ", ".join(f"{typed} ({correct}) {shared}" for _, typed, correct, shared in
                                 ((kind, *row) for kind, rows in result.items() for row in rows) if shared < ENOUGH))


if __name__ == "__main__":
    for row in queries():
        print("\t".join(row))
