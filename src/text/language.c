/* Language by script: a table of the blocks that hold Cyrillic and Latin letters. Digits, punctuation and other scripts
 * say nothing. */
#include "text/language.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

typedef struct range {
    uint32_t first, last;
    bool cyrillic; /* else Latin */
} range;

static const range letters[] = {
    {'A', 'Z', false},         {'a', 'z', false},         {0xaa, 0xaa, false},
    /* without the signs of multiplication and division */
    {0xba, 0xba, false},       {0xc0, 0xd6, false},       {0xd8, 0xf6, false},
    /* without the Cyrillic numeral signs and marks */
    {0xf8, 0x24f, false},      {0x400, 0x481, true},      {0x48a, 0x52f, true},
    {0x1c80, 0x1c8f, true},    {0x1d2b, 0x1d2b, true},    {0x1e00, 0x1eff, false},
    {0x2c60, 0x2c7f, false},   {0xa640, 0xa66e, true},    {0xa680, 0xa69d, true},
    {0xfb00, 0xfb06, false},   {0xff21, 0xff3a, false},   {0xff41, 0xff5a, false},   /* ligatures, full width */
};

const char *imf_text_language(const char *text)
{
    bool cyrillic = false, latin = false;
    size_t n = strlen(text), i = 0;

    while (i < n) {
        uint32_t c = 0;
        size_t step = imf_utf8_decode(text + i, n - i, &c);
        for (size_t k = 0; step > 0 && k < sizeof letters / sizeof letters[0]; k++) {
            if (c >= letters[k].first && c <= letters[k].last) {
                cyrillic = cyrillic || letters[k].cyrillic;
                latin = latin || !letters[k].cyrillic;
            }
        }
        i += step > 0 ? step : 1; /* past a broken byte */
    }
    if (cyrillic && latin)
        return "mixed";
    return cyrillic ? "ru" : latin ? "en" : "other";
}
