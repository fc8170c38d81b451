/*
 * The threads of an index run: each takes a job from one bounded queue, hashes its file, or has it decoded and
 * embeds it, and hands it back through another. The run's own thread looks hashes up and commits; it alone touches
 * the catalog. Each thread has a picture tower of its own that computes on one processor: pictures side by side keep
 * all processors busy without waiting for each other.
 */
#ifndef IMF_FINDER_JOBS_H
#define IMF_FINDER_JOBS_H

#include "finder/finder.h"

enum imf_job_stage { IMF_JOB_HASH, IMF_JOB_EMBED };

typedef struct imf_job {
    enum imf_job_stage stage;
    size_t file;             /* which file of the run */
    const char *path;        /* borrowed */
    int fd;                  /* open from the hash on; -1 before and after */
    struct stat st;          /* as opened */
    uint8_t hash[16];        /* XXH3-128 of the content, canonical (big-endian) bytes */
    float *vector;           /* [dim] after the second stage, ours */
    int width, height;       /* after orientation, then too */
    uint8_t *thumbnail;      /* JPEG, then too; NULL when none could be made */
    size_t thumbnail_size;
    bool gone;               /* the file went away since it was listed */
    bool undecodable;        /* with IMF_EINPUT: it is the content that failed, not the way to it */
    bool model_failed;       /* its picture tower cannot be used: no picture can be embedded */
    /* IMF_OK; IMF_EINPUT: the file cannot be indexed, see reason; others: the run cannot go on, see reason */
    int code;
    char reason[256];
    double hash_ms, decode_ms, embed_ms;
    struct imf_job *copies;  /* jobs of files with the same content that wait for this one */
    struct imf_job *next;    /* in that list, and in the batch */
    int64_t item;            /* a known item that has no vector in this space yet, or 0 */
} imf_job;

typedef struct imf_jobs imf_jobs;

/* Starts n threads. pool and model are borrowed. At most `limit` jobs may be under way: that is what the queues
 * hold. */
int imf_jobs_open(imf_jobs **out, imf_pool *pool, const imf_model *model, int n_threads, size_t limit, imf_err *err);
void imf_jobs_close(imf_jobs **jobs);              /* waits for the threads; jobs still inside are freed */

void imf_jobs_submit(imf_jobs *jobs, imf_job *job); /* never waits within the limit */
imf_job *imf_jobs_wait(imf_jobs *jobs);             /* the next finished one, now the caller's */

imf_job *imf_job_new(size_t file, const char *path);
void imf_job_free(imf_job **job);                   /* with its copies */

#endif
