/*
 * Exact search against a brute force that is written here from the definition: the same ids, and the same scores to
 * the last bit, for every number of threads, every filter, ties, several segments and several queries.
 */
#include <pthread.h>

#include "helper.h"

/* ---- The brute force --------------------------------------------------------------------------------------------- */

typedef struct pair {
    uint64_t id;
    float score;
} pair;

static int better_first(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static double eight_sums(const float *a, const float *b, size_t n)
{
    double s[8] = {0};
    for (size_t i = 0; i < n; i++)
        s[i % 8] += (double)a[i] * b[i];
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* What is stored for a row: unit length, through f16. */
static void stored(float *out, const float *row, size_t dim)
{
    double norm2 = 0;
    uint16_t half;
    for (size_t i = 0; i < dim; i++)
        norm2 += (double)row[i] * row[i];
    for (size_t i = 0; i < dim; i++) {
        float unit = (float)(row[i] / sqrt(norm2));
        imf_kern_ref()->f32_to_f16(&half, &unit, 1);
        imf_kern_ref()->f16_to_f32(&out[i], &half, 1);
    }
}

/* ids: of the n rows. wanted: NULL or n flags. */
static void brute_force(const float *rows, const uint64_t *ids, size_t n, size_t dim, const float *query,
                        const bool *wanted, size_t k, pair *best)
{
    pair *all = malloc((n + 1) * sizeof *all);
    float *row = malloc(dim * sizeof *row);
    size_t found = 0;
    assert_true(all && row);
    double q2 = 0;
    for (size_t i = 0; i < dim; i++)
        q2 += (double)query[i] * query[i];
    for (size_t r = 0; r < n; r++) {
        if (wanted && !wanted[r])
            continue;
        stored(row, rows + r * dim, dim);
        double cosine = eight_sums(query, row, dim) / (sqrt(q2) * sqrt(eight_sums(row, row, dim)));
        all[found++] = (pair){ids[r], (float)cosine};
    }
    qsort(all, found, sizeof *all, better_first);
    for (size_t i = 0; i < k; i++)
        best[i] = i < found ? all[i] : (pair){UINT64_MAX, -2.0f};
    free(all);
    free(row);
}

/* Compares a search with the brute force, for several numbers of threads. */
static void check_search(imf_index *x, const float *rows, const uint64_t *ids, size_t n, size_t dim,
                         const float *queries, size_t n_queries, int k, const bool *wanted)
{
    const int threads[] = {1, 2, 3, 8, 100, 0};
    const size_t room = n_queries * (size_t)k;
    uint64_t *got = malloc(room * sizeof *got), *words = calloc(n / 64 + 1, sizeof *words);
    float *scores = malloc(room * sizeof *scores);
    pair *best = malloc(room * sizeof *best);
    imf_err err = {0};
    assert_true(got && scores && best && words);
    for (size_t r = 0; wanted && r < n; r++)
        if (wanted[r]) {
            int64_t at = imf_index_position(x, ids[r]);
            assert_true(at >= 0 && at < (int64_t)n);
            words[at / 64] |= UINT64_C(1) << at % 64;
        }
    for (size_t q = 0; q < n_queries; q++)
        brute_force(rows, ids, n, dim, queries + q * dim, wanted, (size_t)k, best + q * (size_t)k);
    const imf_bitmap filter = {words, n / 64 + (n % 64 != 0)};
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        const imf_search_options opt = {.kind = IMF_INDEX_EXACT, .threads = threads[t]};
        memset(got, 0xEE, room * sizeof *got);
        if (imf_index_search(x, queries, n_queries, k, wanted ? &filter : NULL, &opt, got, scores, &err) != IMF_OK)
            fail_msg("%s", err.msg);
        for (size_t i = 0; i < room; i++)
            if (got[i] != best[i].id || memcmp(&scores[i], &best[i].score, 4) != 0)
                fail_msg("threads %d, n %zu, dim %zu, place %zu: id %llx %a, expected %llx %a", threads[t], n, dim, i,
                         (unsigned long long)got[i], (double)scores[i], (unsigned long long)best[i].id,
                         (double)best[i].score);
    }
    free(got);
    free(words);
    free(scores);
    free(best);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void equals_the_brute_force(void **unused)
{
    (void)unused;
    const struct {
        size_t n;
        int dim, k;
        uint32_t capacity;
    } cases[] = {{1, 1, 1, 1 << 20},      {63, 2, 5, 1 << 20},    {64, 3, 64, 1 << 20},
                 {65, 7, 10, 1 << 20},    {1000, 8, 10, 1 << 20}, {1000, 65, 1000, 128},
                 {777, 512, 10, 1 << 20}, {300, 513, 3, 64},      {70, 4096, 20, 64}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        home h;
        const size_t n = cases[c].n, dim = (size_t)cases[c].dim;
        float *rows = random_rows(n, cases[c].dim), *queries = random_rows(4, cases[c].dim);
        uint64_t *ids = calloc(n, sizeof *ids);
        bool *wanted = calloc(n, sizeof *wanted);
        assert_true(ids && wanted);
        home_init(&h, cases[c].dim);
        imf_index *x = open_writer(&h);
        imf_index_set_capacity(x, cases[c].capacity);
        append_rows(x, rows, n, ids);
        commit(&h, x);
        imf_index_close(&x);
        memcpy(queries, rows, dim * sizeof *rows); /* one query is a row, one is long, one short */
        for (size_t i = 0; i < dim; i++) {
            queries[dim + i] *= 1e37f;
            queries[2 * dim + i] *= 1e-37f;
        }
        x = open_reader(&h);
        check_search(x, rows, ids, n, dim, queries, 4, cases[c].k, NULL);
        check_search(x, rows, ids, n, dim, queries, 1, 1, NULL);
        for (uint32_t share = 1; share <= 100; share += 33) {
            for (size_t r = 0; r < n; r++)
                wanted[r] = random_bits() % 100 < share;
            check_search(x, rows, ids, n, dim, queries, 4, cases[c].k, wanted);
        }
        memset(wanted, 0, n * sizeof *wanted); /* none, the last one, all, all of the later blocks */
        check_search(x, rows, ids, n, dim, queries, 4, cases[c].k, wanted);
        wanted[n - 1] = true;
        check_search(x, rows, ids, n, dim, queries, 4, cases[c].k, wanted);
        for (size_t r = 0; r < n; r++)
            wanted[r] = r >= 64;
        check_search(x, rows, ids, n, dim, queries, 4, cases[c].k, wanted);
        memset(wanted, 1, n * sizeof *wanted);
        check_search(x, rows, ids, n, dim, queries, 4, cases[c].k, wanted);
        imf_index_close(&x);
        free(rows);
        free(queries);
        free(ids);
        free(wanted);
        home_clear(&h);
    }
}

static void segments_that_end_within_a_block(void **unused)
{
    (void)unused;
    home h, part;
    float *rows = random_rows(330, 9);
    uint64_t ids[330];
    bool wanted[330];
    home_init(&h, 9);
    const size_t parts[] = {100, 1, 64, 165}; /* each a list of its own, so that none is filled by the next */
    const uint32_t numbers[] = {5, 9, 2, 3};  /* not in order: ties go by id, places by the list */
    size_t done = 0;
    for (size_t p = 0; p < 4; p++) {
        part = h;
        part.n = 0;
        part.next = numbers[p];
        imf_index *x = open_writer(&part);
        append_rows(x, rows + done * 9, parts[p], ids + done);
        commit(&part, x);
        imf_index_close(&x);
        h.segments[h.n++] = part.segments[0];
        done += parts[p];
    }
    memcpy(rows + 200 * 9, rows,
           9 * sizeof *rows); /* (rows of the last part were already written: only 0..164 may repeat) */
    imf_index *x = NULL;
    assert_int_equal(unlink(segment_path(&h, 3)), 0);
    part = h;
    part.n = 0;
    part.next = 3;
    x = open_writer(&part); /* the last part again, now with a copy of row 0 */
    append_rows(x, rows + 165 * 9, 165, ids + 165);
    commit(&part, x);
    imf_index_close(&x);
    h.segments[3] = part.segments[0];

    x = open_reader(&h);
    assert_int_equal(imf_index_rows(x), 330);
    for (size_t i = 0; i < 330; i++)
        assert_int_equal(imf_index_position(x, ids[i]), i);
    check_search(x, rows, ids, 330, 9, rows, 3, 40, NULL);
    uint64_t got[2];
    float scores[2];
    assert_int_equal(imf_index_search(x, rows, 1, 2, NULL, NULL, got, scores, NULL), IMF_OK);
    assert_int_equal(got[0], (UINT64_C(3) << 20) + 35); /* the copy has the smaller id */
    assert_int_equal(got[1], UINT64_C(5) << 20);
    assert_true(scores[0] == scores[1]);
    for (int round = 0; round < 20; round++) {
        for (size_t r = 0; r < 330; r++)
            wanted[r] = random_bits() % (uint32_t)(round + 1) == 0;
        check_search(x, rows, ids, 330, 9, rows, 3, 40, wanted);
    }
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

static void ties_go_to_the_smaller_id(void **unused)
{
    (void)unused;
    home h;
    enum { N = 900, DIM = 4 };
    float *rows = random_rows(N, DIM);
    uint64_t ids[N];
    for (size_t r = 0; r < N; r++) /* three different vectors, in every block */
        memcpy(rows + r * DIM, rows + r % 3 * DIM, DIM * sizeof *rows);
    home_init(&h, DIM);
    imf_index *x = open_writer(&h);
    imf_index_set_capacity(x, 256);
    append_rows(x, rows, N, ids);
    commit(&h, x);
    for (int k = 1; k < 700; k = k * 3 + 1)
        check_search(x, rows, ids, N, DIM, rows + DIM, 1, k, NULL);
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

static void a_writer_finds_what_it_appended(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(400, 64);
    uint64_t ids[400];
    home_init(&h, 64);
    imf_index *x = open_writer(&h);
    imf_index_set_capacity(x, 192);
    for (size_t done = 0; done < 400;) { /* searched between, so that the files, of several pages, are mapped again */
        size_t now = done + 1 < 400 - done ? done + 1 : 400 - done;
        append_rows(x, rows + done * 64, now, ids + done);
        done += now;
        check_search(x, rows, ids, done, 64, rows, 1, 10, NULL);
    }
    commit(&h, x);
    check_search(x, rows, ids, 400, 64, rows, 1, 10, NULL);
    imf_index_close(&x);

    home_clear(&h); /* rows that join a block which was checked before are checked too */
    home_init(&h, 64);
    x = open_writer(&h);
    append_rows(x, rows, 10, ids);
    check_search(x, rows, ids, 10, 64, rows, 1, 10, NULL);
    append_rows(x, rows + 10 * 64, 10, ids + 10);
    write_at(segment_path(&h, 1), 8192 + 15 * 128, "oops", 4);
    assert_int_equal(imf_index_search(x, rows, 1, 1, NULL, NULL, ids, &(float){0}, NULL), IMF_EDAMAGE);
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

static void nothing_indexed(void **unused)
{
    (void)unused;
    home h;
    home_init(&h, 4);
    const float query[4] = {1, 0, 0, 0};
    uint64_t ids[3];
    float scores[3];
    for (int i = 0; i < 2; i++) {
        imf_index *x = i ? open_writer(&h) : open_reader(&h);
        assert_int_equal(imf_index_rows(x), 0);
        const imf_bitmap none = {NULL, 0};
        assert_int_equal(imf_index_search(x, query, 1, 3, i ? &none : NULL, NULL, ids, scores, NULL), IMF_OK);
        for (int j = 0; j < 3; j++)
            assert_true(ids[j] == UINT64_MAX && scores[j] == -2.0f);
        assert_int_equal(imf_index_search(x, query, 0, 3, NULL, NULL, NULL, NULL, NULL), IMF_OK);
        imf_index_close(&x);
    }
    home_clear(&h);
}

static void wrong_questions(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(100, 4);
    uint64_t ids[2000], word = ~UINT64_C(0);
    float scores[2000];
    fill_home(&h, 4, rows, 100, IMF_SEGMENT_ROWS);
    imf_index *x = open_reader(&h);
    imf_err err = {0};
    float queries[8] = {1, 2, 3, 4, 0, 0, 0, 0};
    assert_int_equal(imf_index_search(x, queries, 2, 5, NULL, NULL, ids, scores, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "query vector 2"));
    queries[5] = NAN;
    assert_int_equal(imf_index_search(x, queries, 2, 5, NULL, NULL, ids, scores, NULL), IMF_EINPUT);
    queries[5] = INFINITY;
    assert_int_equal(imf_index_search(x, queries, 2, 5, NULL, NULL, ids, scores, NULL), IMF_EINPUT);
    assert_int_equal(imf_index_search(x, queries, 1, 0, NULL, NULL, ids, scores, NULL), IMF_EUSAGE);
    assert_int_equal(imf_index_search(x, queries, 1, -1, NULL, NULL, ids, scores, NULL), IMF_EUSAGE);
    assert_int_equal(imf_index_search(x, queries, 1, 1001, NULL, NULL, ids, scores, NULL), IMF_EUSAGE);
    assert_int_equal(imf_index_search(x, queries, 1, 1000, NULL, NULL, ids, scores, NULL), IMF_OK);
    const imf_bitmap small = {&word, 1};
    assert_int_equal(imf_index_search(x, queries, 1, 5, &small, NULL, ids, scores, NULL), IMF_EINTERNAL);
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

static void damage_is_told_alike_by_every_number_of_threads(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(1000, 4);
    fill_home(&h, 4, rows, 1000, 512);
    const size_t block = 64 * 8 + 64;
    write_at(segment_path(&h, 1), 8192 + 5 * block + 100, "oops", 4);
    write_at(segment_path(&h, 2), 8192 + 2 * block + 100, "oops", 4);
    uint64_t ids[10], words[16];
    float scores[10];
    for (int threads = 1; threads <= 16; threads++) {
        imf_index *x = open_reader(&h);
        const imf_search_options opt = {.threads = threads};
        imf_err err = {0};
        assert_int_equal(imf_index_search(x, rows, 1, 10, NULL, &opt, ids, scores, &err), IMF_EDAMAGE);
        assert_non_null(strstr(err.msg, "00000001.seg is damaged: block 5 fails its checksum (rows 320-383)"));
        memset(words, 0xFF, sizeof words); /* a block that the filter leaves out is not read */
        words[5] = 0;
        const imf_bitmap filter = {words, 16};
        err = (imf_err){0};
        assert_int_equal(imf_index_search(x, rows, 1, 10, &filter, &opt, ids, scores, &err), IMF_EDAMAGE);
        assert_non_null(strstr(err.msg, "00000002.seg is damaged: block 2 fails its checksum (rows 128-191)"));
        words[10] = 0;
        assert_int_equal(imf_index_search(x, rows, 1, 10, &filter, &opt, ids, scores, &err), IMF_OK);
        imf_index_close(&x);
    }
    faults f;
    verify_home(&h, &f);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.rows, 128);

    /* neighbouring damage is one line, and a search over a list with a missing file names it */
    write_at(segment_path(&h, 1), 8192 + 6 * block, "oops", 4);
    assert_int_equal(unlink(segment_path(&h, 2)), 0);
    verify_home(&h, &f);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.rows, 128 + 488);
    assert_string_equal(f.first, "blocks 5-6 fail their checksums (rows 320-447)");
    imf_index *x = NULL;
    imf_err err = {0};
    assert_int_equal(imf_index_open(&x, imf_file_posix(), h.folder, &h.space, h.segments, h.n, false, 0, true, &err),
                     IMF_OK);
    assert_int_equal(imf_index_search(x, rows, 1, 10, NULL, NULL, ids, scores, &err), IMF_EDAMAGE);
    assert_non_null(strstr(err.msg, "00000002.seg is damaged: the file is missing"));
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

struct asker {
    imf_index *x;
    const float *query;
    uint64_t ids[20];
    float scores[20];
    int rc;
};

static void *ask_often(void *arg)
{
    struct asker *a = arg;
    const imf_search_options opt = {.threads = 2};
    for (int i = 0; i < 20 && a->rc == IMF_OK; i++)
        a->rc = imf_index_search(a->x, a->query, 1, 20, NULL, &opt, a->ids, a->scores, NULL);
    return NULL;
}

static void searches_at_once(void **unused)
{
    (void)unused;
    home h;
    float *rows = random_rows(2000, 16);
    struct asker askers[4];
    pthread_t threads[4];
    faults f = {0};
    fill_home(&h, 16, rows, 2000, 512);
    imf_index *x = open_reader(&h);
    for (int i = 0; i < 4; i++) {
        askers[i] = (struct asker){.x = x, .query = rows};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
    }
    assert_int_equal(imf_index_verify(x, count_fault, &f, NULL), IMF_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(f.n, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(askers[i].rc, IMF_OK);
        assert_int_equal(askers[i].ids[0], UINT64_C(1) << 20);
        assert_memory_equal(askers[i].ids, askers[0].ids, sizeof askers[0].ids);
        assert_memory_equal(askers[i].scores, askers[0].scores, sizeof askers[0].scores);
    }
    imf_index_close(&x);
    free(rows);
    home_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_brute_force),
        cmocka_unit_test(segments_that_end_within_a_block),
        cmocka_unit_test(ties_go_to_the_smaller_id),
        cmocka_unit_test(a_writer_finds_what_it_appended),
        cmocka_unit_test(nothing_indexed),
        cmocka_unit_test(wrong_questions),
        cmocka_unit_test(damage_is_told_alike_by_every_number_of_threads),
        cmocka_unit_test(searches_at_once),
    };
    seed_random();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
