/* Broken HEIC, AVIF and JPEG XL files and broken colour profiles in the real imagefinder-decode: each is one polite
 * refusal or a picture, within the limits, and the pool goes on. */
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

enum { SIDE = 16, MOST_BYTES = 1 << 16, FLIPS = 200, BITS_A_FILE = 3 };
enum { CRASHES = 2 }; /* of FLIPS: libheif 1.15 lets an exception through where threads run out */

static const imf_view_recipe VIEW = {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, SIDE, SIDE, 0};
static const char *const FILES[] = {"plain.heic", "alpha.heic", "bits10.heic", "plain.avif",   "alpha.avif",
                                    "grid.avif",  "plain.jxl",  "alpha.jxl",   "container.jxl"};
enum { N_FILES = sizeof FILES / sizeof FILES[0] };

static imf_pool *pool_open(void)
{
    static char program[4096];
    imf_pool *pool = NULL;
    imf_err err = {0};
    imf_pool_options options = imf_pool_options_default();
    snprintf(program, sizeof program, "%s/imagefinder-decode", getenv("IMF_BUILD_ROOT"));
    options.program = program;
    options.timeout_ms = 60000;
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return pool;
}

static size_t read_golden(const char *name, uint8_t *bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/%s", getenv("IMF_SOURCE_ROOT"), name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: missing", path);
    size_t n = fread(bytes, 1, MOST_BYTES, f);
    assert_true(n > 0 && n < MOST_BYTES);
    fclose(f);
    return n;
}

/* A file without a name that holds the bytes. */
static int file_of(const uint8_t *bytes, size_t n)
{
    const char *folder = getenv("TMPDIR");
    int fd = open(folder && folder[0] ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    return fd;
}

/* Decodes the bytes: a picture (true), or a refusal whose one line is left in reason. Anything else fails the test. */
static bool decodes(imf_pool *pool, const char *name, const uint8_t *bytes, size_t n, char *reason, size_t size)
{
    imf_err err = {0};
    imf_decoded d;
    int fd = file_of(bytes, n), rc = imf_pool_decode(pool, fd, &VIEW, 1, IMF_DECODE_THUMBNAIL, &d, &err);
    close(fd);
    if (rc == IMF_OK) {
        assert_int_equal(d.pixels_size, SIDE * SIDE * 3);
        imf_decoded_clear(&d);
        return true;
    }
    if (rc != IMF_EINPUT || strchr(err.msg, '\n') || strstr(err.msg, "wrong answer") || strstr(err.msg, "took longer"))
        fail_msg("%s: %s", name, err.msg);
    snprintf(reason, size, "%s", err.msg);
    return false;
}

static void expect_refused(imf_pool *pool, const char *name, const uint8_t *bytes, size_t n, const char *words)
{
    char reason[512] = "";
    if (decodes(pool, name, bytes, n, reason, sizeof reason))
        fail_msg("%s of %zu bytes was taken", name, n);
    if (!strstr(reason, words))
        fail_msg("%s of %zu bytes: expected \"%s\", got \"%s\"", name, n, words, reason);
}

static void cut_files_are_damaged(void **state)
{
    (void)state;
    static uint8_t bytes[MOST_BYTES];
    imf_pool *pool = pool_open();
    for (size_t i = 0; i < N_FILES; i++) {
        char path[256], reason[512] = "";
        snprintf(path, sizeof path, "formats/%s", FILES[i]);
        size_t n = read_golden(path, bytes);
        if (!decodes(pool, FILES[i], bytes, n, reason, sizeof reason))
            fail_msg("%s: %s", FILES[i], reason);
        for (size_t part = 2; part <= 9; part++)
            expect_refused(pool, FILES[i], bytes, n * part / 10, "damaged");
    }
    imf_pool_close(&pool);
}

static void flipped_bits_kill_nobody(void **state)
{
    (void)state;
    static uint8_t bytes[MOST_BYTES];
    imf_pool *pool = pool_open();
    uint64_t random = 88172645463325252;
    for (size_t i = 0; i < N_FILES; i++) {
        char path[256], reason[512];
        size_t taken = 0, crashed = 0;
#ifdef IMF_SANITIZED
        /* A grid that holds itself makes libheif start threads without end: without a limit of address space that is
         * not a thing to do to the machine. */
        if (strcmp(FILES[i], "grid.avif") == 0)
            continue;
#endif
        snprintf(path, sizeof path, "formats/%s", FILES[i]);
        size_t n = read_golden(path, bytes);
        for (int variant = 0; variant < FLIPS; variant++) {
            size_t at[BITS_A_FILE];
            for (int k = 0; k < BITS_A_FILE; k++) { /* xorshift64 */
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                at[k] = random % (8 * n);
                bytes[at[k] / 8] ^= (uint8_t)(1 << at[k] % 8);
            }
            reason[0] = '\0';
            taken += decodes(pool, FILES[i], bytes, n, reason, sizeof reason);
            crashed += strstr(reason, "crashed") != NULL;
            for (int k = 0; k < BITS_A_FILE; k++)
                bytes[at[k] / 8] ^= (uint8_t)(1 << at[k] % 8);
        }
        print_message("# %s: of %d variants %zu still give a picture, %zu end the worker\n", FILES[i], FLIPS, taken,
                      crashed);
        assert_true(crashed <= CRASHES);
        if (!decodes(pool, FILES[i], bytes, n, reason, sizeof reason))
            fail_msg("%s: %s", FILES[i], reason);
    }
    imf_pool_close(&pool);
}

/* Every box `ispe` (its size says what the header claims) becomes 60000 x 60000. */
static void claim_size(uint8_t *bytes, size_t n)
{
    static const uint8_t CLAIM[8] = {0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60};
    size_t found = 0;
    for (size_t i = 0; i + 16 <= n; i++)
        if (memcmp(bytes + i, "ispe", 4) == 0) {
            memcpy(bytes + i + 8, CLAIM, sizeof CLAIM);
            found++;
        }
    assert_true(found > 0);
}

/* A JPEG XL codestream of `side` x `side` that ends behind its header. Fields are packed from the lowest bit up. */
static size_t jxl_header(uint8_t *bytes, uint32_t side)
{
    const struct {
        uint32_t value, bits;
    } FIELDS[] = {{0, 1}, {2, 2}, {side - 1, 18},
                  {1, 3}, {1, 1}, {1, 1}}; /* not small; 18 bits; square; defaults twice */
    size_t at = 0;
    memset(bytes, 0, 64);
    bytes[0] = 0xff;
    bytes[1] = 0x0a;
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        for (uint32_t k = 0; k < FIELDS[i].bits; k++, at++)
            bytes[2 + at / 8] |= (uint8_t)((FIELDS[i].value >> k & 1) << at % 8);
    return 64;
}

static void bombs_are_too_large(void **state)
{
    (void)state;
    static uint8_t bytes[MOST_BYTES];
    static const char *const BOXED[] = {"formats/plain.heic", "formats/alpha.heic", "formats/plain.avif",
                                        "formats/alpha.avif"};
    imf_pool *pool = pool_open();
    for (size_t i = 0; i < sizeof BOXED / sizeof BOXED[0]; i++) {
        size_t n = read_golden(BOXED[i], bytes);
        claim_size(bytes, n);
        expect_refused(pool, BOXED[i], bytes, n, "larger than 100 megapixels");
    }
    expect_refused(pool, "a JPEG XL bomb", bytes, jxl_header(bytes, 60000), "larger than 100 megapixels");
    expect_refused(pool, "a JPEG XL without a picture", bytes, jxl_header(bytes, 600), "damaged");
    imf_pool_close(&pool);
}

/* The profiles of the goldens lie in JPEGs as they are: damaged there, they are ignored or give other colours. */
static void damaged_profiles_kill_nobody(void **state)
{
    (void)state;
    static uint8_t bytes[MOST_BYTES];
    static const char *const NAMES[] = {"colours/p3.jpg", "colours/grey.jpg", "colours/press.jpg"};
    imf_pool *pool = pool_open();
    uint64_t random = 1181783497276652981;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char reason[512];
        size_t n = read_golden(NAMES[i], bytes), from = 0;
        while (from + 12 < n && memcmp(bytes + from, "ICC_PROFILE", 12) != 0)
            from++;
        size_t length = (size_t)(bytes[from - 2] << 8 | bytes[from - 1]) - 16;
        from += 14;
        assert_true(from + length < n);
        for (int variant = 0; variant < FLIPS; variant++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            size_t at =
                from + (random >> 8) % (variant % 2 ? length : 300); /* half of them in the header and the table */
            uint8_t flip = (uint8_t)(random % 255 + 1);
            bytes[at] ^= flip;
            reason[0] = '\0';
            if (!decodes(pool, NAMES[i], bytes, n, reason, sizeof reason))
                fail_msg("%s, byte %zu ^ %u: %s", NAMES[i], at, flip, reason);
            bytes[at] ^= flip;
        }
    }
    imf_pool_close(&pool);
}

int main(void)
{
    if (!getenv("IMF_SOURCE_ROOT") || !getenv("IMF_BUILD_ROOT"))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_files_are_damaged),
        cmocka_unit_test(flipped_bits_kill_nobody),
        cmocka_unit_test(bombs_are_too_large),
        cmocka_unit_test(damaged_profiles_kill_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
