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
    const char *name; /* "c", "avx2", "avx512" */

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

    /* For each of `rows` codes of one bit a dimension, against a query of four: out[row] = sum over b = 0..3 of
     * popcount(code[row] & query[b]) << b. codes [rows, words], query [4, words], the lowest bit's plane first.
     * words >= 1 and 960 * words fits in 32 bits. */
    void (*scan_bits)(uint32_t *out, const uint64_t *query, const uint64_t *codes, size_t rows, size_t words);

    /* For each of `rows` rows of int8 [rows, dim]: out[row] = sum q[i]*r[i]. All values -127..127, dim 1..4096. */
    void (*dot_s8)(int32_t *out, const int8_t *q, const int8_t *rows_data, size_t rows, size_t dim);

    /* The Walsh-Hadamard transform of x[n] in place, in the natural order and not normalised (twice gives n * x). n is
     * a power of two, 1..8192, x finite. The order is fixed: for h = 1, 2, 4 ... n/2 every pair x[i], x[i+h] with bit
     * h of i clear becomes x[i]+x[i+h], x[i]-x[i+h]. */
    void (*hadamard)(float *x, size_t n);

    /* x[i] = -x[i] where bit i%64 of mask[i/64] is set; any n. */
    void (*sign_flip)(float *x, const uint64_t *mask, size_t n);
} imf_kern;

/* The best table that this processor and $IMF_CPU (c|avx2|avx512|neon; the last is not built yet) allow. Never NULL. */
const imf_kern *imf_kern_get(void);

/* The plain C table, for tests. */
const imf_kern *imf_kern_ref(void);

#endif
