/*
 * The seam to oneDNN, layer by layer against loops in double precision: kernels, strides, uneven padding, groups,
 * clipping, residuals, channel counts that do not fill a vector, buffers that are used again. The whole tower is
 * compared with PyTorch in tests/golden/test_starter.c.
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

enum { MAX_STEPS = 16 };

typedef struct reference {
    double *values[MAX_STEPS]; /* each step's output */
    size_t count[MAX_STEPS];
    int n, compared;
} reference;

static uint32_t seed;

/* -1..1, the same in every run */
static float number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (float)(1 << 23) - 1.0f;
}

static float *numbers(size_t n)
{
    float *p = malloc(n * sizeof *p);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = number();
    return p;
}

static int out_extent(int in, int before, int after, const imf_dnn_conv *c)
{
    return (in + before + after - c->kernel) / c->stride + 1;
}

/* The definition of a convolution. */
static void convolve(reference *r, const imf_dnn_conv *c, const double *in)
{
    int oh = out_extent(c->in_h, c->pad_top, c->pad_bottom, c), ow = out_extent(c->in_w, c->pad_left, c->pad_right, c);
    int per_group = c->in_channels / c->groups, out_per_group = c->out_channels / c->groups;
    size_t at = 0;

    r->count[r->n] = (size_t)c->out_channels * (size_t)oh * (size_t)ow;
    r->values[r->n] = calloc(r->count[r->n], sizeof(double));
    assert_non_null(r->values[r->n]);
    for (int o = 0; o < c->out_channels; o++)
        for (int y = 0; y < oh; y++)
            for (int x = 0; x < ow; x++, at++) {
                double sum = (double)c->bias[o];
                for (int i = 0; i < per_group; i++)
                    for (int ky = 0; ky < c->kernel; ky++)
                        for (int kx = 0; kx < c->kernel; kx++) {
                            int iy = y * c->stride + ky - c->pad_top, ix = x * c->stride + kx - c->pad_left;
                            int channel = o / out_per_group * per_group + i;
                            if (iy < 0 || iy >= c->in_h || ix < 0 || ix >= c->in_w)
                                continue;
                            sum += in[((size_t)channel * (size_t)c->in_h + (size_t)iy) * (size_t)c->in_w + (size_t)ix] *
                                   (double)c->weight[((o * per_group + i) * c->kernel + ky) * c->kernel + kx];
                        }
                if (c->residual_of >= 0)
                    sum += r->values[c->residual_of][at];
                r->values[r->n][at] = c->relu6 ? fmin(fmax(sum, 0), 6) : sum;
            }
    r->n++;
}

static void compare(const char *what, const float *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= 5e-4 * fmax(1, fabs(want[i]))))
            fail_msg("%s: element %zu is %g, expected %g", what, i, (double)got[i], want[i]);
}

static void compare_step(void *user, int step, const float *values, const size_t shape[3])
{
    reference *r = user;
    char what[32];

    snprintf(what, sizeof what, "step %d", step);
    assert_int_equal(step, r->compared++);
    assert_int_equal(shape[0] * shape[1] * shape[2], r->count[step]);
    compare(what, values, r->values[step], r->count[step]);
}

/* Builds the net of the given steps with random weights, runs it with and without a tap, and compares every step. */
static void check_net(imf_dnn_conv *steps, int n)
{
    imf_dnn_net *net = NULL;
    imf_err err = {0};
    reference r = {0};
    size_t in_count = (size_t)steps[0].in_channels * (size_t)steps[0].in_h * (size_t)steps[0].in_w;
    float *input = numbers(in_count), *output = NULL;
    double *exact = malloc(in_count * sizeof *exact);

    assert_non_null(exact);
    for (size_t i = 0; i < in_count; i++)
        exact[i] = (double)input[i];
    assert_int_equal(imf_dnn_net_new(&net, &err), IMF_OK);
    for (int i = 0; i < n; i++) {
        imf_dnn_conv *c = &steps[i];
        float *weight = numbers((size_t)(c->out_channels * (c->in_channels / c->groups) * c->kernel * c->kernel));
        float *bias = numbers((size_t)c->out_channels);
        c->name = "layer";
        c->weight = weight;
        c->bias = bias;
        convolve(&r, c, i == 0 ? exact : r.values[i - 1]);
        if (imf_dnn_add_conv(net, c, &err) != i)
            fail_msg("step %d: %s", i, err.msg);
        free(weight); /* they were copied */
        free(bias);
    }
    assert_int_equal(imf_dnn_net_build(net, &err), IMF_OK);
    assert_int_equal(imf_dnn_step_count(net), n);
    output = malloc(r.count[n - 1] * sizeof *output);
    assert_non_null(output);
    for (int round = 0; round < 3; round++) {
        memset(output, 0xff, r.count[n - 1] * sizeof *output); /* not a number */
        r.compared = 0;
        if (imf_dnn_run(net, input, output, round == 1 ? compare_step : NULL, &r, &err) != IMF_OK)
            fail_msg("%s", err.msg);
        assert_int_equal(r.compared, round == 1 ? n : 0);
        compare("output", output, r.values[n - 1], r.count[n - 1]);
    }
    for (int i = 0; i < n; i++)
        free(r.values[i]);
    free(output);
    free(exact);
    free(input);
    imf_dnn_net_free(&net);
    assert_null(net);
}

/* TensorFlow's: uneven for an even side at stride 2. */
static void same_padding(int size, const imf_dnn_conv *c, int *before, int *after)
{
    int total = ((size + c->stride - 1) / c->stride - 1) * c->stride + c->kernel - size;

    *before = total > 0 ? total / 2 : 0;
    *after = total > 0 ? total - total / 2 : 0;
}

static void test_one_convolution(void **state)
{
    static const int channels[][2] = {{1, 1}, {3, 32}, {16, 16}, {24, 40}, {17, 5}, {64, 33}};
    static const int kernels[] = {1, 3, 5, 7}, sides[][2] = {{1, 1}, {7, 7}, {14, 9}};

    (void)state;
    for (size_t c = 0; c < 6; c++)
        for (size_t k = 0; k < 4; k++)
            for (size_t s = 0; s < 3; s++)
                for (int stride = 1; stride <= 2; stride++) {
                    /* one less at the top and left when the stride is 2: SAME of an even side */
                    imf_dnn_conv conv = {.in_channels = channels[c][0], .out_channels = channels[c][1],
                                         .in_h = sides[s][0], .in_w = sides[s][1], .kernel = kernels[k],
                                         .stride = stride, .groups = 1, .relu6 = (c + k + s) % 2 == 0,
                                         .residual_of = -1};
                    same_padding(conv.in_h, &conv, &conv.pad_top, &conv.pad_bottom);
                    same_padding(conv.in_w, &conv, &conv.pad_left, &conv.pad_right);
                    seed = (uint32_t)(c * 100 + k * 10 + s);
                    check_net(&conv, 1);
                }
}

static void test_depthwise(void **state)
{
    static const int channels[] = {1, 8, 16, 24, 96, 144};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        for (int kernel = 3; kernel <= 5; kernel += 2)
            for (int stride = 1; stride <= 2; stride++) {
                imf_dnn_conv conv = {.in_channels = channels[i], .out_channels = channels[i], .in_h = 12, .in_w = 10,
                                     .kernel = kernel, .stride = stride, .groups = channels[i], .relu6 = true,
                                     .residual_of = -1};
                same_padding(conv.in_h, &conv, &conv.pad_top, &conv.pad_bottom);
                same_padding(conv.in_w, &conv, &conv.pad_left, &conv.pad_right);
                seed = (uint32_t)i;
                check_net(&conv, 1);
            }
}

/* Two inverted blocks with a residual each, and steps after them that want the freed buffers. */
static void test_residuals_and_buffers(void **state)
{
    imf_dnn_conv c[10] = {0};
    static const int out[10] = {24, 144, 144, 24, 144, 144, 24, 72, 40, 40};

    (void)state;
    for (int i = 0; i < 10; i++) {
        bool depthwise = i == 2 || i == 5 || i == 9;
        c[i] = (imf_dnn_conv){.in_channels = i == 0 ? 3 : out[i - 1], .out_channels = out[i], .in_h = 9, .in_w = 11,
                              .kernel = depthwise || i == 0 ? 3 : 1, .stride = 1, .groups = depthwise ? out[i] : 1,
                              .relu6 = i != 3 && i != 6, .residual_of = i == 3 ? 0 : i == 6 ? 3 : -1};
        c[i].pad_top = c[i].pad_left = c[i].pad_bottom = c[i].pad_right = c[i].kernel / 2;
    }
    seed = 7;
    check_net(c, 10);
    c[3].relu6 = true; /* clipped after the addition */
    seed = 8;
    check_net(c, 10);
}

/* ---- Bytes ------------------------------------------------------------------------------------ */

#define RELU6_UNIT (6 / 255.0)

typedef struct kept {
    float *values[MAX_STEPS];
} kept;

static void keep_step(void *user, int step, const float *values, const size_t shape[3])
{
    kept *k = user;
    size_t bytes = shape[0] * shape[1] * shape[2] * sizeof *values;

    k->values[step] = malloc(bytes);
    assert_non_null(k->values[step]);
    memcpy(k->values[step], values, bytes);
}

/* What a step on bytes reads where x was computed. */
static double rounded(double x, const imf_dnn_conv *c)
{
    double unit = c->in_range > 0 ? (double)c->in_range / 127 : RELU6_UNIT;

    if (c->weight_s8 == NULL)
        return x;
    return unit * fmin(fmax(rint(x / unit), c->in_range > 0 ? -128 : 0), c->in_range > 0 ? 127 : 255);
}

/* Random weights of one byte with a scale for each channel, as bytes and as the floats that they mean. */
static void random_bytes(imf_dnn_conv *c, int8_t *q, float *scale, float *weight, size_t per_channel)
{
    for (int o = 0; o < c->out_channels; o++) {
        scale[o] = (1.5f + number()) / (float)(127 * per_channel);
        for (size_t i = 0; i < per_channel; i++) {
            size_t at = (size_t)o * per_channel + i;
            q[at] = (int8_t)rintf(127 * number());
            weight[at] = (float)q[at] * scale[o];
        }
    }
}

/* Each step against its definition over what the net itself computed before: a number that falls between two steps of
 * rounding may fall to either side, and must not spoil the steps behind it. One such number in the sum of an element is
 * allowed for where computed floats are rounded. */
static void compare_bytes(const imf_dnn_conv *steps, int n, const float *input, reference *r, const kept *k,
                          float *const *weights, float *const *biases)
{
    size_t in_count = (size_t)steps[0].in_channels * (size_t)steps[0].in_h * (size_t)steps[0].in_w;

    for (int i = 0; i < n; i++) {
        imf_dnn_conv c = steps[i];
        double *in = malloc(in_count * sizeof *in);
        assert_non_null(in);
        for (size_t j = 0; j < in_count; j++)
            in[j] = rounded(i == 0 ? (double)input[j] : r->values[i - 1][j], &c);
        c.weight = weights[i];
        c.bias = biases[i];
        convolve(r, &c, in);
        in_count = r->count[i];
        double near = c.bytes_out ? 0.501 * RELU6_UNIT : 1e-4;
        if (i > 0 && c.in_range > 0)
            near += (double)c.in_range / 127 * 2.5 / (c.in_channels / c.groups * c.kernel * c.kernel);
        for (size_t j = 0; j < in_count; j++) {
            double got = (double)k->values[i][j];
            if (!(fabs(got - r->values[i][j]) <= near))
                fail_msg("step %d: element %zu is %g, expected %g", i, j, got, r->values[i][j]);
            r->values[i][j] = got;
        }
        free(in);
    }
}

static void check_bytes(imf_dnn_conv *steps, int n, float reach)
{
    imf_dnn_net *net = NULL;
    imf_err err = {0};
    reference r = {0};
    kept k = {0};
    float *weights[MAX_STEPS], *biases[MAX_STEPS], *output = NULL;
    size_t in_count = (size_t)steps[0].in_channels * (size_t)steps[0].in_h * (size_t)steps[0].in_w;
    float *input = numbers(in_count);

    for (size_t i = 0; i < in_count; i++)
        input[i] *= reach;
    assert_int_equal(imf_dnn_net_new(&net, &err), IMF_OK);
    for (int i = 0; i < n; i++) {
        imf_dnn_conv *c = &steps[i];
        size_t per_channel = (size_t)(c->in_channels / c->groups * c->kernel * c->kernel);
        size_t count = (size_t)c->out_channels * per_channel;
        int8_t *q = malloc(count);
        float *scale = malloc((size_t)c->out_channels * sizeof *scale);
        assert_true(q && scale);
        weights[i] = numbers(count);
        biases[i] = numbers((size_t)c->out_channels);
        random_bytes(c, q, scale, weights[i], per_channel);
        c->name = "layer";
        c->weight = c->weight_s8 != NULL ? NULL : weights[i];
        c->bias = biases[i];
        c->weight_s8 = c->weight_s8 != NULL ? q : NULL;
        c->weight_scale = scale;
        if (imf_dnn_add_conv(net, c, &err) != i)
            fail_msg("step %d: %s", i, err.msg);
        free(scale);
        if (c->weight_s8 == NULL)
            free(q);
        else
            memset(q, 0, count); /* copied; the pointer still says that these are bytes */
    }
    assert_int_equal(imf_dnn_net_build(net, &err), IMF_OK);
    for (int i = 0; i < n; i++)
        assert_null(strstr(imf_dnn_step_impl(net, i), "ref"));
    output = numbers((size_t)steps[n - 1].out_channels * (size_t)steps[0].in_h * (size_t)steps[0].in_w);
    assert_int_equal(imf_dnn_run(net, input, output, keep_step, &k, &err), IMF_OK);
    compare_bytes(steps, n, input, &r, &k, weights, biases);
    memset(output, 0xff, r.count[n - 1] * sizeof *output);
    assert_int_equal(imf_dnn_run(net, input, output, NULL, NULL, &err), IMF_OK);
    assert_memory_equal(output, k.values[n - 1], r.count[n - 1] * sizeof *output);
    for (int i = 0; i < n; i++) {
        free(weights[i]);
        free(biases[i]);
        free(r.values[i]);
        free(k.values[i]);
        free((void *)(uintptr_t)steps[i].weight_s8);
    }
    free(input);
    free(output);
    imf_dnn_net_free(&net);
}

static void test_bytes(void **state)
{
    static const int8_t yes = 0;
    static const int channels[][2] = {{16, 96}, {24, 144}, {40, 17}, {96, 24}, {320, 64}};

    (void)state;
    if (!imf_dnn_has_int8())
        skip();
    for (size_t i = 0; i < 5; i++)
        for (int is_signed = 0; is_signed < 2; is_signed++)
            for (int bytes_out = 0; bytes_out < 2; bytes_out++) {
                imf_dnn_conv c = {.in_channels = channels[i][0], .out_channels = channels[i][1], .in_h = 7, .in_w = 9,
                                  .kernel = 1, .stride = 1, .groups = 1, .relu6 = bytes_out, .residual_of = -1,
                                  .weight_s8 = &yes, .in_range = is_signed ? 40 : 0, .bytes_out = bytes_out};
                seed = (uint32_t)(i * 4 + (size_t)is_signed * 2 + (size_t)bytes_out);
                check_bytes(&c, 1, is_signed ? 50 : 7); /* beyond the range too */
            }
}

/* Floats, then bytes: expansion, depthwise convolution with uneven padding, projection with its residual, twice. */
static void test_bytes_in_a_net(void **state)
{
    static const int8_t yes = 0;
    static const int out[8] = {24, 144, 144, 24, 144, 144, 24, 80};
    imf_dnn_conv c[8] = {0};

    (void)state;
    if (!imf_dnn_has_int8())
        skip();
    for (int stride = 1; stride <= 2; stride++) {
        int h = 10, w = 12;
        for (int i = 0; i < 8; i++) {
            bool depthwise = i == 2 || i == 5;
            c[i] = (imf_dnn_conv){.in_channels = i == 0 ? 3 : out[i - 1], .out_channels = out[i], .in_h = h, .in_w = w,
                                  .kernel = depthwise ? 5 : i == 0 ? 3 : 1, .stride = i == 5 ? stride : 1,
                                  .groups = depthwise ? out[i] : 1, .relu6 = i % 3 != 0 || i == 0,
                                  .residual_of = i == 3 ? 0 : i == 6 && stride == 1 ? 3 : -1,
                                  .weight_s8 = i > 0 ? &yes : NULL, .in_range = i % 3 == 1 ? 3 : 0,
                                  .bytes_out = i == 1 || i == 2 || i == 4 || i == 5};
            c[i].relu6 = c[i].bytes_out || i == 7;
            same_padding(h, &c[i], &c[i].pad_top, &c[i].pad_bottom);
            same_padding(w, &c[i], &c[i].pad_left, &c[i].pad_right);
            h = (h + c[i].stride - 1) / c[i].stride;
            w = (w + c[i].stride - 1) / c[i].stride;
        }
        seed = (uint32_t)stride;
        check_bytes(c, 8, 1);
    }
}

static void test_faults_of_the_caller(void **state)
{
    static const float weight[64] = {0}, bias[8] = {0};
    const imf_dnn_conv good = {.name = "one", .in_channels = 4, .out_channels = 4, .in_h = 5, .in_w = 5, .kernel = 1,
                               .stride = 1, .groups = 1, .residual_of = -1, .weight = weight, .bias = bias};
    imf_dnn_conv bad[15];
    imf_dnn_net *net = NULL;
    imf_err err = {0};
    float values[100] = {0};

    (void)state;
    assert_int_equal(imf_dnn_net_new(&net, &err), IMF_OK);
    assert_int_equal(imf_dnn_net_build(net, &err), IMF_EINTERNAL); /* no step */
    assert_int_equal(imf_dnn_run(net, values, values, NULL, NULL, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_dnn_add_conv(net, &good, NULL), 0);
    for (size_t i = 0; i < 15; i++)
        bad[i] = good;
    bad[0].in_channels = 5;
    bad[1].in_h = 6;
    bad[2].in_w = 4;
    bad[3].kernel = 6;
    bad[4].kernel = 0;
    bad[5].stride = 0;
    bad[6].groups = 3;
    bad[7].out_channels = 0;
    bad[8].pad_left = -1;
    bad[9].residual_of = 0; /* the step that it reads */
    bad[10].residual_of = 1;
    bad[11].residual_of = -2;
    bad[12].bytes_out = bad[12].relu6 = true; /* of floats */
    bad[13].weight_s8 = (const int8_t *)"";
    bad[13].bytes_out = true; /* not clipped to 0..6 */
    bad[14].weight_s8 = (const int8_t *)"";
    bad[14].in_range = -1;
    for (size_t i = 0; i < 15; i++) {
        err = (imf_err){0};
        if (imf_dnn_add_conv(net, &bad[i], &err) != IMF_EINTERNAL)
            fail_msg("bad step %zu was taken", i);
        assert_non_null(strstr(err.msg, "one"));
        assert_int_equal(imf_dnn_step_count(net), 1);
    }
    assert_int_equal(imf_dnn_add_conv(net, &good, NULL), 1);
    bad[0] = good;
    bad[0].residual_of = 0;
    assert_int_equal(imf_dnn_add_conv(net, &bad[0], NULL), 2);
    assert_int_equal(imf_dnn_add_conv(net, &bad[0], NULL), IMF_EINTERNAL); /* a second time */
    bad[1] = good;
    bad[1].out_channels = 8;
    bad[1].residual_of = 1; /* of another shape */
    assert_int_equal(imf_dnn_add_conv(net, &bad[1], NULL), IMF_EINTERNAL);
    assert_int_equal(imf_dnn_net_build(net, NULL), IMF_OK);
    assert_int_equal(imf_dnn_net_build(net, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_dnn_add_conv(net, &good, NULL), IMF_EINTERNAL);
    assert_string_equal(imf_dnn_step_name(net, 0), "one");
    assert_null(imf_dnn_step_name(net, 3));
    assert_null(imf_dnn_step_impl(net, -1));
    imf_dnn_net_free(&net);
    imf_dnn_net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_convolution),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_residuals_and_buffers),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bytes_in_a_net),
        cmocka_unit_test(test_faults_of_the_caller),
    };

    imf_dnn_use_threads(1); /* a team of threads spins, and the tests share their processors */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
