#!/usr/bin/python3
"""House rules that a script can hold: which folder may include which, where foreign headers may appear, line length,
blanks and tabs, calls that are not allowed, files that the documents name. Prints TAP; run by the unit tests and by
./dev lint.

The last tests plant offences and want each of them found: a check that finds nothing is no check.
"""
import os
import re
import signal
import sys

ROOT = os.environ.get("IMF_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = ("include", "src", "decode", "cli", "server", "tests", "bench")
TEXT = CODE + ("tools", ".ci")
WIDE = ("tools/starter/", "tools/golden/", "tools/fuzz/")  # scripts that are run by hand once in a while
MAX_LINE = 120

# Includes point one way. Key: the folder of the including file; value: the folders it may include from.
BELOW = {
    "src/base": {"base"},
    "src/kern": {"kern", "base"},
    "src/media": {"media", "kern", "base"},
    "src/text": {"text", "kern", "base"},
    "src/nn": {"nn", "kern", "base"},
    "src/index": {"index", "kern", "base"},
    "src/store": {"store", "kern", "base"},
    "src/remote": {"remote", "kern", "base"},
    "src/finder": {"finder", "media", "text", "nn", "index", "store", "remote", "kern", "base"},
    "decode": {"decode", "media", "base"},
    "cli": {"cli", "server"},
    "server": {"server"},
}
MODULES = set().union(*BELOW.values())

# The library's public header has the codes and the error type, so everything inside may include it; cli and server see
# nothing else.
FOREIGN = [  # header, who may include it
    (re.compile(r"^dnnl|^oneapi/dnnl"), re.compile(r"^src/nn/dnn(_matmul\.c|_cpu\.c|\.c|_status\.h)$")),
    (re.compile(r"^sqlite3"), re.compile(r"^src/store/")),
    (re.compile(r"^vips/|^glib|^gio/|^gobject"), re.compile(r"^decode/")),
    (re.compile(r"^lib(av\w+|sw\w+)/"), re.compile(r"^decode/")),
    (re.compile(r"^seccomp\.h$|^linux/(seccomp|landlock)\.h$"), re.compile(r"^decode/")),
    (re.compile(r"^curl/"), re.compile(r"^src/remote/")),
    (re.compile(r"^microhttpd"), re.compile(r"^server/http\.c$")),
    (re.compile(r"intrin\.h$|^arm_neon"), re.compile(r"^src/kern/kern_\w+\.c$")),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Everywhere in the library and the programs; the reason is told with each.
FORBIDDEN = {
    "system": "starts a shell", "popen": "starts a shell", "strcpy": "knows no bound", "strcat": "knows no bound",
    "sprintf": "knows no bound", "vsprintf": "knows no bound", "gets": "knows no bound", "strtok": "keeps hidden state",
    "atoi": "reports no error", "atol": "reports no error", "atof": "reports no error",
}
# free() stays allowed: what realpath() or a foreign library handed out goes back that way.
ALLOCATION = dict.fromkeys(("malloc", "calloc", "realloc", "strdup", "strndup"), "allocates past src/base/mem.h")
LIBRARY_ONLY = dict.fromkeys(("printf", "puts", "exit", "abort", "assert"), "the library never prints and never exits")


def folder_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "src" else parts[0]


def strip_comments(text):
    """Blanks comments, strings and character constants, and keeps the lines."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def check_includes(path, text):
    folder = folder_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, header = match.group(1) == '"', match.group(2)
        for what, where in FOREIGN:
            if what.search(header) and not where.match(path) and not path.startswith(("tests/", "bench/")):
                yield f"{path}:{number}: {header} may not be included here"
        if header == "imagefinder.h" or folder not in BELOW:
            continue
        if quoted and (".." in header or header.startswith("/")):
            yield f"{path}:{number}: includes are written module/file.h, not {header}"
        module = header.split("/")[0] if "/" in header else folder.split("/")[-1]
        if (quoted or module in MODULES and "/" in header) and module not in BELOW[folder]:
            yield f"{path}:{number}: {folder} may not include {header}"


def check_calls(path, text):
    folder = folder_of(path)
    if folder not in BELOW:
        return
    calls = dict(FORBIDDEN)
    if path.startswith("src/"):
        calls.update(LIBRARY_ONLY)
        if path != "src/base/mem.c":
            calls.update(ALLOCATION)
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(calls) + r")\s*\(")
    for number, line in enumerate(strip_comments(text).splitlines(), 1):
        for match in pattern.finditer(line):
            yield f"{path}:{number}: {match.group(1)}() {calls[match.group(1)]}"


def check_lines(path, text):
    narrow = path.endswith((".c", ".h", ".py", ".sh", "dev", "run")) and not path.startswith(WIDE)
    for number, line in enumerate(text.split("\n"), 1):
        if narrow and len(line) > MAX_LINE:
            yield f"{path}:{number}: {len(line)} columns, more than {MAX_LINE}"
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"
        if "\t" in line and path.endswith((".c", ".h", ".py", ".build")):
            yield f"{path}:{number}: a tab"
    if text and not text.endswith("\n"):
        yield f"{path}: no line feed at the end"


def check_guard(path, text):
    """Headers guard against double inclusion; sources begin with a comment that says what they are."""
    if path.endswith(".h") and "#ifndef " not in text and "#pragma once" not in text:
        yield f"{path}: no include guard"
    ours = path.startswith(("src/", "cli/", "server/", "decode/", "include/")) and path.endswith((".c", ".h"))
    if ours and not text.startswith("/*"):
        yield f"{path}: no head comment"


PATH_IN_TEXT = re.compile(r"`((?:src|include|decode|cli|tests|bench|tools|docs|models)/[\w./-]+)`|\]\(([\w./-]+)\)")


def check_paths(path, text):
    """Files and folders that a document names are there."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in PATH_IN_TEXT.finditer(line):
            base = ROOT if match.group(1) else os.path.dirname(os.path.join(ROOT, path))
            if not os.path.exists(os.path.join(base, match.group(1) or match.group(2))):
                yield f"{path}:{number}: there is no {match.group(1) or match.group(2)}"


def files(folders, endings):
    found = []
    for folder in folders:
        for parent, names, leaves in os.walk(os.path.join(ROOT, folder)):
            names[:] = sorted(n for n in names if n not in ("__pycache__", "corpus", "golden"))
            leaves = [os.path.join(parent, leaf) for leaf in sorted(leaves) if leaf.endswith(endings)]
            found += [os.path.relpath(leaf, ROOT) for leaf in leaves]
    return found


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def over(check, paths):
    return [complaint for path in paths for complaint in check(path, read(path))]


PLANTED = [
    (check_includes, "src/text/fold.c", '#include "store/store.h"\n'),   # a middle folder and its neighbour
    (check_includes, "src/base/buf.c", '#include "kern/kern.h"\n'),      # upward
    (check_includes, "cli/main.c", '#include "base/mem.h"\n'),           # past the public header
    (check_includes, "cli/main.c", "#include <base/mem.h>\n"),
    (check_includes, "decode/main.c", '#include "media/../store/store.h"\n'),
    (check_includes, "src/nn/starter.c", "#include <dnnl.h>\n"),
    (check_includes, "src/finder/finder.c", "#include <sqlite3.h>\n"),
    (check_includes, "src/media/view.c", "#include <vips/vips.h>\n"),
    (check_includes, "src/media/worker.c", "#include <seccomp.h>\n"),
    (check_includes, "cli/cmd_serve.c", "#include <microhttpd.h>\n"),
    (check_includes, "server/http.c", '#include "store/store.h"\n'),
    (check_calls, "cli/main.c", "void f(char *a) { strcpy(a, a); }\n"),
    (check_calls, "src/nn/dnn.c", "void *f(void) { return malloc(1); }\n"),
    (check_calls, "src/nn/dnn.c", "void f(void) { printf(x); }\n"),
    (check_lines, "src/nn/dnn.c", "x" * (MAX_LINE + 1) + "\n"),
    (check_lines, "README.md", "x \n"),
    (check_guard, "src/nn/dnn.h", "/* no guard */\n"),
    (check_paths, "README.md", "see `src/nowhere/x.c`\n"),
    (check_paths, "docs/ARCHITECTURE.md", "see [x](internals/nowhere.md)\n"),
]
ALLOWED = [
    (check_includes, "cli/main.c", '#include "imagefinder.h"\n#include "cli.h"\n#include <stdio.h>\n'),
    (check_includes, "src/finder/finder.c", '#include "store/store.h"\n#include <sys/stat.h>\n'),
    (check_includes, "src/nn/dnn.c", '#include "kern/kern.h"\n#include <oneapi/dnnl/dnnl.h>\n'),
    (check_calls, "src/nn/dnn.c", "/* malloc(1) */ void f(void) { imf_free(g(\"system(\")); }\n"),
]


def planted(check, path, text):
    """A planted offence must be found: no complaint is the failure."""
    return [] if list(check(path, text)) else [f"the planted offence was not found: {text.strip()!r} in {path}"]


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    code = files(CODE, (".c", ".h"))
    written = files(TEXT, (".c", ".h", ".py", ".sh", ".build", ".txt", "run")) + ["dev", "meson.build"]
    written = [p for p in written if p != "tests/lsan.supp"]
    documents = files(("docs",), (".md",)) + ["README.md", "CHANGES.md"]
    tests = [
        ("there is code to look at", lambda: [] if len(code) > 40 else [f"only {len(code)} files of C below {ROOT}"]),
        ("includes point one way", lambda: over(check_includes, code)),
        ("no call that is not allowed", lambda: over(check_calls, code)),
        ("lines, blanks and tabs", lambda: over(check_lines, written)),
        ("head comments and include guards", lambda: over(check_guard, code)),
        ("the documents name files that exist", lambda: over(check_paths, documents)),
        ("planted offences are found", lambda: [c for row in PLANTED for c in planted(*row)]),
        ("what is allowed passes", lambda: [c for check, path, text in ALLOWED for c in check(path, text)]),
    ]
    print(f"1..{len(tests)}")
    bad = 0
    for number, (name, test) in enumerate(tests, 1):
        complaints = test()
        bad += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        for complaint in complaints:
            print(f"# {complaint}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
