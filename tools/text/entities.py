#!/usr/bin/env python3
"""Writes src/text/clean_entities.c: HTML's named characters as Python knows them (html.entities.html5), and the ones in
capitals that ftfy reads as well (&EACUTE;), as two tables sorted by name.

Run by hand when Python's table grows; the HTML standard promises that it does not."""
import html
import os
from html.entities import html5

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WIDTH = 116

HEAD = """/*
 * HTML's named characters. Made by tools/text/entities.py, not by hand: that script says from what.
 *
 * A table is one text of records "name\\0characters\\0", and the place of each record, sorted by name.
 */
#include "text/clean_entities.h"

#include <string.h>
"""

FIND = """
static const char *find(const char *records, const unsigned short *places, size_t n, const char *name, size_t length)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const char *have = records + places[mid];
        int order = strncmp(have, name, length);
        if (order == 0 && have[length] == '\\0')
            return have + length + 1;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const char *imf_entity_find(const char *name, size_t length)
{
    return find(entities, entity_places, sizeof entity_places / sizeof entity_places[0], name, length);
}

const char *imf_entity_find_capital(const char *name, size_t length)
{
    return find(capitals, capital_places, sizeof capital_places / sizeof capital_places[0], name, length);
}
"""


def capitals():
    """As ftfy.chardata has it: names in small letters, written in capitals where that means nothing else."""
    table = {}
    for name, characters in html5.items():
        upper = "&" + name.upper()
        if name.endswith(";") and name == name.lower() and html.unescape(upper) == upper:
            table[name.upper()] = characters.upper()
    return table


def literal(data):
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in data)


def emit(table, text_name, places_name):
    lines, places, at, line = [], [], 0, ""
    for name in sorted(table, key=lambda n: n.encode()):
        record = name.encode() + b"\0" + table[name].encode() + b"\0"
        places.append(at)
        at += len(record)
        piece = literal(record)
        if len(line) + len(piece) > WIDTH - 6:
            lines.append(line)
            line = ""
        line += piece
    lines.append(line)
    assert at < 65536
    yield f"\nstatic const char {text_name}[] ="
    for i, line in enumerate(lines):
        yield f'    "{line}"' + (";" if i == len(lines) - 1 else "")
    yield f"\nstatic const unsigned short {places_name}[] = {{"
    line = "   "
    for place in places:
        if len(line) + len(f" {place},") > WIDTH:
            yield line
            line = "   "
        line += f" {place},"
    yield line
    yield "};"


def main():
    path = os.path.join(ROOT, "src", "text", "clean_entities.c")
    out = [HEAD.rstrip("\n")]
    out += emit(html5, "entities", "entity_places")
    out += emit(capitals(), "capitals", "capital_places")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n" + FIND)
    print(f"{path}: {len(html5)} names, {len(capitals())} in capitals")


if __name__ == "__main__":
    main()
