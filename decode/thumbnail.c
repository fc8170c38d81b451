/*
 * Thumbnails (thumbnail.h). Two steps, as in Pillow's Image.thumbnail: boxes of whole pixels are averaged, which is
 * where the time of large pictures goes (some 8 ms for 12 megapixels), and what is left to the size, below a factor of
 * two, is done by the bicubic resampling of media/resize.h.
 */
#include "thumbnail.h"

#include <string.h>

#include <vips/vips.h>

#include "base/mem.h"
#include "media/resize.h"

enum {
    SIDE = IMF_THUMBNAIL_SIDE,
    QUALITY = 78,
    MOST_BOX = 128 /* boxes are below twice this high: their rows are added up in 16 bits */
};

static uint32_t scaled(uint32_t side, uint32_t longest)
{
    uint64_t s = ((uint64_t)side * SIDE + longest / 2) / longest;
    return s < 1 ? 1 : (uint32_t)s;
}

/* sum += row, n bytes. These two loops are where the time goes: apart, and of 16 bits, so that compilers make vector
 * code of them. */
static void add_row(uint16_t *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = (uint16_t)(sum[i] + row[i]);
}

/* The same for n pixels with alpha, on white (as media/view.c does it). The sum of alpha itself is of no use. */
static void add_row_on_white(uint16_t *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t alpha = row[4 * i + 3], white = (uint16_t)(255 * (255 - alpha) + 128);
        for (size_t k = 0; k < 4; k++) {
            uint16_t t = (uint16_t)(row[4 * i + k] * alpha + white);
            sum[4 * i + k] = (uint16_t)(sum[4 * i + k] + ((uint16_t)(t + (t >> 8)) >> 8));
        }
    }
}

/* The part [i * from / to, (i + 1) * from / to) of `from` pixels: boxes differ by a pixel, and none is left over. */
static size_t edge(size_t i, size_t from, size_t to)
{
    return i * from / to;
}

/* Adds up the columns of one row of boxes, which is `rows` source rows high. */
static void finish_boxes(const uint16_t *sum, size_t channels, size_t w, size_t rows, uint8_t *out, size_t out_w)
{
    for (size_t x = 0; x < out_w; x++, out += 3) {
        size_t from = edge(x, w, out_w), to = edge(x + 1, w, out_w);
        uint32_t v[3] = {0}, n = (uint32_t)((to - from) * rows);
        for (size_t i = from; i < to; i++) {
            v[0] += sum[channels * i];
            v[1] += sum[channels * i + 1];
            v[2] += sum[channels * i + 2];
        }
        for (size_t k = 0; k < 3; k++)
            out[k] = (uint8_t)((v[k] + n / 2) / n);
    }
}

/* The picture on white, its boxes averaged, [out_h, out_w, 3]. NULL: out of memory. */
static uint8_t *shrink(const imf_picture *p, size_t out_w, size_t out_h)
{
    size_t w = p->width, h = p->height, samples = w * p->channels;
    uint8_t *out = imf_alloc_array(out_w * out_h, 3);
    uint16_t *sum = imf_alloc_array(samples, sizeof *sum);
    for (size_t y = 0; out && sum && y < out_h; y++) {
        size_t from = edge(y, h, out_h), to = edge(y + 1, h, out_h);
        memset(sum, 0, samples * sizeof *sum);
        for (size_t i = from; i < to; i++) {
            if (p->channels == 4)
                add_row_on_white(sum, p->pixels + i * samples, w);
            else
                add_row(sum, p->pixels + i * samples, samples);
        }
        finish_boxes(sum, p->channels, w, to - from, out + y * out_w * 3, out_w);
    }
    if (!sum) {
        imf_free(out);
        out = NULL;
    }
    imf_free(sum);
    return out;
}

static uint32_t save(uint8_t *pixels, uint32_t w, uint32_t h, uint8_t *out, size_t size)
{
    uint32_t written = 0;
    void *bytes = NULL;
    size_t n = 0;
    VipsImage *image = vips_image_new_from_memory(pixels, (size_t)w * h * 3, (int)w, (int)h, 3, VIPS_FORMAT_UCHAR),
              *srgb = NULL;
    if (image && vips_copy(image, &srgb, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) == 0 &&
        vips_jpegsave_buffer(srgb, &bytes, &n, "Q", QUALITY, "strip", TRUE, "optimize_coding", TRUE, NULL) == 0 &&
        n <= size) {
        memcpy(out, bytes, n);
        written = (uint32_t)n;
    }
    g_free(bytes);
    if (srgb)
        g_object_unref(srgb);
    if (image)
        g_object_unref(image);
    vips_error_clear();
    return written;
}

uint32_t imf_thumbnail_make(const imf_picture *p, uint8_t *out, size_t size)
{
    uint32_t written = 0, full = p->full_width > p->full_height ? p->full_width : p->full_height;
    uint32_t w = full > SIDE ? scaled(p->full_width, full) : p->full_width;
    uint32_t h = full > SIDE ? scaled(p->full_height, full) : p->full_height;
    uint32_t box = (p->width > p->height ? p->width : p->height) / SIDE; /* below twice the size: none */
    box = box < 1 ? 1 : box > MOST_BOX ? MOST_BOX : box;
    size_t small_w = p->width / box > w ? p->width / box : w, small_h = p->height / box > h ? p->height / box : h;
    uint8_t *small = shrink(p, small_w, small_h), *final = imf_alloc_array((size_t)w * h, 3);
    if (small && final &&
        imf_resize_u8(small, small_w, small_h, 3 * small_w, final, w, h, 3, IMF_FILTER_BICUBIC, NULL) == IMF_OK)
        written = save(final, w, h, out, size);
    imf_free(small);
    imf_free(final);
    return written;
}
