/*
 * One collection: looking at it with its roots, changing its words, forgetting it.
 */
#include <string.h>

#include "finder/finder.h"

typedef struct collection_box { /* the collection and the arena that everything in it lies in */
    imf_collection collection;
    imf_arena *arena;
    const char **roots;
    size_t cap_roots;
} collection_box;

void imf_collection_free(imf_collection **collection)
{
    if (!collection || !*collection)
        return;
    collection_box *box = (collection_box *)*collection;
    imf_free(box->roots);
    imf_arena_free(&box->arena);
    imf_free(box);
    *collection = NULL;
}

bool imf_collection_copy(imf_arena *a, imf_collection *to, const imf_store_collection *from)
{
    const char **queries = imf_arena_alloc(a, (from->n_queries + 1) * sizeof *queries);
    *to = (imf_collection){
        .name = imf_arena_strdup(a, from->name),
        .title = imf_arena_strdup(a, from->title ? from->title : ""),
        .description = imf_arena_strdup(a, from->description ? from->description : ""),
        .model = imf_arena_strdup(a, from->model),
        .queries = queries,
        .n_queries = from->n_queries,
        .items = from->items,
        .moments = from->moments,
        .failed = from->failed,
        .offline = from->offline,
        .bytes = from->bytes,
        .waiting = from->waiting,
    };
    bool ok = queries && to->name && to->title && to->description && to->model;
    for (size_t i = 0; i < from->n_queries && ok; i++)
        ok = (queries[i] = imf_arena_strdup(a, from->queries[i])) != NULL;
    return ok;
}

static int unknown(const char *name, imf_err *err)
{
    return imf_fail(err, IMF_EUNKNOWN, MSG_FINDER_COLLECTION_UNKNOWN, name);
}

static int out_of_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a collection");
}

static int add_root(void *user, const char *path)
{
    collection_box *box = user;
    void *roots = box->roots;
    const char *copy = imf_arena_strdup(box->arena, path);
    if (!copy || !imf_grow(&roots, box->collection.n_roots, &box->cap_roots, sizeof *box->roots))
        return IMF_EMEM;
    box->roots = roots;
    box->roots[box->collection.n_roots++] = copy;
    return 0;
}

/* Reads the collection in the snapshot that is open. */
static int fill(imf_store *store, const char *name, collection_box *box, imf_err *err)
{
    imf_store_collection found = {0};
    int rc = imf_store_collection_get(store, name, &found, err);
    if (rc == IMF_EUNKNOWN)
        return unknown(name, err);
    if (rc != IMF_OK)
        return rc;
    IMF_TRY(imf_store_count(store, &found, err));
    if (!imf_collection_copy(box->arena, &box->collection, &found)) {
        rc = out_of_memory(err);
        goto out;
    }
    rc = imf_store_roots(store, found.id, add_root, box, err);
    if (rc == IMF_EMEM)
        out_of_memory(err);
    box->collection.roots = box->roots;
out:
    imf_store_collection_clear(&found);
    return rc;
}

int imf_collection_get(imf_finder *finder, const char *name, imf_collection **collection, imf_err *err)
{
    int rc = IMF_OK;
    imf_store *store = NULL;
    *collection = NULL;
    name = name ? name : "default";
    if ((rc = imf_check_collection_name(name, err)) != IMF_OK)
        return rc;
    collection_box *box = imf_alloc_array(1, sizeof *box);
    imf_collection *made = (imf_collection *)box;
    if (!box || !(box->arena = imf_arena_new())) {
        rc = out_of_memory(err);
    } else if ((rc = imf_finder_begin_read(finder, &store, err)) == IMF_EUNKNOWN) {
        unknown(name, err);
    } else if (rc == IMF_OK) {
        rc = imf_finder_end_read(finder, fill(store, name, box, err), err);
    }
    if (rc == IMF_OK)
        *collection = made;
    else
        imf_collection_free(&made);
    return rc;
}

/* ---- Changing ---- */

typedef struct change { /* of one collection: the home locked, a transaction open */
    imf_lock lock;
    imf_store *store;
    int64_t id;
} change;

static int begin_change(change *c, imf_finder *f, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    imf_store_collection found = {0};
    *c = (change){.lock = {.fd = -1}};
    IMF_TRY(imf_check_collection_name(name, err));
    /* Asked by a reader first: a home is not made for a collection that is not there. */
    rc = imf_finder_open_store(f, false, &c->store, err);
    if (rc == IMF_OK)
        rc = imf_store_collection_get(c->store, name, &found, err);
    if (rc != IMF_OK) {
        rc = rc == IMF_EUNKNOWN ? unknown(name, err) : rc;
        goto out;
    }
    imf_store_close(&c->store);
    imf_store_collection_clear(&found);
    IMF_TRY(imf_lock_take(&c->lock, f, err));
    IMF_TRY(imf_finder_open_store(f, true, &c->store, err));
    IMF_TRY(imf_store_begin(c->store, err));
    rc = imf_store_collection_get(c->store, name, &found, err); /* again: it may have gone meanwhile */
    if (rc == IMF_EUNKNOWN)
        unknown(name, err);
    c->id = found.id;
out:
    imf_store_collection_clear(&found);
    return rc;
}

/* Commits if rc is IMF_OK. */
static int end_change(change *c, int rc, imf_err *err)
{
    if (rc == IMF_OK)
        rc = imf_store_commit(c->store, err);
    imf_store_rollback(c->store);
    imf_store_close(&c->store);
    imf_lock_drop(&c->lock);
    return rc;
}

int imf_collection_edit_apply(imf_finder *finder, const imf_collection_edit *edit, imf_err *err)
{
    change c;
    const char *name = edit->collection ? edit->collection : "default";
    int rc = imf_check_collection_name(name, err);
    if (rc == IMF_OK && !edit->title && !edit->description && edit->n_queries == 0)
        rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_NOTHING_TO_EDIT);
    if (rc != IMF_OK)
        return rc;
    rc = begin_change(&c, finder, name, err);
    if (rc == IMF_OK)
        rc = imf_store_collection_edit(c.store, c.id, edit->title, edit->description, edit->queries, edit->n_queries,
                                       err);
    return end_change(&c, rc, err);
}

int imf_collection_remove(imf_finder *finder, const char *name, uint64_t *items, imf_err *err)
{
    change c;
    uint64_t gone = 0;
    int rc = begin_change(&c, finder, name ? name : "default", err);
    if (rc == IMF_OK)
        rc = imf_store_collection_remove(c.store, c.id, &gone, err);
    rc = end_change(&c, rc, err);
    if (items)
        *items = rc == IMF_OK ? gone : 0;
    return rc;
}
