/*
 * Fuzz target of the texts that tokenizers read: cleaning, cutting, merging. The bytes are a text, up to the first NUL.
 * It is refused when it is not UTF-8; else it encodes into ids below the size, none of which is a mark.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() also without the sanitizers: a broken promise fails the replay. */
static void demand(int promise)
{
    if (!promise)
        abort();
}

static void try_text(const imf_tokenizer *t, const char *text)
{
    imf_ids ids = {0};
    imf_err err = {0};
    int rc = imf_tokenizer_encode(t, text, &ids, &err);

    demand(rc == (imf_utf8_valid(text, strlen(text)) ? IMF_OK : IMF_EUSAGE));
    for (size_t i = 0; i < ids.n; i++)
        demand(ids.at[i] >= 0 && ids.at[i] < imf_tokenizer_size(t) && ids.at[i] != imf_tokenizer_start(t) &&
               ids.at[i] != imf_tokenizer_end(t));
    imf_ids_clear(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char merges[] = "#\na a\na m\nam p</w>\n' s</w>\nc a\nca t</w>";
    static const char model[] = "4 2\n9601 4\n97 5\n98 6\n1082 7\n5 6 8\n4 5 9\n1 0 2 3\n";
    static imf_tokenizer *pairs, *yttm; /* made once, never freed */
    char *text = malloc(size + 1);

    demand(text != NULL);
    if (pairs == NULL) {
        demand(imf_tokenizer_parse_bpe_openai(&pairs, merges, sizeof merges - 1, "merges", NULL) == IMF_OK);
        demand(imf_tokenizer_parse_yttm(&yttm, model, sizeof model - 1, "model", true, NULL) == IMF_OK);
    }
    memcpy(text, data, size);
    text[size] = '\0';
    try_text(pairs, text);
    try_text(yttm, text);
    free(text);
    return 0;
}
