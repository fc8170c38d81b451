/*
 * The seam to oneDNN: the one file pair of the project that knows its headers. float32, planar NCHW at the edges; a net
 * is built once as a list of steps with prepacked weights and fixed buffers, and run many times without allocating. One
 * imf_dnn_net may be run by one thread at a time.
 */
#ifndef IMF_NN_DNN_H
#define IMF_NN_DNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct imf_dnn_net imf_dnn_net;

typedef struct imf_dnn_conv {
    const char *name;                 /* for messages and taps; copied */
    int in_channels, out_channels;    /* depthwise: equal, groups == channels */
    int in_h, in_w, kernel, stride;
    int pad_top, pad_left, pad_bottom, pad_right;
    int groups;
    bool relu6;                       /* clip to 0..6 after everything else */
    /* step whose output is added after the bias, or -1; not the last step, and each step at most once */
    int residual_of;
    const float *weight;              /* [out, in/groups, k, k]; copied */
    const float *bias;                /* [out]; copied */

    /* Arithmetic on bytes (imf_dnn_has_int8); all zero: on floats. The weights are weight_s8 * weight_scale[out], and
     * the input is rounded. */
    const int8_t *weight_s8;          /* copied, like the scales; weight is not read then */
    const float *weight_scale;        /* > 0 */
    float in_range;                   /* input: 127 steps to either side reach this; 0: relu6's, in 255 steps of 0..6 */
    bool bytes_out;                   /* the output is kept in 255 steps of 0..6: with relu6, without residual */
} imf_dnn_conv;

/* Called during a run after each step with its planar output [C, H, W], before its buffer is used again. */
typedef void (*imf_dnn_tap)(void *user, int step, const float *values, const size_t shape[3]);

/* How many threads oneDNN takes for what the calling thread runs from now on (its OpenMP setting); n >= 1. Several
 * threads that each run a net of their own take 1: a team of OpenMP threads waits for its slowest, and spins
 * meanwhile. */
void imf_dnn_use_threads(int n);

/* The best instruction set that oneDNN may use here (ONEDNN_MAX_CPU_ISA lowers it). Static. */
enum imf_dnn_isa { IMF_ISA_PLAIN, IMF_ISA_SSE41, IMF_ISA_AVX, IMF_ISA_AVX2, IMF_ISA_AVX512, IMF_ISA_NEON };
enum imf_dnn_isa imf_dnn_isa(const char **name);

/* Whether arithmetic on bytes is exact here (VNNI) and therefore fast: older processors saturate sums of two products,
 * and oneDNN's way around that gives other numbers. */
bool imf_dnn_has_int8(void);

int imf_dnn_net_new(imf_dnn_net **out, imf_err *err);
void imf_dnn_net_free(imf_dnn_net **net);

/* Adds a convolution that reads the last step's output (or the input). Returns the step's number >= 0, or a negative
 * imf_code. */
int imf_dnn_add_conv(imf_dnn_net *net, const imf_dnn_conv *conv, imf_err *err);

/* Fixes the buffers. No step can be added afterwards. */
int imf_dnn_net_build(imf_dnn_net *net, imf_err *err);

/* input: [C, H, W] of the first step, planar. output: [C, H, W] of the last, planar. tap may be NULL; with one the run
 * allocates and is slower: for goldens. */
int imf_dnn_run(imf_dnn_net *net, const float *input, float *output, imf_dnn_tap tap, void *tap_user, imf_err *err);

/* The name of oneDNN's implementation of a step ("jit:avx512_core" ...), so that a test can demand that none is "ref".
 * Borrowed. */
const char *imf_dnn_step_impl(const imf_dnn_net *net, int step);
const char *imf_dnn_step_name(const imf_dnn_net *net, int step);
int imf_dnn_step_count(const imf_dnn_net *net);

#endif
