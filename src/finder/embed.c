/* Vectors of texts and pictures, as `imagefinder embed` gives them, and the numbers of a text's pieces. */
#include <string.h>

#include "finder/model.h"
#include "text/fold.h"

/* The model of a call that names no collection: the option's, else that of the collection "default", else the
 * starter. */
static int use_default_model(imf_finder *f, imf_model **model, imf_err *err)
{
    imf_store *store = NULL;
    imf_store_collection found = {0};
    int rc = IMF_OK;
    const char *reference = f->model;
    if (!reference) {
        rc = imf_finder_open_store(f, false, &store, err);
        if (rc == IMF_OK)
            rc = imf_store_collection_get(store, "default", &found, err);
        if (rc != IMF_OK && rc != IMF_EUNKNOWN)
            goto out;
        reference = rc == IMF_OK ? found.model : "starter";
    }
    rc = imf_finder_use_model(f, reference, model, err);
out:
    imf_store_collection_clear(&found);
    imf_store_close(&store);
    return rc;
}

int imf_dim(imf_finder *finder, int *dim, imf_err *err)
{
    imf_model *model = NULL;
    int rc = use_default_model(finder, &model, err);
    if (rc == IMF_OK)
        *dim = model->dim;
    return rc;
}

imf_embed_options imf_embed_options_default(void)
{
    return (imf_embed_options){0};
}

static int embed_one(imf_finder *f, imf_model *model, const imf_embed_input *in, const imf_embed_options *o,
                     const imf_templates *templates, float *row, imf_err *err)
{
    if ((in->text != NULL) == (in->picture != NULL))
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_ONE_INPUT);
    if (in->picture)
        return imf_finder_embed_file(f, model, in->picture, o->reference, o->raw, row, err);
    if (imf_text_blank(in->text))
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_EMPTY_QUERY);
    return imf_model_embed_text(model, in->text, templates, o->raw, row, err);
}

/* A picture tower of the other kind makes room for one of this. */
static void use_precision(imf_finder *f, const char *precision)
{
    bool exact = precision && strcmp(precision, "f32") == 0;
    if (exact != f->exact)
        imf_model_session_free(&f->session);
    f->exact = exact;
}

int imf_embed(imf_finder *finder, const imf_embed_input *inputs, size_t n, const imf_embed_options *opt, float *rows,
              imf_err *err)
{
    int rc = IMF_OK;
    imf_model *model = NULL;
    imf_templates templates = {0};
    imf_embed_options o = opt ? *opt : imf_embed_options_default();
    if (o.precision && strcmp(o.precision, "f32") != 0 && strcmp(o.precision, "auto") != 0)
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_PRECISION, o.precision);
    IMF_TRY(use_default_model(finder, &model, err));
    use_precision(finder, o.precision);
    IMF_TRY(imf_templates_get(&templates, model, o.templates ? o.templates : "none", err));
    for (size_t i = 0; i < n; i++)
        IMF_TRY(embed_one(finder, model, &inputs[i], &o, &templates, rows + i * (size_t)model->dim, err));
out:
    use_precision(finder, NULL);
    imf_templates_clear(&templates);
    return rc;
}

int imf_tokenize(imf_finder *finder, const char *text, int32_t **ids, size_t *n, imf_err *err)
{
    int rc = IMF_OK;
    imf_model *model = NULL;
    imf_ids list = {0};
    *ids = NULL;
    *n = 0;
    IMF_TRY(use_default_model(finder, &model, err));
    if (!model->kind->tokenize) {
        rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_NO_TOKENS, model->name);
        goto out;
    }
    IMF_TRY(model->kind->tokenize(model, text, &list, err));
    *ids = list.at;
    *n = list.n;
    list = (imf_ids){0};
out:
    imf_ids_clear(&list);
    return rc;
}

void imf_tokens_free(int32_t **ids)
{
    if (ids) {
        imf_free(*ids);
        *ids = NULL;
    }
}
