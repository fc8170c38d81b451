/*
 * Collections with their texts and counts, their roots, and the row about a run under way: what `collection` and
 * `status` show. Which files a collection holds is in store_path.c.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

/* ---- reading ---- */

void imf_store_collection_clear(imf_store_collection *c)
{
    if (!c)
        return;
    imf_free(c->name);
    imf_free(c->title);
    imf_free(c->description);
    imf_free(c->model);
    for (size_t i = 0; i < c->n_queries; i++)
        imf_free(c->queries[i]);
    imf_free(c->queries);
    *c = (imf_store_collection){0};
}

void imf_store_collections_free(imf_store_collection **c, size_t n)
{
    if (!c || !*c)
        return;
    for (size_t i = 0; i < n; i++)
        imf_store_collection_clear(&(*c)[i]);
    imf_free(*c);
    *c = NULL;
}

static int read_queries(imf_store *store, imf_store_collection *c, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_QUERIES, err));
    imf_stmt_int(&q, c->id);
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        char **more = imf_realloc_array(c->queries, c->n_queries + 1, sizeof *more);
        if (!more) {
            rc = imf_db_no_memory(err);
            goto out;
        }
        c->queries = more;
        IMF_TRY(imf_stmt_get_copy(&q, 0, &c->queries[c->n_queries], err));
        c->n_queries++;
    }
out:
    imf_stmt_close(&q);
    return rc;
}

/* From a row of IMF_SQL_COLLECTION. After an error *c may be half filled; it is cleared like any other. */
static int read_collection(const imf_stmt *q, imf_store_collection *c, imf_err *err)
{
    int rc = IMF_OK;

    c->id = imf_stmt_get(q, 0);
    c->space = imf_stmt_get(q, 1);
    IMF_TRY(imf_stmt_get_copy(q, 2, &c->name, err));
    IMF_TRY(imf_stmt_get_copy(q, 3, &c->title, err));
    IMF_TRY(imf_stmt_get_copy(q, 4, &c->description, err));
    IMF_TRY(imf_stmt_get_copy(q, 5, &c->model, err));
    c->waiting = imf_stmt_get(q, 6) != 0;
out:
    return rc;
}

int imf_store_collection_get(imf_store *store, const char *name, imf_store_collection *out, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false, own = false;
    imf_stmt q = {0};

    *out = (imf_store_collection){0};
    IMF_TRY(imf_db_snapshot(store, &own, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_COLLECTION_FIND, err));
    imf_stmt_text(&q, name);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    rc = row ? read_collection(&q, out, err) : IMF_EUNKNOWN;
    if (rc == IMF_OK)
        rc = read_queries(store, out, err);
out:
    imf_stmt_close(&q);
    imf_db_snapshot_end(store, own);
    if (rc != IMF_OK)
        imf_store_collection_clear(out);
    return rc;
}

/* One count, and with `second` the column after it. space is bound where the statement has a second parameter. */
static int count(imf_store *store, enum imf_sql id, int64_t collection, int64_t space, uint64_t *first,
                 uint64_t *second, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, id, err));
    imf_stmt_int(&q, collection);
    if (space != 0)
        imf_stmt_int(&q, space);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    *first = row ? (uint64_t)imf_stmt_get(&q, 0) : 0;
    if (second)
        *second = row ? (uint64_t)imf_stmt_get(&q, 1) : 0;
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_count(imf_store *store, imf_store_collection *c, imf_err *err)
{
    int rc = IMF_OK;
    bool own = false;

    IMF_TRY(imf_db_snapshot(store, &own, err));
    IMF_TRY(count(store, IMF_SQL_COUNT_ITEMS, c->id, 0, &c->items, &c->bytes, err));
    IMF_TRY(count(store, IMF_SQL_COUNT_MOMENTS, c->id, c->space, &c->moments, NULL, err));
    IMF_TRY(count(store, IMF_SQL_COUNT_FAILED, c->id, 0, &c->failed, NULL, err));
    IMF_TRY(count(store, IMF_SQL_COUNT_OFFLINE, c->id, 0, &c->offline, NULL, err));
out:
    imf_db_snapshot_end(store, own);
    return rc;
}

static int list_collections(imf_store *store, bool whole, imf_store_collection **out, size_t *n, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false, own = false;
    imf_store_collection *all = NULL;
    size_t filled = 0;
    imf_stmt q = {0};

    IMF_TRY(imf_db_snapshot(store, &own, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_COLLECTIONS, err));
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        imf_store_collection *more = imf_realloc_array(all, filled + 1, sizeof *all);
        if (!more) {
            rc = imf_db_no_memory(err);
            goto out;
        }
        all = more;
        imf_store_collection *c = &all[filled++];
        *c = (imf_store_collection){0};
        IMF_TRY(read_collection(&q, c, err));
        if (!whole)
            continue;
        IMF_TRY(read_queries(store, c, err));
        IMF_TRY(imf_store_count(store, c, err));
    }
out:
    imf_stmt_close(&q);
    imf_db_snapshot_end(store, own);
    if (rc != IMF_OK) {
        imf_store_collections_free(&all, filled);
        filled = 0;
    }
    *out = all;
    *n = filled;
    return rc;
}

int imf_store_collections(imf_store *store, imf_store_collection **out, size_t *n, imf_err *err)
{
    return list_collections(store, true, out, n, err);
}

int imf_store_collections_plain(imf_store *store, imf_store_collection **out, size_t *n, imf_err *err)
{
    return list_collections(store, false, out, n, err);
}

/* ---- changing ---- */

int imf_store_collection_add(imf_store *store, const char *name, const char *model, int64_t space, int64_t *id,
                             imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_COLLECTION_ADD, err));
    imf_stmt_text(&q, name);
    imf_stmt_text(&q, model);
    imf_stmt_int(&q, space);
    IMF_TRY(imf_stmt_run(&q, err));
    *id = sqlite3_last_insert_rowid(store->db);
out:
    imf_stmt_close(&q);
    return rc;
}

static int replace_queries(imf_store *store, int64_t id, const char *const *queries, size_t n, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt clear = {0}, add = {0};

    IMF_TRY(imf_stmt_open(&clear, store, IMF_SQL_QUERIES_CLEAR, err));
    imf_stmt_int(&clear, id);
    IMF_TRY(imf_stmt_run(&clear, err));
    IMF_TRY(imf_stmt_open(&add, store, IMF_SQL_QUERY_ADD, err));
    for (size_t i = 0; i < n; i++) {
        imf_stmt_int(&add, id);
        imf_stmt_u64(&add, i);
        imf_stmt_text(&add, queries[i]);
        IMF_TRY(imf_stmt_run(&add, err));
        imf_stmt_again(&add);
    }
out:
    imf_stmt_close(&clear);
    imf_stmt_close(&add);
    return rc;
}

int imf_store_collection_edit(imf_store *store, int64_t id, const char *title, const char *description,
                              const char *const *queries, size_t n, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_COLLECTION_EDIT, err));
    imf_stmt_int(&q, id);
    imf_stmt_text(&q, title);
    imf_stmt_text(&q, description);
    IMF_TRY(imf_stmt_run(&q, err));
    if (sqlite3_changes(store->db) != 1)
        rc = imf_db_fault(store, "an edit of a collection that is not there", err);
    else if (n > 0)
        rc = replace_queries(store, id, queries, n, err);
out:
    imf_stmt_close(&q);
    return rc;
}

/* One of the statements that take a collection away. */
static int remove_part(imf_store *store, enum imf_sql id, int64_t collection, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, id, err));
    imf_stmt_int(&q, collection);
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_collection_remove(imf_store *store, int64_t id, uint64_t *items, imf_err *err)
{
    int rc = IMF_OK;

    *items = 0;
    IMF_TRY(imf_db_need_change(store, err));
    /* More than `unswept` may hold otherwise: every item of the collection, also those that others hold too. The sweep
     * looks at each of them and empties the table, so it saves asking twice. */
    IMF_TRY(remove_part(store, IMF_SQL_COLLECTION_UNSWEEP, id, err));
    IMF_TRY(remove_part(store, IMF_SQL_COLLECTION_PATHS_REMOVE, id, err)); /* with their failures */
    IMF_TRY(remove_part(store, IMF_SQL_COLLECTION_ROOTS_REMOVE, id, err));
    IMF_TRY(remove_part(store, IMF_SQL_WAITING_CLEAR, id, err));
    IMF_TRY(remove_part(store, IMF_SQL_COLLECTION_REMOVE, id, err)); /* with its example queries */
    if (sqlite3_changes(store->db) != 1) {
        rc = imf_db_fault(store, "a removal of a collection that is not there", err);
        goto out;
    }
    rc = imf_store_sweep(store, items, err);
out:
    return rc;
}

/* ---- roots ---- */

int imf_store_roots(imf_store *store, int64_t collection, int (*each)(void *user, const char *path), void *user,
                    imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    const char *path;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_ROOTS, err));
    imf_stmt_int(&q, collection);
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        IMF_TRY(imf_stmt_get_text(&q, 0, &path, err));
        IMF_TRY(each(user, path));
    }
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_root_find(imf_store *store, int64_t collection, const char *path, int64_t *id, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt find = {0};

    *id = 0;
    IMF_TRY(imf_stmt_open(&find, store, IMF_SQL_ROOT_FIND, err));
    imf_stmt_int(&find, collection);
    imf_stmt_path(&find, path);
    IMF_TRY(imf_stmt_step(&find, &row, err));
    if (row)
        *id = imf_stmt_get(&find, 0);
out:
    imf_stmt_close(&find);
    return rc;
}

int imf_store_root(imf_store *store, int64_t collection, const char *path, int64_t *id, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt add = {0};

    IMF_TRY(imf_store_root_find(store, collection, path, id, err));
    if (*id != 0)
        goto out;
    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&add, store, IMF_SQL_ROOT_ADD, err));
    imf_stmt_int(&add, collection);
    imf_stmt_path(&add, path);
    IMF_TRY(imf_stmt_run(&add, err));
    *id = sqlite3_last_insert_rowid(store->db);
out:
    imf_stmt_close(&add);
    return rc;
}

int imf_store_root_offline(imf_store *store, int64_t root, bool offline, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_ROOT_OFFLINE, err));
    imf_stmt_int(&q, root);
    imf_stmt_int(&q, offline);
    IMF_TRY(imf_stmt_run(&q, err));
    if (sqlite3_changes(store->db) != 1)
        rc = imf_db_fault(store, "a root that is not there", err);
out:
    imf_stmt_close(&q);
    return rc;
}

/* ---- the run under way ---- */

int imf_store_run_put(imf_store *store, const imf_store_run *run, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    if (!store->writable)
        return imf_db_fault(store, "a change through a reader", err);
    IMF_TRY(imf_stmt_open(&q, store, run ? IMF_SQL_RUN_PUT : IMF_SQL_RUN_CLEAR, err));
    if (run) {
        imf_stmt_text(&q, run->collection);
        imf_stmt_int(&q, run->pid);
        imf_stmt_u64(&q, run->done);
        imf_stmt_u64(&q, run->total);
        /* SQLite keeps NaN as NULL; JSON has neither NaN nor infinity. */
        imf_stmt_real(&q, isfinite(run->rate) ? run->rate : 0.0);
        imf_stmt_real(&q, isfinite(run->eta_s) ? run->eta_s : -1.0);
    }
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_run_get(imf_store *store, imf_store_run *run, bool *there, imf_err *err)
{
    int rc = IMF_OK;
    const char *name = NULL;
    imf_stmt q = {0};

    *run = (imf_store_run){0};
    *there = false;
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_RUN_GET, err));
    IMF_TRY(imf_stmt_step(&q, there, err));
    if (!*there)
        goto out;
    IMF_TRY(imf_stmt_get_text(&q, 0, &name, err));
    snprintf(run->collection, sizeof run->collection, "%s", name ? name : "");
    run->pid = imf_stmt_get(&q, 1);
    run->done = (uint64_t)imf_stmt_get(&q, 2);
    run->total = (uint64_t)imf_stmt_get(&q, 3);
    run->rate = sqlite3_column_double(q.s, 4);
    run->eta_s = sqlite3_column_double(q.s, 5);
out:
    imf_stmt_close(&q);
    return rc;
}
