/*
 * The table of tensors, and opening: which reader a file is for is told by its first bytes. The readers are
 * safetensors.c, torch_zip.c and torch_legacy.c; shards.c finds the weights of a folder.
 *
 * Not here: what the tensors mean (starter.c).
 */
#include "nn/weights_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/file.h"
#include "kern/kern.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[IMF_DTYPE_COUNT] = {
#define DTYPE_ROW(name, size) [IMF_##name] = {#name, size},
    IMF_DTYPES(DTYPE_ROW)
#undef DTYPE_ROW
};

const char *imf_dtype_name(imf_dtype dtype)
{
    return dtypes[dtype].name;
}

size_t imf_dtype_size(imf_dtype dtype)
{
    return dtypes[dtype].size;
}

/* ---- For the readers ------------------------------------------------------------------------- */

imf_weights *imf_weights_new(const char *file)
{
    imf_weights *w = imf_alloc_array(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->file = imf_strdup(file);
    w->names = imf_arena_new();
    if (w->file == NULL || w->names == NULL)
        imf_weights_close(&w);
    return w;
}

int imf_weights_add(imf_weights *w, imf_tensor **out, imf_err *err)
{
    *out = NULL;
    if (w->count == IMF_WEIGHTS_MAX_TENSORS)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TOO_MANY, w->file);
    if (!imf_grow((void **)&w->tensors, w->count, &w->cap, sizeof *w->tensors))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    *out = &w->tensors[w->count++];
    **out = (imf_tensor){0};
    return IMF_OK;
}

static int compare_names(const void *a, const void *b)
{
    const imf_tensor *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

int imf_weights_sort(imf_weights *w, imf_err *err)
{
    w->by_name = imf_alloc_array(w->count, sizeof *w->by_name);
    if (w->by_name == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    for (size_t i = 0; i < w->count; i++)
        w->by_name[i] = &w->tensors[i];
    qsort(w->by_name, w->count, sizeof *w->by_name, compare_names);
    for (size_t i = 1; i < w->count; i++) {
        if (strcmp(w->by_name[i]->name, w->by_name[i - 1]->name) == 0)
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TWICE, w->file, IMF_WEIGHTS_NAME_SHOWN, w->by_name[i]->name);
    }
    return IMF_OK;
}

int imf_checksum_verify(const imf_weights *w, const imf_checksum *c, imf_err *err)
{
    uint32_t found = (uint32_t)crc32_z(0, c->data, c->bytes);

    if (found != c->crc)
        return imf_fail(err, IMF_EINPUT, MSG_ZIP_CRC, w->file, IMF_WEIGHTS_NAME_SHOWN, c->name, found, c->crc);
    return IMF_OK;
}

size_t imf_json_count_values(const uint8_t *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += text[i] == ',' || text[i] == ':' || text[i] == '[' || text[i] == '{';
    return count;
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* A header below 4 GB and its brace. Asked first: the header's length may have the first bytes of the others. */
static bool is_safetensors(const uint8_t *p, size_t n)
{
    return n > 8 && memcmp(p + 4, "\0\0\0\0{", 5) == 0;
}

static bool is_zip(const uint8_t *p, size_t n)
{
    return n >= 4 && (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "PK\5\6", 4) == 0);
}

static bool is_pickle(const uint8_t *p, size_t n)
{
    return n >= 2 && p[0] == 0x80 && p[1] >= 2 && p[1] <= 5; /* PROTO and the version */
}

int imf_weights_parse(imf_weights **out, const void *bytes, size_t n, const char *name, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    imf_weights *w = imf_weights_new(name);

    *out = NULL;
    if (w == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    if (is_zip(bytes, n) && !is_safetensors(bytes, n))
        IMF_TRY(imf_torch_zip_read(w, bytes, n, flags, err));
    else if (is_pickle(bytes, n) && !is_safetensors(bytes, n))
        IMF_TRY(imf_torch_legacy_read(w, bytes, n, err));
    else
        IMF_TRY(imf_safetensors_read(w, bytes, n, err));
    IMF_TRY(imf_weights_sort(w, err));
    *out = w;
    w = NULL;
out:
    imf_weights_close(&w);
    return rc;
}

int imf_weights_open_file(imf_weights **out, const char *path, unsigned flags, imf_err *err)
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
    if (size == 0 || size > SIZE_MAX) { /* an empty file cannot be mapped */
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_SHORT, path, (size_t)size);
        goto out;
    }
    failed = fl->map(f, size, &map);
    if (failed != 0) {
        map = NULL;
        rc = imf_fail_errno(err, IMF_EINPUT, -failed, MSG_WEIGHTS_READ, path);
        goto out;
    }
    IMF_TRY(imf_weights_parse(out, map, (size_t)size, path, flags, err));
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

int imf_weights_open(imf_weights **out, const char *path, imf_err *err)
{
    return imf_weights_open_file(out, path, 0, err);
}

void imf_weights_close(imf_weights **weights)
{
    imf_weights *w = *weights;

    if (w == NULL)
        return;
    for (size_t i = 0; i < w->n_shards; i++)
        imf_weights_close(&w->shards[i]);
    for (size_t i = 0; i < w->n_owned; i++)
        imf_free(w->owned[i]);
    if (w->map != NULL)
        imf_file_posix()->unmap(w->map, w->map_bytes);
    imf_free(w->shards);
    imf_free(w->owned);
    imf_free(w->checksums);
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
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_UNFIT, w->file, name, imf_dtype_name(t->dtype), have,
                        imf_dtype_name(dtype), want);
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
        XXH3_128bits_update(&state, imf_dtype_name(t->dtype), strlen(imf_dtype_name(t->dtype)) + 1);
        XXH3_128bits_update(&state, dims, sizeof dims);
        XXH3_128bits_update(&state, t->data, t->bytes);
    }
    hash = XXH3_128bits_digest(&state);
    out[0] = hash.low64;
    out[1] = hash.high64;
}

int imf_weights_check(const imf_weights *w, imf_err *err)
{
    int rc = IMF_OK;

    for (size_t i = 0; i < w->n_shards; i++)
        IMF_TRY(imf_weights_check(w->shards[i], err));
    for (size_t i = 0; i < w->n_checksums; i++)
        IMF_TRY(imf_checksum_verify(w, &w->checksums[i], err));
out:
    return rc;
}

const char *imf_weights_file(const imf_weights *w)
{
    return w->file;
}

imf_weights_format imf_weights_format_of(const imf_weights *w)
{
    return w->format;
}

/* One number of a type of float; p may be unaligned. */
static float load_f32(imf_dtype dtype, const uint8_t *p)
{
    uint16_t half = 0;
    uint32_t bits = 0;
    double wide = 0;
    float f = 0;

    if (dtype == IMF_F64) {
        memcpy(&wide, p, sizeof wide);
        return (float)wide;
    }
    if (dtype == IMF_BF16) { /* the upper half of a float */
        memcpy(&half, p, sizeof half);
        bits = (uint32_t)half << 16;
        memcpy(&f, &bits, sizeof f);
        return f;
    }
    memcpy(&f, p, sizeof f);
    return f;
}

int imf_tensor_to_f32(const imf_tensor *t, float *out)
{
    const uint8_t *p = t->data;
    uint16_t halves[512];
    size_t size = dtypes[t->dtype].size;

    if (t->dtype == IMF_F32) {
        if (t->bytes > 0)
            memcpy(out, p, t->bytes);
    } else if (t->dtype == IMF_F16) {
        for (size_t i = 0, n = 0; i < t->count; i += n) {
            n = t->count - i < 512 ? t->count - i : 512;
            memcpy(halves, p + i * size, n * size);
            imf_kern_get()->f16_to_f32(out + i, halves, n);
        }
    } else if (t->dtype == IMF_F64 || t->dtype == IMF_BF16) {
        for (size_t i = 0; i < t->count; i++)
            out[i] = load_f32(t->dtype, p + i * size);
    } else {
        return IMF_EINPUT;
    }
    return IMF_OK;
}

int imf_weights_floats(const imf_weights *w, const imf_tensor *t, float **out, imf_err *err)
{
    float *copy = imf_alloc_array(t->count, sizeof *copy);

    *out = NULL;
    if (copy == NULL || imf_tensor_to_f32(t, copy) != IMF_OK) {
        imf_free(copy);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the model");
    }
    for (size_t i = 0; i < t->count; i++) {
        if (!isfinite(copy[i])) {
            imf_free(copy);
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_FINITE, imf_weights_file(w), t->name);
        }
    }
    *out = copy;
    return IMF_OK;
}
