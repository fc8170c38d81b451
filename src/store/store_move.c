/*
 * A collection whose model has changed: it moves into the space of the new weights with all that it holds, and waits
 * there until an index run has given every item its moment. What the old space leaves behind goes with the sweep, and
 * its segments when no collection is in it any more.
 *
 * That a collection waits is a row of `meta` of its own, so that catalogs of older versions need no other table.
 */
#include "base/mem.h"
#include "store/db.h"

/* One of the statements about a collection; space 0: it takes none. */
static int run(imf_store *store, enum imf_sql id, int64_t collection, int64_t space, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, id, err));
    imf_stmt_int(&q, collection);
    if (space != 0)
        imf_stmt_int(&q, space);
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_collection_move(imf_store *store, int64_t id, int64_t space, imf_err *err)
{
    int rc = IMF_OK;

    IMF_TRY(run(store, IMF_SQL_COLLECTION_MOVE, id, space, err));
    if (sqlite3_changes(store->db) != 1) {
        rc = imf_db_fault(store, "a move of a collection that is not there", err);
        goto out;
    }
    IMF_TRY(run(store, IMF_SQL_WAITING_SET, id, 0, err));
    /* Every moment that it alone kept alive is not live any more. */
    rc = run(store, IMF_SQL_COLLECTION_UNSETTLE, id, 0, err);
out:
    return rc;
}

int imf_store_waiting_done(imf_store *store, int64_t collection, imf_err *err)
{
    return run(store, IMF_SQL_WAITING_CLEAR, collection, 0, err);
}

int imf_store_waiting(imf_store *store, int64_t collection, int (*each)(void *user, const char *root, uint64_t files),
                      void *user, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    const char *root;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_WAITING_ROOTS, err));
    imf_stmt_int(&q, collection);
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        IMF_TRY(imf_stmt_get_text(&q, 0, &root, err));
        IMF_TRY(each(user, root, (uint64_t)imf_stmt_get(&q, 1)));
    }
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_unused_remove(imf_store *store, uint32_t **numbers, size_t *n, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t number;
    uint32_t *found = NULL;
    size_t count = 0;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_UNUSED_SEGMENTS, err));
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        uint32_t *more = imf_realloc_array(found, count + 1, sizeof *found); /* one for a million vectors */
        if (!more) {
            rc = imf_db_no_memory(err);
            goto out;
        }
        found = more;
        IMF_TRY(imf_stmt_get_in(&q, 0, 1, UINT32_MAX, &number, err));
        found[count++] = (uint32_t)number;
    }
    if (count > 0) {
        IMF_TRY(imf_db_run(store, IMF_SQL_UNUSED_TOMBSTONES_REMOVE, err));
        IMF_TRY(imf_db_run(store, IMF_SQL_UNUSED_SEGMENTS_REMOVE, err));
    }
out:
    imf_stmt_close(&q);
    if (rc != IMF_OK) {
        imf_free(found);
        found = NULL;
        count = 0;
    }
    *numbers = found;
    *n = count;
    return rc;
}
