/*
 * The model in use: opening it, its space, and vectors of texts and of pictures. Which kinds of model there are is told
 * by model_find.c and answered by the kinds themselves (model.h); here is what holds for all of them.
 */
#include <math.h>
#include <string.h>

#include "finder/model.h"
#include "nn/dnn.h"
#include "nn/weights.h"

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static int open_model(imf_model **out, const char *home, const char *reference, bool quick, imf_err *err)
{
    int rc = IMF_OK;
    imf_model *m = imf_alloc_array(1, sizeof *m);
    if (!m)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    IMF_TRY(imf_model_find(m, home, reference, err));
    if (!quick)
        imf_model_recall(m, home);
    /* what is remembered was written after these files had been checked */
    IMF_TRY(m->kind->open(m, quick || m->space_hex[0] != '\0' ? IMF_WEIGHTS_TRUST : 0, err));
    *out = m;
    m = NULL;
out:
    imf_model_close(&m);
    return rc;
}

int imf_model_open(imf_model **out, const char *home, const char *reference, imf_err *err)
{
    return open_model(out, home, reference, false, err);
}

int imf_model_open_quick(imf_model **out, const char *path, imf_err *err)
{
    return open_model(out, NULL, path, true, err);
}

void imf_model_close(imf_model **model)
{
    if (!model || !*model)
        return;
    imf_model *m = *model;
    if (m->kind)
        m->kind->close(m);
    imf_free(m->name);
    imf_free(m->reference);
    imf_free(m->path);
    imf_free(m->cache);
    imf_free(m);
    *model = NULL;
}

void imf_model_space(imf_model *model)
{
    if (model->space_hex[0] != '\0')
        return;
    model->kind->space(model, model->space_hex);
    imf_unhex(model->space_hex, model->space, 16);
    imf_model_remember(model);
}

/* ---- Vectors ----------------------------------------------------------------------------------------------------- */

/* Unit length unless raw; false when there is no direction. */
static bool finish(float *vector, size_t dim, bool raw)
{
    double norm2 = 0;
    for (size_t i = 0; i < dim; i++)
        norm2 += (double)vector[i] * (double)vector[i];
    if (!(norm2 > 0) || !isfinite(norm2))
        return false;
    for (size_t i = 0; i < dim && !raw; i++)
        vector[i] = (float)((double)vector[i] / sqrt(norm2));
    return true;
}

int imf_model_check_texts(imf_model *model, const char **missing, imf_err *err)
{
    return model->kind->check_texts(model, missing, err);
}

/* Adds the vectors of the text in `n` templates (or as it is: none) to *sum. */
static int add_texts(imf_model *m, const char *text, const char *const *templates, size_t n, float *vectors,
                     double *sum, imf_err *err)
{
    int rc = IMF_OK;
    size_t dim = (size_t)m->dim, count = n > 0 ? n : 1;
    char *filled[IMF_MODEL_TEXTS] = {NULL};
    const char *texts[IMF_MODEL_TEXTS] = {text};
    for (size_t i = 0; i < n; i++) {
        texts[i] = filled[i] = imf_template_fill(templates[i], text);
        if (!filled[i]) {
            rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
            goto out;
        }
    }
    IMF_TRY(m->kind->embed_texts(m, texts, count, vectors, err));
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < dim; i++)
            sum[i] += (double)vectors[k * dim + i];
out:
    for (size_t i = 0; i < n; i++)
        imf_free(filled[i]);
    return rc;
}

int imf_model_embed_text(imf_model *m, const char *text, const imf_templates *templates, bool raw, float *vector,
                         imf_err *err)
{
    int rc = IMF_OK;
    size_t dim = (size_t)m->dim, n = templates->n, done = 0;
    float *vectors = imf_alloc_array(IMF_MODEL_TEXTS * dim, sizeof *vectors);
    double *sum = imf_alloc_array(dim, sizeof *sum);
    imf_dnn_use_threads(1);
    if (!vectors || !sum) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
        goto out;
    }
    do {
        size_t some = n - done < IMF_MODEL_TEXTS ? n - done : IMF_MODEL_TEXTS;
        IMF_TRY(add_texts(m, text, n > 0 ? templates->at + done : NULL, some, vectors, sum, err));
        done += some;
    } while (done < n);
    for (size_t i = 0; i < dim; i++)
        vector[i] = (float)(sum[i] / (double)(n > 0 ? n : 1));
    if (!finish(vector, dim, raw))
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_VECTOR, m->path);
out:
    imf_free(sum);
    imf_free(vectors);
    return rc;
}

struct imf_model_session {
    const imf_model *model;
    void *tower; /* the kind's own */
    float *one;  /* [dim], a view's vector */
};

int imf_model_session_new(imf_model_session **out, const imf_model *model, bool exact, imf_err *err)
{
    int rc = IMF_OK;
    imf_model_session *s = imf_alloc_array(1, sizeof *s);
    if (!s || !(s->one = imf_alloc_array((size_t)model->dim, sizeof *s->one))) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    s->model = model;
    imf_dnn_use_threads(1);
    IMF_TRY(model->kind->tower_new(&s->tower, model, exact, err));
    *out = s;
    s = NULL;
out:
    imf_model_session_free(&s);
    return rc;
}

void imf_model_session_free(imf_model_session **session)
{
    if (!session || !*session)
        return;
    imf_model_session *s = *session;
    if (s->tower)
        s->model->kind->tower_free(&s->tower);
    imf_free(s->one);
    imf_free(s);
    *session = NULL;
}

int imf_model_embed_views(imf_model_session *s, const imf_decoded *views, bool raw, float *vector, imf_err *err)
{
    int rc = IMF_OK;
    const imf_model *m = s->model;
    size_t dim = (size_t)m->dim, view_bytes = (size_t)m->image_size * (size_t)m->image_size * 3;
    if (views->n_views == 0 || views->pixels_size < views->n_views * view_bytes)
        return imf_fail(err, IMF_EINTERNAL, MSG_FINDER_VIEWS);
    memset(vector, 0, dim * sizeof *vector);
    for (uint32_t v = 0; v < views->n_views; v++) {
        IMF_TRY(m->kind->embed_view(s->tower, views->pixels + v * view_bytes, s->one, err));
        for (size_t i = 0; i < dim; i++)
            vector[i] += s->one[i] / (float)views->n_views;
    }
    if (!finish(vector, dim, raw))
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_VECTOR, m->path);
out:
    return rc;
}
