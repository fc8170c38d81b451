#!/usr/bin/env python3
"""Writes tests/fuzz/corpus/safetensors/: small files, good ones and one of each kind of damage."""
import json
import os
import struct

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "tests", "fuzz", "corpus", "safetensors")


def file(header, data=b"", length=None):
    """header: a dict, a string or bytes."""
    if isinstance(header, dict):
        header = json.dumps(header, separators=(",", ":"))
    if isinstance(header, str):
        header = header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(dtype="F32", shape=(2,), begin=0, end=8, **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end], **more}


def one(data=bytes(8), **fields):
    return file({"a": {**entry(), **fields}}, data)


def cases():
    good = {"a": entry(), "b": entry("I8", (3, 1), 8, 11), "c": entry("F16", (), 11, 13)}
    yield "good", file(good, bytes(13))
    yield "good_metadata", file({"__metadata__": {"format": "pt"}, "a": entry()}, bytes(8))
    yield "good_spaces", file(json.dumps({"a": entry()}) + "   ", bytes(8))
    yield "good_no_tensors", file({})
    empty = {"z": entry("F32", (0, 7), 0, 0), "a": entry(), "y": entry("U8", (0,), 8, 8)}
    yield "good_empty_tensors", file(empty, bytes(8))
    sizes = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
    ends = [sum(list(sizes.values())[:i + 1]) for i in range(len(sizes))]
    all_types = {d: entry(d, (1,), end - size, end) for (d, size), end in zip(sizes.items(), ends)}
    yield "good_all_types", file(all_types, bytes(ends[-1]))
    yield "good_unicode", file({"вес": entry()}, bytes(8))
    yield "nothing", b""
    yield "seven_bytes", bytes(7)
    yield "zero_header", bytes(8)
    yield "length_2_60", file("", b"", 1 << 60)
    yield "length_max", file("{}", b"", (1 << 64) - 1)
    yield "length_over_file", file("{}", b"", 3)
    yield "length_100_mb", file("{}", b"", 100_000_001)
    yield "length_cut", file(good, bytes(13))[:40]
    yield "not_json", file("hello")
    yield "array", file("[]")
    yield "space_first", file(' {"a":1}')
    yield "rubbish_after", file("{} x")
    yield "unclosed", file('{"a":')
    yield "not_utf8", file(b'{"\xff":1}')
    yield "nul_in_name", file('{"a\\u0000b":' + json.dumps(entry()) + "}", bytes(8))
    yield "deep", file('{"a":' + "[" * 5000)
    yield "deep_objects", file('{"a":' * 3000)
    yield "duplicate_name", file('{"a":%s,"a":%s}' % ((json.dumps(entry()),) * 2), bytes(8))
    twice = '{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    yield "duplicate_key", file(twice, bytes(8))
    yield "empty_name", file({"": entry()}, bytes(8))
    yield "entry_number", file({"a": 1})
    yield "entry_null", file({"a": None})
    yield "extra_key", one(more=1)
    yield "no_dtype", file({"a": {"shape": [2], "data_offsets": [0, 8], "x": 1}}, bytes(8))
    yield "dtype_number", one(dtype=1)
    yield "dtype_f8", one(dtype="F8_E4M3")
    yield "dtype_lower", one(dtype="f32")
    yield "shape_object", one(shape={})
    yield "shape_string", one(shape=["2"])
    yield "shape_float", one(shape=[2.0])
    yield "shape_negative", one(shape=[-2])
    yield "shape_rank_9", one(shape=[1] * 8 + [2])
    yield "shape_overflow", one(shape=[1 << 33, 1 << 33])
    yield "shape_bytes_overflow", one(shape=[1 << 62])
    huge = '{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}'
    yield "shape_over_64_bits", file(huge, bytes(8))
    yield "shape_unfit", one(shape=[3])
    yield "offsets_one", one(data_offsets=[0])
    yield "offsets_three", one(data_offsets=[0, 8, 8])
    yield "offsets_float", one(data_offsets=[0, 8.0])
    yield "offsets_negative", one(data_offsets=[-8, 0])
    yield "offsets_swapped", one(data_offsets=[8, 0])
    yield "offsets_outside", one(data_offsets=[0, 1 << 62])
    yield "data_short", one(data=bytes(7))
    yield "data_long", one(data=bytes(9))
    yield "hole", file({"a": entry(), "b": entry("F32", (2,), 12, 20)}, bytes(20))
    yield "hole_first", file({"a": entry("F32", (2,), 4, 12)}, bytes(12))
    yield "overlap", file({"a": entry(), "b": entry("F32", (2,), 4, 12)}, bytes(12))
    yield "same_place", file({"a": entry(), "b": entry()}, bytes(8))
    yield "empty_inside", file({"a": entry(), "b": entry("F32", (0,), 4, 4)}, bytes(8))
    yield "metadata_number", file({"__metadata__": {"a": 1}})
    yield "metadata_array", file({"__metadata__": []})


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for old in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, old))
    names = [name for name, _ in cases()]
    assert len(names) == len(set(names))
    for name, data in cases():
        with open(os.path.join(FOLDER, name), "wb") as f:
            f.write(data)
    print(f"{len(names)} files")


if __name__ == "__main__":
    main()
