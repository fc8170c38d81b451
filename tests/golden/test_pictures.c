/* What imagefinder-decode makes of small pictures of every kind against Pillow, to the last bit:
 * tests/golden/pictures/, made by tools/golden/pictures.py. The lines of a picture are made again from our own result
 * and compared as text, so that every byte of the golden counts. */
#include <fcntl.h>
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

#include "media/pool.h"

enum { PICTURES = 52, SIDE = 12 };

static char folder[4096];

static void expect_line(FILE *f, const char *name, const char *what, const char *ours)
{
    char line[4096];
    if (!golden_line(f, line, sizeof line))
        fail_msg("%s: the golden ends early", name);
    if (strcmp(line, ours) != 0)
        fail_msg("%s, %s\n  golden: %.300s\n  ours:   %.300s", name, what, line, ours);
}

/* The picture is the very file that Pillow read: its length and CRC-32 (that of zlib, bit by bit). */
static void expect_file(FILE *f, const char *name, int fd)
{
    char ours[64];
    uint8_t bytes[1 << 16];
    uint32_t crc = 0xFFFFFFFF;
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    for (ssize_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    snprintf(ours, sizeof ours, "file %zd crc32 %08x", n, ~crc);
    expect_line(f, name, "the file itself", ours);
}

static void check_picture(imf_pool *pool, FILE *f, const char *name)
{
    char path[8192], line[4096], ours[4096];
    uint32_t w, h;
    imf_err err = {0};
    imf_decoded d;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: missing", name);
    expect_file(f, name, fd);
    assert_non_null(golden_line(f, line, sizeof line));
    assert_int_equal(sscanf(line, "size %u %u", &w, &h), 2);
    assert_true(w >= 1 && w <= 100 && h >= 1 && h <= 100);
    const imf_view_recipe recipes[] = {
        {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, w, h, 0}, /* its own size: its very pixels */
        {IMF_VIEW_SUBJECT, IMF_FILTER_BICUBIC, IMF_WHEN_ALPHA, SIDE, SIDE, 0},
        {IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, SIDE, SIDE, 0},
        {IMF_VIEW_SQUASH, IMF_FILTER_BILINEAR, IMF_WHEN_ALWAYS, SIDE, SIDE + 2, 0},
    };
    static const char *const NAMES[] = {"whole", "subject", "centre", "squash"};
    if (imf_pool_decode(pool, fd, recipes, 4, 0, &d, &err) != IMF_OK)
        fail_msg("%s: %s", name, err.msg);
    close(fd);
    snprintf(ours, sizeof ours, "size %u %u alpha %d", d.width, d.height, d.has_alpha);
    if (strcmp(line, ours) != 0)
        fail_msg("%s\n  golden: %s\n  ours:   %s", name, line, ours);
    assert_int_equal(d.n_views, 3);
    const uint8_t *pixel = d.pixels;
    for (uint32_t v = 0; v < d.n_views; v++) {
        const imf_view_recipe *r = &recipes[d.view_index[v]];
        const char *view = NAMES[d.view_index[v]];
        snprintf(ours, sizeof ours, "view %s %u %u", view, r->width, r->height);
        expect_line(f, name, view, ours);
        for (uint32_t y = 0; y < r->height; y++) {
            for (uint32_t i = 0; i < r->width * 3; i++)
                snprintf(ours + 2 * i, 3, "%02x", *pixel++);
            expect_line(f, name, view, ours);
        }
    }
    assert_ptr_equal(pixel, d.pixels + d.pixels_size);
    imf_decoded_clear(&d);
}

static void equals_pillow(void **state)
{
    (void)state;
    char path[8192], line[4096];
    imf_pool *pool = NULL;
    imf_err err = {0};
    imf_pool_options options = imf_pool_options_default();
    const char *source = getenv("IMF_SOURCE_ROOT"), *build = getenv("IMF_BUILD_ROOT");
    assert_non_null(source);
    assert_non_null(build);
    snprintf(folder, sizeof folder, "%s/tests/golden/pictures", source);
    snprintf(path, sizeof path, "%s/imagefinder-decode", build);
    options.program = path;
    options.timeout_ms = 60000;
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    snprintf(path, sizeof path, "%s/pictures.txt", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(golden_line(f, line, sizeof line));
    assert_int_equal(strncmp(line, "# Pillow ", 9), 0);
    size_t pictures = 0;
    for (; golden_line(f, line, sizeof line); pictures++) {
        assert_int_equal(strncmp(line, "picture ", 8), 0);
        char name[4096];
        snprintf(name, sizeof name, "%s", line + 8);
        check_picture(pool, f, name);
    }
    assert_int_equal(pictures, PICTURES);
    fclose(f);
    imf_pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_pillow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
