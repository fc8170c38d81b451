/*
 * Fuzz target of a query's way to the model: the keyboard layout, folding, the language, the words and their table
 * rows. The first bytes choose the tokenizer's numbers within their ranges, the rest is the text. What is refused is
 * refused with one line; what is accepted names rows that the table has.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/fold.h"
#include "text/language.h"
#include "text/layout.h"
#include "text/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int promise)
{
    if (!promise)
        abort();
}

static void demand_line(int rc, const imf_err *err)
{
    demand(rc == IMF_EUSAGE && err->code == rc && err->msg[0] != '\0' && strchr(err->msg, '\n') == NULL);
}

static void check_rows(const imf_word_rows *r, const imf_words_config *c)
{
    demand(r->n_words <= c->max_words);
    for (size_t w = 0; w < r->n_words; w++) {
        demand(r->word_slot[w] < IMF_WORD_SLOTS * c->word_rows);
        demand(r->ngram_start[w] <= r->ngram_start[w + 1]);
        for (size_t i = r->ngram_start[w]; i < r->ngram_start[w + 1]; i++)
            demand(r->ngram_row[i] >= c->word_rows && r->ngram_row[i] < c->word_rows + c->ngram_rows);
    }
}

/* What was typed in the other layout is a text of the other language, and was meant: it is not swapped back. */
static void check_layout(const char *text, const char *language)
{
    char *other = NULL, *back = NULL;
    imf_err err = {0};
    int rc = imf_text_other_layout(text, &other, &err);

    if (rc != IMF_OK)
        demand_line(rc, &err);
    if (other != NULL) {
        demand(strcmp(imf_text_language(other), strcmp(language, "ru") == 0 ? "en" : "ru") == 0);
        demand(imf_text_other_layout(other, &back, &err) == IMF_OK && back == NULL);
    }
    imf_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEAD = 4 };
    char *folded = NULL;
    imf_err err = {0};
    imf_word_rows rows = {0};
    if (size < HEAD)
        return 0;
    imf_words_config c = {.word_rows = 1 + data[0] * 160U,
                          .ngram_rows = 1 + data[1] * 160U,
                          .max_words = 1 + data[2] % 64U,
                          .ngram_min = 1 + data[3] % 4U,
                          .ngram_max = 4 + data[3] / 4 % 4U,
                          .prefix_min = 1 + data[3] / 16 % 4U,
                          .prefix_max = 4 + data[3] / 64 % 4U};
    char *text = imf_alloc(size - HEAD + 1); /* of its exact size, so that a read past the end is noticed */
    if (!text)
        return 0;
    memcpy(text, data + HEAD, size - HEAD);
    text[size - HEAD] = '\0';

    int rc = imf_text_fold(text, &folded, &err);
    if (rc == IMF_OK)
        demand(folded && imf_utf8_valid(folded, strlen(folded)));
    else
        demand_line(rc, &err);
    const char *language = imf_text_language(text);
    demand(strcmp(language, "ru") == 0 || strcmp(language, "en") == 0 || strcmp(language, "mixed") == 0 ||
           strcmp(language, "other") == 0);
    check_layout(text, language);

    imf_err again = {0};
    int words_rc = imf_words_rows(text, &c, &rows, &again);
    demand(words_rc == rc); /* the same texts are refused */
    if (words_rc == IMF_OK) {
        check_rows(&rows, &c);
        if (imf_text_blank(text))
            demand(rows.n_words == 0);
    } else {
        demand_line(words_rc, &again);
    }
    imf_word_rows_clear(&rows);
    imf_free(folded);
    imf_free(text);
    return 0;
}
