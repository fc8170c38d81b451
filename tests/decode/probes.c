/*
 * The probes of probes.h. They use the kernel's calls directly, so that no check of the C library stands before them.
 * Where fork() works, that is without the locked room, each runs in a child of its own: what it changes ends with it.
 */
#include "probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "media/protocol.h"

#define PROBE(name) static bool name(const probe_aim *aim __attribute__((unused)))

enum { PAGE = 4096 };

static const char PASSWD[] = "/etc/passwd";

/* Whether the kernel did it. */
static bool ok(long result)
{
    return result >= 0;
}

/* Whether the kernel did it or would have done it for other arguments. */
static bool reached(long result)
{
    return result >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS);
}

static const char *in_folder(const probe_aim *aim, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", aim->folder, name);
    return path;
}

static long openat_raw(int folder, const char *path, int flags)
{
    return syscall(SYS_openat, folder, path, flags, 0600);
}

/* ---- Files by name ---- */

PROBE(open_passwd)
{
#ifdef SYS_open
    return ok(syscall(SYS_open, PASSWD, O_RDONLY, 0));
#else
    return ok(openat_raw(AT_FDCWD, PASSWD, O_RDONLY));
#endif
}

PROBE(openat_passwd)
{
    return ok(openat_raw(AT_FDCWD, PASSWD, O_RDONLY));
}

PROBE(openat2_passwd)
{
    struct open_how how = {.flags = O_RDONLY};
    return ok(syscall(SYS_openat2, AT_FDCWD, PASSWD, &how, sizeof how));
}

PROBE(openat_of_picture)
{
    return ok(openat_raw(AT_FDCWD, in_folder(aim, "prey"), O_RDONLY));
}

PROBE(creat_file)
{
#ifdef SYS_creat
    return ok(syscall(SYS_creat, in_folder(aim, "made"), 0600));
#else
    return ok(openat_raw(AT_FDCWD, in_folder(aim, "made"), O_WRONLY | O_CREAT));
#endif
}

PROBE(open_temporary)
{
    return ok(openat_raw(AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE));
}

PROBE(open_folder)
{
    return ok(openat_raw(AT_FDCWD, aim->folder, O_RDONLY | O_DIRECTORY));
}

PROBE(open_prey_for_writing)
{
    return ok(openat_raw(AT_FDCWD, in_folder(aim, "prey"), O_WRONLY));
}

PROBE(open_own_memory)
{
    return ok(openat_raw(AT_FDCWD, "/proc/self/mem", O_RDWR));
}

PROBE(open_own_descriptor)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", aim->picture);
    return ok(openat_raw(AT_FDCWD, path, O_RDONLY));
}

PROBE(stat_path)
{
    struct stat st;
    return ok(syscall(SYS_newfstatat, AT_FDCWD, PASSWD, &st, 0));
}

PROBE(stat_empty_path_flag)
{
    struct stat st;
    return ok(syscall(SYS_newfstatat, AT_FDCWD, PASSWD, &st, AT_EMPTY_PATH));
}

PROBE(statx_path)
{
    struct statx st;
    return ok(syscall(SYS_statx, AT_FDCWD, PASSWD, 0, STATX_BASIC_STATS, &st));
}

PROBE(statfs_path)
{
    struct statfs st;
    return ok(syscall(SYS_statfs, "/", &st));
}

PROBE(access_path)
{
    return ok(syscall(SYS_faccessat, AT_FDCWD, PASSWD, R_OK));
}

PROBE(readlink_path)
{
    char text[512];
    return ok(syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", text, sizeof text));
}

PROBE(getcwd_path)
{
    char text[4096];
    return ok(syscall(SYS_getcwd, text, sizeof text));
}

PROBE(chdir_path)
{
    return ok(syscall(SYS_chdir, "/tmp"));
}

PROBE(mkdir_path)
{
    return ok(syscall(SYS_mkdirat, AT_FDCWD, in_folder(aim, "made.d"), 0700)) &&
           ok(syscall(SYS_unlinkat, AT_FDCWD, in_folder(aim, "made.d"), AT_REMOVEDIR));
}

PROBE(symlink_path)
{
    return ok(syscall(SYS_symlinkat, PASSWD, AT_FDCWD, in_folder(aim, "made.symlink")));
}

PROBE(link_path)
{
    char from[512];
    snprintf(from, sizeof from, "%s", in_folder(aim, "prey"));
    return ok(syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, in_folder(aim, "made.link"), 0));
}

PROBE(rename_path)
{
    char from[512], to[512];
    snprintf(from, sizeof from, "%s", in_folder(aim, "prey"));
    snprintf(to, sizeof to, "%s", in_folder(aim, "made.name"));
    return ok(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)) &&
           ok(syscall(SYS_renameat2, AT_FDCWD, to, AT_FDCWD, from, 0));
}

PROBE(unlink_path)
{
    return ok(syscall(SYS_unlinkat, AT_FDCWD, in_folder(aim, "victim"), 0));
}

PROBE(truncate_path)
{
    return ok(syscall(SYS_truncate, in_folder(aim, "prey"), 0L));
}

PROBE(chmod_path)
{
    return ok(syscall(SYS_fchmodat, AT_FDCWD, in_folder(aim, "prey"), 0600));
}

PROBE(utimes_path)
{
    return ok(syscall(SYS_utimensat, AT_FDCWD, in_folder(aim, "prey"), NULL, 0));
}

PROBE(mknod_fifo)
{
    return ok(syscall(SYS_mknodat, AT_FDCWD, in_folder(aim, "made.fifo"), S_IFIFO | 0600, 0));
}

PROBE(getxattr_path)
{
    char value[64];
    long n = syscall(SYS_getxattr, PASSWD, "user.imagefinder", value, sizeof value);
    return n >= 0 || errno == ENODATA || errno == EOPNOTSUPP;
}

PROBE(inotify)
{
    return ok(syscall(SYS_inotify_init1, 0));
}

PROBE(fanotify)
{
    return ok(syscall(SYS_fanotify_init, 0, O_RDONLY));
}

typedef struct handle {
    struct file_handle head;
    unsigned char bytes[MAX_HANDLE_SZ];
} handle;

PROBE(name_to_handle)
{
    handle h = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount;
    return ok(syscall(SYS_name_to_handle_at, AT_FDCWD, in_folder(aim, "prey"), &h, &mount, 0));
}

PROBE(open_by_handle)
{
    handle h = {.head.handle_bytes = 8};
    return reached(syscall(SYS_open_by_handle_at, aim->picture, &h, O_RDONLY));
}

PROBE(mount_tmpfs)
{
    return reached(syscall(SYS_mount, "none", in_folder(aim, "nothing"), "tmpfs", 0L, NULL));
}

PROBE(umount_root)
{
    return reached(syscall(SYS_umount2, in_folder(aim, "nothing"), 0));
}

PROBE(chroot_path)
{
    return ok(syscall(SYS_chroot, "/tmp"));
}

PROBE(account_to_file)
{
    return reached(syscall(SYS_acct, in_folder(aim, "nothing")));
}

/* ---- The descriptors that it has ---- */

PROBE(write_picture)
{
    return reached(syscall(SYS_write, aim->picture, "x", 1L)) ||
           reached(syscall(SYS_pwrite64, aim->picture, "x", 1L, 0L));
}

PROBE(truncate_picture)
{
    return reached(syscall(SYS_ftruncate, aim->picture, 0L));
}

PROBE(chmod_picture)
{
    return ok(syscall(SYS_fchmod, aim->picture, 0600));
}

PROBE(flock_picture)
{
    return ok(syscall(SYS_flock, aim->picture, LOCK_SH | LOCK_NB));
}

PROBE(dup_picture)
{
    return ok(syscall(SYS_dup, aim->picture));
}

PROBE(fcntl_dup_picture)
{
    return ok(syscall(SYS_fcntl, aim->picture, F_DUPFD, 0));
}

PROBE(fcntl_owner)
{
    return ok(syscall(SYS_fcntl, IMF_DECODE_SOCKET, F_SETOWN, getpid()));
}

PROBE(fcntl_flags)
{
    return ok(syscall(SYS_fcntl, aim->picture, F_SETFL, O_RDONLY));
}

PROBE(ioctl_socket)
{
    int waiting;
    return ok(syscall(SYS_ioctl, IMF_DECODE_SOCKET, FIONREAD, &waiting));
}

PROBE(ioctl_type_into_terminal)
{
    return reached(syscall(SYS_ioctl, IMF_DECODE_SOCKET, TIOCSTI, "x"));
}

PROBE(write_socket)
{
    return ok(syscall(SYS_write, IMF_DECODE_SOCKET, "", 0L));
}

PROBE(send_descriptor)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &aim->picture, sizeof(int));
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};
    return ok(syscall(SYS_sendmsg, IMF_DECODE_SOCKET, &message, MSG_DONTWAIT)); /* of no byte: nothing arrives */
}

PROBE(setsockopt_socket)
{
    int on = 1;
    return ok(syscall(SYS_setsockopt, IMF_DECODE_SOCKET, SOL_SOCKET, SO_PASSCRED, &on, sizeof on)) &&
           ok((on = 0, syscall(SYS_setsockopt, IMF_DECODE_SOCKET, SOL_SOCKET, SO_PASSCRED, &on, sizeof on)));
}

PROBE(shutdown_socket)
{
    return reached(syscall(SYS_shutdown, IMF_DECODE_SOCKET, 77)); /* there is no such way of shutting down */
}

/* ---- New descriptors ---- */

PROBE(memfd)
{
    return ok(syscall(SYS_memfd_create, "probe", 0));
}

PROBE(pipe_pair)
{
    int ends[2];
    return ok(syscall(SYS_pipe2, ends, 0));
}

PROBE(eventfd_new)
{
    return ok(syscall(SYS_eventfd2, 0, 0));
}

PROBE(epoll_new)
{
    return ok(syscall(SYS_epoll_create1, 0));
}

PROBE(timerfd_new)
{
    return ok(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0));
}

PROBE(signalfd_new)
{
    uint64_t signals = 1 << (SIGUSR1 - 1);
    return ok(syscall(SYS_signalfd4, -1, &signals, sizeof signals, 0));
}

/* ---- Network ---- */

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

PROBE(socket_inet)
{
    return ok(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
}

PROBE(socket_inet_datagram)
{
    return ok(syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0));
}

PROBE(socket_unix)
{
    return ok(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
}

PROBE(socket_netlink)
{
    return ok(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
}

PROBE(socket_pair)
{
    int ends[2];
    return ok(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends));
}

PROBE(connect_loopback)
{
    struct sockaddr_in to = loopback(aim->port);
    long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    return ok(syscall(SYS_connect, fd, &to, sizeof to));
}

PROBE(connect_abstract)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    long fd = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    size_t n = strlen(aim->server);
    memcpy(to.sun_path + 1, aim->server, n);
    return ok(syscall(SYS_connect, fd, &to, offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

PROBE(bind_loopback)
{
    struct sockaddr_in to = loopback(0);
    long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    return ok(syscall(SYS_bind, fd, &to, sizeof to));
}

/* ---- Processes ---- */

static bool child_made(long pid)
{
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

PROBE(fork_process)
{
#ifdef SYS_fork
    return child_made(syscall(SYS_fork));
#else
    return child_made(fork());
#endif
}

PROBE(vfork_process)
{
    pid_t pid = vfork();
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

PROBE(clone_process)
{
    return child_made(syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L));
}

static int at_once(void *nothing)
{
    (void)nothing;
    return 0;
}

PROBE(clone_sharing_memory)
{
    static char stack[16 * PAGE] __attribute__((aligned(16)));
    return ok(clone(at_once, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

PROBE(clone3_process)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    return child_made(syscall(SYS_clone3, &args, sizeof args));
}

PROBE(clone_namespace)
{
    return child_made(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0L, 0L, 0L, 0L));
}

/* Runs only where it is refused or in a child, whose status then is that of the program. */
PROBE(exec_true)
{
    char name[] = "true";
    char *argv[] = {name, NULL}, *environment[] = {NULL};
    return ok(syscall(SYS_execve, "/bin/true", argv, environment));
}

PROBE(exec_descriptor)
{
    char name[] = "true";
    char *argv[] = {name, NULL}, *environment[] = {NULL};
    long fd = openat_raw(AT_FDCWD, "/bin/true", O_RDONLY);
    if (fd < 0)
        fd = aim->picture;
    return ok(syscall(SYS_execveat, fd, "", argv, environment, AT_EMPTY_PATH));
}

PROBE(exec_shell_at)
{
    char name[] = "sh", option[] = "-c", command[] = "exit 0";
    char *argv[] = {name, option, command, NULL}, *environment[] = {NULL};
    return ok(syscall(SYS_execveat, AT_FDCWD, "/bin/sh", argv, environment, 0));
}

PROBE(ptrace_core)
{
    int status;
    if (!ok(syscall(SYS_ptrace, PTRACE_SEIZE, aim->core, 0L, 0L)))
        return false;
    syscall(SYS_ptrace, PTRACE_INTERRUPT, aim->core, 0L, 0L); /* it can be let go only when it stands still */
    waitpid(aim->core, &status, __WALL);
    syscall(SYS_ptrace, PTRACE_DETACH, aim->core, 0L, 0L);
    return true;
}

PROBE(ptrace_me)
{
    return ok(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0L, 0L));
}

static bool move_core_memory(const probe_aim *aim, long call)
{
    uint64_t here = aim->address; /* what stands there already: nothing changes */
    struct iovec mine = {&here, sizeof here}, theirs = {(void *)(uintptr_t)aim->address, sizeof here};
    return ok(syscall(call, aim->core, &mine, 1L, &theirs, 1L, 0L));
}

PROBE(read_core_memory)
{
    return move_core_memory(aim, SYS_process_vm_readv);
}

PROBE(write_core_memory)
{
    return move_core_memory(aim, SYS_process_vm_writev);
}

PROBE(signal_core)
{
    return ok(syscall(SYS_kill, aim->core, 0));
}

PROBE(signal_init)
{
    return ok(syscall(SYS_kill, 1, 0));
}

PROBE(signal_everybody)
{
    return ok(syscall(SYS_kill, -1, 0));
}

PROBE(signal_thread_of_core)
{
    return ok(syscall(SYS_tgkill, aim->core, aim->core, 0));
}

PROBE(queue_signal_to_core)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    return ok(syscall(SYS_rt_sigqueueinfo, aim->core, 0, &info));
}

PROBE(pidfd_of_core)
{
    return ok(syscall(SYS_pidfd_open, aim->core, 0));
}

PROBE(pidfd_take_descriptor)
{
    long pidfd = syscall(SYS_pidfd_open, aim->core, 0);
    return ok(syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

PROBE(wait_for_anyone)
{
    return reached(syscall(SYS_wait4, -1, NULL, WNOHANG, NULL));
}

PROBE(kcmp_core)
{
    return ok(syscall(SYS_kcmp, getpid(), aim->core, 1 /* KCMP_VM */, 0L, 0L));
}

PROBE(priority_lower)
{
    return ok(syscall(SYS_setpriority, PRIO_PROCESS, 0, 19));
}

PROBE(affinity_of_core)
{
    unsigned long mask[128];
    return ok(syscall(SYS_sched_getaffinity, aim->core, sizeof mask, mask));
}

PROBE(affinity_set)
{
    unsigned long mask[128];
    memset(mask, 0xff, sizeof mask);
    return ok(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
}

PROBE(scheduler_of_core)
{
    return ok(syscall(SYS_sched_getscheduler, aim->core));
}

PROBE(limits_of_core)
{
    struct rlimit limit;
    return ok(syscall(SYS_prlimit64, aim->core, RLIMIT_CPU, NULL, &limit));
}

PROBE(new_session)
{
    return reached(syscall(SYS_setsid)) && errno != EPERM;
}

PROBE(new_group)
{
    return ok(syscall(SYS_setpgid, 0, 0));
}

PROBE(set_user)
{
    return ok(syscall(SYS_setresuid, -1, -1, -1)); /* no change, and allowed to everybody */
}

PROBE(set_groups)
{
    return ok(syscall(SYS_setgroups, 0, NULL));
}

PROBE(capabilities_set)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    return ok(syscall(SYS_capset, &head, data)); /* giving them up is allowed to everybody */
}

/* ---- Memory ---- */

PROBE(map_executable)
{
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static void *a_page(void)
{
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

PROBE(make_executable)
{
    return ok(syscall(SYS_mprotect, a_page(), (long)PAGE, PROT_READ | PROT_EXEC));
}

PROBE(make_executable_with_key)
{
    return ok(syscall(SYS_pkey_mprotect, a_page(), (long)PAGE, PROT_READ | PROT_EXEC, -1));
}

PROBE(map_picture_executable)
{
    return mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, aim->picture, 0) != MAP_FAILED;
}

PROBE(advise_otherwise)
{
    return ok(syscall(SYS_madvise, a_page(), (long)PAGE, MADV_DONTFORK));
}

PROBE(map_64_gigabytes)
{
    return mmap(NULL, (size_t)64 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) !=
           MAP_FAILED;
}

PROBE(lock_memory)
{
    return ok(syscall(SYS_mlock, a_page(), (long)PAGE));
}

PROBE(shared_segment)
{
    long id = syscall(SYS_shmget, IPC_PRIVATE, (long)PAGE, IPC_CREAT | 0600);
    return ok(id) && ok(syscall(SYS_shmctl, id, IPC_RMID, NULL));
}

PROBE(message_queue)
{
    long id = syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);
    return ok(id) && ok(syscall(SYS_msgctl, id, IPC_RMID, NULL));
}

PROBE(semaphores)
{
    long id = syscall(SYS_semget, IPC_PRIVATE, 1, IPC_CREAT | 0600);
    return ok(id) && ok(syscall(SYS_semctl, id, 0, IPC_RMID));
}

PROBE(posix_queue)
{
    char name[64];
    snprintf(name, sizeof name, "imf-probe-%d", getpid());
    long fd = syscall(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, NULL);
    return ok(fd) && ok(syscall(SYS_mq_unlink, name));
}

/* ---- Limits ---- */

static bool limit(int which, rlim_t value)
{
    struct rlimit l = {value, value};
    return ok(syscall(SYS_prlimit64, 0, which, &l, NULL));
}

PROBE(raise_descriptors)
{
    return limit(RLIMIT_NOFILE, 128);
}

PROBE(raise_written)
{
    return limit(RLIMIT_FSIZE, 1 << 20);
}

PROBE(raise_core)
{
    return limit(RLIMIT_CORE, 1 << 20);
}

PROBE(raise_space)
{
    return limit(RLIMIT_AS, RLIM_INFINITY);
}

PROBE(lower_stack)
{
    return limit(RLIMIT_STACK, 1 << 20);
}

PROBE(set_limit_the_old_way)
{
    struct rlimit l = {0, 0};
    return ok(syscall(SYS_setrlimit, RLIMIT_CORE, &l));
}

/* ---- The kernel's corners ---- */

PROBE(io_uring)
{
    struct io_uring_params params;
    memset(&params, 0, sizeof params);
    return ok(syscall(SYS_io_uring_setup, 1, &params));
}

PROBE(asynchronous_io)
{
    unsigned long context = 0;
    return ok(syscall(SYS_io_setup, 1, &context));
}

PROBE(bpf_map)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = attr.value_size = 4;
    attr.max_entries = 1;
    return ok(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}

PROBE(perf_counter)
{
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_TASK_CLOCK;
    attr.exclude_kernel = 1;
    return ok(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0L));
}

PROBE(user_faults)
{
    return ok(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}

PROBE(add_key_to_ring)
{
    return ok(syscall(SYS_add_key, "user", "imf-probe", "x", 1L, KEY_SPEC_PROCESS_KEYRING));
}

PROBE(keyctl_ring)
{
    return ok(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
}

PROBE(unshare_files)
{
    return ok(syscall(SYS_unshare, CLONE_FILES));
}

PROBE(unshare_user)
{
    return ok(syscall(SYS_unshare, CLONE_NEWUSER));
}

PROBE(setns_of_core)
{
    long pidfd = syscall(SYS_pidfd_open, aim->core, 0);
    return ok(syscall(SYS_setns, pidfd, CLONE_NEWUTS));
}

PROBE(personality_set)
{
    return ok(syscall(SYS_personality, 0xffffffffUL));
}

PROBE(host_name)
{
    struct utsname name;
    memset(&name, 0, sizeof name);
    uname(&name);
    return ok(syscall(SYS_sethostname, name.nodename, strlen(name.nodename))); /* as it is */
}

PROBE(kernel_log)
{
    return ok(syscall(SYS_syslog, 10 /* size of the buffer */, NULL, 0));
}

PROBE(process_name)
{
    return ok(syscall(SYS_prctl, PR_SET_NAME, "innocent", 0L, 0L, 0L));
}

PROBE(dumpable)
{
    return ok(syscall(SYS_prctl, PR_SET_DUMPABLE, 1L, 0L, 0L, 0L));
}

PROBE(no_parent_signal)
{
    return ok(syscall(SYS_prctl, PR_SET_PDEATHSIG, 0L, 0L, 0L, 0L));
}

PROBE(timer_new)
{
    int id;
    return ok(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
}

PROBE(alarm_new)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    return ok(syscall(SYS_setitimer, ITIMER_REAL, &never, NULL));
}

PROBE(landlock_rules)
{
    return ok(syscall(SYS_landlock_create_ruleset, NULL, 0L, LANDLOCK_CREATE_RULESET_VERSION));
}

PROBE(more_seccomp)
{
    uint32_t action = SECCOMP_RET_ALLOW;
    return ok(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
}

PROBE(kernel_name)
{
    struct utsname name;
    return ok(syscall(SYS_uname, &name));
}

/* ---- All of them ---- */

static bool (*const RUN[N_PROBES])(const probe_aim *) = {
#define X(name, control) name,
    PROBES(X)
#undef X
};

/* In a child, if there can be one. Its exit status: 0, or 1 + errno. A program that it becomes ends with 0. */
static bool run_apart(size_t i, const probe_aim *aim, int *why)
{
    pid_t child = fork();
    int status;
    if (child < 0) {
        errno = 0;
        bool succeeded = RUN[i](aim);
        *why = errno;
        return succeeded;
    }
    if (child == 0)
        _exit(RUN[i](aim) ? 0 : 1 + (errno & 0x7f));
    if (waitpid(child, &status, 0) != child)
        return false;
    *why = WIFEXITED(status) ? WEXITSTATUS(status) - 1 : 0xff;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void probes_run(const probe_aim *aim, uint8_t *out)
{
    for (size_t i = 0; i < N_PROBES; i++, out += 3) {
        int why = 0;
        bool succeeded = run_apart(i, aim, &why);
        out[0] = PROBE_RAN;
        out[1] = succeeded ? PROBE_SUCCEEDED : PROBE_FAILED;
        out[2] = (uint8_t)(why > 0 ? why : 0);
    }
}
