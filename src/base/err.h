/* Errors inside the library: one channel, the message made once where the fault is found. Thread-safe: everything is
 * the caller's. */
#ifndef IMF_BASE_ERR_H
#define IMF_BASE_ERR_H

#include "imagefinder.h"

#include "base/messages.h"

/* Fills *err (which may be NULL) unless it already holds a fault, and returns code. fmt is an entry of
 * base/messages.h. Control characters and broken UTF-8 in the arguments (file names!) are made harmless. */
int imf_fail(imf_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As imf_fail, with ": <imf_errno_text(errno_value)>" at the end. */
int imf_fail_errno(imf_err *err, int code, int errno_value, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Runs expr; on failure keeps its code in the local `rc` and goes to the local label `out`. */
#define IMF_TRY(expr)        \
    do {                     \
        rc = (expr);         \
        if (rc != IMF_OK)    \
            goto out;        \
    } while (0)

#endif
