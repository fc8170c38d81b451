/*
 * The weights of a folder: which file it is, and sets that are split into several files. The index of such a set
 * (`weight_map`: tensor name to file name) comes from the internet like the rest: a shard may only be a plain file
 * of the same folder, and every tensor of the shards must be where the index says, once.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/lang.h"
#include "nn/weights_internal.h"

enum {
    MAX_SHARDS = 256,
    MAX_INDEX = 64 << 20,
    MAX_JSON_VALUES = 500 * 1000,
    NAME_SHOWN = IMF_WEIGHTS_NAME_SHOWN
};

static int out_of_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
}

/* ---- The index ------------------------------------------------------------------------------- */

/* The last part of a path. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && strlen(name) < 256 && strchr(name, '/') == NULL && strchr(name, '\\') == NULL &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int load_index(const char *path, json_t **out, imf_err *err)
{
    int rc = IMF_OK;
    char *text = NULL;
    size_t n = 0;
    json_error_t json_err = {0};
    int failed = imf_read_file(path, MAX_INDEX, &text, &n);

    if (failed == -EFBIG)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, imf_tr(WHAT_INDEX_LARGE));
    if (failed == -ENOMEM)
        return out_of_memory(err);
    if (failed != 0)
        return imf_fail_errno(err, IMF_EINPUT, -failed, MSG_WEIGHTS_READ, path);
    if (imf_json_count_values((const uint8_t *)text, n) > MAX_JSON_VALUES) {
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, imf_tr(WHAT_INDEX_LARGE));
        goto out;
    }
    *out = json_loadb(text, n, JSON_REJECT_DUPLICATES, &json_err);
    if (*out == NULL)
        rc = json_error_code(&json_err) == json_error_out_of_memory
                 ? out_of_memory(err)
                 : imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, json_err.text);
out:
    imf_free(text);
    return rc;
}

/* The files that the map names, each once: keys of *names. */
static int collect_shards(const char *path, json_t *map, json_t *names, imf_err *err)
{
    const char *tensor = NULL;
    json_t *value = NULL;

    json_object_foreach(map, tensor, value) {
        const char *name = json_string_value(value);
        if (name == NULL)
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, imf_tr(WHAT_INDEX_MAP));
        if (!is_plain_name(name))
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX_SHARD, path, NAME_SHOWN, name);
        if (json_object_set_new(names, name, json_null()) != 0)
            return out_of_memory(err);
    }
    if (json_object_size(names) == 0)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, imf_tr(WHAT_INDEX_EMPTY));
    if (json_object_size(names) > MAX_SHARDS)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, imf_tr(WHAT_INDEX_LARGE));
    return IMF_OK;
}

/* Takes over the tensors of an opened shard. All of them must be its own in the map: with the count at the end, that
 * also means that none is there twice. */
static int take_tensors(imf_weights *w, const imf_weights *shard, const char *name, const json_t *map, imf_err *err)
{
    int rc = IMF_OK;

    for (size_t i = 0; i < shard->count; i++) {
        imf_tensor *t = NULL;
        const char *place = json_string_value(json_object_get(map, shard->tensors[i].name));
        if (place == NULL || strcmp(place, name) != 0)
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX_EXTRA, w->file, NAME_SHOWN, shard->tensors[i].name,
                            NAME_SHOWN, name);
        IMF_TRY(imf_weights_add(w, &t, err));
        *t = shard->tensors[i];
    }
    w->owned_bytes += shard->owned_bytes;
    if (w->owned_bytes > IMF_WEIGHTS_MAX_OWNED)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TOO_MANY, w->file);
out:
    return rc;
}

static int open_shards(imf_weights *w, json_t *map, json_t *names, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    const int folder = (int)(base_name(w->file) - w->file); /* bytes, with the slash */
    const char *name = NULL, *tensor = NULL;
    json_t *value = NULL;
    char *path = NULL;

    w->shards = imf_alloc_array(json_object_size(names), sizeof(imf_weights *));
    if (w->shards == NULL)
        return out_of_memory(err);
    json_object_foreach(names, name, value) {
        imf_weights *shard = NULL;
        path = imf_sprintf("%.*s%s", folder, w->file, name);
        if (path == NULL)
            return out_of_memory(err);
        IMF_TRY(imf_weights_open_file(&shard, path, flags, err));
        w->shards[w->n_shards++] = shard;
        IMF_TRY(take_tensors(w, shard, name, map, err));
        imf_free(path);
        path = NULL;
    }
    w->format = w->shards[0]->format;
    IMF_TRY(imf_weights_sort(w, err));
    json_object_foreach(map, tensor, value) {
        if (imf_weights_find(w, tensor) == NULL)
            return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX_MISSING, w->file, NAME_SHOWN, tensor, NAME_SHOWN,
                            json_string_value(value));
    }
out:
    imf_free(path);
    return rc;
}

static int open_index(imf_weights **out, const char *path, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    imf_weights *w = imf_weights_new(path);
    json_t *index = NULL, *map = NULL, *names = json_object();

    if (w == NULL || names == NULL) {
        rc = out_of_memory(err);
        goto out;
    }
    IMF_TRY(load_index(path, &index, err));
    map = json_object_get(index, "weight_map");
    if (!json_is_object(map)) {
        rc = imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_INDEX, path, imf_tr(WHAT_INDEX_MAP));
        goto out;
    }
    IMF_TRY(collect_shards(path, map, names, err));
    IMF_TRY(open_shards(w, map, names, flags, err));
    *out = w;
    w = NULL;
out:
    json_decref(index);
    json_decref(names);
    imf_weights_close(&w);
    return rc;
}

/* ---- The folder ------------------------------------------------------------------------------ */

typedef struct found_sets {
    char *names[2]; /* the first two */
    int count;
    bool no_memory;
} found_sets;

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n > m && strcmp(s + n - m, end) == 0;
}

static bool is_set(const char *name)
{
    static const char *const names[] = {
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "open_clip_model.safetensors", "open_clip_pytorch_model.bin",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return name[0] != '.' && (ends_with(name, ".pt") || ends_with(name, ".pkl") || ends_with(name, ".pth"));
}

static int note_set(void *user, const char *name)
{
    found_sets *found = user;

    if (!is_set(name))
        return 0;
    found->names[found->count] = imf_strdup(name);
    if (found->names[found->count] == NULL) {
        found->no_memory = true;
        return 1;
    }
    return ++found->count == 2;
}

int imf_weights_open_folder(imf_weights **out, const char *folder, imf_err *err)
{
    return imf_weights_open_path(out, folder, 0, err);
}

static int open_folder(imf_weights **out, const char *folder, found_sets *found, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    char *path = NULL;

    if (found->no_memory)
        return out_of_memory(err);
    if (found->count == 0)
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NO_SET, folder);
    if (found->count == 2) {
        bool ordered = strcmp(found->names[0], found->names[1]) < 0; /* the same message whatever the disk's order */
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_TWO_SETS, folder, found->names[!ordered], found->names[ordered]);
    }
    path = imf_sprintf("%s%s%s", folder, ends_with(folder, "/") ? "" : "/", found->names[0]);
    if (path == NULL)
        return out_of_memory(err);
    rc = ends_with(path, ".index.json") ? open_index(out, path, flags, err)
                                        : imf_weights_open_file(out, path, flags, err);
    imf_free(path);
    return rc;
}

int imf_weights_open_path(imf_weights **out, const char *path, unsigned flags, imf_err *err)
{
    int rc = IMF_OK, failed = 0;
    const imf_file_layer *fl = imf_file_posix();
    found_sets found = {0};

    *out = NULL;
    failed = fl->list(fl->self, path, note_set, &found);
    if (failed == -ENOTDIR)
        rc = ends_with(path, ".index.json") ? open_index(out, path, flags, err)
                                            : imf_weights_open_file(out, path, flags, err);
    else if (failed < 0)
        rc = imf_fail_errno(err, IMF_EINPUT, -failed, MSG_WEIGHTS_READ, path);
    else
        rc = open_folder(out, path, &found, flags, err);
    imf_free(found.names[0]);
    imf_free(found.names[1]);
    return rc;
}
