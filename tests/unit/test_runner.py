#!/usr/bin/python3
"""The test runner itself: what it must call a failure. Prints TAP."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["IMF_SOURCE_ROOT"], "tests"))
import run  # noqa: E402


def verdict(status=0, timed_out=False, out="", err=""):
    outcome = run.Outcome("x")
    run.judge(outcome, status, timed_out, out, err)
    return outcome.passed, len(outcome.failed), outcome.skipped


CASES = [
    ("all passed", dict(out="1..2\nok 1 - a\nok 2 - b\n"), (2, 0, 0)),
    ("one failed", dict(status=1, out="1..2\nok 1 - a\nnot ok 2 - b\n# why\n"), (1, 1, 0)),
    ("cmocka's way to skip", dict(out="1..2\nok 1 - a\nnot ok 2 # SKIP b\n"), (1, 0, 1)),
    ("the usual way to skip", dict(out="1..1\nok 1 - a # SKIP why\n"), (0, 0, 1)),
    ("a report on stderr", dict(err="1..1\nok 1 - a\n"), (1, 0, 0)),
    ("two groups, two plans", dict(out="1..1\nok 1 - a\n1..1\nok 1 - b\n"), (2, 0, 0)),
]
BAD_PROGRAMS = [
    ("no output", dict(), (0, 1, 0)),
    ("no plan", dict(out="ok 1 - a\n"), (1, 1, 0)),
    ("a plan of nothing", dict(out="1..0\n"), (0, 1, 0)),
    ("everything skipped by the plan", dict(out="1..0 # SKIP no reason\n"), (0, 1, 0)),
    ("fewer tests than planned", dict(out="1..3\nok 1 - a\n"), (1, 1, 0)),
    ("a crash after the last test", dict(status=-11, out="1..1\nok 1 - a\n"), (1, 1, 0)),
    ("a bad status without a failed test", dict(status=23, out="1..1\nok 1 - a\n"), (1, 1, 0)),
    ("out of time", dict(status=-9, timed_out=True, out="1..2\nok 1 - a\n"), (1, 1, 0)),
    ("bail out", dict(status=1, out="1..2\nok 1 - a\nBail out! no disk\n"), (1, 1, 0)),
]


def compare(cases):
    rows = [(name, wanted, verdict(**given)) for name, given, wanted in cases]
    return [f"{name}: wanted {wanted}, found {found}" for name, wanted, found in rows if found != wanted]


def main():
    tests = [("reports are counted", CASES), ("programs that must not pass", BAD_PROGRAMS)]
    print(f"1..{len(tests)}")
    bad = 0
    for number, (name, cases) in enumerate(tests, 1):
        complaints = compare(cases)
        bad += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        for complaint in complaints:
            print(f"# {complaint}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
