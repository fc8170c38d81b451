/*
 * The locked room (sandbox.h): no_new_privs, Landlock, seccomp, in this order. Each stands by itself: what a kernel
 * lacks is left out and said so.
 *
 * The list of calls is an allow-list: everything that is not on it fails with EPERM, also what kernels to come will
 * bring. It is short because the picture comes as an open descriptor, the views go into memory that is mapped, and the
 * libraries have read their files before. A refused call is an error and not a death, since libraries probe for things
 * that they can do without (a thread's priority, the number of processors, a cache file).
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "media/protocol.h"

/* ---- Landlock ---- */

/* linux/landlock.h of the distribution is older than the kernels that the program meets; these numbers are the
 * kernel's interface and never change. */
enum {
    LANDLOCK_VERSION_FLAG = 1,
    ABI_REFER = 2,
    ABI_TRUNCATE = 3,
    ABI_NETWORK = 4,
    ABI_DEVICES = 5,
    ABI_SCOPES = 6
};

typedef struct landlock_ruleset { /* struct landlock_ruleset_attr */
    uint64_t files, network, scopes;
} landlock_ruleset;

#if !defined SYS_landlock_create_ruleset || !defined SYS_landlock_restrict_self
#error "the headers of the kernel are older than Linux 5.13"
#endif

static landlock_ruleset every_right(long abi)
{
    landlock_ruleset r = {.files = (UINT64_C(1) << 13) - 1}; /* execute, write, read, list, remove, make: bits 0-12 */
    if (abi >= ABI_REFER)
        r.files |= UINT64_C(1) << 13;
    if (abi >= ABI_TRUNCATE)
        r.files |= UINT64_C(1) << 14;
    if (abi >= ABI_DEVICES)
        r.files |= UINT64_C(1) << 15;
    if (abi >= ABI_NETWORK)
        r.network = 3; /* bind, connect */
    if (abi >= ABI_SCOPES)
        r.scopes = 3; /* abstract sockets, signals */
    return r;
}

/* Every right of the kernel's version is taken away, and there is no rule that would give one back. */
static bool enter_landlock(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION_FLAG);
    if (abi < 1)
        return false;
    landlock_ruleset rights = every_right(abi);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
    if (ruleset < 0)
        return false;
    bool entered = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return entered;
}

/* Landlock binds the calling thread and those that it starts later: it holds for the process only if there is no other
 * yet. The link count of this folder tells. The sanitizers' own threads do not count. */
static bool has_one_thread(void)
{
#ifdef IMF_SANITIZED
    return true;
#else
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 2 + 1;
#endif
}

/* ---- Seccomp ---- */

enum { MOST_ARGUMENTS = 2 }; /* of a rule */

/* A call and what its arguments must be; several rules of one call: any of them. */
typedef struct rule {
    int call;
    unsigned n;
    struct scmp_arg_cmp args[MOST_ARGUMENTS];
} rule;

#define ARG_IS(i, value) {.arg = (i), .op = SCMP_CMP_EQ, .datum_a = (uint64_t)(value)}
#define ARG_WITHOUT(i, bits) {.arg = (i), .op = SCMP_CMP_MASKED_EQ, .datum_a = (bits), .datum_b = 0}

/* Memory that can be read and written, and nothing else: no bit of PROT_EXEC, nor any that are to come. */
#define NOT_DATA (~(uint64_t)(PROT_READ | PROT_WRITE))

/* What the C library's pthread_create asks for; a process of its own lacks most of it. */
#define THREAD_FLAGS \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static int add_rules(scmp_filter_ctx filter)
{
    static const int FREE[] = {
        /* memory and threads */
        SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(futex),
        SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(gettid), SCMP_SYS(getpid),
        SCMP_SYS(exit), SCMP_SYS(exit_group),
        /* signals of its own */
        SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
        SCMP_SYS(restart_syscall),
        /* clocks and chance */
        SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
        SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(getrusage), SCMP_SYS(getrandom),
        /* descriptors that it has: the picture's is open for reading only, the others are the socket and /dev/null */
        SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close)};
    const rule WITH_ARGUMENTS[] = {
        {SCMP_SYS(mmap), 1, {ARG_WITHOUT(2, NOT_DATA)}},
        {SCMP_SYS(mprotect), 1, {ARG_WITHOUT(2, NOT_DATA)}},
        {SCMP_SYS(madvise), 1, {ARG_IS(2, MADV_DONTNEED)}},
        {SCMP_SYS(madvise), 1, {ARG_IS(2, MADV_FREE)}},
        {SCMP_SYS(madvise), 1, {ARG_IS(2, MADV_HUGEPAGE)}},
        {SCMP_SYS(madvise), 1, {ARG_IS(2, MADV_NOHUGEPAGE)}},
        {SCMP_SYS(clone), 1, {ARG_IS(0, THREAD_FLAGS)}},
        {SCMP_SYS(sched_getaffinity), 1, {ARG_IS(0, 0)}}, /* how many processors there are */
        {SCMP_SYS(prlimit64), 2, {ARG_IS(0, 0), ARG_IS(1, RLIMIT_CPU)}},
        {SCMP_SYS(prlimit64), 2, {ARG_IS(0, 0), ARG_IS(2, 0)}}, /* reading a limit */
        {SCMP_SYS(tgkill), 1, {ARG_IS(0, getpid())}},           /* abort() */
        {SCMP_SYS(write), 1, {ARG_IS(0, STDERR_FILENO)}},       /* a library's last words; it is /dev/null */
        {SCMP_SYS(recvmsg), 1, {ARG_IS(0, IMF_DECODE_SOCKET)}},
        {SCMP_SYS(sendto), 2, {ARG_IS(0, IMF_DECODE_SOCKET), ARG_IS(4, 0)}},
    };
#ifdef IMF_SANITIZED
    /* A new thread of theirs looks at its own stack, which the C library asks this for. The symbols of a report would
     * need files and a process: there are none. */
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sched_getaffinity), 0))
        return -1;
#endif
    for (size_t i = 0; i < sizeof FREE / sizeof FREE[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, FREE[i], 0))
            return -1;
    for (size_t i = 0; i < sizeof WITH_ARGUMENTS / sizeof WITH_ARGUMENTS[0]; i++) {
        const rule *r = &WITH_ARGUMENTS[i];
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, r->call, r->n, r->args))
            return -1;
    }
    /* Its flags lie in memory, where no filter can look. ENOSYS makes the C library take clone() instead. */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* Every thread is bound, also those that run already. Calls in the manner of another architecture (32 bits, x32) have
 * other numbers than those of the list: they end the process. */
static bool enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool entered = filter && seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                   seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && add_rules(filter) == 0 &&
                   seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return entered;
}

/* ---- Both ---- */

uint32_t imf_sandbox_enter(uint32_t wanted)
{
    uint32_t holds = 0;
    close_range(IMF_DECODE_SOCKET + 1, ~0U, 0);
    if ((wanted & IMF_SANDBOX_NO_NEW_PRIVS) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        holds |= IMF_SANDBOX_NO_NEW_PRIVS;
    bool alone = has_one_thread(); /* nothing can be looked up behind Landlock */
    if ((wanted & IMF_SANDBOX_LANDLOCK) && enter_landlock() && alone)
        holds |= IMF_SANDBOX_LANDLOCK;
    if ((wanted & IMF_SANDBOX_SECCOMP) && enter_seccomp())
        holds |= IMF_SANDBOX_SECCOMP;
    return holds;
}
