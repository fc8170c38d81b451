/*
 * Which files a model's reference means (a name in one of the places where models lie, or with a slash a folder or one
 * file of weights), and which kind of model they are. What is not supported yet is named: by its configuration, or by
 * the files that only one publisher's layout has.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/lang.h"
#include "base/program.h"
#include "finder/model.h"
#include "nn/config.h"

/* ---- Places ------------------------------------------------------------------------------------------------------ */

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

static bool tells_a_model(const char *name)
{
    static const char *const whole[] = {"config.json", "modules.json", "open_clip_config.json"};
    static const char *const ends[] = {".safetensors", ".bin", ".pt", ".pth", ".pkl"};

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(name, whole[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

bool imf_model_in_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    bool there = false;

    for (struct dirent *e; dir && !there && (e = readdir(dir)) != NULL;)
        there = tells_a_model(e->d_name);
    if (dir)
        closedir(dir);
    return there;
}

char *imf_model_place(const char *home, int i)
{
    /* $IMAGEFINDER_MODELS, the home, beside the build tree, beside an installed program */
    static const char *const between[IMF_MODEL_PLACES] = {"", "/models", "/../models",
                                                          "/../share/imagefinder/models"};
    char *program = i >= 2 ? imf_program_folder() : NULL;
    const char *start = i == 0 ? getenv("IMAGEFINDER_MODELS") : i == 1 ? home : program;
    char *place = start && *start ? imf_sprintf("%s%s", start, between[i]) : NULL;
    imf_free(program);
    return place;
}

static char *find_folder(const char *home, const char *name)
{
    for (int i = 0; i < IMF_MODEL_PLACES; i++) {
        char *place = imf_model_place(home, i);
        char *path = place ? imf_sprintf("%s/%s", place, name) : NULL;
        imf_free(place);
        if (path && imf_model_in_folder(path)) {
            char *real = realpath(path, NULL); /* as people are shown it */
            char *shown = real ? imf_strdup(real) : NULL;
            free(real);
            if (shown) {
                imf_free(path);
                path = shown;
            }
            return path;
        }
        imf_free(path);
    }
    return NULL;
}

static int locate(imf_model *m, const char *home, const char *reference, imf_err *err)
{
    if (strchr(reference, '/')) {
        char *real = realpath(reference, NULL);
        if (!real)
            return imf_fail_errno(err, IMF_EINPUT, errno, MSG_FINDER_MODEL_FOLDER, reference);
        m->path = imf_strdup(real);
        m->reference = imf_strdup(real);
        m->name = imf_strdup(real);
        free(real);
    } else {
        bool plain = reference[0] != '\0' && reference[0] != '.';
        m->path = plain ? find_folder(home, reference) : NULL;
        if (!m->path)
            return imf_fail(err, IMF_EUNKNOWN, MSG_FINDER_MODEL_UNKNOWN, reference);
        m->reference = imf_strdup(reference);
        m->name = imf_strdup(reference);
    }
    return m->path && m->reference && m->name ? IMF_OK
                                              : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
}

/* ---- Kinds ------------------------------------------------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
    char *path = imf_sprintf("%s/%s", folder, name);
    bool there = path && access(path, F_OK) == 0;

    imf_free(path);
    return there;
}

/* IMF_EINPUT: what was found where, and what is supported. */
static int refuse(const char *folder, const char *found, const char *value, imf_err *err)
{
    char *what = imf_sprintf(found, value);
    int rc = what ? imf_fail(err, IMF_EINPUT, MSG_FINDER_MODEL_KIND, folder, what)
                  : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");

    imf_free(what);
    return rc;
}

/* The kind of a folder by its config.json, or by the file that stands in its place. */
static int kind_of_folder(const char *folder, const imf_model_kind **kind, imf_err *err)
{
    int rc = IMF_OK;
    json_t *root = NULL;
    char *path = imf_sprintf("%s/config.json", folder);

    *kind = NULL;
    if (!path)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    if (access(path, F_OK) == 0) {
        IMF_TRY(imf_config_load(path, &root, err));
        const json_t *value = json_object_get(root, "model_type"), *timm = json_object_get(root, "architecture");
        const char *type = json_string_value(value);
        if (type && strcmp(type, "imagefinder-starter") == 0)
            *kind = &imf_model_starter;
        else if ((type && strcmp(type, "clip") == 0) || (!value && json_object_get(root, "vision_patch_size")))
            *kind = &imf_model_clip;
        else if (!has_file(folder, "modules.json") && type)
            rc = refuse(folder, imf_tr(WHAT_MODEL_TYPE), type, err);
        else if (!has_file(folder, "modules.json") && json_is_string(timm))
            rc = refuse(folder, imf_tr(WHAT_MODEL_TIMM), json_string_value(timm), err);
    }
    if (rc != IMF_OK || *kind)
        goto out;
    if (has_file(folder, "modules.json"))
        rc = refuse(folder, "%s", "sentence-transformers (modules.json)", err);
    else if (has_file(folder, "open_clip_config.json"))
        rc = refuse(folder, "%s", "open_clip (open_clip_config.json)", err);
    else if (root)
        rc = refuse(folder, "%s", imf_tr(WHAT_MODEL_UNTYPED), err);
    else
        *kind = &imf_model_clip; /* without a configuration: by the tensors, if at all */
out:
    json_decref(root);
    imf_free(path);
    return rc;
}

/* One file of weights. CLIP's own opening tells what its configuration or its tensors are. */
static int kind_of_file(imf_model *m, imf_err *err)
{
    const char *name = strrchr(m->path, '/') + 1; /* the path is absolute */
    char *folder = imf_strndup(m->path, (size_t)(name - m->path));
    const imf_model_kind *kind = NULL;

    if (!folder)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    m->kind = &imf_model_clip;
    /* the starter is its folder, whichever way it is named */
    if (strcmp(name, "model.safetensors") == 0 && kind_of_folder(folder, &kind, NULL) == IMF_OK &&
        kind == &imf_model_starter) {
        m->kind = kind;
        m->path[name - m->path - (name - m->path > 1)] = '\0';
    }
    imf_free(folder);
    return IMF_OK;
}

int imf_model_find(imf_model *m, const char *home, const char *reference, imf_err *err)
{
    int rc = IMF_OK;
    struct stat st;

    IMF_TRY(locate(m, home, reference, err));
    if (stat(m->path, &st) != 0)
        rc = imf_fail_errno(err, IMF_EINPUT, errno, MSG_FINDER_MODEL_FOLDER, m->path);
    else if (S_ISREG(st.st_mode))
        rc = kind_of_file(m, err);
    else if (S_ISDIR(st.st_mode))
        rc = kind_of_folder(m->path, &m->kind, err);
    else
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_MODEL_NEITHER, m->path);
out:
    return rc;
}
