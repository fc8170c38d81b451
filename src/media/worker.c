/*
 * One decode worker's life, seen from the core (worker.h): socket and shared memory, posix_spawn, hello, request and
 * reply, death.
 *
 * Nothing that comes from the worker is trusted: it has read a stranger's file. Its limits are set by itself
 * (decode/main.c).
 */
#include "media/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/mem.h"
#include "media/view.h"

extern char **environ;

enum {
    START_MS = 30000,   /* the longest start on a loaded machine; usually 50 ms */
    FIRST_FREE_FD = 10, /* our ends of the child's descriptors are moved above those that it gets */
    LAST_CHILD_FD = IMF_DECODE_MEMORY
};

/* ---- Starting ---- */

static bool keep_variable(const char *entry)
{
    static const char *const KEPT[] = {"IMF_TEST_", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
                                       "TSAN_OPTIONS="};
    for (size_t i = 0; i < sizeof KEPT / sizeof KEPT[0]; i++)
        if (strncmp(entry, KEPT[i], strlen(KEPT[i])) == 0)
            return true;
    return false;
}

/* The child's environment: pointers into ours, but for LC_ALL=C. */
static char **child_environment(void)
{
    static char locale[] = "LC_ALL=C";
    size_t n = 0, used = 0;
    while (environ && environ[n])
        n++;
    char **list = imf_alloc_array(n + 2, sizeof *list);
    if (!list)
        return NULL;
    list[used++] = locale;
    for (size_t i = 0; i < n; i++)
        if (keep_variable(environ[i]))
            list[used++] = environ[i];
    return list;
}

/* Moves fd above the numbers that the child's descriptors get. The old one is closed in any case. */
static int move_up(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    close(fd);
    return moved;
}

/* An anonymous file of fixed size: nobody can shrink it under our mapping. */
static int shared_memory(void)
{
    int fd = memfd_create("imagefinder-views", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    fd = move_up(fd);
    if (fd >= 0 &&
        (ftruncate(fd, IMF_DECODE_SHM_BYTES) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* posix_spawn and not fork: the core has threads. 0 or an errno. */
static int spawn(pid_t *pid, const char *program, char **argv, char **environment, int socket, int memory)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int e = posix_spawn_file_actions_init(&files);
    if (e)
        return e;
    e = posix_spawnattr_init(&attributes);
    if (e) {
        posix_spawn_file_actions_destroy(&files);
        return e;
    }
    sigemptyset(&none);
    sigfillset(&all);
    e = posix_spawn_file_actions_adddup2(&files, socket, IMF_DECODE_SOCKET);
    if (!e)
        e = posix_spawn_file_actions_adddup2(&files, memory, IMF_DECODE_MEMORY);
    if (!e)
        e = posix_spawn_file_actions_addclosefrom_np(&files, LAST_CHILD_FD + 1);
    /* A process group of its own: Ctrl-C must not kill the workers before the core has finished its batch. */
    if (!e)
        e = posix_spawnattr_setflags(&attributes,
                                     POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!e)
        e = posix_spawnattr_setpgroup(&attributes, 0);
    if (!e)
        e = posix_spawnattr_setsigmask(&attributes, &none);
    if (!e)
        e = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!e)
        e = posix_spawn(pid, program, &files, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return e;
}

int imf_worker_start(imf_worker **out, const char *program, uint64_t max_memory, int timeout_ms, imf_err *err)
{
    int rc = IMF_OK, sockets[2] = {-1, -1}, memory = -1, e;
    char name[] = "imagefinder-decode", option[] = "--worker", memory_text[24], timeout_text[16];
    char *program_name = imf_strdup(program), **environment = child_environment();
    imf_worker *w = imf_alloc_array(1, sizeof *w);
    *out = NULL;
    if (!w || !program_name || !environment) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "starting a decode worker");
        goto out;
    }
    w->pid = -1;
    w->socket = -1;
    snprintf(memory_text, sizeof memory_text, "%" PRIu64, max_memory);
    snprintf(timeout_text, sizeof timeout_text, "%d", timeout_ms);
    char *argv[] = {name, option, memory_text, timeout_text, NULL};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) {
        rc = imf_fail_errno(err, IMF_EINTERNAL, errno, MSG_POOL_SYSTEM, "socketpair");
        goto out;
    }
    w->socket = sockets[0];
    sockets[1] = move_up(sockets[1]);
    memory = shared_memory();
    if (sockets[1] < 0 || memory < 0) {
        rc = imf_fail_errno(err, IMF_EINTERNAL, errno, MSG_POOL_SYSTEM, "shared memory");
        goto out;
    }
    void *map = mmap(NULL, IMF_DECODE_SHM_BYTES, PROT_READ, MAP_SHARED, memory, 0);
    if (map == MAP_FAILED) {
        rc = imf_fail_errno(err, IMF_EINTERNAL, errno, MSG_POOL_SYSTEM, "shared memory");
        goto out;
    }
    w->shared = map;
    e = spawn(&w->pid, program_name, argv, environment, sockets[1], memory);
    if (e) {
        w->pid = -1;
        rc = imf_fail(err, IMF_EINTERNAL, MSG_POOL_START, program, imf_errno_text(e));
        goto out;
    }
    *out = w;
    w = NULL;
out:
    if (sockets[1] >= 0)
        close(sockets[1]);
    if (memory >= 0)
        close(memory);
    imf_worker_stop(&w);
    imf_free(environment);
    imf_free(program_name);
    return rc;
}

int imf_worker_stop(imf_worker **worker)
{
    imf_worker *w = *worker;
    int status = -1;
    if (!w)
        return status;
    if (w->pid > 0) {
        pid_t got;
        kill(w->pid, SIGKILL); /* not yet reaped: the number is still this child's, and the status of one that died
                                  before stays as it was */
        do
            got = waitpid(w->pid, &status, 0);
        while (got < 0 && errno == EINTR);
        if (got != w->pid)
            status = -1; /* the host program reaps or ignores its children */
    }
    if (w->socket >= 0)
        close(w->socket);
    if (w->shared)
        munmap((void *)(uintptr_t)w->shared, IMF_DECODE_SHM_BYTES);
    imf_free(w);
    *worker = NULL;
    return status;
}

/* ---- Talking ---- */

/* Reads exactly n bytes before the deadline. */
static enum imf_worker_end receive(int socket, void *data, size_t n, double deadline_ms)
{
    char *to = data;
    while (n > 0) {
        double left = deadline_ms - imf_now_ms();
        struct pollfd wait = {socket, POLLIN, 0};
        if (left <= 0)
            return IMF_WORKER_LATE;
        int events = poll(&wait, 1, left > 60000 ? 60000 : (int)left + 1);
        if (events < 0 && errno != EINTR)
            return IMF_WORKER_DIED;
        if (events <= 0)
            continue;
        ssize_t got = recv(socket, to, n, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return IMF_WORKER_DIED;
        to += got;
        n -= (size_t)got;
    }
    return IMF_WORKER_ANSWERED;
}

/* The request is far smaller than a socket's buffer, and only one is ever under way: it is sent at once or the worker
 * is gone. */
static bool send_request(int socket, const imf_decode_request *request, int fd)
{
    imf_decode_request copy = *request;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {&copy, sizeof copy};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof copy;
}

bool imf_worker_wait_ready(imf_worker *w)
{
    imf_decode_hello hello = {0};
    if (w->ready)
        return true;
    w->ready = receive(w->socket, &hello, sizeof hello, imf_now_ms() + START_MS) == IMF_WORKER_ANSWERED &&
               hello.magic == IMF_DECODE_MAGIC && hello.version == IMF_DECODE_VERSION;
    w->sandbox = hello.sandbox;
    return w->ready;
}

bool imf_worker_fit(const imf_worker *w)
{
    struct pollfd wait = {w->socket, POLLIN, 0};
    int events;
    do
        events = poll(&wait, 1, 0);
    while (events < 0 && errno == EINTR);
    return events == 0;
}

bool imf_decode_reply_fits(const imf_decode_request *request, const imf_decode_reply *reply, size_t *pixels_size)
{
    size_t total = 0;
    uint32_t wanted = 0;
    *pixels_size = 0;
    if (reply->magic != IMF_DECODE_MAGIC || reply->id != request->id || reply->status > IMF_DECODE_NO_LOADER ||
        !memchr(reply->detail, 0, sizeof reply->detail))
        return false;
    if (reply->status != IMF_DECODE_OK)
        return reply->views_made == 0 && reply->thumb_size == 0;
    if (reply->width < 1 || reply->height < 1 || reply->has_alpha > 1 ||
        (uint64_t)reply->width * reply->height > request->max_pixels)
        return false;
    for (uint32_t i = 0; i < request->n_views; i++) {
        if (!imf_view_wanted(&request->views[i], reply->has_alpha))
            continue;
        wanted |= 1U << i;
        total += (size_t)request->views[i].width * request->views[i].height *
                 3; /* at most 4 views of 1024 x 1024, checked when the request was made */
    }
    if (reply->views_made != wanted || total > IMF_DECODE_VIEW_BYTES || reply->thumb_size > IMF_DECODE_THUMB_BYTES)
        return false;
    if (reply->thumb_size > 0 && !(request->flags & IMF_DECODE_THUMBNAIL))
        return false;
    *pixels_size = total;
    return true;
}

enum imf_worker_end imf_worker_ask(imf_worker *w, const imf_decode_request *request, int fd, int timeout_ms,
                                   imf_decode_reply *reply, size_t *pixels_size)
{
    double deadline = imf_now_ms() + timeout_ms;
    if (!send_request(w->socket, request, fd))
        return IMF_WORKER_DIED;
    enum imf_worker_end end = receive(w->socket, reply, sizeof *reply, deadline);
    if (end == IMF_WORKER_ANSWERED && !imf_decode_reply_fits(request, reply, pixels_size))
        end = IMF_WORKER_NONSENSE;
    return end;
}
