/*
 * From the tree of a pickle to tensors: what PyTorch's two containers (torch_zip.c, torch_legacy.c) share. A container
 * reads its pickle and says where a storage's bytes lie; this finds the tensors in the tree, their names, and checks
 * each against its storage.
 */
#ifndef IMF_NN_TORCH_H
#define IMF_NN_TORCH_H

#include "nn/pickle.h"
#include "nn/weights_internal.h"

typedef struct imf_torch_storage {
    imf_text key;
    imf_text class_name; /* "FloatStorage" */
    bool known;          /* the class is one that we read; else there is no dtype */
    imf_dtype dtype;
    size_t count;        /* numbers in it */
    size_t bytes;
} imf_torch_storage;

/* Finds the bytes of s for the tensor of that name (for messages); checks that there are s->bytes of them. */
typedef int imf_torch_find(void *user, const imf_torch_storage *s, const char *tensor, const uint8_t **data,
                           imf_err *err);

/* Adds the tensors of the tree to w; file_bytes bounds the copies of views. Sets w->format when the tree is a module of
 * TorchScript. Errors: IMF_EINPUT with file, tensor, expected and found; IMF_EMEM. */
int imf_torch_tensors(imf_weights *w, imf_value *root, size_t file_bytes, imf_torch_find *find, void *user,
                      imf_err *err);

/* Reads a persistent id, ("storage", class, key, location, count[, None]). NULL, or what is wrong with it: a text in
 * the language in force. *out is zeroed, and holds what was read until then. */
const char *imf_torch_storage_read(const imf_value *v, imf_torch_storage *out);

/* Bytes of t that a message shows: for "%.*s" and t.s. */
int imf_text_shown(imf_text t);

#endif
