/*
 * What a search asks the catalog: which vectors are live, and what each of the best stands for.
 */
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

/* ---- which vectors ---- */

/* A statement that answers one yes or no. */
static int ask(imf_store *store, enum imf_sql id, int64_t a, const int64_t *b, bool *yes, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, id, err));
    imf_stmt_int(&q, a);
    if (b)
        imf_stmt_int(&q, *b);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    *yes = row && imf_stmt_get(&q, 0) != 0;
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_live(imf_store *store, int64_t space, int64_t collection, int (*each)(void *user, uint64_t vector_id),
                   void *user, imf_err *err)
{
    int rc = IMF_OK;
    bool own = false, row = false, all = collection == 0;
    imf_stmt q = {0};

    IMF_TRY(imf_db_snapshot(store, &own, err));
    /* The only collection of its space holds all that is live there, and that list needs no sorting. */
    if (!all)
        IMF_TRY(ask(store, IMF_SQL_COLLECTION_ALONE, space, &collection, &all, err));
    IMF_TRY(imf_stmt_open(&q, store, all ? IMF_SQL_LIVE_ALL : IMF_SQL_LIVE_IN, err));
    imf_stmt_int(&q, space);
    if (!all)
        imf_stmt_int(&q, collection);
    for (;;) {
        int64_t id;
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        IMF_TRY(imf_stmt_get_in(&q, 0, 0, INT64_MAX, &id, err));
        IMF_TRY(each(user, (uint64_t)id));
    }
out:
    imf_stmt_close(&q);
    imf_db_snapshot_end(store, own);
    return rc;
}

int imf_store_all_live(imf_store *store, int64_t space, bool *all, imf_err *err)
{
    *all = false;
    return ask(store, IMF_SQL_ALL_LIVE, space, NULL, all, err);
}

/* ---- what a vector stands for ---- */

void imf_store_hit_clear(imf_store_hit *h)
{
    if (!h)
        return;
    imf_free(h->collection);
    for (size_t i = 0; i < h->n_paths; i++)
        imf_free(h->paths[i]);
    imf_free(h->paths);
    *h = (imf_store_hit){0};
}

static int read_hit(const imf_stmt *q, imf_store_hit *h, imf_err *err)
{
    int rc = IMF_OK;
    int64_t width, height;

    h->item = imf_stmt_get(q, 0);
    IMF_TRY(imf_stmt_get_hash(q, 1, h->hash, err));
    IMF_TRY(imf_stmt_get_in(q, 2, 0, INT32_MAX, &width, err));
    IMF_TRY(imf_stmt_get_in(q, 3, 0, INT32_MAX, &height, err));
    h->width = (int)width;
    h->height = (int)height;
    h->time_ms = imf_stmt_get(q, 4);
    h->end_ms = imf_stmt_get(q, 5);
out:
    return rc;
}

/* One row for each path in each collection, by path: the same path in two collections comes twice, one after the
 * other. */
static int add_path(const imf_stmt *q, imf_store_hit *h, imf_err *err)
{
    int rc = IMF_OK;
    const char *name, *path;

    IMF_TRY(imf_stmt_get_text(q, 6, &name, err));
    if (name && (!h->collection || strcmp(name, h->collection) < 0)) {
        imf_free(h->collection);
        h->collection = imf_strdup(name);
        if (!h->collection) {
            rc = imf_db_no_memory(err);
            goto out;
        }
    }
    IMF_TRY(imf_stmt_get_text(q, 7, &path, err));
    if (!path || (h->n_paths > 0 && strcmp(path, h->paths[h->n_paths - 1]) == 0))
        goto out;
    char **more = imf_realloc_array(h->paths, h->n_paths + 1, sizeof *more);
    if (more)
        h->paths = more;
    char *copy = more ? imf_strdup(path) : NULL;
    if (copy)
        h->paths[h->n_paths++] = copy;
    else
        rc = imf_db_no_memory(err);
out:
    return rc;
}

int imf_store_hit_get(imf_store *store, int64_t space, uint64_t vector_id, int64_t collection, imf_store_hit *out,
                      imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    *out = (imf_store_hit){0};
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_HIT, err));
    imf_stmt_u64(&q, vector_id);
    imf_stmt_int(&q, space);
    imf_stmt_int(&q, collection);
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        if (out->n_paths == 0)
            IMF_TRY(read_hit(&q, out, err));
        IMF_TRY(add_path(&q, out, err));
    }
    if (out->n_paths == 0)
        rc = IMF_EUNKNOWN;
out:
    imf_stmt_close(&q);
    if (rc != IMF_OK)
        imf_store_hit_clear(out);
    return rc;
}

int imf_store_vector_of_item(imf_store *store, const uint8_t hash[16], int64_t space, uint64_t *vector_id,
                             imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t id;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_VECTOR_OF_ITEM, err));
    imf_stmt_bytes(&q, hash, 16);
    imf_stmt_int(&q, space);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (!row) {
        rc = IMF_EUNKNOWN;
        goto out;
    }
    IMF_TRY(imf_stmt_get_in(&q, 0, 0, INT64_MAX, &id, err));
    *vector_id = (uint64_t)id;
out:
    imf_stmt_close(&q);
    return rc;
}
