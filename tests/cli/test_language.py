"""The language of help and messages: how it is chosen, and that nothing but the words depends on it."""

import os
import re
import sys

import harness
from harness import Case, make_pictures

RUSSIAN = {"LC_ALL": "ru_RU.UTF-8"}
ENGLISH = {"LC_ALL": "C"}
HELPS = [
    [],
    ["index"],
    ["search"],
    ["serve"],
    ["embed"],
    ["collection"],
    ["collection", "list"],
    ["collection", "show"],
    ["collection", "edit"],
    ["collection", "remove"],
    ["model"],
    ["model", "list"],
    ["model", "info"],
    ["status"],
    ["verify"],
    ["doctor"],
]


def is_russian(text):
    return bool(re.search("[а-яё]{3}", text, re.I))


class Choice(Case):
    def language(self, **env):
        """Of an error line, with the variables given and no others."""
        env.setdefault("LC_ALL", "")  # as good as not set
        r = self.home.run("frobnicate", env=env)
        self.assertEqual(r.status, 2, str(r))
        return "ru" if "нет команды" in r.err else "en" if "no command" in r.err else r.err

    def test_the_first_variable_that_is_set_decides(self):
        for language, env in (
            ("ru", {"LC_ALL": "ru_RU.UTF-8"}),
            ("ru", {"LC_MESSAGES": "ru_RU.UTF-8"}),
            ("ru", {"LANG": "ru_RU.UTF-8"}),
            ("ru", {"LC_ALL": "ru", "LANG": "en_US.UTF-8"}),
            ("ru", {"LC_MESSAGES": "ru", "LANG": "C"}),
            ("ru", {"LC_MESSAGES": "", "LANG": "ru"}),
            ("en", {"LC_ALL": "C", "LANG": "ru"}),
            ("en", {"LC_ALL": "en_GB", "LC_MESSAGES": "ru", "LANG": "ru"}),
            ("en", {"LC_MESSAGES": "de_DE", "LANG": "ru"}),
            ("en", {"LC_CTYPE": "ru_RU.UTF-8"}),
            ("en", {}),
        ):
            self.assertEqual(self.language(**env), language, env)

    def test_what_names_russian(self):
        for tag in ("ru", "ru_RU", "ru_UA.UTF-8", "ru_RU.KOI8-R", "ru-RU", "ru.UTF-8", "ru@cyrillic", "RU"):
            self.assertEqual(self.language(LANG=tag), "ru", tag)
        for tag in ("C", "POSIX", "C.UTF-8", "en", "en_RU.UTF-8", "run", "rue_RU", "r", "uk_UA", "x" * 5000, "_ru"):
            self.assertEqual(self.language(LANG=tag), "en", tag)

    def test_language_goes_before_the_locale_unless_that_is_c(self):
        for language, env in (
            ("ru", {"LANGUAGE": "ru:en", "LANG": "en_US.UTF-8"}),
            ("ru", {"LANGUAGE": "ru_RU", "LANG": "de_DE.UTF-8"}),
            ("en", {"LANGUAGE": "en:ru", "LANG": "ru_RU.UTF-8"}),
            ("ru", {"LANGUAGE": "uk:ru:en", "LANG": "uk_UA.UTF-8"}),
            ("en", {"LANGUAGE": "de", "LANG": "ru_RU.UTF-8"}),
            ("ru", {"LANGUAGE": "", "LANG": "ru_RU.UTF-8"}),
            ("ru", {"LANGUAGE": ":::ru", "LANG": "en_US.UTF-8"}),
            ("en", {"LANGUAGE": "ru", "LANG": "C"}),
            ("en", {"LANGUAGE": "ru", "LC_ALL": "C.UTF-8", "LANG": "ru"}),
            ("en", {"LANGUAGE": "ru", "LANG": "POSIX"}),
            ("en", {"LANGUAGE": "ru"}),
        ):
            self.assertEqual(self.language(**env), language, env)


class Help(Case):
    def test_of_every_verb(self):
        for verb in HELPS:
            russian = self.home.run(*verb, "--help", env=RUSSIAN)
            english = self.home.run(*verb, "--help", env=ENGLISH)
            for r in (russian, english):
                self.assertEqual((r.status, r.err), (0, ""), str(r))
                for line in r.out.splitlines():
                    self.assertLessEqual(len(line), 80, line)
            self.assertIn("Примеры:\n", russian.out)
            self.assertIn("Везде:\n", russian.out)
            self.assertNotIn("Example", russian.out)
            self.assertIn("Examples:\n", english.out)
            names = r"imagefinder [a-z]+|--[a-z][a-z-]*|\$?IMAGEFINDER_\w+"
            self.assertEqual(set(re.findall(names, russian.out)), set(re.findall(names, english.out)), verb)

    def test_version_is_the_same(self):
        self.assertEqual(self.home.run("--version", env=RUSSIAN).out, self.home.run("--version", env=ENGLISH).out)


class Messages(Case):
    def russian(self, *args, status, naming=()):
        r = self.home.run(*args, env=RUSSIAN)
        self.assertEqual(r.status, status, str(r))
        for word in [naming] if isinstance(naming, str) else naming:
            self.assertIn(word, r.err, str(r))
        return r

    def test_wrong_usage(self):
        self.russian(status=2, naming=["index ПУТЬ", "imagefinder --help"])
        self.russian("serach", status=2, naming=["«serach»", "может быть, «search»?"])
        self.russian("collection", "shw", "c", status=2, naming="может быть, «collection show»?")
        self.russian("Привет", status=2, naming="нет команды «Привет»")
        self.russian("", status=2, naming="нет команды «»")
        self.russian("search", "кот", "--min-socre", "1", status=2, naming="может быть, «--min-score»?")
        self.russian("status", "-x", status=2, naming="нет ключа «-x»")
        self.russian("search", status=2, naming="нужны слова")
        self.russian("search", "", status=2, naming="запрос пуст")
        self.russian("search", "кот", "-k", "много", status=2, naming=["-k", "«много»"])
        self.russian("index", status=2, naming="imagefinder index ~/")
        self.russian("index", ".", "-c", "я" * 33, status=2, naming="64 байт")
        self.russian("embed", "--text", "кот", "--out", "x.npy", "--precision", "int8", status=2, naming="не сделано")
        self.russian("model", "info", status=2, naming="нужна одна модель")

    def test_every_wrong_call_is_one_short_line(self):
        long = "щ" * 3000
        for args in (
            [],
            [long],
            ["status", long],
            ["search", "кот", "-k", long],
            ["search", "кот", "--min-score", long],
            ["search", "--" + long],
            ["search", "@" + long, "кот"],
            ["search", "@http://" + long],
            ["index", ".", "-c", long],
            ["collection", long],
            ["collection", "show", long],
            ["model", "info", long],
        ):
            r = self.home.run(*args, env=RUSSIAN)  # the harness holds it to 500 bytes
            self.assertEqual(r.status, 2, str(r))
            self.assertTrue(is_russian(r.err), str(r))

    def test_the_librarys_errors(self):
        self.russian("search", "кот", "-c", "нигде", status=2, naming="нет коллекции «нигде»")
        self.russian("collection", "show", "нигде", status=2, naming=["«нигде»", "imagefinder collection list"])
        self.russian("collection", "remove", "нигде", status=2, naming="нет коллекции «нигде»")
        self.russian("model", "info", "нигде", status=2, naming="нет модели «нигде»")

    def test_the_systems_reasons(self):
        missing = self.home.path("нет такой")
        r = self.russian("index", missing, status=3, naming=[missing, "нет такого файла или папки"])
        self.assertNotIn("No such", r.err)
        with open("/dev/full", "wb") as full:
            r = self.home.run("status", env=RUSSIAN, stdout=full)
        self.assertEqual(r.status, 4, str(r))
        self.assertIn("на диске кончилось место", r.err)
        out = os.path.join(self.home.folder, "нет", "x.npy")
        naming = ["не удалось записать", "нет такой папки"]
        self.russian("embed", "--text", "кот", "--out", out, status=4, naming=naming)

    def test_an_empty_home(self):
        r = self.russian("status", status=0)
        self.assertIn("коллекций пока нет", r.out)
        self.assertIn(self.home.home, r.out)
        self.assertIn("коллекций пока нет", self.russian("collection", "list", status=0).out)
        self.russian("search", "рыжий", "кот", status=1, naming="ничего не нашлось")
        self.assertIn("всё цело", self.russian("verify", status=0).out)

    def test_doctor_and_models(self):
        r = self.home.run("doctor", env=RUSSIAN)
        self.assertIn(r.status, (0, 4), str(r))
        for name in ("декодер", "песочница", "процессор", "память", "диск", "папка индекса", "модель"):
            self.assertRegex(r.out, r"(?m)^(хорошо|внимание) +%s: " % name)
        self.assertRegex(self.russian("model", "list", status=0).out, r"starter: .*векторы из \d+ чисел, [0-9.]+ МБ")
        self.assertRegex(self.russian("model", "info", "starter", status=0).out, r"параметров: +\d+\n")


class Indexed(Case):
    """A home with three pictures, two failures and a note; read in both languages."""

    def setUp(self):
        super().setUp()
        make_pictures(self.home.path("кошки"), 3)
        for name in ("плохая.png", "evil\x1b.jpg"):
            with open(self.home.path("кошки", name), "w") as f:
                f.write("плохая")

    def test_index(self):
        os.mkdir(self.home.path("пусто"))
        args = ["index", self.home.path("кошки"), self.home.path("пусто"), "-c", "семья"]
        r = self.home.run(*args, env=RUSSIAN)
        self.assertEqual((r.status, r.err), (0, ""), str(r))
        counts = "семья: найдено 5: добавлено 3, без перемен 0, переименовано 0, не прочитано 2, убрано 0; "
        self.assertRegex(r.out, r"\A%s\d+\.\d с" % counts)
        self.assertIn("не прочитано: " + self.home.path("кошки", "плохая.png") + ": это не картинка", r.out)
        self.assertIn("замечание: " + self.home.path("пусто") + ": картинок не нашлось", r.out)
        r = self.home.run("index", self.home.path("нет"), self.home.path("кошки"), "-c", "семья", env=RUSSIAN)
        self.assertEqual(r.status, 3, str(r))
        self.assertIn("остальное: найдено 5, добавлено 0, не прочитано 2", r.err)

    def test_everything_that_lists(self):
        self.home.index(self.home.pictures, "-c", "семья")
        self.home.run("collection", "edit", "семья", "--title", "Наши", "--query", "кот на окне")
        r = self.home.run("status", env=RUSSIAN)
        self.assertRegex(r.out, r"(?m)^семья \(Наши\): картинок 3, не прочитано 2, [0-9.]+ [кМ]?Б, модель starter$")
        r = self.home.run("collection", "list", env=RUSSIAN)
        self.assertRegex(r.out, r"(?m)^семья \(Наши\): картинок 3, модель starter\n +например: кот на окне$")
        r = self.home.run("collection", "show", "семья", env=RUSSIAN)
        self.assertRegex(r.out, r"(?m)^  название: +Наши$")
        columns = {len(m.group(0)) for m in re.finditer(r"(?m)^  [а-я ]+: +(?=\S)", r.out)}
        self.assertEqual(columns, {18}, "the values stand in one column: " + r.out)
        r = self.home.run("search", "рыжий", "кот", env=RUSSIAN)
        self.assertEqual((r.status, len(r.out.splitlines())), (0, 3), str(r))
        self.assertRegex(r.err, r"\d+ мс: слова \d+ мс, поиск \d+ мс\n\Z")
        r = self.home.run("search", "кот", "--min-score", "1", env=RUSSIAN)
        self.assertEqual(r.status, 1)
        self.assertIn("при --min-score 1 ничего не нашлось", r.err)
        self.assertRegex(self.home.run("verify", env=RUSSIAN).out, r"\Aвсё цело: сегментов 1, строк 3\n\Z")
        r = self.home.run("collection", "remove", "семья", env=RUSSIAN)
        self.assertEqual(r.out, "коллекция «семья» забыта, из индекса ушло картинок: 3; ваши файлы остались как были\n")

    def test_json_is_the_same_in_both(self):
        """Apart from times, reasons and what doctor says."""
        self.home.index(self.home.pictures, "-c", "семья")

        left_out = ("reason", "found", "advice", "warnings", "took_ms", "seconds", "stages_ms")

        def plain(o):
            if isinstance(o, dict):
                return {k: "" if k in left_out else plain(v) for k, v in o.items()}
            return [plain(v) for v in o] if isinstance(o, list) else o

        for args in (
            ["index", self.home.pictures, "-c", "семья"],
            ["search", "рыжий", "кот"],
            ["search", "кот", "--min-score", "1"],
            ["status"],
            ["verify"],
            ["collection", "list"],
            ["collection", "show", "семья"],
            ["model", "list"],
            ["model", "info", "starter"],
            ["doctor"],
        ):
            ours, theirs = (self.home.run(*args, "--json", env=env) for env in (RUSSIAN, ENGLISH))
            self.assertEqual(ours.status, theirs.status, args)
            self.assertEqual(plain(ours.json()), plain(theirs.json()), args)

    def test_numbers_keep_their_point(self):
        self.home.index(self.home.pictures)
        r = self.home.run("search", "кот", "--min-score", "-0.5", env=dict(RUSSIAN, LC_NUMERIC="ru_RU.UTF-8"))
        self.assertEqual(r.status, 0, str(r))
        for line in r.out.splitlines():
            self.assertRegex(line, r"^ +\d+ +-?\d\.\d{3} ")


if __name__ == "__main__":
    sys.exit(harness.main())
