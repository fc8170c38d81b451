/*
 * Computing with an open CLIP model (clip.h): pixels to tokens to a picture's vector, ids to a text's vector, and the
 * hash that names the space. Sessions own every buffer; a call allocates nothing but what oneDNN's kernels need at the
 * first use of a shape.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"
#include "nn/clip_internal.h"

struct imf_clip_session {
    imf_clip *m;
    bool text;
    size_t batch, tokens;               /* tokens: most of a picture or a text */
    imf_transformer_session *blocks;
    float *x;                           /* [batch * tokens, width] */
    float *patches;                     /* [batch * grid * grid, 3 * patch * patch]; pictures */
    float *pooled;                      /* [batch, width] */
    size_t *lengths, *at;               /* [batch] */
    float levels[3][256];               /* what a byte becomes, by channel */
    float *row;                         /* [width]: one token's embedding */
};

/* ---- The space --------------------------------------------------------------------------------------------------- */

void imf_clip_space(const imf_clip *m, int preprocessing, char out[33])
{
    const imf_clip_config *c = &m->config;
    XXH3_state_t state;
    char numbers[512];

    XXH3_128bits_reset(&state);
    for (size_t i = 0; i < 2 && m->names->picture_prefixes[i] != NULL; i++) {
        uint64_t part[2];
        imf_weights_hash(m->weights, m->names->picture_prefixes[i], part);
        XXH3_128bits_update(&state, part, sizeof part);
    }
    int n = snprintf(numbers, sizeof numbers,
                     "clip %d %d %d %d %d %d %d %d %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %d", c->dim,
                     c->image_size, c->patch, c->picture.heads, (int)c->picture.act, (int)c->crop, c->resize, c->filter,
                     c->picture.eps, c->rescale, c->mean[0], c->mean[1], c->mean[2], c->std[0], c->std[1], c->std[2],
                     preprocessing);
    XXH3_128bits_update(&state, numbers, (size_t)n);
    XXH128_hash_t hash = XXH3_128bits_digest(&state);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

/* ---- Sessions ---------------------------------------------------------------------------------------------------- */

/* (byte / 255 - mean) / std in float32, in the order of each family's own code, which differs in the last bit:
 * transformers multiplies a byte by a double and rounds, the others divide in float32. */
static void fill_levels(imf_clip_session *s)
{
    const imf_clip_config *c = &s->m->config;

    for (int ch = 0; ch < 3; ch++)
        for (int v = 0; v < 256; v++) {
            float mean = (float)c->mean[ch], std = (float)c->std[ch];
            float unit = c->family == IMF_CLIP_TRANSFORMERS ? (float)(v * c->rescale) : (float)v / 255.0f;
            s->levels[ch][v] = (unit - mean) / std;
        }
}

/* [n, columns] floats; columns is bounded by the checked configuration. */
static int buffer(float **out, size_t n, size_t columns, imf_err *err)
{
    size_t bytes = 0;

    *out = imf_mul_size(n, columns * sizeof(float), &bytes) ? imf_alloc_aligned(bytes) : NULL;
    return *out != NULL ? IMF_OK : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
}

static int session_new(imf_clip_session **out, imf_clip *m, bool text, size_t batch, imf_err *err)
{
    int rc = IMF_OK;
    const imf_clip_config *c = &m->config;
    size_t width = (size_t)(text ? c->text.width : c->picture.width), patch = (size_t)c->patch;
    size_t grid = (size_t)(c->image_size / c->patch);
    imf_clip_session *s = imf_alloc_array(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    size_t bytes = imf_clip_memory(m, text, batch), machine = imf_clip_machine_memory();
    if (batch < 1 || bytes > machine) {
        rc = imf_fail(err, IMF_EINPUT, MSG_CLIP_BATCH, batch, bytes >> 20, machine >> 20);
        goto out;
    }
    s->m = m;
    s->text = text;
    s->batch = batch;
    s->tokens = text ? (size_t)c->context : grid * grid + 1;
    IMF_TRY(imf_clip_unpack(m, text, err));
    IMF_TRY(imf_transformer_session_new(&s->blocks, text ? m->text.blocks : m->picture.blocks, batch * s->tokens, err));
    IMF_TRY(buffer(&s->x, batch * s->tokens, width, err));
    IMF_TRY(buffer(&s->pooled, batch, width, err));
    IMF_TRY(buffer(&s->row, 1, width, err));
    if (!text)
        IMF_TRY(buffer(&s->patches, batch * grid * grid, 3 * patch * patch, err));
    s->lengths = imf_alloc_array(batch, sizeof *s->lengths);
    s->at = imf_alloc_array(batch, sizeof *s->at);
    if (s->lengths == NULL || s->at == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    fill_levels(s);
    *out = s;
    s = NULL;
out:
    imf_clip_session_free(&s);
    return rc;
}

int imf_clip_picture_session(imf_clip_session **out, imf_clip *m, size_t batch, imf_err *err)
{
    return session_new(out, m, false, batch, err);
}

int imf_clip_text_session(imf_clip_session **out, imf_clip *m, size_t batch, imf_err *err)
{
    return session_new(out, m, true, batch, err);
}

void imf_clip_session_free(imf_clip_session **session)
{
    imf_clip_session *s = *session;

    if (s == NULL)
        return;
    imf_transformer_session_free(&s->blocks);
    imf_free(s->x);
    imf_free(s->patches);
    imf_free(s->pooled);
    imf_free(s->row);
    imf_free(s->lengths);
    imf_free(s->at);
    imf_free(s);
    *session = NULL;
}

void imf_clip_attention_impl(const imf_clip_session *s, const char *names[3])
{
    imf_attention_impl(imf_transformer_session_work(s->blocks), names);
}

/* ---- Taps -------------------------------------------------------------------------------------------------------- */

typedef struct tap_names { /* from the blocks' taps to ours */
    imf_clip_tap tap;
    void *user;
} tap_names;

static void tap_block(void *user, size_t block, const char *layer, const float *values, size_t rows, size_t columns)
{
    const tap_names *t = user;
    char name[64];

    if (strcmp(layer, "block") == 0)
        snprintf(name, sizeof name, "block.%zu", block);
    else
        snprintf(name, sizeof name, "block.%zu.%s", block, layer);
    t->tap(t->user, name, values, rows, columns);
}

static int run_blocks(imf_clip_session *s, size_t n, imf_clip_tap tap, void *user, imf_err *err)
{
    tap_names names = {tap, user};

    return imf_transformer_run(s->blocks, s->x, s->lengths, n, tap != NULL ? tap_block : NULL, &names, err);
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

/* One picture's patches, row by row of the grid; a patch is [3, p, p] as the convolution's weight is. */
static void cut_patches(const imf_clip_session *s, const uint8_t *rgb, float *to)
{
    size_t size = (size_t)s->m->config.image_size, p = (size_t)s->m->config.patch, grid = size / p;

    for (size_t gy = 0; gy < grid; gy++)
        for (size_t gx = 0; gx < grid; gx++)
            for (size_t ch = 0; ch < 3; ch++)
                for (size_t y = 0; y < p; y++) {
                    const uint8_t *from = rgb + ((gy * p + y) * size + gx * p) * 3 + ch;
                    for (size_t x = 0; x < p; x++)
                        *to++ = s->levels[ch][from[3 * x]];
                }
}

/* All pixels, planar, as the family's own code hands them to the model: a tap for goldens. */
static void tap_pixels(const imf_clip_session *s, const uint8_t *rgb, imf_clip_tap tap, void *user)
{
    size_t size = (size_t)s->m->config.image_size;
    float row[IMF_CLIP_MAX_IMAGE];

    for (size_t ch = 0; ch < 3; ch++)
        for (size_t y = 0; y < size; y++) {
            for (size_t x = 0; x < size; x++)
                row[x] = s->levels[ch][rgb[(y * size + x) * 3 + ch]];
            tap(user, "pixels", row, 1, size);
        }
}

/* Every vector has a direction: none is zero, and no number is infinite or none. */
static int check_vectors(const imf_clip *m, const float *vectors, size_t n, imf_err *err)
{
    size_t dim = (size_t)m->config.dim;

    for (size_t i = 0; i < n; i++) {
        double squares = 0;
        for (size_t k = 0; k < dim; k++)
            squares += (double)vectors[i * dim + k] * (double)vectors[i * dim + k];
        if (!(squares > 0 && isfinite(squares)))
            return imf_fail(err, IMF_EINPUT, MSG_CLIP_VECTOR, m->path);
    }
    return IMF_OK;
}

int imf_clip_embed_pictures(imf_clip_session *s, const uint8_t *rgb, size_t n, float *vectors, imf_clip_tap tap,
                            void *user, imf_err *err)
{
    int rc = IMF_OK;
    const imf_clip_config *c = &s->m->config;
    const imf_clip_unpacked *u = &s->m->picture;
    imf_matmul_work *work = imf_transformer_session_work(s->blocks);
    size_t width = (size_t)c->picture.width, size = (size_t)c->image_size, patch = (size_t)c->patch;
    size_t cells = s->tokens - 1, m = n * s->tokens;
    float eps = (float)c->picture.eps;

    if (s->text || n < 1 || n > s->batch)
        return imf_fail(err, IMF_EINTERNAL, MSG_CLIP_LONG, n);
    if (tap != NULL)
        tap_pixels(s, rgb, tap, user);
    for (size_t i = 0; i < n; i++) {
        cut_patches(s, rgb + i * size * size * 3, s->patches + i * cells * 3 * patch * patch);
        s->lengths[i] = s->tokens;
        /* place 0: the class token is in positions[0] already; the others are added after the product */
        memset(s->x + i * s->tokens * width, 0, width * sizeof *s->x);
        IMF_TRY(imf_linear_run(u->patch, work, s->patches + i * cells * 3 * patch * patch, cells,
                               s->x + (i * s->tokens + 1) * width, err));
        for (size_t k = 0; k < s->tokens * width; k++)
            s->x[i * s->tokens * width + k] += u->positions[k];
    }
    if (tap != NULL)
        tap(user, "embeddings", s->x, m, width);
    imf_layer_norm(s->x, m, width, u->norms[0], u->norms[1], eps, s->x);
    if (tap != NULL)
        tap(user, "pre_norm", s->x, m, width);
    IMF_TRY(run_blocks(s, n, tap, user, err));
    for (size_t i = 0; i < n; i++)
        imf_layer_norm(s->x + i * s->tokens * width, 1, width, u->norms[2], u->norms[3], eps, s->pooled + i * width);
    if (tap != NULL)
        tap(user, "pooled", s->pooled, n, width);
    IMF_TRY(imf_linear_run(u->projection, work, s->pooled, n, vectors, err));
    IMF_TRY(check_vectors(s->m, vectors, n, err));
    if (tap != NULL)
        tap(user, "vector", vectors, n, (size_t)c->dim);
out:
    return rc;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

/* How many tokens of a text count: up to the one that its vector is taken from. A text too long for the context was cut
 * before its last place got the end mark. */
static size_t useful_tokens(const imf_clip_config *c, const uint32_t *ids, size_t n, uint32_t end)
{
    size_t context = (size_t)c->context, best = 0;
    bool cut = n > context;

    n = cut ? context : n;
    for (size_t i = 0; i < n; i++) {
        uint32_t id = cut && i == n - 1 ? end : ids[i];
        uint32_t largest = cut && best == n - 1 ? end : ids[best];
        if (c->end_id >= 0 && id == (uint32_t)c->end_id)
            return i + 1;
        if (c->end_id < 0 && id > largest)
            best = i;
    }
    return c->end_id < 0 ? best + 1 : 1; /* the reference's argmax over "is it the end?" gives 0 when none is */
}

/* The row of the token table, converted; positions added. */
static int put_token(imf_clip_session *s, uint32_t id, size_t place, float *to, imf_err *err)
{
    const imf_clip *m = s->m;
    size_t width = (size_t)m->config.text.width, row_bytes = m->tokens->bytes / (size_t)m->config.vocab;

    if (id >= (uint32_t)m->config.vocab)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_ID, id, m->config.vocab);
    imf_tensor row = *m->tokens;
    row.rank = 1;
    row.shape[0] = row.count = width;
    row.data = (const uint8_t *)m->tokens->data + id * row_bytes;
    row.bytes = row_bytes;
    int rc = imf_tensor_to_f32(&row, s->row);
    for (size_t i = 0; i < width; i++)
        to[i] = s->row[i] + m->text.positions[place * width + i];
    return rc;
}

int imf_clip_embed_texts(imf_clip_session *s, const uint32_t *ids, const size_t *lengths, size_t n, uint32_t end,
                         float *vectors, imf_clip_tap tap, void *user, imf_err *err)
{
    int rc = IMF_OK;
    const imf_clip_config *c = &s->m->config;
    const imf_clip_unpacked *u = &s->m->text;
    size_t width = (size_t)c->text.width, m = 0;

    if (!s->text || n < 1 || n > s->batch)
        return imf_fail(err, IMF_EINTERNAL, MSG_CLIP_LONG, n);
    for (size_t i = 0; i < n; ids += lengths[i++]) {
        if (lengths[i] < 1)
            return imf_fail(err, IMF_EINTERNAL, MSG_CLIP_LONG, n);
        s->lengths[i] = useful_tokens(c, ids, lengths[i], end);
        bool cut = lengths[i] > (size_t)c->context;
        for (size_t k = 0; k < s->lengths[i]; k++) {
            uint32_t id = cut && k == (size_t)c->context - 1 ? end : ids[k];
            IMF_TRY(put_token(s, id, k, s->x + (m + k) * width, err));
        }
        m += s->lengths[i];
        s->at[i] = m - 1;
    }
    if (tap != NULL)
        tap(user, "embeddings", s->x, m, width);
    IMF_TRY(run_blocks(s, n, tap, user, err));
    for (size_t i = 0; i < n; i++)
        imf_layer_norm(s->x + s->at[i] * width, 1, width, u->norms[2], u->norms[3], (float)c->text.eps,
                       s->pooled + i * width);
    if (tap != NULL)
        tap(user, "pooled", s->pooled, n, width);
    IMF_TRY(imf_linear_run(u->projection, imf_transformer_session_work(s->blocks), s->pooled, n, vectors, err));
    IMF_TRY(check_vectors(s->m, vectors, n, err));
    if (tap != NULL)
        tap(user, "vector", vectors, n, (size_t)c->dim);
out:
    return rc;
}
