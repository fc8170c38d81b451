/* The server in this process, asked by many threads at once while it starts, works and stops: for the thread
 * sanitizer, and for what only shows when requests meet. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/server.h"

enum { THREADS = 6, ROUNDS = 25, PATH_ROOM = 4200 };

static char folder[] = "/tmp/imf-test-server-XXXXXX";
static char home[sizeof folder + 8];

static int prepare(void **state)
{
    (void)state;
    char path[PATH_ROOM], *paths[] = {path};
    imf_finder *finder = NULL;
    imf_err err = {0};
    imf_options options = imf_options_default();
    imf_index_options what = imf_index_options_default();

    if (mkdtemp(folder) == NULL || getenv("IMF_BUILD_ROOT") == NULL || getenv("IMF_SOURCE_ROOT") == NULL)
        return -1;
    snprintf(home, sizeof home, "%s/home", folder);
    snprintf(path, sizeof path, "%s/imagefinder-decode", getenv("IMF_BUILD_ROOT"));
    setenv("IMAGEFINDER_DECODE", path, 1);
    snprintf(path, sizeof path, "%s/models", getenv("IMF_SOURCE_ROOT"));
    setenv("IMAGEFINDER_MODELS", path, 1);
    unsetenv("IMAGEFINDER_MODEL");
    snprintf(path, sizeof path, "%s/tests/golden/pictures", getenv("IMF_SOURCE_ROOT"));
    options.home = home;
    what.paths = (const char *const *)paths;
    what.n_paths = 1;
    int rc = imf_open(&finder, &options, &err);
    if (rc == IMF_OK)
        rc = imf_index_folders(finder, &what, NULL, &err);
    imf_close(&finder);
    if (rc != IMF_OK)
        fprintf(stderr, "# %s\n", err.msg);
    return rc;
}

static int clean(void **state)
{
    (void)state;
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static imf_server *start(int queue)
{
    imf_server *server = NULL;
    imf_err err = {0};
    imf_server_options options = {.finder = imf_options_default(), .listen = "127.0.0.1:0", .queue = queue};

    options.finder.home = home;
    if (imf_server_start(&server, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return server;
}

static int port_of(const imf_server *server)
{
    int port = 0;

    assert_int_equal(sscanf(imf_server_url(server), "http://127.0.0.1:%d/", &port), 1);
    return port;
}

/* The status of the answer to these bytes; 0 when none came. */
static int ask(int port, const char *request)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char answer[1 << 16];
    size_t n = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;

    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&where, sizeof where) == 0 &&
        send(fd, request, strlen(request), MSG_NOSIGNAL) > 0) {
        ssize_t got = 0;
        while ((got = recv(fd, answer + n, n < 4096 ? sizeof answer - n : 0, 0)) > 0)
            n += (size_t)got;
        if (n < 12 || sscanf(answer, "HTTP/1.1 %d ", &status) != 1)
            status = 0;
    }
    if (fd >= 0)
        close(fd);
    return status;
}

typedef struct asker {
    pthread_t thread;
    int port, number;
    atomic_int *wrong, *answered;
} asker;

#define HOST " HTTP/1.1\r\nHost: localhost\r\n"

static const struct {
    const char *request;
    int status;
} asked[] = {
    {"GET /healthz" HOST "\r\n", 200},
    {"GET /" HOST "\r\n", 200},
    {"GET /api/v1/status" HOST "\r\n", 200},
    {"GET /api/v1/collections" HOST "\r\n", 200},
    {"POST /api/v1/search" HOST "Content-Length: 23\r\n\r\n{\"text\":\"red\",\"k\":1000}", 200},
    {"POST /api/v1/search" HOST "Content-Length: 25\r\n\r\n{\"text\":\"\xd0\xba\xd0\xbe\xd1\x82\",\"k\":100}", 200},
    {"POST /api/v1/search" HOST "Transfer-Encoding: chunked\r\n\r\ne\r\n{\"text\":\"red\"}\r\n0\r\n\r\n", 200},
    {"POST /api/v1/search" HOST "Content-Length: 2\r\n\r\n{}", 400},
    {"GET /api/v1/items/00112233445566778899aabbccddeeff/file" HOST "\r\n", 404},
    {"GET /api/v1/items/00112233445566778899aabbccddeeff/thumbnail" HOST "\r\n", 404},
    {"GET /nothing" HOST "\r\n", 404},
    {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
    {"DELETE /" HOST "\r\n", 405},
    {"nonsense\r\n\r\n", 400},
};
enum { N_ASKED = sizeof asked / sizeof asked[0] };

static void *ask_all(void *user)
{
    const asker *a = user;

    for (int i = 0; i < ROUNDS; i++) {
        size_t which = (size_t)(i + a->number * 5) % N_ASKED;
        int status = ask(a->port, asked[which].request);
        if (status != asked[which].status) {
            fprintf(stderr, "# %d instead of %d for %.40s\n", status, asked[which].status, asked[which].request);
            atomic_fetch_add(a->wrong, 1);
        }
        atomic_fetch_add(a->answered, 1);
    }
    return NULL;
}

static void many_threads_ask_at_once(void **state)
{
    (void)state;
    imf_server *server = start(0);
    asker all[THREADS];
    atomic_int wrong = 0, answered = 0;

    for (int i = 0; i < THREADS; i++) {
        all[i] = (asker){.port = port_of(server), .number = i, .wrong = &wrong, .answered = &answered};
        assert_int_equal(pthread_create(&all[i].thread, NULL, ask_all, &all[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i].thread, NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&answered), THREADS * ROUNDS);
    imf_server_stop(&server);
    assert_null(server);
}

static void *ask_until_gone(void *user)
{
    const asker *a = user;
    int status = 200;

    while (status == 200 || status == 503) {
        status = ask(a->port, asked[4].request);
        atomic_fetch_add(a->answered, 1);
    }
    if (status != 0)
        atomic_fetch_add(a->wrong, 1);
    return NULL;
}

/* With one place in the queue too: what does not fit is refused, and nothing is left behind. */
static void stopping_while_asked(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        imf_server *server = start(round % 2 == 0 ? 1 : 0);
        asker all[THREADS];
        atomic_int wrong = 0, answered = 0;
        for (int i = 0; i < THREADS; i++) {
            all[i] = (asker){.port = port_of(server), .wrong = &wrong, .answered = &answered};
            assert_int_equal(pthread_create(&all[i].thread, NULL, ask_until_gone, &all[i]), 0);
        }
        while (atomic_load(&answered) < 30 && atomic_load(&wrong) == 0)
            usleep(1000);
        imf_server_stop(&server);
        for (int i = 0; i < THREADS; i++)
            pthread_join(all[i].thread, NULL);
        assert_int_equal(atomic_load(&wrong), 0);
    }
}

static void two_servers_on_one_home(void **state)
{
    (void)state;
    imf_server *one = start(0), *two = start(0);

    assert_int_not_equal(port_of(one), port_of(two));
    assert_int_equal(ask(port_of(one), asked[4].request), 200);
    assert_int_equal(ask(port_of(two), asked[4].request), 200);
    imf_server_stop(&one);
    assert_int_equal(ask(port_of(two), asked[4].request), 200);
    imf_server_stop(&two);
    imf_server_stop(&two); /* does nothing */
}

static void addresses_that_are_refused(void **state)
{
    (void)state;
    imf_server *server = start(0), *second = NULL;
    imf_err err = {0};
    char listen_on[40];
    imf_server_options options = {.finder = imf_options_default(), .listen = listen_on};

    options.finder.home = home;
    snprintf(listen_on, sizeof listen_on, "127.0.0.1:%d", port_of(server));
    assert_int_equal(imf_server_start(&second, &options, &err), IMF_EADDRESS);
    assert_int_equal(err.code, IMF_EADDRESS);
    assert_non_null(strstr(err.msg, "in use"));
    assert_null(second);
    snprintf(listen_on, sizeof listen_on, "0.0.0.0:0");
    assert_int_equal(imf_server_start(&second, &options, NULL), IMF_EUSAGE);
    assert_null(second);
    imf_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_ask_at_once),
        cmocka_unit_test(stopping_while_asked),
        cmocka_unit_test(two_servers_on_one_home),
        cmocka_unit_test(addresses_that_are_refused),
    };

    return cmocka_run_group_tests(tests, prepare, clean);
}
