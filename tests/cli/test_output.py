"""Where output goes: full and closed stdout, readers that go away, terminals and colours."""

import os
import pty
import select
import signal
import subprocess
import sys

import harness
from harness import Case, make_pictures


class Stdout(Case):
    def test_a_full_disk(self):
        make_pictures(self.home.pictures, 3)
        self.home.index()
        for args in (
            ["search", "red", "cat"],
            ["search", "red", "cat", "--json"],
            ["search", "red", "cat", "--paths"],
            ["status"],
            ["status", "--json"],
            ["collection", "list"],
            ["verify"],
            ["--help"],
            ["--version"],
            ["search", "--help"],
            ["index", self.home.pictures],
            ["index", self.home.pictures, "--json"],
        ):
            with open("/dev/full", "wb") as full:
                r = self.home.run(*args, "--quiet", stdout=full)
            self.assertEqual(r.status, 4, str(r))
            self.assertIn("standard output", r.err)

    def test_wrong_usage_with_a_full_disk_is_still_wrong_usage(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.home.run("serach", stdout=full).status, 2)

    def test_a_closed_stdout(self):
        """Its number must not be given to a file of the home; the results cannot be written, status 4."""
        make_pictures(self.home.pictures, 3)
        self.home.index()
        for args in (["search", "red", "cat", "--quiet"], ["status"], ["index", self.home.pictures, "--quiet"]):
            done = subprocess.run(
                ["sh", "-c", 'exec "$@" >&-', "sh"] + self.home.command(*args),
                env=harness.environment(),
                stderr=subprocess.PIPE,
            )
            r = harness.Result(args, done.returncode, b"", done.stderr)
            harness.check_contract(r)
            self.assertEqual(r.status, 4, str(r))
        r = self.home.run("verify", "--json")
        self.assertTrue(r.json()["ok"], str(r))

    def test_everything_closed(self):
        make_pictures(self.home.pictures, 3)
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"] + self.home.command("index", self.home.pictures),
            env=harness.environment(),
        )
        self.assertEqual(done.returncode, 4)
        r = self.home.run("verify", "--json")
        self.assertEqual((r.json()["ok"], r.json()["rows"]), (True, 3), str(r))

    def test_a_reader_that_goes_away(self):
        make_pictures(self.home.pictures, 40)
        self.home.index()
        for args in (
            ["search", "red", "cat", "-k", "40", "--paths"],
            ["search", "red", "cat", "-k", "40", "--json"],
            ["--help"],
            ["status"],
        ):
            process = self.home.start(*args, "--quiet")
            process.stdout.close()  # before a byte is written
            err = process.stderr.read()
            process.stderr.close()
            self.assertIn(process.wait(timeout=60), (0, 141, -signal.SIGPIPE), args)
            self.assertEqual(err, b"", args)

    def test_head(self):
        make_pictures(self.home.pictures, 40)
        self.home.index()
        done = subprocess.run(
            ["sh", "-c", '"$@" | head -1', "sh"] + self.home.command("search", "red", "-k", "40", "--paths", "--quiet"),
            env=harness.environment(),
            capture_output=True,
        )
        self.assertEqual((done.returncode, done.stdout.count(b"\n"), done.stderr), (0, 1, b""))


class Terminal(Case):
    def on_terminal(self, *args, **env):
        """Runs with stdout and stderr on a terminal; returns the status and what was shown."""
        main, other = pty.openpty()
        process = subprocess.Popen(
            self.home.command(*args), stdin=other, stdout=other, stderr=other, env=harness.environment(**env)
        )
        os.close(other)
        shown = b""
        while True:
            ready, _, _ = select.select([main], [], [], harness.TIMEOUT)
            try:
                piece = os.read(main, 65536) if ready else b""
            except OSError:  # the other end is closed
                piece = b""
            if not piece:
                break
            shown += piece
        os.close(main)
        return process.wait(timeout=60), shown.decode("utf-8", "replace")

    def test_no_colours_into_a_pipe(self):
        make_pictures(self.home.pictures, 5)
        for args in (["index", self.home.pictures], ["search", "red", "cat"], ["status"], ["verify"]):
            r = self.home.run(*args, env={"TERM": "xterm-256color"})
            self.assertNotIn("\x1b", r.out + r.err)
            self.assertNotIn("\r", r.out + r.err)

    def test_no_color_and_dumb_terminals_are_obeyed(self):
        make_pictures(self.home.pictures, 150)
        for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
            status, shown = self.on_terminal("index", self.home.pictures, **env)
            self.assertEqual(status, 0, shown)
            self.assertNotRegex(shown, "\x1b\\[[0-9;]*m")
            status, shown = self.on_terminal("search", "red", "cat", **env)
            self.assertEqual(status, 0, shown)
            self.assertNotRegex(shown, "\x1b\\[[0-9;]*m")

    def test_a_progress_bar_on_a_terminal(self):
        make_pictures(self.home.pictures, 300)
        status, shown = self.on_terminal("index", self.home.pictures, TERM="xterm")
        self.assertEqual(status, 0, shown)
        self.assertIn("\r", shown)
        self.assertIn(" of 300", shown)
        self.assertRegex(shown, r"default: 300 seen: 300 added[^\r\n]*\r\n\Z")

    def test_quiet_on_a_terminal(self):
        make_pictures(self.home.pictures, 150)
        status, shown = self.on_terminal("index", self.home.pictures, "--quiet", TERM="xterm")
        self.assertEqual((status, shown.count("\n")), (0, 1), shown)
        self.assertNotIn("\x1b", shown)

    def test_file_names_are_harmless_on_a_terminal(self):
        harness.make_picture(self.home.path("evil\x1b[31m\nname.png"), 1)
        self.home.index()
        for args in (["search", "cat", "--paths"], ["search", "cat"]):
            status, shown = self.on_terminal(*args, "--quiet", TERM="xterm", NO_COLOR="1")
            self.assertEqual((status, shown.count("\n")), (0, 1), shown)
            self.assertNotIn("\x1b", shown)
            self.assertIn("evil?[31m?name.png", shown)


if __name__ == "__main__":
    sys.exit(harness.main())
