/*
 * Code points, their classes, normalisation form C and lower case.
 *
 * Here because the library's own ways will not do: utf8proc sorts marks by exchanging neighbours, which is quadratic in
 * a text of marks, and its lower case knows neither the final sigma nor the two characters of İ.
 */
#include "text/clean.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
    MAX_DECOMPOSED = 32, /* of one code point; the longest is 18 */
    CAPITAL_SIGMA = 0x3A3,
    FINAL_SIGMA = 0x3C2,
    CAPITAL_I_DOT = 0x130,
    DOT_ABOVE = 0x307
};

bool imf_points_push(imf_points *p, int32_t c)
{
    if (p->n == p->cap && !imf_grow((void **)&p->at, p->n, &p->cap, sizeof *p->at))
        return false;
    p->at[p->n++] = c;
    return true;
}

bool imf_points_read(imf_points *p, const char *text, size_t n)
{
    size_t i = 0;

    p->n = 0;
    while (i < n) {
        uint32_t c = 0;
        size_t step = imf_utf8_decode(text + i, n - i, &c);
        if (!imf_points_push(p, (int32_t)c))
            return false;
        i += step > 0 ? step : 1;
    }
    return true;
}

void imf_points_swap(imf_points *a, imf_points *b)
{
    imf_points c = *a;

    *a = *b;
    *b = c;
}

void imf_points_clear(imf_points *p)
{
    imf_free(p->at);
    memset(p, 0, sizeof *p);
}

imf_point_class imf_point_class_of(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return IMF_POINT_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return IMF_POINT_NUMBER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return IMF_POINT_SPACE;
    default:
        return (c >= '\t' && c <= '\r') || c == 0x85 ? IMF_POINT_SPACE : IMF_POINT_OTHER;
    }
}

/* ---- Normalisation form C -------------------------------------------------------------------- */

static int combining_class(int32_t c)
{
    return utf8proc_get_property(c)->combining_class;
}

/* Marks after a letter, by class; equal classes keep their order, so each is sorted with its place. */
typedef struct mark {
    int32_t c;
    int order;
    size_t place;
} mark;

static int compare_marks(const void *a, const void *b)
{
    const mark *x = a, *y = b;

    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static bool sort_marks(int32_t *at, size_t n)
{
    mark *marks = imf_alloc_array(n, sizeof *marks);

    if (marks == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        marks[i] = (mark){at[i], combining_class(at[i]), i};
    qsort(marks, n, sizeof *marks, compare_marks);
    for (size_t i = 0; i < n; i++)
        at[i] = marks[i].c;
    imf_free(marks);
    return true;
}

static bool order_marks(imf_points *p)
{
    size_t i = 0;

    while (i < p->n) {
        size_t end = i;
        bool ordered = true;
        for (; end < p->n && combining_class(p->at[end]) != 0; end++)
            ordered = ordered && (end == i || combining_class(p->at[end - 1]) <= combining_class(p->at[end]));
        if (!ordered && !sort_marks(p->at + i, end - i))
            return false;
        i = end + (end == i);
    }
    return true;
}

bool imf_clean_nfc(imf_points *p)
{
    imf_points out = {0};
    bool done = false;
    utf8proc_ssize_t n = 0;
    size_t i = 0;

    while (i < p->n && p->at[i] < 0x300) /* form C already: no marks, and nothing that is written otherwise in it */
        i++;
    if (i == p->n)
        return true;
    for (i = 0; i < p->n; i++) {
        int32_t parts[MAX_DECOMPOSED];
        int boundary = 0;
        n = utf8proc_decompose_char(p->at[i], parts, MAX_DECOMPOSED, UTF8PROC_DECOMPOSE, &boundary);
        for (utf8proc_ssize_t k = 0; k < n && k < MAX_DECOMPOSED; k++)
            if (!imf_points_push(&out, parts[k]))
                goto out;
    }
    if (!order_marks(&out))
        goto out;
    n = utf8proc_normalize_utf32(out.at, (utf8proc_ssize_t)out.n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    out.n = n > 0 ? (size_t)n : 0;
    imf_points_swap(p, &out);
    done = true;
out:
    imf_points_clear(&out);
    return done;
}

/* ---- Lower case ------------------------------------------------------------------------------ */

/* Is c in one of the ranges, ordered first to last? */
static bool in_ranges(int32_t c, const int32_t (*ranges)[2], size_t n)
{
    for (size_t i = 0; i < n && c >= ranges[i][0]; i++)
        if (c <= ranges[i][1])
            return true;
    return false;
}

bool imf_point_cased(int32_t c)
{
    /* Other_Lowercase and Other_Uppercase, as far as they are not ignorable */
    static const int32_t more[][2] = {{0xAA, 0xAA}, {0xBA, 0xBA}, {0x2160, 0x217F}, {0x24B6, 0x24E9},
                                      {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};

    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return true;
    default:
        return in_ranges(c, more, sizeof more / sizeof more[0]);
    }
}

bool imf_point_ignorable(int32_t c)
{
    /* Word_Break = MidLetter, MidNumLet, Single_Quote */
    static const int32_t more[][2] = {{0x27, 0x27}, {0x2E, 0x2E}, {0x3A, 0x3A}, {0xB7, 0xB7}, {0x387, 0x387},
                                      {0x55F, 0x55F}, {0x5F4, 0x5F4}, {0x2018, 0x2019}, {0x2024, 0x2024},
                                      {0x2027, 0x2027}, {0xFE13, 0xFE13}, {0xFE52, 0xFE52}, {0xFE55, 0xFE55},
                                      {0xFF07, 0xFF07}, {0xFF0E, 0xFF0E}, {0xFF1A, 0xFF1A}};

    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return true;
    default:
        return in_ranges(c, more, sizeof more / sizeof more[0]);
    }
}

/* A sigma is final when a letter with a case stands before it and none after it, whatever may be ignored between. */
static bool is_final(const imf_points *p, size_t i)
{
    size_t before = i, after = i + 1;

    while (before > 0 && imf_point_ignorable(p->at[before - 1]))
        before--;
    while (after < p->n && imf_point_ignorable(p->at[after]))
        after++;
    return before > 0 && imf_point_cased(p->at[before - 1]) && (after == p->n || !imf_point_cased(p->at[after]));
}

bool imf_clean_lower(imf_points *p, bool final_sigma)
{
    imf_points out = {0};

    for (size_t i = 0; i < p->n; i++) {
        int32_t c = p->at[i];
        bool pushed = false;
        if (c == CAPITAL_I_DOT)
            pushed = imf_points_push(&out, 'i') && imf_points_push(&out, DOT_ABOVE);
        else if (c == CAPITAL_SIGMA && final_sigma && is_final(p, i))
            pushed = imf_points_push(&out, FINAL_SIGMA);
        else
            pushed = imf_points_push(&out, utf8proc_tolower(c));
        if (!pushed) {
            imf_points_clear(&out);
            return false;
        }
    }
    imf_points_swap(p, &out);
    imf_points_clear(&out);
    return true;
}
