/*
 * An index run from start to end: the lock, the collection and its model, the roots; then files through the threads
 * (hash, look up, decode and embed) in batches that are committed whole; then what is gone. Comparing is in
 * ingest_plan.c, committing in ingest_batch.c, the threads in jobs.c.
 */
#include "finder/ingest.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"

typedef struct report_box { /* the report and the arena that everything in it lies in */
    imf_index_report report;
    imf_arena *arena;
} report_box;

imf_index_options imf_index_options_default(void)
{
    return (imf_index_options){0};
}

void imf_index_report_free(imf_index_report **report)
{
    if (!report || !*report)
        return;
    report_box *box = (report_box *)*report;
    imf_free((void *)(uintptr_t)box->report.failures);
    imf_free((void *)(uintptr_t)box->report.notes);
    imf_arena_free(&box->arena);
    imf_free(box);
    *report = NULL;
}

int imf_run_note(imf_run *r, const char *fmt, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, imf_tr(fmt), ap);
    va_end(ap);
    void *notes = r->notes;
    const char *copy = imf_arena_strdup(r->arena, line);
    if (!copy || !imf_grow(&notes, r->n_notes, &r->cap_notes, sizeof *r->notes))
        return -1;
    r->notes = notes;
    r->notes[r->n_notes++] = copy;
    return 0;
}

int imf_run_count_failure(imf_run *r, const char *path, const char *reason, imf_err *err)
{
    void *failures = r->failures;
    imf_failure f = {imf_arena_strdup(r->arena, path), imf_arena_strdup(r->arena, reason)};
    if (!f.path || !f.reason || !imf_grow(&failures, r->n_failures, &r->cap_failures, sizeof *r->failures))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    r->failures = failures;
    r->failures[r->n_failures++] = f;
    r->report->failed++;
    return IMF_OK;
}

/* The absolute path without links, "." and "..", also of what is not there: then of the part that is, with the rest
 * behind it. NULL with errno when the path is no path. */
static char *real_path(const char *path)
{
    char *real = realpath(path, NULL);
    if (real || (errno != ENOENT && errno != ENOTDIR) || *path == '\0')
        return real;
    char head[PATH_MAX];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    size_t cut = n;
    while (cut > 0 && path[cut - 1] != '/')
        cut--;
    if (n >= sizeof head)
        return NULL;
    memcpy(head, cut > 0 ? path : ".", cut > 0 ? cut : 1);
    head[cut > 0 ? cut : 1] = '\0';
    if (cut == n)
        return NULL;
    char *parent = real_path(head), *whole = NULL;
    if (parent &&
        asprintf(&whole, "%s%s%.*s", parent, strcmp(parent, "/") == 0 ? "" : "/", (int)(n - cut), path + cut) < 0)
        whole = NULL;
    free(parent);
    return whole;
}

static int prepare_roots(imf_run *r, imf_err *err)
{
    r->roots = imf_alloc_array(r->opt->n_paths, sizeof *r->roots);
    if (!r->roots)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    for (size_t i = 0; i < r->opt->n_paths; i++) {
        struct stat st;
        const char *given = r->opt->paths[i];
        errno = EINVAL; /* an empty path: nothing else sets it */
        char *real = given && *given ? real_path(given) : NULL;
        int e = !real ? errno : stat(real, &st) != 0 ? errno : 0;
        if (e == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
            e = ENOTSUP; /* a device, a pipe, a socket */
        imf_run_root root = {.path = imf_arena_strdup(r->arena, real ? real : given ? given : ""), .missing = e != 0};
        free(real);
        if (!root.path)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
        if (e != 0 && !r->first_missing) {
            r->first_missing = root.path;
            r->first_missing_errno = e;
        }
        bool twice = false;
        for (size_t k = 0; k < r->n_roots; k++)
            twice = twice || strcmp(r->roots[k].path, root.path) == 0;
        if (!twice)
            r->roots[r->n_roots++] = root;
    }
    return IMF_OK;
}

/* The home's folders; whatever fails here is "cannot write the home". */
static int prepare_home(const imf_finder *f, imf_err *err)
{
    int rc = IMF_OK;
    char *segments = imf_finder_path(f, "segments");
    if (!segments)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "preparing the home");
    int e = imf_mkdirs(f->fl, f->home);
    if (e == 0)
        e = imf_mkdirs(f->fl, segments);
    if (e == 0)
        e = f->fl->sync_dir(f->fl->self, f->home); /* or a power cut could take the folder with what is synced in it */
    if (e != 0)
        rc = imf_fail_errno(err, IMF_EIO, e, MSG_FINDER_HOME_WRITE, f->home);
    imf_free(segments);
    return rc;
}

/* A model that cannot read words is told before hours of work, not after. */
static int check_words(imf_run *r, imf_model *model, imf_err *err)
{
    const char *missing = NULL;
    int rc = imf_model_check_texts(model, &missing, err);
    if (rc == IMF_OK && missing && imf_run_note(r, NOTE_FINDER_NO_TOKENIZER, model->path, missing) != 0)
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    return rc;
}

/* The collection with its model and space: looked up, or made when it is new. */
static int prepare_collection(imf_run *r, imf_err *err)
{
    imf_finder *f = r->f;
    const char *name = r->report->collection;
    imf_store_collection found = {0};
    imf_model *model = NULL;
    int rc = imf_store_collection_get(r->store, name, &found, err);
    bool is_new = rc == IMF_EUNKNOWN;
    bool open = false;
    if (rc != IMF_OK && !is_new)
        return rc;

    const char *reference = f->model ? f->model : is_new ? "starter" : found.model;
    IMF_TRY(imf_finder_use_model(f, reference, &model, err));
    IMF_TRY(check_words(r, model, err));
    imf_model_space(model);
    IMF_TRY(imf_store_begin(r->store, err));
    open = true;
    IMF_TRY(imf_store_space(r->store, model->space, model->dim, model->name, &r->space, err));
    if (!is_new && found.space != r->space) {
        if (!imf_finder_is_outdated(&found, model)) {
            rc = imf_finder_fail_space(&found, model, err);
            goto out;
        }
        r->moves = true;
    }
    r->collection = found.id;
    r->waiting = r->moves || found.waiting;
    if (is_new)
        IMF_TRY(imf_store_collection_add(r->store, name, model->reference, r->space, &r->collection, err));
    for (size_t i = 0; i < r->n_roots; i++) { /* a missing path becomes no root, but it may be one */
        imf_run_root *root = &r->roots[i];
        if (root->missing)
            IMF_TRY(imf_store_root_find(r->store, r->collection, root->path, &root->id, err));
        else
            IMF_TRY(imf_store_root(r->store, r->collection, root->path, &root->id, err));
    }
    IMF_TRY(imf_store_commit(r->store, err));
    open = false;
    r->model = model;
    r->report->model = imf_arena_strdup(r->arena, model->name);
    if (!r->report->model)
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
out:
    if (open)
        imf_store_rollback(r->store);
    imf_store_collection_clear(&found);
    return rc;
}

/* Tells the progress bar ten times a second and other processes once a second. What other processes see is a
 * courtesy: a failure to write it is not one of the run. */
static void tell_progress(imf_run *r, bool last)
{
    double now = imf_now_ms(), seconds = (now - r->started) / 1e3;
    imf_progress p = {.done = r->done, .total = r->report->seen, .eta_s = -1};
    uint64_t worked = p.done - (r->report->unchanged < p.done ? r->report->unchanged : p.done);
    p.rate = seconds > 0 ? (double)worked / seconds : 0;
    if (p.rate > 0 && p.total >= p.done)
        p.eta_s = (double)(p.total - p.done) / p.rate;
    if (r->opt->progress && (last || now - r->last_progress >= 100)) {
        r->opt->progress(r->opt->progress_user, &p);
        r->last_progress = now;
    }
    if (!last && now - r->last_run_row >= 1000) {
        imf_store_run row = {.pid = getpid(), .done = p.done, .total = p.total, .rate = p.rate, .eta_s = p.eta_s};
        snprintf(row.collection, sizeof row.collection, "%s", r->report->collection);
        imf_store_run_put(r->store, &row, NULL);
        r->last_run_row = now;
    }
}

/* A job under way (array of `limit`) or waiting in the batch whose content is the same. */
static imf_job *same_content(imf_run *r, imf_job **decoding, size_t limit, const imf_job *job)
{
    for (size_t i = 0; i < limit; i++)
        if (decoding[i] && memcmp(decoding[i]->hash, job->hash, 16) == 0)
            return decoding[i];
    for (imf_job *b = r->batch; b; b = b->next)
        if (memcmp(b->hash, job->hash, 16) == 0)
            return b;
    return NULL;
}

static void set_decoding(imf_job **decoding, size_t limit, const imf_job *was, imf_job *now)
{
    for (size_t i = 0; i < limit; i++)
        if (decoding[i] == was) {
            decoding[i] = now;
            return;
        }
}

/* A job without a result: that is its file's fault, or the end of the run. Takes the job. */
static int after_fault(imf_run *r, imf_job *job, imf_err *err)
{
    if (job->code == IMF_EINPUT && !job->model_failed)
        return imf_run_failed(r, job, job->reason, err);
    int rc = imf_fail(err, job->code, "%s", job->reason);
    imf_job_free(&job);
    return rc;
}

/* A job whose hash is known now. *again: it goes on to be decoded. Otherwise the job is taken. */
static int after_hash(imf_run *r, imf_job *job, imf_job **decoding, size_t limit, bool *again, imf_err *err)
{
    imf_store_item item;
    r->report->hash_ms += job->hash_ms;
    *again = false;
    if (job->gone) {
        r->report->seen--;
        imf_job_free(&job);
        return IMF_OK;
    }
    if (job->code != IMF_OK)
        return after_fault(r, job, err);
    int rc = imf_store_item_by_hash(r->store, job->hash, r->space, &item, err);
    if (rc == IMF_OK && item.has_moment)
        return imf_run_settle(r, job, item.id, err);
    if (rc != IMF_OK && rc != IMF_EUNKNOWN) {
        imf_job_free(&job);
        return rc;
    }
    const char *reason = NULL;
    int found = imf_run_known_failure(r, job, &reason, err);
    if (found != IMF_OK) {
        imf_job_free(&job);
        return found;
    }
    if (reason) {
        job->undecodable = true;
        return imf_run_failed(r, job, reason, err);
    }
    imf_job *twin = same_content(r, decoding, limit, job);
    if (twin) {
        close(job->fd);
        job->fd = -1;
        job->next = twin->copies;
        twin->copies = job;
        return IMF_OK;
    }
    job->item = rc == IMF_OK ? item.id : 0;
    job->stage = IMF_JOB_EMBED;
    *again = true;
    return IMF_OK;
}

static int after_embed(imf_run *r, imf_job *job, imf_err *err)
{
    r->report->decode_ms += job->decode_ms;
    r->report->embed_ms += job->embed_ms;
    if (job->code != IMF_OK)
        return after_fault(r, job, err);
    imf_run_gather(r, job);
    return IMF_OK;
}

static bool cancelled(const imf_run *r)
{
    return atomic_load(&r->f->cancel);
}

/* Feeds the threads and takes what they give back, until every candidate is committed or the run is cancelled. */
static int process(imf_run *r, imf_err *err)
{
    int rc = IMF_OK;
    size_t limit = (size_t)r->f->threads * 4 + 4, under_way = 0, next = 0;
    imf_jobs *jobs = NULL;
    imf_job **decoding = imf_alloc_array(limit, sizeof *decoding);
    r->vectors = imf_alloc_array(IMF_BATCH_PICTURES, (size_t)r->model->dim * sizeof(float));
    if (!decoding || !r->vectors) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
        goto out;
    }
    if (r->n_candidates == 0)
        goto out;
    IMF_TRY(imf_finder_use_pool(r->f, err));
    if (!imf_finder_has_sandbox(r->f) && imf_run_note(r, NOTE_FINDER_NO_SANDBOX) != 0) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
        goto out;
    }
    IMF_TRY(imf_jobs_open(&jobs, r->f->pool, r->model, r->f->threads + 1, limit, err));

    for (;;) {
        while (under_way < limit && next < r->n_candidates && !cancelled(r)) {
            size_t file = r->candidates[next++];
            imf_job *job = imf_job_new(file, r->scan.files[file].path);
            if (!job) {
                rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
                goto out;
            }
            imf_jobs_submit(jobs, job);
            under_way++;
        }
        if (under_way == 0)
            break;
        imf_job *job = imf_jobs_wait(jobs);
        if (!job) {
            rc = imf_fail(err, IMF_EINTERNAL, MSG_OUT_OF_MEMORY, "indexing");
            goto out;
        }
        if (job->stage == IMF_JOB_HASH) {
            bool again;
            IMF_TRY(after_hash(r, job, decoding, limit, &again, err));
            if (again) {
                set_decoding(decoding, limit, NULL, job);
                imf_jobs_submit(jobs, job);
            } else {
                under_way--;
            }
        } else {
            set_decoding(decoding, limit, job, NULL);
            under_way--;
            IMF_TRY(after_embed(r, job, err));
        }
        if (r->n_batch == IMF_BATCH_PICTURES || r->n_changes >= IMF_BATCH_CHANGES)
            IMF_TRY(imf_run_commit(r, err));
        tell_progress(r, false);
    }
    rc = imf_run_commit(r, err);
out:
    imf_jobs_close(&jobs);
    imf_free(decoding);
    return rc;
}

static void clear_run(imf_run *r)
{
    for (imf_job *j = r->batch, *next; j; j = next) {
        next = j->next;
        imf_job_free(&j);
    }
    r->report->failures = r->failures;
    r->report->n_failures = r->n_failures;
    r->report->notes = r->notes;
    r->report->n_notes = r->n_notes;
    imf_index_close(&r->index);
    imf_store_close(&r->store);
    imf_scan_clear(&r->scan);
    imf_arena_free(&r->change_arena);
    imf_free(r->roots);
    imf_free(r->known);
    imf_free(r->candidates);
    imf_free(r->vectors);
    imf_free(r->moved);
}

/* The run itself, with the lock held. */
static int run_locked(imf_run *r, imf_err *err)
{
    int rc = IMF_OK;
    imf_store_run stale;
    bool there;
    IMF_TRY(imf_finder_open_store(r->f, true, &r->store, err));
    if (imf_store_run_get(r->store, &stale, &there, NULL) == IMF_OK && there)
        imf_store_run_put(r->store, NULL, NULL); /* left by a run that was killed */
    IMF_TRY(prepare_collection(r, err));
    IMF_TRY(imf_finder_open_index(r->f, r->store, r->space, r->model->space, r->model->dim, true, false, &r->index,
                                  err));
    double start = imf_now_ms();
    tell_progress(r, false); /* the total is 0 as long as the roots are walked */
    IMF_TRY(imf_run_plan(r, err));
    r->report->scan_ms = imf_now_ms() - start;
    IMF_TRY(process(r, err));
    if (cancelled(r)) {
        rc = imf_fail(err, IMF_ECANCEL, MSG_FINDER_CANCEL, (unsigned long long)r->done,
                      (unsigned long long)r->report->seen);
        goto out;
    }
    IMF_TRY(imf_run_remove_gone(r, err));
    if (r->first_missing)
        rc = imf_fail_errno(err, IMF_EINPUT, r->first_missing_errno, MSG_FINDER_PATH, r->first_missing);
out:
    tell_progress(r, true);
    if (r->store && r->last_run_row > 0)
        imf_store_run_put(r->store, NULL, NULL);
    return rc;
}

/* Every path is missing and there is no home yet: nothing is made for a mistyped name. */
static bool nothing_there(const imf_run *r)
{
    struct stat st;
    for (size_t i = 0; i < r->n_roots; i++)
        if (!r->roots[i].missing)
            return false;
    return stat(r->f->home, &st) != 0;
}

int imf_index_folders(imf_finder *finder, const imf_index_options *opt, imf_index_report **report, imf_err *err)
{
    int rc = IMF_OK;
    imf_lock lock = {.fd = -1};
    const char *name = opt->collection ? opt->collection : "default";
    if (report)
        *report = NULL;
    IMF_TRY(imf_check_collection_name(name, err));
    if (opt->n_paths == 0)
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_NO_PATHS);

    report_box *box = imf_alloc_array(1, sizeof *box);
    imf_index_report *made = (imf_index_report *)box;
    imf_run r = {.f = finder, .opt = opt, .report = made, .started = imf_now_ms()};
    r.batch_tail = &r.batch;
    r.changes_tail = &r.changes;
    if (!box || !(box->arena = r.arena = imf_arena_new()) || !(r.change_arena = imf_arena_new()) ||
        !(made->collection = imf_arena_strdup(r.arena, name)) || !(made->model = imf_arena_strdup(r.arena, ""))) {
        imf_arena_free(&r.change_arena);
        imf_index_report_free(&made);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    }
    rc = imf_scan_init(&r.scan, err);
    if (rc == IMF_OK)
        rc = prepare_roots(&r, err);
    if (rc == IMF_OK && nothing_there(&r))
        rc = imf_fail_errno(err, IMF_EINPUT, r.first_missing_errno, MSG_FINDER_PATH, r.first_missing);
    if (rc == IMF_OK)
        rc = prepare_home(finder, err);
    if (rc == IMF_OK)
        rc = imf_lock_take(&lock, finder, err);
    if (rc == IMF_OK)
        rc = run_locked(&r, err);
    clear_run(&r);
    imf_lock_drop(&lock);
    atomic_store(&finder->cancel, false);
    made->seconds = (imf_now_ms() - r.started) / 1e3;
    if (report)
        *report = made;
    else
        imf_index_report_free(&made);
out:
    return rc;
}
