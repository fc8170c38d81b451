/*
 * The list of segments of one space: which file the next row goes to, what has to be synced, what the catalog must
 * record, and who may search. The files themselves are in segment.c and block.c, the search in exact.c.
 *
 * A write or a sync that fails closes the index to writes for good: what the kernel keeps of the failed pages is not
 * known, so nothing is tried again. Whoever opens it next starts from the rows that the catalog names.
 */
#include "index/index.h"

#include <math.h>
#include <pthread.h>

#include "base/mem.h"
#include "index/exact.h"
#include "index/segment.h"
#include "kern/kern.h"

enum { K_MAX = 1000 };

struct imf_index {
    const imf_file_layer *fl;
    char *folder;
    imf_index_space space;
    imf_segment **segments; /* [n]; only the last one may be growing */
    size_t n;
    bool writable, closed; /* closed: a write or a sync failed */
    uint32_t next_number, capacity;
    pthread_mutex_t mapping; /* held while a search maps what was appended since the last one */
};

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

int imf_index_open(imf_index **out, const imf_file_layer *fl, const char *folder, const imf_index_space *space,
                   const imf_index_segment *segments, size_t n, bool writable, uint32_t next_number, bool tolerant,
                   imf_err *err)
{
    int rc = IMF_OK;
    imf_index *x = imf_alloc_array(1, sizeof *x);
    if (!x)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");
    x->fl = fl;
    x->space = *space;
    x->writable = writable;
    x->next_number = next_number;
    x->capacity = IMF_SEGMENT_ROWS;
    pthread_mutex_init(&x->mapping, NULL);
    x->folder = imf_strdup(folder);
    x->segments = imf_alloc_array(n, sizeof(imf_segment *));
    if (!x->folder || !x->segments) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");
        goto out;
    }
    if (space->dim < 1 || space->dim > IMF_DIM_MAX) {
        rc = imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "dimension");
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        if (writable && segments[i].number >= next_number) { /* the next new segment would replace it */
            rc = imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "number of the next segment");
            goto out;
        }
        IMF_TRY(
            imf_segment_open(&x->segments[i], fl, folder, space, &segments[i], writable && i == n - 1, tolerant, err));
        x->n = i + 1;
    }
out:
    if (rc == IMF_OK)
        *out = x;
    else
        imf_index_close(&x);
    return rc;
}

void imf_index_close(imf_index **index)
{
    if (!index || !*index)
        return;
    imf_index *x = *index;
    for (size_t i = 0; i < x->n; i++)
        imf_segment_close(&x->segments[i]);
    pthread_mutex_destroy(&x->mapping);
    imf_free(x->segments);
    imf_free(x->folder);
    imf_free(x);
    *index = NULL;
}

bool imf_index_is_whole(const imf_index *x)
{
    for (size_t i = 0; i < x->n; i++) {
        const imf_segment *s = x->segments[i];
        uint64_t size = 0;
        if (!s->file || s->fl->size(s->file, &size) != 0 || size < s->map_size)
            return false;
    }
    return true;
}

void imf_index_set_capacity(imf_index *x, uint32_t rows)
{
    x->capacity = rows;
}

uint64_t imf_index_rows(const imf_index *x)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < x->n; i++)
        rows += x->segments[i]->rows;
    return rows;
}

int64_t imf_index_position(const imf_index *x, uint64_t id)
{
    const uint64_t number = id >> IMF_SEGMENT_ROWS_LOG2, slot = id & (IMF_SEGMENT_ROWS - 1);
    uint64_t first = 0;
    for (size_t i = 0; i < x->n; i++) {
        if (x->segments[i]->number == number)
            return slot < x->segments[i]->rows ? (int64_t)(first + slot) : -1;
        first += x->segments[i]->rows;
    }
    return -1;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* Whether a vector can be brought to unit length. Finite f32 squares cannot overflow an f64. */
static bool has_direction(const float *v, size_t dim)
{
    double norm2 = 0;
    for (size_t i = 0; i < dim; i++)
        norm2 += (double)v[i] * v[i];
    return isfinite(norm2) && norm2 > 0;
}

/* The segment that takes the next row: the last one, or a new one. */
static int growing_segment(imf_index *x, imf_segment **out, imf_err *err)
{
    int rc;
    if (x->n > 0) {
        imf_segment *last = x->segments[x->n - 1];
        if (last->growing && last->rows < last->capacity) {
            *out = last;
            return IMF_OK;
        }
    }
    imf_segment **more = imf_realloc_array(x->segments, x->n + 1, sizeof(imf_segment *));
    if (!more)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "adding vectors");
    x->segments = more;
    if ((rc = imf_segment_create(&x->segments[x->n], x->fl, x->folder, &x->space, x->next_number, x->capacity, err)) !=
        IMF_OK)
        return rc;
    x->next_number++;
    *out = x->segments[x->n++];
    return IMF_OK;
}

static int check_writable(const imf_index *x, imf_err *err)
{
    if (!x->writable)
        return imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "written to while open for reading");
    return x->closed ? imf_fail(err, IMF_EIO, MSG_INDEX_CLOSED, x->folder) : IMF_OK;
}

int imf_index_append(imf_index *x, const float *rows, size_t n, uint64_t *ids, imf_err *err)
{
    int rc = check_writable(x, err);
    const size_t dim = (size_t)x->space.dim;
    if (rc != IMF_OK)
        return rc;
    for (size_t i = 0; i < n; i++)
        if (!has_direction(rows + i * dim, dim))
            return imf_fail(err, IMF_EINPUT, MSG_INDEX_BAD_ROW, i + 1, n);
    for (size_t done = 0; done < n;) {
        imf_segment *s = NULL;
        IMF_TRY(growing_segment(x, &s, err));
        const uint32_t first = s->rows;
        const size_t room = s->capacity - first, now = n - done < room ? n - done : room;
        IMF_TRY(imf_segment_append(s, rows + done * dim, now, err));
        for (size_t i = 0; i < now; i++)
            ids[done + i] = (uint64_t)s->number << IMF_SEGMENT_ROWS_LOG2 | (first + i);
        done += now;
    }
out:
    if (rc != IMF_OK)
        x->closed = true;
    return rc;
}

int imf_index_sync(imf_index *x, imf_err *err)
{
    bool fresh = false;
    int rc = check_writable(x, err);
    if (rc != IMF_OK)
        return rc;
    for (size_t i = 0; i < x->n; i++) {
        if (x->segments[i]->dirty)
            IMF_TRY(imf_segment_sync(x->segments[i], err));
        fresh = fresh || x->segments[i]->fresh;
    }
    if (fresh) { /* the names come after the contents */
        int e = x->fl->sync_dir(x->fl->self, x->folder);
        if (e < 0) {
            rc = imf_fail_errno(err, IMF_EIO, e, MSG_INDEX_SYNC, x->folder);
            goto out;
        }
        for (size_t i = 0; i < x->n; i++)
            x->segments[i]->fresh = false;
    }
out:
    if (rc != IMF_OK)
        x->closed = true;
    return rc;
}

int imf_index_committed(imf_index *x, imf_index_segment *segments, size_t *n, imf_err *err)
{
    size_t changed = 0;
    int rc = check_writable(x, err);
    if (rc != IMF_OK)
        return rc;
    for (size_t i = 0; i < x->n; i++) {
        if (x->segments[i]->dirty || x->segments[i]->fresh)
            return imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "committed before it was synced");
        changed += x->segments[i]->rows != x->segments[i]->recorded;
    }
    if (changed > *n)
        return imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "room for the changed segments");
    *n = 0;
    for (size_t i = 0; i < x->n; i++) {
        imf_segment *s = x->segments[i];
        if (s->rows == s->recorded)
            continue;
        s->recorded = s->rows;
        s->generation++;
        segments[(*n)++] = (imf_index_segment){.number = s->number,
                                               .rows = s->rows,
                                               .tail_crc = s->rows % IMF_BLOCK_ROWS == 0 ? 0 : s->tail_crc,
                                               .generation = s->generation};
    }
    return IMF_OK;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* Every row of every segment is mapped, or the first damage is told. Searches that run at once wait for each other
 * here only. */
static int map_all(imf_index *x, imf_err *err)
{
    int rc = IMF_OK;
    pthread_mutex_lock(&x->mapping);
    for (size_t i = 0; i < x->n; i++) {
        imf_segment *s = x->segments[i];
        if (s->damage.code != IMF_OK) {
            rc = s->damage.code;
            if (err && err->code == IMF_OK)
                *err = s->damage;
            goto out;
        }
        IMF_TRY(imf_segment_map(s, err));
    }
out:
    pthread_mutex_unlock(&x->mapping);
    return rc;
}

int imf_index_search(imf_index *x, const float *queries, size_t n_queries, int k, const imf_bitmap *filter,
                     const imf_search_options *opt, uint64_t *ids, float *scores, imf_err *err)
{
    const size_t dim = (size_t)x->space.dim;
    if (k < 1 || k > K_MAX)
        return imf_fail(err, IMF_EUSAGE, MSG_INDEX_K, k, K_MAX);
    if (opt && opt->kind != IMF_INDEX_EXACT)
        return imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "kind of search");
    if (filter && filter->n_words < (imf_index_rows(x) + 63) / 64)
        return imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "length of the filter");
    for (size_t q = 0; q < n_queries; q++)
        if (!has_direction(queries + q * dim, dim))
            return imf_fail(err, IMF_EINPUT, MSG_INDEX_BAD_QUERY, q + 1);
    int rc = map_all(x, err);
    if (rc != IMF_OK || n_queries == 0)
        return rc;
    return imf_exact_search(x->segments, x->n, x->space.dim, queries, n_queries, k, filter, opt ? opt->threads : 0, ids,
                            scores, err);
}

int imf_index_read(imf_index *x, uint64_t id, float *row, imf_err *err)
{
    const size_t dim = (size_t)x->space.dim;
    const uint64_t number = id >> IMF_SEGMENT_ROWS_LOG2, slot = id & (IMF_SEGMENT_ROWS - 1);
    const uint16_t *rows;
    uint32_t n;
    int rc = map_all(x, err);
    for (size_t i = 0; i < x->n && rc == IMF_OK; i++) {
        imf_segment *s = x->segments[i];
        if (s->number != number || slot >= s->rows)
            continue;
        rc = imf_segment_block(s, (uint32_t)(slot / IMF_BLOCK_ROWS), &rows, &n, err);
        if (rc == IMF_OK)
            imf_kern_get()->f16_to_f32(row, rows + slot % IMF_BLOCK_ROWS * dim, dim);
        return rc;
    }
    return rc != IMF_OK ? rc : imf_fail(err, IMF_EINTERNAL, MSG_INDEX_MISUSE, "no such row");
}

int imf_index_verify(imf_index *x, void (*report)(void *user, const char *file, const char *what, uint64_t rows),
                     void *user, imf_err *err)
{
    int rc = IMF_OK;
    for (size_t i = 0; i < x->n; i++)
        IMF_TRY(imf_segment_verify(x->segments[i], report, user, err));
out:
    return rc;
}
