/*
 * Mappings that survive a cut of their file. See mapped.h.
 *
 * The handler runs in the middle of anything and takes no lock, so the mappings stand in a fixed table of atomics. Each
 * slot has a turn, odd while the slot is being changed; a slot whose turn is odd, or moves while it is read, is passed
 * over. That never passes over the one that is sought: whoever faults is reading a mapping, so its slot is at rest.
 * Writers of the table hold a mutex. All atomics are sequentially consistent: faults and opens are rare.
 */
#include "base/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

struct imf_mapped {
    atomic_uint turn;
    atomic_uintptr_t start, end; /* both 0: the slot is free; end is at a page's edge */
    atomic_bool damaged;
    uint64_t size; /* what the caller asked for; the handler does not read it */
};

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_BOOL_LOCK_FREE == 2,
               "a signal handler may touch lock-free atomics only");

/* One for the process, as the handler is. Written under the mutex; what the handler reads beside the slots is written
 * before it is installed. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static imf_mapped table[IMF_MAPPED_MAX];
static bool installed;
static struct sigaction previous;
static uintptr_t page_size;

/* ---- The handler ------------------------------------------------------------------------------------------------- */

/* The mapping that holds the address, or NULL; *end is then its end. */
static imf_mapped *find(uintptr_t address, uintptr_t *end)
{
    for (size_t i = 0; i < IMF_MAPPED_MAX; i++) {
        imf_mapped *m = &table[i];
        const unsigned turn = atomic_load(&m->turn);
        const uintptr_t start = atomic_load(&m->start);
        *end = atomic_load(&m->end);
        if (address >= start && address < *end && turn % 2 == 0 && turn == atomic_load(&m->turn))
            return m;
    }
    return NULL;
}

/*
 * Puts zeros from the page of the address to the end of its mapping; false when the fault is none of ours. A file is
 * cut at its end, so what follows the page is gone too, and one fault a thread settles it. (Where the disk failed to
 * give a page, good ones after it turn to zeros as well; the mapping is damaged either way.) Several threads may do
 * this at once: the system replaces pages in one step, and zeros over zeros are zeros.
 */
static bool fill_hole(uintptr_t address)
{
    uintptr_t end;
    imf_mapped *m = find(address, &end);
    if (!m)
        return false;
    const uintptr_t page = address - address % page_size;
    atomic_store(&m->damaged, true); /* first: who reads the zeros must find the mark */
    /* The bare system call: POSIX does not list mmap among the functions that a handler may call, and sanitizers wrap
     * it (for the thread sanitizer it would write the pages that others read). Nothing is reserved: all pages that are
     * only read are the system's one page of zeros. */
    const long flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    return syscall(SYS_mmap, page, end - page, (long)PROT_READ, flags, -1L, 0L) == (long)page;
}

/* What would have happened without the guard. */
static void hand_on(int number, siginfo_t *info, void *context)
{
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(number, info, context);
    } else if (previous.sa_handler == SIG_IGN && info->si_code <= 0) {
        /* sent by a process; a true fault cannot be ignored and ends in the branch below */
    } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
        const struct sigaction plain = {.sa_handler = SIG_DFL};
        sigaction(number, &plain, NULL);
        raise(number); /* waits until the handler returns */
    } else {
        previous.sa_handler(number);
    }
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
    const int before = errno;
    /* BUS_ADRERR: a page beyond the file's end, or one that the disk does not give */
    if (info->si_code != BUS_ADRERR || !fill_hole((uintptr_t)info->si_addr))
        hand_on(number, info, context);
    errno = before;
}

/* Under the mutex. */
static int install(void)
{
    struct sigaction ours = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    if (installed)
        return 0;
    sigemptyset(&ours.sa_mask);
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    /* Asked for beforehand: the handler may run as soon as it is there. */
    if (sigaction(SIGBUS, NULL, &previous) < 0 || sigaction(SIGBUS, &ours, NULL) < 0)
        return -errno;
    installed = true;
    return 0;
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

/* Under the mutex. */
static void set_slot(imf_mapped *m, uintptr_t start, uintptr_t end, uint64_t size)
{
    atomic_fetch_add(&m->turn, 1);
    atomic_store(&m->start, start);
    atomic_store(&m->end, end);
    atomic_store(&m->damaged, false);
    m->size = size;
    atomic_fetch_add(&m->turn, 1);
}

static int enter(uintptr_t start, uint64_t size, imf_mapped **out)
{
    pthread_mutex_lock(&mutex);
    int e = install();
    imf_mapped *m = table;
    while (m < table + IMF_MAPPED_MAX && atomic_load(&m->start) != 0)
        m++;
    if (e == 0 && m == table + IMF_MAPPED_MAX)
        e = -EMFILE;
    if (e == 0) {
        const uintptr_t pages = ((uintptr_t)size - 1) / page_size + 1;
        set_slot(m, start, start + pages * page_size, size);
        *out = m;
    }
    pthread_mutex_unlock(&mutex);
    return e;
}

int imf_mapped_open_fd(int fd, uint64_t bytes, imf_mapped **out)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    if (st.st_size <= 0 || (uint64_t)st.st_size < bytes)
        return -ENODATA;
    const uint64_t size = bytes > 0 ? bytes : (uint64_t)st.st_size;
    if (size > PTRDIFF_MAX)
        return -EFBIG;
    void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    const int e = enter((uintptr_t)p, size, out);
    if (e < 0)
        munmap(p, (size_t)size);
    return e;
}

int imf_mapped_open(const char *path, int flags, uint64_t bytes, imf_mapped **out)
{
    /* O_NONBLOCK: a pipe must be refused, not waited for; it means nothing for a file */
    const int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (flags & IMF_FILE_FOLLOW ? 0 : O_NOFOLLOW);
    int fd;
    do
        fd = open(path, how);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -errno;
    const int e = imf_mapped_open_fd(fd, bytes, out);
    close(fd);
    return e;
}

const void *imf_mapped_base(const imf_mapped *m)
{
    return (const void *)atomic_load(&m->start);
}

uint64_t imf_mapped_size(const imf_mapped *m)
{
    return m->size;
}

bool imf_mapped_damaged(const imf_mapped *m)
{
    atomic_thread_fence(memory_order_seq_cst); /* what was read before stays before */
    return atomic_load(&m->damaged);
}

void imf_mapped_close(imf_mapped **m)
{
    if (!m || !*m)
        return;
    /* The slot goes first: once the addresses are free, anybody's mapping may lie there. */
    pthread_mutex_lock(&mutex);
    void *p = (void *)atomic_load(&(*m)->start);
    const size_t size = (size_t)(*m)->size;
    set_slot(*m, 0, 0, 0);
    pthread_mutex_unlock(&mutex);
    munmap(p, size);
    *m = NULL;
}
