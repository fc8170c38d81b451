/*
 * One child process imagefinder-decode, seen from the core: started, asked, stopped. Internal to media. A worker
 * belongs to one thread at a time; who uses which is pool.c's business.
 */
#ifndef IMF_MEDIA_WORKER_H
#define IMF_MEDIA_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "media/protocol.h"

typedef struct imf_worker {
    pid_t pid;
    int socket;
    const uint8_t *shared;   /* [IMF_DECODE_SHM_BYTES], mapped read-only; the worker writes it */
    bool ready;              /* has said hello */
    bool used;               /* has been given a picture; the pool's */
    uint32_t sandbox;        /* as its hello said */
    struct imf_worker *next; /* the pool's list */
} imf_worker;

enum imf_worker_end {
    IMF_WORKER_ANSWERED, /* the only one after which the worker may be used again */
    IMF_WORKER_LATE,     /* no reply in time */
    IMF_WORKER_DIED,
    IMF_WORKER_NONSENSE /* a reply that does not fit the request */
};

/* Starts the program and returns without waiting for its hello. The worker dies with the calling *thread*
 * (PR_SET_PDEATHSIG), so that must be one that outlives it. Errors: IMF_EMEM, IMF_EINTERNAL. */
int imf_worker_start(imf_worker **out, const char *program, uint64_t max_memory, int timeout_ms, imf_err *err);

/* Waits for the hello. false: it died, or does not speak our protocol. */
bool imf_worker_wait_ready(imf_worker *w);

/* Whether an idle worker can take a request: it lives and has said nothing unasked. */
bool imf_worker_fit(const imf_worker *w);

/* Sends the request with the descriptor and waits for the reply, at most timeout_ms. *pixels_size: bytes of views at
 * the start of w->shared (for status OK); the thumbnail lies at IMF_DECODE_VIEW_BYTES. */
enum imf_worker_end imf_worker_ask(imf_worker *w, const imf_decode_request *request, int fd, int timeout_ms,
                                   imf_decode_reply *reply, size_t *pixels_size);

/* Whether a reply fits the request. Pure. *pixels_size: bytes of its views. */
bool imf_decode_reply_fits(const imf_decode_request *request, const imf_decode_reply *reply, size_t *pixels_size);

/* Kills the worker (if it still lives), reaps it, and frees everything. Returns its wait status as waitpid gives it, or
 * -1 when it is not known. Accepts NULL. */
int imf_worker_stop(imf_worker **w);

#endif
