/*
 * The safetensors reader (format: huggingface/safetensors). The file is mapped; every size, offset, dtype and shape is
 * checked before use: the header is at most 100 MB and a flat JSON object without duplicate keys, offsets cover the
 * data exactly, without holes or overlap, and shape times element size equals the length. An imf_weights is immutable:
 * any number of threads may read it.
 */
#ifndef IMF_NN_WEIGHTS_H
#define IMF_NN_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IMF_DTYPES(X) \
    X(F64, 8) X(F32, 4) X(F16, 2) X(BF16, 2) X(I64, 8) X(I32, 4) X(I16, 2) X(I8, 1) X(U8, 1) X(BOOL, 1)
#define IMF_DTYPE_ENUM(name, size) IMF_##name,
typedef enum imf_dtype { IMF_DTYPES(IMF_DTYPE_ENUM) IMF_DTYPE_COUNT } imf_dtype;
#undef IMF_DTYPE_ENUM

enum { IMF_MAX_RANK = 8 };

typedef struct imf_tensor {
    const char *name;
    imf_dtype dtype;
    int rank;
    size_t shape[IMF_MAX_RANK];
    size_t count;           /* product of the shape */
    const void *data;       /* in the mapped file; may be unaligned for its type: copy or read bytewise */
    size_t bytes;
} imf_tensor;

typedef struct imf_weights imf_weights;

/* Opens and checks a file. Errors: IMF_EINPUT (names the file, the tensor, expected and found), IMF_EMEM. */
int imf_weights_open(imf_weights **out, const char *path, imf_err *err);

/* The same over bytes in memory, which stay the caller's and must outlive it; `name` is for messages. What the fuzz
 * target calls. */
int imf_weights_parse(imf_weights **out, const void *bytes, size_t n, const char *name, imf_err *err);
void imf_weights_close(imf_weights **w);

size_t imf_weights_count(const imf_weights *w);
/* in the order of their offsets; borrowed */
const imf_tensor *imf_weights_at(const imf_weights *w, size_t i);
/* NULL when there is none; borrowed */
const imf_tensor *imf_weights_find(const imf_weights *w, const char *name);

/* Finds a tensor and demands its dtype and shape. Errors: IMF_EINPUT with file, tensor, expected and found. */
int imf_weights_need(const imf_weights *w, const char *name, imf_dtype dtype, int rank, const size_t *shape,
                     const imf_tensor **out, imf_err *err);

/* XXH3-128 (low and high half) over names, dtypes, shapes and data of the tensors whose name starts with prefix, in the
 * order of their names. */
void imf_weights_hash(const imf_weights *w, const char *prefix, uint64_t out[2]);

#endif
