/* The stable JSON of the command line and of the web server: searches and index runs, and what all of it shares. Keys
 * are the contract: they may be added to, never renamed. */
#include "finder/json.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "finder/finder.h"

/* Nine digits give a float32 score back exactly. */
enum { DUMP_FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(9) };

char *imf_json_dump(json_t *root)
{
    char *text = root ? json_dumps(root, DUMP_FLAGS) : NULL, *copy = imf_strdup(text);
    json_decref(root);
    free(text);
    return copy;
}

static json_t *text_or_null(const char *s)
{
    return s ? json_string(s) : json_null();
}

json_t *imf_json_readable(const char *s)
{
    if (imf_utf8_valid(s, strlen(s)))
        return json_string(s);
    char *clean = imf_alloc(strlen(s) * 3 + 1);
    if (!clean)
        return NULL;
    imf_utf8_sanitise(clean, strlen(s) * 3 + 1, s);
    json_t *value = json_string(clean);
    imf_free(clean);
    return value;
}

/* Puts "path", and "path_base64" beside it when the path is not UTF-8. */
static void set_path(json_t *object, const char *path)
{
    json_object_set_new(object, "path", imf_json_readable(path));
    if (!imf_utf8_valid(path, strlen(path))) {
        char *encoded = imf_base64(path, strlen(path));
        json_object_set_new(object, "path_base64", encoded ? json_string(encoded) : json_null());
        imf_free(encoded);
    }
}

json_t *imf_json_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *milliseconds(double ms)
{
    return json_real(round(ms * 1e3) / 1e3 + 0.0); /* + 0.0: no "-0.0" */
}

json_t *imf_json_real_or_null(double x, bool there)
{
    return there && isfinite(x) ? json_real(x) : json_null();
}

json_t *imf_json_strings(const char *const *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, imf_json_readable(list[i]));
    return array;
}

static json_t *hit_json(const imf_hit *h)
{
    json_t *o = json_object();
    json_object_set_new(o, "rank", json_integer(h->rank));
    json_object_set_new(o, "score", json_real((double)h->score));
    json_object_set_new(o, "probability", imf_json_real_or_null(h->probability, true));
    json_object_set_new(o, "verdict", json_string(h->verdict));
    set_path(o, h->path);
    json_object_set_new(o, "paths", imf_json_strings(h->paths, h->n_paths));
    json_object_set_new(o, "collection", json_string(h->collection));
    json_object_set_new(o, "kind", json_string(h->kind));
    json_object_set_new(o, "time_ms", h->time_ms >= 0 ? json_integer(h->time_ms) : json_null());
    json_object_set_new(o, "end_ms", h->end_ms >= 0 ? json_integer(h->end_ms) : json_null());
    json_object_set_new(o, "width", json_integer(h->width));
    json_object_set_new(o, "height", json_integer(h->height));
    json_object_set_new(o, "item", json_string(h->item));
    return o;
}

char *imf_results_json(const imf_results *r)
{
    json_t *root = json_object(), *query = json_object(), *took = json_object(), *results = json_array();
    json_object_set_new(query, "text", text_or_null(r->text));
    json_object_set_new(query, "language", text_or_null(r->language));
    json_object_set_new(query, "model", imf_json_readable(r->model));
    json_object_set_new(query, "translated", text_or_null(r->translated));
    json_object_set_new(took, "embed", milliseconds(r->embed_ms));
    json_object_set_new(took, "search", milliseconds(r->search_ms));
    json_object_set_new(took, "total", milliseconds(r->total_ms));
    for (size_t i = 0; i < r->n_hits; i++)
        json_array_append_new(results, hit_json(&r->hits[i]));
    json_object_set_new(root, "query", query);
    json_object_set_new(root, "took_ms", took);
    json_object_set_new(root, "degraded", json_boolean(r->degraded));
    json_object_set_new(root, "warnings", imf_json_strings(r->warnings, r->n_warnings));
    json_object_set_new(root, "results", results);
    return imf_json_dump(root);
}

char *imf_index_report_json(const imf_index_report *r)
{
    json_t *root = json_object(), *stages = json_object(), *failures = json_array();
    json_object_set_new(root, "collection", json_string(r->collection));
    json_object_set_new(root, "model", imf_json_readable(r->model));
    json_object_set_new(root, "seen", imf_json_count(r->seen));
    json_object_set_new(root, "added", imf_json_count(r->added));
    json_object_set_new(root, "unchanged", imf_json_count(r->unchanged));
    json_object_set_new(root, "renamed", imf_json_count(r->renamed));
    json_object_set_new(root, "removed", imf_json_count(r->removed));
    json_object_set_new(root, "failed", imf_json_count(r->failed));
    json_object_set_new(root, "moments", imf_json_count(r->moments));
    json_object_set_new(root, "seconds", json_real(round(r->seconds * 1e3) / 1e3));
    json_object_set_new(stages, "scan", milliseconds(r->scan_ms));
    json_object_set_new(stages, "hash", milliseconds(r->hash_ms));
    json_object_set_new(stages, "decode", milliseconds(r->decode_ms));
    json_object_set_new(stages, "embed", milliseconds(r->embed_ms));
    json_object_set_new(stages, "commit", milliseconds(r->commit_ms));
    json_object_set_new(root, "stages_ms", stages);
    for (size_t i = 0; i < r->n_failures; i++) {
        json_t *f = json_object();
        set_path(f, r->failures[i].path);
        json_object_set_new(f, "reason", imf_json_readable(r->failures[i].reason));
        json_array_append_new(failures, f);
    }
    json_object_set_new(root, "failures", failures);
    return imf_json_dump(root);
}
