/* UTF-8 checking and making foreign bytes harmless. See utf8.h. */
#include "base/utf8.h"

#include <string.h>

size_t imf_utf8_decode(const char *s, size_t n, uint32_t *cp)
{
    if (n == 0)
        return 0;
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) {
        *cp = u[0];
        return 1;
    }
    size_t len = u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : 2;
    if (u[0] < 0xC2 || u[0] > 0xF4 || n < len)
        return 0;
    uint32_t v = u[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return 0;
        v = v << 6 | (u[i] & 0x3Fu);
    }
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (v < smallest[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 0;
    *cp = v;
    return len;
}

bool imf_utf8_valid(const char *s, size_t n)
{
    uint32_t cp;
    for (size_t i = 0, len; i < n; i += len)
        if ((len = imf_utf8_decode(s + i, n - i, &cp)) == 0)
            return false;
    return true;
}

/* C0 and C1 controls, and the marks that turn the direction of a line round: a file name must not be able to paint
 * the terminal. */
static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029 || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069);
}

size_t imf_utf8_sanitise(char *out, size_t size, const char *s)
{
    size_t n = strlen(s), used = 0;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < n;) {
        uint32_t cp = 0;
        const char *piece = s + i;
        size_t len = imf_utf8_decode(piece, n - i, &cp), put = len;
        if (len == 0) {
            piece = "\xEF\xBF\xBD";
            put = 3;
            len = 1;
        } else if (is_control(cp)) {
            piece = "?";
            put = 1;
        }
        if (used + put >= size)
            break;
        memcpy(out + used, piece, put);
        used += put;
        i += len;
    }
    out[used] = '\0';
    return used;
}

int imf_hex_digit(int32_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
