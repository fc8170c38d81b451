/* Which file of a folder has the weights, and sets that are split into shards: what is read, and that each way of being
 * wrong gives one line that names the file. */
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

#include "../torch_files.h"
#include "nn/weights.h"

static char folder[256];

static const char *path_in(const char *name)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *data, size_t n)
{
    FILE *f = fopen(path_in(name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

/* A safetensors file of the tensors whose names are given, blank between them: one number each. */
static void write_safetensors(const char *file, const char *tensors)
{
    char names[300], header[3000] = "{";
    size_t at = 1, n = 0;
    bytes b = {0};

    snprintf(names, sizeof names, "%s", tensors);
    for (char *rest = names, *name; (name = strsep(&rest, " ")) != NULL; n++)
        at += (size_t)snprintf(header + at, sizeof header - at,
                               "%s\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}", n > 0 ? "," : "",
                               name, n, n + 1);
    at += (size_t)snprintf(header + at, sizeof header - at, "}");
    add_number(&b, at, 8);
    add(&b, header, at);
    for (size_t i = 0; i < n; i++)
        add_number(&b, (uint64_t)file[strlen(file) - 1] + i, 1);
    write_file(file, b.p, b.n);
    free(b.p);
}

static void write_torch(const char *file, const char *tensor)
{
    char name[100];
    bytes pickle = {0}, b = {0};
    zip_places places;

    snprintf(name, sizeof name, "}'%s'", tensor);
    add_pickle(&pickle, name);
    add_pickle(&pickle, "!" GOOD_TENSOR "s.");
    add_archive(&b, pickle.p, pickle.n, &places);
    write_file(file, b.p, b.n);
    free(pickle.p);
    free(b.p);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/imf-weights-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    return mkdtemp(folder) == NULL;
}

static int remove_file(const char *name)
{
    return unlink(path_in(name));
}

static int remove_folder(void **state)
{
    static const char *const names[] = {
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "open_clip_model.safetensors", "open_clip_pytorch_model.bin", "a.pt", "b.pkl", "c.pth", "1", "2", "shard.bin",
        "config.json", ".hidden.pt", "link.pt",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove_file(names[i]);
    return rmdir(folder);
}

static void expect_refused(const char *path, const char *named, const char *also)
{
    imf_weights *w = NULL;
    imf_err err = {0};

    if (imf_weights_open_path(&w, path, 0, &err) != IMF_EINPUT)
        fail_msg("\"%s\" was expected, but rc is %d (%s)", named, err.code, err.msg);
    assert_null(w);
    assert_null(strchr(err.msg, '\n'));
    if (strstr(err.msg, named) == NULL || strstr(err.msg, also) == NULL)
        fail_msg("\"%s\" or \"%s\" is not in: %s", named, also, err.msg);
}

static void expect_tensor(const char *path, const char *tensor, size_t count)
{
    imf_weights *w = NULL;
    imf_err err = {0};

    if (imf_weights_open_path(&w, path, 0, &err) != IMF_OK)
        fail_msg("%s: %s", path, err.msg);
    assert_non_null(imf_weights_find(w, tensor));
    assert_int_equal(imf_weights_count(w), count);
    assert_int_equal(imf_weights_check(w, NULL), IMF_OK);
    imf_weights_close(&w);
}

/* ---- Sets -------------------------------------------------------------------------------------- */

static void test_sets(void **state)
{
    static const char *const files[] = {
        "model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors", "open_clip_pytorch_model.bin", "a.pt",
        "b.pkl", "c.pth",
    };
    const size_t n = sizeof files / sizeof files[0];
    imf_weights *w = NULL;
    char path[300];

    (void)state;
    expect_refused(folder, "has no weights", "model.safetensors");
    write_file("config.json", "{}", 2);
    write_file(".hidden.pt", "x", 1);
    write_safetensors("1", "x");
    expect_refused(folder, "has no weights", folder);
    for (size_t i = 0; i < n; i++) { /* what a file is, its content says */
        i % 2 == 0 ? write_safetensors(files[i], "x") : write_torch(files[i], "x");
        assert_int_equal(imf_weights_open_folder(&w, folder, NULL), IMF_OK);
        assert_int_equal(imf_weights_format_of(w), i % 2 == 0 ? IMF_WEIGHTS_SAFETENSORS : IMF_WEIGHTS_TORCH);
        assert_string_equal(imf_weights_file(w), path_in(files[i]));
        imf_weights_close(&w);
        snprintf(path, sizeof path, "%s/", folder);
        expect_tensor(path, "x", 1);
        remove_file(files[i]);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            write_safetensors(files[i], "x");
            write_torch(files[k], "x");
            expect_refused(folder, files[i], files[k]);
            expect_tensor(path_in(files[i]), "x", 1); /* named */
            remove_file(files[i]);
            remove_file(files[k]);
        }
    }
    write_safetensors("model.safetensors", "x");
    write_file("model.safetensors.index.json", "{}", 2);
    expect_refused(folder, "two sets of weights, model.safetensors and model.safetensors.index.json", folder);
    expect_refused(path_in("missing.pt"), "cannot read the weights", "missing.pt");
    expect_refused(path_in("missing"), "cannot read the weights", "missing");
}

/* A model hub's cache has links to its files. */
static void test_link(void **state)
{
    (void)state;
    write_safetensors("1", "x");
    assert_int_equal(symlink("1", path_in("link.pt")), 0);
    expect_tensor(folder, "x", 1);
}

/* ---- Shards ------------------------------------------------------------------------------------ */

#define INDEX "model.safetensors.index.json"

static void write_index(const char *map)
{
    char text[3000];
    int n = snprintf(text, sizeof text, "{\"metadata\":{\"total_size\":3},\"weight_map\":%s}", map);

    write_file(INDEX, text, (size_t)n);
}

static void test_shards(void **state)
{
    imf_weights *w = NULL;
    const imf_tensor *t = NULL;
    size_t one[1] = {1};

    (void)state;
    write_safetensors("1", "a c");
    write_safetensors("2", "b");
    write_index("{\"a\":\"1\",\"b\":\"2\",\"c\":\"1\"}");
    assert_int_equal(imf_weights_open_folder(&w, folder, NULL), IMF_OK);
    assert_int_equal(imf_weights_count(w), 3);
    assert_string_equal(imf_weights_file(w), path_in(INDEX));
    assert_int_equal(imf_weights_need(w, "b", IMF_U8, 1, one, &t, NULL), IMF_OK);
    assert_int_equal(*(const uint8_t *)t->data, '2');
    assert_int_equal(imf_weights_need(w, "c", IMF_U8, 1, one, &t, NULL), IMF_OK);
    assert_int_equal(*(const uint8_t *)t->data, '1' + 1);
    imf_weights_close(&w);
    expect_tensor(path_in(INDEX), "c", 3);

    write_torch("shard.bin", "t"); /* a shard of another format is still a shard */
    write_index("{\"a\":\"1\",\"c\":\"1\",\"t\":\"shard.bin\"}");
    expect_tensor(folder, "t", 3);
}

static void test_bad_indexes(void **state)
{
    static const char *const table[][2] = {
        {"{}", "its weight_map is empty"},
        {"[]", "no weight_map"},
        {"{\"a\":1}", "no weight_map"},
        {"{\"a\":[\"1\"]}", "no weight_map"},
        {"{\"a\":\"1\",\"a\":\"1\"}", "not an index of weights: duplicate"},
        {"{\"a\":\"1\"", "not an index of weights"},
        {"{\"a\":\"1\\u0000\"}", "not an index of weights"},
        {"{\"a\":\"\"}", "shard name ''"},
        {"{\"a\":\"..\"}", "shard name '..'"},
        {"{\"a\":\".\"}", "shard name '.'"},
        {"{\"a\":\"../1\"}", "shard name '../1'"},
        {"{\"a\":\"x/../1\"}", "shard name 'x/../1'"},
        {"{\"a\":\"/etc/passwd\"}", "shard name '/etc/passwd'"},
        {"{\"a\":\"..\\\\1\"}", "shard name '..\\1'"},
        {"{\"a\":\"1\",\"c\":\"1\",\"b\":\"3\"}", "cannot read the weights"},
        {"{\"a\":\"1\"}", "tensor c lies in 1, but the index does not put it there"},
        {"{\"a\":\"1\",\"c\":\"2\",\"b\":\"2\"}", "tensor c lies in 1, but the index does not put it there"},
        {"{\"a\":\"1\",\"b\":\"1\",\"c\":\"1\"}", "tensor b is not in 1, where the index puts it"},
        {"{\"a\":\"1\",\"c\":\"1\",\"b\":\"2\",\"d\":\"2\"}", "tensor d is not in 2"},
        {"{\"a\":\"1\",\"c\":\"1\",\"x\":\"config.json\"}", "config.json"},
    };

    (void)state;
    write_safetensors("1", "a c");
    write_safetensors("2", "b");
    write_file("config.json", "{\"a\": 1234567}", 14);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        write_index(table[i][0]);
        expect_refused(folder, table[i][1], "");
    }
    write_index("{\"a\":\"" INDEX "\"}"); /* the index as a shard of itself */
    expect_refused(folder, INDEX, "safetensors");

    write_safetensors("2", "b c"); /* c in both */
    write_index("{\"a\":\"1\",\"b\":\"2\",\"c\":\"1\"}");
    expect_refused(folder, "tensor c lies in 2, but the index does not put it there", "");
    write_file(INDEX, "", 0);
    expect_refused(folder, "not an index of weights", INDEX);
    write_file(INDEX, "{}", 2);
    expect_refused(folder, "no weight_map", INDEX);
    write_file(INDEX, "5", 1);
    expect_refused(folder, "not an index of weights", INDEX);
}

static void test_hostile_indexes(void **state)
{
    static const struct {
        const char *unit, *named;
        size_t times;
    } table[] = {
        {"[", "not an index of weights", 100000},
        {"[],", "more than any model", 1000000},
        {"{\"a\":", "not an index of weights", 100000},
        {" ", "more than any model", 65u << 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bytes b = {0};
        add(&b, "{\"weight_map\":", 14);
        for (size_t k = 0; k < table[i].times; k++)
            add(&b, table[i].unit, strlen(table[i].unit));
        write_file(INDEX, b.p, b.n);
        expect_refused(folder, table[i].named, INDEX);
        free(b.p);
    }
}

int main(void)
{
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_sets),        IN_FOLDER(test_link),           IN_FOLDER(test_shards),
        IN_FOLDER(test_bad_indexes), IN_FOLDER(test_hostile_indexes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
