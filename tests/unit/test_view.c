/* The arithmetic of the views (docs/internals/starter.md, "Views"), on pictures small enough to follow. Against Pillow:
 * tests/golden/test_pictures.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/view.h"

/* A view of the cut's own size is not resampled, so it shows the cut itself. */
static imf_view_recipe recipe(uint32_t kind, uint32_t w, uint32_t h)
{
    return (imf_view_recipe){kind, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, w, h, 0};
}

static imf_picture picture(uint32_t w, uint32_t h, uint32_t channels)
{
    imf_picture p = {.pixels = imf_alloc((size_t)w * h * channels), .width = w, .height = h, .channels = channels};
    assert_non_null(p.pixels);
    for (uint32_t i = 0; i < w * h; i++)
        for (uint32_t c = 0; c < channels; c++)
            p.pixels[i * channels + c] = c == 3 ? 0 : (uint8_t)(i * 7 + c * 50);
    return p;
}

static void make(const imf_picture *p, imf_view_recipe r, uint8_t *out)
{
    imf_err err = {0};
    if (imf_view_make(p, &r, out, &err) != IMF_OK)
        fail_msg("%s", err.msg);
}

/* Every colour with every alpha: c*a + 255*(255-a), divided by 255 and rounded. */
static void white_is_exact(void **state)
{
    (void)state;
    imf_picture p = picture(256, 256, 4);
    uint8_t *out = imf_alloc(256 * 256 * 3);
    for (uint32_t i = 0; i < 65536; i++) {
        p.pixels[4 * i] = p.pixels[4 * i + 1] = p.pixels[4 * i + 2] = (uint8_t)i;
        p.pixels[4 * i + 3] = (uint8_t)(i >> 8);
    }
    make(&p, recipe(IMF_VIEW_SQUASH, 256, 256), out);
    for (uint32_t i = 0; i < 65536; i++) {
        uint32_t c = i & 255, a = i >> 8;
        for (uint32_t k = 0; k < 3; k++)
            assert_int_equal(out[3 * i + k], (c * a + 255 * (255 - a) + 127) / 255);
    }
    imf_free(out);
    imf_free(p.pixels);
}

static void centre_takes_the_short_side(void **state)
{
    (void)state;
    const uint32_t sizes[][2] = {{7, 4}, {4, 7}, {6, 3}, {3, 6}, {5, 5}, {1, 9}, {9, 1}, {1, 1}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        imf_picture p = picture(sizes[s][0], sizes[s][1], 3);
        uint32_t side = p.width < p.height ? p.width : p.height, left = (p.width - side) / 2,
                 top = (p.height - side) / 2;
        uint8_t out[5 * 5 * 3];
        make(&p, recipe(IMF_VIEW_CENTRE, side, side), out);
        for (uint32_t y = 0; y < side; y++)
            assert_memory_equal(out + y * side * 3, p.pixels + ((top + y) * p.width + left) * 3, side * 3);
        imf_free(p.pixels);
    }
}

/* The subject [x, x+w) x [y, y+h) must lie at (left, top) of a white square. */
static void expect_subject(const imf_picture *p, uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint32_t side,
                           uint32_t left, uint32_t top)
{
    uint8_t *out = imf_alloc((size_t)side * side * 3);
    assert_non_null(out);
    make(p, recipe(IMF_VIEW_SUBJECT, side, side), out);
    for (uint32_t v = 0; v < side; v++)
        for (uint32_t u = 0; u < side; u++)
            for (uint32_t k = 0; k < 3; k++) {
                uint32_t expected = 255;
                if (u >= left && u < left + w && v >= top && v < top + h) {
                    const uint8_t *from = p->pixels + ((y + v - top) * p->width + x + u - left) * p->channels;
                    uint32_t a = p->channels == 4 ? from[3] : 255;
                    expected = (from[k] * a + 255 * (255 - a) + 127) / 255;
                }
                assert_int_equal(out[(v * side + u) * 3 + k], expected);
            }
    imf_free(out);
}

static void set_alpha(imf_picture *p, uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint8_t alpha)
{
    for (uint32_t v = y; v < y + h; v++)
        for (uint32_t u = x; u < x + w; u++)
            p->pixels[(v * p->width + u) * 4 + 3] = alpha;
}

static void subject_is_boxed_and_padded(void **state)
{
    (void)state;
    imf_picture p = picture(40, 30, 4);
    set_alpha(&p, 0, 0, 40, 30, 8);                               /* 8 does not count */
    set_alpha(&p, 3, 4, 20, 7, 9);                                /* 9 does */
    expect_subject(&p, 3, 4, 20, 7, 20 + 2 * 2, 2, (24 - 7) / 2); /* 8 % of 20 is 1.6: 2 */
    set_alpha(&p, 0, 0, 40, 30, 0);
    set_alpha(&p, 5, 29, 1, 1, 255); /* one pixel in the last row: no margin */
    expect_subject(&p, 5, 29, 1, 1, 1, 0, 0);
    set_alpha(&p, 39, 0, 1, 1, 200); /* and one in the upper right corner */
    expect_subject(&p, 5, 0, 35, 30, 35 + 2 * 3, 3, (41 - 30) / 2);
    imf_free(p.pixels);
    p = picture(6, 7, 4); /* 8 % of 6 is 0.48: 0, of 7 0.56: 1 */
    set_alpha(&p, 0, 0, 6, 6, 100);
    expect_subject(&p, 0, 0, 6, 6, 6, 0, 0);
    set_alpha(&p, 0, 6, 1, 1, 100);
    expect_subject(&p, 0, 0, 6, 7, 9, 1, 1);
    imf_free(p.pixels);
}

static void subject_without_subject_is_the_frame(void **state)
{
    (void)state;
    imf_picture p = picture(13, 8, 4); /* alpha is 0 everywhere: white */
    expect_subject(&p, 0, 0, 13, 8, 15, 1, 3);
    imf_free(p.pixels);
    p = picture(13, 8, 3); /* no alpha at all: the whole frame */
    expect_subject(&p, 0, 0, 13, 8, 15, 1, 3);
    imf_free(p.pixels);
}

static void alpha_and_wishes(void **state)
{
    (void)state;
    imf_picture p = picture(3, 3, 4);
    set_alpha(&p, 0, 0, 3, 3, 255);
    assert_false(imf_picture_has_alpha(&p));
    set_alpha(&p, 2, 2, 1, 1, 254);
    assert_true(imf_picture_has_alpha(&p));
    imf_free(p.pixels);
    p = picture(3, 3, 3);
    assert_false(imf_picture_has_alpha(&p));
    imf_free(p.pixels);
    imf_view_recipe r = recipe(IMF_VIEW_SQUASH, 1, 1);
    assert_true(imf_view_wanted(&r, false) && imf_view_wanted(&r, true));
    r.when = IMF_WHEN_OPAQUE;
    assert_true(imf_view_wanted(&r, false) && !imf_view_wanted(&r, true));
    r.when = IMF_WHEN_ALPHA;
    assert_true(!imf_view_wanted(&r, false) && imf_view_wanted(&r, true));
    r.when = 3;
    assert_true(!imf_view_wanted(&r, false) && !imf_view_wanted(&r, true));
}

/* Where the middle of a resized side begins: half of what is left over. */
static void corner_is_rounded_as_the_family_does(void **state)
{
    (void)state;
    static const uint32_t OVER[] = {0, 1, 2, 3, 4, 5, 6, 7, 9}, EVEN[] = {0, 0, 1, 2, 2, 2, 3, 4, 4};
    for (size_t i = 0; i < sizeof OVER / sizeof OVER[0]; i++)
        for (uint32_t upright = 0; upright < 2; upright++) {
            uint32_t size = 6, over = OVER[i], expected[] = {EVEN[i], over / 2};
            imf_picture p = upright ? picture(size, size + over, 3) : picture(size + over, size, 3);
            for (uint32_t k = 0; k < 2; k++) {
                uint8_t out[6 * 6 * 3];
                imf_view_recipe r = recipe(k ? IMF_VIEW_SHORTER_FLOOR : IMF_VIEW_SHORTER, size, size);
                r.resize = size; /* so nothing is resampled */
                make(&p, r, out);
                uint32_t left = upright ? 0 : expected[k], top = upright ? expected[k] : 0;
                for (uint32_t y = 0; y < size; y++)
                    assert_memory_equal(out + y * size * 3, p.pixels + ((top + y) * p.width + left) * 3, size * 3);
            }
            imf_free(p.pixels);
        }
}

/* Ours puts alpha on white before all else; the reference drops it. */
static void alpha_of_the_shorter_kinds(void **state)
{
    (void)state;
    imf_picture p = picture(9, 6, 4);
    uint8_t out[6 * 6 * 3];
    for (uint32_t k = 0; k < 2; k++) {
        imf_view_recipe r = recipe(k ? IMF_VIEW_SHORTER_FLOOR : IMF_VIEW_SHORTER, 6, 6);
        r.resize = 6;
        p.mode = IMF_MODE_SRGB;
        make(&p, r, out);
        for (size_t i = 0; i < sizeof out; i++)
            assert_int_equal(out[i], 255);
        p.mode = IMF_MODE_COLOUR;
        make(&p, r, out);
        assert_memory_equal(out, p.pixels + (k ? 1 : 2) * 4, 3); /* 3 columns are left over */
    }
    imf_free(p.pixels);
}

static void refuses_wrong_recipes(void **state)
{
    (void)state;
    imf_picture p = picture(3, 3, 3);
    uint8_t out[64];
    const imf_view_recipe wrong[] = {
        {0, IMF_FILTER_BICUBIC, 0, 2, 2, 0},
        {6, IMF_FILTER_BICUBIC, 0, 2, 2, 0},
        {IMF_VIEW_SQUASH, 0, 0, 2, 2, 0},
        {IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, 0, 0, 2, 0},
        {IMF_VIEW_SUBJECT, IMF_FILTER_BICUBIC, 0, 2, 1025, 0},
        {IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, 0, 2, 2, 2},
        {IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, 3, 2, 2, 0},
        {IMF_VIEW_SHORTER, IMF_FILTER_BICUBIC, 0, 2, 2, 0},
        {IMF_VIEW_SHORTER, IMF_FILTER_BICUBIC, 0, 2, 3, 2},
        {IMF_VIEW_SHORTER_FLOOR, IMF_FILTER_BICUBIC, 0, 3, 2, 2},
        {IMF_VIEW_SHORTER_FLOOR, IMF_FILTER_BICUBIC, 0, 2, 2, IMF_VIEW_MAX_RESIZE + 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        imf_err err = {0};
        assert_int_equal(imf_view_make(&p, &wrong[i], out, &err), IMF_EUSAGE);
        assert_true(err.msg[0] != '\0');
    }
    imf_free(p.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_is_exact),
        cmocka_unit_test(centre_takes_the_short_side),
        cmocka_unit_test(subject_is_boxed_and_padded),
        cmocka_unit_test(subject_without_subject_is_the_frame),
        cmocka_unit_test(alpha_and_wishes),
        cmocka_unit_test(corner_is_rounded_as_the_family_does),
        cmocka_unit_test(alpha_of_the_shorter_kinds),
        cmocka_unit_test(refuses_wrong_recipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
