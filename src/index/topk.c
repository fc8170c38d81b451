/* A bounded heap. See topk.h. */
#include "index/topk.h"

#include <stdbool.h>

static inline bool worse(imf_hit_entry a, imf_hit_entry b)
{
    return a.score < b.score || (a.score == b.score && a.id > b.id);
}

/* Puts e where heap[at] was, and moves it down until no child is worse. */
static void sift_down(imf_hit_entry *heap, size_t n, size_t at, imf_hit_entry e)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && worse(heap[child + 1], heap[child]))
            child++;
        if (!worse(heap[child], e))
            break;
        heap[at] = heap[child];
    }
    heap[at] = e;
}

void imf_topk_push(imf_topk *t, imf_hit_entry e)
{
    if (t->n == t->k) {
        if (worse(t->heap[0], e))
            sift_down(t->heap, t->n, 0, e);
        return;
    }
    size_t at = t->n++;
    for (; at > 0 && worse(e, t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        t->heap[at] = t->heap[(at - 1) / 2];
    t->heap[at] = e;
}

void imf_topk_sort(imf_topk *t)
{
    for (size_t n = t->n; n > 1; n--) { /* the worst of those left goes to the end */
        imf_hit_entry worst = t->heap[0];
        sift_down(t->heap, n - 1, 0, t->heap[n - 1]);
        t->heap[n - 1] = worst;
    }
}
