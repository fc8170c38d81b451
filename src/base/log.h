/* Logging goes to the callback that the user of the library gave; the library itself never prints. Thread-safe if
 * the callback is. */
#ifndef IMF_BASE_LOG_H
#define IMF_BASE_LOG_H

#include "imagefinder.h"

typedef struct imf_log {
    imf_log_fn fn; /* NULL: silent */
    void *user;
} imf_log;

void imf_log_line(const imf_log *log, imf_log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
