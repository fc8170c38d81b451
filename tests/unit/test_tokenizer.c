/* The tokenizers' files: what is accepted, and that each kind of damage is refused with one line that names the file
 * and the place. The files are those of tests/fuzz/corpus. What the ids are is the golden test's subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/mem.h"
#include "text/bpe.h"

/* ---- Files of the corpora ------------------------------------------------------------------------ */

static const struct {
    const char *name, *refused; /* a part of the message; NULL: accepted */
    int32_t size;
} files[] = {
    {"bpe_vocab/v_good", NULL, 17},
    {"bpe_vocab/v_crlf", NULL, 17},
    {"bpe_vocab/v_no_merges", NULL, 17},
    {"bpe_vocab/v_no_merges_file", "merges.txt: the file is empty", 0},
    {"bpe_vocab/v_huge_id", "vocab.json, line 1: not a tokenizer's file: too big integer", 0},
    {"bpe_vocab/v_negative", "the id of 'a' is not a whole number below 17", 0},
    {"bpe_vocab/v_real", "the id of 'a'", 0},
    {"bpe_vocab/v_twice", "the id of 'b'", 0},
    {"bpe_vocab/v_too_high", "the id of 'a'", 0},
    {"bpe_vocab/v_string", "the id of 'a'", 0},
    {"bpe_vocab/v_no_end", "vocab.json: the piece <|endoftext|> is missing", 0},
    {"bpe_vocab/v_same_key", "duplicate object key", 0},
    {"bpe_vocab/v_list", "no object", 0},
    {"bpe_vocab/v_deep", "maximum parsing depth", 0},
    {"bpe_vocab/v_deep_object", "maximum parsing depth", 0},
    {"bpe_vocab/v_bad_utf8", "unable to decode byte 0xff", 0},
    {"bpe_vocab/v_surrogate", "invalid Unicode", 0},
    {"bpe_vocab/v_nul_key", "NUL byte", 0},
    {"bpe_vocab/v_empty", "vocab.json, line 1", 0},
    {"bpe_vocab/v_cut", "vocab.json, line 1", 0},
    {"bpe_vocab/v_one_word", "merges.txt, line 3: 'ab' is not two pieces", 0},
    {"bpe_vocab/v_three_words", "merges.txt, line 2: 'a b a' is not two pieces", 0},
    {"bpe_vocab/v_empty_line", "merges.txt, line 3: '' is not two pieces", 0},
    {"bpe_vocab/v_unknown_left", "merges.txt, merge 1: the piece 'x'", 0},
    {"bpe_vocab/v_unknown_right", "merges.txt, merge 1: the piece 'x'", 0},
    {"bpe_vocab/v_unknown_both", "merges.txt, merge 1: the piece 'ba'", 0},
    {"bpe_vocab/v_merge_twice", "merges.txt: merges 1 and 6", 0},
    {"bpe_vocab/v_merge_bad_utf8", "merges.txt, merge 1", 0},
    {"bpe_vocab/v_long_merge", "merges.txt, merge 1: the piece 'aaaaaaaa", 0},
    {"bpe_vocab/j_good", NULL, 17},
    {"bpe_vocab/j_pairs", NULL, 17},
    {"bpe_vocab/j_added", NULL, 18},
    {"bpe_vocab/j_no_unknown", NULL, 17},
    {"bpe_vocab/j_added_other_id", "the id of 'a'", 0},
    {"bpe_vocab/j_added_taken", "the id of '<new>'", 0},
    {"bpe_vocab/j_added_no_id", "the id of '<new>'", 0},
    {"bpe_vocab/j_added_strings", "added_tokens is not a list", 0},
    {"bpe_vocab/j_added_object", "added_tokens is not a list", 0},
    {"bpe_vocab/j_other_unknown", "the piece <unk> is missing", 0},
    {"bpe_vocab/j_unigram", "model.type is not BPE", 0},
    {"bpe_vocab/j_no_suffix", "model.end_of_word_suffix", 0},
    {"bpe_vocab/j_prefix", "model.continuing_subword_prefix", 0},
    {"bpe_vocab/j_fallback", "byte_fallback", 0},
    {"bpe_vocab/j_vocab_list", "model.vocab", 0},
    {"bpe_vocab/j_merges_string", "model.merges", 0},
    {"bpe_vocab/j_merge_number", "merge 1: not two pieces", 0},
    {"bpe_vocab/j_merge_blanks", "merge 1: not two pieces", 0},
    {"bpe_vocab/j_merge_three", "merge 1: not two pieces", 0},
    {"bpe_vocab/j_merge_empty", "merge 1: the piece ''", 0},
    {"bpe_vocab/j_model_string", "model is not an object", 0},
    {"bpe_vocab/j_no_model", "model is not an object", 0},
    {"bpe_vocab/j_gpt2_split", "pre_tokenizer", 0},
    {"bpe_vocab/j_no_split", "pre_tokenizer", 0},
    {"bpe_vocab/o_good", NULL, 517},
    {"bpe_vocab/o_feed", NULL, 518},
    {"bpe_vocab/o_packed", NULL, 517},
    {"bpe_vocab/o_later", NULL, 517},
    {"bpe_vocab/o_empty", "the file is empty", 0},
    {"bpe_vocab/o_packed_empty", "the file is empty", 0},
    {"bpe_vocab/o_packed_cut", "cannot be unpacked", 0},
    {"bpe_vocab/o_packed_tail", "cannot be unpacked", 0},
    {"bpe_vocab/o_twice", "line 3: the piece 'ab' was made before", 0},
    {"bpe_vocab/o_two_ways", "line 5: the piece 'abc' was made before", 0},
    {"bpe_vocab/o_unknown", "merge 1: the piece 'abc'", 0},
    {"bpe_vocab/o_empty_line", "line 3: '' is not two pieces", 0},
    {"yttm/good", NULL, 15},
    {"yttm/good_one_line", NULL, 15},
    {"yttm/good_no_rules", NULL, 11},
    {"yttm/good_no_bos_eos", NULL, 4},
    {"yttm/good_no_end_of_line", NULL, 15},
    {"yttm/empty", "cut short at line 1", 0},
    {"yttm/blank", "cut short at line 3", 0},
    {"yttm/words", "line 1: 'abc' is not a whole number", 0},
    {"yttm/zip", "line 1: 'PK", 0},
    {"yttm/only_counts", "cut short at line 2", 0},
    {"yttm/cut_chars", "cut short at line 5", 0},
    {"yttm/cut_rules", "cut short at line 9", 0},
    {"yttm/cut_marks", "cut short at line 13", 0},
    {"yttm/tail", "line 14: something follows", 0},
    {"yttm/huge_counts", "cut short at line 3", 0},
    {"yttm/too_huge", "line 1: '3000000'", 0},
    {"yttm/overflow", "line 1: '9999", 0},
    {"yttm/negative_count", "line 1: '-7'", 0},
    {"yttm/no_points", "line 1: '0'", 0},
    {"yttm/no_space", "U+2581", 0},
    {"yttm/point_twice", "U+2581 has two ids", 0},
    {"yttm/id_twice", "line 3: the id 4", 0},
    {"yttm/id_too_high", "line 3: '99'", 0},
    {"yttm/hole", "the largest id is 6", 0},
    {"yttm/rule_forward", "line 9: no character and no earlier rule has the id 12", 0},
    {"yttm/rule_unknown", "line 9: no character", 0},
    {"yttm/rule_itself", "line 9: no character", 0},
    {"yttm/rule_twice", "merges 1 and 2", 0},
    {"yttm/rule_same_id", "line 10: the id 11", 0},
    {"yttm/rule_real", "line 9: '6.5'", 0},
    {"yttm/rule_hex", "line 9: '0x6'", 0},
    {"yttm/plus", "line 9: '+6'", 0},
    {"yttm/minus_only", "line 9: '-'", 0},
    {"yttm/nul", "line 9: ''", 0},
    {"yttm/no_unknown", "line 4: '-1'", 0},
    {"yttm/mark_taken", "line 4: the id 4", 0},
    {"yttm/point_too_high", "line 2: '1114112'", 0},
};

static uint8_t *read_corpus(const char *name, size_t *n)
{
    static uint8_t bytes[1 << 16];
    char path[4096];
    const char *root = getenv("IMF_SOURCE_ROOT");
    FILE *f = NULL;

    assert_non_null(root);
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", root, name);
    f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s cannot be opened", path);
    *n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return bytes;
}

static int parse(imf_tokenizer **t, const char *name, const uint8_t *bytes, size_t n, imf_err *err)
{
    const uint8_t *nul = NULL;
    size_t n_vocab = 0, n_merges = 0;

    if (strncmp(name, "yttm/", 5) == 0)
        return imf_tokenizer_parse_yttm(t, bytes, n, "bpe.model", false, err);
    if (bytes[0] == 'j')
        return imf_tokenizer_parse_bpe_json(t, bytes + 1, n - 1, "tokenizer.json", IMF_CLEANING_FAST, err);
    if (bytes[0] == 'o')
        return imf_tokenizer_parse_bpe_openai(t, bytes + 1, n - 1, "vocab.txt", err);
    nul = memchr(bytes, '\0', n);
    n_vocab = nul != NULL ? (size_t)(nul - bytes) - 1 : n - 1;
    n_merges = nul != NULL ? n - n_vocab - 2 : 0;
    return imf_tokenizer_parse_bpe_vocab(t, bytes + 1, n_vocab, "vocab.json", bytes + n - n_merges, n_merges,
                                         "merges.txt", IMF_CLEANING_FAST, err);
}

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        imf_tokenizer *t = NULL;
        imf_err err = {0};
        size_t n = 0;
        const uint8_t *bytes = read_corpus(files[i].name, &n);
        int rc = parse(&t, files[i].name, bytes, n, &err);
        if (files[i].refused == NULL) {
            if (rc != IMF_OK || imf_tokenizer_size(t) != files[i].size)
                fail_msg("%s: %d %s", files[i].name, rc, err.msg);
        } else if (rc != IMF_EINPUT || strstr(err.msg, files[i].refused) == NULL || strchr(err.msg, '\n') != NULL) {
            fail_msg("%s: \"%s\" expected, but %d: %s", files[i].name, files[i].refused, rc, err.msg);
        }
        assert_true((t == NULL) == (files[i].refused != NULL));
        imf_tokenizer_close(&t);
    }
}

/* ---- Sizes --------------------------------------------------------------------------------------- */

static void expect_refused(int rc, const imf_err *err, const char *part)
{
    if (rc != IMF_EINPUT || strstr(err->msg, part) == NULL)
        fail_msg("\"%s\" expected, but %d: %s", part, rc, err->msg);
}

/* 65 MB of line feeds, which pack into 64 KB. */
static void test_bomb(void **state)
{
    static uint8_t chunk[1 << 20], packed[1 << 18];
    z_stream z = {0};
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    (void)state;
    memset(chunk, '\n', sizeof chunk);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = packed;
    z.avail_out = sizeof packed;
    for (int i = 0; i < 65; i++) {
        z.next_in = chunk;
        z.avail_in = sizeof chunk;
        assert_int_equal(deflate(&z, i == 64 ? Z_FINISH : Z_NO_FLUSH), i == 64 ? Z_STREAM_END : Z_OK);
    }
    expect_refused(imf_tokenizer_parse_bpe_openai(&t, packed, z.total_out, "bomb.gz", &err), &err,
                   "bomb.gz: larger than 64 MB");
    deflateEnd(&z);
    assert_null(t);
}

static void test_large(void **state)
{
    size_t n = ((size_t)64 << 20) + 1;
    char *bytes = imf_alloc_array(n, 1);
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    (void)state;
    assert_non_null(bytes);
    expect_refused(imf_tokenizer_parse_yttm(&t, bytes, n, "F", false, &err), &err, "F: larger than 64 MB");
    err = (imf_err){0};
    expect_refused(imf_tokenizer_parse_bpe_json(&t, bytes, n, "F", IMF_CLEANING_FAST, &err), &err, "larger than 64 MB");
    err = (imf_err){0};
    expect_refused(imf_tokenizer_parse_bpe_openai(&t, bytes, n, "F", &err), &err, "larger than 64 MB");
    err = (imf_err){0};
    memset(bytes, '[', n); /* more values than any vocabulary has, before a tree is made of them */
    expect_refused(imf_tokenizer_parse_bpe_json(&t, bytes, n - 1, "F", IMF_CLEANING_FAST, &err), &err,
                   "F: more than 2097152 pieces");
    assert_null(t);
    imf_free(bytes);
}

static void test_missing(void **state)
{
    imf_tokenizer *t = NULL;
    imf_err err = {0};

    (void)state;
    expect_refused(imf_tokenizer_open_yttm(&t, "/nowhere/bpe.model", false, &err), &err, "/nowhere/bpe.model");
    err = (imf_err){0};
    expect_refused(imf_tokenizer_open_bpe_json(&t, "/nowhere/t.json", IMF_CLEANING_FAST, &err), &err,
                   "/nowhere/t.json");
    err = (imf_err){0};
    expect_refused(imf_tokenizer_open_bpe_vocab(&t, "/nowhere/v.json", "/m", IMF_CLEANING_FAST, &err), &err,
                   "/nowhere/v.json");
    err = (imf_err){0};
    expect_refused(imf_tokenizer_open_bpe_openai(&t, "/nowhere/v.txt.gz", &err), &err, "/nowhere/v.txt.gz");
    assert_null(t);
    imf_tokenizer_close(&t);
}

/* ---- Texts --------------------------------------------------------------------------------------- */

static imf_tokenizer *open_corpus(const char *name)
{
    imf_tokenizer *t = NULL;
    imf_err err = {0};
    size_t n = 0;
    const uint8_t *bytes = read_corpus(name, &n);

    if (parse(&t, name, bytes, n, &err) != IMF_OK)
        fail_msg("%s: %s", name, err.msg);
    return t;
}

static void test_bad_text(void **state)
{
    static const char *const bad[] = {"\xff", "a\xc0\x80", "\xed\xa0\x80", "кот\xd0", "\xf4\x90\x80\x80"};
    imf_tokenizer *t = open_corpus("yttm/good");
    imf_ids ids = {0};
    char *large = imf_alloc(((size_t)16 << 20) + 2);

    (void)state;
    assert_non_null(large);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        imf_err err = {0};
        assert_int_equal(imf_tokenizer_encode(t, "abc", &ids, &err), IMF_OK);
        assert_true(ids.n > 0);
        assert_int_equal(imf_tokenizer_encode(t, bad[i], &ids, &err), IMF_EUSAGE);
        assert_int_equal(ids.n, 0);
    }
    memset(large, ' ', ((size_t)16 << 20) + 1);
    large[((size_t)16 << 20) + 1] = '\0';
    assert_int_equal(imf_tokenizer_encode(t, large, &ids, NULL), IMF_EUSAGE);
    large[(size_t)16 << 20] = '\0';
    assert_int_equal(imf_tokenizer_encode(t, large, &ids, NULL), IMF_OK);
    assert_int_equal(ids.n, 0);
    imf_free(large);
    imf_ids_clear(&ids);
    imf_tokenizer_close(&t);
}

/* A megabyte without a blank, of marks only, of nested entities: a quadratic step would not come back. */
static void test_long_texts(void **state)
{
    static const char *const units[] = {"ab", "a", "\xcc\x81\xcc\xa3", "amp;", "&amp;", "Σ.", "\x1b[1;"};
    const size_t total = (size_t)1 << 20;
    imf_tokenizer *pairs = open_corpus("bpe_vocab/o_good"), *yttm = open_corpus("yttm/good");
    char *text = imf_alloc(total + 16);
    imf_ids ids = {0};

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = 0;
        text[0] = '&';
        for (n = i == 3; n < total; n += strlen(units[i]))
            memcpy(text + n, units[i], strlen(units[i]));
        text[n] = '\0';
        assert_int_equal(imf_tokenizer_encode(pairs, text, &ids, NULL), IMF_OK);
        assert_int_equal(imf_tokenizer_encode(yttm, text, &ids, NULL), IMF_OK);
    }
    imf_free(text);
    imf_ids_clear(&ids);
    imf_tokenizer_close(&pairs);
    imf_tokenizer_close(&yttm);
}

/* The unknown piece: one for each byte of byte pairs, one for a run of characters of YouTokenToMe. */
static void test_unknown(void **state)
{
    imf_tokenizer *pairs = open_corpus("bpe_vocab/v_good"), *none = open_corpus("bpe_vocab/j_no_unknown");
    imf_tokenizer *yttm = open_corpus("yttm/good");
    imf_ids ids = {0};

    (void)state;
    assert_int_equal(imf_tokenizer_encode(pairs, "xya", &ids, NULL), IMF_OK); /* unknown unknown a</w> */
    assert_int_equal(ids.n, 3);
    assert_int_equal(ids.at[0], imf_tokenizer_unknown(pairs));
    assert_int_equal(ids.at[2], 7);
    assert_int_equal(imf_tokenizer_unknown(none), -1);
    assert_int_equal(imf_tokenizer_encode(none, "xya", &ids, NULL), IMF_OK);
    assert_int_equal(ids.n, 1);
    assert_int_equal(imf_tokenizer_encode(yttm, "xyzaxyz", &ids, NULL), IMF_OK); /* mark unknown a unknown */
    assert_int_equal(ids.n, 4);
    assert_int_equal(ids.at[1], 1);
    assert_int_equal(ids.at[3], 1);
    imf_ids_clear(&ids);
    imf_tokenizer_close(&pairs);
    imf_tokenizer_close(&none);
    imf_tokenizer_close(&yttm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),    cmocka_unit_test(test_bomb),     cmocka_unit_test(test_large),
        cmocka_unit_test(test_missing),  cmocka_unit_test(test_bad_text), cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
