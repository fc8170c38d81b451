/*
 * Opening the starter: each key of config.json is demanded and checked, sizes that contradict the tensors are refused,
 * and each fault is one line that names the file and the key or the tensor. Also the hash of the space, and rows that
 * point outside the table. Uses copies of models/starter.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "nn/starter.h"

static char model_folder[PATH_MAX], folder[] = "/tmp/imf-starter-XXXXXX", config_path[64], weights_path[64];
static json_t *config; /* of models/starter */

/* The file layer follows no symbolic link, so the weights are copied. */
static void copy_weights(void)
{
    char path[PATH_MAX + 32], block[65536];
    size_t n = 0;

    snprintf(path, sizeof path, "%s/model.safetensors", model_folder);
    FILE *from = fopen(path, "rb"), *to = fopen(weights_path, "wb");
    if (from == NULL || to == NULL)
        fail_msg("cannot copy %s to %s", path, weights_path);
    while ((n = fread(block, 1, sizeof block, from)) > 0)
        assert_int_equal(fwrite(block, 1, n, to), n);
    fclose(from);
    assert_int_equal(fclose(to), 0);
}

static int set_up(void **state)
{
    const char *root = getenv("IMF_SOURCE_ROOT");
    char path[PATH_MAX + 32];

    (void)state;
    if (root == NULL)
        fail_msg("IMF_SOURCE_ROOT is not set");
    snprintf(model_folder, sizeof model_folder, "%s/models/starter", root);
    snprintf(path, sizeof path, "%s/config.json", model_folder);
    config = json_load_file(path, 0, NULL);
    if (config == NULL)
        fail_msg("cannot read %s", path);
    assert_non_null(mkdtemp(folder));
    snprintf(config_path, sizeof config_path, "%s/config.json", folder);
    snprintf(weights_path, sizeof weights_path, "%s/model.safetensors", folder);
    copy_weights();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(config);
    unlink(config_path);
    unlink(weights_path);
    rmdir(folder);
    return 0;
}

/* Opens the copy. On failure the message has `named` in it. */
static void expect_open(int want, const char *named)
{
    imf_starter *m = NULL;
    imf_err err = {0};
    int rc = imf_starter_open(&m, folder, &err);

    if (rc != want)
        fail_msg("rc %d (%s), expected %d with %s", rc, err.msg, want, named);
    if (want == IMF_OK) {
        imf_starter_close(&m);
        return;
    }
    assert_null(m);
    assert_null(strchr(err.msg, '\n'));
    if (strstr(err.msg, named) == NULL || strstr(err.msg, folder) == NULL)
        fail_msg("\"%s\" or the folder is not in: %s", named, err.msg);
}

static void write_config(const char *text)
{
    FILE *f = fopen(config_path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Writes the configuration with section.key (or key) set to the JSON text, or taken out when value is NULL. */
static void write_changed(const char *section, const char *key, const char *value)
{
    json_t *copy = json_deep_copy(config), *object = section ? json_object_get(copy, section) : copy;

    assert_non_null(json_object_get(object, key));
    if (value == NULL) {
        assert_int_equal(json_object_del(object, key), 0);
    } else {
        json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_int_equal(json_object_set_new(object, key, json), 0);
    }
    char *text = json_dumps(copy, 0);
    assert_non_null(text);
    write_config(text);
    free(text);
    json_decref(copy);
}

static void test_good(void **state)
{
    imf_starter *m = NULL;
    imf_err err = {0};
    const imf_starter_config *c = NULL;

    (void)state;
    if (imf_starter_open(&m, model_folder, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    c = imf_starter_get_config(m);
    assert_int_equal(c->dim, 512);
    assert_int_equal(c->picture_size, 224);
    assert_int_equal(c->preprocessing, 2);
    assert_true(c->centre || c->squash);
    assert_int_equal(c->word_rows + c->ngram_rows, 94208);
    imf_starter_close(&m);
    assert_null(m);
    imf_starter_close(&m);
}

static void test_missing_keys(void **state)
{
    static const struct {
        const char *section, *key;
    } table[] = {
        {NULL, "model_type"}, {NULL, "format_version"}, {NULL, "dim"}, {NULL, "picture"}, {NULL, "text"},
        {NULL, "calibration"},
        {"picture", "size"}, {"picture", "mean"}, {"picture", "std"}, {"picture", "stages"}, {"picture", "features"},
        {"picture", "classes"}, {"picture", "concept_dim"}, {"picture", "learned_dim"}, {"picture", "tau"},
        {"picture", "class_scale"}, {"picture", "concept_weight"}, {"picture", "preprocessing"},
        {"picture", "colour_dim"}, {"picture", "colour_weight"}, {"picture", "colour_background"},
        {"picture", "colour_floor"}, {"picture", "views"},
        {"text", "word_rows"}, {"text", "ngram_rows"}, {"text", "width"}, {"text", "hidden"}, {"text", "max_words"},
        {"text", "ngram_min"}, {"text", "ngram_max"}, {"text", "prefix_min"}, {"text", "prefix_max"},
    };
    char named[64];

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(named, sizeof named, "the key %s%s%s is missing", table[i].section ? table[i].section : "",
                 table[i].section ? "." : "", table[i].key);
        write_changed(table[i].section, table[i].key, NULL);
        expect_open(IMF_EINPUT, named);
    }
}

static void test_wrong_values(void **state)
{
    static const struct {
        const char *section, *key, *value, *named;
    } table[] = {
        {NULL, "model_type", "\"clip\"", "clip"},
        {NULL, "model_type", "7", "model_type"},
        {NULL, "format_version", "1", "made for another version of Image Finder"},
        {NULL, "format_version", "3", "made for another version of Image Finder"},
        {NULL, "format_version", "0", "made for another version of Image Finder"},
        {NULL, "format_version", "\"2\"", "format_version"},
        {NULL, "dim", "0", "dim"},
        {NULL, "dim", "512.0", "dim"},
        {NULL, "dim", "513", "concept_dim"},
        {NULL, "dim", "1000000", "dim"},
        {NULL, "picture", "[]", "picture"},
        {NULL, "text", "null", "text"},
        {NULL, "calibration", "7", "calibration is not an object"},
        {NULL, "calibration", "{}", "the key calibration.text is missing"},
        {"picture", "preprocessing", "1", "made for another version of Image Finder"},
        {"picture", "size", "31", "picture.size"},
        {"picture", "size", "256", "picture.colour.window"},
        {"picture", "size", "1025", "picture.size"},
        {"picture", "size", "-224", "picture.size"},
        {"picture", "size", "9223372036854775807", "picture.size"},
        {"picture", "mean", "-1", "picture.mean"},
        {"picture", "std", "0", "picture.std"},
        {"picture", "tau", "0", "picture.tau"},
        {"picture", "tau", "1e300", "picture.tau"},
        {"picture", "class_scale", "\"1\"", "picture.class_scale"},
        {"picture", "concept_weight", "1.5", "picture.concept_weight"},
        {"picture", "concept_weight", "-0.1", "picture.concept_weight"},
        {"picture", "features", "1281", "picture.head.weight"},
        {"picture", "features", "0", "picture.features"},
        {"picture", "classes", "999", "picture.classifier.weight"},
        {"picture", "concept_dim", "200", "concept_dim"},
        {"picture", "learned_dim", "200", "learned_dim"},
        {"picture", "colour_dim", "24", "colour_dim"},
        {"picture", "colour_dim", "0", "picture.colour_dim"},
        {"picture", "colour_dim", "257", "picture.colour_dim"},
        {"picture", "colour_weight", "-0.1", "picture.colour_weight"},
        {"picture", "colour_weight", "1.1", "picture.colour_weight"},
        {"picture", "colour_background", "-0.1", "picture.colour_background"},
        {"picture", "colour_background", "null", "picture.colour_background"},
        {"picture", "colour_floor", "0", "picture.colour_floor"},
        {"picture", "colour_floor", "-0.1", "picture.colour_floor"},
        {"picture", "colour_floor", "1e9", "picture.colour_floor"},
        {"picture", "views", "[]", "picture.views"},
        {"picture", "views", "{}", "picture.views"},
        {"picture", "views", "\"centre\"", "picture.views"},
        {"picture", "views", "[\"subject\"]", "picture.views"},
        {"picture", "views", "[\"centre\", \"Squash\"]", "picture.views"},
        {"picture", "views", "[\"centre\", 7]", "picture.views"},
        {"picture", "views", "[\"centre\", \"centre\"]", "picture.views"},
        {"picture", "views", "[\"centre\", \"squash\", \"centre\"]", "picture.views"},
        {"picture", "stages", "[]", "picture.stages"},
        {"picture", "stages", "{}", "picture.stages"},
        {"picture", "stages", "[[1,3,1,16]]", "picture.stages"},
        {"picture", "stages", "[[1,3,1,16,1,1]]", "picture.stages"},
        {"picture", "stages", "[[1,3,1,16,1.0]]", "picture.stages"},
        {"picture", "stages", "[[0,3,1,16,1]]", "picture.stages"},
        {"picture", "stages", "[[1,4,1,16,1]]", "picture.stages"},
        {"picture", "stages", "[[1,3,3,16,1]]", "picture.stages"},
        {"picture", "stages", "[[1,3,1,99999,1]]", "picture.stages"},
        {"picture", "stages", "[[1,3,1,16,0]]", "picture.stages"},
        {"picture", "stages", "[[1,3,1,16,1]]", "picture.head.weight"},
        {"picture", "stages", "[[1,3,1,16,2]]", "picture.blocks.0.expand.weight"},
        {"picture", "stages", "[[1,5,1,16,1]]", "picture.blocks.0.depthwise.weight"},
        {"picture", "stages", "[[1,3,1,24,1]]", "picture.blocks.0.project.weight"},
        {"text", "word_rows", "0", "text.word_rows"},
        {"text", "word_rows", "49153", "text.table.weight"},
        {"text", "ngram_rows", "4294967296", "text.ngram_rows"},
        {"text", "width", "191", "text.width"},
        {"text", "width", "194", "text.table.weight"},
        {"text", "width", "2000", "text.width"},
        {"text", "hidden", "511", "text.mlp.0.weight"},
        {"text", "max_words", "65", "text.max_words"},
        {"text", "max_words", "0", "text.max_words"},
        {"text", "ngram_min", "0", "text.ngram_min"},
        {"text", "ngram_max", "2", "text.ngram_max"},
        {"text", "ngram_max", "17", "text.ngram_max"},
        {"text", "prefix_min", "8", "text.prefix_max"},
        {"text", "prefix_max", "true", "text.prefix_max"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        write_changed(table[i].section, table[i].key, table[i].value);
        expect_open(IMF_EINPUT, table[i].named);
    }
}

static void test_not_json(void **state)
{
    static const char *const texts[] = {"", "hello", "[]", "{", "{} x", "{\"dim\":1,\"dim\":1}", "{\"a\":\"\xff\"}"};
    char *deep = malloc(200001);

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_config(texts[i]);
        expect_open(IMF_EINPUT, "config.json");
    }
    assert_non_null(deep);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    write_config(deep);
    expect_open(IMF_EINPUT, "config.json");
    free(deep);
    unlink(config_path);
    expect_open(IMF_EINPUT, "config.json");
}

/* No folder, and weights that are missing or cut. */
static void test_missing_files(void **state)
{
    imf_starter *m = NULL;
    imf_err err = {0};
    FILE *f = NULL;

    (void)state;
    assert_int_equal(imf_starter_open(&m, "/nonexistent/starter", &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "/nonexistent/starter/config.json"));
    write_changed(NULL, "dim", "512");
    expect_open(IMF_OK, "");
    assert_int_equal(unlink(weights_path), 0);
    expect_open(IMF_EINPUT, "model.safetensors");
    f = fopen(weights_path, "wb");
    assert_non_null(f);
    fputs("not weights at all", f);
    fclose(f);
    expect_open(IMF_EINPUT, "model.safetensors");
    assert_int_equal(unlink(weights_path), 0);
    copy_weights();
}

static void space_of(char out[33])
{
    imf_starter *m = NULL;
    imf_err err = {0};

    if (imf_starter_open(&m, folder, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    imf_starter_space(m, out);
    imf_starter_close(&m);
    assert_int_equal(strlen(out), 32);
    assert_int_equal(strspn(out, "0123456789abcdef"), 32);
}

/* The space is the picture tower's alone: it changes with each number that enters the arithmetic, not with the text
 * tower's. */
static void test_space(void **state)
{
    static const struct {
        const char *section, *key, *value;
        bool same;
    } table[] = {
        {"text", "max_words", "23", true},
        {"text", "ngram_max", "4", true},
        {NULL, "name", "\"other\"", true},
        {"picture", "tau", "1.25", false},
        {"picture", "mean", "126", false},
        {"picture", "std", "127", false},
        {"picture", "size", "220", false},
        {"picture", "class_scale", "0.9", false},
        {"picture", "concept_weight", "0.31", false},
        {"picture", "colour_weight", "0.31", false},
        {"picture", "colour_background", "0.31", false},
        {"picture", "colour_floor", "0.31", false},
    };
    static const char *const views[] = {"[\"centre\", \"squash\"]", "[\"centre\"]", "[\"squash\"]"};
    char want[33], got[33], of_views[3][33];

    (void)state;
    write_changed(NULL, "dim", "512");
    space_of(want);
    space_of(got);
    assert_string_equal(want, got);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        write_changed(table[i].section, table[i].key, table[i].value);
        space_of(got);
        if ((strcmp(want, got) == 0) != table[i].same)
            fail_msg("%s: the space is %s, was %s", table[i].key, got, want);
    }
    for (size_t i = 0; i < 3; i++) {
        write_changed("picture", "views", views[i]);
        space_of(of_views[i]);
    }
    assert_string_not_equal(of_views[0], of_views[1]);
    assert_string_not_equal(of_views[0], of_views[2]);
    assert_string_not_equal(of_views[1], of_views[2]);
    write_changed("picture", "views", "[\"squash\", \"centre\"]"); /* the mean of two is the same either way */
    space_of(got);
    assert_string_equal(got, of_views[0]);
}

/* ---- Damaged tensors --------------------------------------------------------------------------- */

typedef struct weights {
    char *bytes;
    size_t size;
    json_t *header;
    size_t data; /* where the tensors' bytes begin */
} weights;

static void load_weights(weights *w)
{
    FILE *f = fopen(weights_path, "rb");
    uint64_t length = 0;
    long size = 0;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    assert_true(size > 8);
    rewind(f);
    w->size = (size_t)size;
    w->bytes = malloc(w->size);
    assert_non_null(w->bytes);
    assert_int_equal(fread(w->bytes, 1, w->size, f), w->size);
    fclose(f);
    memcpy(&length, w->bytes, 8);
    w->data = 8 + (size_t)length;
    w->header = json_loadb(w->bytes + 8, (size_t)length, 0, NULL);
    assert_non_null(w->header);
}

static void write_weights(const weights *w)
{
    FILE *f = fopen(weights_path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(w->bytes, 1, w->size, f), w->size);
    assert_int_equal(fclose(f), 0);
}

/* The bytes of a tensor in the loaded file. */
static uint8_t *tensor(const weights *w, const char *name)
{
    const json_t *offsets = json_object_get(json_object_get(w->header, name), "data_offsets");

    if (json_array_size(offsets) != 2)
        fail_msg("models/starter has no tensor %s", name);
    return (uint8_t *)w->bytes + w->data + json_integer_value(json_array_get(offsets, 0));
}

static void expect_damage_seen(const weights *w, const char *named)
{
    write_weights(w);
    expect_open(IMF_EINPUT, named);
}

static void test_damaged_colours(void **state)
{
    weights w = {0};
    char want[33], got[33];
    int colours = (int)json_integer_value(json_object_get(json_object_get(config, "picture"), "colour_dim"));

    (void)state;
    load_weights(&w);
    uint8_t *table = tensor(&w, "picture.colour.table"), *window = tensor(&w, "picture.colour.window");
    uint8_t inside[28 * 28], first = table[0], last = table[32767];
    write_changed(NULL, "dim", "512");
    space_of(want);

    table[0] = (uint8_t)colours;
    expect_damage_seen(&w, "picture.colour.table: number 0 is");
    table[0] = first;
    table[32767] = 255;
    expect_damage_seen(&w, "picture.colour.table: number 32767 is 255");
    table[32767] = last == 0 ? 1 : 0;
    write_weights(&w);
    expect_open(IMF_OK, "");
    space_of(got);
    assert_string_not_equal(want, got);
    table[32767] = last;

    memcpy(inside, window, sizeof inside);
    memset(window, 0, sizeof inside);
    expect_damage_seen(&w, "picture.colour.window");
    window[sizeof inside - 1] = 1;
    write_weights(&w);
    expect_open(IMF_OK, "");
    memcpy(window, inside, sizeof inside);
    memset(window + sizeof inside, 0, sizeof inside); /* no border is a border that takes nothing away */
    write_weights(&w);
    expect_open(IMF_OK, "");

    free(w.bytes);
    json_decref(w.header);
    copy_weights();
    space_of(got);
    assert_string_equal(want, got);
}

/* Names, types and shapes of the colours, changed in the header to others of the same length. */
static void test_colours_of_another_kind(void **state)
{
    static const struct {
        const char *tensor, *from, *to;
    } table[] = {
        {"picture.colour.table", "picture.colour.table", "picture.colour.tabel"},
        {"picture.colour.table", "\"U8\"", "\"I8\""},
        {"picture.colour.window", "picture.colour.window", "picture.colour.windox"},
        {"picture.colour.window", "\"U8\"", "\"I8\""},
        {"picture.colour.window", "[2,28,28]", "[1,56,28]"},
    };

    (void)state;
    write_changed(NULL, "dim", "512");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        weights w = {0};
        load_weights(&w);
        char *at = memmem(w.bytes, w.data, table[i].tensor, strlen(table[i].tensor));
        assert_non_null(at);
        at = memmem(at, w.data - (size_t)(at - w.bytes), table[i].from, strlen(table[i].from));
        if (at == NULL)
            fail_msg("%s is not in the header", table[i].from);
        memcpy(at, table[i].to, strlen(table[i].to));
        expect_damage_seen(&w, table[i].tensor);
        free(w.bytes);
        json_decref(w.header);
        copy_weights();
    }
}

/* As many rows as the table has, but not as many of whole words as have a byte of text.known. */
static void test_known_of_another_size(void **state)
{
    json_t *copy = json_deep_copy(config), *text = json_object_get(copy, "text");

    (void)state;
    json_object_set_new(text, "word_rows", json_integer(49151));
    json_object_set_new(text, "ngram_rows", json_integer(45057));
    char *written = json_dumps(copy, 0);
    write_config(written);
    free(written);
    json_decref(copy);
    expect_open(IMF_EINPUT, "text.known");
}

static void test_rows_outside(void **state)
{
    imf_starter *m = NULL;
    imf_err err = {0};
    uint32_t word[2] = {0, 8 * 49152 - 1}, pieces[5] = {49152, 94207, 5, 6, UINT32_MAX};
    size_t start[3] = {0, 2, 3};
    float vector[512];

    (void)state;
    if (imf_starter_open(&m, model_folder, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(imf_starter_embed_words(m, word, start, pieces, 2, vector, NULL, NULL, &err), IMF_OK);
    assert_int_equal(imf_starter_embed_words(m, word, start, pieces, 0, vector, NULL, NULL, NULL), IMF_EUSAGE);
    pieces[1] = 94208;
    assert_int_equal(imf_starter_embed_words(m, word, start, pieces, 2, vector, NULL, NULL, NULL), IMF_EUSAGE);
    pieces[1] = 0;
    word[1] = 8 * 49152;
    assert_int_equal(imf_starter_embed_words(m, word, start, pieces, 2, vector, NULL, NULL, NULL), IMF_EUSAGE);
    word[1] = 0;
    start[1] = 5; /* the fifth piece is outside */
    assert_int_equal(imf_starter_embed_words(m, word, start, pieces, 1, vector, NULL, NULL, NULL), IMF_EUSAGE);
    start[1] = 0; /* a word without pieces */
    assert_int_equal(imf_starter_embed_words(m, word, start, pieces, 1, vector, NULL, NULL, &err), IMF_OK);
    imf_starter_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_missing_keys),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_not_json),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_damaged_colours),
        cmocka_unit_test(test_colours_of_another_kind),
        cmocka_unit_test(test_known_of_another_size),
        cmocka_unit_test(test_rows_outside),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
