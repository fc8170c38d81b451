/* Views as the published models' own Python code makes them, to the last bit: tests/golden/preprocess/, made by
 * tools/golden/preprocess.py. The line of a view is made again from our own result and compared as text. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "golden_line.h"

#include "base/mem.h"
#include "media/pool.h"
#include "media/protocol.h"
#include "media/view.h"

enum { FILES = 80, FILE_VIEWS = 80 * 12 + 52 * 9, CASES = 374, ROWS_UP_TO = 5 };

static const char *folder(void)
{
    const char *root = getenv("IMF_SOURCE_ROOT");
    assert_non_null(root);
    return root;
}

static FILE *open_golden(const char *name)
{
    char path[4096], line[256];
    snprintf(path, sizeof path, "%s/tests/golden/preprocess/%s", folder(), name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_int_equal(strncmp(line, "# Pillow ", 9), 0);
    return f;
}

/* That of zlib, bit by bit. */
static uint32_t crc32(const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static imf_view_recipe recipe_of(const char *family, uint32_t resize, uint32_t size)
{
    if (strcmp(family, "openai") == 0)
        return (imf_view_recipe){IMF_VIEW_SHORTER, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, size, size, resize};
    if (strcmp(family, "transformers") == 0)
        return (imf_view_recipe){IMF_VIEW_SHORTER_FLOOR, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, size, size, resize};
    assert_string_equal(family, "ruclip");
    return (imf_view_recipe){IMF_VIEW_CENTRE, IMF_FILTER_BILINEAR, IMF_WHEN_ALWAYS, size, size, 0};
}

/* ---- Files, through the worker ---- */

static size_t failures;

/* Pixels against the line of the golden, and the line of hexadecimal below it. All failures are told, not the first. */
static void expect_pixels(FILE *f, const char *name, const char *line, const char *start, const uint8_t *pixels,
                          size_t size)
{
    char ours[256], hex[4096], row[4096] = "";
    snprintf(ours, sizeof ours, "%s crc32 %08" PRIx32, start, crc32(pixels, size * size * 3));
    bool equal = strcmp(line, ours) == 0;
    if (f && size <= ROWS_UP_TO) {
        assert_non_null(golden_line(f, hex, sizeof hex));
        for (size_t i = 0; i < size * size * 3; i++)
            snprintf(row + 2 * i, 3, "%02x", pixels[i]);
        equal = equal && strcmp(hex, row) == 0;
    }
    if (equal)
        return;
    failures++;
    print_error("%s\n  golden: %s\n  ours:   %s\n", name, line, ours);
    if (row[0])
        print_error("  golden: %.150s\n  ours:   %.150s\n", hex, row);
}

static int open_picture(FILE *f, const char *name)
{
    char path[8192], line[256], ours[64];
    static uint8_t bytes[1 << 16];
    snprintf(path, sizeof path, "%s/tests/golden/%s", folder(), name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: missing", name);
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    assert_true(n > 0);
    snprintf(ours, sizeof ours, "file %zd crc32 %08" PRIx32, n, crc32(bytes, (size_t)n));
    assert_non_null(golden_line(f, line, sizeof line));
    assert_string_equal(line, ours);
    return fd;
}

static imf_pool *open_pool(uint32_t flags)
{
    char path[4096];
    imf_pool *pool = NULL;
    imf_err err = {0};
    imf_pool_options options = imf_pool_options_default();
    const char *build = getenv("IMF_BUILD_ROOT");
    assert_non_null(build);
    snprintf(path, sizeof path, "%s/imagefinder-decode", build);
    options.program = path;
    options.timeout_ms = 60000;
    options.flags = flags;
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return pool;
}

static void files_equal_the_reference(void **state)
{
    (void)state;
    char line[4096], name[256] = "";
    imf_err err = {0};
    imf_pool *pool = open_pool(0);
    FILE *f = open_golden("files.txt");
    int fd = -1;
    size_t files = 0, views = 0;
    failures = 0;
    while (golden_line(f, line, sizeof line)) {
        char how[16], family[16], start[128];
        uint32_t resize, size;
        if (sscanf(line, "picture %255[^\n]", name) == 1) {
            if (fd >= 0)
                close(fd);
            fd = open_picture(f, name);
            files++;
            continue;
        }
        if (sscanf(line, "view %15s %15s %" SCNu32 " %" SCNu32, how, family, &resize, &size) != 4)
            fail_msg("not a view: %.200s", line);
        assert_true(size >= 1 && size <= 100);
        snprintf(start, sizeof start, "view %s %s %" PRIu32 " %" PRIu32, how, family, resize, size);
        imf_view_recipe r = recipe_of(family, resize, size);
        imf_decoded d;
        uint32_t flags = strcmp(how, "reference") == 0 ? IMF_DECODE_REFERENCE : IMF_DECODE_FULL_SIZE;
        if (imf_pool_decode(pool, fd, &r, 1, flags, &d, &err) != IMF_OK)
            fail_msg("%s: %s", name, err.msg);
        assert_int_equal(d.n_views, 1);
        assert_int_equal(d.pixels_size, (size_t)size * size * 3);
        expect_pixels(f, name, line, start, d.pixels, size);
        imf_decoded_clear(&d);
        views++;
    }
    close(fd);
    fclose(f);
    imf_pool_close(&pool);
    assert_int_equal(failures, 0);
    assert_int_equal(files, FILES);
    assert_int_equal(views, FILE_VIEWS);
}

/* ---- Reduced while decoding ---- */

enum { LARGE_W = 743, LARGE_H = 1001, LARGE_VIEW = 60 };

static void decode_large(imf_pool *pool, int fd, uint32_t kind, uint32_t flags, imf_decoded *d)
{
    imf_view_recipe r = {kind,       IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS,
                         LARGE_VIEW, LARGE_VIEW,         kind == IMF_VIEW_SHORTER ? LARGE_VIEW : 0};
    imf_err err = {0};
    if (imf_pool_decode(pool, fd, &r, 1, flags, d, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(d->width, LARGE_W);
    assert_int_equal(d->height, LARGE_H);
    assert_int_equal(d->pixels_size, LARGE_VIEW * LARGE_VIEW * 3);
}

static void large_pictures_are_reduced(void **state)
{
    (void)state;
    char path[4096];
    imf_pool *pool = open_pool(0), *exact_pool = open_pool(IMF_DECODE_FULL_SIZE);
    snprintf(path, sizeof path, "%s/tests/golden/preprocess/large.jpg", folder());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    static const uint32_t KINDS[] = {IMF_VIEW_SQUASH, IMF_VIEW_CENTRE, IMF_VIEW_SHORTER};
    for (size_t k = 0; k < sizeof KINDS / sizeof KINDS[0]; k++) {
        imf_decoded ours, exact, small;
        uint64_t sum = 0;
        uint32_t kind = KINDS[k], thumbnail = k == 0 ? IMF_DECODE_THUMBNAIL : 0;
        decode_large(pool, fd, kind, thumbnail, &ours);
        decode_large(pool, fd, kind, IMF_DECODE_FULL_SIZE, &exact);
        decode_large(exact_pool, fd, kind, 0, &small); /* the pool's own flags count as well */
        assert_int_equal(exact.pixels_size, small.pixels_size);
        assert_memory_equal(exact.pixels, small.pixels, exact.pixels_size);
        for (size_t i = 0; i < exact.pixels_size; i++)
            sum += (uint64_t)abs(exact.pixels[i] - ours.pixels[i]);
        assert_true(sum < 4 * (uint64_t)exact.pixels_size); /* four levels apart at most, on average */
        assert_int_equal(sum == 0, thumbnail != 0);         /* other pixels, but for a thumbnail as large as this */
        assert_int_equal(ours.thumbnail != NULL, thumbnail != 0);
        imf_decoded_clear(&ours);
        imf_decoded_clear(&exact);
        imf_decoded_clear(&small);
    }
    close(fd);
    imf_pool_close(&pool);
    imf_pool_close(&exact_pool);
}

/* Cut short, it is damaged at any size. */
static void cut_pictures_are_damaged(void **state)
{
    (void)state;
    char path[4096], copy[] = "/tmp/imagefinder-cut-XXXXXX";
    static uint8_t bytes[1 << 17];
    imf_pool *pool = open_pool(0);
    snprintf(path, sizeof path, "%s/tests/golden/preprocess/large.jpg", folder());
    int fd = open(path, O_RDONLY | O_CLOEXEC), to = mkstemp(copy);
    assert_true(fd >= 0 && to >= 0);
    ssize_t n = read(fd, bytes, sizeof bytes);
    assert_true(n > 1000 && n < (ssize_t)sizeof bytes);
    assert_int_equal(write(to, bytes, (size_t)n * 3 / 4), n * 3 / 4);
    const imf_view_recipe r = {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, 9, 9, 0};
    imf_decoded d;
    imf_err err = {0};
    assert_int_equal(imf_pool_decode(pool, to, &r, 1, 0, &d, &err), IMF_EINPUT);
    assert_int_equal(imf_pool_decode(pool, to, &r, 1, IMF_DECODE_REFERENCE, &d, &err), IMF_EINPUT);
    unlink(copy);
    close(to);
    close(fd);
    imf_pool_close(&pool);
}

/* In reference mode, too, what people look at is upright. */
static void thumbnails_stay_ours(void **state)
{
    (void)state;
    char path[4096];
    static const char *const NAMES[] = {"preprocess/large.jpg", "preprocess/dark16.tif", "pictures/cmyk.jpg",
                                        "pictures/rgba.png", "pictures/turned-6.tif"};
    imf_pool *pool = open_pool(0);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        snprintf(path, sizeof path, "%s/tests/golden/%s", folder(), NAMES[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        const imf_view_recipe r = {IMF_VIEW_CENTRE, IMF_FILTER_BILINEAR, IMF_WHEN_ALWAYS, 9, 9, 0};
        imf_decoded ours, reference;
        imf_err err = {0};
        if (imf_pool_decode(pool, fd, NULL, 0, IMF_DECODE_THUMBNAIL, &ours, &err) != IMF_OK ||
            imf_pool_decode(pool, fd, &r, 1, IMF_DECODE_THUMBNAIL | IMF_DECODE_REFERENCE, &reference, &err) != IMF_OK)
            fail_msg("%s: %s", NAMES[i], err.msg);
        assert_true(ours.thumbnail_size > 100);
        assert_int_equal(ours.thumbnail_size, reference.thumbnail_size);
        assert_memory_equal(ours.thumbnail, reference.thumbnail, ours.thumbnail_size);
        assert_int_equal(ours.width, reference.width);
        assert_int_equal(ours.height, reference.height);
        imf_decoded_clear(&ours);
        imf_decoded_clear(&reference);
        close(fd);
    }
    imf_pool_close(&pool);
}

/* ---- Sizes and modes ---- */

/* The picture of the Python script (tools/golden/resize.py). */
static uint8_t sample(uint64_t x, uint64_t y, uint64_t c)
{
    uint64_t t = (x * 2654435761U + y * 2246822519U + c * 3266489917U + 374761393U) & 0xffffffffU;
    t = ((t ^ (t >> 15)) * 668265263U) & 0xffffffffU;
    return (uint8_t)(((x / 8 + y / 8) & 1) == 0 ? t >> 24 : x * 5 + y * 3 + c * 40);
}

static imf_picture picture(const char *mode, uint32_t w, uint32_t h)
{
    bool indexed = strcmp(mode, "P") == 0, high = strcmp(mode, "I;16-high") == 0;
    imf_picture p = {.width = w, .height = h, .channels = 3, .mode = IMF_MODE_COLOUR};
    if (indexed) {
        p.mode = IMF_MODE_INDEXED;
    } else if (high || strcmp(mode, "I;16") == 0) {
        p.mode = IMF_MODE_GREY16;
        p.channels = 2;
    } else if (strcmp(mode, "RGB") != 0) {
        p.mode = strcmp(mode, "CMYK") == 0 ? IMF_MODE_CMYK : IMF_MODE_COLOUR;
        p.channels = 4;
    }
    p.pixels = imf_alloc((size_t)w * h * p.channels);
    assert_non_null(p.pixels);
    uint8_t *to = p.pixels;
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x < w; x++, to += p.channels) {
            uint8_t s[4] = {0};
            for (uint32_t c = 0; c < 4; c++)
                s[c] = sample(x, y, c);
            uint16_t wide = (uint16_t)(high ? s[0] * 256 + s[1] : s[0] + s[1]);
            const uint8_t colour[3] = {s[0], (uint8_t)(255 - s[0]), (uint8_t)(s[0] * 7)};
            memcpy(to, p.channels == 2 ? (const void *)&wide : indexed ? colour : s, p.channels);
        }
    return p;
}

static void sizes_and_modes_equal_the_reference(void **state)
{
    (void)state;
    char line[512], mode[16] = "", name[128] = "";
    imf_picture p = {0};
    FILE *f = open_golden("sizes.txt");
    size_t cases = 0;
    failures = 0;
    while (golden_line(f, line, sizeof line)) {
        char family[16], start[128];
        uint32_t w, h, resize, size;
        if (sscanf(line, "case %15s %" SCNu32 " %" SCNu32, mode, &w, &h) == 3) {
            assert_true(w >= 1 && w <= 10000 && h >= 1 && h <= 10000);
            imf_free(p.pixels);
            p = picture(mode, w, h);
            snprintf(name, sizeof name, "%s", line);
            cases++;
            continue;
        }
        if (sscanf(line, "view reference %15s %" SCNu32 " %" SCNu32, family, &resize, &size) != 3)
            fail_msg("not a view: %.200s", line);
        assert_true(size >= 1 && size <= 300);
        snprintf(start, sizeof start, "view reference %s %" PRIu32 " %" PRIu32, family, resize, size);
        imf_view_recipe r = recipe_of(family, resize, size);
        imf_err err = {0};
        uint8_t *out = imf_alloc((size_t)size * size * 3);
        assert_non_null(out);
        if (imf_view_make(&p, &r, out, &err) != IMF_OK)
            fail_msg("%s: %s", name, err.msg);
        expect_pixels(NULL, name, line, start, out, size);
        if (strcmp(mode, "RGB") == 0) { /* without alpha ours is the same */
            p.mode = IMF_MODE_SRGB;
            if (imf_view_make(&p, &r, out, &err) != IMF_OK)
                fail_msg("%s: %s", name, err.msg);
            expect_pixels(NULL, name, line, start, out, size);
            p.mode = IMF_MODE_COLOUR;
        }
        imf_free(out);
    }
    imf_free(p.pixels);
    fclose(f);
    assert_int_equal(failures, 0);
    assert_int_equal(cases, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_equal_the_reference),  cmocka_unit_test(sizes_and_modes_equal_the_reference),
        cmocka_unit_test(large_pictures_are_reduced), cmocka_unit_test(cut_pictures_are_damaged),
        cmocka_unit_test(thumbnails_stay_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
