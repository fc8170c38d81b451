/* A stack of pre-norm transformer blocks (transformer.h), over the products of matmul.h. Not here: what the tokens are
 * (clip_run.c). */
#include "nn/transformer.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

typedef struct block {
    float *norm[4]; /* weight and bias of norm1, weight and bias of norm2; ours */
    imf_linear *qkv, *out, *up, *down;
} block;

struct imf_transformer {
    imf_transformer_desc desc;
    block *blocks; /* [desc.layers] */
    size_t n_blocks;
};

struct imf_transformer_session {
    const imf_transformer *t;
    imf_matmul_work *work;
    size_t max_tokens;
    float *normed, *qkv, *mixed, *up; /* [max_tokens, width | 3 width | width | hidden]; ours */
};

/* Partial sums that do not wait for each other; vectorised by the compiler. */
enum { LANES = 8 };

static double sum(const float *x, size_t n)
{
    double part[LANES] = {0}, total = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += (double)x[i + k];
    for (; i < n; i++)
        total += (double)x[i];
    for (size_t k = 0; k < LANES; k++)
        total += part[k];
    return total;
}

static double sum_of_squares(const float *x, size_t n, double mean)
{
    double part[LANES] = {0}, total = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += ((double)x[i + k] - mean) * ((double)x[i + k] - mean);
    for (; i < n; i++)
        total += ((double)x[i] - mean) * ((double)x[i] - mean);
    for (size_t k = 0; k < LANES; k++)
        total += part[k];
    return total;
}

void imf_layer_norm(const float *x, size_t rows, size_t width, const float *weight, const float *bias, float eps,
                    float *y)
{
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        double mean = sum(x, width) / (double)width;
        double scale = 1.0 / sqrt(sum_of_squares(x, width, mean) / (double)width + (double)eps);
        for (size_t i = 0; i < width; i++)
            y[i] = (float)(((double)x[i] - mean) * scale) * weight[i] + bias[i];
    }
}

/* ---- The blocks -------------------------------------------------------------------------------------------------- */

int imf_transformer_new(imf_transformer **out, const imf_transformer_desc *d, imf_err *err)
{
    *out = NULL;
    if (d->width < 1 || d->heads < 1 || d->layers < 1 || d->hidden < 1 || d->width % d->heads != 0)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, "transformer", -1);
    imf_transformer *t = imf_alloc_array(1, sizeof *t);
    if (t == NULL || (t->blocks = imf_alloc_array(d->layers, sizeof *t->blocks)) == NULL) {
        imf_free(t);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    }
    t->desc = *d;
    *out = t;
    return IMF_OK;
}

static int copy_norm(float **out, const float *values, size_t width, imf_err *err)
{
    *out = imf_alloc_array(width, sizeof **out);
    if (*out == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    memcpy(*out, values, width * sizeof **out);
    return IMF_OK;
}

int imf_transformer_add(imf_transformer *t, const imf_block_desc *b, imf_err *err)
{
    int rc = IMF_OK;
    size_t w = t->desc.width, h = t->desc.hidden;

    if (t->n_blocks == t->desc.layers)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, "transformer", -1);
    block *to = &t->blocks[t->n_blocks++]; /* freed with the others, also when half made */
    const float *norms[4] = {b->norm1_weight, b->norm1_bias, b->norm2_weight, b->norm2_bias};
    for (int i = 0; i < 4; i++)
        IMF_TRY(copy_norm(&to->norm[i], norms[i], w, err));
    imf_linear_desc qkv = {"qkv", w, 3 * w, b->qkv_weight, b->qkv_bias, IMF_ACT_NONE, false};
    imf_linear_desc out = {"out", w, w, b->out_weight, b->out_bias, IMF_ACT_NONE, true};
    imf_linear_desc up = {"up", w, h, b->up_weight, b->up_bias, t->desc.act, false};
    imf_linear_desc down = {"down", h, w, b->down_weight, b->down_bias, IMF_ACT_NONE, true};
    IMF_TRY(imf_linear_new(&to->qkv, &qkv, err));
    IMF_TRY(imf_linear_new(&to->out, &out, err));
    IMF_TRY(imf_linear_new(&to->up, &up, err));
    IMF_TRY(imf_linear_new(&to->down, &down, err));
out:
    return rc;
}

void imf_transformer_free(imf_transformer **transformer)
{
    imf_transformer *t = *transformer;

    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n_blocks; i++) {
        block *b = &t->blocks[i];
        for (int k = 0; k < 4; k++)
            imf_free(b->norm[k]);
        imf_linear_free(&b->qkv);
        imf_linear_free(&b->out);
        imf_linear_free(&b->up);
        imf_linear_free(&b->down);
    }
    imf_free(t->blocks);
    imf_free(t);
    *transformer = NULL;
}

const char *imf_transformer_impl(const imf_transformer *t, const char *layer)
{
    const block *b = &t->blocks[0];
    const imf_linear *l = strcmp(layer, "qkv") == 0    ? b->qkv
                          : strcmp(layer, "out") == 0  ? b->out
                          : strcmp(layer, "up") == 0   ? b->up
                          : strcmp(layer, "down") == 0 ? b->down
                                                       : NULL;
    return l != NULL ? imf_linear_impl(l) : NULL;
}

/* ---- A session --------------------------------------------------------------------------------------------------- */

int imf_transformer_session_new(imf_transformer_session **out, const imf_transformer *t, size_t max_tokens,
                                imf_err *err)
{
    int rc = IMF_OK;
    size_t w = t->desc.width;
    imf_transformer_session *s = imf_alloc_array(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    s->t = t;
    s->max_tokens = max_tokens;
    IMF_TRY(imf_matmul_work_new(&s->work, err));
    const struct {
        float **at;
        size_t columns;
    } buffers[] = {{&s->normed, w}, {&s->qkv, 3 * w}, {&s->mixed, w}, {&s->up, t->desc.hidden}};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        size_t bytes = 0;
        if (!imf_mul_size(max_tokens, buffers[i].columns * sizeof(float), &bytes) ||
            (*buffers[i].at = imf_alloc_aligned(bytes)) == NULL) {
            rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
            goto out;
        }
    }
    *out = s;
    s = NULL;
out:
    imf_transformer_session_free(&s);
    return rc;
}

void imf_transformer_session_free(imf_transformer_session **session)
{
    imf_transformer_session *s = *session;

    if (s == NULL)
        return;
    imf_matmul_work_free(&s->work);
    imf_free(s->normed);
    imf_free(s->qkv);
    imf_free(s->mixed);
    imf_free(s->up);
    imf_free(s);
    *session = NULL;
}

imf_matmul_work *imf_transformer_session_work(imf_transformer_session *s)
{
    return s->work;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

/* Attention of each sequence by itself: s->qkv -> s->mixed. */
static int attend(imf_transformer_session *s, const size_t *lengths, size_t n, imf_err *err)
{
    const imf_transformer_desc *d = &s->t->desc;
    size_t at = 0;
    int rc = IMF_OK;

    for (size_t i = 0; i < n && rc == IMF_OK; at += lengths[i++])
        rc = imf_attention_run(s->work, s->qkv + at * 3 * d->width, lengths[i], d->width, d->heads, d->causal,
                               s->mixed + at * d->width, err);
    return rc;
}

int imf_transformer_run(imf_transformer_session *s, float *x, const size_t *lengths, size_t n, imf_transformer_tap tap,
                        void *tap_user, imf_err *err)
{
    int rc = IMF_OK;
    const imf_transformer *t = s->t;
    size_t w = t->desc.width, m = 0;

    for (size_t i = 0; i < n; i++)
        m += lengths[i];
    if (m < 1 || m > s->max_tokens || t->n_blocks != t->desc.layers)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, "transformer", -1);
    for (size_t i = 0; i < t->n_blocks; i++) {
        const block *b = &t->blocks[i];
        imf_layer_norm(x, m, w, b->norm[0], b->norm[1], t->desc.eps, s->normed);
        IMF_TRY(imf_linear_run(b->qkv, s->work, s->normed, m, s->qkv, err));
        IMF_TRY(attend(s, lengths, n, err));
        if (tap != NULL) {
            tap(tap_user, i, "qkv", s->qkv, m, 3 * w);
            tap(tap_user, i, "attention", s->mixed, m, w);
        }
        IMF_TRY(imf_linear_run(b->out, s->work, s->mixed, m, x, err));
        imf_layer_norm(x, m, w, b->norm[2], b->norm[3], t->desc.eps, s->normed);
        IMF_TRY(imf_linear_run(b->up, s->work, s->normed, m, s->up, err));
        if (tap != NULL)
            tap(tap_user, i, "up", s->up, m, t->desc.hidden);
        IMF_TRY(imf_linear_run(b->down, s->work, s->up, m, x, err));
        if (tap != NULL)
            tap(tap_user, i, "block", x, m, w);
    }
out:
    return rc;
}
