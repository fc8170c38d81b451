/*
 * imagefinder doctor: what Image Finder needs of this machine, and what to do where something is amiss. As with
 * verify, the report goes to stdout even when the status is 4: it is what was asked for.
 */
#include "cli.h"

#include "texts.h"

static void put_check(const imf_check *check)
{
    imf_cli_put(stdout, check->ok ? TXT_DOCTOR_OK : TXT_DOCTOR_ATTENTION);
    imf_cli_put_text(stdout, imf_cli_tr(check->name)); /* a word of the library's: TXT_CHECK_... has those there are */
    fputs(": ", stdout);
    imf_cli_put_text(stdout, check->found);
    fputc('\n', stdout);
    if (check->advice != NULL && check->advice[0] != '\0') {
        imf_cli_put(stdout, TXT_DOCTOR_ADVICE);
        imf_cli_put_text(stdout, check->advice);
        fputc('\n', stdout);
    }
}

/* The one line on stderr; the exit status. */
static int judge(const imf_doctor_report *report)
{
    size_t amiss = 0;
    const char *first = "?";

    if (report->ok)
        return 0;
    for (size_t i = 0; i < report->n_checks; i++)
        if (!report->checks[i].ok && amiss++ == 0)
            first = report->checks[i].name;
    imf_cli_flush(); /* the list comes before this line */
    imf_cli_error(TXT_DOCTOR_AMISS, amiss, report->n_checks, imf_cli_tr(first));
    return IMF_CLI_FAULT;
}

int imf_cli_doctor(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_doctor_report *report = NULL;
    imf_err err = {0};
    int rc = 0;

    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_doctor(finder, &report, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    if (o->json) {
        char *json = imf_doctor_json(report);
        rc = imf_cli_put_json(&json);
        if (rc != 0)
            goto out;
    } else {
        for (size_t i = 0; i < report->n_checks; i++)
            put_check(&report->checks[i]);
        if (report->ok)
            imf_cli_put(stdout, TXT_DOCTOR_WELL);
    }
    rc = judge(report);
out:
    imf_doctor_free(&report);
    imf_close(&finder);
    return rc;
}
