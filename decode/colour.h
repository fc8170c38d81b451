/* From the samples that a loader gives to 8-bit sRGB, row by row: plainly, or through the picture's colour profile. */
#ifndef IMF_DECODE_COLOUR_H
#define IMF_DECODE_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/view.h"

/* What a row holds. */
typedef struct imf_samples {
    uint32_t bands;    /* samples a pixel, 1..4 */
    uint32_t channels; /* bytes a pixel that they become: 3, 4 with alpha or of CMYK, 2 of 16-bit grey */
    bool wide;         /* 16-bit samples */
    bool cmyk;
    imf_picture_mode mode; /* what they become; IMF_MODE_SRGB for all but IMF_DECODE_REFERENCE */
    void *transform;       /* of the profile; NULL: plain conversion */
} imf_samples;

/* From now on rows go through this ICC profile. A profile that is sRGB already changes nothing; one that is broken, of
 * the wrong class or kind, or too large is ignored: false. */
bool imf_samples_use_profile(imf_samples *s, const void *profile, size_t size);

/* n pixels of s->bands samples -> s->channels channels. Plainly: 16 bits by >> 8, CMYK as Pillow does;
 * what s->mode says stays as it is. */
void imf_samples_convert(const imf_samples *s, const void *from, size_t n, uint8_t *to);

void imf_samples_clear(imf_samples *s);

#endif
