"""What the tests of the program share: a home in a temporary folder, runs of build/imagefinder, small pictures,
TAP output.

Every run is checked against what holds for all verbs: with status 2-4 stdout is empty (verify and doctor alone print
their reports) and stderr is one line of at most 500 bytes that begins with the program's name. Standard library and
Pillow only.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

from PIL import Image, ImageDraw

BUILD = os.environ.get("IMF_BUILD_ROOT") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "build"
)
SOURCE = os.environ.get("IMF_SOURCE_ROOT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(BUILD, "imagefinder")
TIMEOUT = 300

SEARCH_KEYS = {"query", "took_ms", "degraded", "warnings", "results"}
QUERY_KEYS = {"text", "language", "model", "translated"}
TOOK_KEYS = {"embed", "search", "total"}
RESULT_KEYS = {
    "rank",
    "score",
    "probability",
    "verdict",
    "path",
    "paths",
    "collection",
    "kind",
    "time_ms",
    "end_ms",
    "width",
    "height",
    "item",
}
INDEX_KEYS = {
    "collection",
    "model",
    "seen",
    "added",
    "unchanged",
    "renamed",
    "removed",
    "failed",
    "moments",
    "seconds",
    "stages_ms",
    "failures",
}
STATUS_KEYS = {"home", "collections", "running"}
STATUS_COLLECTION_KEYS = {"name", "title", "model", "items", "moments", "failed", "offline", "bytes"}
RUNNING_KEYS = {"collection", "done", "total", "rate", "eta_s"}
VERIFY_KEYS = {"ok", "segments", "rows", "damage"}
DAMAGE_KEYS = {"file", "what", "rows"}
COLLECTION_KEYS = {"name", "title", "description", "queries", "model", "items", "moments"}
MODEL_KEYS = {"name", "here", "path", "languages", "dim", "size", "licence"}
MODEL_INFO_KEYS = {
    "name",
    "path",
    "family",
    "dim",
    "image_size",
    "parameters",
    "tensors",
    "precision",
    "provenance",
}
CHECK_KEYS = {"name", "ok", "found", "advice"}


def environment(**extra):
    """The environment of a run: nothing of the user's own Image Finder, no colours, UTF-8 whatever the machine
    says.
    """
    env = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("IMAGEFINDER_", "LC_")) and k not in ("LANG", "LANGUAGE", "NO_COLOR", "TERM")
    }
    env.update({"LC_ALL": "C.UTF-8"})
    env.update({k: v for k, v in extra.items() if v is not None})
    return env


PROGRESS = re.compile(rb"^.*: (\d+ of \d+ files(, [0-9.]+ a second.*)?|looking through the folders.*)\n", re.M)


class Result:
    """What a run gave: status, out and err as text, out_bytes and err_bytes as they came. Lines of progress, which
    a slow machine shows, are in `progress` and not in err.
    """

    def __init__(self, args, status, out, err):
        self.args, self.status, self.out_bytes, self.err_bytes = args, status, out, PROGRESS.sub(b"", err)
        self.progress = [m.group(0) for m in PROGRESS.finditer(err)]
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = self.err_bytes.decode("utf-8", "surrogateescape")

    def json(self):
        lines = self.out.splitlines()
        if len(lines) != 1:
            raise AssertionError("expected one line of JSON, got %r of %s" % (self.out[:300], self))
        return json.loads(lines[0])

    def __str__(self):
        return "%r -> status %s, stdout %r, stderr %r" % (self.args, self.status, self.out[:600], self.err[:600])


class Home:
    """A temporary folder with a home that does not exist yet and a folder for pictures. Use it as a context or
    call close().
    """

    def __init__(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="imagefinder-test-"))
        self.home = os.path.join(self.folder, "home")
        self.pictures = os.path.join(self.folder, "pictures")
        os.mkdir(self.pictures)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def path(self, *names):
        return os.path.join(self.pictures, *names)

    def command(self, *args):
        return [PROGRAM, "--home", self.home] + [
            os.fspath(a) if not isinstance(a, (str, bytes)) else a for a in args
        ]

    def start(self, *args, **options):
        """A run that goes on beside the test, in a process group of its own."""
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        env = environment(**options.pop("env", {}))
        return subprocess.Popen(
            self.command(*args), stdin=subprocess.DEVNULL, env=env, start_new_session=True, **options
        )

    def run(self, *args, env=None, cwd=None, stdout=subprocess.PIPE):
        done = subprocess.run(
            self.command(*args),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment(**(env or {})),
            cwd=cwd,
            timeout=TIMEOUT,
        )
        result = Result(args, done.returncode, done.stdout or b"", done.stderr)
        check_contract(result)
        return result

    def index(self, *args, **options):
        """Indexes the pictures (or the paths given before the options), expects status 0, returns the report."""
        first = args[0] if args else "-"
        paths = [self.pictures] if isinstance(first, str) and first.startswith("-") else []
        result = self.run("index", *paths, *args, "--json", **options)
        if result.status != 0:
            raise AssertionError(str(result))
        return result.json()

    def search(self, *args, **options):
        """Searches, expects status 0 or 1, returns the object."""
        result = self.run("search", *args, "--json", **options)
        if result.status not in (0, 1):
            raise AssertionError(str(result))
        return result.json()

    def status(self):
        result = self.run("status", "--json")
        if result.status != 0:
            raise AssertionError(str(result))
        return result.json()

    def items(self, collection="default"):
        for c in self.status()["collections"]:
            if c["name"] == collection:
                return c["items"]
        return 0

    def segments(self):
        """The files that hold vectors."""
        folder = os.path.join(self.home, "segments")
        found = sorted(os.path.join(folder, n) for n in os.listdir(folder))
        if not found:
            raise AssertionError("no segment in " + folder)
        return found


def check_contract(r):
    """What holds for every run of every verb."""
    if r.status < 0:
        raise AssertionError("killed by signal %d: %s" % (-r.status, r))
    if r.status not in (0, 1, 2, 3, 4, 130):
        raise AssertionError("no such exit status: %s" % r)
    if r.status in (2, 3, 4):
        if r.out_bytes and "verify" not in r.args and "doctor" not in r.args:
            raise AssertionError("stdout is not empty: %s" % r)
        if r.err_bytes.count(b"\n") != 1 or not r.err_bytes.endswith(b"\n"):
            raise AssertionError("stderr is not one line: %s" % r)
        if len(r.err_bytes) > 500:
            raise AssertionError("stderr has %d bytes: %s" % (len(r.err_bytes), r))
        if not r.err_bytes.startswith(b"imagefinder: "):
            raise AssertionError("stderr does not begin with the program's name: %s" % r)
        r.err_bytes.decode("utf-8")  # an error line is valid UTF-8
        if any(ord(c) < 32 for c in r.err.rstrip("\n")):
            raise AssertionError("control characters on stderr: %s" % r)


# ---- pictures --------------------------------------------------------------------------------------------------------


def make_picture(path, seed=0, size=(64, 48), **save):
    """A small picture whose content depends on the seed alone; different seeds give different contents."""
    rng = random.Random("picture %d" % seed)
    image = Image.new("RGB", size, tuple(rng.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        draw.ellipse(
            (x, y, x + rng.randrange(4, 30), y + rng.randrange(4, 30)),
            fill=tuple(rng.randrange(256) for _ in range(3)),
        )
    for bit in range(24):  # the seed itself, so that no two are equal
        image.putpixel((bit, 0), (255, 255, 255) if seed >> bit & 1 else (0, 0, 0))
    if not save:
        save = {"format": "PNG"} if os.fsdecode(path).lower().endswith("png") else {"format": "JPEG", "quality": 95}
    image.save(path, **save)
    return path


def make_pictures(folder, count, first=0, pattern="%04d.png", **options):
    os.makedirs(folder, exist_ok=True)
    return [make_picture(os.path.join(folder, pattern % i), i, **options) for i in range(first, first + count)]


# ---- models ----------------------------------------------------------------------------------------------------------


def earlier_starter(folder):
    """The environment in which the program's starter is another version of the bundled one: the same, with one bit of
    its picture tower turned. Its place is `folder`.
    """
    starter = os.path.join(folder, "starter")
    shutil.copytree(os.path.join(SOURCE, "models", "starter"), starter)
    with open(os.path.join(starter, "model.safetensors"), "r+b") as f:
        size = int.from_bytes(f.read(8), "little")
        tensors = json.loads(f.read(size))
        f.seek(8 + size + tensors["picture.stem.bias"]["data_offsets"][0])
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 1]))
    return {"IMAGEFINDER_MODELS": folder}


# ---- waiting and signals ---------------------------------------------------------------------------------------------


def wait_until(condition, seconds=60, every=0.005):
    """The first true value of condition(); fails when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError("waited %d s in vain" % seconds)


def finish(process, args):
    """Waits for a started run and returns its Result, with the contract checked."""
    out, err = process.communicate(timeout=TIMEOUT)
    return Result(args, process.returncode, out or b"", err or b"")


def kill_group(process, signal_number=signal.SIGKILL):
    """Signals the run and whatever it started, as a terminal's Ctrl-C or a power cut would."""
    try:
        os.killpg(process.pid, signal_number)
    except ProcessLookupError:
        pass


# ---- TAP -------------------------------------------------------------------------------------------------------------


class Case(unittest.TestCase):
    """A test with a home of its own in self.home."""

    maxDiff = None

    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def fails(self, status, *args, naming=(), **options):
        """Expects the status, and each of `naming` in the line; returns the result."""
        r = self.home.run(*args, **options)
        self.assertEqual(r.status, status, str(r))
        for text in [naming] if isinstance(naming, str) else naming:
            self.assertIn(text, r.err)
        return r

    def usage(self, *args, naming=()):
        """Expects wrong usage whose line holds each of `naming`."""
        result = self.home.run(*args)
        self.assertEqual(result.status, 2, str(result))
        for word in [naming] if isinstance(naming, str) else naming:
            self.assertIn(word, result.err, str(result))
        self.assertFalse(os.path.exists(self.home.home), "wrong usage created the home: %s" % result)
        return result


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def main():
    """Runs the tests of __main__ and prints them as TAP; names on the command line choose some."""
    if not os.access(PROGRAM, os.X_OK):
        print("Bail out! there is no program at %s" % PROGRAM)
        return 1
    tests = list(cases(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])))
    if len(sys.argv) > 1:
        tests = [t for t in tests if any(w in t.id() for w in sys.argv[1:])]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        result = unittest.TestResult()
        begin = time.monotonic()
        try:
            if number == 1 or type(tests[number - 2]) is not type(test):
                test.setUpClass()
            test.run(result)
            if number == len(tests) or type(tests[number]) is not type(test):
                test.tearDownClass()
        except Exception:  # a fault outside the test itself
            result.errors.append((test, traceback.format_exc()))
        bad = [text for _, text in result.failures + result.errors] + ["unexpected success"] * len(
            result.unexpectedSuccesses
        )
        name = test.id().split(".", 1)[1].replace("#", "")
        if result.skipped:
            print("ok %d - %s # SKIP %s" % (number, name, result.skipped[0][1]))
        else:
            print("%s %d - %s" % ("not ok" if bad else "ok", number, name))
        for text in bad:
            print("\n".join("# " + line.encode("ascii", "backslashreplace").decode() for line in text.splitlines()))
        if os.environ.get("IMF_TEST_TIMES"):
            print("# %.2f s" % (time.monotonic() - begin))
        sys.stdout.flush()
        failed += bool(bad)
    return 1 if failed else 0
