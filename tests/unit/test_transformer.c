/*
 * A stack of transformer blocks against loops in double precision: awkward widths, several sequences of different
 * lengths in one call, causal or not, every activation; the norm by itself, with rows that are nearly constant.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/dnn.h"
#include "nn/transformer.h"

enum { MAX_LAYERS = 4, PARTS = 12, MAX_SEQUENCES = 4 };

static uint32_t seed;

/* -1..1, the same in every run */
static float number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (float)(1 << 23) - 1.0f;
}

static float *numbers(size_t n, float scale, float base)
{
    float *p = malloc(n * sizeof *p);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = base + scale * number();
    return p;
}

static double *doubles(size_t n)
{
    double *p = calloc(n, sizeof *p);

    assert_non_null(p);
    return p;
}

/* ---- The definition ---------------------------------------------------------------------------------------------- */

static void norm(const double *x, size_t rows, size_t width, const float *weight, const float *bias, double eps,
                 double *y)
{
    for (size_t r = 0; r < rows; r++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < width; i++)
            mean += x[r * width + i] / (double)width;
        for (size_t i = 0; i < width; i++)
            variance += (x[r * width + i] - mean) * (x[r * width + i] - mean) / (double)width;
        for (size_t i = 0; i < width; i++)
            y[r * width + i] = (x[r * width + i] - mean) / sqrt(variance + eps) * (double)weight[i] + (double)bias[i];
    }
}

static void linear(const double *x, size_t rows, size_t n_in, size_t n_out, const float *weight, const float *bias,
                   double *y)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < n_out; o++) {
            double sum = (double)bias[o];
            for (size_t i = 0; i < n_in; i++)
                sum += x[r * n_in + i] * (double)weight[o * n_in + i];
            y[r * n_out + o] = sum;
        }
}

static void attend(const double *qkv, size_t tokens, const imf_transformer_desc *t, double *out)
{
    size_t d = t->width / t->heads, step = 3 * t->width;
    double *weights = doubles(tokens);

    for (size_t h = 0; h < t->heads; h++)
        for (size_t i = 0; i < tokens; i++) {
            size_t n = t->causal ? i + 1 : tokens;
            double sum = 0;
            for (size_t j = 0; j < n; j++) {
                double dot = 0;
                for (size_t k = h * d; k < (h + 1) * d; k++)
                    dot += qkv[i * step + k] * qkv[j * step + t->width + k];
                sum += weights[j] = exp(dot / sqrt((double)d));
            }
            for (size_t k = h * d; k < (h + 1) * d; k++) {
                out[i * t->width + k] = 0;
                for (size_t j = 0; j < n; j++)
                    out[i * t->width + k] += weights[j] / sum * qkv[j * step + 2 * t->width + k];
            }
        }
    free(weights);
}

static double activate(imf_act act, double x)
{
    return act == IMF_ACT_QUICK_GELU  ? x / (1 + exp(-1.702 * x))
           : act == IMF_ACT_GELU_ERF  ? x / 2 * (1 + erf(x / sqrt(2)))
           : act == IMF_ACT_GELU_TANH ? x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)))
                                      : x;
}

/* One block, on one sequence. p: the parts in the order of imf_block_desc. */
static void run_block(const imf_transformer_desc *t, float *const p[PARTS], double *x, size_t tokens)
{
    size_t w = t->width;
    double *normed = doubles(tokens * w), *qkv = doubles(tokens * 3 * w), *mixed = doubles(tokens * w);
    double *up = doubles(tokens * t->hidden), *sum = doubles(tokens * w);

    norm(x, tokens, w, p[0], p[1], (double)t->eps, normed);
    linear(normed, tokens, w, 3 * w, p[2], p[3], qkv);
    attend(qkv, tokens, t, mixed);
    linear(mixed, tokens, w, w, p[4], p[5], sum);
    for (size_t i = 0; i < tokens * w; i++)
        x[i] += sum[i];
    norm(x, tokens, w, p[6], p[7], (double)t->eps, normed);
    linear(normed, tokens, w, t->hidden, p[8], p[9], up);
    for (size_t i = 0; i < tokens * t->hidden; i++)
        up[i] = activate(t->act, up[i]);
    linear(up, tokens, t->hidden, w, p[10], p[11], sum);
    for (size_t i = 0; i < tokens * w; i++)
        x[i] += sum[i];
    free(normed);
    free(qkv);
    free(mixed);
    free(up);
    free(sum);
}

/* ---- The comparison ---------------------------------------------------------------------------------------------- */

static void count_tap(void *user, size_t block, const char *layer, const float *values, size_t rows, size_t columns)
{
    size_t *calls = user;

    assert_true(rows > 0 && columns > 0 && values != NULL && layer[0] != '\0');
    assert_int_equal(calls[0]++ / 4, block);
}

static void check_stack(const imf_transformer_desc *t, const size_t *lengths, size_t n)
{
    const size_t w = t->width,
                 sizes[PARTS] = {w, w, 3 * w * w, 3 * w, w * w, w, w, w, t->hidden * w, t->hidden, t->hidden * w, w};
    float *parts[MAX_LAYERS][PARTS], *x = NULL, *copy = NULL;
    double *want = NULL, peak = 0;
    imf_transformer *stack = NULL;
    imf_transformer_session *s = NULL;
    imf_err err = {0};
    size_t m = 0, calls = 0, at = 0;

    assert_true(t->layers <= MAX_LAYERS);
    assert_int_equal(imf_transformer_new(&stack, t, &err), IMF_OK);
    for (size_t l = 0; l < t->layers; l++) {
        for (size_t i = 0; i < PARTS; i++) {
            bool is_norm = i == 0 || i == 6, is_matrix = sizes[i] > 3 * w && sizes[i] > t->hidden;
            parts[l][i] = numbers(sizes[i], is_matrix ? 1.7f / sqrtf((float)(i == 10 ? t->hidden : w)) : 0.3f,
                                  is_norm ? 1.0f : 0.0f);
        }
        float **p = parts[l];
        const imf_block_desc block = {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11]};
        assert_int_equal(imf_transformer_add(stack, &block, &err), IMF_OK);
        if (l + 1 == t->layers) /* no more than were told */
            assert_int_equal(imf_transformer_add(stack, &block, &err), IMF_EINTERNAL);
    }
    for (size_t i = 0; i < n; i++)
        m += lengths[i];
    assert_int_equal(imf_transformer_session_new(&s, stack, m, &err), IMF_OK);
    x = numbers(m * w, 2, 0);
    copy = malloc(m * w * sizeof *copy);
    want = doubles(m * w);
    assert_non_null(copy);
    memcpy(copy, x, m * w * sizeof *x);
    for (size_t i = 0; i < m * w; i++)
        want[i] = (double)x[i];
    for (size_t i = 0; i < n; at += lengths[i++])
        for (size_t l = 0; l < t->layers; l++)
            run_block(t, parts[l], want + at * w, lengths[i]);
    if (imf_transformer_run(s, x, lengths, n, count_tap, &calls, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(calls, 4 * t->layers);
    for (size_t i = 0; i < m * w; i++)
        peak = fmax(peak, fabs(want[i]));
    for (size_t i = 0; i < m * w; i++)
        if (!(fabs((double)x[i] - want[i]) <= 1e-5 * peak))
            fail_msg("width %zu, %zu heads, act %d, causal %d: token %zu, element %zu is %.9g, expected %.9g", w,
                     t->heads, (int)t->act, t->causal, i / w, i % w, (double)x[i], want[i]);
    /* the same again, without a tap, over what the first run left in the buffers */
    assert_int_equal(imf_transformer_run(s, copy, lengths, n, NULL, NULL, &err), IMF_OK);
    assert_memory_equal(x, copy, m * w * sizeof *x);
    const size_t too_long[] = {m + 1};
    assert_int_equal(imf_transformer_run(s, copy, too_long, 1, NULL, NULL, &err), IMF_EINTERNAL);
    assert_null(imf_transformer_impl(stack, "no such layer"));
    assert_non_null(imf_transformer_impl(stack, "down"));
    imf_transformer_session_free(&s);
    imf_transformer_free(&stack);
    assert_null(stack);
    for (size_t l = 0; l < t->layers; l++)
        for (size_t i = 0; i < PARTS; i++)
            free(parts[l][i]);
    free(x);
    free(copy);
    free(want);
}

static void test_stacks(void **state)
{
    static const imf_transformer_desc stacks[] = {
        {12, 3, 1, 20, 1e-5f, IMF_ACT_QUICK_GELU, false},   {12, 3, 2, 20, 1e-5f, IMF_ACT_QUICK_GELU, true},
        {64, 1, 3, 256, 1e-5f, IMF_ACT_GELU_ERF, true},     {30, 5, 2, 7, 1e-3f, IMF_ACT_GELU_TANH, false},
        {7, 7, 4, 9, 1e-12f, IMF_ACT_QUICK_GELU, true},     {33, 1, 1, 1, 1e-6f, IMF_ACT_NONE, false},
        {128, 2, 1, 130, 1e-5f, IMF_ACT_QUICK_GELU, false},
    };
    static const size_t lengths[][MAX_SEQUENCES] = {{1}, {5, 1, 9, 2}, {40, 40, 3}, {77, 1}};
    static const size_t counts[] = {1, 4, 3, 2};

    (void)state;
    seed = 1;
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++)
        for (size_t k = 0; k < 4; k++)
            check_stack(&stacks[i], lengths[k], counts[k]);
    const size_t long_one[] = {300};
    check_stack(&stacks[1], long_one, 1);
}

static void test_norm(void **state)
{
    static const size_t widths[] = {1, 2, 7, 8, 9, 64, 127, 768};

    (void)state;
    seed = 2;
    for (size_t k = 0; k < 8 * 4; k++) {
        size_t width = widths[k % 8], rows = 3;
        float base = k / 8 == 1 ? 1000.0f : 0, scale = k / 8 == 2 ? 1e-4f : k / 8 == 3 ? 100.0f : 1;
        float *x = numbers(rows * width, scale, base), *weight = numbers(width, 0.5f, 1), *bias = numbers(width, 1, 0);
        double *exact = doubles(rows * width), *want = doubles(rows * width);
        for (size_t i = 0; i < rows * width; i++)
            exact[i] = (double)x[i];
        norm(exact, rows, width, weight, bias, (double)1e-5f, want);
        imf_layer_norm(x, rows, width, weight, bias, 1e-5f, x); /* in place */
        for (size_t i = 0; i < rows * width; i++)
            if (!(fabs((double)x[i] - want[i]) <= 1e-6 * fmax(1, fabs(want[i]))))
                fail_msg("width %zu, element %zu is %.9g, expected %.9g", width, i, (double)x[i], want[i]);
        free(x);
        free(weight);
        free(bias);
        free(exact);
        free(want);
    }
}

static void test_refused(void **state)
{
    static const imf_transformer_desc wrong[] = {{0, 1, 1, 1, 0, IMF_ACT_NONE, false},
                                                 {4, 0, 1, 1, 0, IMF_ACT_NONE, false},
                                                 {4, 3, 1, 1, 0, IMF_ACT_NONE, false},
                                                 {4, 2, 0, 1, 0, IMF_ACT_NONE, false},
                                                 {4, 2, 1, 0, 0, IMF_ACT_NONE, false}};
    static const imf_transformer_desc right = {4, 2, 1, 3, 0, IMF_ACT_NONE, false};
    imf_transformer *t = NULL;
    imf_transformer_session *s = NULL;
    imf_err err = {0};
    float x[4] = {0};
    const size_t one[] = {1};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(imf_transformer_new(&t, &wrong[i], &err), IMF_EINTERNAL);
        assert_null(t);
    }
    assert_int_equal(imf_transformer_new(&t, &right, &err), IMF_OK);
    assert_int_equal(imf_transformer_session_new(&s, t, SIZE_MAX / 8, &err), IMF_EMEM);
    assert_null(s);
    assert_int_equal(imf_transformer_session_new(&s, t, 1, &err), IMF_OK);
    assert_int_equal(imf_transformer_run(s, x, one, 1, NULL, NULL, &err), IMF_EINTERNAL); /* a block is missing */
    imf_transformer_session_free(&s);
    imf_transformer_session_free(&s);
    imf_transformer_free(&t);
    imf_transformer_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_norm),
        cmocka_unit_test(test_refused),
    };

    imf_dnn_use_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
