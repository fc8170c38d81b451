/*
 * Fuzz target of the JSON body of a search. What is accepted is a query within the library's limits; what is refused
 * has one line of UTF-8 that says why, in either language.
 */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int promise)
{
    if (!promise)
        abort();
}

static void check_query(const imf_query *q, size_t size)
{
    demand((q->text != NULL) + (q->item != NULL) == 1 && q->picture == NULL);
    demand(q->k >= 1 && q->k <= 1000);
    demand(q->text == NULL || (q->text[0] != '\0' && strlen(q->text) <= IMF_QUERY_TEXT_MAX));
    demand(q->item == NULL || (q->item[0] != '\0' && strlen(q->item) < size));
    demand(q->collection == NULL || (strlen(q->collection) >= 1 && strlen(q->collection) <= 64));
    demand(!q->has_min_score || (q->min_score >= -2.0F && q->min_score <= 2.0F));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imf_search_body body;
    char detail[IMF_DETAIL_MAX];

    if (size > 64 << 10)
        size = 64 << 10;
    for (int language = IMF_LANGUAGE_EN; language <= IMF_LANGUAGE_RU; language++) {
        if (imf_search_body_read(&body, (const char *)data, size, (imf_language)language, detail)) {
            check_query(&body.query, size);
        } else {
            json_t *text = json_string(detail); /* NULL if it is not UTF-8 */
            demand(text != NULL && detail[0] != '\0' && strlen(detail) < IMF_DETAIL_MAX);
            json_decref(text);
        }
        imf_search_body_clear(&body);
    }
    return 0;
}
