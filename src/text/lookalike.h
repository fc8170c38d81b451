/* Letters that look alike in Latin and Cyrillic: a word that was typed with both alphabets gets one
 * (docs/internals/starter.md, Text tower 2). Pure, thread-safe. */
#ifndef IMF_TEXT_LOOKALIKE_H
#define IMF_TEXT_LOOKALIKE_H

#include <stddef.h>

/* word: n bytes of UTF-8, whose characters are a-z, а-я, 0-9. out has room for 2 * n bytes and gets the word in one
 * script, or as it is where that cannot be; returns how many bytes were written. */
size_t imf_text_same_script(const char *word, size_t n, char *out);

#endif
