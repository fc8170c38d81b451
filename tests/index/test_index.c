/*
 * Writing: append, sync, commit, reopen; crashes between them; orphan files; a file layer that fails. What a catalog
 * has recorded is never lost, and what it has not recorded is not there.
 */
#include "helper.h"

#include "index/block.h"

/* ---- A file layer that watches and fails ------------------------------------------------------------------------- */

static struct watch {
    int calls, fail_at; /* changing calls (write, sync, truncate, remove) so far; the one that fails, 0: none */
    bool failed;
    int writes, syncs, dir_syncs;
    bool unsynced, unnamed; /* rows, a file's name that are not on the disk */
    uint64_t lowest;        /* offset written to */
} watch;

static bool fails(void)
{
    if (++watch.calls != watch.fail_at)
        return false;
    watch.failed = true;
    return true;
}

static int watched_open(void *self, const char *path, int flags, imf_file **out)
{
    int rc = imf_file_posix()->open(self, path, flags, out);
    if (rc == 0 && (flags & IMF_FILE_EXCL))
        watch.unnamed = true;
    return rc;
}

static int watched_write(imf_file *f, const void *buf, size_t n, uint64_t offset)
{
    watch.writes++;
    watch.unsynced = true;
    if (offset < watch.lowest)
        watch.lowest = offset;
    if (fails()) {
        imf_file_posix()->pwrite(f, buf, n / 2, offset); /* half of it arrives */
        return -ENOSPC;
    }
    return imf_file_posix()->pwrite(f, buf, n, offset);
}

static int watched_sync(imf_file *f)
{
    (void)f;
    watch.syncs++;
    if (fails())
        return -EIO;
    watch.unsynced = false;
    return 0;
}

static int watched_sync_dir(void *self, const char *path)
{
    (void)self;
    (void)path;
    watch.dir_syncs++;
    assert_false(watch.unsynced); /* the contents first */
    if (fails())
        return -EIO;
    watch.unnamed = false;
    return 0;
}

static int watched_truncate(imf_file *f, uint64_t size)
{
    return fails() ? -EIO : imf_file_posix()->truncate(f, size);
}

static int watched_remove(void *self, const char *path)
{
    return fails() ? -EACCES : imf_file_posix()->remove(self, path);
}

static const imf_file_layer *watched(int fail_at)
{
    static imf_file_layer layer;
    layer = *imf_file_posix();
    layer.open = watched_open;
    layer.pwrite = watched_write;
    layer.sync = watched_sync;
    layer.sync_dir = watched_sync_dir;
    layer.truncate = watched_truncate;
    layer.remove = watched_remove;
    memset(&watch, 0, sizeof watch);
    watch.fail_at = fail_at;
    watch.lowest = UINT64_MAX;
    return &layer;
}

/* ---- What is there ----------------------------------------------------------------------------------------------- */

/* Every committed row, in order, is the one that was appended: its own nearest neighbour, at cosine 1 up to the
 * rounding to f16. */
static void check_rows(const home *h, const float *rows, size_t n)
{
    const size_t dim = (size_t)h->space.dim;
    imf_index *x = open_reader(h);
    imf_err err = {0};
    faults f = {0};
    size_t row = 0;
    assert_int_equal(imf_index_rows(x), n);
    for (size_t s = 0; s < h->n; s++)
        for (uint32_t slot = 0; slot < h->segments[s].rows; slot++, row++) {
            uint64_t id = (uint64_t)h->segments[s].number << 20 | slot, got, word[64] = {0};
            float score;
            assert_int_equal(imf_index_position(x, id), row);
            assert_true(row / 64 < 64);
            word[row / 64] = UINT64_C(1) << row % 64;
            const imf_bitmap only = {word, 64};
            if (imf_index_search(x, rows + row * dim, 1, 1, &only, NULL, &got, &score, &err) != IMF_OK)
                fail_msg("%s", err.msg);
            assert_int_equal(got, id);
            assert_true(score > 0.99999f);
        }
    assert_int_equal(row, n);
    assert_int_equal(imf_index_verify(x, count_fault, &f, &err), IMF_OK);
    assert_int_equal(f.n, 0);
    imf_index_close(&x);
}

static void rows_come_back(void **unused)
{
    (void)unused;
    const int dims[] = {1, 2, 512, 4096};
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++) {
        home h;
        float *rows = random_rows(300, dims[d]);
        uint64_t ids[300];
        size_t done = 0;
        home_init(&h, dims[d]);
        const size_t batches[] = {1,  62, 1, 1, 63,
                                  64, 65, 0, 43}; /* over and up to the edges of blocks, each in a new process */
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            imf_index *x = open_writer(&h);
            append_rows(x, rows + done * (size_t)dims[d], batches[b], ids + done);
            for (size_t i = 0; i < batches[b]; i++, done++)
                assert_int_equal(ids[done], (UINT64_C(1) << 20) + done);
            assert_int_equal(imf_index_rows(x), done);
            commit(&h, x);
            imf_index_close(&x);
            assert_int_equal(h.segments[0].rows, done);
            check_rows(&h, rows, done);
        }
        assert_int_equal(done, 300);
        assert_int_equal(h.segments[0].generation, 8); /* the empty batch changed nothing */

        size_t n, n_once; /* one batch gives the same bytes */
        home once;
        fill_home(&once, dims[d], rows, 300, IMF_SEGMENT_ROWS);
        unsigned char *bytes = read_file(segment_path(&h, 1), &n),
                      *bytes_once = read_file(segment_path(&once, 1), &n_once);
        assert_int_equal(n, n_once);
        assert_memory_equal(bytes, bytes_once, n);
        assert_int_equal(h.segments[0].tail_crc, once.segments[0].tail_crc);
        free(bytes);
        free(bytes_once);
        free(rows);
        home_clear(&once);
        home_clear(&h);
    }
}

static void a_large_batch_in_several_writes(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(4000, 3);
    fill_home(&h, 3, rows, 4000, IMF_SEGMENT_ROWS);
    check_rows(&h, rows, 4000);
    free(rows);
    home_clear(&h);
}

static void full_segments_are_followed_by_new_ones(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(500, 8);
    uint64_t ids[500];
    home_init(&h, 8);
    h.next = 7; /* other spaces have taken the numbers before */
    imf_index *x = open_writer(&h);
    imf_index_set_capacity(x, 128);
    append_rows(x, rows, 100, ids);
    commit(&h, x);
    append_rows(x, rows + 100 * 8, 300, ids + 100); /* fills 7, 8 and 9, begins 10 */
    imf_index_segment changed[4];
    size_t n = 3;
    imf_err err = {0};
    assert_int_equal(imf_index_committed(x, changed, &n, &err), IMF_EINTERNAL); /* not synced */
    assert_int_equal(imf_index_sync(x, NULL), IMF_OK);
    assert_int_equal(imf_index_committed(x, changed, &n, NULL), IMF_EINTERNAL); /* no room: nothing is recorded */
    n = 4;
    assert_int_equal(imf_index_committed(x, changed, &n, NULL), IMF_OK);
    assert_int_equal(n, 4);
    record(&h, changed, n);
    n = 4;
    assert_int_equal(imf_index_committed(x, changed, &n, NULL), IMF_OK);
    assert_int_equal(n, 0);
    imf_index_close(&x);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(h.segments[i].number, 7 + i);
        assert_int_equal(h.segments[i].rows, i < 3 ? 128 : 16);
        assert_int_equal(h.segments[i].generation, i == 0 ? 2 : 1);
        assert_true((h.segments[i].tail_crc == 0) == (i < 3));
    }
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(ids[i], (uint64_t)(7 + i / 128) << 20 | i % 128);
    check_rows(&h, rows, 400);

    x = open_writer(&h); /* goes on in the last one, whose own capacity counts */
    append_rows(x, rows + 400 * 8, 100, ids + 400);
    commit(&h, x);
    assert_int_equal(imf_index_position(x, ids[499]), 499);
    assert_int_equal(imf_index_position(x, UINT64_C(10) << 20 | 116), -1);
    assert_int_equal(imf_index_position(x, UINT64_C(11) << 20), -1);
    assert_int_equal(imf_index_position(x, 0), -1);
    assert_int_equal(imf_index_position(x, UINT64_MAX), -1);
    imf_index_close(&x);
    assert_int_equal(h.n, 4);
    assert_int_equal(h.segments[3].rows, 116);
    check_rows(&h, rows, 500);
    free(rows);
    home_clear(&h);
}

static void what_no_transaction_names_is_cut_off(void **unused)
{
    (void)unused;
    for (size_t kept = 0; kept <= 130; kept += kept == 0 ? 1 : kept < 60 ? 59 : 1) {
        for (size_t lost = 1; lost <= 150; lost += 37) {
            home h;
            float *rows = random_rows(400, 6);
            home_init(&h, 6);
            imf_index *x = open_writer(&h);
            append_rows(x, rows, kept, NULL);
            commit(&h, x);
            append_rows(x, rows + 200 * 6, lost, NULL); /* synced, but no transaction: the process ends here */
            assert_int_equal(imf_index_sync(x, NULL), IMF_OK);
            imf_index_close(&x);

            if (h.n == 1)
                check_rows(&h, rows, kept); /* a reader does not see them, and changes nothing */
            x = open_writer(&h);
            assert_int_equal(imf_index_rows(x), kept);
            if (h.n == 1)
                assert_int_equal(file_size(segment_path(&h, 1)), imf_rows_end(8192, 6, (uint32_t)kept));
            append_rows(x, rows + kept * 6, 70, NULL);
            commit(&h, x);
            imf_index_close(&x);
            assert_int_equal(h.n, 1);
            check_rows(&h, rows, kept + 70);
            free(rows);
            home_clear(&h);
        }
    }
}

static void orphans_are_replaced(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(300, 4);
    fill_home(&h, 4, rows, 64, 64);
    imf_index *x = open_writer(&h);
    append_rows(x, rows, 200, NULL); /* makes number 2 and is never committed */
    assert_int_equal(imf_index_sync(x, NULL), IMF_OK);
    imf_index_close(&x);
    assert_true(file_size(segment_path(&h, 2)) > 8192);
    imf_index *old = NULL; /* whoever still reads the orphan is left alone */
    const imf_index_segment orphan = {.number = 2, .rows = 192};
    assert_int_equal(imf_index_open(&old, imf_file_posix(), h.folder, &h.space, &orphan, 1, false, 0, false, NULL),
                     IMF_OK);

    x = open_writer(&h);
    append_rows(x, rows + 64 * 4, 5, NULL);
    commit(&h, x);
    imf_index_close(&x);
    assert_int_equal(h.n, 2);
    assert_int_equal(file_size(segment_path(&h, 2)), imf_rows_end(8192, 4, 5));
    check_rows(&h, rows, 69);
    uint64_t id;
    float score;
    assert_int_equal(imf_index_search(old, rows + 100 * 4, 1, 1, NULL, NULL, &id, &score, NULL), IMF_OK);
    assert_int_equal(id, (UINT64_C(2) << 20) + 100);
    imf_index_close(&old);

    imf_err err = {0}; /* a number that would replace a named file is refused */
    assert_int_equal(imf_index_open(&x, imf_file_posix(), h.folder, &h.space, h.segments, 2, true, 2, false, &err),
                     IMF_EINTERNAL);
    assert_null(x);
    free(rows);
    home_clear(&h);
}

static void bad_rows_are_refused(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(100, 16);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    home_init(&h, 16);
    imf_index *x = open_writer(&h);
    append_rows(x, rows, 10, NULL);
    commit(&h, x);
    for (int i = 0; i < 4; i++) {
        uint64_t ids[100];
        imf_err err = {0};
        float kept[16];
        memcpy(kept, rows + 77 * 16, sizeof kept);
        if (i < 3)
            rows[77 * 16 + 5] = bad[i];
        else
            memset(rows + 77 * 16, 0, sizeof kept);
        assert_int_equal(imf_index_append(x, rows, 100, ids, &err), IMF_EINPUT);
        assert_non_null(strstr(err.msg, "78 of 100"));
        assert_int_equal(imf_index_rows(x), 10);
        memcpy(rows + 77 * 16, kept, sizeof kept);
    }
    assert_int_equal(file_size(segment_path(&h, 1)), imf_rows_end(8192, 16, 10));
    memset(rows + 16 * 10, 0, 3 * 16 * 4); /* the largest and the smallest that have a direction */
    rows[160] = 3.4e38f;
    rows[161] = -3.4e38f;
    rows[176] = 1e-45f;
    rows[192] = -1e-38f;
    append_rows(x, rows + 160, 90, NULL); /* and it goes on as if nothing had been */
    commit(&h, x);
    imf_index_close(&x);
    check_rows(&h, rows, 100);
    free(rows);
    home_clear(&h);
}

static void a_reader_cannot_write(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(10, 4);
    uint64_t ids[10];
    imf_index_segment segment;
    size_t n = 1;
    fill_home(&h, 4, rows, 10, IMF_SEGMENT_ROWS);
    imf_index *x = open_reader(&h);
    assert_int_equal(imf_index_append(x, rows, 10, ids, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_index_sync(x, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_index_committed(x, &segment, &n, NULL), IMF_EINTERNAL);
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

static void readers_keep_their_rows_while_a_writer_goes_on(void **unused)
{
    (void)unused;
    home h, then;
    float *rows = random_rows(300, 4);
    fill_home(&h, 4, rows, 90, IMF_SEGMENT_ROWS);
    then = h;
    imf_index *early = open_reader(&then), *x = open_writer(&h); /* one reader has not yet touched a block */
    append_rows(x, rows + 90 * 4, 100, NULL);
    check_rows(&then, rows, 90);
    commit(&h, x);
    check_rows(&then, rows, 90);
    uint64_t ids[200];
    float scores[200];
    assert_int_equal(imf_index_search(early, rows, 1, 200, NULL, NULL, ids, scores, NULL), IMF_OK);
    assert_int_equal(ids[90], UINT64_MAX);
    assert_true(ids[89] < (UINT64_C(1) << 20) + 90);
    imf_index_close(&early);
    imf_index_close(&x);
    check_rows(&h, rows, 190);
    free(rows);
    home_clear(&h);
}

/* ---- Faults ------------------------------------------------------------------------------------------------------ */

static void the_order_of_a_commit(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(300, 4);
    home_init(&h, 4);
    imf_index *x = open_with(&h, watched(0), true);
    append_rows(x, rows, 100, NULL);
    assert_true(watch.unsynced && watch.unnamed);
    commit(&h, x);
    assert_false(watch.unsynced || watch.unnamed);
    assert_int_equal(watch.syncs, 1);
    assert_int_equal(watch.dir_syncs, 1);
    for (size_t done = 100; done < 300;
         done += 50) { /* later batches: behind what is committed, one write, one sync, no folder */
        watch.lowest = UINT64_MAX;
        watch.writes = watch.syncs = watch.dir_syncs = 0;
        append_rows(x, rows + done * 4, 50, NULL);
        commit(&h, x);
        assert_int_equal(watch.writes, 1);
        assert_int_equal(watch.syncs, 1);
        assert_int_equal(watch.dir_syncs, 0);
        assert_int_equal(watch.lowest, imf_rows_end(8192, 4, (uint32_t)done));
    }
    watch.syncs = 0;
    assert_int_equal(imf_index_sync(x, NULL), IMF_OK);
    assert_int_equal(watch.syncs, 0); /* nothing new, nothing to do */
    imf_index_close(&x);
    check_rows(&h, rows, 300);
    free(rows);
    home_clear(&h);
}

/* Batches until something fails; what was committed before is there afterwards, nothing is written or acknowledged
 * after the fault. */
static void every_changing_call_fails_once(void **unused)
{
    (void)unused;
    int faults_seen = 0;
    for (int fail_at = 1;; fail_at++) {
        home h;
        float *rows = random_rows(600, 4);
        uint64_t ids[600];
        imf_err err = {0};
        imf_index *x = NULL;
        size_t committed = 0;
        int rc = IMF_OK;
        fill_home(&h, 4, rows, 30, 128);
        committed = 30;
        x = open_writer(&h); /* leave something to cut off and an orphan to replace */
        imf_index_set_capacity(x, 128);
        append_rows(x, rows + 30 * 4, 150, ids);
        imf_index_close(&x);

        rc = imf_index_open(&x, watched(fail_at), h.folder, &h.space, h.segments, h.n, true, h.next, false, &err);
        if (rc == IMF_OK)
            imf_index_set_capacity(x, 128);
        while (rc == IMF_OK && committed < 580) {
            imf_index_segment changed[32];
            size_t n = 32;
            rc = imf_index_append(x, rows + committed * 4, 50, ids, &err);
            if (rc == IMF_OK)
                rc = imf_index_sync(x, &err);
            if (rc == IMF_OK) {
                rc = imf_index_committed(x, changed, &n, &err);
                assert_int_equal(rc, IMF_OK);
                record(&h, changed, n);
                committed += 50;
            }
        }
        assert_true((rc != IMF_OK) == watch.failed);
        if (watch.failed) {
            faults_seen++;
            assert_int_equal(rc, IMF_EIO);
            assert_non_null(strstr(err.msg, h.folder));
            if (x) { /* closed to writes, for good, and without touching the disk */
                int calls = watch.calls;
                imf_index_segment changed[32];
                size_t n = 32;
                err = (imf_err){0};
                assert_int_equal(imf_index_append(x, rows, 1, ids, &err), IMF_EIO);
                assert_non_null(strstr(err.msg, "an earlier write"));
                assert_int_equal(imf_index_sync(x, NULL), IMF_EIO);
                assert_int_equal(imf_index_committed(x, changed, &n, NULL), IMF_EIO);
                assert_int_equal(watch.calls, calls);
            }
        }
        imf_index_close(&x);
        check_rows(&h, rows, committed);
        x = open_writer(&h); /* the next run goes on */
        imf_index_set_capacity(x, 128);
        append_rows(x, rows + committed * 4, 20, ids);
        commit(&h, x);
        imf_index_close(&x);
        check_rows(&h, rows, committed + 20);
        free(rows);
        home_clear(&h);
        if (!watch.failed)
            break;
    }
    assert_true(faults_seen > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(a_large_batch_in_several_writes),
        cmocka_unit_test(full_segments_are_followed_by_new_ones),
        cmocka_unit_test(what_no_transaction_names_is_cut_off),
        cmocka_unit_test(orphans_are_replaced),
        cmocka_unit_test(bad_rows_are_refused),
        cmocka_unit_test(a_reader_cannot_write),
        cmocka_unit_test(readers_keep_their_rows_while_a_writer_goes_on),
        cmocka_unit_test(the_order_of_a_commit),
        cmocka_unit_test(every_changing_call_fails_once),
    };
    seed_random();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
