/* The pool with the real imagefinder-decode, and with small scripts that play a hostile one. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "descriptors.h"

#include "media/pool.h"
#include "media/worker.h"

enum { SIDE = 16, MOST_CHILDREN = 64 };

static char folder[256], program[4096];
static const imf_view_recipe VIEW = {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, SIDE, SIDE, 0};

/* ---- Helpers ---- */

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Writes a file of the test's folder and opens it for reading. */
static int file_of(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static size_t read_golden(const char *name, uint8_t *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/pictures/%s", getenv("IMF_SOURCE_ROOT"), name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, size, f);
    assert_true(n > 0 && n < size);
    fclose(f);
    return n;
}

static imf_pool *pool_open(imf_pool_options options)
{
    imf_pool *pool = NULL;
    imf_err err = {0};
    if (!options.program)
        options.program = program;
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return pool;
}

static imf_pool_options patient(int workers)
{
    imf_pool_options options = imf_pool_options_default();
    options.workers = workers;
    options.timeout_ms = 60000;
    return options;
}

static void expect_good(imf_pool *pool, int fd)
{
    imf_err err = {0};
    imf_decoded d;
    if (imf_pool_decode(pool, fd, &VIEW, 1, 0, &d, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(d.n_views, 1);
    assert_int_equal(d.pixels_size, SIDE * SIDE * 3);
    imf_decoded_clear(&d);
}

/* The file must be refused with a reason that holds the words, on one line. */
static void expect_refused(imf_pool *pool, int fd, const char *words)
{
    imf_err err = {0};
    imf_decoded d;
    assert_int_equal(imf_pool_decode(pool, fd, &VIEW, 1, 0, &d, &err), IMF_EINPUT);
    assert_int_equal(err.code, IMF_EINPUT);
    if (!strstr(err.msg, words) || strchr(err.msg, '\n'))
        fail_msg("expected \"%s\", got \"%s\"", words, err.msg);
    assert_null(d.pixels);
    assert_int_equal(d.n_views, 0);
}

static int good_file(void)
{
    uint8_t bytes[8192];
    return file_of("good.jpg", bytes, read_golden("turned-6.jpg", bytes, sizeof bytes));
}

/* The processes whose parent we are. */
static size_t children(pid_t *pids)
{
    size_t n = 0;
    DIR *proc = opendir("/proc");
    assert_non_null(proc);
    for (struct dirent *e; (e = readdir(proc)) != NULL;) {
        char path[300], text[512] = "", state;
        int parent;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = e->d_name[0] >= '0' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!f)
            continue;
        size_t got = fread(text, 1, sizeof text - 1, f);
        fclose(f);
        text[got] = '\0';
        const char *after_name = strrchr(text, ')');
        if (after_name && sscanf(after_name + 1, " %c %d", &state, &parent) == 2 && parent == getpid() &&
            state != 'Z' && n < MOST_CHILDREN)
            pids[n++] = atoi(e->d_name);
    }
    closedir(proc);
    return n;
}

static bool is_child(pid_t pid)
{
    pid_t pids[MOST_CHILDREN];
    size_t n = children(pids);
    for (size_t i = 0; i < n; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* ---- The real decoder ---- */

static void decodes_a_good_picture(void **state)
{
    (void)state;
    imf_pool *pool = pool_open(patient(1));
    const imf_view_recipe views[] = {
        {IMF_VIEW_SUBJECT, IMF_FILTER_BICUBIC, IMF_WHEN_ALPHA, 9, 9, 0},
        {IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, 8, 8, 0},
        {IMF_VIEW_SQUASH, IMF_FILTER_BILINEAR, IMF_WHEN_OPAQUE, 7, 5, 0},
    };
    imf_err err = {0};
    imf_decoded d;
    int fd = good_file();
    assert_int_equal(imf_pool_decode(pool, fd, views, 3, 0, &d, &err), IMF_OK);
    assert_int_equal(d.width, 23); /* turned */
    assert_int_equal(d.height, 31);
    assert_int_equal(d.has_alpha, 0);
    assert_int_equal(d.n_views, 2);
    assert_int_equal(d.view_index[0], 1);
    assert_int_equal(d.view_index[1], 2);
    assert_int_equal(d.pixels_size, (8 * 8 + 7 * 5) * 3);
    imf_decoded_clear(&d);
    assert_null(d.pixels);
    imf_decoded_clear(&d);
    close(fd);
    imf_pool_close(&pool);
    assert_null(pool);
    imf_pool_close(&pool);
}

static void offset_does_not_matter(void **state)
{
    (void)state;
    imf_pool *pool = pool_open(patient(1));
    imf_decoded a, b;
    int fd = good_file();
    assert_int_equal(imf_pool_decode(pool, fd, &VIEW, 1, 0, &a, NULL), IMF_OK);
    assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
    assert_int_equal(imf_pool_decode(pool, fd, &VIEW, 1, 0, &b, NULL), IMF_OK);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 100); /* nor is it moved */
    assert_int_equal(a.pixels_size, b.pixels_size);
    assert_memory_equal(a.pixels, b.pixels, a.pixels_size);
    imf_decoded_clear(&a);
    imf_decoded_clear(&b);
    close(fd);
    imf_pool_close(&pool);
}

static void refuses_what_is_no_picture(void **state)
{
    (void)state;
    static const char TEXT[] = "This is a text, whatever its name says.\n";
    static const char SVG[] = "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" "
                              "height=\"9\"><rect width=\"9\" height=\"9\"/></svg>\n";
    static const char PPM[] = "P6 1 1 255\nabc";
    static const char PDF[] = "%PDF-1.4\n1 0 obj<<>>endobj\n";
    imf_pool *pool = pool_open(patient(1));
    const struct {
        const char *name, *bytes;
        size_t n;
    } files[] = {
        {"text.jpg", TEXT, sizeof TEXT - 1},
        {"drawing.svg", SVG, sizeof SVG - 1},
        {"small.ppm", PPM, sizeof PPM - 1},
        {"paper.pdf", PDF, sizeof PDF - 1},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int fd = file_of(files[i].name, files[i].bytes, files[i].n);
        expect_refused(pool, fd, "not a picture of a supported format");
        close(fd);
    }
    int empty = file_of("empty.jpg", "", 0), pipes[2];
    expect_refused(pool, empty, "empty");
    close(empty);
    assert_int_equal(pipe(pipes), 0);
    expect_refused(pool, pipes[0], "not a regular file");
    expect_refused(pool, -1, "cannot be read");
    close(pipes[0]);
    close(pipes[1]);
    int fd = good_file();
    expect_good(pool, fd);
    close(fd);
    imf_pool_close(&pool);
}

static void refuses_cut_files(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"plain.jpg",  "progressive.jpg",     "rgb.png",   "interlaced.png",
                                        "lossy.webp", "lossless-alpha.webp", "plain.gif", "lzw.tif"};
    imf_pool *pool = pool_open(patient(1));
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        uint8_t bytes[8192];
        size_t n = read_golden(NAMES[i], bytes, sizeof bytes);
        for (size_t part = 6; part <= 9; part++) {
            int fd = file_of("cut", bytes, n * part / 10);
            expect_refused(pool, fd, "damaged");
            close(fd);
        }
        int fd = file_of("whole", bytes, n);
        expect_good(pool, fd);
        close(fd);
    }
    imf_pool_close(&pool);
}

static void refuses_bombs(void **state)
{
    (void)state;
    static const uint8_t BOMB[] = {/* a PNG of 60,000 x 60,000 pixels in 68 bytes */
                                   0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                   0x44, 0x52, 0x00, 0x00, 0xea, 0x60, 0x00, 0x00, 0xea, 0x60, 0x08, 0x02, 0x00, 0x00,
                                   0x00, 0x0f, 0xb0, 0xe2, 0x15, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78,
                                   0x9c, 0x63, 0x60, 0x80, 0x01, 0x00, 0x00, 0x0a, 0x00, 0x01, 0x7f, 0x80, 0x74, 0x5e,
                                   0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    imf_pool_options options = patient(1);
    imf_pool *pool = pool_open(options);
    int fd = file_of("bomb.png", BOMB, sizeof BOMB);
    expect_refused(pool, fd, "larger than 100 megapixels");
    close(fd);
    imf_pool_close(&pool);
    options.max_pixels = 23 * 31 - 1; /* the limit itself: one pixel too many, then just enough */
    pool = pool_open(options);
    fd = good_file();
    expect_refused(pool, fd, "larger than");
    imf_pool_close(&pool);
    options.max_pixels++;
    pool = pool_open(options);
    expect_good(pool, fd);
    close(fd);
    imf_pool_close(&pool);
}

#ifndef IMF_SANITIZED /* the sanitizers need the address space: there is no limit under them */
static void refuses_what_outgrows_memory(void **state)
{
    (void)state;
    /* An uncompressed TIFF of 9000 x 9000 RGB: the pixels are a hole in the file. */
    static const uint16_t TAGS[][4] = {/* tag, type (3: 16 bits), count, value */
                                       {256, 3, 1, 9000}, {257, 3, 1, 9000}, {258, 3, 1, 8}, {259, 3, 1, 1},
                                       {262, 3, 1, 2},    {273, 3, 1, 200},  {277, 3, 1, 3}, {278, 3, 1, 9000}};
    uint8_t head[200] = {'I', 'I', 42, 0, 8, 0, 0, 0, sizeof TAGS / sizeof TAGS[0]};
    for (size_t i = 0; i < sizeof TAGS / sizeof TAGS[0]; i++) {
        uint32_t entry[3] = {TAGS[i][0] | (uint32_t)TAGS[i][1] << 16, TAGS[i][2], TAGS[i][3]};
        memcpy(head + 10 + 12 * i, entry, sizeof entry);
    }
    int fd = file_of("large.tif", head, sizeof head);
    assert_int_equal(truncate(path_of("large.tif"), 200 + 9000L * 9000 * 3), 0);
    imf_pool_options options = patient(1);
    options.max_memory = 300 << 20;
    imf_pool *pool = pool_open(options);
    expect_refused(pool, fd, "too much memory (more than 300 MB)");
    int good = good_file();
    expect_good(pool, good);
    close(good);
    imf_pool_close(&pool);
    options.max_memory = 1 << 30;
    pool = pool_open(options);
    expect_good(pool, fd);
    close(fd);
    imf_pool_close(&pool);
}
#endif

static void outlives_killed_workers(void **state)
{
    (void)state;
    imf_pool *pool = pool_open(patient(2));
    int fd = good_file();
    for (int round = 0; round < 5; round++) {
        pid_t pids[MOST_CHILDREN];
        expect_good(pool, fd);
        size_t n = children(pids);
        assert_true(n >= 1);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(kill(pids[i], SIGKILL), 0);
        for (size_t i = 0; i < n; i++) /* a killed process takes a moment to die */
            while (is_child(pids[i]))
                usleep(1000);
        expect_good(pool, fd); /* that one died idle is no fault of the picture */
    }
    close(fd);
    imf_pool_close(&pool);
    pid_t left[MOST_CHILDREN];
    assert_int_equal(children(left), 0);
}

static void workers_are_confined(void **state)
{
    (void)state;
    int inherited = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    imf_pool *pool = pool_open(patient(1));
    int fd = good_file();
    expect_good(pool, fd);
    pid_t pids[MOST_CHILDREN];
    size_t n = children(pids);
    assert_true(n >= 1 && n <= 2);
    char path[64], text[16384];
    assert_int_equal(getpgid(pids[0]), pids[0]);
    snprintf(path, sizeof path, "/proc/%d/environ", pids[0]);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t got = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[got] = '\0';
    for (const char *at = text; at < text + got; at += strlen(at) + 1)
        if (strncmp(at, "LC_ALL=C", 8) != 0 && strncmp(at, "IMF_", 4) != 0 &&
            strncmp(at, "LD_LIBRARY_PATH=", 16) != 0 && !strstr(at, "SAN_OPTIONS="))
            fail_msg("the worker got %s", at);
    snprintf(path, sizeof path, "/proc/%d/fd", pids[0]);
    DIR *list = opendir(path);
    assert_non_null(list);
    for (struct dirent *e; (e = readdir(list)) != NULL;)
        if (e->d_name[0] != '.' && atoi(e->d_name) > IMF_DECODE_MEMORY)
            fail_msg("the worker has descriptor %s", e->d_name);
    closedir(list);
    close(inherited);
    close(fd);
    imf_pool_close(&pool);
}

/* ---- Many threads ---- */

typedef struct shared {
    imf_pool *pool;
    int fd;
    const imf_decoded *expected;
    int wrong; /* atomic */
} shared;

static void *decode_often(void *user)
{
    shared *s = user;
    for (int i = 0; i < 6; i++) {
        imf_err err = {0};
        imf_decoded d;
        if (imf_pool_decode(s->pool, s->fd, &VIEW, 1, 0, &d, &err) != IMF_OK ||
            d.pixels_size != s->expected->pixels_size || memcmp(d.pixels, s->expected->pixels, d.pixels_size) != 0)
            __atomic_add_fetch(&s->wrong, 1, __ATOMIC_RELAXED);
        imf_decoded_clear(&d);
    }
    return NULL;
}

static void eight_threads_three_workers(void **state)
{
    (void)state;
    size_t descriptors = open_descriptors();
    imf_pool *pool = pool_open(patient(3));
    imf_decoded expected;
    int fd = good_file();
    assert_int_equal(imf_pool_decode(pool, fd, &VIEW, 1, 0, &expected, NULL), IMF_OK);
    shared s = {pool, fd, &expected, 0};
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, decode_often, &s), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(__atomic_load_n(&s.wrong, __ATOMIC_RELAXED), 0);
    pid_t pids[MOST_CHILDREN];
    size_t n = children(pids);
    assert_true(n >= 1 && n <= 4); /* three and the spare */
    expect_good(pool, fd);         /* the threads that used the workers are gone, the workers are not */
    imf_decoded_clear(&expected);
    close(fd);
    imf_pool_close(&pool);
    assert_int_equal(children(pids), 0);
    assert_int_equal(open_descriptors(), descriptors);
}

/* ---- A hostile or broken decoder ---- */

/* A script in place of the decoder. `first` runs at once; then it says hello, and does `then` once a request has come.
 * Each request adds a byte to the file "asked". */
static imf_pool *script_open(const char *first, const char *then, int timeout_ms)
{
    char text[16384], path[512];
    snprintf(text, sizeof text,
             "#!/bin/sh\n%s\nprintf 'IMD1\\003\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >&3\n"
             "/usr/bin/head -c %zu <&3 >/dev/null 2>&1 || exit 9\nprintf x >>%s/asked\n%s\n",
             first, sizeof(imf_decode_request), folder, then);
    close(file_of("script", text, strlen(text)));
    close(file_of("asked", "", 0));
    snprintf(path, sizeof path, "%s", path_of("script"));
    assert_int_equal(chmod(path, 0700), 0);
    imf_pool_options options = imf_pool_options_default();
    options.program = path;
    options.timeout_ms = timeout_ms;
    return pool_open(options);
}

static long times_asked(void)
{
    struct stat st;
    assert_int_equal(stat(path_of("asked"), &st), 0);
    return (long)st.st_size;
}

static void survives_hostile_decoders(void **state)
{
    (void)state;
    static const struct {
        const char *then, *reason;
        int timeout_ms;
        bool final; /* at the first attempt */
    } CASES[] = {
        {"exec /bin/sleep 1000", "took longer than 0.3 s (tried 3 times)", 300, false},
        {"printf half >&3; exec /bin/sleep 1000", "took longer than 0.3 s (tried 3 times)", 300, false},
        {"kill -SEGV $$", "Segmentation fault, signal 11) (tried 3 times)", 60000, false},
        {"kill -KILL $$", "Killed, signal 9) (tried 3 times)", 60000, false},
        {"kill -XCPU $$", "took longer than 60 s (tried 3 times)", 60000, false},
        {"exit 5", "too much memory (more than 1024 MB)", 60000, true},
        {"exit 7", "exit status 7) (tried 3 times)", 60000, false},
        {"exit 0", "exit status 0) (tried 3 times)", 60000, false},
        {"/usr/bin/head -c 200 /dev/zero >&3; exec /bin/sleep 1000", "wrong answer about the picture (tried 3 times)",
         60000, false},
        {"/usr/bin/head -c 100000 /dev/urandom >&3; exec /bin/sleep 1000",
         "wrong answer about the picture (tried 3 times)", 60000, false},
    };
    int fd = good_file();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        imf_pool *pool = script_open("", CASES[i].then, CASES[i].timeout_ms);
        expect_refused(pool, fd, CASES[i].reason);
        assert_int_equal(times_asked(), CASES[i].final ? 1 : IMF_POOL_STRIKES);
        expect_refused(pool, fd, CASES[i].reason); /* by other workers */
        assert_int_equal(times_asked(), 2 * (CASES[i].final ? 1 : IMF_POOL_STRIKES));
        assert_int_equal(imf_pool_sandbox(pool), 0); /* its hello claims nothing */
        imf_pool_close(&pool);
    }
    close(fd);
    pid_t left[MOST_CHILDREN];
    assert_int_equal(children(left), 0);
}

/* Two workers die over the picture; the third is the real one. A spare that starts late may be the third by then, and
 * the picture is good after one strike: so it is played until two have died. */
static void third_attempt_counts(void **state)
{
    (void)state;
    char first[8192];
    long asked = 0;
    snprintf(first, sizeof first, "mkdir %s/one 2>/dev/null || mkdir %s/two 2>/dev/null || exec %s \"$@\"", folder,
             folder, program);
    int fd = good_file();
    for (int i = 0; i < 50 && asked != 2; i++) {
        imf_pool *pool = script_open(first, "kill -SEGV $$", 60000);
        expect_good(pool, fd);
        asked = times_asked();
        assert_in_range(asked, 1, 2);
        expect_good(pool, fd);
        imf_pool_close(&pool);
        assert_int_equal(rmdir(path_of("one")), 0);
        assert_int_equal(rmdir(path_of("two")), 0);
    }
    assert_int_equal(asked, 2);
    close(fd);
}

static void names_a_missing_program(void **state)
{
    (void)state;
    imf_pool *pool = NULL;
    imf_err err = {0};
    imf_pool_options options = imf_pool_options_default();
    options.program = "/nonexistent/imagefinder-decode";
    assert_int_equal(imf_pool_open(&pool, &options, &err), IMF_EINTERNAL);
    assert_non_null(strstr(err.msg, "/nonexistent/imagefinder-decode"));
    assert_null(pool);
    err = (imf_err){0};
    options.program = "/bin/true"; /* a program, but not ours */
    assert_int_equal(imf_pool_open(&pool, &options, &err), IMF_EINTERNAL);
    assert_non_null(strstr(err.msg, "/bin/true"));
    assert_null(pool);
    err = (imf_err){0};
    options.program = program;
    options.workers = 65;
    assert_int_equal(imf_pool_open(&pool, &options, &err), IMF_EUSAGE);
}

/* ---- Replies ---- */

static void replies_are_checked_field_by_field(void **state)
{
    (void)state;
    const imf_decode_request request = {.magic = IMF_DECODE_MAGIC,
                                        .n_views = 3,
                                        .id = 7,
                                        .file_size = 1000,
                                        .max_pixels = 1000000,
                                        .views = {{IMF_VIEW_SUBJECT, IMF_FILTER_BICUBIC, IMF_WHEN_ALPHA, 4, 4, 0},
                                                  {IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, 5, 5, 0},
                                                  {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, 6, 7, 0}}};
    imf_decode_reply good = {IMF_DECODE_MAGIC, IMF_DECODE_OK, 7, 1000, 1000, 0, 6, 0, 0, ""}, r;
    size_t size;
    assert_true(imf_decode_reply_fits(&request, &good, &size));
    assert_int_equal(size, (5 * 5 + 6 * 7) * 3);
    r = good, r.has_alpha = 1, r.views_made = 5;
    assert_true(imf_decode_reply_fits(&request, &r, &size));
    assert_int_equal(size, (4 * 4 + 6 * 7) * 3);
    r = good, r.magic++;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.status = IMF_DECODE_NO_LOADER + 1;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.id = 6;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.width = 0;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.height = 1001;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.width = UINT32_MAX, r.height = UINT32_MAX;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.has_alpha = 2;
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    const uint32_t sets[] = {0, 1, 2, 4, 5, 7, 8, 14, UINT32_MAX}; /* all but 6 are wrong for an opaque picture */
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        r = good, r.views_made = sets[i];
        assert_false(imf_decode_reply_fits(&request, &r, &size));
        assert_int_equal(size, 0);
    }
    r = good;
    memset(r.detail, 'x', sizeof r.detail); /* no NUL */
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r = good, r.status = IMF_DECODE_DAMAGED; /* a refusal has no views */
    assert_false(imf_decode_reply_fits(&request, &r, &size));
    r.views_made = 0;
    assert_true(imf_decode_reply_fits(&request, &r, &size));
    assert_int_equal(size, 0);
}

/* ---- Frame ---- */

static int set_up(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR"), *build = getenv("IMF_BUILD_ROOT");
    if (!build || !getenv("IMF_SOURCE_ROOT"))
        return -1;
    snprintf(program, sizeof program, "%s/imagefinder-decode", build);
    snprintf(folder, sizeof folder, "%.200s/imf-pool-XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    DIR *list = opendir(folder);
    for (struct dirent *e; list && (e = readdir(list)) != NULL;)
        if (e->d_name[0] != '.')
            unlink(path_of(e->d_name));
    if (list)
        closedir(list);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_a_good_picture),
        cmocka_unit_test(offset_does_not_matter),
        cmocka_unit_test(refuses_what_is_no_picture),
        cmocka_unit_test(refuses_cut_files),
        cmocka_unit_test(refuses_bombs),
#ifndef IMF_SANITIZED
        cmocka_unit_test(refuses_what_outgrows_memory),
#endif
        cmocka_unit_test(outlives_killed_workers),
        cmocka_unit_test(workers_are_confined),
        cmocka_unit_test(eight_threads_three_workers),
        cmocka_unit_test(survives_hostile_decoders),
        cmocka_unit_test(third_attempt_counts),
        cmocka_unit_test(names_a_missing_program),
        cmocka_unit_test(replies_are_checked_field_by_field),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
