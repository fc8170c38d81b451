#!/usr/bin/env python3
"""Writes tests/golden/models/: what published code makes of texts and picture files from end to end, with the tiny models
of tests/golden/clip and one whose weights are a formula (tests/cli/openai_model.py).

    tools/golden/venv.sh V && V/bin/python tools/golden/models.py

bpe.model: a tokenizer of YouTokenToMe for the ruCLIP model; expected.jsonl: one JSON object a line,
{"model", "text", "templates", "ids", "vector"} or {"model", "picture", "vector"}. Vectors have unit length; pictures are
files of tests/golden/pictures and tests/golden/preprocess."""
import json
import os
import sys
import tempfile
import types

del sys.path[0]  # scripts beside this one have the names of packages

import huggingface_hub
import numpy as np
import torch
from PIL import Image
from torchvision import transforms as T

for name in ("hf_hub_url", "cached_download"):  # ruclip asks for them, for downloads alone
    if not hasattr(huggingface_hub, name):
        setattr(huggingface_hub, name, None)
stub = types.ModuleType("more_itertools")
stub.chunked = lambda items, n: (list(items)[i:i + n] for i in range(0, len(list(items)), n))
sys.modules.setdefault("more_itertools", stub)

import clip.model
import ruclip
import ruclip.predictor
import ruclip.processor
import transformers
import youtokentome
from clip.simple_tokenizer import SimpleTokenizer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(ROOT, "tests", "golden")
OUT = os.path.join(GOLDEN, "models")
sys.path.append(os.path.join(ROOT, "tests", "cli"))
import openai_model

TEXTS = ["a photo of a cat", "  A  Photo of 2 CATS! ", "Рыжий кот на диване", "&lt;b&gt; “quoted” ﬁne", "naïve café 👍🏽",
         "x", "кот " * 40]
PICTURES = ["pictures/plain.jpg", "pictures/cmyk.jpg", "pictures/grey16.png", "pictures/rgba-faint.png",
            "pictures/palette.png", "pictures/grey-alpha.png", "preprocess/large.jpg"]


def picture_files():
    return PICTURES


def unit(t):
    return [float(x) for x in (t / t.norm()).flatten()]


def put(out, **row):
    row["vector"] = [round(x, 7) for x in row["vector"]]
    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def run_transformers(out, name):
    folder = os.path.join(GOLDEN, "clip", name)
    model = transformers.CLIPModel.from_pretrained(folder).float().eval()
    prepare = transformers.CLIPImageProcessor.from_pretrained(folder)
    for p in picture_files():
        pixels = prepare(Image.open(os.path.join(GOLDEN, p)), return_tensors="pt")["pixel_values"]
        put(out, model=name, picture=p, vector=unit(model.get_image_features(pixels)[0]))
    if not os.path.exists(os.path.join(folder, "vocab.json")):
        return
    tokenizer = transformers.CLIPTokenizerFast.from_pretrained(folder)
    for text in TEXTS:
        whole = tokenizer(text)["input_ids"]
        ids = tokenizer(text, truncation=True, max_length=model.config.text_config.max_position_embeddings,
                        return_tensors="pt")["input_ids"]
        put(out, model=name, text=text, templates="none", ids=whole, vector=unit(model.get_text_features(ids)[0]))


def run_openai(out):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bpe.txt")
        size = openai_model.write_vocabulary(path, os.path.join(GOLDEN, "tokenizers", "small", "merges.txt"))
        import gzip
        with open(path, "rb") as f, gzip.open(path + ".gz", "wb") as g:
            g.write(f.read())
        tokenizer = SimpleTokenizer(path + ".gz")
    state = {name: torch.from_numpy(openai_model.values(name, shape))
             for name, shape in openai_model.tensors(size).items()}
    model = clip.model.CLIP(openai_model.DIM, openai_model.SIDE, openai_model.LAYERS, openai_model.WIDTH,
                            openai_model.PATCH, openai_model.CONTEXT, size, openai_model.WIDTH, 1,
                            openai_model.LAYERS).eval()
    model.load_state_dict(state)
    prepare = T.Compose([T.Resize(openai_model.SIDE, interpolation=T.InterpolationMode.BICUBIC),  # load() of clip/clip.py
                         T.CenterCrop(openai_model.SIDE), lambda image: image.convert("RGB"), T.ToTensor(),
                         T.Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))])
    for p in picture_files():
        put(out, model="openai", picture=p,
            vector=unit(model.encode_image(prepare(Image.open(os.path.join(GOLDEN, p)))[None])[0]))
    start, end = tokenizer.encoder["<|startoftext|>"], tokenizer.encoder["<|endoftext|>"]
    for text in TEXTS:
        whole = [start] + tokenizer.encode(text) + [end]
        ids = whole if len(whole) <= openai_model.CONTEXT else whole[:openai_model.CONTEXT - 1] + [end]  # truncate=True
        row = torch.zeros(1, openai_model.CONTEXT, dtype=torch.long)
        row[0, :len(ids)] = torch.tensor(ids)
        put(out, model="openai", text=text, templates="none", ids=whole, vector=unit(model.encode_text(row)[0]))


def run_ruclip(out):
    folder = os.path.join(GOLDEN, "clip", "ruclip")
    with open(os.path.join(folder, "config.json")) as f:
        config = json.load(f)
    bpe = os.path.join(OUT, "bpe.model")
    if not os.path.exists(bpe):  # trained once and kept: the trainer orders equals differently each time
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
            f.write("рыжий кот на диване, картинка с котом, фото с собакой, на фото видно: изображение 2 cats\n" * 20)
            f.flush()
            youtokentome.BPE.train(data=f.name, model=bpe, vocab_size=config["vocab_size"])
    mean, std = config.pop("mean"), config.pop("std")
    model = ruclip.CLIP(**config).eval()
    model.load_state_dict(torch.load(os.path.join(folder, "pytorch_model.bin")))
    processor = ruclip.processor.RuCLIPProcessor(bpe, config["image_resolution"], config["context_length"],
                                                 mean, std)
    for p in picture_files():
        pixels = processor.image_transform(Image.open(os.path.join(GOLDEN, p)))[None]
        put(out, model="ruclip", picture=p, vector=unit(model.encode_image(pixels)[0]))
    predictor = ruclip.predictor.Predictor(model, processor, "cpu", bs=2, quiet=True)
    for text in TEXTS:
        row = processor.encode_text(text)
        ids = row.tolist()
        ids = ids[:ids.index(processor.eos_id) + 1]
        put(out, model="ruclip", text=text, templates="none", ids=ids, vector=unit(model.encode_text(row[None])[0]))
        put(out, model="ruclip", text=text, templates="default", ids=ids,
            vector=unit(predictor.get_text_latents([text])[0]))


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "expected.jsonl"), "w", encoding="utf-8") as out:
        for name in ("f32", "shards", "f16", "old-bf16"):
            run_transformers(out, name)
        run_openai(out)
        run_ruclip(out)


if __name__ == "__main__":
    main()
