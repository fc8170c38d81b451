"""Symmetric int8 per row (the scale with the least squared error), int4 with fp16 row scales, and back."""
import numpy as np


def _best_scale(w, top, fractions):
    """w: rows x n float32. The scale of each row that rounds with the least squared error."""
    peak = np.maximum(np.abs(w).max(1), 1e-12)
    best, best_error = peak / top, np.full(len(w), np.inf)
    for fraction in fractions:
        scale = peak * fraction / top
        q = np.clip(np.round(w / scale[:, None]), -top, top)
        error = ((q * scale[:, None] - w) ** 2).sum(1)
        better = error < best_error
        best[better], best_error[better] = scale[better], error[better]
    return best


def int8_rows(w):
    """w: [rows, ...] -> int8 of the same shape, float32 scale[rows]."""
    w = np.asarray(w, np.float32)
    flat = w.reshape(len(w), -1)
    scale = _best_scale(flat, 127, np.linspace(0.8, 1.0, 9)).astype(np.float32)
    q = np.clip(np.round(flat / scale[:, None]), -127, 127).astype(np.int8)
    return q.reshape(w.shape), scale


def int4_table(w):
    """w: [rows, width] -> packed U8 [rows, width/2] (low nibble = even column, value + 8), float16 scale[rows]."""
    w = np.asarray(w, np.float32)
    scale = _best_scale(w, 7, np.linspace(0.5, 1.0, 21)).astype(np.float16)
    scale = np.maximum(scale, np.float16(6.2e-5))  # stays a normal half
    q = (np.clip(np.round(w / scale.astype(np.float32)[:, None]), -8, 7) + 8).astype(np.uint8)
    return q[:, 0::2] | (q[:, 1::2] << 4), scale


def rows_float(q, scale):
    return q.astype(np.float32) * scale.reshape((-1,) + (1,) * (q.ndim - 1)).astype(np.float32)


def table_float(packed, scale):
    q = np.empty((packed.shape[0], packed.shape[1] * 2), np.float32)
    q[:, 0::2] = (packed & 15).astype(np.float32) - 8
    q[:, 1::2] = (packed >> 4).astype(np.float32) - 8
    return q * scale.astype(np.float32)[:, None]
