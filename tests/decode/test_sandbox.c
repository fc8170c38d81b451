/*
 * The locked room from inside and from outside. The decoder of the tests (decoder.c) tries what a hostile one would
 * try: in the room nothing succeeds, and a control run without it shows that the attempts can succeed. Then what still
 * must work there, and what becomes of files that crash, hang and eat.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/pool.h"
#include "media/protocol.h"
#include "probes.h"

enum { WHOLE_ROOM = IMF_SANDBOX_NO_NEW_PRIVS | IMF_SANDBOX_SECCOMP | IMF_SANDBOX_LANDLOCK };

static const struct {
    const char *name;
    enum probe_control control;
} PROBE[N_PROBES] = {
#define X(name, control) {#name, control},
    PROBES(X)
#undef X
};

static char folder[256], server[64];
static unsigned port;
static int listeners[2];
static uint64_t target; /* its own address, which is what the probes write there */

/* ---- Helpers ---- */

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *built(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("IMF_BUILD_ROOT"), name);
    return path;
}

static int file_of(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* A pool of the decoder of the tests, on a kernel that has no more than `kernel` (bits of enum imf_decode_sandbox). */
static imf_pool *pool_open(unsigned kernel, imf_pool_options options)
{
    imf_pool *pool = NULL;
    imf_err err = {0};
    char text[16];
    snprintf(text, sizeof text, "%u", kernel);
    options.program = built("tests/decode/imagefinder-decode-test");
    options.workers = 1;
    assert_int_equal(setenv("IMF_TEST_SANDBOX", text, 1), 0);
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    return pool;
}

static imf_pool_options patient(void)
{
    imf_pool_options options = imf_pool_options_default();
    options.timeout_ms = 60000;
    return options;
}

/* Landlock's version here; below 1: the kernel has none. */
static long landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1);
}

static unsigned expected_room(unsigned kernel)
{
    return landlock_version() >= 1 ? kernel : kernel & ~(unsigned)IMF_SANDBOX_LANDLOCK;
}

/* Runs the probes; results: [N_PROBES][3] as probes_run gives them. */
static void probe(imf_pool *pool, uint8_t *results)
{
    const imf_view_recipe row = {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, N_PROBES, 1, 0};
    char text[1024];
    imf_err err = {0};
    imf_decoded d;
    snprintf(text, sizeof text, "IMF-TEST probe %s %s %u %d %" PRIxPTR "\n", folder, server, port, getpid(),
             (uintptr_t)&target);
    close(file_of("prey", "prey\n"));
    close(file_of("victim", "victim\n"));
    int fd = file_of("probe", text);
    if (imf_pool_decode(pool, fd, &row, 1, 0, &d, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    close(fd);
    assert_int_equal(d.pixels_size, 3 * N_PROBES);
    memcpy(results, d.pixels, 3 * N_PROBES);
    imf_decoded_clear(&d);
    for (size_t i = 0; i < N_PROBES; i++)
        if (results[3 * i] != PROBE_RAN ||
            (results[3 * i + 1] != PROBE_SUCCEEDED && results[3 * i + 1] != PROBE_FAILED))
            fail_msg("the probe %s did not run", PROBE[i].name);
}

static bool succeeded(const uint8_t *results, size_t i)
{
    return results[3 * i + 1] == PROBE_SUCCEEDED;
}

static void empty_folder(void)
{
    DIR *list = opendir(folder);
    for (struct dirent *e; list && (e = readdir(list)) != NULL;)
        if (e->d_name[0] != '.' && unlink(path_of(e->d_name)))
            rmdir(path_of(e->d_name));
    if (list)
        closedir(list);
}

/* ---- The room ---- */

static void expect_locked(unsigned kernel)
{
    uint8_t results[3 * N_PROBES];
    imf_pool *pool = pool_open(kernel, patient());
    int wrong = 0;
    assert_int_equal(imf_pool_sandbox(pool), expected_room(kernel));
    probe(pool, results);
    for (size_t i = 0; i < N_PROBES; i++) {
#ifdef IMF_SANITIZED
        if (PROBE[i].control == RELEASE)
            continue;
#endif
        if (succeeded(results, i)) {
            print_error("%s succeeded in the room\n", PROBE[i].name);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(access(path_of("prey"), F_OK), 0);
    assert_int_equal(access(path_of("victim"), F_OK), 0);
    assert_int_equal(access(path_of("made"), F_OK), -1);
    imf_pool_close(&pool);
    empty_folder();
}

static void nothing_succeeds_in_the_room(void **state)
{
    (void)state;
    expect_locked(WHOLE_ROOM);
}

static void nothing_succeeds_where_landlock_is_missing(void **state)
{
    (void)state;
    expect_locked(IMF_SANDBOX_NO_NEW_PRIVS | IMF_SANDBOX_SECCOMP);
}

static void probes_succeed_outside(void **state)
{
    (void)state;
    uint8_t results[3 * N_PROBES];
    imf_pool_options options = patient();
    options.max_memory = 0;
    imf_pool *pool = pool_open(0, options);
    int wrong = 0, sometimes = 0;
    assert_int_equal(imf_pool_sandbox(pool), 0);
    probe(pool, results);
    for (size_t i = 0; i < N_PROBES; i++) {
        if (succeeded(results, i))
            continue;
        if (PROBE[i].control == SOMETIMES) {
            sometimes++;
            print_message("# not possible here at all: %s (%s)\n", PROBE[i].name, strerror(results[3 * i + 2]));
        } else {
            print_error("%s failed without the room: %s\n", PROBE[i].name, strerror(results[3 * i + 2]));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(sometimes < N_PROBES / 4);
    imf_pool_close(&pool);
    empty_folder();
}

/* Where seccomp is missing, Landlock still keeps the decoder from files, and from what else its version covers. */
static void landlock_alone_keeps_files(void **state)
{
    (void)state;
    static const struct {
        int probe, version;
    } KEPT[] = {
        {PROBE_open_passwd, 1},           {PROBE_openat_passwd, 1},         {PROBE_openat2_passwd, 1},
        {PROBE_openat_of_picture, 1},     {PROBE_creat_file, 1},            {PROBE_open_folder, 1},
        {PROBE_open_temporary, 1},        {PROBE_open_own_memory, 1},       {PROBE_open_own_descriptor, 1},
        {PROBE_mkdir_path, 1},            {PROBE_symlink_path, 1},          {PROBE_link_path, 1},
        {PROBE_rename_path, 1},           {PROBE_unlink_path, 1},           {PROBE_mknod_fifo, 1},
        {PROBE_exec_true, 1},             {PROBE_open_prey_for_writing, 1}, {PROBE_truncate_path, 3},
        {PROBE_connect_loopback, 4},      {PROBE_bind_loopback, 4},         {PROBE_connect_abstract, 6},
        {PROBE_signal_core, 6},           {PROBE_ptrace_core, 1},
    };
    uint8_t results[3 * N_PROBES];
    unsigned kernel = IMF_SANDBOX_NO_NEW_PRIVS | IMF_SANDBOX_LANDLOCK;
    imf_pool *pool = pool_open(kernel, patient());
    long version = landlock_version();
    int wrong = 0;
    assert_int_equal(imf_pool_sandbox(pool), expected_room(kernel));
    probe(pool, results);
    for (size_t i = 0; i < sizeof KEPT / sizeof KEPT[0]; i++)
        if (version >= KEPT[i].version && succeeded(results, (size_t)KEPT[i].probe)) {
            print_error("%s succeeded behind Landlock\n", PROBE[KEPT[i].probe].name);
            wrong++;
        }
    assert_int_equal(wrong, 0);
    assert_true(succeeded(results, PROBE_fork_process)); /* it really was without seccomp */
    imf_pool_close(&pool);
    empty_folder();
}

/* ---- From outside ---- */

static long field(pid_t pid, const char *name)
{
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            value = strtol(line + strlen(name) + 1, NULL, 10);
    fclose(f);
    return value;
}

/* One child of this process; there are only workers. */
static pid_t a_worker(void)
{
    char path[64], line[4096];
    snprintf(path, sizeof path, "/proc/self/task");
    DIR *threads = opendir(path);
    pid_t found = 0;
    assert_non_null(threads);
    for (struct dirent *e; !found && (e = readdir(threads)) != NULL;) {
        snprintf(path, sizeof path, "/proc/self/task/%.20s/children", e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (f && fgets(line, sizeof line, f))
            found = (pid_t)strtol(line, NULL, 10);
        if (f)
            fclose(f);
    }
    closedir(threads);
    return found;
}

/* The product itself, not the decoder of the tests. */
static void the_kernel_says_so(void **state)
{
    (void)state;
    imf_pool *pool = NULL;
    imf_err err = {0};
    imf_pool_options options = patient();
    options.program = built("imagefinder-decode");
    options.workers = 1;
    assert_int_equal(setenv("IMF_TEST_SANDBOX", "0", 1), 0); /* means nothing to it */
    if (imf_pool_open(&pool, &options, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(imf_pool_sandbox(pool), expected_room(WHOLE_ROOM));
    pid_t worker = a_worker();
    assert_true(worker > 0);
    assert_int_equal(field(worker, "Seccomp"), 2);
    assert_int_equal(field(worker, "NoNewPrivs"), 1);
    char path[64];
    int descriptors = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", worker);
    DIR *list = opendir(path);
    assert_non_null(list);
    for (struct dirent *e; (e = readdir(list)) != NULL; descriptors += e->d_name[0] != '.')
        if (e->d_name[0] != '.' && strtol(e->d_name, NULL, 10) > IMF_DECODE_SOCKET)
            fail_msg("the worker has descriptor %s", e->d_name);
    closedir(list);
    assert_int_equal(descriptors, IMF_DECODE_SOCKET + 1);
    char root[8] = "";
    snprintf(path, sizeof path, "/proc/%d/cwd", worker);
    assert_int_equal(readlink(path, root, sizeof root), 1);
    assert_string_equal(root, "/");
    imf_pool_close(&pool);
}

/* ---- Life in the room ---- */

static const imf_view_recipe DOT = {IMF_VIEW_SQUASH, IMF_FILTER_BICUBIC, IMF_WHEN_ALWAYS, 1, 1, 0};

static void command_is(imf_pool *pool, const char *command, const char *reason)
{
    char text[64];
    imf_err err = {0};
    imf_decoded d;
    snprintf(text, sizeof text, "IMF-TEST %s\n", command);
    int fd = file_of("command", text), rc = imf_pool_decode(pool, fd, &DOT, 1, 0, &d, &err);
    close(fd);
    if (rc != (reason ? IMF_EINPUT : IMF_OK) || (reason && !strstr(err.msg, reason)))
        fail_msg("%s: code %d, \"%s\", expected \"%s\"", command, rc, err.msg, reason ? reason : "success");
    imf_decoded_clear(&d);
}

/* The untrusted loader is open behind seccomp only; Landlock alone does not do. */
static void jpeg_xl_wants_the_room(void **state)
{
    (void)state;
    const unsigned kernels[] = {WHOLE_ROOM, IMF_SANDBOX_NO_NEW_PRIVS | IMF_SANDBOX_LANDLOCK, 0};
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/formats/alpha.jxl", getenv("IMF_SOURCE_ROOT"));
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        imf_err err = {0};
        imf_decoded d;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        imf_pool *pool = pool_open(kernels[i], patient());
        int rc = imf_pool_decode(pool, fd, &DOT, 1, 0, &d, &err);
        bool may = imf_pool_sandbox(pool) & IMF_SANDBOX_SECCOMP;
        if (rc != (may ? IMF_OK : IMF_EINPUT))
            fail_msg("sandbox %u: code %d, \"%s\"", imf_pool_sandbox(pool), rc, err.msg);
        imf_decoded_clear(&d);
        imf_pool_close(&pool);
        close(fd);
    }
}

static void threads_and_memory_work(void **state)
{
    (void)state;
    imf_pool *pool = pool_open(WHOLE_ROOM, patient());
    command_is(pool, "threads", NULL);
    command_is(pool, "threads", NULL);
    imf_pool_close(&pool);
}

static void other_architectures_are_killed(void **state)
{
    (void)state;
#ifdef __x86_64__
    imf_pool *pool = pool_open(WHOLE_ROOM, patient());
    command_is(pool, "call-x32", "Bad system call, signal 31) (tried 3 times)");
    command_is(pool, "call-32", "Bad system call, signal 31) (tried 3 times)");
    imf_pool_close(&pool);
#endif
}

static void misbehaviour_has_its_reason(void **state)
{
    (void)state;
    imf_pool_options options = patient();
    options.max_memory = 400 << 20;
    imf_pool *pool = pool_open(WHOLE_ROOM, options);
#ifndef IMF_SANITIZED /* the sanitizers turn both into an exit */
    command_is(pool, "crash-segv", "crashed the decoder (Segmentation fault, signal 11) (tried 3 times)");
    command_is(pool, "crash-stack", "crashed the decoder (Segmentation fault, signal 11) (tried 3 times)");
#else
    command_is(pool, "crash-segv", "crashed the decoder (");
#endif
    command_is(pool, "crash-abort", "crashed the decoder (Aborted, signal 6) (tried 3 times)");
    command_is(pool, "crash-exit", "crashed the decoder (exit status 9) (tried 3 times)");
    command_is(pool, "eat", "too much memory (more than 400 MB)");
    command_is(pool, "unknown", "not a picture");
    command_is(pool, "threads", NULL);
    imf_pool_close(&pool);
    options.timeout_ms = 500;
    pool = pool_open(WHOLE_ROOM, options);
    command_is(pool, "hang-spin", "took longer than 0.5 s (tried 3 times)");
    command_is(pool, "hang-sleep", "took longer than 0.5 s (tried 3 times)");
    imf_pool_close(&pool);
}

/* ---- Frame ---- */

static int set_up(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR");
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un abstract = {.sun_family = AF_UNIX};
    socklen_t size = sizeof inet;
    if (!getenv("IMF_BUILD_ROOT") || !getenv("IMF_SOURCE_ROOT"))
        return -1;
    target = (uintptr_t)&target;
    snprintf(folder, sizeof folder, "%.200s/imf-room-XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
    snprintf(server, sizeof server, "imf-room-%d", getpid());
    memcpy(abstract.sun_path + 1, server, strlen(server));
    listeners[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    listeners[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!mkdtemp(folder) || bind(listeners[0], (struct sockaddr *)&inet, sizeof inet) || listen(listeners[0], 9) ||
        getsockname(listeners[0], (struct sockaddr *)&inet, &size) ||
        bind(listeners[1], (struct sockaddr *)&abstract,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(server))) ||
        listen(listeners[1], 9))
        return -1;
    port = ntohs(inet.sin_port);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(listeners[0]);
    close(listeners[1]);
    empty_folder();
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_succeed_outside),
        cmocka_unit_test(nothing_succeeds_in_the_room),
        cmocka_unit_test(nothing_succeeds_where_landlock_is_missing),
        cmocka_unit_test(landlock_alone_keeps_files),
        cmocka_unit_test(the_kernel_says_so),
        cmocka_unit_test(jpeg_xl_wants_the_room),
        cmocka_unit_test(threads_and_memory_work),
        cmocka_unit_test(other_architectures_are_killed),
        cmocka_unit_test(misbehaviour_has_its_reason),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
