/*
 * The moving parts of the server and who owns what.
 *
 * gate.c     one thread: accepts, waits for complete requests, refuses what is malformed, foreign, too large or too
 *            slow. Its list of connections is its own.
 * http.c     libmicrohttpd's thread: gets only sockets with one complete, checked request in them, and sends answers.
 * work.c     the searching threads, fed by a bounded queue.
 * server.c   the address, starting and stopping.
 *
 * A connection carries one request and is closed. What follows a request is never read, so it cannot be taken for
 * another one.
 */
#ifndef IMF_SERVER_HTTP_H
#define IMF_SERVER_HTTP_H

#include <pthread.h>
#include <stdatomic.h>

#include "routes.h"
#include "server.h"

struct MHD_Connection;
struct MHD_Daemon;

enum {
    IMF_CONNECTIONS_MAX = 256,
    IMF_CONNECTIONS_FULL = 240, /* from here on the slowest head makes room for a new one */
    IMF_RESPONSE_TIMEOUT_S = 30, /* without a byte of an answer taken */
    IMF_STOP_MS = 5000,
};

/* A connection belongs to the gate until its request is complete, then to libmicrohttpd's thread; while suspended, to
 * the queue and a searching thread. */
typedef struct imf_conn {
    struct imf_conn *next, *before; /* of the gate's list, then of server->handed */
    struct imf_conn *next_job;
    int fd;
    /* of the gate */
    bool lingering; /* refused: what still comes is thrown away until the client has read the answer */
    bool has_head;
    bool continued; /* "100 Continue" is sent */
    int64_t since_ms, deadline_ms;
    /* the request */
    imf_route route;
    char *body;
    size_t body_size;
    /* the answer */
    imf_answer answer;
    bool answered, sent;
    struct MHD_Connection *mhd;
} imf_conn;

typedef struct imf_conn_list {
    imf_conn *first;
    size_t n;
} imf_conn_list;

void imf_conn_link(imf_conn_list *list, imf_conn *conn);
void imf_conn_unlink(imf_conn_list *list, imf_conn *conn);
void imf_conn_free(imf_conn *conn); /* not its fd */

typedef struct imf_queue { /* of connections that wait for a searching thread */
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    imf_conn *first, *last;
    size_t n, limit;
    bool closed;
} imf_queue;

struct imf_server {
    imf_options finder; /* home and model are copies */
    char *home, *model;
    char url[64];
    int listen_fd, wake_fd; /* wake_fd: an eventfd that ends the gate's waiting */
    int deadline_ms;
    atomic_bool stopping;
    pthread_mutex_t mutex; /* of handed */
    imf_conn_list handed;  /* connections that libmicrohttpd has */
    struct MHD_Daemon *daemon;
    pthread_t gate;
    bool gate_runs;
    imf_queue queue;
    pthread_t *workers;
    size_t n_workers, n_workers_wanted;
};

int64_t imf_server_now_ms(void); /* of the monotonic clock */

/* The gate's thread; ends when server->stopping and wake_fd say so, with all its connections closed. */
void *imf_gate_run(void *server);

/* http.c. imf_http_take owns conn and its fd from here on. */
bool imf_http_start(imf_server *server);
void imf_http_take(imf_server *server, imf_conn *conn);
size_t imf_http_connections(imf_server *server);
bool imf_http_drop_oldest(imf_server *server); /* one that has taken its answer for too long; false: there is none */
void imf_http_resume(imf_conn *conn); /* from any thread: conn->answer is ready */
void imf_http_stop(imf_server *server);

/* work.c. False from push: the queue is full. */
bool imf_work_start(imf_server *server);
bool imf_work_push(imf_server *server, imf_conn *conn);
void imf_work_stop(imf_server *server); /* what is queued is answered first */

#endif
