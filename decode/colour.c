/*
 * Samples become 8-bit sRGB (colour.h).
 *
 * Profiles go through Little CMS itself, which libvips brings along: rows are converted in one step where they stand,
 * without intermediate pictures, and equal those of Pillow's ImageCms. The intent is perceptual, as in browsers and
 * image servers: for the matrix profiles of cameras and screens all intents are the same, and printers' tables map
 * their black to black. Nothing is set about black points: Little CMS does what the profile's version asks for.
 */
#include "colour.h"

#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

enum {
    PROFILE_MIN = 128,      /* bytes of its header */
    PROFILE_MAX = 16 << 20, /* the largest printers' tables in use have some 10 MB */
    NEAR = 2                /* levels by which an sRGB profile may differ from sRGB; other spaces differ by > 10 */
};

static uint32_t mul_div_255(uint32_t a, uint32_t b)
{
    uint32_t t = a * b + 128;
    return ((t >> 8) + t) >> 8;
}

static void convert_plainly(const imf_samples *s, const void *from, size_t n, uint8_t *to)
{
    const uint8_t *narrow = from;
    const uint16_t *wide = from;
    if (!s->wide && s->bands == s->channels && (!s->cmyk || s->mode == IMF_MODE_CMYK)) {
        memcpy(to, from, n * s->channels);
        return;
    }
    if (s->mode == IMF_MODE_GREY16 || s->mode == IMF_MODE_GREY16_SWAPPED) {
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * sizeof *wide, wide + i * s->bands, sizeof *wide);
        return;
    }
    for (size_t i = 0; i < n; i++, to += s->channels) {
        uint8_t v[4] = {0};
        for (uint32_t k = 0; k < s->bands; k++)
            v[k] = s->wide ? (uint8_t)(wide[i * s->bands + k] >> 8) : narrow[i * s->bands + k];
        if (s->cmyk && s->mode != IMF_MODE_CMYK) {
            uint32_t key = 255U - v[3];
            for (uint32_t k = 0; k < 3; k++)
                to[k] = (uint8_t)(key - mul_div_255(v[k], key));
        } else if (s->bands <= 2) {
            to[0] = to[1] = to[2] = v[0];
            if (s->bands == 2)
                to[3] = v[1];
        } else {
            memcpy(to, v, s->channels);
        }
    }
}

void imf_samples_convert(const imf_samples *s, const void *from, size_t n, uint8_t *to)
{
    if (!s->transform) {
        convert_plainly(s, from, n, to);
        return;
    }
    cmsDoTransform(s->transform, from, to, (cmsUInt32Number)n);
    if (s->channels == 4) { /* Little CMS has left it alone */
        const uint8_t *narrow = from;
        const uint16_t *wide = from;
        for (size_t i = 0, k = s->bands - 1; i < n; i++, k += s->bands)
            to[4 * i + 3] = s->wide ? (uint8_t)(wide[k] >> 8) : narrow[k];
    }
}

/* ---- Profiles ---- */

/* Of the kinds that describe pictures, and for samples such as these. */
static bool profile_fits(const imf_samples *s, cmsHPROFILE profile)
{
    cmsProfileClassSignature class = cmsGetDeviceClass(profile);
    cmsColorSpaceSignature space = cmsGetColorSpace(profile);
    if (class != cmsSigInputClass && class != cmsSigDisplayClass && class != cmsSigOutputClass &&
        class != cmsSigColorSpaceClass)
        return false;
    return space == (s->cmyk ? cmsSigCmykData : s->bands <= 2 ? cmsSigGrayData : cmsSigRgbData);
}

/* Little CMS' own word for the samples; those of alpha are skipped. */
static cmsUInt32Number format_of(const imf_samples *s)
{
    uint32_t extra = s->channels == 4 ? 1 : 0, space = s->cmyk ? PT_CMYK : s->bands <= 2 ? PT_GRAY : PT_RGB;
    return COLORSPACE_SH(space) | CHANNELS_SH(s->bands - extra) | EXTRA_SH(extra) | BYTES_SH(s->wide ? 2 : 1);
}

/* Whether the transform leaves colours as they are: a lattice of 9 x 9 x 9 and the greys, or the greys alone. */
static bool changes_nothing(const imf_samples *s, cmsHTRANSFORM transform)
{
    enum { STEPS = 9, GREYS = 256, MOST = STEPS * STEPS * STEPS + GREYS };
    imf_samples bare = *s; /* the plain conversion of the same samples is what to compare with */
    bare.transform = NULL;
    uint8_t plain[4 * MOST], converted[4 * MOST];
    uint16_t wide[4 * MOST];
    uint8_t *narrow = (uint8_t *)wide;
    uint32_t colours = s->bands - (s->channels == 4 ? 1 : 0);
    size_t n = colours == 3 ? MOST : GREYS;
    if (s->cmyk)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t lattice = i - GREYS, v[4] = {i, i, i, 0};
        if (i >= GREYS) {
            v[0] = lattice % STEPS * 255 / (STEPS - 1);
            v[1] = lattice / STEPS % STEPS * 255 / (STEPS - 1);
            v[2] = lattice / STEPS / STEPS * 255 / (STEPS - 1);
        }
        for (uint32_t k = 0; k < s->bands; k++) {
            size_t value = k < colours ? v[k] : 0;
            if (s->wide)
                wide[i * s->bands + k] = (uint16_t)(value * 257);
            else
                narrow[i * s->bands + k] = (uint8_t)value;
        }
    }
    memset(converted, 0, sizeof converted);
    convert_plainly(&bare, wide, n, plain);
    cmsDoTransform(transform, wide, converted, (cmsUInt32Number)n);
    for (size_t i = 0; i < n * s->channels; i++)
        if (abs(plain[i] - converted[i]) > NEAR)
            return false;
    return true;
}

bool imf_samples_use_profile(imf_samples *s, const void *bytes, size_t size)
{
    bool used = false;
    cmsHTRANSFORM transform = NULL;
    cmsHPROFILE srgb = NULL, profile = NULL;
    if (size < PROFILE_MIN || size > PROFILE_MAX)
        return false;
    profile = cmsOpenProfileFromMem(bytes, (cmsUInt32Number)size);
    srgb = cmsCreate_sRGBProfile();
    if (!profile || !srgb || !profile_fits(s, profile))
        goto out;
    /* without a cache of the last pixel: photographs have no runs, and looking costs as much as converting */
    transform = cmsCreateTransform(profile, format_of(s), srgb, s->channels == 4 ? TYPE_RGBA_8 : TYPE_RGB_8,
                                   INTENT_PERCEPTUAL, cmsFLAGS_NOCACHE);
    if (!transform)
        goto out;
    used = true;
    if (!changes_nothing(s, transform)) {
        s->transform = transform;
        transform = NULL;
    }
out:
    if (transform)
        cmsDeleteTransform(transform);
    if (profile)
        cmsCloseProfile(profile);
    if (srgb)
        cmsCloseProfile(srgb);
    return used;
}

void imf_samples_clear(imf_samples *s)
{
    if (s->transform)
        cmsDeleteTransform(s->transform);
    s->transform = NULL;
}
