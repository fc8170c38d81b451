#!/usr/bin/env python3
"""Writes tests/golden/clip/: tiny models of random weights, made and saved by the original classes (transformers'
CLIPModel, openai/CLIP, ruclip), and in each one's expected.txt what those classes compute: pixels, layers, vectors.

    clip.py [FOLDER]             writes all models below FOLDER (default: tests/golden/clip)
    clip.py --expect MODEL       writes MODEL/expected.txt for a model that is there, for instance a published one

Run with the interpreter of the environment that tools/golden/venv.sh makes. The format of expected.txt is told in
tests/golden/clip/README.md. Everything follows from the seeds below: on one kind of machine the files come out the same
to the last byte."""
import glob
import json
import math
import os
import re
import shutil
import sys
import types
import zlib

del sys.path[0]  # scripts beside this one have the names of packages

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision import transforms as T

import clip.model
from transformers import (CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTextConfig, CLIPTokenizerFast,
                          CLIPVisionConfig)

# ruclip asks for a part of the hub's package that it needs for downloads alone.
import huggingface_hub
for name in ("hf_hub_url", "cached_download"):
    if not hasattr(huggingface_hub, name):
        setattr(huggingface_hub, name, None)
sys.modules.setdefault("more_itertools", types.ModuleType("more_itertools"))
import ruclip  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
PICTURES = 3
PICTURE_SAMPLES, TEXT_SAMPLES = 24, 14


# ---- Weights: activations of a sane size, and a few channels that stand out, as trained models have them -----------


def fill(model, seed):
    generator = torch.Generator().manual_seed(seed)

    def normal(shape, scale):
        return torch.randn(shape, generator=generator) * scale

    with torch.no_grad():
        for name, p in model.named_parameters():
            if name == "logit_scale":
                p.fill_(4.6052 - seed * 0.01)
            elif p.dim() == 1 and re.search(r"(norm\d?|ln_\w+)\.weight$", name):
                p.copy_(1 + normal(p.shape, 0.15))
                p[3] = 4
                p[p.numel() // 2] = 0.05
            elif p.dim() == 1:
                p.copy_(normal(p.shape, 0.5 if "class" in name else 0.1))
            elif "position" in name:
                p.copy_(normal(p.shape, 0.5))
                p[:, 5] += 6
            elif "token_embedding" in name:
                p.copy_(normal(p.shape, 0.7))
            elif p.dim() == 4:
                p.copy_(normal(p.shape, 1 / math.sqrt(p[0].numel())))
            elif name in ("visual.proj", "text_projection"):  # [in, out]
                p.copy_(normal(p.shape, 1 / math.sqrt(p.shape[0])))
            else:
                p.copy_(normal(p.shape, 1 / math.sqrt(p.shape[1])))
                if re.search(r"(fc2|c_proj)\.weight$", name):
                    p[7] *= 4
    return model.eval()


# ---- What the classes compute --------------------------------------------------------------------------------------


class Layers:
    """Values of layers by name, as [rows, columns]."""

    def __init__(self):
        self.values, self.hooks = {}, []

    def keep(self, name, value):
        self.values[name] = value.detach().float().reshape(-1, value.shape[-1]).numpy()

    def output(self, module, name, change=lambda x: x):
        self.hooks.append(module.register_forward_hook(
            lambda m, given, out: self.keep(name, change(out[0] if isinstance(out, tuple) else out))))

    def input(self, module, name, change=lambda x: x):
        self.hooks.append(module.register_forward_pre_hook(lambda m, given: self.keep(name, change(given[0]))))

    def close(self):
        for hook in self.hooks:
            hook.remove()


class Transformers:
    family = "transformers"

    def __init__(self, folder):
        self.model = CLIPModel.from_pretrained(folder).float().eval()
        self.processor = CLIPImageProcessor.from_pretrained(folder)
        self.config = self.model.config
        text, vision = self.config.text_config, self.config.vision_config
        self.size, self.context, self.vocab = vision.image_size, text.max_position_embeddings, text.vocab_size
        self.end = self.vocab - 1 if text.eos_token_id == 2 else text.eos_token_id
        self.begin = self.vocab - 2
        self.first_end = text.eos_token_id != 2

    def line(self):
        text, vision = self.config.text_config, self.config.vision_config
        return [self.config.projection_dim, self.size, vision.patch_size, vision.hidden_size,
                vision.num_attention_heads, vision.num_hidden_layers, vision.intermediate_size, self.context,
                self.vocab, text.hidden_size, text.num_attention_heads, text.num_hidden_layers, text.intermediate_size,
                self.end if self.first_end else -1, self.processor.size["shortest_edge"], int(self.processor.resample)]

    def pixels(self, rgb):
        return self.processor(Image.fromarray(rgb), return_tensors="pt", do_resize=False,
                              do_center_crop=False)["pixel_values"]

    def hook(self, layers, tower):
        for i, block in enumerate(tower.encoder.layers):
            layers.output(block, f"block.{i}")
        block = tower.encoder.layers[0]
        for part in "qkv":
            layers.output(getattr(block.self_attn, part + "_proj"), part)
        layers.input(block.self_attn.out_proj, "block.0.attention")
        layers.input(block.mlp.fc2, "block.0.up")

    def join(self, layers):
        v = layers.values
        v["block.0.qkv"] = np.concatenate([v.pop("q"), v.pop("k"), v.pop("v")], axis=1)
        return v

    def picture(self, pixels):
        tower, layers = self.model.vision_model, Layers()
        layers.output(tower.embeddings, "embeddings")
        layers.output(tower.pre_layrnorm, "pre_norm")
        layers.output(tower.post_layernorm, "pooled")
        self.hook(layers, tower)
        layers.keep("vector", self.model.get_image_features(pixel_values=pixels))
        layers.close()
        return self.join(layers)

    def text(self, ids):
        tower, layers = self.model.text_model, Layers()
        layers.output(tower.embeddings, "embeddings")
        layers.output(tower.final_layer_norm, "pooled")
        self.hook(layers, tower)
        ids = torch.tensor([ids])
        vector = self.model.get_text_features(input_ids=ids)
        at = int(ids.argmax())
        if self.first_end:  # the rule of later versions, when the configuration names the end mark: its first place
            at = int((ids == self.end).int().argmax())
            vector = self.model.text_projection(torch.from_numpy(layers.values["pooled"][at:at + 1]))
        layers.close()
        layers.values["pooled"] = layers.values["pooled"][at:at + 1]
        layers.keep("vector", vector)
        return self.join(layers), at + 1


class OpenAI:
    """openai/CLIP: the archive's state dict in the class, in float32 (what the package does on a CPU)."""
    family = "openai"

    def __init__(self, folder):
        archive = torch.jit.load(glob.glob(os.path.join(folder, "*.pt"))[0], map_location="cpu")
        state = archive.state_dict()
        self.size = int(state["input_resolution"])
        self.model = clip.model.build_model(state).float()
        self.end, self.begin = self.model.vocab_size - 1, self.model.vocab_size - 2
        self.common(-1, self.size, 3)
        # _transform of clip.py, but for what it does to a picture of exactly this size
        self.transform = T.Compose([lambda picture: picture.convert("RGB"), T.ToTensor(),
                                    T.Normalize(OPENAI_MEAN, OPENAI_STD)])

    def common(self, end, resize, resample):
        m = self.model
        self.context, self.vocab = m.context_length, m.vocab_size
        blocks, text = m.visual.transformer.resblocks, m.transformer.resblocks
        self.numbers = [m.text_projection.shape[1], self.size, m.visual.conv1.kernel_size[0],
                        m.visual.transformer.width, blocks[0].attn.num_heads, len(blocks),
                        blocks[0].mlp.c_fc.out_features, self.context, self.vocab, m.transformer.width,
                        text[0].attn.num_heads, len(text), text[0].mlp.c_fc.out_features, end,
                        resize, resample]

    def line(self):
        return self.numbers

    def pixels(self, rgb):
        return self.transform(Image.fromarray(rgb))[None]

    def hook(self, layers, blocks):
        def turn(x):
            return x.permute(1, 0, 2)

        for i, block in enumerate(blocks):
            layers.output(block, f"block.{i}", turn)
        layers.output(blocks[0].ln_1, "normed", turn)
        layers.input(blocks[0].mlp.c_proj, "block.0.up", turn)
        layers.output(blocks[0].attn, "out", turn)

    def join(self, layers, blocks, causal):
        """MultiheadAttention shows neither its product nor what goes into its last layer: computed from its weights,
        and what comes out of the last layer is the proof."""
        attn, v = blocks[0].attn, layers.values
        qkv = F.linear(torch.from_numpy(v.pop("normed")), attn.in_proj_weight, attn.in_proj_bias)
        n, heads = len(qkv), attn.num_heads
        q, k, value = (x.reshape(n, heads, -1).transpose(0, 1) for x in qkv.chunk(3, dim=1))
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        if causal:
            scores = scores + torch.full((n, n), float("-inf")).triu(1)
        mixed = (scores.softmax(-1) @ value).transpose(0, 1).reshape(n, -1)
        assert np.abs(attn.out_proj(mixed).detach().numpy() - v.pop("out")).max() < 1e-4
        layers.keep("block.0.qkv", qkv)
        layers.keep("block.0.attention", mixed)
        return v

    def picture(self, pixels):
        tower, layers = self.model.visual, Layers()
        blocks = tower.transformer.resblocks
        layers.input(tower.ln_pre, "embeddings")
        layers.output(tower.ln_pre, "pre_norm")
        layers.output(tower.ln_post, "pooled")
        self.hook(layers, blocks)
        layers.keep("vector", self.model.encode_image(pixels))
        layers.close()
        return self.join(layers, blocks, False)

    def place(self, ids):
        return int(torch.tensor(ids).argmax())

    def text(self, ids):
        layers, blocks = Layers(), self.model.transformer.resblocks
        layers.input(self.model.transformer, "embeddings", lambda x: x.permute(1, 0, 2))
        layers.output(self.model.ln_final, "pooled")
        self.hook(layers, blocks)
        at = self.place(ids)
        layers.keep("vector", self.model.encode_text(torch.tensor([ids + [0] * (self.context - len(ids))])))
        layers.close()
        layers.values["pooled"] = layers.values["pooled"][at:at + 1]
        return self.join(layers, blocks, True), at + 1


class RuCLIP(OpenAI):
    family = "ruclip"

    def __init__(self, folder):
        self.model = ruclip.CLIP.from_pretrained(folder).float().eval()
        with open(os.path.join(folder, "config.json")) as f:
            config = json.load(f)
        self.size, self.begin, self.end = config["image_resolution"], 2, 3
        self.common(3, self.size, 2)
        tokenizer = os.path.join(ROOT, "tests", "golden", "tokenizers", "small-yttm.model")
        processor = ruclip.RuCLIPProcessor(tokenizer, self.size, self.context, config.get("mean"), config.get("std"))
        self.transform = processor.image_transform

    def place(self, ids):
        return ids.index(self.end)


# ---- expected.txt --------------------------------------------------------------------------------------------------


def picture(size, n):
    """The formula stands in tests/golden/test_clip.c too. The last one has every level in every channel."""
    y, x, ch = np.mgrid[0:size, 0:size, 0:3]
    i = y * size + x
    if n == PICTURES - 1:
        return ((i + ch * 85 + i // 256 * 31) & 255).astype(np.uint8)
    return ((x * (3 + n) + y * (5 + 2 * n) + ch * 37 + ((x * y) >> (4 + n)) + 40 * (((x >> 3) + (y >> 3) + ch) & 1))
            & 255).astype(np.uint8)


def layer(out, name, value, rows, samples, rng):
    """SAMPLES numbers of the first `rows` rows that are not small, or all of a vector."""
    value = value[:rows]
    flat = value.reshape(-1)
    peak = float(np.abs(flat).max())
    assert np.isfinite(peak) and peak > 0, name
    if name == "vector":
        chosen = np.arange(flat.size)
    else:
        usable = np.flatnonzero(np.abs(flat) >= 0.02 * peak)
        chosen = np.sort(rng.choice(usable, min(samples, usable.size), replace=False))
    out.append(f"layer {name} {value.shape[0]} {value.shape[1]} {peak:.6e}")
    out.append(" ".join(f"{i}:{flat[i]:.6e}" for i in chosen))


def cut(ids, context, end):
    """As every family's tokenizer does, when it is told to cut."""
    return ids if len(ids) <= context else ids[:context - 1] + [end]


def texts(m, rng):
    """Of 1 token to far more than the context; with two end marks, and with none."""
    special = {m.begin, m.end}
    words = [i for i in range(4, m.vocab) if i not in special]
    middle = max(3, min(7, m.context - 2))
    lengths = [0, 1, middle, m.context - 3, m.context - 2, m.context - 1, 3 * m.context]
    result = [[m.end]]
    result += [[m.begin] + [int(i) for i in rng.choice(words, n)] + [m.end] for n in lengths]
    if m.family != "ruclip":  # its class takes the places of all end marks
        result.append([m.begin, words[0], m.end, words[1], words[2], m.end])
        result.append([words[1], words[-1], words[0], words[-1], words[2]])
    return result


def expect(m, folder):
    rng = np.random.default_rng(1)
    names = ["embeddings", "pre_norm", "block.0.qkv", "block.0.attention", "block.0.up"]

    def order(got):
        blocks = sorted((k for k in got if re.fullmatch(r"block\.\d+", k)), key=lambda k: int(k[6:]))
        return [k for k in names if k in got] + blocks + ["pooled"]

    out = [f"# Written by tools/golden/clip.py with torch {torch.__version__}; format: tests/golden/clip/README.md",
           f"model {m.family} " + " ".join(str(n) for n in m.line())]
    with torch.no_grad():
        for n in range(PICTURES):
            pixels = m.pixels(picture(m.size, n))
            got = m.picture(pixels)
            out.append(f"picture {n} {zlib.crc32(pixels.numpy().astype('<f4').tobytes()):08x}")
            for name in order(got) if n == 0 else []:
                layer(out, name, got[name], len(got[name]), PICTURE_SAMPLES, rng)
            layer(out, "vector", got["vector"], 1, 0, rng)
        for n, ids in enumerate(texts(m, rng)):
            got, rows = m.text(cut(ids, m.context, m.end))
            out.append(f"text {m.end} " + " ".join(str(i) for i in ids))
            for name in order(got) if n in (0, 3, 7) else []:
                layer(out, name, got[name], 1 if name == "pooled" else rows, TEXT_SAMPLES, rng)
            layer(out, "vector", got["vector"], 1, 0, rng)
    with open(os.path.join(folder, "expected.txt"), "w") as f:
        f.write("\n".join(out) + "\n")


def open_model(folder):
    if os.path.exists(os.path.join(folder, "config.json")):
        with open(os.path.join(folder, "config.json")) as f:
            return (Transformers if "model_type" in json.load(f) else RuCLIP)(folder)
    return OpenAI(folder)


# ---- The models ----------------------------------------------------------------------------------------------------


def vision(**keys):
    return CLIPVisionConfig(projection_dim=keys.pop("dim"), **keys).to_dict()


def text(**keys):
    return CLIPTextConfig(projection_dim=keys.pop("dim"), **keys).to_dict()


def save_f32(folder):
    """What CLIPModel and CLIPProcessor save today, whole."""
    small = os.path.join(ROOT, "tests", "golden", "tokenizers", "small")
    tokenizer = CLIPTokenizerFast(os.path.join(small, "vocab.json"), os.path.join(small, "merges.txt"))
    config = CLIPConfig(
        vision_config=vision(dim=17, hidden_size=24, num_attention_heads=3, intermediate_size=40, num_hidden_layers=3,
                             image_size=35, patch_size=7),
        text_config=text(dim=17, hidden_size=12, num_attention_heads=4, intermediate_size=22, num_hidden_layers=3,
                         max_position_embeddings=13, vocab_size=len(tokenizer)), projection_dim=17)
    fill(CLIPModel(config), 1).save_pretrained(folder, safe_serialization=True)
    CLIPProcessor(CLIPImageProcessor(size={"shortest_edge": 35}, crop_size={"height": 35, "width": 35}),
                  tokenizer).save_pretrained(folder)


def save_shards(folder):
    """Other activations, epsilons, filters and sizes; pixels beyond the last patch; a shorter side before the crop."""
    config = CLIPConfig(
        vision_config=vision(dim=21, hidden_size=30, num_attention_heads=5, intermediate_size=50, num_hidden_layers=2,
                             image_size=40, patch_size=9, hidden_act="gelu", layer_norm_eps=1e-6),
        text_config=text(dim=21, hidden_size=28, num_attention_heads=2, intermediate_size=33, num_hidden_layers=3,
                         max_position_embeddings=9, vocab_size=97, hidden_act="gelu_new", layer_norm_eps=1e-3,
                         eos_token_id=96, bos_token_id=95), projection_dim=21)
    fill(CLIPModel(config), 2).save_pretrained(folder, safe_serialization=True, max_shard_size="40KB")
    CLIPImageProcessor(size={"shortest_edge": 47}, crop_size={"height": 40, "width": 40}, resample=2,
                       image_mean=[0.5, 0.25, 0.4], image_std=[0.5, 0.3, 0.2],
                       rescale_factor=1 / 256).save_pretrained(folder)


def save_f16(folder):
    """pytorch_model.bin in float16; the end mark is not the largest id."""
    config = CLIPConfig(
        vision_config=vision(dim=23, hidden_size=26, num_attention_heads=1, intermediate_size=40, num_hidden_layers=3,
                             image_size=45, patch_size=9),
        text_config=text(dim=23, hidden_size=18, num_attention_heads=6, intermediate_size=29, num_hidden_layers=2,
                         max_position_embeddings=16, vocab_size=64, eos_token_id=7), projection_dim=23)
    fill(CLIPModel(config), 3).half().save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": 45}, crop_size={"height": 45, "width": 45}).save_pretrained(folder)


def save_old(folder):
    """bfloat16, and the configurations of 2021: the parts in ..._dict (what stands beside it does not count), no key
    that has its default, plain numbers for sizes."""
    vision_keys = dict(hidden_size=28, num_attention_heads=4, intermediate_size=24, num_hidden_layers=2, image_size=33,
                       patch_size=11)
    text_keys = dict(hidden_size=20, num_attention_heads=5, intermediate_size=27, num_hidden_layers=3, vocab_size=50)
    config = CLIPConfig(vision_config=vision_keys, text_config=text_keys, projection_dim=31)
    fill(CLIPModel(config), 4).bfloat16().save_pretrained(folder)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 31, "text_config": None,
                   "text_config_dict": text_keys, "vision_config": {"hidden_size": 99, "layer_norm_eps": 0.5},
                   "vision_config_dict": vision_keys}, f, indent=2)
    with open(os.path.join(folder, "preprocessor_config.json"), "w") as f:
        json.dump({"crop_size": 33, "do_center_crop": True, "do_normalize": True, "do_resize": True,
                   "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": OPENAI_MEAN, "image_std": OPENAI_STD,
                   "resample": 3, "size": 33}, f, indent=2)


class Archive(clip.model.CLIP):
    """As in OpenAI's archives: three numbers are buffers."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        for key, value in (("input_resolution", sizes[1]), ("context_length", sizes[5]), ("vocab_size", sizes[6])):
            self.__dict__.pop(key, None)
            self.register_buffer(key, torch.tensor(value))


def save_openai(folder):
    model = fill(Archive(27, 23, 2, 64, 7, 12, 90, 64, 1, 1), 5)
    half = fill(Archive(27, 23, 2, 64, 7, 12, 90, 64, 1, 1), 5)
    clip.model.convert_weights(half)
    pixels, ids = torch.zeros(1, 3, 23, 23), torch.zeros(1, 12, dtype=torch.long)
    with torch.no_grad():
        script = torch.jit.trace_module(model, {"forward": (pixels, ids), "encode_image": (pixels,),
                                                "encode_text": (ids,)}, check_trace=False)
    types_of = {name: p.dtype for name, p in half.named_parameters()}  # a CPU cannot trace in float16
    for name, p in script.named_parameters():
        p.data = p.data.to(types_of[name])
    torch.jit.save(script, os.path.join(folder, "ViT-tiny.pt"))


def save_ruclip(folder):
    config = dict(embed_dim=19, image_resolution=23, vision_layers=1, vision_width=64, vision_patch_size=5,
                  context_length=15, vocab_size=70, transformer_width=20, transformer_heads=5, transformer_layers=3)
    torch.save(fill(ruclip.CLIP(**config), 6).state_dict(), os.path.join(folder, "pytorch_model.bin"))
    config.update(mean=[0.48, 0.46, 0.41], std=[0.27, 0.26, 0.28])
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f)


def main():
    torch.set_num_threads(1)
    if len(sys.argv) == 3 and sys.argv[1] == "--expect":
        expect(open_model(sys.argv[2]), sys.argv[2])
        return
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "tests", "golden", "clip")
    for name, save in (("f32", save_f32), ("shards", save_shards), ("f16", save_f16), ("old-bf16", save_old),
                       ("openai", save_openai), ("ruclip", save_ruclip)):
        folder = os.path.join(top, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        save(folder)
        expect(open_model(folder), folder)


main()
