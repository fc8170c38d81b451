/* The starter as a kind of model (model.h): words to rows of its table, views to one vector. */
#include <string.h>

#include "finder/model.h"
#include "nn/dnn.h"
#include "nn/starter.h"
#include "nn/weights.h"
#include "text/words.h"

static int starter_open(imf_model *m, unsigned flags, imf_err *err)
{
    imf_starter *s = NULL;
    int rc = imf_starter_open(&s, m->path, err);

    (void)flags; /* safetensors have no checksums */
    if (rc != IMF_OK)
        return rc;
    const imf_starter_config *c = imf_starter_get_config(s);
    uint32_t side = (uint32_t)c->picture_size;
    m->self = s;
    m->family = "imagefinder-starter";
    m->dim = c->dim;
    m->image_size = c->picture_size;
    m->calibration = imf_starter_get_calibration(s);
    m->views[m->n_views++] = (imf_view_recipe){IMF_VIEW_SUBJECT, IMF_FILTER_BICUBIC, IMF_WHEN_ALPHA, side, side, 0};
    if (c->centre)
        m->views[m->n_views++] = (imf_view_recipe){IMF_VIEW_CENTRE, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, side, side, 0};
    if (c->squash)
        m->views[m->n_views++] = (imf_view_recipe){IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_OPAQUE, side, side, 0};
    return IMF_OK;
}

static void starter_close(imf_model *m)
{
    imf_starter *s = m->self;

    imf_starter_close(&s);
    m->self = NULL;
}

static void starter_space(const imf_model *m, char out[33])
{
    imf_starter_space(m->self, out);
}

/* Scales belong to the quantisation, the two colour tensors name colours and places, and which words are known is a
 * fact: none of them are parameters. */
static bool is_parameter(const char *name)
{
    size_t n = strlen(name);

    return (n < 6 || strcmp(name + n - 6, ".scale") != 0) && strncmp(name, "picture.colour.", 15) != 0 &&
           strcmp(name, "text.known") != 0;
}

/* A byte of U8 holds two parameters of 4 bits (docs/internals/starter.md). */
static int starter_count(const imf_model *m, uint64_t *parameters, uint64_t *tensors, const char **file, imf_err *err)
{
    imf_weights *weights = NULL;
    char *path = imf_sprintf("%s/model.safetensors", m->path);
    int rc = path ? imf_weights_open(&weights, path, err) : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "counting");

    imf_free(path);
    if (rc != IMF_OK)
        return rc;
    *file = "model.safetensors";
    *tensors = imf_weights_count(weights);
    *parameters = 0;
    for (size_t i = 0; i < *tensors; i++) {
        const imf_tensor *t = imf_weights_at(weights, i);
        if (is_parameter(t->name))
            *parameters += t->dtype == IMF_U8 ? 2 * (uint64_t)t->count : t->count;
    }
    imf_weights_close(&weights);
    return IMF_OK;
}

static int starter_check_texts(imf_model *m, const char **missing, imf_err *err)
{
    (void)m, (void)err;
    *missing = NULL;
    return IMF_OK;
}

static int embed_text(const imf_starter *s, const char *text, float *vector, imf_err *err)
{
    const imf_starter_config *c = imf_starter_get_config(s);
    imf_words_config words = {c->word_rows, c->ngram_rows, c->max_words, c->ngram_min,
                              c->ngram_max, c->prefix_min, c->prefix_max};
    imf_word_rows rows = {0};
    int rc = imf_words_rows(text, &words, &rows, err);

    if (rc == IMF_OK && rows.n_words == 0)
        rc = imf_fail(err, IMF_EUSAGE, MSG_FINDER_NO_WORDS, text);
    if (rc == IMF_OK)
        rc = imf_starter_embed_words(s, rows.word_slot, rows.ngram_start, rows.ngram_row, rows.n_words, vector, NULL,
                                     NULL, err);
    imf_word_rows_clear(&rows);
    return rc;
}

static int starter_embed_texts(imf_model *m, const char *const *texts, size_t n, float *vectors, imf_err *err)
{
    int rc = IMF_OK;

    for (size_t i = 0; i < n && rc == IMF_OK; i++)
        rc = embed_text(m->self, texts[i], vectors + i * (size_t)m->dim, err);
    return rc;
}

static const char *starter_precision(void)
{
    return imf_dnn_has_int8() ? "int8" : "f32";
}

static int starter_tower_new(void **tower, const imf_model *m, bool exact, imf_err *err)
{
    imf_starter_session *s = NULL;
    int rc = imf_starter_session_new(&s, m->self, exact, err);

    *tower = s;
    return rc;
}

static void starter_tower_free(void **tower)
{
    imf_starter_session *s = *tower;

    imf_starter_session_free(&s);
    *tower = NULL;
}

static int starter_embed_view(void *tower, const uint8_t *rgb, float *vector, imf_err *err)
{
    return imf_starter_embed_view(tower, rgb, vector, NULL, NULL, err);
}

const imf_model_kind imf_model_starter = {
    .preprocessing = 0, /* its configuration has a version of its own */
    .open = starter_open,
    .close = starter_close,
    .space = starter_space,
    .count = starter_count,
    .check_texts = starter_check_texts,
    .embed_texts = starter_embed_texts,
    .tokenize = NULL,
    .precision = starter_precision,
    .tower_new = starter_tower_new,
    .tower_free = starter_tower_free,
    .embed_view = starter_embed_view,
};
