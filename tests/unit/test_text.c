/* Folding, languages, words and their rows. The foldings of all code points are Python's (tests/golden/text/fold.txt);
 * the rows of whole texts are compared with the trainer's in tests/golden/test_starter.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "text/fold.h"
#include "text/language.h"
#include "text/lookalike.h"
#include "text/words.h"

enum { POINTS = 0x110000, MAX_FOLDED = 1024 };

/* ---- Folding ----------------------------------------------------------------------------------- */

static void expect_fold(const char *text, const char *want, const char *what)
{
    imf_err err = {0};
    char *folded = NULL;

    if (imf_text_fold(text, &folded, &err) != IMF_OK)
        fail_msg("%s: %s", what, err.msg);
    if (strcmp(folded, want) != 0)
        fail_msg("%s: folded to \"%s\", expected \"%s\"", what, folded, want);
    imf_free(folded);
}

static size_t put_utf8(char *out, uint32_t c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 63));
    out[0] = (char)(first[n] | c);
    out[n] = '\0';
    return n;
}

/* The hexadecimal code points of s, up to `end`, as UTF-8. */
static void hex_to_utf8(const char *s, char end, char *out)
{
    *out = '\0';
    while (*s != end && *s != '\0') {
        char *after = NULL;
        unsigned long c = strtoul(s, &after, 16);
        assert_true(after > s && c > 0 && c < POINTS);
        out += put_utf8(out, (uint32_t)c);
        s = after + strspn(after, " ");
    }
}

static bool has_letter(const char *s)
{
    for (; *s != '\0'; s++) {
        const unsigned char *u = (const unsigned char *)s;
        if ((*u >= 'a' && *u <= 'z') || (*u >= '0' && *u <= '9') || (u[0] == 0xd0 && u[1] >= 0xb0) ||
            (u[0] == 0xd1 && u[1] <= 0x8f))
            return true;
    }
    return false;
}

static FILE *open_golden(const char *name)
{
    const char *root = getenv("IMF_SOURCE_ROOT");
    char path[4096];
    FILE *f = NULL;

    if (root == NULL)
        fail_msg("IMF_SOURCE_ROOT is not set");
    snprintf(path, sizeof path, "%s/tests/golden/text/%s", root, name);
    f = fopen(path, "r");
    if (f == NULL)
        fail_msg("cannot read %s", path);
    return f;
}

/* Every code point that Python's Unicode assigns, and 400 mixtures. */
static void test_fold_like_python(void **state)
{
    FILE *f = open_golden("fold.txt");
    bool *assigned = calloc(POINTS, sizeof *assigned), *listed = calloc(POINTS, sizeof *listed);
    char line[4096], from[MAX_FOLDED], to[MAX_FOLDED], name[16];
    unsigned first = 0, last = 0;
    size_t points = 0, mixtures = 0;

    (void)state;
    assert_non_null(assigned);
    assert_non_null(listed);
    assert_non_null(fgets(line, sizeof line, f));
    assert_memory_equal(line, "unicode ", 8);
    while (fgets(line, sizeof line, f) != NULL) {
        char *second = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        assert_non_null(second);
        if (sscanf(line, "assigned %x %x", &first, &last) == 2) {
            assert_true(first <= last && last < POINTS);
            for (unsigned c = first; c <= last; c++)
                assigned[c] = true;
        } else if (line[0] == '=') {
            const char *right = strstr(line, " : ");
            assert_non_null(right);
            hex_to_utf8(line + 2, ':', from);
            hex_to_utf8(right + 3, '\0', to);
            expect_fold(from, to, line);
            mixtures++;
        } else {
            first = (unsigned)strtoul(line, NULL, 16);
            assert_true(first < POINTS && assigned[first]);
            listed[first] = true;
            put_utf8(from, first);
            hex_to_utf8(second + 1, '\0', to);
            expect_fold(from, to, line);
            points++;
        }
    }
    assert_true(points > 1000);
    assert_int_equal(mixtures, 400);
    for (unsigned c = 1; c < POINTS; c++) { /* the others: no letter of ours comes out, unless the code point is one */
        imf_err err = {0};
        char *folded = NULL;
        if (!assigned[c] || listed[c])
            continue;
        put_utf8(from, c);
        snprintf(name, sizeof name, "U+%04X", c);
        if (imf_text_fold(from, &folded, &err) != IMF_OK)
            fail_msg("%s: %s", name, err.msg);
        if (strcmp(folded, from) != 0 && has_letter(folded))
            fail_msg("%s folds to \"%s\", which Python does not", name, folded);
        imf_free(folded);
    }
    free(assigned);
    free(listed);
    fclose(f);
}

static void test_fold_table(void **state)
{
    static const struct {
        const char *text, *want;
    } table[] = {
        {"", ""},
        {"Кошка на ДИВАНЕ", "кошка на диване"},
        {"ЁЖИК ёжик", "ежик ежик"},
        {"е\xcc\x88жик", "ежик"},                  /* decomposed ё */
        {"чаи\xcc\x86ник", "чайник"},              /* decomposed й */
        {"И\xcc\x86огурт", "йогурт"},
        {"\xef\xbd\x83\xef\xbd\x81\xef\xbd\x94", "cat"}, /* full width */
        {"\xef\xac\x81sh", "fish"},                /* the ligature fi */
        {"\xe2\x85\xa8 век", "ix век"},            /* the Roman numeral nine */
        {"x\xc2\xb2", "x2"},
        {"a\xc2\xa0" "b", "a b"},                  /* a no-break space */
        {"само\xc2\xadлёт", "само\xc2\xadлет"},    /* the soft hyphen stays, and is no letter */
        {"\xc4\xb0x", "ix"},                       /* İ: two code points in full, the first is i */
        {"STRASSE stra\xc3\x9f" "e", "strasse stra\xc3\x9f" "e"},
        {"\xf0\x9f\x90\xb1", "\xf0\x9f\x90\xb1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        expect_fold(table[i].text, table[i].want, table[i].text);
}

static void test_fold_refuses(void **state)
{
    static const char *const broken[] = {"\xff", "caf\xe9", "\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"};
    imf_err err = {0};
    char *folded = NULL, *text = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        err = (imf_err){0};
        assert_int_equal(imf_text_fold(broken[i], &folded, &err), IMF_EUSAGE);
        assert_null(folded);
        assert_non_null(strstr(err.msg, "UTF-8"));
    }
    text = malloc(4098);
    assert_non_null(text);
    memset(text, 'a', 4098);
    text[4097] = '\0';
    err = (imf_err){0};
    assert_int_equal(imf_text_fold(text, &folded, &err), IMF_EUSAGE);
    assert_non_null(strstr(err.msg, "4096"));
    text[4096] = '\0';
    assert_int_equal(imf_text_fold(text, &folded, &err), IMF_OK);
    assert_string_equal(folded, text);
    imf_free(folded);
    for (size_t i = 0; i + 3 <= 4096; i += 3) /* the longest expansion there is: U+FDFA, 18 code points */
        memcpy(text + i, "\xef\xb7\xba", 3);
    text[4095] = '\0';
    assert_int_equal(imf_text_fold(text, &folded, &err), IMF_OK);
    assert_int_equal(strlen(folded), 1365 * 33);
    imf_free(folded);
    free(text);
}

static void test_blank(void **state)
{
    (void)state;
    assert_true(imf_text_blank(""));
    assert_true(imf_text_blank(" \t\r\n\v\f"));
    /* no-break space, line separator, ideographic space */
    assert_true(imf_text_blank("\xc2\xa0\xe2\x80\xa8\xe3\x80\x80"));
    assert_false(imf_text_blank(" a "));
    assert_false(imf_text_blank("кот"));
    assert_false(imf_text_blank("\xff"));
    assert_false(imf_text_blank("\xe2\x80\x8b")); /* zero width space: not white space in Unicode */
}

/* ---- Language ---------------------------------------------------------------------------------- */

static void test_language(void **state)
{
    static const struct {
        const char *text, *want;
    } table[] = {
        {"кот", "ru"},      {"Ёжик в тумане, 2 шт.", "ru"}, {"ё", "ru"},          {"і", "ru"},
        {"cat", "en"},      {"A cat, 2 of them!", "en"},    {"caf\xc3\xa9", "en"}, {"\xef\xbd\x83", "en"},
        {"кот cat", "mixed"}, {"USB-кабель", "mixed"},      {"рaз", "mixed"},     /* with a Latin a */
        {"", "other"},      {"123", "other"},               {"!?", "other"},      {"\xf0\x9f\x90\xb1", "other"},
        {"\xe7\x8c\xab", "other"}, {"\xc3\x97", "other"},   {"\xff\xfe", "other"}, {"\xff кот", "ru"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(imf_text_language(table[i].text), table[i].want) != 0)
            fail_msg("\"%s\" is told as %s, expected %s", table[i].text, imf_text_language(table[i].text),
                     table[i].want);
}

/* ---- Words ------------------------------------------------------------------------------------- */

static const imf_words_config starter = {40960, 40960, 24, 3, 5, 3, 7};

static size_t count_words(const char *text, const imf_words_config *config)
{
    imf_err err = {0};
    imf_word_rows r;
    size_t n = 0;

    if (imf_words_rows(text, config, &r, &err) != IMF_OK)
        fail_msg("\"%s\": %s", text, err.msg);
    n = r.n_words;
    for (size_t w = 0; w < n; w++) {
        assert_true(r.word_slot[w] < IMF_WORD_SLOTS * config->word_rows);
        assert_true(r.ngram_start[w] <= r.ngram_start[w + 1]);
    }
    for (size_t i = 0; n > 0 && i < r.ngram_start[n]; i++)
        assert_in_range(r.ngram_row[i], config->word_rows, config->word_rows + config->ngram_rows - 1);
    imf_word_rows_clear(&r);
    return n;
}

static void test_words(void **state)
{
    static const struct {
        const char *text;
        size_t words;
    } table[] = {
        {"", 0}, {" ", 0}, {"!?", 0}, {"\xf0\x9f\x90\xb1", 0}, {"\xe7\x8c\xab", 0},
        {"cat", 1}, {"Кот", 1}, {"кот-cat", 2}, {"it's", 2}, {"2 яблока", 2}, {"котcat9", 1},
        {"само\xc2\xadлёт", 2},                    /* the soft hyphen divides, as for the trainer */
        {"чаи\xcc\x86ник", 1}, {"caf\xc3\xa9", 1}, {"na\xc3\xafve", 2}, {"кіт", 2},
        {"a b c d e f g h i j k l m n o p q r s t u v w x", 24},
        {"a b c d e f g h i j k l m n o p q r s t u v w x y z", 24},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (count_words(table[i].text, &starter) != table[i].words)
            fail_msg("\"%s\": %zu words, expected %zu", table[i].text, count_words(table[i].text, &starter),
                     table[i].words);
}

/* Thousands of words that mix the alphabets (tools/golden/text.py). */
static void test_same_script(void **state)
{
    FILE *f = open_golden("lookalike.txt");
    char line[256], out[2 * sizeof line];
    size_t words = 0, changed = 0;

    (void)state;
    while (fgets(line, sizeof line, f) != NULL) {
        char *want = strchr(line, ' ');
        assert_non_null(want);
        *want++ = '\0';
        want[strcspn(want, "\n")] = '\0';
        size_t n = imf_text_same_script(line, strlen(line), out);
        assert_true(n <= 2 * strlen(line));
        if (n != strlen(want) || memcmp(out, want, n) != 0)
            fail_msg("\"%s\" became \"%.*s\", expected \"%s\"", line, (int)n, out, want);
        words++;
        changed += strcmp(line, want) != 0;
    }
    fclose(f);
    assert_true(words > 5000 && changed > 1000 && words - changed > 1000);
    assert_int_equal(imf_text_same_script("", 0, out), 0);
}

static void expect_rows(const char *text, size_t n, const uint32_t *want_words, const size_t *want_start,
                        const uint32_t *want_pieces)
{
    imf_err err = {0};
    imf_word_rows r;

    if (imf_words_rows(text, &starter, &r, &err) != IMF_OK)
        fail_msg("\"%s\": %s", text, err.msg);
    assert_int_equal(r.n_words, n);
    for (size_t w = 0; w < n; w++) {
        assert_int_equal(r.word_slot[w], want_words[w]);
        assert_int_equal(r.ngram_start[w + 1], want_start[w + 1]);
    }
    for (size_t i = 0; i < want_start[n]; i++)
        assert_int_equal(r.ngram_row[i], want_pieces[i]);
    imf_word_rows_clear(&r);
}

/* Rows by tools/starter/text.py, which the model is trained with. */
static void test_rows(void **state)
{
    static const uint32_t one_words[] = {123188};
    static const size_t one_start[] = {0, 1};
    static const uint32_t one_pieces[] = {59593};
    static const uint32_t two_words[] = {151791, 78088};
    static const size_t two_start[] = {0, 6, 7};
    static const uint32_t two_pieces[] = {58532, 69871, 59200, 74867, 51681, 65684, 70248};
    static const uint32_t long_one_words[] = {4063};
    static const size_t long_one_start[] = {0, 65};
    static const uint32_t long_one_pieces[] = {
        59455, 63944, 58045, 46024, 60799, 64310, 52296, 52285, 45187, 50924, 65576, 78736, 57271, 46629, 75239,
        45861, 74084, 80974, 58045, 69978, 66536, 46084, 53451, 55107, 60689, 43916, 63006, 75624, 57113, 72150,
        61459, 59628, 41607, 48071, 51394, 80198, 59538, 59902, 50293, 70358, 59698, 42100, 46049, 65804, 58532,
        46051, 71550, 56739, 53459, 77554, 78510, 81482, 71400, 65419, 50646, 80869, 41280, 76545, 56045, 59296,
        63944, 53451, 46049, 59718, 41446
    };

    (void)state;
    expect_rows("a", 1, one_words, one_start, one_pieces);
    expect_rows("Cat, я", 2, two_words, two_start, two_pieces);
    expect_rows("Достопримечательности!", 1, long_one_words, long_one_start, long_one_pieces);
}

/* Words in one script get the rows of the word that was meant. */
static void test_mixed_words(void **state)
{
    static const struct {
        const char *typed, *meant;
    } table[] = {
        {"К\x6fшка \x41квариум", "кошка аквариум"},    /* a Latin o, a Latin A */
        {"\x63\x61т", "cat"},                         /* a Cyrillic т */
        {"\xd1\x81\xd0\xb0\x74", "сат"},              /* more Cyrillic letters than Latin ones: no cat any more */
        {"\x54ом и \x44жерри", "том и \x44жерри"},    /* D looks like no Cyrillic letter: that word stays */
        {"\x6fooooo\xd0\xbe", "ooooooo"},             /* and the other way round */
        {"\xd0\xbe\xd0\xbe\xd0\xbe" "ooo", "оооооо"}, /* a word that gets longer */
    };
    imf_err err = {0};
    imf_word_rows a, b;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(imf_words_rows(table[i].typed, &starter, &a, &err), IMF_OK);
        assert_int_equal(imf_words_rows(table[i].meant, &starter, &b, &err), IMF_OK);
        assert_int_equal(a.n_words, b.n_words);
        assert_memory_equal(a.word_slot, b.word_slot, a.n_words * sizeof *a.word_slot);
        assert_memory_equal(a.ngram_start, b.ngram_start, (a.n_words + 1) * sizeof *a.ngram_start);
        assert_memory_equal(a.ngram_row, b.ngram_row, a.ngram_start[a.n_words] * sizeof *a.ngram_row);
        imf_word_rows_clear(&a);
        imf_word_rows_clear(&b);
    }
}

/* The longest text there is, all of it one word that doubles: half Cyrillic, half Latin letters. */
static void test_long_mixed_word(void **state)
{
    imf_err err = {0};
    imf_word_rows r;
    char text[4097] = "";

    (void)state;
    for (size_t i = 0; i < 4095; i += 3)
        memcpy(text + i, "\xd0\xbe" "o", 3);
    assert_int_equal(imf_words_rows(text, &starter, &r, &err), IMF_OK);
    assert_int_equal(r.n_words, 1);
    /* 2,730 letters, 2,732 with the frame; and the prefixes */
    assert_int_equal(r.ngram_start[1], 2730 + 2729 + 2728 + 5);
    imf_word_rows_clear(&r);
}

static void test_long_word(void **state)
{
    imf_err err = {0};
    imf_word_rows r;
    char text[4097];

    (void)state;
    memset(text, 'z', 4096);
    text[4096] = '\0';
    assert_int_equal(imf_words_rows(text, &starter, &r, &err), IMF_OK);
    assert_int_equal(r.n_words, 1);
    /* of 4,098 characters with the frame; and the prefixes */
    assert_int_equal(r.ngram_start[1], 4096 + 4095 + 4094 + 5);
    imf_word_rows_clear(&r);
}

static void test_config_is_checked(void **state)
{
    static const imf_words_config bad[] = {
        {0, 1, 1, 1, 1, 1, 1}, {1, 0, 1, 1, 1, 1, 1}, {1, 1, 0, 1, 1, 1, 1}, {1, 1, 65, 1, 1, 1, 1}, {1, 1, 1, 0, 1, 1,
                                                                                                      1},
        {1, 1, 1, 2, 1, 1, 1}, {1, 1, 1, 1, 17, 1, 1}, {1, 1, 1, 1, 1, 0, 1}, {1, 1, 1, 1, 1, 2, 1}, {1, 1, 1, 1, 1, 1,
                                                                                                      17},
        {(1u << 24) + 1, 1, 1, 1, 1, 1, 1},
    };
    static const imf_words_config smallest = {1, 1, 1, 1, 1, 1, 1}, largest = {1u << 24, 1u << 24, 64, 1, 16, 1, 16};
    imf_err err = {0};
    imf_word_rows r;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(imf_words_rows("cat", &bad[i], &r, &err), IMF_EINTERNAL);
        assert_int_equal(r.n_words, 0);
        assert_null(r.word_slot);
    }
    assert_int_equal(count_words("a cat", &smallest), 1);
    assert_int_equal(count_words("кошка на диване", &largest), 3);
    assert_int_equal(imf_words_rows("\xff", &starter, &r, &err), IMF_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold_like_python),
        cmocka_unit_test(test_fold_table),
        cmocka_unit_test(test_fold_refuses),
        cmocka_unit_test(test_blank),
        cmocka_unit_test(test_language),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_same_script),
        cmocka_unit_test(test_mixed_words),
        cmocka_unit_test(test_long_mixed_word),
        cmocka_unit_test(test_long_word),
        cmocka_unit_test(test_config_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
