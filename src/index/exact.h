/* Exact search over mapped segments: the oracle of every other kind. Private to src/index. */
#ifndef IMF_INDEX_EXACT_H
#define IMF_INDEX_EXACT_H

#include "index/segment.h"

/* As imf_index_search, whose arguments are checked: 1 <= k, n_queries >= 1, a filter covers every row, the segments
 * are mapped. threads 0: all. */
int imf_exact_search(imf_segment *const *segments, size_t n_segments, int dim, const float *queries, size_t n_queries,
                     int k, const imf_bitmap *filter, int threads, uint64_t *ids, float *scores, imf_err *err);

#endif
