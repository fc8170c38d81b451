#!/usr/bin/env python3
"""Writes tests/golden/starter/{picture,text}.txt: PyTorch on the dequantised weights of models/starter/model.safetensors.

Run with the interpreter of build/starter/venv (tools/starter/fetch.sh makes it). The format is told in tests/golden/starter/README.md."""
import json
import math
import os
import sys

import numpy as np
import torch

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "starter"))
import artefact  # noqa: E402
import paths  # noqa: E402
import reference  # noqa: E402
import text as rules  # noqa: E402

FORMULA = "u8(ch,y,x) = ((x*(3+N) + y*(5+2*N) + ch*37 + ((x*y)>>(4+N)) + 40*(((x>>5)+(y>>5)+ch)&1)) & 255)"
SHORT = {"features", "logits", "concept", "learned", "colour", "vector"}
TEXTS = [
    "кошка", "Кошка", "КОШКА НА ДИВАНЕ", "cat", "a cat", "Cat!", "красная машина", "red car", "собака и кошка", "dog and кошка",
    "ёжик", "ежик", "ЁЛКА", "е\u0308жик", "чаи\u0306ник", "И\u0306ОГУРТ", "чайник", "йогурт", "2 яблока", "яблоко 2024",
    "cat \U0001f431", "\U0001f436 собака \U0001f436", "темно-синий", "ice-cream", "самолёт-истребитель", "я", "мы", "a", "ox", "мяч",
    "\uff43\uff41\uff54", "\uff24\uff2f\uff27 \uff11\uff12", "white\u00a0house", "белый\u00a0дом", "\u0130stanbul", "stra\u00dfe", "STRASSE", "само\u00adлёт",
    "caf\u00e9 au lait", "naïve", "\ufb01sh", "\u2168 век", "x\u00b2 + y\u00b2", "it's a dog", "дом, который построил Джек", "мороженое в вафельном стаканчике",
    "достопримечательности", "electroencephalography", "цветок\tв\nгоршке", "\u0421\u043e\u0431\u0430\u043a\u0430 (щенок)",
    "1 2 3", "0", "щ", "москва-река зимой", "птица на ветке", "a photo of a small bird on a branch of an old tree",
    "на столе стоят чашка с чаем тарелка с яблоками ваза с цветами и лампа а рядом на стуле лежит рыжий кот который смотрит в окно на снег и птиц на дереве",
    " ".join(["very"] * 30 + ["cat"]), "".join(["кот"] * 40), "ｃａｔ и ＤＯＧ", "μ кот", "Ⅳ слон", "кот\u200dик", "ﬂower",
    "к\x6fшка", "\x63\x61т", "R\u043ed \u0441\x61r", "usbкабель", "\u04455m",
]


def header(out, script="tools/golden/starter.py"):
    out.append(f"# Written by {script} with torch {torch.__version__} on the dequantised weights of models/starter/model.safetensors. Format: README.md here.")


def misread(index, count):
    """Indices below count that differ from index in one digit."""
    digits = str(index)
    for place, digit in enumerate(digits):
        for other in "0123456789":
            wrong = int(digits[:place] + other + digits[place + 1:])
            if other != digit and wrong < count:
                yield wrong


def layer(out, name, value, seed, lines):
    """One layer: pseudo-randomly chosen numbers that lie near an integer after scaling by 10^D."""
    value = np.asarray(value, np.float64)
    shape = "x".join(str(n) for n in value.shape)
    flat = value.reshape(-1)
    peak = np.abs(flat).max()
    d = 3 - math.floor(math.log10(peak))
    while peak * 10.0 ** d >= 10000:
        d -= 1
    while peak * 10.0 ** d < 1000:
        d += 1
    scaled = flat * 10.0 ** d
    rounded = np.round(scaled)
    usable = np.flatnonzero((np.abs(rounded) >= 20) & (np.abs(scaled - rounded) < 0.25))
    rng = np.random.default_rng(seed)
    usable = rng.permutation(usable)
    # Where there are enough, only elements whose index cannot be misread: with any one digit changed it names another value.
    # Otherwise a damaged index could go unseen (ReLU6 makes thousands of equal sixes).
    clear = [i for i in usable[:8 * lines]
             if not any(abs(scaled[k] - rounded[i]) <= 0.5 for k in misread(int(i), len(flat)))]
    chosen = np.sort(clear[:lines] if len(clear) >= lines else usable[:lines])
    out.append(f"layer {name} {shape} e-{d}" if d >= 0 else f"layer {name} {shape} e{-d}")
    out += [f"{i} {int(rounded[i])}" for i in chosen]


def picture_input(n):
    ch, y, x = np.meshgrid(np.arange(3), np.arange(224), np.arange(224), indexing="ij")
    u8 = (x * (3 + n) + y * (5 + 2 * n) + ch * 37 + ((x * y) >> (4 + n)) + 40 * (((x >> 5) + (y >> 5) + ch) & 1)) & 255
    return torch.from_numpy(((u8.astype(np.float32) - 127) / 128)[None])


def main():
    model = reference.Model(*artefact.load(paths.MODEL))
    os.makedirs(paths.GOLDEN, exist_ok=True)
    with torch.no_grad():
        out = []
        header(out)
        out.append("# Input of case N: " + FORMULA)
        for n in range(3):
            out.append(f"case {n}")
            for k, (name, value) in enumerate(model.tower.all_layers(picture_input(n), model.picture_config)):
                layer(out, name, value[0].numpy(), 1000 * n + k, 128 if name in SHORT else 64)
        with open(os.path.join(paths.GOLDEN, "picture.txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n")
        out = []
        header(out)
        for n, text in enumerate(TEXTS):
            rows = rules.text_rows(text)
            assert rows, text
            out.append("text " + json.dumps(text))
            out += [f"word {w} : {' '.join(map(str, ngrams))}" for w, ngrams in rows]
            for k, (name, value) in enumerate(model.text_layers(rows)):
                layer(out, name, value.numpy(), 5000 + 10 * n + k, 16)
        with open(os.path.join(paths.GOLDEN, "text.txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n")
    print(f"{len(TEXTS)} texts, 3 pictures")


if __name__ == "__main__":
    main()
