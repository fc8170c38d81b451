/*
 * The colour part of the starter's picture vectors (docs/internals/starter.md, "Colours"): a histogram over a few dozen
 * bins of colours that have names, taken of the view's own bytes. The middle of the view counts; what its border has
 * too is taken for the background and counts less.
 *
 * A view has 50,000 pixels, so a pixel costs one lookup and one addition: its weights inside and at the border are two
 * halves of one 64-bit number, and the two sums of a bin are too.
 */
#include <math.h>

#include "nn/starter_internal.h"

enum {
    CELLS = 32 * 32 * 32, /* of the table: 5 bits of each channel */
    BLOCK = 8             /* pixels, in both directions, that share a weight */
};

int imf_starter_colour_init(imf_starter *m, imf_err *err)
{
    int rc = IMF_OK;
    const size_t blocks = ((size_t)m->config.picture_size + BLOCK - 1) / BLOCK;
    const size_t table[1] = {CELLS}, window[3] = {2, blocks, blocks};
    const imf_tensor *t = NULL;
    bool sees = false;

    IMF_TRY(imf_weights_need(m->weights, "picture.colour.table", IMF_U8, 1, table, &t, err));
    m->picture.colour_table = t->data;
    for (size_t i = 0; i < CELLS; i++)
        if (m->picture.colour_table[i] >= m->picture.colour_dim)
            return imf_fail(err, IMF_EINPUT, MSG_STARTER_BIN, imf_weights_file(m->weights), t->name, i,
                            m->picture.colour_table[i], m->picture.colour_dim);
    IMF_TRY(imf_weights_need(m->weights, "picture.colour.window", IMF_U8, 3, window, &t, err));
    m->picture.colour_window = t->data;
    for (size_t i = 0; i < blocks * blocks; i++)
        sees = sees || m->picture.colour_window[i] != 0;
    if (!sees)
        rc = imf_fail(err, IMF_EINPUT, MSG_STARTER_WINDOW, imf_weights_file(m->weights), t->name);
out:
    return rc;
}

/* Adds to sums[bin]: the low half is the sum of the weights inside, the high half of those at the border. Neither
 * overflows: 1024 * 1024 pixels of weight 255 are below 2^32. */
static void count_colours(const imf_starter *m, const uint8_t *rgb, uint64_t *sums)
{
    const size_t side = (size_t)m->config.picture_size, blocks = (side + BLOCK - 1) / BLOCK;
    const uint8_t *table = m->picture.colour_table;

    for (size_t y = 0; y < side; y++) {
        const uint8_t *inside = m->picture.colour_window + y / BLOCK * blocks, *border = inside + blocks * blocks;
        for (size_t x = 0; x < side; x++, rgb += 3) {
            uint64_t weight = (uint64_t)border[x / BLOCK] << 32 | inside[x / BLOCK];
            sums[table[(rgb[0] >> 3) << 10 | (rgb[1] >> 3) << 5 | rgb[2] >> 3]] += weight;
        }
    }
}

void imf_starter_colours(const imf_starter *m, const uint8_t *rgb, float *colour)
{
    uint64_t sums[IMF_STARTER_MAX_COLOURS] = {0}, total = 0;
    double share[IMF_STARTER_MAX_COLOURS], sum = 0;
    const size_t n = (size_t)m->picture.colour_dim;

    count_colours(m, rgb, sums);
    for (size_t i = 0; i < n; i++)
        total += sums[i];
    const double all_inside = (double)(uint32_t)total; /* above 0: imf_starter_colour_init has seen to it */
    const double all_border = (double)(total >> 32);
    for (size_t i = 0; i < n; i++) {
        double inside = (double)(uint32_t)sums[i] / all_inside;
        double border = all_border > 0 ? (double)(sums[i] >> 32) / all_border : 0;
        share[i] = fmax(inside - m->picture.colour_background * border, 0) + m->picture.colour_floor * inside;
        sum += share[i];
    }
    for (size_t i = 0; i < n; i++)
        colour[i] = (float)sqrt(share[i] / sum);
}
