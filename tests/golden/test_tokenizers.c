/* The tokenizers against the originals: over 6,000 texts for each (tests/golden/tokenizers, by
 * tools/golden/tokenizers.py), every code point's class and case, and some texts with their ids written out here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tokenizer_files.h"

enum { MIN_TEXTS = 5000 };

/* ---- Comparing with a list of ids ---------------------------------------------------------------- */

static uint32_t ids_crc(const imf_ids *ids)
{
    uLong crc = crc32(0, NULL, 0);

    for (size_t i = 0; i < ids->n; i++) {
        uint32_t id = (uint32_t)ids->at[i];
        unsigned char bytes[4] = {(unsigned char)id, (unsigned char)(id >> 8), (unsigned char)(id >> 16),
                                  (unsigned char)(id >> 24)};
        crc = crc32(crc, bytes, 4);
    }
    return (uint32_t)crc;
}

static void show_ids(char *out, size_t size, const imf_ids *ids)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < ids->n && used + 16 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%d", i ? " " : "", ids->at[i]);
}

/* ASCII, and \u{...} for the rest. */
static void show_text(char *out, size_t size, const char *text)
{
    imf_points p = {0};
    size_t used = 0;

    imf_points_read(&p, text, strlen(text));
    for (size_t i = 0; i < p.n && used + 16 < size; i++)
        used += (size_t)snprintf(out + used, size - used, p.at[i] >= ' ' && p.at[i] < 127 ? "%c" : "\\u{%X}",
                                 (unsigned)p.at[i]);
    imf_points_clear(&p);
}

/* Every text's ids; no mark among them; names the first text that differs. */
static void compare(const imf_tokenizer *t, const char *name)
{
    size_t n_texts = 0, n_lines = 0, texts = 0, left_out = 0;
    char *all = golden_read("strings.gz", &n_texts), *lines = golden_read(name, &n_lines), *line = lines;
    imf_ids ids = {0};
    imf_err err = {0};

    for (const char *text = all; text < all + n_texts; text += strlen(text) + 1, texts++) {
        char *end = strchr(line, '\n'), *rest = NULL;
        char ours[2048], shown[1024];
        unsigned long crc = 0;
        if (end == NULL)
            fail_msg("%s: ends before text %zu", name, texts);
        *end = '\0';
        if (imf_tokenizer_encode(t, text, &ids, &err) != IMF_OK)
            fail_msg("%s: text %zu: %s", name, texts, err.msg);
        for (size_t i = 0; i < ids.n; i++)
            if (ids.at[i] < 0 || ids.at[i] >= imf_tokenizer_size(t) || ids.at[i] == imf_tokenizer_start(t) ||
                (ids.at[i] == imf_tokenizer_end(t) && imf_tokenizer_end(t) != imf_tokenizer_unknown(t)))
                fail_msg("%s: text %zu has the id %d", name, texts, ids.at[i]);
        crc = strtoul(line, &rest, 16);
        show_ids(ours, sizeof ours, &ids);
        show_text(shown, sizeof shown, text);
        if (strcmp(line, "-") == 0)
            left_out++;
        else if (ids_crc(&ids) != crc || (*rest == ' ' && strcmp(rest + 1, ours) != 0))
            fail_msg("%s: text %zu (line %zu) \"%s\"\n  expected: %s\n  ours: %s", name, texts, texts + 1, shown, line,
                     ours);
        line = end + 1;
    }
    assert_true(*line == '\0');
    assert_true(texts - left_out >= MIN_TEXTS);
    imf_ids_clear(&ids);
    imf_free(all);
    imf_free(lines);
}

/* t by its address: it is filled while the other arguments are still being evaluated. */
static void check_opened(int rc, const imf_err *err, imf_tokenizer *const *opened, int32_t start, int32_t end,
                         int32_t size)
{
    const imf_tokenizer *t = *opened;

    if (rc != IMF_OK)
        fail_msg("%s", err->msg);
    assert_int_equal(imf_tokenizer_start(t), start);
    assert_int_equal(imf_tokenizer_end(t), end);
    assert_int_equal(imf_tokenizer_size(t), size);
}

/* ---- Byte pairs ------------------------------------------------------------------------------------ */

static void test_clip_openai(void **state)
{
    imf_tokenizer *t = NULL, *unpacked = NULL;
    imf_err err = {0};
    size_t n = 0;
    char *text = golden_read("bpe_simple_vocab_16e6.txt.gz", &n);

    (void)state;
    check_opened(imf_tokenizer_open_bpe_openai(&t, golden_path("bpe_simple_vocab_16e6.txt.gz"), &err), &err, &t, 49406,
                 49407, 49408);
    compare(t, "clip-openai.ids.gz");
    imf_tokenizer_close(&t);
    assert_null(t);
    check_opened(imf_tokenizer_parse_bpe_openai(&unpacked, text, n, "txt", &err), &err, &unpacked, 49406, 49407, 49408);
    compare(unpacked, "clip-openai.ids.gz");
    imf_tokenizer_close(&unpacked);
    imf_free(text);
}

/* transformers' layout with either cleaning. */
static void compare_layout(const char *source, imf_cleaning cleaning, int32_t size, const char *golden)
{
    size_t n = 0;
    char *text = golden_read(source, &n);
    imf_buf vocab, merges;
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    make_transformers_files(text, &vocab, &merges);
    check_opened(imf_tokenizer_parse_bpe_vocab(&t, vocab.data, vocab.len, "vocab.json", merges.data, merges.len,
                                               "merges.txt", cleaning, &err),
                 &err, &t, size - 2, size - 1, size);
    compare(t, golden);
    imf_tokenizer_close(&t);
    imf_buf_clear(&vocab);
    imf_buf_clear(&merges);
    imf_free(text);
}

static void test_clip_layout(void **state)
{
    (void)state;
    compare_layout("bpe_simple_vocab_16e6.txt.gz", IMF_CLEANING_FAST, 49408, "clip-fast.ids.gz");
    compare_layout("bpe_simple_vocab_16e6.txt.gz", IMF_CLEANING_OPEN_CLIP, 49408, "clip-openai.ids.gz");
}

/* Merges in an order that no training makes: here the two ways to merge differ. */
static void test_shuffled(void **state)
{
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    (void)state;
    check_opened(imf_tokenizer_open_bpe_openai(&t, golden_path("shuffled.txt"), &err), &err, &t, 1033, 1034, 1035);
    compare(t, "shuffled-openai.ids.gz");
    imf_tokenizer_close(&t);
    compare_layout("shuffled.txt", IMF_CLEANING_FAST, 1035, "shuffled-fast.ids.gz");
}

static void test_small(void **state)
{
    char vocab[4096];
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    (void)state;
    snprintf(vocab, sizeof vocab, "%s", golden_path("small/vocab.json"));
    check_opened(imf_tokenizer_open_bpe_vocab(&t, vocab, golden_path("small/merges.txt"), IMF_CLEANING_FAST, &err),
                 &err, &t, 0, 1, 894);
    compare(t, "small-fast.ids.gz");
    imf_tokenizer_close(&t);
    check_opened(imf_tokenizer_open_bpe_json(&t, golden_path("small/tokenizer.json"), IMF_CLEANING_FAST, &err), &err,
                 &t, 0, 1, 894);
    assert_int_equal(imf_tokenizer_unknown(t), 1);
    compare(t, "small-fast.ids.gz");
    imf_tokenizer_close(&t);
}

/* ---- YouTokenToMe ---------------------------------------------------------------------------------- */

static void test_yttm(void **state)
{
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    (void)state;
    for (int lower = 0; lower < 2; lower++) {
        check_opened(imf_tokenizer_open_yttm(&t, golden_path("small-yttm.model"), lower != 0, &err), &err, &t, 2, 3,
                     700);
        assert_int_equal(imf_tokenizer_pad(t), 0);
        assert_int_equal(imf_tokenizer_unknown(t), 1);
        compare(t, lower ? "yttm-lower.ids.gz" : "yttm.ids.gz");
        imf_tokenizer_close(&t);
    }
}

/* ---- Unicode --------------------------------------------------------------------------------------- */

static void check_point(const char *kind, int32_t c, const char *value)
{
    static const char *const classes[] = {"other", "space", "letter", "number"};

    if (strcmp(kind, "class") == 0) {
        if (strcmp(classes[imf_point_class_of(c)], value) != 0)
            fail_msg("U+%04X is a %s, not %s", (unsigned)c, classes[imf_point_class_of(c)], value);
    } else if (strcmp(kind, "case") == 0) {
        bool cased = strcmp(value, "cased") == 0; /* a point that is both is ignorable */
        if (imf_point_ignorable(c) == cased || (cased && !imf_point_cased(c)))
            fail_msg("U+%04X is not %s", (unsigned)c, value);
    } else {
        imf_points p = {0};
        assert_true(imf_points_push(&p, c) && imf_clean_lower(&p, true));
        if (p.n != 1 || p.at[0] != c + (int32_t)strtol(value, NULL, 10))
            fail_msg("the lower case of U+%04X is U+%04X", (unsigned)c, (unsigned)p.at[0]);
        imf_points_clear(&p);
    }
}

static void test_unicode(void **state)
{
    size_t n = 0, lines = 0, seen = 0, cases = 0, expected_cases = 0;
    char *table = golden_read("unicode.txt.gz", &n), *kept = NULL;
    static bool known[0x110000];

    (void)state;
    for (char *line = strtok_r(table, "\n", &kept); line != NULL; line = strtok_r(NULL, "\n", &kept), lines++) {
        char kind[16], value[16];
        unsigned first = 0, last = 0;
        assert_int_equal(sscanf(line, "%15s %x %x %15s", kind, &first, &last, value), 4);
        assert_true(first <= last && last < 0x110000);
        for (unsigned c = first; c <= last; c++) {
            check_point(kind, (int32_t)c, value);
            known[c] = known[c] || strcmp(kind, "class") == 0;
            seen += strcmp(kind, "class") == 0;
            expected_cases += strcmp(kind, "case") == 0;
        }
    }
    assert_true(lines > 1000 && seen > 280000);
    /* What has no case there has none here. */
    for (int32_t c = 1; c < 0x110000; c++)
        cases += known[c] && (imf_point_cased(c) || imf_point_ignorable(c));
    assert_int_equal(cases, expected_cases);
    imf_free(table);
}

/* ---- Written out ----------------------------------------------------------------------------------- */

static const struct {
    const char *text, *ids;
} vectors[] = {
    {"a photo of a cat", "320 1125 539 320 2368"},
    {"Hello, World!", "3306 267 1002 256"},
    {"it's  the   U.S.A. 2024", "585 568 518 340 269 338 269 320 269 273 271 273 275"},
    {"naïve café", "1097 35689 563 15304"},
    {"кошка на диване", "27152 13506 141 230 27152 27080 22705 27080 140 112 29503 110 16912 22705 140 369"},
    {"日本語", "39121 44353 34002 508"},
    {"👍🏽 ok", "43722 2481"},
    {"&lt;b&gt; &amp;amp;", "283 321 285 261"},
    {"“quoted” text", "257 27706 257 4160"},
    {"fﬁ ＡＢＣ", "1021 328 5334"},
    {"don’t", "847 713"},
    {"a\tb\nc", "320 321 322"},
    {"İstanbul ΣΑΣ", "328 16384 11231 139 225 138 109 139 480"},
    {"100,000.50", "272 271 271 267 271 271 271 269 276 271"},
    {"...", "678"},
    {"x²", "343 41175"},
    {"", ""},
    {" \t\n\xc2\xa0", ""},
    {"<|endoftext|>", "27 347 40786 4160 91 285"},
};

static void test_vectors(void **state)
{
    imf_tokenizer *t = NULL;
    imf_ids ids = {0};
    imf_err err = {0};
    char ours[1024];

    (void)state;
    assert_int_equal(imf_tokenizer_open_bpe_openai(&t, golden_path("bpe_simple_vocab_16e6.txt.gz"), &err), IMF_OK);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_int_equal(imf_tokenizer_encode(t, vectors[i].text, &ids, &err), IMF_OK);
        show_ids(ours, sizeof ours, &ids);
        assert_string_equal(ours, vectors[i].ids);
    }
    imf_ids_clear(&ids);
    imf_tokenizer_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_unicode),     cmocka_unit_test(test_clip_openai),
        cmocka_unit_test(test_small),   cmocka_unit_test(test_clip_layout), cmocka_unit_test(test_shuffled),
        cmocka_unit_test(test_yttm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
