/* Cuts views from a decoded picture. Used by the decode worker; pure, thread-safe. */
#ifndef IMF_MEDIA_VIEW_H
#define IMF_MEDIA_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "media/recipe.h"

/* What a decoded picture is. Ours are sRGB always; the others are those of IMF_DECODE_REFERENCE, where the picture
 * stays what Pillow makes of the file ("mode") until a view is cut. */
typedef enum imf_picture_mode {
    IMF_MODE_SRGB = 0,      /* 3 bytes a pixel, or 4 with straight alpha */
    IMF_MODE_COLOUR,        /* the same, as Pillow's L, RGB, LA, RGBA */
    IMF_MODE_INDEXED,       /* 3 bytes, as Pillow's 1 and P: colours come from a palette and are never mixed */
    IMF_MODE_CMYK,          /* 4 bytes */
    IMF_MODE_GREY16,        /* 2 bytes: one sample of 16 bits, in the machine's order */
    IMF_MODE_GREY16_SWAPPED /* the same in the other order (Pillow's I;16B, which it resizes without a look at that) */
} imf_picture_mode;

typedef struct imf_picture {
    uint8_t *pixels;        /* [height, width, channels], packed */
    uint32_t width, height; /* after orientation */
    uint32_t channels;      /* bytes a pixel: 3, 4 or 2, as the mode says */
    imf_picture_mode mode;
    uint32_t full_width, full_height; /* of the file, after orientation: more where it was decoded at a reduced size */
} imf_picture;

/* Some alpha value is below 255. False where there is no alpha. */
bool imf_picture_has_alpha(const imf_picture *p);

/* Whether a recipe's numbers make sense. */
bool imf_view_valid(const imf_view_recipe *r);

/* Whether a picture with or without alpha gets this view. */
bool imf_view_wanted(const imf_view_recipe *r, bool has_alpha);

/* Writes the view [r->height, r->width, 3] into out. An sRGB picture is put on white first. Others are converted to RGB
 * as Pillow does it: by SHORTER after all else, else before. Errors: IMF_EMEM, IMF_EUSAGE. */
int imf_view_make(const imf_picture *p, const imf_view_recipe *r, uint8_t *out, imf_err *err);

#endif
