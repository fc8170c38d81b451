/*
 * What the files of src/finder share: the open home, the model in use, the writer's lock. Everything public is in
 * imagefinder.h.
 */
#ifndef IMF_FINDER_FINDER_H
#define IMF_FINDER_FINDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "imagefinder.h"
#include "index/index.h"
#include "media/pool.h"
#include "nn/starter.h"
#include "store/store.h"

/* ---- model.c: one loaded model, and what it needs to make vectors ---- */

typedef struct imf_model {
    char *name;      /* as results show it */
    char *reference; /* as the catalog keeps it: the name, or the absolute folder */
    char *folder;
    imf_starter *starter;
    const imf_starter_config *cfg;
    char space_hex[33];           /* "" until imf_model_space */
    uint8_t space[16];
    imf_view_recipe views[IMF_MAX_VIEWS];
    size_t n_views;
} imf_model;

/* Finds a model by name or folder and opens it. Errors: IMF_EUNKNOWN (a name that is nowhere), IMF_EINPUT. */
int imf_model_open(imf_model **out, const char *home, const char *reference, imf_err *err);
void imf_model_close(imf_model **model);

/* Fills space and space_hex (reads the picture tower's weights once). */
void imf_model_space(imf_model *model);

/* text -> unit vector [dim]. Errors: IMF_EUSAGE (nothing that the model can read). */
int imf_model_embed_text(imf_model *model, const char *text, float *vector, imf_err *err);

/* One thread's picture tower, unpacked when it is made; made and used by one thread. It computes on one processor: a
 * team of OpenMP threads waits for its slowest, which costs twentyfold as soon as anything else runs. */
typedef struct imf_model_session imf_model_session;
int imf_model_session_new(imf_model_session **out, const imf_model *model, imf_err *err);
void imf_model_session_free(imf_model_session **session);

/* The views of one picture -> vector [dim]: the mean of the views' unit vectors, unit length unless raw. Errors:
 * IMF_EINPUT (this picture gives no vector), others. */
int imf_model_embed_views(imf_model_session *session, const imf_decoded *views, bool raw, float *vector, imf_err *err);

/* ---- finder.c ---- */

struct imf_finder {
    char *home;          /* absolute where possible */
    char *model;         /* option or environment; NULL: that of the collection */
    int threads;         /* at least 1 */
    int threads_asked;   /* 0: the user did not say */
    imf_log log;
    atomic_bool cancel;
    imf_model *loaded;   /* the last model used */
    imf_model_session *session; /* its picture tower; NULL until the first picture of a query */
    imf_pool *pool;      /* NULL until the first picture */
    const imf_file_layer *fl;
};

char *imf_finder_path(const imf_finder *f, const char *name);                 /* home/name, imf_free'd by the caller */
/* IMF_EUNKNOWN without a message: no home yet */
int imf_finder_open_store(const imf_finder *f, bool create, imf_store **out, imf_err *err);
/* borrowed; kept open for the next call */
int imf_finder_use_model(imf_finder *f, const char *reference, imf_model **out, imf_err *err);
int imf_finder_use_pool(imf_finder *f, imf_err *err);

/* Opens the vectors of a space as the catalog has them now. */
int imf_finder_open_index(const imf_finder *f, imf_store *store, int64_t space_id, const uint8_t space[16], int dim,
                          bool writable, bool tolerant, imf_index **out, imf_err *err);

/* Decodes and embeds one picture file of the user. Errors name the file. */
int imf_finder_embed_file(imf_finder *f, imf_model *model, const char *path, bool raw, float *vector, imf_err *err);

/* Opens a regular file for reading, without following a link at its end, never blocking on a pipe. 0 or a negated
 * errno. */
int imf_open_regular(const char *path, bool follow, int *fd, struct stat *st);

/* 1..64 bytes of UTF-8 without '/' and control characters. */
int imf_check_collection_name(const char *name, imf_err *err);

/* ---- lock.c: one writer a home ---- */

typedef struct imf_lock {
    int fd; /* -1: not held */
} imf_lock;

/* Takes home/lock, which must be creatable. Errors: IMF_EBUSY ("busy: pid N"), IMF_EIO. */
int imf_lock_take(imf_lock *lock, const imf_finder *f, imf_err *err);
void imf_lock_drop(imf_lock *lock);

/* The pid of the process that holds it, or 0. Never disturbs a writer. */
int64_t imf_lock_holder(const imf_finder *f);

/* ---- hex and base64 (encode.c) ---- */

void imf_hex(const uint8_t *bytes, size_t n, char *out);           /* out: 2n + 1 */
bool imf_unhex(const char *hex, uint8_t *bytes, size_t n);         /* exactly 2n digits, then NUL */
char *imf_base64(const void *bytes, size_t n);                     /* imf_free'd by the caller */

#endif
