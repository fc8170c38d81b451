"""Wrong usage, help and version: everything that can be said without opening a home."""

import os
import subprocess
import sys

import harness

VERBS = ["index", "search", "serve", "embed", "tokenize", "collection", "model", "status", "verify", "doctor"]
TWO_WORDS = [
    "collection list",
    "collection show",
    "collection edit",
    "collection remove",
    "model list",
    "model info",
]
BUILT_OPTIONS = [
    "--home",
    "--json",
    "--threads",
    "--no-cache",
    "--quiet",
    "--help",
    "--model",
    "--forget",
    "--min-score",
    "--exact",
    "--paths",
    "--text",
    "--picture",
    "--raw",
    "--precision",
    "--out",
    "--title",
    "--description",
    "--query",
    "--listen",
    "--templates",
    "--reference-preprocessing",
]
NOT_BUILT = [
    "explain",
    "tag",
    "matrix",
    "translate",
    "duplicates",
    "eval",
    "vectors",
    "repair",
    "compact",
    "backup",
    "--watch",
    "--every",
    "--scenes",
    "--tsv",
    "--preview",
    "--plus",
    "--minus",
    "--not",
    "--kind",
    "--since",
    "--until",
    "--camera",
    "--near",
    "--labels",
    "--token-file",
    "show",
    "list",
    "info",
    "pull",
    "remove",
]


class Help(harness.Case):
    def test_version(self):
        r = self.home.run("--version")
        self.assertEqual(r.status, 0, str(r))
        self.assertRegex(r.out, r"\Aimagefinder \d+\.\d+\.\d+\n\Z")
        self.assertEqual(r.err, "")

    def test_help_lists_what_is_built(self):
        r = self.home.run("--help")
        self.assertEqual((r.status, r.err), (0, ""), str(r))
        for verb in VERBS:
            self.assertIn("imagefinder " + verb, r.out)
        self.assertRegex(r.out, "[а-яё]{3}", "a Russian example")

    def test_help_of_every_verb(self):
        for verb in VERBS + TWO_WORDS:
            r = self.home.run(*verb.split(), "--help")
            self.assertEqual((r.status, r.err), (0, ""), str(r))
            self.assertTrue(r.out.startswith("imagefinder " + verb.split()[0]), str(r))
            self.assertIn("imagefinder " + verb, r.out)
            self.assertEqual(
                self.home.run("--help", *verb.split()).out, r.out, "the place of --help does not matter"
            )

    def test_help_names_every_built_option_and_no_other(self):
        text = "".join(self.home.run(*v, "--help").out for v in ([], *([v] for v in VERBS)))
        for option in BUILT_OPTIONS + ["-c ", "-k "]:
            self.assertIn(option, text)
        words = set(text.replace(",", " ").replace("[", " ").replace("]", " ").split())
        self.assertEqual(words & {w for w in NOT_BUILT if w.startswith("--")}, set())
        for verb in (w for w in NOT_BUILT if not w.startswith("--")):
            self.assertNotIn("imagefinder " + verb, text)

    def test_help_fits_a_terminal(self):
        for verb in [[]] + [[v] for v in VERBS]:
            for line in self.home.run(*verb, "--help").out.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_help_wins_over_missing_arguments(self):
        for args in (["index", "--help"], ["search", "-k", "0", "--help"], ["embed", "--help", "--raw"]):
            self.assertEqual(self.home.run(*args).status, 0)


class Verbs(harness.Case):
    def test_without_arguments(self):
        done = subprocess.run(
            [harness.PROGRAM], capture_output=True, env=harness.environment(HOME=self.home.folder)
        )
        r = harness.Result([], done.returncode, done.stdout, done.stderr)
        harness.check_contract(r)
        self.assertEqual(r.status, 2)
        for verb in VERBS:
            self.assertIn(verb, r.err)
        self.assertIn("--help", r.err)

    def test_mistyped_verbs_get_a_suggestion(self):
        for typed, meant in (
            ("serach", "search"),
            ("indx", "index"),
            ("idnex", "index"),
            ("stauts", "status"),
            ("verfy", "verify"),
            ("embde", "embed"),
            ("colection", "collection"),
            ("modle", "model"),
            ("doctro", "doctor"),
            ("server", "serve"),
            ("searches", "search"),
        ):
            self.usage(typed, naming=["'%s'" % typed, "did you mean '%s'?" % meant])

    def test_unknown_verbs_get_none(self):
        for typed in ("frobnicate", "x", "Привет", "a" * 5000, "\x1b[31m"):
            self.assertNotIn("did you mean", self.usage(typed).err)

    def test_what_is_not_built_is_wrong_usage(self):
        for verb in NOT_BUILT:
            if not verb.startswith("--"):
                self.usage(verb, "x")

    def test_collection_needs_a_built_verb(self):
        self.usage("collection", naming="collection list")
        self.usage("collection", "lst", naming="did you mean 'collection list'?")
        self.usage("collection", "edti", "c", "--title", "x", naming="did you mean 'collection edit'?")
        self.usage("collection", "shwo", "c", naming="did you mean 'collection show'?")
        self.usage("collection", "remvoe", "c", naming="did you mean 'collection remove'?")
        for verb in ("frobnicate", "info", ""):
            self.assertNotIn("did you mean", self.usage("collection", verb, "c").err)

    def test_model_needs_a_built_verb(self):
        self.usage("model", naming=["model list", "model info"])
        self.usage("model", "lits", naming="did you mean 'model list'?")
        self.usage("model", "inof", "x", naming="did you mean 'model info'?")
        for verb in ("pull", "verify", "remove", "link", "edit"):
            self.assertNotIn("did you mean", self.usage("model", verb, "starter", naming="'model %s'" % verb).err)

    def test_verbs_that_need_one_name(self):
        for verb in ("show", "edit", "remove"):
            for words in ([], ["a", "b"]):
                self.usage("collection", verb, *words, naming=["collection %s" % verb, "one collection"])
            for name in ("", "a/b", "x" * 65):
                self.usage("collection", verb, name, naming="64 bytes")
        for words in ([], ["a", "b"], [""]):
            self.usage("model", "info", *words, naming="one model")

    def test_too_many_words(self):
        for args in (
            ["status", "now"],
            ["verify", "all"],
            ["collection", "list", "x"],
            ["embed", "cat", "--out", "x.npy"],
            ["collection", "edit", "a", "b", "--title", "t"],
            ["model", "list", "x"],
            ["doctor", "now"],
            ["serve", "now"],
        ):
            self.usage(*args)


class Options(harness.Case):
    def test_mistyped_options_get_a_suggestion(self):
        for args, meant in (
            (["search", "cat", "--min-socre", "1"], "--min-score"),
            (["search", "--jsn", "cat"], "--json"),
            (["index", ".", "--forgte"], "--forget"),
            (["--hme=/tmp", "status"], "--home"),
            (["embed", "--txt", "a"], "--text"),
            (["status", "--quite"], "--quiet"),
        ):
            self.usage(*args, naming="did you mean '%s'?" % meant)

    def test_unknown_options(self):
        for args in (
            ["search", "cat", "--frobnicate"],
            ["status", "-x"],
            ["search", "-5"],
            ["search", "cat", "-z9"],
            ["search", "---", "cat"],
            ["search", "cat", "--=v"],
        ):
            self.assertIn("there is no option", self.usage(*args).err)

    def test_options_that_are_not_built(self):
        for option in (o for o in NOT_BUILT if o.startswith("--")):
            self.usage("search", "cat", option, "x")
            self.usage("index", ".", option, "x")

    def test_an_option_of_another_verb(self):
        for args, option in (
            (["search", "cat", "--forget"], "--forget"),
            (["index", ".", "-k", "3"], "-k"),
            (["status", "-c", "x"], "-c"),
            (["verify", "--paths"], "--paths"),
            (["embed", "--text", "a", "--out", "x.npy", "--exact"], "--exact"),
            (["collection", "list", "--title", "x"], "--title"),
            (["search", "cat", "--raw"], "--raw"),
            (["doctor", "-k", "3"], "-k"),
            (["model", "list", "--model", "x"], "--model"),
            (["collection", "show", "c", "--title", "x"], "--title"),
            (["search", "cat", "--listen", "127.0.0.1:0"], "--listen"),
        ):
            self.usage(*args, naming=[option, "has no option"])

    def test_values_that_are_missing(self):
        for args, option in (
            (["search", "cat", "-k"], "-k"),
            (["search", "cat", "--min-score"], "--min-score"),
            (["status", "--home"], "--home"),
            (["index", ".", "-c"], "-c"),
            (["embed", "--text"], "--text"),
            (["search", "cat", "--model"], "--model"),
        ):
            self.usage(*args, naming=[option, "value"])

    def test_values_that_are_not_wanted(self):
        self.usage("search", "cat", "--json=yes", naming=["--json", "yes"])
        self.usage("index", ".", "--forget=no", naming="--forget")

    def test_k(self):
        for value in ("0", "1001", "-1", "+5", "ten", "1e2", "3.5", "", " 7", "7 ", "99999999999999999999", "0x10"):
            self.usage("search", "cat", "-k", value, naming=["-k", "1 to 1000", "'%s'" % value])
        self.usage("search", "cat", "-k0", naming=["-k", "'0'"])

    def test_threads(self):
        for value in ("0", "-2", "two", "100000", ""):
            self.usage("status", "--threads", value, naming=["--threads", "'%s'" % value])

    def test_min_score(self):
        for value in ("nan", "NaN", "inf", "-inf", "high", "", "0.2x", "0,2", " 1", "0x1p-2", "1e999"):
            self.usage("search", "cat", "--min-score", value, naming=["--min-score", "'%s'" % value])

    def test_collection_names(self):
        for verb in (["search", "cat", "-c"], ["index", ".", "-c"], ["collection", "edit", "--title", "t"]):
            for name in ("", "a/b", "/", "x" * 65, "я" * 33):
                self.usage(*verb, name, naming="64 bytes")

    def test_empty_values(self):
        for args, option in (
            (["status", "--home="], "--home"),
            (["search", "cat", "--model", ""], "--model"),
            (["embed", "--text", "a", "--out="], "--out"),
            (["embed", "--picture", "", "--out", "x.npy"], "--picture"),
            (["serve", "--listen", ""], "--listen"),
        ):
            self.usage(*args, naming=[option, "empty"])

    def test_tokens_are_not_built(self):
        self.usage("serve", "--token-file", "x", naming=["--token-file", "not built yet"])

    def test_long_and_hostile_arguments_stay_one_short_line(self):
        for text in ("x" * 100000, "a\nb\rc\x1b[2J\x07", "\u202e\u2028evil", b"\xff\xfe\xc3(", "щ" * 3000):
            self.usage(text)
            self.usage("status", text)
            self.usage("search", "cat", "-k", text, naming="-k")
            self.usage("search", "cat", "--min-score", text)


class Words(harness.Case):
    def test_index_needs_a_path(self):
        self.usage("index", naming="index")
        self.usage("index", "-c", "x")
        self.usage("index", "")

    def test_search_needs_words(self):
        self.usage("search", naming="search")
        self.usage("search", "--json")
        self.usage("search", "--")

    def test_an_empty_query(self):
        for words in ([""], [" "], ["", ""], ["\t", "\n"]):
            self.usage("search", *words)
            self.usage("search", *words, "--json")

    def test_at_with_words(self):
        for words in (["@a.jpg", "cat"], ["cat", "@a.jpg"], ["@a.jpg", "@b.jpg"]):
            self.usage("search", *words, naming="@")
        self.usage("search", "@", naming="@")
        self.usage("search", "@https://example.org/a.jpg", naming="not built")

    def test_json_and_paths(self):
        self.usage("search", "cat", "--json", "--paths", naming=["--json", "--paths"])

    def test_embed(self):
        self.usage("embed", "--out", "x.npy", naming=["--text", "--picture"])
        self.usage("embed", "--text", "a", naming="--out")
        for precision in ("bf16", "int8"):
            self.usage(
                "embed",
                "--text",
                "a",
                "--out",
                "x.npy",
                "--precision",
                precision,
                naming=[precision, "not built yet"],
            )
        self.usage("embed", "--text", "a", "--out", "x.npy", "--precision", "f7", naming="'f7'")
        self.assertFalse(os.path.exists("x.npy"))

    def test_collection_edit(self):
        self.usage("collection", "edit", naming="name")
        self.usage("collection", "edit", "c", naming="--title")

    def test_options_stand_anywhere(self):
        """All of these are the same right call: an empty home finds nothing, status 1."""
        for args in (
            ["-k", "5", "search", "red", "cat", "--json"],
            ["--json", "search", "red", "-k5", "cat"],
            ["search", "-k5", "--json", "red", "cat"],
            ["search", "red", "--json", "--threads=2", "-k", "5", "cat"],
            ["--quiet", "--no-cache", "search", "--json", "--", "red", "cat"],
            ["search", "--min-score=-0.5", "--exact", "--json", "red", "cat"],
        ):
            r = self.home.run(*args)
            self.assertEqual(r.status, 1, str(r))
            self.assertEqual(r.json()["query"]["text"], "red cat")

    def test_after_two_dashes_everything_is_a_word(self):
        r = self.home.run("search", "--json", "--", "cat", "--json", "-k")
        self.assertEqual(r.status, 1, str(r))
        self.assertEqual(r.json()["query"]["text"], "cat --json -k")


if __name__ == "__main__":
    sys.exit(harness.main())
