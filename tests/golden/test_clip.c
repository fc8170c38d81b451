/*
 * CLIP in its three layouts against the original classes, layer by layer: the models of tests/golden/clip with their
 * expected.txt (format: README.md there), made by tools/golden/clip.py. A fault is told with model, line, input, layer
 * and element. The comparison takes the golden as a string, so that a test can damage copies of it and demand that each
 * damage is noticed. IMF_TEST_MODELS names a folder of true models with an expected.txt in each: they are compared too.
 *
 * Also: a batch gives what single calls give, and so do two threads on one model (run under the thread sanitizer).
 */
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "nn/clip.h"
#include "nn/dnn.h"

static const char *const models[] = {"f32", "shards", "f16", "old-bf16", "openai", "ruclip"};
enum { MODELS = sizeof models / sizeof models[0], PICTURES = 3, MAX_LAYERS = 300, MAX_TEXTS = 16, MAX_IDS = 4096 };

/* ---- A model, and what it computes for one input ----------------------------------------------------------------- */

typedef struct layer {
    char name[48];
    size_t rows, columns;
    float *values;
} layer;

typedef struct layers {
    layer list[MAX_LAYERS];
    size_t n;
    unsigned long crc; /* of the pixels */
} layers;

typedef struct subject {
    char folder[4096];
    imf_clip *m;
    imf_clip_session *picture, *text; /* for one */
    layers got;
} subject;

static void drop_layers(layers *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->list[i].values);
    memset(all, 0, sizeof *all);
}

static void keep_layer(void *user, const char *name, const float *values, size_t rows, size_t columns)
{
    layers *all = user;

    if (strcmp(name, "pixels") == 0) {
        all->crc = crc32(all->crc, (const uint8_t *)values, (uInt)(rows * columns * sizeof *values));
        return;
    }
    assert_true(all->n < MAX_LAYERS);
    layer *l = &all->list[all->n++];
    snprintf(l->name, sizeof l->name, "%s", name);
    l->rows = rows;
    l->columns = columns;
    l->values = malloc(rows * columns * sizeof *values);
    assert_non_null(l->values);
    memcpy(l->values, values, rows * columns * sizeof *values);
}

/* The goldens' input: the same formula as in tools/golden/clip.py. */
static uint8_t *make_picture(int size, int n)
{
    uint8_t *rgb = malloc((size_t)size * (size_t)size * 3), *p = rgb;

    assert_non_null(rgb);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            for (int ch = 0; ch < 3; ch++) {
                int i = y * size + x;
                int ramp = i + ch * 85 + i / 256 * 31;
                int other = x * (3 + n) + y * (5 + 2 * n) + ch * 37 + ((x * y) >> (4 + n)) +
                            40 * (((x >> 3) + (y >> 3) + ch) & 1);
                *p++ = (uint8_t)((n == PICTURES - 1 ? ramp : other) & 255);
            }
    return rgb;
}

static subject *open_subject(const char *folder)
{
    subject *s = calloc(1, sizeof *s);
    imf_err err = {0};

    assert_non_null(s);
    snprintf(s->folder, sizeof s->folder, "%s", folder);
    if (imf_clip_open(&s->m, folder, &err) != IMF_OK ||
        imf_clip_picture_session(&s->picture, s->m, 1, &err) != IMF_OK ||
        imf_clip_text_session(&s->text, s->m, 1, &err) != IMF_OK)
        fail_msg("%s: %s", folder, err.msg);
    return s;
}

static void close_subject(subject *s)
{
    drop_layers(&s->got);
    imf_clip_session_free(&s->picture);
    imf_clip_session_free(&s->text);
    imf_clip_close(&s->m);
    assert_null(s->m);
    free(s);
}

static const char *golden_folder(const char *model)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/tests/golden/clip/%s", getenv("IMF_SOURCE_ROOT"), model);
    return path;
}

static char *read_golden(const char *folder)
{
    char path[4200];
    size_t n = 0;
    char *text = NULL;

    snprintf(path, sizeof path, "%s/expected.txt", folder);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        fail_msg("cannot read %s", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    rewind(f);
    text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    n = fread(text, 1, (size_t)size, f);
    assert_int_equal(n, size);
    fclose(f);
    return text;
}

/* ---- Comparing with a golden ------------------------------------------------------------------------------------- */

typedef struct reader {
    subject *s;
    int number;        /* of the line */
    char input[40];    /* "picture 2" */
    size_t next_layer; /* in s->got */
    int pictures, texts, compared;
    double worst, worst_cosine;
    char why[400]; /* the first fault; "" when there is none */
} reader;

static bool fault(reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fault(reader *r, const char *fmt, ...)
{
    va_list ap;
    int used = snprintf(r->why, sizeof r->why, "%s/expected.txt:%d: %s: ", r->s->folder, r->number, r->input);

    used = used < (int)sizeof r->why ? used : (int)sizeof r->why - 1;
    va_start(ap, fmt);
    vsnprintf(r->why + used, sizeof r->why - (size_t)used, fmt, ap);
    va_end(ap);
    return false;
}

static bool check_model(reader *r, const char *line)
{
    static const char *const families[] = {"transformers", "openai", "ruclip"};
    const imf_clip_config *c = imf_clip_get_config(r->s->m);
    const imf_clip_tower *p = &c->picture, *t = &c->text;
    char want[300];

    snprintf(want, sizeof want, "model %s %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d", families[c->family], c->dim,
             c->image_size, c->patch, p->width, p->heads, p->layers, p->hidden, c->context, c->vocab, t->width,
             t->heads, t->layers, t->hidden, c->end_id, c->resize, c->filter);
    return strcmp(line, want) == 0 || fault(r, "the configuration was read as \"%s\"", want);
}

static bool run_picture(reader *r, const char *line)
{
    const imf_clip_config *c = imf_clip_get_config(r->s->m);
    float *vector = malloc((size_t)c->dim * sizeof *vector);
    int n = -1;
    unsigned crc = 0;
    imf_err err = {0};

    assert_non_null(vector);
    drop_layers(&r->s->got);
    r->next_layer = 0;
    if (sscanf(line, "picture %d %x", &n, &crc) != 2 || n < 0 || n >= PICTURES || n != r->pictures++) {
        free(vector);
        return fault(r, "not the line that was due");
    }
    uint8_t *rgb = make_picture(c->image_size, n);
    int rc = imf_clip_embed_pictures(r->s->picture, rgb, 1, vector, keep_layer, &r->s->got, &err);
    free(rgb);
    free(vector);
    if (rc != IMF_OK)
        return fault(r, "%s", err.msg);
    return r->s->got.crc == crc || fault(r, "the pixels have the checksum %08lx", r->s->got.crc);
}

/* The ids of a "text" line, behind the end mark. */
static size_t read_ids(const char *line, uint32_t *end, uint32_t *ids)
{
    char *rest = NULL;
    size_t n = 0;

    *end = (uint32_t)strtoul(line + strlen("text "), &rest, 10);
    while (*rest == ' ' && n < MAX_IDS)
        ids[n++] = (uint32_t)strtoul(rest + 1, &rest, 10);
    return *rest == '\0' ? n : 0;
}

static bool run_text(reader *r, const char *line)
{
    static uint32_t ids[MAX_IDS];
    uint32_t end = 0;
    size_t n = read_ids(line, &end, ids);
    float *vector = malloc((size_t)imf_clip_get_config(r->s->m)->dim * sizeof *vector);
    imf_err err = {0};

    assert_non_null(vector);
    drop_layers(&r->s->got);
    r->next_layer = 0;
    r->texts++;
    int rc =
        n == 0 ? IMF_EINPUT : imf_clip_embed_texts(r->s->text, ids, &n, 1, end, vector, keep_layer, &r->s->got, &err);
    free(vector);
    return rc == IMF_OK || fault(r, "%s", err.msg);
}

static double norm_of(const float *v, size_t n)
{
    double squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += (double)v[i] * (double)v[i];
    return sqrt(squares);
}

static double cosine(const float *a, const float *b, size_t n)
{
    double dot = 0;

    for (size_t i = 0; i < n; i++)
        dot += (double)a[i] * (double)b[i];
    return dot / (norm_of(a, n) * norm_of(b, n));
}

/* As vectors of length 1. */
static bool check_direction(reader *r, const layer *l, const float *want)
{
    double a = norm_of(l->values, l->columns), b = norm_of(want, l->columns);

    for (size_t i = 0; i < l->columns; i++)
        if (!(fabs((double)l->values[i] / a - (double)want[i] / b) <= 1e-4))
            return fault(r, "element %zu of the unit vector is %g, expected %g", i, (double)l->values[i] / a,
                         (double)want[i] / b);
    double cos = cosine(l->values, want, l->columns);
    r->worst_cosine = fmin(r->worst_cosine, cos);
    return cos >= 0.99999 || fault(r, "the cosine is %.9f", cos);
}

/* A "layer" line and the numbers behind it. */
static bool check_layer(reader *r, const char *line, const char *numbers)
{
    char name[48];
    size_t rows = 0, columns = 0, n = 0, last = 0;
    double peak = 0, our_peak = 0;
    const layers *got = &r->s->got;

    if (sscanf(line, "layer %47s %zu %zu %lf", name, &rows, &columns, &peak) != 4 || numbers == NULL)
        return fault(r, "not a layer");
    while (r->next_layer < got->n && strcmp(got->list[r->next_layer].name, name) != 0)
        r->next_layer++;
    if (r->next_layer == got->n)
        return fault(r, "layer %s: there is none, or it is not the one that was due", name);
    const layer *l = &got->list[r->next_layer++];
    if (l->rows != rows || l->columns != columns)
        return fault(r, "layer %s is [%zu, %zu], expected [%zu, %zu]", name, l->rows, l->columns, rows, columns);
    for (size_t i = 0; i < rows * columns; i++)
        our_peak = fmax(our_peak, fabs((double)l->values[i]));
    if (!(fabs(our_peak - peak) <= 1e-4 * peak))
        return fault(r, "layer %s has the peak %g, expected %g", name, our_peak, peak);
    float *vector = calloc(columns, sizeof *vector);
    assert_non_null(vector);
    bool good = true, whole = strcmp(name, "vector") == 0;
    for (char *rest = NULL; good && *numbers != '\0' && *numbers != '\n'; n++, numbers = rest + (*rest == ' ')) {
        size_t i = strtoul(numbers, &rest, 10);
        double want = *rest == ':' ? strtod(rest + 1, &rest) : NAN;
        if (i >= rows * columns || (n > 0 && i <= last) || (whole && i != n) || !(*rest == ' ' || *rest == '\n')) {
            good = fault(r, "layer %s: number %zu is not one of it", name, n);
            break;
        }
        double difference = fabs((double)l->values[i] - want) / peak;
        if (!(difference <= 1e-4))
            good = fault(r, "layer %s, row %zu, column %zu is %.7g, expected %.7g", name, i / columns, i % columns,
                         (double)l->values[i], want);
        r->worst = fmax(r->worst, difference);
        last = i;
        if (whole)
            vector[i] = (float)want;
    }
    r->compared++;
    if (good && (n == 0 || (whole && n != columns)))
        good = fault(r, "layer %s has %zu numbers", name, n);
    if (good && whole)
        good = check_direction(r, l, vector);
    free(vector);
    return good;
}

/* Compares all that a golden tells. */
static bool check_golden(reader *r, const char *golden)
{
    bool good = true;

    r->worst_cosine = 1;
    for (const char *at = golden, *end = NULL; good && *at != '\0'; at = end + 1) {
        char line[MAX_IDS * 8];
        end = strchr(at, '\n');
        r->number++;
        if (end == NULL)
            return fault(r, "the last line is cut");
        if (at[0] == '#')
            continue;
        size_t n = (size_t)(end - at);
        assert_true(n < sizeof line);
        memcpy(line, at, n);
        line[n] = '\0';
        if (strncmp(line, "picture ", 8) == 0 || strncmp(line, "text ", 5) == 0)
            snprintf(r->input, sizeof r->input, "%.30s", line);
        if (r->number == 2)
            good = check_model(r, line);
        else if (strncmp(line, "picture ", 8) == 0)
            good = run_picture(r, line);
        else if (strncmp(line, "text ", 5) == 0)
            good = run_text(r, line);
        else if (strncmp(line, "layer ", 6) == 0) {
            good = check_layer(r, line, end + 1);
            end = strchr(end + 1, '\n') != NULL ? strchr(end + 1, '\n') : end;
            r->number++;
        } else {
            good = fault(r, "a line of no known kind");
        }
    }
    if (good && (r->pictures != PICTURES || r->texts < 8 || r->compared < 30))
        good = fault(r, "%d pictures, %d texts and %d layers are not all", r->pictures, r->texts, r->compared);
    return good;
}

static void compare_model(const char *folder)
{
    subject *s = open_subject(folder);
    char *golden = read_golden(folder);
    reader r = {.s = s};

    if (!check_golden(&r, golden))
        fail_msg("%s", r.why);
    print_message("# %s: %d layers, largest difference %.1e of a layer's peak, smallest cosine 1 - %.1e\n", folder,
                  r.compared, r.worst, 1 - r.worst_cosine);
    free(golden);
    close_subject(s);
}

static void test_goldens(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++)
        compare_model(golden_folder(models[i]));
}

static void test_true_models(void **state)
{
    const char *top = getenv("IMF_TEST_MODELS");
    char path[4096];
    int compared = 0;

    (void)state;
    if (top == NULL)
        return; /* a developer's own models; the goldens above are the test */
    DIR *dir = opendir(top);
    if (dir == NULL)
        fail_msg("IMF_TEST_MODELS: cannot read %s", top);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s/expected.txt", top, e->d_name);
        FILE *f = e->d_name[0] != '.' ? fopen(path, "r") : NULL;
        if (f == NULL)
            continue;
        fclose(f);
        *strrchr(path, '/') = '\0';
        compare_model(path);
        compared++;
    }
    closedir(dir);
    if (compared == 0)
        fail_msg("IMF_TEST_MODELS: no folder in %s has an expected.txt", top);
}

/* ---- Damage is noticed ------------------------------------------------------------------------------------------- */

/* A digit whose change matters: the first of a value, and any of the other lines but for the ids of a text (those that
 * are cut off change nothing) and the last digits of a peak. */
static bool is_telling(const char *golden, const char *at)
{
    const char *line = at;

    while (line > golden && line[-1] != '\n')
        line--;
    if (*at < '0' || *at > '9' || *line == '#' || *line == 't')
        return false;
    if (*line >= '0' && *line <= '9')
        return at[-1] == ':' || (at[-1] == '-' && at[-2] == ':');
    const char *end = strchr(line, '\n');
    return *line != 'l' || end - at > (ptrdiff_t)strlen("234567e+00");
}

static void test_damage(void **state)
{
    subject *s = open_subject(golden_folder("f32"));
    char *golden = read_golden(s->folder);
    size_t size = strlen(golden), damaged = 0;

    (void)state;
    for (size_t i = 60; i < size; i += 61) { /* the next digit that matters */
        while (i < size && !is_telling(golden, golden + i))
            i++;
        if (i >= size)
            break;
        char old = golden[i];
        reader r = {.s = s};
        golden[i] = old == '9' ? '8' : (char)(old + 1);
        damaged++;
        if (check_golden(&r, golden))
            fail_msg("the digit %c at byte %zu changed to %c, and nothing was noticed", old, i, golden[i]);
        golden[i] = old;
    }
    assert_true(damaged > 100);
    reader whole = {.s = s};
    assert_true(check_golden(&whole, golden));
    /* lines that are missing */
    char *third = strstr(golden, "layer block.0.qkv");
    assert_non_null(third);
    *third = '\0';
    reader cut = {.s = s};
    assert_false(check_golden(&cut, golden));
    free(golden);
    close_subject(s);
}

/* What does not fit is named: the configuration, or the first wrong layer. */
static void test_first_layer_is_named(void **state)
{
    subject *s = open_subject(golden_folder("shards"));
    char *golden = read_golden(golden_folder("f16"));
    reader r = {.s = s};

    (void)state;
    assert_false(check_golden(&r, golden)); /* another model's */
    assert_non_null(strstr(r.why, "configuration"));
    free(golden);
    golden = read_golden(s->folder);
    char *at = strstr(golden, "layer block.1 ");
    assert_non_null(at);
    at = strchr(strchr(at, '\n'), ':') + 1;
    at += *at == '-';
    *at = *at == '1' ? '2' : '1';
    reader again = {.s = s};
    assert_false(check_golden(&again, golden));
    if (strstr(again.why, "picture 0") == NULL || strstr(again.why, "layer block.1, row") == NULL)
        fail_msg("the layer is not named: %s", again.why);
    free(golden);
    close_subject(s);
}

/* ---- Implementations --------------------------------------------------------------------------------------------- */

static void test_implementations(void **state)
{
    static const char *const layer_names[] = {"qkv", "out", "up", "down", "projection", "patch"};

    (void)state;
    for (size_t k = 0; k < MODELS; k++) {
        subject *s = open_subject(golden_folder(models[k]));
        char *golden = read_golden(s->folder);
        reader r = {.s = s};
        assert_true(check_golden(&r, golden)); /* all shapes are used */
        free(golden);
        for (int text = 0; text < 2; text++) {
            const char *attention[3] = {NULL};
            for (size_t i = 0; i < 6u - (size_t)text; i++) {
                const char *name = imf_clip_impl(s->m, text, layer_names[i]);
                if (name == NULL || name[0] == '\0' || strstr(name, "ref") != NULL)
                    fail_msg("%s, %s tower, %s: %s", models[k], text ? "text" : "picture", layer_names[i],
                             name != NULL ? name : "NULL");
            }
            imf_clip_attention_impl(text ? s->text : s->picture, attention);
            for (int i = 0; i < 3; i++) {
                if (i == 1 && text) {
                    assert_null(attention[i]); /* causal: our own */
                    continue;
                }
                if (attention[i] == NULL || attention[i][0] == '\0' || strstr(attention[i], "ref") != NULL)
                    fail_msg("%s, %s tower, attention %d: %s", models[k], text ? "text" : "picture", i,
                             attention[i] != NULL ? attention[i] : "NULL");
            }
        }
        assert_null(imf_clip_impl(s->m, true, "patch"));
        assert_null(imf_clip_impl(s->m, false, "no such layer"));
        close_subject(s);
    }
}

/* ---- Batches and threads ----------------------------------------------------------------------------------------- */

/* All texts of a golden, one after the other. */
typedef struct corpus {
    uint32_t ids[MAX_IDS], end;
    size_t lengths[MAX_TEXTS], n;
} corpus;

static void read_corpus(corpus *c, const char *folder)
{
    char *golden = read_golden(folder);
    size_t total = 0;

    memset(c, 0, sizeof *c);
    for (char *at = golden; (at = strstr(at, "\ntext ")) != NULL && c->n < MAX_TEXTS;) {
        char *line = at + 1, *end = strchr(line, '\n');
        *end = '\0';
        c->lengths[c->n] = read_ids(line, &c->end, c->ids + total);
        total += c->lengths[c->n++];
        *end = '\n';
        at = line;
    }
    assert_true(c->n >= 8 && total < MAX_IDS);
    free(golden);
}

static void expect_same(const char *what, const float *a, const float *b, size_t n, size_t dim)
{
    for (size_t i = 0; i < n; i++)
        if (!(cosine(a + i * dim, b + i * dim, dim) > 0.9999999))
            fail_msg("%s %zu: the cosine is %.12f", what, i, cosine(a + i * dim, b + i * dim, dim));
}

static float *new_vectors(size_t n, size_t dim)
{
    float *v = calloc(n * dim, sizeof *v);

    assert_non_null(v);
    return v;
}

static uint8_t *all_pictures(const imf_clip_config *c)
{
    size_t bytes = (size_t)c->image_size * (size_t)c->image_size * 3;
    uint8_t *rgb = malloc(PICTURES * bytes);

    assert_non_null(rgb);
    for (int i = 0; i < PICTURES; i++) {
        uint8_t *one = make_picture(c->image_size, i);
        memcpy(rgb + (size_t)i * bytes, one, bytes);
        free(one);
    }
    return rgb;
}

/* Everything one by one, with sessions of one. */
static int embed_singly(imf_clip *m, const uint8_t *rgb, const corpus *texts, float *pictures, float *vectors,
                        imf_err *err)
{
    const imf_clip_config *c = imf_clip_get_config(m);
    size_t dim = (size_t)c->dim, bytes = (size_t)c->image_size * (size_t)c->image_size * 3, at = 0;
    imf_clip_session *picture = NULL, *text = NULL;
    int rc = imf_clip_picture_session(&picture, m, 1, err);

    if (rc == IMF_OK)
        rc = imf_clip_text_session(&text, m, 1, err);
    for (size_t i = 0; i < PICTURES && rc == IMF_OK; i++)
        rc = imf_clip_embed_pictures(picture, rgb + i * bytes, 1, pictures + i * dim, NULL, NULL, err);
    for (size_t i = 0; i < texts->n && rc == IMF_OK; at += texts->lengths[i++])
        rc = imf_clip_embed_texts(text, texts->ids + at, &texts->lengths[i], 1, texts->end, vectors + i * dim, NULL,
                                  NULL, err);
    imf_clip_session_free(&picture);
    imf_clip_session_free(&text);
    return rc;
}

static void test_batches(void **state)
{
    static corpus texts;

    (void)state;
    for (size_t k = 0; k < MODELS; k++) {
        subject *s = open_subject(golden_folder(models[k]));
        imf_err err = {0};
        size_t dim = (size_t)imf_clip_get_config(s->m)->dim;
        uint8_t *rgb = all_pictures(imf_clip_get_config(s->m));
        imf_clip_session *picture = NULL, *text = NULL;
        read_corpus(&texts, s->folder);
        float *single = new_vectors(PICTURES + texts.n, dim), *batch = new_vectors(PICTURES + texts.n, dim);
        if (embed_singly(s->m, rgb, &texts, single, single + PICTURES * dim, &err) != IMF_OK ||
            imf_clip_picture_session(&picture, s->m, PICTURES + 1, &err) != IMF_OK ||
            imf_clip_text_session(&text, s->m, texts.n, &err) != IMF_OK)
            fail_msg("%s", err.msg);
        for (int again = 0; again < 2; again++) { /* the second time over what the first left in the buffers */
            if (imf_clip_embed_pictures(picture, rgb, PICTURES, batch, NULL, NULL, &err) != IMF_OK ||
                imf_clip_embed_texts(text, texts.ids, texts.lengths, texts.n, texts.end, batch + PICTURES * dim, NULL,
                                     NULL, &err) != IMF_OK)
                fail_msg("%s", err.msg);
            expect_same("vector", single, batch, PICTURES + texts.n, dim);
        }
        /* more than the session was made for */
        assert_int_equal(imf_clip_embed_texts(s->text, texts.ids, texts.lengths, 2, 0, batch, NULL, NULL, &err),
                         IMF_EINTERNAL);
        assert_int_equal(imf_clip_embed_pictures(s->picture, rgb, 2, batch, NULL, NULL, &err), IMF_EINTERNAL);
        imf_clip_session_free(&picture);
        imf_clip_session_free(&text);
        free(rgb);
        free(single);
        free(batch);
        close_subject(s);
    }
}

typedef struct worker {
    imf_clip *m;
    const uint8_t *rgb;
    const corpus *texts;
    float *vectors; /* pictures, then texts */
    int rc;
    imf_err err;
} worker;

static void *work(void *user)
{
    worker *w = user;
    size_t dim = (size_t)imf_clip_get_config(w->m)->dim;

    imf_dnn_use_threads(1);
    for (int i = 0; i < 3 && w->rc == IMF_OK; i++)
        w->rc = embed_singly(w->m, w->rgb, w->texts, w->vectors, w->vectors + PICTURES * dim, &w->err);
    return NULL;
}

/* Two threads open sessions of one model at once: who comes first unpacks it. */
static void test_threads(void **state)
{
    static corpus texts;
    imf_err err = {0};

    (void)state;
    for (size_t k = 0; k < MODELS; k++) {
        const char *folder = golden_folder(models[k]);
        imf_clip *m = NULL;
        if (imf_clip_open(&m, folder, &err) != IMF_OK)
            fail_msg("%s", err.msg);
        read_corpus(&texts, folder);
        size_t dim = (size_t)imf_clip_get_config(m)->dim, n = PICTURES + texts.n;
        uint8_t *rgb = all_pictures(imf_clip_get_config(m));
        worker w[2] = {{.m = m, .rgb = rgb, .texts = &texts}, {.m = m, .rgb = rgb, .texts = &texts}};
        pthread_t threads[2];
        for (int i = 0; i < 2; i++) {
            w[i].vectors = new_vectors(n, dim);
            assert_int_equal(pthread_create(&threads[i], NULL, work, &w[i]), 0);
        }
        for (int i = 0; i < 2; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            if (w[i].rc != IMF_OK)
                fail_msg("%s", w[i].err.msg);
        }
        float *alone = new_vectors(n, dim);
        assert_int_equal(embed_singly(m, rgb, &texts, alone, alone + PICTURES * dim, &err), IMF_OK);
        for (int i = 0; i < 2; i++) {
            expect_same("vector", alone, w[i].vectors, n, dim);
            free(w[i].vectors);
        }
        free(alone);
        free(rgb);
        imf_clip_close(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),         cmocka_unit_test(test_true_models),
        cmocka_unit_test(test_damage),          cmocka_unit_test(test_first_layer_is_named),
        cmocka_unit_test(test_implementations), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_threads),
    };

    imf_dnn_use_threads(1); /* a team would mostly wait for each other: the models are tiny */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
