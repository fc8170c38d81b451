/*
 * The kernels that gain most from AVX2 and F16C; the others of the table are the plain C ones. Every result equals
 * kern_ref.c to the bit: eight partial sums by index mod 8 fill one register of floats or two of doubles, and products
 * are not fused with sums. A file compiled with these instruction sets, so nothing in it may run before
 * imf_kern_avx2() has asked the processor.
 */
#include "kern/kern_levels.h"

#ifdef __AVX2__

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

/* ---- Products ---------------------------------------------------------------------------------------------------- */

/* F16C's conversion is exact for every half, subnormal ones too, whatever mode the processor is in. */
static inline __m256 load_halves(const uint16_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}

static inline __m256d low_doubles(__m256 v)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(v));
}

static inline __m256d high_doubles(__m256 v)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
}

static inline double add_eight(const double s[8])
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static void dot_f16(double *dot, double *norm2, const float *q, const uint16_t *rows_data, size_t rows, size_t dim)
{
    for (size_t row = 0; row < rows; row++) {
        const uint16_t *r = rows_data + row * dim;
        __m256d d0 = _mm256_setzero_pd(), d1 = d0, n0 = d0, n1 = d0;
        double d[8], n[8];
        size_t i = 0;
        for (; i + 8 <= dim; i += 8) {
            const __m256 x = load_halves(r + i), y = _mm256_loadu_ps(q + i);
            const __m256d x0 = low_doubles(x), x1 = high_doubles(x);
            d0 = _mm256_add_pd(d0, _mm256_mul_pd(low_doubles(y), x0));
            d1 = _mm256_add_pd(d1, _mm256_mul_pd(high_doubles(y), x1));
            n0 = _mm256_add_pd(n0, _mm256_mul_pd(x0, x0));
            n1 = _mm256_add_pd(n1, _mm256_mul_pd(x1, x1));
        }
        _mm256_storeu_pd(d, d0);
        _mm256_storeu_pd(d + 4, d1);
        _mm256_storeu_pd(n, n0);
        _mm256_storeu_pd(n + 4, n1);
        for (; i < dim; i++) {
            double x = (double)_cvtsh_ss(r[i]);
            d[i % 8] += (double)q[i] * x;
            n[i % 8] += x * x;
        }
        dot[row] = add_eight(d);
        norm2[row] = add_eight(n);
    }
}

static inline __m256 load_bytes(const int8_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)));
}

/* From a row's eight partial sums over its first `done` columns to its result. */
static inline float finish_row(__m256 sums, const int8_t *row, const float *x, size_t done, size_t n_in, float scale,
                               const float *bias)
{
    float s[8];
    _mm256_storeu_ps(s, sums);
    for (size_t i = done; i < n_in; i++)
        s[i % 8] += (float)row[i] * x[i];
    float y = scale * (((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])));
    return bias ? y + *bias : y;
}

/* Four rows at a time: their sums do not wait for each other, and a load of x serves all. */
static void gemv_s8(float *y, const int8_t *w, const float *scale, const float *bias, const float *x, size_t n_out,
                    size_t n_in)
{
    const size_t whole = n_in & ~(size_t)7;
    size_t o = 0;

    for (; o + 4 <= n_out; o += 4) {
        const int8_t *row = w + o * n_in;
        __m256 s[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
        for (size_t i = 0; i < whole; i += 8) {
            const __m256 v = _mm256_loadu_ps(x + i);
            for (size_t k = 0; k < 4; k++)
                s[k] = _mm256_add_ps(s[k], _mm256_mul_ps(load_bytes(row + k * n_in + i), v));
        }
        for (size_t k = 0; k < 4; k++)
            y[o + k] = finish_row(s[k], row + k * n_in, x, whole, n_in, scale[o + k], bias ? bias + o + k : NULL);
    }
    for (; o < n_out; o++) {
        const int8_t *row = w + o * n_in;
        __m256 s = _mm256_setzero_ps();
        for (size_t i = 0; i < whole; i += 8)
            s = _mm256_add_ps(s, _mm256_mul_ps(load_bytes(row + i), _mm256_loadu_ps(x + i)));
        y[o] = finish_row(s, row, x, whole, n_in, scale[o], bias ? bias + o : NULL);
    }
}

/* ---- Codes ------------------------------------------------------------------------------------------------------- */

/* Kernels over many rows take four at a time (the loads of the query serve all, and their sums do not wait for each
 * other) and the rest one by one: the same inlined function with a constant number. */
#define GROUP   4
#define INLINED static inline __attribute__((always_inline))

/* Four words, or the first `left` of them and zeros. */
INLINED __m256i load_words(const uint64_t *p, size_t left)
{
    if (left >= 4)
        return _mm256_loadu_si256((const __m256i *)(const void *)p);
    const __m256i wanted = _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)left), _mm256_setr_epi64x(0, 1, 2, 3));
    return _mm256_maskload_epi64((const long long *)(const void *)p, wanted);
}

/* n <= GROUP rows. Bits are counted by a table of the sixteen nibbles; the bytes' weighted counts, 15 * 8 at most, stay
 * in their bytes until all four planes are in. */
INLINED void scan_bits_rows(uint32_t *out, const uint64_t *query, const uint64_t *codes, size_t words, const size_t n)
{
    const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                          2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i sum[GROUP], low[4], high[4];
    for (size_t k = 0; k < n; k++)
        sum[k] = _mm256_setzero_si256();
    for (size_t w = 0; w < words; w += 4) {
        for (size_t b = 0; b < 4; b++) {
            const __m256i plane = load_words(query + b * words + w, words - w);
            low[b] = _mm256_and_si256(plane, nibble);
            high[b] = _mm256_and_si256(_mm256_srli_epi16(plane, 4), nibble);
        }
        for (size_t k = 0; k < n; k++) {
            const __m256i code = load_words(codes + k * words + w, words - w), upper = _mm256_srli_epi16(code, 4);
            __m256i bytes = _mm256_setzero_si256();
            for (size_t b = 4; b-- > 0;) {
                bytes = _mm256_add_epi8(bytes, bytes);
                bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(ones, _mm256_and_si256(code, low[b])));
                bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(ones, _mm256_and_si256(upper, high[b])));
            }
            sum[k] = _mm256_add_epi64(sum[k], _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
        }
    }
    for (size_t k = 0; k < n; k++) {
        const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sum[k]), _mm256_extracti128_si256(sum[k], 1));
        out[k] = (uint32_t)_mm_cvtsi128_si32(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
    }
}

static void scan_bits(uint32_t *out, const uint64_t *query, const uint64_t *codes, size_t rows, size_t words)
{
    size_t row = 0;
    for (; row + GROUP <= rows; row += GROUP)
        scan_bits_rows(out + row, query, codes + row * words, words, GROUP);
    for (; row < rows; row++)
        scan_bits_rows(out + row, query, codes + row * words, words, 1);
}

INLINED __m256i load_sixteen(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

INLINED void dot_s8_rows(int32_t *out, const int8_t *q, const int8_t *r, size_t dim, const size_t n)
{
    const size_t whole = dim & ~(size_t)15;
    __m256i sum[GROUP];
    for (size_t k = 0; k < n; k++)
        sum[k] = _mm256_setzero_si256();
    for (size_t i = 0; i < whole; i += 16) {
        const __m256i v = load_sixteen(q + i);
        for (size_t k = 0; k < n; k++)
            sum[k] = _mm256_add_epi32(sum[k], _mm256_madd_epi16(load_sixteen(r + k * dim + i), v));
    }
    for (size_t k = 0; k < n; k++) {
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum[k]), _mm256_extracti128_si256(sum[k], 1));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, _MM_SHUFFLE(1, 0, 3, 2)));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, _MM_SHUFFLE(2, 3, 0, 1)));
        int32_t total = _mm_cvtsi128_si32(four);
        for (size_t i = whole; i < dim; i++)
            total += (int32_t)q[i] * (int32_t)r[k * dim + i];
        out[k] = total;
    }
}

static void dot_s8(int32_t *out, const int8_t *q, const int8_t *rows_data, size_t rows, size_t dim)
{
    size_t row = 0;
    for (; row + GROUP <= rows; row += GROUP)
        dot_s8_rows(out + row, q, rows_data + row * dim, dim, GROUP);
    for (; row < rows; row++)
        dot_s8_rows(out + row, q, rows_data + row * dim, dim, 1);
}

/* ---- Rotation ---------------------------------------------------------------------------------------------------- */

/* The stages h = 1, 2 and 4 within a register: `first` and `second` hold each pair's two members in both its places. */
INLINED __m256 eight_within(__m256 v)
{
    __m256 first = _mm256_moveldup_ps(v), second = _mm256_movehdup_ps(v);
    v = _mm256_blend_ps(_mm256_add_ps(first, second), _mm256_sub_ps(first, second), 0xAA);
    first = _mm256_permute_ps(v, 0x44);
    second = _mm256_permute_ps(v, 0xEE);
    v = _mm256_blend_ps(_mm256_add_ps(first, second), _mm256_sub_ps(first, second), 0xCC);
    first = _mm256_permute2f128_ps(v, v, 0x00);
    second = _mm256_permute2f128_ps(v, v, 0x11);
    return _mm256_blend_ps(_mm256_add_ps(first, second), _mm256_sub_ps(first, second), 0xF0);
}

/* Stages h and 2h in one pass over the data. */
static void two_stages(float *x, size_t n, size_t h)
{
    for (size_t start = 0; start < n; start += 4 * h)
        for (float *p = x + start; p < x + start + h; p += 8) {
            const __m256 a = _mm256_loadu_ps(p), b = _mm256_loadu_ps(p + h);
            const __m256 c = _mm256_loadu_ps(p + 2 * h), d = _mm256_loadu_ps(p + 3 * h);
            const __m256 ab = _mm256_add_ps(a, b), a_b = _mm256_sub_ps(a, b);
            const __m256 cd = _mm256_add_ps(c, d), c_d = _mm256_sub_ps(c, d);
            _mm256_storeu_ps(p, _mm256_add_ps(ab, cd));
            _mm256_storeu_ps(p + h, _mm256_add_ps(a_b, c_d));
            _mm256_storeu_ps(p + 2 * h, _mm256_sub_ps(ab, cd));
            _mm256_storeu_ps(p + 3 * h, _mm256_sub_ps(a_b, c_d));
        }
}

static void hadamard(float *x, size_t n)
{
    if (n < 8) {
        imf_kern_ref()->hadamard(x, n);
        return;
    }
    for (size_t i = 0; i < n; i += 8)
        _mm256_storeu_ps(x + i, eight_within(_mm256_loadu_ps(x + i)));
    size_t h = 8;
    for (; 4 * h <= n; h *= 4)
        two_stages(x, n, h);
    if (h < n) /* the last stage alone: h is n / 2 */
        for (float *p = x; p < x + h; p += 8) {
            const __m256 a = _mm256_loadu_ps(p), b = _mm256_loadu_ps(p + h);
            _mm256_storeu_ps(p, _mm256_add_ps(a, b));
            _mm256_storeu_ps(p + h, _mm256_sub_ps(a, b));
        }
}

static void sign_flip(float *x, const uint64_t *mask, size_t n)
{
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256 sign = _mm256_set1_ps(-0.0f);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256i eight = _mm256_set1_epi32((int)((mask[i / 64] >> (i % 64)) & 0xFF));
        const __m256 set = _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(eight, bits), bits));
        _mm256_storeu_ps(x + i, _mm256_xor_ps(_mm256_loadu_ps(x + i), _mm256_and_ps(set, sign)));
    }
    for (; i < n; i++)
        if ((mask[i / 64] >> (i % 64)) & 1)
            x[i] = -x[i];
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static imf_kern table;

static void make_table(void)
{
    table = *imf_kern_ref();
    table.name = "avx2";
    table.dot_f16 = dot_f16;
    table.gemv_s8 = gemv_s8;
    table.scan_bits = scan_bits;
    table.dot_s8 = dot_s8;
    table.hadamard = hadamard;
    table.sign_flip = sign_flip;
}

/* Every processor with AVX2 has F16C; a virtual one may hide it. */
static bool has_f16c(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

const imf_kern *imf_kern_avx2(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!__builtin_cpu_supports("avx2") || !has_f16c())
        return NULL;
    pthread_once(&once, make_table);
    return &table;
}

#else

const imf_kern *imf_kern_avx2(void)
{
    return NULL;
}

#endif
