/*
 * The weights of a model: named tensors, whatever the container. Read are safetensors, PyTorch's archives
 * (torch.save since 1.6, and TorchScript), PyTorch's files from before, and sets of shards with an index. A file is
 * recognised by its content, and never trusted: every size, offset, type, stride and count is checked before use,
 * nothing in a pickle is ever executed, and what comes out lies inside the mapped file or inside memory of ours.
 *
 * An imf_weights is immutable: any number of threads may read it.
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

const char *imf_dtype_name(imf_dtype dtype); /* "F32" */

enum { IMF_MAX_RANK = 8 };

typedef struct imf_tensor {
    const char *name;
    imf_dtype dtype;
    int rank;
    size_t shape[IMF_MAX_RANK];
    size_t count;           /* product of the shape */
    const void *data;       /* row-major, little-endian; may be unaligned for its type: copy or read bytewise */
    size_t bytes;
} imf_tensor;

typedef struct imf_weights imf_weights;

typedef enum imf_weights_format {
    IMF_WEIGHTS_SAFETENSORS,
    IMF_WEIGHTS_TORCH,       /* torch.save since 1.6: a ZIP archive */
    IMF_WEIGHTS_TORCHSCRIPT, /* torch.jit.save */
    IMF_WEIGHTS_TORCH_LEGACY /* torch.save before 1.6 */
} imf_weights_format;

enum {
    /* The checksums of this very file (size and date) were right before: do not compute them again. */
    IMF_WEIGHTS_TRUST = 1
};

/* Opens and checks a file. Errors: IMF_EINPUT (names the file, the tensor, expected and found), IMF_EMEM. */
int imf_weights_open(imf_weights **out, const char *path, imf_err *err);

/* Opens the one set of weights in a model's folder: model.safetensors, pytorch_model.bin, either one's .index.json with
 * its shards, open_clip_model.safetensors, open_clip_pytorch_model.bin, or the only *.pt, *.pkl or *.pth. Errors: as
 * imf_weights_open; IMF_EINPUT also when there is none, or two (names both). */
int imf_weights_open_folder(imf_weights **out, const char *folder, imf_err *err);

/* Either: a folder, a file, or the .index.json of shards; flags are IMF_WEIGHTS_... */
int imf_weights_open_path(imf_weights **out, const char *path, unsigned flags, imf_err *err);

/* One file's bytes in memory, which stay the caller's and must outlive it; `name` is for messages. What the fuzz
 * targets call. */
int imf_weights_parse(imf_weights **out, const void *bytes, size_t n, const char *name, unsigned flags, imf_err *err);
void imf_weights_close(imf_weights **w);

/* Computes the checksums that the file tells for what was read of it (archives only). IMF_EINPUT names the entry. */
int imf_weights_check(const imf_weights *w, imf_err *err);

/* The file or index that was opened, for messages; borrowed. */
const char *imf_weights_file(const imf_weights *w);
imf_weights_format imf_weights_format_of(const imf_weights *w); /* of shards: that of the first */

size_t imf_weights_count(const imf_weights *w);
/* of a safetensors file in the order of their offsets, else of their names; borrowed */
const imf_tensor *imf_weights_at(const imf_weights *w, size_t i);
/* NULL when there is none; borrowed */
const imf_tensor *imf_weights_find(const imf_weights *w, const char *name);

/* Finds a tensor and demands its dtype and shape. Errors: IMF_EINPUT with file, tensor, expected and found. */
int imf_weights_need(const imf_weights *w, const char *name, imf_dtype dtype, int rank, const size_t *shape,
                     const imf_tensor **out, imf_err *err);

/* Copies the tensor's numbers as float32 to out[t->count]: F32, F16 and BF16 exactly, F64 rounded. IMF_EINPUT for
 * integer types (out is untouched). */
int imf_tensor_to_f32(const imf_tensor *t, float *out);

/* The same as a copy (imf_free), each number of which is finite. Errors: IMF_EINPUT (names file and tensor), IMF_EMEM.
 * The tensor's dtype was checked: one of floats. */
int imf_weights_floats(const imf_weights *w, const imf_tensor *t, float **out, imf_err *err);

/* XXH3-128 (low and high half) over names, dtypes, shapes and data of the tensors whose name starts with prefix, in the
 * order of their names. */
void imf_weights_hash(const imf_weights *w, const char *prefix, uint64_t out[2]);

#endif
