/*
 * Matrix products and attention on oneDNN 2.6's C API (matmul.h).
 *
 * A linear layer keeps its weights in one packed layout: the one that oneDNN chooses for TYPICAL_ROWS rows. A kernel
 * for another number of rows is asked for with that layout given, so that one copy of the weights serves all. Kernels
 * stay in a list that only grows, up to MAX_KERNELS; beyond that they are made for one run. oneDNN shares what layers
 * of one shape have in common.
 *
 * Kernels of attention belong to the thread's work: MAX_SHAPES of them, the oldest makes room for a new one.
 *
 * Scratchpads are ours ("user" mode), one for each thread: kernels are shared by threads, their scratch is not.
 */
#include "nn/matmul.h"

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <dnnl.h>

#include "base/mem.h"
#include "nn/dnn_status.h"

enum {
    TYPICAL_ROWS = 64,
    MAX_KERNELS = 256,      /* of a layer */
    MAX_SHAPES = 96,        /* of attention: more than the lengths of a CLIP text */
    MAX_EXTENT = 1 << 22,   /* 3 * 1024 * 1024 and more: a patch as large as a picture */
    MAX_TOKENS = 1 << 14,
    MAX_IMPL = 48           /* bytes of an implementation's name that are kept */
};

/* Attention's kernels for sequences of one length. */
typedef struct attention {
    size_t tokens, width, heads;
    bool causal;
    dnnl_memory_desc_t q, k, v, scores, out, scratch[3];
    dnnl_primitive_t primitives[3]; /* product, softmax (NULL for causal ones), mix */
    char impl[3][MAX_IMPL];
} attention;

struct imf_matmul_work {
    dnnl_stream_t stream;
    void *scratch;
    size_t scratch_bytes;
    float *scores; /* [heads, tokens, tokens] of the largest shape so far */
    size_t scores_bytes;
    attention *shapes[MAX_SHAPES]; /* the first n_shapes are there */
    size_t n_shapes, oldest, last; /* places in shapes; last: the one used last */
};

typedef struct kernel {
    size_t rows;
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t x, y, scratch;
} kernel;

struct imf_linear {
    char *name;
    char impl[MAX_IMPL];           /* of the first kernel, or of one that is a "ref" one */
    size_t n_in, n_out;
    imf_act act;
    bool add;
    void *weight;                  /* packed */
    float *bias;                   /* or NULL */
    dnnl_memory_desc_t weight_md, bias_md;
    dnnl_memory_t weight_mem, bias_mem;
    pthread_mutex_t lock;          /* of the kernels */
    kernel *kernels;
    size_t n_kernels, cap_kernels;
};

/* ---- oneDNN's engine: one for the process, never freed ----------------------------------------------------------- */

static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

static void make_engine(void)
{
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
}

/* ---- One thread's work ------------------------------------------------------------------------------------------- */

int imf_matmul_work_new(imf_matmul_work **out, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = "the engine";
    imf_matmul_work *w = imf_alloc_array(1, sizeof *w);

    *out = NULL;
    if (w == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "computing");
    pthread_once(&engine_once, make_engine);
    DNN_TRY(engine_status);
    DNN_TRY(dnnl_stream_create(&w->stream, engine, dnnl_stream_default_flags));
    *out = w;
    w = NULL;
out:
    imf_matmul_work_free(&w);
    return rc;
}

static void attention_free(attention *a)
{
    for (size_t i = 0; a != NULL && i < 3; i++)
        if (a->primitives[i] != NULL)
            dnnl_primitive_destroy(a->primitives[i]);
    imf_free(a);
}

void imf_matmul_work_free(imf_matmul_work **work)
{
    imf_matmul_work *w = *work;

    if (w == NULL)
        return;
    for (size_t i = 0; i < w->n_shapes; i++)
        attention_free(w->shapes[i]);
    if (w->stream != NULL)
        dnnl_stream_destroy(w->stream);
    imf_free(w->scratch);
    imf_free(w->scores);
    imf_free(w);
    *work = NULL;
}

/* Makes *block at least so large. What it held is lost. */
static int need_bytes(void **block, size_t *have, size_t bytes, imf_err *err)
{
    if (bytes <= *have)
        return IMF_OK;
    void *more = imf_alloc_aligned(bytes);
    if (more == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "computing");
    imf_free(*block);
    *block = more;
    *have = bytes;
    return IMF_OK;
}

static int need_scratch(imf_matmul_work *w, const dnnl_memory_desc_t *md, imf_err *err)
{
    return need_bytes(&w->scratch, &w->scratch_bytes, dnnl_memory_desc_get_size(md), err);
}

/* Keeps the name of a primitive's implementation. */
static dnnl_status_t copy_impl(const_dnnl_primitive_desc_t pd, char impl[MAX_IMPL])
{
    const char *name = NULL;
    dnnl_status_t status = dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);

    snprintf(impl, MAX_IMPL, "%s", status == dnnl_success ? name : "");
    return status;
}

/* One argument of a run: a description and where its numbers lie. oneDNN has no const memory. */
typedef struct argument {
    int which;
    const dnnl_memory_desc_t *md;
    const void *data;
} argument;

/* Runs a primitive and waits for it. */
static int execute(imf_matmul_work *w, dnnl_primitive_t primitive, const argument *given, int n, const char *where,
                   imf_err *err)
{
    enum { MOST = 6 };
    int rc = IMF_OK;
    dnnl_exec_arg_t args[MOST];
    dnnl_memory_t memories[MOST] = {NULL};

    for (int i = 0; i < n; i++) {
        DNN_TRY(dnnl_memory_create(&memories[i], given[i].md, engine, (void *)(uintptr_t)given[i].data));
        args[i] = (dnnl_exec_arg_t){given[i].which, memories[i]};
    }
    DNN_TRY(dnnl_primitive_execute(primitive, w->stream, n, args));
    DNN_TRY(dnnl_stream_wait(w->stream));
out:
    for (int i = 0; i < n; i++)
        if (memories[i] != NULL)
            dnnl_memory_destroy(memories[i]);
    return rc;
}

/* ---- Linear layers ----------------------------------------------------------------------------------------------- */

static dnnl_status_t append_act(dnnl_post_ops_t ops, imf_act act)
{
    switch (act) {
    case IMF_ACT_QUICK_GELU:
        return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_swish, 1.702f, 0.0f);
    case IMF_ACT_GELU_ERF:
        return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_gelu_erf, 0.0f, 0.0f);
    case IMF_ACT_GELU_TANH:
        return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_gelu_tanh, 0.0f, 0.0f);
    default:
        return dnnl_success;
    }
}

/* Attributes of every kernel here: our own scratch, and what happens to the product afterwards. */
static dnnl_status_t make_attr(imf_act act, bool add, float scale, dnnl_primitive_attr_t *attr)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(attr);

    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && scale != 1.0f)
        status = dnnl_primitive_attr_set_output_scales(*attr, 1, 0, &scale);
    if (status == dnnl_success)
        status = dnnl_post_ops_create(&ops);
    if (status == dnnl_success && add)
        status = dnnl_post_ops_append_sum(ops, 1.0f);
    if (status == dnnl_success)
        status = append_act(ops, act);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(*attr, ops);
    if (ops != NULL)
        dnnl_post_ops_destroy(ops);
    return status;
}

/* Makes the kernel for `rows` rows; weight: the layout of the weights, or "any" for the first, which then tells it. */
static int make_kernel(const imf_linear *l, size_t rows, const dnnl_memory_desc_t *weight, kernel *out,
                       dnnl_memory_desc_t *chosen, char impl[MAX_IMPL], imf_err *err)
{
    int rc = IMF_OK;
    const char *where = l->name;
    dnnl_dims_t x_dims = {(dnnl_dim_t)rows, (dnnl_dim_t)l->n_in}, y_dims = {(dnnl_dim_t)rows, (dnnl_dim_t)l->n_out};
    dnnl_matmul_desc_t desc;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;

    *out = (kernel){.rows = rows};
    DNN_TRY(dnnl_memory_desc_init_by_tag(&out->x, 2, x_dims, dnnl_f32, dnnl_ab));
    DNN_TRY(dnnl_memory_desc_init_by_tag(&out->y, 2, y_dims, dnnl_f32, dnnl_ab));
    DNN_TRY(dnnl_matmul_desc_init(&desc, &out->x, weight, l->bias != NULL ? &l->bias_md : NULL, &out->y));
    DNN_TRY(make_attr(l->act, l->add, 1.0f, &attr));
    DNN_TRY(dnnl_primitive_desc_create(&pd, &desc, attr, engine, NULL));
    DNN_TRY(dnnl_primitive_create(&out->primitive, pd));
    out->scratch = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    if (chosen != NULL)
        *chosen = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    DNN_TRY(copy_impl(pd, impl));
out:
    if (rc != IMF_OK && out->primitive != NULL) {
        dnnl_primitive_destroy(out->primitive);
        out->primitive = NULL;
    }
    if (pd != NULL)
        dnnl_primitive_desc_destroy(pd);
    if (attr != NULL)
        dnnl_primitive_attr_destroy(attr);
    return rc;
}

/* Copies the caller's weights into the layout of l->weight_md. */
static int pack(imf_linear *l, const float *weight, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = l->name;
    dnnl_dims_t dims = {(dnnl_dim_t)l->n_in, (dnnl_dim_t)l->n_out};
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t reorder = NULL;
    imf_matmul_work *work = NULL;

    size_t bytes = dnnl_memory_desc_get_size(&l->weight_md);
    l->weight = imf_alloc_aligned(bytes);
    if (l->weight == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    if (bytes != l->n_in * l->n_out * sizeof(float)) /* the layout has room beyond the matrix: it takes part as zeros */
        memset(l->weight, 0, bytes);
    IMF_TRY(imf_matmul_work_new(&work, err));
    /* [n_out, n_in] in memory is [n_in, n_out] read the other way round */
    DNN_TRY(dnnl_memory_desc_init_by_tag(&plain, 2, dims, dnnl_f32, dnnl_ba));
    DNN_TRY(dnnl_memory_create(&from, &plain, engine, (void *)(uintptr_t)weight));
    DNN_TRY(dnnl_memory_create(&l->weight_mem, &l->weight_md, engine, l->weight));
    DNN_TRY(dnnl_reorder_primitive_desc_create(&pd, &plain, engine, &l->weight_md, engine, NULL));
    DNN_TRY(dnnl_primitive_create(&reorder, pd));
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, l->weight_mem}};
    DNN_TRY(dnnl_primitive_execute(reorder, work->stream, 2, args));
    DNN_TRY(dnnl_stream_wait(work->stream));
out:
    if (reorder != NULL)
        dnnl_primitive_destroy(reorder);
    if (pd != NULL)
        dnnl_primitive_desc_destroy(pd);
    if (from != NULL)
        dnnl_memory_destroy(from);
    imf_matmul_work_free(&work);
    return rc;
}

int imf_linear_new(imf_linear **out, const imf_linear_desc *d, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = d->name;
    dnnl_memory_desc_t any;
    dnnl_dims_t weight_dims = {(dnnl_dim_t)d->n_in, (dnnl_dim_t)d->n_out}, bias_dims = {1, (dnnl_dim_t)d->n_out};
    imf_linear *l = NULL;

    *out = NULL;
    if (d->n_in < 1 || d->n_in > MAX_EXTENT || d->n_out < 1 || d->n_out > MAX_EXTENT ||
        (d->add && d->act != IMF_ACT_NONE))
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, d->name, -1);
    l = imf_alloc_array(1, sizeof *l);
    if (l == NULL || pthread_mutex_init(&l->lock, NULL) != 0) {
        imf_free(l);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
    }
    l->n_in = d->n_in;
    l->n_out = d->n_out;
    l->act = d->act;
    l->add = d->add;
    l->name = imf_strdup(d->name);
    l->bias = d->bias != NULL ? imf_alloc_aligned(d->n_out * sizeof *l->bias) : NULL;
    if (l->name == NULL || (d->bias != NULL && l->bias == NULL)) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    pthread_once(&engine_once, make_engine);
    DNN_TRY(engine_status);
    if (l->bias != NULL) {
        memcpy(l->bias, d->bias, d->n_out * sizeof *l->bias);
        DNN_TRY(dnnl_memory_desc_init_by_tag(&l->bias_md, 2, bias_dims, dnnl_f32, dnnl_ab));
        DNN_TRY(dnnl_memory_create(&l->bias_mem, &l->bias_md, engine, l->bias));
    }
    DNN_TRY(dnnl_memory_desc_init_by_tag(&any, 2, weight_dims, dnnl_f32, dnnl_format_tag_any));
    if (!imf_grow((void **)&l->kernels, 0, &l->cap_kernels, sizeof *l->kernels)) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "unpacking the model");
        goto out;
    }
    IMF_TRY(make_kernel(l, TYPICAL_ROWS, &any, &l->kernels[0], &l->weight_md, l->impl, err));
    l->n_kernels = 1;
    IMF_TRY(pack(l, d->weight, err));
    *out = l;
    l = NULL;
out:
    imf_linear_free(&l);
    return rc;
}

void imf_linear_free(imf_linear **linear)
{
    imf_linear *l = *linear;

    if (l == NULL)
        return;
    for (size_t i = 0; i < l->n_kernels; i++)
        dnnl_primitive_destroy(l->kernels[i].primitive);
    if (l->weight_mem != NULL)
        dnnl_memory_destroy(l->weight_mem);
    if (l->bias_mem != NULL)
        dnnl_memory_destroy(l->bias_mem);
    pthread_mutex_destroy(&l->lock);
    imf_free(l->weight);
    imf_free(l->bias);
    imf_free(l->kernels);
    imf_free(l->name);
    imf_free(l);
    *linear = NULL;
}

const char *imf_linear_impl(const imf_linear *l)
{
    return l->impl;
}

/* The kernel for m rows: a kept one, or a new one, which is kept while there is room. *own: the caller destroys it. */
static int find_kernel(imf_linear *l, size_t m, kernel *out, bool *own, imf_err *err)
{
    int rc = IMF_OK;
    char impl[MAX_IMPL];

    *own = false;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->n_kernels; i++)
        if (l->kernels[i].rows == m) {
            *out = l->kernels[i];
            goto out;
        }
    IMF_TRY(make_kernel(l, m, &l->weight_md, out, NULL, impl, err));
    if (strstr(impl, "ref") != NULL)
        memcpy(l->impl, impl, sizeof impl);
    *own = l->n_kernels == MAX_KERNELS ||
           !imf_grow((void **)&l->kernels, l->n_kernels, &l->cap_kernels, sizeof *l->kernels);
    if (!*own)
        l->kernels[l->n_kernels++] = *out;
out:
    pthread_mutex_unlock(&l->lock);
    return rc;
}

int imf_linear_run(imf_linear *l, imf_matmul_work *w, const float *x, size_t m, float *y, imf_err *err)
{
    int rc = IMF_OK;
    bool own = false;
    kernel k = {0};

    if (m < 1 || m > INT32_MAX)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, l->name, -1);
    IMF_TRY(find_kernel(l, m, &k, &own, err));
    IMF_TRY(need_scratch(w, &k.scratch, err));
    const argument args[] = {{DNNL_ARG_SRC, &k.x, x},
                             {DNNL_ARG_WEIGHTS, &l->weight_md, l->weight},
                             {DNNL_ARG_DST, &k.y, y},
                             {DNNL_ARG_SCRATCHPAD, &k.scratch, w->scratch},
                             {DNNL_ARG_BIAS, &l->bias_md, l->bias}};
    rc = execute(w, k.primitive, args, l->bias != NULL ? 5 : 4, l->name, err);
out:
    if (own)
        dnnl_primitive_destroy(k.primitive);
    return rc;
}

/* ---- Attention --------------------------------------------------------------------------------------------------- */

/* What the two kinds of kernels have in common once they are described. */
static int make_primitive(const_dnnl_op_desc_t desc, float scale, attention *a, int which, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = "attention";
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;

    DNN_TRY(make_attr(IMF_ACT_NONE, false, scale, &attr));
    DNN_TRY(dnnl_primitive_desc_create(&pd, desc, attr, engine, NULL));
    DNN_TRY(dnnl_primitive_create(&a->primitives[which], pd));
    a->scratch[which] = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    DNN_TRY(copy_impl(pd, a->impl[which]));
out:
    if (pd != NULL)
        dnnl_primitive_desc_destroy(pd);
    if (attr != NULL)
        dnnl_primitive_attr_destroy(attr);
    return rc;
}

static int make_attention(attention *a, imf_err *err)
{
    int rc = IMF_OK;
    const char *where = "attention";
    dnnl_dim_t t = (dnnl_dim_t)a->tokens, h = (dnnl_dim_t)a->heads, c = (dnnl_dim_t)a->width, d = c / h;
    dnnl_dims_t by_token = {h, t, d}, by_number = {h, d, t}, square = {h, t, t};
    dnnl_dims_t in_rows = {d, 3 * c, 1}, in_columns = {d, 1, 3 * c}, out_rows = {d, c, 1};
    dnnl_matmul_desc_t product, mix;
    dnnl_softmax_desc_t softmax;

    DNN_TRY(dnnl_memory_desc_init_by_strides(&a->q, 3, by_token, dnnl_f32, in_rows));
    DNN_TRY(dnnl_memory_desc_init_by_strides(&a->k, 3, by_number, dnnl_f32, in_columns));
    DNN_TRY(dnnl_memory_desc_init_by_strides(&a->v, 3, by_token, dnnl_f32, in_rows));
    DNN_TRY(dnnl_memory_desc_init_by_strides(&a->out, 3, by_token, dnnl_f32, out_rows));
    DNN_TRY(dnnl_memory_desc_init_by_tag(&a->scores, 3, square, dnnl_f32, dnnl_abc));
    DNN_TRY(dnnl_matmul_desc_init(&product, &a->q, &a->k, NULL, &a->scores));
    IMF_TRY(make_primitive(&product, 1.0f / sqrtf((float)d), a, 0, err));
    if (!a->causal) {
        DNN_TRY(dnnl_softmax_forward_desc_init(&softmax, dnnl_forward_inference, &a->scores, 2));
        IMF_TRY(make_primitive(&softmax, 1.0f, a, 1, err));
    }
    DNN_TRY(dnnl_matmul_desc_init(&mix, &a->scores, &a->v, NULL, &a->out));
    IMF_TRY(make_primitive(&mix, 1.0f, a, 2, err));
out:
    return rc;
}

/* The kernels for a shape, kept or new. */
static int find_attention(imf_matmul_work *w, size_t tokens, size_t width, size_t heads, bool causal,
                          const attention **out, imf_err *err)
{
    int rc = IMF_OK;
    attention *a = NULL;

    for (size_t i = 0; i < w->n_shapes; i++) {
        const attention *s = w->shapes[i];
        if (s->tokens == tokens && s->width == width && s->heads == heads && s->causal == causal) {
            w->last = i;
            *out = s;
            return IMF_OK;
        }
    }
    a = imf_alloc_array(1, sizeof *a);
    if (a == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "computing");
    a->tokens = tokens;
    a->width = width;
    a->heads = heads;
    a->causal = causal;
    IMF_TRY(make_attention(a, err));
    w->last = w->n_shapes < MAX_SHAPES ? w->n_shapes++ : w->oldest++ % MAX_SHAPES;
    attention_free(w->shapes[w->last]);
    w->shapes[w->last] = a;
    *out = a;
    a = NULL;
out:
    attention_free(a);
    return rc;
}

/* Rows of a causal sequence: token i sees the first i + 1. */
static void causal_softmax(float *scores, size_t tokens)
{
    for (size_t i = 0; i < tokens; i++, scores += tokens) {
        float largest = scores[0], sum = 0;
        for (size_t j = 1; j <= i; j++)
            largest = scores[j] > largest ? scores[j] : largest;
        for (size_t j = 0; j <= i; j++) {
            scores[j] = expf(scores[j] - largest);
            sum += scores[j];
        }
        for (size_t j = 0; j <= i; j++)
            scores[j] /= sum;
        memset(scores + i + 1, 0, (tokens - i - 1) * sizeof *scores);
    }
}

int imf_attention_run(imf_matmul_work *w, const float *qkv, size_t tokens, size_t width, size_t heads, bool causal,
                      float *out, imf_err *err)
{
    int rc = IMF_OK;
    const attention *a = NULL;
    size_t bytes = 0;

    if (tokens < 1 || tokens > MAX_TOKENS || heads < 1 || width > MAX_EXTENT || width < 1 || width % heads != 0)
        return imf_fail(err, IMF_EINTERNAL, MSG_DNN, "attention", -1);
    if (!imf_mul_size(tokens * tokens, heads * sizeof(float), &bytes))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "computing");
    IMF_TRY(find_attention(w, tokens, width, heads, causal, &a, err));
    IMF_TRY(need_bytes((void **)&w->scores, &w->scores_bytes, bytes, err));
    for (int i = 0; i < 3; i++)
        if (a->primitives[i] != NULL)
            IMF_TRY(need_scratch(w, &a->scratch[i], err));
    const argument product[] = {{DNNL_ARG_SRC, &a->q, qkv},
                                {DNNL_ARG_WEIGHTS, &a->k, qkv + width},
                                {DNNL_ARG_DST, &a->scores, w->scores},
                                {DNNL_ARG_SCRATCHPAD, &a->scratch[0], w->scratch}};
    const argument softmax[] = {{DNNL_ARG_SRC, &a->scores, w->scores},
                                {DNNL_ARG_DST, &a->scores, w->scores},
                                {DNNL_ARG_SCRATCHPAD, &a->scratch[1], w->scratch}};
    const argument mix[] = {{DNNL_ARG_SRC, &a->scores, w->scores},
                            {DNNL_ARG_WEIGHTS, &a->v, qkv + 2 * width},
                            {DNNL_ARG_DST, &a->out, out},
                            {DNNL_ARG_SCRATCHPAD, &a->scratch[2], w->scratch}};
    IMF_TRY(execute(w, a->primitives[0], product, 4, "attention", err));
    if (causal)
        for (size_t h = 0; h < heads; h++)
            causal_softmax(w->scores + h * tokens * tokens, tokens);
    else
        IMF_TRY(execute(w, a->primitives[1], softmax, 3, "softmax", err));
    rc = execute(w, a->primitives[2], mix, 4, "attention", err);
out:
    return rc;
}

void imf_attention_impl(const imf_matmul_work *w, const char *names[3])
{
    const attention *a = w->n_shapes > 0 ? w->shapes[w->last] : NULL;

    for (int i = 0; i < 3; i++)
        names[i] = a != NULL && a->primitives[i] != NULL ? a->impl[i] : NULL;
}
