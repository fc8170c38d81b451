/*
 * imagefinder tokenize TEXT...: the ids of each text's pieces as the model reads them, one JSON array a line. Nothing
 * is printed before all texts have been read.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>

#include "texts.h"

typedef struct tokens {
    int32_t *ids;
    size_t n;
} tokens;

static void put_tokens(const tokens *t)
{
    for (size_t i = 0; i < t->n; i++)
        printf("%s%" PRId32, i == 0 ? "[" : ", ", t->ids[i]);
    puts(t->n == 0 ? "[]" : "]");
}

int imf_cli_tokenize(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_err err = {0};
    tokens *all = NULL;
    int rc = 0;

    if (o->n_words == 0)
        return imf_cli_usage(TXT_TOKENIZE_NEEDS_TEXT);
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    all = calloc(o->n_words, sizeof *all);
    if (all == NULL) {
        imf_cli_error(TXT_OUT_OF_MEMORY);
        rc = IMF_CLI_FAULT;
    }
    for (size_t i = 0; i < o->n_words && rc == 0; i++)
        if (imf_tokenize(finder, o->words[i], &all[i].ids, &all[i].n, &err) != IMF_OK)
            rc = imf_cli_fail(&err);
    for (size_t i = 0; i < o->n_words && rc == 0; i++)
        put_tokens(&all[i]);
out:
    for (size_t i = 0; i < o->n_words && all != NULL; i++)
        imf_tokens_free(&all[i].ids);
    free(all);
    imf_close(&finder);
    return rc;
}
