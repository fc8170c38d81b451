/*
 * A view is one fixed-size RGB8 picture cut from a file by a recipe. The model says which recipes it wants; the decode
 * worker carries them out; docs/internals/starter.md gives the exact arithmetic of `subject`.
 */
#ifndef IMF_MEDIA_RECIPE_H
#define IMF_MEDIA_RECIPE_H

#include <stdint.h>

enum imf_view_kind {
    IMF_VIEW_SQUASH = 1,  /* the whole frame resized to width x height */
    IMF_VIEW_CENTRE = 2,  /* the centred square of the short side, offset (long - short) / 2, resized */
    IMF_VIEW_SUBJECT = 3, /* the box of alpha > 8, on white, padded to a square with an 8 % margin, resized */
    /* The whole frame resized until its shorter side is `resize` and its longer one resize * long / short, rounded
     * down; then the middle width x height of it. The corner lies at half of what is left over: */
    IMF_VIEW_SHORTER = 4,      /* rounded half to even (OpenAI's CLIP, torchvision) */
    IMF_VIEW_SHORTER_FLOOR = 5 /* rounded down (transformers' CLIPImageProcessor) */
};

enum imf_view_filter { IMF_FILTER_BILINEAR = 2, IMF_FILTER_BICUBIC = 3 }; /* Pillow's numbers */

enum imf_view_when { IMF_WHEN_ALWAYS = 0, IMF_WHEN_OPAQUE = 1, IMF_WHEN_ALPHA = 2 }; /* which pictures get this view */

typedef struct imf_view_recipe {                /* fixed layout: it crosses the worker's pipe */
    uint32_t kind, filter, when, width, height; /* sides 1..IMF_VIEW_MAX_SIDE */
    uint32_t resize;                            /* of the SHORTER kinds, width and height at least; 0 else */
} imf_view_recipe;

enum { IMF_MAX_VIEWS = 4, IMF_VIEW_MAX_SIDE = 1024, IMF_VIEW_MAX_RESIZE = 1 << 14 };

#endif
