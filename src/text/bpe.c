/*
 * Encoding by CLIP's byte pairs: clean, cut as CLIP's regular expression does, spell each part in bytes, merge.
 *
 * The expression is  's|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+  from left to right, the first alternative
 * that fits. In the originals the marks "<|startoftext|>" and "<|endoftext|>" are alternatives of their own; here they
 * are not, and fall apart into "<|", "endoftext" and "|>": a query can neither be cut nor opened anew by its own words.
 */
#include "text/bpe.h"

#include <utf8proc.h>

/* Two curiosities of Python's `regex` module, whose expression ignores case (transformers' does not). */
enum {
    LONG_S = 0x17F,       /* an "s" to it, and lower case already */
    YPOGEGRAMMENI = 0x345 /* a mark that no alternative takes, since the letter iota is its other case: it is skipped */
};

static imf_point_class class_of(int32_t c, bool ignore_case)
{
    return c == YPOGEGRAMMENI && ignore_case ? IMF_POINT_SPACE : imf_point_class_of(c);
}

/* The length of a contraction at `at` ("'s", "'re"), or 0. The text is in lower case. */
static size_t contraction(const int32_t *at, size_t n, bool ignore_case)
{
    static const char two[] = "stmd"; /* after the apostrophe */

    if (n < 2 || at[0] != '\'')
        return 0;
    for (const char *c = two; *c != '\0'; c++)
        if (at[1] == *c)
            return 2;
    if (at[1] == LONG_S && ignore_case)
        return 2;
    if (n > 2 && ((at[1] == 'r' && at[2] == 'e') || (at[1] == 'v' && at[2] == 'e') || (at[1] == 'l' && at[2] == 'l')))
        return 3;
    return 0;
}

/* The length of the part that begins at `at`, which is no space. */
static size_t part_length(const int32_t *at, size_t n, bool ignore_case)
{
    size_t length = contraction(at, n, ignore_case);
    imf_point_class class = class_of(at[0], ignore_case);

    if (length > 0)
        return length;
    length = 1;
    if (class != IMF_POINT_NUMBER)
        while (length < n && class_of(at[length], ignore_case) == class)
            length++;
    return length;
}

/* Ids of the merged part in *word. Bytes that are no piece are the unknown piece, or nothing where there is none. */
static bool encode_part(const imf_tokenizer *t, const int32_t *at, size_t n, imf_word *word, imf_ids *ids)
{
    word->n = 0;
    for (size_t i = 0; i < n; i++) {
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t length = utf8proc_encode_char(at[i], bytes);
        for (utf8proc_ssize_t k = 0; k < length; k++) {
            int32_t id = t->byte_id[i + 1 == n && k + 1 == length][bytes[k]];
            if (id < 0)
                id = t->unknown;
            if (id >= 0 && !imf_word_push(word, (uint32_t)id))
                return false;
        }
    }
    if (word->n == 0)
        return true;
    if (!imf_word_merge(word, &t->merges, t->rounds))
        return false;
    for (uint32_t i = 0; i != IMF_NO_SYMBOL; i = word->at[i].next)
        if (!imf_ids_push(ids, (int32_t)word->at[i].id))
            return false;
    return true;
}

bool imf_bpe_encode(const imf_tokenizer *t, imf_points *text, imf_word *word, imf_ids *ids)
{
    bool fast = t->cleaning == IMF_CLEANING_FAST;
    size_t i = 0;

    /* The originals also turn runs of white space into one blank and strip the ends; no part holds white space, so
     * nothing comes of it. */
    if (fast ? !imf_clean_nfc(text) : !imf_clean_ftfy(text) || !imf_clean_html(text) || !imf_clean_html(text))
        return false;
    if (!imf_clean_lower(text, !fast))
        return false;
    while (i < text->n) {
        size_t length = 1;
        if (class_of(text->at[i], !fast) != IMF_POINT_SPACE) {
            length = part_length(text->at + i, text->n - i, !fast);
            if (!encode_part(t, text->at + i, length, word, ids))
                return false;
        }
        i += length;
    }
    return true;
}
