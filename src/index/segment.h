/*
 * One segment file: its byte layout, and one object that opens, creates, appends to, maps, checks and verifies it.
 * Private to src/index. The layout is described byte by byte in docs/internals/index.md; the list of segments and
 * the commit order are in index.c.
 */
#ifndef IMF_INDEX_SEGMENT_H
#define IMF_INDEX_SEGMENT_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>

#include "index/index.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "segment files are little-endian and mapped as they are"
#endif

/* ---- Layout ------------------------------------------------------------------------------------------------------ */

enum {
    IMF_SEGMENT_VERSION = 1,
    IMF_SEGMENT_PLANES = 16,        /* room of the plane directory */
    IMF_SEGMENT_HEADER_BYTES = 8192 /* two slots; planes lie behind */
};

enum imf_metric { IMF_METRIC_COSINE = 1 }; /* rows have unit length */

typedef struct imf_plane {
    char kind[4];    /* "P2": master rows. "P0", "P1" (codes) join later; a reader passes over kinds it does not know */
    char element[4]; /* "f16" */
    uint64_t offset; /* from the start of the file; a multiple of 64 */
    uint64_t length; /* 0: grows to the end of the file */
    uint32_t row_bytes;
    uint32_t crc; /* of the whole plane, CRC-32C; 0: its blocks carry their own */
} imf_plane;
static_assert(sizeof(imf_plane) == 32 && offsetof(imf_plane, offset) == 8 && offsetof(imf_plane, row_bytes) == 24,
              "on disk");

typedef struct imf_segment_slot { /* the header, twice in the file; the valid one with the highest generation counts */
    char magic[8];
    uint32_t version;
    uint32_t block_rows; /* 64 */
    uint64_t generation; /* of this header; not the catalog's */
    uint32_t dim;
    uint32_t metric;
    uint8_t space[16];
    uint8_t catalog[16];
    uint32_t number;
    uint32_t capacity; /* rows; a multiple of block_rows */
    uint32_t rows;     /* 0: growing, the catalog knows; otherwise sealed with so many */
    uint32_t n_planes;
    uint8_t reserved[48]; /* written as zeros, ignored */
    imf_plane planes[IMF_SEGMENT_PLANES];
    uint8_t reserved_too[3452];
    uint32_t crc; /* CRC-32C of all bytes before it */
} imf_segment_slot;
static_assert(sizeof(imf_segment_slot) == IMF_SEGMENT_HEADER_BYTES / 2, "on disk");
static_assert(offsetof(imf_segment_slot, generation) == 16 && offsetof(imf_segment_slot, space) == 32 &&
                  offsetof(imf_segment_slot, number) == 64 && offsetof(imf_segment_slot, planes) == 128 &&
                  offsetof(imf_segment_slot, crc) == 4092,
              "on disk");

typedef struct imf_block_trailer { /* behind the 64 rows of every full block */
    uint32_t crc;                  /* CRC-32C of the rows */
    uint32_t rows;                 /* 64 */
    char magic[4];
    uint32_t block; /* its number within the segment */
    uint8_t zeros[48];
} imf_block_trailer;
static_assert(sizeof(imf_block_trailer) == 64, "on disk");

/* ---- A segment --------------------------------------------------------------------------------------------------- */

typedef struct imf_segment {
    const imf_file_layer *fl;
    imf_index_space space;
    char *path;
    const char *shown; /* path, or its end where it is too long for a message */
    imf_file *file;    /* NULL if it could not be opened (tolerant) */

    uint32_t number, rows, tail_crc; /* rows: committed and, in the writer, appended; tail_crc runs along */
    uint64_t generation;
    uint32_t recorded; /* rows that the catalog names */
    uint32_t capacity;
    uint64_t offset;   /* of the rows' plane in the file */
    bool growing;      /* open for appending */
    bool fresh, dirty; /* its name, its rows are not on the disk yet */
    imf_err damage;    /* found at opening (tolerant); code IMF_OK: none */

    const unsigned char *map; /* [0, map_size) of the file, read-only */
    uint64_t map_size;
    _Atomic uint64_t checked[IMF_SEGMENT_ROWS / IMF_BLOCK_ROWS / 64]; /* a bit a block: its checksum was found right */
} imf_segment;

/* Opens the file that row names and checks its header and size. append: if it is a growing one with room, also opens
 * it for writing, checks the last partly filled block and cuts off what lies behind the rows that row names.
 * tolerant: damage is kept in ->damage instead of returned. Errors: IMF_EDAMAGE, IMF_EIO, IMF_EMEM. */
int imf_segment_open(imf_segment **out, const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                     const imf_index_segment *row, bool append, bool tolerant, imf_err *err);

/* A new empty segment; a file of that name, which no catalog names, is replaced. Errors: IMF_EIO, IMF_EMEM. */
int imf_segment_create(imf_segment **out, const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                       uint32_t number, uint32_t capacity, imf_err *err);
void imf_segment_close(imf_segment **segment);

/* Normalises and writes n rows float32 [n, dim]; the caller has checked that they are finite and not zero, and that
 * there is room. After an error the segment must not be appended to again. Errors: IMF_EIO, IMF_EMEM. */
int imf_segment_append(imf_segment *s, const float *rows, size_t n, imf_err *err);
int imf_segment_sync(imf_segment *s, imf_err *err); /* the file only, not its name in the folder */

/* Makes every row readable through imf_segment_block. Not thread-safe. Errors: IMF_EDAMAGE, IMF_EIO. */
int imf_segment_map(imf_segment *s, imf_err *err);

/* The rows of a block, checked against their checksum when they are first asked for. Thread-safe. Errors:
 * IMF_EDAMAGE. */
int imf_segment_block(imf_segment *s, uint32_t block, const uint16_t **rows, uint32_t *n, imf_err *err);

/* For a row that is not a vector although its checksum is right. Returns IMF_EDAMAGE. */
int imf_segment_bad_values(const imf_segment *s, uint32_t block, uint32_t row, imf_err *err);

/* Reads the header and every block afresh, without the map. Errors: IMF_EIO, IMF_EMEM only. */
int imf_segment_verify(imf_segment *s, void (*report)(void *user, const char *file, const char *what, uint64_t rows),
                       void *user, imf_err *err);

static inline uint32_t imf_segment_blocks(const imf_segment *s)
{
    return (s->rows + IMF_BLOCK_ROWS - 1) / IMF_BLOCK_ROWS;
}

/* For tests: how many rows the next new segments take (a multiple of 64, at most 2^20). In index.c. */
void imf_index_set_capacity(imf_index *index, uint32_t rows);

#endif
