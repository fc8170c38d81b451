/*
 * Reading a request strictly. The grammar is that of RFC 9112, without what it tolerates for the sake of old clients.
 * See request.h.
 */
#include "request.h"

#include <string.h>

bool imf_span_is(imf_span span, const char *text)
{
    return span.at != NULL && span.size == strlen(text) && memcmp(span.at, text, span.size) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool imf_span_is_nocase(imf_span span, const char *text)
{
    if (span.at == NULL || span.size != strlen(text))
        return false;
    for (size_t i = 0; i < span.size; i++)
        if (lower(span.at[i]) != lower(text[i]))
            return false;
    return true;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Bytes that may stand inside a line. */
static bool is_text(char c)
{
    unsigned char u = (unsigned char)c;
    return u == '\t' || (u >= 0x20 && u != 0x7F);
}

static bool all_text(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_text(s[i]))
            return false;
    return true;
}

static bool bad(imf_problem *problem, imf_problem which)
{
    *problem = which;
    return false;
}

/* "GET /path?query HTTP/1.1". Only a path is taken as target: no full address, no "*". */
static bool read_request_line(imf_request *r, const char *line, size_t n, imf_problem *problem)
{
    const char *end = line + n;
    const char *first = memchr(line, ' ', n);
    const char *second = first != NULL ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;

    if (second == NULL)
        return bad(problem, IMF_PROBLEM_HEAD);
    imf_span method = {line, (size_t)(first - line)}, target = {first + 1, (size_t)(second - first - 1)};
    imf_span version = {second + 1, (size_t)(end - second - 1)};
    if (method.size == 0)
        return bad(problem, IMF_PROBLEM_HEAD);
    for (size_t i = 0; i < method.size; i++)
        if (!is_token(method.at[i]))
            return bad(problem, IMF_PROBLEM_HEAD);
    if (version.size != 8 || memcmp(version.at, "HTTP/", 5) != 0 || version.at[5] < '0' || version.at[5] > '9' ||
        version.at[6] != '.' || version.at[7] < '0' || version.at[7] > '9')
        return bad(problem, IMF_PROBLEM_HEAD);
    if (version.at[5] != '1' || version.at[7] > '1')
        return bad(problem, IMF_PROBLEM_VERSION);
    if (target.size > IMF_URL_MAX)
        return bad(problem, IMF_PROBLEM_URL_LONG);
    if (target.size == 0 || target.at[0] != '/')
        return bad(problem, IMF_PROBLEM_HEAD);
    for (size_t i = 0; i < target.size; i++)
        if (target.at[i] <= 0x20 || target.at[i] > 0x7E || target.at[i] == '#')
            return bad(problem, IMF_PROBLEM_HEAD);
    r->method = imf_span_is(method, "GET")    ? IMF_METHOD_GET
                : imf_span_is(method, "HEAD") ? IMF_METHOD_HEAD
                : imf_span_is(method, "POST") ? IMF_METHOD_POST
                                              : IMF_METHOD_OTHER;
    const char *question = memchr(target.at, '?', target.size);
    r->path = (imf_span){target.at, question != NULL ? (size_t)(question - target.at) : target.size};
    return true;
}

static bool read_length(imf_request *r, imf_span value, imf_problem *problem)
{
    if (r->has_length || value.size == 0 || value.size > 18)
        return bad(problem, IMF_PROBLEM_HEAD);
    for (size_t i = 0; i < value.size; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return bad(problem, IMF_PROBLEM_HEAD);
        r->length = r->length * 10 + (uint64_t)(value.at[i] - '0');
    }
    r->has_length = true;
    return true;
}

/* "Name: value"; no blank before the colon, no folded line. */
static bool read_field(imf_request *r, const char *line, size_t n, imf_problem *problem)
{
    struct {
        const char *name;
        imf_span *into;
    } once[] = {
        {"host", &r->host},
        {"origin", &r->origin},
        {"sec-fetch-site", &r->fetch_site},
        {"sec-fetch-mode", &r->fetch_mode},
        {"if-none-match", &r->if_none_match},
        {"accept-language", &r->accept_language},
    };
    imf_span name = {line, 0}, value;

    while (name.size < n && is_token(line[name.size]))
        name.size++;
    if (name.size == 0 || name.size == n || line[name.size] != ':')
        return bad(problem, IMF_PROBLEM_HEAD);
    value = (imf_span){line + name.size + 1, n - name.size - 1};
    while (value.size > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
        value = (imf_span){value.at + 1, value.size - 1};
    while (value.size > 0 && (value.at[value.size - 1] == ' ' || value.at[value.size - 1] == '\t'))
        value.size--;
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        if (!imf_span_is_nocase(name, once[i].name))
            continue;
        if (once[i].into->at != NULL)
            return bad(problem, IMF_PROBLEM_HEAD);
        *once[i].into = value;
        return true;
    }
    if (imf_span_is_nocase(name, "content-length"))
        return read_length(r, value, problem);
    if (imf_span_is_nocase(name, "transfer-encoding")) {
        if (r->chunked || !imf_span_is_nocase(value, "chunked"))
            return bad(problem, IMF_PROBLEM_HEAD);
        r->chunked = true;
    } else if (imf_span_is_nocase(name, "expect")) {
        if (!imf_span_is_nocase(value, "100-continue"))
            return bad(problem, IMF_PROBLEM_EXPECT);
        r->wants_continue = true;
    }
    return true;
}

imf_reading imf_request_read(imf_request *r, const char *bytes, size_t size, imf_problem *problem)
{
    size_t at = 0;
    bool old = false; /* HTTP/1.0 */

    *r = (imf_request){0};
    *problem = IMF_PROBLEM_NONE;
    for (size_t number = 0;; number++) {
        const char *line = bytes + at;
        size_t left = size - at;
        const char *feed = left > 0 ? memchr(line, '\n', left) : NULL;
        size_t n = feed != NULL ? (size_t)(feed - line) : left;
        bool ends_in_cr = n > 0 && line[n - 1] == '\r';
        size_t text = ends_in_cr ? n - 1 : n;
        if ((feed != NULL && !ends_in_cr) || !all_text(line, text)) {
            *problem = IMF_PROBLEM_HEAD;
            return IMF_READING_BAD;
        }
        if (number == 0 && text > IMF_URL_MAX + 32) {
            *problem = IMF_PROBLEM_URL_LONG;
            return IMF_READING_BAD;
        }
        if (at + n >= IMF_HEAD_MAX) {
            *problem = IMF_PROBLEM_HEAD_LONG;
            return IMF_READING_BAD;
        }
        if (feed == NULL)
            return IMF_READING_MORE;
        at += n + 1;
        if (number > 0 && text == 0)
            break;
        if (number == 0 ? !read_request_line(r, line, text, problem) : !read_field(r, line, text, problem))
            return IMF_READING_BAD;
        old = old || (number == 0 && line[text - 1] == '0');
    }
    r->head = at;
    if (r->host.at == NULL || (r->chunked && (r->has_length || old))) {
        *problem = IMF_PROBLEM_HEAD;
        return IMF_READING_BAD;
    }
    r->wants_continue = r->wants_continue && !old;
    return IMF_READING_DONE;
}

/* ---- Body -------------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* CR LF at s[0..n): what is there of it is right; *whole says whether it is all there. */
static bool line_end(const char *s, size_t n, bool *whole)
{
    *whole = n >= 2;
    return (n < 1 || s[0] == '\r') && (n < 2 || s[1] == '\n');
}

/* Chunks without extensions and without trailers: nobody who asks this server needs them. */
static imf_reading read_chunks(const char *bytes, size_t size, char *body, size_t *body_size, imf_problem *problem)
{
    size_t at = 0;
    bool whole = false;

    *body_size = 0;
    for (;;) {
        size_t length = 0, digits = 0;
        while (at < size && digits <= 8 && hex_digit(bytes[at]) >= 0) {
            length = length * 16 + (size_t)hex_digit(bytes[at]);
            at++;
            digits++;
        }
        if (digits > 8 || (at < size && digits == 0) || !line_end(bytes + at, size - at, &whole)) {
            *problem = IMF_PROBLEM_BODY;
            return IMF_READING_BAD;
        }
        if (!whole)
            break;
        at += 2;
        if (length > IMF_BODY_MAX - *body_size) {
            *problem = IMF_PROBLEM_TOO_LARGE;
            return IMF_READING_BAD;
        }
        if (length > size - at)
            break;
        memcpy(body + *body_size, bytes + at, length);
        *body_size += length;
        at += length;
        if (!line_end(bytes + at, size - at, &whole)) { /* of the chunk, or of the empty list of trailers */
            *problem = IMF_PROBLEM_BODY;
            return IMF_READING_BAD;
        }
        if (!whole)
            break;
        if (length == 0)
            return IMF_READING_DONE;
        at += 2;
    }
    if (size >= IMF_RAW_BODY_MAX) {
        *problem = IMF_PROBLEM_TOO_LARGE;
        return IMF_READING_BAD;
    }
    return IMF_READING_MORE;
}

imf_reading imf_request_body(const imf_request *r, const char *bytes, size_t size, char *body, size_t *body_size,
                             imf_problem *problem)
{
    *problem = IMF_PROBLEM_NONE;
    *body_size = 0;
    if (r->method != IMF_METHOD_POST && (r->chunked || r->length > 0)) {
        *problem = IMF_PROBLEM_BODY_UNWANTED;
        return IMF_READING_BAD;
    }
    if (r->chunked)
        return read_chunks(bytes, size, body, body_size, problem);
    if (r->length > IMF_BODY_MAX) {
        *problem = IMF_PROBLEM_TOO_LARGE;
        return IMF_READING_BAD;
    }
    if (size < r->length)
        return IMF_READING_MORE;
    memcpy(body, bytes, (size_t)r->length);
    *body_size = (size_t)r->length;
    return IMF_READING_DONE;
}

/* ---- Language ---------------------------------------------------------------------------------------------------- */

imf_language imf_request_language(const imf_request *r)
{
    imf_span first = r->accept_language;

    for (size_t i = 0; i < first.size; i++)
        if (strchr(",;- \t", first.at[i]) != NULL)
            first.size = i;
    if (imf_span_is_nocase(first, "ru"))
        return IMF_LANGUAGE_RU;
    return imf_span_is_nocase(first, "en") ? IMF_LANGUAGE_EN : imf_get_language();
}
