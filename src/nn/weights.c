/*
 * The safetensors reader: 8 bytes little-endian with the header's length, a JSON header that says where each tensor
 * lies, then the raw data.
 *
 * A weights file comes from the internet and is never trusted. The order of the checks matters: the header's length
 * before the header is looked at, the number of its JSON values before jansson builds a tree of them, each tensor's own
 * description, and at the end, over all tensors sorted by offset, that they cover the data without a hole or an
 * overlap. After that every [data, data + bytes) lies inside the file and no caller needs to check again.
 *
 * Not here: what the tensors mean (starter.c) and other containers (PyTorch's archives will be files of their own with
 * the same imf_weights).
 */
#include "nn/weights.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/file.h"
#include "base/mem.h"

enum {
    LENGTH_BYTES = 8,
    MAX_HEADER = 100 * 1000 * 1000, /* as the format's own library has it */
    /* about 50,000 tensors; bounds jansson's tree, some 200 bytes a value, whatever the header holds */
    MAX_JSON_VALUES = 1000 * 1000,
    NAME_SHOWN = 120                /* bytes of a tensor's name in a message */
};

struct imf_weights {
    char *file;               /* for messages */
    const uint8_t *map;       /* set when the file is mapped by us */
    size_t map_bytes;
    imf_tensor *tensors;      /* [count], by offset */
    size_t count;
    const imf_tensor **by_name; /* [count], by name */
    imf_arena *names;
};

static const struct {
    const char *name;
    size_t size;
} dtypes[IMF_DTYPE_COUNT] = {
#define DTYPE_ROW(name, size) [IMF_##name] = {#name, size},
    IMF_DTYPES(DTYPE_ROW)
#undef DTYPE_ROW
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
        if (strcmp(name, dtypes[i].name) == 0) {
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
    if (!imf_mul_size(t->count, dtypes[t->dtype].size, &need) || need != end - begin)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_LENGTH, w->file, NAME_SHOWN, name, end - begin, t->count,
                        dtypes[t->dtype].name);
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

static int compare_names(const void *a, const void *b)
{
    const imf_tensor *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* Bytes that can begin a JSON value inside a container. An upper bound on the number of values, since they may also
 * stand in strings. */
static size_t count_values(const uint8_t *header, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += header[i] == ',' || header[i] == ':' || header[i] == '[' || header[i] == '{';
    return count;
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

    if (header_bytes == 0 || header[0] != '{')
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_JSON, w->file, "it does not begin with {", 0);
    if (count_values(header, header_bytes) > MAX_JSON_VALUES)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TOO_MANY, w->file);
    root = json_loadb((const char *)header, header_bytes, JSON_REJECT_DUPLICATES, &json_err);
    if (root == NULL) {
        if (json_error_code(&json_err) == json_error_out_of_memory)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_JSON, w->file, json_err.text, json_err.position);
    }

    w->tensors = imf_alloc_array(json_object_size(root) + 1, sizeof *w->tensors);
    w->by_name = imf_alloc_array(json_object_size(root) + 1, sizeof *w->by_name);
    if (w->tensors == NULL || w->by_name == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
        goto out;
    }
    json_object_foreach(root, name, entry) {
        if (strcmp(name, "__metadata__") == 0) {
            IMF_TRY(check_metadata(w, entry, err));
            continue;
        }
        IMF_TRY(parse_tensor(w, &w->tensors[w->count], name, entry, data, data_bytes, err));
        w->count++;
    }

    qsort(w->tensors, w->count, sizeof *w->tensors, compare_offsets);
    IMF_TRY(check_cover(w, data, data_bytes, err));
    for (size_t i = 0; i < w->count; i++)
        w->by_name[i] = &w->tensors[i];
    qsort(w->by_name, w->count, sizeof *w->by_name, compare_names);
out:
    json_decref(root);
    return rc;
}

/* ---- Opening --------------------------------------------------------------------------------- */

int imf_weights_parse(imf_weights **out, const void *bytes, size_t n, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    const uint8_t *p = bytes;
    uint64_t header_bytes = 0;
    imf_weights *w = imf_alloc_array(1, sizeof *w);

    *out = NULL;
    if (w != NULL) {
        w->file = imf_strdup(name);
        w->names = imf_arena_new();
    }
    if (w == NULL || w->file == NULL || w->names == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
        goto out;
    }
    if (n < LENGTH_BYTES) {
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_SHORT, name, n);
        goto out;
    }
    for (int i = 0; i < LENGTH_BYTES; i++)
        header_bytes |= (uint64_t)p[i] << (8 * i);
    if (header_bytes > MAX_HEADER || header_bytes > n - LENGTH_BYTES) {
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_HEADER, name, (unsigned long long)header_bytes, n);
        goto out;
    }
    p += LENGTH_BYTES;
    IMF_TRY(parse_header(w, p, (size_t)header_bytes, p + header_bytes, n - LENGTH_BYTES - (size_t)header_bytes, err));
    *out = w;
    w = NULL;
out:
    imf_weights_close(&w);
    return rc;
}

int imf_weights_open(imf_weights **out, const char *path, imf_err *err)
{
    int rc = IMF_OK, failed = 0;
    const imf_file_layer *fl = imf_file_posix();
    imf_file *f = NULL;
    uint64_t size = 0;
    const void *map = NULL;

    *out = NULL;
    failed = fl->open(fl->self, path, IMF_FILE_READ | IMF_FILE_FOLLOW, &f);
    if (failed == 0)
        failed = fl->size(f, &size);
    if (failed != 0) {
        rc = imf_fail_errno(err, IMF_EINPUT, -failed, MSG_WEIGHTS_READ, path);
        goto out;
    }
    if (size < LENGTH_BYTES || size > SIZE_MAX) { /* an empty file cannot be mapped */
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_SHORT, path, (size_t)size);
        goto out;
    }
    failed = fl->map(f, size, &map);
    if (failed != 0) {
        map = NULL;
        rc = imf_fail_errno(err, IMF_EINPUT, -failed, MSG_WEIGHTS_READ, path);
        goto out;
    }
    IMF_TRY(imf_weights_parse(out, map, (size_t)size, path, err));
    (*out)->map = map;
    (*out)->map_bytes = (size_t)size;
    map = NULL;
out:
    if (map != NULL)
        fl->unmap(map, size);
    if (f != NULL)
        fl->close(&f);
    return rc;
}

void imf_weights_close(imf_weights **weights)
{
    imf_weights *w = *weights;

    if (w == NULL)
        return;
    if (w->map != NULL)
        imf_file_posix()->unmap(w->map, w->map_bytes);
    imf_free(w->tensors);
    imf_free(w->by_name);
    imf_arena_free(&w->names);
    imf_free(w->file);
    imf_free(w);
    *weights = NULL;
}

/* ---- Reading --------------------------------------------------------------------------------- */

size_t imf_weights_count(const imf_weights *w)
{
    return w->count;
}

const imf_tensor *imf_weights_at(const imf_weights *w, size_t i)
{
    return i < w->count ? &w->tensors[i] : NULL;
}

/* The place of the first name >= `name` in by_name. */
static size_t lower_bound(const imf_weights *w, const char *name)
{
    size_t lo = 0, hi = w->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(w->by_name[mid]->name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const imf_tensor *imf_weights_find(const imf_weights *w, const char *name)
{
    size_t i = lower_bound(w, name);

    return i < w->count && strcmp(w->by_name[i]->name, name) == 0 ? w->by_name[i] : NULL;
}

/* "[512, 192]" */
static void format_shape(char *out, size_t size, int rank, const size_t *shape)
{
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%zu", i ? ", " : "", shape[i]);
}

int imf_weights_need(const imf_weights *w, const char *name, imf_dtype dtype, int rank, const size_t *shape,
                     const imf_tensor **out, imf_err *err)
{
    char want[160], have[160]; /* 8 numbers of at most 20 digits would not fit: cut, never overrun */
    const imf_tensor *t = imf_weights_find(w, name);

    *out = NULL;
    if (t == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_MISSING, w->file, name);
    if (t->dtype != dtype || t->rank != rank ||
        (rank > 0 && memcmp(t->shape, shape, (size_t)rank * sizeof *shape) != 0)) {
        format_shape(want, sizeof want, rank, shape);
        format_shape(have, sizeof have, t->rank, t->shape);
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_UNFIT, w->file, name, dtypes[t->dtype].name, have,
                        dtypes[dtype].name, want);
    }
    *out = t;
    return IMF_OK;
}

void imf_weights_hash(const imf_weights *w, const char *prefix, uint64_t out[2])
{
    XXH3_state_t state;
    XXH128_hash_t hash;
    size_t prefix_len = strlen(prefix);

    XXH3_128bits_reset(&state);
    for (size_t i = lower_bound(w, prefix); i < w->count; i++) {
        const imf_tensor *t = w->by_name[i];
        if (strncmp(t->name, prefix, prefix_len) != 0)
            break;
        uint8_t dims[1 + 8 * IMF_MAX_RANK] = {(uint8_t)t->rank};
        for (int d = 0; d < t->rank; d++)
            for (int b = 0; b < 8; b++)
                dims[1 + 8 * d + b] = (uint8_t)((uint64_t)t->shape[d] >> (8 * b));
        XXH3_128bits_update(&state, t->name, strlen(t->name) + 1);
        XXH3_128bits_update(&state, dtypes[t->dtype].name, strlen(dtypes[t->dtype].name) + 1);
        XXH3_128bits_update(&state, dims, sizeof dims);
        XXH3_128bits_update(&state, t->data, t->bytes);
    }
    hash = XXH3_128bits_digest(&state);
    out[0] = hash.low64;
    out[1] = hash.high64;
}
