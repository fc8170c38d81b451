/*
 * The catalog: one SQLite database, catalog.db, the only place of the project that knows SQL. It is the truth about
 * collections, roots, paths, items, moments, spaces, segments and failures (docs/internals/store.md has the schema).
 *
 * WAL, foreign keys on, synchronous=FULL: a commit that returned is on the disk. One imf_store belongs to one thread;
 * readers in other processes never wait. Functions that change something need a writable store and an open transaction
 * (imf_store_begin); after an error inside a transaction, roll back. Several reads that must agree with each other go
 * between begin and commit too: in a reader that is a snapshot. Paths are bytes (stored as BLOBs), never converted.
 *
 * Errors everywhere: IMF_EIO (disk, full, permissions), IMF_EBUSY (locked for longer than 5 s), IMF_EDAMAGE (not a
 * database, malformed), IMF_EMEM, IMF_EINTERNAL (a call against the rules above); others are named. "Without a message"
 * means that *err is left as it was. An `each` may call other functions of the store, but must not change what is being
 * listed.
 */
#ifndef IMF_STORE_STORE_H
#define IMF_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct imf_store imf_store;

/* Opens catalog.db at `path`. create: makes it when missing (schema of this version, a new random UUID) and migrates
 * older ones, all in one transaction. Otherwise read-only: a missing or still empty file is IMF_EUNKNOWN without a
 * message (the caller treats it as an empty home), an older schema than it can read IMF_EINPUT with advice. A
 * newer schema is IMF_EINPUT for both. */
int imf_store_open(imf_store **out, const char *path, bool create, imf_err *err);
void imf_store_close(imf_store **store);
void imf_store_uuid(const imf_store *store, uint8_t out[16]);

/* A reader of a catalog in a folder that may not be written: it is good only as long as nobody changes the file. */
bool imf_store_is_frozen(const imf_store *store);
/* A number that changes whenever another connection has committed something; between begin and commit that of the
 * snapshot. It means nothing in another connection. */
int imf_store_data_version(imf_store *store, int64_t *version, imf_err *err);

int imf_store_begin(imf_store *store, imf_err *err);  /* BEGIN IMMEDIATE in a writer, BEGIN (a snapshot) in a reader */
int imf_store_commit(imf_store *store, imf_err *err); /* a commit that fails has rolled back */
void imf_store_rollback(imf_store *store);            /* safe without a transaction, and with NULL */

/* ---- spaces and segments ---- */

/* The id of the space with this hash; added when missing (writer) or 0 (reader). model is the name it is known by. */
int imf_store_space(imf_store *store, const uint8_t hash[16], int dim, const char *model, int64_t *id, imf_err *err);

typedef struct imf_store_space_row {
    int64_t id;
    uint8_t hash[16];
    int dim;
} imf_store_space_row;
/* All spaces, by id. *out is imf_free'd by the caller. */
int imf_store_spaces(imf_store *store, imf_store_space_row **out, size_t *n, imf_err *err);

typedef struct imf_store_segment {
    uint32_t number, rows, tail_crc;
    uint64_t generation;
} imf_store_segment;

/* Segments of a space by number. *out is imf_free'd by the caller. */
int imf_store_segments(imf_store *store, int64_t space, imf_store_segment **out, size_t *n, imf_err *err);
/* Adds or updates one. Rows and generation never shrink, and a segment stays in its space: IMF_EINTERNAL otherwise. */
int imf_store_segment_put(imf_store *store, int64_t space, const imf_store_segment *segment, imf_err *err);
int imf_store_next_segment(imf_store *store, uint32_t *number, imf_err *err); /* one above the highest of all spaces */

/* ---- collections and roots ---- */

typedef struct imf_store_collection {
    int64_t id, space;
    char *name, *title, *description, *model; /* model: as later commands find it again: a name or an absolute folder */
    char **queries;
    size_t n_queries;
    bool waiting; /* its model has changed, and an index run has yet to give some items their moments */
    uint64_t items, moments, failed, offline, bytes; /* filled by imf_store_collections and imf_store_count only */
} imf_store_collection;

/* One collection by name, without counts; IMF_EUNKNOWN (without a message) when there is none. Cleared with
 * imf_store_collection_clear. */
int imf_store_collection_get(imf_store *store, const char *name, imf_store_collection *out, imf_err *err);
/* All, by name, with counts. *out with its n members is freed by imf_store_collections_free. */
int imf_store_collections(imf_store *store, imf_store_collection **out, size_t *n, imf_err *err);
/* The same without counts and queries, which take time for what there is. */
int imf_store_collections_plain(imf_store *store, imf_store_collection **out, size_t *n, imf_err *err);
void imf_store_collection_clear(imf_store_collection *c);
void imf_store_collections_free(imf_store_collection **c, size_t n);
int imf_store_count(imf_store *store, imf_store_collection *c, imf_err *err); /* fills the counts of one */
int imf_store_collection_add(imf_store *store, const char *name, const char *model, int64_t space, int64_t *id,
                             imf_err *err);
/* NULL leaves a text as it is; queries replace the old ones if n > 0. */
int imf_store_collection_edit(imf_store *store, int64_t id, const char *title, const char *description,
                              const char *const *queries, size_t n, imf_err *err);

/* Drops the collection with its texts, roots, paths and failures, and sweeps the items that no other holds: *items
 * counts them. Takes time for what goes away. */
int imf_store_collection_remove(imf_store *store, int64_t id, uint64_t *items, imf_err *err);

/* Calls each with the path of every root of the collection, in byte order; see imf_store_paths. */
int imf_store_roots(imf_store *store, int64_t collection, int (*each)(void *user, const char *path), void *user,
                    imf_err *err);
/* The root with this path in a collection; 0 when there is none. */
int imf_store_root_find(imf_store *store, int64_t collection, const char *path, int64_t *id, imf_err *err);
/* The same, added when missing. */
int imf_store_root(imf_store *store, int64_t collection, const char *path, int64_t *id, imf_err *err);
int imf_store_root_offline(imf_store *store, int64_t root, bool offline, imf_err *err);

/* ---- a collection whose model has changed ---- */

/* Moves the collection into another space. It is `waiting` from now on: its items are searched as they get moments
 * there. Those of the old space go with the next sweep, where no other collection holds them. */
int imf_store_collection_move(imf_store *store, int64_t id, int64_t space, imf_err *err);
/* Calls each with every root, by path, below which files wait for a moment in the space of the collection. */
int imf_store_waiting(imf_store *store, int64_t collection, int (*each)(void *user, const char *root, uint64_t files),
                      void *user, imf_err *err);
int imf_store_waiting_done(imf_store *store, int64_t collection, imf_err *err);
/* Drops the segments of spaces without collections, after a sweep: their files may go when this is committed. *numbers
 * is imf_free'd by the caller. The spaces stay, so that an id means one space for ever. */
int imf_store_unused_remove(imf_store *store, uint32_t **numbers, size_t *n, imf_err *err);

/* ---- paths and items ---- */

typedef struct imf_store_path {
    int64_t id, root, item; /* item 0: this path is a failure */
    const char *path;       /* borrowed during the call */
    uint64_t size;
    int64_t mtime_ns;
    const char *reason;     /* of a failure, else NULL; borrowed during the call */
} imf_store_path;

/* Calls each for every path of the collection that is `under` or lies below it (under = NULL: all), in byte order. A
 * non-zero return of each stops and is returned. */
int imf_store_paths(imf_store *store, int64_t collection, const char *under,
                    int (*each)(void *user, const imf_store_path *p), void *user, imf_err *err);

/* Inserts or replaces the path of a good file / of a failed one (then the failure row is written too, its attempts
 * counted up when size and mtime are the same). hash: of the content that the decoder gave up, or NULL. */
int imf_store_path_put(imf_store *store, int64_t collection, int64_t root, const char *path, uint64_t size,
                       int64_t mtime_ns, int64_t item, imf_err *err);
int imf_store_path_fail(imf_store *store, int64_t collection, int64_t root, const char *path, uint64_t size,
                        int64_t mtime_ns, const char *reason, const uint8_t *hash, imf_err *err);
/* Whether content that some path failed with is recorded: *reason (imf_free'd by the caller) is then why, else NULL.
 * *own: this very path failed with the same content, so it was touched, and may be tried again. */
int imf_store_failure_find(imf_store *store, const uint8_t hash[16], int64_t collection, const char *path,
                           char **reason, bool *own, imf_err *err);
int imf_store_path_remove(imf_store *store, int64_t path_id, imf_err *err);

typedef struct imf_store_item {
    int64_t id;
    uint8_t hash[16];
    uint64_t size;
    int width, height;
    bool has_moment;        /* in the space asked for */
} imf_store_item;

/* IMF_EUNKNOWN (without a message) when there is none. */
int imf_store_item_by_hash(imf_store *store, const uint8_t hash[16], int64_t space, imf_store_item *out, imf_err *err);
int imf_store_item_add(imf_store *store, const uint8_t hash[16], uint64_t size, int width, int height, int64_t *id,
                       imf_err *err);
int imf_store_moment_add(imf_store *store, int64_t item, int64_t space, uint64_t vector_id, int64_t time_ms,
                         int64_t end_ms, imf_err *err); /* times: -1 for none */

int imf_store_has_moment(imf_store *store, int64_t item, int64_t space, bool *has, imf_err *err);

/* The thumbnail of an item, replaced when there is one. */
int imf_store_thumbnail_put(imf_store *store, int64_t item, const uint8_t *jpeg, size_t size, imf_err *err);
/* *jpeg is imf_free'd by the caller. IMF_EUNKNOWN (without a message) when the item, or its thumbnail, is not there. */
int imf_store_thumbnail_get(imf_store *store, const uint8_t hash[16], uint8_t **jpeg, size_t *size, imf_err *err);

typedef struct imf_store_file { /* a file of an item; borrowed during the call */
    const char *path, *root;
    uint64_t size;
    int64_t mtime_ns;
} imf_store_file;
/* Calls each for every path of the item, in byte order; see imf_store_paths. */
int imf_store_files(imf_store *store, const uint8_t hash[16], int (*each)(void *user, const imf_store_file *file),
                    void *user, imf_err *err);

/* Drops items that no path names any more, and moments in a space none of whose collections holds their item: the
 * moments become tombstones. *n counts the items. Takes time for what went away, not for what is there. */
int imf_store_sweep(imf_store *store, uint64_t *n, imf_err *err);

/* ---- for a search ---- */

/* A moment is live when a collection of its space has a path of its item. */

/* Calls each with every live vector id of the space, ascending; collection 0: of all its collections. */
int imf_store_live(imf_store *store, int64_t space, int64_t collection, int (*each)(void *user, uint64_t vector_id),
                   void *user, imf_err *err);
/* Whether every committed row of the space is live: then a search over all its collections, or over the only one, needs
 * no bitmap. "No" may be too careful between a removal and the next sweep. */
int imf_store_all_live(imf_store *store, int64_t space, bool *all, imf_err *err);

typedef struct imf_store_hit {
    int64_t item;
    uint8_t hash[16];
    int width, height;
    int64_t time_ms, end_ms;
    char *collection;       /* name of the first collection (by name) that holds it, among those asked for */
    char **paths;           /* of all copies in the collections asked for, in byte order; n_paths >= 1 */
    size_t n_paths;
} imf_store_hit;

/* What a vector stands for (collection 0: in any collection of the space); IMF_EUNKNOWN (without a message) when it is
 * not live (in that collection). */
int imf_store_hit_get(imf_store *store, int64_t space, uint64_t vector_id, int64_t collection, imf_store_hit *out,
                      imf_err *err);
void imf_store_hit_clear(imf_store_hit *h);

/* The first vector in the space of an item that is given by its hash (for a search by item). IMF_EUNKNOWN (without a
 * message) when there is none. */
int imf_store_vector_of_item(imf_store *store, const uint8_t hash[16], int64_t space, uint64_t *vector_id,
                             imf_err *err);

/* ---- status and verification ---- */

typedef struct imf_store_run {
    char collection[68];
    int64_t pid;
    uint64_t done, total;
    double rate, eta_s;
} imf_store_run;
/* NULL clears. Needs no transaction; inside one it is committed with it, which saves a sync. */
int imf_store_run_put(imf_store *store, const imf_store_run *run, imf_err *err);
int imf_store_run_get(imf_store *store, imf_store_run *run, bool *there, imf_err *err);

/* The database's own check (quick_check, foreign keys) and ours: every moment and tombstone names a committed row, no
 * row is named twice, every committed row is named by a moment or a tombstone, every good path has an item, every item
 * a path (or waits for the sweep) and a moment in the space of each collection that holds it, unless that one is
 * waiting for an index run. For each fault calls report(user, what, rows); a catalog too damaged to be asked is such a
 * fault too, not an error. */
int imf_store_verify(imf_store *store, void (*report)(void *user, const char *what, uint64_t rows), void *user,
                     imf_err *err);

#endif
