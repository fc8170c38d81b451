/* The server as a whole: its address, starting and stopping. See server.h and http.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

enum {
    DEADLINE_MS = 10000,
    QUEUE = 64,
    BACKLOG = 128,
    RECEIVE_BYTES = 512 << 10, /* a whole request waits in the socket, however it was cut into packets */
    STOP_STEP_MS = 5,
};

int64_t imf_server_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(imf_err *err, int code, imf_server_text text, ...)
{
    char line[2 * sizeof err->msg];
    va_list args;

    if (err == NULL)
        return code;
    va_start(args, text);
    vsnprintf(line, sizeof line, imf_server_text_get(text, imf_get_language()), args);
    va_end(args);
    err->code = code;
    imf_copy_text(err->msg, sizeof err->msg, line);
    return code;
}

/* ---- The address ------------------------------------------------------------------------------------------------- */

typedef struct address {
    char host[64]; /* "127.0.0.1", "::1" */
    int port;
} address;

static int bad_address(imf_err *err, imf_server_text text, const char *listen)
{
    char shown[100];

    imf_copy_text(shown, sizeof shown, listen);
    return fail(err, IMF_EUSAGE, text, shown);
}

static int read_address(address *a, const char *listen, imf_err *err)
{
    const char *colon = strrchr(listen, ':');
    size_t n = colon != NULL ? (size_t)(colon - listen) : 0, digits = colon != NULL ? strlen(colon + 1) : 0;
    struct in_addr four;

    if (n == 0 || n >= sizeof a->host || digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") != digits)
        return bad_address(err, TXT_LISTEN_BAD, listen);
    a->port = (int)strtol(colon + 1, NULL, 10);
    if (a->port > 65535)
        return bad_address(err, TXT_LISTEN_BAD, listen);
    memcpy(a->host, listen, n);
    a->host[n] = '\0';
    if (strcmp(a->host, "localhost") == 0 || strcmp(a->host, "127.0.0.1") == 0)
        memcpy(a->host, "127.0.0.1", sizeof "127.0.0.1");
    else if (strcmp(a->host, "[::1]") == 0)
        memcpy(a->host, "::1", sizeof "::1");
    else if (inet_pton(AF_INET, a->host, &four) == 1 || a->host[0] == '[' || strchr(a->host, ':') == NULL)
        return bad_address(err, TXT_LISTEN_PUBLIC, listen);
    else
        return bad_address(err, TXT_LISTEN_BAD, listen);
    return IMF_OK;
}

static int port_of(int fd)
{
    struct sockaddr_storage got = {0};
    socklen_t size = sizeof got;

    if (getsockname(fd, (struct sockaddr *)&got, &size) != 0)
        return 0;
    return ntohs(got.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&got)->sin6_port
                                           : ((struct sockaddr_in *)&got)->sin_port);
}

static int open_listener(imf_server *server, const char *listen_on, imf_err *err)
{
    address a = {0};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const int on = 1, bytes = RECEIVE_BYTES;

    int rc = read_address(&a, listen_on, err);
    if (rc != IMF_OK)
        return rc;
    bool is_six = a.host[0] == ':';
    four.sin_port = six.sin6_port = htons((uint16_t)a.port);
    const struct sockaddr *where = is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
    int fd = socket(where->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    server->listen_fd = fd;
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* those accepted inherit it */
    }
    if (fd < 0 || bind(fd, where, is_six ? sizeof six : sizeof four) != 0 || listen(fd, BACKLOG) != 0) {
        if (errno == EADDRINUSE)
            return fail(err, IMF_EADDRESS, TXT_PORT_TAKEN, a.port, a.host);
        return fail(err, IMF_EADDRESS, TXT_PORT_REFUSED, a.port, a.host, strerror(errno));
    }
    snprintf(server->url, sizeof server->url, is_six ? "http://[%s]:%d/" : "http://%s:%d/", a.host, port_of(fd));
    return IMF_OK;
}

const char *imf_server_url(const imf_server *server)
{
    return server->url;
}

/* ---- Start and stop ---------------------------------------------------------------------------------------------- */

/* What every search would stumble over is told before anybody waits for an answer. */
static int try_home(const imf_server *server, imf_err *err)
{
    imf_finder *finder = NULL;
    imf_status *status = NULL;
    int dim = 0, rc = imf_open(&finder, &server->finder, err);

    if (rc == IMF_OK)
        rc = imf_status_get(finder, &status, err);
    if (rc == IMF_OK && server->finder.model != NULL)
        rc = imf_dim(finder, &dim, err);
    imf_status_free(&status);
    imf_close(&finder);
    return rc;
}

static size_t processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 2 ? 2 : n > 64 ? 64 : (size_t)n;
}

static int copy_options(imf_server *server, const imf_server_options *o)
{
    server->finder = o->finder;
    server->home = o->finder.home != NULL ? strdup(o->finder.home) : NULL;
    server->model = o->finder.model != NULL ? strdup(o->finder.model) : NULL;
    server->finder.home = server->home;
    server->finder.model = server->model;
    server->deadline_ms = o->deadline_ms > 0 ? o->deadline_ms : DEADLINE_MS;
    server->queue.limit = o->queue > 0 ? (size_t)o->queue : QUEUE;
    server->n_workers_wanted = o->finder.threads > 2 ? (size_t)o->finder.threads : processors();
    bool copied = (o->finder.home == NULL) == (server->home == NULL) &&
                  (o->finder.model == NULL) == (server->model == NULL);
    return copied ? IMF_OK : IMF_EMEM;
}

int imf_server_start(imf_server **out, const imf_server_options *options, imf_err *err)
{
    imf_server *server = calloc(1, sizeof *server);
    int rc = IMF_OK;

    *out = NULL;
    if (server == NULL)
        return fail(err, IMF_EMEM, TXT_NO_MEMORY);
    server->listen_fd = server->wake_fd = -1;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_mutex_init(&server->queue.mutex, NULL);
    pthread_cond_init(&server->queue.filled, NULL);
    atomic_init(&server->stopping, false);
    if (copy_options(server, options) != IMF_OK) {
        rc = fail(err, IMF_EMEM, TXT_NO_MEMORY);
        goto out;
    }
    rc = open_listener(server, options->listen != NULL ? options->listen : "127.0.0.1:8090", err);
    if (rc == IMF_OK)
        rc = try_home(server, err);
    if (rc != IMF_OK)
        goto out;
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool runs = server->wake_fd >= 0 && imf_work_start(server) && imf_http_start(server);
    server->gate_runs = runs && pthread_create(&server->gate, NULL, imf_gate_run, server) == 0;
    if (!server->gate_runs) {
        rc = fail(err, IMF_EMEM, TXT_NO_MEMORY);
        goto out;
    }
    *out = server;
    server = NULL;
out:
    imf_server_stop(&server);
    return rc;
}

/* In this order: no new requests; those under way are answered; then the threads end. */
void imf_server_stop(imf_server **pointer)
{
    imf_server *server = pointer != NULL ? *pointer : NULL;
    const uint64_t one = 1;
    const struct timespec step = {.tv_nsec = STOP_STEP_MS * 1000000};

    if (server == NULL)
        return;
    atomic_store(&server->stopping, true);
    if (server->gate_runs) {
        ssize_t written = write(server->wake_fd, &one, sizeof one);
        (void)written; /* it looks by itself once a second too */
        pthread_join(server->gate, NULL);
    }
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    const int64_t end = imf_server_now_ms() + IMF_STOP_MS;
    while (imf_http_connections(server) > 0 && imf_server_now_ms() < end)
        nanosleep(&step, NULL);
    imf_work_stop(server);
    imf_http_stop(server);
    if (server->wake_fd >= 0)
        close(server->wake_fd);
    pthread_cond_destroy(&server->queue.filled);
    pthread_mutex_destroy(&server->queue.mutex);
    pthread_mutex_destroy(&server->mutex);
    free(server->home);
    free(server->model);
    free(server);
    *pointer = NULL;
}
