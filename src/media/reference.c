/*
 * Pillow's own way of resizing and converting (reference.h): palettes by the nearest pixel, alpha premultiplied, CMYK
 * in its four channels, 16-bit grey in floating point and cut off at 255 when it becomes RGB.
 */
#include "media/reference.h"

#include <string.h>

#include "base/mem.h"

/* a * b / 255, rounded. */
static uint8_t mul_div_255(uint32_t a, uint32_t b)
{
    uint32_t t = a * b + 128;
    return (uint8_t)(((t >> 8) + t) >> 8);
}

static uint16_t swapped(uint16_t v)
{
    return (uint16_t)(v << 8 | v >> 8);
}

void imf_reference_rgb(const imf_picture *p, const uint8_t *from, size_t n, uint8_t *to)
{
    if (p->channels == 3) {
        memcpy(to, from, 3 * n);
        return;
    }
    for (size_t i = 0; i < n; i++, from += p->channels, to += 3) {
        if (p->channels == 4 && p->mode != IMF_MODE_CMYK) {
            memcpy(to, from, 3);
        } else if (p->channels == 4) {
            uint32_t light = 255U - from[3];
            for (size_t k = 0; k < 3; k++)
                to[k] = (uint8_t)(light - mul_div_255(from[k], light));
        } else {
            uint16_t v;
            memcpy(&v, from, sizeof v);
            v = p->mode == IMF_MODE_GREY16_SWAPPED ? swapped(v) : v;
            memset(to, v > 255 ? 255 : v, 3);
        }
    }
}

/* ---- Palettes: the nearest pixel ---- */

/* Source positions of out samples, from `at` on. Pillow adds up the steps from the left edge, and so do we, as far as
 * its pictures can go. */
static void nearest(size_t in, size_t full, size_t at, size_t out, uint32_t *position)
{
    enum { MOST_STEPS = 1 << 26 };
    double step = (double)in / (double)full, x = step * 0.5;
    if (at > MOST_STEPS)
        x = ((double)at + 0.5) * step;
    else
        for (size_t i = 0; i < at; i++)
            x += step;
    for (size_t i = 0; i < out; i++, x += step)
        position[i] = (uint32_t)x < in ? (uint32_t)x : (uint32_t)in - 1;
}

static int pick(const imf_picture *p, const imf_view_recipe *r, const imf_resize_window *window, uint8_t *out,
                imf_err *err)
{
    uint32_t *x = imf_alloc_array(r->width, sizeof *x), *y = imf_alloc_array(r->height, sizeof *y);
    int rc = IMF_OK;
    if (!x || !y) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "cutting a view");
        goto out;
    }
    nearest(p->width, window->full_w, window->x, r->width, x);
    nearest(p->height, window->full_h, window->y, r->height, y);
    for (size_t i = 0; i < r->height; i++)
        for (size_t j = 0; j < r->width; j++, out += 3)
            imf_reference_rgb(p, p->pixels + ((size_t)y[i] * p->width + x[j]) * p->channels, 1, out);
out:
    imf_free(x);
    imf_free(y);
    return rc;
}

/* ---- Alpha and CMYK: four channels ---- */

static void premultiply(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++, from += 4, to += 4) {
        for (size_t k = 0; k < 3; k++)
            to[k] = mul_div_255(from[k], from[3]);
        to[3] = from[3];
    }
}

static void unpremultiply(uint8_t *rgba, size_t n)
{
    for (size_t i = 0; i < n; i++, rgba += 4)
        for (size_t k = 0; rgba[3] != 0 && rgba[3] != 255 && k < 3; k++) {
            uint32_t v = 255U * rgba[k] / rgba[3];
            rgba[k] = (uint8_t)(v > 255 ? 255 : v);
        }
}

static int resize_four(const imf_picture *p, const imf_view_recipe *r, const imf_resize_window *window, uint8_t *out,
                       imf_err *err)
{
    bool alpha = p->mode != IMF_MODE_CMYK;
    size_t row_bytes = (size_t)p->width * 4, n = (size_t)r->width * r->height;
    uint8_t *small = imf_alloc_array(n, 4), *row = imf_alloc(row_bytes);
    imf_resizer *resizer = NULL;
    int rc = IMF_OK;
    if (!small || !row) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "cutting a view");
        goto out;
    }
    IMF_TRY(imf_resizer_new_window(&resizer, p->width, p->height, window, small, r->width, r->height, 4,
                                   (enum imf_view_filter)r->filter, err));
    for (size_t y = 0; y < p->height; y++) {
        const uint8_t *from = p->pixels + y * row_bytes;
        if (alpha)
            premultiply(row, from, p->width);
        imf_resizer_rows(resizer, alpha ? row : from, 1);
    }
    imf_resizer_finish(resizer);
    if (alpha)
        unpremultiply(small, n);
    imf_reference_rgb(p, small, n, out);
out:
    imf_resizer_free(&resizer);
    imf_free(small);
    imf_free(row);
    return rc;
}

/* ---- Grey and RGB: three channels ---- */

static int resize_three(const imf_picture *p, const imf_view_recipe *r, const imf_resize_window *window, uint8_t *out,
                        imf_err *err)
{
    imf_resizer *resizer = NULL;
    int rc = imf_resizer_new_window(&resizer, p->width, p->height, window, out, r->width, r->height, 3,
                                    (enum imf_view_filter)r->filter, err);
    if (rc != IMF_OK)
        return rc;
    for (size_t y = 0; y < p->height; y++)
        imf_resizer_rows(resizer, p->pixels + y * p->width * 3, 1);
    imf_resizer_finish(resizer);
    imf_resizer_free(&resizer);
    return IMF_OK;
}

/* ---- 16-bit grey ---- */

static int resize_grey16(const imf_picture *p, const imf_view_recipe *r, const imf_resize_window *window, uint8_t *out,
                         imf_err *err)
{
    size_t n = (size_t)r->width * r->height;
    uint16_t *small = imf_alloc_array(n, sizeof *small);
    if (!small)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "cutting a view");
    /* the pixels come from imf_alloc, which aligns for any type */
    int rc = imf_resize_u16((const uint16_t *)(const void *)p->pixels, p->width, p->height, window, small, r->width,
                            r->height, (enum imf_view_filter)r->filter, err);
    if (rc == IMF_OK)
        imf_reference_rgb(p, (const uint8_t *)small, n, out);
    imf_free(small);
    return rc;
}

int imf_reference_shorter(const imf_picture *p, const imf_view_recipe *r, const imf_resize_window *window, uint8_t *out,
                          imf_err *err)
{
    /* A picture of the right size is not touched: premultiplying would cost it bits. */
    if (p->mode == IMF_MODE_INDEXED || (window->full_w == p->width && window->full_h == p->height))
        return pick(p, r, window, out, err);
    if (p->mode == IMF_MODE_GREY16 || p->mode == IMF_MODE_GREY16_SWAPPED)
        return resize_grey16(p, r, window, out, err);
    return p->channels == 4 ? resize_four(p, r, window, out, err) : resize_three(p, r, window, out, err);
}
