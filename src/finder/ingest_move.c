/*
 * An index run of a collection whose model has changed: the same name or folder with other weights, hence another
 * space. The collection moves there in the transaction of the first batch, so that a run which cannot embed anything
 * costs nothing; from then on it is searched over what is embedded so far. A file of it without a vector is like a new
 * one, except that its item is known. What a run did not walk, or could not reach, waits for the next.
 */
#include "base/lang.h"
#include "finder/ingest.h"

enum { WAITING_SHOWN = 3 };

int imf_run_move(imf_run *r, imf_err *err)
{
    if (!r->moves)
        return IMF_OK;
    r->moves = false; /* where this transaction fails, the run ends */
    if (imf_run_note(r, NOTE_FINDER_CHANGED, r->model->name, r->report->collection) != 0)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    return imf_store_collection_move(r->store, r->collection, r->space, err);
}

int imf_run_has_vector(imf_run *r, const imf_run_known *known, bool *has, imf_err *err)
{
    *has = true;
    return r->waiting ? imf_store_has_moment(r->store, known->item, r->space, has, err) : IMF_OK;
}

typedef struct waiting {
    imf_run *r;
    uint64_t roots, more; /* how many roots; the pictures of those beyond the first */
} waiting;

static int note_root(void *user, const char *root, uint64_t files)
{
    waiting *w = user;
    if (w->roots++ >= WAITING_SHOWN)
        w->more += files;
    else if (imf_run_note(w->r, NOTE_FINDER_WAITING, root, (unsigned long long)files, w->r->report->collection) != 0)
        return IMF_EMEM;
    return 0;
}

int imf_run_tell_waiting(imf_run *r, imf_err *err)
{
    waiting w = {.r = r};
    if (!r->waiting || r->moves) /* it did not come to moving: all of it is as it was */
        return IMF_OK;
    int rc = imf_store_waiting(r->store, r->collection, note_root, &w, err);
    if (rc == IMF_OK && w.roots > WAITING_SHOWN &&
        imf_run_note(r, NOTE_FINDER_WAITING_MORE, (unsigned long long)w.more,
                     (unsigned long long)(w.roots - WAITING_SHOWN)) != 0)
        rc = IMF_EMEM;
    if (rc == IMF_EMEM)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    return rc == IMF_OK && w.roots == 0 ? imf_store_waiting_done(r->store, r->collection, err) : rc;
}
