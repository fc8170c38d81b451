/* The threads of an index run. See jobs.h. */
#include "finder/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "finder/scan.h"
#include "media/protocol.h"

enum { READ_BYTES = 256 * 1024, MAX_THREADS = 64 };

struct imf_jobs {
    imf_queue *todo, *done;
    imf_pool *pool;
    const imf_model *model;
    pthread_t threads[MAX_THREADS];
    int n_threads;
};

imf_job *imf_job_new(size_t file, const char *path)
{
    imf_job *job = imf_alloc_array(1, sizeof *job);
    if (job)
        *job = (imf_job){.file = file, .path = path, .fd = -1};
    return job;
}

static void close_file(imf_job *job)
{
    if (job->fd >= 0)
        close(job->fd);
    job->fd = -1;
}

void imf_job_free(imf_job **job)
{
    if (!job || !*job)
        return;
    for (imf_job *c = (*job)->copies, *next; c; c = next) {
        next = c->next;
        imf_job_free(&c);
    }
    close_file(*job);
    imf_free((*job)->vector);
    imf_free((*job)->thumbnail);
    imf_free(*job);
    *job = NULL;
}

static void fail(imf_job *job, int code, const char *fmt, const char *why)
{
    imf_err e = {0};
    job->code = imf_fail(&e, code, fmt, why);
    imf_utf8_sanitise(job->reason, sizeof job->reason, e.msg);
    close_file(job);
}

static void hash_file(imf_job *job, unsigned char *buffer)
{
    int e = imf_open_regular(job->path, false, &job->fd, &job->st);
    if (e == -ENOENT || e == -ENOTDIR) {
        job->gone = true;
        return;
    }
    if (e != 0) {
        fail(job, IMF_EINPUT, REASON_FINDER_OPEN, imf_errno_text(e));
        return;
    }
    XXH3_state_t *state = XXH3_createState();
    if (!state) {
        fail(job, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a picture");
        return;
    }
    XXH3_128bits_reset(state);
    ssize_t n;
    while ((n = read(job->fd, buffer, READ_BYTES)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(job, IMF_EINPUT, REASON_FINDER_READ, imf_errno_text(errno));
            break;
        }
        XXH3_128bits_update(state, buffer, (size_t)n);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    memcpy(job->hash, canonical.digest, 16);
    XXH3_freeState(state);
}

/* The picture's vector, once its views are there. */
static void embed(imf_jobs *jobs, imf_job *job, const imf_decoded *views, imf_model_session **session)
{
    imf_err e = {0};
    int rc = IMF_OK;
    job->vector = imf_alloc_array((size_t)jobs->model->dim, sizeof *job->vector);
    if (!job->vector)
        rc = imf_fail(&e, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    if (rc == IMF_OK && !*session)
        job->model_failed = (rc = imf_model_session_new(session, jobs->model, false, &e)) != IMF_OK;
    if (rc == IMF_OK && (rc = imf_model_embed_views(*session, views, false, job->vector, &e)) == IMF_EINPUT)
        fail(job, rc, "%s", imf_tr(REASON_FINDER_EMBED));
    else if (rc != IMF_OK)
        fail(job, rc, "%s", e.msg);
    job->width = (int)views->width;
    job->height = (int)views->height;
}

/* Takes the thumbnail out of what was decoded. The worker is not believed. */
static void take_thumbnail(imf_job *job, imf_decoded *decoded)
{
    if (!imf_is_jpeg(decoded->thumbnail, decoded->thumbnail_size))
        return;
    job->thumbnail = decoded->thumbnail;
    job->thumbnail_size = decoded->thumbnail_size;
    decoded->thumbnail = NULL;
}

static void decode_and_embed(imf_jobs *jobs, imf_job *job, imf_model_session **session)
{
    imf_err e = {0};
    struct stat now;
    imf_decoded decoded = {0};
    double start = imf_now_ms();
    int rc = imf_pool_decode(jobs->pool, job->fd, jobs->model->views, jobs->model->n_views, IMF_DECODE_THUMBNAIL,
                             &decoded, &e);
    job->decode_ms = imf_now_ms() - start;
    bool changed =
        fstat(job->fd, &now) != 0 || now.st_size != job->st.st_size || imf_mtime_ns(&now) != imf_mtime_ns(&job->st);
    if (changed)
        fail(job, IMF_EINPUT, "%s", imf_tr(REASON_FINDER_CHANGED));
    else if (rc != IMF_OK)
        fail(job, rc, "%s", e.msg);
    else
        embed(jobs, job, &decoded, session);
    job->undecodable = rc == IMF_EINPUT && !changed;
    if (job->code == IMF_OK)
        take_thumbnail(job, &decoded);
    job->embed_ms = imf_now_ms() - start - job->decode_ms;
    imf_decoded_clear(&decoded);
    close_file(job);
}

static void *work(void *arg)
{
    imf_jobs *jobs = arg;
    unsigned char *buffer = imf_alloc(READ_BYTES);
    imf_model_session *session = NULL;
    void *item;
    while (imf_queue_pop(jobs->todo, &item)) {
        imf_job *job = item;
        double start = imf_now_ms();
        if (!buffer) {
            fail(job, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a picture");
        } else if (job->stage == IMF_JOB_HASH) {
            hash_file(job, buffer);
            job->hash_ms = imf_now_ms() - start;
        } else {
            decode_and_embed(jobs, job, &session);
        }
        if (!imf_queue_push(jobs->done, job))
            imf_job_free(&job);
    }
    imf_model_session_free(&session);
    imf_free(buffer);
    return NULL;
}

int imf_jobs_open(imf_jobs **out, imf_pool *pool, const imf_model *model, int n_threads, size_t limit, imf_err *err)
{
    imf_jobs *jobs = imf_alloc_array(1, sizeof *jobs);
    if (!jobs)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "starting threads");
    jobs->pool = pool;
    jobs->model = model;
    jobs->todo = imf_queue_new(limit);
    jobs->done = imf_queue_new(limit);
    while (jobs->todo && jobs->done && jobs->n_threads < n_threads && jobs->n_threads < MAX_THREADS)
        if (pthread_create(&jobs->threads[jobs->n_threads], NULL, work, jobs) == 0)
            jobs->n_threads++;
        else
            break;
    if (jobs->n_threads == 0) {
        imf_jobs_close(&jobs);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "starting threads");
    }
    *out = jobs;
    return IMF_OK;
}

void imf_jobs_close(imf_jobs **p)
{
    if (!p || !*p)
        return;
    imf_jobs *jobs = *p;
    void *item;
    if (jobs->todo)
        imf_queue_close(jobs->todo);
    if (jobs->done)
        imf_queue_close(jobs->done);
    for (int i = 0; i < jobs->n_threads; i++)
        pthread_join(jobs->threads[i], NULL);
    while (jobs->done && imf_queue_try_pop(jobs->done, &item)) {
        imf_job *job = item;
        imf_job_free(&job);
    }
    imf_queue_free(&jobs->todo);
    imf_queue_free(&jobs->done);
    imf_free(jobs);
    *p = NULL;
}

void imf_jobs_submit(imf_jobs *jobs, imf_job *job)
{
    if (!imf_queue_push(jobs->todo, job))
        imf_job_free(&job);
}

imf_job *imf_jobs_wait(imf_jobs *jobs)
{
    void *item = NULL;
    return imf_queue_pop(jobs->done, &item) ? item : NULL;
}
