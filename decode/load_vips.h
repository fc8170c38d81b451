/* Decodes one picture with libvips: JPEG, PNG, WebP, GIF and TIFF, and nothing else. */
#ifndef IMF_DECODE_LOAD_VIPS_H
#define IMF_DECODE_LOAD_VIPS_H

#include <stddef.h>
#include <stdint.h>

#include "media/protocol.h"
#include "media/view.h"

/* Starts libvips, with the allow-list of loaders and without its modules. 0, or -1 when it does not start. */
int imf_load_start(void);

/* Decodes the first frame of the file fd: oriented, 8 bits, RGB or RGB with alpha. Reads by position only; the
 * descriptor's offset stays. On IMF_DECODE_OK out->pixels is the caller's (imf_free); else out is zeroed and detail
 * says why in the library's words. */
enum imf_decode_status imf_load_picture(int fd, uint64_t file_size, uint64_t max_pixels, imf_picture *out, char *detail,
                                        size_t detail_size);

#endif
