#!/usr/bin/python3
"""Runs the test programs of a build folder, and of sanitized ones, and counts what they report.

    run.py BUILD [--sanitized address|thread BUILD]... [--failed NAME]... [SUITE...]

The programs are those that Meson knows (`meson introspect --tests`); each prints TAP (https://testanything.org) on
stdout, or on stderr, as some versions of cmocka do. A program fails as a whole, beside its single tests, when it
crashes, runs out of time, ends with a status that its report does not explain, reports no plan, keeps to another number
than its plan, or tests nothing.

Tests marked `is_parallel: false` run alone. Tests in the extra suite `release-only` are left out of the sanitized
builds; the thread sanitizer gets those of the extra suite `threads` only.
The last line is `N passed, N failed, N skipped`: single tests of the first build, and any failure of the others.
Status: 0 when all is well, 1 when something failed or nothing ran, 2 for a suite that does not exist.
"""
import argparse
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = 2
SLOWER = 4              # a sanitized build gets this many times the time
OUTPUT_LIMIT = 1 << 20  # bytes kept of each stream of a program

# Kinds of sanitized builds: what the report calls them, the only suite that they run (None: all), and the variables of
# their programs. allocator_may_return_null: an allocation that is too large gives NULL, as everywhere else; tests ask
# for some.
SANITIZERS = {
    "address": ("under sanitizers", None, {
        # The value is quoted because the folder's name may hold blanks or colons.
        "LSAN_OPTIONS": f"suppressions='{ROOT}/tests/lsan.supp':print_suppressions=0",
        "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }),
    "thread": ("under the thread sanitizer", "threads", {
        # Other people's libraries are not compiled for it: what they do to memory is theirs.
        "TSAN_OPTIONS": "halt_on_error=1:allocator_may_return_null=1:ignore_noninstrumented_modules=1",
    }),
}

RESULT = re.compile(r"^(not )?ok\b(?:\s+\d+)?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")
DIRECTIVE = re.compile(r"#\s*SKIP\b", re.IGNORECASE)


def parse_tap(text):
    """Returns (passed, names of failed, skipped, planned or None). Programs with several groups have several plans."""
    passed, failed, skipped, planned = 0, [], 0, None
    for line in text.splitlines():
        plan = PLAN.match(line)
        if plan:
            planned = (planned or 0) + int(plan.group(1))
            continue
        result = RESULT.match(line)
        if line.startswith("Bail out!"):
            failed.append(line)
        elif result and DIRECTIVE.search(result.group(2)):  # cmocka 1.1.5 says "not ok 3 # SKIP name"
            skipped += 1
        elif result and result.group(1):
            failed.append(result.group(2).lstrip("- ") or "unnamed")
        elif result:
            passed += 1
    return passed, failed, skipped, planned


class Outcome:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, [], 0
        self.seconds, self.output = 0.0, ""


def judge(outcome, status, timed_out, out, err):
    """Turns what a program wrote and how it ended into counts."""
    passed, failed, skipped, planned = parse_tap(out)
    if planned is None and not passed and not failed:
        passed, failed, skipped, planned = parse_tap(err)
    outcome.passed, outcome.failed, outcome.skipped = passed, list(failed), skipped
    ran = passed + len(failed) + skipped
    if timed_out:
        outcome.failed.append("the program ran out of time")
    elif status < 0:
        outcome.failed.append(f"the program died of {signal.Signals(-status).name}")
    elif status != 0 and not failed:
        outcome.failed.append(f"the program ended with status {status}")
    elif planned is None:
        outcome.failed.append("the program printed no plan")
    elif planned != ran:
        outcome.failed.append(f"the program planned {planned} tests and reported {ran}")
    elif ran == 0:
        outcome.failed.append("the program tested nothing")
    if outcome.failed:
        outcome.output = out + ("\n--- stderr ---\n" + err if err.strip() else "")


def read_limited(file):
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - OUTPUT_LIMIT))
    text = file.read().decode("utf-8", "replace")
    return text if size <= OUTPUT_LIMIT else f"... {size - OUTPUT_LIMIT} bytes left out ...\n" + text


def run(test, sanitizer_env):
    outcome = Outcome(test["label"])
    env = {**os.environ, **test["env"], **sanitizer_env}
    limit = (test["timeout"] or 300) * (SLOWER if sanitizer_env else 1)
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        timed_out = False
        try:
            # A group of its own, so that helpers of a hanging test end with it.
            process = subprocess.Popen(test["cmd"], cwd=test["workdir"], env=env, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=err, start_new_session=True)
        except OSError as error:
            outcome.failed.append(f"cannot start: {error}")
            return outcome
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            timed_out = True
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        outcome.seconds = time.monotonic() - start
        judge(outcome, process.returncode, timed_out, read_limited(out), read_limited(err))
    return outcome


def report(outcome):
    total = outcome.passed + len(outcome.failed) + outcome.skipped
    state = "FAIL" if outcome.failed else "ok"
    extra = f", {outcome.skipped} skipped" if outcome.skipped else ""
    print(f"{state:4}  {outcome.name:<44} {total:4} tests{extra}  {outcome.seconds:6.1f} s", flush=True)
    for name in outcome.failed:
        print(f"      failed: {name}")
    if outcome.output:
        print("      " + "\n      ".join(outcome.output.rstrip().splitlines()), flush=True)


def introspect(build):
    """The tests of a build folder, each with its suites without the project's name."""
    text = subprocess.run(["meson", "introspect", "--tests", build], check=True, stdout=subprocess.PIPE).stdout
    tests = json.loads(text)
    for test in tests:
        test["suites"] = [s.split(":", 1)[-1] for s in test["suite"]]
        test["label"] = f"{test['suites'][0] if test['suites'] else '?'}/{test['name']}"
        test["workdir"] = test["workdir"] or build
    return tests


def run_all(tests, sanitizer_env):
    outcomes = []
    together = [t for t in tests if t.get("is_parallel", True)]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run, t, sanitizer_env) for t in together]):
            outcomes.append(future.result())
            report(outcomes[-1])
    for test in tests:
        if not test.get("is_parallel", True):
            outcomes.append(run(test, sanitizer_env))
            report(outcomes[-1])
    return outcomes


def at_fixed_addresses():
    """What to put before a command: clang 14's thread sanitizer does not start ("unexpected memory mapping") where the
    kernel is set to move addresses by more than 28 bits. Empty where moving cannot be turned off."""
    prefix = ["setarch", "-R"]
    works = subprocess.run(prefix + ["true"], stderr=subprocess.DEVNULL).returncode == 0
    return prefix if works else []


def totals(outcomes):
    return (sum(o.passed for o in outcomes), sum(len(o.failed) for o in outcomes), sum(o.skipped for o in outcomes))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--sanitized", nargs=2, action="append", default=[], metavar=("KIND", "BUILD"))
    parser.add_argument("--failed", action="append", default=[])
    parser.add_argument("suites", nargs="*")
    args = parser.parse_intermixed_args()

    tests = introspect(args.build)
    known = {suite for test in tests for suite in test["suites"]}
    for suite in args.suites:
        if suite not in known:
            print(f"run.py: no tests in suite {suite}; there are: {' '.join(sorted(known))}", file=sys.stderr)
            return 2

    def chosen(all_tests):
        return [t for t in all_tests if not args.suites or set(args.suites) & set(t["suites"])]

    print(f"Tests of {args.build}")
    outcomes = run_all(chosen(tests), {})
    passed, failed, skipped = totals(outcomes)
    bad = [o.name for o in outcomes if o.failed]
    for kind, build in args.sanitized:
        title, only, env = SANITIZERS[kind]
        print(f"Tests of {build} ({title})")
        tests = [t for t in chosen(introspect(build))
                 if "release-only" not in t["suites"] and (only is None or only in t["suites"])]
        if kind == "thread":
            prefix = at_fixed_addresses()
            for test in tests:
                test["cmd"] = prefix + test["cmd"]
        outcomes = run_all(tests, env)
        san_passed, san_failed, san_skipped = totals(outcomes)
        bad += [f"{o.name} ({title})" for o in outcomes if o.failed]
        if san_passed == 0 and san_failed == 0:
            san_failed += 1
            bad.append(f"nothing was tested {title}")
        print(f"{title}: {san_passed} passed, {san_failed} failed, {san_skipped} skipped")
        failed += san_failed
    failed += len(args.failed)
    bad += args.failed
    if bad:
        print("Failed: " + ", ".join(bad))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
