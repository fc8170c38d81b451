/*
 * A segment file: creating, opening with every check of its header and size, appending, syncing. Reading and
 * verifying its blocks is in block.c. Not here: which segments there are and in what order things are committed
 * (index.c).
 *
 * Everything that comes from the file or from the catalog is checked here before use: after imf_segment_open, dim,
 * rows, capacity and offset are in range, so that the sums below cannot overflow, and the file has at least the
 * bytes that the rows need.
 */
#include "index/segment.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "base/mem.h"
#include "index/block.h"
#include "kern/kern.h"

enum { APPEND_ROWS = 1024, SHOWN_MAX = 240 };

static const char segment_magic[8] = "IMFSEG\r\n";

/* ---- Objects ----------------------------------------------------------------------------------------------------- */

static char *file_of(const char *folder, uint32_t number)
{
    return imf_sprintf("%s/%08u.seg", folder, number);
}

void imf_index_remove(const imf_file_layer *fl, const char *folder, uint32_t number)
{
    char *path = file_of(folder, number);
    if (path)
        fl->remove(fl->self, path);
    imf_free(path);
}

static imf_segment *segment_new(const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                                uint32_t number)
{
    imf_segment *s = imf_alloc_array(1, sizeof *s);
    if (!s)
        return NULL;
    s->fl = fl;
    s->space = *space;
    s->number = number;
    s->path = file_of(folder, number);
    if (!s->path) {
        imf_free(s);
        return NULL;
    }
    size_t n = strlen(s->path);
    s->shown = n > SHOWN_MAX ? s->path + n - SHOWN_MAX
                             : s->path; /* the file's name and the advice must fit into the message */
    return s;
}

void imf_segment_close(imf_segment **segment)
{
    if (!segment || !*segment)
        return;
    imf_segment *s = *segment;
    if (s->map)
        s->fl->unmap(s->map, s->map_size);
    if (s->file)
        s->fl->close(&s->file);
    imf_free(s->path);
    imf_free(s);
    *segment = NULL;
}

/* ---- The header -------------------------------------------------------------------------------------------------- */

static uint32_t slot_crc(const imf_segment_slot *slot)
{
    return imf_kern_get()->crc32c(0, slot, offsetof(imf_segment_slot, crc));
}

/* The slot that counts, or NULL. n: bytes that the file has of the two. */
static const imf_segment_slot *choose_slot(const imf_segment_slot slots[2], size_t n)
{
    const imf_segment_slot *best = NULL;
    for (size_t i = 0; i < 2 && (i + 1) * sizeof *slots <= n; i++)
        if (memcmp(slots[i].magic, segment_magic, sizeof segment_magic) == 0 && slots[i].crc == slot_crc(&slots[i]) &&
            (!best || slots[i].generation > best->generation))
            best = &slots[i];
    return best;
}

/* Fills layout from the header, or says in fault what is wrong with it. Returns whether it is right. */
static bool check_slot(const imf_segment *s, const imf_segment_slot *slot, imf_segment_layout *layout,
                       imf_segment_fault *fault)
{
    char *what = fault->what;
    const size_t room = sizeof fault->what;
    fault->rows = s->rows;
    if (slot->version != IMF_SEGMENT_VERSION)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_VERSION), slot->version, (unsigned)IMF_SEGMENT_VERSION),
               false;
    if (memcmp(slot->catalog, s->space.catalog, sizeof slot->catalog) != 0)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_FOREIGN), "catalog"), false;
    if (memcmp(slot->space, s->space.space, sizeof slot->space) != 0)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_FOREIGN), "space"), false;
    if (slot->dim != (uint32_t)s->space.dim)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_DIM), slot->dim, s->space.dim), false;
    if (slot->number != s->number)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_NUMBER), slot->number), false;
    if (slot->metric != IMF_METRIC_COSINE)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "metric"), false;
    if (slot->block_rows != IMF_BLOCK_ROWS)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "rows a block"), false;
    if (slot->capacity == 0 || slot->capacity > IMF_SEGMENT_ROWS || slot->capacity % IMF_BLOCK_ROWS != 0)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "capacity"), false;
    if (slot->n_planes > IMF_SEGMENT_PLANES)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "number of planes"), false;
    if (s->rows > slot->capacity || (slot->rows != 0 && s->rows != slot->rows))
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_ROWS), s->rows,
                        slot->rows != 0 ? slot->rows : slot->capacity),
               false;

    const imf_plane *rows = NULL;
    for (uint32_t i = 0; i < slot->n_planes; i++)
        if (memcmp(slot->planes[i].kind, "P2\0", 4) == 0) {
            if (rows)
                return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "two planes of rows"), false;
            rows = &slot->planes[i];
        }
    if (!rows || memcmp(rows->element, "f16", 4) != 0 || rows->row_bytes != slot->dim * 2 ||
        rows->offset < IMF_SEGMENT_HEADER_BYTES || rows->offset % 64 != 0 || rows->offset > INT64_MAX / 2)
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "plane of rows"), false;
    *layout = (imf_segment_layout){
        .offset = rows->offset, .capacity = slot->capacity, .growing = slot->rows == 0 && rows->length == 0};
    if (rows->length != 0 && rows->length < imf_rows_end(0, s->space.dim, s->rows))
        return snprintf(what, room, imf_tr(MSG_INDEX_WHAT_CONTRADICTION), "length of the rows"), false;
    return true;
}

int imf_segment_inspect(const imf_segment *s, imf_file *file, imf_segment_layout *layout, imf_segment_fault *fault,
                        imf_err *err)
{
    int rc = IMF_OK;
    const imf_segment_slot *slot;
    imf_segment_slot *slots = imf_alloc_aligned(IMF_SEGMENT_HEADER_BYTES);
    *fault = (imf_segment_fault){.kind = IMF_FAULT_NONE};
    if (!slots)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");

    ssize_t n = s->fl->pread(file, slots, IMF_SEGMENT_HEADER_BYTES, 0);
    int e = n < 0 ? (int)n : s->fl->size(file, &layout->size);
    if (e < 0) {
        rc = imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_READ, s->shown);
        goto out;
    }
    slot = choose_slot(slots, (size_t)n);
    if (!slot) {
        *fault = (imf_segment_fault){.kind = IMF_FAULT_HEADER, .rows = s->rows};
        snprintf(fault->what, sizeof fault->what, "%s", imf_tr(MSG_INDEX_WHAT_HEADER));
        goto out;
    }
    uint64_t size = layout->size;
    if (!check_slot(s, slot, layout, fault)) {
        fault->kind = IMF_FAULT_HEADER;
        goto out;
    }
    layout->size = size;
    fault->rows = 0;
    uint64_t end = imf_rows_end(layout->offset, s->space.dim, s->rows);
    if (size < end) { /* a block that is not whole cannot be checked: all its rows count as touched */
        uint32_t whole = size < layout->offset
                             ? 0
                             : (uint32_t)((size - layout->offset) / imf_block_bytes(s->space.dim)) * IMF_BLOCK_ROWS;
        fault->kind = IMF_FAULT_SHORT;
        fault->rows = s->rows > whole ? s->rows - whole : s->rows;
        snprintf(fault->what, sizeof fault->what, imf_tr(MSG_INDEX_WHAT_SHORT), (unsigned long long)end,
                 (unsigned long long)size, s->rows - (uint32_t)fault->rows, s->rows > 0 ? s->rows - 1 : 0);
    }
out:
    imf_free(slots);
    return rc;
}

/* ---- Opening and creating ---------------------------------------------------------------------------------------- */

/* Turns a file that was inspected into one that takes rows. */
static int open_for_append(imf_segment *s, uint64_t size, imf_err *err)
{
    int rc = IMF_OK;
    unsigned char *tail = NULL;
    uint32_t in_tail = s->rows % IMF_BLOCK_ROWS;

    s->fl->close(&s->file);
    int e = s->fl->open(s->fl->self, s->path, IMF_FILE_WRITE, &s->file);
    if (e < 0)
        return imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_OPEN, s->shown);

    /* New rows must not join a block that is damaged: they would be lost with it. */
    if (in_tail > 0) {
        size_t bytes = (size_t)in_tail * (size_t)s->space.dim * 2;
        tail = imf_alloc(bytes);
        if (!tail)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");
        ssize_t n = s->fl->pread(s->file, tail, bytes, imf_rows_end(s->offset, s->space.dim, s->rows) - bytes);
        if (n < 0) {
            rc = imf_fail_errno(err, IMF_EIO, (int)n, MSG_INDEX_READ, s->shown);
            goto out;
        }
        if ((size_t)n != bytes || imf_kern_get()->crc32c(0, tail, bytes) != s->tail_crc) {
            rc = imf_block_fail(s, s->rows / IMF_BLOCK_ROWS, err);
            goto out;
        }
    } else {
        s->tail_crc = 0;
    }
    uint64_t end = imf_rows_end(s->offset, s->space.dim, s->rows);
    if (size > end && (e = s->fl->truncate(s->file, end)) < 0) {
        rc = imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_WRITE, s->shown);
        goto out;
    }
    s->growing = true;
out:
    imf_free(tail);
    return rc;
}

int imf_segment_open(imf_segment **out, const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                     const imf_index_segment *row, bool append, bool tolerant, imf_err *err)
{
    int rc = IMF_OK;
    imf_segment_layout layout = {0};
    imf_segment_fault fault = {0};
    imf_err damage = {0};
    imf_segment *s = segment_new(fl, folder, space, row->number);
    if (!s)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");
    s->rows = s->recorded = row->rows;
    s->tail_crc = row->tail_crc;
    s->generation = row->generation;

    int e = fl->open(fl->self, s->path, IMF_FILE_READ, &s->file);
    if (e < 0 && e != -ENOENT) {
        rc = imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_OPEN, s->shown);
        goto out;
    }
    if (e == -ENOENT)
        rc = imf_fail(&damage, IMF_EDAMAGE, MSG_INDEX_DAMAGED, s->shown, MSG_INDEX_WHAT_MISSING);
    else {
        IMF_TRY(imf_segment_inspect(s, s->file, &layout, &fault, err));
        if (fault.kind != IMF_FAULT_NONE)
            rc = imf_fail(&damage, IMF_EDAMAGE, MSG_INDEX_DAMAGED, s->shown, fault.what);
    }
    if (rc == IMF_OK) {
        s->capacity = layout.capacity;
        s->offset = layout.offset;
        if (append && layout.growing && s->rows < s->capacity)
            rc = open_for_append(s, layout.size, &damage);
    }
    if (rc == IMF_EDAMAGE && tolerant) {
        s->damage = damage;
        rc = IMF_OK;
    } else if (rc != IMF_OK && err && err->code == IMF_OK) {
        *err = damage;
    }
out:
    if (rc == IMF_OK)
        *out = s;
    else
        imf_segment_close(&s);
    return rc;
}

int imf_segment_create(imf_segment **out, const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                       uint32_t number, uint32_t capacity, imf_err *err)
{
    int rc = IMF_OK, e;
    imf_segment *s = segment_new(fl, folder, space, number);
    imf_segment_slot *slots = imf_alloc_array(2, sizeof *slots);
    if (!s || !slots) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "adding vectors");
        goto out;
    }
    for (uint32_t i = 0; i < 2; i++) {
        imf_segment_slot *h = &slots[i];
        memcpy(h->magic, segment_magic, sizeof h->magic);
        h->version = IMF_SEGMENT_VERSION;
        h->block_rows = IMF_BLOCK_ROWS;
        h->generation = i + 1;
        h->dim = (uint32_t)space->dim;
        h->metric = IMF_METRIC_COSINE;
        memcpy(h->space, space->space, sizeof h->space);
        memcpy(h->catalog, space->catalog, sizeof h->catalog);
        h->number = number;
        h->capacity = capacity;
        h->n_planes = 1;
        h->planes[0] = (imf_plane){
            .kind = "P2", .element = "f16", .offset = IMF_SEGMENT_HEADER_BYTES, .row_bytes = (uint32_t)space->dim * 2};
        h->crc = slot_crc(h);
    }
    /* An orphan of a crashed run is removed and not reused: whoever may still have it open keeps an unchanged file. */
    e = fl->remove(fl->self, s->path);
    if (e == 0 || e == -ENOENT)
        e = fl->open(fl->self, s->path, IMF_FILE_WRITE | IMF_FILE_EXCL, &s->file);
    if (e == 0)
        e = fl->pwrite(s->file, slots, IMF_SEGMENT_HEADER_BYTES, 0);
    if (e < 0) {
        rc = imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_WRITE, s->shown);
        goto out;
    }
    s->capacity = capacity;
    s->offset = IMF_SEGMENT_HEADER_BYTES;
    s->growing = s->fresh = s->dirty = true;
out:
    imf_free(slots);
    if (rc == IMF_OK)
        *out = s;
    else
        imf_segment_close(&s);
    return rc;
}

/* ---- Appending --------------------------------------------------------------------------------------------------- */

/* One row of unit length as f16. The sum and the quotients are f64; each quotient is rounded to f32 and then to f16. */
static void encode_row(const imf_kern *kern, uint16_t *out, float *unit, const float *row, size_t dim)
{
    double norm2 = 0;
    for (size_t i = 0; i < dim; i++)
        norm2 += (double)row[i] * row[i];
    double norm = sqrt(norm2);
    for (size_t i = 0; i < dim; i++)
        unit[i] = (float)(row[i] / norm);
    kern->f32_to_f16(out, unit, dim);
}

int imf_segment_append(imf_segment *s, const float *rows, size_t n, imf_err *err)
{
    int rc = IMF_OK;
    const imf_kern *kern = imf_kern_get();
    const size_t dim = (size_t)s->space.dim, row_bytes = dim * 2, at_once = n < APPEND_ROWS ? n : APPEND_ROWS;
    float *unit = imf_alloc_aligned(dim * sizeof *unit);
    unsigned char *buf =
        imf_alloc_aligned(at_once * row_bytes + (at_once / IMF_BLOCK_ROWS + 1) * sizeof(imf_block_trailer));
    if (!unit || !buf) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "adding vectors");
        goto out;
    }
    for (size_t done = 0; done < n;) {
        uint32_t row = s->rows, crc = row % IMF_BLOCK_ROWS == 0 ? 0 : s->tail_crc;
        size_t used = 0, end = n - done < at_once ? n : done + at_once;
        for (size_t i = done; i < end; i++) {
            encode_row(kern, (uint16_t *)(void *)(buf + used), unit, rows + i * dim, dim);
            crc = kern->crc32c(crc, buf + used, row_bytes);
            used += row_bytes;
            if (++row % IMF_BLOCK_ROWS == 0) {
                imf_block_trailer trailer = {
                    .crc = crc, .rows = IMF_BLOCK_ROWS, .magic = IMF_BLOCK_MAGIC, .block = row / IMF_BLOCK_ROWS - 1};
                memcpy(buf + used, &trailer, sizeof trailer);
                used += sizeof trailer;
                crc = 0;
            }
        }
        /* Only bytes behind the last row are written, never one that a transaction already names. */
        s->dirty = true;
        int e = s->fl->pwrite(s->file, buf, used, imf_rows_end(s->offset, s->space.dim, s->rows));
        if (e < 0) {
            rc = imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_WRITE, s->shown);
            goto out;
        }
        uint32_t touched = s->rows / IMF_BLOCK_ROWS;
        atomic_fetch_and(&s->checked[touched / 64], ~(UINT64_C(1) << (touched % 64)));
        s->rows = row;
        s->tail_crc = crc;
        done = end;
    }
out:
    imf_free(buf);
    imf_free(unit);
    return rc;
}

int imf_segment_sync(imf_segment *s, imf_err *err)
{
    int e = s->fl->sync(s->file);
    if (e < 0)
        return imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_SYNC, s->shown);
    s->dirty = false;
    return IMF_OK;
}
