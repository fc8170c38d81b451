/* What is in a home: status and collections, and editing a collection's words. */
#include <string.h>

#include "finder/finder.h"

typedef struct status_box { /* the status and the arena that everything in it lies in */
    imf_status status;
    imf_arena *arena;
} status_box;

void imf_status_free(imf_status **status)
{
    if (!status || !*status)
        return;
    status_box *box = (status_box *)*status;
    imf_arena_free(&box->arena);
    imf_free(box);
    *status = NULL;
}

static int out_of_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the status");
}

static bool copy_collection(imf_arena *a, imf_collection *to, const imf_store_collection *from)
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
    };
    bool ok = queries && to->name && to->title && to->description && to->model;
    for (size_t i = 0; i < from->n_queries && ok; i++)
        ok = (queries[i] = imf_arena_strdup(a, from->queries[i])) != NULL;
    return ok;
}

static int fill_running(const imf_finder *f, imf_store *store, status_box *box, imf_err *err)
{
    imf_store_run run;
    bool there = false;
    int rc = imf_store_run_get(store, &run, &there, err);
    if (rc != IMF_OK || !there || imf_lock_holder(f) != run.pid)
        return rc;
    imf_status *s = &box->status;
    s->running = true;
    s->running_collection = imf_arena_strdup(box->arena, run.collection);
    s->running_done = run.done;
    s->running_total = run.total;
    s->running_rate = run.rate;
    s->running_eta_s = run.eta_s;
    return s->running_collection ? IMF_OK : out_of_memory(err);
}

static int fill(imf_finder *f, status_box *box, imf_err *err)
{
    int rc = IMF_OK;
    imf_store *store = NULL;
    imf_store_collection *found = NULL;
    size_t n = 0;
    box->status.home = imf_arena_strdup(box->arena, f->home);
    if (!box->status.home)
        return out_of_memory(err);
    rc = imf_finder_open_store(f, false, &store, err);
    if (rc == IMF_EUNKNOWN)
        return IMF_OK; /* no home yet: nothing is in it */
    if (rc != IMF_OK)
        return rc;
    IMF_TRY(imf_store_begin(store, err));
    IMF_TRY(imf_store_collections(store, &found, &n, err));
    imf_collection *collections = imf_arena_alloc(box->arena, (n + 1) * sizeof *collections);
    if (!collections) {
        rc = out_of_memory(err);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        if (!copy_collection(box->arena, &collections[i], &found[i])) {
            rc = out_of_memory(err);
            goto out;
        }
    box->status.collections = collections;
    box->status.n_collections = n;
    IMF_TRY(fill_running(f, store, box, err));
    rc = imf_store_commit(store, err);
out:
    imf_store_collections_free(&found, n);
    imf_store_close(&store);
    return rc;
}

int imf_status_get(imf_finder *finder, imf_status **status, imf_err *err)
{
    *status = NULL;
    status_box *box = imf_alloc_array(1, sizeof *box);
    imf_status *made = (imf_status *)box;
    if (!box || !(box->arena = imf_arena_new())) {
        imf_status_free(&made);
        return out_of_memory(err);
    }
    int rc = fill(finder, box, err);
    if (rc == IMF_OK)
        *status = made;
    else
        imf_status_free(&made);
    return rc;
}

int imf_collection_edit_apply(imf_finder *finder, const imf_collection_edit *edit, imf_err *err)
{
    int rc = IMF_OK;
    imf_lock lock = {.fd = -1};
    imf_store *store = NULL;
    imf_store_collection found = {0};
    const char *name = edit->collection ? edit->collection : "default";
    bool open = false;

    IMF_TRY(imf_check_collection_name(name, err));
    if (!edit->title && !edit->description && edit->n_queries == 0) {
        rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_NOTHING_TO_EDIT);
        goto out;
    }
    rc = imf_finder_open_store(finder, false, &store, err); /* a home is not made for an edit */
    if (rc == IMF_OK)
        rc = imf_store_collection_get(store, name, &found, err);
    if (rc == IMF_EUNKNOWN)
        rc = imf_fail(err, rc, MSG_FINDER_COLLECTION_UNKNOWN, name);
    if (rc != IMF_OK)
        goto out;
    imf_store_close(&store);
    IMF_TRY(imf_lock_take(&lock, finder, err));
    IMF_TRY(imf_finder_open_store(finder, true, &store, err));
    IMF_TRY(imf_store_begin(store, err));
    open = true;
    IMF_TRY(imf_store_collection_edit(store, found.id, edit->title, edit->description, edit->queries, edit->n_queries,
                                      err));
    IMF_TRY(imf_store_commit(store, err));
    open = false;
out:
    if (open)
        imf_store_rollback(store);
    imf_store_collection_clear(&found);
    imf_store_close(&store);
    imf_lock_drop(&lock);
    return rc;
}
