/* What the files of src/nn/clip*.c share: the open model, and how the families name their tensors. */
#ifndef IMF_NN_CLIP_INTERNAL_H
#define IMF_NN_CLIP_INTERNAL_H

#include <pthread.h>

#include "nn/clip.h"
#include "nn/transformer.h"
#include "nn/weights.h"

enum {
    IMF_CLIP_MAX_WIDTH = 16384,
    IMF_CLIP_MAX_LAYERS = 256,
    IMF_CLIP_MAX_CONTEXT = 4096,
    IMF_CLIP_MAX_VOCAB = 1 << 24,
    IMF_CLIP_MAX_IMAGE = 1024, /* of a view: media/protocol.h */
    IMF_CLIP_MAX_PATCHES = 16383 /* of a picture; its memory grows with their square */
};

/* The names of one family. Those of a block are formats with the block's number; qkv is one tensor in OpenAI's naming
 * and three in transformers' (then [0..2] are q, k, v). A NULL bias or tensor does not exist. */
typedef struct imf_clip_names {
    const char *patch, *class_embedding, *picture_positions;
    const char *pre_norm, *post_norm;   /* + ".weight", ".bias" */
    const char *picture_blocks;         /* "visual.transformer.resblocks.%d." */
    const char *picture_projection;
    const char *tokens, *text_positions, *final_norm, *text_blocks, *text_projection;
    bool projection_transposed;         /* [dim, width] in place of [width, dim] */
    const char *norm1, *norm2, *out, *up, *down; /* behind the block's prefix; + ".weight", ".bias" */
    const char *qkv[3];                 /* "attn.in_proj_", or three names + ".weight", ".bias" */
    const char *picture_prefixes[2];    /* what belongs to the picture tower */
} imf_clip_names;

const imf_clip_names *imf_clip_names_of(imf_clip_family family);

/* A tower that has been unpacked. */
typedef struct imf_clip_unpacked {
    imf_transformer *blocks;
    imf_linear *patch;       /* pictures: patches -> tokens */
    imf_linear *projection;  /* pooled -> vector */
    float *positions;        /* [tokens, width]; the first row of pictures has the class embedding added */
    float *norms[4];         /* pre (pictures), post: weight and bias */
} imf_clip_unpacked;

struct imf_clip {
    char *path;
    imf_clip_config config;
    const imf_clip_names *names;
    imf_weights *weights;
    const imf_tensor *tokens; /* [vocab, width]: read in place, a row at a time */
    pthread_mutex_t lock;     /* of unpacking */
    imf_clip_unpacked picture, text;
    bool has_picture, has_text; /* unpacked */
};

/* Makes a tower's weights ready to compute with, once; any thread. */
int imf_clip_unpack(imf_clip *m, bool text, imf_err *err);

size_t imf_clip_machine_memory(void); /* bytes of the machine */

/* Fills config from the folder's JSON and from the tensors (clip_config.c). */
int imf_clip_read_config(imf_clip_config *c, const char *path, const imf_weights *w, imf_err *err);

/* The same from the bytes of config.json and of preprocessor_config.json (NULL: there is none), without any tensors. */
int imf_clip_parse_config(imf_clip_config *c, const void *config, size_t n, const void *preprocessor,
                          size_t n_preprocessor, imf_err *err);

/* The number of a block's tensor: `name` begins as `format` does, with a number in the place of %d. -1: it does not. */
int imf_clip_block_number(const char *name, const char *format);

#endif
