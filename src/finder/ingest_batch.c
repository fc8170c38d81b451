/*
 * Gathering and committing a batch. The order is what makes a run safe to kill: vectors are appended and synced
 * first, then one SQLite transaction names them together with their items and paths. Rows that no transaction names
 * are cut off when the vectors are opened next.
 */
#include <string.h>

#include "finder/ingest.h"
#include "base/clock.h"

static int add_change(imf_run *r, const imf_job *job, int64_t item, const char *reason, imf_err *err)
{
    imf_run_change *c = imf_arena_alloc(r->change_arena, sizeof *c);
    const char *copy = reason ? imf_arena_strdup(r->change_arena, reason) : NULL;
    uint8_t *hash = reason && job->undecodable ? imf_arena_alloc(r->change_arena, sizeof job->hash) : NULL;
    if (!c || (reason && !copy) || (reason && job->undecodable && !hash))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    uint64_t size = r->scan.files[job->file].size;
    int64_t mtime_ns = r->scan.files[job->file].mtime_ns;
    if (job->st.st_nlink != 0) { /* opened: what was read counts, not what was listed */
        size = (uint64_t)job->st.st_size;
        mtime_ns = imf_mtime_ns(&job->st);
    }
    if (hash)
        memcpy(hash, job->hash, sizeof job->hash);
    *c = (imf_run_change){job->file, size, mtime_ns, item, copy, hash, NULL};
    *r->changes_tail = c;
    r->changes_tail = &c->next;
    r->n_changes++;
    return IMF_OK;
}

/* The item has one more path: a gone path of it will be a rename. */
static int count_moved(imf_run *r, int64_t item, imf_err *err)
{
    void *moved = r->moved;
    if (!imf_grow(&moved, r->n_moved, &r->cap_moved, sizeof *r->moved))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    r->moved = moved;
    r->moved[r->n_moved++] = item;
    return IMF_OK;
}

int imf_run_settle(imf_run *r, imf_job *job, int64_t item, imf_err *err)
{
    bool touched = imf_run_is_known_as(r, job->path, item); /* a new date on the same content */
    int rc = add_change(r, job, item, NULL, err);
    if (rc == IMF_OK && !touched)
        rc = count_moved(r, item, err);
    if (rc == IMF_OK) {
        *(touched ? &r->report->unchanged : &r->report->renamed) += 1;
        r->done++;
    }
    imf_job_free(&job);
    return rc;
}

int imf_run_failed(imf_run *r, imf_job *job, const char *reason, imf_err *err)
{
    int rc = IMF_OK;
    for (imf_job *j = job; j && rc == IMF_OK; j = j == job ? job->copies : j->next) {
        j->undecodable = job->undecodable;
        rc = add_change(r, j, -1, reason, err);
        if (rc == IMF_OK)
            rc = imf_run_count_failure(r, j->path, reason, err);
        r->done++;
    }
    imf_job_free(&job);
    return rc;
}

int imf_run_known_failure(imf_run *r, const imf_job *job, const char **reason, imf_err *err)
{
    bool own = false;
    char *found = NULL;
    *reason = NULL;
    for (const imf_run_change *c = r->changes; c; c = c->next) /* of this run, and not committed yet */
        if (c->hash && memcmp(c->hash, job->hash, sizeof job->hash) == 0) {
            *reason = c->reason;
            return IMF_OK;
        }
    int rc = imf_store_failure_find(r->store, job->hash, r->collection, job->path, &found, &own, err);
    if (rc == IMF_OK && found && !own && !(*reason = imf_arena_strdup(r->change_arena, found)))
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    imf_free(found);
    return rc;
}

void imf_run_gather(imf_run *r, imf_job *job)
{
    size_t dim = (size_t)r->model->dim;
    memcpy(r->vectors + r->n_batch * dim, job->vector, dim * sizeof(float));
    job->next = NULL;
    *r->batch_tail = job;
    r->batch_tail = &job->next;
    r->n_batch++;
}

static int put_path(imf_run *r, size_t file, uint64_t size, int64_t mtime_ns, int64_t item, const char *reason,
                    const uint8_t *hash, imf_err *err)
{
    const imf_scan_file *f = &r->scan.files[file];
    int64_t root = r->roots[f->root].id;
    if (item < 0)
        return imf_store_path_fail(r->store, r->collection, root, f->path, size, mtime_ns, reason, hash,
                                   err);
    return imf_store_path_put(r->store, r->collection, root, f->path, size, mtime_ns, item, err);
}

static int put_job_path(imf_run *r, const imf_job *job, int64_t item, imf_err *err)
{
    return put_path(r, job->file, (uint64_t)job->st.st_size, imf_mtime_ns(&job->st), item, NULL, NULL, err);
}

/* One picture of the batch: its item, its thumbnail, its moment, its path and those of its copies. *renamed counts the
 * copies whose paths are new. */
static int put_picture(imf_run *r, imf_job *job, uint64_t vector_id, uint64_t *renamed, imf_err *err)
{
    int rc = IMF_OK;
    int64_t item = job->item;
    bool has_moved = item != 0 && !imf_run_is_known_as(r, job->path, item);
    if (item == 0)
        IMF_TRY(
            imf_store_item_add(r->store, job->hash, (uint64_t)job->st.st_size, job->width, job->height, &item, err));
    if (job->thumbnail)
        IMF_TRY(imf_store_thumbnail_put(r->store, item, job->thumbnail, job->thumbnail_size, err));
    IMF_TRY(imf_store_moment_add(r->store, item, r->space, vector_id, -1, -1, err));
    IMF_TRY(put_job_path(r, job, item, err));
    if (has_moved)
        IMF_TRY(count_moved(r, item, err));
    for (const imf_job *copy = job->copies; copy; copy = copy->next) {
        IMF_TRY(put_job_path(r, copy, item, err));
        if (imf_run_is_known_as(r, copy->path, item))
            continue;
        IMF_TRY(count_moved(r, item, err));
        ++*renamed;
    }
out:
    return rc;
}

static void forget_batch(imf_run *r)
{
    for (imf_job *j = r->batch, *next; j; j = next) {
        next = j->next;
        imf_job_free(&j);
    }
    r->batch = NULL;
    r->batch_tail = &r->batch;
    r->n_batch = 0;
    r->changes = NULL;
    r->changes_tail = &r->changes;
    r->n_changes = 0;
    imf_arena_free(&r->change_arena);
}

int imf_run_commit(imf_run *r, imf_err *err)
{
    int rc = IMF_OK;
    uint64_t ids[IMF_BATCH_PICTURES];
    imf_index_segment segments[4];
    size_t n_segments = sizeof segments / sizeof segments[0];
    uint64_t added = 0, copies = 0, renamed = 0;
    double start = imf_now_ms();
    bool open = false;

    if (r->n_batch == 0 && r->n_changes == 0)
        return IMF_OK;
    if (r->n_batch > 0) {
        IMF_TRY(imf_index_append(r->index, r->vectors, r->n_batch, ids, err));
        IMF_TRY(imf_index_sync(r->index, err));
    }
    IMF_TRY(imf_store_begin(r->store, err));
    open = true;
    IMF_TRY(imf_run_move(r, err));
    if (r->n_batch > 0) {
        IMF_TRY(imf_index_committed(r->index, segments, &n_segments, err));
        for (size_t i = 0; i < n_segments; i++) {
            imf_store_segment s = {segments[i].number, segments[i].rows, segments[i].tail_crc, segments[i].generation};
            IMF_TRY(imf_store_segment_put(r->store, r->space, &s, err));
        }
    }
    size_t slot = 0;
    for (imf_job *job = r->batch; job; job = job->next, slot++) {
        IMF_TRY(put_picture(r, job, ids[slot], &renamed, err));
        added++;
        for (const imf_job *copy = job->copies; copy; copy = copy->next)
            copies++;
    }
    for (const imf_run_change *c = r->changes; c; c = c->next)
        IMF_TRY(put_path(r, c->file, c->size, c->mtime_ns, c->item, c->reason, c->hash, err));
    IMF_TRY(imf_store_commit(r->store, err));
    open = false;
    r->report->added += added;
    r->report->moments += added;
    r->report->renamed += renamed;
    r->report->unchanged += copies - renamed; /* known, and embedded again */
    r->done += added + copies;
    forget_batch(r);
    if (!(r->change_arena = imf_arena_new()))
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
out:
    if (open)
        imf_store_rollback(r->store);
    r->report->commit_ms += imf_now_ms() - start;
    return rc;
}
