/*
 * The body of POST /api/v1/search: {"text"|"item", "collection"?, "k"?, "min_score"?, "exact"?}. jansson refuses what
 * is not JSON, second keys, NUL in strings, broken UTF-8 and deep nesting; the rest is refused here.
 */
#include "query.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"

/* What is read into, and where to say what is wrong. */
typedef struct reader {
    imf_query *query;
    imf_language language;
    char *detail;
} reader;

static bool refuse(const reader *r, imf_server_text text, ...)
{
    char whole[4 * IMF_DETAIL_MAX];
    va_list args;

    va_start(args, text);
    vsnprintf(whole, sizeof whole, imf_server_text_get(text, r->language), args);
    va_end(args);
    imf_copy_text(r->detail, IMF_DETAIL_MAX, whole);
    return false;
}

static bool take_string(const reader *r, const char *key, const json_t *value, const char **out)
{
    if (!json_is_string(value))
        return refuse(r, TXT_NOT_STRING, key);
    *out = json_string_value(value);
    return true;
}

static bool take_text(const reader *r, const json_t *value)
{
    if (!take_string(r, "text", value, &r->query->text))
        return false;
    if (strlen(r->query->text) > IMF_QUERY_TEXT_MAX)
        return refuse(r, TXT_LONG_QUERY);
    return strspn(r->query->text, " \t\r\n") < strlen(r->query->text) || refuse(r, TXT_EMPTY_QUERY);
}

static bool take_collection(const reader *r, const json_t *value)
{
    if (!take_string(r, "collection", value, &r->query->collection))
        return false;
    size_t n = strlen(r->query->collection);
    return (n >= 1 && n <= 64 && strchr(r->query->collection, '/') == NULL) || refuse(r, TXT_BAD_COLLECTION);
}

static bool take_k(const reader *r, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > 1000)
        return refuse(r, TXT_NOT_K);
    r->query->k = (int)json_integer_value(value);
    return true;
}

/* As on the command line: what lies beyond a cosine cuts all or nothing. */
static bool take_min_score(const reader *r, const json_t *value)
{
    double x = json_number_value(value);

    if (!json_is_number(value) || !isfinite(x))
        return refuse(r, TXT_NOT_SCORE);
    r->query->has_min_score = true;
    r->query->min_score = (float)(x > 2.0 ? 2.0 : x < -2.0 ? -2.0 : x);
    return true;
}

static bool take(const reader *r, const char *key, const json_t *value)
{
    char shown[64];

    if (strcmp(key, "text") == 0)
        return take_text(r, value);
    if (strcmp(key, "item") == 0)
        return take_string(r, key, value, &r->query->item) &&
               (r->query->item[0] != '\0' || refuse(r, TXT_EMPTY_QUERY));
    if (strcmp(key, "collection") == 0)
        return take_collection(r, value);
    if (strcmp(key, "k") == 0)
        return take_k(r, value);
    if (strcmp(key, "min_score") == 0)
        return take_min_score(r, value);
    if (strcmp(key, "exact") == 0) /* every search is exact until there are shortcuts */
        return json_is_boolean(value) || refuse(r, TXT_NOT_BOOL);
    imf_copy_text(shown, sizeof shown, key);
    return refuse(r, TXT_UNKNOWN_KEY, shown);
}

/* jansson shows the place by a piece of the body, which it may cut inside a character; a number does as well. */
static bool refuse_json(const reader *r, const json_error_t *why)
{
    char text[sizeof why->text];
    const char *near = strstr(why->text, " near ");
    size_t n = near != NULL ? (size_t)(near - why->text) : strlen(why->text);

    for (size_t i = 0; i < n; i++)
        text[i] = why->text[i] >= 0x20 && why->text[i] < 0x7F ? why->text[i] : '?';
    text[n] = '\0';
    return refuse(r, TXT_NOT_JSON, text, why->position);
}

bool imf_search_body_read(imf_search_body *out, const char *bytes, size_t size, imf_language language,
                          char detail[IMF_DETAIL_MAX])
{
    const reader r = {&out->query, language, detail};
    json_error_t why;
    const char *key;
    json_t *value;

    *out = (imf_search_body){.query = imf_query_default()};
    detail[0] = '\0';
    if (size == 0)
        return refuse(&r, TXT_BODY_EMPTY);
    json_t *body = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &why);
    out->memory = body;
    if (body == NULL)
        return refuse_json(&r, &why);
    if (!json_is_object(body))
        return refuse(&r, TXT_NOT_OBJECT);
    json_object_foreach (body, key, value)
        if (!take(&r, key, value))
            return false;
    return (out->query.text != NULL) + (out->query.item != NULL) == 1 || refuse(&r, TXT_ONE_QUERY);
}

void imf_search_body_clear(imf_search_body *body)
{
    json_decref(body->memory);
    *body = (imf_search_body){0};
}
