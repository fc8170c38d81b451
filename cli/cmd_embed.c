/*
 * imagefinder embed: the vectors of texts and pictures, in the order given, as a NumPy file. One bad input fails the
 * call and no file is left.
 */
#include "cli.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

int imf_cli_embed(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_err err = {0};
    imf_cli_quoted q;
    float *rows = NULL;
    int dim = 0, rc = 0;

    if (o->n_words > 0)
        return imf_cli_usage(TXT_EMBED_TAKES_NO_WORDS, imf_cli_quote(&q, o->words[0]));
    if (o->n_inputs == 0)
        return imf_cli_usage(TXT_EMBED_NEEDS_INPUT);
    if (o->out == NULL)
        return imf_cli_usage(TXT_EMBED_NEEDS_OUT);
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_dim(finder, &dim, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    if (dim > 0 && (size_t)dim <= SIZE_MAX / sizeof *rows / o->n_inputs)
        rows = calloc(o->n_inputs * (size_t)dim, sizeof *rows);
    if (rows == NULL) {
        imf_cli_error(TXT_OUT_OF_MEMORY);
        rc = IMF_CLI_FAULT;
        goto out;
    }
    imf_embed_options how = imf_embed_options_default();
    how.raw = o->raw;
    how.reference = o->reference;
    how.templates = o->templates;
    how.precision = o->precision;
    if (imf_embed(finder, o->inputs, o->n_inputs, &how, rows, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    int code = imf_cli_npy_write(o->out, rows, o->n_inputs, (size_t)dim);
    if (code != 0) {
        imf_cli_error(TXT_CANNOT_WRITE_FILE, imf_cli_quote(&q, o->out), imf_cli_errno_text(code));
        rc = IMF_CLI_FAULT;
    } else if (!o->quiet) {
        imf_cli_put(stderr, TXT_EMBED_DONE, o->n_inputs, imf_cli_plural(o->n_inputs), dim, imf_cli_quote(&q, o->out));
    }
out:
    free(rows);
    imf_close(&finder);
    return rc;
}
