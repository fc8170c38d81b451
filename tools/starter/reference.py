"""The whole starter in PyTorch, on the dequantised weights of model.safetensors: the reading of the contract that the C is held to."""
import numpy as np
import torch
import torch.nn.functional as F

import quantise
import text as rules
import tower
import views


class Model:
    def __init__(self, config, tensors):
        self.picture_config = config["picture"]
        self.tower = tower.Tower(tensors)
        self.table = torch.from_numpy(quantise.table_float(tensors["text.table.weight"], tensors["text.table.scale"]))
        self.known = np.array(tensors["text.known"])
        self.pool = torch.from_numpy(np.array(tensors["text.pool"]))

        def matrix(name):
            return torch.from_numpy(quantise.rows_float(tensors[name + ".weight"], tensors[name + ".scale"]))

        self.proj, self.w0, self.w1 = matrix("text.proj"), matrix("text.mlp.0"), matrix("text.mlp.1")
        self.b0, self.b1 = (torch.from_numpy(np.array(tensors[f"text.mlp.{i}.bias"])) for i in (0, 1))

    def picture(self, path):
        with torch.no_grad():
            rows = self.tower.vector(torch.from_numpy(views.normalised(views.views(path, self.picture_config["views"]))), self.picture_config)
            return F.normalize(rows.mean(0), dim=0).numpy()

    def word(self, slot):
        row, bit = divmod(slot, rules.SLOTS)
        return self.table[row] * float(self.known[row] >> bit & 1)

    def text_layers(self, rows):
        """rows: [(word slot, n-gram rows)] -> yields pooled, hidden, vector."""
        vectors = torch.stack([self.word(slot) + (self.table[list(n)].mean(0) if n else 0) for slot, n in rows])
        weights = torch.exp(torch.clamp(vectors @ self.pool, max=30))
        pooled = (weights / weights.sum()) @ vectors
        yield "pooled", pooled
        hidden = torch.relu(self.w0 @ pooled + self.b0)
        yield "hidden", hidden
        yield "vector", F.normalize(self.proj @ pooled + self.w1 @ hidden + self.b1, dim=0)

    def text(self, text):
        with torch.no_grad():
            for _, value in self.text_layers(rules.text_rows(text)):
                pass
            return value.numpy()
