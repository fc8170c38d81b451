/*
 * The vector kernels in plain C: the definition that every faster file must equal. Compiled with the auto-vectoriser
 * off, so that what is read here is what runs. Not the place for speed tricks that change a result; the choice
 * between tables is in kern.c, the contract of each kernel in kern.h.
 */
#include <pthread.h>
#include <string.h>

#include "kern/kern.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernels read little-endian data in place"
#endif

/* ---- CRC-32C ----------------------------------------------------------------------------------------------------- */

#define CRC_POLYNOMIAL 0x82F63B78u /* Castagnoli, bits reflected */

/* crc_table[j][b]: what byte b does to the remainder when j more bytes follow it in a step of sixteen ("slicing by
 * 16"). Made once, by imf_kern_ref(). */
static uint32_t crc_table[16][256];

static void fill_crc_table(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t r = b;
        for (int bit = 0; bit < 8; bit++)
            r = (r >> 1) ^ (r & 1 ? CRC_POLYNOMIAL : 0);
        crc_table[0][b] = r;
    }
    for (uint32_t b = 0; b < 256; b++)
        for (int j = 1; j < 16; j++)
            crc_table[j][b] = (crc_table[j - 1][b] >> 8) ^ crc_table[0][crc_table[j - 1][b] & 0xFF];
}

/* Four bytes of a step, of which the first has `after` bytes behind it. */
static inline uint32_t crc_word(uint32_t w, int after)
{
    return crc_table[after][w & 0xFF] ^ crc_table[after - 1][(w >> 8) & 0xFF] ^ crc_table[after - 2][(w >> 16) & 0xFF] ^
           crc_table[after - 3][w >> 24];
}

static uint32_t crc32c(uint32_t crc, const void *data, size_t n)
{
    const unsigned char *p = data;
    crc = ~crc;
    for (; n >= 16; n -= 16, p += 16) {
        uint32_t w[4];
        memcpy(w, p, 16);
        crc = crc_word(w[0] ^ crc, 15) ^ crc_word(w[1], 11) ^ crc_word(w[2], 7) ^ crc_word(w[3], 3);
    }
    for (; n > 0; n--, p++)
        crc = (crc >> 8) ^ crc_table[0][(crc ^ *p) & 0xFF];
    return ~crc;
}

/* ---- IEEE half --------------------------------------------------------------------------------------------------- */

static inline float float_of_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t bits_of_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

/* A half's fraction and exponent sit 13 bits lower than a float's, and its exponent's bias is 112 smaller.
 * Subnormals are made by a subtraction of two normal numbers, never by touching a subnormal float: the result must
 * not depend on the processor's flush-to-zero mode. */
static inline float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, bits = (uint32_t)(h & 0x7FFFu) << 13, exponent = bits & 0x0F800000u;
    if (exponent == 0)
        bits = bits_of_float(float_of_bits(bits + (113u << 23)) - float_of_bits(113u << 23)); /* fraction * 2^-24 */
    else
        bits += exponent == 0x0F800000u ? 224u << 23 : 112u << 23; /* infinity and NaN keep an exponent of all ones */
    return float_of_bits(bits | sign);
}

static inline uint16_t float_to_half(float f)
{
    uint32_t bits = bits_of_float(f), sign = (bits >> 16) & 0x8000u;
    bits &= 0x7FFFFFFFu;
    if (bits > 0x7F800000u) /* NaN: quiet, the upper bits of its payload kept */
        return (uint16_t)(sign | 0x7E00u | ((bits >> 13) & 0x3FFu));
    if (bits >= 0x477FF000u) /* 65,520 and above round to infinity */
        return (uint16_t)(sign | 0x7C00u);
    if (bits >= 0x38800000u) { /* 2^-14 and above: a normal half; a carry out of the fraction grows the exponent */
        bits += 0xFFFu + ((bits >> 13) & 1u);
        return (uint16_t)(sign | ((bits - (112u << 23)) >> 13));
    }
    if (bits < 0x33000000u) /* below 2^-25: zero (2^-25 itself is a tie, and zero is even) */
        return (uint16_t)sign;
    uint32_t fraction = (bits & 0x7FFFFFu) | 0x800000u;
    uint32_t shift = 126u - (bits >> 23); /* 14..24: the half is fraction >> shift, rounded */
    uint32_t half = fraction >> shift, rest = fraction & ((1u << shift) - 1u), tie = 1u << (shift - 1u);
    return (uint16_t)(sign | (half + (rest > tie || (rest == tie && (half & 1u)))));
}

static void f16_to_f32(float *out, const uint16_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = half_to_float(in[i]);
}

static void f32_to_f16(uint16_t *out, const float *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = float_to_half(in[i]);
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

static inline double add_eight(const double s[8])
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static void dot_f16(double *dot, double *norm2, const float *q, const uint16_t *rows_data, size_t rows, size_t dim)
{
    for (size_t row = 0; row < rows; row++) {
        const uint16_t *r = rows_data + row * dim;
        double d[8] = {0}, n[8] = {0};
        size_t i = 0;
        for (; i + 8 <= dim; i += 8)
            for (size_t j = 0; j < 8; j++) {
                double x = half_to_float(r[i + j]);
                d[j] += (double)q[i + j] * x;
                n[j] += x * x;
            }
        for (; i < dim; i++) {
            double x = half_to_float(r[i]);
            d[i % 8] += (double)q[i] * x;
            n[i % 8] += x * x;
        }
        dot[row] = add_eight(d);
        norm2[row] = add_eight(n);
    }
}

static void gemv_s8(float *y, const int8_t *w, const float *scale, const float *bias, const float *x, size_t n_out,
                    size_t n_in)
{
    for (size_t o = 0; o < n_out; o++) {
        const int8_t *row = w + o * n_in;
        float s[8] = {0};
        size_t i = 0;
        for (; i + 8 <= n_in; i += 8)
            for (size_t j = 0; j < 8; j++)
                s[j] += (float)row[i + j] * x[i + j];
        for (; i < n_in; i++)
            s[i % 8] += (float)row[i] * x[i];
        float sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
        y[o] = scale[o] * sum;
        if (bias)
            y[o] += bias[o];
    }
}

/* ---- Codes ------------------------------------------------------------------------------------------------------- */

/* Bits set: counted in pairs, fours and eights beside each other, then all bytes added up by a product. */
static inline uint32_t count_ones(uint64_t v)
{
    v -= (v >> 1) & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + ((v >> 2) & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (uint32_t)((v * 0x0101010101010101u) >> 56);
}

static void scan_bits(uint32_t *out, const uint64_t *query, const uint64_t *codes, size_t rows, size_t words)
{
    for (size_t row = 0; row < rows; row++) {
        uint32_t sum = 0;
        for (size_t b = 0; b < 4; b++)
            for (size_t w = 0; w < words; w++)
                sum += count_ones(codes[row * words + w] & query[b * words + w]) << b;
        out[row] = sum;
    }
}

static void dot_s8(int32_t *out, const int8_t *q, const int8_t *rows_data, size_t rows, size_t dim)
{
    for (size_t row = 0; row < rows; row++) {
        int32_t sum = 0;
        for (size_t i = 0; i < dim; i++)
            sum += (int32_t)q[i] * (int32_t)rows_data[row * dim + i];
        out[row] = sum;
    }
}

/* ---- Rotation ---------------------------------------------------------------------------------------------------- */

static void hadamard(float *x, size_t n)
{
    for (size_t h = 1; h < n; h *= 2)
        for (size_t start = 0; start < n; start += 2 * h)
            for (size_t i = start; i < start + h; i++) {
                const float a = x[i], b = x[i + h];
                x[i] = a + b;
                x[i + h] = a - b;
            }
}

static void sign_flip(float *x, const uint64_t *mask, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((mask[i / 64] >> (i % 64)) & 1)
            x[i] = -x[i];
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

const imf_kern *imf_kern_ref(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const imf_kern table = {
        .name = "c",
        .crc32c = crc32c,
        .f16_to_f32 = f16_to_f32,
        .f32_to_f16 = f32_to_f16,
        .dot_f16 = dot_f16,
        .gemv_s8 = gemv_s8,
        .scan_bits = scan_bits,
        .dot_s8 = dot_s8,
        .hadamard = hadamard,
        .sign_flip = sign_flip,
    };
    pthread_once(&once, fill_crc_table);
    return &table;
}
