/* Colour profiles and the formats beyond the plain ones against their own programs, within the bounds that the goldens
 * state: tests/golden/colours/ (tools/golden/colours.py) and tests/golden/formats/ (tools/golden/formats.py). */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/pool.h"
#include "media/protocol.h"

enum { MOST_SIDE = 200, MAPPED = 10, COLOURS = 27, MANAGED = 13, MANAGED_FORMATS = 3, FORMATS = 37 };

typedef struct golden {
    FILE *file;
    char folder[4096], line[4096];
    bool held; /* the line has been read and not been used */
} golden;

static const char *next_line(golden *g)
{
    if (!g->held) {
        if (!fgets(g->line, sizeof g->line, g->file))
            return NULL;
        size_t n = strlen(g->line);
        assert_true(n > 0 && g->line[n - 1] == '\n'); /* lines are whole, the last one too */
        g->line[n - 1] = '\0';
    }
    g->held = false;
    return g->line;
}

/* The picture is the very file that the golden was made of: its length and CRC-32. */
static void expect_file(golden *g, const char *name, int fd)
{
    static uint8_t bytes[1 << 16];
    char ours[64];
    uint32_t crc = 0xFFFFFFFF;
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    for (ssize_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    snprintf(ours, sizeof ours, "file %zd crc32 %08x", n, ~crc);
    const char *line = next_line(g);
    if (!line || strcmp(line, ours) != 0)
        fail_msg("%s: not the file of the golden (%s)", name, ours);
}

static uint8_t hex(const char *two)
{
    char text[3] = {two[0], two[1], '\0'}, *end;
    unsigned long value = strtoul(text, &end, 16);
    assert_ptr_equal(end, text + 2);
    return (uint8_t)value;
}

typedef struct difference {
    uint32_t most;
    double mean;
} difference;

/* The golden's h lines of w pixels against ours. */
static difference compare(golden *g, const char *name, const uint8_t *pixels, uint32_t w, uint32_t h)
{
    difference d = {0, 0};
    uint64_t sum = 0;
    for (uint32_t y = 0; y < h; y++) {
        const char *line = next_line(g);
        if (!line || strlen(line) != (size_t)6 * w)
            fail_msg("%s: row %u of the golden is not %u pixels", name, y, w);
        for (uint32_t i = 0; i < 3 * w; i++) {
            uint32_t e = (uint32_t)abs((int)hex(line + 2 * i) - (int)*pixels++);
            d.most = e > d.most ? e : d.most;
            sum += e;
        }
    }
    d.mean = (double)sum / (3.0 * w * h);
    return d;
}

/* Decodes at the picture's own size: its very pixels, on white. */
static void decode(imf_pool *pool, int fd, const char *name, uint32_t w, uint32_t h, uint32_t alpha, uint32_t flags,
                   imf_decoded *d)
{
    const imf_view_recipe whole = {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, w, h, 0};
    imf_err err = {0};
    if (imf_pool_decode(pool, fd, &whole, 1, flags, d, &err) != IMF_OK)
        fail_msg("%s: %s", name, err.msg);
    if (d->width != w || d->height != h || (uint32_t)d->has_alpha != alpha)
        fail_msg("%s: %u x %u, alpha %d; the golden: %u x %u, alpha %u", name, d->width, d->height, d->has_alpha, w, h,
                 alpha);
    assert_int_equal(d->pixels_size, (size_t)w * h * 3);
}

static bool alike(const imf_decoded *a, const imf_decoded *b, uint32_t within)
{
    assert_int_equal(a->pixels_size, b->pixels_size);
    for (size_t i = 0; i < a->pixels_size; i++)
        if ((uint32_t)abs(a->pixels[i] - b->pixels[i]) > within)
            return false;
    return true;
}

/* Whether its profile matters: the pixels without it would be far outside the golden's bounds. */
static bool check_picture(imf_pool *pool, golden *g, const char *name)
{
    char path[8192];
    uint32_t w, h, alpha, most;
    double mean;
    snprintf(path, sizeof path, "%s/%s", g->folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: missing", name);
    expect_file(g, name, fd);
    const char *line = next_line(g);
    assert_non_null(line);
    assert_int_equal(sscanf(line, "size %u %u alpha %u", &w, &h, &alpha), 3);
    assert_true(w >= 1 && w <= MOST_SIDE && h >= 1 && h <= MOST_SIDE);
    char view[16];
    int views = 0;
    bool managed = false;
    imf_decoded first = {0};
    for (; (line = next_line(g)) && sscanf(line, "view %15s within %u mean %lf", view, &most, &mean) == 3; views++) {
        bool raw = strcmp(view, "raw") == 0;
        imf_decoded d;
        decode(pool, fd, name, w, h, alpha, raw ? IMF_DECODE_RAW_COLOUR : 0, &d);
        difference is = compare(g, name, d.pixels, w, h);
        if (is.most > most || is.mean > mean)
            fail_msg("%s, %s: differs by up to %u, mean %.3f; allowed: %u, %g", name, view, is.most, is.mean, most,
                     mean);
        if (views == 0)
            first = d;
        else
            managed = !alike(&first, &d, most + MAPPED);
        if (views > 0)
            imf_decoded_clear(&d);
    }
    imf_decoded_clear(&first);
    g->held = line != NULL;
    assert_true(views >= 1);
    close(fd);
    return managed;
}

static imf_pool *pool_open(void)
{
    char path[8192];
    imf_pool *pool = NULL;
    imf_err err = {0};
    imf_pool_options options = imf_pool_options_default();
    snprintf(path, sizeof path, "%s/imagefinder-decode", getenv("IMF_BUILD_ROOT"));
    options.program = path;
    options.timeout_ms = 60000;
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return pool;
}

static void check_folder(const char *folder, const char *text, size_t expected, size_t expected_managed)
{
    char path[8192], name[4096];
    static golden g;
    imf_pool *pool = pool_open();
    g.held = false;
    snprintf(g.folder, sizeof g.folder, "%s/tests/golden/%s", getenv("IMF_SOURCE_ROOT"), folder);
    snprintf(path, sizeof path, "%s/%s", g.folder, text);
    g.file = fopen(path, "r");
    assert_non_null(g.file);
    const char *line = next_line(&g);
    assert_non_null(line);
    assert_int_equal(strncmp(line, "# Pillow ", 9), 0);
    size_t pictures = 0, managed = 0;
    for (; (line = next_line(&g)) != NULL; pictures++) {
        assert_int_equal(strncmp(line, "picture ", 8), 0);
        snprintf(name, sizeof name, "%s", line + 8);
        managed += check_picture(pool, &g, name);
    }
    assert_int_equal(pictures, expected);
    assert_int_equal(managed, expected_managed);
    fclose(g.file);
    imf_pool_close(&pool);
}

static void colours_equal_little_cms(void **state)
{
    (void)state;
    check_folder("colours", "colours.txt", COLOURS, MANAGED);
}

static void formats_equal_their_own_decoders(void **state)
{
    (void)state;
    check_folder("formats", "formats.txt", FORMATS, MANAGED_FORMATS);
}

int main(void)
{
    if (!getenv("IMF_SOURCE_ROOT") || !getenv("IMF_BUILD_ROOT"))
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(colours_equal_little_cms),
                                       cmocka_unit_test(formats_equal_their_own_decoders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
