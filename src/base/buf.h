/* A growing byte buffer with a ceiling, set at init. An append that fails leaves the buffer cleared and every later
 * append fails too, so that callers may check once at the end. */
#ifndef IMF_BASE_BUF_H
#define IMF_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

typedef struct imf_buf {
    char *data;   /* NUL-terminated when not NULL */
    size_t len, cap, max;
    bool failed;
} imf_buf;

void imf_buf_init(imf_buf *b, size_t max_bytes);
bool imf_buf_append(imf_buf *b, const void *bytes, size_t n);
bool imf_buf_puts(imf_buf *b, const char *s);
bool imf_buf_printf(imf_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void imf_buf_reset(imf_buf *b);  /* empty, memory kept */
/* the memory, now the caller's (imf_free); NULL if an append failed. The buffer is empty afterwards */
char *imf_buf_take(imf_buf *b);
void imf_buf_clear(imf_buf *b);  /* frees */

#endif
