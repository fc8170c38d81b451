/*
 * Words and their rows in the hashed table (docs/internals/starter.md, Text tower 2-3). There is no vocabulary: a word
 * is its own hash and those of its pieces, so that a word never seen, a plural or a misspelling still shares most rows
 * with its kin. Whether the model knows a whole word is asked by its slot, a finer hash than its row.
 *
 * A folded text is walked twice, for counting and for the rows; each word is kept in one script (lookalike.h), with "<"
 * and ">" around it and the byte offset of every character.
 */
#include "text/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/fold.h"
#include "text/lookalike.h"

/* One word of the folded text, framed: text "<кот>", at[i] is the byte offset of character i, n characters with the
 * frame, at[n] the length. */
typedef struct framed {
    char *text;
    size_t *at;
    size_t n;
} framed;

static bool is_word_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 0x430 && c <= 0x44f); /* а-я */
}

/* FNV-1a, 32 bits, with the high bits folded down. */
static uint32_t hash_bytes(const char *s, size_t n)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)s[i]) * 16777619u;
    return h ^ (h >> 15);
}

/* Row of the framed word's characters [first, first + count). */
static uint32_t hash_span(const framed *w, size_t first, size_t count, uint32_t rows)
{
    return hash_bytes(w->text + w->at[first], w->at[first + count] - w->at[first]) % rows;
}

/* Finds the next word from *place on, frames it, and moves *place behind it. false at the end of the text. */
static bool next_word(const char *folded, size_t len, size_t *place, framed *w)
{
    size_t first = *place, last = 0, bytes = 1, step = 0;
    uint32_t c = 0;

    while (first < len && (step = imf_utf8_decode(folded + first, len - first, &c)) > 0 && !is_word_letter(c))
        first += step;
    if (first >= len || step == 0)
        return false;
    last = first;
    while (last < len && (step = imf_utf8_decode(folded + last, len - last, &c)) > 0 && is_word_letter(c))
        last += step;
    *place = last;

    bytes += imf_text_same_script(folded + first, last - first, w->text + 1);
    w->text[0] = '<';
    w->text[bytes++] = '>';
    w->n = 0;
    for (size_t i = 0; i < bytes; i++)
        if (((uint8_t)w->text[i] & 0xc0) != 0x80) /* where a character begins */
            w->at[w->n++] = i;
    w->at[w->n] = bytes;
    return true;
}

/* Appends the rows of w's n-grams and prefixes at out, or only counts them when out is NULL. Returns how many. */
static size_t piece_rows(const framed *w, const imf_words_config *cfg, uint32_t *out)
{
    size_t count = 0, bare = w->n - 2;

    for (size_t n = cfg->ngram_min; n <= cfg->ngram_max; n++)
        for (size_t first = 0; first + n <= w->n; first++, count++)
            if (out != NULL)
                out[count] = cfg->word_rows + hash_span(w, first, n, cfg->ngram_rows);
    for (size_t n = cfg->prefix_min; n <= cfg->prefix_max && n < bare; n++, count++)
        if (out != NULL)
            out[count] = cfg->word_rows + hash_span(w, 1, n, cfg->ngram_rows);
    return count;
}

static bool config_ok(const imf_words_config *c)
{
    const uint32_t most = 1u << 24;

    return c->word_rows >= 1 && c->word_rows <= most && c->ngram_rows >= 1 && c->ngram_rows <= most &&
           c->max_words >= 1 && c->max_words <= 64 &&
           c->ngram_min >= 1 && c->ngram_min <= c->ngram_max && c->ngram_max <= 16 &&
           c->prefix_min >= 1 && c->prefix_min <= c->prefix_max && c->prefix_max <= 16;
}

int imf_words_rows(const char *text, const imf_words_config *cfg, imf_word_rows *out, imf_err *err)
{
    int rc = IMF_OK;
    char *folded = NULL;
    framed w = {0};
    size_t len = 0, place = 0, total = 0;

    memset(out, 0, sizeof *out);
    if (!config_ok(cfg))
        return imf_fail(err, IMF_EINTERNAL, MSG_TEXT_CONFIG);
    IMF_TRY(imf_text_fold(text, &folded, err));
    len = strlen(folded); /* at most 4 bytes for each of some 25,000 code points */
    w.text = imf_alloc(2 * len + 2); /* a letter put right may take two bytes for one */
    w.at = imf_alloc_array(len + 3, sizeof *w.at);
    out->word_slot = imf_alloc_array(cfg->max_words, sizeof *out->word_slot);
    out->ngram_start = imf_alloc_array((size_t)cfg->max_words + 1, sizeof *out->ngram_start);
    if (w.text == NULL || w.at == NULL || out->word_slot == NULL || out->ngram_start == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
        goto out;
    }
    while (out->n_words < cfg->max_words && next_word(folded, len, &place, &w)) {
        out->word_slot[out->n_words] = hash_span(&w, 1, w.n - 2, IMF_WORD_SLOTS * cfg->word_rows);
        total += piece_rows(&w, cfg, NULL);
        out->ngram_start[++out->n_words] = total;
    }
    out->ngram_row = imf_alloc_array(total, sizeof *out->ngram_row);
    if (out->ngram_row == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
        goto out;
    }
    place = 0;
    for (size_t i = 0; i < out->n_words && next_word(folded, len, &place, &w); i++)
        piece_rows(&w, cfg, out->ngram_row + out->ngram_start[i]);
out:
    if (rc != IMF_OK)
        imf_word_rows_clear(out);
    imf_free(w.text);
    imf_free(w.at);
    imf_free(folded);
    return rc;
}

void imf_word_rows_clear(imf_word_rows *r)
{
    imf_free(r->word_slot);
    imf_free(r->ngram_start);
    imf_free(r->ngram_row);
    memset(r, 0, sizeof *r);
}
