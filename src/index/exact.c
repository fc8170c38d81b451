/*
 * Exact search: every row that the filter lets through is read, its true cosine computed in f64 in the kernels'
 * fixed order and rounded once to f32, and the k best are kept. The blocks are dealt out to threads in contiguous
 * ranges; each keeps its own best, which are merged at the end. As a row's score depends on that row and the query
 * alone and the order of results is total, the answer is the same for every number of threads.
 */
#include "index/exact.h"

#include <math.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/thread.h"
#include "index/topk.h"
#include "kern/kern.h"

enum { THREADS_MAX = 64, BLOCKS_A_THREAD = 32 }; /* a thread that nobody asked for must be worth its start */

typedef struct scan { /* the same for all threads */
    imf_segment *const *segments;
    size_t n_segments, n_queries;
    int dim;
    const float *queries;
    const double *norms; /* [n_queries] of the queries */
    const imf_bitmap *filter;
} scan;

typedef struct worker {
    const scan *scan;
    uint64_t first, end; /* blocks, counted over all segments */
    imf_topk *best;      /* [n_queries] */
    pthread_t thread;
    bool started;
    int rc;
    imf_err err;
} worker;

/* 64 bits of the bitmap from any position on; bits behind its end are 0. */
static uint64_t bits_at(const imf_bitmap *b, uint64_t position)
{
    uint64_t word = position / 64, shift = position % 64, bits = 0;
    if (word < b->n_words)
        bits = b->words[word] >> shift;
    if (shift > 0 && word + 1 < b->n_words)
        bits |= b->words[word + 1] << (64 - shift);
    return bits;
}

/* Scores the wanted rows of one block for every query. */
static int scan_block(worker *w, imf_segment *s, uint32_t block, uint64_t wanted, imf_err *err)
{
    const scan *sc = w->scan;
    const imf_kern *kern = imf_kern_get();
    const size_t dim = (size_t)sc->dim;
    const uint64_t base = (uint64_t)s->number << IMF_SEGMENT_ROWS_LOG2 | block * IMF_BLOCK_ROWS;
    const uint16_t *rows;
    uint32_t n;
    double dot[IMF_BLOCK_ROWS], norm2[IMF_BLOCK_ROWS];

    int rc = imf_segment_block(s, block, &rows, &n, err);
    if (rc != IMF_OK)
        return rc;
    if (n < IMF_BLOCK_ROWS)
        wanted &= (UINT64_C(1) << n) - 1;
    while (wanted != 0) { /* run by run of neighbouring rows */
        uint32_t from = (uint32_t)__builtin_ctzll(wanted);
        uint64_t gap = ~(wanted >> from);
        uint32_t count = gap == 0 ? IMF_BLOCK_ROWS : (uint32_t)__builtin_ctzll(gap);
        wanted = from + count >= IMF_BLOCK_ROWS ? 0 : wanted & (UINT64_MAX << (from + count));
        for (size_t q = 0; q < sc->n_queries; q++) {
            kern->dot_f16(dot, norm2, sc->queries + q * dim, rows + from * dim, count, dim);
            for (uint32_t i = 0; i < count; i++) {
                float score = (float)(dot[i] / (sc->norms[q] * sqrt(norm2[i])));
                if (!(norm2[i] > 0) || !isfinite(score))
                    return imf_segment_bad_values(s, block, from + i, err);
                imf_topk_push(&w->best[q], (imf_hit_entry){.id = base + from + i, .score = score});
            }
        }
    }
    return IMF_OK;
}

static void *run_worker(void *arg)
{
    worker *w = arg;
    const scan *sc = w->scan;
    uint64_t block0 = 0, row0 = 0; /* of the segment, counted over all */
    for (size_t i = 0; i < sc->n_segments && w->rc == IMF_OK; i++) {
        imf_segment *s = sc->segments[i];
        const uint32_t n = imf_segment_blocks(s);
        const uint64_t from = w->first > block0 ? w->first - block0 : 0;
        const uint64_t to = w->end >= block0 + n ? n : w->end > block0 ? w->end - block0 : 0;
        for (uint64_t block = from; block < to && w->rc == IMF_OK; block++) {
            uint64_t wanted = sc->filter ? bits_at(sc->filter, row0 + block * IMF_BLOCK_ROWS) : UINT64_MAX;
            if (wanted != 0)
                w->rc = scan_block(w, s, (uint32_t)block, wanted, &w->err);
        }
        block0 += n;
        row0 += s->rows;
    }
    return NULL;
}

/* How many threads the work is dealt out to. */
static size_t count_threads(int asked, uint64_t blocks)
{
    uint64_t n = asked > 0 ? (uint64_t)asked : (uint64_t)imf_cpu_count();
    uint64_t useful = asked > 0 ? blocks : blocks / BLOCKS_A_THREAD;
    n = n < useful ? n : useful;
    n = n < THREADS_MAX ? n : THREADS_MAX;
    return n > 1 ? (size_t)n : 1;
}

static int run_all(worker *workers, size_t n, imf_err *err)
{
    for (size_t t = 1; t < n; t++)
        workers[t].started = pthread_create(&workers[t].thread, NULL, run_worker, &workers[t]) == 0;
    for (size_t t = 0; t < n; t++)
        if (!workers[t].started) /* the first, and any that the system refused */
            run_worker(&workers[t]);
    for (size_t t = 1; t < n; t++)
        if (workers[t].started)
            pthread_join(workers[t].thread, NULL);
    for (size_t t = 0; t < n; t++)
        if (workers[t].rc != IMF_OK) { /* the first fault in the order of the rows, whoever met it */
            if (err && err->code == IMF_OK)
                *err = workers[t].err;
            return workers[t].rc;
        }
    return IMF_OK;
}

/* The k best of all workers for query q. */
static void merge(worker *workers, size_t n, size_t q, size_t k, uint64_t *ids, float *scores)
{
    imf_topk *all = &workers[0].best[q];
    for (size_t t = 1; t < n; t++)
        for (size_t i = 0; i < workers[t].best[q].n; i++)
            imf_topk_push(all, workers[t].best[q].heap[i]);
    imf_topk_sort(all);
    for (size_t i = 0; i < k; i++) {
        ids[i] = i < all->n ? all->heap[i].id : UINT64_MAX;
        scores[i] = i < all->n ? all->heap[i].score : -2.0f;
    }
}

int imf_exact_search(imf_segment *const *segments, size_t n_segments, int dim, const float *queries, size_t n_queries,
                     int k, const imf_bitmap *filter, int threads, uint64_t *ids, float *scores, imf_err *err)
{
    int rc = IMF_OK;
    uint64_t blocks = 0, rows = 0;
    worker *workers = NULL;
    imf_topk *best = NULL;
    imf_hit_entry *entries = NULL;
    double *norms = NULL;
    size_t n_heaps, n_entries;

    for (size_t i = 0; i < n_segments; i++) {
        blocks += imf_segment_blocks(segments[i]);
        rows += segments[i]->rows;
    }
    const size_t room = rows < (uint64_t)k ? (size_t)rows : (size_t)k; /* no more can come */
    const size_t n_workers = count_threads(threads, blocks);
    scan shared = {segments, n_segments, n_queries, dim, queries, NULL, filter};

    if (imf_mul_size(n_workers, n_queries, &n_heaps) && imf_mul_size(n_heaps, room, &n_entries)) {
        workers = imf_alloc_array(n_workers, sizeof *workers);
        best = imf_alloc_array(n_heaps, sizeof *best);
        entries = imf_alloc_array(n_entries, sizeof *entries);
        norms = imf_alloc_array(n_queries, sizeof *norms);
    }
    if (!workers || !best || !entries || !norms) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "searching");
        goto out;
    }
    for (size_t q = 0; q < n_queries; q++) {
        for (size_t i = 0; i < (size_t)dim; i++)
            norms[q] += (double)queries[q * (size_t)dim + i] * queries[q * (size_t)dim + i];
        norms[q] = sqrt(norms[q]);
    }
    shared.norms = norms;
    for (size_t h = 0; h < n_heaps; h++)
        best[h] = (imf_topk){.heap = entries + h * room, .k = room};
    for (size_t t = 0; t < n_workers; t++)
        workers[t] = (worker){.scan = &shared,
                              .first = blocks * t / n_workers,
                              .end = blocks * (t + 1) / n_workers,
                              .best = best + t * n_queries};
    rc = run_all(workers, n_workers, err);
    for (size_t q = 0; q < n_queries && rc == IMF_OK; q++)
        merge(workers, n_workers, q, (size_t)k, ids + q * (size_t)k, scores + q * (size_t)k);
out:
    imf_free(norms);
    imf_free(entries);
    imf_free(best);
    imf_free(workers);
    return rc;
}
