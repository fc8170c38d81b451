/*
 * Fuzz target of the byte pairs' files. The first byte says which: 'v' vocab.json, a NUL, merges.txt;
 * 'j' tokenizer.json; 'o' OpenAI's text, packed or not. Whatever the bytes are: a refusal is IMF_EINPUT with one line,
 * and what is accepted encodes into ids below its size.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() also without the sanitizers: a broken promise fails the replay. */
static void demand(int promise)
{
    if (!promise)
        abort();
}

static int parse(imf_tokenizer **t, const uint8_t *data, size_t size, imf_cleaning cleaning, imf_err *err)
{
    const uint8_t *end = NULL;
    size_t n = 0;

    if (size == 0 || data[0] == 'j')
        return imf_tokenizer_parse_bpe_json(t, size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0, "fuzz", cleaning,
                                            err);
    if (data[0] == 'o')
        return imf_tokenizer_parse_bpe_openai(t, data + 1, size - 1, "fuzz", err);
    end = memchr(data + 1, '\0', size - 1);
    n = end != NULL ? (size_t)(end - data) - 1 : size - 1;
    return imf_tokenizer_parse_bpe_vocab(t, data + 1, n, "fuzz", data + 1 + n + (end != NULL),
                                         size - 1 - n - (end != NULL), "fuzz", cleaning, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {"", "a lower newer widest ab abab 12 don't кошка 👍🏽 &amp; <|endoftext|>",
                                        "aaaaaaaaab"};

    for (int cleaning = IMF_CLEANING_FAST; cleaning <= IMF_CLEANING_OPENAI; cleaning++) {
        imf_tokenizer *t = NULL;
        imf_err err = {0};
        imf_ids ids = {0};
        int rc = parse(&t, data, size, (imf_cleaning)cleaning, &err);
        if (rc != IMF_OK) {
            demand(rc == IMF_EINPUT && t == NULL && err.code == rc && err.msg[0] != '\0');
            demand(strchr(err.msg, '\n') == NULL && strstr(err.msg, "fuzz") != NULL);
            continue;
        }
        demand(t != NULL && err.code == IMF_OK);
        demand(imf_tokenizer_start(t) >= 0 && imf_tokenizer_start(t) < imf_tokenizer_size(t));
        demand(imf_tokenizer_end(t) >= 0 && imf_tokenizer_end(t) < imf_tokenizer_size(t));
        demand(imf_tokenizer_unknown(t) < imf_tokenizer_size(t));
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            demand(imf_tokenizer_encode(t, texts[i], &ids, &err) == IMF_OK);
            for (size_t k = 0; k < ids.n; k++)
                demand(ids.at[k] >= 0 && ids.at[k] < imf_tokenizer_size(t));
        }
        imf_ids_clear(&ids);
        imf_tokenizer_close(&t);
        demand(t == NULL);
    }
    return 0;
}
