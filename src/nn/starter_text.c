/*
 * The starter's text tower: rows of the hashed table -> word vectors -> weighted mean -> a small perceptron -> unit
 * vector. docs/internals/starter.md, "Text tower" 4-6. Step 1-3, from text to rows, is text/words.c.
 *
 * The table stays in the mapped file: a query touches a few dozen rows of 96 bytes. All buffers are on the stack (their
 * sizes are bounded at opening).
 */
#include <math.h>
#include <string.h>

#include "kern/kern.h"
#include "nn/starter_internal.h"

enum { SLOTS = 8 }; /* of a row of whole words: a bit of text.known each */

/* E[row] is added to sum [width]. */
static void add_row(const imf_starter *m, uint32_t row, float *sum)
{
    size_t bytes = (size_t)m->text.width / 2;
    const uint8_t *packed = m->text.table + (size_t)row * bytes;
    uint16_t half = 0;
    float scale = 0;

    memcpy(&half, m->text.scale + 2 * (size_t)row, sizeof half);
    imf_kern_get()->f16_to_f32(&scale, &half, 1);
    for (size_t i = 0; i < bytes; i++) {
        sum[2 * i] += (float)((packed[i] & 15) - 8) * scale;
        sum[2 * i + 1] += (float)((packed[i] >> 4) - 8) * scale;
    }
}

static bool is_known(const imf_starter *m, uint32_t slot)
{
    return m->text.known[slot / SLOTS] >> slot % SLOTS & 1;
}

/* v = E[word], if it is a known one, + mean of E[ngrams]   [width] */
static void word_vector(const imf_starter *m, uint32_t slot, const uint32_t *ngrams, size_t n_ngrams, float *v)
{
    float sum[IMF_STARTER_MAX_WIDTH];
    size_t width = (size_t)m->text.width;

    memset(v, 0, width * sizeof *v);
    memset(sum, 0, width * sizeof *sum);
    if (is_known(m, slot))
        add_row(m, slot / SLOTS, v);
    for (size_t i = 0; i < n_ngrams; i++)
        add_row(m, ngrams[i], sum);
    for (size_t i = 0; i < width && n_ngrams > 0; i++)
        v[i] += sum[i] / (float)n_ngrams;
}

/* h = sum over the words of softmax-like weights exp(min(u . v, 30)) * v, normalised to sum 1   [width] */
static void pool(const imf_starter *m, const uint32_t *word_slot, const size_t *ngram_start, const uint32_t *ngram_row,
                 size_t n_words, float *h)
{
    float v[IMF_STARTER_MAX_WIDTH];
    double sum[IMF_STARTER_MAX_WIDTH], total = 0;
    size_t width = (size_t)m->text.width;

    memset(sum, 0, width * sizeof *sum);
    for (size_t w = 0; w < n_words; w++) {
        double score = 0, weight = 0;
        word_vector(m, word_slot[w], ngram_row + ngram_start[w], ngram_start[w + 1] - ngram_start[w], v);
        for (size_t i = 0; i < width; i++)
            score += (double)m->text.pool[i] * (double)v[i];
        weight = exp(score < 30 ? score : 30);
        total += weight;
        for (size_t i = 0; i < width; i++)
            sum[i] += weight * (double)v[i];
    }
    for (size_t i = 0; i < width; i++)
        h[i] = (float)(sum[i] / total);
}

static int check_rows(const imf_starter *m, const uint32_t *word_slot, const size_t *ngram_start,
                      const uint32_t *ngram_row, size_t n_words, imf_err *err)
{
    uint32_t rows = m->config.word_rows + m->config.ngram_rows;

    if (n_words == 0)
        return imf_fail(err, IMF_EUSAGE, MSG_STARTER_NO_WORDS);
    for (size_t w = 0; w < n_words; w++) {
        bool ok = word_slot[w] < SLOTS * m->config.word_rows && ngram_start[w] <= ngram_start[w + 1];
        for (size_t i = ngram_start[w]; ok && i < ngram_start[w + 1]; i++)
            ok = ngram_row[i] < rows;
        if (!ok)
            return imf_fail(err, IMF_EUSAGE, MSG_STARTER_ROW, w, rows);
    }
    return IMF_OK;
}

static void tap_vector(imf_starter_tap tap, void *user, const char *layer, const float *values, int n)
{
    const size_t shape[1] = {(size_t)n};

    if (tap != NULL)
        tap(user, layer, values, shape, 1);
}

int imf_starter_embed_words(const imf_starter *m, const uint32_t *word_slot, const size_t *ngram_start,
                            const uint32_t *ngram_row, size_t n_words, float *vector,
                            imf_starter_tap tap, void *tap_user, imf_err *err)
{
    float pooled[IMF_STARTER_MAX_WIDTH], hidden[IMF_STARTER_MAX_HIDDEN], straight[IMF_STARTER_MAX_DIM];
    int rc = check_rows(m, word_slot, ngram_start, ngram_row, n_words, err);

    if (rc != IMF_OK)
        return rc;
    pool(m, word_slot, ngram_start, ngram_row, n_words, pooled);
    tap_vector(tap, tap_user, "pooled", pooled, m->text.width);
    imf_starter_matrix_apply(&m->text.mlp0, pooled, hidden);
    for (int i = 0; i < m->text.hidden; i++)
        hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
    tap_vector(tap, tap_user, "hidden", hidden, m->text.hidden);
    imf_starter_matrix_apply(&m->text.proj, pooled, straight);
    imf_starter_matrix_apply(&m->text.mlp1, hidden, vector);
    for (int i = 0; i < m->config.dim; i++)
        vector[i] += straight[i];
    if (!imf_starter_normalise(vector, m->config.dim))
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_BAD_VECTOR, "text");
    tap_vector(tap, tap_user, "vector", vector, m->config.dim);
    return IMF_OK;
}
