/*
 * The heads of PNG, GIF and TIFF as far as Pillow's modes need them (filemode.h). Sources: python-pillow/Pillow 11.3,
 * src/PIL/{Png,Gif,Tiff}ImagePlugin.py. Files are read by position; every read is checked against the size.
 */
#include "filemode.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct head {
    int fd;
    uint64_t size;
} head;

static bool read_at(const head *h, uint64_t at, void *to, size_t n)
{
    size_t got = 0;
    if (at > h->size || n > h->size - at)
        return false;
    while (got < n) {
        ssize_t k = pread(h->fd, (uint8_t *)to + got, n - got, (off_t)(at + got));
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        got += (size_t)k;
    }
    return true;
}

/* ---- PNG ---- */

static void read_png(const head *h, imf_file_mode *m)
{
    enum { GREY = 0, INDEXED = 3, WITH_ALPHA = 4 };
    uint8_t ihdr[2]; /* bits a sample, kind of colour */
    if (!read_at(h, 24, ihdr, sizeof ihdr))
        return;
    m->alpha = (ihdr[1] & WITH_ALPHA) != 0; /* a transparent colour is no alpha */
    if (ihdr[1] == INDEXED || (ihdr[1] == GREY && ihdr[0] == 1))
        m->mode = IMF_MODE_INDEXED;
    else if (ihdr[1] == GREY && ihdr[0] == 16)
        m->mode = IMF_MODE_GREY16;
}

/* ---- GIF ---- */

typedef struct gif_table {
    bool there;   /* and it is not merely the greys in order, which Pillow takes for no palette */
    size_t bytes; /* 3 a colour */
    uint8_t colours[3 * 256];
} gif_table;

static bool read_table(const head *h, uint64_t at, unsigned flags, gif_table *t)
{
    t->bytes = (size_t)3 << ((flags & 7) + 1);
    t->there = false;
    if (!read_at(h, at, t->colours, t->bytes))
        return false;
    for (size_t i = 0; i < t->bytes; i++)
        t->there |= t->colours[i] != i / 3;
    return true;
}

/* The first frame's palette and transparent colour. */
static void read_gif(const head *h, imf_file_mode *m)
{
    enum { TABLE = 128, EXTENSION = '!', FRAME = ',', CONTROL = 249, TRANSPARENT = 1, MOST_BLOCKS = 1 << 16 };
    gif_table table = {0};
    uint8_t b[13];
    uint64_t at = sizeof b;
    size_t clear = 0;
    if (!read_at(h, 0, b, sizeof b))
        return;
    if (b[10] & TABLE) {
        if (!read_table(h, at, b[10], &table))
            return;
        at += table.bytes;
    }
    for (int blocks = 0; blocks < MOST_BLOCKS && read_at(h, at, b, 2); blocks++) {
        if (b[0] == FRAME) {
            if (!read_at(h, at, b, 10) || ((b[9] & TABLE) && !read_table(h, at + 10, b[9], &table)))
                return;
            m->mode = table.there ? IMF_MODE_INDEXED : IMF_MODE_COLOUR;
            m->alpha = false;
            m->fills = true;
            m->left = (uint32_t)(b[1] | b[2] << 8);
            m->top = (uint32_t)(b[3] | b[4] << 8);
            m->right = m->left + (uint32_t)(b[5] | b[6] << 8);
            m->bottom = m->top + (uint32_t)(b[7] | b[8] << 8);
            for (size_t k = 0; k < 3; k++)
                m->clear[k] = !table.there                  ? (uint8_t)clear
                              : 3 * clear + k < table.bytes ? table.colours[3 * clear + k]
                                                            : 0;
            return;
        }
        if (b[0] != EXTENSION) { /* Pillow skips bytes that mean nothing */
            at++;
            continue;
        }
        bool control = b[1] == CONTROL;
        at += 2;
        for (; blocks < MOST_BLOCKS && read_at(h, at, b, 1) && b[0] > 0; blocks++, at += (size_t)b[0] + 1) {
            uint8_t settings[4];
            if (control && b[0] >= sizeof settings && read_at(h, at + 1, settings, sizeof settings) &&
                (settings[0] & TRANSPARENT))
                clear = settings[3];
            control = false;
        }
        at++;
    }
}

/* ---- TIFF ---- */

typedef struct tiff {
    head file;
    bool big_endian, big; /* big: 8-byte offsets */
} tiff;

static uint64_t number(const tiff *t, const uint8_t *bytes, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | bytes[t->big_endian ? i : n - 1 - i];
    return v;
}

/* The first value of a directory's entry, when it is a whole number. */
static bool first_value(const tiff *t, const uint8_t *entry, uint64_t *value)
{
    static const uint8_t SIZES[] = {[1] = 1, [3] = 2, [4] = 4, [16] = 8};
    size_t word = t->big ? 8 : 4;
    uint64_t type = number(t, entry + 2, 2), count = number(t, entry + 4, word);
    const uint8_t *inside = entry + 4 + word;
    uint8_t bytes[8];
    size_t n = type < sizeof SIZES ? SIZES[type] : 0;
    if (n == 0 || count == 0)
        return false;
    if (count <= word / n)
        memcpy(bytes, inside, n);
    else if (!read_at(&t->file, number(t, inside, word), bytes, n))
        return false;
    *value = number(t, bytes, n);
    return true;
}

static void read_tiff(const head *h, imf_file_mode *m, uint32_t bands)
{
    enum { BITS = 258, PHOTOMETRIC = 262, SAMPLES = 277, EXTRA = 338, MOST_ENTRIES = 4096 };
    enum { WHITE_IS_ZERO = 0, BLACK_IS_ZERO = 1, RGB = 2, PALETTE = 3 };
    enum { EXTRA_NONE = -1, EXTRA_UNKNOWN = 0 };
    tiff t = {.file = *h};
    uint8_t b[20];
    uint64_t bits = 1, photometric = WHITE_IS_ZERO, samples = 1, value;
    int extra = EXTRA_NONE;
    if (!read_at(h, 0, b, 16))
        return;
    t.big_endian = b[0] == 'M';
    t.big = number(&t, b + 2, 2) == 43;
    size_t entry_bytes = t.big ? 20 : 12, count_bytes = t.big ? 8 : 2;
    uint64_t at = t.big ? number(&t, b + 8, 8) : number(&t, b + 4, 4);
    if (!read_at(h, at, b, count_bytes))
        return;
    uint64_t n = number(&t, b, count_bytes);
    at += count_bytes; /* at was inside the file, which is below 2^63 */
    for (uint64_t i = 0; i < n && i < MOST_ENTRIES && read_at(h, at, b, entry_bytes); i++, at += entry_bytes) {
        if (!first_value(&t, b, &value))
            continue;
        switch (number(&t, b, 2)) {
        case BITS:
            bits = value;
            break;
        case PHOTOMETRIC:
            photometric = value;
            break;
        case SAMPLES:
            samples = value;
            break;
        case EXTRA:
            extra = value > 999 ? 999 : (int)value;
            break;
        default:
            break;
        }
    }
    m->turned = true;
    if (photometric == PALETTE || (photometric <= BLACK_IS_ZERO && bits == 1 && samples == 1)) {
        m->mode = IMF_MODE_INDEXED;
        m->alpha = false;
    } else if (photometric <= BLACK_IS_ZERO && bits == 16 && samples == 1) {
        m->mode = t.big_endian ? IMF_MODE_GREY16_SWAPPED : IMF_MODE_GREY16;
        m->alpha = false;
        m->inverted = photometric == WHITE_IS_ZERO; /* libvips turns it round, Pillow forgets to */
    } else if (photometric == RGB && bands == 4) {
        m->alpha = extra != EXTRA_UNKNOWN;
    }
}

imf_file_mode imf_file_mode_of(int fd, uint64_t size, enum imf_file_kind kind, uint32_t bands, bool wide, bool cmyk)
{
    head h = {fd, size};
    imf_file_mode m = {.mode = cmyk ? IMF_MODE_CMYK : IMF_MODE_COLOUR, .alpha = !cmyk && (bands == 2 || bands == 4)};
    switch (kind) {
    case IMF_FILE_PNG:
        read_png(&h, &m);
        break;
    case IMF_FILE_GIF:
        read_gif(&h, &m);
        break;
    case IMF_FILE_TIFF:
        read_tiff(&h, &m, bands);
        break;
    case IMF_FILE_OTHER: /* Pillow of that version cannot open it: as ours */
        m.turned = true;
        break;
    case IMF_FILE_JPEG:
    case IMF_FILE_WEBP:
        break;
    }
    /* where the head and the loader do not agree, the loader's samples count */
    if (!wide && (m.mode == IMF_MODE_GREY16 || m.mode == IMF_MODE_GREY16_SWAPPED))
        m.mode = IMF_MODE_COLOUR;
    if (cmyk)
        m.mode = IMF_MODE_CMYK;
    m.alpha = m.alpha && !cmyk && (bands == 2 || bands == 4);
    return m;
}
