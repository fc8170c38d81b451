/* The starter's tokenizer: words of a folded text and the rows of the hashed table that they use
 * (docs/internals/starter.md, Text tower 2-3). */
#ifndef IMF_TEXT_WORDS_H
#define IMF_TEXT_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { IMF_WORD_SLOTS = 8 }; /* of a row of whole words: which of them the words of the training have is known */

typedef struct imf_words_config {
    uint32_t word_rows, ngram_rows; /* 1..2^24 each */
    uint32_t max_words;             /* 1..64 */
    uint32_t ngram_min, ngram_max, prefix_min, prefix_max; /* 1..16, min <= max */
} imf_words_config;

typedef struct imf_word_rows {
    size_t n_words;
    uint32_t *word_slot;   /* [n_words], below IMF_WORD_SLOTS * word_rows: slot s is of row s / IMF_WORD_SLOTS */
    size_t *ngram_start;   /* [n_words + 1]: rows of word w are ngram_row[ngram_start[w] .. ngram_start[w+1]) */
    uint32_t *ngram_row;
} imf_word_rows;

/* Rows of any text (it is folded inside). n_words is 0 when the text has no Russian or English word: the caller says
 * so. A word may be as long as the text. Errors: those of imf_text_fold, IMF_EMEM, IMF_EINTERNAL (cfg out of its
 * ranges). Freed with imf_word_rows_clear. */
int imf_words_rows(const char *text, const imf_words_config *cfg, imf_word_rows *out, imf_err *err);
void imf_word_rows_clear(imf_word_rows *r);

#endif
