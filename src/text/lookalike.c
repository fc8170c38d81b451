/*
 * One script for a word that mixes two. "рaз" with a Latin a looks right and comes easily, from a keyboard in the other
 * layout or from paper read by a machine, and would be a word that the model never saw. Only letters that a reader
 * cannot tell apart are changed: towards the one alphabet that this makes possible, or, where both are, towards the one
 * that has more letters in the word; a word with other letters
 * of both alphabets ("usbкабель") stays as it is.
 */
#include "text/lookalike.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static const char latin[] = "aceopxykmhtb";
/*                                    а      с      е      о      р      х      у      к      м      н      т      в */
static const uint16_t cyrillic[] = {0x430, 0x441, 0x435, 0x43e, 0x440, 0x445, 0x443, 0x43a, 0x43c, 0x43d, 0x442, 0x432};

static bool is_latin(uint32_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_cyrillic(uint32_t c)
{
    return c >= 0x430 && c <= 0x44f;
}

/* The letter of the other alphabet that looks like c; 0: there is none. */
static uint32_t twin(uint32_t c)
{
    for (size_t i = 0; i < sizeof cyrillic / sizeof cyrillic[0]; i++) {
        if (c == (uint32_t)latin[i])
            return cyrillic[i];
        if (c == cyrillic[i])
            return (uint32_t)latin[i];
    }
    return 0;
}

size_t imf_text_same_script(const char *word, size_t n, char *out)
{
    size_t n_latin = 0, n_cyrillic = 0, bytes = 0;
    bool latin_alike = true, cyrillic_alike = true;
    uint32_t c = 0;

    for (size_t i = 0, step = 0; i < n && (step = imf_utf8_decode(word + i, n - i, &c)) > 0; i += step) {
        n_latin += is_latin(c);
        n_cyrillic += is_cyrillic(c);
        latin_alike = latin_alike && (!is_latin(c) || twin(c) != 0);
        cyrillic_alike = cyrillic_alike && (!is_cyrillic(c) || twin(c) != 0);
    }
    bool to_cyrillic = latin_alike && (n_cyrillic >= n_latin || !cyrillic_alike);
    if (n_latin == 0 || n_cyrillic == 0 || (!to_cyrillic && !cyrillic_alike)) {
        memcpy(out, word, n);
        return n;
    }
    for (size_t i = 0, step = 0; i < n && (step = imf_utf8_decode(word + i, n - i, &c)) > 0; i += step) {
        if (to_cyrillic ? is_latin(c) : is_cyrillic(c))
            c = twin(c);
        if (c < 0x80) {
            out[bytes++] = (char)c;
        } else { /* two bytes: nothing higher than Cyrillic comes here */
            out[bytes++] = (char)(0xc0 | c >> 6);
            out[bytes++] = (char)(0x80 | (c & 63));
        }
    }
    return bytes;
}
