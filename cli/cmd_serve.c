/*
 * imagefinder serve: the page and the JSON interface on loopback, until Ctrl-C or SIGTERM. It prints one line, the
 * address, when it listens. It writes nothing, so nothing can be lost; requests under way are answered first.
 */
#include "cli.h"

#include <signal.h>
#include <stdlib.h>

#include "server/server.h"
#include "texts.h"

/* For tests, which cannot wait ten seconds or fill a long queue; documented in docs/internals/server.md. */
static int small_number(const char *name)
{
    const char *value = getenv(name);
    long n = value != NULL ? strtol(value, NULL, 10) : 0;

    return n > 0 && n <= 1000000 ? (int)n : 0;
}

/* Waits for the first signal; a second one ends the program at once. */
static void wait_for_stop(const sigset_t *stops)
{
    int got = 0;

    while (sigwait(stops, &got) != 0)
        ;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, stops, NULL);
}

int imf_cli_serve(const imf_cli_options *o)
{
    imf_server_options options = {.finder = imf_options_default(), .listen = o->listen};
    imf_server *server = NULL;
    imf_err err = {0};
    sigset_t stops;

    options.finder.home = o->home;
    options.finder.model = o->model;
    options.finder.threads = o->threads;
    options.deadline_ms = small_number("IMAGEFINDER_SERVE_DEADLINE_MS");
    options.queue = small_number("IMAGEFINDER_SERVE_QUEUE");
    sigemptyset(&stops); /* blocked before there are threads, which inherit it */
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    if (imf_server_start(&server, &options, &err) != IMF_OK)
        return imf_cli_fail(&err);
    puts(imf_server_url(server));
    if (imf_cli_flush()) /* otherwise nobody knows the address: main says why */
        wait_for_stop(&stops);
    imf_server_stop(&server);
    return 0;
}
