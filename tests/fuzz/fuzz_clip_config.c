/* Fuzz target of CLIP's configurations: config.json, and behind a NUL byte preprocessor_config.json. A refusal is one
 * line that names a file; what is accepted has sizes that everything behind may rely on. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/clip_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() also without the sanitizers: a broken promise fails the replay. */
static void demand(int promise)
{
    if (!promise)
        abort();
}

static void check_tower(const imf_clip_tower *t)
{
    demand(t->width >= 1 && t->width <= IMF_CLIP_MAX_WIDTH && t->heads >= 1 && t->width % t->heads == 0);
    demand(t->layers >= 1 && t->layers <= IMF_CLIP_MAX_LAYERS && t->hidden >= 1 && t->hidden <= 4 * IMF_CLIP_MAX_WIDTH);
    demand(t->eps >= 0 && t->eps <= 1 && t->act != IMF_ACT_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
    size_t n = nul != NULL ? (size_t)(nul - data) : size;
    imf_clip_config c;
    imf_err err = {0};
    int rc = imf_clip_parse_config(&c, data, n, nul != NULL ? nul + 1 : NULL, nul != NULL ? size - n - 1 : 0, &err);

    if (rc != IMF_OK) {
        demand(rc == IMF_EINPUT && strchr(err.msg, '\n') == NULL && strstr(err.msg, "config.json") != NULL);
        return 0;
    }
    check_tower(&c.picture);
    check_tower(&c.text);
    demand(c.family == IMF_CLIP_TRANSFORMERS || c.family == IMF_CLIP_RUCLIP);
    demand(c.dim >= 1 && c.dim <= IMF_CLIP_MAX_WIDTH && c.patch >= 1 && c.patch <= c.image_size);
    demand(c.image_size <= IMF_CLIP_MAX_IMAGE && c.resize >= c.image_size && c.resize <= IMF_CLIP_MAX_IMAGE);
    demand((c.image_size / c.patch) * (c.image_size / c.patch) <= IMF_CLIP_MAX_PATCHES);
    demand(c.context >= 2 && c.context <= IMF_CLIP_MAX_CONTEXT && c.vocab >= 3 && c.vocab <= IMF_CLIP_MAX_VOCAB);
    demand((c.filter == 2 || c.filter == 3) && c.end_id >= -1 && isfinite(c.logit_scale));
    for (int i = 0; i < 3; i++)
        demand(isfinite(c.mean[i]) && c.std[i] > 0 && isfinite(c.std[i]));
    demand(c.rescale > 0 && isfinite(c.rescale));
    return 0;
}
