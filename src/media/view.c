/*
 * Cuts views from a decoded picture. Alpha is put on white and the subject is padded row by row on the way into the
 * resizer, so that no second copy of a large picture is ever made. The arithmetic of the recipes is in
 * docs/internals/starter.md, "Views".
 */
#include "media/view.h"

#include <string.h>

#include "base/mem.h"
#include "media/resize.h"

enum {
    SUBJECT_ALPHA = 8,  /* pixels with more alpha than this belong to the subject */
    SUBJECT_MARGIN = 8, /* per cent of the long side, on each side */
    VIEW_MAX_SIDE = 1024
};

typedef struct box {
    size_t x, y, w, h;
} box;

bool imf_picture_has_alpha(const imf_picture *p)
{
    if (p->channels != 4)
        return false;
    size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++)
        if (p->pixels[4 * i + 3] < 255)
            return true;
    return false;
}

bool imf_view_wanted(const imf_view_recipe *r, bool has_alpha)
{
    return r->when == IMF_WHEN_ALWAYS || (r->when == IMF_WHEN_ALPHA && has_alpha) ||
           (r->when == IMF_WHEN_OPAQUE && !has_alpha);
}

static const uint8_t *pixel(const imf_picture *p, size_t x, size_t y)
{
    return p->pixels + (y * p->width + x) * p->channels;
}

/* The box of all pixels that belong to the subject; the whole frame if there are none. */
static box subject_box(const imf_picture *p)
{
    size_t left = p->width, right = 0, top = p->height, bottom = 0; /* right and bottom are one past the end */
    for (size_t y = 0; p->channels == 4 && y < p->height; y++) {
        const uint8_t *alpha = pixel(p, 0, y) + 3;
        size_t from = 0, to = p->width;
        while (from < to && alpha[4 * from] <= SUBJECT_ALPHA)
            from++;
        if (from == to)
            continue;
        while (alpha[4 * (to - 1)] <= SUBJECT_ALPHA)
            to--;
        left = from < left ? from : left;
        right = to > right ? to : right;
        top = y < top ? y : top;
        bottom = y + 1;
    }
    if (right == 0)
        return (box){0, 0, p->width, p->height};
    return (box){left, top, right - left, bottom - top};
}

/* n RGBA pixels on white, as Pillow's paste does it. */
static void put_on_white(uint8_t *rgb, const uint8_t *rgba, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t a = rgba[4 * i + 3];
        for (size_t k = 0; k < 3; k++) {
            uint32_t t = rgba[4 * i + k] * a + 255 * (255 - a) + 128;
            rgb[3 * i + k] = (uint8_t)((t + (t >> 8)) >> 8);
        }
    }
}

/* The part `b` of the picture on a white canvas of side_w x side_h, its corner at (left, top), resized into out. */
static int cut(const imf_picture *p, box b, size_t side_w, size_t side_h, size_t left, size_t top,
               const imf_view_recipe *r, uint8_t *out, imf_err *err)
{
    int rc = IMF_OK;
    imf_resizer *resizer = NULL;
    uint8_t *row = NULL;
    bool as_is = p->channels == 3 && side_w == b.w; /* rows can be read where they lie */
    size_t row_bytes;
    IMF_TRY(
        imf_resizer_new(&resizer, side_w, side_h, out, r->width, r->height, 3, (enum imf_view_filter)r->filter, err));
    if (!imf_mul_size(side_w, 3, &row_bytes) || !(row = imf_alloc(row_bytes))) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "cutting a view");
        goto out;
    }
    memset(row, 255, row_bytes);
    imf_resizer_rows(resizer, row, top);
    for (size_t y = 0; y < b.h; y++) {
        const uint8_t *from = pixel(p, b.x, b.y + y);
        if (p->channels == 4)
            put_on_white(row + 3 * left, from, b.w);
        else if (!as_is)
            memcpy(row + 3 * left, from, 3 * b.w);
        imf_resizer_rows(resizer, as_is ? from : row, 1);
    }
    memset(row, 255, row_bytes);
    imf_resizer_rows(resizer, row, side_h - top - b.h);
    imf_resizer_finish(resizer);
out:
    imf_free(row);
    imf_resizer_free(&resizer);
    return rc;
}

int imf_view_make(const imf_picture *p, const imf_view_recipe *r, uint8_t *out, imf_err *err)
{
    if (r->width < 1 || r->height < 1 || r->width > VIEW_MAX_SIDE || r->height > VIEW_MAX_SIDE || p->width < 1 ||
        p->height < 1 || (p->channels != 3 && p->channels != 4))
        return imf_fail(err, IMF_EUSAGE, MSG_VIEW_USAGE, p->width, p->height, p->channels, r->kind, r->width,
                        r->height);
    size_t w = p->width, h = p->height, side = w < h ? w : h;
    box b = {0, 0, w, h};
    switch (r->kind) {
    case IMF_VIEW_SQUASH:
        return cut(p, b, w, h, 0, 0, r, out, err);
    case IMF_VIEW_CENTRE:
        b = (box){(w - side) / 2, (h - side) / 2, side, side};
        return cut(p, b, side, side, 0, 0, r, out, err);
    case IMF_VIEW_SUBJECT:
        b = subject_box(p);
        side = b.w > b.h ? b.w : b.h;
        side += 2 * ((SUBJECT_MARGIN * side + 50) / 100);
        return cut(p, b, side, side, (side - b.w) / 2, (side - b.h) / 2, r, out, err);
    default:
        return imf_fail(err, IMF_EUSAGE, MSG_VIEW_USAGE, p->width, p->height, p->channels, r->kind, r->width,
                        r->height);
    }
}
