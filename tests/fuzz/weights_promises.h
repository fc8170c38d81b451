/* What every reader of weights promises, whatever the bytes are: a refusal is IMF_EINPUT with one line, and what is
 * accepted keeps the words of nn/weights.h, down to the last byte of the last tensor. */
#ifndef TESTS_FUZZ_WEIGHTS_PROMISES_H
#define TESTS_FUZZ_WEIGHTS_PROMISES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/weights.h"

/* Where the sum of all bytes goes, so that no compiler leaves out the reading. */
static volatile unsigned read_sum;

/* abort() also without the sanitizers: a broken promise fails the replay. */
static inline void demand(int promise)
{
    if (!promise)
        abort();
}

static inline void check_tensor(const imf_weights *w, const imf_tensor *t)
{
    const imf_tensor *again = NULL;
    const uint8_t *p = t->data;
    size_t count = 1;
    unsigned sum = 0;
    float *floats = NULL;

    demand(t->name[0] != '\0' && imf_weights_find(w, t->name) == t);
    demand(t->rank >= 0 && t->rank <= IMF_MAX_RANK);
    demand(imf_weights_need(w, t->name, t->dtype, t->rank, t->shape, &again, NULL) == IMF_OK && again == t);
    for (int d = 0; d < t->rank; d++)
        count *= t->shape[d];
    demand(count == t->count && t->bytes >= t->count && (count == 0 || t->bytes % count == 0));
    for (size_t b = 0; b < t->bytes; b++)
        sum += p[b];
    read_sum = sum;
    floats = malloc(t->count * sizeof *floats + 1);
    demand(floats != NULL);
    imf_tensor_to_f32(t, floats);
    free(floats);
}

/* Reads the bytes, closes what came out, and says whether something did. With data, the tensors of a safetensors file
 * must lie in it. */
static inline int check_promises(const uint8_t *data, size_t size, unsigned flags)
{
    imf_weights *w = NULL;
    imf_err err = {0};
    int rc = imf_weights_parse(&w, data, size, "fuzz", flags, &err);
    uint64_t hash[2] = {0};
    size_t total = 0;

    if (rc != IMF_OK) {
        demand(rc == IMF_EINPUT && w == NULL && err.code == rc && err.msg[0] != '\0' && strchr(err.msg, '\n') == NULL);
        return 0;
    }
    demand(w != NULL && err.code == IMF_OK);
    for (size_t i = 0; i < imf_weights_count(w); i++) {
        const imf_tensor *t = imf_weights_at(w, i);
        check_tensor(w, t);
        if (imf_weights_format_of(w) == IMF_WEIGHTS_SAFETENSORS) {
            const uint8_t *p = t->data;
            demand(p >= data && t->bytes <= size && p + t->bytes <= data + size);
            total += t->bytes;
        }
    }
    demand(total <= size);
    demand(imf_weights_at(w, imf_weights_count(w)) == NULL);
    imf_weights_hash(w, "", hash);
    imf_weights_close(&w);
    demand(w == NULL);
    return 1;
}

#endif
