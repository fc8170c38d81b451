/*
 * The safetensors reader (format: huggingface/safetensors): 8 bytes little-endian with the header's length, a JSON
 * header that says where each tensor lies, then the raw data.
 *
 * The order of the checks matters: the header's length before the header is looked at, the number of its JSON values
 * before jansson builds a tree of them, each tensor's own description, and at the end, over all tensors sorted by
 * offset, that they cover the data without a hole or an overlap. After that every [data, data + bytes) lies inside the
 * file and no caller needs to check again.
 */
#include "nn/weights_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_BYTES = 8,
    MAX_HEADER = 100 * 1000 * 1000, /* as the format's own library has it */
    /* about 50,000 tensors; bounds jansson's tree, some 200 bytes a value, whatever the header holds */
    MAX_JSON_VALUES = 1000 * 1000,
    NAME_SHOWN = IMF_WEIGHTS_NAME_SHOWN
};

/* ---- One tensor of the header ---------------------------------------------------------------- */

/* A JSON integer >= 0 that fits a size_t. Floats, also 1.0, are not integers. */
static bool get_size(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static int parse_dtype(const imf_weights *w, imf_tensor *t, const json_t *value, imf_err *err)
{
    const char *name = json_string_value(value);

    if (name == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, t->name, "dtype", "a string");
    for (int i = 0; i < IMF_DTYPE_COUNT; i++) {
        if (strcmp(name, imf_dtype_name((imf_dtype)i)) == 0) {
            t->dtype = (imf_dtype)i;
            return IMF_OK;
        }
    }
    return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_DTYPE, w->file, NAME_SHOWN, t->name, 20, name);
}

static int parse_shape(const imf_weights *w, imf_tensor *t, const json_t *value, imf_err *err)
{
    if (!json_is_array(value) || json_array_size(value) > IMF_MAX_RANK)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, t->name, "shape",
                        "a list of at most 8 integers");
    t->rank = (int)json_array_size(value);
    t->count = 1;
    for (int i = 0; i < t->rank; i++) {
        if (!get_size(json_array_get(value, (size_t)i), &t->shape[i]))
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, t->name, "shape",
                            "a list of integers >= 0");
        if (!imf_mul_size(t->count, t->shape[i], &t->count))
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, t->name, "shape",
                            "a shape that fits a file");
    }
    return IMF_OK;
}

/* Fills *t from its entry. data is the whole data part; only offsets inside it are accepted. */
static int parse_tensor(imf_weights *w, imf_tensor *t, const char *name, const json_t *entry, const uint8_t *data,
                        size_t data_bytes, imf_err *err)
{
    int rc = IMF_OK;
    size_t begin = 0, end = 0, need = 0;
    const json_t *offsets = NULL;

    t->name = imf_arena_strdup(w->names, name);
    if (t->name == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    if (name[0] == '\0')
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NO_NAME, w->file);
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, name, "entry",
                        "an object of dtype, shape and data_offsets");
    IMF_TRY(parse_dtype(w, t, json_object_get(entry, "dtype"), err));
    IMF_TRY(parse_shape(w, t, json_object_get(entry, "shape"), err));

    offsets = json_object_get(entry, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 || !get_size(json_array_get(offsets, 0), &begin) ||
        !get_size(json_array_get(offsets, 1), &end))
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, name, "data_offsets",
                        "two integers >= 0");
    if (begin > end || end > data_bytes)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_OUTSIDE, w->file, NAME_SHOWN, name, begin, end, data_bytes);
    if (!imf_mul_size(t->count, imf_dtype_size(t->dtype), &need) || need != end - begin)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_LENGTH, w->file, NAME_SHOWN, name, end - begin, t->count,
                        imf_dtype_name(t->dtype));
    t->data = data + begin;
    t->bytes = need;
out:
    return rc;
}

/* ---- The whole header ------------------------------------------------------------------------ */

static int compare_offsets(const void *a, const void *b)
{
    const imf_tensor *x = a, *y = b;
    const uint8_t *dx = x->data, *dy = y->data;

    if (dx != dy)
        return dx < dy ? -1 : 1;
    if (x->bytes != y->bytes) /* an empty tensor lies before the one that begins at its place */
        return x->bytes < y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int check_metadata(const imf_weights *w, json_t *value, imf_err *err)
{
    const char *key = NULL;
    json_t *entry = NULL;

    if (!json_is_object(value))
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, "__metadata__", "entry",
                        "an object of strings");
    json_object_foreach(value, key, entry) {
        if (!json_is_string(entry))
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_FIELD, w->file, NAME_SHOWN, "__metadata__", "entry",
                            "an object of strings");
    }
    return IMF_OK;
}

/* After the sort: every byte of the data belongs to exactly one tensor. */
static int check_cover(const imf_weights *w, const uint8_t *data, size_t data_bytes, imf_err *err)
{
    size_t at = 0;

    for (size_t i = 0; i < w->count; i++) {
        const imf_tensor *t = &w->tensors[i];
        size_t begin = (size_t)((const uint8_t *)t->data - data);
        if (begin != at)
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_COVER, w->file, NAME_SHOWN, t->name, begin, at);
        at += t->bytes;
    }
    if (at != data_bytes)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TAIL, w->file, data_bytes, at);
    return IMF_OK;
}

static int parse_header(imf_weights *w, const uint8_t *header, size_t header_bytes, const uint8_t *data,
                        size_t data_bytes, imf_err *err)
{
    int rc = IMF_OK;
    json_error_t json_err = {0};
    json_t *root = NULL, *entry = NULL;
    const char *name = NULL;
    imf_tensor *t = NULL;

    if (header_bytes == 0 || header[0] != '{')
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_JSON, w->file, "it does not begin with {", 0);
    if (imf_json_count_values(header, header_bytes) > MAX_JSON_VALUES)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TOO_MANY, w->file);
    root = json_loadb((const char *)header, header_bytes, JSON_REJECT_DUPLICATES, &json_err);
    if (root == NULL) {
        if (json_error_code(&json_err) == json_error_out_of_memory)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_JSON, w->file, json_err.text, json_err.position);
    }

    json_object_foreach(root, name, entry) {
        if (strcmp(name, "__metadata__") == 0) {
            IMF_TRY(check_metadata(w, entry, err));
            continue;
        }
        IMF_TRY(imf_weights_add(w, &t, err));
        IMF_TRY(parse_tensor(w, t, name, entry, data, data_bytes, err));
    }

    if (w->count > 0)
        qsort(w->tensors, w->count, sizeof *w->tensors, compare_offsets);
    IMF_TRY(check_cover(w, data, data_bytes, err));
out:
    json_decref(root);
    return rc;
}

int imf_safetensors_read(imf_weights *w, const uint8_t *bytes, size_t n, imf_err *err)
{
    uint64_t header = 0;
    const uint8_t *p = bytes + LENGTH_BYTES;

    w->format = IMF_WEIGHTS_SAFETENSORS;
    if (n < LENGTH_BYTES)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_SHORT, w->file, n);
    for (int i = 0; i < LENGTH_BYTES; i++)
        header |= (uint64_t)bytes[i] << (8 * i);
    if (header > MAX_HEADER || header > n - LENGTH_BYTES)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_HEADER, w->file, (unsigned long long)header, n);
    return parse_header(w, p, (size_t)header, p + header, n - LENGTH_BYTES - (size_t)header, err);
}
