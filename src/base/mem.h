/* Allocation and size arithmetic. All heap memory of the library comes through here, so that a test can fail the
 * n-th allocation. */
#ifndef IMF_BASE_MEM_H
#define IMF_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* uninitialised; NULL when out of memory; 0 bytes give a valid pointer */
void *imf_alloc(size_t bytes);
void *imf_alloc_array(size_t n, size_t size);                /* zeroed; NULL on overflow too */
void *imf_realloc_array(void *p, size_t n, size_t size);     /* old memory stays valid on NULL */
void *imf_alloc_aligned(size_t bytes);                       /* 64-byte aligned, uninitialised; freed with imf_free */
/* Room for one element more in an array of n of cap elements; false when out of memory, and the array is as before. */
bool imf_grow(void **array, size_t n, size_t *cap, size_t size);
char *imf_strdup(const char *s);                             /* NULL for NULL */
char *imf_strndup(const char *s, size_t n);
char *imf_sprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* malloc'd; NULL when out of memory */
void imf_free(void *p);                                      /* accepts NULL */

/* Checked arithmetic: false (and *out untouched) on overflow. Every size that comes from a file passes through
 * these. */
bool imf_add_size(size_t a, size_t b, size_t *out);
bool imf_mul_size(size_t a, size_t b, size_t *out);

/* Arena: many small allocations with one life. Not thread-safe. */
typedef struct imf_arena imf_arena;
imf_arena *imf_arena_new(void);                               /* NULL when out of memory */
void *imf_arena_alloc(imf_arena *a, size_t bytes);            /* zeroed, 16-byte aligned; NULL when out of memory */
char *imf_arena_strdup(imf_arena *a, const char *s);
char *imf_arena_strndup(imf_arena *a, const char *s, size_t n);
char *imf_arena_sprintf(imf_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void imf_arena_free(imf_arena **a);

/* Scratch: one block sized beforehand and handed out in order; nothing is allocated inside a forward pass. Not
 * thread-safe. */
typedef struct imf_scratch {
    unsigned char *base; /* 64-byte aligned */
    size_t size, used;
} imf_scratch;
int imf_scratch_init(imf_scratch *s, size_t bytes);           /* 0, or -1 when out of memory */
void *imf_scratch_take(imf_scratch *s, size_t bytes);         /* 64-byte aligned; NULL when it is used up */
void imf_scratch_reset(imf_scratch *s);
void imf_scratch_clear(imf_scratch *s);

#endif
