/*
 * Matrix products and attention against loops in double precision: odd shapes, every activation, with and without a
 * bias, added to what is there, 1 to 200 rows, 1 to 300 tokens, causal or not. No shape may get a slow implementation.
 */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/dnn.h"
#include "nn/matmul.h"

static uint32_t seed;

/* -1..1, the same in every run */
static float number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (float)(1 << 23) - 1.0f;
}

static size_t pick(size_t from, size_t to)
{
    (void)number();
    return from + (size_t)(seed >> 8) % (to - from + 1);
}

static float *numbers(size_t n)
{
    float *p = malloc(n * sizeof *p);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = number();
    return p;
}

static imf_matmul_work *new_work(void)
{
    imf_matmul_work *w = NULL;
    imf_err err = {0};

    if (imf_matmul_work_new(&w, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return w;
}

static void compare(const char *what, const float *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= 2e-5 * fmax(1, fabs(want[i]))))
            fail_msg("%s: element %zu is %.9g, expected %.9g", what, i, (double)got[i], want[i]);
}

static void expect_fast(const char *what, const char *impl)
{
    if (impl == NULL || impl[0] == '\0' || strstr(impl, "ref") != NULL)
        fail_msg("%s is computed by %s", what, impl != NULL ? impl : "NULL");
}

/* ---- Linear layers ----------------------------------------------------------------------------------------------- */

static double activate(imf_act act, double x)
{
    switch (act) {
    case IMF_ACT_QUICK_GELU:
        return x / (1 + exp(-1.702 * x));
    case IMF_ACT_GELU_ERF:
        return x / 2 * (1 + erf(x / sqrt(2)));
    case IMF_ACT_GELU_TANH:
        return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    default:
        return x;
    }
}

static void check_linear(size_t n_in, size_t n_out, imf_act act, bool add, bool with_bias, const size_t *rows, size_t n)
{
    imf_linear *l = NULL;
    imf_matmul_work *w = new_work();
    imf_err err = {0};
    float *weight = numbers(n_in * n_out), *bias = numbers(n_out);
    char what[160];

    const imf_linear_desc desc = {"layer", n_in, n_out, weight, with_bias ? bias : NULL, act, add};
    if (imf_linear_new(&l, &desc, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    for (size_t k = 0; k < n; k++) {
        size_t m = rows[k];
        float *x = numbers(m * n_in), *y = numbers(m * n_out);
        double *want = malloc(m * n_out * sizeof *want);
        assert_non_null(want);
        for (size_t i = 0; i < m; i++)
            for (size_t o = 0; o < n_out; o++) {
                double sum = with_bias ? (double)bias[o] : 0;
                for (size_t j = 0; j < n_in; j++)
                    sum += (double)x[i * n_in + j] * (double)weight[o * n_in + j];
                want[i * n_out + o] = add ? (double)y[i * n_out + o] + sum : activate(act, sum);
            }
        snprintf(what, sizeof what, "%zu -> %zu, %zu rows, act %d%s%s", n_in, n_out, m, (int)act, add ? ", add" : "",
                 with_bias ? ", bias" : "");
        if (imf_linear_run(l, w, x, m, y, &err) != IMF_OK)
            fail_msg("%s: %s", what, err.msg);
        compare(what, y, want, m * n_out);
        expect_fast(what, imf_linear_impl(l));
        free(x);
        free(y);
        free(want);
    }
    imf_linear_free(&l);
    assert_null(l);
    imf_matmul_work_free(&w);
    free(weight);
    free(bias);
}

static void test_linear(void **state)
{
    static const imf_act acts[] = {IMF_ACT_NONE, IMF_ACT_QUICK_GELU, IMF_ACT_GELU_ERF, IMF_ACT_GELU_TANH};
    const size_t fixed[] = {1, 2, 7, 64, 200};

    (void)state;
    seed = 1;
    for (size_t a = 0; a < 4; a++)
        check_linear(48, 96, acts[a], false, true, fixed, 5);
    check_linear(48, 96, IMF_ACT_NONE, true, true, fixed, 5);
    check_linear(1, 1, IMF_ACT_NONE, false, false, fixed, 5);
    check_linear(1, 33, IMF_ACT_QUICK_GELU, false, true, fixed, 5);
    check_linear(147, 1, IMF_ACT_NONE, true, false, fixed, 5);
    for (int i = 0; i < 40; i++) {
        size_t rows[3] = {pick(1, 200), pick(1, 20), pick(1, 200)};
        bool add = pick(0, 2) == 0;
        check_linear(pick(1, 130), pick(1, 130), add ? IMF_ACT_NONE : acts[pick(0, 3)], add, pick(0, 3) != 0, rows, 3);
    }
}

/* More numbers of rows than kernels are kept. */
static void test_many_shapes(void **state)
{
    size_t rows[300];

    (void)state;
    seed = 2;
    for (size_t i = 0; i < 300; i++)
        rows[i] = i + 1;
    check_linear(5, 3, IMF_ACT_NONE, true, true, rows, 300);
    check_linear(5, 3, IMF_ACT_QUICK_GELU, false, true, rows, 300);
}

static void test_refused(void **state)
{
    imf_linear *l = NULL;
    imf_matmul_work *w = new_work();
    imf_err err = {0};
    float values[16] = {0};

    (void)state;
    const imf_linear_desc wrong[] = {{"layer", 0, 1, values, NULL, IMF_ACT_NONE, false},
                                     {"layer", 1, 0, values, NULL, IMF_ACT_NONE, false},
                                     {"layer", (size_t)1 << 40, 1, values, NULL, IMF_ACT_NONE, false},
                                     {"layer", 1, 1, values, NULL, IMF_ACT_GELU_ERF, true}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(imf_linear_new(&l, &wrong[i], &err), IMF_EINTERNAL);
        assert_null(l);
    }
    const imf_linear_desc right = {"layer", 2, 2, values, NULL, IMF_ACT_NONE, false};
    assert_int_equal(imf_linear_new(&l, &right, &err), IMF_OK);
    assert_int_equal(imf_linear_run(l, w, values, 0, values + 8, &err), IMF_EINTERNAL);
    imf_linear_free(&l);
    imf_linear_free(&l);
    assert_int_equal(imf_attention_run(w, values, 0, 4, 2, false, values, &err), IMF_EINTERNAL);
    assert_int_equal(imf_attention_run(w, values, 1, 4, 3, false, values, &err), IMF_EINTERNAL);
    assert_int_equal(imf_attention_run(w, values, 1, 4, 0, false, values, &err), IMF_EINTERNAL);
    assert_int_equal(imf_attention_run(w, values, (size_t)1 << 40, 4, 2, false, values, &err), IMF_EINTERNAL);
    imf_matmul_work_free(&w);
    imf_matmul_work_free(&w);
}

/* ---- Attention --------------------------------------------------------------------------------------------------- */

static void attend(const float *qkv, size_t tokens, size_t width, size_t heads, bool causal, double *out)
{
    size_t d = width / heads, step = 3 * width;
    double *weights = malloc(tokens * sizeof *weights);

    assert_non_null(weights);
    for (size_t h = 0; h < heads; h++)
        for (size_t i = 0; i < tokens; i++) {
            size_t n = causal ? i + 1 : tokens;
            double sum = 0, largest = -INFINITY;
            for (size_t j = 0; j < n; j++) {
                weights[j] = 0;
                for (size_t k = 0; k < d; k++)
                    weights[j] += (double)qkv[i * step + h * d + k] * (double)qkv[j * step + width + h * d + k];
                weights[j] /= sqrt((double)d);
                largest = fmax(largest, weights[j]);
            }
            for (size_t j = 0; j < n; j++)
                sum += weights[j] = exp(weights[j] - largest);
            for (size_t k = 0; k < d; k++) {
                double value = 0;
                for (size_t j = 0; j < n; j++)
                    value += weights[j] / sum * (double)qkv[j * step + 2 * width + h * d + k];
                out[i * width + h * d + k] = value;
            }
        }
    free(weights);
}

static void check_attention(imf_matmul_work *w, size_t tokens, size_t heads, size_t d, bool causal, float size)
{
    size_t width = heads * d;
    float *qkv = numbers(tokens * 3 * width), *out = numbers(tokens * width);
    double *want = malloc(tokens * width * sizeof *want);
    const char *impl[3] = {NULL};
    imf_err err = {0};
    char what[120];

    assert_non_null(want);
    for (size_t i = 0; i < tokens * 3 * width; i++)
        qkv[i] *= size;
    attend(qkv, tokens, width, heads, causal, want);
    snprintf(what, sizeof what, "%zu tokens, %zu heads of %zu%s", tokens, heads, d, causal ? ", causal" : "");
    if (imf_attention_run(w, qkv, tokens, width, heads, causal, out, &err) != IMF_OK)
        fail_msg("%s: %s", what, err.msg);
    compare(what, out, want, tokens * width);
    imf_attention_impl(w, impl);
    expect_fast(what, impl[0]);
    expect_fast(what, impl[2]);
    if (causal)
        assert_null(impl[1]);
    else
        expect_fast(what, impl[1]);
    free(qkv);
    free(out);
    free(want);
}

static void test_attention(void **state)
{
    imf_matmul_work *w = new_work();
    const char *impl[3] = {"", "", ""};

    (void)state;
    seed = 3;
    imf_attention_impl(w, impl);
    assert_null(impl[0]);
    for (int causal = 0; causal < 2; causal++) {
        check_attention(w, 1, 1, 1, causal, 1);
        check_attention(w, 1, 3, 8, causal, 1);
        check_attention(w, 2, 2, 64, causal, 1);
        check_attention(w, 300, 2, 16, causal, 2);
        check_attention(w, 257, 3, 7, causal, 4);
        check_attention(w, 50, 2, 64, causal, 4); /* one key takes nearly all */
    }
    for (int i = 0; i < 40; i++)
        check_attention(w, pick(1, 120), pick(1, 9), pick(1, 40), pick(0, 1), 2);
    imf_matmul_work_free(&w);
}

/* More lengths than kernels are kept, forth and back. */
static void test_many_lengths(void **state)
{
    imf_matmul_work *w = new_work();

    (void)state;
    seed = 4;
    for (size_t n = 1; n <= 120; n++)
        check_attention(w, n, 2, 5, true, 1);
    for (size_t n = 120; n > 7; n -= 7)
        check_attention(w, n, 2, 5, true, 1);
    imf_matmul_work_free(&w);
}

/* What a padded key holds is never looked at: also not a number. */
static void test_causal_ignores_what_follows(void **state)
{
    imf_matmul_work *w = new_work();
    imf_err err = {0};
    float qkv[2 * 3 * 4], first[2 * 4], again[2 * 4];

    (void)state;
    seed = 5;
    for (size_t i = 0; i < 24; i++)
        qkv[i] = number();
    assert_int_equal(imf_attention_run(w, qkv, 2, 4, 2, true, first, &err), IMF_OK);
    for (size_t i = 12; i < 24; i++)
        qkv[i] *= 1e6f;
    assert_int_equal(imf_attention_run(w, qkv, 2, 4, 2, true, again, &err), IMF_OK);
    assert_memory_equal(first, again, 4 * sizeof(float));
    assert_memory_not_equal(first + 4, again + 4, 4 * sizeof(float));
    imf_matmul_work_free(&w);
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

typedef struct worker {
    imf_linear *l;
    const float *x;
    float y[40 * 9];
    int rc;
} worker;

static void *run_linear(void *user)
{
    worker *w = user;
    imf_matmul_work *work = NULL;
    imf_err err = {0};

    imf_dnn_use_threads(1);
    w->rc = imf_matmul_work_new(&work, &err);
    for (size_t m = 1; m <= 40 && w->rc == IMF_OK; m++)
        w->rc = imf_linear_run(w->l, work, w->x, m, w->y, &err);
    imf_matmul_work_free(&work);
    return NULL;
}

/* One layer, several threads: each makes kernels, all use them. */
static void test_shared_layer(void **state)
{
    float *weight = NULL, *x = NULL;
    imf_linear *l = NULL;
    imf_err err = {0};
    worker w[3];
    pthread_t threads[3];

    (void)state;
    seed = 6;
    weight = numbers(9 * 11);
    x = numbers(40 * 11);
    const imf_linear_desc desc = {"layer", 11, 9, weight, NULL, IMF_ACT_QUICK_GELU, false};
    assert_int_equal(imf_linear_new(&l, &desc, &err), IMF_OK);
    for (int i = 0; i < 3; i++) {
        w[i] = (worker){.l = l, .x = x, .rc = -1};
        assert_int_equal(pthread_create(&threads[i], NULL, run_linear, &w[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(w[i].rc, IMF_OK);
        assert_memory_equal(w[i].y, w[0].y, sizeof w[0].y);
    }
    imf_linear_free(&l);
    free(weight);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),       cmocka_unit_test(test_many_shapes),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_attention),
        cmocka_unit_test(test_many_lengths), cmocka_unit_test(test_causal_ignores_what_follows),
        cmocka_unit_test(test_shared_layer),
    };

    imf_dnn_use_threads(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
