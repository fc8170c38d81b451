/*
 * What the server answers: a status, headers and a body of one of several kinds. Made by routes.c and handlers.c,
 * sent by http.c (through libmicrohttpd) or by gate.c (as bytes, when a request is refused before it is complete).
 */
#ifndef IMF_SERVER_ANSWER_H
#define IMF_SERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imagefinder.h>

#include "texts.h"

typedef struct imf_answer { /* {0} is an empty one; at most one kind of body is there */
    int status;
    const char *media_type; /* static */
    char *text;             /* malloc'd, ends in NUL */
    char *json;             /* of the library */
    imf_bytes *bytes;
    imf_item_file *file;
    const uint8_t *fixed; /* static */
    size_t fixed_size;
    char etag[40];      /* with its quotes; "": none */
    const char *cache;  /* Cache-Control; NULL: "no-store" */
    const char *allow;  /* Allow; NULL: none */
    char *disposition;  /* Content-Disposition, malloc'd; NULL: none */
    bool retry;         /* Retry-After: 1 */
    bool foreign;       /* other people's content: nothing in it may act */
} imf_answer;

void imf_answer_clear(imf_answer *answer);

/* Makes *answer (cleared before) the one of a problem; detail NULL: that of the table. */
void imf_answer_problem(imf_answer *answer, imf_problem problem, imf_language language, const char *detail);

enum { IMF_ANSWER_HEADERS = 16 };

typedef struct imf_header {
    const char *name, *value;
} imf_header;

/* Every header but Date, Content-Length and Connection; returns how many. Values are borrowed. */
size_t imf_answer_headers(const imf_answer *answer, imf_header headers[IMF_ANSWER_HEADERS]);

/* The bytes of a whole answer with a text, closing the connection. malloc'd; NULL: out of memory. */
char *imf_answer_bytes(const imf_answer *answer, bool without_body, size_t *size);

/* Content-Disposition of a file that is shown in place, with the last part of its path, whatever bytes that has.
 * malloc'd; NULL: out of memory. */
char *imf_answer_disposition(const char *path);

/* Cuts a text of UTF-8 that does not fit into size bytes, NUL included, at a character. */
void imf_copy_text(char *to, size_t size, const char *text);

#endif
