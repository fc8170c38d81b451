/* What the files of the JSON share. A NULL that a full memory makes of a value is refused by jansson when it is put
 * into its object, and the object is freed with the rest. */
#ifndef IMF_FINDER_JSON_H
#define IMF_FINDER_JSON_H

#include <jansson.h>

#include "finder/finder.h"

/* Takes root. The caller frees the string with imf_string_free, so it comes from our own allocation. */
char *imf_json_dump(json_t *root);

json_t *imf_json_readable(const char *s); /* bytes that should be text: broken UTF-8 is made readable */
json_t *imf_json_strings(const char *const *list, size_t n);
json_t *imf_json_count(uint64_t n);
json_t *imf_json_real_or_null(double x, bool there);

#endif
