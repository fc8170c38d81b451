/* Filling an imf_err. See err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "base/utf8.h"

static int fill(imf_err *err, int code, int errno_value, const char *fmt, va_list ap)
{
    if (!err || err->code != IMF_OK)
        return code;
    char raw[1024];
    int n = vsnprintf(raw, sizeof raw, imf_tr(fmt), ap);
    if (n < 0)
        n = 0;
    size_t used = (size_t)n < sizeof raw ? (size_t)n : sizeof raw - 1;
    if (errno_value != 0)
        snprintf(raw + used, sizeof raw - used, ": %s", imf_errno_text(errno_value));
    err->code = code;
    imf_utf8_sanitise(err->msg, sizeof err->msg, raw);
    return code;
}

int imf_fail(imf_err *err, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(err, code, 0, fmt, ap);
    va_end(ap);
    return code;
}

int imf_fail_errno(imf_err *err, int code, int errno_value, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fill(err, code, errno_value, fmt, ap);
    va_end(ap);
    return code;
}
