/*
 * What all tokenizers share: reading a file, the call that encodes, the accessors.
 */
#include "text/tokenizer.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"
#include "text/bpe.h"

enum {
    MAX_TEXT = 16 << 20 /* bytes; places in a word and all sizes made of it fit 32 bits */
};

int imf_tokenizer_read_file(const char *path, char **bytes, size_t *n, imf_err *err)
{
    int failed = imf_read_file(path, IMF_MAX_TOKENIZER_FILE, bytes, n);

    if (failed == -EFBIG)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_LARGE, path, IMF_MAX_TOKENIZER_FILE >> 20);
    if (failed == -ENOMEM)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    return failed != 0 ? imf_fail_errno(err, IMF_EINPUT, -failed, MSG_TOKENIZER_READ, path) : IMF_OK;
}

imf_tokenizer *imf_tokenizer_new(void)
{
    imf_tokenizer *t = imf_alloc_array(1, sizeof *t);

    if (t != NULL)
        t->start = t->end = t->pad = t->unknown = t->space = -1;
    return t;
}

void imf_tokenizer_close(imf_tokenizer **tokenizer)
{
    imf_tokenizer *t = *tokenizer;

    if (t == NULL)
        return;
    imf_merges_clear(&t->merges);
    imf_free(t->points);
    imf_free(t);
    *tokenizer = NULL;
}

bool imf_ids_push(imf_ids *ids, int32_t id)
{
    if (ids->n == ids->cap && !imf_grow((void **)&ids->at, ids->n, &ids->cap, sizeof *ids->at))
        return false;
    ids->at[ids->n++] = id;
    return true;
}

void imf_ids_clear(imf_ids *ids)
{
    imf_free(ids->at);
    memset(ids, 0, sizeof *ids);
}

int imf_tokenizer_encode(const imf_tokenizer *t, const char *text, imf_ids *ids, imf_err *err)
{
    imf_points points = {0};
    imf_word word = {0};
    size_t n = strnlen(text, MAX_TEXT + 1);
    bool done = false;

    ids->n = 0;
    if (n > MAX_TEXT)
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_LONG, MAX_TEXT);
    if (!imf_utf8_valid(text, n))
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_NOT_UTF8);
    done = imf_points_read(&points, text, n) &&
           (t->yttm ? imf_yttm_encode(t, &points, &word, ids) : imf_bpe_encode(t, &points, &word, ids));
    imf_points_clear(&points);
    imf_word_clear(&word);
    if (!done) {
        ids->n = 0;
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
    }
    return IMF_OK;
}

int32_t imf_tokenizer_size(const imf_tokenizer *t)
{
    return t->size;
}

int32_t imf_tokenizer_start(const imf_tokenizer *t)
{
    return t->start;
}

int32_t imf_tokenizer_end(const imf_tokenizer *t)
{
    return t->end;
}

int32_t imf_tokenizer_pad(const imf_tokenizer *t)
{
    return t->pad;
}

int32_t imf_tokenizer_unknown(const imf_tokenizer *t)
{
    return t->unknown;
}
