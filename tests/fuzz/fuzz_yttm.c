/*
 * Fuzz target of YouTokenToMe's file. Whatever the bytes are: a refusal is IMF_EINPUT with one line, and what is
 * accepted encodes into ids below its size.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = {"", "  abc ab кот КОТ\xe2\x96\x81x\n123 123", "aaaaaaaaaaaaaabababab"};
    imf_tokenizer *t = NULL;
    imf_err err = {0};
    imf_ids ids = {0};
    int rc = imf_tokenizer_parse_yttm(&t, data, size, "fuzz", size % 2 == 0, &err);

    if (rc != IMF_OK) {
        demand(rc == IMF_EINPUT && t == NULL && err.code == rc && err.msg[0] != '\0');
        demand(strchr(err.msg, '\n') == NULL && strstr(err.msg, "fuzz") != NULL);
        return 0;
    }
    demand(t != NULL && err.code == IMF_OK);
    demand(imf_tokenizer_unknown(t) >= 0 && imf_tokenizer_unknown(t) < imf_tokenizer_size(t));
    demand(imf_tokenizer_start(t) < imf_tokenizer_size(t) && imf_tokenizer_end(t) < imf_tokenizer_size(t));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        demand(imf_tokenizer_encode(t, texts[i], &ids, &err) == IMF_OK);
        for (size_t k = 0; k < ids.n; k++)
            demand(ids.at[k] >= 0 && ids.at[k] < imf_tokenizer_size(t));
    }
    imf_ids_clear(&ids);
    imf_tokenizer_close(&t);
    demand(t == NULL);
    return 0;
}
