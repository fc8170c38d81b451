/* A small JPEG of a decoded picture. */
#ifndef IMF_DECODE_THUMBNAIL_H
#define IMF_DECODE_THUMBNAIL_H

#include <stddef.h>
#include <stdint.h>

#include "media/view.h"

enum { IMF_THUMBNAIL_SIDE = 320 };

/* Writes the thumbnail of p (long side at most IMF_THUMBNAIL_SIDE, never enlarged; alpha on white) into out, at most
 * `size` bytes.
 * Returns its bytes; 0 when it cannot be made, which is nobody's fault but memory's. */
uint32_t imf_thumbnail_make(const imf_picture *p, uint8_t *out, size_t size);

#endif
