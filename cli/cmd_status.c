/*
 * imagefinder status: what is committed in each collection, and how far a running index is. A home that does not
 * exist is an empty status.
 */
#include "cli.h"

#include "texts.h"

static void put_collection(const imf_collection *c)
{
    imf_cli_short size;

    imf_cli_put_text(stdout, c->name);
    if (c->title != NULL && c->title[0] != '\0') {
        fputs(" (", stdout);
        imf_cli_put_text(stdout, c->title);
        fputs(")", stdout);
    }
    imf_cli_put(stdout, TXT_STATUS_PICTURES, (unsigned long long)c->items, imf_cli_plural(c->items));
    if (c->failed > 0)
        imf_cli_put(stdout, TXT_STATUS_FAILED, (unsigned long long)c->failed);
    if (c->offline > 0)
        imf_cli_put(stdout, TXT_STATUS_OFFLINE, (unsigned long long)c->offline);
    if (c->waiting)
        imf_cli_put(stdout, TXT_STATUS_WAITING);
    imf_cli_put(stdout, TXT_STATUS_SIZE, imf_cli_size(&size, c->bytes));
    imf_cli_put_text(stdout, c->model);
    fputc('\n', stdout);
}

static void put_status(const imf_status *status)
{
    imf_cli_put(stdout, TXT_STATUS_HOME);
    imf_cli_put_text(stdout, status->home);
    fputc('\n', stdout);
    for (size_t i = 0; i < status->n_collections; i++)
        put_collection(&status->collections[i]);
    if (status->n_collections == 0)
        imf_cli_put(stdout, TXT_STATUS_EMPTY);
    if (!status->running)
        return;
    imf_cli_put(stdout, TXT_STATUS_RUNNING);
    imf_cli_put_text(stdout, status->running_collection != NULL ? status->running_collection : "");
    imf_cli_put(stdout, TXT_STATUS_RUNNING_FIGURES, (unsigned long long)status->running_done,
           (unsigned long long)status->running_total);
    imf_cli_put_rate(stdout, status->running_rate, status->running_eta_s);
    fputc('\n', stdout);
}

int imf_cli_status(const imf_cli_options *o)
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
        char *json = imf_status_json(status);
        rc = imf_cli_put_json(&json);
    } else {
        put_status(status);
    }
out:
    imf_status_free(&status);
    imf_close(&finder);
    return rc;
}
