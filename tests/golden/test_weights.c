/* Files of weights that PyTorch, safetensors and transformers wrote: every tensor of expected.txt is found with its type,
 * shape and bytes, and no other. See tests/golden/weights/README.md. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/weights.h"

enum { MAX_NUMBERS = 4096 };

static const char *golden_path(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/tests/golden/weights/%s", getenv("IMF_SOURCE_ROOT"), name);
    return path;
}

static imf_weights *open_golden(const char *name)
{
    imf_weights *w = NULL;
    imf_err err = {0};

    if (imf_weights_open_path(&w, golden_path(name), 0, &err) != IMF_OK)
        fail_msg("%s: %s", name, err.msg);
    return w;
}

/* ---- expected.txt ------------------------------------------------------------------------------ */

/* "\s" is a space */
static void unescape(char *s)
{
    char *to = s;

    for (; *s != '\0'; s++) {
        if (s[0] == '\\' && s[1] == 's') {
            *to++ = ' ';
            s++;
        } else {
            *to++ = *s;
        }
    }
    *to = '\0';
}

static void check_shape(const imf_tensor *t, const char *expected)
{
    char shape[200] = "scalar";
    size_t at = 0, count = 1;

    for (int i = 0; i < t->rank; i++) {
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%zu", i > 0 ? "x" : "", t->shape[i]);
        count *= t->shape[i];
    }
    assert_string_equal(shape, expected);
    assert_int_equal(t->count, count);
}

static void check_bytes(const imf_tensor *t, const char *hex)
{
    const uint8_t *p = t->data;

    if (strcmp(hex, "-") == 0)
        hex = "";
    if (strlen(hex) != t->bytes * 2)
        fail_msg("%s has %zu bytes, expected %zu", t->name, t->bytes, strlen(hex) / 2);
    for (size_t i = 0; i < t->bytes; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        if (p[i] != byte)
            fail_msg("%s: byte %zu is %02x, expected %02x", t->name, i, p[i], byte);
    }
}

static const imf_tensor *check_tensor(const imf_weights *w, char *line)
{
    char *rest = line;
    char *name = strsep(&rest, " "), *dtype = strsep(&rest, " "), *shape = strsep(&rest, " "), *hex = strsep(&rest, " ");
    const imf_tensor *t = NULL;

    assert_non_null(hex);
    assert_null(rest);
    unescape(name);
    t = imf_weights_find(w, name);
    if (t == NULL)
        fail_msg("%s: no tensor %s", imf_weights_file(w), name);
    assert_string_equal(t->name, name);
    assert_string_equal(imf_dtype_name(t->dtype), dtype);
    check_shape(t, shape);
    check_bytes(t, hex);
    return t;
}

/* F64, F16, BF16 as PyTorch's .float() gives them. */
static void check_floats(const imf_tensor *t, char *line)
{
    float numbers[MAX_NUMBERS];
    char *rest = line;

    assert_true(t->count <= MAX_NUMBERS);
    assert_int_equal(imf_tensor_to_f32(t, numbers), IMF_OK);
    for (size_t i = 0; i < t->count; i++) {
        float want = strtof(rest, &rest);
        if (!(numbers[i] == want && signbit(numbers[i]) == signbit(want)) && !(isnan(numbers[i]) && isnan(want)))
            fail_msg("%s: number %zu is %.9g, expected %.9g", t->name, i, (double)numbers[i], (double)want);
    }
    assert_int_equal(rest[strspn(rest, " ")], '\0');
}

static void test_expected(void **state)
{
    FILE *f = fopen(golden_path("expected.txt"), "r");
    char *line = NULL;
    size_t cap = 0, files = 0, tensors = 0;
    imf_weights *w = NULL;
    const imf_tensor *t = NULL;

    (void)state;
    assert_non_null(f);
    for (ssize_t n; (n = getline(&line, &cap, f)) > 0;) {
        line[n - 1] = '\0';
        if (strncmp(line, "file ", 5) == 0) {
            if (w != NULL)
                assert_int_equal(imf_weights_count(w), tensors);
            imf_weights_close(&w);
            w = open_golden(line + 5);
            files++;
            tensors = 0;
        } else if (strncmp(line, "tensor ", 7) == 0) {
            t = check_tensor(w, line + 7);
            tensors++;
        } else if (strncmp(line, "f32", 3) == 0) {
            check_floats(t, line + 3);
        } else {
            assert_int_equal(line[0], '#');
        }
    }
    assert_int_equal(imf_weights_count(w), tensors);
    assert_int_equal(files, 15);
    imf_weights_close(&w);
    free(line);
    fclose(f);
}

/* ---- What the containers have in common -------------------------------------------------------- */

static void hash_golden(const char *name, uint64_t out[2])
{
    imf_weights *w = open_golden(name);

    imf_weights_hash(w, "", out);
    imf_weights_close(&w);
}

/* The same tensors have the same hash, whatever file they come from. */
static void test_hash(void **state)
{
    static const char *const same[][6] = {
        {"plain.safetensors", "views.bin", "views_legacy.bin", "protocol3.bin", "protocol4.bin", "protocol5.bin"},
        {"ordered.bin", "ordered_legacy.bin"},
        {"cuda.bin", "cuda_legacy.bin", "checkpoint.pth", "model.pkl"},
        {"sharded_safetensors", "sharded_bin"},
    };
    uint64_t first[2], other[2], last[2] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        hash_golden(same[i][0], first);
        assert_memory_not_equal(first, last, sizeof first);
        memcpy(last, first, sizeof last);
        for (size_t k = 1; k < 6 && same[i][k] != NULL; k++) {
            hash_golden(same[i][k], other);
            assert_memory_equal(first, other, sizeof first);
        }
    }
}

static void test_formats(void **state)
{
    static const struct {
        const char *name;
        imf_weights_format format;
    } table[] = {
        {"plain.safetensors", IMF_WEIGHTS_SAFETENSORS},       {"views.bin", IMF_WEIGHTS_TORCH},
        {"script.pt", IMF_WEIGHTS_TORCHSCRIPT},               {"views_legacy.bin", IMF_WEIGHTS_TORCH_LEGACY},
        {"sharded_safetensors", IMF_WEIGHTS_SAFETENSORS},     {"sharded_bin", IMF_WEIGHTS_TORCH},
        {"sharded_bin/pytorch_model.bin.index.json", IMF_WEIGHTS_TORCH},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        imf_weights *w = open_golden(table[i].name);
        assert_int_equal(imf_weights_format_of(w), table[i].format);
        assert_int_equal(imf_weights_check(w, NULL), IMF_OK);
        imf_weights_close(&w);
    }
}

/* Tensors stay where they lie in the file; only views that are not contiguous are copied. */
static void test_in_place(void **state)
{
    static const char *const files[] = {"views.bin", "views_legacy.bin"};
    static const char *const copied[] = {
        "shared.transposed", "shared.column", "shared.every_second", "view.expanded", "view.permuted",
        "view.channels_last",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        static uint8_t bytes[100000];
        FILE *f = fopen(golden_path(files[i]), "rb");
        size_t n = 0, outside = 0;
        imf_weights *w = NULL;
        assert_non_null(f);
        n = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        assert_int_equal(imf_weights_parse(&w, bytes, n, files[i], 0, NULL), IMF_OK);
        for (size_t k = 0; k < imf_weights_count(w); k++) {
            const uint8_t *p = imf_weights_at(w, k)->data;
            outside += p < bytes || p + imf_weights_at(w, k)->bytes > bytes + n;
        }
        assert_int_equal(outside, sizeof copied / sizeof copied[0]);
        for (size_t k = 0; k < sizeof copied / sizeof copied[0]; k++) {
            const uint8_t *p = imf_weights_find(w, copied[k])->data;
            assert_true(p < bytes || p >= bytes + n);
        }
        assert_ptr_equal(imf_weights_find(w, "shared.whole")->data, imf_weights_find(w, "shared.again")->data);
        imf_weights_close(&w);
    }
}

/* Valid files of PyTorch that are no tables of plain tensors: one line that names what is in the way. */
static void test_refused(void **state)
{
    static const char *const table[][2] = {
        {"module.bin", "torch.nn.modules.linear.Linear"},
        {"module_legacy.bin", "torch.nn.modules.linear.Linear"},
        {"numpy.bin", "numpy.core.multiarray._reconstruct"},
        {"quantised.bin", "torch._utils._rebuild_qtensor"},
        {"complex.bin", "ComplexFloatStorage"},
        {"sparse.bin", "torch._utils._rebuild_sparse_tensor"},
        {"list.bin", "plain data"},
        {"no_tensors.bin", "no tensors"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char name[100];
        imf_weights *w = NULL;
        imf_err err = {0};
        snprintf(name, sizeof name, "refused/%s", table[i][0]);
        assert_int_equal(imf_weights_open(&w, golden_path(name), &err), IMF_EINPUT);
        assert_null(w);
        if (strstr(err.msg, table[i][1]) == NULL || strstr(err.msg, table[i][0]) == NULL)
            fail_msg("\"%s\" is not in: %s", table[i][1], err.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expected), cmocka_unit_test(test_hash),    cmocka_unit_test(test_formats),
        cmocka_unit_test(test_in_place), cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
