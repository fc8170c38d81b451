/* Allocation, checked sizes, arena and scratch. See mem.h. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *imf_alloc(size_t bytes)
{
    return malloc(bytes > 0 ? bytes : 1);
}

void *imf_alloc_array(size_t n, size_t size)
{
    return calloc(n > 0 ? n : 1, size > 0 ? size : 1);
}

void *imf_realloc_array(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (!imf_mul_size(n, size, &bytes))
        return NULL;
    return realloc(p, bytes > 0 ? bytes : 1);
}

bool imf_grow(void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t more = *cap > 0 ? *cap * 2 : 64;
    void *p = imf_realloc_array(*array, more, size);
    if (!p)
        return false;
    *array = p;
    *cap = more;
    return true;
}

void *imf_alloc_aligned(size_t bytes)
{
    void *p = NULL;
    return posix_memalign(&p, 64, bytes > 0 ? bytes : 1) == 0 ? p : NULL;
}

char *imf_strndup(const char *s, size_t n)
{
    size_t bytes;
    char *copy = imf_add_size(n, 1, &bytes) ? imf_alloc(bytes) : NULL;
    if (copy) {
        memcpy(copy, s, n);
        copy[n] = '\0';
    }
    return copy;
}

char *imf_strdup(const char *s)
{
    return s ? imf_strndup(s, strlen(s)) : NULL;
}

char *imf_sprintf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    char *s = imf_alloc((size_t)n + 1);
    if (s) {
        va_start(ap, fmt);
        vsnprintf(s, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    return s;
}

void imf_free(void *p)
{
    free(p);
}

bool imf_add_size(size_t a, size_t b, size_t *out)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

bool imf_mul_size(size_t a, size_t b, size_t *out)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

/* ---- arena: a chain of chunks; a large request gets a chunk of its own ---- */

enum { ARENA_CHUNK = 16 * 1024, ARENA_ALIGN = 16 };

typedef struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    _Alignas(ARENA_ALIGN) unsigned char bytes[];
} arena_chunk;

struct imf_arena {
    arena_chunk *chunks; /* newest first */
};

imf_arena *imf_arena_new(void)
{
    return imf_alloc_array(1, sizeof(imf_arena));
}

void *imf_arena_alloc(imf_arena *a, size_t bytes)
{
    size_t rounded;
    if (!imf_add_size(bytes > 0 ? bytes : 1, ARENA_ALIGN - 1, &rounded))
        return NULL;
    rounded &= ~(size_t)(ARENA_ALIGN - 1);

    arena_chunk *c = a->chunks;
    if (!c || c->size - c->used < rounded) {
        size_t size = rounded > ARENA_CHUNK ? rounded : ARENA_CHUNK, total;
        if (!imf_add_size(size, sizeof *c, &total) || !(c = imf_alloc_aligned(total)))
            return NULL;
        c->size = size;
        c->used = 0;
        c->next = a->chunks;
        a->chunks = c;
    }
    void *p = c->bytes + c->used;
    c->used += rounded;
    return memset(p, 0, rounded);
}

char *imf_arena_strndup(imf_arena *a, const char *s, size_t n)
{
    size_t bytes;
    char *copy = imf_add_size(n, 1, &bytes) ? imf_arena_alloc(a, bytes) : NULL;
    if (copy)
        memcpy(copy, s, n); /* the arena's memory is zeroed: the NUL is there */
    return copy;
}

char *imf_arena_strdup(imf_arena *a, const char *s)
{
    return s ? imf_arena_strndup(a, s, strlen(s)) : NULL;
}

char *imf_arena_sprintf(imf_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = n >= 0 ? imf_arena_alloc(a, (size_t)n + 1) : NULL;
    if (s) {
        va_start(ap, fmt);
        vsnprintf(s, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    return s;
}

void imf_arena_free(imf_arena **a)
{
    if (!a || !*a)
        return;
    for (arena_chunk *c = (*a)->chunks, *next; c; c = next) {
        next = c->next;
        imf_free(c);
    }
    imf_free(*a);
    *a = NULL;
}

/* ---- scratch ---- */

int imf_scratch_init(imf_scratch *s, size_t bytes)
{
    *s = (imf_scratch){.base = imf_alloc_aligned(bytes), .size = bytes};
    if (!s->base)
        s->size = 0;
    return s->base ? 0 : -1;
}

void *imf_scratch_take(imf_scratch *s, size_t bytes)
{
    size_t rounded;
    if (!imf_add_size(bytes, 63, &rounded))
        return NULL;
    rounded &= ~(size_t)63;
    if (!s->base || s->size - s->used < rounded)
        return NULL;
    void *p = s->base + s->used;
    s->used += rounded;
    return p;
}

void imf_scratch_reset(imf_scratch *s)
{
    s->used = 0;
}

void imf_scratch_clear(imf_scratch *s)
{
    imf_free(s->base);
    *s = (imf_scratch){0};
}
