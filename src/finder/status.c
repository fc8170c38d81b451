/* What is in a home: its collections, and the run under way. */
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
    rc = imf_finder_begin_read(f, &store, err);
    if (rc == IMF_EUNKNOWN)
        return IMF_OK; /* no home yet: nothing is in it */
    if (rc != IMF_OK)
        return rc;
    IMF_TRY(imf_store_collections(store, &found, &n, err));
    imf_collection *collections = imf_arena_alloc(box->arena, (n + 1) * sizeof *collections);
    if (!collections) {
        rc = out_of_memory(err);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        if (!imf_collection_copy(box->arena, &collections[i], &found[i])) {
            rc = out_of_memory(err);
            goto out;
        }
    box->status.collections = collections;
    box->status.n_collections = n;
    IMF_TRY(fill_running(f, store, box, err));
out:
    imf_store_collections_free(&found, n);
    return imf_finder_end_read(f, rc, err);
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
