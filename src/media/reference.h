/*
 * What Pillow and OpenAI's own code make of a picture that is still in the file's mode (IMF_DECODE_REFERENCE), to the
 * last bit. Source: python-pillow/Pillow 11.3, src/PIL/Image.py and src/libImaging. Internal to media.
 */
#ifndef IMF_MEDIA_REFERENCE_H
#define IMF_MEDIA_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "media/resize.h"
#include "media/view.h"

/* Image.convert("RGB"): n pixels of the picture's mode -> RGB. Alpha is dropped, 16-bit grey is cut off at 255. */
void imf_reference_rgb(const imf_picture *p, const uint8_t *from, size_t n, uint8_t *to);

/* The view of kind SHORTER: resized in the picture's own mode, converted to RGB at the end. out: [r->height, r->width,
 * 3]. Errors: IMF_EMEM, IMF_EUSAGE. */
int imf_reference_shorter(const imf_picture *p, const imf_view_recipe *r, const imf_resize_window *window, uint8_t *out,
                          imf_err *err);

#endif
