/* UTF-8: checking, walking, and making foreign bytes harmless for a terminal. Pure functions. */
#ifndef IMF_BASE_UTF8_H
#define IMF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point from s[0..n). Returns its length in bytes, or 0 when the bytes are not valid UTF-8
 * (surrogates, overlong forms). */
size_t imf_utf8_decode(const char *s, size_t n, uint32_t *cp);

/* The value of a hexadecimal digit in either case, or -1. */
int imf_hex_digit(int32_t c);

bool imf_utf8_valid(const char *s, size_t n);

/* Copies s into out (size bytes with the NUL): broken bytes become U+FFFD, control characters '?'; cut at a
 * character's edge. Returns the length. */
size_t imf_utf8_sanitise(char *out, size_t size, const char *s);

#endif
