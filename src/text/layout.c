/*
 * The other keyboard layout. The keys are swapped first, and then both readings are judged by the letters that follow
 * each other: a reading's cost is what its pairs of letters cost, the edges of words being letters too, and a fee for
 * every three that no name of the lexicon has; per pair, so that long texts and short ones compare.
 *
 * A mistake here takes away the words that somebody typed, so a swap must pass all of these:
 * - the text is of one script and of keys that both layouts have; no digit;
 * - it is dear as typed, cheap when swapped, and the difference is large;
 * - no word of three letters or more is cheaper as typed: "nvidia rjirf" stays;
 * - no word of four letters or more is a known abbreviation: "cctv", «гибдд»;
 * - without a word of four letters there is too little to judge by, and abbreviations (bmw, «впн») look like nothing at
 *   all: then every word of three must be one that the lexicon knows when swapped, and none as typed.
 */
#include "text/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/language.h"
#include "text/layout_table.h"

enum { /* costs are in eighths of a nat for a pair */
    MAX_TEXT = 4096,  /* bytes; nobody types more */
    UNMET = 24,       /* the fee for three letters never met in a row */
    DEAR = 28,        /* a text below it may well be meant */
    CHEAP = 31,       /* a swapped text above it is no word either */
    CLEARLY = 10,     /* the least difference */
    SIGN = 56,        /* of a sign right before a letter, where the other layout may have a letter: `krf for «ёлка» */
    ENOUGH = 4,       /* letters of a word that can be judged by its letters alone */
    SHORT = 3,
    LONGEST = 8       /* letters of a known word */
};

typedef struct alphabet {
    uint32_t first; /* its first letter */
    size_t n;       /* letters, and the edge of a word */
    const char *pairs, *triples, *known_words;
} alphabet;

static const alphabet english = {'a', 27, english_pairs, english_triples, english_known_words};
static const alphabet russian = {0x430, 33, russian_pairs, russian_triples, russian_known_words};

/* What a text, or a word of it, costs. */
typedef struct cost {
    long sum, pairs;
    size_t longest;       /* letters of the longest word */
    bool known, unknown;  /* of the words of three letters: one is in the lexicon, one is not */
    bool abbreviation;    /* a longer one is known */
} cost;

/* ---- Keys -------------------------------------------------------------------------------------- */

/* The same keys in both layouts, in the same order; \ / | are on one key more. What gives the same character in both
 * is in `same`. */
static const char latin_keys[] = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>\?@#$^&|";
static const char cyrillic_keys[] =
    "ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,\"№;:\?/";
static const char same[] = " -=\\!%*()_+";

/* Where the character of n bytes stands in a row of keys, counted in characters; -1: nowhere. */
static int key_place(const char *keys, const char *s, size_t n)
{
    int place = 0;

    for (size_t step; *keys != '\0'; keys += step, place++) {
        uint32_t c = 0;
        step = imf_utf8_decode(keys, strlen(keys), &c);
        if (step == n && memcmp(keys, s, n) == 0)
            return place;
    }
    return -1;
}

/* The text of the keys of `text` in the other layout. false: one is not on both. out has room for two bytes and a bit
 * for each of text. */
static bool swap_keys(const char *text, const char *from, const char *to, char *out)
{
    for (size_t step; *text != '\0'; text += step) {
        uint32_t c = 0;
        step = imf_utf8_decode(text, strlen(text), &c);
        if (step == 1 && strchr(same, *text) != NULL) {
            *out++ = *text;
            continue;
        }
        int place = key_place(from, text, step);
        if (place < 0)
            return false;
        const char *key = to;
        while (place-- > 0)
            key += imf_utf8_decode(key, strlen(key), &c);
        size_t n = imf_utf8_decode(key, strlen(key), &c);
        memcpy(out, key, n);
        out += n;
    }
    *out = '\0';
    return true;
}

/* ---- Letters ----------------------------------------------------------------------------------- */

/* The number of a letter in the alphabet, capital or not; 0: none of it. */
static size_t letter(const alphabet *a, uint32_t c)
{
    if (c == 0x401 || c == 0x451) /* Ё, ё */
        c = 0x435;
    if ((c >= 'A' && c <= 'Z') || (c >= 0x410 && c <= 0x42f))
        c += 32; /* so far apart in both */
    return c >= a->first && c - a->first < a->n - 1 ? c - a->first + 1 : 0;
}

static int number(char c)
{
    return c - '#';
}

/* Adds the cost of letter c after b, before which there was a. */
static void add_letter(const alphabet *alpha, size_t a, size_t b, size_t c, cost *sum)
{
    size_t pair = b * alpha->n + c, triple = (a * alpha->n + b) * alpha->n + c;

    sum->sum += number(alpha->pairs[pair]);
    sum->pairs++;
    if (b != 0 && (number(alpha->triples[triple / 6]) >> (triple % 6) & 1) == 0)
        sum->sum += UNMET;
}

static bool is_known_word(const alphabet *alpha, const size_t letters[LONGEST], size_t n)
{
    const char *s = alpha->known_words;
    size_t left = strlen(s), k = 0; /* letters of the table's word that agree; over LONGEST: one did not */
    uint32_t c = 0;

    for (size_t step; left > 0 && (step = imf_utf8_decode(s, left, &c)) > 0; s += step, left -= step) {
        if (c == ' ' && k == n)
            return true;
        k = c == ' ' ? 0 : k < n && letters[k] == letter(alpha, c) ? k + 1 : LONGEST + 1;
    }
    return false;
}

/* What a word says besides its cost. */
static void end_word(const alphabet *alpha, const size_t letters[LONGEST], size_t n, cost *sum)
{
    bool known = n >= SHORT && n <= LONGEST && is_known_word(alpha, letters, n);

    if (n == SHORT && known)
        sum->known = true;
    else if (n == SHORT)
        sum->unknown = true;
    else if (known)
        sum->abbreviation = true;
    if (n > sum->longest)
        sum->longest = n;
}

/* The cost of s[0..n), which has no space: usually one word, but an apostrophe or a hyphen is an edge too. */
static cost word_cost(const alphabet *alpha, const char *s, size_t n)
{
    static const char signs[] = "`[];,.~{}:<>";
    cost sum = {0};
    size_t word[LONGEST] = {0}, length = 0, before = 0, last = 0, i = 0;
    bool after_sign = false;

    for (bool more = true; more;) {
        uint32_t c = ' '; /* the end is an edge */
        more = i < n;
        if (more)
            i += imf_utf8_decode(s + i, n - i, &c);
        size_t this = letter(alpha, c);
        if (this != 0 && after_sign) {
            sum.sum += SIGN;
            sum.pairs++;
        }
        after_sign = c < 128 && strchr(signs, (int)c) != NULL;
        if (this != 0 || last != 0)
            add_letter(alpha, before, last, this, &sum);
        if (this != 0) {
            if (length < LONGEST)
                word[length] = this;
            length++;
        } else {
            end_word(alpha, word, length, &sum);
            length = 0;
        }
        before = this != 0 ? last : 0;
        last = this;
    }
    return sum;
}

static void add(cost *to, const cost *one)
{
    to->sum += one->sum;
    to->pairs += one->pairs;
    to->longest = one->longest > to->longest ? one->longest : to->longest;
    to->known = to->known || one->known;
    to->unknown = to->unknown || one->unknown;
}

/* Whether a costs more than b by at least `by` for each pair. Something without letters costs no less than anything. */
static bool dearer(const cost *a, const cost *b, long by)
{
    return a->pairs == 0 || (b->pairs > 0 && a->sum * b->pairs >= (b->sum + by * b->pairs) * a->pairs);
}

/* Both texts have the same spaces, and so the same number of words. */
static bool meant_other(const char *text, const alphabet *typed, const char *swapped, const alphabet *other)
{
    cost as_typed = {0}, as_swapped = {0};

    while (*text != '\0') {
        size_t n = strcspn(text, " "), m = strcspn(swapped, " ");
        cost a = word_cost(typed, text, n), b = word_cost(other, swapped, m);
        bool is_short = b.longest == SHORT && b.known && !a.known;
        if (a.abbreviation || (b.longest >= SHORT && !is_short && !dearer(&a, &b, 0)))
            return false;
        add(&as_typed, &a);
        add(&as_swapped, &b);
        text += n + (text[n] == ' ');
        swapped += m + (swapped[m] == ' ');
    }
    if (as_swapped.longest < ENOUGH)
        return as_swapped.known && !as_swapped.unknown && !as_typed.known && as_typed.longest < ENOUGH;
    return as_typed.sum >= DEAR * as_typed.pairs && as_swapped.sum <= CHEAP * as_swapped.pairs &&
           dearer(&as_typed, &as_swapped, CLEARLY);
}

int imf_text_other_layout(const char *text, char **out, imf_err *err)
{
    size_t n = strnlen(text, MAX_TEXT + 1);

    *out = NULL;
    if (n > MAX_TEXT)
        return IMF_OK;
    if (!imf_utf8_valid(text, n))
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_NOT_UTF8);
    const char *language = imf_text_language(text);
    bool cyrillic = strcmp(language, "ru") == 0;
    if (!cyrillic && strcmp(language, "en") != 0)
        return IMF_OK;
    char *swapped = imf_alloc(3 * n + 1); /* № is the longest: three bytes for the one of # */
    if (swapped == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
    if (cyrillic ? swap_keys(text, cyrillic_keys, latin_keys, swapped) &&
                       meant_other(text, &russian, swapped, &english)
                 : swap_keys(text, latin_keys, cyrillic_keys, swapped) &&
                       meant_other(text, &english, swapped, &russian))
        *out = swapped;
    else
        imf_free(swapped);
    return IMF_OK;
}
