/*
 * The starter's picture tower: EfficientNet-Lite0 and three heads (docs/internals/starter.md, "Picture tower");
 * the third, the colours, is in starter_colour.c.
 *
 * A session is one thread's copy: making it lets oneDNN pack the convolutions in its own layouts (dnn.c), so it is made
 * at the first picture and kept. They compute with bytes where the processor can, in float32 otherwise; see below. The
 * classifier and the heads are matrices times one vector; they stay int8 in the mapped file. A forward pass allocates
 * nothing.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/dnn.h"
#include "nn/starter_internal.h"

/*
 * Arithmetic on bytes takes half the time of float32, and the vector keeps a cosine of 0.999 to it (docs/SPEED.md). The
 * weights are int8 in the file already, so only activations are rounded: what relu6 gave to 255 steps of 0..6, and what
 * a projection gave, where an expansion reads it, to 127 steps to either side of zero. A projection's sum with its
 * residual stays float32. So do the first convolutions: on bytes they would save a tenth of the time and cost most of
 * the likeness.
 */
enum {
    FLOAT_CONVS = 8,      /* up to the depthwise one of block 2 */
    PROJECTION_RANGE = 64 /* each block's largest number was between 20 and 73 over 170 pictures */
};
#define LEAST_SCALE 1e-20f /* a smaller one, or one that is not positive, is not for bytes */

struct imf_starter_session {
    const imf_starter *m;
    imf_dnn_net *net;
    imf_starter_matrix classifier, concept, learned_class, learned_linear;
    imf_scratch scratch;  /* what follows lies in it */
    float *input;         /* [3, size, size] */
    float *head;          /* [features, head_size, head_size] */
    float *features;      /* [features] */
    float *logits;        /* [classes] */
    float *probability;   /* [classes] */
    float *part;          /* [learned_dim] */
    int head_size;
};

/* ---- Making a session ------------------------------------------------------------------------ */

/* TensorFlow's SAME: the smaller half of the padding goes left and top. */
static void same_padding(int size, int kernel, int stride, int *before, int *after)
{
    int total = ((size + stride - 1) / stride - 1) * stride + kernel - size;

    if (total < 0)
        total = 0;
    *before = total / 2;
    *after = total - *before;
}

/* w = q * scale[row] */
static void dequantise(const imf_starter_conv *c, const float *scale, float *out)
{
    const int8_t *q = c->weight->data;
    size_t per_row = c->weight->count / (size_t)c->out_channels;

    for (int row = 0; row < c->out_channels; row++)
        for (size_t i = 0; i < per_row; i++)
            *out++ = (float)*q++ * scale[row];
}

static bool usable_scales(const float *scale, int n)
{
    for (int i = 0; i < n; i++)
        if (!(scale[i] >= LEAST_SCALE))
            return false;
    return true;
}

/* Gives conv the fields for bytes. */
static void use_bytes(const imf_starter *m, const imf_starter_conv *c, const float *scale, imf_dnn_conv *conv)
{
    bool last = c == &m->picture.convs[m->picture.n_convs - 1];

    conv->weight_s8 = c->weight->data;
    conv->weight_scale = scale;
    conv->in_range = c[-1].relu6 ? 0 : PROJECTION_RANGE;
    conv->bytes_out = c->relu6 && !last;
}

static int add_conv(imf_starter_session *s, const imf_starter_conv *c, bool bytes, float *weight, imf_err *err)
{
    int rc = IMF_OK, before = 0, after = 0, step = 0;
    float *scale = NULL, *bias = NULL;
    imf_dnn_conv conv = {.name = c->name, .in_channels = c->in_channels, .out_channels = c->out_channels,
                         .in_h = c->in_size, .in_w = c->in_size, .kernel = c->kernel, .stride = c->stride,
                         .groups = c->groups, .relu6 = c->relu6, .residual_of = c->residual_of};

    IMF_TRY(imf_weights_floats(s->m->weights, c->scale, &scale, err));
    IMF_TRY(imf_weights_floats(s->m->weights, c->bias, &bias, err));
    if (bytes && usable_scales(scale, c->out_channels))
        use_bytes(s->m, c, scale, &conv);
    else
        dequantise(c, scale, weight);
    same_padding(c->in_size, c->kernel, c->stride, &before, &after);
    conv.pad_top = conv.pad_left = before;
    conv.pad_bottom = conv.pad_right = after;
    conv.weight = weight;
    conv.bias = bias;
    step = imf_dnn_add_conv(s->net, &conv, err);
    rc = step < 0 ? step : IMF_OK;
out:
    imf_free(scale);
    imf_free(bias);
    return rc;
}

static int build_net(imf_starter_session *s, bool exact, imf_err *err)
{
    int rc = IMF_OK;
    size_t largest = 0;
    float *weight = NULL;
    const bool bytes = !exact && imf_dnn_has_int8();

    for (int i = 0; i < s->m->picture.n_convs; i++)
        if (s->m->picture.convs[i].weight->count > largest)
            largest = s->m->picture.convs[i].weight->count;
    weight = imf_alloc_array(largest, sizeof *weight);
    if (weight == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    IMF_TRY(imf_dnn_net_new(&s->net, err));
    for (int i = 0; i < s->m->picture.n_convs; i++)
        IMF_TRY(add_conv(s, &s->m->picture.convs[i], bytes && i >= FLOAT_CONVS, weight, err));
    IMF_TRY(imf_dnn_net_build(s->net, err));
out:
    imf_free(weight);
    return rc;
}

static int take_buffers(imf_starter_session *s, imf_err *err)
{
    const imf_starter *m = s->m;
    size_t side = (size_t)m->config.picture_size, head_side = 0;
    size_t counts[6], bytes = 0;
    float **places[6] = {&s->input, &s->head, &s->features, &s->logits, &s->probability, &s->part};

    s->head_size = m->picture.convs[m->picture.n_convs - 1].out_size;
    head_side = (size_t)s->head_size;
    counts[0] = 3 * side * side; /* all bounded at opening */
    counts[1] = (size_t)m->picture.features * head_side * head_side;
    counts[2] = (size_t)m->picture.features;
    counts[3] = counts[4] = (size_t)m->picture.classes;
    counts[5] = (size_t)m->picture.learned_dim;
    for (int i = 0; i < 6; i++)
        bytes += counts[i] * sizeof(float) + 64;
    if (imf_scratch_init(&s->scratch, bytes) != 0)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    for (int i = 0; i < 6; i++)
        *places[i] = imf_scratch_take(&s->scratch, counts[i] * sizeof(float));
    return IMF_OK;
}

int imf_starter_session_new(imf_starter_session **out, const imf_starter *m, bool exact, imf_err *err)
{
    int rc = IMF_OK;
    imf_starter_session *s = imf_alloc_array(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    s->m = m;
    IMF_TRY(build_net(s, exact, err));
    IMF_TRY(take_buffers(s, err));
    IMF_TRY(imf_starter_matrix_init(&s->classifier, m, "picture.classifier", m->picture.classes, m->picture.features,
                                    true, err));
    IMF_TRY(imf_starter_matrix_init(&s->concept, m, "picture.concept", m->picture.concept_dim, m->picture.classes,
                                    false, err));
    IMF_TRY(imf_starter_matrix_init(&s->learned_class, m, "picture.learned.class", m->picture.learned_dim,
                                    m->picture.classes, false, err));
    IMF_TRY(imf_starter_matrix_init(&s->learned_linear, m, "picture.learned.linear", m->picture.learned_dim,
                                    m->picture.features, true, err));
    *out = s;
    s = NULL;
out:
    imf_starter_session_free(&s);
    return rc;
}

void imf_starter_session_free(imf_starter_session **session)
{
    imf_starter_session *s = *session;

    if (s == NULL)
        return;
    imf_dnn_net_free(&s->net);
    imf_starter_matrix_clear(&s->classifier);
    imf_starter_matrix_clear(&s->concept);
    imf_starter_matrix_clear(&s->learned_class);
    imf_starter_matrix_clear(&s->learned_linear);
    imf_scratch_clear(&s->scratch);
    imf_free(s);
    *session = NULL;
}

const imf_dnn_net *imf_starter_session_net(const imf_starter_session *s)
{
    return s->net;
}

/* ---- A forward pass -------------------------------------------------------------------------- */

/* rgb [size, size, 3] u8 -> input [3, size, size] */
static void normalise_pixels(imf_starter_session *s, const uint8_t *rgb)
{
    size_t plane = (size_t)s->m->config.picture_size * (size_t)s->m->config.picture_size;
    float table[256];

    for (int v = 0; v < 256; v++)
        table[v] = (float)((v - s->m->picture.mean) / s->m->picture.std);
    for (size_t i = 0; i < plane; i++) {
        s->input[i] = table[rgb[3 * i]];
        s->input[plane + i] = table[rgb[3 * i + 1]];
        s->input[2 * plane + i] = table[rgb[3 * i + 2]];
    }
}

/* features = mean of head over its pixels */
static void mean_pixels(imf_starter_session *s)
{
    size_t plane = (size_t)s->head_size * (size_t)s->head_size;

    for (size_t c = 0; c < (size_t)s->m->picture.features; c++) {
        double sum = 0;
        for (size_t i = 0; i < plane; i++)
            sum += (double)s->head[c * plane + i];
        s->features[c] = (float)(sum / (double)plane);
    }
}

/* out = softmax(factor * logits) */
static void softmax(float *out, const float *logits, double factor, int n)
{
    double sum = 0;
    float top = logits[0];

    for (int i = 1; i < n; i++)
        top = logits[i] > top ? logits[i] : top;
    for (int i = 0; i < n; i++) {
        out[i] = expf((float)(factor * ((double)logits[i] - (double)top)));
        sum += (double)out[i];
    }
    for (int i = 0; i < n; i++)
        out[i] = (float)((double)out[i] / sum);
}

typedef struct tap_context {
    const imf_starter_session *s;
    imf_starter_tap tap; /* may be NULL */
    void *user;
} tap_context;

static void tap_step(void *user, int step, const float *values, const size_t shape[3])
{
    const tap_context *t = user;

    t->tap(t->user, imf_dnn_step_name(t->s->net, step), values, shape, 3);
}

static void tap_vector(const tap_context *t, const char *layer, const float *values, int n)
{
    const size_t shape[1] = {(size_t)n};

    if (t->tap != NULL)
        t->tap(t->user, layer, values, shape, 1);
}

static void multiply(float *v, double factor, int n)
{
    for (int i = 0; i < n; i++)
        v[i] *= (float)factor;
}

/* The heads, from features and pixels to vector: each part of unit length, times the root of its weight; the last
 * component is texts' alone. */
static int heads(imf_starter_session *s, const uint8_t *rgb, float *vector, const tap_context *tap, imf_err *err)
{
    const imf_starter *m = s->m;
    int n_concept = m->picture.concept_dim, n_learned = m->picture.learned_dim, n_colour = m->picture.colour_dim;
    float *concept = vector, *learned = concept + n_concept, *colour = learned + n_learned;
    const double shape_weight = 1 - m->picture.colour_weight;

    imf_starter_matrix_apply(&s->classifier, s->features, s->logits);
    tap_vector(tap, "logits", s->logits, m->picture.classes);

    softmax(s->probability, s->logits, 1 / m->picture.tau, m->picture.classes);
    imf_starter_matrix_apply(&s->concept, s->probability, concept);
    if (!imf_starter_normalise(concept, n_concept))
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_BAD_VECTOR, "picture");
    tap_vector(tap, "concept", concept, n_concept);

    softmax(s->probability, s->logits, m->picture.class_scale, m->picture.classes);
    imf_starter_matrix_apply(&s->learned_class, s->probability, s->part);
    imf_starter_matrix_apply(&s->learned_linear, s->features, learned);
    for (int i = 0; i < n_learned; i++)
        learned[i] += s->part[i];
    if (!imf_starter_normalise(learned, n_learned))
        return imf_fail(err, IMF_EINPUT, MSG_STARTER_BAD_VECTOR, "picture");
    tap_vector(tap, "learned", learned, n_learned);

    imf_starter_colours(m, rgb, colour);
    tap_vector(tap, "colour", colour, n_colour);

    multiply(concept, sqrt(shape_weight * m->picture.concept_weight), n_concept);
    multiply(learned, sqrt(shape_weight * (1 - m->picture.concept_weight)), n_learned);
    multiply(colour, sqrt(m->picture.colour_weight), n_colour);
    vector[m->config.dim - 1] = 0;
    tap_vector(tap, "vector", vector, m->config.dim);
    return IMF_OK;
}

int imf_starter_embed_view(imf_starter_session *s, const uint8_t *rgb, float *vector, imf_starter_tap tap,
                           void *tap_user, imf_err *err)
{
    int rc = IMF_OK;
    tap_context context = {s, tap, tap_user};
    const size_t side = (size_t)s->m->config.picture_size, input_shape[3] = {3, side, side};

    normalise_pixels(s, rgb);
    if (tap != NULL)
        tap(tap_user, "input", s->input, input_shape, 3);
    IMF_TRY(imf_dnn_run(s->net, s->input, s->head, tap != NULL ? tap_step : NULL, &context, err));
    mean_pixels(s);
    tap_vector(&context, "features", s->features, s->m->picture.features);
    IMF_TRY(heads(s, rgb, vector, &context, err));
out:
    return rc;
}
