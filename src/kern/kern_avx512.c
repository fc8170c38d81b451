/*
 * The kernels that gain from AVX-512 with VNNI and VPOPCNTDQ; the others of the table are those of AVX2. Every result
 * equals kern_ref.c to the bit: eight partial sums fill one register of doubles, and products are not fused with sums.
 * Rows whose length is no whole number of registers end in a masked load, which touches no byte beyond them. Compiled
 * with these instruction sets alone, so nothing in it may run before imf_kern_avx512() has asked the processor.
 */
#include "kern/kern_levels.h"

#if defined(__AVX512VNNI__) && defined(__AVX512VPOPCNTDQ__)

#include <immintrin.h>
#include <pthread.h>

/* Kernels over many rows take a group at a time (the loads of the query serve all, and their sums do not wait for each
 * other) and the rest one by one: the same inlined function with a constant number. */
#define INLINED static inline __attribute__((always_inline))

/* The lowest `left` bits, all where there are more. */
INLINED uint64_t first_bits(size_t left)
{
    return left >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
}

/* ---- Products of halves ------------------------------------------------------------------------------------------ */

#define HALVES_GROUP 4

INLINED double add_eight(__m512d v)
{
    double s[8];
    _mm512_storeu_pd(s, v);
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

INLINED void dot_f16_rows(double *dot, double *norm2, const float *q, const uint16_t *r, size_t dim, const size_t n)
{
    const size_t whole = dim & ~(size_t)7;
    const __mmask8 rest = (__mmask8)first_bits(dim - whole);
    __m512d d[HALVES_GROUP], s[HALVES_GROUP];
    for (size_t k = 0; k < n; k++)
        d[k] = s[k] = _mm512_setzero_pd();
    for (size_t i = 0; i < whole; i += 8) {
        const __m512d y = _mm512_cvtps_pd(_mm256_loadu_ps(q + i));
        for (size_t k = 0; k < n; k++) {
            const __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)(r + k * dim + i));
            const __m512d x = _mm512_cvtps_pd(_mm256_cvtph_ps(halves));
            d[k] = _mm512_add_pd(d[k], _mm512_mul_pd(y, x));
            s[k] = _mm512_add_pd(s[k], _mm512_mul_pd(x, x));
        }
    }
    if (rest) { /* only the sums that have a member left are touched */
        const __m512d y = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(rest, q + whole));
        for (size_t k = 0; k < n; k++) {
            const __m512d x = _mm512_cvtps_pd(_mm256_cvtph_ps(_mm_maskz_loadu_epi16(rest, r + k * dim + whole)));
            d[k] = _mm512_mask_add_pd(d[k], rest, d[k], _mm512_mul_pd(y, x));
            s[k] = _mm512_mask_add_pd(s[k], rest, s[k], _mm512_mul_pd(x, x));
        }
    }
    for (size_t k = 0; k < n; k++) {
        dot[k] = add_eight(d[k]);
        norm2[k] = add_eight(s[k]);
    }
}

static void dot_f16(double *dot, double *norm2, const float *q, const uint16_t *rows_data, size_t rows, size_t dim)
{
    size_t row = 0;
    for (; row + HALVES_GROUP <= rows; row += HALVES_GROUP)
        dot_f16_rows(dot + row, norm2 + row, q, rows_data + row * dim, dim, HALVES_GROUP);
    for (; row < rows; row++)
        dot_f16_rows(dot + row, norm2 + row, q, rows_data + row * dim, dim, 1);
}

/* ---- Codes of one bit -------------------------------------------------------------------------------------------- */

#define BITS_GROUP 8

/* From eight rows' sums, eight in each, to the rows' results. Each sum fits in 32 bits, so two rows share a register;
 * then the halves of ever wider pairs are added. */
INLINED __m256i add_across_eight(const __m512i s[8])
{
    __m512i t[4], u[2];
    for (size_t k = 0; k < 4; k++)
        t[k] = _mm512_add_epi64(s[2 * k], _mm512_slli_epi64(s[2 * k + 1], 32));
    for (size_t k = 0; k < 2; k++) /* by 128 bits: rows 0..3, rows 4..7 */
        u[k] = _mm512_add_epi64(_mm512_unpacklo_epi64(t[2 * k], t[2 * k + 1]),
                                _mm512_unpackhi_epi64(t[2 * k], t[2 * k + 1]));
    const __m512i v = _mm512_add_epi64(_mm512_shuffle_i64x2(u[0], u[1], _MM_SHUFFLE(2, 0, 2, 0)),
                                       _mm512_shuffle_i64x2(u[0], u[1], _MM_SHUFFLE(3, 1, 3, 1)));
    const __m512i w = _mm512_add_epi64(_mm512_shuffle_i64x2(v, v, _MM_SHUFFLE(2, 0, 2, 0)),
                                       _mm512_shuffle_i64x2(v, v, _MM_SHUFFLE(3, 1, 3, 1)));
    return _mm512_castsi512_si256(w);
}

INLINED void scan_bits_rows(uint32_t *out, const uint64_t *query, const uint64_t *codes, size_t words, const size_t n)
{
    __m512i sum[BITS_GROUP], plane[4];
    for (size_t k = 0; k < n; k++)
        sum[k] = _mm512_setzero_si512();
    for (size_t w = 0; w < words; w += 8) {
        const __mmask8 wanted = (__mmask8)first_bits(words - w);
        for (size_t b = 0; b < 4; b++)
            plane[b] = _mm512_maskz_loadu_epi64(wanted, query + b * words + w);
        for (size_t k = 0; k < n; k++) {
            const __m512i code = _mm512_maskz_loadu_epi64(wanted, codes + k * words + w);
            __m512i count = _mm512_popcnt_epi64(_mm512_and_si512(code, plane[3]));
            for (size_t b = 3; b-- > 0;)
                count = _mm512_add_epi64(_mm512_add_epi64(count, count),
                                         _mm512_popcnt_epi64(_mm512_and_si512(code, plane[b])));
            sum[k] = _mm512_add_epi64(sum[k], count);
        }
    }
    if (n == BITS_GROUP)
        _mm256_storeu_si256((__m256i *)(void *)out, add_across_eight(sum));
    else
        for (size_t k = 0; k < n; k++)
            out[k] = (uint32_t)_mm512_reduce_add_epi64(sum[k]);
}

static void scan_bits(uint32_t *out, const uint64_t *query, const uint64_t *codes, size_t rows, size_t words)
{
    size_t row = 0;
    for (; row + BITS_GROUP <= rows; row += BITS_GROUP)
        scan_bits_rows(out + row, query, codes + row * words, words, BITS_GROUP);
    for (; row < rows; row++)
        scan_bits_rows(out + row, query, codes + row * words, words, 1);
}

/* ---- Codes of eight bits ----------------------------------------------------------------------------------------- */

#define BYTES_GROUP 4

/* VNNI multiplies unsigned bytes by signed ones: a row's bytes go in as r + 128, and 128 * sum(q), the same for every
 * row, is taken off. Beyond the row's end q is zero, and so is the product. Sums stay below 2^31. */
INLINED __m512i add_products(__m512i sum, __m512i r, __m512i q)
{
    return _mm512_dpbusd_epi32(sum, _mm512_xor_si512(r, _mm512_set1_epi8(-128)), q);
}

INLINED void dot_s8_rows(int32_t *out, const int8_t *q, const int8_t *r, size_t dim, int32_t offset, const size_t n)
{
    const size_t whole = dim & ~(size_t)63;
    const __mmask64 rest = first_bits(dim - whole);
    __m512i sum[BYTES_GROUP];
    for (size_t k = 0; k < n; k++)
        sum[k] = _mm512_setzero_si512();
    for (size_t i = 0; i < whole; i += 64) {
        const __m512i v = _mm512_loadu_si512(q + i);
        for (size_t k = 0; k < n; k++)
            sum[k] = add_products(sum[k], _mm512_loadu_si512(r + k * dim + i), v);
    }
    if (rest) {
        const __m512i v = _mm512_maskz_loadu_epi8(rest, q + whole);
        for (size_t k = 0; k < n; k++)
            sum[k] = add_products(sum[k], _mm512_maskz_loadu_epi8(rest, r + k * dim + whole), v);
    }
    for (size_t k = 0; k < n; k++)
        out[k] = _mm512_reduce_add_epi32(sum[k]) - offset;
}

static void dot_s8(int32_t *out, const int8_t *q, const int8_t *rows_data, size_t rows, size_t dim)
{
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < dim; i += 64)
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), _mm512_maskz_loadu_epi8(first_bits(dim - i), q + i));
    const int32_t offset = 128 * _mm512_reduce_add_epi32(sum);

    size_t row = 0;
    for (; row + BYTES_GROUP <= rows; row += BYTES_GROUP)
        dot_s8_rows(out + row, q, rows_data + row * dim, dim, offset, BYTES_GROUP);
    for (; row < rows; row++)
        dot_s8_rows(out + row, q, rows_data + row * dim, dim, offset, 1);
}

/* ---- Rotation ---------------------------------------------------------------------------------------------------- */

static void sign_flip(float *x, const uint64_t *mask, size_t n)
{
    const __m512i sign = _mm512_set1_epi32((int)0x80000000u);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 there = (__mmask16)first_bits(n - i);
        const __mmask16 set = (__mmask16)((mask[i / 64] >> (i % 64)) & there);
        const __m512i v = _mm512_maskz_loadu_epi32(there, x + i);
        _mm512_mask_storeu_epi32(x + i, there, _mm512_mask_xor_epi32(v, set, v, sign));
    }
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static imf_kern table;

static void make_table(void)
{
    table = *imf_kern_avx2();
    table.name = "avx512";
    table.dot_f16 = dot_f16;
    table.scan_bits = scan_bits;
    table.dot_s8 = dot_s8;
    table.sign_flip = sign_flip;
}

const imf_kern *imf_kern_avx512(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const bool can = imf_kern_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq");
    if (!can)
        return NULL;
    pthread_once(&once, make_table);
    return &table;
}

#else

const imf_kern *imf_kern_avx512(void)
{
    return NULL;
}

#endif
