/*
 * One index run, shared by its four files: ingest.c (the run from start to end), ingest_plan.c (what is new, changed,
 * gone), ingest_batch.c (gathering and committing), ingest_move.c (where the model has changed). The data structure to
 * understand first is imf_run: `scan` is what lies on the disk, `known` what the catalog has, and a file is either
 * settled by comparing the two, or becomes a job.
 */
#ifndef IMF_FINDER_INGEST_H
#define IMF_FINDER_INGEST_H

#include "finder/finder.h"
#include "finder/jobs.h"
#include "finder/scan.h"

enum { IMF_BATCH_PICTURES = 64, IMF_BATCH_CHANGES = 512 };

typedef struct imf_run_root {
    const char *path;    /* real and absolute */
    int64_t id;          /* in the catalog; 0 until it is needed */
    bool missing;        /* not there, or not readable at all */
    bool kept;           /* missing or empty now, and its rows are kept */
    uint64_t n_files, n_known;
} imf_run_root;

typedef struct imf_run_known { /* a path of the catalog below one of the roots */
    const char *path;
    int64_t id, item;    /* item 0: a failure */
    uint64_t size;
    int64_t mtime_ns;
    const char *reason;
    bool there;          /* the scan found it too */
} imf_run_known;

typedef struct imf_run_change { /* a path to be written with the next batch */
    size_t file;
    uint64_t size;
    int64_t mtime_ns;
    int64_t item;            /* >= 0: names this item; -1: failed with reason */
    const char *reason;
    const uint8_t *hash;     /* with a reason: [16] of content that cannot be decoded, else NULL */
    struct imf_run_change *next;
} imf_run_change;

typedef struct imf_run {
    imf_finder *f;
    const imf_index_options *opt;
    imf_arena *arena;        /* lives as long as the report */
    imf_index_report *report;
    imf_store *store;
    imf_index *index;
    imf_model *model;        /* borrowed */
    int64_t collection, space;
    bool moves;              /* the model has changed: the collection moves to `space` with what is committed first */
    bool waiting;            /* that, or it has moved before: not every known file has a vector in `space` */

    imf_run_root *roots;
    size_t n_roots;
    const char *first_missing; /* path given that is not there, for the error at the end */
    int first_missing_errno;
    imf_scan scan;
    imf_run_known *known;    /* by path */
    size_t n_known, cap_known;
    size_t *candidates;      /* files that must be looked at */
    size_t n_candidates;

    imf_job *batch, **batch_tail;      /* pictures whose vectors wait for the commit, in order */
    size_t n_batch;
    float *vectors;                    /* [IMF_BATCH_PICTURES, dim] */
    imf_run_change *changes, **changes_tail;
    imf_arena *change_arena;           /* of the changes; emptied with each batch */
    size_t n_changes;
    /* an item for every new path of known content: a gone path of it is a rename and no removal */
    int64_t *moved;
    size_t n_moved, cap_moved;

    imf_failure *failures;
    size_t n_failures, cap_failures;
    const char **notes;
    size_t n_notes, cap_notes;
    double started, last_progress, last_run_row;
    uint64_t done;
} imf_run;

/* ingest_move.c */
/* In an open transaction: moves a collection whose model has changed, unless that was done. */
int imf_run_move(imf_run *r, imf_err *err);
/* Whether a file that is as it was indexed has its vector. */
int imf_run_has_vector(imf_run *r, const imf_run_known *known, bool *has, imf_err *err);
/* In the last transaction: notes on what still waits. */
int imf_run_tell_waiting(imf_run *r, imf_err *err);

/* ingest_plan.c */
int imf_run_plan(imf_run *r, imf_err *err);       /* walks, compares; fills candidates, counts what is settled */
/* NULL when the catalog does not have it */
const imf_run_known *imf_run_find_known(const imf_run *r, const char *path);
bool imf_run_is_known_as(const imf_run *r, const char *path, int64_t item); /* and with this content */
int imf_run_remove_gone(imf_run *r, imf_err *err); /* after the last batch */

/* ingest_batch.c */
/* a job whose content is known: takes the job */
int imf_run_settle(imf_run *r, imf_job *job, int64_t item, imf_err *err);
int imf_run_failed(imf_run *r, imf_job *job, const char *reason, imf_err *err); /* takes the job and its copies */
/* a job whose content failed before under another name, so that it is not decoded again: *reason is why (borrowed until
 * the next batch), else NULL */
int imf_run_known_failure(imf_run *r, const imf_job *job, const char **reason, imf_err *err);
/* a job with its vector joins the batch: takes the job */
void imf_run_gather(imf_run *r, imf_job *job);
/* what has gathered, whole or not at all */
int imf_run_commit(imf_run *r, imf_err *err);

/* ingest.c */
int imf_run_note(imf_run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int imf_run_count_failure(imf_run *r, const char *path, const char *reason, imf_err *err);

#endif
