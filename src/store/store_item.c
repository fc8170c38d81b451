/*
 * What hangs on an item: its thumbnail, and the files that hold its content. Items themselves are in store_path.c.
 */
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

int imf_store_thumbnail_put(imf_store *store, int64_t item, const uint8_t *jpeg, size_t size, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_db_need_change(store, err));
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_THUMBNAIL_PUT, err));
    imf_stmt_int(&q, item);
    imf_stmt_bytes(&q, jpeg, size);
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_thumbnail_get(imf_store *store, const uint8_t hash[16], uint8_t **jpeg, size_t *size, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    *jpeg = NULL;
    *size = 0;
    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_THUMBNAIL_GET, err));
    imf_stmt_bytes(&q, hash, 16);
    IMF_TRY(imf_stmt_step(&q, &row, err));
    if (!row) {
        rc = IMF_EUNKNOWN;
        goto out;
    }
    const void *bytes = sqlite3_column_blob(q.s, 0); /* NULL: an empty one, or out of memory */
    size_t n = (size_t)sqlite3_column_bytes(q.s, 0);
    if (!bytes)
        n = 0;
    if (!(*jpeg = imf_alloc(n))) {
        rc = imf_db_no_memory(err);
        goto out;
    }
    if (n > 0)
        memcpy(*jpeg, bytes, n);
    *size = n;
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_files(imf_store *store, const uint8_t hash[16], int (*each)(void *user, const imf_store_file *file),
                    void *user, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    int64_t size;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_FILES_OF_ITEM, err));
    imf_stmt_bytes(&q, hash, 16);
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        imf_store_file file = {.mtime_ns = imf_stmt_get(&q, 3)};
        IMF_TRY(imf_stmt_get_text(&q, 0, &file.path, err));
        IMF_TRY(imf_stmt_get_text(&q, 1, &file.root, err));
        IMF_TRY(imf_stmt_get_in(&q, 2, 0, INT64_MAX, &size, err));
        file.size = (uint64_t)size;
        IMF_TRY(each(user, &file));
    }
out:
    imf_stmt_close(&q);
    return rc;
}
