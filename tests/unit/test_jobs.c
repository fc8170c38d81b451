/*
 * The threads of an index run (finder/jobs.h) with the real decoder and the real model: hash, then embed, as a run
 * does, and closing while jobs are under way. It also runs under the thread sanitizer (suite "threads" in meson.build).
 * What a whole run makes of the jobs is tested from outside, in tests/cli.
 */
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

#include "descriptors.h"
#include <xxhash.h>

#include "finder/jobs.h"

enum { THREADS = 4, WORKERS = 2, COPIES = 2, MOST_JOBS = 64, MOST_BYTES = 8192 };

/* Opaque and with alpha (two views and one), every format. */
static const char *const NAMES[] = {"plain.jpg",           "turned-6.jpg", "rgb.png",         "rgba.png", "lossy.webp",
                                    "lossless-alpha.webp", "plain.gif",    "transparent.gif", "lzw.tif"};
enum { PICTURES = sizeof NAMES / sizeof NAMES[0] };

static struct {
    char folder[256], paths[PICTURES][4096];
    imf_model *model;
    size_t dim;
} test;

/* ---- Helpers ---- */

static imf_pool *open_pool(void)
{
    imf_pool_options options = imf_pool_options_default();
    char program[4096];
    imf_pool *pool = NULL;
    imf_err err = {0};
    snprintf(program, sizeof program, "%s/imagefinder-decode", getenv("IMF_BUILD_ROOT"));
    options.program = program;
    options.workers = WORKERS; /* fewer than threads, so that they wait for each other */
    options.timeout_ms = 60000;
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return pool;
}

static imf_jobs *open_jobs(imf_pool *pool)
{
    imf_jobs *jobs = NULL;
    imf_err err = {0};
    if (imf_jobs_open(&jobs, pool, test.model, THREADS, MOST_JOBS, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return jobs;
}

static void submit_new(imf_jobs *jobs, size_t file, const char *path)
{
    imf_job *job = imf_job_new(file, path);
    assert_non_null(job);
    assert_int_equal(job->stage, IMF_JOB_HASH);
    imf_jobs_submit(jobs, job);
}

static imf_job *wait_for_one(imf_jobs *jobs)
{
    imf_job *job = imf_jobs_wait(jobs);
    assert_non_null(job);
    return job;
}

/* As the run's own thread does, once it does not know the hash. */
static void submit_again(imf_jobs *jobs, imf_job *job)
{
    job->stage = IMF_JOB_EMBED;
    imf_jobs_submit(jobs, job);
}

/* A file of the test's folder; the path is the caller's. */
static void write_file(char path[512], const char *name, const char *text)
{
    snprintf(path, 512, "%s/%s", test.folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* ---- What is expected of a picture: one thread, without jobs ---- */

typedef struct expected {
    uint8_t hash[16];
    float *vector;
    uint32_t width, height;
} expected;

static void expect_hash(expected *e, const char *path)
{
    uint8_t bytes[MOST_BYTES];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n > 0 && n < sizeof bytes);
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    memcpy(e->hash, canonical.digest, sizeof e->hash);
}

static void expect_pictures(expected *all, imf_pool *pool)
{
    imf_model_session *session = NULL;
    assert_int_equal(imf_model_session_new(&session, test.model, false, NULL), IMF_OK);
    for (size_t i = 0; i < PICTURES; i++) {
        imf_decoded d = {0};
        int fd = open(test.paths[i], O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        expect_hash(&all[i], test.paths[i]);
        all[i].vector = calloc(test.dim, sizeof *all[i].vector);
        assert_non_null(all[i].vector);
        assert_int_equal(imf_pool_decode(pool, fd, test.model->views, test.model->n_views, 0, &d, NULL), IMF_OK);
        assert_int_equal(imf_model_embed_views(session, &d, false, all[i].vector, NULL), IMF_OK);
        all[i].width = d.width;
        all[i].height = d.height;
        imf_decoded_clear(&d);
        close(fd);
    }
    imf_model_session_free(&session);
}

/* ---- Tests ---- */

static void every_thread_gives_what_one_gives(void **state)
{
    (void)state;
    size_t descriptors = open_descriptors();
    expected all[PICTURES];
    int hashed[PICTURES] = {0}, embedded[PICTURES] = {0};
    imf_pool *pool = open_pool();
    expect_pictures(all, pool);
    imf_jobs *jobs = open_jobs(pool);
    for (size_t i = 0; i < COPIES * PICTURES; i++)
        submit_new(jobs, i % PICTURES, test.paths[i % PICTURES]);
    for (size_t left = COPIES * PICTURES; left > 0;) {
        imf_job *job = wait_for_one(jobs);
        size_t i = job->file;
        assert_true(i < PICTURES);
        assert_ptr_equal(job->path, test.paths[i]);
        if (job->code != IMF_OK)
            fail_msg("%s: %s", NAMES[i], job->reason);
        assert_false(job->gone);
        assert_memory_equal(job->hash, all[i].hash, sizeof job->hash);
        if (job->stage == IMF_JOB_HASH) {
            hashed[i]++;
            assert_true(job->fd >= 0);
            assert_null(job->vector);
            submit_again(jobs, job);
            continue;
        }
        embedded[i]++;
        left--;
        assert_int_equal(job->fd, -1);
        assert_int_equal(job->width, all[i].width);
        assert_int_equal(job->height, all[i].height);
        assert_non_null(job->vector);
        assert_memory_equal(job->vector, all[i].vector, test.dim * sizeof *job->vector);
        assert_true(imf_is_jpeg(job->thumbnail, job->thumbnail_size));
        imf_job_free(&job);
        assert_null(job);
    }
    imf_jobs_close(&jobs);
    assert_null(jobs);
    imf_pool_close(&pool);
    for (size_t i = 0; i < PICTURES; i++) {
        assert_int_equal(hashed[i], COPIES);
        assert_int_equal(embedded[i], COPIES);
        free(all[i].vector);
    }
    assert_int_equal(open_descriptors(), descriptors);
}

/* Bad files among good ones: each says what is wrong with it, and nothing else suffers. */
static void what_cannot_be_indexed_says_why(void **state)
{
    (void)state;
    enum { GOOD, MISSING, FOLDER, TEXT, CHANGED, KINDS };
    size_t descriptors = open_descriptors(), seen[KINDS] = {0};
    char missing[512], text[512], changed[512];
    snprintf(missing, sizeof missing, "%s/missing.jpg", test.folder);
    write_file(text, "text.jpg", "This is a text, whatever its name says.\n");
    write_file(changed, "changed.jpg", "first");
    const char *const paths[KINDS] = {test.paths[0], missing, test.folder, text, changed};
    imf_pool *pool = open_pool();
    imf_jobs *jobs = open_jobs(pool);
    for (size_t kind = 0; kind < KINDS; kind++)
        submit_new(jobs, kind, paths[kind]);
    for (size_t left = KINDS; left > 0;) {
        imf_job *job = wait_for_one(jobs);
        size_t kind = job->file;
        if (job->stage == IMF_JOB_HASH && job->code == IMF_OK && !job->gone) {
            if (kind == CHANGED)
                write_file(changed, "changed.jpg", "now it is longer");
            submit_again(jobs, job);
            continue;
        }
        seen[kind]++;
        left--;
        assert_int_equal(job->fd, -1);
        assert_int_equal(job->gone, kind == MISSING);
        assert_int_equal(job->code, kind == GOOD || kind == MISSING ? IMF_OK : IMF_EINPUT);
        assert_int_equal(job->stage, kind == MISSING || kind == FOLDER ? IMF_JOB_HASH : IMF_JOB_EMBED);
        assert_int_equal(job->vector != NULL, kind == GOOD);
        assert_int_equal(job->thumbnail != NULL, kind == GOOD);
        if (kind == FOLDER)
            assert_non_null(strstr(job->reason, "cannot be opened"));
        if (kind == TEXT)
            assert_non_null(strstr(job->reason, "not a picture of a supported format"));
        if (kind == CHANGED)
            assert_non_null(strstr(job->reason, "changed while it was read"));
        imf_job_free(&job);
    }
    imf_jobs_close(&jobs);
    imf_pool_close(&pool);
    for (size_t kind = 0; kind < KINDS; kind++)
        assert_int_equal(seen[kind], 1);
    unlink(text);
    unlink(changed);
    assert_int_equal(open_descriptors(), descriptors);
}

/* A run that is stopped: jobs wait in both queues, and threads hash, decode and embed. Nothing is lost (the address
 * sanitizer looks for leaks) and the pool goes on. */
static void closing_while_jobs_are_under_way(void **state)
{
    (void)state;
    size_t descriptors = open_descriptors();
    imf_pool *pool = open_pool();
    for (size_t waits = 0; waits <= 2 * PICTURES; waits += PICTURES / 2) {
        imf_jobs *jobs = open_jobs(pool);
        for (size_t i = 0; i < 2 * PICTURES; i++)
            submit_new(jobs, i % PICTURES, test.paths[i % PICTURES]);
        for (size_t i = 0; i < waits; i++) {
            imf_job *job = wait_for_one(jobs);
            if (job->stage == IMF_JOB_HASH)
                submit_again(jobs, job);
            else
                imf_job_free(&job);
        }
        imf_jobs_close(&jobs);
        assert_null(jobs);
    }
    imf_jobs *none = NULL;
    imf_jobs_close(&none);

    imf_jobs *jobs = open_jobs(pool); /* without any job */
    imf_jobs_close(&jobs);
    jobs = open_jobs(pool);
    submit_new(jobs, 0, test.paths[0]);
    submit_again(jobs, wait_for_one(jobs));
    imf_job *job = wait_for_one(jobs);
    assert_int_equal(job->code, IMF_OK);
    assert_non_null(job->vector);
    imf_job_free(&job);
    imf_jobs_close(&jobs);
    imf_pool_close(&pool);
    assert_int_equal(open_descriptors(), descriptors);
}

/* ---- Frame ---- */

static int set_up(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR"), *source = getenv("IMF_SOURCE_ROOT");
    char folder[4096];
    imf_err err = {0};
    if (!source || !getenv("IMF_BUILD_ROOT"))
        return -1;
    for (size_t i = 0; i < PICTURES; i++)
        snprintf(test.paths[i], sizeof test.paths[i], "%s/tests/golden/pictures/%s", source, NAMES[i]);
    snprintf(folder, sizeof folder, "%s/models/starter", source);
    if (imf_model_open(&test.model, NULL, folder, &err) != IMF_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    test.dim = (size_t)test.model->dim;
    snprintf(test.folder, sizeof test.folder, "%.200s/imf-jobs-XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
    return mkdtemp(test.folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    imf_model_close(&test.model);
    return rmdir(test.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_thread_gives_what_one_gives),
        cmocka_unit_test(what_cannot_be_indexed_says_why),
        cmocka_unit_test(closing_while_jobs_are_under_way),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
