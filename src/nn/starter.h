/*
 * The starter model's two towers (contract: docs/internals/starter.md). imf_starter is immutable and shared by threads;
 * the picture tower is unpacked to float32 when the first session is made, so that a search by words only hashes its
 * bytes (imf_starter_space).
 */
#ifndef IMF_NN_STARTER_H
#define IMF_NN_STARTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/calibration.h"

typedef struct imf_starter imf_starter;
typedef struct imf_starter_session imf_starter_session; /* one thread's picture tower with its buffers */

typedef struct imf_starter_config {
    int dim;             /* 512 */
    int picture_size;    /* 224 */
    int preprocessing;   /* version of the views */
    bool centre, squash; /* the views of an opaque picture: one, or both; one with alpha has `subject` */
    uint32_t word_rows, ngram_rows, max_words, ngram_min, ngram_max, prefix_min, prefix_max; /* for the tokenizer */
} imf_starter_config;

/* Called after each layer with its planar values; names are those of docs/internals/starter.md. For goldens only. */
typedef void (*imf_starter_tap)(void *user, const char *layer, const float *values, const size_t *shape, int rank);

/* folder holds config.json and model.safetensors. Errors: IMF_EINPUT (missing, damaged, another model_type or
 * format_version: named), IMF_EMEM. */
int imf_starter_open(imf_starter **out, const char *folder, imf_err *err);
void imf_starter_close(imf_starter **m);
const imf_starter_config *imf_starter_get_config(const imf_starter *m);  /* borrowed */
const imf_calibration *imf_starter_get_calibration(const imf_starter *m); /* borrowed; NULL: it has none */

/* Hash of all that changes a picture's vector (weights, views and their version, dimension, the numbers of the
 * configuration): the space. 32 hex digits and a NUL. Reads every picture tensor. */
void imf_starter_space(const imf_starter *m, char out[33]);

/* Text: rows as text/words.h makes them (passed as plain arrays, since nn does not know text). vector: [dim], unit
 * length. No allocation beyond the stack; thread-safe. Errors: IMF_EUSAGE (no words, or a row out of range), IMF_EINPUT
 * (the vector is not finite or zero). */
int imf_starter_embed_words(const imf_starter *m, const uint32_t *word_slot, const size_t *ngram_start,
                            const uint32_t *ngram_row, size_t n_words, float *vector,
                            imf_starter_tap tap, void *tap_user, imf_err *err);

/* Unpacks the picture tower. exact: float32 throughout; otherwise int8 where that is fast (imf_dnn_has_int8). Errors:
 * IMF_EINPUT, IMF_EMEM, IMF_EINTERNAL (oneDNN). */
int imf_starter_session_new(imf_starter_session **out, const imf_starter *m, bool exact, imf_err *err);
void imf_starter_session_free(imf_starter_session **s);

/* The convolutions, so that a test can ask for oneDNN's implementations (nn/dnn.h). Borrowed. */
const struct imf_dnn_net *imf_starter_session_net(const imf_starter_session *s);

/* One view: rgb [size, size, 3] u8 -> vector [dim], unit length. */
int imf_starter_embed_view(imf_starter_session *s, const uint8_t *rgb, float *vector, imf_starter_tap tap,
                           void *tap_user, imf_err *err);

#endif
