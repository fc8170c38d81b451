/*
 * The table of contents of a ZIP archive in memory, read strictly: what PyTorch writes, and nothing that two readers
 * could understand in two ways. Immutable after reading; thread-safe.
 */
#ifndef IMF_NN_ZIP_H
#define IMF_NN_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct imf_zip_entry {
    const char *name;     /* in the archive's bytes, not terminated */
    size_t name_len;
    unsigned method, flags;
    uint32_t crc;
    uint64_t packed, size;
    uint64_t begin, end;  /* of the whole entry: its header, data and descriptor */
    const uint8_t *data;  /* [packed] */
} imf_zip_entry;

typedef struct imf_zip {
    imf_zip_entry *entries; /* by name */
    size_t count;
} imf_zip;

/* file is for messages. Errors: IMF_EINPUT (names the entry, expected and found), IMF_EMEM; *zip is freed with
 * imf_zip_clear in any case. */
int imf_zip_read(imf_zip *zip, const uint8_t *bytes, size_t n, const char *file, imf_err *err);
void imf_zip_clear(imf_zip *zip);

/* NULL when there is none */
const imf_zip_entry *imf_zip_find(const imf_zip *zip, const char *name, size_t name_len);

/* Neither compressed nor encrypted. */
bool imf_zip_stored(const imf_zip_entry *e);

#endif
