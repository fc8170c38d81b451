/*
 * Pictures through the pool of decode workers: what one may cost, the pool itself, and whether its workers are locked
 * in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "finder/finder.h"
#include "media/protocol.h"

/* What a picture may cost, and where that may lie. The lowest memory is what the libraries themselves take. */
#define PIXELS_MOST 1000000000000u
#define MEMORY_LEAST ((uint64_t)64 << 20)
#define MEMORY_MOST ((uint64_t)1 << 40)
#define SECONDS_MOST 3600u

/* The limit from the options, else from the environment, else as it is in *out. */
static int limit(uint64_t option, const char *variable, uint64_t least, uint64_t most, uint64_t *out, imf_err *err)
{
    char number[24];
    const char *text = getenv(variable);
    if (option != 0) {
        snprintf(number, sizeof number, "%llu", (unsigned long long)option);
        text = number;
    }
    if (!text || *text == '\0')
        return IMF_OK;
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    /* strtoull takes blanks and signs; a limit is digits alone */
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < least || value > most)
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_LIMIT, variable, text, (unsigned long long)least,
                        (unsigned long long)most);
    *out = value;
    return IMF_OK;
}

int imf_finder_pool_options(const imf_finder *f, imf_pool_options *out, imf_err *err)
{
    int rc = IMF_OK;
    imf_pool_options o = imf_pool_options_default();
    uint64_t seconds = (uint64_t)(o.timeout_ms / 1000);
    uint64_t asked = f->decode_seconds < 0 ? UINT64_MAX : (uint64_t)f->decode_seconds;
    IMF_TRY(limit(f->max_pixels, "IMAGEFINDER_MAX_PIXELS", 1, PIXELS_MOST, &o.max_pixels, err));
    IMF_TRY(limit(f->decode_memory, "IMAGEFINDER_DECODE_MEMORY", MEMORY_LEAST, MEMORY_MOST, &o.max_memory, err));
    IMF_TRY(limit(asked, "IMAGEFINDER_DECODE_SECONDS", 1, SECONDS_MOST, &seconds, err));
    o.timeout_ms = (int)(seconds * 1000);
    const char *shrink = getenv("IMAGEFINDER_SHRINK");
    o.flags = shrink && strcmp(shrink, "0") == 0 ? IMF_DECODE_FULL_SIZE : 0;
    /* one more than processors: the gaps between stages are filled */
    o.workers = f->threads < 63 ? f->threads + 1 : 64;
    o.log = f->log;
    *out = o;
out:
    return rc;
}

bool imf_finder_has_sandbox(const imf_finder *f)
{
    const uint32_t needed = IMF_SANDBOX_NO_NEW_PRIVS | IMF_SANDBOX_SECCOMP;
    return (imf_pool_sandbox(f->pool) & needed) == needed;
}

int imf_finder_use_pool(imf_finder *f, imf_err *err)
{
    imf_pool_options o;
    if (f->pool)
        return IMF_OK;
    int rc = imf_finder_pool_options(f, &o, err);
    if (rc == IMF_OK)
        rc = imf_pool_open(&f->pool, &o, err);
    if (rc == IMF_OK && !imf_finder_has_sandbox(f))
        imf_log_line(&f->log, IMF_LOG_WARNING, "%s", imf_tr(NOTE_FINDER_NO_SANDBOX));
    return rc;
}

int imf_finder_embed_file(imf_finder *f, imf_model *model, const char *path, bool reference, bool raw, float *vector,
                          imf_err *err)
{
    int rc = IMF_OK, fd = -1;
    struct stat st;
    imf_decoded decoded = {0};
    imf_err why = {0};

    int e = imf_open_regular(path, true, &fd, &st);
    if (e != 0)
        return imf_fail_errno(err, IMF_EINPUT, e, MSG_FINDER_PICTURE_OPEN, path);
    IMF_TRY(imf_finder_use_pool(f, err));
    rc = imf_pool_decode(f->pool, fd, model->views, model->n_views,
                         reference && model->has_reference ? IMF_DECODE_REFERENCE : 0, &decoded, &why);
    if (rc == IMF_EINPUT)
        imf_fail(err, rc, MSG_FINDER_PICTURE, path, why.msg);
    else if (rc != IMF_OK && err)
        *err = why;
    if (rc != IMF_OK)
        goto out;
    if (!f->session)
        IMF_TRY(imf_model_session_new(&f->session, model, f->exact, err));
    rc = imf_model_embed_views(f->session, &decoded, raw, vector, err);
out:
    imf_decoded_clear(&decoded);
    close(fd);
    return rc;
}
