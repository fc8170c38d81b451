/*
 * imagefinder collection list | edit C: the collections of a home, and what people read about them.
 */
#include "cli.h"

#include "texts.h"

static void put_collection(const imf_collection *c)
{
    imf_cli_put_text(stdout, c->name);
    if (c->title != NULL && c->title[0] != '\0') {
        fputs(" (", stdout);
        imf_cli_put_text(stdout, c->title);
        fputs(")", stdout);
    }
    printf(TXT_STATUS_PICTURES, (unsigned long long)c->items, imf_cli_plural(c->items));
    fputs(TXT_LIST_MODEL, stdout);
    imf_cli_put_text(stdout, c->model);
    fputc('\n', stdout);
    if (c->description != NULL && c->description[0] != '\0') {
        fputs(TXT_LIST_DESCRIPTION, stdout);
        imf_cli_put_text(stdout, c->description);
        fputc('\n', stdout);
    }
    for (size_t i = 0; i < c->n_queries; i++) {
        fputs(TXT_LIST_QUERY, stdout);
        imf_cli_put_text(stdout, c->queries[i]);
        fputc('\n', stdout);
    }
}

int imf_cli_collection_list(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_status *status = NULL;
    imf_err err = {0};
    imf_cli_quoted q;
    int rc = 0;

    if (o->n_words > 0)
        return imf_cli_usage(TXT_TAKES_NO_WORDS, o->verb->name, imf_cli_quote(&q, o->words[0]), "collection");
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
        fputs(TXT_STATUS_EMPTY, stdout);
out:
    imf_status_free(&status);
    imf_close(&finder);
    return rc;
}

int imf_cli_collection_edit(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_err err = {0};
    int rc = 0;

    if (o->n_words != 1)
        return imf_cli_usage(TXT_EDIT_NEEDS_NAME);
    if (!imf_cli_collection_name_ok("collection edit", o->words[0]))
        return IMF_CLI_USAGE;
    if (o->title == NULL && o->description == NULL && o->n_queries == 0)
        return imf_cli_usage(TXT_EDIT_NEEDS_CHANGE);
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    imf_collection_edit edit = {.collection = o->words[0],
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
