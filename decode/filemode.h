/*
 * What Pillow would make of a file ("mode"), read from the file's own head where libvips does not tell: palettes,
 * single bits, colours for transparency. For IMF_DECODE_REFERENCE only.
 */
#ifndef IMF_DECODE_FILEMODE_H
#define IMF_DECODE_FILEMODE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/view.h"

enum imf_file_kind { IMF_FILE_JPEG, IMF_FILE_PNG, IMF_FILE_WEBP, IMF_FILE_GIF, IMF_FILE_TIFF, IMF_FILE_OTHER };

typedef struct imf_file_mode {
    imf_picture_mode mode;
    bool alpha;    /* the mode has alpha; else what libvips gives of it is dropped */
    bool inverted; /* Pillow's samples are libvips' turned round */
    bool turned;   /* Pillow, too, applies the orientation */
    bool fills;    /* a GIF: where its first frame is clear, and around it, Pillow has the colour `clear` */
    uint8_t clear[3];
    uint32_t left, top, right, bottom; /* the first frame's place on the screen */
} imf_file_mode;

/* fd, size: the file. bands, wide: how many samples libvips gives, and whether they have 16 bits. A head that cannot be
 * read leaves what bands and wide say. */
imf_file_mode imf_file_mode_of(int fd, uint64_t size, enum imf_file_kind kind, uint32_t bands, bool wide, bool cmyk);

#endif
