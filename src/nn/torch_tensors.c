/*
 * Tensors of a pickle's tree. See torch.h.
 *
 * The tree is looked at lazily: a checkpoint may hold an optimiser, arguments and whatever else beside the weights,
 * and none of that matters. Only an entry of the table of weights itself must be a tensor or plain data; one that is
 * made by a call of anything but torch._utils' three functions is refused by the name of what would be called.
 *
 * Three shapes of trees: a table (dict) of tensors; such a table below the keys `state_dict` or `model` of other
 * dicts; a module of TorchScript, an object with a dict of attributes, whose tensors are named by their path.
 */
#include "nn/torch.h"

#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "base/utf8.h"

enum {
    MAX_WRAPPERS = 8,       /* dicts around the table */
    MAX_DEPTH = 64,         /* modules in modules */
    MAX_VISITS = 1000 * 1000,
    MAX_NAME = 1000,        /* bytes */
    MAX_COPIES = 4,         /* views that are not contiguous are copied: together at most this often the file's size */
    NAME_SHOWN = IMF_WEIGHTS_NAME_SHOWN
};

typedef struct builder {
    imf_weights *w;
    imf_torch_find *find;
    void *user;
    imf_err *err;
    size_t max_owned;
    size_t visits;
    char name[MAX_NAME + 1]; /* of the present tensor; below a module, its path */
} builder;

int imf_text_shown(imf_text t)
{
    return t.n < NAME_SHOWN ? (int)t.n : NAME_SHOWN;
}

static int out_of_memory(const builder *b)
{
    return imf_fail(b->err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
}

/* ---- Storages -------------------------------------------------------------------------------- */

static bool get_count(const imf_value *v, size_t *out)
{
    if (v->kind != IMF_VALUE_INT || v->integer < 0)
        return false;
    *out = (size_t)v->integer;
    return true;
}

static bool storage_dtype(imf_text name, imf_dtype *out)
{
    static const struct {
        const char *name;
        imf_dtype dtype;
    } classes[] = {
        {"DoubleStorage", IMF_F64}, {"FloatStorage", IMF_F32}, {"HalfStorage", IMF_F16}, {"BFloat16Storage", IMF_BF16},
        {"LongStorage", IMF_I64}, {"IntStorage", IMF_I32}, {"ShortStorage", IMF_I16}, {"CharStorage", IMF_I8},
        {"ByteStorage", IMF_U8}, {"BoolStorage", IMF_BOOL},
    };

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (imf_text_is(name, classes[i].name)) {
            *out = classes[i].dtype;
            return true;
        }
    }
    return false;
}

const char *imf_torch_storage_read(const imf_value *v, imf_torch_storage *out)
{
    imf_value *const *id = NULL;
    size_t n = 0;

    *out = (imf_torch_storage){0};
    if (v->kind != IMF_VALUE_STORAGE)
        return imf_tr(WHAT_TORCH_STORAGE);
    id = v->object.args->list.items;
    n = v->object.args->list.n;
    if ((n != 5 && n != 6) || id[0]->kind != IMF_VALUE_STRING || !imf_text_is(id[0]->text, "storage") ||
        id[1]->kind != IMF_VALUE_GLOBAL || id[2]->kind != IMF_VALUE_STRING || id[3]->kind != IMF_VALUE_STRING)
        return imf_tr(WHAT_TORCH_STORAGE);
    out->key = id[2]->text;
    out->class_name = id[1]->global.name;
    out->known = (imf_text_is(id[1]->global.module, "torch") || imf_text_is(id[1]->global.module, "torch.storage")) &&
                 storage_dtype(out->class_name, &out->dtype);
    if (!out->known)
        return imf_tr(WHAT_TORCH_STORAGE_CLASS);
    if (!get_count(id[4], &out->count) || !imf_mul_size(out->count, imf_dtype_size(out->dtype), &out->bytes))
        return imf_tr(WHAT_TORCH_STORAGE_COUNT);
    if (n == 6 && id[5]->kind != IMF_VALUE_NONE) /* PyTorch wrote such views before 0.4 only */
        return imf_tr(WHAT_TORCH_STORAGE_VIEW);
    return NULL;
}

/* ---- One tensor ------------------------------------------------------------------------------ */

static int unfit(const builder *b, const char *field, const char *expected)
{
    return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_FIELD, b->w->file, NAME_SHOWN, b->name, field, expected);
}

static int read_shape(const builder *b, imf_tensor *t, const imf_value *size, const imf_value *stride, size_t *strides)
{
    size_t bytes = 0;

    if ((size->kind != IMF_VALUE_TUPLE && size->kind != IMF_VALUE_LIST) || size->list.n > IMF_MAX_RANK)
        return unfit(b, "shape", imf_tr(WHAT_TORCH_SHAPE));
    if ((stride->kind != IMF_VALUE_TUPLE && stride->kind != IMF_VALUE_LIST) || stride->list.n != size->list.n)
        return unfit(b, "stride", imf_tr(WHAT_TORCH_STRIDES));
    t->rank = (int)size->list.n;
    t->count = 1;
    for (int i = 0; i < t->rank; i++) {
        if (!get_count(size->list.items[i], &t->shape[i]) || !imf_mul_size(t->count, t->shape[i], &t->count))
            return unfit(b, "shape", imf_tr(WHAT_TORCH_SHAPE));
        if (!get_count(stride->list.items[i], &strides[i]))
            return unfit(b, "stride", imf_tr(WHAT_TORCH_STRIDES));
    }
    if (!imf_mul_size(t->count, imf_dtype_size(t->dtype), &bytes))
        return unfit(b, "shape", imf_tr(WHAT_TORCH_SHAPE));
    t->bytes = bytes;
    return IMF_OK;
}

/* The last number that a tensor with numbers touches must lie inside its storage. */
static int check_reach(const builder *b, const imf_tensor *t, const size_t *strides, size_t offset, size_t count)
{
    size_t last = offset, step = 0;

    if (t->count == 0 && offset > count)
        return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_OUTSIDE, b->w->file, NAME_SHOWN, b->name, offset, count);
    for (int i = 0; t->count > 0 && i < t->rank; i++) {
        if (!imf_mul_size(t->shape[i] - 1, strides[i], &step) || !imf_add_size(last, step, &last))
            return unfit(b, "stride", imf_tr(WHAT_TORCH_STRIDES));
    }
    if (t->count > 0 && last >= count)
        return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_OUTSIDE, b->w->file, NAME_SHOWN, b->name, last, count);
    return IMF_OK;
}

/* Row-major and without gaps; the stride of a dimension of one says nothing. */
static bool is_contiguous(const imf_tensor *t, const size_t *strides)
{
    size_t expected = 1;

    for (int i = t->rank - 1; i >= 0; i--) {
        if (t->shape[i] != 1 && strides[i] != expected)
            return false;
        expected *= t->shape[i];
    }
    return true;
}

/* n numbers of size bytes, each `stride` bytes after the one before. A memcpy of a constant size is one instruction. */
static void copy_row(uint8_t *to, const uint8_t *from, size_t n, size_t stride, size_t size)
{
    switch (size) {
    case 1:
        for (size_t i = 0; i < n; i++)
            to[i] = from[i * stride];
        break;
    case 2:
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 2, from + i * stride, 2);
        break;
    case 4:
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 4, from + i * stride, 4);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 8, from + i * stride, 8);
        break;
    }
}

/* Copies a view row by row of its last dimension; from is its first number. Reaches only what check_reach allowed. */
static void copy_view(uint8_t *to, const uint8_t *from, const imf_tensor *t, const size_t *strides)
{
    size_t size = imf_dtype_size(t->dtype), index[IMF_MAX_RANK] = {0};
    size_t inner = t->shape[t->rank - 1], inner_stride = strides[t->rank - 1] * size;
    const uint8_t *end = to + t->bytes;

    while (to < end) {
        const uint8_t *p = from;
        for (int i = 0; i < t->rank - 1; i++)
            p += index[i] * strides[i] * size;
        copy_row(to, p, inner, inner_stride, size);
        to += inner * size;
        for (int i = t->rank - 2; i >= 0 && ++index[i] == t->shape[i]; i--)
            index[i] = 0;
    }
}

static int own_copy(builder *b, imf_tensor *t, const uint8_t *from, const size_t *strides)
{
    imf_weights *w = b->w;
    uint8_t *copy = NULL;
    size_t cost = t->bytes; /* in the budget; a number of one byte takes as long as one of four */

    if (imf_dtype_size(t->dtype) < 4 && !imf_mul_size(t->count, 4, &cost))
        cost = SIZE_MAX;
    if (cost > b->max_owned - w->owned_bytes)
        return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_COPIES, w->file, NAME_SHOWN, b->name,
                        cost < SIZE_MAX - w->owned_bytes ? w->owned_bytes + cost : SIZE_MAX, b->max_owned);
    if (!imf_grow((void **)&w->owned, w->n_owned, &w->cap_owned, sizeof *w->owned))
        return out_of_memory(b);
    copy = imf_alloc(t->bytes);
    if (copy == NULL)
        return out_of_memory(b);
    copy_view(copy, from, t, strides);
    w->owned[w->n_owned++] = copy;
    w->owned_bytes += cost;
    t->data = copy;
    return IMF_OK;
}

/* v is a call of _rebuild_tensor or _rebuild_tensor_v2: (storage, offset, size, stride, ...). */
static int build_tensor(builder *b, const imf_value *v)
{
    int rc = IMF_OK;
    imf_tensor built = {0}, *t = NULL;
    size_t strides[IMF_MAX_RANK] = {0}, offset = 0;
    imf_torch_storage storage = {0};
    const uint8_t *data = NULL;
    const char *wrong = NULL;
    imf_value *const *args = v->object.args->list.items;

    if (v->object.args->list.n < 4)
        return unfit(b, "definition", imf_tr(WHAT_TORCH_DEFINITION));
    wrong = imf_torch_storage_read(args[0], &storage);
    if (wrong != NULL && storage.class_name.n > 0 && !storage.known)
        return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_STORAGE_TYPE, b->w->file, NAME_SHOWN, b->name,
                        imf_text_shown(storage.class_name), storage.class_name.s);
    if (wrong != NULL)
        return unfit(b, "storage", wrong);
    if (!get_count(args[1], &offset))
        return unfit(b, "offset", imf_tr(WHAT_TORCH_OFFSET));
    built.dtype = storage.dtype;
    IMF_TRY(read_shape(b, &built, args[2], args[3], strides));
    IMF_TRY(b->find(b->user, &storage, b->name, &data, b->err));
    IMF_TRY(check_reach(b, &built, strides, offset, storage.count));
    data += offset * imf_dtype_size(built.dtype);
    built.data = data;
    if (built.count > 0 && !is_contiguous(&built, strides))
        IMF_TRY(own_copy(b, &built, data, strides));

    built.name = imf_arena_strdup(b->w->names, b->name);
    if (built.name == NULL)
        return out_of_memory(b);
    IMF_TRY(imf_weights_add(b->w, &t, b->err));
    *t = built;
out:
    return rc;
}

/* ---- Finding them ---------------------------------------------------------------------------- */

/* NULL when v is no tensor; else the call of _rebuild_tensor. A parameter is a tensor in one more call. */
static const imf_value *tensor_of(const imf_value *v)
{
    static const char utils[] = "torch._utils";

    if (v->kind == IMF_VALUE_OBJECT && imf_value_is_global(v->object.callee, utils, "_rebuild_parameter") &&
        v->object.args->list.n > 0)
        v = v->object.args->list.items[0];
    if (v->kind == IMF_VALUE_OBJECT && (imf_value_is_global(v->object.callee, utils, "_rebuild_tensor_v2") ||
                                        imf_value_is_global(v->object.callee, utils, "_rebuild_tensor")))
        return v;
    return NULL;
}

static bool is_script_module(const imf_value *v)
{
    static const char prefix[] = "__torch__";
    const size_t n = sizeof prefix - 1;
    const imf_value *class = v->kind == IMF_VALUE_OBJECT ? v->object.callee : NULL;

    if (class == NULL || class->kind != IMF_VALUE_GLOBAL || class->global.module.n < n ||
        memcmp(class->global.module.s, prefix, n) != 0)
        return false;
    return class->global.module.n == n || class->global.module.s[n] == '.';
}

/* Attributes of a module that TorchScript makes by a call though they are plain: a list of numbers, a device. */
static bool is_script_data(const imf_value *v)
{
    const imf_value *callee = v->kind == IMF_VALUE_OBJECT ? v->object.callee : NULL;

    return callee != NULL && callee->kind == IMF_VALUE_GLOBAL &&
           (imf_text_is(callee->global.module, "torch.jit._pickle") || imf_value_is_global(callee, "torch", "device"));
}

/* The global that an object comes from: its class, or that of what is called. For messages. */
static const imf_value *global_of(const imf_value *v)
{
    for (int i = 0; i < MAX_WRAPPERS && v != NULL; i++) {
        if (v->kind == IMF_VALUE_GLOBAL)
            return v;
        if (v->kind == IMF_VALUE_OBJECT)
            v = v->object.callee;
        else if (v->kind == IMF_VALUE_STORAGE && v->object.args->list.n > 1) /* ("module", class, source...) */
            v = v->object.args->list.items[1];
        else
            break;
    }
    return NULL;
}

static int refuse_global(const builder *b, const imf_value *v)
{
    const imf_value *g = global_of(v);
    imf_text module = g != NULL ? g->global.module : (imf_text){"?", 1};
    imf_text name = g != NULL ? g->global.name : (imf_text){"", 0};

    return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_GLOBAL, b->w->file, NAME_SHOWN, b->name, imf_text_shown(module),
                    module.s, name.n > 0 ? "." : "", imf_text_shown(name), name.s);
}

/* Appends a part to the name, after `at` bytes of it. */
static int add_name(builder *b, size_t at, const imf_value *key)
{
    imf_text part = key->kind == IMF_VALUE_STRING ? key->text : (imf_text){"?", 1};
    size_t dot = at > 0;
    bool fits = part.n <= MAX_NAME - at - dot && at + dot <= MAX_NAME;

    if (fits) {
        if (dot)
            b->name[at] = '.';
        memcpy(b->name + at + dot, part.s, part.n);
        b->name[at + dot + part.n] = '\0';
    }
    if (!fits || key->kind != IMF_VALUE_STRING || part.n == 0 || memchr(part.s, '\0', part.n) != NULL ||
        !imf_utf8_valid(part.s, part.n))
        return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_NAME, b->w->file, NAME_SHOWN, b->name);
    return IMF_OK;
}

/* One entry of a table or attribute of a module. Plain data is passed over. */
static int add_entry(builder *b, size_t at, const imf_value *key, const imf_value *value)
{
    int rc = IMF_OK;
    const imf_value *tensor = tensor_of(value);

    if (tensor == NULL && value->kind != IMF_VALUE_OBJECT && value->kind != IMF_VALUE_GLOBAL)
        return IMF_OK;
    IMF_TRY(add_name(b, at, key));
    rc = tensor != NULL ? build_tensor(b, tensor) : refuse_global(b, value);
out:
    return rc;
}

static int visit(builder *b)
{
    if (b->visits == MAX_VISITS)
        return imf_fail(b->err, IMF_EINPUT, MSG_WEIGHTS_TOO_MANY, b->w->file);
    b->visits++;
    return IMF_OK;
}

/* The attributes of a module whose path is the first `at` bytes of the name. A module may stand in two places, but not
 * in itself. */
static int walk_module(builder *b, imf_value *module, size_t at, int depth)
{
    int rc = IMF_OK;
    const imf_value *state = module->object.state;

    if (state == NULL)
        return IMF_OK;
    if (state->kind != IMF_VALUE_DICT)
        return refuse_global(b, module);
    if (module->walking || depth == MAX_DEPTH)
        return imf_fail(b->err, IMF_EINPUT, MSG_TORCH_DEPTH, b->w->file, NAME_SHOWN, b->name);
    module->walking = true;
    for (size_t i = 0; i + 1 < state->list.n; i += 2) {
        const imf_value *key = state->list.items[i];
        imf_value *value = state->list.items[i + 1];
        IMF_TRY(visit(b));
        if (is_script_module(value)) {
            IMF_TRY(add_name(b, at, key));
            IMF_TRY(walk_module(b, value, strlen(b->name), depth + 1));
        } else if (!is_script_data(value)) {
            IMF_TRY(add_entry(b, at, key, value));
        }
    }
out:
    module->walking = false;
    return rc;
}

/* Names like "module.visual.proj" come from training on several processors. */
static void strip_module(imf_weights *w)
{
    static const char prefix[] = "module.";
    const size_t n = sizeof prefix - 1;

    for (size_t i = 0; i < w->count; i++)
        if (strncmp(w->tensors[i].name, prefix, n) != 0 || w->tensors[i].name[n] == '\0')
            return;
    for (size_t i = 0; i < w->count; i++)
        w->tensors[i].name += n;
}

static int walk_table(builder *b, const imf_value *table)
{
    int rc = IMF_OK;

    for (size_t i = 0; i + 1 < table->list.n; i += 2) {
        IMF_TRY(visit(b));
        IMF_TRY(add_entry(b, 0, table->list.items[i], table->list.items[i + 1]));
    }
    strip_module(b->w);
out:
    return rc;
}

/* The table in its wrappers: the value of `state_dict` or `model`, where that is no tensor or plain data. */
static imf_value *unwrap(imf_value *v)
{
    static const char *const keys[] = {"state_dict", "model"};

    for (int depth = 0; depth < MAX_WRAPPERS && v->kind == IMF_VALUE_DICT; depth++) {
        imf_value *inner = NULL;
        for (size_t k = 0; k < sizeof keys / sizeof keys[0] && inner == NULL; k++) {
            imf_value *value = imf_value_get(v, keys[k]);
            if (value != NULL && (value->kind == IMF_VALUE_DICT || value->kind == IMF_VALUE_OBJECT) &&
                tensor_of(value) == NULL)
                inner = value;
        }
        if (inner == NULL)
            break;
        v = inner;
    }
    return v;
}

int imf_torch_tensors(imf_weights *w, imf_value *root, size_t file_bytes, imf_torch_find *find, void *user,
                      imf_err *err)
{
    int rc = IMF_OK;
    builder b = {.w = w, .find = find, .user = user, .err = err, .max_owned = IMF_WEIGHTS_MAX_OWNED};
    imf_value *table = unwrap(root);

    if (file_bytes < IMF_WEIGHTS_MAX_OWNED / MAX_COPIES)
        b.max_owned = file_bytes * MAX_COPIES;
    if (is_script_module(table)) {
        w->format = IMF_WEIGHTS_TORCHSCRIPT;
        IMF_TRY(walk_module(&b, table, 0, 0));
    } else if (table->kind == IMF_VALUE_DICT) {
        IMF_TRY(walk_table(&b, table));
    } else {
        const imf_value *g = global_of(table);
        const char *data = imf_tr(WHAT_TORCH_DATA);
        imf_text module = g != NULL ? g->global.module : (imf_text){data, strlen(data)};
        imf_text name = g != NULL ? g->global.name : (imf_text){"", 0};
        rc = imf_fail(err, IMF_EINPUT, MSG_TORCH_NOT_TENSORS, w->file, imf_text_shown(module), module.s,
                      name.n > 0 ? "." : "", imf_text_shown(name), name.s);
        goto out;
    }
    if (w->count == 0)
        rc = imf_fail(err, IMF_EINPUT, MSG_TORCH_NO_TENSORS, w->file);
out:
    return rc;
}
