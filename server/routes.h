/*
 * From a request to what is asked for, and from there to an answer. Finding the route is pure; what needs no library
 * (the page, health) is answered at once; the rest is answered by a searching thread with a finder of its own.
 */
#ifndef IMF_SERVER_ROUTES_H
#define IMF_SERVER_ROUTES_H

#include "answer.h"
#include "assets.h"
#include "request.h"

typedef enum imf_route_kind {
    IMF_ROUTE_ASSET,
    IMF_ROUTE_HEALTH,
    IMF_ROUTE_COLLECTIONS,
    IMF_ROUTE_STATUS,
    IMF_ROUTE_THUMBNAIL,
    IMF_ROUTE_FILE,
    IMF_ROUTE_SEARCH,
} imf_route_kind;

typedef struct imf_route {
    imf_route_kind kind;
    bool head;              /* only the headers are wanted */
    imf_language language;  /* of texts for people */
    const imf_asset *asset; /* of IMF_ROUTE_ASSET */
    char item[33];          /* of IMF_ROUTE_THUMBNAIL and IMF_ROUTE_FILE: 32 digits of lower-case hex */
    bool has_copy;          /* the client has what the ETag names (If-None-Match) */
    const char *allow;      /* methods of this path; set with IMF_PROBLEM_METHOD too */
} imf_route;

/* Paths are compared as sent: nothing is decoded, so there is no second way to write one. */
imf_problem imf_route_find(imf_route *route, const imf_request *request);

/* Whether it is written as the id of an item: 32 digits of lower-case hex. */
bool imf_is_item(const char *text, size_t size);

/* Whether imf_route_quick answers it. */
bool imf_route_is_quick(const imf_route *route);
void imf_route_quick(const imf_route *route, imf_answer *answer);

/* Everything else (handlers.c); body is that of a search. */
void imf_route_handle(const imf_route *route, imf_finder *finder, const char *body, size_t body_size,
                      imf_answer *answer);

/* The answer to an error of the library. */
void imf_answer_error(imf_answer *answer, const imf_route *route, const imf_err *err);

#endif
