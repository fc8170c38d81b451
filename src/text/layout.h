/* A text that was typed with the other keyboard layout on: "rjirf" for «кошка», «сфе» for "cat". Pure, thread-safe. */
#ifndef IMF_TEXT_LAYOUT_H
#define IMF_TEXT_LAYOUT_H

#include "base/err.h"

/* *out is what the keys give in the other layout (standard Russian <-> US English, both of a PC), to be freed with
 * imf_free, where the text as typed is improbable and that one is a good deal more probable; NULL where the text stays
 * as typed: also for one with digits, letters of both scripts, words of one or two letters only, or over 4,096 bytes.
 * Errors: IMF_EUSAGE (not UTF-8), IMF_EMEM. */
int imf_text_other_layout(const char *text, char **out, imf_err *err);

#endif
