/* The growing buffer with a ceiling. See buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void imf_buf_init(imf_buf *b, size_t max_bytes)
{
    *b = (imf_buf){.max = max_bytes};
}

static bool fail(imf_buf *b)
{
    size_t max = b->max;
    imf_free(b->data);
    *b = (imf_buf){.max = max, .failed = true};
    return false;
}

/* Room for n more bytes and the NUL. */
static bool reserve(imf_buf *b, size_t n)
{
    size_t need;
    if (b->failed || !imf_add_size(b->len, n, &need) || need > b->max)
        return fail(b);
    if (need < b->cap)
        return true;
    size_t cap = b->cap > 0 ? b->cap : 128;
    while (cap <= need)
        cap *= 2;
    char *data = imf_realloc_array(b->data, cap, 1);
    if (!data)
        return fail(b);
    b->data = data;
    b->cap = cap;
    return true;
}

bool imf_buf_append(imf_buf *b, const void *bytes, size_t n)
{
    if (!reserve(b, n))
        return false;
    if (n > 0)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
    return true;
}

bool imf_buf_puts(imf_buf *b, const char *s)
{
    return imf_buf_append(b, s, strlen(s));
}

bool imf_buf_printf(imf_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !reserve(b, (size_t)n))
        return fail(b);
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
    return true;
}

void imf_buf_reset(imf_buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

char *imf_buf_take(imf_buf *b)
{
    if (!b->failed && !b->data)
        imf_buf_append(b, "", 0);
    char *data = b->data;
    *b = (imf_buf){.max = b->max};
    return data;
}

void imf_buf_clear(imf_buf *b)
{
    imf_free(b->data);
    *b = (imf_buf){.max = b->max};
}
