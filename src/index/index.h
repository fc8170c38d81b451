/*
 * Vectors of one space: segment files, appended to by one writer, read by any number of processes, searched.
 *
 * The catalog (SQLite) is the truth about which rows exist: an imf_index is opened with the list of segments and
 * committed rows that the catalog names, and rows beyond those are not there. The order of a commit:
 * imf_index_append, imf_index_sync (rows are on the disk), then the catalog's transaction with what
 * imf_index_committed says. A failed sync is never retried: the segment is closed to writes.
 *
 * A vector's id is segment number << 20 | slot. Not thread-safe, except imf_index_search and imf_index_verify, which
 * may run at once.
 */
#ifndef IMF_INDEX_INDEX_H
#define IMF_INDEX_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"

enum { IMF_SEGMENT_ROWS_LOG2 = 20, IMF_SEGMENT_ROWS = 1 << 20, IMF_BLOCK_ROWS = 64, IMF_DIM_MAX = 4096 };

typedef struct imf_index_space {
    uint8_t space[16];   /* hash of the space */
    uint8_t catalog[16]; /* UUID of the catalog that the files belong to */
    int dim;             /* 1..4096 */
} imf_index_space;

typedef struct imf_index_segment { /* one row of the catalog's segment table */
    uint32_t number;     /* 1.. ; its file is segments/NNNNNNNN.seg below the home */
    uint32_t rows;       /* committed, 0..2^20 */
    /* CRC-32C of the committed rows of the last, partly filled block; 0 when rows is a multiple of 64 */
    uint32_t tail_crc;
    uint64_t generation; /* grows with every commit */
} imf_index_segment;

typedef struct imf_index imf_index;

/* Opens the named segments of folder (".../segments"). writable: slots that the catalog does not name are cut off,
 * and new segments take numbers from next_number on. The arrays are copied. Errors: IMF_EDAMAGE (names the file,
 * what, rows), IMF_EIO, IMF_EMEM. With `tolerant`, damaged segments are kept in the list as damaged instead (for
 * imf_index_verify); a search over them is IMF_EDAMAGE. */
int imf_index_open(imf_index **out, const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                   const imf_index_segment *segments, size_t n, bool writable, uint32_t next_number, bool tolerant,
                   imf_err *err);
void imf_index_close(imf_index **index);

/* Removes the file of a segment that the catalog names no more. What cannot be removed is a file that means nothing. */
void imf_index_remove(const imf_file_layer *fl, const char *folder, uint32_t number);

/* Whether every file is still as long as its rows need: an index that is kept open asks before it is searched again,
 * because reading what was cut off from a mapped file would end the process. */
bool imf_index_is_whole(const imf_index *index);

uint64_t imf_index_rows(const imf_index *index); /* committed and, in the writer, appended */

/* Appends n rows float32 [n, dim]; ids[n] gets their ids. Rows are normalised to unit length and stored as f16. A
 * NaN, infinite or zero row: IMF_EINPUT, nothing is appended. */
int imf_index_append(imf_index *index, const float *rows, size_t n, uint64_t *ids, imf_err *err);

/* Puts the appended rows on the disk. After an error the segment takes no more rows. */
int imf_index_sync(imf_index *index, imf_err *err);

/* The segments that changed since the last call of imf_index_committed(…) or the opening, as the catalog must record
 * them. *n in: room, out: count (at most 2 per batch of 64 rows). */
int imf_index_committed(imf_index *index, imf_index_segment *segments, size_t *n, imf_err *err);

enum imf_index_kind { IMF_INDEX_EXACT = 0 }; /* plane, ivf and hnsw join later */

typedef struct imf_search_options {
    enum imf_index_kind kind;
    int threads;    /* 0: all */
    double recall;  /* target of approximate kinds; unused by exact */
} imf_search_options;

/* A bitmap over rows in the index's own order: segments in the order of the list, slots ascending; bit i of word
 * i/64. Position of an id: imf_index_position. */
typedef struct imf_bitmap {
    const uint64_t *words; /* at least ceil(imf_index_rows / 64) */
    size_t n_words;
} imf_bitmap;

/* Position of an id in that order, or -1. */
int64_t imf_index_position(const imf_index *index, uint64_t id);

/* queries: float32 [n_queries, dim], any length but zero. ids, scores: [n_queries, k], best first, ties by the
 * smaller id; id UINT64_MAX and score -2 where there are fewer. The score is the true cosine of the stored row.
 * Every block is checked against its checksum when it is first read: IMF_EDAMAGE names the file. Errors: IMF_EINPUT
 * (a zero or non-finite query), IMF_EMEM. */
int imf_index_search(imf_index *index, const float *queries, size_t n_queries, int k, const imf_bitmap *filter,
                     const imf_search_options *opt, uint64_t *ids, float *scores, imf_err *err);

/* The stored row of an id as float32 [dim]. Errors: IMF_EDAMAGE, IMF_EINTERNAL (no such row). */
int imf_index_read(imf_index *index, uint64_t id, float *row, imf_err *err);

/* Reads every block of every segment. For each fault calls report(user, file, what, rows). Errors: IMF_EMEM, IMF_EIO
 * only. */
int imf_index_verify(imf_index *index, void (*report)(void *user, const char *file, const char *what, uint64_t rows),
                     void *user, imf_err *err);

#endif
