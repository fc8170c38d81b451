#!/usr/bin/env python3
"""Writes tests/fuzz/corpus/{pickle,torch_zip,torch_legacy}/: small pickles, PyTorch archives and files of PyTorch before
1.6, good ones and one of each kind of damage. Needs no PyTorch: the few instructions are written here."""
import io
import os
import struct
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "tests", "fuzz", "corpus")
DICT = b"ccollections\nOrderedDict\n)R"


def text(s):
    s = s.encode()
    return b"X" + struct.pack("<I", len(s)) + s


def number(n):
    return b"K" + bytes([n]) if 0 <= n < 256 else b"J" + struct.pack("<i", n) if abs(n) < 1 << 31 else b"\x8a\x08" + struct.pack("<q", n)


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind="Float", key="0", count=6, more=b""):
    return b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"Storage\n" + text(key) + text("cpu") + number(count) + more + b"tQ"


def tensor(size=(2, 3), stride=(3, 1), offset=0, **of):
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage(**of) + number(offset) + numbers(size) + numbers(stride) +
            b"\x89" + DICT + b"tR")


def table(entries, start=b"}"):
    return start + b"(" + b"".join(text(k) + v for k, v in entries.items()) + b"u"


def module(attributes, name="M"):
    return b"c__torch__\n" + name.encode() + b"\n)\x81" + table(attributes) + b"b"


def pickle(body, protocol=2):
    return b"\x80" + bytes([protocol]) + body + b"."


def pickles():
    yield "good", pickle(table({"a": tensor()}))
    yield "good_ordered", pickle(table({"a": tensor(), "b": tensor((3, 2), (1, 3))}, DICT) + table({"_metadata": DICT}) + b"b")
    yield "good_views", pickle(table({"e": tensor((4, 6), (0, 1)), "o": tensor((2,), (2,), 1), "s": tensor((), ()), "z": tensor((0,), (1,), 6)}))
    kinds = {"Double": 8, "Float": 16, "Half": 32, "BFloat16": 32, "Long": 8, "Int": 16, "Short": 32, "Char": 64, "Byte": 64, "Bool": 64}
    yield "good_types", pickle(table({k: tensor((2,), (1,), kind=k, key="1", count=n) for k, n in kinds.items()}))
    yield "good_parameter", pickle(table({"a": b"ctorch._utils\n_rebuild_parameter\n(" + tensor() + b"\x88" + DICT + b"tR"}))
    yield "good_old_tensor", pickle(table({"a": b"ctorch._utils\n_rebuild_tensor\n(" + storage() + number(0) + numbers((6,)) + numbers((1,)) + b"tR"}))
    yield "good_wrapped", pickle(table({"epoch": number(3), "state_dict": table({"module.a": tensor()}), "x": b"cos\nsystem\n(" + text("true") + b"tR"}))
    yield "good_python2", pickle(b"ccollections\nOrderedDict\n](](U\x01a" + tensor() + b"ee\x85R")
    yield "good_script", pickle(module({"a": tensor(), "m": module({"b": tensor(), "l": b"ctorch.jit._pickle\nbuild_intlist\n](K\x01e\x85R"}), "n": b"N"}))
    yield "good_frames", pickle(b"\x95" + struct.pack("<Q", 0) + b"}\x94(\x8c\x01a\x94\x8c\x0ctorch._utils\x94\x8c\x0f_rebuild_tensor\x94\x93(" + storage() + b"K\x00K\x06\x85K\x01\x85tR\x94u", 4)
    yield "good_memo", pickle(b"}q\x00(" + text("a") + b"q\x01" + tensor() + b"q\x02" + text("b") + b"h\x02" + text("c") + b"j\x02\0\0\0u")
    yield "good_data", pickle(table({"a": tensor(), "n": b"N", "t": b"\x88", "f": b"G" + bytes(8), "l": b"\x8a\x09" + bytes(9), "b": b"C\x02xx", "li": b"](K\x01K\x02e", "u": b"K\x01K\x02K\x03\x87"}))
    yield "nothing", b""
    yield "stop", pickle(b"")
    yield "list", pickle(b"]")
    yield "empty_mark", pickle(b"(t")
    yield "no_tensors", pickle(table({"a": number(1)}))
    yield "global", pickle(b"cos\nsystem\n")
    yield "call", pickle(b"cos\nsystem\n(" + text("true") + b"tR")
    yield "entry_call", pickle(table({"a": b"cos\nsystem\n(" + text("true") + b"tR"}))
    yield "entry_global", pickle(table({"a": b"cbuiltins\neval\n"}))
    yield "twice", pickle(b"}(" + (text("a") + tensor()) * 2 + b"u")
    yield "in_itself", pickle(b"}q\x00(" + text("a") + b"h\x00u")
    yield "state_in_itself", pickle(b"}q\x00(" + text("state_dict") + b"h\x00u")
    yield "module_in_itself", pickle(b"c__torch__\nM\n)\x81q\x00}(" + text("a") + b"h\x00ub")
    paths = module({"a": tensor()}) + b"q\x00"
    for _ in range(10):
        paths += b"0c__torch__\nM\n)\x81}(" + text("x") + b"h\x00" + text("y") + b"h\x00ubq\x00"
    yield "good_many_paths", pickle(paths)
    yield "deep_lists", pickle(b"]" * 3000 + b"a" * 2999)
    yield "deep_marks", pickle(b"(" * 3000)
    yield "deep_modules", pickle(b"c__torch__\nM\n)\x81}(" * 1 + (text("m") + b"c__torch__\nM\n)\x81}(") * 100 + b"ub" * 101)
    yield "storage_count", pickle(table({"a": tensor(count=7)}))
    yield "storage_missing", pickle(table({"a": tensor(key="9")}))
    yield "storage_type", pickle(table({"a": tensor(kind="Complex")}))
    yield "storage_view", pickle(table({"a": tensor(more=text("view"))}))
    yield "storage_huge", pickle(table({"a": tensor(count=1 << 62)}))
    yield "shape_outside", pickle(table({"a": tensor((7,), (1,))}))
    yield "shape_overflow", pickle(table({"a": tensor((1 << 32, 1 << 32), (0, 0))}))
    yield "shape_negative", pickle(table({"a": tensor((-1,), (1,))}))
    yield "shape_nan", pickle(table({"a": b"ctorch._utils\n_rebuild_tensor\n(" + storage() + b"K\x00G\x7f\xf8" + bytes(6) + b"\x85" + numbers((1,)) + b"tR"}))
    yield "shape_rank_9", pickle(table({"a": tensor((1,) * 9, (1,) * 9)}))
    yield "stride_overflow", pickle(table({"a": tensor((3, 3), (2 ** 63 - 1, 1))}))
    yield "stride_negative", pickle(table({"a": tensor((6,), (-1,))}))
    yield "expanded_huge", pickle(table({"a": tensor((1 << 30, 6), (0, 1))}))
    yield "offset_outside", pickle(table({"a": tensor(offset=7)}))
    yield "few_arguments", pickle(table({"a": b"ctorch._utils\n_rebuild_tensor_v2\n)R"}))
    yield "name_nul", pickle(table({"a\0b": tensor()}))
    yield "memo_huge", pickle(b"}r\xff\xff\xff\xff")
    yield "trailing", pickle(b"}") + b"x"
    yield "protocol_0", b"(dp0\nS'a'\np1\nI1\ns."
    yield "unknown", pickle(b"\xff")


class Unseekable(io.RawIOBase):
    """So that zipfile writes checksums and sizes after the data, as PyTorch does."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, b):
        self.data += b
        return len(b)


def archive(entries, seekable=False, method=zipfile.ZIP_STORED, **options):
    out = io.BytesIO() if seekable else Unseekable()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with z.open(info, "w", **options) as f:
                f.write(data)
    return bytes(out.getvalue() if seekable else out.data)


def patched(data, find, offset, value):
    at = data.rindex(find) + offset
    return data[:at] + value + data[at + len(value):]


def archives():
    good = {"a/data.pkl": pickle(table({"a": tensor()})), "a/data/0": struct.pack("<6f", *range(6)), "a/version": b"3\n"}
    stored = archive(good)
    yield "good", stored
    yield "good_seekable", archive(good, seekable=True)
    yield "good_zip64", archive(good, seekable=True, force_zip64=True)
    yield "good_zip64_later", archive(good, force_zip64=True)
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10
    yield "good_zip64_directory", archive(good, seekable=True, force_zip64=True)
    yield "good_zip64_directory_later", archive(good, force_zip64=True)
    zipfile.ZIP64_LIMIT = limit
    yield "good_byteorder", archive({**good, "a/byteorder": b"little"})
    yield "good_script", archive({"s/data/0": good["a/data/0"], "s/data.pkl": pickle(module({"a": tensor(), "m": module({"b": tensor((6,), (1,))})})), "s/code/x.py": b"x"})
    yield "big_endian", archive({**good, "a/byteorder": b"big"})
    yield "deflated", archive(good, method=zipfile.ZIP_DEFLATED)
    yield "no_pickle", archive({"a/x": b""})
    yield "two_pickles", archive({**good, "b/data.pkl": good["a/data.pkl"]})
    yield "no_storage", archive({"a/data.pkl": good["a/data.pkl"]})
    yield "short_storage", archive({**good, "a/data/0": b"1234"})
    yield "checksum", stored.replace(b"a/data/0\0\0", b"a/data/0\1\0", 1)
    yield "empty", archive({})
    yield "garbage", stored + b"x"
    yield "comment", patched(stored, b"PK\5\6", 20, b"\1\0") + b"x"
    yield "prefix", b"PK\3\4" + stored
    yield "entries", patched(stored, b"PK\5\6", 8, b"\xff\xff\xff\xff")
    yield "directory_offset", patched(stored, b"PK\5\6", 16, b"\1\0\0\0")
    yield "entry_offset", patched(stored, b"PK\1\2", 42, b"\0\0\0\0")
    yield "entry_size", patched(stored, b"PK\1\2", 20, b"\xff\xff\xff\x7f" * 2)
    yield "entry_zip64", patched(stored, b"PK\1\2", 20, b"\xff\xff\xff\xff" * 2)
    yield "entry_name", patched(stored, b"PK\1\2", 46, b"b")
    yield "descriptor", patched(stored, b"PK\7\x08", 4, b"\0\0\0\0")
    yield "cut", stored[:-30]
    yield "only_end", b"PK\5\6" + bytes(18)


def legacies():
    def file(body, keys=("7",), count=2, data=struct.pack("<2f", 1, 2), magic=b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", version=1001, little=b"\x88"):
        machine = pickle(table({"protocol_version": number(1001), "little_endian": little, "type_sizes": table({"int": number(4)})}))
        listed = pickle(b"](" + b"".join(map(text, keys)) + b"e")
        return pickle(magic) + pickle(b"M" + struct.pack("<H", version)) + machine + pickle(body) + listed + struct.pack("<Q", count) + data

    a = table({"a": tensor((2,), (1,), key="7", count=2, more=b"N")})
    yield "good", file(a)
    yield "good_ordered", file(table({"a": tensor((2,), (1,), key="7", count=2, more=b"N")}, DICT))
    two = {"a": tensor((2,), (1,), key="7", count=2, more=b"N"), "b": tensor((2, 2), (0, 1), key="8", count=4, kind="Half", more=b"N")}
    yield "good_two", file(table(two), ("8", "7"), 4, bytes(8) + struct.pack("<Q2f", 2, 1, 2))
    yield "magic", file(a, magic=b"K\5")
    yield "version", file(a, version=1002)
    yield "big_endian", file(a, little=b"\x89")
    yield "key_twice", file(a, ("7", "7"))
    yield "key_unknown", file(a, ("7", "8"))
    yield "key_missing", file(a, (), 2, b"")[:-8]
    yield "count", file(a, count=1 << 60)
    yield "cut", file(a)[:-1]
    yield "tail", file(a) + b"x"
    yield "two_types", file(table({"a": tensor((2,), (1,), key="7", count=2), "b": tensor((2,), (1,), key="7", count=2, kind="Int")}))
    yield "view", file(table({"a": tensor((2,), (1,), key="7", count=2, more=b"(" + text("v") + b"K\0K\1t")}))
    yield "module", file(b"(" + text("module") + b"cclip.model\nCLIP\n" + text("x.py") + text("source") + b"tQ)\x81}b", (), 0, b"")[:-8]
    yield "other_pickle", pickle(table({"a": number(1)}))


def main():
    for target, cases in (("pickle", pickles), ("torch_zip", archives), ("torch_legacy", legacies)):
        folder = os.path.join(FOLDER, target)
        os.makedirs(folder, exist_ok=True)
        for old in os.listdir(folder):
            os.remove(os.path.join(folder, old))
        made = list(cases())
        assert len({name for name, _ in made}) == len(made)
        for name, data in made:
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
        print(f"{target}: {len(made)} files")


if __name__ == "__main__":
    main()
