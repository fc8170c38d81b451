/*
 * imagefinder.h - the whole public interface of libimagefinder.
 *
 * Image Finder finds pictures in a person's own folders by free text (Russian or English) or by another picture, on
 * this machine.
 *
 *     #include <imagefinder.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         imf_err err = {0};
 *         imf_finder *finder = NULL;
 *         imf_results *results = NULL;
 *         imf_options options = imf_options_default();          // the usual home, the usual model
 *
 *         if (imf_open(&finder, &options, &err) == IMF_OK) {
 *             const char *folders[] = {"/home/anna/Pictures"};
 *             imf_index_options what = imf_index_options_default();
 *             what.paths = folders;
 *             what.n_paths = 1;
 *             imf_index_folders(finder, &what, NULL, &err);             // safe to run again, safe to kill
 *
 *             imf_query query = imf_query_default();
 *             query.text = "рыжий кот на окне";
 *             if (imf_search(finder, &query, &results, &err) == IMF_OK)
 *                 for (size_t i = 0; i < results->n_hits; i++)
 *                     printf("%.3f  %s\n", results->hits[i].score, results->hits[i].path);
 *         }
 *         if (err.code != IMF_OK)
 *             fprintf(stderr, "%s\n", err.msg);
 *         imf_results_free(&results);
 *         imf_close(&finder);
 *         return err.code == IMF_OK ? 0 : 1;
 *     }
 *
 * Rules that hold everywhere:
 * - A function that can fail returns IMF_OK (0) or a negative imf_code and fills *err once, where the fault was
 *   found: what, where, what to do. err may be NULL. The library never prints, never exits and keeps no global
 *   error.
 * - Strings are UTF-8. Paths are bytes as the file system has them.
 * - `..._free` and `imf_close` take the address of a pointer, accept NULL and half-built objects, and set the
 *   pointer to NULL.
 * - What a function hands out through `**out` belongs to the caller until its `_free`; what lies inside it is
 *   borrowed from it.
 * - One imf_finder may be used by one thread at a time; several finders on one home, in one process or many, are
 *   fine: readers never wait for the writer, and there is one writer a home. imf_cancel may be called from any
 *   thread and from a signal handler.
 */
#ifndef IMAGEFINDER_H
#define IMAGEFINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define IMF_API __attribute__((visibility("default")))
#else
#define IMF_API
#endif

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

/* Every code with its name and the exit status that the command line gives it. Numbers are pinned: new codes go to
 * the end. */
#define IMF_CODES(X)            \
    X(IMF_OK, 0, 0)             /* done */ \
    X(IMF_EUSAGE, -1, 2)        /* the call itself is wrong: an empty query, a number out of range */ \
    X(IMF_EUNKNOWN, -2, 2)      /* no collection or model of that name */ \
    X(IMF_EMODEL, -3, 2)        /* a model that does not fit the collection */ \
    X(IMF_EINPUT, -4, 3)        /* a file, folder or model that is missing, unreadable or damaged */ \
    X(IMF_EIO, -5, 4)           /* disk: cannot write, full, failed sync */ \
    X(IMF_EMEM, -6, 4)          /* out of memory */ \
    X(IMF_EBUSY, -7, 4)         /* another process writes this home */ \
    X(IMF_EDAMAGE, -8, 4)       /* a file of the home fails its checksum */ \
    X(IMF_EINTERNAL, -9, 4)     /* a fault of ours */ \
    X(IMF_ECANCEL, -10, 130)    /* imf_cancel was called; what was committed stays */ \
    X(IMF_ENOITEM, -11, 3)      /* no item of that id, or none of its files can be opened any more */ \
    X(IMF_EADDRESS, -12, 4)     /* an address or port that cannot be listened on */ \
    X(IMF_EOUTDATED, -13, 4)    /* a collection of an earlier version of its model: index it again */

#define IMF_CODE_ENUM(name, number, exit_status) name = (number),
typedef enum imf_code { IMF_CODES(IMF_CODE_ENUM) IMF_CODE_END = 1 } imf_code;
#undef IMF_CODE_ENUM

typedef struct imf_err {
    int code;      /* an imf_code */
    char msg[500]; /* one line of valid UTF-8, at most 499 bytes, without a line feed */
} imf_err;

IMF_API const char *imf_version(void); /* "0.4.0"; static */

typedef enum imf_language { IMF_LANGUAGE_EN, IMF_LANGUAGE_RU } imf_language;

/* The language of every message that the library makes from now on, in the whole process; English until told. Reasons
 * that the catalog keeps stay in the language in which they were recorded. Thread-safe. */
IMF_API void imf_set_language(imf_language language);
IMF_API imf_language imf_get_language(void);

/* ---- A finder: an open home -------------------------------------------------------------------------------------- */

typedef struct imf_finder imf_finder;

typedef enum imf_log_level { IMF_LOG_ERROR, IMF_LOG_WARNING, IMF_LOG_INFO, IMF_LOG_DEBUG } imf_log_level;
typedef void (*imf_log_fn)(void *user, imf_log_level level, const char *line);

typedef struct imf_options {
    const char *home;  /* NULL: $IMAGEFINDER_HOME, else $XDG_DATA_HOME/imagefinder, else ~/.local/share/imagefinder */
    /* a model's name, or with a slash its folder or file; NULL: $IMAGEFINDER_MODEL, else that of the collection, else
     * "starter" */
    const char *model;
    int threads;       /* 0: as many as there are processors */
    /* What one picture may cost while it is decoded; 0: $IMAGEFINDER_MAX_PIXELS, $IMAGEFINDER_DECODE_SECONDS,
     * $IMAGEFINDER_DECODE_MEMORY (bytes), else 100 million pixels, 10 seconds, 1 GiB */
    uint64_t max_pixels, decode_memory;
    int decode_seconds;
    imf_log_fn log;    /* NULL: silent. Called from any thread of the library */
    void *log_user;
} imf_options;

IMF_API imf_options imf_options_default(void);

/* Opens a home for reading; a home that does not exist is not created here (imf_index_folders creates it). The
 * strings of opt are copied. Errors: IMF_EINPUT (no home can be derived, not a home), IMF_EDAMAGE. */
IMF_API int imf_open(imf_finder **out, const imf_options *opt, imf_err *err);
IMF_API void imf_close(imf_finder **finder);

/* Asks a running imf_index_folders to finish its batch and to return IMF_ECANCEL. Async-signal-safe. */
IMF_API void imf_cancel(imf_finder *finder);

/* ---- Indexing ---------------------------------------------------------------------------------------------------- */

typedef struct imf_progress { /* of one run, for a progress bar */
    uint64_t done, total;     /* files; total is 0 while the roots are still walked */
    double rate, eta_s;       /* files a second over the run; seconds left, negative when unknown */
} imf_progress;

typedef struct imf_index_options {
    const char *collection;    /* NULL: "default" */
    const char *const *paths;  /* folders or files; each becomes a root of the collection */
    size_t n_paths;
    bool forget;               /* remove the rows of a root that is missing or has lost all its files */
    void (*progress)(void *user, const imf_progress *p); /* NULL, or called from the calling thread */
    void *progress_user;
} imf_index_options;

typedef struct imf_failure {
    const char *path;   /* absolute; bytes as the file system has them */
    const char *reason; /* one line */
} imf_failure;

typedef struct imf_index_report {
    const char *collection, *model;
    /* this run; seen = added + unchanged + renamed + failed */
    uint64_t seen, added, unchanged, renamed, failed, moments;
    uint64_t removed;                                          /* paths gone without a successor */
    uint64_t offline;                                          /* rows kept although their root is missing or empty */
    double seconds;
    double scan_ms, hash_ms, decode_ms, embed_ms, commit_ms; /* hash, decode and embed add up all threads */
    const imf_failure *failures;
    size_t n_failures;
    const char *const *notes; /* lines worth telling: an offline root, a folder without pictures */
    size_t n_notes;
} imf_index_report;

IMF_API imf_index_options imf_index_options_default(void);

/* Walks the paths and brings the collection up to date. Creates the home and the collection where needed. Where the
 * files of the collection's model have changed, what lies below the paths is embedded again, and counts as added. Files
 * that cannot be read are counted and listed, and do not stop it. *report (if report is not NULL) is filled whenever
 * the walk began, on errors too, and is freed with imf_index_report_free. Errors: IMF_EINPUT (a path is missing: the
 * others were indexed all the same), IMF_EBUSY, IMF_EMODEL, IMF_EUSAGE, IMF_EIO, IMF_ECANCEL. */
IMF_API int imf_index_folders(imf_finder *finder, const imf_index_options *opt, imf_index_report **report,
                              imf_err *err);
IMF_API void imf_index_report_free(imf_index_report **report);

/* ---- Searching --------------------------------------------------------------------------------------------------- */

typedef struct imf_query { /* exactly one of text, picture and item */
    const char *text;       /* a phrase; or NULL */
    /* path of a picture, or the id of an item (32 hex digits; a file wins); or NULL */
    const char *picture;
    const char *item;       /* the id of an item and never a file, for queries from strangers; or NULL */
    const char *collection; /* NULL: every collection in the model's space */
    int k;                  /* 1..1000 */
    bool has_min_score;
    float min_score;        /* cosine */
    /* The phrases that a text is put into, the mean of whose vectors is looked for: "none", "default" (the model's own,
     * if it has any), or a file with one template a line and {} for the text in each; NULL: "default" */
    const char *templates;
} imf_query;

typedef struct imf_hit {
    int rank;                 /* from 1 */
    float score;              /* cosine */
    double probability;       /* 0..1, NAN where the model has no calibration */
    const char *verdict;      /* "good", "maybe", "none" */
    const char *path;         /* one of paths */
    const char *const *paths; /* every copy, absolute */
    size_t n_paths;
    const char *collection;
    const char *kind;         /* "picture" */
    int64_t time_ms, end_ms;  /* -1 for pictures */
    int width, height;        /* after orientation */
    char item[33];            /* 32 hex digits: XXH3-128 of the content */
} imf_hit;

typedef struct imf_results {
    /* text and language are NULL for a picture query; language is "ru", "en", "mixed" or "other". translated is what
     * was looked for instead, where text was typed with the other keyboard layout on: language is its language then,
     * and the first warning says so; NULL: text itself was looked for */
    const char *text, *translated, *language, *model;
    double embed_ms, search_ms, total_ms;
    bool degraded;
    const char *const *warnings;
    size_t n_warnings;
    const imf_hit *hits;
    size_t n_hits;
} imf_results;

IMF_API imf_query imf_query_default(void);

/* Finds the k nearest pictures, best first, ties by the smaller id. IMF_OK with n_hits == 0 when nothing is indexed
 * or nothing reaches min_score. Errors: IMF_EUSAGE, IMF_EUNKNOWN, IMF_EMODEL, IMF_EOUTDATED (the collection,
 * or all that there is, was indexed before the model changed), IMF_EINPUT (the query's picture), IMF_EDAMAGE (names the
 * file), IMF_EMEM. */
IMF_API int imf_search(imf_finder *finder, const imf_query *query, imf_results **results, imf_err *err);
IMF_API void imf_results_free(imf_results **results);

/* ---- Items: the files behind the hits ---------------------------------------------------------------------------- */

typedef struct imf_item_file { /* one file of an item, open for reading */
    int fd;                 /* closed by imf_item_file_free unless it is -1 by then */
    uint64_t size;
    int64_t mtime_ns;
    const char *path;       /* of the copy that was opened; absolute */
    const char *media_type; /* "image/jpeg", ...; static */
} imf_item_file;

/* Opens the first copy of an item (32 hex digits) that is still what was indexed: a regular file, reached without
 * links below its root, of the same size and date. Errors: IMF_EUSAGE (no id), IMF_ENOITEM (not in the catalog, or
 * every copy has gone or changed), IMF_EMEM, IMF_EDAMAGE. */
IMF_API int imf_item_open(imf_finder *finder, const char *item, imf_item_file **file, imf_err *err);
IMF_API void imf_item_file_free(imf_item_file **file);

typedef struct imf_bytes {
    const uint8_t *data;
    size_t size;
} imf_bytes;

/* The item's thumbnail: a JPEG whose long side is at most 320 pixels, from the catalog, else made now. Errors:
 * IMF_EUSAGE, IMF_ENOITEM, IMF_EINPUT (it cannot be made: the file has gone or changed), IMF_EMEM. */
IMF_API int imf_item_thumbnail(imf_finder *finder, const char *item, imf_bytes **jpeg, imf_err *err);
IMF_API void imf_bytes_free(imf_bytes **bytes);

/* ---- Embedding --------------------------------------------------------------------------------------------------- */

typedef struct imf_embed_input {
    const char *text;    /* exactly one of text and picture */
    const char *picture;
} imf_embed_input;

/* Length of the vectors of the finder's model. */
IMF_API int imf_dim(imf_finder *finder, int *dim, imf_err *err);

typedef struct imf_embed_options {
    bool raw;       /* vectors as the towers give them, not of unit length */
    bool reference; /* pictures are prepared exactly as the model's own published code does it */
    const char *templates; /* of texts, as in imf_query; NULL: "none" */
    const char *precision; /* "f32" or "auto"; NULL: "auto" */
} imf_embed_options;

IMF_API imf_embed_options imf_embed_options_default(void);

/* Writes one row of float32 [n, dim] for each input into rows (caller's, n * dim floats); opt may be NULL. One bad
 * input fails the call. */
IMF_API int imf_embed(imf_finder *finder, const imf_embed_input *inputs, size_t n, const imf_embed_options *opt,
                      float *rows, imf_err *err);

/* The ids of a text's pieces as the finder's model reads them, with its start and end marks and without padding; cut
 * only where the model's own code always does. *ids is the caller's, freed with imf_tokens_free. Errors: IMF_EUSAGE (no
 * UTF-8; a model that reads words and has no pieces), IMF_EINPUT (the tokenizer's files). */
IMF_API int imf_tokenize(imf_finder *finder, const char *text, int32_t **ids, size_t *n, imf_err *err);
IMF_API void imf_tokens_free(int32_t **ids);

/* ---- Collections, status, verification --------------------------------------------------------------------------- */

typedef struct imf_collection {
    const char *name, *title, *description, *model; /* title and description may be "" */
    const char *const *queries;
    size_t n_queries;
    uint64_t items, moments, failed, offline, bytes;
    const char *const *roots; /* absolute, by name; filled by imf_collection_get only */
    size_t n_roots;
    bool waiting; /* its model has changed, and some pictures wait for an index run: they are not searched yet */
} imf_collection;

typedef struct imf_status {
    const char *home;
    const imf_collection *collections; /* by name */
    size_t n_collections;
    bool running;                      /* an index run is under way in some process */
    const char *running_collection;
    uint64_t running_done, running_total;
    double running_rate, running_eta_s; /* eta is negative when unknown */
} imf_status;

/* What is committed. A home that does not exist gives an empty status. */
IMF_API int imf_status_get(imf_finder *finder, imf_status **status, imf_err *err);
IMF_API void imf_status_free(imf_status **status);

typedef struct imf_collection_edit {
    const char *collection;
    const char *title, *description; /* NULL: unchanged */
    const char *const *queries;      /* replaces the example queries if n_queries > 0 */
    size_t n_queries;
} imf_collection_edit;

/* Errors: IMF_EUNKNOWN, IMF_EBUSY, IMF_EIO, IMF_EUSAGE. */
IMF_API int imf_collection_edit_apply(imf_finder *finder, const imf_collection_edit *edit, imf_err *err);

/* One collection with its roots. Errors: IMF_EUSAGE, IMF_EUNKNOWN, IMF_EMEM, IMF_EDAMAGE. */
IMF_API int imf_collection_get(imf_finder *finder, const char *name, imf_collection **collection, imf_err *err);
IMF_API void imf_collection_free(imf_collection **collection);

/* Forgets a collection: its roots, paths and what no other collection holds of its items. Files of the user are never
 * touched. *items (may be NULL): how many items went. Errors: IMF_EUSAGE, IMF_EUNKNOWN, IMF_EBUSY, IMF_EIO. */
IMF_API int imf_collection_remove(imf_finder *finder, const char *name, uint64_t *items, imf_err *err);

typedef struct imf_damage {
    const char *file, *what;
    uint64_t rows; /* committed rows that are touched */
} imf_damage;

typedef struct imf_verify_report {
    bool ok;
    uint64_t segments, rows; /* rows: every committed row */
    const imf_damage *damage;
    size_t n_damage;
} imf_verify_report;

/* Reads every block of every segment against its checksum, and the live rows against the catalog. IMF_OK with
 * report->ok == false when something is damaged. */
IMF_API int imf_verify(imf_finder *finder, imf_verify_report **report, imf_err *err);
IMF_API void imf_verify_report_free(imf_verify_report **report);

/* ---- Models ------------------------------------------------------------------------------------------------------ */

typedef struct imf_model_row { /* a model that can be named */
    const char *name;
    bool here;                    /* its folder lies on this machine */
    const char *path;             /* the folder; NULL when it is not here */
    const char *const *languages; /* of queries: "ru", "en" */
    size_t n_languages;
    int dim;                      /* 0: not known */
    uint64_t size;                /* bytes of its files; 0: not known */
    const char *licence;          /* an SPDX name, or "" */
} imf_model_row;

typedef struct imf_model_list {
    const imf_model_row *models; /* by name */
    size_t n_models;
} imf_model_list;

/* Every model found by name: in $IMAGEFINDER_MODELS, the home and beside the program. */
IMF_API int imf_models(imf_finder *finder, imf_model_list **models, imf_err *err);
IMF_API void imf_models_free(imf_model_list **models);

typedef struct imf_model_info {
    const char *name, *path, *family; /* family: "imagefinder-starter", "clip", "openai-clip", "ruclip" */
    int dim, image_size;
    uint64_t parameters, tensors;
    const char *precision;            /* in force here: "f32", "int8", ... */
    const char *provenance;           /* where it came from, one line; "" when the folder does not say */
} imf_model_info;

/* What a model is, as read from its files. reference: a name, or with a slash a folder or a file of weights. Errors:
 * IMF_EUNKNOWN, IMF_EINPUT. */
IMF_API int imf_model_info_get(imf_finder *finder, const char *reference, imf_model_info **info, imf_err *err);
IMF_API void imf_model_info_free(imf_model_info **info);

/* ---- The state of this machine ----------------------------------------------------------------------------------- */

typedef struct imf_check {
    const char *name;   /* a stable word: "decoder", "sandbox", "processor", "memory", "disk", "home", "model" */
    bool ok;
    const char *found;  /* what is there, one line */
    const char *advice; /* what to do about it; "" when there is nothing to do */
} imf_check;

typedef struct imf_doctor_report {
    bool ok; /* every check is */
    const imf_check *checks;
    size_t n_checks;
} imf_doctor_report;

/* Looks at everything that Image Finder needs and changes nothing. IMF_OK with report->ok == false when something is
 * amiss. */
IMF_API int imf_doctor(imf_finder *finder, imf_doctor_report **report, imf_err *err);
IMF_API void imf_doctor_free(imf_doctor_report **report);

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* The stable JSON of the command line and of the web server: one line, without a line feed. malloc'd, freed with
 * imf_string_free; NULL when out of memory. A path that is not UTF-8 is given readably, with its bytes beside it in
 * path_base64. */
IMF_API char *imf_results_json(const imf_results *results);
IMF_API char *imf_index_report_json(const imf_index_report *report);
IMF_API char *imf_status_json(const imf_status *status);
IMF_API char *imf_collections_json(const imf_status *status);
IMF_API char *imf_verify_report_json(const imf_verify_report *report);
IMF_API char *imf_collection_json(const imf_collection *collection); /* one object, with roots */
IMF_API char *imf_models_json(const imf_model_list *models);
IMF_API char *imf_model_info_json(const imf_model_info *info);
IMF_API char *imf_doctor_json(const imf_doctor_report *report);
IMF_API void imf_string_free(char **string);

#ifdef __cplusplus
}
#endif
#endif
