/*
 * A request as the server understands it: read from its bytes once, strictly, before anything acts on it. What two
 * programs could read in two ways is refused (a second Content-Length, a folded line, a bare line feed, ...). Pure
 * functions over memory.
 */
#ifndef IMF_SERVER_REQUEST_H
#define IMF_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "texts.h"

enum {
    IMF_URL_MAX = 8 << 10,
    IMF_HEAD_MAX = 16 << 10,
    IMF_BODY_MAX = 64 << 10,
    IMF_RAW_BODY_MAX = 96 << 10, /* with the framing of its chunks */
    IMF_REQUEST_MAX = IMF_HEAD_MAX + IMF_RAW_BODY_MAX,
};

typedef enum imf_method { IMF_METHOD_GET, IMF_METHOD_HEAD, IMF_METHOD_POST, IMF_METHOD_OTHER } imf_method;

typedef struct imf_span { /* a piece of the request's bytes; at is NULL where the header is missing */
    const char *at;
    size_t size;
} imf_span;

typedef struct imf_request {
    imf_method method;
    imf_span path; /* without "?..."; as sent, nothing decoded */
    imf_span host, origin, fetch_site, fetch_mode, if_none_match, accept_language;
    bool has_length, chunked, wants_continue;
    uint64_t length;
    size_t head; /* bytes up to and with the empty line */
} imf_request;

typedef enum imf_reading { IMF_READING_MORE, IMF_READING_DONE, IMF_READING_BAD } imf_reading;

/* Reads the head. MORE: what is there is right so far. BAD: *problem says why. */
imf_reading imf_request_read(imf_request *request, const char *bytes, size_t size, imf_problem *problem);

/* Whether the whole body is there: bytes[0..size) is what follows the head. DONE: it is body[0..*body_size), taken
 * out of its chunks; body has room for IMF_BODY_MAX bytes. */
imf_reading imf_request_body(const imf_request *request, const char *bytes, size_t size, char *body, size_t *body_size,
                             imf_problem *problem);

bool imf_span_is(imf_span span, const char *text);        /* bytes are equal */
bool imf_span_is_nocase(imf_span span, const char *text); /* the case of ASCII letters apart */

/* The language of the answer's texts: Accept-Language where its first choice is Russian or English, else that of the
 * process. */
imf_language imf_request_language(const imf_request *request);

/* ---- who may ask (guard.c) --------------------------------------------------------------------------------------- */

/* Host must be this machine's own name, whatever the port (tunnels change it): a page of another site that makes its
 * name point here is refused. Origin, where there is one, must be the same as Host; what the browser says about the
 * asking page (Sec-Fetch-Site) must be "same-origin" or "none", but for following a link to the page itself. */
imf_problem imf_guard(const imf_request *request);

#endif
