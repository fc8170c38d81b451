/*
 * imagefinder search WORDS... | @FILE | @ITEM: plain words form one phrase; exactly one argument with @ is a picture.
 * The table goes to stdout, times, warnings and advice to stderr. What a query means is the library's business.
 */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "texts.h"

#define COLOUR_GOOD "\x1b[32m"
#define COLOUR_NONE "\x1b[2m"
#define COLOUR_OFF  "\x1b[0m"

/* The words as one phrase. *phrase is freed by the caller; NULL when memory ran out. */
static char *join(const char *const *words, size_t n)
{
    size_t length = 1;

    for (size_t i = 0; i < n; i++)
        length += strlen(words[i]) + 1; /* bounded by the size of argv */
    char *phrase = malloc(length);
    if (phrase == NULL)
        return NULL;
    char *to = phrase;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *to++ = ' ';
        to = stpcpy(to, words[i]);
    }
    *to = '\0';
    return phrase;
}

/* Reads the words into the query; 0 or the exit status. */
static int take_words(const imf_cli_options *o, imf_query *query, char **phrase)
{
    imf_cli_quoted q;

    if (o->n_words == 0)
        return imf_cli_usage(TXT_SEARCH_NEEDS_WORDS);
    for (size_t i = 0; i < o->n_words && o->n_words > 1; i++)
        if (o->words[i][0] == '@')
            return imf_cli_usage(TXT_SEARCH_AT_ALONE, imf_cli_quote(&q, o->words[i]));
    if (o->words[0][0] == '@') {
        query->picture = o->words[0] + 1;
        if (query->picture[0] == '\0')
            return imf_cli_usage(TXT_SEARCH_AT_EMPTY);
        if (strncmp(query->picture, "http://", 7) == 0 || strncmp(query->picture, "https://", 8) == 0)
            return imf_cli_usage(TXT_SEARCH_URL, imf_cli_quote(&q, query->picture));
        return 0;
    }
    *phrase = join(o->words, o->n_words);
    if (*phrase == NULL) {
        imf_cli_error(TXT_OUT_OF_MEMORY);
        return IMF_CLI_FAULT;
    }
    query->text = *phrase;
    return 0;
}

/* The bytes of the paths, one a line; only a terminal gets them made harmless. */
static void put_paths(const imf_results *results)
{
    bool terminal = isatty(fileno(stdout));

    for (size_t i = 0; i < results->n_hits; i++) {
        if (terminal)
            imf_cli_put_text(stdout, results->hits[i].path);
        else
            fputs(results->hits[i].path, stdout);
        fputc('\n', stdout);
    }
}

static void put_table(const imf_results *results)
{
    bool colours = imf_cli_colours(stdout);

    for (size_t i = 0; i < results->n_hits; i++) {
        const imf_hit *hit = &results->hits[i];
        const char *colour = !colours                            ? ""
                             : strcmp(hit->verdict, "good") == 0 ? COLOUR_GOOD
                             : strcmp(hit->verdict, "none") == 0 ? COLOUR_NONE
                                                                 : "";
        printf("%4d  %s%6.3f", hit->rank, colour, (double)hit->score);
        if (!isnan(hit->probability))
            printf("  %3.0f %%", 100.0 * hit->probability);
        fputs(colour[0] != '\0' ? COLOUR_OFF "  " : "  ", stdout);
        imf_cli_put_text(stdout, hit->path);
        if (hit->n_paths > 1)
            imf_cli_put(stdout, TXT_COPIES, hit->n_paths);
        fputc('\n', stdout);
    }
}

/* What people want to know besides the table; nothing of it with --quiet or --json. */
static void put_notes(const imf_cli_options *o, const imf_results *results)
{
    bool all_none = results->n_hits > 0;

    for (size_t i = 0; i < results->n_warnings; i++)
        imf_cli_warning(results->warnings[i]);
    for (size_t i = 0; i < results->n_hits; i++)
        all_none = all_none && strcmp(results->hits[i].verdict, "none") == 0;
    if (results->n_hits == 0 && o->has_min_score)
        imf_cli_error(TXT_NOTHING_REACHES, (double)o->min_score);
    else if (results->n_hits == 0)
        imf_cli_error(TXT_NOTHING_INDEXED);
    else if (all_none)
        imf_cli_error(TXT_ALL_NONE);
    if (results->n_hits > 0 && !o->paths && imf_cli_flush()) /* the times come after the table */
        imf_cli_put(stderr, results->text != NULL ? TXT_TIMES_WORDS : TXT_TIMES_PICTURE, results->total_ms,
                results->embed_ms, results->search_ms);
}

int imf_cli_search(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_results *results = NULL;
    imf_err err = {0};
    imf_query query = imf_query_default();
    char *phrase = NULL;
    int rc = take_words(o, &query, &phrase);

    if (rc != 0)
        goto out;
    if (o->json && o->paths) {
        rc = imf_cli_usage(TXT_JSON_OR_PATHS);
        goto out;
    }
    query.collection = o->collection;
    query.k = o->k;
    query.has_min_score = o->has_min_score;
    query.min_score = o->min_score;
    query.templates = o->templates;
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    if (imf_search(finder, &query, &results, &err) != IMF_OK) {
        rc = imf_cli_fail(&err);
        goto out;
    }
    if (o->json) {
        char *json = imf_results_json(results);
        rc = imf_cli_put_json(&json);
    } else if (o->paths) {
        put_paths(results);
    } else {
        put_table(results);
    }
    if (!o->json && !o->quiet)
        put_notes(o, results);
    if (rc == 0 && results->n_hits == 0)
        rc = IMF_CLI_NOT_FOUND;
out:
    imf_results_free(&results);
    imf_close(&finder);
    free(phrase);
    return rc;
}
