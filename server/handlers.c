/*
 * The answers that need the library. Each runs in a searching thread, with that thread's finder. The JSON is the
 * library's own, byte for byte what the command line prints.
 */
#include <stdio.h>
#include <string.h>

#include "query.h"
#include "routes.h"

void imf_answer_error(imf_answer *a, const imf_route *route, const imf_err *err)
{
    imf_problem problem = IMF_PROBLEM_INTERNAL;

    switch (err->code) {
    case IMF_EUSAGE:
    case IMF_EMODEL:
    case IMF_EINPUT:
        problem = IMF_PROBLEM_BODY;
        break;
    case IMF_EUNKNOWN:
    case IMF_ENOITEM:
        problem = IMF_PROBLEM_NOT_FOUND;
        break;
    case IMF_EMEM:
    case IMF_EBUSY:
        problem = IMF_PROBLEM_BUSY;
        break;
    case IMF_EOUTDATED:
        problem = IMF_PROBLEM_OUTDATED;
        break;
    default:
        break;
    }
    imf_answer_problem(a, problem, route->language, err->msg);
}

static void answer_json(imf_answer *a, const imf_route *route, char *json)
{
    if (json == NULL) {
        imf_answer_problem(a, IMF_PROBLEM_BUSY, route->language, NULL);
        return;
    }
    a->status = 200;
    a->media_type = "application/json";
    a->json = json;
}

/* ---- Search ------------------------------------------------------------------------------------------------------ */

/* 404 with the name as it was asked for; the library's own text would tell what to type in a terminal. */
static void answer_missing(imf_answer *a, const imf_route *route, imf_server_text text, const char *name)
{
    char shown[100], detail[IMF_DETAIL_MAX];

    imf_copy_text(shown, sizeof shown, name);
    snprintf(detail, sizeof detail, imf_server_text_get(text, route->language), shown);
    imf_answer_problem(a, IMF_PROBLEM_NOT_FOUND, route->language, detail);
}

static void search(const imf_route *route, imf_finder *finder, const char *bytes, size_t size, imf_answer *a)
{
    imf_search_body body;
    char detail[IMF_DETAIL_MAX];
    imf_results *results = NULL;
    imf_err err = {0};

    if (!imf_search_body_read(&body, bytes, size, route->language, detail))
        imf_answer_problem(a, IMF_PROBLEM_BODY, route->language, detail);
    else if (body.query.item != NULL && !imf_is_item(body.query.item, strlen(body.query.item)))
        answer_missing(a, route, TXT_NO_ITEM, body.query.item);
    else if (imf_search(finder, &body.query, &results, &err) == IMF_OK)
        answer_json(a, route, imf_results_json(results));
    else if (err.code == IMF_EUNKNOWN && body.query.collection != NULL)
        answer_missing(a, route, TXT_NO_COLLECTION, body.query.collection);
    else if (body.query.item != NULL && (err.code == IMF_ENOITEM || err.code == IMF_EINPUT))
        answer_missing(a, route, TXT_NO_ITEM, body.query.item);
    else
        imf_answer_error(a, route, &err);
    imf_results_free(&results);
    imf_search_body_clear(&body);
}

/* ---- Items ------------------------------------------------------------------------------------------------------- */

/* Headers of an item's content; true when the client has it already. Its id is the hash of the content. */
static bool begin_item(const imf_route *route, imf_answer *a, const char *cache)
{
    snprintf(a->etag, sizeof a->etag, "\"%s\"", route->item);
    a->cache = cache;
    a->foreign = true;
    a->status = route->has_copy ? 304 : 200;
    return route->has_copy;
}

static void answer_item_error(const imf_route *route, const imf_err *err, imf_answer *a)
{
    if (err->code == IMF_ENOITEM || err->code == IMF_EINPUT)
        answer_missing(a, route, TXT_NO_ITEM, route->item);
    else
        imf_answer_error(a, route, err);
}

static void thumbnail(const imf_route *route, imf_finder *finder, imf_answer *a)
{
    imf_err err = {0};

    if (imf_item_thumbnail(finder, route->item, &a->bytes, &err) != IMF_OK) {
        answer_item_error(route, &err, a);
        return;
    }
    if (begin_item(route, a, "private, max-age=31536000, immutable"))
        imf_bytes_free(&a->bytes);
    else
        a->media_type = "image/jpeg";
}

static void file(const imf_route *route, imf_finder *finder, imf_answer *a)
{
    imf_err err = {0};

    if (imf_item_open(finder, route->item, &a->file, &err) != IMF_OK) {
        answer_item_error(route, &err, a);
        return;
    }
    a->disposition = imf_answer_disposition(a->file->path);
    a->media_type = a->file->media_type;
    if (begin_item(route, a, "private, no-cache")) { /* asked for again, because the file may have gone */
        imf_item_file_free(&a->file);
        a->media_type = NULL;
    }
}

/* ---- Everything -------------------------------------------------------------------------------------------------- */

void imf_route_handle(const imf_route *route, imf_finder *finder, const char *body, size_t body_size,
                      imf_answer *a)
{
    imf_status *status = NULL;
    imf_err err = {0};

    switch (route->kind) {
    case IMF_ROUTE_SEARCH:
        search(route, finder, body, body_size, a);
        break;
    case IMF_ROUTE_THUMBNAIL:
        thumbnail(route, finder, a);
        break;
    case IMF_ROUTE_FILE:
        file(route, finder, a);
        break;
    case IMF_ROUTE_COLLECTIONS:
    case IMF_ROUTE_STATUS:
        if (imf_status_get(finder, &status, &err) != IMF_OK)
            imf_answer_error(a, route, &err);
        else
            answer_json(a, route,
                        route->kind == IMF_ROUTE_STATUS ? imf_status_json(status) : imf_collections_json(status));
        imf_status_free(&status);
        break;
    case IMF_ROUTE_ASSET:
    case IMF_ROUTE_HEALTH:
        imf_route_quick(route, a);
        break;
    }
}
