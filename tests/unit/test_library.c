/*
 * The library from inside one process, with the real decoder and the real model: items and their files, thumbnails,
 * queries by item, collections that go, what a finder keeps open between searches, models, the machine, limits. The
 * same from outside, through the program, is in tests/cli.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "descriptors.h"
#include "finder/finder.h"

typedef struct fixture {
    char folder[200], home[256], pictures[256];
    imf_finder *f;
    imf_err err;
} fixture;

#define must(fx, call)                                                                                                 \
    do {                                                                                                               \
        int rc_ = (call);                                                                                              \
        if (rc_ != IMF_OK)                                                                                             \
            fail_msg("%s: %d %s", #call, rc_, (fx)->err.msg);                                                          \
    } while (0)

/* The call fails with this code, and its message has this in it. */
#define refused(call, want, in_message)                                                                                \
    do {                                                                                                               \
        imf_err err = {0};                                                                                             \
        int rc_ = (call);                                                                                              \
        if (rc_ != (want) || err.code != (want) || !strstr(err.msg, in_message))                                       \
            fail_msg("%s: %d '%s', expected %d '%s'", #call, rc_, err.msg, (want), in_message);                        \
    } while (0)

/* ---- Helpers ---- */

static const char *below(fixture *fx, char path[512], const char *name)
{
    snprintf(path, 512, "%s/%s", fx->folder, name);
    return path;
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* One of the golden pictures, as a file of the test's folder. */
static void put_picture(fixture *fx, const char *golden, const char *name)
{
    static char bytes[1 << 20];
    char from[4096], to[512];
    snprintf(from, sizeof from, "%s/tests/golden/pictures/%s", getenv("IMF_SOURCE_ROOT"), golden);
    FILE *f = fopen(from, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n > 0 && n < sizeof bytes);
    write_bytes(below(fx, to, name), bytes, n);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)kind, (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static imf_finder *open_finder(fixture *fx)
{
    imf_finder *f = NULL;
    imf_options o = imf_options_default();
    o.home = fx->home;
    o.threads = 1;
    must(fx, imf_open(&f, &o, &fx->err));
    return f;
}

static imf_index_report *index_folder(fixture *fx, imf_finder *f, const char *collection, const char *folder)
{
    imf_index_report *report = NULL;
    imf_index_options o = imf_index_options_default();
    o.collection = collection;
    o.paths = &folder;
    o.n_paths = 1;
    must(fx, imf_index_folders(f, &o, &report, &fx->err));
    return report;
}

static void index_quietly(fixture *fx, imf_finder *f, const char *collection, const char *folder)
{
    imf_index_report *report = index_folder(fx, f, collection, folder);
    imf_index_report_free(&report);
}

/* Two pictures, a.jpg and sub/b.png, indexed as "default". */
static int set_up(void **state)
{
    char path[512];
    const char *tmp = getenv("TMPDIR");
    fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    char made[200];
    snprintf(made, sizeof made, "%s/imf-library-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(made));
    char *real = realpath(made, NULL); /* the catalog's paths are real */
    assert_non_null(real);
    snprintf(fx->folder, sizeof fx->folder, "%s", real);
    free(real);
    snprintf(fx->home, sizeof fx->home, "%s/home", fx->folder);
    snprintf(fx->pictures, sizeof fx->pictures, "%s/pictures", fx->folder);
    assert_int_equal(mkdir(fx->pictures, 0700), 0);
    assert_int_equal(mkdir(below(fx, path, "pictures/sub"), 0700), 0);
    put_picture(fx, "plain.jpg", "pictures/a.jpg");
    put_picture(fx, "rgb.png", "pictures/sub/b.png");
    fx->f = open_finder(fx);
    index_quietly(fx, fx->f, NULL, fx->pictures);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
{
    fixture *fx = *state;
    imf_close(&fx->f);
    remove_tree(fx->folder);
    free(fx);
    return 0;
}

static int set_up_environment(void **state)
{
    char path[4096];
    (void)state;
    const char *build = getenv("IMF_BUILD_ROOT"), *source = getenv("IMF_SOURCE_ROOT");
    if (!build || !source)
        return -1;
    snprintf(path, sizeof path, "%s/imagefinder-decode", build);
    setenv("IMAGEFINDER_DECODE", path, 1);
    snprintf(path, sizeof path, "%s/models", source);
    setenv("IMAGEFINDER_MODELS", path, 1);
    unsetenv("IMAGEFINDER_HOME");
    unsetenv("IMAGEFINDER_MODEL");
    unsetenv("IMAGEFINDER_MAX_PIXELS");
    unsetenv("IMAGEFINDER_DECODE_MEMORY");
    unsetenv("IMAGEFINDER_DECODE_SECONDS");
    return 0;
}

/* How many hits a search for everything has; fills the item of the file whose path ends so. */
static size_t count_hits(fixture *fx, imf_finder *f, const char *collection, const char *ending, char item[33])
{
    imf_results *r = NULL;
    imf_query q = imf_query_default();
    q.text = "cat";
    q.k = 1000;
    q.collection = collection;
    must(fx, imf_search(f, &q, &r, &fx->err));
    size_t n = r->n_hits;
    bool found = false;
    for (size_t i = 0; i < n && ending; i++) {
        size_t a = strlen(r->hits[i].path), b = strlen(ending);
        if (a >= b && strcmp(r->hits[i].path + a - b, ending) == 0) {
            memcpy(item, r->hits[i].item, 33);
            found = true;
        }
    }
    assert_true(!ending || found);
    imf_results_free(&r);
    return n;
}

/* ---- Items ---- */

static void an_item_opens_as_it_was_indexed(void **state)
{
    fixture *fx = *state;
    char a[33], b[33], path[512], bytes[3];
    imf_item_file *file = NULL;

    assert_int_equal(count_hits(fx, fx->f, NULL, "/a.jpg", a), 2);
    count_hits(fx, fx->f, NULL, "/sub/b.png", b);
    must(fx, imf_item_open(fx->f, a, &file, &fx->err));
    assert_string_equal(file->path, below(fx, path, "pictures/a.jpg"));
    assert_string_equal(file->media_type, "image/jpeg");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(file->size, st.st_size);
    assert_int_equal(read(file->fd, bytes, 3), 3);
    assert_memory_equal(bytes, "\xff\xd8\xff", 3);
    int fd = file->fd;
    imf_item_file_free(&file);
    assert_null(file);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    imf_item_file_free(&file);

    must(fx, imf_item_open(fx->f, b, &file, &fx->err));
    assert_string_equal(file->media_type, "image/png");
    fd = file->fd;
    file->fd = -1; /* taken */
    imf_item_file_free(&file);
    assert_int_not_equal(fcntl(fd, F_GETFD), -1);
    close(fd);

    refused(imf_item_open(fx->f, "0123456789abcdef0123456789abcdef", &file, &err), IMF_ENOITEM, "no item");
    refused(imf_item_open(fx->f, "0123456789abcdef0123456789abcde", &file, &err), IMF_EUSAGE, "32 digits");
    refused(imf_item_open(fx->f, "../../../../../../../../etc/passwd", &file, &err), IMF_EUSAGE, "32 digits");
    refused(imf_item_open(fx->f, "", &file, &err), IMF_EUSAGE, "32 digits");
    assert_null(file);
}

static void an_item_that_changed_is_not_opened(void **state)
{
    fixture *fx = *state;
    char a[33], path[512], other[512];
    imf_item_file *file = NULL;
    struct stat st;

    count_hits(fx, fx->f, NULL, "/a.jpg", a);
    assert_int_equal(stat(below(fx, path, "pictures/a.jpg"), &st), 0);
    struct timespec times[2] = {st.st_atim, st.st_mtim}, later[2] = {st.st_atim, st.st_mtim};
    later[1].tv_sec += 5;

    assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0); /* another date */
    refused(imf_item_open(fx->f, a, &file, &err), IMF_ENOITEM, "as it was indexed");
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    must(fx, imf_item_open(fx->f, a, &file, &fx->err));
    imf_item_file_free(&file);

    assert_int_equal(truncate(path, st.st_size + 1), 0); /* another size, the same date */
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    refused(imf_item_open(fx->f, a, &file, &err), IMF_ENOITEM, "as it was indexed");
    assert_int_equal(truncate(path, st.st_size), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    must(fx, imf_item_open(fx->f, a, &file, &fx->err));
    imf_item_file_free(&file);

    assert_int_equal(rename(path, below(fx, other, "elsewhere.jpg")), 0); /* a link to the very file */
    assert_int_equal(symlink(other, path), 0);
    refused(imf_item_open(fx->f, a, &file, &err), IMF_ENOITEM, "as it was indexed");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* does not block */
    refused(imf_item_open(fx->f, a, &file, &err), IMF_ENOITEM, "as it was indexed");
    assert_int_equal(unlink(path), 0);
    refused(imf_item_open(fx->f, a, &file, &err), IMF_ENOITEM, "as it was indexed");
}

static void another_copy_stands_in(void **state)
{
    fixture *fx = *state;
    char a[33], path[512];
    imf_item_file *file = NULL;

    put_picture(fx, "plain.jpg", "pictures/z.jpg");
    index_quietly(fx, fx->f, NULL, fx->pictures);
    assert_int_equal(count_hits(fx, fx->f, NULL, "/a.jpg", a), 2);
    assert_int_equal(unlink(below(fx, path, "pictures/a.jpg")), 0);
    must(fx, imf_item_open(fx->f, a, &file, &fx->err));
    assert_string_equal(file->path, below(fx, path, "pictures/z.jpg"));
    imf_item_file_free(&file);
}

static void a_folder_that_became_a_link_is_not_followed(void **state)
{
    fixture *fx = *state;
    char b[33], sub[512], away[512];
    imf_item_file *file = NULL;

    count_hits(fx, fx->f, NULL, "/sub/b.png", b);
    assert_int_equal(rename(below(fx, sub, "pictures/sub"), below(fx, away, "away")), 0);
    assert_int_equal(symlink(away, sub), 0);
    refused(imf_item_open(fx->f, b, &file, &err), IMF_ENOITEM, "as it was indexed");
    assert_int_equal(unlink(sub), 0);
    assert_int_equal(rename(away, sub), 0);
    must(fx, imf_item_open(fx->f, b, &file, &fx->err));
    imf_item_file_free(&file);
    assert_int_equal(rename(fx->pictures, away), 0); /* the root itself */
    assert_int_equal(symlink(away, fx->pictures), 0);
    refused(imf_item_open(fx->f, b, &file, &err), IMF_ENOITEM, "as it was indexed");
}

/* With the kernel's own resolution and name by name. */
static void nothing_outside_a_root_is_opened(void **state)
{
    fixture *fx = *state;
    char root[512], path[512];
    snprintf(root, sizeof root, "%s", fx->pictures);
    write_bytes(below(fx, path, "secret.jpg"), "x", 1);
    assert_int_equal(symlink("../secret.jpg", below(fx, path, "pictures/link.jpg")), 0);
    assert_int_equal(symlink("..", below(fx, path, "pictures/up")), 0);
    assert_int_equal(symlink("sub", below(fx, path, "pictures/inside")), 0);
    static const struct {
        const char *name;
        bool opens;
    } table[] = {{"pictures/a.jpg", true},
                 {"pictures/sub/b.png", true},
                 {"pictures/../secret.jpg", false},
                 {"pictures/./a.jpg/.", false},
                 {"pictures/link.jpg", false},
                 {"pictures/up/secret.jpg", false},
                 {"pictures/inside/b.png", false},
                 {"pictures/sub", false},
                 {"pictures/", false},
                 {"pictures/none.jpg", false},
                 {"pictures/a.jpg/x", false},
                 {"secret.jpg", false},
                 {"picturesque/a.jpg", false}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (int walk = 0; walk < 2; walk++) {
            int fd = -1;
            struct stat st;
            int e = imf_open_below(root, below(fx, path, table[i].name), walk, &fd, &st);
            if ((e == 0) != table[i].opens)
                fail_msg("%s (walk %d): %d", table[i].name, walk, e);
            if (e == 0)
                close(fd);
        }
    int fd;
    struct stat st;
    below(fx, path, "pictures/a.jpg");
    assert_int_equal(imf_open_below(path, path, false, &fd, &st), 0); /* a root that is a file */
    close(fd);
    assert_int_equal(imf_open_below("/", path, false, &fd, &st), 0);
    close(fd);
    assert_int_equal(imf_open_below("/", path, true, &fd, &st), 0);
    close(fd);
    assert_int_equal(imf_open_below("", path, true, &fd, &st), -EXDEV);
}

/* ---- Thumbnails ---- */

static void assert_thumbnail(fixture *fx, const char *item)
{
    imf_bytes *jpeg = NULL;
    must(fx, imf_item_thumbnail(fx->f, item, &jpeg, &fx->err));
    assert_true(jpeg->size > 100);
    assert_memory_equal(jpeg->data, "\xff\xd8\xff", 3);
    imf_bytes_free(&jpeg);
    assert_null(jpeg);
    imf_bytes_free(&jpeg);
}

static void change_catalog(fixture *fx, const char *item, const char *jpeg, size_t size)
{
    char path[512];
    uint8_t hash[16];
    imf_store *w = NULL;
    imf_store_item found;
    must(fx, imf_store_open(&w, below(fx, path, "home/catalog.db"), true, &fx->err));
    must(fx, imf_store_begin(w, &fx->err));
    assert_true(imf_unhex(item, hash, 16));
    must(fx, imf_store_item_by_hash(w, hash, 0, &found, &fx->err));
    must(fx, imf_store_thumbnail_put(w, found.id, (const uint8_t *)jpeg, size, &fx->err));
    must(fx, imf_store_commit(w, &fx->err));
    imf_store_close(&w);
}

static void a_thumbnail_is_kept_with_its_item(void **state)
{
    fixture *fx = *state;
    char a[33], other[33];
    imf_bytes *jpeg = NULL;

    count_hits(fx, fx->f, NULL, "/a.jpg", a);
    count_hits(fx, fx->f, NULL, "/sub/b.png", other);
    assert_thumbnail(fx, a);
    remove_tree(fx->pictures);
    assert_thumbnail(fx, a); /* from the catalog: its file is gone */
    assert_thumbnail(fx, other);
    change_catalog(fx, a, "\xff\xd8\xff\xe0ours", 8);
    must(fx, imf_item_thumbnail(fx->f, a, &jpeg, &fx->err));
    assert_int_equal(jpeg->size, 8);
    assert_memory_equal(jpeg->data, "\xff\xd8\xff\xe0ours", 8);
    imf_bytes_free(&jpeg);
    refused(imf_item_thumbnail(fx->f, "0123456789abcdef0123456789abcdef", &jpeg, &err), IMF_ENOITEM, "no item");
    refused(imf_item_thumbnail(fx->f, "nonsense", &jpeg, &err), IMF_EUSAGE, "32 digits");
    assert_null(jpeg);
}

static void what_is_no_jpeg_is_not_served(void **state)
{
    fixture *fx = *state;
    char a[33];
    imf_bytes *jpeg = NULL;

    count_hits(fx, fx->f, NULL, "/a.jpg", a);
    change_catalog(fx, a, "<html><script>", 14);
    assert_thumbnail(fx, a); /* made now, from its file */
    change_catalog(fx, a, "", 0);
    assert_thumbnail(fx, a);
    remove_tree(fx->pictures);
    refused(imf_item_thumbnail(fx->f, a, &jpeg, &err), IMF_EINPUT, "as it was indexed");
    assert_null(jpeg);
}

/* ---- Queries by item ---- */

static void an_item_is_searched_by_its_id_alone(void **state)
{
    fixture *fx = *state;
    char a[33], path[512], old[4096];
    imf_results *r = NULL;
    imf_query q = imf_query_default();

    count_hits(fx, fx->f, NULL, "/a.jpg", a);
    q.item = a;
    must(fx, imf_search(fx->f, &q, &r, &fx->err));
    assert_int_equal(r->n_hits, 2);
    assert_string_equal(r->hits[0].item, a);
    assert_true(r->hits[0].score > 0.999f);
    assert_null(r->text);
    assert_null(r->translated);
    imf_results_free(&r);

    /* a file of that name is not looked at: it is no picture, and would be an error */
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(fx->folder), 0);
    write_bytes(below(fx, path, a), "no picture", 10);
    must(fx, imf_search(fx->f, &q, &r, &fx->err));
    imf_results_free(&r);
    q.item = NULL;
    q.picture = a;
    refused(imf_search(fx->f, &q, &r, &err), IMF_EINPUT, a);
    assert_int_equal(chdir(old), 0);

    q = imf_query_default();
    q.item = "0123456789abcdef0123456789abcdef";
    refused(imf_search(fx->f, &q, &r, &err), IMF_ENOITEM, "no item");
    q.item = path; /* a path is no id */
    refused(imf_search(fx->f, &q, &r, &err), IMF_EUSAGE, "32 digits");
    q.item = a;
    q.text = "cat";
    refused(imf_search(fx->f, &q, &r, &err), IMF_EUSAGE, "one of them");
    assert_null(r);
}

/* ---- Collections ---- */

static void a_collection_shows_its_roots(void **state)
{
    fixture *fx = *state;
    char second[512];
    imf_collection *c = NULL;

    assert_int_equal(mkdir(below(fx, second, "another"), 0700), 0);
    put_picture(fx, "rgba.png", "another/c.png");
    index_quietly(fx, fx->f, NULL, second);
    must(fx, imf_collection_get(fx->f, "default", &c, &fx->err));
    assert_string_equal(c->name, "default");
    assert_string_equal(c->model, "starter");
    assert_int_equal(c->items, 3);
    assert_int_equal(c->moments, 3);
    assert_int_equal(c->n_roots, 2);
    assert_string_equal(c->roots[0], second);
    assert_string_equal(c->roots[1], fx->pictures);
    imf_collection_free(&c);
    imf_collection_free(&c);
    refused(imf_collection_get(fx->f, "none", &c, &err), IMF_EUNKNOWN, "'none'");
    refused(imf_collection_get(fx->f, "a/b", &c, &err), IMF_EUSAGE, "a/b");
    assert_null(c);
}

static void a_removed_collection_is_gone_and_can_come_back(void **state)
{
    fixture *fx = *state;
    char again[33], a[33], path[512];
    uint64_t items = 0;
    imf_results *r = NULL;
    imf_verify_report *report = NULL;
    imf_query q = imf_query_default();
    imf_item_file *file = NULL;
    imf_finder *other = open_finder(fx); /* searches all the time */

    index_quietly(fx, fx->f, "second", below(fx, path, "pictures/sub"));
    count_hits(fx, other, NULL, "/a.jpg", a);
    assert_int_equal(count_hits(fx, other, "default", NULL, NULL), 2);
    must(fx, imf_collection_remove(fx->f, "default", &items, &fx->err));
    assert_int_equal(items, 1); /* the other one is held by "second" */

    q.text = "cat";
    q.collection = "default";
    refused(imf_search(other, &q, &r, &err), IMF_EUNKNOWN, "'default'");
    assert_int_equal(count_hits(fx, other, "second", "/sub/b.png", again), 1);
    assert_int_equal(count_hits(fx, other, NULL, NULL, NULL), 1);
    refused(imf_item_open(other, a, &file, &err), IMF_ENOITEM, "no item");
    must(fx, imf_verify(other, &report, &fx->err));
    assert_true(report->ok);
    imf_verify_report_free(&report);
    refused(imf_collection_remove(fx->f, "default", &items, &err), IMF_EUNKNOWN, "'default'");
    assert_int_equal(access(below(fx, path, "pictures/a.jpg"), F_OK), 0); /* the user's files are not touched */

    index_quietly(fx, fx->f, "default", fx->pictures);
    assert_int_equal(count_hits(fx, other, "default", "/a.jpg", again), 2);
    assert_string_equal(a, again);
    must(fx, imf_verify(other, &report, &fx->err));
    assert_true(report->ok);
    imf_verify_report_free(&report);

    imf_lock lock;
    must(fx, imf_lock_take(&lock, fx->f, &fx->err));
    refused(imf_collection_remove(fx->f, "default", &items, &err), IMF_EBUSY, "busy: pid ");
    imf_lock_drop(&lock);
    must(fx, imf_collection_remove(fx->f, "second", NULL, &fx->err));
    imf_close(&other);
}

/* ---- What stays open between searches ---- */

static void a_kept_reader_sees_what_others_commit(void **state)
{
    fixture *fx = *state;
    char item[33], path[512];
    imf_finder *writer = open_finder(fx);

    assert_int_equal(count_hits(fx, fx->f, "default", NULL, NULL), 2);
    size_t open_before = open_descriptors();
    for (int i = 0; i < 50; i++)
        assert_int_equal(count_hits(fx, fx->f, i % 2 ? "default" : NULL, NULL, NULL), 2);
    assert_int_equal(open_descriptors(), open_before);

    put_picture(fx, "rgba.png", "pictures/c.png"); /* a new row in the same segment */
    index_quietly(fx, writer, NULL, fx->pictures);
    assert_int_equal(count_hits(fx, fx->f, "default", "/c.png", item), 3);
    assert_int_equal(unlink(below(fx, path, "pictures/c.png")), 0); /* a row that counts no more, in the same file */
    index_quietly(fx, writer, NULL, fx->pictures);
    assert_int_equal(count_hits(fx, fx->f, "default", NULL, NULL), 2);
    assert_int_equal(count_hits(fx, fx->f, NULL, NULL, NULL), 2);
    index_quietly(fx, writer, "second", below(fx, path, "pictures/sub")); /* another filter over the same rows */
    assert_int_equal(count_hits(fx, fx->f, "second", NULL, NULL), 1);
    assert_int_equal(count_hits(fx, fx->f, "default", NULL, NULL), 2);
    imf_close(&writer);
    /* SQLite keeps the descriptor of a writer that was closed for the next one, while a reader of this process is open:
     * closing it would drop the reader's locks. */
    assert_true(open_descriptors() <= open_before + 1);
}

static void a_home_that_is_replaced_is_noticed(void **state)
{
    fixture *fx = *state;
    char old[512];
    imf_query q = imf_query_default();
    imf_results *r = NULL;

    assert_int_equal(count_hits(fx, fx->f, NULL, NULL, NULL), 2);
    assert_int_equal(rename(fx->home, below(fx, old, "old")), 0);
    q.text = "cat";
    must(fx, imf_search(fx->f, &q, &r, &fx->err)); /* no home: nothing is indexed */
    assert_int_equal(r->n_hits, 0);
    imf_results_free(&r);
    put_picture(fx, "rgba.png", "pictures/c.png");
    imf_finder *writer = open_finder(fx);
    index_quietly(fx, writer, NULL, fx->pictures);
    imf_close(&writer);
    assert_int_equal(count_hits(fx, fx->f, NULL, NULL, NULL), 3);
    remove_tree(fx->home);
    assert_int_equal(rename(old, fx->home), 0);
    assert_int_equal(count_hits(fx, fx->f, NULL, NULL, NULL), 2);
}

static void a_segment_that_is_cut_short_is_an_error(void **state)
{
    fixture *fx = *state;
    char path[512];
    imf_query q = imf_query_default();
    imf_results *r = NULL;

    assert_int_equal(count_hits(fx, fx->f, NULL, NULL, NULL), 2);
    assert_int_equal(truncate(below(fx, path, "home/segments/00000001.seg"), 4096), 0); /* while it is mapped */
    q.text = "cat";
    refused(imf_search(fx->f, &q, &r, &err), IMF_EDAMAGE, "00000001.seg");
}

/* ---- Failures by their content ---- */

static void a_copy_of_a_failure_is_not_decoded(void **state)
{
    fixture *fx = *state;
    char path[512];
    imf_index_report *report;

    write_bytes(below(fx, path, "pictures/bad.jpg"), "\xff\xd8\xff\xe0 not really", 16);
    report = index_folder(fx, fx->f, NULL, fx->pictures);
    assert_int_equal(report->failed, 1);
    assert_true(report->decode_ms > 0);
    imf_index_report_free(&report);
    write_bytes(below(fx, path, "pictures/copy.jpg"), "\xff\xd8\xff\xe0 not really", 16);
    report = index_folder(fx, fx->f, NULL, fx->pictures);
    assert_int_equal(report->failed, 2);
    assert_true(report->decode_ms == 0);
    assert_string_equal(report->failures[0].reason, report->failures[1].reason);
    imf_index_report_free(&report);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0); /* touched: tried again */
    report = index_folder(fx, fx->f, NULL, fx->pictures);
    assert_int_equal(report->failed, 2);
    assert_true(report->decode_ms > 0);
    imf_index_report_free(&report);
}

/* ---- Models and the machine ---- */

static void models_are_listed_without_being_believed(void **state)
{
    fixture *fx = *state;
    char path[512], models[512];
    imf_model_list *list = NULL;
    static const char *const folders[] = {"models",     "models/broken", "models/alien", "models/starter",
                                          "models/.hid", "models/empty",  "models/liar",  "home/models",
                                          "home/models/alien"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        assert_int_equal(mkdir(below(fx, path, folders[i]), 0700), 0);
    write_bytes(below(fx, path, "models/broken/config.json"), "{\"dim\": ", 8);
    const char *alien = "{\"model_type\": \"clip\", \"dim\": 512, \"languages\": [\"en\"], \"licence\": \"MIT\"}";
    write_bytes(below(fx, path, "models/alien/config.json"), alien, strlen(alien));
    write_bytes(below(fx, path, "home/models/alien/config.json"), "{}", 2);
    write_bytes(below(fx, path, "models/.hid/config.json"), "{}", 2);
    const char *liar = "{\"model_type\": \"imagefinder-starter\", \"dim\": 99999999999, \"languages\": 5}";
    write_bytes(below(fx, path, "models/liar/config.json"), liar, strlen(liar));
    const char *good = "{\"model_type\": \"imagefinder-starter\", \"dim\": 512, \"languages\": [\"en\", 7, \"ru\"], "
                       "\"licence\": \"Apache-2.0\"}";
    write_bytes(below(fx, path, "models/starter/config.json"), good, strlen(good));

    char *before = strdup(getenv("IMAGEFINDER_MODELS"));
    setenv("IMAGEFINDER_MODELS", below(fx, models, "models"), 1);
    must(fx, imf_models(fx->f, &list, &fx->err));
    setenv("IMAGEFINDER_MODELS", before, 1);
    free(before);
    assert_int_equal(list->n_models, 4);
    assert_string_equal(list->models[0].name, "alien");
    assert_string_equal(list->models[0].path, below(fx, path, "models/alien")); /* the first place wins */
    assert_int_equal(list->models[0].size, strlen(alien));
    assert_string_equal(list->models[1].name, "broken");
    assert_string_equal(list->models[2].name, "liar");
    for (int i = 0; i < 3; i++) {
        assert_true(list->models[i].here);
        assert_int_equal(list->models[i].dim, 0);
        assert_int_equal(list->models[i].n_languages, 0);
        assert_string_equal(list->models[i].licence, "");
    }
    assert_string_equal(list->models[3].name, "starter");
    assert_int_equal(list->models[3].dim, 512);
    assert_int_equal(list->models[3].n_languages, 2);
    assert_string_equal(list->models[3].languages[1], "ru");
    assert_string_equal(list->models[3].licence, "Apache-2.0");
    imf_models_free(&list);
    imf_models_free(&list);
}

static void a_model_tells_what_it_is(void **state)
{
    fixture *fx = *state;
    imf_model_info *info = NULL;

    must(fx, imf_model_info_get(fx->f, "starter", &info, &fx->err));
    assert_string_equal(info->name, "starter");
    assert_string_equal(info->family, "imagefinder-starter");
    assert_int_equal(info->dim, 512);
    assert_int_equal(info->image_size, 224);
    assert_true(info->tensors > 100);
    assert_true(info->parameters > 23000000 && info->parameters < 25000000); /* 18.1 million of 4 bits, 5.9 of 8 */
    if (strcmp(info->precision, "int8") != 0) /* where the processor can */
        assert_string_equal(info->precision, "f32");
    assert_non_null(strstr(info->provenance, "EfficientNet"));
    imf_model_info_free(&info);
    must(fx, imf_model_info_get(fx->f, NULL, &info, &fx->err)); /* that of the collection */
    assert_string_equal(info->name, "starter");
    imf_model_info_free(&info);
    refused(imf_model_info_get(fx->f, "nothing", &info, &err), IMF_EUNKNOWN, "nothing");
    refused(imf_model_info_get(fx->f, "./nothing", &info, &err), IMF_EINPUT, "nothing");
    refused(imf_model_info_get(fx->f, "../models", &info, &err), IMF_EINPUT, "models");
    assert_null(info);
}

/* Opening one can take a second: a finder opens it once, also when its path is relative and was made absolute. */
static void a_model_is_opened_once(void **state)
{
    fixture *fx = *state;
    imf_finder *f = NULL;
    imf_model_info *info = NULL;
    imf_options o = imf_options_default();
    char here[4096], path[512];
    int dim = 0;

    must(fx, imf_model_info_get(fx->f, "starter", &info, &fx->err));
    assert_int_equal(symlink(info->path, below(fx, path, "linked")), 0);
    imf_model_info_free(&info);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(below(fx, path, "")), 0);
    o.home = fx->home;
    o.model = "./linked";
    must(fx, imf_open(&f, &o, &fx->err));
    must(fx, imf_dim(f, &dim, &fx->err));
    assert_int_equal(unlink("linked"), 0);
    must(fx, imf_dim(f, &dim, &fx->err));
    assert_int_equal(dim, 512);
    imf_close(&f);
    assert_int_equal(chdir(here), 0);
}

static const imf_check *check_of(const imf_doctor_report *r, const char *name)
{
    for (size_t i = 0; i < r->n_checks; i++)
        if (strcmp(r->checks[i].name, name) == 0)
            return &r->checks[i];
    fail_msg("no check named %s", name);
    return NULL;
}

static void the_doctor_looks_at_everything(void **state)
{
    fixture *fx = *state;
    static const char *const names[] = {"decoder", "sandbox", "processor", "memory", "disk", "home", "model"};
    imf_doctor_report *r = NULL;
    imf_lock lock;

    must(fx, imf_lock_take(&lock, fx->f, &fx->err));
    must(fx, imf_doctor(fx->f, &r, &fx->err));
    imf_lock_drop(&lock);
    assert_int_equal(r->n_checks, 7);
    bool ok = true;
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(r->checks[i].name, names[i]);
        assert_true(strlen(r->checks[i].found) > 3);
        assert_null(strchr(r->checks[i].found, '\n'));
        assert_true(r->checks[i].ok || *r->checks[i].advice);
        ok = ok && r->checks[i].ok;
    }
    assert_int_equal(r->ok, ok);
    assert_true(check_of(r, "decoder")->ok);
    assert_true(check_of(r, "home")->ok);
    assert_non_null(strstr(check_of(r, "home")->found, "pid "));
    assert_true(check_of(r, "model")->ok);
    imf_doctor_free(&r);
    imf_doctor_free(&r);
}

static void the_doctor_says_what_is_amiss(void **state)
{
    fixture *fx = *state;
    imf_doctor_report *r = NULL;
    imf_finder *sick = NULL;
    imf_options o = imf_options_default();
    char *decoder = strdup(getenv("IMAGEFINDER_DECODE")), path[512];

    o.home = below(fx, path, "new/one/home"); /* not there yet, and not made */
    o.model = "nothing";
    setenv("IMAGEFINDER_DECODE", "/nonexistent/decoder", 1);
    must(fx, imf_open(&sick, &o, &fx->err));
    must(fx, imf_doctor(sick, &r, &fx->err));
    setenv("IMAGEFINDER_DECODE", decoder, 1);
    free(decoder);
    assert_false(r->ok);
    assert_false(check_of(r, "decoder")->ok);
    assert_false(check_of(r, "sandbox")->ok);
    assert_false(check_of(r, "model")->ok);
    assert_non_null(strstr(check_of(r, "model")->found, "nothing"));
    assert_true(check_of(r, "home")->ok);
    assert_non_null(strstr(check_of(r, "home")->found, "new/one/home"));
    assert_int_equal(access(below(fx, path, "new"), F_OK), -1);
    imf_doctor_free(&r);
    imf_close(&sick);
}

/* ---- JSON ---- */

/* The keys of a JSON object, in its order. */
static void assert_keys(const json_t *object, const char *want)
{
    char keys[500] = "";
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        strcat(keys, *keys ? " " : "");
        strcat(keys, key);
    }
    assert_string_equal(keys, want);
}

static json_t *parse(char *text)
{
    assert_non_null(text);
    assert_null(strchr(text, '\n'));
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    imf_string_free(&text);
    return root;
}

static void the_keys_are_those_of_the_contract(void **state)
{
    fixture *fx = *state;
    imf_collection *c = NULL;
    imf_model_list *models = NULL;
    imf_model_info *info = NULL;
    imf_doctor_report *report = NULL;

    must(fx, imf_collection_get(fx->f, "default", &c, &fx->err));
    json_t *root = parse(imf_collection_json(c));
    assert_keys(root, "name title description queries model items moments roots");
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "roots"), 0)), fx->pictures);
    json_decref(root);
    imf_collection_free(&c);

    must(fx, imf_models(fx->f, &models, &fx->err));
    root = parse(imf_models_json(models));
    assert_keys(root, "models");
    assert_keys(json_array_get(json_object_get(root, "models"), 0), "name here path languages dim size licence");
    json_decref(root);
    imf_models_free(&models);

    must(fx, imf_model_info_get(fx->f, "starter", &info, &fx->err));
    root = parse(imf_model_info_json(info));
    assert_keys(root, "name path family dim image_size parameters tensors precision provenance");
    json_decref(root);
    imf_model_info_free(&info);

    must(fx, imf_doctor(fx->f, &report, &fx->err));
    root = parse(imf_doctor_json(report));
    assert_keys(root, "ok checks");
    assert_int_equal(json_array_size(json_object_get(root, "checks")), 7);
    assert_keys(json_array_get(json_object_get(root, "checks"), 0), "name ok found advice");
    json_decref(root);
    imf_doctor_free(&report);
}

/* ---- Limits ---- */

static void limits_come_from_the_options_then_the_environment(void **state)
{
    fixture *fx = *state;
    imf_pool_options p;
    imf_finder *f = NULL;
    imf_options o = imf_options_default();
    static const char *const bad[] = {"0", "-1", " 5", "5 ", "1e6", "x", "99999999999999999999999", "0x10"};
    static const char *const names[] = {"IMAGEFINDER_MAX_PIXELS", "IMAGEFINDER_DECODE_MEMORY",
                                        "IMAGEFINDER_DECODE_SECONDS"};

    must(fx, imf_finder_pool_options(fx->f, &p, &fx->err));
    assert_int_equal(p.max_pixels, 100000000);
    assert_int_equal(p.max_memory, (uint64_t)1 << 30);
    assert_int_equal(p.timeout_ms, 10000);
    setenv("IMAGEFINDER_MAX_PIXELS", "1000", 1);
    setenv("IMAGEFINDER_DECODE_MEMORY", "300000000", 1);
    setenv("IMAGEFINDER_DECODE_SECONDS", "3", 1);
    must(fx, imf_finder_pool_options(fx->f, &p, &fx->err));
    assert_int_equal(p.max_pixels, 1000);
    assert_int_equal(p.max_memory, 300000000);
    assert_int_equal(p.timeout_ms, 3000);
    o.home = fx->home;
    o.max_pixels = 2000;
    o.decode_memory = 400000000;
    o.decode_seconds = 4;
    must(fx, imf_open(&f, &o, &fx->err));
    must(fx, imf_finder_pool_options(f, &p, &fx->err));
    assert_int_equal(p.max_pixels, 2000);
    assert_int_equal(p.max_memory, 400000000);
    assert_int_equal(p.timeout_ms, 4000);
    imf_close(&f);
    for (size_t i = 0; i < 3; i++) {
        unsetenv(names[0]), unsetenv(names[1]), unsetenv(names[2]);
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            setenv(names[i], bad[k], 1);
            refused(imf_finder_pool_options(fx->f, &p, &err), IMF_EUSAGE, names[i]);
        }
        setenv(names[i], "", 1); /* as if it were not set */
        must(fx, imf_finder_pool_options(fx->f, &p, &fx->err));
        unsetenv(names[i]);
    }
    o.decode_seconds = -1;
    must(fx, imf_open(&f, &o, &fx->err));
    refused(imf_finder_pool_options(f, &p, &err), IMF_EUSAGE, "DECODE_SECONDS");
    imf_close(&f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_item_opens_as_it_was_indexed),
        T(an_item_that_changed_is_not_opened),
        T(another_copy_stands_in),
        T(a_folder_that_became_a_link_is_not_followed),
        T(nothing_outside_a_root_is_opened),
        T(a_thumbnail_is_kept_with_its_item),
        T(what_is_no_jpeg_is_not_served),
        T(an_item_is_searched_by_its_id_alone),
        T(a_collection_shows_its_roots),
        T(a_removed_collection_is_gone_and_can_come_back),
        T(a_kept_reader_sees_what_others_commit),
        T(a_home_that_is_replaced_is_noticed),
        T(a_segment_that_is_cut_short_is_an_error),
        T(a_copy_of_a_failure_is_not_decoded),
        T(models_are_listed_without_being_believed),
        T(a_model_tells_what_it_is),
        T(a_model_is_opened_once),
        T(the_doctor_looks_at_everything),
        T(the_doctor_says_what_is_amiss),
        T(the_keys_are_those_of_the_contract),
        T(limits_come_from_the_options_then_the_environment),
    };
    return cmocka_run_group_tests(tests, set_up_environment, NULL);
}
