/* The safetensors reader: what it accepts, and that each kind of damage is refused with one line that names the file,
 * the tensor and what is wrong. tests/fuzz/fuzz_safetensors.c runs the same reader over a corpus of files. */
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

#include "nn/weights.h"

static const uint8_t numbers[256] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* A file in memory: the header, and data_bytes of `numbers`. */
static uint8_t *make_file(const char *header, size_t data_bytes, size_t *size)
{
    size_t n = strlen(header);
    uint8_t *file = calloc(8 + n + data_bytes, 1);

    assert_non_null(file);
    assert_true(data_bytes <= sizeof numbers);
    for (int i = 0; i < 8; i++)
        file[i] = (uint8_t)(n >> (8 * i));
    memcpy(file + 8, header, n);
    memcpy(file + 8 + n, numbers, data_bytes);
    *size = 8 + n + data_bytes;
    return file;
}

static void expect_refused(const uint8_t *file, size_t size, const char *named)
{
    imf_weights *w = NULL;
    imf_err err = {0};

    if (imf_weights_parse(&w, file, size, "model.safetensors", 0, &err) != IMF_EINPUT)
        fail_msg("\"%s\" was expected, but rc is %d (%s)", named, err.code, err.msg);
    assert_null(w);
    assert_int_equal(err.code, IMF_EINPUT);
    assert_null(strchr(err.msg, '\n'));
    if (strstr(err.msg, named) == NULL || strstr(err.msg, "model.safetensors") == NULL)
        fail_msg("\"%s\" is not in: %s", named, err.msg);
}

/* ---- Good files -------------------------------------------------------------------------------- */

static const char good[] =
    "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]},"
    "\"a\":{\"dtype\":\"I8\",\"shape\":[3,1],\"data_offsets\":[0,3]},"
    "\"none\":{\"dtype\":\"U8\",\"shape\":[0,9],\"data_offsets\":[11,11]},"
    "\"c\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[11,13]}}   ";

static void test_good(void **state)
{
    static const char *const order[] = {"a", "b", "none", "c"};
    size_t size = 0, shape_b[1] = {2}, shape_a[2] = {3, 1};
    uint8_t *file = make_file(good, 13, &size);
    imf_weights *w = NULL;
    imf_err err = {0};
    const imf_tensor *t = NULL;

    (void)state;
    assert_int_equal(imf_weights_parse(&w, file, size, "x", 0, &err), IMF_OK);
    assert_int_equal(imf_weights_count(w), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(imf_weights_at(w, i)->name, order[i]);
    assert_null(imf_weights_at(w, 4));
    assert_null(imf_weights_find(w, "__metadata__"));
    assert_null(imf_weights_find(w, ""));
    assert_null(imf_weights_find(w, "aa"));
    assert_int_equal(imf_weights_need(w, "b", IMF_F32, 1, shape_b, &t, &err), IMF_OK);
    assert_int_equal(t->bytes, 8);
    assert_int_equal(t->count, 2);
    assert_memory_equal(t->data, numbers + 3, 8);
    assert_int_equal(imf_weights_need(w, "a", IMF_I8, 2, shape_a, &t, &err), IMF_OK);
    assert_memory_equal(t->data, numbers, 3);
    assert_int_equal(imf_weights_need(w, "c", IMF_F16, 0, NULL, &t, &err), IMF_OK);
    assert_int_equal(t->count, 1);
    t = imf_weights_find(w, "none");
    assert_int_equal(t->count, 0);
    assert_int_equal(t->bytes, 0);
    imf_weights_close(&w);
    assert_null(w);
    imf_weights_close(&w);
    free(file);
}

static void test_need_tells_the_difference(void **state)
{
    size_t size = 0, shape[2] = {3, 2};
    uint8_t *file = make_file(good, 13, &size);
    imf_weights *w = NULL;
    imf_err err = {0};
    const imf_tensor *t = NULL;

    (void)state;
    assert_int_equal(imf_weights_parse(&w, file, size, "model.safetensors", 0, &err), IMF_OK);
    assert_int_equal(imf_weights_need(w, "a", IMF_I8, 2, shape, &t, &err), IMF_EINPUT);
    assert_null(t);
    assert_non_null(strstr(err.msg, "tensor a is I8 [3, 1], expected I8 [3, 2]"));
    err = (imf_err){0};
    shape[1] = 1;
    assert_int_equal(imf_weights_need(w, "a", IMF_U8, 2, shape, &t, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "expected U8 [3, 1]"));
    err = (imf_err){0};
    assert_int_equal(imf_weights_need(w, "a", IMF_I8, 1, shape, &t, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "expected I8 [3]"));
    err = (imf_err){0};
    assert_int_equal(imf_weights_need(w, "text.pool", IMF_I8, 1, shape, &t, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "model.safetensors: there is no tensor text.pool"));
    imf_weights_close(&w);
    free(file);
}

static void hash_of(const char *header, size_t data_bytes, size_t damaged_byte, const char *prefix, uint64_t out[2])
{
    size_t size = 0;
    uint8_t *file = make_file(header, data_bytes, &size);
    imf_weights *w = NULL;

    if (damaged_byte < data_bytes)
        file[size - data_bytes + damaged_byte] ^= 1;
    assert_int_equal(imf_weights_parse(&w, file, size, "x", 0, NULL), IMF_OK);
    imf_weights_hash(w, prefix, out);
    imf_weights_close(&w);
    free(file);
}

/* The hash is of names, types, shapes and data below a prefix, whatever the order in the file; and of nothing else. */
static void test_hash(void **state)
{
#define TENSOR(name, type, shape, begin, end) \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":[" shape "],\"data_offsets\":[" #begin "," #end "]}"
#define PA TENSOR("p.a", "U8", "4", 0, 4)
#define PB TENSOR("p.b", "U8", "4", 4, 8)
#define Q TENSOR("q", "U8", "2", 8, 10)
    static const char base[] = "{" PA "," PB "," Q "}";
    static const char reordered[] = "{" Q "," PB "," PA "}";
    static const char renamed[] = "{" PA "," TENSOR("p.c", "U8", "4", 4, 8) "," Q "}";
    static const char retyped[] = "{" TENSOR("p.a", "I8", "4", 0, 4) "," PB "," Q "}";
    static const char reshaped[] = "{" TENSOR("p.a", "U8", "2,2", 0, 4) "," PB "," Q "}";
    static const char ranked[] = "{" TENSOR("p.a", "U8", "4,1", 0, 4) "," PB "," Q "}";
    static const char *const others[] = {renamed, retyped, reshaped, ranked};
    uint64_t want[2], got[2];
    const size_t no = SIZE_MAX;

    (void)state;
    hash_of(base, 10, no, "p.", want);
    hash_of(reordered, 10, no, "p.", got);
    assert_memory_equal(want, got, sizeof want);
    hash_of(base, 10, 9, "p.", got); /* q is not below the prefix */
    assert_memory_equal(want, got, sizeof want);
    for (size_t i = 0; i < 8; i++) {
        hash_of(base, 10, i, "p.", got);
        assert_memory_not_equal(want, got, sizeof want);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        hash_of(others[i], 10, no, "p.", got);
        assert_memory_not_equal(want, got, sizeof want);
    }
    hash_of(base, 10, no, "", got);
    assert_memory_not_equal(want, got, sizeof want);
}

/* ---- Damage ------------------------------------------------------------------------------------ */

static void test_damage(void **state)
{
#define ONE(fields) "{\"a\":{" fields "}}"
#define F32_8 "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"
    static const struct {
        const char *header, *named;
        size_t data_bytes;
    } table[] = {
        {"", "begin with {", 0},
        {" {}", "begin with {", 0},
        {"[]", "begin with {", 0},
        {"{", "not a safetensors header", 0},
        {"{} {}", "not a safetensors header", 0},
        {"{\"a\":1}", "tensor a", 0},
        {"{\"\":{" F32_8 "}}", "empty name", 8},
        {"{\"\xff\":{" F32_8 "}}", "not a safetensors header", 8},
        {"{\"a\\u0000b\":{" F32_8 "}}", "not a safetensors header", 8},
        {"{\"a\":{" F32_8 "},\"a\":{" F32_8 "}}", "duplicate", 8},
        {ONE("\"dtype\":\"F32\"," F32_8), "duplicate", 8},
        {ONE(F32_8 ",\"more\":1"), "tensor a", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2]"), "tensor a", 8},
        {ONE("\"dtype\":\"F8_E5M2\",\"shape\":[8],\"data_offsets\":[0,8]"), "F8_E5M2", 8},
        {ONE("\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]"), "dtype", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]"), "shape", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]"), "shape", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"), "shape", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[true],\"data_offsets\":[0,8]"), "shape", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]"), "shape", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]"), "shape", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[4611686018427387906],\"data_offsets\":[0,8]"), "8 bytes", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]"), "not a safetensors header",
         8},
        {ONE("\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]"),
         "8 bytes, but its shape asks for 3 numbers of F32", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]"), "data_offsets", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]"), "data_offsets", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8.0]"), "data_offsets", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]"), "data_offsets", 8},
        {ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]"), "bytes 8 to 0 of 8", 8},
        {ONE(F32_8), "bytes 0 to 8 of 7", 7},
        {ONE(F32_8), "9 bytes of data, but the tensors end at 8", 9},
        {"{}", "1 bytes of data", 1},
        {ONE("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]"), "tensor a begins at byte 4, expected 0", 12},
        {"{\"a\":{" F32_8 "},\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[9,11]}}",
         "tensor b begins at byte 9", 11},
        {"{\"a\":{" F32_8 "},\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[7,9]}}",
         "tensor b begins at byte 7", 9},
        {"{\"a\":{" F32_8 "},\"b\":{" F32_8 "}}", "tensor b begins at byte 0, expected 8", 8},
        {"{\"a\":{" F32_8 "},\"b\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[4,4]}}",
         "tensor b begins at byte 4", 8},
        {"{\"__metadata__\":[]}", "__metadata__", 0},
        {"{\"__metadata__\":{\"a\":1}}", "__metadata__", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t size = 0;
        uint8_t *file = make_file(table[i].header, table[i].data_bytes, &size);
        expect_refused(file, size, table[i].named);
        free(file);
    }
}

/* The length is the first thing that is read, and the first that may lie. */
static void test_length(void **state)
{
    static const uint64_t lengths[] = {9, 1000, 100u * 1000 * 1000 + 1, 1ull << 60, UINT64_MAX, UINT64_MAX - 7};
    uint8_t file[16] = {0};

    (void)state;
    for (size_t n = 0; n < 8; n++)
        expect_refused(file, n, "too few");
    expect_refused(file, 8, "begin with {");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int b = 0; b < 8; b++)
            file[b] = (uint8_t)(lengths[i] >> (8 * b));
        expect_refused(file, sizeof file, "claims");
    }
}

/* Every cut of a good file is refused. */
static void test_every_cut(void **state)
{
    size_t size = 0;
    uint8_t *file = make_file(good, 13, &size);

    (void)state;
    for (size_t n = 0; n < size; n++) {
        uint8_t *cut = malloc(n + 1);
        assert_non_null(cut);
        memcpy(cut, file, n);
        expect_refused(cut, n, "");
        free(cut);
    }
    free(file);
}

/* Headers made to exhaust the reader: deep nesting, and megabytes of small values or of one long name. */
static void test_hostile_headers(void **state)
{
    static const struct {
        const char *start, *unit, *named;
        size_t bytes;
    } table[] = {
        {"{\"a\":", "[", "not a safetensors header", 100000},
        {"{\"a\":", "{\"a\":", "not a safetensors header", 500000},
        {"{\"a\":[", "0,", "more than any model", 90u * 1000 * 1000},
        {"{\"a\":[", "[],", "more than any model", 9u * 1000 * 1000},
        {"{\"a\":[", "{},", "more than any model", 9u * 1000 * 1000},
        {"{\"a\":[", "[],", "not a safetensors header", 1400 * 1000},
        {"{\"", "a", "not a safetensors header", 20u * 1000 * 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = table[i].bytes, unit = strlen(table[i].unit), at = strlen(table[i].start);
        uint8_t *file = malloc(8 + n);
        assert_non_null(file);
        for (int b = 0; b < 8; b++)
            file[b] = (uint8_t)(n >> (8 * b));
        memcpy(file + 8, table[i].start, at);
        for (; at < n; at++)
            file[8 + at] = (uint8_t)table[i].unit[(at - strlen(table[i].start)) % unit];
        expect_refused(file, 8 + n, table[i].named);
        free(file);
    }
}

/* A name that is long or full of control characters still gives one line that ends with what to do or is cut. */
static void test_long_name(void **state)
{
    char header[3000];
    size_t size = 0;

    (void)state;
    snprintf(header, sizeof header, "{\"%02000d\\u001b\":1}", 7);
    uint8_t *file = make_file(header, 0, &size);
    expect_refused(file, size, "000: entry is not");
    free(file);
}

/* ---- Files ------------------------------------------------------------------------------------- */

static void test_open(void **state)
{
    char folder[] = "/tmp/imf-weights-XXXXXX", path[64];
    size_t size = 0;
    uint8_t *bytes = make_file(good, 13, &size);
    imf_weights *w = NULL;
    imf_err err = {0};
    FILE *f = NULL;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    assert_int_equal(imf_weights_open(&w, path, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, path));
    err = (imf_err){0};
    assert_int_equal(imf_weights_open(&w, folder, &err), IMF_EINPUT); /* a folder */
    f = fopen(path, "wb");
    assert_non_null(f);
    fclose(f);
    err = (imf_err){0};
    assert_int_equal(imf_weights_open(&w, path, &err), IMF_EINPUT); /* empty */
    assert_non_null(strstr(err.msg, "0 bytes are too few"));
    f = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
    err = (imf_err){0};
    assert_int_equal(imf_weights_open(&w, path, &err), IMF_OK);
    assert_int_equal(imf_weights_count(w), 4);
    assert_memory_equal(imf_weights_find(w, "b")->data, numbers + 3, 8);
    imf_weights_close(&w);
    assert_int_equal(truncate(path, (off_t)size - 1), 0);
    assert_int_equal(imf_weights_open(&w, path, &err), IMF_EINPUT);
    assert_null(w);
    unlink(path);
    rmdir(folder);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_need_tells_the_difference),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
