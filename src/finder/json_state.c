/* The stable JSON of what is there: status, collections, verification, models, the machine. See json.c. */
#include "finder/json.h"

char *imf_status_json(const imf_status *s)
{
    json_t *root = json_object(), *collections = json_array();
    json_object_set_new(root, "home", imf_json_readable(s->home));
    for (size_t i = 0; i < s->n_collections; i++) {
        const imf_collection *c = &s->collections[i];
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(c->name));
        json_object_set_new(o, "title", json_string(c->title));
        json_object_set_new(o, "model", imf_json_readable(c->model));
        json_object_set_new(o, "items", imf_json_count(c->items));
        json_object_set_new(o, "moments", imf_json_count(c->moments));
        json_object_set_new(o, "failed", imf_json_count(c->failed));
        json_object_set_new(o, "offline", imf_json_count(c->offline));
        json_object_set_new(o, "bytes", imf_json_count(c->bytes));
        json_array_append_new(collections, o);
    }
    json_object_set_new(root, "collections", collections);
    if (s->running) {
        json_t *run = json_object();
        json_object_set_new(run, "collection", json_string(s->running_collection));
        json_object_set_new(run, "done", imf_json_count(s->running_done));
        json_object_set_new(run, "total", imf_json_count(s->running_total));
        json_object_set_new(run, "rate", json_real(s->running_rate));
        json_object_set_new(run, "eta_s", imf_json_real_or_null(s->running_eta_s, s->running_eta_s >= 0));
        json_object_set_new(root, "running", run);
    } else {
        json_object_set_new(root, "running", json_null());
    }
    return imf_json_dump(root);
}

/* What `collection list` tells of one. */
static json_t *collection_words(const imf_collection *c)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(c->name));
    json_object_set_new(o, "title", json_string(c->title));
    json_object_set_new(o, "description", json_string(c->description));
    json_object_set_new(o, "queries", imf_json_strings(c->queries, c->n_queries));
    json_object_set_new(o, "model", imf_json_readable(c->model));
    json_object_set_new(o, "items", imf_json_count(c->items));
    json_object_set_new(o, "moments", imf_json_count(c->moments));
    return o;
}

char *imf_collections_json(const imf_status *s)
{
    json_t *root = json_object(), *collections = json_array();
    for (size_t i = 0; i < s->n_collections; i++)
        json_array_append_new(collections, collection_words(&s->collections[i]));
    json_object_set_new(root, "collections", collections);
    return imf_json_dump(root);
}

char *imf_collection_json(const imf_collection *c)
{
    json_t *o = collection_words(c);
    json_object_set_new(o, "roots", imf_json_strings(c->roots, c->n_roots));
    return imf_json_dump(o);
}

char *imf_verify_report_json(const imf_verify_report *r)
{
    json_t *root = json_object(), *damage = json_array();
    json_object_set_new(root, "ok", json_boolean(r->ok));
    json_object_set_new(root, "segments", imf_json_count(r->segments));
    json_object_set_new(root, "rows", imf_json_count(r->rows));
    for (size_t i = 0; i < r->n_damage; i++) {
        json_t *d = json_object();
        json_object_set_new(d, "file", imf_json_readable(r->damage[i].file));
        json_object_set_new(d, "what", imf_json_readable(r->damage[i].what));
        json_object_set_new(d, "rows", imf_json_count(r->damage[i].rows));
        json_array_append_new(damage, d);
    }
    json_object_set_new(root, "damage", damage);
    return imf_json_dump(root);
}

/* A number that may not be known. */
static json_t *known_count(uint64_t n)
{
    return n > 0 ? imf_json_count(n) : json_null();
}

char *imf_models_json(const imf_model_list *list)
{
    json_t *root = json_object(), *models = json_array();
    for (size_t i = 0; i < list->n_models; i++) {
        const imf_model_row *m = &list->models[i];
        json_t *o = json_object();
        json_object_set_new(o, "name", imf_json_readable(m->name));
        json_object_set_new(o, "here", json_boolean(m->here));
        json_object_set_new(o, "path", m->path ? imf_json_readable(m->path) : json_null());
        json_object_set_new(o, "languages", imf_json_strings(m->languages, m->n_languages));
        json_object_set_new(o, "dim", known_count((uint64_t)m->dim));
        json_object_set_new(o, "size", known_count(m->size));
        json_object_set_new(o, "licence", imf_json_readable(m->licence));
        json_array_append_new(models, o);
    }
    json_object_set_new(root, "models", models);
    return imf_json_dump(root);
}

char *imf_model_info_json(const imf_model_info *m)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", imf_json_readable(m->name));
    json_object_set_new(o, "path", imf_json_readable(m->path));
    json_object_set_new(o, "family", json_string(m->family));
    json_object_set_new(o, "dim", json_integer(m->dim));
    json_object_set_new(o, "image_size", json_integer(m->image_size));
    json_object_set_new(o, "parameters", imf_json_count(m->parameters));
    json_object_set_new(o, "tensors", imf_json_count(m->tensors));
    json_object_set_new(o, "precision", json_string(m->precision));
    json_object_set_new(o, "provenance", imf_json_readable(m->provenance));
    return imf_json_dump(o);
}

char *imf_doctor_json(const imf_doctor_report *r)
{
    json_t *root = json_object(), *checks = json_array();
    json_object_set_new(root, "ok", json_boolean(r->ok));
    for (size_t i = 0; i < r->n_checks; i++) {
        const imf_check *c = &r->checks[i];
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(c->name));
        json_object_set_new(o, "ok", json_boolean(c->ok));
        json_object_set_new(o, "found", imf_json_readable(c->found));
        json_object_set_new(o, "advice", imf_json_readable(c->advice));
        json_array_append_new(checks, o);
    }
    json_object_set_new(root, "checks", checks);
    return imf_json_dump(root);
}
