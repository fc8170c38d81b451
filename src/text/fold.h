/* Folding of queries: NFKC, lower case by code point, ё -> е (docs/internals/starter.md, Text tower 1). Pure,
 * thread-safe. */
#ifndef IMF_TEXT_FOLD_H
#define IMF_TEXT_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The folded copy of text (imf_free). Errors: IMF_EUSAGE (not UTF-8, over 4,096 bytes), IMF_EMEM. */
int imf_text_fold(const char *text, char **out, imf_err *err);

/* Only white space, or nothing. */
bool imf_text_blank(const char *text);

#endif
