/*
 * Fuzz target of the safetensors reader. Whatever the bytes are: a refusal is IMF_EINPUT with one line, and what is
 * accepted keeps the promises of nn/weights.h, down to the last byte of the last tensor.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the sum of all bytes goes, so that no compiler leaves out the reading. */
static volatile unsigned read_sum;

/* abort() also without the sanitizers: a broken promise fails the replay. */
static void demand(int promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imf_weights *w = NULL;
    imf_err err = {0};
    int rc = imf_weights_parse(&w, data, size, "fuzz", &err);
    size_t total = 0;
    uint64_t hash[2] = {0};
    unsigned sum = 0;

    if (rc != IMF_OK) {
        demand(rc == IMF_EINPUT && w == NULL && err.code == rc && err.msg[0] != '\0' && strchr(err.msg, '\n') == NULL);
        return 0;
    }
    demand(w != NULL && err.code == IMF_OK);
    for (size_t i = 0; i < imf_weights_count(w); i++) {
        const imf_tensor *t = imf_weights_at(w, i), *again = NULL;
        const uint8_t *bytes = t->data;
        size_t count = 1;
        demand(t->name[0] != '\0' && imf_weights_find(w, t->name) == t);
        demand(t->rank >= 0 && t->rank <= IMF_MAX_RANK);
        demand(imf_weights_need(w, t->name, t->dtype, t->rank, t->shape, &again, NULL) == IMF_OK && again == t);
        for (int d = 0; d < t->rank; d++)
            count *= t->shape[d];
        demand(count == t->count && t->bytes >= t->count && (count == 0 || t->bytes % count == 0));
        demand(bytes >= data && t->bytes <= size && bytes + t->bytes <= data + size);
        for (size_t b = 0; b < t->bytes; b++)
            sum += bytes[b];
        total += t->bytes;
    }
    demand(total <= size - 8);
    demand(imf_weights_at(w, imf_weights_count(w)) == NULL);
    imf_weights_hash(w, "", hash);
    read_sum = sum;
    imf_weights_close(&w);
    demand(w == NULL);
    return 0;
}
