/*
 * The kernels against twins that are written from the definitions: the table that IMF_CPU allows, odd lengths,
 * odd alignments, guard values around the outputs, a printed seed (IMF_TEST_SEED repeats a run).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/kern.h"
#include "randoms.h"

/* ---- CRC-32C ----------------------------------------------------------------------------------------------------- */

static uint32_t crc_twin(uint32_t crc, const unsigned char *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
    }
    return ~crc;
}

static void crc_known_values(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    unsigned char b[48];
    memset(b, 0, 32);
    assert_int_equal(k->crc32c(0, b, 32), 0x8A9136AAu); /* RFC 3720, B.4 */
    memset(b, 0xFF, 32);
    assert_int_equal(k->crc32c(0, b, 32), 0x62A8AB43u);
    for (int i = 0; i < 32; i++)
        b[i] = (unsigned char)i;
    assert_int_equal(k->crc32c(0, b, 32), 0x46DD794Eu);
    for (int i = 0; i < 32; i++)
        b[i] = (unsigned char)(31 - i);
    assert_int_equal(k->crc32c(0, b, 32), 0x113FDB5Cu);
    static const unsigned char iscsi_read[48] = {
        0x01, 0xC0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
    assert_int_equal(k->crc32c(0, iscsi_read, 48), 0xD9963A56u);
    assert_int_equal(k->crc32c(0, "123456789", 9), 0xE3069283u);
    assert_int_equal(k->crc32c(0, "", 0), 0);
}

static void crc_equals_its_twin(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    unsigned char b[600];
    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (unsigned char)random_bits();
    for (size_t offset = 0; offset < 17; offset++)
        for (size_t n = 0; n <= 300; n++) {
            uint32_t start = random_bits(), expected = crc_twin(start, b + offset, n);
            assert_int_equal(k->crc32c(start, b + offset, n), expected);
            size_t cut = n > 0 ? random_bits() % n : 0; /* in two parts it is the same */
            assert_int_equal(k->crc32c(k->crc32c(start, b + offset, cut), b + offset + cut, n - cut), expected);
        }
}

/* ---- Halves ------------------------------------------------------------------------------------------------------ */

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, 4);
    return f;
}

/* The definition: sign, five bits of exponent, ten of fraction. */
static double half_value(unsigned h)
{
    int exponent = (h >> 10) & 31, fraction = h & 1023;
    double v = exponent == 0    ? ldexp(fraction, -24)
               : exponent == 31 ? (fraction ? NAN : INFINITY)
                                : ldexp(1024 + fraction, exponent - 25);
    return h & 0x8000 ? -v : v;
}

/* Nearest half of a number that is not NaN, ties to the even one: rounded to a multiple of the spacing there, in
 * exact f64 arithmetic. */
static unsigned nearest_half(float x)
{
    double a = fabs((double)x);
    unsigned sign = signbit(x) ? 0x8000 : 0;
    if (a >= 65520)
        return sign | 0x7C00;
    int e = a < ldexp(1, -14) ? -14 : ilogb(a);
    double r = nearbyint(ldexp(a, 10 - e)); /* 0..2048 spacings of 2^(e-10) */
    unsigned steps = (unsigned)r;           /* halves are in order as integers: 1,024 of them to an exponent */
    return sign | (e == -14 ? steps : (unsigned)(e + 14) * 1024 + steps);
}

static void every_half_is_exact(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    enum { N = 65536, GUARD = 8 };
    uint16_t *in = calloc(N, 2), *back = calloc(N, 2);
    float *out = calloc(N + 2 * GUARD, 4);
    assert_non_null(in);
    assert_non_null(back);
    assert_non_null(out);
    for (unsigned i = 0; i < N; i++)
        in[i] = (uint16_t)i;
    for (int i = 0; i < GUARD; i++)
        out[i] = out[GUARD + N + i] = 12345.0f;
    k->f16_to_f32(out + GUARD, in, N);
    for (int i = 0; i < GUARD; i++)
        assert_true(bits_of(out[i]) == bits_of(12345.0f) && bits_of(out[GUARD + N + i]) == bits_of(12345.0f));
    k->f32_to_f16(back, out + GUARD, N);
    for (unsigned i = 0; i < N; i++) {
        double expected = half_value(i), got = out[GUARD + i];
        if (isnan(expected)) {
            assert_true(isnan(got) && (back[i] & 0x7C00) == 0x7C00 && (back[i] & 0x3FF) != 0);
            continue;
        }
        if (bits_of((float)expected) != bits_of((float)got))
            fail_msg("half %04X is %a, got %a", i, expected, got);
        assert_int_equal(back[i], i); /* also the sign of zero */
    }
    free(in);
    free(back);
    free(out);
}

static void check_half(const imf_kern *k, float x)
{
    uint16_t got[3] = {0xAAAA, 0, 0xAAAA};
    k->f32_to_f16(got + 1, &x, 1);
    if (got[1] != nearest_half(x))
        fail_msg("%a (%08X) rounds to %04X, got %04X", (double)x, bits_of(x), nearest_half(x), got[1]);
    assert_true(got[0] == 0xAAAA && got[2] == 0xAAAA);
}

static void rounding_to_half(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    for (unsigned h = 0; h < 0x7C00;
         h++) { /* around every tie between neighbours, the last of which is the way to infinity */
        double next = h == 0x7BFF ? 65536 : half_value(h + 1);
        float tie = (float)((half_value(h) + next) / 2);
        for (int side = -1; side <= 1; side++) {
            float x = float_of(bits_of(tie) + (uint32_t)side);
            check_half(k, x);
            check_half(k, -x);
        }
    }
    const float edges[] = {0.0f,          65504.0f,      65519.996f,    65520.0f,      65536.0f, 1e30f,  INFINITY,
                           6.1035156e-5f, 6.0975552e-5f, 2.9802322e-8f, 2.9802326e-8f, 2.98e-8f, 1e-40f, 1e-45f};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        check_half(k, edges[i]);
        check_half(k, -edges[i]);
    }
    for (int i = 0; i < 1000000; i++) {
        float x = float_of(random_bits());
        if (!isnan(x))
            check_half(k, x);
        check_half(k, ldexpf(random_unit(), (int)(random_bits() % 44) - 26)); /* where halves are */
    }
    const float nans[] = {float_of(0x7FC00000), float_of(0x7F800001), float_of(0xFFFFFFFF), float_of(0xFF800001)};
    for (size_t i = 0; i < 4; i++) {
        uint16_t got;
        k->f32_to_f16(&got, &nans[i], 1);
        assert_true(isnan(half_value(got)));
    }
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

static const size_t lengths[] = {1,  2,  3,   5,   7,   8,   9,   15,  16,  17,   31,   33,  63,
                                 64, 65, 100, 127, 129, 511, 512, 513, 768, 1000, 4095, 4096};

static void products_of_halves(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    const size_t counts[] = {0, 1, 2, 3, 64};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
            for (size_t shift = 0; shift < 3; shift++) { /* rows need the alignment of one half only */
                const size_t dim = lengths[l], rows = counts[c];
                uint16_t *memory = malloc((rows * dim + shift) * 2 + 1),
                         *r = memory + shift; /* ends where the rows end: the sanitizer watches */
                float *q = malloc(dim * 4);
                double *dot = malloc((rows + 2) * 8), *norm2 = malloc((rows + 2) * 8);
                assert_true(memory && q && dot && norm2);
                for (size_t i = 0; i < rows * dim; i++)
                    do
                        r[i] = (uint16_t)random_bits();
                    while ((r[i] & 0x7C00) == 0x7C00 ||
                           (random_bits() % 2 && (r[i] & 0x7C00) > 0x3C00)); /* finite; subnormals too */
                for (size_t i = 0; i < dim; i++)
                    q[i] = ldexpf(random_unit(), (int)(random_bits() % 20) - 10);
                dot[0] = dot[rows + 1] = norm2[0] = norm2[rows + 1] = 777;
                k->dot_f16(dot + 1, norm2 + 1, q, r, rows, dim);
                assert_true(dot[0] == 777 && dot[rows + 1] == 777 && norm2[0] == 777 && norm2[rows + 1] == 777);
                for (size_t row = 0; row < rows; row++) {
                    double d[8] = {0}, n[8] = {0};
                    for (size_t part = 0; part < 8; part++)
                        for (size_t i = part; i < dim; i += 8) {
                            double x = half_value(r[row * dim + i]);
                            d[part] = d[part] + (double)q[i] * x;
                            n[part] = n[part] + x * x;
                        }
                    double ed = ((d[0] + d[1]) + (d[2] + d[3])) + ((d[4] + d[5]) + (d[6] + d[7]));
                    double en = ((n[0] + n[1]) + (n[2] + n[3])) + ((n[4] + n[5]) + (n[6] + n[7]));
                    if (dot[row + 1] != ed || norm2[row + 1] != en)
                        fail_msg("dim %zu row %zu: %a %a, expected %a %a", dim, row, dot[row + 1], norm2[row + 1], ed,
                                 en);
                }
                free(memory);
                free(q);
                free(dot);
                free(norm2);
            }
}

static void products_of_bytes(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
        for (size_t n_out = 0; n_out < 10; n_out++)
            for (int with_bias = 0; with_bias < 2; with_bias++) {
                const size_t n_in = lengths[l];
                int8_t *w = malloc(n_out * n_in + 1);
                float *x = malloc(n_in * 4), y[12], scale[10], bias[10];
                assert_true(w && x);
                for (size_t i = 0; i < n_out * n_in; i++)
                    w[i] = random_bits() % 8 == 0 ? -128 : (int8_t)(random_bits() & 0xFF);
                for (size_t i = 0; i < n_in; i++)
                    x[i] = random_unit();
                for (size_t o = 0; o < n_out; o++) {
                    scale[o] = random_unit() / 64;
                    bias[o] = random_unit();
                }
                for (size_t i = 0; i < 12; i++)
                    y[i] = 777;
                k->gemv_s8(y + 1, w, scale, with_bias ? bias : NULL, x, n_out, n_in);
                assert_true(y[0] == 777 && y[n_out + 1] == 777);
                for (size_t o = 0; o < n_out; o++) {
                    float s[8] = {0};
                    double near = 0, size = 0;
                    for (size_t i = 0; i < n_in; i++) {
                        s[i % 8] += (float)w[o * n_in + i] * x[i];
                        near += (double)w[o * n_in + i] * x[i];
                        size += fabs((double)w[o * n_in + i] * x[i]);
                    }
                    float sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
                    float expected = with_bias ? scale[o] * sum + bias[o] : scale[o] * sum;
                    if (bits_of(y[o + 1]) != bits_of(expected))
                        fail_msg("n_in %zu: %a, expected %a", n_in, (double)y[o + 1], (double)expected);
                    /* and the order of the sums has not hidden a mistake that both make */
                    assert_true(fabs(y[o + 1] - (scale[o] * near + (with_bias ? bias[o] : 0))) <=
                                1e-5 * (size * fabsf(scale[o]) + 1));
                }
                free(w);
                free(x);
            }
}

/* ---- The choice -------------------------------------------------------------------------------------------------- */

static void the_choice_of_a_table(void **unused)
{
    (void)unused;
    const char *words[] = {"c", "avx2", "avx512", "neon", "nonsense", "", NULL};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        pid_t child = fork(); /* the choice is made once in a process */
        assert_true(child >= 0);
        if (child == 0) {
            if (words[i])
                setenv("IMF_CPU", words[i], 1);
            else
                unsetenv("IMF_CPU");
            const imf_kern *k = imf_kern_get();
            bool whole = k && k->name && k->crc32c && k->f16_to_f32 && k->f32_to_f16 && k->dot_f16 && k->gemv_s8 &&
                         k->scan_bits && k->dot_s8 && k->hadamard && k->sign_flip;
            bool forced = i > 1 || k == imf_kern_ref() || (i == 1 && strcmp(k->name, "avx2") == 0); /* never above */
            _exit(whole && forced && k == imf_kern_get() && k->crc32c(0, "123456789", 9) == 0xE3069283u ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_choice_of_a_table), /* first: nothing has been chosen in this process */
        cmocka_unit_test(crc_known_values),      cmocka_unit_test(crc_equals_its_twin),
        cmocka_unit_test(every_half_is_exact),   cmocka_unit_test(rounding_to_half),
        cmocka_unit_test(products_of_halves),    cmocka_unit_test(products_of_bytes),
    };
    random_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
