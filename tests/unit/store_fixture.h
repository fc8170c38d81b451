/* What the tests of the store share: a folder with a catalog that a writer has open, and short ways to fill it. */
#ifndef IMF_TEST_STORE_FIXTURE_H
#define IMF_TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/db.h"

typedef struct fixture {
    char folder[256], path[300];
    imf_store *w; /* the writer */
    imf_err err;
    int64_t space, collection, root; /* "default" with the root "/pics", in a space of dimension 8 */
    uint32_t rows;                   /* committed in segment 1, which is the space's */
} fixture;

#define must(fx, call)                                                                                                 \
    do {                                                                                                               \
        int rc_ = (call);                                                                                              \
        if (rc_ != IMF_OK)                                                                                             \
            fail_msg("%s: %d %s", #call, rc_, (fx)->err.msg);                                                          \
    } while (0)

static inline void make_folder(fixture *fx)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(fx->folder, sizeof fx->folder, "%s/imf-store-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(fx->folder));
    snprintf(fx->path, sizeof fx->path, "%s/catalog.db", fx->folder);
}

static inline void remove_file(const fixture *fx, const char *ending)
{
    char name[320];
    snprintf(name, sizeof name, "%s%s", fx->path, ending);
    unlink(name);
}

static inline uint8_t *hash_of(unsigned n, uint8_t out[16])
{
    memset(out, 0x5a, 16);
    memcpy(out, &n, sizeof n);
    return out;
}

static inline int set_up_empty(void **state)
{
    fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    *state = fx;
    make_folder(fx);
    return 0;
}

static inline int set_up(void **state)
{
    uint8_t hash[16];
    set_up_empty(state);
    fixture *fx = *state;
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_space(fx->w, hash_of(1000000, hash), 8, "starter", &fx->space, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "default", "starter", fx->space, &fx->collection, &fx->err));
    must(fx, imf_store_root(fx->w, fx->collection, "/pics", &fx->root, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    return 0;
}

static inline int tear_down(void **state)
{
    fixture *fx = *state;
    imf_store_close(&fx->w);
    remove_file(fx, "");
    remove_file(fx, "-wal");
    remove_file(fx, "-shm");
    remove_file(fx, "-journal");
    if (rmdir(fx->folder) != 0)
        fail_msg("%s is not empty", fx->folder);
    free(fx);
    return 0;
}

static inline imf_store *reader(fixture *fx)
{
    imf_store *r = NULL;
    must(fx, imf_store_open(&r, fx->path, false, &fx->err));
    return r;
}

/* In an open transaction: a new item with content n and one vector in the fixture's space, without a path. */
static inline int64_t add_item(fixture *fx, unsigned n, uint64_t *vector_id)
{
    uint8_t hash[16];
    int64_t id;
    uint64_t vector = (1u << 20) + fx->rows++;
    imf_store_segment segment = {1, fx->rows, fx->rows, fx->rows};
    must(fx, imf_store_item_add(fx->w, hash_of(n, hash), 1000 + n, 640, 480, &id, &fx->err));
    must(fx, imf_store_moment_add(fx->w, id, fx->space, vector, -1, -1, &fx->err));
    must(fx, imf_store_segment_put(fx->w, fx->space, &segment, &fx->err));
    if (vector_id)
        *vector_id = vector;
    return id;
}

static inline int64_t add_picture(fixture *fx, unsigned n, const char *path)
{
    int64_t item = add_item(fx, n, NULL);
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, path, 1000 + n, 7, item, &fx->err));
    return item;
}

typedef struct path_list {
    size_t n;
    char *path[64], *reason[64];
    imf_store_path row[64];
    size_t stop_at; /* 0: never */
} path_list;

static inline int remember_path(void *user, const imf_store_path *p)
{
    path_list *l = user;
    assert_true(l->n < 64);
    l->row[l->n] = *p;
    l->path[l->n] = strdup(p->path);
    l->reason[l->n] = p->reason ? strdup(p->reason) : NULL;
    l->n++;
    return l->n == l->stop_at ? 77 : 0;
}

static inline void clear_paths(path_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->path[i]);
        free(l->reason[i]);
    }
    *l = (path_list){0};
}

/* Fails unless the paths of the collection below `under` are exactly those given, in that order. */
static inline void assert_paths(fixture *fx, const char *under, const char *const *want, size_t n)
{
    path_list l = {0};
    must(fx, imf_store_paths(fx->w, fx->collection, under, remember_path, &l, &fx->err));
    assert_int_equal(l.n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(l.path[i], want[i]);
    clear_paths(&l);
}

static inline int64_t path_id(fixture *fx, const char *path)
{
    path_list l = {0};
    must(fx, imf_store_paths(fx->w, fx->collection, path, remember_path, &l, &fx->err));
    assert_int_equal(l.n, 1);
    int64_t id = l.row[0].id;
    clear_paths(&l);
    return id;
}

/* One number that a statement gives, asked of SQLite directly. */
static inline int64_t number(fixture *fx, const char *sql)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(fx->w->db, sql, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(fx->w->db));
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* Changes the file behind the store's back. */
static inline void tamper(const fixture *fx, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

typedef struct id_list {
    size_t n;
    uint64_t id[64];
    size_t stop_at;
} id_list;

static inline int remember_id(void *user, uint64_t id)
{
    id_list *l = user;
    assert_true(l->n < 64);
    l->id[l->n++] = id;
    return l->n == l->stop_at ? 78 : 0;
}

#endif
