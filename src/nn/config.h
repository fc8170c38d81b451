/*
 * Reading a model's JSON configuration: every value is demanded by type and range, and what is wrong is named with its
 * file and key. The file is untrusted: at most 1 MB, no key twice.
 */
#ifndef IMF_NN_CONFIG_H
#define IMF_NN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

/* An object of the file: the file for messages, the object, its name with a dot ("picture.") or "". Borrows all. */
typedef struct imf_config {
    const char *file, *prefix;
    const json_t *object;
} imf_config;

/* Reads a file whose top is an object; json_decref'd by the caller. Errors: IMF_EINPUT, IMF_EMEM. */
int imf_config_load(const char *path, json_t **root, imf_err *err);
/* The same of n bytes in memory; `file` is for messages. */
int imf_config_parse(const void *bytes, size_t n, const char *file, json_t **root, imf_err *err);

/* What the file must have. Errors: IMF_EINPUT with file, key and what was expected. */
int imf_config_need(const imf_config *c, const char *key, json_t **out, imf_err *err);
int imf_config_need_object(const imf_config *c, const char *key, const char *prefix, imf_config *out, imf_err *err);
int imf_config_need_int(const imf_config *c, const char *key, int min, int max, int *out, imf_err *err);
int imf_config_need_u32(const imf_config *c, const char *key, int min, int max, uint32_t *out, imf_err *err);
int imf_config_need_real(const imf_config *c, const char *key, double min, double max, double *out, imf_err *err);

/* What it may have: a missing key, or null, leaves *out as it is; a wrong value is an error all the same. */
int imf_config_int(const imf_config *c, const char *key, int min, int max, int *out, imf_err *err);
int imf_config_real(const imf_config *c, const char *key, double min, double max, double *out, imf_err *err);
int imf_config_string(const imf_config *c, const char *key, const char **out, imf_err *err);
int imf_config_bool(const imf_config *c, const char *key, bool *out, imf_err *err);
/* exactly n numbers */
int imf_config_reals(const imf_config *c, const char *key, double min, double max, double *out, size_t n, imf_err *err);

#endif
