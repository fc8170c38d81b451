/* Decodes one picture with libvips: JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF, and in the locked room JPEG XL.
 * Nothing else. */
#ifndef IMF_DECODE_LOAD_VIPS_H
#define IMF_DECODE_LOAD_VIPS_H

#include <stddef.h>
#include <stdint.h>

#include "media/protocol.h"
#include "media/view.h"

/* Starts libvips, with the allow-list of loaders and of its modules those of HEIF and JPEG XL only. 0, or -1 when it
 * does not start. Leaves no thread behind. */
int imf_load_start(void);

/* Seccomp is in force: loaders that libvips counts as untrusted may be used as well (JPEG XL). */
void imf_load_locked(void);

typedef struct imf_load_wish {
    uint64_t max_pixels;
    uint32_t flags; /* bits of enum imf_decode_flag */
    /* A JPEG may be decoded at a reduced size as long as its sides stay no shorter than these. 0: it may not. */
    uint32_t short_side, long_side;
} imf_load_wish;

/* Decodes the first frame of the file fd: oriented, 8 bits, sRGB or sRGB with alpha; behind IMF_DECODE_REFERENCE in the
 * mode that Pillow gives it. Reads by position only; the descriptor's offset stays. On IMF_DECODE_OK out->pixels is the
 * caller's (imf_free); else out is zeroed and detail says why in the library's words. */
enum imf_decode_status imf_load_picture(int fd, uint64_t file_size, const imf_load_wish *wish, imf_picture *out,
                                        char *detail, size_t detail_size);

#endif
