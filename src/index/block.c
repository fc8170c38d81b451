/*
 * The blocks of a segment: mapping them for searches with a check at first touch, and verifying all of them afresh.
 * The layout is in segment.h. Not here yet: the guard that turns a file cut under a mapping into an error.
 */
#include "index/block.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "base/mem.h"
#include "kern/kern.h"

static uint32_t rows_of_block(const imf_segment *s, uint32_t block)
{
    uint32_t rest = s->rows - block * IMF_BLOCK_ROWS;
    return rest < IMF_BLOCK_ROWS ? rest : IMF_BLOCK_ROWS;
}

static size_t bytes_of_block(const imf_segment *s, uint32_t block)
{
    uint32_t n = rows_of_block(s, block);
    return (size_t)n * (size_t)s->space.dim * 2 + (n == IMF_BLOCK_ROWS ? sizeof(imf_block_trailer) : 0);
}

/* Whether the bytes are what was written: a full block against its trailer, the last partly filled one against the
 * catalog's checksum. */
static bool block_sound(const imf_segment *s, uint32_t block, const unsigned char *bytes)
{
    uint32_t n = rows_of_block(s, block);
    size_t row_bytes = (size_t)n * (size_t)s->space.dim * 2;
    uint32_t crc = imf_kern_get()->crc32c(0, bytes, row_bytes);
    if (n < IMF_BLOCK_ROWS)
        return crc == s->tail_crc;
    imf_block_trailer expected = {.crc = crc, .rows = IMF_BLOCK_ROWS, .magic = IMF_BLOCK_MAGIC, .block = block};
    return memcmp(bytes + row_bytes, &expected, sizeof expected) == 0;
}

int imf_block_fail(const imf_segment *s, uint32_t block, imf_err *err)
{
    char what[256];
    uint32_t first = block * IMF_BLOCK_ROWS;
    snprintf(what, sizeof what, imf_tr(MSG_INDEX_WHAT_BLOCK), block, first, first + rows_of_block(s, block) - 1);
    return imf_fail(err, IMF_EDAMAGE, MSG_INDEX_DAMAGED, s->shown, what);
}

int imf_segment_bad_values(const imf_segment *s, uint32_t block, uint32_t row, imf_err *err)
{
    char what[256];
    snprintf(what, sizeof what, imf_tr(MSG_INDEX_WHAT_VALUES), row, block);
    return imf_fail(err, IMF_EDAMAGE, MSG_INDEX_DAMAGED, s->shown, what);
}

/* ---- Searching --------------------------------------------------------------------------------------------------- */

int imf_segment_map(imf_segment *s, imf_err *err)
{
    uint64_t size, end = imf_rows_end(s->offset, s->space.dim, s->rows);
    const void *map;
    if (s->map && s->map_size >= end)
        return IMF_OK;
    int e = s->fl->size(s->file, &size);
    if (e < 0)
        return imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_READ, s->shown);
    if (size < end) { /* cut since it was opened */
        char what[256];
        snprintf(what, sizeof what, imf_tr(MSG_INDEX_WHAT_SHORT), (unsigned long long)end, (unsigned long long)size, 0u,
                 s->rows > 0 ? s->rows - 1 : 0);
        return imf_fail(err, IMF_EDAMAGE, MSG_INDEX_DAMAGED, s->shown, what);
    }
    if (s->map)
        s->fl->unmap(s->map, s->map_size);
    s->map = NULL;
    if ((e = s->fl->map(s->file, end, &map)) < 0)
        return imf_fail_errno(err, e == -ENOMEM ? IMF_EMEM : IMF_EIO, e, MSG_INDEX_MAP, s->shown);
    s->map = map;
    s->map_size = end;
    return IMF_OK;
}

int imf_segment_block(imf_segment *s, uint32_t block, const uint16_t **rows, uint32_t *n, imf_err *err)
{
    const unsigned char *bytes = s->map + s->offset + block * imf_block_bytes(s->space.dim);
    const uint64_t bit = UINT64_C(1) << (block % 64);
    if (!(atomic_load_explicit(&s->checked[block / 64], memory_order_relaxed) &
          bit)) { /* two threads may both check it: that does no harm */
        if (!block_sound(s, block, bytes))
            return imf_block_fail(s, block, err);
        atomic_fetch_or_explicit(&s->checked[block / 64], bit, memory_order_relaxed);
    }
    *rows = (const uint16_t *)(const void *)bytes; /* offset and block are multiples of 64 */
    *n = rows_of_block(s, block);
    return IMF_OK;
}

/* ---- Verifying --------------------------------------------------------------------------------------------------- */

enum verdict { SOUND, WRONG, UNREADABLE };

/* Neighbouring blocks with the same fault, told as one. */
struct run {
    enum verdict verdict;
    uint32_t first, last;
};

static void tell_run(const imf_segment *s, const struct run *run,
                     void (*report)(void *user, const char *file, const char *what, uint64_t rows), void *user)
{
    char what[256];
    uint32_t from = run->first * IMF_BLOCK_ROWS, to = run->last * IMF_BLOCK_ROWS + rows_of_block(s, run->last) - 1;
    if (run->verdict == SOUND)
        return;
    if (run->verdict == UNREADABLE)
        snprintf(what, sizeof what, imf_tr(MSG_INDEX_WHAT_UNREADABLE), run->first, run->last, from, to);
    else if (run->first == run->last)
        snprintf(what, sizeof what, imf_tr(MSG_INDEX_WHAT_BLOCK), run->first, from, to);
    else
        snprintf(what, sizeof what, imf_tr(MSG_INDEX_WHAT_BLOCKS), run->first, run->last, from, to);
    report(user, s->path, what, to - from + 1);
}

int imf_segment_verify(imf_segment *s, void (*report)(void *user, const char *file, const char *what, uint64_t rows),
                       void *user, imf_err *err)
{
    int rc = IMF_OK;
    imf_file *file = NULL;
    unsigned char *buf = NULL;
    imf_segment_layout layout;
    imf_segment_fault fault;
    struct run run = {.verdict = SOUND};

    int e = s->fl->open(s->fl->self, s->path, IMF_FILE_READ, &file);
    if (e == -ENOENT) {
        report(user, s->path, imf_tr(MSG_INDEX_WHAT_MISSING), s->rows);
        return IMF_OK;
    }
    if (e < 0)
        return imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_OPEN, s->shown);
    IMF_TRY(imf_segment_inspect(s, file, &layout, &fault, err));
    if (fault.kind != IMF_FAULT_NONE)
        report(user, s->path, fault.what, fault.rows);
    if (fault.kind == IMF_FAULT_HEADER)
        goto out;

    buf = imf_alloc_aligned((size_t)imf_block_bytes(s->space.dim));
    if (!buf) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "verifying the vectors");
        goto out;
    }
    /* The blocks that a cut has touched were told above. */
    for (uint32_t block = 0; block < (s->rows - fault.rows + IMF_BLOCK_ROWS - 1) / IMF_BLOCK_ROWS; block++) {
        size_t n = bytes_of_block(s, block);
        ssize_t got = s->fl->pread(file, buf, n, layout.offset + block * imf_block_bytes(s->space.dim));
        enum verdict verdict = got < 0 ? UNREADABLE : (size_t)got == n && block_sound(s, block, buf) ? SOUND : WRONG;
        if (verdict != run.verdict) {
            tell_run(s, &run, report, user);
            run = (struct run){.verdict = verdict, .first = block};
        }
        run.last = block;
    }
    tell_run(s, &run, report, user);
out:
    imf_free(buf);
    s->fl->close(&file);
    return rc;
}
