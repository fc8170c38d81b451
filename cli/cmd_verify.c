/*
 * imagefinder verify: every stored byte against its checksum. The report goes to stdout even when the status is 4: it
 * is what was asked for.
 */
#include "cli.h"

#include "texts.h"

static void put_report(const imf_verify_report *report)
{
    unsigned long long segments = report->segments, rows = report->rows;

    if (report->ok) {
        imf_cli_put(stdout, TXT_VERIFY_SOUND, segments, imf_cli_plural(segments), rows, imf_cli_plural(rows));
        return;
    }
    imf_cli_put(stdout, TXT_VERIFY_DAMAGE_COUNT, report->n_damage, imf_cli_plural(report->n_damage), segments,
           imf_cli_plural(segments), rows, imf_cli_plural(rows));
    for (size_t i = 0; i < report->n_damage; i++) {
        const imf_damage *d = &report->damage[i];
        imf_cli_put_text(stdout, d->file);
        fputs(": ", stdout);
        imf_cli_put_text(stdout, d->what);
        imf_cli_put(stdout, TXT_VERIFY_ROWS, (unsigned long long)d->rows, imf_cli_plural(d->rows));
    }
}

int imf_cli_verify(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_verify_report *report = NULL;
    imf_err err = {0};
    imf_cli_quoted q;
    int rc = 0;

    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_verify(finder, &report, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    if (o->json) {
        char *json = imf_verify_report_json(report);
        rc = imf_cli_put_json(&json);
        if (rc != 0)
            goto out;
    } else {
        put_report(report);
    }
    if (!report->ok) {
        const char *first = report->n_damage > 0 ? report->damage[0].file : "?";
        imf_cli_flush(); /* the list comes before this line */
        imf_cli_error(TXT_VERIFY_DAMAGED, report->n_damage, imf_cli_plural(report->n_damage), imf_cli_quote(&q, first));
        rc = IMF_CLI_FAULT;
    }
out:
    imf_verify_report_free(&report);
    imf_close(&finder);
    return rc;
}
