#!/usr/bin/python3
"""Makes the C table of the page's files that server/assets.h declares.

    embed.py OUT.c FILE...

Each file is served under its own name, so names must differ. Run by the build.
"""
import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


def main(out, paths):
    names = [os.path.basename(path) for path in paths]
    if len(set(names)) != len(names):
        sys.exit("embed.py: two files of one name")
    arrays, rows = [], []
    for number, (name, path) in enumerate(zip(names, paths)):
        ending = os.path.splitext(name)[1]
        if ending not in TYPES:
            sys.exit(f"embed.py: {name}: no media type for {ending or 'a name without an ending'}; add it here")
        with open(path, "rb") as file:
            data = file.read()
        lines = [", ".join(map(str, data[i:i + 24])) for i in range(0, len(data), 24)] or ["0"]
        arrays.append(f"static const uint8_t data_{number}[] = {{\n    " + ",\n    ".join(lines) + "};\n")
        etag = hashlib.sha256(data).hexdigest()[:32]
        rows.append(f'    {{"{name}", "{TYPES[ending]}", "\\"{etag}\\"", data_{number}, {len(data)}}},\n')
    with open(out, "w", encoding="ascii") as file:
        file.write('/* Made by tools/embed.py. */\n#include "assets.h"\n\n')
        file.writelines(arrays)
        file.write("const imf_asset imf_assets[] = {\n" + "".join(rows) + "    {0}};\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
