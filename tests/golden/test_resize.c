/* imf_resize_u8 against Pillow, to the last bit: tests/golden/resize/resize.txt, made by tools/golden/resize.py. The
 * lines of a case are made again from our own result and compared as text, so that every byte of the golden counts. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden_line.h"

#include "base/mem.h"
#include "media/resize.h"

enum { CASES = 58, SMALL = 2048 };

/* The picture of the Python script. */
static uint8_t sample(uint64_t x, uint64_t y, uint64_t c)
{
    uint64_t t = (x * 2654435761U + y * 2246822519U + c * 3266489917U + 374761393U) & 0xffffffffU;
    t = ((t ^ (t >> 15)) * 668265263U) & 0xffffffffU;
    return (uint8_t)(((x / 8 + y / 8) & 1) == 0 ? t >> 24 : x * 5 + y * 3 + c * 40);
}

static uint8_t *picture(size_t w, size_t h, size_t channels, size_t stride)
{
    uint8_t *p = imf_alloc(stride * h);
    assert_non_null(p);
    memset(p, 0xa5, stride * h);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            for (size_t c = 0; c < channels; c++)
                p[y * stride + x * channels + c] = sample(x, y, c);
    return p;
}

static void expect_line(FILE *f, const char *name, const char *ours)
{
    char line[8192];
    if (!golden_line(f, line, sizeof line))
        fail_msg("%s: the golden ends early", name);
    if (strcmp(line, ours) != 0)
        fail_msg("%s\n  golden: %.200s\n  ours:   %.200s", name, line, ours);
}

static void check_case(FILE *f, const char *name, size_t w, size_t h, size_t w2, size_t h2, size_t channels,
                       enum imf_view_filter filter)
{
    char ours[8192];
    size_t stride = w * channels + 5, row_bytes = w2 * channels, size = row_bytes * h2;
    uint8_t *in = picture(w, h, channels, stride), *out = imf_alloc(size + 16);
    uint64_t sums[4] = {0};
    uint32_t hash = 2166136261U;
    imf_err err = {0};
    assert_non_null(out);
    memset(out + size, 0x5a, 16);
    int rc = imf_resize_u8(in, w, h, stride, out, w2, h2, channels, filter, &err);
    if (rc != IMF_OK)
        fail_msg("%s: %s", name, err.msg);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(out[size + i], 0x5a);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ out[i]) * 16777619U;
        sums[i % channels] += out[i];
    }
    snprintf(ours, sizeof ours, "hash %08" PRIx32, hash);
    expect_line(f, name, ours);
    size_t at = (size_t)snprintf(ours, sizeof ours, "sums");
    for (size_t c = 0; c < channels; c++)
        at += (size_t)snprintf(ours + at, sizeof ours - at, " %" PRIu64, sums[c]);
    expect_line(f, name, ours);
    for (size_t y = 0; y < h2; y += size <= SMALL ? 1 : 32) {
        at = (size_t)snprintf(ours, sizeof ours, "row %zu ", y);
        for (size_t i = 0; i < row_bytes; i++)
            at += (size_t)snprintf(ours + at, sizeof ours - at, "%02x", out[y * row_bytes + i]);
        expect_line(f, name, ours);
    }
    imf_free(in);
    imf_free(out);
}

static void equals_pillow(void **state)
{
    (void)state;
    char path[4096], line[8192];
    const char *root = getenv("IMF_SOURCE_ROOT");
    size_t cases = 0;
    assert_non_null(root);
    snprintf(path, sizeof path, "%s/tests/golden/resize/resize.txt", root);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(golden_line(f, line, sizeof line));
    assert_int_equal(strncmp(line, "# Pillow ", 9), 0);
    for (; golden_line(f, line, sizeof line); cases++) {
        char filter[10], again[200];
        size_t w, h, w2, h2, channels;
        if (sscanf(line, "case %zu %zu -> %zu %zu %zu %9s", &w, &h, &w2, &h2, &channels, filter) != 6)
            fail_msg("not a case: %.200s", line);
        snprintf(again, sizeof again, "case %zu %zu -> %zu %zu %zu %s", w, h, w2, h2, channels, filter);
        assert_string_equal(line, again);
        assert_true(w >= 1 && w <= 65535 && h >= 1 && h <= 65535 && w2 >= 1 && w2 <= 1024 && h2 >= 1 && h2 <= 1024 &&
                    channels >= 1 && channels <= 4);
        assert_true(strcmp(filter, "bicubic") == 0 || strcmp(filter, "bilinear") == 0);
        check_case(f, again, w, h, w2, h2, channels,
                   strcmp(filter, "bicubic") == 0 ? IMF_FILTER_BICUBIC : IMF_FILTER_BILINEAR);
    }
    assert_int_equal(cases, CASES);
    fclose(f);
}

static void row_gives(const uint8_t *in, size_t w, size_t w2, enum imf_view_filter filter, const uint8_t *expected)
{
    uint8_t out[16], column[16];
    imf_err err = {0};
    assert_int_equal(imf_resize_u8(in, w, 1, w, out, w2, 1, 1, filter, &err), IMF_OK);
    assert_memory_equal(out, expected, w2);
    assert_int_equal(imf_resize_u8(in, 1, w, 1, column, 1, w2, 1, filter, &err), IMF_OK);
    assert_memory_equal(column, expected, w2);
}

/* Numbers that others have published of Pillow, row-wise and column-wise. */
static void published_vectors(void **state)
{
    (void)state;
    uint8_t ramp[16];
    const uint8_t comb[4] = {0, 255, 0, 255};
    for (size_t i = 0; i < 16; i++)
        ramp[i] = (uint8_t)(17 * i);
    row_gives(ramp, 16, 5, IMF_FILTER_BICUBIC, (const uint8_t[]){20, 72, 127, 183, 235});
    row_gives(ramp, 16, 5, IMF_FILTER_BILINEAR, (const uint8_t[]){24, 73, 128, 182, 231});
    row_gives(comb, 4, 7, IMF_FILTER_BICUBIC, (const uint8_t[]){0, 87, 251, 128, 4, 168, 255});
    row_gives(comb, 4, 7, IMF_FILTER_BILINEAR, (const uint8_t[]){0, 91, 237, 128, 18, 164, 255});
}

static void refuses_wrong_calls(void **state)
{
    (void)state;
    uint8_t in[16] = {0}, out[16];
    imf_err err = {0};
    assert_int_equal(imf_resize_u8(in, 0, 1, 1, out, 1, 1, 1, IMF_FILTER_BICUBIC, &err), IMF_EUSAGE);
    assert_int_equal(imf_resize_u8(in, 1, 1, 1, out, 1, 0, 1, IMF_FILTER_BICUBIC, NULL), IMF_EUSAGE);
    assert_int_equal(imf_resize_u8(in, 1, 1, 1, out, 1, 1, 5, IMF_FILTER_BICUBIC, NULL), IMF_EUSAGE);
    assert_int_equal(imf_resize_u8(in, 1, 1, 1, out, 1, 1, 1, (enum imf_view_filter)1, NULL), IMF_EUSAGE);
    assert_int_equal(imf_resize_u8(in, (size_t)IMF_RESIZE_MAX_SIDE + 1, 1, 1, out, 1, 1, 1, IMF_FILTER_BICUBIC, NULL),
                     IMF_EUSAGE);
}

/* A part of the resized picture is that part of the whole. */
static void window_is_a_crop(void **state)
{
    (void)state;
    static const struct {
        size_t w, h, full_w, full_h, x, y, part_w, part_h;
    } CASES_OF_WINDOW[] = {
        {31, 23, 40, 30, 3, 7, 20, 20}, {31, 23, 12, 9, 1, 0, 9, 9},    {31, 23, 31, 23, 4, 0, 23, 23},
        {31, 23, 31, 60, 4, 9, 23, 23}, {31, 23, 9, 23, 2, 5, 3, 3},    {5, 400, 9, 720, 0, 355, 9, 9},
        {400, 5, 720, 9, 711, 0, 9, 9}, {64, 64, 64, 64, 0, 0, 64, 64}, {7, 9, 70, 90, 69, 89, 1, 1},
    };
    for (size_t i = 0; i < sizeof CASES_OF_WINDOW / sizeof CASES_OF_WINDOW[0]; i++)
        for (size_t channels = 1; channels <= 4; channels++) {
            size_t w = CASES_OF_WINDOW[i].w, h = CASES_OF_WINDOW[i].h, full_w = CASES_OF_WINDOW[i].full_w,
                   full_h = CASES_OF_WINDOW[i].full_h, part_w = CASES_OF_WINDOW[i].part_w,
                   part_h = CASES_OF_WINDOW[i].part_h;
            enum imf_view_filter filter = channels % 2 ? IMF_FILTER_BICUBIC : IMF_FILTER_BILINEAR;
            imf_resize_window window = {full_w, full_h, CASES_OF_WINDOW[i].x, CASES_OF_WINDOW[i].y};
            uint8_t *in = picture(w, h, channels, w * channels), *whole = imf_alloc(full_w * full_h * channels),
                    *part = imf_alloc(part_w * part_h * channels);
            imf_resizer *r = NULL;
            imf_err err = {0};
            assert_true(whole && part);
            assert_int_equal(imf_resize_u8(in, w, h, w * channels, whole, full_w, full_h, channels, filter, &err),
                             IMF_OK);
            assert_int_equal(imf_resizer_new_window(&r, w, h, &window, part, part_w, part_h, channels, filter, &err),
                             IMF_OK);
            for (size_t y = 0; y < h; y++)
                imf_resizer_rows(r, in + y * w * channels, 1);
            imf_resizer_finish(r);
            imf_resizer_free(&r);
            for (size_t y = 0; y < part_h; y++)
                assert_memory_equal(part + y * part_w * channels,
                                    whole + ((window.y + y) * full_w + window.x) * channels, part_w * channels);
            imf_free(in);
            imf_free(whole);
            imf_free(part);
        }
}

/* What would be a picture of 2^36 pixels costs no more than its part. */
static void window_of_a_giant(void **state)
{
    (void)state;
    uint8_t row[3] = {10, 20, 30}, out[16 * 16 * 3];
    imf_resize_window window = {16, (size_t)16 << 24, 0, (size_t)8 << 24};
    imf_resizer *r = NULL;
    imf_err err = {0};
    assert_int_equal(imf_resizer_new_window(&r, 1, 1 << 24, &window, out, 16, 16, 3, IMF_FILTER_BICUBIC, &err), IMF_OK);
    imf_resizer_rows(r, row, 1 << 24);
    imf_resizer_finish(r);
    imf_resizer_free(&r);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], row[i % 3]);
    window.y = window.full_h - 15;
    assert_int_equal(imf_resizer_new_window(&r, 1, 1 << 24, &window, out, 16, 16, 3, IMF_FILTER_BICUBIC, NULL),
                     IMF_EUSAGE);
    window = (imf_resize_window){16, IMF_RESIZE_MAX_FULL + 1, 0, 0};
    assert_int_equal(imf_resizer_new_window(&r, 1, 1, &window, out, 16, 16, 3, IMF_FILTER_BICUBIC, NULL), IMF_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_pillow),    cmocka_unit_test(published_vectors), cmocka_unit_test(refuses_wrong_calls),
        cmocka_unit_test(window_is_a_crop), cmocka_unit_test(window_of_a_giant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
