/*
 * Folding: NFKC by utf8proc, then lower case code point by code point, then ё -> е. It must equal, to the letter, what
 * the starter was trained on (docs/internals/starter.md, Text tower 1; in Python: NFKC, then the first character of
 * each character's lower()), because the folded letters are hashed. utf8proc's simple lower case is that first
 * character; tests/golden/text/fold.txt holds Python's answer for every code point that matters.
 *
 * Characters that are no letters of ours (a soft hyphen, an emoji) stay: words.c ends a word at them.
 */
#include "text/fold.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
    MAX_TEXT = 4096, /* bytes */
    YO = 0x451,
    YE = 0x435
};

int imf_text_fold(const char *text, char **out, imf_err *err)
{
    static const utf8proc_option_t nfkc = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    int rc = IMF_OK;
    size_t n = strnlen(text, MAX_TEXT + 1), len = 0;
    utf8proc_int32_t *points = NULL;
    utf8proc_ssize_t count = 0, composed = 0;
    char *folded = NULL;

    *out = NULL;
    if (n > MAX_TEXT)
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_LONG, MAX_TEXT);
    if (!imf_utf8_valid(text, n))
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_NOT_UTF8);
    /* The decomposition's length first. The longest is 18 code points for one, so it is small. */
    count = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, NULL, 0, nfkc);
    if (count < 0)
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_NOT_UTF8);
    points = imf_alloc_array((size_t)count + 1, sizeof *points);
    folded = imf_alloc_array((size_t)count + 1, 4); /* 4 bytes for each code point are enough */
    if (points == NULL || folded == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
        goto out;
    }
    count = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, points, count, nfkc);
    composed = count < 0 ? count : utf8proc_normalize_utf32(points, count, nfkc);
    if (composed < 0) {
        rc = imf_fail(err, IMF_EUSAGE, MSG_TEXT_NOT_UTF8);
        goto out;
    }
    for (utf8proc_ssize_t i = 0; i < composed; i++) {
        utf8proc_int32_t c = utf8proc_tolower(points[i]);
        len += (size_t)utf8proc_encode_char(c == YO ? YE : c, (utf8proc_uint8_t *)folded + len);
    }
    folded[len] = '\0';
    *out = folded;
    folded = NULL;
out:
    imf_free(points);
    imf_free(folded);
    return rc;
}

bool imf_text_blank(const char *text)
{
    size_t n = strlen(text), i = 0;

    while (i < n) {
        uint32_t c = 0;
        size_t step = imf_utf8_decode(text + i, n - i, &c);
        utf8proc_category_t category = UTF8PROC_CATEGORY_CN;
        if (step == 0)
            return false; /* broken UTF-8 is not blank: the fold says what is wrong */
        category = utf8proc_category((utf8proc_int32_t)c);
        if (!(c >= '\t' && c <= '\r') && c != 0x85 && category != UTF8PROC_CATEGORY_ZS &&
            category != UTF8PROC_CATEGORY_ZL &&
            category != UTF8PROC_CATEGORY_ZP)
            return false;
        i += step;
    }
    return true;
}
