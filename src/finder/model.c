/*
 * The model in use: finding its folder by name, opening it, and making vectors of texts and of views with it. The
 * only file of the finder that knows which kinds of model there are; today that is the starter.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "finder/finder.h"
#include "nn/dnn.h"
#include "text/words.h"

bool imf_model_in_folder(const char *folder)
{
    char *config = imf_sprintf("%s/config.json", folder);
    bool there = config && access(config, R_OK) == 0;
    imf_free(config);
    return there;
}

char *imf_model_place(const char *home, int i)
{
    /* $IMAGEFINDER_MODELS, the home, beside the build tree, beside an installed program */
    static const char *const between[IMF_MODEL_PLACES] = {"", "/models", "/../models",
                                                          "/../share/imagefinder/models"};
    char *program = i >= 2 ? imf_program_folder() : NULL;
    const char *start = i == 0 ? getenv("IMAGEFINDER_MODELS") : i == 1 ? home : program;
    char *place = start && *start ? imf_sprintf("%s%s", start, between[i]) : NULL;
    imf_free(program);
    return place;
}

static char *find_folder(const char *home, const char *name)
{
    for (int i = 0; i < IMF_MODEL_PLACES; i++) {
        char *place = imf_model_place(home, i);
        char *path = place ? imf_sprintf("%s/%s", place, name) : NULL;
        imf_free(place);
        if (path && imf_model_in_folder(path)) {
            char *real = realpath(path, NULL); /* as people are shown it */
            char *shown = real ? imf_strdup(real) : NULL;
            free(real);
            if (shown) {
                imf_free(path);
                path = shown;
            }
            return path;
        }
        imf_free(path);
    }
    return NULL;
}

static int locate(imf_model *m, const char *home, const char *reference, imf_err *err)
{
    if (strchr(reference, '/')) {
        char *real = realpath(reference, NULL);
        if (!real)
            return imf_fail_errno(err, IMF_EINPUT, errno, MSG_FINDER_MODEL_FOLDER, reference);
        m->folder = imf_strdup(real);
        m->reference = imf_strdup(real);
        m->name = imf_strdup(real);
        free(real);
    } else {
        bool plain = reference[0] != '\0' && reference[0] != '.';
        m->folder = plain ? find_folder(home, reference) : NULL;
        if (!m->folder)
            return imf_fail(err, IMF_EUNKNOWN, MSG_FINDER_MODEL_UNKNOWN, reference);
        m->reference = imf_strdup(reference);
        m->name = imf_strdup(reference);
    }
    return m->folder && m->reference && m->name ? IMF_OK
                                                : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
}

int imf_model_open(imf_model **out, const char *home, const char *reference, imf_err *err)
{
    int rc = IMF_OK;
    imf_model *m = imf_alloc_array(1, sizeof *m);
    if (!m)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    IMF_TRY(locate(m, home, reference, err));
    IMF_TRY(imf_starter_open(&m->starter, m->folder, err));
    m->cfg = imf_starter_get_config(m->starter);

    uint32_t side = (uint32_t)m->cfg->picture_size;
    m->views[m->n_views++] = (imf_view_recipe){IMF_VIEW_SUBJECT, IMF_FILTER_BICUBIC, IMF_WHEN_ALPHA, side, side};
    m->views[m->n_views++] = (imf_view_recipe){IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, side, side};
    m->views[m->n_views++] = (imf_view_recipe){IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, side, side};
    *out = m;
    m = NULL;
out:
    imf_model_close(&m);
    return rc;
}

void imf_model_close(imf_model **model)
{
    if (!model || !*model)
        return;
    imf_model *m = *model;
    imf_starter_close(&m->starter);
    imf_free(m->name);
    imf_free(m->reference);
    imf_free(m->folder);
    imf_free(m);
    *model = NULL;
}

void imf_model_space(imf_model *model)
{
    if (model->space_hex[0] == '\0') {
        imf_starter_space(model->starter, model->space_hex);
        imf_unhex(model->space_hex, model->space, 16);
    }
}

int imf_model_embed_text(imf_model *model, const char *text, float *vector, imf_err *err)
{
    const imf_starter_config *c = model->cfg;
    imf_words_config words = {c->word_rows, c->ngram_rows, c->max_words, c->ngram_min,
                              c->ngram_max, c->prefix_min, c->prefix_max};
    imf_word_rows rows = {0};
    int rc = imf_words_rows(text, &words, &rows, err);
    if (rc == IMF_OK && rows.n_words == 0)
        rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_NO_WORDS, text);
    if (rc == IMF_OK)
        rc = imf_starter_embed_words(model->starter, rows.word_row, rows.ngram_start, rows.ngram_row, rows.n_words,
                                     vector, NULL, NULL, err);
    imf_word_rows_clear(&rows);
    return rc;
}

struct imf_model_session {
    const imf_model *model;
    imf_starter_session *tower;
    float *one; /* [dim], a view's vector */
};

int imf_model_session_new(imf_model_session **out, const imf_model *model, imf_err *err)
{
    int rc = IMF_OK;
    imf_model_session *s = imf_alloc_array(1, sizeof *s);
    if (!s || !(s->one = imf_alloc_array((size_t)model->cfg->dim, sizeof *s->one))) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    s->model = model;
    imf_dnn_use_threads(1);
    IMF_TRY(imf_starter_session_new(&s->tower, model->starter, err));
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
    imf_starter_session_free(&(*session)->tower);
    imf_free((*session)->one);
    imf_free(*session);
    *session = NULL;
}

int imf_model_embed_views(imf_model_session *s, const imf_decoded *views, bool raw, float *vector, imf_err *err)
{
    int rc = IMF_OK;
    const imf_starter_config *cfg = s->model->cfg;
    size_t dim = (size_t)cfg->dim, view_bytes = (size_t)cfg->picture_size * (size_t)cfg->picture_size * 3;
    if (views->n_views == 0 || views->pixels_size < views->n_views * view_bytes)
        return imf_fail(err, IMF_EINTERNAL, MSG_FINDER_VIEWS);
    memset(vector, 0, dim * sizeof *vector);
    for (uint32_t v = 0; v < views->n_views; v++) {
        IMF_TRY(imf_starter_embed_view(s->tower, views->pixels + v * view_bytes, s->one, NULL, NULL, err));
        for (size_t i = 0; i < dim; i++)
            vector[i] += s->one[i] / (float)views->n_views;
    }
    double norm2 = 0;
    for (size_t i = 0; i < dim; i++)
        norm2 += (double)vector[i] * (double)vector[i];
    if (!raw && norm2 > 0)
        for (size_t i = 0; i < dim; i++)
            vector[i] = (float)((double)vector[i] / sqrt(norm2));
out:
    return rc;
}
