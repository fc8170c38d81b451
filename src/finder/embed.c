/* Vectors of texts and pictures, as `imagefinder embed` gives them. */
#include <string.h>

#include "finder/finder.h"
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
        *dim = model->cfg->dim;
    return rc;
}

int imf_embed(imf_finder *finder, const imf_embed_input *inputs, size_t n, bool raw, float *rows, imf_err *err)
{
    imf_model *model = NULL;
    int rc = use_default_model(finder, &model, err);
    for (size_t i = 0; i < n && rc == IMF_OK; i++) {
        float *row = rows + i * (size_t)model->cfg->dim;
        const imf_embed_input *in = &inputs[i];
        if ((in->text != NULL) == (in->picture != NULL))
            rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_ONE_INPUT);
        else if (in->picture)
            rc = imf_finder_embed_file(finder, model, in->picture, raw, row, err);
        else if (imf_text_blank(in->text))
            rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_EMPTY_QUERY);
        else
            rc = imf_model_embed_text(model, in->text, row, err);
    }
    return rc;
}
