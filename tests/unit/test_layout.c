/* The other keyboard layout: what is swapped, what never is, and every name of the starter's lexicon in both languages.
 * The keys below are written out again, letter by letter, so that a slip in one of the two tables shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glob.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/layout.h"

enum { MAX_NAME = 512, LETTERS = 33 };

static const char *const key[LETTERS][2] = { /* by the alphabet */
    {"а", "f"}, {"б", ","}, {"в", "d"}, {"г", "u"}, {"д", "l"}, {"е", "t"}, {"ё", "`"}, {"ж", ";"}, {"з", "p"},
    {"и", "b"}, {"й", "q"}, {"к", "r"}, {"л", "k"}, {"м", "v"}, {"н", "y"}, {"о", "j"}, {"п", "g"}, {"р", "h"},
    {"с", "c"}, {"т", "n"}, {"у", "e"}, {"ф", "a"}, {"х", "["}, {"ц", "w"}, {"ч", "x"}, {"ш", "i"}, {"щ", "o"},
    {"ъ", "]"}, {"ы", "s"}, {"ь", "m"}, {"э", "'"}, {"ю", "."}, {"я", "z"},
};

/* The new text, or NULL: as typed. Freed by the caller. */
static char *other(const char *text)
{
    imf_err err = {0};
    char *out = NULL;

    if (imf_text_other_layout(text, &out, &err) != IMF_OK)
        fail_msg("\"%s\": %s", text, err.msg);
    return out;
}

static void expect_other(const char *text, const char *want)
{
    char *out = other(text);

    if (out == NULL || strcmp(out, want) != 0)
        fail_msg("\"%s\": %s%s, expected \"%s\"", text, out ? "read as " : "", out ? out : "stayed", want);
    imf_free(out);
}

static void expect_stays(const char *text)
{
    char *out = other(text);

    if (out != NULL)
        fail_msg("\"%s\" was read as \"%s\"", text, out);
}

/* ---- Examples ---------------------------------------------------------------------------------- */

static void test_swapped(void **state)
{
    (void)state;
    expect_other("rjirf", "кошка");
    expect_other("hs;bq rjn yf jryt", "рыжий кот на окне");
    expect_other("сфе", "cat");
    expect_other("кув сфк", "red car");
    expect_other("rjn", "кот");
    expect_other("RJIRF", "КОШКА");
    expect_other("Rjirf b cj,frf", "Кошка и собака");
    expect_other("Щкфтпу", "Orange");
    expect_other("'rhfy", "экран");
    expect_other("{jvzr", "Хомяк");
    expect_other("k.lb", "люди");
    expect_other("`krf", "ёлка");
    expect_other("le,", "дуб");
    expect_other(";er", "жук");
    expect_other("j,]tpl", "объезд");
    expect_other("<tksq vtldtlm", "Белый медведь");
    expect_other("  rjirf  ", "  кошка  ");
    expect_other("cj,frf-gjdjlshm", "собака-поводырь");
}

/* Punctuation moves to other keys too. */
static void test_punctuation(void **state)
{
    (void)state;
    expect_other("rjirf/", "кошка.");
    expect_other("rjirf? cj,frf", "кошка, собака");
    expect_other("rjirf&", "кошка?");
    expect_other("@rjirf@", "\"кошка\"");
    expect_other("rjirf!", "кошка!");
    expect_other("(ыщьу сфеы)", "(some cats)");
    expect_other("сфеы б вщпы", "cats , dogs");
    expect_other("Цруку шы еру сфе,", "Where is the cat?");
    expect_other("вщпэы ищту", "dog's bone");
}

static void test_stays(void **state)
{
    static const char *const texts[] = {
        "bmw", "nvidia", "iphone", "qwerty", "usb", "dvd", "hdr", "ps5", "gopro", "vk", "nyc", "tv", "img_1234", "ok",
        "brr", "впн", "ссср", "мгу", "дтп", "пдд", "жкх", "BMW", "NVIDIA", "СССР", "kfc", "pdf", "jpg", "html", "https",
        "hdtv", "lgbtq", "cctv", "cctv rjirf",
        "kgb", "nfl", "фсб", "кгб", "гибдд", "мвд", "тв", "вк", "asdf", "qwertyuiop", "фыва", "йцукен", "koshka",
        "sobaka", "privet", "tchaikovsky", "nietzsche", "volkswagen", "hyundai", "rhythm", "бррр", "хммм", "взгляд",
        "мгла", "вздох", "cat", "cats", "red car", "кошка", "рыжий кот на окне", "dog's bone", "cat,dog", "a", "yf",
        "в", "и не на", "yf yt", "yt ns", "", " ", "'", "[];", "...", "42", "r2d2", "rjirf 2", "rjirf2", "2 rjirf",
        "rjirf собака", "red сфе", "coбака", "nvidia rjirf", "кошка сфе", "cat rjirf", "café", "naïve", "їжак",
        "жыве беларусь", "猫", "rjirf\t", "rjirf\nrjirf", "rjirf\xc2\xa0rjirf", "кошка №1", "rjirf \xf0\x9f\x90\xb1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_stays(texts[i]);
}

static void test_limits(void **state)
{
    imf_err err = {0};
    char text[4096 + 2], *out = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "rjirf "[i % 6];
    text[4096] = '\0';
    out = other(text);
    assert_non_null(out);
    assert_int_equal(strncmp(out, "кошка кошка ", strlen("кошка кошка ")), 0);
    imf_free(out);
    text[4096] = 'r';
    text[4097] = '\0';
    expect_stays(text);
    assert_int_equal(imf_text_other_layout("rjirf\xff", &out, &err), IMF_EUSAGE);
    assert_null(out);
    assert_true(err.msg[0] != '\0');
}

/* ---- All names of the lexicon ------------------------------------------------------------------ */

typedef struct tally {
    size_t names, swapped, at_all[2], recovered[2]; /* [0]: no word over three letters, [1]: with one */
} tally;

/* What comes of the name's keys in the other layout. */
static void type_wrong(const char *name, char *out)
{
    for (size_t step; *name != '\0'; name += step) {
        uint32_t c = 0;
        const char *to = NULL;
        step = imf_utf8_decode(name, strlen(name), &c);
        for (size_t k = 0; k < LETTERS && to == NULL; k++)
            for (int side = 0; side < 2; side++)
                if (strlen(key[k][side]) == step && memcmp(key[k][side], name, step) == 0)
                    to = key[k][1 - side];
        if (to != NULL)
            out = stpcpy(out, to);
        else
            for (size_t i = 0; i < step; i++)
                *out++ = name[i];
    }
    *out = '\0';
}

/* Letters of the longest word; -1: digits, signs, or letters of both languages. */
static int longest_word(const char *name)
{
    int longest = 0, length = 0;
    bool latin = false, cyrillic = false;

    for (size_t step; *name != '\0'; name += step) {
        uint32_t c = 0;
        step = imf_utf8_decode(name, strlen(name), &c);
        bool is_latin = c >= 'a' && c <= 'z', is_cyrillic = (c >= 0x430 && c <= 0x44f) || c == 0x451;
        if (!is_latin && !is_cyrillic && strchr(" -'", (int)c) == NULL)
            return -1;
        latin = latin || is_latin;
        cyrillic = cyrillic || is_cyrillic;
        length = is_latin || is_cyrillic ? length + 1 : 0;
        longest = length > longest ? length : longest;
    }
    return latin && cyrillic ? -1 : longest;
}

static void try_name(const char *name, tally *t)
{
    char wrong[2 * MAX_NAME];
    int length = longest_word(name);
    char *out = other(name);

    t->names++;
    if (out != NULL) {
        t->swapped++;
        print_message("# \"%s\" was read as \"%s\"\n", name, out);
    }
    imf_free(out);
    if (length < 3)
        return;
    type_wrong(name, wrong);
    out = other(wrong);
    t->at_all[length > 3]++;
    if (out != NULL && strcmp(out, name) == 0)
        t->recovered[length > 3]++;
    imf_free(out);
}

/* The names of one line: cells between tabs, cut at semicolons. */
static void try_line(char *line, tally *t)
{
    line[strcspn(line, "\n")] = '\0';
    for (char *rest = line, *name; (name = strsep(&rest, "\t;")) != NULL;) {
        name += strspn(name, " ");
        size_t n = strlen(name);
        while (n > 0 && name[n - 1] == ' ')
            name[--n] = '\0';
        if (n > 0 && n < MAX_NAME)
            try_name(name, t);
    }
}

static void test_lexicon(void **state)
{
    char pattern[4096];
    char *line = NULL;
    size_t room = 0;
    glob_t files = {0};
    tally t = {0};

    (void)state;
    snprintf(pattern, sizeof pattern, "%s/tools/starter/lexicon/*.txt", getenv("IMF_SOURCE_ROOT"));
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        FILE *f = fopen(files.gl_pathv[i], "r");
        assert_non_null(f);
        while (getline(&line, &room, f) >= 0)
            if (line[0] != '#')
                try_line(line, &t);
        fclose(f);
    }
    free(line); /* getline's */
    globfree(&files);
    print_message("# %zu names; typed in the wrong layout, recovered: %zu of %zu of three letters, %zu of %zu longer\n",
                  t.names, t.recovered[0], t.at_all[0], t.recovered[1], t.at_all[1]);
    assert_true(t.at_all[0] >= 100 && t.at_all[1] >= 8000);
    assert_int_equal(t.swapped, 0);
    assert_true(100 * t.recovered[0] >= 85 * t.at_all[0]);
    assert_true(100 * t.recovered[1] >= 97 * t.at_all[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swapped), cmocka_unit_test(test_punctuation), cmocka_unit_test(test_stays),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_lexicon),
    };

    if (!getenv("IMF_SOURCE_ROOT"))
        return 1;
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
