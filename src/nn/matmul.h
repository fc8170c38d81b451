/*
 * The seam to oneDNN's matrix products: what a transformer needs of them, and nothing of oneDNN's own types. float32,
 * row-major, densely packed. Weights are packed once into the layout that oneDNN likes best; oneDNN makes a kernel for
 * each number of rows at its first use and keeps it.
 */
#ifndef IMF_NN_MATMUL_H
#define IMF_NN_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef enum imf_act {
    IMF_ACT_NONE,
    IMF_ACT_QUICK_GELU, /* x * sigmoid(1.702 x) */
    IMF_ACT_GELU_ERF,   /* x / 2 * (1 + erf(x / sqrt 2)) */
    IMF_ACT_GELU_TANH   /* x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
} imf_act;

/* What one thread needs to compute: oneDNN's stream, scratch memory that grows at the first use of a shape, the kernels
 * of attention. One thread at a time. */
typedef struct imf_matmul_work imf_matmul_work;

int imf_matmul_work_new(imf_matmul_work **out, imf_err *err);
void imf_matmul_work_free(imf_matmul_work **work);

/* y = act(x W^T + b), or y += x W^T + b. Shared by threads. */
typedef struct imf_linear imf_linear;

typedef struct imf_linear_desc {
    const char *name;    /* for messages; copied */
    size_t n_in, n_out;  /* 1..2^22 each */
    const float *weight; /* [n_out, n_in]; read during imf_linear_new only */
    const float *bias;   /* [n_out], copied; or NULL */
    imf_act act;         /* NONE with add */
    bool add;            /* added to what y holds: a residual */
} imf_linear_desc;

/* Errors: IMF_EMEM, IMF_EINTERNAL (oneDNN refuses). */
int imf_linear_new(imf_linear **out, const imf_linear_desc *desc, imf_err *err);
void imf_linear_free(imf_linear **linear);

/* x [m, n_in], y [m, n_out]; m >= 1. They do not overlap. */
int imf_linear_run(imf_linear *linear, imf_matmul_work *work, const float *x, size_t m, float *y, imf_err *err);

/* The name of oneDNN's implementation ("brg:avx512_core"), so that a test can demand that none is "ref"; borrowed. When
 * the kernel for any number of rows so far is a "ref" one, it is that one's. */
const char *imf_linear_impl(const imf_linear *linear);

/* Scaled dot-product attention of one sequence: qkv [tokens, 3 * width] holds q, k and v side by side, each of `heads`
 * heads of width / heads numbers; out [tokens, width]. causal: a token sees itself and those before it. */
int imf_attention_run(imf_matmul_work *work, const float *qkv, size_t tokens, size_t width, size_t heads, bool causal,
                      float *out, imf_err *err);

/* The names of its kernels for the shape used last: scores, softmax (NULL for causal ones), mixing. Borrowed. */
void imf_attention_impl(const imf_matmul_work *work, const char *names[3]);

#endif
