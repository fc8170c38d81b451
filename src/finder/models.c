/*
 * The models that can be named, and what one of them is. Listing reads no more of a folder than the configuration and
 * the names and shapes of its tensors; a folder that is not ours to understand, or damaged, is listed all the same.
 * Opening a model is model.c's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "finder/model.h"

enum { MAX_CONFIG = 1 << 20, MAX_MODELS = 1000, MAX_LANGUAGES = 200, README_HEAD = 8192, MAX_LICENCE = 64 };

static const char starter_family[] = "imagefinder-starter";

static int out_of_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "looking for models");
}

/* The object in folder/config.json; NULL when there is none that can be read. */
static json_t *read_config(const char *folder)
{
    json_t *root = NULL;
    struct stat st;
    int fd = -1;
    size_t used = 0;
    char *path = imf_sprintf("%s/config.json", folder), *text = NULL;
    if (!path || imf_open_regular(path, true, &fd, &st) != 0)
        goto out;
    if (st.st_size <= 0 || st.st_size > MAX_CONFIG || !(text = imf_alloc((size_t)st.st_size)))
        goto out;
    while (used < (size_t)st.st_size) {
        ssize_t n = read(fd, text + used, (size_t)st.st_size - used);
        if (n <= 0)
            goto out;
        used += (size_t)n;
    }
    root = json_loadb(text, used, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        root = NULL;
    }
out:
    if (fd >= 0)
        close(fd);
    imf_free(text);
    imf_free(path);
    return root;
}

/* A string of the configuration, "" where there is none. NULL when out of memory. */
static const char *text_of(imf_arena *a, const json_t *config, const char *key)
{
    const char *s = json_string_value(json_object_get(config, key));
    return imf_arena_strdup(a, s ? s : "");
}

static uint64_t size_of(const char *folder)
{
    uint64_t total = 0;
    struct stat st;
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (fstatat(dirfd(dir), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
            total += (uint64_t)st.st_size;
    closedir(dir);
    return total;
}

/* ---- The list ---- */

typedef struct models_box { /* the list and the arena that everything in it lies in */
    imf_model_list list;
    imf_arena *arena;
    imf_model_row *rows;
    size_t cap;
} models_box;

void imf_models_free(imf_model_list **models)
{
    if (!models || !*models)
        return;
    models_box *box = (models_box *)*models;
    imf_free(box->rows);
    imf_arena_free(&box->arena);
    imf_free(box);
    *models = NULL;
}

/* What the model's configuration tells of the starter. false when out of memory. */
static bool describe_starter(imf_arena *a, const json_t *config, imf_model_row *row)
{
    const json_t *languages = json_object_get(config, "languages");
    json_int_t dim = json_integer_value(json_object_get(config, "dim"));
    if (dim < 1 || dim > IMF_DIM_MAX)
        return true;
    row->dim = (int)dim;
    size_t n = json_array_size(languages);
    const char **list = imf_arena_alloc(a, (n < MAX_LANGUAGES ? n + 1 : 1) * sizeof *list);
    bool ok = list && (row->licence = text_of(a, config, "licence")) != NULL;
    for (size_t i = 0; i < n && n < MAX_LANGUAGES && ok; i++) {
        const char *s = json_string_value(json_array_get(languages, i));
        if (s && (ok = (list[row->n_languages] = imf_arena_strdup(a, s)) != NULL))
            row->n_languages++;
    }
    row->languages = list;
    return ok;
}

/* The licence that a README of the hub names in the lines at its head ("license: mit"), as SPDX writes it. "" where
 * there is none; NULL when out of memory. */
static const char *licence_of_readme(imf_arena *a, const char *folder)
{
    static const char *const known[] = {"MIT",          "Apache-2.0",      "CC-BY-4.0",    "CC-BY-SA-4.0",
                                        "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "BSD-3-Clause", "CC0-1.0"};
    char text[README_HEAD + 1] = "", *path = imf_sprintf("%s/README.md", folder), *rest = text;
    const char *licence = "";
    struct stat st;
    int fd = -1;
    if (path && imf_open_regular(path, true, &fd, &st) == 0) {
        ssize_t n = read(fd, text, README_HEAD);
        text[n > 0 ? n : 0] = '\0';
        close(fd);
    }
    imf_free(path);
    const char *line = strsep(&rest, "\n");
    if (line[0] != '-' || strspn(line, "-\r") != strlen(line))
        return imf_arena_strdup(a, "");
    while ((line = strsep(&rest, "\n")) != NULL && strncmp(line, "---", 3) != 0)
        if (strncmp(line, "license:", 8) == 0) {
            const char *value = line + 8 + strspn(line + 8, " '\"");
            char *copy = imf_arena_strndup(a, value, strcspn(value, " '\"\r"));
            licence = copy;
            for (size_t i = 0; copy && i < sizeof known / sizeof known[0]; i++)
                if (strcasecmp(copy, known[i]) == 0)
                    licence = known[i];
            if (copy && strlen(copy) > MAX_LICENCE)
                licence = "";
            return licence;
        }
    return imf_arena_strdup(a, licence);
}

/* What only a model that we can read tells. false when out of memory. */
static bool describe(imf_arena *a, const char *path, const json_t *config, imf_model_row *row)
{
    const char *type = json_string_value(json_object_get(config, "model_type"));
    imf_model *model = NULL;
    row->licence = "";
    if (type && strcmp(type, starter_family) == 0)
        return describe_starter(a, config, row);
    if (imf_model_open_quick(&model, path, NULL) == IMF_OK) {
        row->dim = model->dim;
        row->languages = model->languages;
        row->n_languages = model->n_languages;
    }
    imf_model_close(&model);
    row->licence = licence_of_readme(a, path);
    return row->licence != NULL;
}

static bool is_listed(const models_box *box, const char *name)
{
    for (size_t i = 0; i < box->list.n_models; i++)
        if (strcmp(box->rows[i].name, name) == 0)
            return true;
    return false;
}

static int add_model(models_box *box, const char *folder, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    void *rows = box->rows;
    json_t *config = NULL;
    char *real = NULL, *path = imf_sprintf("%s/%s", folder, name);
    if (!path)
        return out_of_memory(err);
    if (!imf_model_in_folder(path))
        goto out;
    real = realpath(path, NULL);
    imf_model_row row = {.here = true, .size = size_of(path)};
    config = read_config(path);
    row.name = imf_arena_strdup(box->arena, name);
    row.path = imf_arena_strdup(box->arena, real ? real : path);
    if (!row.name || !row.path || !describe(box->arena, row.path, config, &row) ||
        !imf_grow(&rows, box->list.n_models, &box->cap, sizeof row)) {
        rc = out_of_memory(err);
        goto out;
    }
    box->rows = rows;
    box->rows[box->list.n_models++] = row;
out:
    json_decref(config);
    free(real);
    imf_free(path);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const imf_model_row *)a)->name, ((const imf_model_row *)b)->name);
}

int imf_models(imf_finder *finder, imf_model_list **models, imf_err *err)
{
    int rc = IMF_OK;
    *models = NULL;
    models_box *box = imf_alloc_array(1, sizeof *box);
    imf_model_list *made = (imf_model_list *)box;
    if (!box || !(box->arena = imf_arena_new()))
        rc = out_of_memory(err);
    for (int i = 0; i < IMF_MODEL_PLACES && rc == IMF_OK; i++) {
        char *place = imf_model_place(finder->home, i);
        DIR *dir = place ? opendir(place) : NULL;
        for (struct dirent *e; dir && rc == IMF_OK && box->list.n_models < MAX_MODELS && (e = readdir(dir)) != NULL;)
            if (e->d_name[0] != '.' && !is_listed(box, e->d_name)) /* as when one is opened by name: the first wins */
                rc = add_model(box, place, e->d_name, err);
        if (dir)
            closedir(dir);
        imf_free(place);
    }
    if (rc != IMF_OK) {
        imf_models_free(&made);
        return rc;
    }
    if (box->list.n_models > 0)
        qsort(box->rows, box->list.n_models, sizeof *box->rows, by_name);
    box->list.models = box->rows;
    *models = made;
    return IMF_OK;
}

/* ---- One model ---- */

typedef struct info_box {
    imf_model_info info;
    imf_arena *arena;
} info_box;

void imf_model_info_free(imf_model_info **info)
{
    if (!info || !*info)
        return;
    info_box *box = (info_box *)*info;
    imf_arena_free(&box->arena);
    imf_free(box);
    *info = NULL;
}

/* Where a model came from, as its files say: the configuration, else the file's own name. NULL when out of memory. */
static const char *provenance_of(imf_arena *a, const imf_model *model, const char *file)
{
    json_t *config = read_config(model->path);
    const char *text = json_string_value(json_object_get(config, "provenance")), *slash = strrchr(file, '/');
    if (!text)
        text = json_string_value(json_object_get(config, "_name_or_path"));
    if (!text)
        text = config ? "" : slash ? slash + 1 : file;
    size_t size = strlen(text) * 3 + 1;
    char *line = imf_arena_alloc(a, size);
    if (line)
        imf_utf8_sanitise(line, size, text); /* one line, whatever the folder says */
    json_decref(config);
    return line;
}

static int fill_info(imf_model *model, info_box *box, imf_err *err)
{
    imf_model_info *info = &box->info;
    const char *missing = NULL, *file = NULL;
    int rc = model->kind->count(model, &info->parameters, &info->tensors, &file, err);
    if (rc == IMF_OK)
        rc = imf_model_check_texts(model, &missing, err); /* also the tokenizer's files are read */
    if (rc != IMF_OK)
        return rc;
    info->family = model->family;
    info->precision = model->kind->precision();
    info->dim = model->dim;
    info->image_size = model->image_size;
    info->name = imf_arena_strdup(box->arena, model->name);
    info->path = imf_arena_strdup(box->arena, model->path);
    info->provenance = provenance_of(box->arena, model, file);
    return info->name && info->path && info->provenance ? IMF_OK : out_of_memory(err);
}

int imf_model_info_get(imf_finder *finder, const char *reference, imf_model_info **info, imf_err *err)
{
    int rc = IMF_OK;
    imf_model *model = NULL;
    char *usual = NULL;
    *info = NULL;
    info_box *box = imf_alloc_array(1, sizeof *box);
    imf_model_info *made = (imf_model_info *)box;
    if (!box || !(box->arena = imf_arena_new())) {
        rc = out_of_memory(err);
        goto out;
    }
    if (!reference) {
        IMF_TRY(imf_finder_usual_model(finder, &usual, err));
        reference = usual;
    }
    IMF_TRY(imf_model_open(&model, finder->home, reference, err));
    IMF_TRY(fill_info(model, box, err));
    *info = made;
    made = NULL;
out:
    imf_free(usual);
    imf_model_close(&model);
    imf_model_info_free(&made);
    return rc;
}
