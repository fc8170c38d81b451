/*
 * Merging a word: a list of symbols linked both ways, and a heap of the pairs that have a rank, each as
 * rank << 32 | place of its left symbol, so that the lowest rank comes first and of equal ones the leftmost. An entry
 * whose pair has changed since is dropped when it comes up: the pair now at its place has another rank, or none. A word
 * of n symbols takes n log n, a page without a blank too.
 */
#include "text/bpe.h"

#include <stdlib.h>
#include <string.h>

#define DEAD (UINT32_MAX - 1) /* id of a symbol that became part of its left neighbour */

/* ---- The table ------------------------------------------------------------------------------- */

static int compare_rows(const void *a, const void *b)
{
    const imf_merge *x = a, *y = b;

    if (x->right != y->right)
        return x->right < y->right ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

bool imf_merges_build(imf_merges *m, imf_merge *rows, uint32_t n, uint32_t pieces)
{
    imf_merge *sorted = imf_alloc_array((size_t)n + 1, sizeof *sorted);
    uint32_t *start = imf_alloc_array((size_t)pieces + 2, sizeof *start);

    if (sorted == NULL || start == NULL) {
        imf_free(sorted);
        imf_free(start);
        imf_free(rows);
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        start[rows[i].left + 2]++;
    for (uint32_t p = 2; p < pieces + 2; p++)
        start[p] += start[p - 1];
    for (uint32_t i = 0; i < n; i++) /* start[left + 1] runs up to where start[left + 1] must be in the end */
        sorted[start[rows[i].left + 1]++] = rows[i];
    for (uint32_t p = 0; p < pieces; p++)
        if (start[p + 1] - start[p] > 1)
            qsort(sorted + start[p], start[p + 1] - start[p], sizeof *sorted, compare_rows);
    imf_free(rows);
    *m = (imf_merges){.rows = sorted, .start = start, .n = n, .pieces = pieces};
    return true;
}

const imf_merge *imf_merges_twice(const imf_merges *m)
{
    for (uint32_t i = 0; i + 1 < m->n; i++)
        if (m->rows[i].left == m->rows[i + 1].left && m->rows[i].right == m->rows[i + 1].right)
            return &m->rows[i];
    return NULL;
}

const imf_merge *imf_merges_find(const imf_merges *m, uint32_t left, uint32_t right)
{
    uint32_t lo = 0, hi = 0;

    if (left >= m->pieces)
        return NULL;
    lo = m->start[left];
    hi = m->start[left + 1];
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (m->rows[mid].right < right)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->start[left + 1] && m->rows[lo].right == right ? &m->rows[lo] : NULL;
}

void imf_merges_clear(imf_merges *m)
{
    imf_free(m->rows);
    imf_free(m->start);
    memset(m, 0, sizeof *m);
}

/* ---- The heap -------------------------------------------------------------------------------- */

static bool queue_push(imf_word *w, uint64_t entry)
{
    size_t i = w->n_queue;

    if (i == w->cap_queue && !imf_grow((void **)&w->queue, i, &w->cap_queue, sizeof *w->queue))
        return false;
    w->n_queue++;
    for (; i > 0 && w->queue[(i - 1) / 2] > entry; i = (i - 1) / 2)
        w->queue[i] = w->queue[(i - 1) / 2];
    w->queue[i] = entry;
    return true;
}

static uint64_t queue_pop(imf_word *w)
{
    uint64_t top = w->queue[0], last = w->queue[--w->n_queue];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < w->n_queue && w->queue[child + 1] < w->queue[child])
            child++;
        if (child >= w->n_queue || w->queue[child] >= last)
            break;
        w->queue[i] = w->queue[child];
        i = child;
    }
    w->queue[i] = last;
    return top;
}

/* ---- A word ---------------------------------------------------------------------------------- */

bool imf_word_push(imf_word *w, uint32_t id)
{
    if (w->n == w->cap && !imf_grow((void **)&w->at, w->n, &w->cap, sizeof *w->at))
        return false;
    w->at[w->n] = (imf_symbol){id, w->n > 0 ? (uint32_t)w->n - 1 : IMF_NO_SYMBOL, IMF_NO_SYMBOL};
    if (w->n > 0)
        w->at[w->n - 1].next = (uint32_t)w->n;
    w->n++;
    return true;
}

static const imf_merge *pair_at(const imf_word *w, const imf_merges *m, uint32_t place)
{
    uint32_t next = w->at[place].next;

    return next == IMF_NO_SYMBOL ? NULL : imf_merges_find(m, w->at[place].id, w->at[next].id);
}

/* Queues the pair that begins at place, if it has a rank: at once, or for the next round. */
static bool queue_pair(imf_word *w, const imf_merges *m, uint32_t place, bool late)
{
    const imf_merge *merge = pair_at(w, m, place);
    uint64_t entry = 0;

    if (merge == NULL)
        return true;
    entry = (uint64_t)merge->rank << 32 | place;
    if (!late)
        return queue_push(w, entry);
    if (w->n_late == w->cap_late && !imf_grow((void **)&w->late, w->n_late, &w->cap_late, sizeof *w->late))
        return false;
    w->late[w->n_late++] = entry;
    return true;
}

bool imf_word_merge(imf_word *w, const imf_merges *m, bool rounds)
{
    uint32_t round = 0; /* the rank that is being merged */

    w->n_queue = w->n_late = 0;
    for (uint32_t i = 0; i + 1 < w->n; i++)
        if (!queue_pair(w, m, i, false))
            return false;
    while (w->n_queue > 0 || w->n_late > 0) {
        uint64_t entry = 0;
        uint32_t place = 0, next = 0;
        const imf_merge *merge = NULL;
        if (w->n_queue == 0 || (uint32_t)(w->queue[0] >> 32) != round) {
            while (w->n_late > 0)
                if (!queue_push(w, w->late[--w->n_late]))
                    return false;
            round = (uint32_t)(w->queue[0] >> 32);
        }
        entry = queue_pop(w);
        place = (uint32_t)entry;
        merge = pair_at(w, m, place);
        if (merge == NULL || merge->rank != (uint32_t)(entry >> 32))
            continue;
        next = w->at[place].next;
        w->at[place].id = merge->id;
        w->at[place].next = w->at[next].next;
        if (w->at[next].next != IMF_NO_SYMBOL)
            w->at[w->at[next].next].prev = place;
        w->at[next] = (imf_symbol){DEAD, IMF_NO_SYMBOL, IMF_NO_SYMBOL};
        if (w->at[place].prev != IMF_NO_SYMBOL && !queue_pair(w, m, w->at[place].prev, rounds))
            return false;
        if (!queue_pair(w, m, place, rounds))
            return false;
    }
    return true;
}

void imf_word_clear(imf_word *w)
{
    imf_free(w->at);
    imf_free(w->queue);
    imf_free(w->late);
    memset(w, 0, sizeof *w);
}
