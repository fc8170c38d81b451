/*
 * CLIP's two towers, from a folder or a file as its publisher lays it out:
 *
 * - transformers (`CLIPModel`): config.json with model_type "clip", preprocessor_config.json, weights in any container;
 * - OpenAI's own archives (ViT-B-32.pt ...): no configuration, everything is read from the tensors' shapes;
 * - ruCLIP: config.json with its own keys, and tensors named as OpenAI's.
 *
 * imf_clip is immutable and shared by threads, except that each tower is unpacked to float32 at its first session
 * (guarded). Numerics: openai/CLIP clip/model.py, transformers models/clip, ai-forever/ru-clip ruclip/model.py.
 */
#ifndef IMF_NN_CLIP_H
#define IMF_NN_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/matmul.h"

typedef enum imf_clip_family { IMF_CLIP_TRANSFORMERS, IMF_CLIP_OPENAI, IMF_CLIP_RUCLIP } imf_clip_family;

typedef struct imf_clip_tower {
    int width, heads, layers, hidden;
    double eps; /* of the norms */
    imf_act act;
} imf_clip_tower;

/* How the family's own code makes the input picture of a file. */
typedef enum imf_clip_crop {
    IMF_CLIP_RESIZE_THEN_CROP, /* shorter side to `resize`, centre crop with the offset rounded half to even (OpenAI) */
    IMF_CLIP_RESIZE_THEN_CROP_FLOOR, /* the same with the offset rounded down (transformers) */
    IMF_CLIP_CROP_THEN_RESIZE  /* the central square, resized (ruCLIP) */
} imf_clip_crop;

typedef struct imf_clip_config {
    imf_clip_family family;
    int dim;
    int image_size, patch;
    imf_clip_tower picture;
    int context, vocab;
    imf_clip_tower text;
    int end_id; /* the text vector is at the first token of this id; -1: at the first of the largest id */
    imf_clip_crop crop;
    int resize; /* length of the shorter side before the crop */
    int filter; /* Pillow's number: 2 bilinear, 3 bicubic */
    double rescale; /* what a byte is multiplied by; transformers' alone, the others divide by 255 */
    double mean[3], std[3];
    double logit_scale; /* as the parameter is kept: the published scores are cosines times its exponential */
} imf_clip_config;

typedef struct imf_clip imf_clip;
typedef struct imf_clip_session imf_clip_session; /* one thread's buffers, for one tower */

/* path: a folder, or a single weights file. Reads the configuration and checks every tensor's shape; unpacks nothing.
 * Errors: IMF_EINPUT (what is missing, unknown or contradictory, by file and name), IMF_EMEM. */
int imf_clip_open(imf_clip **out, const char *path, imf_err *err);
/* The same with flags of nn/weights.h. */
int imf_clip_open_flags(imf_clip **out, const char *path, unsigned flags, imf_err *err);
void imf_clip_close(imf_clip **m);
const imf_clip_config *imf_clip_get_config(const imf_clip *m); /* borrowed */
uint64_t imf_clip_parameters(const imf_clip *m);
size_t imf_clip_tensors(const imf_clip *m);
const char *imf_clip_file(const imf_clip *m); /* of the weights, or the index of their shards; borrowed */

/* Hash of all that changes a picture's vector: the picture tower's tensors, the configuration of pictures and
 * `preprocessing`, the version of our own views. 32 hex digits and a NUL. Reads every picture tensor. */
void imf_clip_space(const imf_clip *m, int preprocessing, char out[33]);

/* Bytes that one session of the tower takes for calls of `batch`, the unpacked tower with it: refused when it is more
 * than the machine has. */
size_t imf_clip_memory(const imf_clip *m, bool text, size_t batch);

/* Called with intermediate values for goldens: "pixels" (one row of one channel of the first picture after the other),
 * then of all pictures or texts of the call "embeddings" [tokens, width], "pre_norm" (pictures), "block.0.qkv",
 * "block.0.attention", "block.0.up", "block.0" ..., "pooled" [n, width], "vector" [n, dim]. */
typedef void (*imf_clip_tap)(void *user, const char *layer, const float *values, size_t rows, size_t columns);

/* A session embeds at most `batch` pictures or texts a call. The first session of a tower unpacks it. Errors: IMF_EMEM,
 * IMF_EINPUT (a tensor that is not finite, by name; more memory than the machine has). */
int imf_clip_picture_session(imf_clip_session **out, imf_clip *m, size_t batch, imf_err *err);
int imf_clip_text_session(imf_clip_session **out, imf_clip *m, size_t batch, imf_err *err);
void imf_clip_session_free(imf_clip_session **s);

/* rgb [n, size, size, 3] u8 -> vectors [n, dim], as the tower gives them (not normalised), each finite and not zero.
 * Errors: IMF_EINPUT (the weights give no such vector). */
int imf_clip_embed_pictures(imf_clip_session *s, const uint8_t *rgb, size_t n, float *vectors, imf_clip_tap tap,
                            void *user, imf_err *err);

/* n texts: ids with their start and end marks, one text after the other, lengths[n]; a text longer than the context is
 * cut, and its last place gets the end mark `end`. Only the tokens up to the end mark are computed. -> [n, dim], not
 * normalised, each finite and not zero. Errors: IMF_EINPUT (an id that the vocabulary does not have; the weights give
 * no such vector). */
int imf_clip_embed_texts(imf_clip_session *s, const uint32_t *ids, const size_t *lengths, size_t n, uint32_t end,
                         float *vectors, imf_clip_tap tap, void *user, imf_err *err);

/* The name of oneDNN's implementation of a layer (nn/transformer.h; also "patch", "projection"), once its tower is
 * unpacked; NULL before, and for a layer that there is not. A slow one of any shape used so far comes first. */
const char *imf_clip_impl(const imf_clip *m, bool text, const char *layer);
/* The names of the session's kernels of attention for the shape used last (nn/matmul.h). */
void imf_clip_attention_impl(const imf_clip_session *s, const char *names[3]);

#endif
