/*
 * The web server of `imagefinder serve`: a page for people and a JSON interface for programs, on loopback, over one
 * home. It knows the library only through imagefinder.h. docs/internals/server.md says which file does what.
 */
#ifndef IMF_SERVER_SERVER_H
#define IMF_SERVER_SERVER_H

#include <stdbool.h>

#include <imagefinder.h>

typedef struct imf_server imf_server;

typedef struct imf_server_options {
    imf_options finder; /* home, model, threads, limits: every searching thread opens a finder of its own with them */
    const char *listen; /* "127.0.0.1:8090"; port 0 takes a free one; NULL: that default */
    int deadline_ms;    /* for the head of a request, and again for its body; 0: 10,000 */
    int queue;          /* requests that may wait for a searching thread; 0: 64 */
} imf_server_options;

/* Starts to listen and to answer; the strings of options need to live no longer than this call. Errors: IMF_EUSAGE (an
 * address that is none, or that is not loopback), IMF_EADDRESS (the port is taken or may not be used), IMF_EUNKNOWN
 * (the model), IMF_EINPUT, IMF_EDAMAGE, IMF_EMEM. */
int imf_server_start(imf_server **out, const imf_server_options *options, imf_err *err);

/* "http://127.0.0.1:8090/"; borrowed. */
const char *imf_server_url(const imf_server *server);

/* Takes no more requests, answers those under way (at most a few seconds), and frees everything. */
void imf_server_stop(imf_server **server);

#endif
