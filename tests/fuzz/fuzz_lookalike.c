/* Fuzz target of words that mix two scripts (text/lookalike.h): each byte chooses a letter or a digit. What comes out
 * is UTF-8 of at most twice the length, has as many characters, and changes no more when it is put in one script
 * again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/lookalike.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() also without the sanitizers: a broken promise fails the replay. */
static void demand(int promise)
{
    if (!promise)
        abort();
}

/* а-я, a-z, 0-9 */
static size_t put_letter(char *out, unsigned letter)
{
    if (letter >= 32) {
        out[0] = (char)(letter < 58 ? 'a' + letter - 32 : '0' + letter - 58);
        return 1;
    }
    out[0] = (char)(letter < 16 ? 0xd0 : 0xd1);
    out[1] = (char)(letter < 16 ? 0xb0 + letter : 0x70 + letter);
    return 2;
}

static size_t characters(const char *s, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((uint8_t)s[i] & 0xc0) != 0x80;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* exactly the room that is promised to be enough, so that the sanitizers see a byte more */
    char *word = malloc(2 * size + 1);
    size_t n = 0;

    demand(word != NULL);
    for (size_t i = 0; i < size; i++)
        n += put_letter(word + n, data[i] % 68);
    char *once = malloc(2 * n + 1), *twice = malloc(4 * n + 1);
    demand(once != NULL && twice != NULL);
    size_t m = imf_text_same_script(word, n, once);
    demand(m <= 2 * n && imf_utf8_valid(once, m) && characters(once, m) == characters(word, n));
    demand(imf_text_same_script(once, m, twice) == m && memcmp(once, twice, m) == 0);
    free(twice);
    free(once);
    free(word);
    return 0;
}
