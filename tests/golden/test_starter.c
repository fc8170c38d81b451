/*
 * The starter's two towers against PyTorch, layer by layer: every number of tests/golden/starter/{picture,text}.txt
 * (format: README.md there) against what the C code computes. The goldens are made by tools/golden/starter.py; a fault
 * is told with file, line, case, layer and element.
 *
 * The comparison takes the golden as a string, so that the last tests can damage a copy of it and demand that the
 * damage is found: a test that cannot fail is no test. Two variables of the environment point it at another model:
 * IMF_TEST_STARTER (model folder) and IMF_TEST_STARTER_GOLDEN.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "nn/dnn.h"
#include "nn/starter.h"
#include "text/words.h"

enum {
    SIZE = 224,
    CASES = 3,
    PICTURE_LAYERS = 56,
    MAX_LAYERS = 64,
    PICTURE_LINES = 64,    /* lines of a layer, at most and normally */
    PICTURE_LAST = 128,    /* the same for the six short layers at the end */
    TEXT_LINES = 16,
    MAX_LINE = 1 << 16
};

/* tools/golden/starter.py has the same list. It stands here too, because a changed letter need not change a row. */
static const char *const texts[] = {
#include "starter_texts.h"
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

/* ---- Layers as we compute them ---------------------------------------------------------------- */

typedef struct layer {
    char name[40], shape[40];
    float *values;
    size_t count;
    double peak; /* the largest absolute value */
} layer;

typedef struct layers {
    layer list[MAX_LAYERS];
    size_t n;
} layers;

static imf_starter *model;
static char *picture_golden, *text_golden;
static layers pictures[CASES], embedded[TEXTS];
static imf_word_rows rows[TEXTS];

static void keep_layer(void *user, const char *name, const float *values, const size_t *shape, int rank)
{
    layers *all = user;
    layer *l = &all->list[all->n++];

    assert_in_range(all->n, 1, MAX_LAYERS);
    snprintf(l->name, sizeof l->name, "%s", name);
    l->count = 1;
    for (int i = 0; i < rank; i++) {
        size_t used = strlen(l->shape);
        snprintf(l->shape + used, sizeof l->shape - used, "%s%zu", i ? "x" : "", shape[i]);
        l->count *= shape[i];
    }
    l->values = malloc(l->count * sizeof *values);
    assert_non_null(l->values);
    memcpy(l->values, values, l->count * sizeof *values);
    for (size_t i = 0; i < l->count; i++)
        l->peak = fmax(l->peak, fabs((double)values[i]));
}

static void drop_layers(layers *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->list[i].values);
    memset(all, 0, sizeof *all);
}

/* The goldens' input, told in the header of picture.txt. */
static void fill_picture(uint8_t *rgb, int n)
{
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++)
            for (int ch = 0; ch < 3; ch++)
                *rgb++ = (uint8_t)((x * (3 + n) + y * (5 + 2 * n) + ch * 37 + ((x * y) >> (4 + n)) +
                                    40 * (((x >> 5) + (y >> 5) + ch) & 1)) & 255);
}

static const char *const *picture_layers(void)
{
    static char names[PICTURE_LAYERS][40];
    static const char *list[PICTURE_LAYERS];
    static const char *const parts[] = {"expand", "depthwise", "project"};
    static const char *const last[] = {"head", "features", "logits", "concept", "learned", "colour", "vector"};
    size_t n = 0;

    snprintf(names[n++], sizeof names[0], "input");
    snprintf(names[n++], sizeof names[0], "stem");
    for (int block = 0; block < 16; block++)
        for (int part = block == 0; part < 3; part++)
            snprintf(names[n++], sizeof names[0], "blocks.%d.%s", block, parts[part]);
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        snprintf(names[n++], sizeof names[0], "%s", last[i]);
    assert_int_equal(n, PICTURE_LAYERS);
    for (size_t i = 0; i < n; i++)
        list[i] = names[i];
    return list;
}

/* ---- Reading a golden -------------------------------------------------------------------------- */

typedef struct reader {
    const char *file, *at; /* at: the next line */
    int number;            /* of the line in `line` */
    char *line;            /* [MAX_LINE] */
    bool has_line;         /* `line` is read and not yet used */
    char *where;           /* "case 0" */
    char *why;             /* [500]: the first fault; "" when there is none */
} reader;

static bool fault(reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fault(reader *r, const char *fmt, ...)
{
    va_list ap;
    size_t used = (size_t)snprintf(r->why, 500, "%s:%d: %s: ", r->file, r->number, r->where);

    va_start(ap, fmt);
    vsnprintf(r->why + used, 500 - used, fmt, ap);
    va_end(ap);
    return false;
}

/* The current line, without its line feed; NULL at the end. Comments are skipped. A file that does not end in a line
 * feed has lost bytes. */
static const char *peek(reader *r)
{
    while (!r->has_line && *r->at != '\0') {
        const char *end = strchr(r->at, '\n');
        size_t n = end != NULL ? (size_t)(end - r->at) : strlen(r->at);
        r->number++;
        if (end == NULL || n >= MAX_LINE) {
            snprintf(r->line, MAX_LINE, "(cut line)");
            r->at += strlen(r->at);
            r->has_line = true;
            break;
        }
        memcpy(r->line, r->at, n);
        r->line[n] = '\0';
        r->at = end + 1;
        r->has_line = r->line[0] != '#';
    }
    return r->has_line ? r->line : NULL;
}

static void next(reader *r)
{
    r->has_line = false;
}

/* A decimal integer as Python prints it: no plus, no leading zeros. *s is moved behind it. */
static bool read_int(const char **s, bool may_be_negative, long *out)
{
    const char *p = *s;
    bool negative = may_be_negative && *p == '-';
    size_t digits = 0;

    p += negative;
    *out = 0;
    while (p[digits] >= '0' && p[digits] <= '9' && digits < 10)
        *out = *out * 10 + (p[digits++] - '0');
    if (digits == 0 || digits == 10 || (p[0] == '0' && (digits > 1 || negative)))
        return false;
    *out = negative ? -*out : *out;
    *s = p + digits;
    return true;
}

static bool eat(const char **s, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(*s, text, n) != 0)
        return false;
    *s += n;
    return true;
}

/* Beyond doubt among the elements that the golden chooses from. */
static bool is_usable(double scaled)
{
    return fabs(scaled) >= 19.77 && fabs(scaled - round(scaled)) < 0.24;
}

/* A layer has `limit` lines, or fewer if it has no more usable elements: then each of those must be there. */
static bool check_count(reader *r, const layer *want, double factor, size_t limit, const long *listed, size_t count)
{
    size_t k = 0;

    if (count > limit)
        return fault(r, "layer %s: more than %zu lines", want->name, limit);
    for (size_t i = 0; i < want->count && count < limit; i++) {
        if (k < count && (size_t)listed[k] == i)
            k++;
        else if (is_usable((double)want->values[i] * factor))
            return fault(r, "layer %s: element %zu is missing, with %zu lines of %zu", want->name, i, count, limit);
    }
    return true;
}

/* The "INDEX INTEGER" lines of a layer. */
static bool check_numbers(reader *r, const layer *want, double factor, size_t limit)
{
    long listed[PICTURE_LAST + 1], last = -1;
    size_t count = 0;
    const char *line = NULL;

    while (count <= limit && (line = peek(r)) != NULL && ((*line >= '0' && *line <= '9') || *line == '-')) {
        long index = 0, golden = 0;
        const char *s = line;
        if (!read_int(&s, false, &index) || !eat(&s, " ") || !read_int(&s, true, &golden) || *s != '\0')
            return fault(r, "layer %s: \"%.60s\" is no INDEX INTEGER", want->name, line);
        if (index <= last || (size_t)index >= want->count)
            return fault(r, "layer %s: index %ld after %ld, of %zu", want->name, index, last, want->count);
        double computed = (double)want->values[index] * factor;
        if (!(fabs(computed - (double)golden) <= 0.4))
            return fault(r, "layer %s: element %ld: computed %.3f, golden %ld", want->name, index, computed, golden);
        listed[count++] = last = index;
        next(r);
    }
    return check_count(r, want, factor, limit, listed, count);
}

static bool check_layer(reader *r, const layer *want, size_t limit)
{
    const char *line = peek(r), *s = line;
    char head[96];
    long exponent = 0;
    double factor = 0;

    snprintf(head, sizeof head, "layer %.39s %.39s e", want->name, want->shape);
    if (line == NULL || !eat(&s, head))
        return fault(r, "layer %s: found \"%.80s\", expected \"%s\"", want->name, line ? line : "the end", head);
    bool negative = eat(&s, "-");
    if (!read_int(&s, false, &exponent) || *s != '\0')
        return fault(r, "layer %s: \"%.80s\" has no exponent", want->name, line);
    next(r);
    factor = pow(10, (double)(negative ? exponent : -exponent));
    if (!(want->peak * factor > 999 && want->peak * factor < 10001)) /* so that the largest number has four digits */
        return fault(r, "layer %s: the largest number would be %.0f", want->name, want->peak * factor);
    return check_numbers(r, want, factor, limit);
}

static bool check_end(reader *r)
{
    const char *line = peek(r);

    return line == NULL || fault(r, "\"%.80s\" after the last layer", line);
}

/* Compares a whole picture.txt with what we compute. false with the first fault in why. */
static bool check_pictures(const char *golden, const layers *computed, char *why)
{
    char where[40] = "begin", *line = malloc(MAX_LINE);
    reader r = {.file = "picture.txt", .at = golden, .line = line, .where = where, .why = why};
    bool ok = line != NULL;

    why[0] = '\0';
    for (int n = 0; n < CASES && ok; n++) {
        snprintf(where, sizeof where, "case %d", n);
        ok = peek(&r) != NULL && strcmp(line, where) == 0;
        if (!ok)
            fault(&r, "not found");
        next(&r);
        for (size_t i = 0; i < computed[n].n && ok; i++)
            ok = check_layer(&r, &computed[n].list[i], i + 6 < computed[n].n ? PICTURE_LINES : PICTURE_LAST);
    }
    ok = ok && check_end(&r);
    free(line);
    return ok;
}

/* "word WORDSLOT : NGRAMROW ..." */
static bool check_word(reader *r, const imf_word_rows *want, size_t w)
{
    const char *line = peek(r), *s = line;
    long value = 0;

    if (line == NULL || !eat(&s, "word ") || !read_int(&s, false, &value) || !eat(&s, " :"))
        return fault(r, "layer rows: found \"%.80s\", expected word %zu of %zu", line ? line : "the end", w,
                     want->n_words);
    if (value != (long)want->word_slot[w])
        return fault(r, "layer rows: word %zu: computed %u, golden %ld", w, want->word_slot[w], value);
    for (size_t i = want->ngram_start[w]; i < want->ngram_start[w + 1]; i++) {
        if (!eat(&s, " ") || !read_int(&s, false, &value) || value != (long)want->ngram_row[i])
            return fault(r, "layer rows: word %zu, piece %zu: computed %u, golden %ld", w, i - want->ngram_start[w],
                         want->ngram_row[i], value);
    }
    if (*s != '\0' && strcmp(s, " ") != 0)
        return fault(r, "layer rows: word %zu: more pieces than the %zu computed", w,
                     want->ngram_start[w + 1] - want->ngram_start[w]);
    next(r);
    return true;
}

static bool check_text_line(reader *r, const char *want)
{
    const char *line = peek(r);
    json_t *value = line != NULL && strncmp(line, "text ", 5) == 0 ? json_loads(line + 5, JSON_DECODE_ANY, NULL) : NULL;
    bool ok = json_is_string(value) && strcmp(json_string_value(value), want) == 0;

    if (!ok)
        fault(r, "found \"%.120s\", expected the text \"%s\"", line ? line : "the end", want);
    json_decref(value);
    next(r);
    return ok;
}

static bool check_texts(const char *golden, const layers *computed, const imf_word_rows *want, char *why)
{
    char where[40] = "begin", *line = malloc(MAX_LINE);
    reader r = {.file = "text.txt", .at = golden, .line = line, .where = where, .why = why};
    bool ok = line != NULL;

    why[0] = '\0';
    for (size_t n = 0; n < TEXTS && ok; n++) {
        snprintf(where, sizeof where, "text %zu", n);
        ok = check_text_line(&r, texts[n]);
        for (size_t w = 0; w < want[n].n_words && ok; w++)
            ok = check_word(&r, &want[n], w);
        for (size_t i = 0; i < computed[n].n && ok; i++)
            ok = check_layer(&r, &computed[n].list[i], TEXT_LINES);
    }
    ok = ok && check_end(&r);
    free(line);
    return ok;
}

/* ---- Set-up ------------------------------------------------------------------------------------ */

static char *path_of(const char *variable, const char *below_root, const char *name)
{
    const char *given = getenv(variable), *root = getenv("IMF_SOURCE_ROOT");
    char *path = NULL;

    if (given == NULL && root == NULL)
        return NULL;
    if (asprintf(&path, "%s%s%s%s", given ? given : root, given ? "" : below_root, name ? "/" : "", name ?
                 name : "") < 0)
        return NULL;
    return path;
}

static char *read_golden(const char *name)
{
    char *path = path_of("IMF_TEST_STARTER_GOLDEN", "/tests/golden/starter", name), *text = NULL;
    FILE *f = path != NULL ? fopen(path, "rb") : NULL;
    long size = 0;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0)
        fail_msg("cannot read %s", path ? path : name);
    text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    fclose(f);
    free(path);
    return text;
}

static void compute_pictures(void)
{
    imf_err err = {0};
    imf_starter_session *session = NULL;
    uint8_t *rgb = malloc(SIZE * SIZE * 3);
    float vector[512];

    assert_non_null(rgb);
    if (imf_starter_session_new(&session, model, true, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    for (int n = 0; n < CASES; n++) {
        fill_picture(rgb, n);
        if (imf_starter_embed_view(session, rgb, vector, keep_layer, &pictures[n], &err) != IMF_OK)
            fail_msg("%s", err.msg);
    }
    imf_starter_session_free(&session);
    free(rgb);
}

static void compute_texts(void)
{
    const imf_starter_config *c = imf_starter_get_config(model);
    const imf_words_config words = {c->word_rows, c->ngram_rows, c->max_words, c->ngram_min, c->ngram_max,
                                    c->prefix_min, c->prefix_max};
    float vector[512];
    imf_err err = {0};

    for (size_t n = 0; n < TEXTS; n++) {
        if (imf_words_rows(texts[n], &words, &rows[n], &err) != IMF_OK)
            fail_msg("%s", err.msg);
        if (imf_starter_embed_words(model, rows[n].word_slot, rows[n].ngram_start, rows[n].ngram_row, rows[n].n_words,
                                    vector,
                                    keep_layer, &embedded[n], &err) != IMF_OK)
            fail_msg("text %zu: %s", n, err.msg);
    }
}

static int set_up(void **state)
{
    char *folder = path_of("IMF_TEST_STARTER", "/models/starter", NULL);
    imf_err err = {0};

    (void)state;
    if (folder == NULL || imf_starter_open(&model, folder, &err) != IMF_OK)
        fail_msg("%s", folder ? err.msg : "IMF_SOURCE_ROOT is not set");
    free(folder);
    assert_int_equal(imf_starter_get_config(model)->dim, 512);
    assert_int_equal(imf_starter_get_config(model)->picture_size, SIZE);
    imf_dnn_use_threads(1); /* a team of threads spins, and the tests share their processors */
    picture_golden = read_golden("picture.txt");
    text_golden = read_golden("text.txt");
    compute_pictures();
    compute_texts();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int n = 0; n < CASES; n++)
        drop_layers(&pictures[n]);
    for (size_t n = 0; n < TEXTS; n++) {
        drop_layers(&embedded[n]);
        imf_word_rows_clear(&rows[n]);
    }
    free(picture_golden);
    free(text_golden);
    imf_starter_close(&model);
    return 0;
}

/* ---- Tests ------------------------------------------------------------------------------------- */

static void test_layer_names(void **state)
{
    const char *const *names = picture_layers();
    static const char *const text_names[] = {"pooled", "hidden", "vector"};

    (void)state;
    for (int n = 0; n < CASES; n++) {
        assert_int_equal(pictures[n].n, PICTURE_LAYERS);
        for (size_t i = 0; i < PICTURE_LAYERS; i++)
            assert_string_equal(pictures[n].list[i].name, names[i]);
    }
    for (size_t n = 0; n < TEXTS; n++) {
        assert_int_equal(embedded[n].n, 3);
        for (size_t i = 0; i < 3; i++)
            assert_string_equal(embedded[n].list[i].name, text_names[i]);
    }
}

static void test_pictures(void **state)
{
    char why[500];

    (void)state;
    if (!check_pictures(picture_golden, pictures, why))
        fail_msg("%s", why);
}

static void test_texts(void **state)
{
    char why[500];

    (void)state;
    if (!check_texts(text_golden, embedded, rows, why))
        fail_msg("%s", why);
}

/* A run without a tap, a second run, a second session and a run after another picture: bit for bit the same vector. */
static void test_same_every_time(void **state)
{
    imf_err err = {0};
    imf_starter_session *a = NULL, *b = NULL;
    uint8_t *rgb = malloc(SIZE * SIZE * 3);
    float first[512], again[512];
    double norm = 0;

    (void)state;
    assert_non_null(rgb);
    assert_int_equal(imf_starter_session_new(&a, model, true, &err), IMF_OK);
    assert_int_equal(imf_starter_session_new(&b, model, true, &err), IMF_OK);
    fill_picture(rgb, 0);
    assert_int_equal(imf_starter_embed_view(a, rgb, first, NULL, NULL, &err), IMF_OK);
    assert_memory_equal(first, pictures[0].list[PICTURE_LAYERS - 1].values, sizeof first);
    fill_picture(rgb, 1);
    assert_int_equal(imf_starter_embed_view(a, rgb, again, NULL, NULL, &err), IMF_OK);
    assert_memory_not_equal(first, again, sizeof first);
    fill_picture(rgb, 0);
    assert_int_equal(imf_starter_embed_view(a, rgb, again, NULL, NULL, &err), IMF_OK);
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(imf_starter_embed_view(b, rgb, again, NULL, NULL, &err), IMF_OK);
    assert_memory_equal(first, again, sizeof first);
    for (int i = 0; i < 512; i++)
        norm += (double)first[i] * (double)first[i];
    assert_true(fabs(norm - 1) < 1e-5);
    imf_starter_session_free(&a);
    imf_starter_session_free(&b);
    free(rgb);
}

/* oneDNN's reference code is a thousand times slower than its fast ones, and nothing else would tell. */
static void test_no_reference_code(void **state)
{
    imf_err err = {0};
    imf_starter_session *session = NULL;
    const imf_dnn_net *net = NULL;

    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        assert_int_equal(imf_starter_session_new(&session, model, exact, &err), IMF_OK);
        net = imf_starter_session_net(session);
        assert_int_equal(imf_dnn_step_count(net), PICTURE_LAYERS - 7); /* without input and the last six */
        for (int i = 0; i < imf_dnn_step_count(net); i++) {
            assert_non_null(imf_dnn_step_impl(net, i));
            assert_string_not_equal(imf_dnn_step_impl(net, i), "");
            if (strstr(imf_dnn_step_impl(net, i), "ref") != NULL)
                fail_msg("layer %s is computed by %s", imf_dnn_step_name(net, i), imf_dnn_step_impl(net, i));
        }
        imf_starter_session_free(&session);
    }
}

/* Bytes where the processor has them, the same numbers where it has not; in both cases a run repeats itself. */
static void test_bytes_are_faithful(void **state)
{
    imf_err err = {0};
    imf_starter_session *session = NULL;
    uint8_t *rgb = malloc(SIZE * SIZE * 3);
    float vector[512], again[512];

    (void)state;
    assert_non_null(rgb);
    assert_int_equal(imf_starter_session_new(&session, model, false, &err), IMF_OK);
    for (int n = 0; n < CASES; n++) {
        const float *exact = pictures[n].list[PICTURE_LAYERS - 1].values;
        double cosine = 0;
        fill_picture(rgb, n);
        assert_int_equal(imf_starter_embed_view(session, rgb, vector, NULL, NULL, &err), IMF_OK);
        assert_int_equal(imf_starter_embed_view(session, rgb, again, NULL, NULL, &err), IMF_OK);
        assert_memory_equal(vector, again, sizeof vector);
        for (int i = 0; i < 512; i++)
            cosine += (double)vector[i] * (double)exact[i];
        if (!(cosine >= 0.99))
            fail_msg("case %d: cosine %.5f to float32", n, cosine);
        if (imf_dnn_has_int8())
            assert_memory_not_equal(vector, exact, sizeof vector); /* else nothing was compared */
        else
            assert_memory_equal(vector, exact, sizeof vector);
    }
    imf_starter_session_free(&session);
    free(rgb);
}

/* ---- The comparison finds damage ---------------------------------------------------------------- */

/* The copy of golden in which the first `find` after `after` is replaced. */
static char *damage(const char *golden, const char *after, const char *find, const char *replacement)
{
    const char *start = strstr(golden, after), *at = start != NULL ? strstr(start, find) : NULL;
    char *copy = NULL;

    if (at == NULL)
        fail_msg("\"%s\" with \"%s\" behind it is not in the golden", after, find);
    if (asprintf(&copy, "%.*s%s%s", (int)(at - golden), golden, replacement, at + strlen(find)) < 0)
        fail_msg("out of memory");
    return copy;
}

static void expect_fault(char *golden, bool picture, const char *named)
{
    char why[500];
    bool ok = picture ? check_pictures(golden, pictures, why) : check_texts(golden, embedded, rows, why);

    if (ok || strstr(why, named) == NULL)
        fail_msg("damage in %s was told as: %s", named, ok ? "no fault" : why);
    free(golden);
}

/* Changes the last digit of the numbers line by line; every layer must be named. 7 -> 8 is one unit: the smallest
 * damage there is. */
static void damage_each_layer(const char *golden, bool picture)
{
    const char *at = golden;

    while ((at = strstr(at, "\nlayer ")) != NULL) {
        char name[64], *copy = NULL;
        const char *line = NULL, *end = NULL;
        assert_int_equal(sscanf(at, "\nlayer %39s", name), 1);
        line = strchr(at + 1, '\n') + 1;
        end = strchr(line, '\n') - 1; /* the last digit of the layer's first number */
        copy = strdup(golden);
        assert_non_null(copy);
        copy[end - golden] = *end == '9' ? '8' : (char)(*end + 1);
        expect_fault(copy, picture, name);
        at++;
    }
}

static void test_damage_in_pictures(void **state)
{
    size_t n = strlen(picture_golden);
    const char *last = NULL;

    (void)state;
    damage_each_layer(picture_golden, true);
    expect_fault(damage(picture_golden, "case 0\n", "case 0\n", "case 1\n"), true, "case 0");
    expect_fault(damage(picture_golden, "case 2\n", "case 2\n", ""), true, "case 2");
    expect_fault(damage(picture_golden, "layer head", "layer head", "layer heat"), true, "head");
    expect_fault(damage(picture_golden, "layer head", "1280x7x7", "1280x7x8"), true, "head");
    expect_fault(damage(picture_golden, "layer head", "e-", "e"), true, "head");
    expect_fault(damage(picture_golden, "layer stem", "\n", " \n"), true, "stem");
    expect_fault(damage(picture_golden, "layer stem", "\n", "\n7 x\n"), true, "stem");
    expect_fault(damage(picture_golden, "layer stem", "\n", "\n0 123456789\n"), true, "stem");
    expect_fault(damage(picture_golden, "layer stem", "\n", "\n9999999 1\n"), true, "stem");
    expect_fault(damage(picture_golden, "\nlayer blocks.0.project", "\nlayer ", "\nlayer extra 1 e-3\nlayer "), true,
                 "project");
    expect_fault(damage(picture_golden, "case 0\nlayer input", "layer", "#layer"), true, "input");
    expect_fault(strndup(picture_golden, n - 1), true, "vector");
    for (last = picture_golden + n - 1; last[-1] != '\n'; last--)
        continue;
    expect_fault(strndup(picture_golden, (size_t)(last - picture_golden)), true, "vector"); /* one number fewer */
    expect_fault(strndup(picture_golden, n / 2), true, "case 1");
    expect_fault(strdup(""), true, "case 0");
    char *longer = NULL;
    assert_true(asprintf(&longer, "%scase 3\n", picture_golden) > 0);
    expect_fault(longer, true, "after the last layer");
}

static void test_damage_in_texts(void **state)
{
    size_t n = strlen(text_golden);

    (void)state;
    damage_each_layer(text_golden, false);
    expect_fault(damage(text_golden, "\ntext ", "\"", "\"z"), false, "text 0");
    expect_fault(damage(text_golden, "\nword ", "\n", "\nword 1 : 2\n"), false, "rows");
    expect_fault(damage(text_golden, "\nword ", " : ", " : 1 "), false, "rows");
    expect_fault(damage(text_golden, "\nword ", "\nlayer pooled", " 1\nlayer pooled"), false, "rows");
    expect_fault(damage(text_golden, "\nlayer hidden", "layer hidden", "layer mlp"), false, "hidden");
    expect_fault(strndup(text_golden, n - 2), false, "vector");
    expect_fault(strndup(text_golden, n / 2), false, "text ");
    expect_fault(strdup(""), false, "text 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_names),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_same_every_time),
        cmocka_unit_test(test_no_reference_code),
        cmocka_unit_test(test_bytes_are_faithful),
        cmocka_unit_test(test_damage_in_pictures),
        cmocka_unit_test(test_damage_in_texts),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
