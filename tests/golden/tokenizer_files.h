/* For the tests of tokenizers: golden files read whole, and CLIP's vocabulary put into transformers' layout. */
#ifndef TESTS_GOLDEN_TOKENIZER_FILES_H
#define TESTS_GOLDEN_TOKENIZER_FILES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/buf.h"
#include "text/bpe.h"

static inline const char *golden_path(const char *name)
{
    static char path[4096];
    const char *root = getenv("IMF_SOURCE_ROOT");

    assert_non_null(root);
    snprintf(path, sizeof path, "%s/tests/golden/tokenizers/%s", root, name);
    return path;
}

/* A file whole, unpacked if it is packed; ended by a NUL that is not counted. */
static inline char *golden_read(const char *name, size_t *n)
{
    imf_buf all;
    char chunk[1 << 16];
    int got = 0;
    gzFile f = gzopen(golden_path(name), "rb");

    if (f == NULL)
        fail_msg("%s cannot be opened", golden_path(name));
    imf_buf_init(&all, 64 << 20);
    while ((got = gzread(f, chunk, sizeof chunk)) > 0)
        assert_true(imf_buf_append(&all, chunk, (size_t)got));
    assert_int_equal(got, 0);
    gzclose(f);
    assert_true(all.len > 0);
    *n = all.len;
    return imf_buf_take(&all);
}

static inline void put_json_string(imf_buf *out, const char *s, size_t n)
{
    imf_buf_puts(out, "\"");
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\')
            imf_buf_puts(out, "\\");
        imf_buf_append(out, s + i, 1);
    }
    imf_buf_puts(out, "\"");
}

/* vocab.json and merges.txt of a vocabulary in OpenAI's format. Its empty last line, an id there, is named so here. */
static inline void make_transformers_files(const char *text, imf_buf *vocab, imf_buf *merges)
{
    const char *line = strchr(text, '\n') + 1;
    int id = 0;

    imf_buf_init(vocab, 64 << 20);
    imf_buf_init(merges, 64 << 20);
    imf_buf_puts(merges, "#version: 0.2\n");
    imf_buf_puts(vocab, "{");
    for (int end = 0; end < 2; end++) {
        for (int others = 0; others < 2; others++) {
            for (unsigned b = 0; b < 256; b++) {
                char piece[16] = {0};
                size_t n = imf_bpe_alphabet_utf8((uint8_t)b, piece);
                if ((imf_bpe_alphabet((uint8_t)b) >= 0x100) != others)
                    continue;
                memcpy(piece + n, "</w>", end ? 4 : 0);
                put_json_string(vocab, piece, strlen(piece));
                imf_buf_printf(vocab, ": %d, ", id++);
            }
        }
    }
    for (; id < 512 + 48894 && *line != '\0'; id++) {
        const char *end = strchr(line, '\n'), *blank = strchr(line, ' ');
        char piece[1024];
        snprintf(piece, sizeof piece, "%.*s%.*s", (int)(blank - line), line, (int)(end - blank - 1), blank + 1);
        put_json_string(vocab, piece, strlen(piece));
        imf_buf_printf(vocab, ": %d, ", id);
        imf_buf_append(merges, line, (size_t)(end - line) + 1);
        line = end + 1;
    }
    if (id < 512 + 48894)
        imf_buf_printf(vocab, "\"\": %d, ", id++);
    imf_buf_printf(vocab, "\"<|startoftext|>\": %d, \"<|endoftext|>\": %d}", id, id + 1);
    assert_false(vocab->failed || merges->failed);
}

#endif
