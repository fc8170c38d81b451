/*
 * Decodes one picture with libvips (load_vips.h). Rows are pulled in strips on the calling thread and written at once
 * where the orientation wants them, as 8-bit RGB or RGB with alpha: the picture lies in memory once.
 *
 * Pixels equal Pillow's, except that 16-bit samples are scaled by >> 8 (Pillow clips grey ones). Not here: colours
 * (colour.c), what Pillow would call the file (filemode.c), views (media/view.c), thumbnails (thumbnail.c), limits of
 * the process (main.c).
 */
#include "load_vips.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gmodule.h>
#include <vips/vips.h>

#include "base/mem.h"
#include "colour.h"
#include "filemode.h"

typedef struct loader {
    const char *family; /* libvips' name of the loaders of this format, allowed and blocked together */
    const char *type;   /* of the one that reads a source */
    int (*load)(VipsSource *source, VipsImage **out, ...);
    const char *option; /* of this loader alone, a truth value, set; NULL: none */
    const char *module; /* libvips' module that may hold it; NULL: always built in */
    bool locked_only;   /* may be used behind seccomp only: libvips counts it as untrusted */
    enum imf_file_kind kind;
} loader;

/* Everything that may be opened. HEIC and AVIF are one loader. libheif's own limit of 16384 pixels a side is lifted:
 * max_pixels is what counts, and it is compared before anything is decoded. */
static const loader LOADERS[] = {
    {"VipsForeignLoadJpeg", "VipsForeignLoadJpegSource", vips_jpegload_source, NULL, NULL, false, IMF_FILE_JPEG},
    {"VipsForeignLoadPng", "VipsForeignLoadPngSource", vips_pngload_source, NULL, NULL, false, IMF_FILE_PNG},
    {"VipsForeignLoadWebp", "VipsForeignLoadWebpSource", vips_webpload_source, NULL, NULL, false, IMF_FILE_WEBP},
    {"VipsForeignLoadNsgif", "VipsForeignLoadNsgifSource", vips_gifload_source, NULL, NULL, false, IMF_FILE_GIF},
    {"VipsForeignLoadTiff", "VipsForeignLoadTiffSource", vips_tiffload_source, NULL, NULL, false, IMF_FILE_TIFF},
    {"VipsForeignLoadHeif", "VipsForeignLoadHeifSource", vips_heifload_source, "unlimited", "vips-heif", false,
     IMF_FILE_OTHER},
    {"VipsForeignLoadJxl", "VipsForeignLoadJxlSource", vips_jxlload_source, NULL, "vips-jxl", true, IMF_FILE_OTHER},
};
enum { N_LOADERS = sizeof LOADERS / sizeof LOADERS[0] };

/* ---- The file as a source: read by position, so that the offset that the core shares with us does not matter ---- */

typedef struct input {
    int fd;
    gint64 at, size;
} input;

static gint64 input_read(VipsSourceCustom *source, void *buffer, gint64 length, input *in)
{
    (void)source;
    ssize_t n;
    if (length > in->size - in->at)
        length = in->size - in->at;
    if (length <= 0)
        return 0;
    do
        n = pread(in->fd, buffer, (size_t)length, in->at);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        in->at += n;
    return n;
}

static gint64 input_seek(VipsSourceCustom *source, gint64 offset, int whence, input *in)
{
    (void)source;
    gint64 base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? in->at : in->size, to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return -1;
    in->at = to;
    return to;
}

static VipsSource *source_new(input *in)
{
    VipsSourceCustom *source = vips_source_custom_new();
    g_signal_connect(source, "read", G_CALLBACK(input_read), in);
    g_signal_connect(source, "seek", G_CALLBACK(input_seek), in);
    return VIPS_SOURCE(source);
}

/* ---- Sample formats ---- */

static bool samples_of(VipsImage *image, imf_samples *s)
{
    VipsInterpretation type = vips_image_get_interpretation(image);
    int bands = vips_image_get_bands(image);
    VipsBandFormat format = vips_image_get_format(image);
    if (vips_image_get_coding(image) != VIPS_CODING_NONE ||
        (format != VIPS_FORMAT_UCHAR && format != VIPS_FORMAT_USHORT) || bands < 1 || bands > 4)
        return false;
    switch (type) {
    case VIPS_INTERPRETATION_MULTIBAND:
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB16:
        break;
    case VIPS_INTERPRETATION_CMYK:
        if (bands != 4)
            return false;
        break;
    default:
        return false;
    }
    s->bands = (uint32_t)bands;
    s->wide = format == VIPS_FORMAT_USHORT;
    s->cmyk = type == VIPS_INTERPRETATION_CMYK;
    s->channels = !s->cmyk && (bands == 2 || bands == 4) ? 4 : 3;
    return true;
}

static void use_profile_of(VipsImage *image, imf_samples *s)
{
    const void *profile;
    size_t size;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size) == 0)
        imf_samples_use_profile(s, profile, size);
}

/* ---- Orientation ---- */

/* EXIF's eight orientations as steps in the output: source pixel (x, y) goes to first + x * right + y * down (in
 * pixels). */
typedef struct turn {
    uint32_t width, height; /* of the output */
    ptrdiff_t first, right, down;
} turn;

static turn turn_of(int orientation, uint32_t w, uint32_t h)
{
    ptrdiff_t sw = w, sh = h;
    switch (orientation) {
    case 2:
        return (turn){w, h, sw - 1, -1, sw};
    case 3:
        return (turn){w, h, sw * sh - 1, -1, -sw};
    case 4:
        return (turn){w, h, sw * (sh - 1), 1, -sw};
    case 5:
        return (turn){h, w, 0, sh, 1};
    case 6:
        return (turn){h, w, sh - 1, sh, -1};
    case 7:
        return (turn){h, w, sw * sh - 1, -sh, -1};
    case 8:
        return (turn){h, w, sh * (sw - 1), -sh, 1};
    default:
        return (turn){w, h, 0, 1, sw};
    }
}

/* Puts `rows` rows of w pixels, the first of them row y of the source, where they belong. Pixels that are neighbours in
 * the output are written one after the other. */
static void place(const turn *t, const uint8_t *strip, size_t w, size_t y, size_t rows, size_t channels, uint8_t *out)
{
    for (size_t x = 0; x < w; x++) {
        uint8_t *to = out + (t->first + (ptrdiff_t)x * t->right + (ptrdiff_t)y * t->down) * (ptrdiff_t)channels;
        for (size_t i = 0; i < rows; i++, to += t->down * (ptrdiff_t)channels) {
            const uint8_t *from = strip + (i * w + x) * channels;
            for (size_t k = 0; k < channels; k++)
                to[k] = from[k];
        }
    }
}

/* ---- Decoding ---- */

enum { STRIP_ROWS = 16, STRIP_BYTES = 4 << 20 };

/* Pulls every row of the picture into out (t->width * t->height * channels bytes). false: libvips failed, or strip
 * memory ran out. */
static bool pull(VipsImage *image, const imf_samples *s, const turn *t, uint8_t *out)
{
    bool done = false;
    size_t w = (size_t)vips_image_get_width(image), h = (size_t)vips_image_get_height(image);
    size_t rows = STRIP_BYTES / (w * s->channels);
    rows = rows < 1 ? 1 : rows > STRIP_ROWS ? STRIP_ROWS : rows;
    bool upright = t->right == 1 && t->first == 0;
    uint8_t *strip = imf_alloc_array(rows * w, s->channels);
    VipsRegion *region = vips_region_new(image);
    if (!strip || !region) {
        vips_error("imagefinder", "out of memory");
        goto out;
    }
    for (size_t y = 0; y < h; y += rows) {
        size_t n = h - y < rows ? h - y : rows;
        VipsRect rect = {0, (int)y, (int)w, (int)n};
        if (vips_region_prepare(region, &rect))
            goto out;
        /* region->valid holds at least rect, and begins at the left edge as rect does */
        const uint8_t *from = region->data + (y - (size_t)region->valid.top) * (size_t)region->bpl;
        for (size_t i = 0; i < n; i++, from += region->bpl)
            imf_samples_convert(s, from, w, upright ? out + (y + i) * w * s->channels : strip + i * w * s->channels);
        if (!upright)
            place(t, strip, w, y, n, s->channels, out);
    }
    done = true;
out:
    if (region)
        g_object_unref(region);
    imf_free(strip);
    return done;
}

/* libvips reports a want of memory in words only; these are its own and its libraries'. */
static enum imf_decode_status failure(char *detail, size_t detail_size)
{
    static const char *const MEMORY[] = {"out of memory",      "Out of memory", "nsufficient memory",
                                         "unable to allocate", "No space for",  "ailed to allocate"};
    enum imf_decode_status status = IMF_DECODE_DAMAGED;
    const char *words = vips_error_buffer();
    for (size_t i = 0; i < sizeof MEMORY / sizeof MEMORY[0]; i++)
        if (strstr(words, MEMORY[i]))
            status = IMF_DECODE_MEMORY_OUT;
    g_strlcpy(detail, words, detail_size);
    return status;
}

static const loader *loader_for(VipsSource *source)
{
    const char *type = vips_foreign_find_load_source(source); /* also one that is blocked */
    for (int i = 0; type && i < N_LOADERS; i++)
        if (strcmp(type, LOADERS[i].type) == 0)
            return VIPS_OPERATION_CLASS(g_type_class_peek(g_type_from_name(type)))->flags & VIPS_OPERATION_BLOCKED
                       ? NULL
                       : &LOADERS[i];
    return NULL;
}

/* What a file is that no loader takes. Begins it like one of ours, then it is damaged (a TIFF's directory may lie
 * last), or its loader is missing or blocked. */
static enum imf_decode_status unknown(VipsSource *source)
{
    static const struct {
        size_t at, n;
        const char *bytes;
        enum imf_decode_status status;
    } SIGNATURES[] = {
        {0, 3, "\xff\xd8\xff", IMF_DECODE_DAMAGED}, {0, 8, "\x89PNG\r\n\x1a\n", IMF_DECODE_DAMAGED},
        {8, 4, "WEBP", IMF_DECODE_DAMAGED},         {0, 4, "GIF8", IMF_DECODE_DAMAGED},
        {0, 4, "II*\0", IMF_DECODE_DAMAGED},        {0, 4, "MM\0*", IMF_DECODE_DAMAGED},
        {4, 8, "ftypheic", IMF_DECODE_NO_LOADER},   {4, 8, "ftypheix", IMF_DECODE_NO_LOADER},
        {4, 8, "ftypmif1", IMF_DECODE_NO_LOADER},   {4, 8, "ftypavif", IMF_DECODE_NO_LOADER},
        {0, 2, "\xff\x0a", IMF_DECODE_NO_LOADER},   {0, 12, "\0\0\0\x0cJXL \r\n\x87\n", IMF_DECODE_NO_LOADER},
    };
    enum { HEAD = 12 };
    unsigned char *head = vips_source_sniff(source, HEAD);
    for (size_t i = 0; head && i < sizeof SIGNATURES / sizeof SIGNATURES[0]; i++)
        if (memcmp(head + SIGNATURES[i].at, SIGNATURES[i].bytes, SIGNATURES[i].n) == 0)
            return SIGNATURES[i].status;
    return IMF_DECODE_UNSUPPORTED;
}

/* By how much a JPEG can be reduced while it is decoded, so that its sides stay as long as they are wanted: 1, 2, 4, 8.
 * The decoder leaves the fine frequencies out, which costs next to no time and is close to an average. */
static int reduction(const imf_load_wish *wish, uint64_t w, uint64_t h)
{
    uint64_t shorter = w < h ? w : h, longer = w < h ? h : w;
    int n = 8;
    while (n > 1 && (shorter / (unsigned)n < wish->short_side || longer / (unsigned)n < wish->long_side))
        n /= 2;
    return wish->short_side == 0 ? 1 : n;
}

/* Opens the JPEG in *image again, reduced. */
static bool reopen_reduced(VipsSource *source, const loader *how, int by, VipsImage **image)
{
    g_object_unref(*image);
    *image = NULL;
    return vips_source_rewind(source) == 0 && how->load(source, image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                                        VIPS_FAIL_ON_ERROR, "shrink", by, NULL) == 0;
}

/* Makes of the decoded pixels what Pillow has (filemode.h). p->channels may become fewer. */
static void as_pillow(const imf_file_mode *m, imf_picture *p)
{
    size_t w = p->width, n = w * p->height, channels = p->channels;
    size_t keep = channels == 4 && m->mode != IMF_MODE_CMYK && !m->alpha ? 3 : channels;
    for (size_t i = 0; m->inverted && i < n * channels; i++)
        p->pixels[i] = (uint8_t)~p->pixels[i];
    for (size_t i = 0; m->mode == IMF_MODE_GREY16_SWAPPED && i < 2 * n; i += 2) {
        uint8_t high = p->pixels[i];
        p->pixels[i] = p->pixels[i + 1];
        p->pixels[i + 1] = high;
    }
    for (size_t i = 0; m->fills && i < n; i++) {
        size_t x = i % w, y = i / w;
        if (x < m->left || x >= m->right || y < m->top || y >= m->bottom ||
            (channels == 4 && p->pixels[4 * i + 3] == 0))
            memcpy(p->pixels + channels * i, m->clear, 3);
    }
    for (size_t i = 1; keep < channels && i < n; i++)
        memmove(p->pixels + keep * i, p->pixels + channels * i, keep);
    p->channels = (uint32_t)keep;
}

static enum imf_decode_status decode(VipsSource *source, const input *in, const imf_load_wish *wish, imf_picture *out,
                                     char *detail, size_t detail_size)
{
    enum imf_decode_status status = IMF_DECODE_OK;
    VipsImage *image = NULL;
    uint8_t *pixels = NULL;
    imf_samples s = {0};
    imf_file_mode mode = {.mode = IMF_MODE_SRGB, .turned = true};
    const loader *how = loader_for(source);
    if (!how) {
        g_strlcpy(detail, vips_error_buffer(), detail_size);
        return unknown(source);
    }
    if (how->load(source, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, how->option, TRUE,
                  NULL)) {
        status = failure(detail, detail_size);
        goto out;
    }
    /* Only the header has been read so far. */
    uint64_t w = (uint64_t)vips_image_get_width(image), h = (uint64_t)vips_image_get_height(image);
    if (w * h > wish->max_pixels) { /* both are below 2^31 */
        g_snprintf(detail, detail_size, "%s: %" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT, how->type, w, h);
        status = IMF_DECODE_TOO_LARGE;
        goto out;
    }
    int by = how->kind == IMF_FILE_JPEG ? reduction(wish, w, h) : 1;
    turn full = turn_of(vips_image_get_orientation(image), (uint32_t)w, (uint32_t)h);
    if (by > 1) {
        if (!reopen_reduced(source, how, by, &image)) {
            status = failure(detail, detail_size);
            goto out;
        }
        w = (uint64_t)vips_image_get_width(image);
        h = (uint64_t)vips_image_get_height(image);
    }
    if (!samples_of(image, &s)) {
        g_snprintf(detail, detail_size, "%s: %d bands of %s, %s", how->type, vips_image_get_bands(image),
                   vips_enum_nick(VIPS_TYPE_BAND_FORMAT, vips_image_get_format(image)),
                   vips_enum_nick(VIPS_TYPE_INTERPRETATION, vips_image_get_interpretation(image)));
        status = IMF_DECODE_UNSUPPORTED;
        goto out;
    }
    if (wish->flags & IMF_DECODE_REFERENCE) {
        mode = imf_file_mode_of(in->fd, (uint64_t)in->size, how->kind, s.bands, s.wide, s.cmyk);
        s.mode = mode.mode;
        if (s.mode == IMF_MODE_CMYK)
            s.channels = 4;
        else if (s.mode == IMF_MODE_GREY16 || s.mode == IMF_MODE_GREY16_SWAPPED)
            s.channels = 2;
    } else if (!(wish->flags & IMF_DECODE_RAW_COLOUR)) {
        use_profile_of(image, &s);
    }
    turn t = turn_of(mode.turned ? vips_image_get_orientation(image) : 1, (uint32_t)w, (uint32_t)h);
    size_t bytes;
    if (!imf_mul_size((size_t)(w * h), s.channels, &bytes) || !(pixels = imf_alloc(bytes))) {
        g_strlcpy(detail, "pixels", detail_size);
        status = IMF_DECODE_MEMORY_OUT;
        goto out;
    }
    if (!pull(image, &s, &t, pixels)) {
        status = failure(detail, detail_size);
        goto out;
    }
    *out = (imf_picture){pixels, t.width, t.height, s.channels, mode.mode, full.width, full.height};
    pixels = NULL;
    if (wish->flags & IMF_DECODE_REFERENCE)
        as_pillow(&mode, out);
out:
    imf_samples_clear(&s);
    imf_free(pixels);
    if (image)
        g_object_unref(image);
    return status;
}

enum imf_decode_status imf_load_picture(int fd, uint64_t file_size, const imf_load_wish *wish, imf_picture *out,
                                        char *detail, size_t detail_size)
{
    input in = {fd, 0, (gint64)file_size};
    memset(out, 0, sizeof *out);
    detail[0] = '\0';
    vips_error_clear();
    VipsSource *source = source_new(&in);
    enum imf_decode_status status = decode(source, &in, wish, out, detail, detail_size);
    g_object_unref(source);
    vips_error_clear();
    return status;
}

/* ---- Start ---- */

/* Loads one of libvips' modules from the folder where libvips itself would look for them: beside it. A module that is
 * not there is no fault: its pictures are refused with a reason. */
static void load_module(const char *name)
{
    Dl_info libvips;
    const void *inside = dlsym(RTLD_DEFAULT, "vips_init");
    if (!inside || !dladdr(inside, &libvips) || !libvips.dli_fname)
        return;
    char *folder = g_path_get_dirname(libvips.dli_fname);
    char *path = g_strdup_printf("%s/vips-modules-%d.%d/%s.so", folder, vips_version(0), vips_version(1), name);
    GModule *module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
    if (module)
        g_module_make_resident(module); /* it has made types, which stay */
    g_free(path);
    g_free(folder);
}

int imf_load_start(void)
{
    /* A home without modules: ImageMagick, Poppler and others are never even loaded; the start takes half the time. */
    if (setenv("VIPSHOME", "/dev/null", 1))
        return -1;
    /* Pictures of loaders that cannot give rows in order (WebP) go to memory, which is limited, and never to a file. */
    if (setenv("VIPS_DISC_THRESHOLD", "1000000m", 1) || vips_init("imagefinder-decode"))
        return -1;
    for (int i = 0; i < N_LOADERS; i++)
        if (LOADERS[i].module && !vips_type_find("VipsForeignLoad", LOADERS[i].type))
            load_module(LOADERS[i].module);
    vips_error_clear();
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (int i = 0; i < N_LOADERS; i++)
        vips_operation_block_set(LOADERS[i].family, LOADERS[i].locked_only);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return 0;
}

void imf_load_locked(void)
{
    for (int i = 0; i < N_LOADERS; i++)
        vips_operation_block_set(LOADERS[i].family, FALSE);
}
