/*
 * The gate: one thread that accepts connections and looks at what they send without taking it out of the socket
 * (MSG_PEEK). A request that is complete and allowed goes on to libmicrohttpd; one that is malformed, foreign, too
 * large or too slow is answered here and dropped. Slow clients therefore cost a descriptor and nothing else, and the
 * deadlines are the gate's own: a byte now and then does not extend them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

enum {
    EVENTS = 64,
    DRAIN_PIECES = 8,
    LINGER_MS = 2000,  /* for a refused client to read its answer */
    PAUSE_MS = 100,    /* in accepting, when the process has no descriptors left */
    RECHECK_MS = 1000,
};

typedef struct gate {
    imf_server *server;
    int epoll;
    imf_conn_list list;
    bool accept_ready;
    int64_t accept_again_ms; /* 0: not paused */
    char *bytes, *body;      /* [IMF_REQUEST_MAX], [IMF_BODY_MAX] */
} gate;

/* ---- Connections ------------------------------------------------------------------------------------------------- */

void imf_conn_link(imf_conn_list *list, imf_conn *conn)
{
    conn->before = NULL;
    conn->next = list->first;
    if (list->first != NULL)
        list->first->before = conn;
    list->first = conn;
    list->n++;
}

void imf_conn_unlink(imf_conn_list *list, imf_conn *conn)
{
    if (conn->before != NULL)
        conn->before->next = conn->next;
    else
        list->first = conn->next;
    if (conn->next != NULL)
        conn->next->before = conn->before;
    conn->next = conn->before = NULL;
    list->n--;
}

void imf_conn_free(imf_conn *conn)
{
    if (conn == NULL)
        return;
    imf_answer_clear(&conn->answer);
    free(conn->body);
    free(conn);
}

static void drop(gate *g, imf_conn *conn)
{
    imf_conn_unlink(&g->list, conn);
    close(conn->fd); /* leaves the epoll set with it */
    imf_conn_free(conn);
}

/* ---- Refusing ---------------------------------------------------------------------------------------------------- */

/* Throws away what the client sends, a few pieces at a time, for it may send for ever; false when there is no more to
 * come. */
static bool drain(gate *g, const imf_conn *conn)
{
    ssize_t n = 1;

    for (int i = 0; i < DRAIN_PIECES && n > 0; i++)
        n = recv(conn->fd, g->bytes, IMF_REQUEST_MAX, MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

/* Answers and says goodbye. Closing at once while the client still sends would reset the connection, and the client
 * might never see why; so what comes is thrown away until it has closed its side, or for a moment. */
static void refuse(gate *g, imf_conn *conn, imf_problem problem, const char *allow, imf_language language, bool head)
{
    imf_answer answer = {0};
    size_t size = 0;

    imf_answer_problem(&answer, problem, language, NULL);
    answer.allow = allow;
    char *bytes = imf_answer_bytes(&answer, head, &size);
    imf_answer_clear(&answer);
    drain(g, conn);
    bool sent = bytes != NULL && send(conn->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
    free(bytes);
    if (!sent || shutdown(conn->fd, SHUT_WR) != 0) {
        drop(g, conn);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = conn}; /* until all is thrown away */
    epoll_ctl(g->epoll, EPOLL_CTL_MOD, conn->fd, &event);
    conn->lingering = true;
    conn->deadline_ms = imf_server_now_ms() + LINGER_MS;
    if (!drain(g, conn))
        drop(g, conn);
}

static void refuse_request(gate *g, imf_conn *conn, imf_problem problem, const imf_request *r)
{
    refuse(g, conn, problem, conn->route.allow, imf_request_language(r), r->method == IMF_METHOD_HEAD);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static void hand_over(gate *g, imf_conn *conn, size_t body_size)
{
    conn->body = body_size > 0 ? malloc(body_size) : NULL;
    if (body_size > 0 && conn->body == NULL) {
        refuse(g, conn, IMF_PROBLEM_BUSY, NULL, conn->route.language, false);
        return;
    }
    if (body_size > 0)
        memcpy(conn->body, g->body, body_size);
    conn->body_size = body_size;
    epoll_ctl(g->epoll, EPOLL_CTL_DEL, conn->fd, NULL);
    imf_conn_unlink(&g->list, conn);
    imf_http_take(g->server, conn);
}

/* The body, after a head that is allowed. True when the request needed nothing more or was refused. */
static bool look_at_body(gate *g, imf_conn *conn, const imf_request *r, size_t size)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    imf_problem problem = IMF_PROBLEM_NONE;
    size_t body_size = 0;

    switch (imf_request_body(r, g->bytes + r->head, size - r->head, g->body, &body_size, &problem)) {
    case IMF_READING_BAD:
        refuse_request(g, conn, problem, r);
        return true;
    case IMF_READING_DONE:
        hand_over(g, conn, body_size);
        return true;
    case IMF_READING_MORE:
        break;
    }
    if (r->wants_continue && !conn->continued) {
        conn->continued = true;
        send(conn->fd, go_on, sizeof go_on - 1, MSG_DONTWAIT | MSG_NOSIGNAL); /* a client that missed it sends anyway */
    }
    return false;
}

/* Looks at everything that has come so far. `ended`: the client will send no more. */
static void look(gate *g, imf_conn *conn, bool ended)
{
    imf_request r = {0};
    imf_problem problem = IMF_PROBLEM_NONE;
    ssize_t got;

    if (conn->lingering) {
        if (!drain(g, conn))
            drop(g, conn);
        return;
    }
    do
        got = recv(conn->fd, g->bytes, IMF_REQUEST_MAX, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            drop(g, conn);
        return;
    }
    imf_reading reading = imf_request_read(&r, g->bytes, (size_t)got, &problem);
    if (reading == IMF_READING_DONE) {
        problem = imf_guard(&r);
        if (problem == IMF_PROBLEM_NONE)
            problem = imf_route_find(&conn->route, &r);
    }
    if (problem != IMF_PROBLEM_NONE) {
        refuse_request(g, conn, problem, &r);
        return;
    }
    if (reading == IMF_READING_DONE) {
        if (!conn->has_head)
            conn->deadline_ms = imf_server_now_ms() + g->server->deadline_ms;
        conn->has_head = true;
        if (look_at_body(g, conn, &r, (size_t)got))
            return;
    }
    if (ended) /* cut short */
        refuse_request(g, conn, IMF_PROBLEM_HEAD, &r);
}

/* ---- Accepting --------------------------------------------------------------------------------------------------- */

/* Makes room by closing the connection that has been there longest without a complete request; refused ones first.
 * False when there is none. */
static bool drop_slowest(gate *g)
{
    imf_conn *worst = NULL;

    for (imf_conn *c = g->list.first; c != NULL; c = c->next)
        if (worst == NULL || c->lingering > worst->lingering ||
            (c->lingering == worst->lingering && c->since_ms < worst->since_ms))
            worst = c;
    if (worst != NULL)
        drop(g, worst);
    return worst != NULL;
}

static void pause_accepting(gate *g)
{
    g->accept_again_ms = imf_server_now_ms() + PAUSE_MS;
    epoll_ctl(g->epoll, EPOLL_CTL_DEL, g->server->listen_fd, NULL);
}

static void accept_all(gate *g)
{
    for (;;) {
        int fd = accept4(g->server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && !drop_slowest(g))
                pause_accepting(g);
            return; /* the listening socket is level-triggered: what is left comes again */
        }
        size_t open = g->list.n + imf_http_connections(g->server);
        if (open >= IMF_CONNECTIONS_FULL && !drop_slowest(g) && !imf_http_drop_oldest(g->server) &&
            open >= IMF_CONNECTIONS_MAX) {
            close(fd);
            continue;
        }
        imf_conn *conn = calloc(1, sizeof *conn);
        if (conn == NULL) {
            close(fd);
            continue;
        }
        conn->fd = fd;
        conn->since_ms = imf_server_now_ms();
        conn->deadline_ms = conn->since_ms + g->server->deadline_ms;
        imf_conn_link(&g->list, conn);
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = conn};
        if (epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            drop(g, conn);
    }
}

/* ---- Time -------------------------------------------------------------------------------------------------------- */

static void expire(gate *g)
{
    int64_t now = imf_server_now_ms();
    imf_conn *next = NULL;

    for (imf_conn *conn = g->list.first; conn != NULL; conn = next) {
        char byte;
        next = conn->next;
        if (conn->deadline_ms > now)
            continue;
        if (conn->lingering || recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
            drop(g, conn); /* one that never said anything is owed nothing */
        else
            refuse(g, conn, IMF_PROBLEM_TIMEOUT, NULL, imf_get_language(), false);
    }
    if (g->accept_again_ms != 0 && g->accept_again_ms <= now) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &g->server->listen_fd};
        g->accept_again_ms = 0;
        epoll_ctl(g->epoll, EPOLL_CTL_ADD, g->server->listen_fd, &event);
    }
}

static int wait_ms(const gate *g)
{
    int64_t now = imf_server_now_ms(), until = now + RECHECK_MS;

    for (const imf_conn *c = g->list.first; c != NULL; c = c->next)
        until = c->deadline_ms < until ? c->deadline_ms : until;
    if (g->accept_again_ms != 0 && g->accept_again_ms < until)
        until = g->accept_again_ms;
    return until > now ? (int)(until - now) : 0;
}

/* ---- The thread -------------------------------------------------------------------------------------------------- */

static void wait_and_look(gate *g)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(g->epoll, events, EVENTS, wait_ms(g));

    g->accept_ready = false;
    for (int i = 0; i < n; i++) {
        void *what = events[i].data.ptr;
        if (what == &g->server->listen_fd)
            g->accept_ready = true; /* later: it may drop connections that this round still speaks of */
        else if (what != &g->server->wake_fd)
            look(g, what, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
    if (g->accept_ready)
        accept_all(g);
    expire(g);
}

void *imf_gate_run(void *user)
{
    imf_server *server = user;
    gate g = {.server = server, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event listening = {.events = EPOLLIN, .data.ptr = &server->listen_fd};
    struct epoll_event waking = {.events = EPOLLIN, .data.ptr = &server->wake_fd};

    g.bytes = malloc(IMF_REQUEST_MAX);
    g.body = malloc(IMF_BODY_MAX);
    bool ready = g.epoll >= 0 && g.bytes != NULL && g.body != NULL &&
                 epoll_ctl(g.epoll, EPOLL_CTL_ADD, server->listen_fd, &listening) == 0 &&
                 epoll_ctl(g.epoll, EPOLL_CTL_ADD, server->wake_fd, &waking) == 0;
    while (ready && !atomic_load(&server->stopping))
        wait_and_look(&g);
    if (ready) { /* requests that have arrived whole are still answered */
        accept_all(&g);
        imf_conn *next = NULL;
        for (imf_conn *conn = g.list.first; conn != NULL; conn = next) {
            next = conn->next;
            look(&g, conn, false);
        }
    }
    while (g.list.first != NULL)
        drop(&g, g.list.first);
    if (g.epoll >= 0)
        close(g.epoll);
    free(g.bytes);
    free(g.body);
    return NULL;
}
