/*
 * imagefinder index PATH...: brings a collection up to date, with a progress bar on a terminal and a plain line every
 * few seconds elsewhere. Ctrl-C finishes the batch under way; a second one ends at once, which is safe too. With
 * status 2-4 stdout stays empty (the contract of every verb): the one line on stderr then carries the counts.
 */
#include "cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "texts.h"

enum { FAILURES_SHOWN = 20, BAR_CELLS = 24 };

#define PLAIN_EVERY_S 5.0
#define BAR_EVERY_S   0.1
#define CLEAR_LINE    "\r\x1b[K"
#define COLOUR_BAR    "\x1b[36m"
#define COLOUR_OFF    "\x1b[0m"

/* ---- Ctrl-C ------------------------------------------------------------------------------------------------------ */

/* What the signal handler needs; documented global state, written before the handler is set. */
static imf_finder *volatile running_finder;
static volatile sig_atomic_t stops;
static const char *volatile stop_text; /* what a stop says on a terminal; NULL: nothing */

static void on_stop(int signal_number)
{
    (void)signal_number;
    if (stops++ > 0)
        _exit(IMF_CLI_STOPPED);
    imf_cancel(running_finder);
    if (stop_text != NULL) {
        ssize_t written = write(STDERR_FILENO, stop_text, strlen(stop_text));
        (void)written;
    }
}

static void catch_stops(imf_finder *finder, bool terminal)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

    running_finder = finder;
    stop_text = terminal ? imf_cli_tr(TXT_STOPPING) : NULL;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* From here on a signal ends the program as usual; the finder may be closed. */
static void release_stops(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    running_finder = NULL;
}

/* ---- Progress ---------------------------------------------------------------------------------------------------- */

typedef struct progress {
    const char *collection;
    bool bar, colours, drawn;
    double next; /* seconds of the monotonic clock */
} progress;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_progress(void *user, const imf_progress *p)
{
    progress *pr = user;
    double now = now_s();
    unsigned long long done = p->done, total = p->total;

    if (now < pr->next)
        return;
    pr->next = now + (pr->bar ? BAR_EVERY_S : PLAIN_EVERY_S);
    if (pr->bar)
        fputs(CLEAR_LINE, stderr);
    if (total == 0) {
        imf_cli_put(stderr, TXT_PROGRESS_WALK, pr->collection, done);
    } else if (pr->bar) {
        char cells[BAR_CELLS + 1], painted[BAR_CELLS + sizeof COLOUR_BAR COLOUR_OFF];
        size_t full = done >= total ? BAR_CELLS : (size_t)(done * BAR_CELLS / total);
        memset(cells, '.', BAR_CELLS);
        memset(cells, '#', full);
        cells[BAR_CELLS] = '\0';
        snprintf(painted, sizeof painted, "%s%s%s", pr->colours ? COLOUR_BAR : "", cells,
                 pr->colours ? COLOUR_OFF : "");
        imf_cli_put(stderr, TXT_PROGRESS_BAR, pr->collection, painted, done, total);
    } else {
        imf_cli_put(stderr, TXT_PROGRESS_PLAIN, pr->collection, done, total);
    }
    if (total != 0)
        imf_cli_put_rate(stderr, p->rate, p->eta_s);
    if (!pr->bar)
        fputc('\n', stderr);
    fflush(stderr);
    pr->drawn = true;
}

static void end_progress(progress *pr)
{
    if (pr->bar && pr->drawn)
        fputs(CLEAR_LINE, stderr);
}

/* ---- The report -------------------------------------------------------------------------------------------------- */

static void put_report(const imf_index_report *r)
{
    imf_cli_short rate;

    imf_cli_put_text(stdout, r->collection);
    imf_cli_put(stdout, TXT_INDEX_SUMMARY, (unsigned long long)r->seen, (unsigned long long)r->added,
                (unsigned long long)r->unchanged, (unsigned long long)r->renamed, (unsigned long long)r->failed,
                (unsigned long long)r->removed, r->seconds);
    if (r->added > 0 && r->seconds > 0) /* how fast pictures were read; comparing dates alone says nothing */
        imf_cli_put(stdout, TXT_INDEX_RATE, imf_cli_rate(&rate, (double)r->seen / r->seconds));
    fputc('\n', stdout);
    for (size_t i = 0; i < r->n_failures && i < FAILURES_SHOWN; i++) {
        imf_cli_put(stdout, TXT_INDEX_FAILED);
        imf_cli_put_text(stdout, r->failures[i].path);
        fputs(": ", stdout);
        imf_cli_put_text(stdout, r->failures[i].reason);
        fputc('\n', stdout);
    }
    if (r->n_failures > FAILURES_SHOWN)
        imf_cli_put(stdout, TXT_INDEX_MORE_FAILED, r->n_failures - FAILURES_SHOWN);
    for (size_t i = 0; i < r->n_notes; i++) {
        imf_cli_put(stdout, TXT_INDEX_NOTE);
        imf_cli_put_text(stdout, r->notes[i]);
        fputc('\n', stdout);
    }
}

/* The one line of a run that did not end well; a stopped one (status 130) is told by the library how far it came. */
static int fail_run(const imf_err *err, const imf_index_report *r)
{
    if (err->code == IMF_EINPUT && r != NULL && r->seen > 0) {
        imf_err whole = *err;
        int n = snprintf(whole.msg, sizeof whole.msg, imf_cli_tr(TXT_INDEX_OTHERS), err->msg,
                         (unsigned long long)r->seen, (unsigned long long)r->added, (unsigned long long)r->failed);
        if (n > 0 && (size_t)n < sizeof whole.msg - sizeof TXT_PREFIX)
            return imf_cli_fail(&whole);
    }
    return imf_cli_fail(err);
}

int imf_cli_index(const imf_cli_options *o)
{
    imf_finder *finder = NULL;
    imf_index_report *report = NULL;
    imf_err err = {0};
    imf_index_options what = imf_index_options_default();
    bool terminal = isatty(STDERR_FILENO) != 0;
    imf_cli_quoted q;
    progress pr = {.collection = imf_cli_quote(&q, o->collection != NULL ? o->collection : "default")};
    int rc = 0;

    if (o->n_words == 0)
        return imf_cli_usage(TXT_INDEX_NEEDS_PATH);
    for (size_t i = 0; i < o->n_words; i++)
        if (o->words[i][0] == '\0')
            return imf_cli_usage(TXT_EMPTY_PATH);
    rc = imf_cli_open(&finder, o);
    if (rc != 0)
        goto out;
    what.collection = o->collection;
    what.paths = o->words;
    what.n_paths = o->n_words;
    what.forget = o->forget;
    if (!o->quiet) {
        const char *term = getenv("TERM");
        pr.bar = terminal && term != NULL && strcmp(term, "dumb") != 0;
        pr.colours = imf_cli_colours(stderr);
        pr.next = now_s() + (pr.bar ? BAR_EVERY_S : PLAIN_EVERY_S);
        what.progress = on_progress;
        what.progress_user = &pr;
    }
    catch_stops(finder, terminal && !o->quiet);
    int code = imf_index_folders(finder, &what, &report, &err);
    release_stops();
    end_progress(&pr);
    if (code != IMF_OK) {
        rc = fail_run(&err, report);
    } else if (o->json) {
        char *json = imf_index_report_json(report);
        rc = imf_cli_put_json(&json);
    } else {
        put_report(report);
    }
out:
    imf_index_report_free(&report);
    imf_close(&finder);
    return rc;
}
