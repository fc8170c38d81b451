/*
 * The table of vector kernels. kern_ref.c is the definition in plain C (compiled without the auto-vectoriser, so
 * that the reference stays a reference); faster files per instruction set join later and are chosen once, at the
 * first call of imf_kern_get(). Pure functions of their arguments; thread-safe. No pointer may alias unless said.
 */
#ifndef IMF_KERN_KERN_H
#define IMF_KERN_KERN_H

#include <stddef.h>
#include <stdint.h>

typedef struct imf_kern {
    const char *name; /* "c", "avx2" */

    /* CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4), continuing from crc (0 to start). Any alignment. */
    uint32_t (*crc32c)(uint32_t crc, const void *data, size_t n);

    /* IEEE half -> float, exact, also subnormals, infinities and NaN. out[n]. */
    void (*f16_to_f32)(float *out, const uint16_t *in, size_t n);

    /* float -> IEEE half, round to nearest even, overflow to infinity. out[n]. */
    void (*f32_to_f16)(uint16_t *out, const float *in, size_t n);

    /* For each of `rows` rows of f16 [rows, dim]: *dot = sum q[i]*r[i] and *norm2 = sum r[i]*r[i], both accumulated
     * in f64 in a fixed order that every instruction set keeps: eight partial sums by i mod 8, then
     * ((0+1)+(2+3))+((4+5)+(6+7)). dim 1..4096. */
    void (*dot_f16)(double *dot, double *norm2, const float *q, const uint16_t *rows_data, size_t rows, size_t dim);

    /* y[o] = scale[o] * sum_i w[o*n_in + i] * x[i] (+ bias[o] if bias is not NULL): int8 weights by row, float32
     * sums in eight partial sums. */
    void (*gemv_s8)(float *y, const int8_t *w, const float *scale, const float *bias, const float *x, size_t n_out,
                    size_t n_in);
} imf_kern;

/* The best table that this processor and $IMF_CPU (c|avx2|avx512|neon; the last two are not built yet) allow. Never
 * NULL. */
const imf_kern *imf_kern_get(void);

/* The plain C table, for tests. */
const imf_kern *imf_kern_ref(void);

#endif
