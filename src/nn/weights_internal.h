/*
 * What the readers of the containers (safetensors.c, torch_zip.c, torch_legacy.c, shards.c) fill in and weights.c hands
 * out. A reader gets an imf_weights with its name and arena, adds tensors, and leaves the rest to weights.c: sorting,
 * duplicate names, freeing, also of what a failed reader left behind.
 */
#ifndef IMF_NN_WEIGHTS_INTERNAL_H
#define IMF_NN_WEIGHTS_INTERNAL_H

#include <stdbool.h>

#include "base/mem.h"
#include "nn/weights.h"

enum {
    IMF_WEIGHTS_MAX_TENSORS = 100 * 1000, /* a file; the largest models have a few thousand */
    IMF_WEIGHTS_NAME_SHOWN = 120          /* bytes of a name from a file in a message */
};

/* Bytes of copied tensors, of a file and of all shards together; a number counts as four bytes at least. Holds memory
 * well below 1 GB and time below a few seconds, whatever a file asks for. */
#define IMF_WEIGHTS_MAX_OWNED ((size_t)512 << 20)

/* A piece of the file whose CRC-32 the archive tells. */
typedef struct imf_checksum {
    const char *name;    /* of the archive's entry */
    const uint8_t *data;
    size_t bytes;
    uint32_t crc;
} imf_checksum;

struct imf_weights {
    char *file;                 /* for messages */
    imf_weights_format format;
    const uint8_t *map;         /* set when the file is mapped by us */
    size_t map_bytes;
    imf_tensor *tensors;        /* [count] */
    size_t count, cap;
    const imf_tensor **by_name; /* [count], made by imf_weights_sort */
    imf_arena *names;           /* of tensors and entries */
    imf_checksum *checksums;    /* of everything that was used of an archive */
    size_t n_checksums, cap_checksums;
    void **owned;               /* the data of tensors that could not stay in the file */
    size_t n_owned, cap_owned, owned_bytes;
    imf_weights **shards;       /* their tensors are also in our table */
    size_t n_shards;
};

/* The readers. Bytes are the whole file and outlive w. */
int imf_safetensors_read(imf_weights *w, const uint8_t *bytes, size_t n, imf_err *err);
int imf_torch_zip_read(imf_weights *w, const uint8_t *bytes, size_t n, unsigned flags, imf_err *err);
int imf_torch_legacy_read(imf_weights *w, const uint8_t *bytes, size_t n, imf_err *err);

/* For shards.c: an empty one; freed with imf_weights_close. NULL when out of memory. */
imf_weights *imf_weights_new(const char *file);

/* Adds a zeroed tensor at the end of the table; the pointer lives until the next call. IMF_EMEM, or IMF_EINPUT when
 * there are more than any model has. */
int imf_weights_add(imf_weights *w, imf_tensor **out, imf_err *err);

/* Makes by_name. Errors: IMF_EMEM, IMF_EINPUT when two tensors have one name. */
int imf_weights_sort(imf_weights *w, imf_err *err);

/* CRC-32 of one piece. IMF_EINPUT names the entry. */
int imf_checksum_verify(const imf_weights *w, const imf_checksum *c, imf_err *err);

/* Bytes that can begin a JSON value inside a container: an upper bound on the number of values, which bounds the memory
 * of jansson's tree before it is built. */
size_t imf_json_count_values(const uint8_t *text, size_t n);

size_t imf_dtype_size(imf_dtype dtype);

/* As imf_weights_open, with flags: one file, no folder and no index. */
int imf_weights_open_file(imf_weights **out, const char *path, unsigned flags, imf_err *err);

#endif
