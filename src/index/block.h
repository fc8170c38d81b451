/*
 * What segment.c and block.c share: the arithmetic of the layout, the inspection of a file, and how a fault is told.
 * Private to src/index.
 */
#ifndef IMF_INDEX_BLOCK_H
#define IMF_INDEX_BLOCK_H

#include "index/segment.h"

#define IMF_BLOCK_MAGIC "IMFB" /* four bytes, without the NUL */

static inline uint64_t imf_block_bytes(int dim)
{
    return (uint64_t)IMF_BLOCK_ROWS * (uint64_t)dim * 2 + sizeof(imf_block_trailer);
}

/* Where the next row goes: full blocks with their trailers, then the rows of the last, partly filled one. In range
 * for dim <= 4,096, rows <= 2^20 and offset <= 2^62, which are checked when a file is opened. */
static inline uint64_t imf_rows_end(uint64_t offset, int dim, uint32_t rows)
{
    return offset + rows / IMF_BLOCK_ROWS * imf_block_bytes(dim) +
           (uint64_t)(rows % IMF_BLOCK_ROWS) * (uint64_t)dim * 2;
}

typedef struct imf_segment_layout { /* what a sound header says */
    uint64_t size;                  /* of the file */
    uint64_t offset;                /* of the rows */
    uint32_t capacity;
    bool growing;
} imf_segment_layout;

typedef struct imf_segment_fault {
    enum { IMF_FAULT_NONE, IMF_FAULT_HEADER, IMF_FAULT_SHORT } kind; /* HEADER: nothing in the file can be read */
    uint64_t rows;                                                   /* touched */
    char what[256];
} imf_segment_fault;

/* Checks the header and the size of an open file against s (space, number, rows). Errors: IMF_EIO, IMF_EMEM; damage
 * is told in *fault. */
int imf_segment_inspect(const imf_segment *s, imf_file *file, imf_segment_layout *layout, imf_segment_fault *fault,
                        imf_err *err);

/* "block N fails its checksum": returns IMF_EDAMAGE. */
int imf_block_fail(const imf_segment *s, uint32_t block, imf_err *err);

#endif
