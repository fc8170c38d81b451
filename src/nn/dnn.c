/*
 * Convolution nets on oneDNN 2.6's C API.
 *
 * Adding a step asks oneDNN for its fastest primitive with every layout left open (format tag "any"), and packs the
 * weights into the layout it chose. Activations stay in the primitives' own layout between steps; only the input, the
 * output and the taps are planar. Should two neighbours disagree on the layout, a reorder stands between them (none
 * does for the starter on AVX2 and AVX-512).
 *
 * A step that computes with bytes takes a rounded input: a reorder rounds what the last step gave, unless that is bytes
 * already. The weights are symmetric, so that oneDNN multiplies its sums with one factor a channel and is done.
 *
 * Building gives each step's output a slot, a buffer that later steps use again when its last reader is done: a few
 * megabytes that stay in the cache in place of all activations. A residual costs nothing: the step that adds it writes
 * over it, by oneDNN's "sum" post-operation, which accumulates onto what the destination holds. That is why a step may
 * be a residual only once, and is not read by anybody later.
 *
 * Scratchpads are ours too ("user" mode), one for all steps, so that a run allocates nothing of any size.
 */
#include "nn/dnn.h"

#include <stdint.h>
#include <string.h>

#include <dnnl.h>

#include "base/mem.h"
#include "nn/dnn_status.h"

enum { MAX_STEPS = 512, MAX_EXTENT = 1 << 16 };

typedef struct step {
    char *name, *impl;
    int out_channels, out_h, out_w;
    int residual_of;         /* or -1 */
    bool is_residual;        /* some later step adds this one's output */
    dnnl_memory_desc_t src_md, dst_md, scratch_md;
    float src_unit, dst_unit; /* what a stored 1 of the input and the output means: 1 for floats */
    dnnl_primitive_t conv;
    dnnl_primitive_t reorder; /* from the last step's form to ours; NULL when they are the same */
    void *weight, *bias;     /* packed */
    dnnl_memory_t src_mem, weight_mem, bias_mem, dst_mem, scratch_mem;
    void *src;               /* the reorder's output; NULL without one */
    int slot;
} step;

typedef struct slot {
    void *data;
    size_t bytes;
    int busy_until; /* the last step that reads it */
} slot;

struct imf_dnn_net {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    step *steps;
    int n_steps;
    slot *slots;
    int n_slots;
    bool built;
    int in_channels, in_h, in_w;
    void *input, *scratch;               /* input: in the layout of step 0 */
    dnnl_memory_t plain_in, plain_out;   /* their handles are set at each run */
    dnnl_memory_t input_mem;
    dnnl_primitive_t read_input, write_output;
};

int imf_dnn_net_new(imf_dnn_net **out, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = "the engine";
    imf_dnn_net *net = imf_alloc_array(1, sizeof *net);

    *out = NULL;
    if (net == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    net->steps = imf_alloc_array(MAX_STEPS, sizeof *net->steps);
    net->slots = imf_alloc_array(MAX_STEPS, sizeof *net->slots);
    if (net->steps == NULL || net->slots == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    DNN_TRY(dnnl_engine_create(&net->engine, dnnl_cpu, 0));
    DNN_TRY(dnnl_stream_create(&net->stream, net->engine, dnnl_stream_default_flags));
    *out = net;
    net = NULL;
out:
    imf_dnn_net_free(&net);
    return rc;
}

static void step_clear(step *s)
{
    dnnl_memory_t memories[] = {s->src_mem, s->weight_mem, s->bias_mem, s->dst_mem, s->scratch_mem};

    for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++)
        if (memories[i] != NULL)
            dnnl_memory_destroy(memories[i]);
    if (s->conv != NULL)
        dnnl_primitive_destroy(s->conv);
    if (s->reorder != NULL)
        dnnl_primitive_destroy(s->reorder);
    imf_free(s->name);
    imf_free(s->impl);
    imf_free(s->weight);
    imf_free(s->bias);
    imf_free(s->src);
    memset(s, 0, sizeof *s);
}

void imf_dnn_net_free(imf_dnn_net **pointer)
{
    imf_dnn_net *net = *pointer;

    if (net == NULL)
        return;
    for (int i = 0; i < net->n_steps; i++)
        step_clear(&net->steps[i]);
    for (int i = 0; i < net->n_slots; i++)
        imf_free(net->slots[i].data);
    dnnl_memory_t memories[] = {net->plain_in, net->plain_out, net->input_mem};
    for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++)
        if (memories[i] != NULL)
            dnnl_memory_destroy(memories[i]);
    if (net->read_input != NULL)
        dnnl_primitive_destroy(net->read_input);
    if (net->write_output != NULL)
        dnnl_primitive_destroy(net->write_output);
    if (net->stream != NULL)
        dnnl_stream_destroy(net->stream);
    if (net->engine != NULL)
        dnnl_engine_destroy(net->engine);
    imf_free(net->input);
    imf_free(net->scratch);
    imf_free(net->steps);
    imf_free(net->slots);
    imf_free(net);
    *pointer = NULL;
}

/* ---- Adding a step --------------------------------------------------------------------------- */

static bool extent_ok(int v, int min)
{
    return v >= min && v <= MAX_EXTENT;
}

/* The caller is our own code: a description that does not fit the net is a fault of ours, not of a file. */
static int check_conv(const imf_dnn_net *net, const imf_dnn_conv *c, imf_err *err)
{
    const step *last = net->n_steps > 0 ? &net->steps[net->n_steps - 1] : NULL;
    bool ok = !net->built && net->n_steps < MAX_STEPS;

    ok = ok && extent_ok(c->in_channels, 1) && extent_ok(c->out_channels, 1);
    ok = ok && extent_ok(c->in_h, 1) && extent_ok(c->in_w, 1);
    ok = ok && extent_ok(c->kernel, 1) && extent_ok(c->stride, 1) && extent_ok(c->groups, 1);
    ok = ok && extent_ok(c->pad_top, 0) && extent_ok(c->pad_left, 0);
    ok = ok && extent_ok(c->pad_bottom, 0) && extent_ok(c->pad_right, 0);
    ok = ok && c->in_channels % c->groups == 0 && c->out_channels % c->groups == 0;
    ok = ok && c->in_h + c->pad_top + c->pad_bottom >= c->kernel && c->in_w + c->pad_left + c->pad_right >= c->kernel;
    ok = ok && (last == NULL || (c->in_channels == last->out_channels && c->in_h == last->out_h &&
                                 c->in_w == last->out_w));
    ok = ok && c->residual_of >= -1 && (c->residual_of == -1 || c->residual_of < net->n_steps - 1);
    ok = ok && (c->weight_s8 != NULL || !c->bytes_out) && c->in_range >= 0;
    ok = ok && (!c->bytes_out || (c->relu6 && c->residual_of < 0));
    if (!ok)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, c->name, -1);
    return IMF_OK;
}

static int check_residual(const imf_dnn_net *net, const step *s, imf_err *err)
{
    const step *r = NULL;

    if (s->residual_of < 0)
        return IMF_OK;
    r = &net->steps[s->residual_of];
    if (r->is_residual || r->dst_md.data_type != dnnl_f32 || r->out_channels != s->out_channels ||
        r->out_h != s->out_h || r->out_w != s->out_w)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, s->name, -1);
    return IMF_OK;
}

/* factors: what the sums of bytes are multiplied with, by channel; NULL for floats. Then the residual is added, and
 * clipping comes last; rounding to a byte clips to 0..6 by itself. */
static dnnl_status_t make_attr(const imf_dnn_conv *c, const float *factors, dnnl_primitive_attr_t *attr)
{
    enum { BY_CHANNEL = 1 << 1 };
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(attr);

    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && factors != NULL)
        status = dnnl_primitive_attr_set_output_scales(*attr, c->out_channels, BY_CHANNEL, factors);
    if (status == dnnl_success)
        status = dnnl_post_ops_create(&ops);
    if (status == dnnl_success && c->residual_of >= 0)
        status = dnnl_post_ops_append_sum(ops, 1.0f);
    if (status == dnnl_success && c->relu6 && !c->bytes_out)
        status = dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_clip, 0.0f, 6.0f);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(*attr, ops);
    if (ops != NULL)
        dnnl_post_ops_destroy(ops);
    return status;
}

/* Weights and bias, and their plain layout, as oneDNN describes them. Depthwise and grouped weights have a dimension
 * for the groups. */
typedef struct weight_desc {
    dnnl_memory_desc_t plain, any, bias;
} weight_desc;

static dnnl_status_t describe_weight(const imf_dnn_conv *c, weight_desc *d)
{
    dnnl_dims_t grouped = {c->groups, c->out_channels / c->groups, c->in_channels / c->groups, c->kernel, c->kernel};
    dnnl_dims_t bias = {c->out_channels};
    int rank = c->groups > 1 ? 5 : 4;
    const int64_t *dims = c->groups > 1 ? grouped : grouped + 1;
    dnnl_format_tag_t tag = rank == 5 ? dnnl_goihw : dnnl_oihw;
    dnnl_data_type_t type = c->weight_s8 != NULL ? dnnl_s8 : dnnl_f32;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&d->plain, rank, dims, type, tag);

    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(&d->any, rank, dims, type, dnnl_format_tag_any);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(&d->bias, 1, bias, dnnl_f32, dnnl_x);
    return status;
}

/* Each number is multiplied with factor on the way. */
static dnnl_status_t make_reorder(dnnl_engine_t engine, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
                                  float factor, dnnl_primitive_t *out)
{
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attr);

    if (status == dnnl_success && factor != 1)
        status = dnnl_primitive_attr_set_output_scales(attr, 1, 0, &factor);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&pd, from, engine, to, engine, attr);
    if (status == dnnl_success)
        status = dnnl_primitive_create(out, pd);
    if (pd != NULL)
        dnnl_primitive_desc_destroy(pd);
    if (attr != NULL)
        dnnl_primitive_attr_destroy(attr);
    return status;
}

static dnnl_status_t run_reorder(dnnl_primitive_t reorder, dnnl_stream_t stream, dnnl_memory_t from, dnnl_memory_t to)
{
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};

    return dnnl_primitive_execute(reorder, stream, 2, args);
}

/* A buffer of the description's size, zeroed, and a oneDNN memory over it. */
static int make_buffer(imf_dnn_net *net, const dnnl_memory_desc_t *md, void **data, dnnl_memory_t *memory,
                       const char *where, imf_err *err)
{
    int rc = IMF_OK;
    size_t bytes = dnnl_memory_desc_get_size(md);

    *data = imf_alloc_aligned(bytes);
    if (*data == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    memset(*data, 0, bytes);
    DNN_TRY(dnnl_memory_create(memory, md, net->engine, *data));
out:
    return rc;
}

/* Copies the caller's weights and bias into the layout that the primitive asked for. */
static int pack_weights(imf_dnn_net *net, step *s, const imf_dnn_conv *c, const weight_desc *plain,
                        const dnnl_memory_desc_t *packed, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = s->name;
    const void *weight = c->weight_s8 != NULL ? (const void *)c->weight_s8 : c->weight;
    dnnl_memory_t from = NULL;
    dnnl_primitive_t reorder = NULL;

    IMF_TRY(make_buffer(net, packed, &s->weight, &s->weight_mem, where, err));
    IMF_TRY(make_buffer(net, &plain->bias, &s->bias, &s->bias_mem, where, err));
    for (int o = 0; o < c->out_channels; o++) /* it is added to the sums of bytes, before the factors */
        ((float *)s->bias)[o] = c->weight_s8 != NULL ? c->bias[o] / (s->src_unit * c->weight_scale[o]) : c->bias[o];
    /* oneDNN has no const memory; the source of a reorder is only read. */
    DNN_TRY(dnnl_memory_create(&from, &plain->plain, net->engine, (void *)(uintptr_t)weight));
    DNN_TRY(make_reorder(net->engine, &plain->plain, packed, 1, &reorder));
    DNN_TRY(run_reorder(reorder, net->stream, from, s->weight_mem));
    DNN_TRY(dnnl_stream_wait(net->stream));
out:
    if (reorder != NULL)
        dnnl_primitive_destroy(reorder);
    if (from != NULL)
        dnnl_memory_destroy(from);
    return rc;
}

/* The form of the input and the output, layouts left open, and the factors for make_attr(). */
static int describe_ends(const imf_dnn_net *net, step *s, const imf_dnn_conv *c, float **factors, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = s->name;
    dnnl_dims_t src_dims = {1, c->in_channels, c->in_h, c->in_w};
    dnnl_dims_t dst_dims = {1, s->out_channels, s->out_h, s->out_w};
    dnnl_data_type_t src_type = dnnl_f32, dst_type = c->bytes_out ? dnnl_u8 : dnnl_f32;

    s->src_unit = 1;
    s->dst_unit = c->bytes_out ? 6 / 255.0f : 1;
    if (c->weight_s8 != NULL) {
        src_type = c->in_range > 0 ? dnnl_s8 : dnnl_u8;
        s->src_unit = c->in_range > 0 ? c->in_range / 127 : 6 / 255.0f;
        *factors = imf_alloc_array((size_t)c->out_channels, sizeof **factors);
        if (*factors == NULL)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        for (int o = 0; o < c->out_channels; o++)
            (*factors)[o] = s->src_unit * c->weight_scale[o] / s->dst_unit;
    }
    DNN_TRY(dnnl_memory_desc_init_by_tag(&s->src_md, 4, src_dims, src_type, dnnl_format_tag_any));
    if (s->residual_of >= 0)
        s->dst_md = net->steps[s->residual_of].dst_md; /* it is written over that step's output: in its layout */
    else
        DNN_TRY(dnnl_memory_desc_init_by_tag(&s->dst_md, 4, dst_dims, dst_type, dnnl_format_tag_any));
out:
    return rc;
}

static int make_conv(imf_dnn_net *net, step *s, const imf_dnn_conv *c, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = s->name, *impl = NULL;
    float *factors = NULL;
    dnnl_dims_t strides = {c->stride, c->stride};
    dnnl_dims_t pad_l = {c->pad_top, c->pad_left}, pad_r = {c->pad_bottom, c->pad_right};
    weight_desc weight;
    dnnl_convolution_desc_t conv;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;

    IMF_TRY(describe_ends(net, s, c, &factors, err));
    DNN_TRY(describe_weight(c, &weight));
    DNN_TRY(dnnl_convolution_forward_desc_init(&conv, dnnl_forward_inference, dnnl_convolution_direct, &s->src_md,
                                               &weight.any, &weight.bias, &s->dst_md, strides, pad_l, pad_r));
    DNN_TRY(make_attr(c, factors, &attr));
    DNN_TRY(dnnl_primitive_desc_create(&pd, &conv, attr, net->engine, NULL));
    DNN_TRY(dnnl_primitive_create(&s->conv, pd));
    DNN_TRY(dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &impl));
    s->impl = imf_strdup(impl);
    if (s->impl == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    s->src_md = *dnnl_primitive_desc_query_md(pd, dnnl_query_src_md, 0);
    s->dst_md = *dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0);
    s->scratch_md = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    IMF_TRY(pack_weights(net, s, c, &weight, dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0), err));
out:
    if (pd != NULL)
        dnnl_primitive_desc_destroy(pd);
    if (attr != NULL)
        dnnl_primitive_attr_destroy(attr);
    imf_free(factors);
    return rc;
}

int imf_dnn_add_conv(imf_dnn_net *net, const imf_dnn_conv *c, imf_err *err)
{
    int rc = IMF_OK;
    step *s = NULL;

    rc = check_conv(net, c, err);
    if (rc != IMF_OK)
        return rc;
    s = &net->steps[net->n_steps];
    s->name = imf_strdup(c->name);
    if (s->name == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    s->out_channels = c->out_channels;
    s->out_h = (c->in_h + c->pad_top + c->pad_bottom - c->kernel) / c->stride + 1;
    s->out_w = (c->in_w + c->pad_left + c->pad_right - c->kernel) / c->stride + 1;
    s->residual_of = c->residual_of;
    IMF_TRY(check_residual(net, s, err));
    IMF_TRY(make_conv(net, s, c, err));
    if (net->n_steps == 0) {
        net->in_channels = c->in_channels;
        net->in_h = c->in_h;
        net->in_w = c->in_w;
    }
    if (s->residual_of >= 0)
        net->steps[s->residual_of].is_residual = true;
    return net->n_steps++;
out:
    step_clear(s);
    return rc;
}

/* ---- Building -------------------------------------------------------------------------------- */

/* A slot that nobody reads at step i or later, the largest of them; or a new one. */
static int find_slot(imf_dnn_net *net, int i)
{
    int best = -1;

    for (int k = 0; k < net->n_slots; k++)
        if (net->slots[k].busy_until < i && (best < 0 || net->slots[k].bytes > net->slots[best].bytes))
            best = k;
    return best >= 0 ? best : net->n_slots++;
}

static void assign_slots(imf_dnn_net *net)
{
    for (int i = 0; i < net->n_steps; i++) {
        step *s = &net->steps[i];
        size_t bytes = dnnl_memory_desc_get_size(&s->dst_md);
        int last_reader = i + 1;

        for (int k = i + 1; k < net->n_steps; k++)
            if (net->steps[k].residual_of == i)
                last_reader = k;
        s->slot = s->residual_of >= 0 ? net->steps[s->residual_of].slot : find_slot(net, i);
        slot *place = &net->slots[s->slot];
        place->busy_until = last_reader;
        if (place->bytes < bytes)
            place->bytes = bytes;
    }
}

static int allocate_buffers(imf_dnn_net *net, imf_err *err)
{
    size_t scratch_bytes = 0;

    for (int i = 0; i < net->n_slots; i++) {
        net->slots[i].data = imf_alloc_aligned(net->slots[i].bytes);
        if (net->slots[i].data == NULL)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        memset(net->slots[i].data, 0, net->slots[i].bytes);
    }
    for (int i = 0; i < net->n_steps; i++) {
        size_t bytes = dnnl_memory_desc_get_size(&net->steps[i].scratch_md);
        if (bytes > scratch_bytes)
            scratch_bytes = bytes;
    }
    net->scratch = imf_alloc_aligned(scratch_bytes);
    if (net->scratch == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    return IMF_OK;
}

/* The planar input and output, as memories whose handle each run sets. */
static int build_edges(imf_dnn_net *net, imf_err *err)
{
    int rc = IMF_OK;
    const step *first = &net->steps[0], *last = &net->steps[net->n_steps - 1];
    const char *where = first->name;
    dnnl_dims_t in_dims = {1, net->in_channels, net->in_h, net->in_w};
    dnnl_dims_t out_dims = {1, last->out_channels, last->out_h, last->out_w};
    dnnl_memory_desc_t in, out_md;

    DNN_TRY(dnnl_memory_desc_init_by_tag(&in, 4, in_dims, dnnl_f32, dnnl_nchw));
    DNN_TRY(dnnl_memory_desc_init_by_tag(&out_md, 4, out_dims, dnnl_f32, dnnl_nchw));
    IMF_TRY(make_buffer(net, &first->src_md, &net->input, &net->input_mem, where, err));
    DNN_TRY(dnnl_memory_create(&net->plain_in, &in, net->engine, DNNL_MEMORY_NONE));
    DNN_TRY(make_reorder(net->engine, &in, &first->src_md, 1 / first->src_unit, &net->read_input));
    where = last->name;
    DNN_TRY(dnnl_memory_create(&net->plain_out, &out_md, net->engine, DNNL_MEMORY_NONE));
    DNN_TRY(make_reorder(net->engine, &last->dst_md, &out_md, last->dst_unit, &net->write_output));
out:
    return rc;
}

static int build_step(imf_dnn_net *net, int i, imf_err *err)
{
    int rc = IMF_OK;
    step *s = &net->steps[i];
    const char *where = s->name;
    const dnnl_memory_desc_t *given = i > 0 ? &net->steps[i - 1].dst_md : &s->src_md;
    void *given_data = i > 0 ? net->slots[net->steps[i - 1].slot].data : net->input;
    float given_unit = i > 0 ? net->steps[i - 1].dst_unit : s->src_unit;

    if (dnnl_memory_desc_equal(given, &s->src_md)) { /* bytes without a sign have one unit everywhere */
        DNN_TRY(dnnl_memory_create(&s->src_mem, &s->src_md, net->engine, given_data));
    } else {
        IMF_TRY(make_buffer(net, &s->src_md, &s->src, &s->src_mem, where, err));
        DNN_TRY(make_reorder(net->engine, given, &s->src_md, given_unit / s->src_unit, &s->reorder));
    }
    DNN_TRY(dnnl_memory_create(&s->dst_mem, &s->dst_md, net->engine, net->slots[s->slot].data));
    DNN_TRY(dnnl_memory_create(&s->scratch_mem, &s->scratch_md, net->engine, net->scratch));
out:
    return rc;
}

int imf_dnn_net_build(imf_dnn_net *net, imf_err *err)
{
    int rc = IMF_OK;

    if (net->built || net->n_steps == 0)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, "build", -1);
    assign_slots(net);
    IMF_TRY(allocate_buffers(net, err));
    IMF_TRY(build_edges(net, err));
    for (int i = 0; i < net->n_steps; i++)
        IMF_TRY(build_step(net, i, err));
    net->built = true;
out:
    return rc;
}

/* ---- Running --------------------------------------------------------------------------------- */

/* Hands one step's output to the tap in planar order. Allocates: a run with a tap is a test. */
static int tap_step(imf_dnn_net *net, int i, imf_dnn_tap tap, void *user, imf_err *err)
{
    int rc = IMF_OK;
    const step *s = &net->steps[i];
    const char *where = s->name;
    const size_t shape[3] = {(size_t)s->out_channels, (size_t)s->out_h, (size_t)s->out_w};
    dnnl_dims_t dims = {1, s->out_channels, s->out_h, s->out_w};
    dnnl_memory_desc_t md;
    dnnl_memory_t memory = NULL;
    dnnl_primitive_t reorder = NULL;
    void *plain = NULL;

    DNN_TRY(dnnl_memory_desc_init_by_tag(&md, 4, dims, dnnl_f32, dnnl_nchw));
    IMF_TRY(make_buffer(net, &md, &plain, &memory, where, err));
    DNN_TRY(make_reorder(net->engine, &s->dst_md, &md, s->dst_unit, &reorder));
    DNN_TRY(run_reorder(reorder, net->stream, s->dst_mem, memory));
    DNN_TRY(dnnl_stream_wait(net->stream));
    tap(user, i, plain, shape);
out:
    if (reorder != NULL)
        dnnl_primitive_destroy(reorder);
    if (memory != NULL)
        dnnl_memory_destroy(memory);
    imf_free(plain);
    return rc;
}

int imf_dnn_run(imf_dnn_net *net, const float *input, float *output, imf_dnn_tap tap, void *tap_user, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = "input";

    if (!net->built)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, "run", -1);
    DNN_TRY(dnnl_memory_set_data_handle(net->plain_in, (void *)(uintptr_t)input));
    DNN_TRY(dnnl_memory_set_data_handle(net->plain_out, output));
    DNN_TRY(run_reorder(net->read_input, net->stream, net->plain_in, net->input_mem));
    for (int i = 0; i < net->n_steps; i++) {
        const step *s = &net->steps[i];
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, s->src_mem},
                                        {DNNL_ARG_WEIGHTS, s->weight_mem},
                                        {DNNL_ARG_BIAS, s->bias_mem},
                                        {DNNL_ARG_DST, s->dst_mem},
                                        {DNNL_ARG_SCRATCHPAD, s->scratch_mem}};
        where = s->name;
        if (s->reorder != NULL)
            DNN_TRY(run_reorder(s->reorder, net->stream, net->steps[i - 1].dst_mem, s->src_mem));
        DNN_TRY(dnnl_primitive_execute(s->conv, net->stream, sizeof args / sizeof args[0], args));
        if (tap != NULL) {
            DNN_TRY(dnnl_stream_wait(net->stream));
            IMF_TRY(tap_step(net, i, tap, tap_user, err));
        }
    }
    DNN_TRY(run_reorder(net->write_output, net->stream, net->steps[net->n_steps - 1].dst_mem, net->plain_out));
    DNN_TRY(dnnl_stream_wait(net->stream));
out:
    return rc;
}

const char *imf_dnn_step_impl(const imf_dnn_net *net, int i)
{
    return i >= 0 && i < net->n_steps ? net->steps[i].impl : NULL;
}

const char *imf_dnn_step_name(const imf_dnn_net *net, int i)
{
    return i >= 0 && i < net->n_steps ? net->steps[i].name : NULL;
}

int imf_dnn_step_count(const imf_dnn_net *net)
{
    return net->n_steps;
}
