/*
 * imagefinder-decode: the only program that opens other people's pictures. It is started by the pool (media/pool.h)
 * with a socket on descriptor 3 and shared memory on descriptor 4, limits itself, starts its libraries, locks itself
 * in, says hello, and then answers one request at a time until the socket closes (media/protocol.h).
 *
 * Decoding is load_vips.c; cutting views is media/view.c; the lock is sandbox.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "base/mem.h"
#include "load_vips.h"
#include "media/protocol.h"
#include "media/view.h"
#include "sandbox.h"
#include "thumbnail.h"

/* ---- Limits ---- */

static int set_limit(int which, rlim_t value)
{
    struct rlimit limit = {value, value};
    return setrlimit((__rlimit_resource_t)which, &limit);
}

/* Before any library runs. The sanitizers reserve terabytes of address space, so that limit is left out under them. */
static int limit_process(unsigned long long max_memory)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit is an error, not a death */
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_ARENA_MAX, 1); /* each further arena would take 64 MB of address space; libvips' threads do little here */
    if (chdir("/") || set_limit(RLIMIT_CORE, 0) || set_limit(RLIMIT_FSIZE, 0) || set_limit(RLIMIT_NOFILE, 64))
        return -1;
#ifndef IMF_SANITIZED
    if (max_memory > 0 && set_limit(RLIMIT_AS, max_memory))
        return -1;
#else
    (void)max_memory;
#endif
    return 0;
}

/* CPU time for one more picture. The soft limit only: it moves with every picture. */
static void renew_cpu_limit(unsigned long timeout_ms)
{
    struct rusage used;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit))
        return;
    /* 2 s more than allowed: the core's own clock strikes first */
    rlim_t seconds = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + timeout_ms / 1000 + 2;
    limit.rlim_cur = seconds < limit.rlim_max ? seconds : limit.rlim_max;
    setrlimit(RLIMIT_CPU, &limit);
}

/* No line of a library may reach the user's terminal. */
static int silence(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -1;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
#ifndef IMF_SANITIZED
    dup2(null, STDERR_FILENO);
#endif
    close(null);
    return 0;
}

/* GLib ends the process when a small allocation fails; tell the core why. Everything else that it says is dropped. */
static void on_glib_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)domain;
    (void)user;
    if ((level & G_LOG_LEVEL_ERROR) && message && strstr(message, "ailed to allocate"))
        _exit(IMF_DECODE_EXIT_MEMORY_OUT);
}

static GLogWriterOutput on_glib_structured_log(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user)
{
    (void)level;
    (void)fields;
    (void)n;
    (void)user;
    return G_LOG_WRITER_HANDLED;
}

/* ---- The socket ---- */

/* Receives one request and the descriptor beside it. 1: there is one; 0: the core has closed; -1: broken. */
static int receive(imf_decode_request *request, int *fd)
{
    char *to = (char *)request;
    size_t got = 0;
    *fd = -1;
    while (got < sizeof *request) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec part = {to + got, sizeof *request - got};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
        ssize_t n = recvmsg(IMF_DECODE_SOCKET, &message, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 && got == 0 ? 0 : -1;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && *fd < 0)
            memcpy(fd, CMSG_DATA(c), sizeof *fd);
        got += (size_t)n;
    }
    return *fd >= 0 ? 1 : -1;
}

static int send_all(const void *data, size_t n)
{
    const char *from = data;
    while (n > 0) {
        ssize_t sent = send(IMF_DECODE_SOCKET, from, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        from += sent;
        n -= (size_t)sent;
    }
    return 0;
}

/* ---- One picture ---- */

static enum imf_decode_status make_views(const imf_decode_request *request, const imf_picture *picture, uint8_t *shared,
                                         imf_decode_reply *reply)
{
    bool has_alpha = imf_picture_has_alpha(picture);
    for (uint32_t i = 0; i < request->n_views; i++) {
        const imf_view_recipe *r = &request->views[i];
        imf_err err = {0};
        if (!imf_view_wanted(r, has_alpha))
            continue;
        if (imf_view_make(picture, r, shared, &err) != IMF_OK) {
            g_strlcpy(reply->detail, err.msg, sizeof reply->detail);
            return err.code == IMF_EMEM ? IMF_DECODE_MEMORY_OUT : IMF_DECODE_DAMAGED;
        }
        shared += (size_t)r->width * r->height * 3;
        reply->views_made |= 1U << i;
    }
    reply->width = picture->full_width;
    reply->height = picture->full_height;
    reply->has_alpha = has_alpha;
    return IMF_DECODE_OK;
}

static bool request_fits(const imf_decode_request *request)
{
    if (request->magic != IMF_DECODE_MAGIC || request->n_views > IMF_MAX_VIEWS)
        return false;
    for (uint32_t i = 0; i < request->n_views; i++)
        if (!imf_view_valid(&request->views[i]))
            return false;
    return true;
}

/* How far a large picture may be reduced while it is decoded: a factor of at least four (for thumbnails two) is left
 * for our own resampling, which decides over the quality. With three, single vectors differ by too much
 * (docs/SPEED.md). Pictures with alpha are never reduced, so their views do not count. */
static imf_load_wish wish_of(const imf_decode_request *request)
{
    enum { LEFT = 4, THUMBNAIL_LEFT = 2 };
    imf_load_wish wish = {.max_pixels = request->max_pixels, .flags = request->flags, .short_side = 1, .long_side = 1};
    for (uint32_t i = 0; i < request->n_views; i++) {
        const imf_view_recipe *r = &request->views[i];
        uint32_t side = r->width > r->height ? r->width : r->height;
        side = r->resize > side ? r->resize : side;
        if (imf_view_wanted(r, false) && LEFT * side > wish.short_side)
            wish.short_side = LEFT * side;
    }
    if (request->flags & IMF_DECODE_THUMBNAIL)
        wish.long_side = THUMBNAIL_LEFT * IMF_THUMBNAIL_SIDE;
    if (request->flags & (IMF_DECODE_REFERENCE | IMF_DECODE_FULL_SIZE))
        wish.short_side = 0;
    return wish;
}

/* What people look at is never as the reference has it: upright, in true colours. So the picture is decoded again. */
static uint32_t make_thumbnail(const imf_decode_request *request, int fd, imf_picture *picture, uint8_t *out)
{
    if (request->flags & IMF_DECODE_REFERENCE) {
        char detail[sizeof((imf_decode_reply *)NULL)->detail];
        imf_decode_request plain = *request;
        plain.n_views = 0;
        plain.flags = IMF_DECODE_THUMBNAIL;
        imf_load_wish wish = wish_of(&plain);
        imf_free(picture->pixels);
        if (imf_load_picture(fd, request->file_size, &wish, picture, detail, sizeof detail) != IMF_DECODE_OK)
            return 0;
    }
    return imf_thumbnail_make(picture, out, IMF_DECODE_THUMB_BYTES);
}

static void answer(const imf_decode_request *request, int fd, uint8_t *shared, imf_decode_reply *reply)
{
    imf_picture picture = {0};
    memset(reply, 0, sizeof *reply);
    reply->magic = IMF_DECODE_MAGIC;
    reply->id = request->id;
    if (request->file_size == 0) {
        reply->status = IMF_DECODE_EMPTY;
        return;
    }
    imf_load_wish wish = wish_of(request);
    reply->status = imf_load_picture(fd, request->file_size, &wish, &picture, reply->detail, sizeof reply->detail);
    if (reply->status == IMF_DECODE_OK)
        reply->status = make_views(request, &picture, shared, reply);
    if (reply->status != IMF_DECODE_OK)
        reply->views_made = 0;
    else if (request->flags & IMF_DECODE_THUMBNAIL)
        reply->thumb_size = make_thumbnail(request, fd, &picture, shared + IMF_DECODE_VIEW_BYTES);
    imf_free(picture.pixels);
}

static int serve(uint8_t *shared, unsigned long timeout_ms)
{
    for (;;) {
        imf_decode_request request;
        imf_decode_reply reply;
        int fd;
        int got = receive(&request, &fd);
        if (got == 0)
            return IMF_DECODE_EXIT_DONE;
        if (got < 0 || !request_fits(&request))
            return IMF_DECODE_EXIT_PROTOCOL;
        renew_cpu_limit(timeout_ms);
        answer(&request, fd, shared, &reply);
        close(fd);
        if (send_all(&reply, sizeof reply))
            return IMF_DECODE_EXIT_DONE;
    }
}

static bool parse(const char *text, unsigned long long *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

int main(int argc, char **argv)
{
    unsigned long long max_memory, timeout_ms;
    imf_decode_hello hello = {.magic = IMF_DECODE_MAGIC, .version = IMF_DECODE_VERSION};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("imagefinder-decode %s\n", IMF_VERSION);
        return 0;
    }
    if (argc != 4 || strcmp(argv[1], "--worker") != 0 || !parse(argv[2], &max_memory) || !parse(argv[3], &timeout_ms)) {
        fputs("imagefinder-decode is started by imagefinder and is of no use by itself\n", stderr);
        return IMF_DECODE_EXIT_USAGE;
    }
    if (limit_process(max_memory) || silence())
        return IMF_DECODE_EXIT_START;
    uint8_t *shared = mmap(NULL, IMF_DECODE_SHM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, IMF_DECODE_MEMORY, 0);
    if (shared == MAP_FAILED)
        return IMF_DECODE_EXIT_START;
    close(IMF_DECODE_MEMORY);
    g_log_set_default_handler(on_glib_log, NULL);
    g_log_set_writer_func(on_glib_structured_log, NULL, NULL);
    if (imf_load_start())
        return IMF_DECODE_EXIT_START;
    hello.sandbox = imf_sandbox_enter(IMF_SANDBOX_NO_NEW_PRIVS | IMF_SANDBOX_SECCOMP | IMF_SANDBOX_LANDLOCK);
    if (hello.sandbox & IMF_SANDBOX_SECCOMP)
        imf_load_locked();
    if (send_all(&hello, sizeof hello))
        return IMF_DECODE_EXIT_DONE;
    /* Nothing that runs at exit has a task here; the leak sanitizer's would need a process and files. */
    _exit(serve(shared, (unsigned long)timeout_ms));
}
