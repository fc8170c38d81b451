#!/usr/bin/python3
"""The two languages side by side: every text of the library (src/base/messages.h) and of the program (cli/texts.h) has
exactly one Russian twin, with the same conversions for the same arguments, the same options and commands, within the
same limits. Reads the sources alone. Prints TAP.

The last test plants offences and wants each of them found: a check that finds nothing is no check.
"""
import os
import re
import sys

ROOT = os.environ.get("IMF_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES = [("src/base/messages.h", "src/base/messages_ru.c"), ("cli/texts.h", "cli/texts_ru.c")]
GUARDS = {"IMF_BASE_MESSAGES_H", "IMF_CLI_TEXTS_H"}
MOST_BYTES = 400  # of a line: with the program's name before it and short arguments in it, it stays below 500
COLUMNS = 80
# Words that are the same in both languages; a twin of other words has Cyrillic letters.
NAMES = {"imagefinder", "seccomp", "no_new_privs", "Landlock"}

STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"|[A-Z]\w*')
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
CONVERSION = re.compile(
    r"%(?:(?P<percent>%)|(?P<at>\d+\$)?(?P<flags>[-+ #0']*)(?P<width>\*(?:\d+\$)?|\d+)?"
    r"(?:\.(?P<precision>\*(?:\d+\$)?|\d*))?(?P<length>hh|h|ll|l|z|j|t|L)?(?P<type>[diouxXeEfFgGaAcsp]))")


# ---- Reading the sources ---------------------------------------------------------------------------------------------


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_comments(source):
    keep = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/', re.DOTALL)
    return keep.sub(lambda m: m.group(0) if m.group(0).startswith('"') else " ", source)


def value(expression, macros):
    """The text of adjacent string literals and macros."""
    text = ""
    for piece in PIECE.findall(expression):
        if piece.startswith('"'):
            text += re.sub(r"\\(.)", lambda m: ESCAPES[m.group(1)], piece[1:-1])
        else:
            text += macros[piece]
    return text


def macros_of(source):
    """name -> text of every macro that is made of strings, in order."""
    found = {}
    for name, body in re.findall(r"^#define[ \t]+(\w+)((?:[^\n]*\\\n)*[^\n]*)", without_comments(source), re.MULTILINE):
        if name not in GUARDS and not body.startswith("("):
            found[name] = value(body.replace("\\\n", " "), found)
    return found


def twins_of(source):
    """[(name, text)] of the table, in order."""
    source = without_comments(source)
    macros = macros_of(source)
    found = []
    for match in re.finditer(r"\bTWIN\((\w+),((?:\s|%s|\b[A-Z]\w*)*)\)" % STRING.pattern, source):
        if match.group(1) != "name":
            found.append((match.group(1), value(match.group(2), macros)))
    return found


# ---- What must hold --------------------------------------------------------------------------------------------------


def conversions(text):
    """argument's place -> its type. Raises ValueError where printf would not understand the text."""
    types, following, numbered = {}, 1, None

    def take(at, kind):
        nonlocal following, numbered
        if numbered not in (None, at is not None):
            raise ValueError("numbered and other conversions in one text")
        numbered = at is not None
        place = int(at.rstrip("$")) if at else following
        following += at is None
        if types.setdefault(place, kind) != kind:
            raise ValueError("argument %d is taken as %s and as %s" % (place, types[place], kind))

    position = text.find("%")
    while position >= 0:
        match = CONVERSION.match(text, position)
        if not match:
            raise ValueError("not a conversion: %r" % text[position:position + 8])
        if not match.group("percent"):
            for star in (match.group("width"), match.group("precision")):
                if star and star.startswith("*"):
                    take(star[1:] or None, "int")
            kind = {"i": "d", "F": "f", "X": "x"}.get(match.group("type"), match.group("type"))
            take(match.group("at"), (match.group("length") or "") + kind)
        position = text.find("%", match.end())
    if sorted(types) != list(range(1, len(types) + 1)):
        raise ValueError("an argument is left out: %s" % sorted(types))
    return types


def fixed_words(text):
    """What stays as it is in every language: options, variables, commands."""
    words = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", text)) | set(re.findall(r"\bIMAGEFINDER_\w+", text))
    return words | set(re.findall(r"\bimagefinder [a-z]+(?: (?:list|show|edit|remove|info)\b)?", text))


def is_help(name):
    return name.startswith("TXT_HELP")


def faults_of_pair(name, english, russian):
    faults = []
    try:
        ours, theirs = conversions(english), conversions(russian)
        if ours != theirs:
            faults.append("conversions %s, in Russian %s" % (ours, theirs))
    except ValueError as problem:
        faults.append(str(problem))
    if not re.search("[а-яё]", russian, re.IGNORECASE):
        words = set(re.findall(r"[A-Za-z]\w*", CONVERSION.sub(" ", english)))
        if russian != english or words - NAMES:
            faults.append("no Cyrillic in it")
    if re.search("[а-яё][a-z]|[a-z][а-яё]", CONVERSION.sub(" ", russian), re.IGNORECASE):
        faults.append("Latin and Cyrillic letters in one word")
    if fixed_words(english) != fixed_words(russian):
        faults.append("options or commands differ: %s" % sorted(fixed_words(english) ^ fixed_words(russian)))
    for language, text in (("English", english), ("Russian", russian)):
        if is_help(name):
            faults += ["%s help line of %d columns: %s" % (language, len(line), line)
                       for line in text.split("\n") if len(line) > COLUMNS]
        else:
            if "\n" in text.strip("\n"):
                faults.append("%s: more than one line" % language)
            if len(text.encode()) > MOST_BYTES:
                faults.append("%s: %d bytes" % (language, len(text.encode())))
    for edge in (str.lstrip, str.rstrip):
        blank = [len(text) - len(edge(text)) > 0 for text in (english, russian)]
        if blank[0] != blank[1]:
            faults.append("blanks or a line feed at one end of only one language")
    return faults


def faults_of_table(texts, twins):
    """Everything that is wrong with one table, as lines."""
    faults = []
    names = [name for name, _ in twins]
    faults += ["%s has no Russian twin" % name for name in texts if name not in names]
    faults += ["%s is the twin of nothing" % name for name in names if name not in texts]
    faults += ["%s has two twins" % name for name in sorted(set(names)) if names.count(name) > 1]
    if not faults and names != list(texts):
        out = next(pair for pair in zip(names, texts) if pair[0] != pair[1])
        faults.append("another order: %s where the English table has %s" % out)
    by_english = {}
    for name, russian in twins:
        if name not in texts:
            continue
        faults += ["%s: %s" % (name, fault) for fault in faults_of_pair(name, texts[name], russian)]
        if by_english.setdefault(texts[name], russian) != russian: # the look-up goes by the English text
            faults.append("%s: its English text has two different twins" % name)
    return faults


# ---- The tests -------------------------------------------------------------------------------------------------------


def test_table(english, russian):
    texts, twins = macros_of(read(english)), twins_of(read(russian))
    faults = faults_of_table(texts, twins)
    if len(texts) < 100:
        faults.append("only %d texts were read from %s" % (len(texts), english))
    return faults


def test_all_twins_are_read(_, russian):
    """The reader must not overlook a row that the compiler sees."""
    rows = len(re.findall(r"^\s*TWIN\(", without_comments(read(russian)), re.MULTILINE))
    found = len(twins_of(read(russian)))
    return [] if rows == found else ["%d rows, %d read" % (rows, found)]


def test_planted_offences():
    good = ("MSG_A", "%s has %zu rows; see --help", "в %s строк: %zu; смотрите --help")
    planted = [
        ("another type", "%s has %zu rows; see --help", "в %s строк: %d; смотрите --help"),
        ("another order", "%s has %zu rows; see --help", "строк %zu в %s; смотрите --help"),
        ("one too few", "%s has %zu rows", "в %s строки"),
        ("one too many", "%s has rows", "в %s строк: %s"),
        ("a gap in the numbers", "%s and %s", "%2$s, и это всё"),
        ("numbered and not", "%s and %s", "%1$s и %s"),
        ("a bare percent sign", "50 %% of %s", "50 % от %s"),
        ("a star without its twin", "%.*s is short", "%s коротко"),
        ("no Cyrillic", "nothing found", "nothing found"),
        ("mixed letters", "the file", "фaйл"),
        ("an option lost", "see --help", "смотрите справку"),
        ("a command lost", "`imagefinder verify` lists it", "«imagefinder status» покажет"),
        ("two lines", "a file", "файл\nи ещё"),
        ("a line feed lost", "a file\n", "файл"),
        ("too long", "a file", "файл " * 60),
    ]
    faults = ["found fault with %s: %s" % (good, fault) for fault in faults_of_pair(*good)]
    for what, english, russian in planted:
        if not faults_of_pair("MSG_A", english, russian):
            faults.append("not found: " + what)
    for fine in (("%s: %s", "%s: %s"), ("%s of %zu", "%2$zu, из них %1$s"), ("50 %% of %.*s", "50 %% от %.*s"),
                 ("while %s; wait", "подождите%.0s; ждите")):
        faults += ["found fault with %s: %s" % (fine, fault) for fault in faults_of_pair("MSG_A", *fine)]
    if not faults_of_pair("TXT_HELP_A", "a\n", "я" * 81 + "\n"):
        faults.append("not found: a help line of 81 columns")
    header = '#define MSG_A "a" /* a "comment" */\n#define MSG_B \\\n    "b %s " \\\n    "c"\n'
    header += '#define MSG_C MSG_A "\\n"\n'
    if macros_of(header) != {"MSG_A": "a", "MSG_B": "b %s c", "MSG_C": "a\n"}:
        faults.append("read %r" % macros_of(header))
    table = '#define TWIN(name, russian) {#name}\nTWIN(MSG_A, "а"),\n'
    table += 'TWIN(MSG_B,\n  "б %s "\n  "в"),\nTWIN(MSG_X, "х"),\n'
    texts = macros_of(header)
    wanted = ["MSG_C has no Russian twin", "MSG_X is the twin of nothing"]
    if sorted(faults_of_table(texts, twins_of(table))) != wanted:
        faults.append("found %r" % faults_of_table(texts, twins_of(table)))
    swapped = [("MSG_B", "б %s в"), ("MSG_A", "а"), ("MSG_C", "а\n")]
    if not any("order" in fault for fault in faults_of_table(texts, swapped)):
        faults.append("not found: another order of the table")
    if not any("two twins" in fault for fault in faults_of_table(texts, swapped + swapped[:1])):
        faults.append("not found: two twins")
    return faults


def main():
    tests = []
    for english, russian in TABLES:
        tests.append(("every row of %s is read" % russian, lambda e=english, r=russian: test_all_twins_are_read(e, r)))
        tests.append(("%s says what %s says" % (russian, english), lambda e=english, r=russian: test_table(e, r)))
    tests.append(("planted offences are found", test_planted_offences))
    print("1..%d" % len(tests))
    bad = 0
    for number, (name, test) in enumerate(tests, 1):
        faults = test()
        bad += bool(faults)
        print("%s %d - %s" % ("not ok" if faults else "ok", number, name))
        for fault in faults:
            print("# " + fault.replace("\n", " "))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
