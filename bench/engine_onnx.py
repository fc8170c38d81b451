"""The starter's picture tower as an ONNX file, written from models/starter with the weights turned back to float32:
what bench/engine.py gives the other engine. Needs numpy and onnx.
"""
import json
import math
import os
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {"I8": np.int8, "U8": np.uint8, "F16": np.float16, "F32": np.float32}


def read_tensors(path):
    """The tensors `picture.*` of a safetensors file."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    tensors = {}
    for name, t in header.items():
        if name.startswith("picture."):
            start, end = t["data_offsets"]
            tensors[name[8:]] = np.frombuffer(data[start:end], TYPES[t["dtype"]]).reshape(t["shape"])
    return tensors


class Writer:
    """Collects nodes; every method returns the name of its output."""

    def __init__(self, tensors):
        self.tensors, self.nodes, self.constants = tensors, [], {}

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name)
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, name):
        q, scale = self.tensors[name + ".weight"], self.tensors[name + ".scale"]
        return self.constant(name + ".weight", q.astype(np.float32) * scale.reshape((-1,) + (1,) * (q.ndim - 1)))

    def conv(self, name, x, size, stride=1, groups=1):
        """A convolution with TensorFlow's SAME padding: the smaller half left and top."""
        kernel = self.tensors[name + ".weight"].shape[-1]
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        pads = [total // 2, total // 2, total - total // 2, total - total // 2]
        bias = self.constant(name + ".bias", self.tensors[name + ".bias"])
        return self.node("Conv", [x, self.weight(name), bias], name, kernel_shape=[kernel] * 2, pads=pads,
                         strides=[stride] * 2, group=groups)

    def relu6(self, x):
        return self.node("Clip", [x, self.constant("zero", 0), self.constant("six", 6)], x + ".relu6")

    def linear(self, name, x, output):
        bias = self.tensors.get(name + ".bias")
        inputs = [x, self.weight(name)] + ([] if bias is None else [self.constant(name + ".bias", bias)])
        return self.node("Gemm", inputs, output, transB=1)

    def softmax(self, x, factor, output):
        scaled = self.node("Mul", [x, self.constant(output + ".factor", factor)], output + ".scaled")
        return self.node("Softmax", [scaled], output, axis=1)


def convolutions(w, config):
    size, block = config["size"] // 2, 0
    x = w.relu6(w.conv("stem", "x", config["size"], 2))
    for repeats, _, first_stride, _, expansion in config["stages"]:
        for i in range(repeats):
            name, stride, y = f"blocks.{block}.", first_stride if i == 0 else 1, x
            if expansion != 1:
                y = w.relu6(w.conv(name + "expand", y, size))
            y = w.relu6(w.conv(name + "depthwise", y, size, stride, w.tensors[name + "depthwise.bias"].size))
            size = math.ceil(size / stride)
            y = w.conv(name + "project", y, size)
            x = w.node("Add", [y, x], name + "sum") if i else y
            block += 1
    return w.relu6(w.conv("head", x, size))


def write(folder, path):
    """folder: models/starter."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)["picture"]
    w = Writer(read_tensors(os.path.join(folder, "model.safetensors")))
    pooled = w.node("GlobalAveragePool", [convolutions(w, config)], "pooled")
    features = w.node("Flatten", [pooled], "features")
    logits = w.linear("classifier", features, "logits")
    concept = w.linear("concept", w.softmax(logits, 1 / config["tau"], "soft"), "prototypes")
    learned = w.node("Add", [w.linear("learned.class", w.softmax(logits, config["class_scale"], "sharp"), "by_class"),
                             w.linear("learned.linear", features, "by_features")], "sum")
    for x, name in ((concept, "concept"), (learned, "learned")):
        w.node("LpNormalization", [x], name, axis=1, p=2)

    size, counts = config["size"], {"features": config["features"], "logits": config["classes"],
                                    "concept": config["concept_dim"], "learned": config["learned_dim"]}
    graph = helper.make_graph(
        w.nodes, "starter", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n]) for name, n in counts.items()],
        list(w.constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
