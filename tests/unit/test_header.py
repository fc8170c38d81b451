#!/usr/bin/python3
"""The public header as a stranger uses it: it compiles alone as C11 and as C++, the library exports what it declares
and nothing else, and the worked example of its head comment compiles, indexes a folder and finds the pictures in it.
Prints TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw

SOURCE = os.environ["IMF_SOURCE_ROOT"]
BUILD = os.environ["IMF_BUILD_ROOT"]
HEADER = os.path.join(SOURCE, "include", "imagefinder.h")
STRICT = ["-pedantic", "-Wall", "-Wextra", "-Werror", "-I", os.path.join(SOURCE, "include")]
MOST_FUNCTIONS = 50


class Failure(Exception):
    pass


def want(condition, text):
    if not condition:
        raise Failure(text)


def command(*words, **options):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          **options)
    done.stdout = done.stdout.decode("utf-8", "replace")
    done.stderr = done.stderr.decode("utf-8", "replace")
    return done


def header_text():
    with open(HEADER, encoding="utf-8") as file:
        return file.read()


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_c11(folder):
    # Twice, so that the include guard is tried too.
    text = '#include "imagefinder.h"\n#include "imagefinder.h"\nint main(void) { return 0; }\n'
    path = write(folder, "alone.c", text)
    done = command("cc", "-std=c11", *STRICT, "-Wstrict-prototypes", "-fsyntax-only", path)
    want(done.returncode == 0, done.stderr)


def test_cxx(folder):
    path = write(folder, "alone.cc", '#include "imagefinder.h"\nint main() { return imf_options_default().threads; }\n')
    done = command("g++", "-std=c++11", *STRICT, "-fsyntax-only", path)
    want(done.returncode == 0, done.stderr)


def test_includes(_):
    found = re.findall(r"^\s*#\s*include\s*(\S+)", header_text(), re.MULTILINE)
    want(sorted(found) == ["<stdbool.h>", "<stddef.h>", "<stdint.h>"], f"the header includes {found}")


def declared():
    text = re.sub(r"/\*.*?\*/", "", header_text(), flags=re.DOTALL)
    return set(re.findall(r"^IMF_API\b[^;(]*?(\w+)\s*\(", text, re.MULTILINE))


def test_exports(_):
    names = declared()
    want(10 < len(names) <= MOST_FUNCTIONS, f"{len(names)} functions are declared")
    done = command("nm", "-D", "--defined-only", os.path.join(BUILD, "libimagefinder.so"))
    want(done.returncode == 0, done.stderr)
    exported = {line.split()[-1] for line in done.stdout.splitlines()}
    want(names <= exported, f"declared, not exported: {sorted(names - exported)}")
    want(exported <= names, f"exported, not declared: {sorted(exported - names)}")


def example():
    """The worked example, with the folder's name as a marker that must be there."""
    comment = header_text().split("*/", 1)[0]
    lines = [line[3:] for line in comment.splitlines() if line.startswith(" *     ") or line == " *"]
    code = "\n".join(lines)
    start, end = code.find("#include <imagefinder.h>"), code.rfind("}")
    want(start >= 0 and end > start, "the head comment has no worked example")
    return code[start:end + 1].replace("\n    ", "\n") + "\n"


def make_pictures(folder):
    names = []
    for number, colour in enumerate(["red", "green", "blue"]):
        picture = Image.new("RGB", (120 + 10 * number, 90), "white")
        ImageDraw.Draw(picture).ellipse((20, 10, 90, 80), fill=colour)
        names.append(os.path.join(folder, f"ball {colour}.png"))
        picture.save(names[-1])
    return names


def test_example(folder):
    pictures = os.path.join(folder, "pictures")
    os.mkdir(pictures)
    names = make_pictures(pictures)
    code = example()
    want("/home/anna/Pictures" in code, "the example has another folder than this test expects")
    path = write(folder, "example.c", code.replace("/home/anna/Pictures", pictures))
    program = os.path.join(folder, "example")
    done = command("cc", "-std=c11", *STRICT, path, "-o", program, "-L", BUILD, "-limagefinder", "-Wl,-rpath," + BUILD)
    want(done.returncode == 0, done.stderr)
    # The library looks for its helper beside the program.
    os.symlink(os.path.join(BUILD, "imagefinder-decode"), os.path.join(folder, "imagefinder-decode"))
    env = dict(os.environ)
    env["IMAGEFINDER_HOME"] = os.path.join(folder, "home")
    env["IMAGEFINDER_MODELS"] = os.path.join(SOURCE, "models")
    env.pop("IMAGEFINDER_MODEL", None)
    for _ in range(2):  # "safe to run again"
        done = command(program, env=env)
        want(done.returncode == 0, f"status {done.returncode}: {done.stderr}")
        want(done.stderr == "", f"stderr: {done.stderr}")
        rows = [line.split("  ", 1) for line in done.stdout.splitlines()]
        want(len(rows) == 3 and all(len(row) == 2 for row in rows), f"three hits wanted: {done.stdout!r}")
        paths = sorted(os.path.realpath(name) for name in names)
        want(sorted(row[1] for row in rows) == paths, f"other paths: {done.stdout!r}")
        scores = [float(row[0]) for row in rows]
        want(scores == sorted(scores, reverse=True), f"not best first: {done.stdout!r}")
    env["IMAGEFINDER_HOME"] = os.path.join(folder, "alone.c", "no")  # below a file: cannot be made
    done = command(program, env=env)
    want(done.returncode == 1 and len(done.stderr.splitlines()) == 1,
         f"a home that cannot be: {done.returncode} {done.stderr!r}")


def main():
    tests = [
        ("compiles alone as C11", test_c11),
        ("compiles alone as C++", test_cxx),
        ("includes only the three standard headers", test_includes),
        ("the library exports what is declared, and nothing else", test_exports),
        ("the worked example compiles, indexes and finds", test_example),
    ]
    print(f"1..{len(tests)}")
    bad = 0
    folder = tempfile.mkdtemp(prefix="imf-header-")
    try:
        for number, (name, test) in enumerate(tests, 1):
            try:
                test(folder)
                print(f"ok {number} - {name}")
            except (Failure, OSError, subprocess.SubprocessError) as problem:
                bad += 1
                print(f"not ok {number} - {name}")
                for line in str(problem).splitlines():
                    print(f"# {line}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
