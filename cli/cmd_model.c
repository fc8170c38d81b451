/*
 * imagefinder model list | info M: the models that can be named, and what one is.
 */
#include "cli.h"

#include "texts.h"

/* ---- list -------------------------------------------------------------------------------------------------------- */

/* "starter: ru, en, vectors of 416 numbers, 12.4 MB, Apache-2.0", and its folder on a second line. */
static void put_model(const imf_model_row *m)
{
    imf_cli_short size;
    const char *before = ": ";

    imf_cli_put_text(stdout, m->name);
    if (!m->here) {
        imf_cli_put(stdout, TXT_MODEL_ABSENT);
        return;
    }
    for (size_t i = 0; i < m->n_languages; i++, before = ", ") {
        fputs(before, stdout);
        imf_cli_put_text(stdout, m->languages[i]);
    }
    if (m->dim > 0) {
        fputs(before, stdout);
        imf_cli_put(stdout, TXT_MODEL_DIM, m->dim);
        before = ", ";
    }
    if (m->size > 0) {
        printf("%s%s", before, imf_cli_size(&size, m->size));
        before = ", ";
    }
    if (m->licence != NULL && m->licence[0] != '\0') {
        fputs(before, stdout);
        imf_cli_put_text(stdout, m->licence);
    }
    fputc('\n', stdout);
    if (m->path != NULL) {
        fputs("    ", stdout);
        imf_cli_put_text(stdout, m->path);
        fputc('\n', stdout);
    }
}

int imf_cli_model_list(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_model_list *list = NULL;
    imf_err err = {0};
    int rc = 0;

    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_models(finder, &list, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    if (o->json) {
        char *json = imf_models_json(list);
        rc = imf_cli_put_json(&json);
        goto out;
    }
    for (size_t i = 0; i < list->n_models; i++)
        put_model(&list->models[i]);
    if (list->n_models == 0)
        imf_cli_put(stdout, TXT_MODELS_NONE);
out:
    imf_models_free(&list);
    imf_close(&finder);
    return rc;
}

/* ---- info -------------------------------------------------------------------------------------------------------- */

static void put_figure(const char *label, const char *format, int n)
{
    if (n <= 0) /* not known */
        return;
    imf_cli_put_label(label);
    imf_cli_put(stdout, format, n);
    fputc('\n', stdout);
}

static void put_info(const imf_model_info *m)
{
    imf_cli_put_text(stdout, m->name);
    fputc('\n', stdout);
    imf_cli_put_field(TXT_LABEL_FOLDER, m->path);
    imf_cli_put_field(TXT_LABEL_FAMILY, m->family);
    put_figure(TXT_LABEL_VECTORS, TXT_VALUE_NUMBERS, m->dim);
    put_figure(TXT_LABEL_PICTURE_SIDE, TXT_VALUE_PIXELS, m->image_size);
    imf_cli_put_number(TXT_LABEL_PARAMETERS, m->parameters);
    imf_cli_put_number(TXT_LABEL_TENSORS, m->tensors);
    imf_cli_put_field(TXT_LABEL_PRECISION, m->precision);
    imf_cli_put_field(TXT_LABEL_PROVENANCE, m->provenance);
}

int imf_cli_model_info(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_model_info *info = NULL;
    imf_err err = {0};
    int rc = 0;

    if (o->n_words != 1 || o->words[0][0] == '\0')
        return imf_cli_usage(TXT_NEEDS_MODEL);
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_model_info_get(finder, o->words[0], &info, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
    } else if (o->json) {
        char *json = imf_model_info_json(info);
        rc = imf_cli_put_json(&json);
    } else {
        put_info(info);
    }
out:
    imf_model_info_free(&info);
    imf_close(&finder);
    return rc;
}
