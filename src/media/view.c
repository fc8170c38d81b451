/*
 * Cuts views from a decoded picture. Alpha is put on white and the subject is padded row by row on the way into the
 * resizer, so that no second copy of a large picture is ever made. The arithmetic of the recipes is in
 * docs/internals/starter.md, "Views".
 */
#include "media/view.h"

#include <string.h>

#include "base/mem.h"
#include "media/reference.h"
#include "media/resize.h"

enum {
    SUBJECT_ALPHA = 8, /* pixels with more alpha than this belong to the subject */
    SUBJECT_MARGIN = 8 /* per cent of the long side, on each side */
};

typedef struct box {
    size_t x, y, w, h;
} box;

static bool has_alpha_channel(const imf_picture *p)
{
    return p->channels == 4 && p->mode != IMF_MODE_CMYK;
}

bool imf_picture_has_alpha(const imf_picture *p)
{
    if (!has_alpha_channel(p))
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

bool imf_view_valid(const imf_view_recipe *r)
{
    bool shorter = r->kind == IMF_VIEW_SHORTER || r->kind == IMF_VIEW_SHORTER_FLOOR;
    if (r->kind < IMF_VIEW_SQUASH || r->kind > IMF_VIEW_SHORTER_FLOOR || r->when > IMF_WHEN_ALPHA ||
        (r->filter != IMF_FILTER_BILINEAR && r->filter != IMF_FILTER_BICUBIC) || r->width < 1 || r->height < 1 ||
        r->width > IMF_VIEW_MAX_SIDE || r->height > IMF_VIEW_MAX_SIDE)
        return false;
    return shorter ? r->resize >= r->width && r->resize >= r->height && r->resize <= IMF_VIEW_MAX_RESIZE
                   : r->resize == 0;
}

static const uint8_t *pixel(const imf_picture *p, size_t x, size_t y)
{
    return p->pixels + (y * p->width + x) * p->channels;
}

/* The box of all pixels that belong to the subject; the whole frame if there are none. */
static box subject_box(const imf_picture *p)
{
    size_t left = p->width, right = 0, top = p->height, bottom = 0; /* right and bottom are one past the end */
    for (size_t y = 0; has_alpha_channel(p) && y < p->height; y++) {
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

/* A part of the picture on a canvas of its own, and the part of the resized canvas that the view is. */
typedef struct plan {
    box part;
    size_t side_w, side_h; /* of the canvas; it is white */
    size_t left, top;      /* where the part lies on it */
    imf_resize_window window;
} plan;

static int cut(const imf_picture *p, const plan *how, const imf_view_recipe *r, uint8_t *out, imf_err *err)
{
    int rc = IMF_OK;
    imf_resizer *resizer = NULL;
    uint8_t *row = NULL;
    box b = how->part;
    bool as_is = p->channels == 3 && how->side_w == b.w; /* rows can be read where they lie */
    bool on_white = has_alpha_channel(p) && (p->mode == IMF_MODE_SRGB || r->kind == IMF_VIEW_SUBJECT);
    size_t row_bytes;
    IMF_TRY(imf_resizer_new_window(&resizer, how->side_w, how->side_h, &how->window, out, r->width, r->height, 3,
                                   (enum imf_view_filter)r->filter, err));
    if (!imf_mul_size(how->side_w, 3, &row_bytes) || !(row = imf_alloc(row_bytes))) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "cutting a view");
        goto out;
    }
    memset(row, 255, row_bytes);
    imf_resizer_rows(resizer, row, how->top);
    for (size_t y = 0; y < b.h; y++) {
        const uint8_t *from = pixel(p, b.x, b.y + y);
        if (on_white)
            put_on_white(row + 3 * how->left, from, b.w);
        else if (!as_is)
            imf_reference_rgb(p, from, b.w, row + 3 * how->left);
        imf_resizer_rows(resizer, as_is ? from : row, 1);
    }
    memset(row, 255, row_bytes);
    imf_resizer_rows(resizer, row, how->side_h - how->top - b.h);
    imf_resizer_finish(resizer);
out:
    imf_free(row);
    imf_resizer_free(&resizer);
    return rc;
}

/* Half of n, rounded half to even, as Python's round() does it. */
static size_t half_to_even(size_t n)
{
    return n / 2 + (n % 2 == 1 && n / 2 % 2 == 1);
}

/* The window of the SHORTER kinds: the shorter side becomes r->resize, and the middle is cut out. */
static imf_resize_window shorter_window(const imf_view_recipe *r, size_t w, size_t h)
{
    size_t n = r->resize, shorter = w < h ? w : h; /* n * w fits: 14 and 32 bits */
    imf_resize_window v = {n * w / shorter, n * h / shorter, 0, 0};
    size_t over_w = v.full_w - r->width, over_h = v.full_h - r->height;
    v.x = r->kind == IMF_VIEW_SHORTER ? half_to_even(over_w) : over_w / 2;
    v.y = r->kind == IMF_VIEW_SHORTER ? half_to_even(over_h) : over_h / 2;
    return v;
}

int imf_view_make(const imf_picture *p, const imf_view_recipe *r, uint8_t *out, imf_err *err)
{
    if (!imf_view_valid(r) || p->width < 1 || p->height < 1 || p->channels < 2 || p->channels > 4)
        return imf_fail(err, IMF_EUSAGE, MSG_VIEW_USAGE, p->width, p->height, p->channels, r->kind, r->width,
                        r->height);
    size_t w = p->width, h = p->height, side = w < h ? w : h;
    plan how = {{0, 0, w, h}, w, h, 0, 0, {r->width, r->height, 0, 0}};
    switch (r->kind) {
    case IMF_VIEW_CENTRE:
        how.part = (box){(w - side) / 2, (h - side) / 2, side, side};
        how.side_w = how.side_h = side;
        break;
    case IMF_VIEW_SUBJECT:
        how.part = subject_box(p);
        side = how.part.w > how.part.h ? how.part.w : how.part.h;
        side += 2 * ((SUBJECT_MARGIN * side + 50) / 100);
        how.side_w = how.side_h = side;
        how.left = (side - how.part.w) / 2;
        how.top = (side - how.part.h) / 2;
        break;
    case IMF_VIEW_SHORTER:
    case IMF_VIEW_SHORTER_FLOOR:
        how.window = shorter_window(r, w, h);
        if (r->kind == IMF_VIEW_SHORTER && p->mode != IMF_MODE_SRGB)
            return imf_reference_shorter(p, r, &how.window, out, err);
        break;
    default: /* SQUASH: all of it */
        break;
    }
    return cut(p, &how, r, out, err);
}
