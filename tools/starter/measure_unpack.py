#!/usr/bin/env python3
"""Collects the pictures of measure/scenes.txt from the unpacked packages: measure_unpack.py build/starter/measure"""
import os
import shutil
import struct
import sys
import zlib

import measure

MAX_FILES = 10000


def resources(path):
    """{path: bytes} of a Qt resource file: a tree of nodes, names in UTF-16, files plain or compressed by zlib."""
    with open(path, "rb") as f:
        data = f.read()
    magic, version, tree, files, names = struct.unpack(">4s4i", data[:20])
    if magic != b"qres":
        raise ValueError(f"{path} is not a Qt resource file")
    size, out, waiting, seen = 22 if version >= 2 else 14, {}, [(0, "")], 0
    while waiting:
        node, prefix = waiting.pop()
        seen += 1
        if seen > MAX_FILES:
            raise ValueError(f"{path} holds too many files")
        at = tree + node * size
        name_at, flags, first, second = struct.unpack(">iHii", data[at:at + 14])
        length = struct.unpack(">H", data[names + name_at:names + name_at + 2])[0]
        name = data[names + name_at + 6:names + name_at + 6 + 2 * length].decode("utf-16-be") if node else ""
        whole = f"{prefix}/{name}" if prefix else name
        if flags & 2:
            waiting += [(second + k, whole) for k in range(first)]
            continue
        at = files + second
        length = struct.unpack(">I", data[at:at + 4])[0]
        content = data[at + 4:at + 4 + length]
        if not flags & 4:  # Zstandard: nothing that we need is packed so
            out[whole] = zlib.decompress(content[4:]) if flags & 1 else content
    return out


def main():
    work = sys.argv[1]
    names, folders = measure.photographs_named(), measure.read_scenes()["packages"]
    opened = {}
    for identity in names:
        package, file = identity.split("/", 1)
        target = os.path.join(work, "pictures", identity)
        if os.path.exists(target):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        folder = os.path.join(work, "unpacked", package, folders[package])
        if package != "gcompris-qt-data":
            shutil.copyfile(os.path.join(folder, file), target)
            continue
        activity, rest = file.split("/", 1)
        if activity not in opened:
            opened[activity] = resources(os.path.join(folder, activity + ".rcc"))
        with open(target, "wb") as f:
            f.write(opened[activity][f"gcompris/src/activities/{activity}/resource/{rest}"])
    print(f"{len(names)} pictures below {os.path.join(work, 'pictures')}")


if __name__ == "__main__":
    main()
