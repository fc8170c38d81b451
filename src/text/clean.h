/*
 * Cleaning of a text before it is cut into pieces: the steps that Python, ftfy and the tokenizers library do, on code
 * points. Thread-safe: everything is the caller's. The functions return false when memory ran out.
 */
#ifndef IMF_TEXT_CLEAN_H
#define IMF_TEXT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A growing list of code points; start with {0}. */
typedef struct imf_points {
    int32_t *at;
    size_t n, cap;
} imf_points;

bool imf_points_push(imf_points *p, int32_t c);
bool imf_points_read(imf_points *p, const char *text, size_t n); /* replaces what is there; valid UTF-8 only */
void imf_points_swap(imf_points *a, imf_points *b);
void imf_points_clear(imf_points *p);

typedef enum imf_point_class { IMF_POINT_OTHER, IMF_POINT_SPACE, IMF_POINT_LETTER, IMF_POINT_NUMBER } imf_point_class;

/* What regular expressions call \s, \p{L} and \p{N} (Unicode 15, of utf8proc 2.8). */
imf_point_class imf_point_class_of(int32_t c);

bool imf_point_cased(int32_t c);     /* Unicode's Cased and Case_Ignorable, which tell a final sigma */
bool imf_point_ignorable(int32_t c);

/* A C1 control character (U+0080-009F) read as the byte of Windows-1252 that it mostly was; others as they are. */
int32_t imf_point_windows(int32_t c);

/* Normalisation form C. Linear, also for a text of marks only. */
bool imf_clean_nfc(imf_points *p);

/* Lower case. final_sigma: as Python's str.lower(); without it as Rust's char by char. Both make two of İ. */
bool imf_clean_lower(imf_points *p, bool final_sigma);

/* Python's html.unescape, once. */
bool imf_clean_html(imf_points *p);

/* ftfy.fix_text without its repair of text that was decoded in a wrong encoding. */
bool imf_clean_ftfy(imf_points *p);

/* For ftfy: pushes what the entity of `length` points from '&' to ';' means; *known is false when it means nothing. */
bool imf_clean_entity(const int32_t *at, size_t length, imf_points *out, bool *known);

#endif
