/* What the files of the starter share: the checked configuration and the tensors, found and checked at opening.
 * Only src/nn/starter*.c includes it. */
#ifndef IMF_NN_STARTER_INTERNAL_H
#define IMF_NN_STARTER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/starter.h"
#include "nn/weights.h"

enum {
    IMF_STARTER_FORMAT = 2,        /* the format_version that we read */
    IMF_STARTER_PREPROCESSING = 2, /* the version of the views that we make */
    IMF_STARTER_STEM = 32,         /* channels of the stem */
    IMF_STARTER_MAX_STAGES = 16,
    IMF_STARTER_MAX_REPEATS = 8,
    IMF_STARTER_MAX_CONVS = 2 + 3 * IMF_STARTER_MAX_STAGES * IMF_STARTER_MAX_REPEATS,
    IMF_STARTER_MAX_WIDTH = 1024,  /* of a table row; with the next two it bounds the stack of a forward pass */
    IMF_STARTER_MAX_HIDDEN = 4096,
    IMF_STARTER_MAX_DIM = 4096,
    IMF_STARTER_MAX_COLOURS = 256
};

typedef struct imf_starter_stage {
    int repeats, kernel, stride, channels, expansion;
} imf_starter_stage;

/* One convolution of the picture tower, in the order of computing. */
typedef struct imf_starter_conv {
    char name[40];            /* layer name: "blocks.3.expand" */
    int in_channels, out_channels, in_size, out_size, kernel, stride, groups;
    bool relu6;
    int residual_of;          /* index of the convolution whose output is added, or -1 */
    const imf_tensor *weight; /* I8 [out, in/groups, k, k] */
    const imf_tensor *scale;  /* F32 [out] */
    const imf_tensor *bias;   /* F32 [out] */
} imf_starter_conv;

/* An int8 matrix whose weights stay in the mapped file; scale and bias are copied, because the file does not align
 * them. */
typedef struct imf_starter_matrix {
    int n_out, n_in;
    const int8_t *weight; /* [n_out, n_in], in the file */
    float *scale;         /* [n_out], ours */
    float *bias;          /* [n_out], ours; NULL when there is none */
} imf_starter_matrix;

struct imf_starter {
    imf_starter_config config;
    imf_weights *weights;
    imf_calibration calibration;

    struct {
        double mean, std, tau, class_scale, concept_weight, colour_weight, colour_background, colour_floor;
        int features, classes, concept_dim, learned_dim, colour_dim;
        imf_starter_stage stages[IMF_STARTER_MAX_STAGES];
        int n_stages;
        imf_starter_conv *convs; /* [n_convs] */
        int n_convs;
        const uint8_t *colour_table;  /* [32768], in the file */
        const uint8_t *colour_window; /* [2, size / 8, size / 8], in the file */
    } picture;

    struct {
        int width, hidden;
        const uint8_t *table;   /* U8 [rows, width/2], in the file */
        const uint8_t *scale;   /* F16 [rows], in the file, unaligned */
        const uint8_t *known;   /* U8 [word_rows], in the file: bit b of row r: the word slot 8 * r + b is known */
        float *pool;            /* [width] */
        imf_starter_matrix proj, mlp0, mlp1;
    } text;
};

/* Finds NAME.weight [n_out, n_in] and NAME.scale, and NAME.bias when it should have one; copies the latter two. Errors:
 * IMF_EINPUT, IMF_EMEM. */
int imf_starter_matrix_init(imf_starter_matrix *x, const imf_starter *m, const char *name, int n_out, int n_in,
                            bool has_bias, imf_err *err);
void imf_starter_matrix_clear(imf_starter_matrix *x);

/* y = weight . x (+ bias) */
void imf_starter_matrix_apply(const imf_starter_matrix *x, const float *in, float *out);

/* Finds and checks the two tensors of the colours. Errors: IMF_EINPUT. */
int imf_starter_colour_init(imf_starter *m, imf_err *err);

/* rgb [size, size, 3] u8 -> colour [colour_dim], unit length */
void imf_starter_colours(const imf_starter *m, const uint8_t *rgb, float *colour);

/* Scales v to length 1. false when its length is 0 or not finite. */
bool imf_starter_normalise(float *v, int n);

#endif
