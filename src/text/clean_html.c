/*
 * HTML's character references as Python's html.unescape reads them: numbers with HTML 5's replacements, names with and
 * without a semicolon, and for a name that is none, the longest beginning of it that is one ("&notit;" is "¬it;").
 */
#include "text/clean.h"

#include "base/utf8.h"
#include "text/clean_entities.h"

enum {
    MAX_NAME = 32, /* characters after '&', without the semicolon */
    LAST_POINT = 0x10FFFF,
    REPLACEMENT = 0xFFFD,
    REMOVED = -1
};

int32_t imf_point_windows(int32_t c)
{
    static const uint16_t windows[32] = {
        0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160,
        0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E, 0x178};

    return c >= 0x80 && c <= 0x9F ? windows[c - 0x80] : c;
}

/* What HTML 5 says a number means: bytes of Windows-1252 for 0x80-0x9F, nothing for control characters. */
static int32_t reference_value(int32_t number)
{
    if (number >= 0x80 && number <= 0x9F)
        return imf_point_windows(number);
    if (number == 0 || (number >= 0xD800 && number <= 0xDFFF) || number > LAST_POINT)
        return REPLACEMENT;
    if ((number < ' ' && number != '\t' && number != '\n' && number != '\f' && number != '\r') || number == 0x7F ||
        (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE)
        return REMOVED;
    return number;
}

/* "#123;" or "#x7b" at the '#'. Returns how many points it takes, 0 when it is no number. */
static size_t read_number(const int32_t *at, size_t n, int32_t *value)
{
    bool hex = n > 1 && (at[1] == 'x' || at[1] == 'X');
    int base = hex ? 16 : 10;
    size_t first = hex ? 2 : 1, i = first;
    int32_t number = 0;

    for (; i < n; i++) {
        int digit = imf_hex_digit(at[i]);
        if (digit < 0 || digit >= base)
            break;
        if (number <= LAST_POINT)
            number = number * base + digit;
    }
    if (i == first)
        return 0;
    *value = reference_value(number);
    return i < n && at[i] == ';' ? i + 1 : i;
}

static bool push_utf8(imf_points *out, const char *characters)
{
    size_t i = 0, n = 0;

    while (characters[n] != '\0')
        n++;
    while (i < n) {
        uint32_t c = 0;
        size_t step = imf_utf8_decode(characters + i, n - i, &c);
        if (!imf_points_push(out, (int32_t)c))
            return false;
        i += step > 0 ? step : 1;
    }
    return true;
}

static bool ends_name(int32_t c)
{
    return c == '\t' || c == '\n' || c == '\f' || c == ' ' || c == '<' || c == '&' || c == '#' || c == ';';
}

/* The reference at the first point after '&': pushes what it means, and sets *taken to the points used; 0 for none. */
static bool replace_reference(const int32_t *at, size_t n, imf_points *out, size_t *taken)
{
    char name[MAX_NAME + 1];
    size_t run = 0, ascii = 0, length = 0;
    const char *characters = NULL;
    int32_t value = 0;

    *taken = 0;
    if (n > 0 && at[0] == '#') {
        *taken = read_number(at, n, &value);
        return *taken == 0 || value == REMOVED || imf_points_push(out, value);
    }
    while (run < n && run < MAX_NAME && !ends_name(at[run]))
        run++;
    while (ascii < run && at[ascii] < 0x80) {
        name[ascii] = (char)at[ascii];
        ascii++;
    }
    length = ascii;
    if (run > 0 && ascii == run && run < n && at[run] == ';') {
        name[run] = ';';
        length = run + 1;
    }
    for (; length > 1 && characters == NULL; length--) /* a name has two letters at least */
        characters = imf_entity_find(name, length);
    if (characters == NULL)
        return true;
    *taken = length + 1;
    return push_utf8(out, characters);
}

bool imf_clean_html(imf_points *p)
{
    imf_points out = {0};
    bool done = false, any = false;

    for (size_t i = 0; i < p->n && !any; i++)
        any = p->at[i] == '&';
    if (!any)
        return true;
    for (size_t i = 0; i < p->n;) {
        size_t taken = 0;
        if (p->at[i] == '&') {
            if (!replace_reference(p->at + i + 1, p->n - i - 1, &out, &taken))
                goto out;
            if (taken > 0) {
                i += taken + 1;
                continue;
            }
        }
        if (!imf_points_push(&out, p->at[i++]))
            goto out;
    }
    imf_points_swap(p, &out);
    done = true;
out:
    imf_points_clear(&out);
    return done;
}

bool imf_clean_entity(const int32_t *at, size_t length, imf_points *out, bool *known)
{
    char name[MAX_NAME + 1];
    const char *characters = NULL;
    int32_t value = 0;

    *known = false;
    if (length > 2 && at[1] == '#') {
        /* ftfy wants the semicolon used up; a reference to a semicolon itself looks to it as if it were not */
        if (read_number(at + 1, length - 1, &value) != length - 1 || value == ';')
            return true;
        *known = true;
        return value == REMOVED || imf_points_push(out, value);
    }
    if (length < 2 || length - 1 > MAX_NAME)
        return true;
    for (size_t i = 1; i < length; i++)
        name[i - 1] = (char)at[i];
    characters = imf_entity_find(name, length - 1);
    if (characters == NULL)
        characters = imf_entity_find_capital(name, length - 1);
    if (characters == NULL)
        return true;
    *known = true;
    return push_utf8(out, characters);
}
