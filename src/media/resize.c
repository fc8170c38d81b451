/*
 * Pillow's resampling (resize.h), written for a stream of rows: each source row is resampled horizontally once, rounded
 * to u8, and added with its vertical weights to the sums of the output rows that it touches. So nothing between the
 * passes is larger than the output.
 *
 * Not here: what to cut (view.c), alpha (reference.c).
 */
#include "media/resize.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
    PRECISION = 22, /* fractional bits of a weight: Pillow's 32 - 8 - 2 */
    SPLIT = 15,     /* a weight is high * 2^15 + low, so that both halves are int16 */
    LANE = 8,       /* taps are padded with zero weights to a multiple of this */
    MOST_TAPS = 256 /* a partial sum of int16 products over this many taps fits into int32: 255 * 32767 * 256 < 2^31 */
};

typedef struct axis { /* how one side is resampled; n_taps == NULL: it keeps its size */
    size_t in, out;
    size_t full, at;  /* length of the whole resized side; out samples of it are made, from `at` on */
    size_t stride;    /* weights an output sample */
    uint32_t *first;  /* [out] first source sample of each output sample */
    uint32_t *n_taps; /* [out] */
    int32_t *weight;  /* [out, stride] fixed point; zero beyond n_taps */
    double *exact;    /* the same as they are, instead, for 16-bit samples */
} axis;

struct imf_resizer {
    axis x, y;
    size_t channels, row_bytes; /* of an output row */
    int16_t *high, *low;        /* [x.out, x.stride] the two halves of x.weight */
    int16_t *planes;            /* [channels, plane_stride] the source row, one plane a channel */
    size_t plane_stride;
    uint8_t *row;  /* [row_bytes] the source row after the horizontal pass */
    int32_t *sums; /* [y.out, row_bytes]; NULL when the height stays */
    uint8_t *out;
    size_t next_row, first_open; /* the next source row; the first output row that still needs one */
};

static double bilinear(double x)
{
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double bicubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0)
        return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

/* Weights of one output sample. The order of every floating-point step is Pillow's. */
static void axis_sample(axis *a, size_t i, enum imf_view_filter filter, double *w)
{
    double scale = (double)a->in / (double)a->full;
    double filter_scale = scale < 1.0 ? 1.0 : scale;
    double support = (filter == IMF_FILTER_BICUBIC ? 2.0 : 1.0) * filter_scale;
    double centre = ((double)(i + a->at) + 0.5) * scale;
    double step = 1.0 / filter_scale, total = 0.0;
    long lo = (long)(centre - support + 0.5), hi = (long)(centre + support + 0.5);
    if (lo < 0)
        lo = 0;
    if (hi > (long)a->in)
        hi = (long)a->in;
    for (long k = lo; k < hi; k++) {
        double x = ((double)k - centre + 0.5) * step;
        w[k - lo] = filter == IMF_FILTER_BICUBIC ? bicubic(x) : bilinear(x);
        total += w[k - lo];
    }
    for (long k = 0; k < hi - lo; k++) {
        double v = total != 0.0 ? w[k] / total : w[k];
        if (a->exact)
            a->exact[i * a->stride + (size_t)k] = v;
        else
            a->weight[i * a->stride + (size_t)k] = (int32_t)(v * (1 << PRECISION) + (v < 0 ? -0.5 : 0.5));
    }
    a->first[i] = (uint32_t)lo;
    a->n_taps[i] = (uint32_t)(hi - lo);
}

static int axis_init(axis *a, size_t in, size_t full, size_t at, size_t out, enum imf_view_filter filter, bool exact,
                     imf_err *err)
{
    int rc = IMF_OK;
    double *w = NULL;
    a->in = in;
    a->full = full;
    a->at = at;
    a->out = out;
    if (in == full && in == out)
        return IMF_OK;
    double scale = in > full ? (double)in / (double)full : 1.0;
    size_t stride = (size_t)ceil((filter == IMF_FILTER_BICUBIC ? 2.0 : 1.0) * scale) * 2 + 1, n;
    stride = (stride + LANE - 1) / LANE * LANE;
    a->stride = stride;
    if (!imf_mul_size(stride, out, &n)) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "resizing a picture");
        goto out;
    }
    a->first = imf_alloc_array(out, sizeof *a->first);
    a->n_taps = imf_alloc_array(out, sizeof *a->n_taps);
    if (exact)
        a->exact = imf_alloc_array(n, sizeof *a->exact);
    else
        a->weight = imf_alloc_array(n, sizeof *a->weight);
    w = imf_alloc_array(stride, sizeof *w);
    if (!a->first || !a->n_taps || (!a->weight && !a->exact) || !w) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "resizing a picture");
        goto out;
    }
    for (size_t i = 0; i < out; i++)
        axis_sample(a, i, filter, w);
out:
    imf_free(w);
    return rc;
}

static void axis_clear(axis *a)
{
    imf_free(a->first);
    imf_free(a->n_taps);
    imf_free(a->weight);
    imf_free(a->exact);
}

static int horizontal_init(imf_resizer *r, imf_err *err)
{
    size_t n = r->x.out * r->x.stride; /* checked by axis_init */
    r->plane_stride = r->x.in + LANE;  /* padded taps may look behind the last sample */
    r->high = imf_alloc_array(n, sizeof *r->high);
    r->low = imf_alloc_array(n, sizeof *r->low);
    r->planes = imf_alloc_array(r->plane_stride * r->channels, sizeof *r->planes);
    r->row = imf_alloc_array(r->row_bytes, 1);
    if (!r->high || !r->low || !r->planes || !r->row)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "resizing a picture");
    for (size_t i = 0; i < n; i++) {
        r->low[i] = (int16_t)(r->x.weight[i] & ((1 << SPLIT) - 1));
        r->high[i] = (int16_t)((r->x.weight[i] - r->low[i]) / (1 << SPLIT));
    }
    imf_free(r->x.weight);
    r->x.weight = NULL;
    return IMF_OK;
}

int imf_resizer_new(imf_resizer **resizer, size_t in_w, size_t in_h, uint8_t *out, size_t out_w, size_t out_h,
                    size_t channels, enum imf_view_filter filter, imf_err *err)
{
    const imf_resize_window whole = {out_w, out_h, 0, 0};
    return imf_resizer_new_window(resizer, in_w, in_h, &whole, out, out_w, out_h, channels, filter, err);
}

/* Checks one side: out samples from `at` on lie inside the resized one. */
static bool side_fits(size_t in, size_t full, size_t at, size_t out)
{
    return in >= 1 && in <= IMF_RESIZE_MAX_SIDE && out >= 1 && out <= IMF_RESIZE_MAX_SIDE &&
           full <= IMF_RESIZE_MAX_FULL && at <= full && out <= full - at;
}

int imf_resizer_new_window(imf_resizer **resizer, size_t in_w, size_t in_h, const imf_resize_window *window,
                           uint8_t *out, size_t out_w, size_t out_h, size_t channels, enum imf_view_filter filter,
                           imf_err *err)
{
    int rc = IMF_OK;
    imf_resizer *r = NULL;
    size_t n;
    *resizer = NULL;
    if (channels < 1 || channels > 4 || !side_fits(in_w, window->full_w, window->x, out_w) ||
        !side_fits(in_h, window->full_h, window->y, out_h) ||
        (filter != IMF_FILTER_BILINEAR && filter != IMF_FILTER_BICUBIC))
        return imf_fail(err, IMF_EUSAGE, MSG_RESIZE_USAGE, in_w, in_h, out_w, out_h, channels, (int)filter);
    r = imf_alloc_array(1, sizeof *r);
    if (!r)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "resizing a picture");
    r->channels = channels;
    r->row_bytes = out_w * channels;
    r->out = out;
    IMF_TRY(axis_init(&r->x, in_w, window->full_w, window->x, out_w, filter, false, err));
    IMF_TRY(axis_init(&r->y, in_h, window->full_h, window->y, out_h, filter, false, err));
    if (r->x.n_taps)
        IMF_TRY(horizontal_init(r, err));
    if (r->y.n_taps) {
        if (!imf_mul_size(out_h, r->row_bytes, &n) || !(r->sums = imf_alloc_array(n, sizeof *r->sums))) {
            rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "resizing a picture");
            goto out;
        }
        for (size_t i = 0; i < n; i++)
            r->sums[i] = 1 << (PRECISION - 1);
    }
    *resizer = r;
    r = NULL;
out:
    imf_resizer_free(&r);
    return rc;
}

static uint8_t clamp_u8(int64_t v)
{
    return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

static void split_planes(imf_resizer *r, const uint8_t *row)
{
    size_t w = r->x.in, c = r->channels;
    int16_t *p0 = r->planes, *p1 = p0 + r->plane_stride;
    if (c == 3) { /* the usual case, with a constant step for the compiler */
        int16_t *p2 = p1 + r->plane_stride;
        for (size_t i = 0; i < w; i++) {
            p0[i] = row[3 * i];
            p1[i] = row[3 * i + 1];
            p2[i] = row[3 * i + 2];
        }
        return;
    }
    for (size_t k = 0; k < c; k++)
        for (size_t i = 0; i < w; i++)
            r->planes[k * r->plane_stride + i] = row[i * c + k];
}

/* sum of sample * weight over n taps, n a multiple of LANE. The weights' halves are multiplied as int16, which every
 * processor does eight at a time; put together again the sum is exact. */
static int64_t dot(const int16_t *sample, const int16_t *high, const int16_t *low, size_t n)
{
    int64_t sum_high = 0, sum_low = 0;
    for (size_t at = 0; at < n; at += MOST_TAPS) {
        size_t part = n - at < MOST_TAPS ? n - at : MOST_TAPS;
        int32_t h = 0, l = 0;
        for (size_t k = 0; k < part; k++)
            h += sample[at + k] * high[at + k];
        for (size_t k = 0; k < part; k++)
            l += sample[at + k] * low[at + k];
        sum_high += h;
        sum_low += l;
    }
    return sum_high * (1 << SPLIT) + sum_low;
}

static void horizontal_pass(imf_resizer *r, const uint8_t *row, uint8_t *out)
{
    size_t c = r->channels;
    split_planes(r, row);
    for (size_t i = 0; i < r->x.out; i++) {
        size_t n = (r->x.n_taps[i] + LANE - 1) / LANE * LANE;
        const int16_t *high = r->high + i * r->x.stride, *low = r->low + i * r->x.stride;
        for (size_t k = 0; k < c; k++) {
            int64_t sum = (1 << (PRECISION - 1)) + dot(r->planes + k * r->plane_stride + r->x.first[i], high, low, n);
            out[i * c + k] = clamp_u8(sum >> PRECISION);
        }
    }
}

static void add_row(int32_t *sums, const uint8_t *row, size_t n, int32_t weight)
{
    for (size_t i = 0; i < n; i++)
        sums[i] += row[i] * weight;
}

void imf_resizer_rows(imf_resizer *r, const uint8_t *row, size_t n)
{
    const uint8_t *h =
        r->x.n_taps ? NULL : row; /* after the horizontal pass; made when the first output row asks for it */
    if (n > r->y.in - r->next_row)
        n = r->y.in - r->next_row;
    for (; n > 0; n--, r->next_row++) {
        size_t y = r->next_row;
        if (!r->y.n_taps) {
            uint8_t *to = r->out + y * r->row_bytes;
            if (!h)
                horizontal_pass(r, row, to);
            else
                memcpy(to, h, r->row_bytes);
            h = to;
            continue;
        }
        while (r->first_open < r->y.out && r->y.first[r->first_open] + r->y.n_taps[r->first_open] <= y)
            r->first_open++;
        for (size_t i = r->first_open; i < r->y.out && r->y.first[i] <= y; i++) {
            if (y - r->y.first[i] >= r->y.n_taps[i])
                continue;
            if (!h) {
                horizontal_pass(r, row, r->row);
                h = r->row;
            }
            add_row(r->sums + i * r->row_bytes, h, r->row_bytes, r->y.weight[i * r->y.stride + (y - r->y.first[i])]);
        }
    }
}

void imf_resizer_finish(imf_resizer *r)
{
    if (!r->sums)
        return;
    size_t n = r->y.out * r->row_bytes;
    for (size_t i = 0; i < n; i++)
        r->out[i] = clamp_u8(r->sums[i] >> PRECISION);
}

void imf_resizer_free(imf_resizer **resizer)
{
    imf_resizer *r = *resizer;
    if (!r)
        return;
    axis_clear(&r->x);
    axis_clear(&r->y);
    imf_free(r->high);
    imf_free(r->low);
    imf_free(r->planes);
    imf_free(r->row);
    imf_free(r->sums);
    imf_free(r);
    *resizer = NULL;
}

int imf_resize_u8(const uint8_t *in, size_t in_w, size_t in_h, size_t in_stride, uint8_t *out, size_t out_w,
                  size_t out_h, size_t channels, enum imf_view_filter filter, imf_err *err)
{
    imf_resizer *r = NULL;
    int rc = imf_resizer_new(&r, in_w, in_h, out, out_w, out_h, channels, filter, err);
    if (rc != IMF_OK)
        return rc;
    for (size_t y = 0; y < in_h; y++)
        imf_resizer_rows(r, in + y * in_stride, 1);
    imf_resizer_finish(r);
    imf_resizer_free(&r);
    return IMF_OK;
}

/* ---- 16-bit samples ---- */

/* Rounded half away from zero; then each byte is kept within its own range, as Pillow does. */
static uint16_t round_u16(double v)
{
    int64_t n = v >= 0.0 ? (int64_t)(v + 0.5) : -(int64_t)(0.5 - v);
    return (uint16_t)(clamp_u8(n % 256) | clamp_u8(n >> 8) << 8);
}

static void horizontal_u16(const axis *a, const uint16_t *row, uint16_t *out)
{
    for (size_t i = 0; i < a->out; i++) {
        double sum = 0.0;
        const double *w = a->n_taps ? a->exact + i * a->stride : NULL;
        for (size_t k = 0; w && k < a->n_taps[i]; k++)
            sum += row[a->first[i] + k] * w[k];
        out[i] = w ? round_u16(sum) : row[i];
    }
}

int imf_resize_u16(const uint16_t *in, size_t in_w, size_t in_h, const imf_resize_window *window, uint16_t *out,
                   size_t out_w, size_t out_h, enum imf_view_filter filter, imf_err *err)
{
    int rc = IMF_OK;
    axis x = {0}, y = {0};
    uint16_t *between = NULL; /* after the horizontal pass: the rows [from, to) that the window needs */
    size_t from = 0, to = in_h;
    if (!side_fits(in_w, window->full_w, window->x, out_w) || !side_fits(in_h, window->full_h, window->y, out_h) ||
        (filter != IMF_FILTER_BILINEAR && filter != IMF_FILTER_BICUBIC))
        return imf_fail(err, IMF_EUSAGE, MSG_RESIZE_USAGE, in_w, in_h, out_w, out_h, (size_t)1, (int)filter);
    IMF_TRY(axis_init(&x, in_w, window->full_w, window->x, out_w, filter, true, err));
    IMF_TRY(axis_init(&y, in_h, window->full_h, window->y, out_h, filter, true, err));
    if (y.n_taps) {
        from = y.first[0];
        to = y.first[out_h - 1] + y.n_taps[out_h - 1];
    }
    if (!(between = imf_alloc_array(to - from, out_w * sizeof *between))) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "resizing a picture");
        goto out;
    }
    for (size_t i = from; i < to; i++)
        horizontal_u16(&x, in + i * in_w, between + (i - from) * out_w);
    for (size_t i = 0; i < out_h; i++)
        for (size_t j = 0; j < out_w; j++) {
            double sum = 0.0;
            const double *w = y.n_taps ? y.exact + i * y.stride : NULL;
            for (size_t k = 0; w && k < y.n_taps[i]; k++)
                sum += between[(y.first[i] + k - from) * out_w + j] * w[k];
            out[i * out_w + j] = w ? round_u16(sum) : between[i * out_w + j];
        }
out:
    axis_clear(&x);
    axis_clear(&y);
    imf_free(between);
    return rc;
}
