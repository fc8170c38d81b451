/*
 * Pillow's resampling, equal to the last bit (source: python-pillow/Pillow, src/libImaging/Resample.c, up to 12.1):
 * 8-bit fixed-point weights, horizontal pass first, rounded to u8 between the passes; a pass is skipped where the side
 * does not change. Always antialiased when shrinking.
 */
#ifndef IMF_MEDIA_RESIZE_H
#define IMF_MEDIA_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/recipe.h"

enum { IMF_RESIZE_MAX_SIDE = 1 << 24 };
#define IMF_RESIZE_MAX_FULL ((size_t)1 << 40)

/* in: [in_h, in_w, channels] u8, rows in_stride bytes apart; out: [out_h, out_w, channels] packed, the caller's.
 * channels 1..4, every side 1..IMF_RESIZE_MAX_SIDE. Errors: IMF_EMEM, IMF_EUSAGE. Thread-safe. */
int imf_resize_u8(const uint8_t *in, size_t in_w, size_t in_h, size_t in_stride, uint8_t *out, size_t out_w,
                  size_t out_h, size_t channels, enum imf_view_filter filter, imf_err *err);

/* The same, row by row, for a source that does not lie in memory as such (composited or padded on the way). Holds
 * memory for one source row and four times the output, however high the source is. One thread at a time. */
typedef struct imf_resizer imf_resizer;

/* out must live until imf_resizer_finish. Errors: IMF_EMEM, IMF_EUSAGE. */
int imf_resizer_new(imf_resizer **r, size_t in_w, size_t in_h, uint8_t *out, size_t out_w, size_t out_h,
                    size_t channels, enum imf_view_filter filter, imf_err *err);

/* A part of the resized picture: the picture as a whole would be full_w x full_h, and the part's corner lies at (x, y).
 * What lies outside is never computed, however large it would be. */
typedef struct imf_resize_window {
    size_t full_w, full_h; /* 1..IMF_RESIZE_MAX_FULL */
    size_t x, y;
} imf_resize_window;

/* As imf_resizer_new, for the part of out_w x out_h pixels. Errors: also IMF_EUSAGE for a part that does not lie
 * inside. */
int imf_resizer_new_window(imf_resizer **r, size_t in_w, size_t in_h, const imf_resize_window *window, uint8_t *out,
                           size_t out_w, size_t out_h, size_t channels, enum imf_view_filter filter, imf_err *err);

/* 16-bit samples of one channel: in [in_h, in_w], out [out_h, out_w], both packed. Pillow computes these in floating
 * point, and where bicubic weights overshoot the range it keeps the high and the low byte within theirs apart. */
int imf_resize_u16(const uint16_t *in, size_t in_w, size_t in_h, const imf_resize_window *window, uint16_t *out,
                   size_t out_w, size_t out_h, enum imf_view_filter filter, imf_err *err);

/* The next n source rows, all equal to row [in_w, channels]. Rows beyond in_h are ignored. */
void imf_resizer_rows(imf_resizer *r, const uint8_t *row, size_t n);

/* Completes out. All in_h rows must have been given. */
void imf_resizer_finish(imf_resizer *r);
void imf_resizer_free(imf_resizer **r);

#endif
