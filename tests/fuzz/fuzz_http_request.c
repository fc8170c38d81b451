/*
 * Fuzz target of a request's way through the server: head, guard, route, body. The bytes are what a client sends. What
 * is accepted keeps to what the server's other parts rely on; what is refused has an answer; and a request means the
 * same however its bytes are cut and whatever comes after it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int promise)
{
    if (!promise)
        abort();
}

static void check_answer(imf_problem problem, const imf_request *r, const char *allow)
{
    imf_answer answer = {0};
    size_t size = 0;

    imf_answer_problem(&answer, problem, imf_request_language(r), NULL);
    answer.allow = allow;
    demand(answer.status >= 400 && answer.text != NULL);
    char *bytes = imf_answer_bytes(&answer, r->method == IMF_METHOD_HEAD, &size);
    demand(bytes != NULL && size > 0 && strstr(bytes, "\r\n\r\n") != NULL);
    free(bytes);
    imf_answer_clear(&answer);
}

static void check_head(const imf_request *r, const char *bytes, size_t size)
{
    demand(r->head <= size && r->head <= IMF_HEAD_MAX && memcmp(bytes + r->head - 4, "\r\n\r\n", 4) == 0);
    demand(memchr(bytes, '\0', r->head) == NULL);
    demand(r->path.size > 0 && r->path.at[0] == '/' && r->host.at != NULL);
    demand(!(r->chunked && r->has_length));
    for (size_t i = 0; i < r->head; i++) { /* no line feed and no carriage return by itself */
        demand(bytes[i] != '\n' || bytes[i - 1] == '\r');
        demand(bytes[i] != '\r' || bytes[i + 1] == '\n');
    }
}

static void check_route(const imf_request *r)
{
    imf_route route;
    imf_answer answer = {0};
    imf_problem problem = imf_guard(r);

    if (problem == IMF_PROBLEM_NONE)
        problem = imf_route_find(&route, r);
    else
        route = (imf_route){0};
    if (problem != IMF_PROBLEM_NONE) {
        demand((problem == IMF_PROBLEM_METHOD) == (route.allow != NULL));
        check_answer(problem, r, route.allow);
        return;
    }
    demand((r->method == IMF_METHOD_POST) == (route.kind == IMF_ROUTE_SEARCH) && r->method != IMF_METHOD_OTHER);
    if (route.kind == IMF_ROUTE_FILE || route.kind == IMF_ROUTE_THUMBNAIL)
        demand(strlen(route.item) == 32 && strspn(route.item, "0123456789abcdef") == 32);
    if (imf_route_is_quick(&route)) {
        imf_route_quick(&route, &answer);
        demand(answer.status == 200 || answer.status == 304);
        imf_answer_clear(&answer);
    }
}

/* The same bytes, a part at a time: never another meaning, and refused no earlier than it is clear. */
static void check_cuts(const char *bytes, size_t size, imf_reading whole, const imf_request *r)
{
    for (size_t n = 0; n < size; n += 1 + n / 8) {
        imf_request part;
        imf_problem problem;
        char *copy = malloc(n > 0 ? n : 1);
        demand(copy != NULL);
        memcpy(copy, bytes, n);
        imf_reading got = imf_request_read(&part, copy, n, &problem);
        demand(got != IMF_READING_BAD || whole == IMF_READING_BAD);
        demand(got != IMF_READING_DONE || (whole == IMF_READING_DONE && part.head == r->head));
        free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char body[IMF_BODY_MAX];
    const char *bytes = (const char *)data;
    imf_request r;
    imf_problem problem = IMF_PROBLEM_NONE;
    size_t body_size = 0;

    if (size > IMF_REQUEST_MAX)
        size = IMF_REQUEST_MAX;
    imf_reading reading = imf_request_read(&r, bytes, size, &problem);
    demand((reading == IMF_READING_BAD) == (problem != IMF_PROBLEM_NONE));
    check_cuts(bytes, size, reading, &r);
    if (reading == IMF_READING_BAD)
        check_answer(problem, &r, NULL);
    if (reading != IMF_READING_DONE)
        return 0;
    check_head(&r, bytes, size);
    check_route(&r);
    reading = imf_request_body(&r, bytes + r.head, size - r.head, body, &body_size, &problem);
    demand((reading == IMF_READING_BAD) == (problem != IMF_PROBLEM_NONE) && body_size <= IMF_BODY_MAX);
    demand(reading != IMF_READING_DONE || r.chunked || body_size == r.length);
    return 0;
}
