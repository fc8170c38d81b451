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
#include "store/store.h"

/* ---- model.c: one loaded model, and what it needs to make vectors ---- */

typedef struct imf_model {
    char *name;      /* as results show it */
    char *reference; /* as the catalog keeps it: the name, or the absolute path */
    char *path;      /* absolute: the folder, or the one file of weights */
    const struct imf_model_kind *kind; /* finder/model.h */
    void *self;      /* the kind's own */
    const char *family; /* static, as these three lists */
    const char *const *languages; /* of texts; NULL: the configuration tells */
    size_t n_languages;
    const char *const *templates; /* those that a search uses unless told otherwise */
    size_t n_templates;
    int dim, image_size;
    imf_view_recipe views[IMF_MAX_VIEWS];
    size_t n_views;
    const struct imf_calibration *calibration; /* nn/calibration.h; the kind's. NULL: its scores are no probabilities */
    bool has_reference; /* its own code prepares pictures otherwise than we do: IMF_DECODE_REFERENCE */
    uint8_t stamp[16];  /* of its files' names, sizes and dates */
    char *cache;        /* the file of the home that remembers its space; NULL: none */
    char space_hex[33]; /* "" until imf_model_space, or until the home remembers it */
    uint8_t space[16];
} imf_model;

/* Finds a model by name or path and opens it. Errors: IMF_EUNKNOWN (a name that is nowhere), IMF_EINPUT. */
int imf_model_open(imf_model **out, const char *home, const char *reference, imf_err *err);
/* The same for telling what a folder is: no checksum of its weights is computed, nothing is looked up in the home. */
int imf_model_open_quick(imf_model **out, const char *path, imf_err *err);
void imf_model_close(imf_model **model);

/* Where models are looked for by name, the i-th place first; imf_free'd by the caller, NULL where there is none. */
enum { IMF_MODEL_PLACES = 4 };
char *imf_model_place(const char *home, int i);
bool imf_model_in_folder(const char *folder); /* it has a configuration or weights: a model, known or not */

/* Fills space and space_hex (reads the picture tower's weights, unless the home remembers what came of it). */
void imf_model_space(imf_model *model);

/* Whether it can embed texts. *missing (borrowed): the files that it lacks for that, or NULL. Errors: IMF_EINPUT (files
 * that are damaged). */
int imf_model_check_texts(imf_model *model, const char **missing, imf_err *err);

typedef struct imf_templates imf_templates;
/* text -> vector [dim], the mean of those of the templates (none: of the text as it is), of unit length unless raw.
 * Errors: IMF_EUSAGE (nothing that the model can read), IMF_EINPUT (a file that is missing; no usable vector). */
int imf_model_embed_text(imf_model *model, const char *text, const imf_templates *templates, bool raw, float *vector,
                         imf_err *err);

/* One thread's picture tower, made and used by one thread. It computes on one processor, as texts do: a team of OpenMP
 * threads waits for its slowest, which costs up to twentyfold as soon as anything else runs. */
typedef struct imf_model_session imf_model_session;
/* exact: float32 throughout, even where the model's tower has something faster */
int imf_model_session_new(imf_model_session **out, const imf_model *model, bool exact, imf_err *err);
void imf_model_session_free(imf_model_session **session);

/* The views of one picture -> vector [dim]: the mean of the views' vectors, unit length unless raw. Errors: IMF_EINPUT
 * (this picture gives no vector), others. */
int imf_model_embed_views(imf_model_session *session, const imf_decoded *views, bool raw, float *vector, imf_err *err);

/* ---- templates.c: the phrases that a text is put into ---- */

enum { IMF_TEMPLATES_MAX = 64, IMF_TEMPLATE_BYTES = 1024 };

struct imf_templates {
    imf_arena *arena;        /* what came from a file lies in it; NULL otherwise */
    const char *const *at;   /* each holds "{}" once */
    size_t n;                /* 0: the text as it is */
};

/* which: "none", "default" (the model's own, if it has any) or a file with one template a line. Errors: IMF_EINPUT (the
 * file: what is wrong, by line), IMF_EMEM. Ends with imf_templates_clear. */
int imf_templates_get(imf_templates *out, const imf_model *model, const char *which, imf_err *err);
void imf_templates_clear(imf_templates *t);
/* The text without white space around it, in the place of "{}"; imf_free'd by the caller. NULL: out of memory. */
char *imf_template_fill(const char *template, const char *text);

/* ---- reader.c: what a finder keeps open between searches ---- */

typedef struct imf_reader {
    imf_store *store;    /* a reader's connection; NULL: not open */
    dev_t device;        /* the catalog's file, as it was when it was opened */
    ino_t inode;
    imf_index *index;    /* NULL: not open */
    int64_t space;       /* whose vectors these are */
    imf_store_segment *segments; /* [n_segments], which the index was opened with */
    size_t n_segments;
    /* which rows of it count for a collection (0: all of them), as the catalog was at data_version */
    uint64_t *bitmap;
    size_t n_words;
    bool filter_known, all_rows;
    int64_t filter_collection, data_version;
} imf_reader;

/* ---- finder.c ---- */

struct imf_finder {
    char *home;          /* absolute where possible */
    char *model;         /* option or environment; NULL: that of the collection */
    int threads;         /* at least 1 */
    int threads_asked;   /* 0: the user did not say */
    imf_log log;
    uint64_t max_pixels, decode_memory; /* 0: not said */
    int decode_seconds;
    atomic_bool cancel;
    imf_model *loaded;   /* the last model used */
    char *loaded_as;     /* the reference that it was asked for with */
    imf_model_session *session; /* its picture tower; NULL until the first picture of a query */
    bool exact;                 /* what session was made with, or shall be */
    imf_pool *pool;      /* NULL until the first picture */
    imf_reader reader;
    const imf_file_layer *fl;
};

char *imf_finder_path(const imf_finder *f, const char *name);                 /* home/name, imf_free'd by the caller */
/* IMF_EUNKNOWN without a message: no home yet */
int imf_finder_open_store(const imf_finder *f, bool create, imf_store **out, imf_err *err);
/* borrowed; kept open for the next call */
int imf_finder_use_model(imf_finder *f, const char *reference, imf_model **out, imf_err *err);
void imf_finder_forget_model(imf_finder *f); /* the next use opens it anew */
/* The reference of the model that a command without one uses: the finder's, else that of the collection "default", else
 * "starter". imf_free'd by the caller. */
int imf_finder_usual_model(imf_finder *f, char **reference, imf_err *err);

/* Whether the collection, which is in another space than the model's, was indexed with this model all the same, before
 * its files changed. */
bool imf_finder_is_outdated(const imf_store_collection *c, const imf_model *model);
/* The error of a collection that is in another space than the model's: IMF_EOUTDATED or IMF_EMODEL. */
int imf_finder_fail_space(const imf_store_collection *c, const imf_model *model, imf_err *err);

/* Opens the vectors of a space as the catalog has them now. */
int imf_finder_open_index(const imf_finder *f, imf_store *store, int64_t space_id, const uint8_t space[16], int dim,
                          bool writable, bool tolerant, imf_index **out, imf_err *err);

/* Opens a regular file for reading, without following a link at its end, never blocking on a pipe. 0 or a negated
 * errno. */
int imf_open_regular(const char *path, bool follow, int *fd, struct stat *st);

/* 1..64 bytes of UTF-8 without '/' and control characters. */
int imf_check_collection_name(const char *name, imf_err *err);

/* Begins a snapshot of the catalog, in a connection that stays open for the next one; ends with imf_finder_end_read.
 * IMF_EUNKNOWN without a message: no home yet. */
int imf_finder_begin_read(imf_finder *f, imf_store **out, imf_err *err);
/* rc: what came of the reads. Returns it, or the error of ending them. Safe without a snapshot. */
int imf_finder_end_read(imf_finder *f, int rc, imf_err *err);
/* The vectors of a space as the snapshot names them; borrowed until the snapshot ends. */
int imf_finder_use_index(imf_finder *f, int64_t space_id, const uint8_t space[16], int dim, imf_index **out,
                         imf_err *err);
/* Which of the rows of imf_finder_use_index count for a collection of its space (0: for all of them). out->words NULL:
 * every row. Borrowed until the snapshot ends. */
int imf_finder_use_filter(imf_finder *f, int64_t collection, imf_bitmap *out, imf_err *err);
void imf_finder_close_reader(imf_finder *f);

/* ---- collection.c ---- */

/* What the store says of a collection, without its roots. false when out of memory. */
bool imf_collection_copy(imf_arena *a, imf_collection *to, const imf_store_collection *from);

/* ---- item.c ---- */

/* Opens the regular file `path` for reading, which is `root` or lies below it, without following a link from the root's
 * last name on. walk: name by name, as where the kernel has no openat2. 0 or a negated errno. */
int imf_open_below(const char *root, const char *path, bool walk, int *fd, struct stat *st);

/* Whether bytes begin like a JPEG and are no more than a thumbnail has: what a worker said, or a catalog keeps, is not
 * believed. */
bool imf_is_jpeg(const uint8_t *bytes, size_t n);

/* ---- decode.c: pictures through the pool of decode workers ---- */

/* The pool's options as the finder's and the environment say. IMF_EUSAGE: a limit that is no number in its range. */
int imf_finder_pool_options(const imf_finder *f, imf_pool_options *out, imf_err *err);

/* Starts the pool at the first call; the log is warned when it has no sandbox. */
int imf_finder_use_pool(imf_finder *f, imf_err *err);

/* Whether the workers of the pool, which is open, can call no more than they need. */
bool imf_finder_has_sandbox(const imf_finder *f);

/* Decodes and embeds one picture file of the user; reference: prepared as the model's own code does it. Errors name the
 * file. */
int imf_finder_embed_file(imf_finder *f, imf_model *model, const char *path, bool reference, bool raw, float *vector,
                          imf_err *err);

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
