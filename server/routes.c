/* Finding the route of a request, and the answers that need nothing but the program itself. See routes.h. */
#include "routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char allow_get[] = "GET, HEAD";
static const char allow_post[] = "POST";

/* ---- If-None-Match ----------------------------------------------------------------------------------------------- */

/* Whether a list of tags holds `tag` (with its quotes), weak or not, or is "*". */
static bool names_tag(imf_span list, const char *tag)
{
    size_t n = strlen(tag);

    if (imf_span_is(list, "*"))
        return true;
    for (size_t at = 0; at + n <= list.size; at++)
        if (memcmp(list.at + at, tag, n) == 0)
            return true;
    return false;
}

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

static bool starts_with(imf_span path, const char *text)
{
    return path.size >= strlen(text) && memcmp(path.at, text, strlen(text)) == 0;
}

bool imf_is_item(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return size == 32;
}

/* "/api/v1/items/<32 hex digits>/thumbnail" or "/file". */
static bool find_item(imf_route *route, imf_span path)
{
    static const char before[] = "/api/v1/items/";
    const size_t id = sizeof before - 1, digits = sizeof route->item - 1;

    if (!starts_with(path, before) || path.size < id + digits || !imf_is_item(path.at + id, digits))
        return false;
    imf_span rest = {path.at + id + digits, path.size - id - digits};
    if (imf_span_is(rest, "/thumbnail"))
        route->kind = IMF_ROUTE_THUMBNAIL;
    else if (imf_span_is(rest, "/file"))
        route->kind = IMF_ROUTE_FILE;
    else
        return false;
    memcpy(route->item, path.at + id, digits);
    route->item[digits] = '\0';
    return true;
}

static bool find_path(imf_route *route, imf_span path)
{
    static const struct {
        const char *path;
        imf_route_kind kind;
    } fixed[] = {
        {"/healthz", IMF_ROUTE_HEALTH},
        {"/api/v1/collections", IMF_ROUTE_COLLECTIONS},
        {"/api/v1/status", IMF_ROUTE_STATUS},
        {"/api/v1/search", IMF_ROUTE_SEARCH},
    };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (imf_span_is(path, fixed[i].path)) {
            route->kind = fixed[i].kind;
            return true;
        }
    }
    if (find_item(route, path))
        return true;
    route->kind = IMF_ROUTE_ASSET;
    route->asset = imf_span_is(path, "/") ? imf_asset_find("index.html", strlen("index.html"))
                                          : imf_asset_find(path.at + 1, path.size - 1);
    return route->asset != NULL;
}

imf_problem imf_route_find(imf_route *route, const imf_request *r)
{
    char tag[sizeof route->item + 2];

    *route = (imf_route){.head = r->method == IMF_METHOD_HEAD, .language = imf_request_language(r)};
    if (!find_path(route, r->path))
        return IMF_PROBLEM_NOT_FOUND;
    bool posts = route->kind == IMF_ROUTE_SEARCH;
    route->allow = posts ? allow_post : allow_get;
    if (posts ? r->method != IMF_METHOD_POST : r->method != IMF_METHOD_GET && r->method != IMF_METHOD_HEAD)
        return IMF_PROBLEM_METHOD;
    if (r->if_none_match.at != NULL && !posts) {
        snprintf(tag, sizeof tag, "\"%s\"", route->item);
        route->has_copy = (route->asset != NULL || route->item[0] != '\0') &&
                          names_tag(r->if_none_match, route->asset != NULL ? route->asset->etag : tag);
    }
    return IMF_PROBLEM_NONE;
}

/* ---- Answers at once --------------------------------------------------------------------------------------------- */

bool imf_route_is_quick(const imf_route *route)
{
    return route->kind == IMF_ROUTE_ASSET || route->kind == IMF_ROUTE_HEALTH;
}

void imf_route_quick(const imf_route *route, imf_answer *a)
{
    static const uint8_t health[] = "{\"status\":\"ok\",\"version\":\"" IMF_VERSION "\"}";

    a->status = 200;
    if (route->kind == IMF_ROUTE_HEALTH) {
        a->media_type = "application/json";
        a->fixed = health;
        a->fixed_size = sizeof health - 1;
        return;
    }
    imf_copy_text(a->etag, sizeof a->etag, route->asset->etag);
    a->cache = "no-cache"; /* asked for again each time, and then answered with 304 */
    if (route->has_copy) {
        a->status = 304;
        return;
    }
    a->media_type = route->asset->media_type;
    a->fixed = route->asset->data;
    a->fixed_size = route->asset->size;
}
