/*
 * The decoder of the tests: the objects of imagefinder-decode, in which the linker (--wrap) has put this file before
 * two functions. A file that begins with "IMF-TEST COMMAND" makes it misbehave as told; every other file goes to the
 * real loader. $IMF_TEST_SANDBOX, bits of enum imf_decode_sandbox, plays a kernel that has no more than these.
 *
 * Commands: crash-segv, crash-abort, crash-stack, crash-exit; hang-spin, hang-sleep; eat (memory, until it is refused);
 * threads (four at work, and memory); call-x32, call-32 (another architecture's system call); probe (see probes.h).
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../decode/load_vips.h"
#include "../../decode/sandbox.h"
#include "base/mem.h"
#include "probes.h"

enum { HEAD_BYTES = 1024, EAT_BYTES = 4 << 20, EAT_MOST = 256, N_THREADS = 4 };

static const char MAGIC[] = "IMF-TEST ";

__typeof__(imf_load_picture) __real_imf_load_picture, __wrap_imf_load_picture;
__typeof__(imf_sandbox_enter) __real_imf_sandbox_enter, __wrap_imf_sandbox_enter;

/* ---- Misbehaviour ---- */

static void crash_segv(void)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

/* Deeper than any stack. */
static unsigned crash_stack(unsigned depth)
{
    volatile char here[4096];
    here[depth % sizeof here] = 1;
    return depth == 0 ? 0 : crash_stack(depth - 1) + (unsigned)here[depth % sizeof here];
}

static void hang_spin(void)
{
    for (volatile unsigned i = 0;; i++)
        continue;
}

static void hang_sleep(void)
{
    for (;;)
        nanosleep(&(struct timespec){1000, 0}, NULL);
}

/* The sanitizers have no limit of memory, so there it stops by itself. */
static enum imf_decode_status eat(char *detail, size_t detail_size)
{
    void **last = NULL;
    for (int i = 0; i < EAT_MOST; i++) {
        void **block = malloc(EAT_BYTES);
        if (!block)
            break;
        *block = (void *)last; /* it is the space that is limited: the rest need not be touched */
        last = block;
    }
    while (last) {
        void **before = *last;
        free((void *)last);
        last = before;
    }
    snprintf(detail, detail_size, "eaten");
    return IMF_DECODE_MEMORY_OUT;
}

static void *work(void *sum)
{
    unsigned char *bytes = malloc(EAT_BYTES);
    if (!bytes)
        return NULL;
    memset(bytes, 1, EAT_BYTES);
    for (size_t i = 0; i < EAT_BYTES; i++)
        *(unsigned *)sum += bytes[i];
    free(bytes);
    return sum;
}

/* What the libraries need must work in the room: threads, and memory in them. */
static enum imf_decode_status threads(char *detail, size_t detail_size)
{
    pthread_t thread[N_THREADS];
    unsigned sums[N_THREADS] = {0};
    int e = 0, wrong = 0, n = 0;
    for (; n < N_THREADS && !e; n += !e)
        e = pthread_create(&thread[n], NULL, work, &sums[n]);
    for (int i = 0; i < n; i++)
        wrong += pthread_join(thread[i], NULL) != 0 || sums[i] != EAT_BYTES;
    snprintf(detail, detail_size, "%s", strerror(e));
    return e || wrong ? IMF_DECODE_DAMAGED : IMF_DECODE_OK;
}

#ifdef __x86_64__
static void call_x32(void)
{
    syscall(0x40000000 | SYS_getpid);
}

static void call_32(void)
{
    long number = 20; /* getpid */
    __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
}
#endif

/* ---- Results travel as a picture of one row ---- */

static enum imf_decode_status row(imf_picture *out, uint32_t width)
{
    *out = (imf_picture){.pixels = imf_alloc_array(width, 3), .width = width, .height = 1, .channels = 3};
    out->full_width = width;
    out->full_height = 1;
    return out->pixels ? IMF_DECODE_OK : IMF_DECODE_MEMORY_OUT;
}

static enum imf_decode_status probe(int fd, const char *words, imf_picture *out)
{
    probe_aim aim = {.picture = fd};
    unsigned long long address;
    if (sscanf(words, " %255s %63s %u %d %llx", aim.folder, aim.server, &aim.port, &aim.core, &address) != 5)
        return IMF_DECODE_DAMAGED;
    aim.address = address;
    enum imf_decode_status status = row(out, N_PROBES);
    if (status == IMF_DECODE_OK)
        probes_run(&aim, out->pixels);
    return status;
}

static enum imf_decode_status obey(int fd, const char *command, imf_picture *out, char *detail, size_t detail_size)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } DEEDS[] = {
        {"crash-segv", crash_segv}, {"crash-abort", abort}, {"hang-spin", hang_spin}, {"hang-sleep", hang_sleep},
#ifdef __x86_64__
        {"call-x32", call_x32},     {"call-32", call_32},
#endif
    };
    size_t n = strcspn(command, " \n");
    for (size_t i = 0; i < sizeof DEEDS / sizeof DEEDS[0]; i++)
        if (strlen(DEEDS[i].name) == n && memcmp(command, DEEDS[i].name, n) == 0) {
            DEEDS[i].run();
            return row(out, 1); /* it has survived */
        }
    if (strncmp(command, "crash-stack", n) == 0)
        return crash_stack(1U << 30) ? IMF_DECODE_DAMAGED : IMF_DECODE_EMPTY;
    if (strncmp(command, "crash-exit", n) == 0)
        _exit(9);
    if (strncmp(command, "eat", n) == 0)
        return eat(detail, detail_size);
    if (strncmp(command, "threads", n) == 0) {
        enum imf_decode_status status = threads(detail, detail_size);
        return status == IMF_DECODE_OK ? row(out, 1) : status;
    }
    if (strncmp(command, "probe", n) == 0)
        return probe(fd, command + n, out);
    return IMF_DECODE_UNSUPPORTED;
}

/* ---- In place of the decoder's own ---- */

enum imf_decode_status __wrap_imf_load_picture(int fd, uint64_t file_size, const imf_load_wish *wish, imf_picture *out,
                                               char *detail, size_t detail_size)
{
    char head[HEAD_BYTES + 1] = "";
    ssize_t n = pread(fd, head, HEAD_BYTES, 0);
    if (n < (ssize_t)sizeof MAGIC || memcmp(head, MAGIC, sizeof MAGIC - 1) != 0)
        return __real_imf_load_picture(fd, file_size, wish, out, detail, detail_size);
    memset(out, 0, sizeof *out);
    return obey(fd, head + sizeof MAGIC - 1, out, detail, detail_size);
}

uint32_t __wrap_imf_sandbox_enter(uint32_t wanted)
{
    const char *kernel = getenv("IMF_TEST_SANDBOX");
    return __real_imf_sandbox_enter(kernel ? wanted & (uint32_t)strtoul(kernel, NULL, 10) : wanted);
}
