/* Reading a model's JSON configuration. See config.h. */
#include "nn/config.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { MAX_CONFIG = 1 << 20 }; /* bytes of the file */

/* ---- The file ---------------------------------------------------------------------------------------------------- */

int imf_config_parse(const void *bytes, size_t n, const char *file, json_t **out, imf_err *err)
{
    json_error_t json_err = {0};

    *out = NULL;
    if (n > MAX_CONFIG)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_NOT_JSON, file, "over 1 MB", 1);
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &json_err);
    if (root == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_NOT_JSON, file, json_err.text, json_err.line);
    if (!json_is_object(root)) {
        json_decref(root);
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_NOT_JSON, file, "not an object", 1);
    }
    *out = root;
    return IMF_OK;
}

int imf_config_load(const char *path, json_t **out, imf_err *err)
{
    char *text = NULL;
    size_t n = 0;
    int failed = imf_read_file(path, MAX_CONFIG, &text, &n);

    *out = NULL;
    if (failed == -EFBIG)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_NOT_JSON, path, "over 1 MB", 1);
    if (failed == -ENOMEM)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the model");
    if (failed != 0)
        return imf_fail_errno(err, IMF_EINPUT, -failed, MSG_CONFIG_READ, path);
    int rc = imf_config_parse(text, n, path, out, err);
    imf_free(text);
    return rc;
}

/* ---- What must be there ------------------------------------------------------------------------------------------ */

int imf_config_need(const imf_config *c, const char *key, json_t **out, imf_err *err)
{
    *out = json_object_get(c->object, key);
    if (*out == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_NO_KEY, c->file, c->prefix, key);
    return IMF_OK;
}

int imf_config_need_object(const imf_config *c, const char *key, const char *prefix, imf_config *out, imf_err *err)
{
    int rc = IMF_OK;
    json_t *value = NULL;

    IMF_TRY(imf_config_need(c, key, &value, err));
    if (!json_is_object(value))
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, c->file, c->prefix, key, "an object");
    *out = (imf_config){c->file, prefix, value};
out:
    return rc;
}

int imf_config_need_int(const imf_config *c, const char *key, int min, int max, int *out, imf_err *err)
{
    int rc = IMF_OK;
    json_t *value = NULL;

    IMF_TRY(imf_config_need(c, key, &value, err));
    if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_INT, c->file, c->prefix, key, min, max);
    *out = (int)json_integer_value(value);
out:
    return rc;
}

int imf_config_need_u32(const imf_config *c, const char *key, int min, int max, uint32_t *out, imf_err *err)
{
    int value = 0, rc = imf_config_need_int(c, key, min, max, &value, err);

    *out = (uint32_t)value;
    return rc;
}

int imf_config_need_real(const imf_config *c, const char *key, double min, double max, double *out, imf_err *err)
{
    int rc = IMF_OK;
    json_t *value = NULL;

    IMF_TRY(imf_config_need(c, key, &value, err));
    if (!json_is_number(value) || !(json_number_value(value) >= min && json_number_value(value) <= max))
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_REAL, c->file, c->prefix, key, min, max);
    *out = json_number_value(value);
out:
    return rc;
}

/* ---- What may be there ------------------------------------------------------------------------------------------- */

static bool absent(const imf_config *c, const char *key)
{
    const json_t *value = json_object_get(c->object, key);

    return value == NULL || json_is_null(value);
}

int imf_config_int(const imf_config *c, const char *key, int min, int max, int *out, imf_err *err)
{
    return absent(c, key) ? IMF_OK : imf_config_need_int(c, key, min, max, out, err);
}

int imf_config_real(const imf_config *c, const char *key, double min, double max, double *out, imf_err *err)
{
    return absent(c, key) ? IMF_OK : imf_config_need_real(c, key, min, max, out, err);
}

int imf_config_string(const imf_config *c, const char *key, const char **out, imf_err *err)
{
    const json_t *value = json_object_get(c->object, key);

    if (absent(c, key))
        return IMF_OK;
    if (!json_is_string(value))
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, c->file, c->prefix, key, "a string");
    *out = json_string_value(value);
    return IMF_OK;
}

int imf_config_bool(const imf_config *c, const char *key, bool *out, imf_err *err)
{
    const json_t *value = json_object_get(c->object, key);

    if (absent(c, key))
        return IMF_OK;
    if (!json_is_boolean(value))
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, c->file, c->prefix, key, "true or false");
    *out = json_is_true(value);
    return IMF_OK;
}

int imf_config_reals(const imf_config *c, const char *key, double min, double max, double *out, size_t n, imf_err *err)
{
    const json_t *value = json_object_get(c->object, key);

    if (absent(c, key))
        return IMF_OK;
    bool good = json_is_array(value) && json_array_size(value) == n;
    for (size_t i = 0; i < n && good; i++) {
        const json_t *number = json_array_get(value, i);
        out[i] = json_number_value(number);
        good = json_is_number(number) && out[i] >= min && out[i] <= max;
    }
    if (!good)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_REALS, c->file, c->prefix, key, n, min, max);
    return IMF_OK;
}
