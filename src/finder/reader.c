/*
 * What a finder keeps open between searches: a reader's connection to the catalog, the mapped vectors of one space, and
 * which of their rows count. Each is used again only after the catalog has been asked whether it still holds:
 *
 * - the connection, as long as catalog.db is the same file (while it is open, its inode cannot be another's);
 * - the vectors, as long as the snapshot names the same segments with the same rows, and no file was cut short;
 * - the rows that count, as long as no other connection has committed anything.
 */
#include <string.h>

#include "finder/finder.h"

static void forget_filter(imf_reader *r)
{
    imf_free(r->bitmap);
    r->bitmap = NULL;
    r->n_words = 0;
    r->filter_known = false;
}

static void close_index(imf_reader *r)
{
    forget_filter(r);
    imf_index_close(&r->index);
    imf_free(r->segments);
    r->segments = NULL;
    r->n_segments = 0;
}

void imf_finder_close_reader(imf_finder *f)
{
    close_index(&f->reader);
    imf_store_close(&f->reader.store);
    f->reader = (imf_reader){0};
}

/* The file that catalog.db is at this moment; false when there is none. */
static bool look(const imf_finder *f, struct stat *st)
{
    char *path = imf_finder_path(f, "catalog.db");
    bool there = path && stat(path, st) == 0;
    imf_free(path);
    return there;
}

int imf_finder_begin_read(imf_finder *f, imf_store **out, imf_err *err)
{
    imf_reader *r = &f->reader;
    struct stat st = {0};
    bool there = look(f, &st);
    if (r->store && (!there || st.st_dev != r->device || st.st_ino != r->inode))
        imf_finder_close_reader(f);
    if (r->store && imf_store_begin(r->store, NULL) == IMF_OK) {
        *out = r->store;
        return IMF_OK;
    }
    imf_finder_close_reader(f); /* what an old connection minds may be no fault of a new one */
    int rc = imf_finder_open_store(f, false, &r->store, err);
    if (rc == IMF_OK)
        rc = imf_store_begin(r->store, err);
    if (rc != IMF_OK) {
        imf_finder_close_reader(f);
        return rc;
    }
    /* As it was before it was opened: had it been replaced since, the next look would tell. */
    r->device = st.st_dev;
    r->inode = st.st_ino;
    *out = r->store;
    return IMF_OK;
}

int imf_finder_end_read(imf_finder *f, int rc, imf_err *err)
{
    imf_reader *r = &f->reader;
    if (!r->store)
        return rc;
    if (rc == IMF_OK)
        rc = imf_store_commit(r->store, err);
    else
        imf_store_rollback(r->store);
    bool sound = rc == IMF_OK || rc == IMF_EUSAGE || rc == IMF_EUNKNOWN || rc == IMF_EMODEL || rc == IMF_EINPUT ||
                 rc == IMF_ENOITEM || rc == IMF_EOUTDATED;
    if (!sound || imf_store_is_frozen(r->store))
        imf_finder_close_reader(f);
    return rc;
}

static bool same_segments(const imf_reader *r, const imf_store_segment *segments, size_t n)
{
    bool same = r->n_segments == n;
    for (size_t i = 0; i < n && same; i++) {
        const imf_store_segment *a = &r->segments[i], *b = &segments[i];
        same = a->number == b->number && a->rows == b->rows && a->tail_crc == b->tail_crc &&
               a->generation == b->generation;
    }
    return same;
}

int imf_finder_use_index(imf_finder *f, int64_t space_id, const uint8_t space[16], int dim, imf_index **out,
                         imf_err *err)
{
    int rc = IMF_OK;
    imf_reader *r = &f->reader;
    imf_store_segment *segments = NULL;
    size_t n = 0;
    IMF_TRY(imf_store_segments(r->store, space_id, &segments, &n, err));
    if (!r->index || r->space != space_id || !same_segments(r, segments, n) || !imf_index_is_whole(r->index)) {
        close_index(r);
        IMF_TRY(imf_finder_open_index(f, r->store, space_id, space, dim, false, false, &r->index, err));
        r->space = space_id;
        r->segments = segments;
        r->n_segments = n;
        segments = NULL;
    }
    *out = r->index;
out:
    imf_free(segments);
    return rc;
}

static int set_bit(void *user, uint64_t id)
{
    imf_reader *r = user;
    int64_t at = imf_index_position(r->index, id);
    if (at >= 0)
        r->bitmap[at / 64] |= (uint64_t)1 << (at % 64);
    return 0;
}

static int make_filter(imf_reader *r, int64_t collection, imf_err *err)
{
    int rc = IMF_OK;
    forget_filter(r);
    r->all_rows = false;
    if (collection == 0)
        IMF_TRY(imf_store_all_live(r->store, r->space, &r->all_rows, err));
    if (!r->all_rows) {
        size_t words = (size_t)(imf_index_rows(r->index) / 64 + 1);
        if (!(r->bitmap = imf_alloc_array(words, sizeof *r->bitmap))) {
            rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "searching");
            goto out;
        }
        r->n_words = words;
        IMF_TRY(imf_store_live(r->store, r->space, collection, set_bit, r, err));
    }
out:
    if (rc != IMF_OK)
        forget_filter(r);
    return rc;
}

int imf_finder_use_filter(imf_finder *f, int64_t collection, imf_bitmap *out, imf_err *err)
{
    int rc = IMF_OK;
    imf_reader *r = &f->reader;
    int64_t version;
    IMF_TRY(imf_store_data_version(r->store, &version, err));
    if (!r->filter_known || r->filter_collection != collection || r->data_version != version) {
        IMF_TRY(make_filter(r, collection, err));
        r->filter_known = true;
        r->filter_collection = collection;
        r->data_version = version;
    }
    *out = (imf_bitmap){r->all_rows ? NULL : r->bitmap, r->n_words};
out:
    return rc;
}
