/*
 * What model.c asks of a kind of model: the starter (model_starter.c), CLIP's families (model_clip.c). A kind fills the
 * fields of imf_model that say what it is, keeps its own data behind `self`, and makes vectors as its towers give them;
 * templates, means and unit length are model.c's.
 */
#ifndef IMF_FINDER_MODEL_H
#define IMF_FINDER_MODEL_H

#include "finder/finder.h"
#include "text/tokenizer.h"

typedef struct imf_model_kind {
    int preprocessing; /* version of the views that this kind asks for; part of a space */
    /* Opens m->path. flags: IMF_WEIGHTS_... of nn/weights.h. What is half open is closed by `close`. */
    int (*open)(imf_model *m, unsigned flags, imf_err *err);
    void (*close)(imf_model *m);
    void (*space)(const imf_model *m, char out[33]); /* reads the picture tower's weights */
    /* file (borrowed): that of the weights */
    int (*count)(const imf_model *m, uint64_t *parameters, uint64_t *tensors, const char **file, imf_err *err);

    /* Whether texts can be embedded, before any is. *missing (borrowed): the files that it needs for that, or NULL. */
    int (*check_texts)(imf_model *m, const char **missing, imf_err *err);
    /* vectors: [n, dim]; n is at most IMF_MODEL_TEXTS */
    int (*embed_texts)(imf_model *m, const char *const *texts, size_t n, float *vectors, imf_err *err);
    /* NULL where a text does not become numbered pieces */
    int (*tokenize)(imf_model *m, const char *text, imf_ids *ids, imf_err *err);

    const char *(*precision)(void); /* of a tower that need not be exact: "int8" ... */
    int (*tower_new)(void **tower, const imf_model *m, bool exact, imf_err *err); /* pictures; one thread's */
    void (*tower_free)(void **tower);
    int (*embed_view)(void *tower, const uint8_t *rgb, float *vector, imf_err *err);
} imf_model_kind;

enum { IMF_MODEL_TEXTS = 8 }; /* texts of one call: most models' templates */

extern const imf_model_kind imf_model_starter, imf_model_clip;

/* ---- model_find.c: which files a reference means, and which kind of model they are ---- */

/* Fills name, reference, path and kind. Errors: IMF_EUNKNOWN (a name that is nowhere), IMF_EINPUT (a path that is not
 * there; a kind that is not supported, by name). */
int imf_model_find(imf_model *m, const char *home, const char *reference, imf_err *err);

/* ---- model_cache.c: what was found out of the same files before ---- */

/* Fills stamp and cache, and the space when the home remembers it for just these files. */
void imf_model_recall(imf_model *m, const char *home);
/* Keeps the space in the home, where there is one that can be written; otherwise it is computed again next time. */
void imf_model_remember(const imf_model *m);

#endif
