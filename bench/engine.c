/*
 * Our side of `./dev bench engine`: the starter's picture tower, driven by lines on standard input so that
 * bench/engine.py can let two programs take turns.
 *
 *     starter-engine MODEL-FOLDER
 *     run EXACT JOBS TEAM COUNT    JOBS threads with a tower each (EXACT: of float32), of TEAM processors each, COUNT
 *                                  views each
 *     layers                       the features and the logits of the bench's picture
 *
 * Each line is answered by one line of JSON; nothing is measured before two views have warmed a thread up.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nn/dnn.h"
#include "nn/starter.h"

enum { MAX_JOBS = 16, MAX_COUNT = 100000, MAX_DIM = 4096, WARM_UP = 2 };

typedef struct job {
    pthread_t thread;
    pthread_barrier_t *start;
    imf_starter_session *tower;
    const uint8_t *rgb;
    int team, count;
    double *ms; /* [count] */
    double heads_ms;
    imf_err err;
} job;

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

/* bench/engine.py has the same formula. */
static void fill_picture(uint8_t *rgb, int size)
{
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            for (int channel = 0; channel < 3; channel++)
                *rgb++ = (uint8_t)((3 * x + 5 * y + 37 * channel + (x * y >> 4)) & 255);
}

/* ---- A run ----------------------------------------------------------------------------------- */

/* What follows the last convolution, timed between its call and that of the vector. */
typedef struct stopwatch {
    double since, ms;
} stopwatch;

static void time_heads(void *user, const char *layer, const float *values, const size_t *shape, int rank)
{
    stopwatch *w = user;

    (void)values, (void)shape, (void)rank;
    if (strcmp(layer, "vector") == 0)
        w->ms = now_ms() - w->since;
    else if (strcmp(layer, "head") == 0)
        w->since = now_ms();
}

static void *work(void *user)
{
    job *j = user;
    float vector[MAX_DIM];
    double heads[9];
    const int n_heads = sizeof heads / sizeof heads[0];
    int rc = IMF_OK;

    imf_dnn_use_threads(j->team);
    for (int i = 0; i < WARM_UP && rc == IMF_OK; i++)
        rc = imf_starter_embed_view(j->tower, j->rgb, vector, NULL, NULL, &j->err);
    pthread_barrier_wait(j->start);
    for (int i = 0; i < j->count && rc == IMF_OK; i++) {
        double start = now_ms();
        rc = imf_starter_embed_view(j->tower, j->rgb, vector, NULL, NULL, &j->err);
        j->ms[i] = now_ms() - start;
    }
    pthread_barrier_wait(j->start);
    for (int i = 0; i < n_heads && rc == IMF_OK; i++) {
        stopwatch w = {0};
        rc = imf_starter_embed_view(j->tower, j->rgb, vector, time_heads, &w, &j->err);
        heads[i] = w.ms;
    }
    if (rc == IMF_OK)
        j->heads_ms = median(heads, n_heads);
    return NULL;
}

static int run(const imf_starter *model, imf_starter_session **towers, bool exact, const uint8_t *rgb, int jobs,
               int team, int count)
{
    job list[MAX_JOBS] = {0};
    pthread_barrier_t start;
    imf_err err = {0};
    double wall = 0;
    double *ms = calloc((size_t)(jobs * count), sizeof *ms);

    if (ms == NULL || pthread_barrier_init(&start, NULL, (unsigned)jobs + 1) != 0)
        return 1;
    for (int i = 0; i < jobs; i++) {
        if (towers[i] == NULL && imf_starter_session_new(&towers[i], model, exact, &err) != IMF_OK) {
            fprintf(stderr, "engine: %s\n", err.msg);
            return 1;
        }
        list[i] = (job){.start = &start, .tower = towers[i], .rgb = rgb, .team = team, .count = count,
                        .ms = ms + i * count};
    }
    for (int i = 0; i < jobs; i++)
        if (pthread_create(&list[i].thread, NULL, work, &list[i]) != 0)
            return 1;
    pthread_barrier_wait(&start);
    wall = now_ms();
    pthread_barrier_wait(&start);
    wall = now_ms() - wall;
    for (int i = 0; i < jobs; i++) {
        pthread_join(list[i].thread, NULL);
        if (list[i].err.msg[0] != '\0') {
            fprintf(stderr, "engine: %s\n", list[i].err.msg);
            return 1;
        }
    }
    printf("{\"wall_ms\": %.4f, \"view_ms\": %.4f, \"heads_ms\": %.4f}\n", wall, median(ms, jobs * count),
           list[0].heads_ms);
    pthread_barrier_destroy(&start);
    free(ms);
    return 0;
}

/* ---- The answers ----------------------------------------------------------------------------- */

static void print_layer(void *user, const char *layer, const float *values, const size_t *shape, int rank)
{
    const char **separator = user;

    if (rank != 1 || (strcmp(layer, "features") != 0 && strcmp(layer, "logits") != 0))
        return;
    printf("%s\"%s\": [", *separator, layer);
    for (size_t i = 0; i < shape[0]; i++)
        printf("%s%.9g", i ? ", " : "", (double)values[i]);
    printf("]");
    *separator = ", ";
}

static int layers(imf_starter_session *tower, const uint8_t *rgb)
{
    float vector[MAX_DIM];
    const char *separator = "{";
    imf_err err = {0};

    if (imf_starter_embed_view(tower, rgb, vector, print_layer, &separator, &err) != IMF_OK) {
        fprintf(stderr, "engine: %s\n", err.msg);
        return 1;
    }
    puts("}");
    return 0;
}

int main(int argc, char **argv)
{
    imf_starter *model = NULL;
    imf_starter_session *towers[2][MAX_JOBS] = {0}; /* [exact] */
    imf_err err = {0};
    uint8_t *rgb = NULL;
    char line[80];
    int exact = 0, jobs = 0, team = 0, count = 0, failed = 0;

    if (argc != 2) {
        fputs("usage: starter-engine MODEL-FOLDER\n", stderr);
        return 2;
    }
    imf_dnn_use_threads(1);
    if (imf_starter_open(&model, argv[1], &err) != IMF_OK ||
        imf_starter_session_new(&towers[1][0], model, true, &err) != IMF_OK) {
        fprintf(stderr, "engine: %s\n", err.msg);
        return 1;
    }
    const imf_starter_config *config = imf_starter_get_config(model);
    rgb = malloc((size_t)config->picture_size * (size_t)config->picture_size * 3);
    if (rgb == NULL || config->dim > MAX_DIM)
        return 1;
    fill_picture(rgb, config->picture_size);
    while (!failed && fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "layers\n") == 0)
            failed = layers(towers[1][0], rgb);
        else if (sscanf(line, "run %d %d %d %d", &exact, &jobs, &team, &count) == 4 && (exact | 1) == 1 && jobs >= 1 &&
                 jobs <= MAX_JOBS && team >= 1 && count >= 1 && count <= MAX_COUNT)
            failed = run(model, towers[exact], exact, rgb, jobs, team, count);
        else
            failed = 1;
        fflush(stdout);
    }
    for (int i = 0; i < MAX_JOBS; i++) {
        imf_starter_session_free(&towers[0][i]);
        imf_starter_session_free(&towers[1][i]);
    }
    imf_starter_close(&model);
    free(rgb);
    return failed;
}
