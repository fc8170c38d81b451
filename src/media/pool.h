/*
 * The pool of decode workers. Each running decode has a child process `imagefinder-decode` of its own; one spare stands
 * ready, so that a worker that dies, hangs or outgrows its limit is replaced at once. Only this file and decode/ know
 * the protocol.
 */
#ifndef IMF_MEDIA_POOL_H
#define IMF_MEDIA_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "media/recipe.h"

typedef struct imf_pool imf_pool;

enum { IMF_POOL_STRIKES = 3 }; /* a picture that kills or hangs this many workers is given up */

typedef struct imf_pool_options {
    const char *program; /* path of imagefinder-decode; NULL: $IMAGEFINDER_DECODE, beside the running program, else
                            ../libexec/imagefinder/ */
    int workers;         /* most decodes at once, 1..64 */
    uint64_t max_pixels; /* 100e6 */
    uint64_t max_memory; /* bytes of address space a worker: 1 GiB (not set under the address sanitizer) */
    uint32_t flags;      /* added to those of every request (imf_pool_decode) */
    int timeout_ms;      /* a picture: 10,000, wall time; CPU time is limited to the same in the worker */
    imf_log log;
} imf_pool_options;

typedef struct imf_decoded {
    uint32_t width, height; /* after orientation */
    int has_alpha;
    uint32_t n_views;                   /* those made */
    uint32_t view_index[IMF_MAX_VIEWS]; /* which recipe each came from */
    uint8_t *pixels; /* [n_views] views, one after the other, RGB8; the caller's, freed with imf_decoded_clear */
    size_t pixels_size;
    uint8_t *thumbnail; /* JPEG, ours; NULL when none was wanted or could be made */
    size_t thumbnail_size;
} imf_decoded;

imf_pool_options imf_pool_options_default(void);

/* Starts the first worker (the others start when they are needed). Errors: IMF_EINTERNAL (the program is missing or
 * does not start), IMF_EMEM. */
int imf_pool_open(imf_pool **out, const imf_pool_options *opt, imf_err *err);
void imf_pool_close(imf_pool **pool);

/* Decodes the open regular file fd (read from its start; the descriptor stays the caller's) into the views wanted.
 * flags: bits of enum imf_decode_flag (media/protocol.h). n_views may be 0 when only a thumbnail is wanted. Blocks; may
 * be called from up to `workers` threads at once. IMF_EINPUT with a one-line reason in err->msg *without the file's
 * name* (too large, damaged, not a picture, too slow, ran out of memory, killed the decoder): the caller knows it. A
 * picture whose worker dies, hangs or answers nonsense is tried in up to IMF_POOL_STRIKES workers, and the reason then
 * ends in "(tried 3 times)"; what a worker refuses is refused at once. Other errors: IMF_EMEM, IMF_EINTERNAL (workers
 * cannot be started any more). */
int imf_pool_decode(imf_pool *pool, int fd, const imf_view_recipe *views, size_t n_views, uint32_t flags,
                    imf_decoded *out, imf_err *err);
void imf_decoded_clear(imf_decoded *d);

/* How the pool's workers are locked in: bits of enum imf_decode_sandbox (media/protocol.h), as the first one said. */
uint32_t imf_pool_sandbox(const imf_pool *pool);

#endif
