/*
 * YouTokenToMe: its bpe.model, a text of whole numbers, and its encoding.
 *
 * The file: n m; n pairs "code point, id"; m triples "x y z" (x and y together are z; the rule's place is its rank);
 * unk pad bos eos, -1 for one that is not used. A word begins with the id of U+2581, and characters that have no id
 * make one unknown piece, as many as follow one another.
 */
#include <stdlib.h>
#include <string.h>

#include "text/bpe.h"

enum {
    WORD_MARK = 0x2581,
    LAST_POINT = 0x10FFFF,
    SHOWN = 20 /* bytes of a wrong number in a message */
};

#define UNKNOWN (UINT32_MAX - 2) /* as a symbol: no rule has it */

/* ---- The file -------------------------------------------------------------------------------- */

typedef struct reader {
    const char *at, *end;
    const char *name;
    size_t line;
} reader;

static void skip_blanks(reader *r)
{
    while (r->at < r->end && imf_bpe_blank(*r->at)) {
        r->line += *r->at == '\n';
        r->at++;
    }
}

/* The next number, from low to high. */
static int read_number(reader *r, int64_t low, int64_t high, int64_t *out, imf_err *err)
{
    const char *begin = NULL;
    bool negative = false, digits = false;
    int64_t value = 0;

    skip_blanks(r);
    begin = r->at;
    if (r->at == r->end)
        return imf_fail(err, IMF_EINPUT, MSG_YTTM_SHORT, r->name, r->line);
    if (*r->at == '-') {
        negative = true;
        r->at++;
    }
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        digits = true;
        if (value <= INT32_MAX)
            value = 10 * value + (*r->at - '0');
    }
    value = negative ? -value : value;
    if (!digits || (r->at < r->end && !imf_bpe_blank(*r->at)) || value < low || value > high) {
        while (r->at < r->end && !imf_bpe_blank(*r->at) && r->at - begin < SHOWN)
            r->at++;
        return imf_fail(err, IMF_EINPUT, MSG_YTTM_NUMBER, r->name, r->line, (int)(r->at - begin), begin,
                        (long long)low, (long long)high);
    }
    *out = value;
    return IMF_OK;
}

/* A new id below limit. */
static int read_new_id(reader *r, int64_t low, uint8_t *used, int64_t limit, int64_t *id, imf_err *err)
{
    int rc = IMF_OK;

    IMF_TRY(read_number(r, low, limit - 1, id, err));
    if (*id >= 0 && used[*id] != 0)
        return imf_fail(err, IMF_EINPUT, MSG_YTTM_TWICE, r->name, r->line, (int)*id);
    if (*id >= 0)
        used[*id] = 1;
out:
    return rc;
}

static int compare_points(const void *a, const void *b)
{
    const struct imf_point_id *x = a, *y = b;

    return x->point < y->point ? -1 : x->point > y->point;
}

static int32_t id_of(const imf_tokenizer *t, int32_t point)
{
    size_t lo = 0, hi = t->n_points;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->points[mid].point < (uint32_t)point)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->n_points && t->points[lo].point == (uint32_t)point ? (int32_t)t->points[lo].id : -1;
}

static int read_points(imf_tokenizer *t, reader *r, size_t n, uint8_t *used, int64_t limit, imf_err *err)
{
    int rc = IMF_OK;

    t->points = imf_alloc_array(n + 1, sizeof *t->points);
    if (t->points == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    for (size_t i = 0; i < n; i++) {
        int64_t point = 0, id = 0;
        IMF_TRY(read_number(r, 0, LAST_POINT, &point, err));
        IMF_TRY(read_new_id(r, 0, used, limit, &id, err));
        t->points[i] = (struct imf_point_id){(uint32_t)point, (uint32_t)id};
    }
    t->n_points = n;
    qsort(t->points, n, sizeof *t->points, compare_points);
    for (size_t i = 0; i + 1 < n; i++)
        if (t->points[i].point == t->points[i + 1].point)
            return imf_fail(err, IMF_EINPUT, MSG_YTTM_POINT_TWICE, r->name, t->points[i].point);
    t->space = id_of(t, WORD_MARK);
    if (t->space < 0)
        return imf_fail(err, IMF_EINPUT, MSG_YTTM_NO_SPACE, r->name);
out:
    return rc;
}

/* A rule puts together characters and what earlier rules made. */
static int read_rules(imf_tokenizer *t, reader *r, uint32_t m, uint8_t *used, int64_t limit, imf_err *err)
{
    int rc = IMF_OK;
    imf_merge *rows = imf_alloc_array((size_t)m + 1, sizeof *rows);
    const imf_merge *twice = NULL;

    if (rows == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    for (uint32_t i = 0; i < m; i++) {
        int64_t part[2] = {0}, id = 0;
        for (int k = 0; k < 2; k++) {
            IMF_TRY(read_number(r, 0, limit - 1, &part[k], err));
            if (used[part[k]] == 0) {
                rc = imf_fail(err, IMF_EINPUT, MSG_YTTM_PART, r->name, r->line, (int)part[k]);
                goto out;
            }
        }
        IMF_TRY(read_new_id(r, 0, used, limit, &id, err));
        rows[i] = (imf_merge){(uint32_t)part[0], (uint32_t)part[1], i, (uint32_t)id};
    }
    if (!imf_merges_build(&t->merges, rows, m, (uint32_t)limit)) {
        rows = NULL;
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    rows = NULL;
    twice = imf_merges_twice(&t->merges);
    if (twice != NULL)
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MERGE_TWICE, r->name, (size_t)twice[0].rank + 1,
                      (size_t)twice[1].rank + 1);
out:
    imf_free(rows);
    return rc;
}

static int read_marks(imf_tokenizer *t, reader *r, uint8_t *used, int64_t limit, imf_err *err)
{
    int rc = IMF_OK;
    int32_t *const marks[] = {&t->unknown, &t->pad, &t->start, &t->end};
    int64_t used_marks = 0;

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        int64_t id = 0;
        IMF_TRY(read_new_id(r, i == 0 ? 0 : -1, used, limit, &id, err)); /* the unknown piece must be there */
        *marks[i] = (int32_t)id;
        used_marks += id >= 0;
    }
    t->size = (int32_t)limit;
    for (; t->size > 0 && used[t->size - 1] == 0; t->size--) /* marks that are not used leave no ids */
        ;
    skip_blanks(r);
    if (r->at < r->end)
        return imf_fail(err, IMF_EINPUT, MSG_YTTM_TAIL, r->name, r->line);
    if ((int64_t)t->size != limit - 4 + used_marks)
        return imf_fail(err, IMF_EINPUT, MSG_YTTM_COUNT, r->name, t->size, (int)(limit - 4 + used_marks));
out:
    return rc;
}

int imf_tokenizer_parse_yttm(imf_tokenizer **out, const void *bytes, size_t n, const char *name, bool lower,
                             imf_err *err)
{
    int rc = IMF_OK;
    reader r = {bytes, (const char *)bytes + n, name, 1};
    int64_t points = 0, rules = 0, limit = 0;
    uint8_t *used = NULL;
    imf_tokenizer *t = imf_tokenizer_new();

    *out = NULL;
    if (t == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    if (n > IMF_MAX_TOKENIZER_FILE) {
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_LARGE, name, IMF_MAX_TOKENIZER_FILE >> 20);
        goto out;
    }
    IMF_TRY(read_number(&r, 1, IMF_MAX_PIECES, &points, err));
    IMF_TRY(read_number(&r, 0, IMF_MAX_PIECES, &rules, err));
    limit = points + rules + 4;
    used = imf_alloc_array((size_t)limit, 1);
    if (used == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    t->yttm = true;
    t->lower = lower;
    IMF_TRY(read_points(t, &r, (size_t)points, used, limit, err));
    IMF_TRY(read_rules(t, &r, (uint32_t)rules, used, limit, err));
    IMF_TRY(read_marks(t, &r, used, limit, err));
    *out = t;
    t = NULL;
out:
    imf_tokenizer_close(&t);
    imf_free(used);
    return rc;
}

int imf_tokenizer_open_yttm(imf_tokenizer **out, const char *path, bool lower, imf_err *err)
{
    int rc = IMF_OK;
    char *bytes = NULL;
    size_t n = 0;

    *out = NULL;
    IMF_TRY(imf_tokenizer_read_file(path, &bytes, &n, err));
    IMF_TRY(imf_tokenizer_parse_yttm(out, bytes, n, path, lower, err));
out:
    imf_free(bytes);
    return rc;
}

/* ---- Encoding -------------------------------------------------------------------------------- */

/* The C library's isspace in its own locale, and the mark itself: a no-break space is a character like others. */
static bool is_space(int32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == WORD_MARK;
}

static bool encode_word(const imf_tokenizer *t, const int32_t *at, size_t n, imf_word *word, imf_ids *ids)
{
    bool unknown = false; /* the last character was */

    word->n = 0;
    if (!imf_word_push(word, (uint32_t)t->space))
        return false;
    for (size_t i = 0; i < n; i++) {
        int32_t id = id_of(t, at[i]);
        if ((id >= 0 || !unknown) && !imf_word_push(word, id >= 0 ? (uint32_t)id : UNKNOWN))
            return false;
        unknown = id < 0;
    }
    if (!imf_word_merge(word, &t->merges, false))
        return false;
    for (uint32_t i = 0; i != IMF_NO_SYMBOL; i = word->at[i].next)
        if (!imf_ids_push(ids, word->at[i].id == UNKNOWN ? t->unknown : (int32_t)word->at[i].id))
            return false;
    return true;
}

bool imf_yttm_encode(const imf_tokenizer *t, imf_points *text, imf_word *word, imf_ids *ids)
{
    size_t i = 0;

    if (t->lower && !imf_clean_lower(text, true))
        return false;
    for (;;) {
        size_t begin = 0;
        while (i < text->n && is_space(text->at[i]))
            i++;
        if (i == text->n)
            return true;
        for (begin = i; i < text->n && !is_space(text->at[i]); i++)
            ;
        if (!encode_word(t, text->at + begin, i - begin, word, ids))
            return false;
    }
}
