/*
 * src/base/mapped: files that are cut while they are read. What must end a process, and what needs a process in which
 * the guard is not yet installed, runs in a child: this program again, with the name of a scene (see scenes).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mapped.h"

enum { PAGES = 8, READERS = 4, ROUNDS = 200 };

/* cmocka sets a handler of SIGBUS of its own before each test: what the first mapping installed is put back inside. */
static struct sigaction guard;

static void guarded(void)
{
    assert_int_equal(sigaction(SIGBUS, &guard, NULL), 0);
}

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* A file without a name of PAGES pages, the n-th filled with n + 1; -1 when it cannot be made. */
static int numbered_file(void)
{
    char path[] = "/tmp/imf-mapped-XXXXXX";
    unsigned char *bytes = malloc(page());
    int fd = bytes ? mkstemp(path) : -1;
    if (fd >= 0)
        unlink(path);
    for (int i = 0; fd >= 0 && i < PAGES; i++) {
        memset(bytes, i + 1, page());
        if (write(fd, bytes, page()) != (ssize_t)page()) {
            close(fd);
            fd = -1;
        }
    }
    free(bytes);
    return fd;
}

/* Reads every byte as it is in memory now, whatever the compiler knows of the file. */
static bool all_are(const void *from, size_t n, int value)
{
    const volatile unsigned char *p = from;
    for (size_t i = 0; i < n; i++)
        if (p[i] != value)
            return false;
    return true;
}

static const char *at_page(const imf_mapped *m, size_t n)
{
    return (const char *)imf_mapped_base(m) + n * page();
}

/* ---- Opening ---- */

static void a_file_is_read(void **state)
{
    (void)state;
    imf_mapped *whole = NULL, *part = NULL;
    int fd = numbered_file();
    assert_true(fd >= 0);
    assert_int_equal(imf_mapped_open_fd(fd, 0, &whole), 0);
    assert_int_equal(imf_mapped_open_fd(fd, page() + 1, &part), 0); /* the file may be longer */
    close(fd);                                                      /* the mappings need it no more */
    assert_int_equal(imf_mapped_size(whole), PAGES * page());
    assert_int_equal(imf_mapped_size(part), page() + 1);
    for (int i = 0; i < PAGES; i++)
        assert_true(all_are(at_page(whole, (size_t)i), page(), i + 1));
    assert_true(all_are(at_page(part, 0), page(), 1));
    assert_true(all_are(at_page(part, 1), 1, 2));
    assert_false(imf_mapped_damaged(whole));
    assert_false(imf_mapped_damaged(part));
    imf_mapped_close(&whole);
    imf_mapped_close(&part);
    assert_null(whole);
    imf_mapped_close(&whole);
    imf_mapped_close(NULL);
}

static void a_path_is_opened(void **state)
{
    (void)state;
    char folder[] = "/tmp/imf-mapped-XXXXXX", file[64], link_to[64], pipe_there[64];
    imf_mapped *m = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/file", folder);
    snprintf(link_to, sizeof link_to, "%s/link", folder);
    snprintf(pipe_there, sizeof pipe_there, "%s/pipe", folder);
    assert_int_equal(imf_mapped_open(file, 0, 0, &m), -ENOENT);
    assert_int_equal(imf_mapped_open(folder, 0, 0, &m), -EISDIR);
    assert_int_equal(mkfifo(pipe_there, 0600), 0);
    assert_int_equal(imf_mapped_open(pipe_there, 0, 0, &m), -EINVAL);

    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(imf_mapped_open(file, 0, 0, &m), -ENODATA); /* empty */
    assert_int_equal(write(fd, "hello", 5), 5);
    close(fd);
    assert_int_equal(imf_mapped_open(file, 0, 6, &m), -ENODATA); /* short */
    assert_int_equal(imf_mapped_open(file, 0, UINT64_MAX, &m), -ENODATA);
    assert_null(m);
    assert_int_equal(imf_mapped_open(file, 0, 5, &m), 0);
    assert_memory_equal(imf_mapped_base(m), "hello", 5);
    imf_mapped_close(&m);

    assert_int_equal(symlink("file", link_to), 0);
    assert_int_equal(imf_mapped_open(link_to, 0, 0, &m), -ELOOP);
    assert_int_equal(imf_mapped_open(link_to, IMF_FILE_FOLLOW, 0, &m), 0);
    assert_int_equal(imf_mapped_size(m), 5);
    imf_mapped_close(&m);
    assert_int_equal(imf_mapped_open_fd(-1, 0, &m), -EBADF);
    unlink(link_to);
    unlink(pipe_there);
    unlink(file);
    rmdir(folder);
}

static void a_full_table_says_so(void **state)
{
    (void)state;
    static imf_mapped *all[IMF_MAPPED_MAX];
    imf_mapped *more = NULL;
    int fd = numbered_file();
    guarded();
    assert_true(fd >= 0);
    for (int i = 0; i < IMF_MAPPED_MAX; i++)
        assert_int_equal(imf_mapped_open_fd(fd, 0, &all[i]), 0);
    assert_int_equal(imf_mapped_open_fd(fd, 0, &more), -EMFILE);
    assert_null(more);
    imf_mapped_close(&all[500]);
    assert_int_equal(imf_mapped_open_fd(fd, 0, &all[500]), 0);
    assert_int_equal(ftruncate(fd, 0), 0); /* the last slot is guarded as the first is, and each alone */
    assert_true(all_are(at_page(all[IMF_MAPPED_MAX - 1], 0), PAGES * page(), 0));
    for (int i = 0; i < IMF_MAPPED_MAX; i++)
        assert_int_equal(imf_mapped_damaged(all[i]), i == IMF_MAPPED_MAX - 1);
    for (int i = 0; i < IMF_MAPPED_MAX; i++)
        imf_mapped_close(&all[i]);
    close(fd);
}

/* ---- Cuts ---- */

static void a_cut_file_reads_as_zeros_and_is_marked(void **state)
{
    (void)state;
    imf_mapped *m = NULL, *other = NULL;
    int fd = numbered_file(), other_fd = numbered_file();
    guarded();
    assert_true(fd >= 0 && other_fd >= 0);
    assert_int_equal(imf_mapped_open_fd(fd, 0, &m), 0);
    assert_int_equal(imf_mapped_open_fd(other_fd, 0, &other), 0);
    assert_true(all_are(at_page(m, 5), page(), 6)); /* was there, and will be gone all the same */
    assert_int_equal(ftruncate(fd, (off_t)(3 * page())), 0);
    assert_true(all_are(at_page(m, 2), page(), 3));
    assert_false(imf_mapped_damaged(m)); /* nobody has met the hole */
    assert_true(all_are(at_page(m, 6), 2 * page(), 0));
    assert_true(imf_mapped_damaged(m));
    assert_true(all_are(at_page(m, 3), 3 * page(), 0)); /* before the first hole that was met */
    for (int i = 0; i < 3; i++)
        assert_true(all_are(at_page(m, (size_t)i), page(), i + 1));
    assert_true(all_are(at_page(other, 6), page(), 7));
    assert_false(imf_mapped_damaged(other));
    imf_mapped_close(&m);

    assert_int_equal(imf_mapped_open_fd(fd, 0, &m), 0); /* what is left is sound, in the slot of the damaged one */
    assert_int_equal(imf_mapped_size(m), 3 * page());
    assert_true(all_are(at_page(m, 2), page(), 3));
    assert_false(imf_mapped_damaged(m));
    imf_mapped_close(&m);
    imf_mapped_close(&other);
    close(fd);
    close(other_fd);
}

static void the_last_page_is_guarded_to_its_end(void **state)
{
    (void)state;
    imf_mapped *m = NULL;
    int fd = numbered_file();
    guarded();
    assert_true(fd >= 0);
    assert_int_equal(imf_mapped_open_fd(fd, page() + 1, &m), 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_true(all_are(at_page(m, 2) - 1, 1, 0)); /* as a kernel that reads whole registers does */
    assert_true(imf_mapped_damaged(m));
    imf_mapped_close(&m);
    close(fd);
}

typedef struct reader {
    imf_mapped *shared; /* cut beforehand */
    pthread_barrier_t *start;
    bool zeros, marked, sound;
} reader;

/* Meets the hole of a mapping together with all others, then opens, cuts, reads and closes mappings of its own. */
static void *read_holes(void *user)
{
    reader *r = user;
    pthread_barrier_wait(r->start);
    r->zeros = all_are(imf_mapped_base(r->shared), PAGES * page(), 0);
    r->marked = imf_mapped_damaged(r->shared);
    r->sound = true;
    for (int i = 0; i < ROUNDS && r->sound; i++) {
        imf_mapped *own = NULL;
        int fd = numbered_file();
        const size_t left = (size_t)i % (PAGES + 1);
        r->sound = fd >= 0 && imf_mapped_open_fd(fd, 0, &own) == 0 && ftruncate(fd, (off_t)(left * page())) == 0;
        for (size_t n = 0; n < PAGES && r->sound; n++)
            r->sound = all_are(at_page(own, n), page(), n < left ? (int)n + 1 : 0);
        r->sound = r->sound && imf_mapped_damaged(own) == (left < PAGES);
        imf_mapped_close(&own);
        if (fd >= 0)
            close(fd);
    }
    return NULL;
}

static void many_threads_meet_holes_at_once(void **state)
{
    (void)state;
    pthread_t threads[READERS];
    pthread_barrier_t start;
    reader readers[READERS];
    imf_mapped *m = NULL;
    int fd = numbered_file();
    guarded();
    assert_true(fd >= 0);
    assert_int_equal(imf_mapped_open_fd(fd, 0, &m), 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    pthread_barrier_init(&start, NULL, READERS);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.shared = m, .start = &start};
        assert_int_equal(pthread_create(&threads[i], NULL, read_holes, &readers[i]), 0);
    }
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < READERS; i++) {
        assert_true(readers[i].zeros);
        assert_true(readers[i].marked);
        assert_true(readers[i].sound);
    }
    pthread_barrier_destroy(&start);
    imf_mapped_close(&m);
    close(fd);
}

/* ---- Scenes: what a child does. Each returns 1 when it could not be played, else a status of its own. ---- */

static void exit_42(int number)
{
    (void)number;
    _exit(42);
}

static void exit_43(int number, siginfo_t *info, void *context)
{
    (void)number;
    _exit(info->si_addr && context ? 43 : 1);
}

/* With the guard installed after `before`: reads a hole in a mapping of ours, then one in a mapping of nobody's at the
 * address that ours had. */
static int foreign_fault(const struct sigaction *before)
{
    imf_mapped *m = NULL;
    int fd = numbered_file();
    if (sigaction(SIGBUS, before, NULL) < 0 || fd < 0 || imf_mapped_open_fd(fd, 0, &m) < 0 || ftruncate(fd, 0) < 0 ||
        !all_are(imf_mapped_base(m), page(), 0) || !imf_mapped_damaged(m))
        return 1;
    void *address = (void *)(uintptr_t)imf_mapped_base(m);
    imf_mapped_close(&m);
    if (mmap(address, page(), PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) != address)
        return 1;
    return all_are(address, page(), 0) ? 0 : 2;
}

static int fault_by_default(void)
{
    return foreign_fault(&(struct sigaction){.sa_handler = SIG_DFL});
}

static int fault_ignored(void)
{
    return foreign_fault(&(struct sigaction){.sa_handler = SIG_IGN});
}

static int fault_handled(void)
{
    return foreign_fault(&(struct sigaction){.sa_handler = exit_42});
}

static int fault_handled_with_details(void)
{
    return foreign_fault(&(struct sigaction){.sa_sigaction = exit_43, .sa_flags = SA_SIGINFO});
}

static int sent(void (*before)(int))
{
    imf_mapped *m = NULL;
    int fd = numbered_file();
    if (signal(SIGBUS, before) == SIG_ERR || fd < 0 || imf_mapped_open_fd(fd, 0, &m) < 0)
        return 1;
    kill(getpid(), SIGBUS);
    imf_mapped_close(&m);
    return 0;
}

static int sent_by_default(void)
{
    return sent(SIG_DFL);
}

static int sent_ignored(void)
{
    return sent(SIG_IGN);
}

static const struct {
    const char *name;
    int (*play)(void);
    int end; /* the exit status; negative: the signal that ends it */
} scenes[] = {
    {"fault by default", fault_by_default, -SIGBUS},
    {"fault ignored", fault_ignored, -SIGBUS},
    {"fault handled", fault_handled, 42},
    {"fault handled with details", fault_handled_with_details, 43},
    {"sent by default", sent_by_default, -SIGBUS},
    {"sent ignored", sent_ignored, 0},
};

static int play(const char *name)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        if (strcmp(scenes[i].name, name) == 0)
            return scenes[i].play();
    return 1;
}

static void other_faults_end_as_they_did(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            execl("/proc/self/exe", "test_unit_mapped", scenes[i].name, (char *)NULL);
            _exit(1);
        }
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        const int end = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
        if (end != scenes[i].end)
            fail_msg("%s: ended with %d, not %d", scenes[i].name, end, scenes[i].end);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(a_path_is_opened),
        cmocka_unit_test(a_full_table_says_so),
        cmocka_unit_test(a_cut_file_reads_as_zeros_and_is_marked),
        cmocka_unit_test(the_last_page_is_guarded_to_its_end),
        cmocka_unit_test(many_threads_meet_holes_at_once),
        cmocka_unit_test(other_faults_end_as_they_did),
    };
    if (argc > 1)
        return play(argv[1]);
    imf_mapped *first = NULL;
    if (imf_mapped_open("/proc/self/exe", IMF_FILE_FOLLOW, 0, &first) < 0 || sigaction(SIGBUS, NULL, &guard) < 0)
        return 1;
    imf_mapped_close(&first);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
