/*
 * Paths, failures, items and moments: what an index run compares with and changes; and the sweep of what is no longer
 * named.
 *
 * The table `unswept` holds at every moment exactly the items that have something to sweep: those without a path, and
 * those with a moment that is not live (sql.h has the rule). Whatever could change that for an item calls settle().
 * So the sweep takes time for what went away only, and a search can ask at once whether everything is live.
 */
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

/* ---- listing ---- */

typedef struct path_walk {
    imf_store *store;
    int (*each)(void *user, const imf_store_path *p);
    void *user;
    imf_err *err;
} path_walk;

static int walk_rows(const path_walk *w, imf_stmt *q)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t size;

    for (;;) {
        IMF_TRY(imf_stmt_step(q, &row, w->err));
        if (!row)
            break;
        imf_store_path p = {.id = imf_stmt_get(q, 0),
                            .root = imf_stmt_get(q, 1),
                            .item = imf_stmt_get(q, 2), /* NULL: 0 */
                            .mtime_ns = imf_stmt_get(q, 5)};
        IMF_TRY(imf_stmt_get_text(q, 3, &p.path, w->err));
        IMF_TRY(imf_stmt_get_in(q, 4, 0, INT64_MAX, &size, w->err));
        IMF_TRY(imf_stmt_get_text(q, 6, &p.reason, w->err));
        p.size = (uint64_t)size;
        IMF_TRY(w->each(w->user, &p));
    }
out:
    return rc;
}

/* `from` and `to` are bytes of one length; see imf_store_paths. */
static int walk_range(const path_walk *w, enum imf_sql id, int64_t collection, const char *from, const char *to,
                      size_t n)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, w->store, id, w->err));
    imf_stmt_int(&q, collection);
    if (from)
        imf_stmt_bytes(&q, from, n);
    if (to)
        imf_stmt_bytes(&q, to, n);
    rc = walk_rows(w, &q);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_paths(imf_store *store, int64_t collection, const char *under,
                    int (*each)(void *user, const imf_store_path *p), void *user, imf_err *err)
{
    int rc = IMF_OK;
    path_walk w = {store, each, user, err};
    bool own = false;
    char *from = NULL, *to = NULL;

    IMF_TRY(imf_db_snapshot(store, &own, err));
    if (!under) {
        rc = walk_range(&w, IMF_SQL_PATHS_ALL, collection, NULL, NULL, 0);
        goto out;
    }
    /* What lies below "/a" begins with "/a/", that is, from "/a/" up to but not including "/a0" ('0' follows '/').
     * Without its slashes at the end "/" is "", which fits the same rule. "/a" itself comes before all of those. */
    size_t n = strlen(under);
    while (n > 0 && under[n - 1] == '/')
        n--;
    from = imf_strndup(under, n + 1); /* room for one byte more: of under, or its NUL */
    to = imf_strndup(under, n + 1);
    if (!from || !to) {
        rc = imf_db_no_memory(err);
        goto out;
    }
    from[n] = '/';
    to[n] = '/' + 1;
    if (n > 0)
        IMF_TRY(walk_range(&w, IMF_SQL_PATHS_ONE, collection, from, NULL, n));
    rc = walk_range(&w, IMF_SQL_PATHS_BELOW, collection, from, to, n + 1);
out:
    imf_db_snapshot_end(store, own);
    imf_free(from);
    imf_free(to);
    return rc;
}

/* ---- changing paths ---- */

static int run_with_int(imf_store *store, enum imf_sql id, int64_t value, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, id, err));
    imf_stmt_int(&q, value);
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

/* Puts the item into `unswept` or takes it out, as the rule says. 0 is no item. */
static int settle(imf_store *store, int64_t item, imf_err *err)
{
    int rc = IMF_OK;
    if (item == 0)
        return IMF_OK;
    IMF_TRY(run_with_int(store, IMF_SQL_UNSWEPT_CLEAR, item, err));
    rc = run_with_int(store, IMF_SQL_UNSWEPT_SET, item, err);
out:
    return rc;
}

typedef struct known_path {
    int64_t id, item; /* id 0: not there */
    bool same;        /* size and mtime are those of the new row */
} known_path;

static int find_path(imf_store *store, int64_t collection, const char *path, uint64_t size, int64_t mtime_ns,
                     known_path *out, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    *out = (known_path){0};
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_PATH_FIND, err));
    imf_stmt_int(&q, collection);
    imf_stmt_path(&q, path);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (row) {
        out->id = imf_stmt_get(&q, 0);
        out->item = imf_stmt_get(&q, 1);
        out->same = (uint64_t)imf_stmt_get(&q, 2) == size && imf_stmt_get(&q, 3) == mtime_ns;
    }
out:
    imf_stmt_close(&q);
    return rc;
}

/* Writes the row of the path, whether it is new or not. item 0: a failure. */
static int write_path(imf_store *store, int64_t collection, int64_t root, const char *path, uint64_t size,
                      int64_t mtime_ns, int64_t item, known_path *before, int64_t *id, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(find_path(store, collection, path, size, mtime_ns, before, err));
    IMF_TRY(imf_stmt_open(&q, store, before->id != 0 ? IMF_SQL_PATH_SET : IMF_SQL_PATH_ADD, err));
    if (before->id != 0) {
        imf_stmt_int(&q, before->id);
        imf_stmt_int(&q, root);
    } else {
        imf_stmt_int(&q, collection);
        imf_stmt_int(&q, root);
        imf_stmt_path(&q, path);
    }
    imf_stmt_u64(&q, size);
    imf_stmt_int(&q, mtime_ns);
    imf_stmt_id(&q, item);
    IMF_TRY(imf_stmt_run(&q, err));
    *id = before->id != 0 ? before->id : sqlite3_last_insert_rowid(store->db);
    if (before->item != item) {
        IMF_TRY(settle(store, before->item, err));
        rc = settle(store, item, err);
    }
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_path_put(imf_store *store, int64_t collection, int64_t root, const char *path, uint64_t size,
                       int64_t mtime_ns, int64_t item, imf_err *err)
{
    int rc = IMF_OK;
    known_path before;
    int64_t id;

    if (item <= 0)
        return imf_db_fault(store, "a good path without an item", err);
    IMF_TRY(write_path(store, collection, root, path, size, mtime_ns, item, &before, &id, err));
    if (before.id != 0 && before.item == 0)
        rc = run_with_int(store, IMF_SQL_FAILURE_REMOVE, id, err);
out:
    return rc;
}

int imf_store_path_fail(imf_store *store, int64_t collection, int64_t root, const char *path, uint64_t size,
                        int64_t mtime_ns, const char *reason, const uint8_t *hash, imf_err *err)
{
    int rc = IMF_OK;
    known_path before;
    int64_t id;
    imf_stmt q = {0};

    IMF_TRY(write_path(store, collection, root, path, size, mtime_ns, 0, &before, &id, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_FAILURE_PUT, err));
    imf_stmt_int(&q, id);
    imf_stmt_text(&q, reason);
    imf_stmt_int(&q, before.same);
    if (hash)
        imf_stmt_bytes(&q, hash, 16);
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_failure_find(imf_store *store, const uint8_t hash[16], int64_t collection, const char *path,
                           char **reason, bool *own, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    *reason = NULL;
    *own = false;
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_FAILURE_FIND, err));
    imf_stmt_bytes(&q, hash, 16);
    imf_stmt_int(&q, collection);
    imf_stmt_path(&q, path);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (!row)
        goto out;
    *own = imf_stmt_get(&q, 1) != 0;
    rc = imf_stmt_get_copy(&q, 0, reason, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_path_remove(imf_store *store, int64_t path_id, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t item = 0;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_PATH_ITEM, err));
    imf_stmt_int(&q, path_id);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (!row) {
        rc = imf_db_fault(store, "a path that is not there", err);
        goto out;
    }
    item = imf_stmt_get(&q, 0);
    IMF_TRY(run_with_int(store, IMF_SQL_PATH_REMOVE, path_id, err)); /* its failure goes with it */
    rc = settle(store, item, err);
out:
    imf_stmt_close(&q);
    return rc;
}

/* ---- items and moments ---- */

int imf_store_item_by_hash(imf_store *store, const uint8_t hash[16], int64_t space, imf_store_item *out, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t size, width, height;
    imf_stmt q = {0};

    *out = (imf_store_item){0};
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_ITEM_FIND, err));
    imf_stmt_bytes(&q, hash, 16);
    imf_stmt_int(&q, space);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (!row) {
        rc = IMF_EUNKNOWN;
        goto out;
    }
    IMF_TRY(imf_stmt_get_in(&q, 1, 0, INT64_MAX, &size, err));
    IMF_TRY(imf_stmt_get_in(&q, 2, 0, INT32_MAX, &width, err));
    IMF_TRY(imf_stmt_get_in(&q, 3, 0, INT32_MAX, &height, err));
    *out = (imf_store_item){.id = imf_stmt_get(&q, 0),
                            .size = (uint64_t)size,
                            .width = (int)width,
                            .height = (int)height,
                            .has_moment = imf_stmt_get(&q, 4) != 0};
    memcpy(out->hash, hash, 16);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_item_add(imf_store *store, const uint8_t hash[16], uint64_t size, int width, int height, int64_t *id,
                       imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_ITEM_ADD, err));
    imf_stmt_bytes(&q, hash, 16);
    imf_stmt_u64(&q, size);
    imf_stmt_int(&q, width);
    imf_stmt_int(&q, height);
    IMF_TRY(imf_stmt_run(&q, err));
    *id = sqlite3_last_insert_rowid(store->db);
    rc = settle(store, *id, err); /* until its first path is put */
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_has_moment(imf_store *store, int64_t item, int64_t space, bool *has, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    *has = false;
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_HAS_MOMENT, err));
    imf_stmt_int(&q, item);
    imf_stmt_int(&q, space);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    *has = row && imf_stmt_get(&q, 0) != 0;
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_moment_add(imf_store *store, int64_t item, int64_t space, uint64_t vector_id, int64_t time_ms,
                         int64_t end_ms, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_MOMENT_ADD, err));
    imf_stmt_u64(&q, vector_id);
    imf_stmt_int(&q, item);
    imf_stmt_int(&q, space);
    imf_stmt_int(&q, time_ms);
    imf_stmt_int(&q, end_ms);
    IMF_TRY(imf_stmt_run(&q, err));
    rc = settle(store, item, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_sweep(imf_store *store, uint64_t *n, imf_err *err)
{
    int rc = IMF_OK;

    *n = 0;
    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_db_run(store, IMF_SQL_SWEEP_TOMBSTONES, err));
    IMF_TRY(imf_db_run(store, IMF_SQL_SWEEP_MOMENTS, err));
    IMF_TRY(imf_db_run(store, IMF_SQL_SWEEP_ITEMS, err)); /* with their thumbnails and their rows in unswept */
    *n = (uint64_t)sqlite3_changes64(store->db);
    rc = imf_db_run(store, IMF_SQL_SWEEP_DONE, err); /* those that only lost a moment */
out:
    return rc;
}
