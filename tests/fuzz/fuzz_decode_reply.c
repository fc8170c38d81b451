/*
 * Fuzz target of the check of a worker's reply. The bytes are a recipe of a request, which only makes such as the pool
 * makes, and then the reply as it comes over the socket. What is accepted must be safe for whoever copies views and
 * thumbnail out of the shared memory.
 *
 * Input: n_views, flags, 8 bytes id, 8 bytes max_pixels, IMF_MAX_VIEWS times (kind, filter, when, 2 bytes width, 2
 * bytes height), then the reply. What is missing is zero.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/protocol.h"
#include "media/view.h"
#include "media/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static void demand(int promise)
{
    if (!promise)
        abort();
}

static void take(input *in, void *to, size_t n)
{
    size_t there = n < in->left ? n : in->left;
    memset(to, 0, n);
    memcpy(to, in->at, there);
    in->at += there;
    in->left -= there;
}

static uint8_t take_byte(input *in)
{
    uint8_t b;
    take(in, &b, 1);
    return b;
}

static uint16_t take_side(input *in)
{
    uint16_t side;
    take(in, &side, sizeof side);
    return (uint16_t)(1 + side % IMF_DECODE_MAX_SIDE);
}

/* What the pool lets through (request_init). */
static void take_request(input *in, imf_decode_request *request)
{
    memset(request, 0, sizeof *request);
    request->magic = IMF_DECODE_MAGIC;
    request->n_views = take_byte(in) % (IMF_MAX_VIEWS + 1);
    request->flags = take_byte(in) % 4;
    request->file_size = 1;
    if (request->n_views == 0)
        request->flags |= IMF_DECODE_THUMBNAIL;
    take(in, &request->id, sizeof request->id);
    take(in, &request->max_pixels, sizeof request->max_pixels);
    for (uint32_t i = 0; i < IMF_MAX_VIEWS; i++) {
        imf_view_recipe r = {.kind = IMF_VIEW_SQUASH + take_byte(in) % (IMF_VIEW_SUBJECT - IMF_VIEW_SQUASH + 1),
                             .filter = take_byte(in) % 2 ? IMF_FILTER_BICUBIC : IMF_FILTER_BILINEAR,
                             .when = take_byte(in) % (IMF_WHEN_ALPHA + 1),
                             .width = take_side(in),
                             .height = take_side(in)};
        if (i < request->n_views)
            request->views[i] = r;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    imf_decode_request request;
    imf_decode_reply reply;
    size_t pixels = SIZE_MAX, sum = 0;

    take_request(&in, &request);
    take(&in, &reply, sizeof reply);
    bool fits = imf_decode_reply_fits(&request, &reply, &pixels);

    if (!fits) {
        demand(pixels == 0);
        return 0;
    }
    demand(reply.magic == IMF_DECODE_MAGIC && reply.id == request.id);
    demand(memchr(reply.detail, 0, sizeof reply.detail) != NULL);
    demand(pixels <= IMF_DECODE_VIEW_BYTES && reply.thumb_size <= IMF_DECODE_THUMB_BYTES);
    demand(reply.thumb_size == 0 || (request.flags & IMF_DECODE_THUMBNAIL));
    demand(reply.views_made >> request.n_views == 0);
    if (reply.status != IMF_DECODE_OK) {
        demand(pixels == 0 && reply.views_made == 0 && reply.thumb_size == 0);
        return 0;
    }
    demand(reply.width >= 1 && reply.height >= 1 && reply.has_alpha <= 1);
    demand((uint64_t)reply.width * reply.height <= request.max_pixels);
    for (uint32_t i = 0; i < request.n_views; i++) {
        const imf_view_recipe *r = &request.views[i];
        bool made = reply.views_made >> i & 1;
        demand(made == imf_view_wanted(r, reply.has_alpha));
        sum += made ? (size_t)3 * r->width * r->height : 0;
    }
    demand(sum == pixels);
    return 0;
}
