/*
 * libmicrohttpd: it sends the answers, streams files and keeps slow readers apart from each other, all in one thread.
 * Its own reading of requests is lenient; here it reads what gate.c has already read strictly, and nothing of its
 * reading is used: route and body were found before. See http.h.
 */
#include "http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_BLOCK = 64 << 10 };

/* ---- Sending ----------------------------------------------------------------------------------------------------- */

/* A file that is cut while it is sent ends the connection at once; with the descriptor itself in its hands,
 * libmicrohttpd would wait for the missing bytes. */
static ssize_t read_file(void *user, uint64_t at, char *bytes, size_t size)
{
    const imf_item_file *file = user;
    ssize_t n = pread(file->fd, bytes, size, (off_t)at);

    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void close_file(void *user)
{
    imf_item_file *file = user;
    imf_item_file_free(&file);
}

static struct MHD_Response *make_response(imf_answer *a)
{
    if (a->file != NULL && a->file->size > 0) {
        struct MHD_Response *response =
            MHD_create_response_from_callback(a->file->size, FILE_BLOCK, read_file, a->file, close_file);
        if (response != NULL)
            a->file = NULL; /* it goes with the response */
        return response;
    }
    if (a->fixed != NULL)
        return MHD_create_response_from_buffer(a->fixed_size, (void *)(uintptr_t)a->fixed, MHD_RESPMEM_PERSISTENT);
    if (a->bytes != NULL)
        return MHD_create_response_from_buffer(a->bytes->size, (void *)(uintptr_t)a->bytes->data,
                                               MHD_RESPMEM_MUST_COPY);
    const char *text = a->json != NULL ? a->json : a->text != NULL ? a->text : "";
    return MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, imf_conn *conn)
{
    imf_header headers[IMF_ANSWER_HEADERS];
    size_t n = imf_answer_headers(&conn->answer, headers);
    struct MHD_Response *response = make_response(&conn->answer);
    enum MHD_Result done = response != NULL ? MHD_YES : MHD_NO;

    for (size_t i = 0; i < n && done == MHD_YES; i++)
        done = MHD_add_response_header(response, headers[i].name, headers[i].value);
    if (done == MHD_YES)
        done = MHD_add_response_header(response, "Connection", "close");
    if (done == MHD_YES)
        done = MHD_queue_response(connection, (unsigned)conn->answer.status, response);
    if (response != NULL)
        MHD_destroy_response(response);
    imf_answer_clear(&conn->answer);
    conn->sent = true;
    return done;
}

void imf_http_resume(imf_conn *conn)
{
    conn->answered = true;
    MHD_resume_connection(conn->mhd);
}

/* ---- What libmicrohttpd calls ------------------------------------------------------------------------------------ */

/* Called when the head is read, for each piece of the body, when that is whole, and again after each pause. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **request)
{
    imf_server *server = user;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    imf_conn *conn = info != NULL ? info->socket_context : NULL;

    (void)url;
    (void)method;
    (void)version;
    (void)data;
    if (conn == NULL || conn->sent) /* a second request: never */
        return MHD_NO;
    if (*request == NULL) {
        *request = conn;
        return MHD_YES;
    }
    if (*size > 0) { /* the gate has kept it */
        *size = 0;
        return MHD_YES;
    }
    if (!conn->answered && imf_route_is_quick(&conn->route)) {
        imf_route_quick(&conn->route, &conn->answer);
        conn->answered = true;
    }
    if (conn->answered)
        return send_answer(connection, conn);
    conn->mhd = connection;
    MHD_suspend_connection(connection); /* before a thread can have the answer ready */
    if (!imf_work_push(server, conn)) {
        imf_answer_problem(&conn->answer, IMF_PROBLEM_BUSY, conn->route.language, NULL);
        imf_http_resume(conn);
    }
    return MHD_YES;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    imf_server *server = user;
    imf_conn *conn = *context;

    pthread_mutex_lock(&server->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        conn = server->handed.first;
        while (conn != NULL && (info == NULL || conn->fd != info->connect_fd))
            conn = conn->next;
        *context = conn;
        conn = NULL;
    } else if (conn != NULL) {
        imf_conn_unlink(&server->handed, conn);
        *context = NULL;
    }
    pthread_mutex_unlock(&server->mutex);
    imf_conn_free(conn);
}

static size_t keep_escapes(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user;
    (void)connection;
    return strlen(text);
}

/* ---- The daemon -------------------------------------------------------------------------------------------------- */

bool imf_http_start(imf_server *server)
{
    /* No error log: its lines would reach the user's terminal. */
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
        NULL, on_request, server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)IMF_CONNECTIONS_MAX + 8,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(64 << 10), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IMF_RESPONSE_TIMEOUT_S, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
    return server->daemon != NULL;
}

void imf_http_take(imf_server *server, imf_conn *conn)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = conn->fd;

    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        address = (struct sockaddr_storage){.ss_family = AF_INET};
        size = sizeof(struct sockaddr_in);
    }
    pthread_mutex_lock(&server->mutex);
    imf_conn_link(&server->handed, conn);
    pthread_mutex_unlock(&server->mutex);
    if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&address, size) == MHD_YES)
        return;
    /* It has closed the socket. Whether it has told on_connection so depends on how far it came. */
    pthread_mutex_lock(&server->mutex);
    imf_conn *left = server->handed.first;
    while (left != NULL && left != conn)
        left = left->next;
    if (left != NULL)
        imf_conn_unlink(&server->handed, left);
    pthread_mutex_unlock(&server->mutex);
    imf_conn_free(left);
}

size_t imf_http_connections(imf_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t n = server->handed.n;
    pthread_mutex_unlock(&server->mutex);
    return n;
}

/* A client that takes a byte of its answer every few seconds never runs into the time-out of an idle one. The socket is
 * only shut down: libmicrohttpd closes it, after telling on_connection, which waits for the mutex. */
bool imf_http_drop_oldest(imf_server *server)
{
    int64_t old = imf_server_now_ms() - IMF_RESPONSE_TIMEOUT_S * 1000;

    pthread_mutex_lock(&server->mutex);
    imf_conn *oldest = NULL;
    for (imf_conn *c = server->handed.first; c != NULL; c = c->next)
        if (c->since_ms < old && (oldest == NULL || c->since_ms < oldest->since_ms))
            oldest = c;
    if (oldest != NULL)
        shutdown(oldest->fd, SHUT_RDWR);
    pthread_mutex_unlock(&server->mutex);
    return oldest != NULL;
}

void imf_http_stop(imf_server *server)
{
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    while (server->handed.first != NULL) { /* none, if libmicrohttpd keeps its word */
        imf_conn *conn = server->handed.first;
        imf_conn_unlink(&server->handed, conn);
        imf_conn_free(conn);
    }
}
