/*
 * The kernels that gain most from AVX2 and F16C; the others of the table are the plain C ones. Every result equals
 * kern_ref.c to the bit: eight partial sums by index mod 8 fill one register of floats or two of doubles, and products
 * are not fused with sums. The only file compiled with these instruction sets, so nothing in it may run before
 * imf_kern_avx2() has asked the processor.
 */
#include "kern/kern_levels.h"

#ifdef __AVX2__

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

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

static imf_kern table;

static void make_table(void)
{
    table = *imf_kern_ref();
    table.name = "avx2";
    table.dot_f16 = dot_f16;
    table.gemv_s8 = gemv_s8;
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
