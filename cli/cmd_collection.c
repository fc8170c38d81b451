/*
 * imagefinder collection list | show C | edit C | remove C: the collections of a home, and what people read about them.
 */
#include "cli.h"

#include <inttypes.h>

#include "texts.h"

/* The one word that names a collection; NULL after printing what is wrong. */
static const char *one_collection(const imf_cli_options *o)
{
    if (o->n_words != 1) {
        imf_cli_usage(TXT_NEEDS_COLLECTION, o->verb->name);
        return NULL;
    }
    return imf_cli_collection_name_ok(o->verb->name, o->words[0]) ? o->words[0] : NULL;
}

/* ---- list -------------------------------------------------------------------------------------------------------- */

static void put_collection(const imf_collection *c)
{
    imf_cli_put_text(stdout, c->name);
    if (c->title != NULL && c->title[0] != '\0') {
        fputs(" (", stdout);
        imf_cli_put_text(stdout, c->title);
        fputs(")", stdout);
    }
    imf_cli_put(stdout, TXT_STATUS_PICTURES, (unsigned long long)c->items, imf_cli_plural(c->items));
    imf_cli_put(stdout, TXT_LIST_MODEL);
    imf_cli_put_text(stdout, c->model);
    fputc('\n', stdout);
    if (c->description != NULL && c->description[0] != '\0') {
        imf_cli_put(stdout, TXT_LIST_DESCRIPTION);
        imf_cli_put_text(stdout, c->description);
        fputc('\n', stdout);
    }
    for (size_t i = 0; i < c->n_queries; i++) {
        imf_cli_put(stdout, TXT_LIST_QUERY);
        imf_cli_put_text(stdout, c->queries[i]);
        fputc('\n', stdout);
    }
}

int imf_cli_collection_list(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_status *status = NULL;
    imf_err err = {0};
    int rc = 0;

    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_status_get(finder, &status, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    if (o->json) {
        char *json = imf_collections_json(status);
        rc = imf_cli_put_json(&json);
        goto out;
    }
    for (size_t i = 0; i < status->n_collections; i++)
        put_collection(&status->collections[i]);
    if (status->n_collections == 0)
        imf_cli_put(stdout, TXT_STATUS_EMPTY);
out:
    imf_status_free(&status);
    imf_close(&finder);
    return rc;
}

/* ---- show -------------------------------------------------------------------------------------------------------- */

static void put_list(const char *label, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        imf_cli_put_field(i == 0 ? label : "", texts[i]);
}

static void put_details(const imf_collection *c)
{
    imf_cli_short size;

    imf_cli_put_text(stdout, c->name);
    fputc('\n', stdout);
    imf_cli_put_field(TXT_LABEL_TITLE, c->title);
    imf_cli_put_field(TXT_LABEL_DESCRIPTION, c->description);
    put_list(TXT_LABEL_QUERIES, c->queries, c->n_queries);
    put_list(TXT_LABEL_FOLDERS, c->roots, c->n_roots);
    imf_cli_put_number(TXT_LABEL_PICTURES, c->items);
    imf_cli_put_number(TXT_LABEL_MOMENTS, c->moments);
    imf_cli_put_number(TXT_LABEL_FAILED, c->failed);
    imf_cli_put_number(TXT_LABEL_OFFLINE, c->offline);
    imf_cli_put_field(TXT_LABEL_SIZE, imf_cli_size(&size, c->bytes));
    imf_cli_put_field(TXT_LABEL_MODEL, c->model);
}

int imf_cli_collection_show(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_collection *collection = NULL;
    imf_err err = {0};
    const char *name = one_collection(o);
    int rc = 0;

    if (name == NULL)
        return IMF_CLI_USAGE;
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_collection_get(finder, name, &collection, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
    } else if (o->json) {
        char *json = imf_collection_json(collection);
        rc = imf_cli_put_json(&json);
    } else {
        put_details(collection);
    }
out:
    imf_collection_free(&collection);
    imf_close(&finder);
    return rc;
}

/* ---- edit -------------------------------------------------------------------------------------------------------- */

int imf_cli_collection_edit(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_err err = {0};
    const char *name = one_collection(o);
    int rc = 0;

    if (name == NULL)
        return IMF_CLI_USAGE;
    if (o->title == NULL && o->description == NULL && o->n_queries == 0)
        return imf_cli_usage(TXT_EDIT_NEEDS_CHANGE);
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    imf_collection_edit edit = {.collection = name,
                                .title = o->title,
                                .description = o->description,
                                .queries = o->queries,
                                .n_queries = o->n_queries};
    if (imf_collection_edit_apply(finder, &edit, &err) != IMF_OK)
        rc = imf_cli_fail(&err);
out:
    imf_close(&finder);
    return rc;
}

/* ---- remove ------------------------------------------------------------------------------------------------------ */

int imf_cli_collection_remove(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_err err = {0};
    imf_cli_quoted q;
    uint64_t items = 0;
    const char *name = one_collection(o);
    int rc = 0;

    if (name == NULL)
        return IMF_CLI_USAGE;
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_collection_remove(finder, name, &items, &err) != IMF_OK)
        rc = imf_cli_fail(&err);
    else if (o->json)
        printf("{\"items\":%" PRIu64 "}\n", items);
    else
        imf_cli_put(stdout, TXT_REMOVED, imf_cli_quote(&q, name), (unsigned long long)items, imf_cli_plural(items));
out:
    imf_close(&finder);
    return rc;
}
