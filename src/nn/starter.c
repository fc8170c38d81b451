/*
 * Opening the starter model: config.json and the tensors of model.safetensors, both checked completely before anything
 * is computed. Whatever gets past imf_starter_open has sane sizes and tensors of the right types and shapes, so that
 * the two towers (starter_picture.c, starter_text.c) need no checks.
 *
 * Opening reads the text tower's small tensors only. The picture tensors' data are touched by imf_starter_space and by
 * a session. The contract is docs/internals/starter.md. There are no defaults: a key that is missing is an error that
 * names the key.
 */
#include "nn/starter.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/mem.h"
#include "kern/kern.h"
#include "nn/config.h"
#include "nn/starter_internal.h"

enum {
    MAX_ACTIVATION = 64 * 1024 * 1024 /* numbers in one layer: refuses a configuration that would ask for gigabytes */
};

/* ---- config.json ----------------------------------------------------------------------------- */

/* [repeats, kernel, stride, channels, expansion]; TensorFlow's padding needs an odd kernel to keep the size at stride
 * 1. */
static bool read_stage(const json_t *value, imf_starter_stage *s)
{
    static const int limits[5][2] = {{1, IMF_STARTER_MAX_REPEATS}, {1, 7}, {1, 2}, {1, 2048}, {1, 8}};
    int *fields[5] = {&s->repeats, &s->kernel, &s->stride, &s->channels, &s->expansion};

    if (!json_is_array(value) || json_array_size(value) != 5)
        return false;
    for (size_t i = 0; i < 5; i++) {
        const json_t *number = json_array_get(value, i);
        if (!json_is_integer(number) || json_integer_value(number) < limits[i][0] ||
            json_integer_value(number) > limits[i][1])
            return false;
        *fields[i] = (int)json_integer_value(number);
    }
    return s->kernel % 2 == 1;
}

/* "views": ["centre", "squash"], or one of the two. */
static bool read_views(const json_t *value, imf_starter_config *c)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        bool *view = name == NULL ? NULL : strcmp(name, "centre") == 0 ? &c->centre
                                         : strcmp(name, "squash") == 0 ? &c->squash : NULL;
        if (view == NULL || *view)
            return false;
        *view = true;
    }
    return c->centre || c->squash; /* json_array_size() of what is no array is 0 */
}

static int read_picture(imf_starter *m, const imf_config *r, imf_err *err)
{
    int rc = IMF_OK, preprocessing = 0;
    json_t *stages = NULL, *views = NULL;

    IMF_TRY(imf_config_need_int(r, "preprocessing", 1, INT32_MAX, &preprocessing, err));
    if (preprocessing != IMF_STARTER_PREPROCESSING)
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_VERSION, r->file, "picture.preprocessing", preprocessing,
                        IMF_STARTER_PREPROCESSING);
    m->config.preprocessing = preprocessing;
    IMF_TRY(imf_config_need(r, "views", &views, err));
    if (!read_views(views, &m->config))
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, r->file, r->prefix, "views",
                        "a list of \"centre\", \"squash\" or both");
    IMF_TRY(imf_config_need_int(r, "size", 32, 1024, &m->config.picture_size, err));
    IMF_TRY(imf_config_need_real(r, "mean", 0, 255, &m->picture.mean, err));
    IMF_TRY(imf_config_need_real(r, "std", 1, 255, &m->picture.std, err));
    IMF_TRY(imf_config_need_int(r, "features", 1, 8192, &m->picture.features, err));
    IMF_TRY(imf_config_need_int(r, "classes", 1, 65536, &m->picture.classes, err));
    IMF_TRY(imf_config_need_int(r, "concept_dim", 1, IMF_STARTER_MAX_DIM, &m->picture.concept_dim, err));
    IMF_TRY(imf_config_need_int(r, "learned_dim", 1, IMF_STARTER_MAX_DIM, &m->picture.learned_dim, err));
    IMF_TRY(imf_config_need_real(r, "tau", 1e-3, 1e3, &m->picture.tau, err));
    IMF_TRY(imf_config_need_real(r, "class_scale", 1e-3, 1e3, &m->picture.class_scale, err));
    IMF_TRY(imf_config_need_real(r, "concept_weight", 0, 1, &m->picture.concept_weight, err));
    IMF_TRY(imf_config_need_int(r, "colour_dim", 1, IMF_STARTER_MAX_COLOURS, &m->picture.colour_dim, err));
    IMF_TRY(imf_config_need_real(r, "colour_weight", 0, 1, &m->picture.colour_weight, err));
    IMF_TRY(imf_config_need_real(r, "colour_background", 0, 1e3, &m->picture.colour_background, err));
    IMF_TRY(imf_config_need_real(r, "colour_floor", 1e-3, 1e3, &m->picture.colour_floor, err));
    if (m->picture.concept_dim + m->picture.learned_dim + m->picture.colour_dim + 1 != m->config.dim)
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_DIM, r->file, m->config.dim, m->picture.concept_dim,
                        m->picture.learned_dim, m->picture.colour_dim);

    IMF_TRY(imf_config_need(r, "stages", &stages, err));
    if (!json_is_array(stages) || json_array_size(stages) < 1 || json_array_size(stages) > IMF_STARTER_MAX_STAGES)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, r->file, r->prefix, "stages", "a list of 1 to 16 stages");
    m->picture.n_stages = (int)json_array_size(stages);
    for (int i = 0; i < m->picture.n_stages; i++)
        if (!read_stage(json_array_get(stages, (size_t)i), &m->picture.stages[i]))
            return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, r->file, r->prefix, "stages",
                            "a list of [repeats 1-8, odd kernel 1-7, stride 1-2, channels 1-2048, expansion 1-8]");
out:
    return rc;
}

static int read_text(imf_starter *m, const imf_config *r, imf_err *err)
{
    int rc = IMF_OK;
    imf_starter_config *c = &m->config;

    IMF_TRY(imf_config_need_u32(r, "word_rows", 1, 1 << 24, &c->word_rows, err));
    IMF_TRY(imf_config_need_u32(r, "ngram_rows", 1, 1 << 24, &c->ngram_rows, err));
    IMF_TRY(imf_config_need_u32(r, "max_words", 1, 64, &c->max_words, err));
    IMF_TRY(imf_config_need_u32(r, "ngram_min", 1, 16, &c->ngram_min, err));
    IMF_TRY(imf_config_need_u32(r, "ngram_max", (int)c->ngram_min, 16, &c->ngram_max, err));
    IMF_TRY(imf_config_need_u32(r, "prefix_min", 1, 16, &c->prefix_min, err));
    IMF_TRY(imf_config_need_u32(r, "prefix_max", (int)c->prefix_min, 16, &c->prefix_max, err));
    IMF_TRY(imf_config_need_int(r, "hidden", 1, IMF_STARTER_MAX_HIDDEN, &m->text.hidden, err));
    IMF_TRY(imf_config_need_int(r, "width", 2, IMF_STARTER_MAX_WIDTH, &m->text.width, err));
    if (m->text.width % 2 != 0) /* two numbers a byte */
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, r->file, r->prefix, "width", "even");
out:
    return rc;
}

static int read_config(imf_starter *m, const char *path, const json_t *root, imf_err *err)
{
    int rc = IMF_OK, version = 0;
    const imf_config top = {path, "", root};
    imf_config part = {0};
    json_t *type = NULL;

    IMF_TRY(imf_config_need(&top, "model_type", &type, err));
    if (!json_is_string(type) || strcmp(json_string_value(type), "imagefinder-starter") != 0)
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_TYPE, path,
                        json_is_string(type) ? json_string_value(type) : "no string");
    IMF_TRY(imf_config_need_int(&top, "format_version", 0, INT32_MAX, &version, err));
    if (version != IMF_STARTER_FORMAT)
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_VERSION, path, "format_version", version, IMF_STARTER_FORMAT);
    IMF_TRY(imf_config_need_int(&top, "dim", 4, IMF_STARTER_MAX_DIM, &m->config.dim, err));
    IMF_TRY(imf_config_need_object(&top, "picture", "picture.", &part, err));
    IMF_TRY(read_picture(m, &part, err));
    IMF_TRY(imf_config_need_object(&top, "text", "text.", &part, err));
    IMF_TRY(read_text(m, &part, err));
    IMF_TRY(imf_calibration_read(&m->calibration, &top, err));
out:
    return rc;
}

/* ---- Tensors --------------------------------------------------------------------------------- */

/* NAME.suffix of the given type and shape. */
static int need_tensor(const imf_starter *m, const char *name, const char *suffix, imf_dtype dtype, int rank,
                       const size_t *shape, const imf_tensor **out, imf_err *err)
{
    char full[96];

    snprintf(full, sizeof full, "%s%s", name, suffix);
    return imf_weights_need(m->weights, full, dtype, rank, shape, out, err);
}

int imf_starter_matrix_init(imf_starter_matrix *x, const imf_starter *m, const char *name, int n_out, int n_in,
                            bool has_bias, imf_err *err)
{
    int rc = IMF_OK;
    const size_t shape[2] = {(size_t)n_out, (size_t)n_in};
    const imf_tensor *t = NULL;

    *x = (imf_starter_matrix){.n_out = n_out, .n_in = n_in};
    IMF_TRY(need_tensor(m, name, ".weight", IMF_I8, 2, shape, &t, err));
    x->weight = t->data;
    IMF_TRY(need_tensor(m, name, ".scale", IMF_F32, 1, shape, &t, err));
    IMF_TRY(imf_weights_floats(m->weights, t, &x->scale, err));
    if (has_bias) {
        IMF_TRY(need_tensor(m, name, ".bias", IMF_F32, 1, shape, &t, err));
        IMF_TRY(imf_weights_floats(m->weights, t, &x->bias, err));
    }
out:
    return rc;
}

void imf_starter_matrix_clear(imf_starter_matrix *x)
{
    imf_free(x->scale);
    imf_free(x->bias);
    memset(x, 0, sizeof *x);
}

void imf_starter_matrix_apply(const imf_starter_matrix *x, const float *in, float *out)
{
    imf_kern_get()->gemv_s8(out, x->weight, x->scale, x->bias, in, (size_t)x->n_out, (size_t)x->n_in);
}

bool imf_starter_normalise(float *v, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    if (!(sum > 0) || !isfinite(sum))
        return false;
    for (int i = 0; i < n; i++)
        v[i] = (float)((double)v[i] / sqrt(sum));
    return true;
}

/* Appends one convolution to the plan. *size is the square picture's side and *channels its depth: in, then out. */
static int plan_conv(imf_starter *m, imf_starter_conv wanted, int *size, int *channels, imf_err *err)
{
    int rc = IMF_OK;
    char name[64];
    imf_starter_conv *c = &m->picture.convs[m->picture.n_convs];

    *c = wanted;
    c->in_size = *size;
    c->in_channels = *channels;
    c->out_size = (c->in_size + c->stride - 1) / c->stride;
    if ((size_t)c->out_size * (size_t)c->out_size * (size_t)c->out_channels > MAX_ACTIVATION) /* at most 2^20 * 2^14 */
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_HUGE, c->name);
    const size_t shape[4] = {(size_t)c->out_channels, (size_t)(c->in_channels / c->groups), (size_t)c->kernel,
                             (size_t)c->kernel};
    snprintf(name, sizeof name, "picture.%s", c->name);
    IMF_TRY(need_tensor(m, name, ".weight", IMF_I8, 4, shape, &c->weight, err));
    IMF_TRY(need_tensor(m, name, ".scale", IMF_F32, 1, shape, &c->scale, err));
    IMF_TRY(need_tensor(m, name, ".bias", IMF_F32, 1, shape, &c->bias, err));
    *size = c->out_size;
    *channels = c->out_channels;
    m->picture.n_convs++;
out:
    return rc;
}

static int plan_block(imf_starter *m, int block, const imf_starter_stage *stage, int stride, int *size, int *channels,
                      imf_err *err)
{
    int rc = IMF_OK;
    int inner = *channels * stage->expansion, before = m->picture.n_convs - 1;
    bool adds = stride == 1 && *channels == stage->channels;
    imf_starter_conv expand = {.out_channels = inner, .kernel = 1, .stride = 1, .groups = 1, .relu6 = true,
                               .residual_of = -1};
    imf_starter_conv depthwise = {.out_channels = inner, .kernel = stage->kernel, .stride = stride, .groups = inner,
                                  .relu6 = true, .residual_of = -1};
    imf_starter_conv project = {.out_channels = stage->channels, .kernel = 1, .stride = 1, .groups = 1,
                                .residual_of = adds ? before : -1};

    if (stage->expansion != 1) {
        snprintf(expand.name, sizeof expand.name, "blocks.%d.expand", block);
        IMF_TRY(plan_conv(m, expand, size, channels, err));
    }
    snprintf(depthwise.name, sizeof depthwise.name, "blocks.%d.depthwise", block);
    IMF_TRY(plan_conv(m, depthwise, size, channels, err));
    snprintf(project.name, sizeof project.name, "blocks.%d.project", block);
    IMF_TRY(plan_conv(m, project, size, channels, err));
out:
    return rc;
}

/* The list of convolutions with their tensors. Looks at names and shapes only. */
static int plan_picture(imf_starter *m, imf_err *err)
{
    int rc = IMF_OK, block = 0, size = m->config.picture_size, channels = 3;

    m->picture.convs = imf_alloc_array(IMF_STARTER_MAX_CONVS, sizeof *m->picture.convs);
    if (m->picture.convs == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the model");
    const imf_starter_conv stem = {"stem", .out_channels = IMF_STARTER_STEM, .kernel = 3, .stride = 2, .groups = 1,
                                   .relu6 = true, .residual_of = -1};
    const imf_starter_conv head = {"head", .out_channels = m->picture.features, .kernel = 1, .stride = 1, .groups = 1,
                                   .relu6 = true, .residual_of = -1};
    IMF_TRY(plan_conv(m, stem, &size, &channels, err));
    for (int i = 0; i < m->picture.n_stages; i++) {
        const imf_starter_stage *stage = &m->picture.stages[i];
        for (int k = 0; k < stage->repeats; k++)
            IMF_TRY(plan_block(m, block++, stage, k == 0 ? stage->stride : 1, &size, &channels, err));
    }
    IMF_TRY(plan_conv(m, head, &size, &channels, err));

    const size_t classifier[2] = {(size_t)m->picture.classes, (size_t)m->picture.features};
    const size_t concept[2] = {(size_t)m->picture.concept_dim, (size_t)m->picture.classes};
    const size_t learned_class[2] = {(size_t)m->picture.learned_dim, (size_t)m->picture.classes};
    const size_t learned_linear[2] = {(size_t)m->picture.learned_dim, (size_t)m->picture.features};
    const struct {
        const char *name;
        const size_t *shape;
        bool has_bias;
    } matrices[] = {{"picture.classifier", classifier, true},
                    {"picture.concept", concept, false},
                    {"picture.learned.class", learned_class, false},
                    {"picture.learned.linear", learned_linear, true}};
    for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++) {
        const imf_tensor *t = NULL;
        IMF_TRY(need_tensor(m, matrices[i].name, ".weight", IMF_I8, 2, matrices[i].shape, &t, err));
        IMF_TRY(need_tensor(m, matrices[i].name, ".scale", IMF_F32, 1, matrices[i].shape, &t, err));
        if (matrices[i].has_bias)
            IMF_TRY(need_tensor(m, matrices[i].name, ".bias", IMF_F32, 1, matrices[i].shape, &t, err));
    }
out:
    return rc;
}

static int prepare_text(imf_starter *m, imf_err *err)
{
    int rc = IMF_OK;
    const imf_tensor *t = NULL;
    const size_t width = (size_t)m->text.width;
    const size_t table[2] = {(size_t)m->config.word_rows + m->config.ngram_rows, width / 2};
    const size_t known = m->config.word_rows;

    IMF_TRY(need_tensor(m, "text.table", ".weight", IMF_U8, 2, table, &t, err));
    m->text.table = t->data;
    IMF_TRY(need_tensor(m, "text.table", ".scale", IMF_F16, 1, table, &t, err));
    m->text.scale = t->data;
    IMF_TRY(need_tensor(m, "text.known", "", IMF_U8, 1, &known, &t, err));
    m->text.known = t->data;
    IMF_TRY(need_tensor(m, "text.pool", "", IMF_F32, 1, &width, &t, err));
    IMF_TRY(imf_weights_floats(m->weights, t, &m->text.pool, err));
    IMF_TRY(imf_starter_matrix_init(&m->text.proj, m, "text.proj", m->config.dim, m->text.width, false, err));
    IMF_TRY(imf_starter_matrix_init(&m->text.mlp0, m, "text.mlp.0", m->text.hidden, m->text.width, true, err));
    IMF_TRY(imf_starter_matrix_init(&m->text.mlp1, m, "text.mlp.1", m->config.dim, m->text.hidden, true, err));
out:
    return rc;
}

/* ---- The model ------------------------------------------------------------------------------- */

int imf_starter_open(imf_starter **out, const char *folder, imf_err *err)
{
    int rc = IMF_OK;
    json_t *root = NULL;
    imf_starter *m = imf_alloc_array(1, sizeof *m);
    char *config_path = imf_sprintf("%s/config.json", folder);
    char *weights_path = imf_sprintf("%s/model.safetensors", folder);

    *out = NULL;
    if (m == NULL || config_path == NULL || weights_path == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the model");
        goto out;
    }
    IMF_TRY(imf_config_load(config_path, &root, err));
    IMF_TRY(read_config(m, config_path, root, err));
    IMF_TRY(imf_weights_open(&m->weights, weights_path, err));
    IMF_TRY(plan_picture(m, err));
    IMF_TRY(imf_starter_colour_init(m, err));
    IMF_TRY(prepare_text(m, err));
    *out = m;
    m = NULL;
out:
    json_decref(root);
    imf_free(config_path);
    imf_free(weights_path);
    imf_starter_close(&m);
    return rc;
}

void imf_starter_close(imf_starter **model)
{
    imf_starter *m = *model;

    if (m == NULL)
        return;
    imf_starter_matrix_clear(&m->text.proj);
    imf_starter_matrix_clear(&m->text.mlp0);
    imf_starter_matrix_clear(&m->text.mlp1);
    imf_free(m->text.pool);
    imf_free(m->picture.convs);
    imf_weights_close(&m->weights);
    imf_free(m);
    *model = NULL;
}

const imf_starter_config *imf_starter_get_config(const imf_starter *m)
{
    return &m->config;
}

const imf_calibration *imf_starter_get_calibration(const imf_starter *m)
{
    return m->calibration.given ? &m->calibration : NULL;
}

void imf_starter_space(const imf_starter *m, char out[33])
{
    /* Everything that changes a picture's vector: the weights, the views, and each number of the configuration that
     * enters the arithmetic, as 8 bytes. The sizes of the parts are in the shapes of the tensors. */
    const double reals[] = {m->picture.mean, m->picture.std, m->picture.tau, m->picture.class_scale,
                            m->picture.concept_weight, m->picture.colour_weight, m->picture.colour_background,
                            m->picture.colour_floor};
    enum { FIRST = 6, REALS = sizeof reals / sizeof reals[0] };
    uint64_t words[FIRST + REALS + 5 * IMF_STARTER_MAX_STAGES] = {0};
    size_t n = FIRST + REALS;
    uint8_t bytes[8 * sizeof words / sizeof words[0]];
    XXH128_hash_t hash;

    imf_weights_hash(m->weights, "picture.", words);
    words[2] = (uint64_t)m->config.dim;
    words[3] = (uint64_t)m->config.preprocessing;
    words[4] = (uint64_t)m->config.picture_size;
    words[5] = (uint64_t)m->config.centre | (uint64_t)m->config.squash << 1;
    memcpy(&words[FIRST], reals, sizeof reals);
    for (int i = 0; i < m->picture.n_stages; i++) {
        const imf_starter_stage *s = &m->picture.stages[i];
        const int fields[5] = {s->repeats, s->kernel, s->stride, s->channels, s->expansion};
        for (int k = 0; k < 5; k++)
            words[n++] = (uint64_t)fields[k];
    }
    for (size_t i = 0; i < n; i++)
        for (int b = 0; b < 8; b++)
            bytes[8 * i + (size_t)b] = (uint8_t)(words[i] >> (8 * b));
    hash = XXH3_128bits(bytes, 8 * n);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}
