/*
 * PyTorch's archives and its files from before 1.6, broken in every way we could think of: each is refused with one
 * line that names the file and what is wrong. That good ones are read right is shown by tests/golden/test_weights.c,
 * whose files are damaged here too: cut at every length, and with single bits changed.
 */
#include <dirent.h>

#include "weights_expect.h"

/* ---- Archives ---------------------------------------------------------------------------------- */

typedef struct patch {
    const char *what;      /* of entry 1, a/data/0, unless it says another */
    size_t offset;         /* from there */
    uint64_t value;
    int width;
    const char *named;
} patch;

/* A place by its name: "local", "data", "descriptor", "central", with a digit for the entry; "end64", "locator",
 * "end". */
static size_t place_of(const zip_places *z, const char *what)
{
    size_t i = 1, n = strlen(what);

    if (strcmp(what, "end64") == 0)
        return z->end64;
    if (strcmp(what, "locator") == 0)
        return z->locator;
    if (strcmp(what, "end") == 0)
        return z->end;
    if (what[n - 1] >= '0' && what[n - 1] <= '9')
        i = (size_t)(what[n - 1] - '0');
    if (what[0] == 'l')
        return z->local[i];
    if (what[0] == 'c')
        return z->central[i];
    return what[1] == 'e' ? z->descriptor[i] : z->data[i];
}

static void test_archives(void **state)
{
    static const patch table[] = {
        {"end", 20, 1, 2, "last 22 bytes"},                       /* claims a comment */
        {"end", 0, 0, 1, "last 22 bytes"},
        {"end", 4, 1, 2, "number of the disk"},
        {"end", 6, 1, 2, "number of the disk"},
        {"end", 8, 4, 2, "entries on this disk"},
        {"end", 8, 0x00040004, 4, "entries: 4, expected 5"},
        {"end", 12, 1, 4, "bytes of the directory: 1"},
        {"end", 16, 1, 4, "offset of the directory: 1"},
        {"end64", 0, 0, 1, "signature of the ZIP64 record"},
        {"end64", 4, 45, 8, "size of the ZIP64 record"},
        {"end64", 16, 1, 4, "number of the disk"},
        {"end64", 24, 1, 8, "entries on this disk"},
        {"end64", 40, UINT64_MAX, 8, "bytes of the directory"},
        {"end64", 48, UINT64_MAX, 8, "offset of the directory"},
        {"locator", 8, 0, 8, "offset of the ZIP64 record"},
        {"locator", 8, UINT64_MAX, 8, "offset of the ZIP64 record"},
        {"locator", 4, 1, 4, "number of the disk"},
        {"locator", 0, 0, 1, "offset of the directory"},          /* no ZIP64 then, but its record is in the way */
        {"central", 0, 0, 1, "entries end at byte"},
        {"central", 8, 0x800, 2, "flags"},
        {"central", 10, 8, 2, "method is 0, expected 8"},
        {"central", 16, 0, 4, "a/data/0: checksum in the data descriptor"},
        {"central", 20, 23, 4, "stored size is 23, expected 24"},
        {"central", 28, 7, 2, "entries end at byte"},
        {"central", 28, 65535, 2, "entries end at byte"},
        {"central", 30, 65535, 2, "entries end at byte"},
        {"central", 32, 65535, 2, "entries end at byte"},
        {"central", 34, 1, 2, "number of the disk"},
        {"central", 42, 0, 4, "room for its header is 0"},        /* where the first entry begins */
        {"central", 42, 1, 4, "room for its header is 1, expected 30"},
        {"central", 42, 0xfffffffe, 4, "size of the data descriptor"},
        {"central", 42, 0xffffffff, 4, "ZIP64 field"},
        {"central", 20, 0xffffffff, 4, "ZIP64 field"},
        {"central", 46, 'b', 1, "another name"},
        {"central0", 46, 'b', 1, "another name"},
        {"local", 0, 0, 1, "signature of its header"},
        {"local", 6, 0, 2, "flags"},
        {"local", 6, 0x809, 2, "flags"},
        {"local", 8, 8, 2, "method is 8, expected 0"},
        {"local", 14, 5, 4, "checksum is 5"},
        {"local", 18, 23, 4, "size"},
        {"local", 22, 25, 4, "size"},
        {"local", 18, 0xffffffff, 4, "ZIP64 field"},
        {"local", 26, 7, 2, "another name"},
        {"local", 26, 65535, 2, "size of its header"},
        {"local", 28, 65535, 2, "size of its header"},
        {"local", 28, 33, 2, "size of the data descriptor is 15"}, /* the data would begin a byte later */
        {"local", 30, 'b', 1, "another name"},
        {"descriptor", 0, 0, 1, "signature of the data descriptor"},
        {"descriptor", 4, 0, 4, "checksum in the data descriptor"},
        {"descriptor", 8, 23, 4, "size in the data descriptor"},
        {"descriptor", 12, 23, 4, "size in the data descriptor"},
        {"data", 0, 0x55, 1, "a/data/0 has the checksum"},
        {"data0", 5, 0x55, 1, "a/data.pkl has the checksum"},
    };
    bytes pickle = {0};

    (void)state;
    add_pickle(&pickle, ONE(GOOD_TENSOR));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bytes b = {0};
        zip_places places;
        add_archive(&b, pickle.p, pickle.n, &places);
        set_number(b.p + place_of(&places, table[i].what) + table[i].offset, table[i].value, table[i].width);
        expect_refused(b.p, b.n, 0, table[i].named);
        free(b.p);
    }
    free(pickle.p);
}

/* What needs two places changed, or other entries. */
static void test_other_archives(void **state)
{
    bytes pickle = {0}, b = {0};
    zip_places z;
    static const float six[6] = {1, 2, 3, 4, 5, 6};
    imf_weights *w = NULL;

    (void)state;
    add_pickle(&pickle, ONE(GOOD_TENSOR));
#define PICKLE "a/data.pkl", pickle.p, pickle.n
#define DATA "a/data/0", six, sizeof six
#define WITH(...)                                                                                          \
    b.n = 0;                                                                                               \
    add_zip(&b, (const zip_item[]){__VA_ARGS__}, sizeof((const zip_item[]){__VA_ARGS__}) / sizeof(zip_item), false, &z)
    WITH({PICKLE, 0, false}, {DATA, 0, false}); /* no ZIP64, no descriptors: as other programs write */
    w = expect_read(b.p, b.n, 0);
    imf_weights_close(&w);
    WITH({DATA, 3, true}, {PICKLE, 0, false}, {"a/byteorder", "little", 6, 0, true}, {"__MACOSX/x", "", 0, 0, false});
    w = expect_read(b.p, b.n, 0);
    imf_weights_close(&w);
    WITH({PICKLE, 0, true}, {DATA, 0, true}, {"a/byteorder", "big", 3, 0, true});
    expect_refused(b.p, b.n, 0, "big-endian");
    WITH({PICKLE, 0, true}, {DATA, 0, true}, {"a/byteorder", "little\n", 7, 0, true});
    expect_refused(b.p, b.n, 0, "big-endian");
    WITH({PICKLE, 0, true}, {DATA, 0, true}, {DATA, 0, true});
    expect_refused(b.p, b.n, 0, "two entries a/data/0");
    WITH({PICKLE, 0, true}, {DATA, 0, true}, {"b/data.pkl", pickle.p, pickle.n, 0, true});
    expect_refused(b.p, b.n, 0, "no data.pkl");
    WITH({"a/b/data.pkl", pickle.p, pickle.n, 0, true}, {DATA, 0, true});
    expect_refused(b.p, b.n, 0, "no data.pkl");
    WITH({"data.pkl", pickle.p, pickle.n, 0, true}, {DATA, 0, true});
    expect_refused(b.p, b.n, 0, "no data.pkl");
    WITH({PICKLE, 0, true}, {"b/data/0", six, sizeof six, 0, true});
    expect_refused(b.p, b.n, 0, "storage 0 is not in the file");
    b.n = 0;
    add_zip(&b, NULL, 0, true, &z);
    expect_refused(b.p, b.n, 0, "safetensors"); /* begins with no entry */
    b.n = 0;
    add_zip(&b, NULL, 0, false, &z);
    expect_refused(b.p, b.n, 0, "no data.pkl");

    for (unsigned i = 0; i < 2; i++) { /* deflated or encrypted, in both headers: the pickle, a storage */
        static const char *const named[2] = {"a/data.pkl is compressed", "a/data/0 is compressed"};
        WITH({PICKLE, 0, false}, {DATA, 0, false});
        set_number(b.p + z.local[i] + 8, 8, 2);
        set_number(b.p + z.central[i] + 10, 8, 2);
        expect_refused(b.p, b.n, 0, named[i]);
        WITH({PICKLE, 0, false}, {DATA, 0, false});
        set_number(b.p + z.local[i] + 6, 0x801, 2);
        set_number(b.p + z.central[i] + 8, 0x801, 2);
        expect_refused(b.p, b.n, 0, named[i]);
    }

    WITH({PICKLE, 0, false}, {DATA, 0, false});
    add(&b, "x", 1);
    expect_refused(b.p, b.n, 0, "last 22 bytes");
    set_number(b.p + z.end + 20, 1, 2); /* now it is a comment */
    expect_refused(b.p, b.n, 0, "last 22 bytes");
    set_number(b.p + z.end + 8, 0xffffffff, 4);
    expect_refused(b.p, b.n, 0, "last 22 bytes");
    WITH({PICKLE, 0, false}, {DATA, 0, false});
    set_number(b.p + z.end + 8, 0xffffffff, 4); /* 65,535 entries */
    expect_refused(b.p, b.n, 0, "entries: 65535");
    b.n = 0;
    add_archive(&b, pickle.p, pickle.n, &z);
    set_number(b.p + z.end + 8, 0xffffffff, 4);
    set_number(b.p + z.end64 + 24, 1ull << 40, 8);
    set_number(b.p + z.end64 + 32, 1ull << 40, 8);
    expect_refused(b.p, b.n, 0, "1099511627776 entries");
    free(b.p);
    free(pickle.p);
}

/* A wrong checksum goes unseen only where the caller said so; imf_weights_check still finds it. */
static void test_trust(void **state)
{
    bytes pickle = {0}, b = {0};
    zip_places places;
    imf_weights *w = NULL;
    imf_err err = {0};
    float numbers[6] = {0};

    (void)state;
    add_pickle(&pickle, ONE(GOOD_TENSOR));
    add_archive(&b, pickle.p, pickle.n, &places);
    w = expect_read(b.p, b.n, 0);
    assert_int_equal(imf_weights_check(w, &err), IMF_OK);
    imf_weights_close(&w);
    b.p[places.data[1] + 3] ^= 1;
    expect_refused(b.p, b.n, 0, "a/data/0 has the checksum");
    w = expect_read(b.p, b.n, IMF_WEIGHTS_TRUST);
    assert_int_equal(imf_weights_check(w, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "a/data/0 has the checksum"));
    assert_int_equal(imf_tensor_to_f32(imf_weights_at(w, 0), numbers), IMF_OK);
    assert_true(numbers[5] == 6);
    imf_weights_close(&w);
    free(b.p);
    free(pickle.p);
}

/* ---- Before 1.6 -------------------------------------------------------------------------------- */

#define MAGIC "~8a~0a~6c~fc~9c~46~f9~20~6a~a8~50~19."
#define VERSION "M~e9~03."
#define LITTLE "}('protocol_version'M~e9~03'little_endian'~88u."
#define LEGACY_ID(class, key, count, view) "('storage'%torch " class ";'" key "''cpu'" count view "tQ"
#define LEGACY_TENSOR TENSOR_OF(LEGACY_ID("FloatStorage", "77", "#2", "N"), "#0", "#2", "#1")
#define KEYS "]('77'e."

static void make_legacy(bytes *b, const char *const pickles[5], uint64_t count, size_t data)
{
    static const float numbers[16] = {1.5f, -2};

    b->n = 0;
    for (int i = 0; i < 5; i++)
        add_pickle(b, pickles[i]);
    if (count != UINT64_MAX) {
        add_number(b, count, 8);
        add(b, numbers, data);
    }
}

static void test_legacy(void **state)
{
    static const struct {
        const char *pickles[5];
        uint64_t count;
        size_t data;
        const char *named; /* NULL: it is read */
    } table[] = {
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 2, 8, NULL},
        {{MAGIC, VERSION, LITTLE, "}('a'" LEGACY_TENSOR "'b'" LEGACY_TENSOR "u.", KEYS}, 2, 8, NULL},
        {{MAGIC, VERSION, LITTLE, ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "77", "#2"), "#0", "#2", "#1")), KEYS}, 2, 8,
         NULL},
        {{"#5.", VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 2, 8, "magic number"},
        {{"~8a~0a~6c~fc~9c~46~f9~20~6a~a8~50~1a.", VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 2, 8, "magic number"},
        {{ONE("#1"), "#1.", "#1.", "#1.", "#1."}, 2, 8, "magic number"}, /* any pickle */
        {{MAGIC, "#1002.", LITTLE, ONE(LEGACY_TENSOR), KEYS}, 2, 8, "version is not 1001"},
        {{MAGIC, VERSION, "}('little_endian'~89u.", ONE(LEGACY_TENSOR), KEYS}, 2, 8, "big-endian"},
        {{MAGIC, VERSION, "}.", ONE(LEGACY_TENSOR), KEYS}, 2, 8, "byte order"},
        {{MAGIC, VERSION, "#1.", ONE(LEGACY_TENSOR), KEYS}, 2, 8, "byte order"},
        {{MAGIC, VERSION, LITTLE, "#1.", "]."}, UINT64_MAX, 0, "plain data"},
        {{MAGIC, VERSION, LITTLE, ONE("%os system;('true'tR"), "]."}, UINT64_MAX, 0, "os.system"},
        {{MAGIC, VERSION, LITTLE, "('module'%clip.model CLIP;'x.py''src'tQ)~81}b.", "]."}, UINT64_MAX, 0,
         "clip.model.CLIP"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), "}."}, 2, 8, "no list of texts"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), "](#77e."}, 2, 8, "no list of texts"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), "]."}, UINT64_MAX, 0, "storage 77 is not in the file"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), "]('77''77'e."}, 2, 8, "stands in the list twice"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), "]('77''78'e."}, 2, 8, "storage 78 belongs to no tensor"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, UINT64_MAX, 0, "cut or damaged"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 2, 7, "cut or damaged"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 2, 9, "1 bytes follow"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 3, 8, "storage 77 has 3 numbers, expected 2"},
        {{MAGIC, VERSION, LITTLE, ONE(LEGACY_TENSOR), KEYS}, 1ull << 60, 8, "expected 2"},
        {{MAGIC, VERSION, LITTLE,
          "}('a'" LEGACY_TENSOR "'b'" TENSOR_OF(LEGACY_ID("FloatStorage", "77", "#3", "N"), "#0", "#2", "#1") "u.",
          KEYS}, 2, 8, "two types or sizes"},
        {{MAGIC, VERSION, LITTLE,
          "}('a'" LEGACY_TENSOR "'b'" TENSOR_OF(LEGACY_ID("IntStorage", "77", "#2", "N"), "#0", "#2", "#1") "u.", KEYS},
         2, 8, "two types or sizes"},
        {{MAGIC, VERSION, LITTLE, ONE(TENSOR_OF(LEGACY_ID("FloatStorage", "77", "#2", "('v'#0#1t"), "#0", "#2", "#1")),
          "]."}, UINT64_MAX, 0, "storage 77 is of a type or form"},
        {{MAGIC, VERSION, LITTLE,
          ONE(TENSOR_OF(LEGACY_ID("FloatStorage", "77", "#2305843009213693952", "N"), "#0", "#2", "#1")), KEYS},
         1ull << 61, 8, "cut or damaged"},
    };
    bytes b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        make_legacy(&b, table[i].pickles, table[i].count, table[i].data);
        if (table[i].named != NULL) {
            expect_refused(b.p, b.n, 0, table[i].named);
            continue;
        }
        imf_weights *w = expect_read(b.p, b.n, 0);
        float numbers[2] = {0};
        assert_int_equal(imf_tensor_to_f32(imf_weights_find(w, "a"), numbers), IMF_OK);
        assert_true(numbers[0] == 1.5f && numbers[1] == -2);
        imf_weights_close(&w);
    }
    free(b.p);
}

/* ---- The fuzz targets' corpora ------------------------------------------------------------------ */

/* Files named good... are read, the others refused: what the corpora are made of is what their names say. */
static void check_corpus(const char *name, size_t least)
{
    char folder[4096], path[5000];
    size_t good = 0, bad = 0;
    struct dirent *entry = NULL;
    DIR *dir = NULL;

    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", getenv("IMF_SOURCE_ROOT"), name);
    dir = opendir(folder);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        bytes b = {0};
        zip_places places;
        static uint8_t file[1 << 20];
        size_t n = 0;
        FILE *f = NULL;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        f = fopen(path, "rb");
        assert_non_null(f);
        n = fread(file, 1, sizeof file, f);
        fclose(f);
        if (strcmp(name, "pickle") == 0)
            add_archive(&b, file, n, &places);
        else
            add(&b, file, n);
        if (strncmp(entry->d_name, "good", 4) == 0) {
            imf_weights *w = expect_read(b.p, b.n, 0);
            imf_weights_close(&w);
            good++;
        } else {
            expect_refused(b.p, b.n, 0, "");
            bad++;
        }
        free(b.p);
    }
    closedir(dir);
    assert_true(good >= 3 && bad >= least);
}

static void test_corpora(void **state)
{
    (void)state;
    check_corpus("pickle", 30);
    check_corpus("torch_zip", 18);
    check_corpus("torch_legacy", 12);
}

/* ---- Damaged goldens --------------------------------------------------------------------------- */

static const char *const goldens[] = {
    "views.bin", "views_legacy.bin", "protocol4.bin", "ordered.bin", "script.pt", "model.pkl", "cuda_legacy.bin",
};

static uint8_t *read_golden(const char *name, size_t *size)
{
    char path[4096];
    FILE *f = NULL;
    uint8_t *p = malloc(1 << 20);

    snprintf(path, sizeof path, "%s/tests/golden/weights/%s", getenv("IMF_SOURCE_ROOT"), name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_non_null(p);
    *size = fread(p, 1, 1 << 20, f);
    assert_in_range(*size, 500, (1 << 20) - 1);
    fclose(f);
    return p;
}

static void test_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
        size_t size = 0;
        uint8_t *file = read_golden(goldens[i], &size);
        for (size_t n = 0; n < size; n++)
            expect_refused(file, n, 0, "");
        free(file);
    }
}

/* xorshift: the same flips in every run */
static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* With a bit changed, an archive is refused or has the very same tensors: whatever counts has a checksum. Files from
 * before 1.6 have none; there, and with checksums left out, nothing worse may happen than other numbers. */
static void test_bit_flips(void **state)
{
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
        size_t size = 0, refused = 0;
        uint8_t *file = read_golden(goldens[i], &size);
        imf_weights *w = expect_read(file, size, 0);
        uint64_t want[2], got[2];
        imf_weights_hash(w, "", want);
        imf_weights_close(&w);
        for (int k = 0; k < 5000; k++) {
            uint64_t bit = next_random(&seed) % (size * 8);
            unsigned flags = k % 2 == 0 ? 0 : IMF_WEIGHTS_TRUST;
            imf_err err = {0};
            file[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            if (imf_weights_parse(&w, file, size, file_name, flags, &err) != IMF_OK) {
                assert_int_equal(err.code, IMF_EINPUT);
                refused++;
            } else {
                imf_weights_hash(w, "", got);
                if (flags == 0 && imf_weights_format_of(w) != IMF_WEIGHTS_TORCH_LEGACY)
                    assert_memory_equal(want, got, sizeof want);
            }
            imf_weights_close(&w);
            file[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        assert_in_range(refused, 500, 5000);
        free(file);
    }
}

/* ---- Numbers ----------------------------------------------------------------------------------- */

/* Integers are no weights; types of float convert from any address. */
static void test_to_f32(void **state)
{
    static const uint8_t unaligned[] = {0, 0x00, 0x00, 0xc0, 0x3f, 0, 0, 0, 0};
    float out[2] = {7, 7};

    (void)state;
    for (int d = 0; d < IMF_DTYPE_COUNT; d++) {
        imf_tensor t = {.name = "a", .dtype = (imf_dtype)d, .rank = 0, .count = 1, .data = unaligned + 1};
        bool is_float = d == IMF_F64 || d == IMF_F32 || d == IMF_F16 || d == IMF_BF16;
        t.bytes = d == IMF_F64 ? 8 : d == IMF_F32 ? 4 : 2;
        out[0] = 7;
        assert_int_equal(imf_tensor_to_f32(&t, out), is_float ? IMF_OK : IMF_EINPUT);
        assert_true((out[0] == 7) == !is_float);
        if (d == IMF_F32)
            assert_true(out[0] == 1.5f);
        assert_true(out[1] == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archives),
        cmocka_unit_test(test_other_archives),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_corpora),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_bit_flips),
        cmocka_unit_test(test_to_f32),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
