/*
 * A stack of pre-norm transformer blocks, as ViT and CLIP have them:
 *
 *     x += W_o attention(W_qkv norm1(x));    x += W_2 act(W_1 norm2(x))
 *
 * The blocks are immutable once added and shared by threads; each thread computes with a session of its own. Sequences
 * of one call lie one after the other without padding: a token of one never sees another's.
 */
#ifndef IMF_NN_TRANSFORMER_H
#define IMF_NN_TRANSFORMER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "nn/matmul.h"

typedef struct imf_transformer imf_transformer;
typedef struct imf_transformer_session imf_transformer_session;

typedef struct imf_transformer_desc {
    size_t width, heads, layers, hidden; /* width is a multiple of heads */
    float eps;                           /* of the norms */
    imf_act act;
    bool causal;
} imf_transformer_desc;

typedef struct imf_block_desc { /* float32, read during imf_transformer_add only */
    const float *norm1_weight, *norm1_bias; /* [width] */
    const float *qkv_weight, *qkv_bias;     /* [3 * width, width], [3 * width]: rows of q, then k, then v */
    const float *out_weight, *out_bias;     /* [width, width], [width] */
    const float *norm2_weight, *norm2_bias; /* [width] */
    const float *up_weight, *up_bias;       /* [hidden, width], [hidden] */
    const float *down_weight, *down_bias;   /* [width, hidden], [width] */
} imf_block_desc;

/* Called after a layer with its values [rows, columns]; layer is "qkv", "attention", "up", "block". For goldens. */
typedef void (*imf_transformer_tap)(void *user, size_t block, const char *layer, const float *values, size_t rows,
                                    size_t columns);

int imf_transformer_new(imf_transformer **out, const imf_transformer_desc *desc, imf_err *err);
int imf_transformer_add(imf_transformer *t, const imf_block_desc *block, imf_err *err); /* `layers` times */
void imf_transformer_free(imf_transformer **t);

/* Buffers for at most max_tokens tokens a call, of all sequences together. */
int imf_transformer_session_new(imf_transformer_session **out, const imf_transformer *t, size_t max_tokens,
                                imf_err *err);
void imf_transformer_session_free(imf_transformer_session **s);

/* The thread's work, for layers before and after the stack; borrowed. */
imf_matmul_work *imf_transformer_session_work(imf_transformer_session *s);

/* x [sum of lengths, width], changed in place. lengths[n], each >= 1. */
int imf_transformer_run(imf_transformer_session *s, float *x, const size_t *lengths, size_t n, imf_transformer_tap tap,
                        void *tap_user, imf_err *err);

/* The name of the implementation behind a layer of block 0: "qkv", "out", "up", "down". Borrowed. */
const char *imf_transformer_impl(const imf_transformer *t, const char *layer);

/* y = (x - mean) / sqrt(variance + eps) * weight + bias over each of `rows` rows of `width`; population variance, sums
 * in double. y may be x. */
void imf_layer_norm(const float *x, size_t rows, size_t width, const float *weight, const float *bias, float eps,
                    float *y);

#endif
