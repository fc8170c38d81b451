"""Pseudo-features: there are no photographs here, so feature vectors are made that the frozen classifier takes for each class."""
import numpy as np
import torch

import quantise


def classifier(tensors):
    return torch.from_numpy(quantise.rows_float(tensors["picture.classifier.weight"], tensors["picture.classifier.scale"])), torch.from_numpy(tensors["picture.classifier.bias"])


def photograph_mean(gain, bias):
    """The mean feature over photographs of ImageNet, as the last batch norm remembers it: E relu6(Normal(bias, gain^2))."""
    n = torch.distributions.Normal(0.0, 1.0)
    x = bias[:, None] + gain.abs()[:, None] * n.icdf(torch.linspace(0.005, 0.995, 100))[None]
    return x.clamp(0, 6).mean(1)


def make(real, tensors, per_class, photographs=None, seed=11, steps=25):
    """real: [n, 1280] features of real pictures -> [1000, per_class, 1280].

    Starts between a real feature and the mean (every second one: moved to the mean of photographs), climbs log p of the class
    along the covariance of real features, stops at p in .35...95."""
    g = torch.Generator().manual_seed(seed)
    real = torch.from_numpy(real)
    w, b = classifier(tensors)
    mean = real.mean(0)
    centred = real - mean
    c = centred.T @ centred / len(real)
    c = c + 0.3 * torch.diag(torch.diag(c))
    target = torch.arange(1000).repeat_interleave(per_class)
    x = 0.55 * real[torch.randint(len(real), (len(target),), generator=g)] + 0.45 * mean
    if photographs is not None:
        moved = (torch.arange(len(target)) % 2 == 1)[:, None]
        x = torch.where(moved, (x + (photographs - mean)).clamp(0, 6), x)
    stop = 0.35 + 0.6 * torch.rand(len(target), generator=g)
    wc = w @ c
    for _ in range(steps):
        p = torch.softmax(x @ w.T + b, 1)
        own = p.gather(1, target[:, None])[:, 0]
        going = own < stop
        if not going.any():
            break
        step = wc[target] - p @ wc  # C . gradient of log p
        step = 1.6 * step / step.norm(dim=1, keepdim=True)
        x = torch.where(going[:, None], (x + step).clamp(0, 6), x)
    return x.reshape(1000, per_class, 1280).numpy().astype(np.float32)
