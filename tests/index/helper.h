/*
 * What the tests of src/index share: a folder that goes away, random vectors, a stand-in for the catalog's segment
 * table, files read and written whole. A header of static functions, because every test is one program.
 */
#ifndef TESTS_INDEX_HELPER_H
#define TESTS_INDEX_HELPER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/segment.h"
#include "kern/kern.h"

#define UNUSED __attribute__((unused))

static uint64_t random_state;

static UNUSED uint32_t random_bits(void) /* splitmix64 */
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

static UNUSED void seed_random(void) /* IMF_TEST_SEED repeats a run */
{
    const char *seed = getenv("IMF_TEST_SEED");
    random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("# IMF_TEST_SEED=%llu\n", (unsigned long long)random_state);
}

static UNUSED float *random_rows(size_t n, int dim) /* free() */
{
    float *rows = malloc((n * (size_t)dim + 1) * sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < n * (size_t)dim; i++)
        rows[i] = (float)random_bits() / 2147483648.0f - 1.0f + 1e-6f;
    return rows;
}

/* ---- The home ---------------------------------------------------------------------------------------------------- */

typedef struct home { /* a folder of segments, and what a catalog would know of it */
    char folder[128];
    imf_index_space space;
    imf_index_segment segments[32];
    size_t n;
    uint32_t next;
} home;

static UNUSED void home_init(home *h, int dim)
{
    const char *tmp = getenv("TMPDIR");
    memset(h, 0, sizeof *h);
    snprintf(h->folder, sizeof h->folder, "%s/imf_index_XXXXXX", tmp && strlen(tmp) < 90 ? tmp : "/tmp");
    assert_non_null(mkdtemp(h->folder));
    h->space.dim = dim;
    for (int i = 0; i < 16; i++) {
        h->space.space[i] = (uint8_t)(i + 1);
        h->space.catalog[i] = (uint8_t)(100 + i);
    }
    h->next = 1;
}

static UNUSED void home_clear(home *h)
{
    DIR *dir = opendir(h->folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", h->folder, e->d_name);
        if (e->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    closedir(dir);
    assert_int_equal(rmdir(h->folder), 0);
}

static UNUSED char *segment_path(const home *h, uint32_t number) /* static memory */
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%08u.seg", h->folder, number);
    return path;
}

static UNUSED imf_index *open_with(const home *h, const imf_file_layer *fl, bool writable)
{
    imf_index *x = NULL;
    imf_err err = {0};
    int rc = imf_index_open(&x, fl, h->folder, &h->space, h->segments, h->n, writable, h->next, false, &err);
    if (rc != IMF_OK)
        fail_msg("opening: %s", err.msg);
    return x;
}

static UNUSED int no_sync(imf_file *f)
{
    (void)f;
    return 0;
}

static UNUSED int no_sync_dir(void *self, const char *path)
{
    (void)self;
    (void)path;
    return 0;
}

/* Without real syncs, which cost the tests their time and show nothing here; what is synced when is tested with a
 * layer that counts. */
static UNUSED imf_index *open_writer(const home *h)
{
    static imf_file_layer quick;
    quick = *imf_file_posix();
    quick.sync = no_sync;
    quick.sync_dir = no_sync_dir;
    return open_with(h, &quick, true);
}

static UNUSED imf_index *open_reader(const home *h)
{
    return open_with(h, imf_file_posix(), false);
}

static UNUSED void append_rows(imf_index *x, const float *rows, size_t n, uint64_t *ids)
{
    imf_err err = {0};
    uint64_t *own = calloc(n + 1, sizeof *own);
    assert_non_null(own);
    if (imf_index_append(x, rows, n, ids ? ids : own, &err) != IMF_OK)
        fail_msg("appending: %s", err.msg);
    free(own);
}

/* What the catalog's transaction does with what the index says. */
static UNUSED void record(home *h, const imf_index_segment *changed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < h->n && h->segments[at].number != changed[i].number)
            at++;
        assert_true(at < sizeof h->segments / sizeof h->segments[0]);
        if (at == h->n)
            h->n++;
        else
            assert_true(changed[i].rows > h->segments[at].rows &&
                        changed[i].generation == h->segments[at].generation + 1);
        h->segments[at] = changed[i];
        if (h->next <= changed[i].number)
            h->next = changed[i].number + 1;
    }
}

static UNUSED void commit(home *h, imf_index *x)
{
    imf_index_segment changed[32];
    size_t n = 32;
    imf_err err = {0};
    if (imf_index_sync(x, &err) != IMF_OK || imf_index_committed(x, changed, &n, &err) != IMF_OK)
        fail_msg("committing: %s", err.msg);
    record(h, changed, n);
}

/* A home with n committed rows of one batch. */
static UNUSED void fill_home(home *h, int dim, const float *rows, size_t n, uint32_t capacity)
{
    home_init(h, dim);
    imf_index *x = open_writer(h);
    imf_index_set_capacity(x, capacity);
    append_rows(x, rows, n, NULL);
    commit(h, x);
    imf_index_close(&x);
    assert_null(x);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static UNUSED unsigned char *read_file(const char *path, size_t *n) /* free() */
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

static UNUSED void write_file(const char *path, const unsigned char *bytes, size_t n)
{
    unlink(path); /* some file systems flush a file that is truncated and written again, which takes its time */
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static UNUSED void write_at(const char *path, uint64_t offset, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, (off_t)offset), n);
    close(fd);
}

static UNUSED uint64_t file_size(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

/* ---- Answers ----------------------------------------------------------------------------------------------------- */

enum { ALL = 1000 };

typedef struct answer {
    uint64_t ids[ALL];
    float scores[ALL];
} answer;

/* Opens the home afresh and asks for the k nearest of one query. */
static UNUSED int ask(const home *h, const float *query, int k, answer *a, imf_err *err)
{
    imf_index *x = NULL;
    imf_search_options opt = {.kind = IMF_INDEX_EXACT, .threads = 1};
    int rc = imf_index_open(&x, imf_file_posix(), h->folder, &h->space, h->segments, h->n, false, 0, false, err);
    if (rc == IMF_OK)
        rc = imf_index_search(x, query, 1, k, NULL, &opt, a->ids, a->scores, err);
    imf_index_close(&x);
    return rc;
}

typedef struct faults {
    size_t n;
    uint64_t rows;
    char first[400], file[256];
} faults;

static UNUSED void count_fault(void *user, const char *file, const char *what, uint64_t rows)
{
    faults *f = user;
    if (f->n++ == 0) {
        snprintf(f->first, sizeof f->first, "%s", what);
        snprintf(f->file, sizeof f->file, "%s", file);
    }
    f->rows += rows;
}

static UNUSED void verify_home(const home *h, faults *f)
{
    imf_index *x = NULL;
    imf_err err = {0};
    memset(f, 0, sizeof *f);
    if (imf_index_open(&x, imf_file_posix(), h->folder, &h->space, h->segments, h->n, false, 0, true, &err) != IMF_OK ||
        imf_index_verify(x, count_fault, f, &err) != IMF_OK)
        fail_msg("verifying: %s", err.msg);
    imf_index_close(&x);
}

#endif
