/* Cuts views from a decoded picture. Used by the decode worker; pure, thread-safe. */
#ifndef IMF_MEDIA_VIEW_H
#define IMF_MEDIA_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "media/recipe.h"

typedef struct imf_picture {
    uint8_t *pixels;        /* [height, width, channels], packed */
    uint32_t width, height; /* after orientation */
    uint32_t channels;      /* 3: RGB; 4: RGB and alpha (straight) */
} imf_picture;

/* Some alpha value is below 255. False for 3 channels. */
bool imf_picture_has_alpha(const imf_picture *p);

/* Whether a picture with or without alpha gets this view. */
bool imf_view_wanted(const imf_view_recipe *r, bool has_alpha);

/* Writes the view [r->height, r->width, 3] into out. SQUASH and CENTRE put alpha on white first. Errors: IMF_EMEM,
 * IMF_EUSAGE. */
int imf_view_make(const imf_picture *p, const imf_view_recipe *r, uint8_t *out, imf_err *err);

#endif
