/* Hex and base64. */
#include "base/utf8.h"
#include "finder/finder.h"

void imf_hex(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

bool imf_unhex(const char *hex, uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = imf_hex_digit(hex[2 * i]), low = high < 0 ? -1 : imf_hex_digit(hex[2 * i + 1]);
        if (low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return hex[2 * n] == '\0';
}

char *imf_base64(const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *b = bytes;
    size_t groups = n / 3 + (n % 3 != 0), size;
    if (!imf_mul_size(groups, 4, &size) || !imf_add_size(size, 1, &size))
        return NULL;
    char *out = imf_alloc(size);
    if (!out)
        return NULL;
    for (size_t g = 0; g < groups; g++) {
        size_t i = 3 * g, left = n - i;
        uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0u);
        out[4 * g] = digits[v >> 18];
        out[4 * g + 1] = digits[v >> 12 & 63];
        out[4 * g + 2] = left > 1 ? digits[v >> 6 & 63] : '=';
        out[4 * g + 3] = left > 2 ? digits[v & 63] : '=';
    }
    out[4 * groups] = '\0';
    return out;
}
