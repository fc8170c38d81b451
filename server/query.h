/* The JSON body of a search, read strictly: unknown keys, wrong types and second keys of one name are refused. Pure. */
#ifndef IMF_SERVER_QUERY_H
#define IMF_SERVER_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include <imagefinder.h>

enum { IMF_QUERY_TEXT_MAX = 8 << 10, IMF_DETAIL_MAX = 400 };

typedef struct imf_search_body {
    imf_query query; /* its strings lie in memory */
    void *memory;
} imf_search_body;

/* False: detail says why, in that language. Cleared with imf_search_body_clear in both cases. */
bool imf_search_body_read(imf_search_body *out, const char *bytes, size_t size, imf_language language,
                          char detail[IMF_DETAIL_MAX]);
void imf_search_body_clear(imf_search_body *body);

#endif
