/*
 * Opening a CLIP model and unpacking its towers (clip.h). Opening reads the configuration and compares every tensor's
 * shape with it, so that nothing is computed on sizes that were not checked; a tower's weights become float32 in
 * oneDNN's layout when its first session is made. Computing is in clip_run.c, configurations in clip_config.c.
 */
#include "nn/clip.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "nn/clip_internal.h"

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static const imf_clip_names transformers_names = {
    .patch = "vision_model.embeddings.patch_embedding.weight",
    .class_embedding = "vision_model.embeddings.class_embedding",
    .picture_positions = "vision_model.embeddings.position_embedding.weight",
    .pre_norm = "vision_model.pre_layrnorm", /* as the class spells it */
    .post_norm = "vision_model.post_layernorm",
    .picture_blocks = "vision_model.encoder.layers.%d.",
    .picture_projection = "visual_projection.weight",
    .tokens = "text_model.embeddings.token_embedding.weight",
    .text_positions = "text_model.embeddings.position_embedding.weight",
    .final_norm = "text_model.final_layer_norm",
    .text_blocks = "text_model.encoder.layers.%d.",
    .text_projection = "text_projection.weight",
    .projection_transposed = true,
    .norm1 = "layer_norm1",
    .norm2 = "layer_norm2",
    .out = "self_attn.out_proj",
    .up = "mlp.fc1",
    .down = "mlp.fc2",
    .qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
    .picture_prefixes = {"vision_model.", "visual_projection."},
};

static const imf_clip_names openai_names = {
    .patch = "visual.conv1.weight",
    .class_embedding = "visual.class_embedding",
    .picture_positions = "visual.positional_embedding",
    .pre_norm = "visual.ln_pre",
    .post_norm = "visual.ln_post",
    .picture_blocks = "visual.transformer.resblocks.%d.",
    .picture_projection = "visual.proj",
    .tokens = "token_embedding.weight",
    .text_positions = "positional_embedding",
    .final_norm = "ln_final",
    .text_blocks = "transformer.resblocks.%d.",
    .text_projection = "text_projection",
    .norm1 = "ln_1",
    .norm2 = "ln_2",
    .out = "attn.out_proj",
    .up = "mlp.c_fc",
    .down = "mlp.c_proj",
    .qkv = {"attn.in_proj", NULL, NULL},
    .picture_prefixes = {"visual.", NULL},
};

const imf_clip_names *imf_clip_names_of(imf_clip_family family)
{
    return family == IMF_CLIP_TRANSFORMERS ? &transformers_names : &openai_names;
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

/* "[512, 768]" without the brackets */
static void format_shape(char *out, size_t size, int rank, const size_t *shape)
{
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%zu", i ? ", " : "", shape[i]);
}

/* A tensor of floats with this shape. */
static int need(const imf_clip *m, const char *name, int rank, const size_t *shape, const imf_tensor **out,
                imf_err *err)
{
    char want[160], have[160];
    const imf_tensor *t = imf_weights_find(m->weights, name);

    *out = t;
    if (t == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_MISSING, imf_weights_file(m->weights), name);
    bool floats = t->dtype == IMF_F32 || t->dtype == IMF_F16 || t->dtype == IMF_BF16 || t->dtype == IMF_F64;
    if (floats && t->rank == rank && (rank == 0 || memcmp(t->shape, shape, (size_t)rank * sizeof *shape) == 0))
        return IMF_OK;
    format_shape(want, sizeof want, rank, shape);
    format_shape(have, sizeof have, t->rank, t->shape);
    return imf_fail(err, IMF_EINPUT, MSG_CLIP_TENSOR, imf_weights_file(m->weights), name, imf_dtype_name(t->dtype),
                    have, want);
}

static bool all_finite(const float *values, size_t n)
{
    bool good = true;

    for (size_t i = 0; i < n; i++)
        good &= fabsf(values[i]) <= FLT_MAX;
    return good;
}

/* The same as a copy in float32, imf_free'd by the caller. With values NULL the tensor is only checked. */
static int load(const imf_clip *m, const char *name, int rank, const size_t *shape, float **values, imf_err *err)
{
    int rc = IMF_OK;
    const imf_tensor *t = NULL;
    size_t bytes = 0;

    IMF_TRY(need(m, name, rank, shape, &t, err));
    if (values == NULL)
        goto out;
    *values = imf_mul_size(t->count, sizeof(float), &bytes) ? imf_alloc_aligned(bytes) : NULL;
    if (*values == NULL || imf_tensor_to_f32(t, *values) != IMF_OK)
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    else if (!all_finite(*values, t->count))
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_FINITE, imf_weights_file(m->weights), name);
out:
    return rc;
}

/* PREFIX NAME SUFFIX, for instance "visual.transformer.resblocks.3." "ln_1" ".weight". */
typedef struct tensor_name {
    char text[192];
} tensor_name;

static const char *join(tensor_name *n, const char *prefix, const char *name, const char *suffix)
{
    snprintf(n->text, sizeof n->text, "%s%s%s", prefix, name, suffix);
    return n->text;
}

/* NAME.weight of [rows, columns] (or [rows] when columns is 0) and NAME.bias of [rows]. */
static int load_pair(const imf_clip *m, const char *prefix, const char *name, size_t rows, size_t columns,
                     float **weight, float **bias, imf_err *err)
{
    int rc = IMF_OK;
    tensor_name n;
    const size_t shape[2] = {rows, columns};
    /* in_proj_weight is a parameter, not a module: no dot */
    const char *dot = strcmp(name, "attn.in_proj") == 0 ? "_" : ".";
    char suffix[16];

    snprintf(suffix, sizeof suffix, "%sweight", dot);
    IMF_TRY(load(m, join(&n, prefix, name, suffix), columns > 0 ? 2 : 1, shape, weight, err));
    snprintf(suffix, sizeof suffix, "%sbias", dot);
    IMF_TRY(load(m, join(&n, prefix, name, suffix), 1, shape, bias, err));
out:
    return rc;
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

enum { N_PARTS = 12 }; /* the pointers of imf_block_desc, in its order */

/* q, k and v as one matrix of 3 * width rows. With parts NULL they are only checked. */
static int load_qkv(const imf_clip *m, const char *prefix, size_t width, float **weight, float **bias, imf_err *err)
{
    int rc = IMF_OK;
    float *one_weight = NULL, *one_bias = NULL;

    if (m->names->qkv[1] == NULL)
        return load_pair(m, prefix, m->names->qkv[0], 3 * width, width, weight, bias, err);
    if (weight != NULL) {
        *weight = imf_alloc_array(3 * width, width * sizeof(float));
        *bias = imf_alloc_array(3 * width, sizeof(float));
        if (*weight == NULL || *bias == NULL)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    }
    for (size_t i = 0; i < 3; i++) {
        IMF_TRY(load_pair(m, prefix, m->names->qkv[i], width, width, weight != NULL ? &one_weight : NULL,
                          weight != NULL ? &one_bias : NULL, err));
        if (weight != NULL) {
            memcpy(*weight + i * width * width, one_weight, width * width * sizeof(float));
            memcpy(*bias + i * width, one_bias, width * sizeof(float));
        }
        imf_free(one_weight);
        imf_free(one_bias);
        one_weight = one_bias = NULL;
    }
out:
    imf_free(one_weight);
    imf_free(one_bias);
    return rc;
}

/* One block's tensors; with blocks NULL they are only checked. */
static int load_block(const imf_clip *m, const imf_clip_tower *t, const char *format, int number,
                      imf_transformer *blocks, imf_err *err)
{
    int rc = IMF_OK;
    const imf_clip_names *n = m->names;
    size_t width = (size_t)t->width, hidden = (size_t)t->hidden;
    char prefix[96];
    float *parts[N_PARTS] = {NULL};
    bool keep = blocks != NULL;
#define PART(i) (keep ? &parts[i] : NULL)

    snprintf(prefix, sizeof prefix, format, number);
    IMF_TRY(load_pair(m, prefix, n->norm1, width, 0, PART(0), PART(1), err));
    IMF_TRY(load_qkv(m, prefix, width, PART(2), PART(3), err));
    IMF_TRY(load_pair(m, prefix, n->out, width, width, PART(4), PART(5), err));
    IMF_TRY(load_pair(m, prefix, n->norm2, width, 0, PART(6), PART(7), err));
    IMF_TRY(load_pair(m, prefix, n->up, hidden, width, PART(8), PART(9), err));
    IMF_TRY(load_pair(m, prefix, n->down, width, hidden, PART(10), PART(11), err));
#undef PART
    if (keep) {
        const imf_block_desc block = {parts[0], parts[1], parts[2], parts[3], parts[4],  parts[5],
                                      parts[6], parts[7], parts[8], parts[9], parts[10], parts[11]};
        rc = imf_transformer_add(blocks, &block, err);
    }
out:
    for (int i = 0; i < N_PARTS; i++)
        imf_free(parts[i]);
    return rc;
}

/* A block beyond those that the configuration tells: the weights are another model's. */
static int check_no_more_blocks(const imf_clip *m, const imf_clip_tower *t, const char *format, imf_err *err)
{
    for (size_t i = 0; i < imf_weights_count(m->weights); i++) {
        const char *name = imf_weights_at(m->weights, i)->name;
        if (imf_clip_block_number(name, format) >= t->layers)
            return imf_fail(err, IMF_EINPUT, MSG_CLIP_BLOCKS, imf_weights_file(m->weights), name, t->layers);
    }
    return IMF_OK;
}

static int load_blocks(const imf_clip *m, const imf_clip_tower *t, const char *format, bool causal,
                       imf_transformer **blocks, imf_err *err)
{
    int rc = IMF_OK;
    const imf_transformer_desc desc = {
        (size_t)t->width, (size_t)t->heads, (size_t)t->layers, (size_t)t->hidden, (float)t->eps, t->act, causal};

    if (blocks != NULL)
        IMF_TRY(imf_transformer_new(blocks, &desc, err));
    else
        IMF_TRY(check_no_more_blocks(m, t, format, err));
    for (int i = 0; i < t->layers; i++)
        IMF_TRY(load_block(m, t, format, i, blocks != NULL ? *blocks : NULL, err));
out:
    return rc;
}

/* ---- Towers: checked (to NULL) or unpacked ----------------------------------------------------------------------- */

/* The matrix from a tower's width to the vectors; OpenAI keeps it the other way round. */
static int load_projection(const imf_clip *m, const char *name, size_t width, imf_linear **out, imf_err *err)
{
    int rc = IMF_OK;
    size_t dim = (size_t)m->config.dim;
    const bool rows_are_dim = m->names->projection_transposed;
    const size_t shape[2] = {rows_are_dim ? dim : width, rows_are_dim ? width : dim};
    float *values = NULL, *turned = NULL;

    IMF_TRY(load(m, name, 2, shape, out != NULL ? &values : NULL, err));
    if (out == NULL)
        goto out;
    if (!rows_are_dim) {
        turned = imf_alloc_array(dim, width * sizeof *turned);
        if (turned == NULL) {
            rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
            goto out;
        }
        for (size_t i = 0; i < width; i++)
            for (size_t k = 0; k < dim; k++)
                turned[k * width + i] = values[i * dim + k];
    }
    const imf_linear_desc desc = {name, width, dim, rows_are_dim ? values : turned, NULL, IMF_ACT_NONE, false};
    rc = imf_linear_new(out, &desc, err);
out:
    imf_free(values);
    imf_free(turned);
    return rc;
}

static int load_picture(const imf_clip *m, imf_clip_unpacked *u, imf_err *err)
{
    int rc = IMF_OK;
    const imf_clip_names *n = m->names;
    size_t width = (size_t)m->config.picture.width, p = (size_t)m->config.patch;
    size_t grid = (size_t)(m->config.image_size / m->config.patch);
    const size_t patch_shape[4] = {width, 3, p, p}, class_shape[1] = {width};
    const size_t position_shape[2] = {grid * grid + 1, width};
    float *patch = NULL, *class_embedding = NULL;

    IMF_TRY(load(m, n->patch, 4, patch_shape, u ? &patch : NULL, err));
    IMF_TRY(load(m, n->class_embedding, 1, class_shape, u ? &class_embedding : NULL, err));
    IMF_TRY(load(m, n->picture_positions, 2, position_shape, u ? &u->positions : NULL, err));
    IMF_TRY(load_pair(m, "", n->pre_norm, width, 0, u ? &u->norms[0] : NULL, u ? &u->norms[1] : NULL, err));
    IMF_TRY(load_pair(m, "", n->post_norm, width, 0, u ? &u->norms[2] : NULL, u ? &u->norms[3] : NULL, err));
    IMF_TRY(load_blocks(m, &m->config.picture, n->picture_blocks, false, u ? &u->blocks : NULL, err));
    IMF_TRY(load_projection(m, n->picture_projection, width, u ? &u->projection : NULL, err));
    if (u != NULL) {
        const imf_linear_desc desc = {n->patch, 3 * p * p, width, patch, NULL, IMF_ACT_NONE, false};
        for (size_t i = 0; i < width; i++)
            u->positions[i] += class_embedding[i];
        rc = imf_linear_new(&u->patch, &desc, err);
    }
out:
    imf_free(patch);
    imf_free(class_embedding);
    return rc;
}

static int load_text(const imf_clip *m, imf_clip_unpacked *u, imf_err *err)
{
    int rc = IMF_OK;
    const imf_clip_names *n = m->names;
    size_t width = (size_t)m->config.text.width;
    const size_t position_shape[2] = {(size_t)m->config.context, width};

    IMF_TRY(load(m, n->text_positions, 2, position_shape, u ? &u->positions : NULL, err));
    IMF_TRY(load_pair(m, "", n->final_norm, width, 0, u ? &u->norms[2] : NULL, u ? &u->norms[3] : NULL, err));
    IMF_TRY(load_blocks(m, &m->config.text, n->text_blocks, true, u ? &u->blocks : NULL, err));
    IMF_TRY(load_projection(m, n->text_projection, width, u ? &u->projection : NULL, err));
out:
    return rc;
}

static void unpacked_clear(imf_clip_unpacked *u)
{
    imf_transformer_free(&u->blocks);
    imf_linear_free(&u->patch);
    imf_linear_free(&u->projection);
    imf_free(u->positions);
    for (int i = 0; i < 4; i++)
        imf_free(u->norms[i]);
    memset(u, 0, sizeof *u);
}

int imf_clip_unpack(imf_clip *m, bool text, imf_err *err)
{
    int rc = IMF_OK;
    imf_clip_unpacked *u = text ? &m->text : &m->picture;
    bool *done = text ? &m->has_text : &m->has_picture;

    pthread_mutex_lock(&m->lock);
    if (!*done) {
        rc = text ? load_text(m, u, err) : load_picture(m, u, err);
        *done = rc == IMF_OK;
        if (rc != IMF_OK)
            unpacked_clear(u);
    }
    pthread_mutex_unlock(&m->lock);
    return rc;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static double linear_floats(double n_in, double n_out)
{
    return n_in * n_out + n_out;
}

size_t imf_clip_memory(const imf_clip *m, bool text, size_t batch)
{
    const imf_clip_config *c = &m->config;
    const imf_clip_tower *t = text ? &c->text : &c->picture;
    double width = t->width, hidden = t->hidden, grid = c->image_size / c->patch, pixels = 3.0 * c->patch * c->patch;
    double tokens = text ? c->context : grid * grid + 1, n = (double)batch;

    double block = linear_floats(width, 3 * width) + linear_floats(width, width) + linear_floats(width, hidden) +
                   linear_floats(hidden, width) + 4 * width;
    /* one block more: as it is read, before it is packed */
    double weights = (t->layers + 1) * block + tokens * width + linear_floats(width, c->dim);
    double session = n * tokens * (6 * width + hidden) + t->heads * tokens * tokens + n * width;
    if (!text) {
        weights += linear_floats(pixels, width);
        session += n * grid * grid * pixels;
    }
    double bytes = 4 * (weights + session);
    return bytes < (double)(SIZE_MAX / 2) ? (size_t)bytes : SIZE_MAX;
}

size_t imf_clip_machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : SIZE_MAX;
}

/* One picture and one text can be computed. An allocation would be promised and the program ended when it is used. */
static int check_memory(const imf_clip *m, imf_err *err)
{
    size_t picture = imf_clip_memory(m, false, 1), text = imf_clip_memory(m, true, 1);
    size_t larger = picture > text ? picture : text, machine = imf_clip_machine_memory();

    if (larger > machine)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_MEMORY, imf_weights_file(m->weights), larger >> 20, machine >> 20);
    return IMF_OK;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

int imf_clip_open_flags(imf_clip **out, const char *path, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    imf_clip *m = imf_alloc_array(1, sizeof *m);

    *out = NULL;
    if (m == NULL || pthread_mutex_init(&m->lock, NULL) != 0) {
        imf_free(m);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    }
    m->path = imf_strdup(path);
    if (m->path == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
        goto out;
    }
    IMF_TRY(imf_weights_open_path(&m->weights, path, flags, err));
    IMF_TRY(imf_clip_read_config(&m->config, path, m->weights, err));
    m->names = imf_clip_names_of(m->config.family);
    const size_t token_shape[2] = {(size_t)m->config.vocab, (size_t)m->config.text.width};
    IMF_TRY(need(m, m->names->tokens, 2, token_shape, &m->tokens, err));
    IMF_TRY(load_picture(m, NULL, err));
    IMF_TRY(load_text(m, NULL, err));
    IMF_TRY(check_memory(m, err));
    *out = m;
    m = NULL;
out:
    imf_clip_close(&m);
    return rc;
}

int imf_clip_open(imf_clip **out, const char *path, imf_err *err)
{
    return imf_clip_open_flags(out, path, 0, err);
}

void imf_clip_close(imf_clip **model)
{
    imf_clip *m = *model;

    if (m == NULL)
        return;
    unpacked_clear(&m->picture);
    unpacked_clear(&m->text);
    imf_weights_close(&m->weights);
    pthread_mutex_destroy(&m->lock);
    imf_free(m->path);
    imf_free(m);
    *model = NULL;
}

const imf_clip_config *imf_clip_get_config(const imf_clip *m)
{
    return &m->config;
}

const char *imf_clip_file(const imf_clip *m)
{
    return imf_weights_file(m->weights);
}

size_t imf_clip_tensors(const imf_clip *m)
{
    return imf_weights_count(m->weights);
}

uint64_t imf_clip_parameters(const imf_clip *m)
{
    uint64_t n = 0;

    for (size_t i = 0; i < imf_weights_count(m->weights); i++) {
        const imf_tensor *t = imf_weights_at(m->weights, i);
        bool floats = t->dtype == IMF_F32 || t->dtype == IMF_F16 || t->dtype == IMF_BF16 || t->dtype == IMF_F64;
        n += floats ? t->count : 0; /* position_ids and the like are no parameters */
    }
    return n;
}

const char *imf_clip_impl(const imf_clip *m, bool text, const char *layer)
{
    const imf_clip_unpacked *u = text ? &m->text : &m->picture;

    if (u->blocks == NULL)
        return NULL;
    const imf_linear *outside = strcmp(layer, "patch") == 0        ? u->patch
                                : strcmp(layer, "projection") == 0 ? u->projection
                                                                   : NULL;
    return outside != NULL ? imf_linear_impl(outside) : imf_transformer_impl(u->blocks, layer);
}
