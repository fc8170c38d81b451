/*
 * The k best of a stream of scored ids, in memory of the caller's. The order is total (higher score first, ties by
 * the smaller id), so the result does not depend on the order in which they come: that is what makes answers equal
 * for every number of threads.
 */
#ifndef IMF_INDEX_TOPK_H
#define IMF_INDEX_TOPK_H

#include <stddef.h>
#include <stdint.h>

typedef struct imf_hit_entry {
    uint64_t id;
    float score; /* never NaN */
} imf_hit_entry;

typedef struct imf_topk {
    imf_hit_entry *heap; /* [k], the worst on top */
    size_t k, n;
} imf_topk;

void imf_topk_push(imf_topk *t, imf_hit_entry e);

/* Turns the heap into a list, best first. Nothing may be pushed afterwards. */
void imf_topk_sort(imf_topk *t);

#endif
