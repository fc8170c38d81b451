/* What the tests of broken CLIP folders share: a folder of its own that becomes a copy of a golden's, changes to its
 * JSON and to its tensors, and the verdict. */
#ifndef TESTS_UNIT_CLIP_FOLDER_H
#define TESTS_UNIT_CLIP_FOLDER_H

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "nn/clip.h"
#include "nn/dnn.h"

static char folder[] = "/tmp/imf-clip-XXXXXX";
static int refusals;

/* ---- Folders ----------------------------------------------------------------------------------------------------- */

static inline const char *in_folder(const char *name)
{
    static char path[2][PATH_MAX];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static inline void empty_folder(void)
{
    DIR *d = opendir(folder);

    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            assert_int_equal(remove(in_folder(e->d_name)), 0);
    closedir(d);
}

static inline uint8_t *read_all(const char *path, size_t *n)
{
    struct stat st;
    FILE *f = fopen(path, "rb");

    if (f == NULL || fstat(fileno(f), &st) != 0)
        fail_msg("cannot read %s", path);
    uint8_t *bytes = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(bytes);
    *n = fread(bytes, 1, (size_t)st.st_size, f);
    assert_int_equal(*n, st.st_size);
    fclose(f);
    return bytes;
}

static inline void write_all(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(in_folder(name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *name, const char *text)
{
    write_all(name, text, strlen(text));
}

/* The folder becomes a copy of a golden's. */
static inline void copy_model(const char *model)
{
    char from[PATH_MAX], path[PATH_MAX + 300];
    size_t n = 0;

    empty_folder();
    snprintf(from, sizeof from, "%s/tests/golden/clip/%s", getenv("IMF_SOURCE_ROOT"), model);
    DIR *d = opendir(from);
    if (d == NULL)
        fail_msg("cannot read %s", from);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, "expected.txt") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", from, e->d_name);
        uint8_t *bytes = read_all(path, &n);
        write_all(e->d_name, bytes, n);
        free(bytes);
    }
    closedir(d);
}

static inline int set_up(void **state)
{
    (void)state;
    assert_non_null(getenv("IMF_SOURCE_ROOT"));
    assert_non_null(mkdtemp(folder));
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(folder);
}

/* ---- Verdicts ---------------------------------------------------------------------------------------------------- */

static inline void expect_open(void)
{
    imf_clip *m = NULL;
    imf_err err = {0};

    if (imf_clip_open(&m, folder, &err) != IMF_OK)
        fail_msg("refused: %s", err.msg);
    imf_clip_close(&m);
    imf_clip_close(&m);
}

/* Refused with one line that has both words in it, and the folder. */
static inline void expect_refused(const char *first, const char *second)
{
    imf_clip *m = NULL;
    imf_err err = {0};
    int rc = imf_clip_open(&m, folder, &err);

    if (rc != IMF_EINPUT)
        fail_msg("status %d (%s), expected a refusal that names %s and %s", rc, err.msg, first, second);
    assert_null(m);
    assert_null(strchr(err.msg, '\n'));
    if (strstr(err.msg, first) == NULL || strstr(err.msg, second) == NULL || strstr(err.msg, folder) == NULL)
        fail_msg("\"%s\", \"%s\" or the folder is not in: %s", first, second, err.msg);
    refusals++;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* Sets a key ("part.key") of a file to a JSON text; NULL takes it out. */
static inline void set_key(const char *file, const char *key, const char *value)
{
    json_t *root = json_load_file(in_folder(file), 0, NULL), *object = root;
    char name[100];

    assert_non_null(root);
    snprintf(name, sizeof name, "%s", key);
    char *dot = strchr(name, '.'), *last = dot != NULL ? dot + 1 : name;
    if (dot != NULL) {
        *dot = '\0';
        object = json_object_get(root, name);
        assert_non_null(object);
    }
    if (value == NULL) {
        assert_int_equal(json_object_del(object, last), 0);
    } else {
        json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_int_equal(json_object_set_new(object, last, json), 0);
    }
    assert_int_equal(json_dump_file(root, in_folder(file), 0), 0);
    json_decref(root);
}

/* Renames a tensor, or changes its dtype or shape (JSON), in the copy of f32. */
static inline void change_tensor(const char *name, const char *new_name, const char *dtype, const char *shape)
{
    size_t n = 0;
    uint8_t *bytes = read_all(in_folder("model.safetensors"), &n);
    uint64_t length = 0;

    memcpy(&length, bytes, 8);
    json_t *header = json_loadb((char *)bytes + 8, length, 0, NULL), *tensor = json_object_get(header, name);
    assert_non_null(tensor);
    if (dtype != NULL)
        json_object_set_new(tensor, "dtype", json_string(dtype));
    if (shape != NULL)
        json_object_set_new(tensor, "shape", json_loads(shape, 0, NULL));
    if (new_name != NULL) {
        json_object_set(header, new_name, tensor);
        json_object_del(header, name);
    }
    char *text = json_dumps(header, JSON_COMPACT);
    FILE *f = fopen(in_folder("model.safetensors"), "wb");
    assert_true(text != NULL && f != NULL);
    uint64_t new_length = strlen(text);
    fwrite(&new_length, 8, 1, f);
    fwrite(text, 1, new_length, f);
    fwrite(bytes + 8 + length, 1, n - 8 - length, f);
    assert_int_equal(fclose(f), 0);
    free(text);
    json_decref(header);
    free(bytes);
}

/* Overwrites a tensor of the copy of f32. */
static inline void fill_tensor(const char *name, float value, size_t from, size_t count)
{
    size_t n = 0;
    uint8_t *bytes = read_all(in_folder("model.safetensors"), &n);
    uint64_t length = 0;

    memcpy(&length, bytes, 8);
    json_t *header = json_loadb((char *)bytes + 8, length, 0, NULL);
    json_t *offsets = json_object_get(json_object_get(header, name), "data_offsets");
    size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0));
    size_t end = (size_t)json_integer_value(json_array_get(offsets, 1));
    assert_true(end > begin);
    for (size_t i = from; i < (end - begin) / 4 && i - from < count; i++)
        memcpy(bytes + 8 + length + begin + 4 * i, &value, 4);
    write_all("model.safetensors", bytes, n);
    json_decref(header);
    free(bytes);
}

#endif
