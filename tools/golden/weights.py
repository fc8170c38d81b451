#!/usr/bin/env python3
"""Writes tests/golden/weights/: small files of weights as PyTorch, safetensors and transformers write them, and in
expected.txt what PyTorch reads from them.

Run with the interpreter of the environment that tools/golden/venv.sh makes. The format of expected.txt is told in
tests/golden/weights/README.md."""
import json
import os
import sys

del sys.path[0]  # the scripts beside this one have the names of packages (tokenizers.py)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers.modeling_utils import shard_checkpoint  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "tests", "golden", "weights")
NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def path(name):
    full = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def tensors():
    """All types, and all kinds of views."""
    torch.manual_seed(5)
    base = torch.randn(4, 3)
    result = {"type." + name: (torch.randn(2, 3) * 9).to(dtype) for dtype, name in NAMES.items() if name != "U8"}
    result["type.U8"] = torch.tensor([[0, 1, 2], [253, 254, 255]], dtype=torch.uint8)
    result["special.F32"] = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-45, 3.4028235e38])
    result["special.F16"] = torch.tensor([0.0, -0.0, float("inf"), 6e-8, 65504.0, 6.1e-5]).half()
    result["special.BF16"] = torch.tensor([0.0, -0.0, float("-inf"), 1e-40, 3.3e38]).bfloat16()
    result["special.F64"] = torch.tensor([1e300, -1e-300, 1 / 3, 16777217.0], dtype=torch.float64)
    result["scalar"] = torch.tensor(4.6052)
    result["scalar.I64"] = torch.tensor(77)
    result["empty"] = torch.empty(0, 3)
    result["empty.inside"] = torch.empty(2, 0, 3, dtype=torch.float16)
    result["shared.whole"] = base
    result["shared.again"] = base
    result["shared.rows"] = base[1:3]
    result["shared.last_row"] = base[3]
    result["shared.last_number"] = base[3, 2]
    result["shared.transposed"] = base.t()
    result["shared.column"] = base[:, 1]
    result["shared.every_second"] = base[::2, ::2]
    result["shared.empty"] = base.flatten()[12:12]
    result["view.expanded"] = torch.arange(3.0)[None].expand(4, 3)
    result["view.position_ids"] = torch.arange(5)[None].expand(1, -1)
    result["view.permuted"] = torch.randn(2, 3, 4, 2).permute(3, 1, 0, 2)
    result["view.channels_last"] = torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last)
    result["parameter"] = torch.nn.Parameter(torch.randn(3, 2))
    result["parameter.frozen"] = torch.nn.Parameter(torch.randn(2).half(), requires_grad=False)
    result["name.имя 🙂"] = torch.randn(1)
    return result


class Block(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attn = torch.nn.MultiheadAttention(width, 2)
        self.ln_1 = torch.nn.LayerNorm(width)
        self.mlp = torch.nn.Sequential(torch.nn.Linear(width, 2 * width), torch.nn.GELU(), torch.nn.Linear(2 * width, width))

    def forward(self, x):
        y = self.ln_1(x)
        return x + self.attn(y, y, y, need_weights=False)[0] + self.mlp(x)


class Tiny(torch.nn.Module):
    """The parts of OpenAI's CLIP by which its archives are recognised."""

    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Module()
        self.conv1 = torch.nn.Conv2d(3, 4, 2, stride=2, bias=False)
        self.norm = torch.nn.BatchNorm2d(4)
        self.blocks = torch.nn.Sequential(*[Block(4) for _ in range(2)])
        self.proj = torch.nn.Parameter(torch.randn(4, 3))
        self.shared = self.blocks[0].ln_1
        self.register_buffer("input_resolution", torch.tensor(4))
        self.sizes = [1, 2, 3]

    def forward(self, x):
        x = self.norm(self.conv1(x)).flatten(2).permute(2, 0, 1)
        return self.shared(self.blocks(x)).mean(0) @ self.proj + self.input_resolution


def tiny():
    torch.manual_seed(6)
    model = Tiny().eval()
    model.conv1.half(), model.proj.data, model.blocks.half()
    return model


def describe(out, name, table):
    """table: what PyTorch (or safetensors) itself reads back."""
    out.append("file " + name)
    for key in sorted(table, key=lambda k: k.encode()):
        t = table[key].detach().cpu().contiguous()
        raw = t.view(torch.int16).numpy().tobytes() if t.dtype == torch.bfloat16 and t.numel() else t.numpy().tobytes() \
            if t.dtype != torch.bfloat16 else b""
        shape = "x".join(map(str, t.shape)) or "scalar"
        out.append("tensor %s %s %s %s" % (key.replace(" ", "\\s"), NAMES[t.dtype], shape, raw.hex() or "-"))
        if t.dtype in (torch.float64, torch.float16, torch.bfloat16):
            out.append("f32 " + " ".join("%.9g" % v for v in t.float().flatten().tolist()))


def saved(out, name, value, table=None, **options):
    torch.save(value, path(name), **options)
    describe(out, name, table(torch.load(path(name))) if table else torch.load(path(name)))


def sharded(out, table, folder, weights_name, save):
    shards, index = shard_checkpoint(table, max_shard_size=200, weights_name=weights_name)
    assert index is not None and len(shards) >= 3
    for file, shard in shards.items():
        save(shard, path(folder + "/" + file))
    with open(path(folder + "/" + weights_name + ".index.json"), "w") as f:
        json.dump(index, f)
    describe(out, folder, table)


def main():
    out = ["# Written by tools/golden/weights.py with torch %s" % torch.__version__]
    table = tensors()
    plain = {k: v.detach().clone().contiguous() for k, v in table.items()}

    saved(out, "views.bin", table)
    saved(out, "views_legacy.bin", table, _use_new_zipfile_serialization=False)
    saved(out, "protocol3.bin", table, pickle_protocol=3)
    saved(out, "protocol4.bin", table, pickle_protocol=4)
    saved(out, "protocol5.bin", table, pickle_protocol=5)
    save_file(plain, path("plain.safetensors"), metadata={"format": "pt"})
    describe(out, "plain.safetensors", plain)

    model = tiny()
    state = model.state_dict()
    saved(out, "ordered.bin", state)
    saved(out, "ordered_legacy.bin", state, _use_new_zipfile_serialization=False)
    traced = torch.jit.trace(model.float(), torch.randn(1, 3, 4, 4))
    traced.conv1.half(), traced.blocks.half()
    traced.save(path("script.pt"))
    again = torch.jit.load(path("script.pt"))
    describe(out, "script.pt", again.state_dict(keep_vars=False))

    optimiser = torch.optim.Adam(model.parameters())
    model.float()(torch.randn(1, 3, 4, 4)).sum().backward()
    optimiser.step()
    small = {k: v for k, v in state.items() if k.startswith(("conv1", "norm"))}
    checkpoint = {"epoch": 3, "arch": "tiny", "best": torch.tensor(0.5), "optimizer": optimiser.state_dict(),
                  "state_dict": {"module." + k: v for k, v in small.items()}, "args": np.float64(0.5)}
    saved(out, "checkpoint.pth", checkpoint,
          lambda c: {k[len("module."):]: v for k, v in c["state_dict"].items()})
    saved(out, "model.pkl", {"model": {**small, "step": 7, "note": "text", "nothing": None, "list": [1.5, True, 1 << 70]}},
          lambda c: {k: v for k, v in c["model"].items() if torch.is_tensor(v)})

    tag = torch.serialization.location_tag
    torch.serialization.location_tag = lambda storage: "cuda:0"
    torch.save(small, path("cuda.bin"))
    torch.save(small, path("cuda_legacy.bin"), _use_new_zipfile_serialization=False)
    torch.serialization.location_tag = tag
    describe(out, "cuda.bin", torch.load(path("cuda.bin"), map_location="cpu"))
    describe(out, "cuda_legacy.bin", torch.load(path("cuda_legacy.bin"), map_location="cpu"))

    shards = {k: plain[k] for k in plain if k.startswith(("type.", "parameter", "shared.", "scalar"))}
    sharded(out, shards, "sharded_safetensors", "model.safetensors",
            lambda t, p: save_file({k: v.contiguous() for k, v in t.items()}, p, metadata={"format": "pt"}))
    sharded(out, shards, "sharded_bin", "pytorch_model.bin", torch.save)

    # What must be refused: a whole module, a table with an entry of numpy, bare data, quantised tensors.
    torch.save(torch.nn.Linear(2, 2), path("refused/module.bin"))
    torch.save(torch.nn.Linear(2, 2), path("refused/module_legacy.bin"), _use_new_zipfile_serialization=False)
    torch.save({"weight": torch.ones(2), "array": np.ones(2)}, path("refused/numpy.bin"))
    torch.save({"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, path("refused/quantised.bin"))
    torch.save({"c": torch.ones(2, dtype=torch.complex64)}, path("refused/complex.bin"))
    torch.save({"s": torch.ones(2).to_sparse()}, path("refused/sparse.bin"))
    torch.save([1, 2, 3], path("refused/list.bin"))
    torch.save({"a": 1}, path("refused/no_tensors.bin"))

    with open(path("expected.txt"), "w") as f:
        f.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
