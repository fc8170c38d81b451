/*
 * The pool of decode workers (pool.h): who decodes with which worker, and who starts new ones.
 *
 * One thread, the keeper, starts every worker: a child asks the kernel to die with the thread that started it, and
 * callers' threads come and go. The keeper keeps one worker more than there are decodes, so that one that dies is
 * replaced at once. What a worker is: worker.c.
 */
#include "media/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lang.h"
#include "base/mem.h"
#include "base/program.h"
#include "base/utf8.h"
#include "media/view.h"
#include "media/worker.h"

enum { MOST_WORKERS = 64, START_ATTEMPTS = 3 };

struct imf_pool {
    char *program;
    imf_pool_options opt; /* program is not used */
    pthread_t keeper;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t for_keeper, for_callers;
    imf_worker *idle; /* a list, ready ones first */
    int n_idle, n_busy, n_waiting;
    bool closing, start_failed;
    imf_err start_err;
    uint64_t next_id;
    uint32_t sandbox; /* as the first worker said; set before the pool is anybody's */
};

/* ---- Finding the program ---- */

static bool executable(const char *path)
{
    return path && access(path, X_OK) == 0;
}

static int find_program(char **out, const char *given, imf_err *err)
{
    char *folder = NULL, *beside = NULL, *libexec = NULL;
    const char *found = NULL, *asked = given;
    if (!asked || !asked[0])
        asked = getenv("IMAGEFINDER_DECODE");
    if (asked && asked[0]) {
        found = executable(asked) ? asked : NULL;
    } else {
        folder = imf_program_folder();
        beside = folder ? imf_sprintf("%s/imagefinder-decode", folder) : NULL;
        libexec = folder ? imf_sprintf("%s/../libexec/imagefinder/imagefinder-decode", folder) : NULL;
        asked = beside ? beside : "imagefinder-decode";
        found = executable(beside) ? beside : executable(libexec) ? libexec : NULL;
    }
    int rc = IMF_OK;
    *out = NULL;
    if (!found)
        rc = imf_fail(err, IMF_EINTERNAL, MSG_POOL_PROGRAM, asked);
    else if (!(*out = imf_strdup(found)))
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "starting the decoder");
    imf_free(folder);
    imf_free(beside);
    imf_free(libexec);
    return rc;
}

/* ---- The keeper ---- */

/* Running and waiting decodes, no more than allowed, and one spare. */
static int wanted_workers(const imf_pool *p)
{
    int decodes = p->n_busy + p->n_waiting;
    return (decodes < p->opt.workers ? decodes : p->opt.workers) + 1;
}

static void *keeper(void *user)
{
    imf_pool *p = user;
    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        if (p->start_failed || p->n_idle + p->n_busy >= wanted_workers(p)) {
            pthread_cond_wait(&p->for_keeper, &p->lock);
            continue;
        }
        imf_worker *w = NULL;
        imf_err err = {0};
        pthread_mutex_unlock(&p->lock);
        int rc = imf_worker_start(&w, p->program, p->opt.max_memory, p->opt.timeout_ms, &err);
        pthread_mutex_lock(&p->lock);
        if (rc == IMF_OK) {
            imf_worker **at = &p->idle; /* at the end, behind those that are ready */
            while (*at)
                at = &(*at)->next;
            *at = w;
            p->n_idle++;
        } else {
            p->start_failed = true;
            p->start_err = err;
        }
        pthread_cond_broadcast(&p->for_callers);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* The keeper takes no signals: they are for the threads of the host program. */
static int start_keeper(imf_pool *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&p->keeper, NULL, keeper, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

/* ---- Taking and giving back ---- */

/* Takes an idle worker out of the list: the first, which is ready soonest, or with `fresh` the first that has seen no
 * picture yet, if there is one. */
static imf_worker *unlink_idle(imf_pool *p, bool fresh)
{
    imf_worker **at = &p->idle, *w;
    while (fresh && *at && (*at)->used)
        at = &(*at)->next;
    if (!*at)
        at = &p->idle;
    w = *at;
    *at = w->next;
    w->next = NULL;
    p->n_idle--;
    return w;
}

/* Waits for a turn and a worker. Counted as busy until give_back. */
static int take(imf_pool *p, bool fresh, imf_worker **out, imf_err *err)
{
    int rc = IMF_OK;
    imf_worker *w = NULL;
    pthread_mutex_lock(&p->lock);
    p->n_waiting++;
    p->start_failed = false; /* try again: what was wrong may have been mended */
    pthread_cond_signal(&p->for_keeper);
    while (!p->idle || p->n_busy >= p->opt.workers) {
        if (p->start_failed && !p->idle && p->n_busy == 0) {
            if (err && err->code == IMF_OK)
                *err = p->start_err;
            rc = p->start_err.code;
            goto out;
        }
        pthread_cond_wait(&p->for_callers, &p->lock);
    }
    w = unlink_idle(p, fresh);
    p->n_busy++;
out:
    p->n_waiting--;
    pthread_cond_signal(&p->for_keeper);
    pthread_mutex_unlock(&p->lock);
    *out = w;
    return rc;
}

/* w == NULL: it is dead. */
static void give_back(imf_pool *p, imf_worker *w)
{
    pthread_mutex_lock(&p->lock);
    p->n_busy--;
    if (w) {
        w->next = p->idle;
        p->idle = w;
        p->n_idle++;
    }
    pthread_cond_signal(&p->for_keeper);
    pthread_cond_broadcast(&p->for_callers);
    pthread_mutex_unlock(&p->lock);
}

/* Takes a worker that has said hello and lives. One that died while it was idle says nothing about any picture. */
static int take_ready(imf_pool *p, bool fresh, imf_worker **out, imf_err *err)
{
    for (int attempt = 0, failed_starts = 0; failed_starts < START_ATTEMPTS && attempt < 2 * MOST_WORKERS; attempt++) {
        imf_worker *w = NULL;
        int rc = take(p, fresh, &w, err);
        if (rc != IMF_OK)
            return rc;
        bool was_ready = w->ready;
        if (imf_worker_wait_ready(w) && imf_worker_fit(w)) {
            *out = w;
            return IMF_OK;
        }
        if (!was_ready)
            failed_starts++;
        imf_worker_stop(&w);
        give_back(p, NULL);
    }
    return imf_fail(err, IMF_EINTERNAL, MSG_POOL_START, p->program, imf_tr(WHAT_POOL_ENDS));
}

/* ---- Opening and closing ---- */

imf_pool_options imf_pool_options_default(void)
{
    return (imf_pool_options){
        .program = NULL, .workers = 1, .max_pixels = 100000000, .max_memory = (uint64_t)1 << 30, .timeout_ms = 10000};
}

int imf_pool_open(imf_pool **out, const imf_pool_options *opt, imf_err *err)
{
    int rc = IMF_OK, e;
    imf_worker *first = NULL;
    *out = NULL;
    if (opt->workers < 1 || opt->workers > MOST_WORKERS || opt->timeout_ms < 1)
        return imf_fail(err, IMF_EUSAGE, MSG_POOL_USAGE, IMF_MAX_VIEWS, opt->workers, (size_t)0);
    imf_pool *p = imf_alloc_array(1, sizeof *p);
    if (!p)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "starting the decoder");
    p->opt = *opt;
    p->opt.program = NULL;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->for_keeper, NULL);
    pthread_cond_init(&p->for_callers, NULL);
    rc = find_program(&p->program, opt->program, err);
    if (rc == IMF_OK && (e = start_keeper(p)) != 0)
        rc = imf_fail_errno(err, IMF_EINTERNAL, e, MSG_POOL_SYSTEM, "thread");
    if (rc != IMF_OK) {
        imf_free(p->program);
        imf_free(p);
        return rc;
    }
    rc = take_ready(p, false, &first, err);
    if (rc == IMF_OK) {
        p->sandbox = first->sandbox;
        give_back(p, first);
    }
    *out = p;
    if (rc != IMF_OK)
        imf_pool_close(out);
    return rc;
}

void imf_pool_close(imf_pool **pool)
{
    imf_pool *p = *pool;
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_signal(&p->for_keeper);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->keeper, NULL);
    while (p->idle) {
        imf_worker *w = p->idle;
        p->idle = w->next;
        imf_worker_stop(&w);
    }
    pthread_cond_destroy(&p->for_callers);
    pthread_cond_destroy(&p->for_keeper);
    pthread_mutex_destroy(&p->lock);
    imf_free(p->program);
    imf_free(p);
    *pool = NULL;
}

/* ---- Decoding ---- */

/* Checks the caller's side and makes the request. */
static int request_init(imf_pool *p, int fd, const imf_view_recipe *views, size_t n_views, uint32_t flags,
                        imf_decode_request *request, imf_err *err)
{
    struct stat st;
    memset(request, 0, sizeof *request);
    if ((n_views < 1 && !(flags & IMF_DECODE_THUMBNAIL)) || n_views > IMF_MAX_VIEWS)
        return imf_fail(err, IMF_EUSAGE, MSG_POOL_USAGE, IMF_MAX_VIEWS, p->opt.workers, n_views);
    for (size_t i = 0; i < n_views; i++) {
        const imf_view_recipe *r = &views[i];
        if (!imf_view_valid(r))
            return imf_fail(err, IMF_EUSAGE, MSG_VIEW_USAGE, 0U, 0U, 0U, r->kind, r->width, r->height);
    }
    if (fstat(fd, &st))
        return imf_fail_errno(err, IMF_EINPUT, errno, MSG_PICTURE_READ);
    if (!S_ISREG(st.st_mode))
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_NOT_A_FILE);
    if (st.st_size <= 0)
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_EMPTY);
    request->magic = IMF_DECODE_MAGIC;
    request->n_views = (uint32_t)n_views;
    request->file_size = (uint64_t)st.st_size;
    request->max_pixels = p->opt.max_pixels;
    request->flags = flags | p->opt.flags;
    if (n_views > 0)
        memcpy(request->views, views, n_views * sizeof *views);
    pthread_mutex_lock(&p->lock);
    request->id = ++p->next_id;
    pthread_mutex_unlock(&p->lock);
    return IMF_OK;
}

static int fail_memory(const imf_pool *p, imf_err *err)
{
    return imf_fail(err, IMF_EINPUT, MSG_PICTURE_MEMORY, (double)p->opt.max_memory / (1 << 20));
}

static int fail_late(const imf_pool *p, imf_err *err)
{
    return imf_fail(err, IMF_EINPUT, MSG_PICTURE_TIMEOUT, p->opt.timeout_ms / 1000.0);
}

/* The worker said no. */
static int fail_refused(const imf_pool *p, uint32_t status, imf_err *err)
{
    switch (status) {
    case IMF_DECODE_UNSUPPORTED:
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_UNSUPPORTED);
    case IMF_DECODE_NO_LOADER:
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_NO_LOADER);
    case IMF_DECODE_TOO_LARGE:
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_TOO_LARGE, (double)p->opt.max_pixels / 1e6);
    case IMF_DECODE_MEMORY_OUT:
        return fail_memory(p, err);
    case IMF_DECODE_EMPTY:
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_EMPTY);
    default:
        return imf_fail(err, IMF_EINPUT, MSG_PICTURE_DAMAGED);
    }
}

/* The worker died of the picture: its wait status in plain words. */
static int fail_died(const imf_pool *p, int status, imf_err *err)
{
    char how[120];
    if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == IMF_DECODE_EXIT_MEMORY_OUT)
        return fail_memory(p, err);
    if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return fail_late(p, err);
    if (status != -1 && WIFSIGNALED(status)) {
        const char *words = sigdescr_np(WTERMSIG(status));
        snprintf(how, sizeof how, imf_tr(WHAT_POOL_SIGNAL), words ? words : "stopped", WTERMSIG(status));
    } else if (status != -1 && WIFEXITED(status)) {
        snprintf(how, sizeof how, imf_tr(WHAT_POOL_EXIT), WEXITSTATUS(status));
    } else {
        snprintf(how, sizeof how, "%s", imf_tr(WHAT_POOL_UNKNOWN));
    }
    return imf_fail(err, IMF_EINPUT, MSG_PICTURE_CRASH, how);
}

/* Copies an answer out of the shared memory, before the worker is anybody else's. */
static int keep_answer(const imf_worker *w, const imf_decode_request *request, const imf_decode_reply *reply,
                       size_t size, imf_decoded *out, imf_err *err)
{
    out->pixels = imf_alloc(size);
    out->thumbnail = reply->thumb_size > 0 ? imf_alloc(reply->thumb_size) : NULL;
    if (!out->pixels || (reply->thumb_size > 0 && !out->thumbnail)) {
        imf_decoded_clear(out);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "decoding a picture");
    }
    memcpy(out->pixels, w->shared, size);
    out->pixels_size = size;
    if (out->thumbnail)
        memcpy(out->thumbnail, w->shared + IMF_DECODE_VIEW_BYTES, reply->thumb_size);
    out->thumbnail_size = reply->thumb_size;
    out->width = reply->width;
    out->height = reply->height;
    out->has_alpha = (int)reply->has_alpha;
    for (uint32_t i = 0; i < request->n_views; i++)
        if (reply->views_made & (1U << i))
            out->view_index[out->n_views++] = i;
    return IMF_OK;
}

/* One attempt. *strike: the worker was lost over it, so that another one may fare better. A refusal is final, also the
 * worker's last word that memory ran out where a library cannot return an error. */
static int decode_once(imf_pool *p, const imf_decode_request *request, int fd, bool fresh, imf_decoded *out,
                       bool *strike, imf_err *err)
{
    imf_decode_reply reply;
    imf_worker *w = NULL;
    size_t size = 0;
    int rc = take_ready(p, fresh, &w, err), status;
    *strike = false;
    if (rc != IMF_OK)
        return rc;
    w->used = true;
    switch (imf_worker_ask(w, request, fd, p->opt.timeout_ms, &reply, &size)) {
    case IMF_WORKER_ANSWERED:
        if (reply.detail[0]) {
            char detail[3 * sizeof reply.detail];
            imf_utf8_sanitise(detail, sizeof detail, reply.detail);
            imf_log_line(&p->opt.log, IMF_LOG_DEBUG, "decoder: %s", detail);
        }
        rc = reply.status == IMF_DECODE_OK ? keep_answer(w, request, &reply, size, out, err)
                                           : fail_refused(p, reply.status, err);
        break;
    case IMF_WORKER_LATE:
        imf_worker_stop(&w);
        *strike = true;
        rc = fail_late(p, err);
        break;
    case IMF_WORKER_DIED:
        status = imf_worker_stop(&w);
        *strike = !(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == IMF_DECODE_EXIT_MEMORY_OUT);
        rc = fail_died(p, status, err);
        break;
    case IMF_WORKER_NONSENSE:
        imf_worker_stop(&w);
        *strike = true;
        rc = imf_fail(err, IMF_EINPUT, MSG_PICTURE_NONSENSE);
        break;
    }
    give_back(p, w);
    return rc;
}

int imf_pool_decode(imf_pool *p, int fd, const imf_view_recipe *views, size_t n_views, uint32_t flags,
                    imf_decoded *out, imf_err *err)
{
    int rc = IMF_OK, strikes = 0;
    bool strike = true;
    imf_decode_request request;
    imf_err last = {0};
    memset(out, 0, sizeof *out);
    IMF_TRY(request_init(p, fd, views, n_views, flags, &request, err));
    while (strike && strikes < IMF_POOL_STRIKES) {
        last = (imf_err){0};
        rc = decode_once(p, &request, fd, strikes > 0, out, &strike, &last);
        strikes += strike;
    }
    if (strike)
        rc = imf_fail(err, IMF_EINPUT, MSG_PICTURE_STRIKES, last.msg, strikes);
    else if (rc != IMF_OK && err && err->code == IMF_OK)
        *err = last;
out:
    return rc;
}

uint32_t imf_pool_sandbox(const imf_pool *p)
{
    return p->sandbox;
}

void imf_decoded_clear(imf_decoded *d)
{
    imf_free(d->pixels);
    imf_free(d->thumbnail);
    memset(d, 0, sizeof *d);
}
