/* Lines for the log callback of the library's user. See log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

void imf_log_line(const imf_log *log, imf_log_level level, const char *fmt, ...)
{
    if (!log || !log->fn)
        return;
    char raw[1024], line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    imf_utf8_sanitise(line, sizeof line, raw);
    log->fn(log->user, level, line);
}
