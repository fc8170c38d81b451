/*
 * Spaces, and the segments of vectors that are committed in each. The rows of a segment that its row here does not
 * count do not exist; the files themselves are src/index's.
 */
#include "base/mem.h"
#include "store/db.h"

enum { ROWS_MAX = 1 << 20, DIM_MAX = 4096 };

int imf_store_space(imf_store *store, const uint8_t hash[16], int dim, const char *model, int64_t *id, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt find = {0}, add = {0};

    *id = 0;
    IMF_TRY(imf_stmt_open(&find, store, IMF_SQL_SPACE_FIND, err));
    imf_stmt_bytes(&find, hash, 16);
    IMF_TRY(imf_stmt_step(&find, &row, err));
    if (row) {
        if (imf_stmt_get(&find, 1) != dim) { /* the hash covers the dimension */
            rc = imf_db_damaged(store, "a space has another dimension than its hash", err);
            goto out;
        }
        *id = imf_stmt_get(&find, 0);
        goto out;
    }
    if (!store->writable)
        goto out;
    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&add, store, IMF_SQL_SPACE_ADD, err));
    imf_stmt_bytes(&add, hash, 16);
    imf_stmt_int(&add, dim);
    imf_stmt_text(&add, model);
    IMF_TRY(imf_stmt_run(&add, err));
    *id = sqlite3_last_insert_rowid(store->db);
out:
    imf_stmt_close(&find);
    imf_stmt_close(&add);
    return rc;
}

int imf_store_spaces(imf_store *store, imf_store_space_row **out, size_t *n, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_store_space_row *rows = NULL;
    size_t count = 0;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_SPACES, err));
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        imf_store_space_row *more = imf_realloc_array(rows, count + 1, sizeof *rows); /* there are a handful */
        if (!more) {
            rc = imf_db_no_memory(err);
            goto out;
        }
        rows = more;
        int64_t dim;
        rows[count].id = imf_stmt_get(&q, 0);
        IMF_TRY(imf_stmt_get_hash(&q, 1, rows[count].hash, err));
        IMF_TRY(imf_stmt_get_in(&q, 2, 1, DIM_MAX, &dim, err));
        rows[count++].dim = (int)dim;
    }
out:
    imf_stmt_close(&q);
    if (rc != IMF_OK) {
        imf_free(rows);
        rows = NULL;
        count = 0;
    }
    *out = rows;
    *n = count;
    return rc;
}

static int read_segment(const imf_stmt *q, imf_store_segment *s, imf_err *err)
{
    int rc = IMF_OK;
    int64_t number, rows, crc, generation;

    IMF_TRY(imf_stmt_get_in(q, 0, 1, UINT32_MAX, &number, err));
    IMF_TRY(imf_stmt_get_in(q, 1, 0, ROWS_MAX, &rows, err));
    IMF_TRY(imf_stmt_get_in(q, 2, 0, UINT32_MAX, &crc, err));
    IMF_TRY(imf_stmt_get_in(q, 3, 0, INT64_MAX, &generation, err));
    *s = (imf_store_segment){(uint32_t)number, (uint32_t)rows, (uint32_t)crc, (uint64_t)generation};
out:
    return rc;
}

int imf_store_segments(imf_store *store, int64_t space, imf_store_segment **out, size_t *n, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_store_segment *segments = NULL;
    size_t count = 0;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_SEGMENTS, err));
    imf_stmt_int(&q, space);
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        imf_store_segment *more = imf_realloc_array(segments, count + 1, sizeof *segments);
        if (!more) {
            rc = imf_db_no_memory(err);
            goto out;
        }
        segments = more;
        IMF_TRY(read_segment(&q, &segments[count], err));
        count++;
    }
out:
    imf_stmt_close(&q);
    if (rc != IMF_OK) {
        imf_free(segments);
        segments = NULL;
        count = 0;
    }
    *out = segments;
    *n = count;
    return rc;
}

int imf_store_segment_put(imf_store *store, int64_t space, const imf_store_segment *segment, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_SEGMENT_PUT, err));
    imf_stmt_int(&q, segment->number);
    imf_stmt_int(&q, space);
    imf_stmt_int(&q, segment->rows);
    imf_stmt_int(&q, segment->tail_crc);
    imf_stmt_u64(&q, segment->generation);
    IMF_TRY(imf_stmt_run(&q, err));
    if (sqlite3_changes(store->db) != 1)
        rc = imf_db_fault(store, "a segment would lose committed rows", err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_next_segment(imf_store *store, uint32_t *number, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t last = 0;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_SEGMENT_LAST, err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (row)
        IMF_TRY(imf_stmt_get_in(&q, 0, 0, (int64_t)UINT32_MAX - 1, &last, err)); /* NULL, no segment yet: 0 */
    *number = (uint32_t)last + 1;
out:
    imf_stmt_close(&q);
    return rc;
}
