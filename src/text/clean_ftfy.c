/*
 * ftfy.fix_text 6.3.1, line by line until nothing changes: entities, C1 controls as Windows-1252, Latin ligatures, full
 * and half width, curly quotes, line breaks, terminal escapes, control characters, normalisation form C.
 *
 * Left out is its heuristic repair of mojibake ("cafÃ©"): a large table of byte patterns that no ordinary query meets.
 * Such a text keeps its letters as they are.
 */
#include "text/clean.h"

#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"

enum {
    MAX_SEGMENT = 1000000, /* points; a longer line is cut there, as ftfy does */
    MAX_ENTITY = 24,       /* letters and digits between '&' and ';' */
    /* Points that all passes over one text may read. A text of "&amp;amp;amp;..." changes once in each pass; up to
     * 4 KB it is followed to its end, and a megabyte of it does not take minutes. */
    MAX_WORK = 1 << 26,
    ESCAPE = 0x1B
};

static bool is_letter_or_digit(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The length of "&name;" or "&#123;" at `at`, or 0. */
static size_t entity_length(const int32_t *at, size_t n)
{
    size_t first = n > 1 && at[1] == '#' ? 2 : 1, i = first;

    while (i < n && i - first <= MAX_ENTITY && is_letter_or_digit(at[i]))
        i++;
    return i < n && i > first && i - first <= MAX_ENTITY && at[i] == ';' ? i + 1 : 0;
}

static bool unescape(const imf_points *in, imf_points *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n;) {
        size_t length = in->at[i] == '&' ? entity_length(in->at + i, in->n - i) : 0;
        bool known = false;
        if (length > 0 && !imf_clean_entity(in->at + i, length, out, &known))
            return false;
        if (known) {
            i += length;
            continue;
        }
        for (size_t end = i + (length > 0 ? length : 1); i < end; i++)
            if (!imf_points_push(out, in->at[i]))
                return false;
    }
    return true;
}

/* ---- One character for another --------------------------------------------------------------- */

/* The letters of a ligature, or NULL. */
static const int32_t *ligature(int32_t c)
{
    static const struct {
        int32_t c;
        int32_t letters[4]; /* ended by 0 */
    } table[] = {
        {0x132, {'I', 'J'}},        {0x133, {'i', 'j'}},        {0x149, {0x2BC, 'n'}},    {0x1C4, {'D', 0x17D}},
        {0x1C5, {'D', 0x17E}},      {0x1C6, {'d', 0x17E}},      {0x1C7, {'L', 'J'}},      {0x1C8, {'L', 'j'}},
        {0x1C9, {'l', 'j'}},        {0x1CA, {'N', 'J'}},        {0x1CB, {'N', 'j'}},      {0x1CC, {'n', 'j'}},
        {0x1F1, {'D', 'Z'}},        {0x1F2, {'D', 'z'}},        {0x1F3, {'d', 'z'}},      {0xFB00, {'f', 'f'}},
        {0xFB01, {'f', 'i'}},       {0xFB02, {'f', 'l'}},       {0xFB03, {'f', 'f', 'i'}}, {0xFB04, {'f', 'f', 'l'}},
        {0xFB05, {0x17F, 't'}},     {0xFB06, {'s', 't'}}};

    for (size_t i = 0; i < sizeof table / sizeof table[0] && table[i].c <= c; i++)
        if (table[i].c == c)
            return table[i].letters;
    return NULL;
}

/* Straight quotes for curly ones. */
static int32_t uncurl(int32_t c)
{
    if (c >= 0x201C && c <= 0x201F)
        return '"';
    return c == 0x2BC || (c >= 0x2018 && c <= 0x201B) ? '\'' : c;
}

/* Full and half width forms are what compatibility decomposition makes of them. */
static bool push_width(imf_points *out, int32_t c)
{
    int32_t parts[8];
    int boundary = 0;
    utf8proc_ssize_t n = 0;

    if (c == 0x3000)
        return imf_points_push(out, ' ');
    if (c < 0xFF01 || c > 0xFFEF)
        return imf_points_push(out, uncurl(c));
    n = utf8proc_decompose_char(c, parts, 8, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);
    for (utf8proc_ssize_t k = 0; k < n && k < 8; k++)
        if (!imf_points_push(out, uncurl(parts[k])))
            return false;
    return true;
}

/* C1, ligatures, width, quotes and line breaks, in this order for each character: none makes a character that an
 * earlier one would have changed, so one pass does. */
static bool replace_characters(const imf_points *in, imf_points *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        int32_t c = imf_point_windows(in->at[i]);
        const int32_t *letters = ligature(c);
        if (c == '\r' || c == 0x2028 || c == 0x2029) {
            if (c == '\r' && i + 1 < in->n && in->at[i + 1] == '\n')
                i++;
            if (!imf_points_push(out, '\n'))
                return false;
        } else if (letters != NULL) {
            for (; *letters != 0; letters++)
                if (!imf_points_push(out, uncurl(*letters)))
                    return false;
        } else if (!push_width(out, c)) {
            return false;
        }
    }
    return true;
}

/* ---- What is taken out ----------------------------------------------------------------------- */

static bool is_control(int32_t c)
{
    return (c < ' ' && c != '\t' && c != '\n' && c != '\f' && c != '\r') || c == 0x7F || (c >= 0x206A && c <= 0x206F) ||
           c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

/* The length of a terminal's escape sequence ("ESC [ 1 ; 31 m") at `at`, or 0. Digits of any script count. */
static size_t escape_length(const int32_t *at, size_t n)
{
    size_t i = 2;

    if (n < 3 || at[0] != ESCAPE || at[1] != '[')
        return 0;
    while (i < n && (at[i] == ';' || utf8proc_category(at[i]) == UTF8PROC_CATEGORY_ND))
        i++;
    return i < n && is_letter_or_digit(at[i]) && at[i] > '9' ? i + 1 : 0;
}

static bool remove_characters(const imf_points *in, imf_points *out)
{
    out->n = 0;
    for (size_t i = 0; i < in->n;) {
        size_t length = escape_length(in->at + i, in->n - i);
        if (length == 0 && !is_control(in->at[i]) && !imf_points_push(out, in->at[i]))
            return false;
        i += length > 0 ? length : 1;
    }
    return true;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Fixes one segment in place; spare is working memory. */
static bool fix_segment(imf_points *segment, imf_points *spare, imf_points *before, bool entities, size_t *work)
{
    for (;;) {
        before->n = 0;
        for (size_t i = 0; i < segment->n; i++)
            if (!imf_points_push(before, segment->at[i]))
                return false;
        if (entities) {
            if (!unescape(segment, spare))
                return false;
            imf_points_swap(segment, spare);
        }
        if (!replace_characters(segment, spare) || !remove_characters(spare, segment) || !imf_clean_nfc(segment))
            return false;
        *work += before->n;
        if (*work > MAX_WORK || segment->n == 0 ||
            (segment->n == before->n && memcmp(segment->at, before->at, segment->n * sizeof *segment->at) == 0))
            return true;
    }
}

bool imf_clean_ftfy(imf_points *p)
{
    imf_points out = {0}, segment = {0}, spare = {0}, before = {0};
    bool done = false, entities = true;
    size_t work = 0;

    for (size_t i = 0; i < p->n;) {
        segment.n = 0;
        while (i < p->n && segment.n < MAX_SEGMENT) {
            int32_t c = p->at[i++];
            if (c == '<') /* it looks like HTML, where an entity is meant: from here on none is read */
                entities = false;
            if (!imf_points_push(&segment, c))
                goto out;
            if (c == '\n')
                break;
        }
        if (!fix_segment(&segment, &spare, &before, entities, &work))
            goto out;
        for (size_t k = 0; k < segment.n; k++)
            if (!imf_points_push(&out, segment.at[k]))
                goto out;
    }
    imf_points_swap(p, &out);
    done = true;
out:
    imf_points_clear(&out);
    imf_points_clear(&segment);
    imf_points_clear(&spare);
    imf_points_clear(&before);
    return done;
}
