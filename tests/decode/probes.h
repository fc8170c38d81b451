/*
 * What a hostile decoder would try. Each probe is one small attempt, and says whether it succeeded; nothing may succeed
 * in the locked room. Where success would do harm or is not to be had (writing a read-only descriptor), an attempt
 * counts as a success once the kernel judges its arguments instead of forbidding the call.
 *
 * The second column: ALWAYS, where the attempt must succeed in a control run without the room (one that cannot succeed
 * proves nothing); SOMETIMES, where that depends on the kernel, on root or on a container; RELEASE: as
 * ALWAYS, but left to the sanitizers, which need it in the room.
 */
#ifndef IMF_TESTS_DECODE_PROBES_H
#define IMF_TESTS_DECODE_PROBES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the probes aim at; a file of the test, "IMF-TEST probe" and then these, tells them. */
typedef struct probe_aim {
    int picture;       /* the descriptor of the picture */
    char folder[256];  /* of the picture; holds the file "prey", and nothing named "made" */
    char server[64];   /* an abstract socket on which the test listens */
    unsigned port;     /* on 127.0.0.1, the same */
    pid_t core;        /* the process of the test */
    uint64_t address;  /* eight bytes there that hold their own address */
} probe_aim;

#define PROBES(X) \
    /* files by name */ \
    X(open_passwd, ALWAYS) \
    X(openat_passwd, ALWAYS) \
    X(openat2_passwd, ALWAYS) \
    X(openat_of_picture, ALWAYS) \
    X(creat_file, ALWAYS) \
    X(open_temporary, SOMETIMES) \
    X(open_folder, ALWAYS) \
    X(open_prey_for_writing, ALWAYS) \
    X(open_own_memory, ALWAYS) \
    X(open_own_descriptor, ALWAYS) \
    X(stat_path, ALWAYS) \
    X(stat_empty_path_flag, ALWAYS) \
    X(statx_path, ALWAYS) \
    X(statfs_path, ALWAYS) \
    X(access_path, ALWAYS) \
    X(readlink_path, ALWAYS) \
    X(getcwd_path, ALWAYS) \
    X(chdir_path, ALWAYS) \
    X(mkdir_path, ALWAYS) \
    X(symlink_path, ALWAYS) \
    X(link_path, ALWAYS) \
    X(rename_path, ALWAYS) \
    X(unlink_path, ALWAYS) \
    X(truncate_path, ALWAYS) \
    X(chmod_path, ALWAYS) \
    X(utimes_path, ALWAYS) \
    X(mknod_fifo, ALWAYS) \
    X(getxattr_path, ALWAYS) \
    X(inotify, ALWAYS) \
    X(fanotify, SOMETIMES) \
    X(name_to_handle, SOMETIMES) \
    X(open_by_handle, SOMETIMES) \
    X(mount_tmpfs, SOMETIMES) \
    X(umount_root, SOMETIMES) \
    X(chroot_path, SOMETIMES) \
    X(account_to_file, SOMETIMES) \
    /* the descriptors that it has */ \
    X(write_picture, ALWAYS) \
    X(truncate_picture, ALWAYS) \
    X(chmod_picture, ALWAYS) \
    X(flock_picture, ALWAYS) \
    X(dup_picture, ALWAYS) \
    X(fcntl_dup_picture, ALWAYS) \
    X(fcntl_owner, ALWAYS) \
    X(fcntl_flags, ALWAYS) \
    X(ioctl_socket, ALWAYS) \
    X(ioctl_type_into_terminal, ALWAYS) \
    X(write_socket, ALWAYS) \
    X(send_descriptor, ALWAYS) \
    X(setsockopt_socket, ALWAYS) \
    X(shutdown_socket, ALWAYS) \
    /* new descriptors */ \
    X(memfd, ALWAYS) \
    X(pipe_pair, ALWAYS) \
    X(eventfd_new, ALWAYS) \
    X(epoll_new, ALWAYS) \
    X(timerfd_new, ALWAYS) \
    X(signalfd_new, ALWAYS) \
    /* network */ \
    X(socket_inet, ALWAYS) \
    X(socket_inet_datagram, ALWAYS) \
    X(socket_unix, ALWAYS) \
    X(socket_netlink, ALWAYS) \
    X(socket_pair, ALWAYS) \
    X(connect_loopback, ALWAYS) \
    X(connect_abstract, ALWAYS) \
    X(bind_loopback, ALWAYS) \
    /* processes */ \
    X(fork_process, ALWAYS) \
    X(vfork_process, ALWAYS) \
    X(clone_process, ALWAYS) \
    X(clone_sharing_memory, ALWAYS) \
    X(clone3_process, SOMETIMES) \
    X(clone_namespace, SOMETIMES) \
    X(exec_true, ALWAYS) \
    X(exec_descriptor, ALWAYS) \
    X(exec_shell_at, ALWAYS) \
    X(ptrace_core, SOMETIMES) \
    X(ptrace_me, ALWAYS) \
    X(read_core_memory, SOMETIMES) \
    X(write_core_memory, SOMETIMES) \
    X(signal_core, ALWAYS) \
    X(signal_init, SOMETIMES) \
    X(signal_everybody, ALWAYS) \
    X(signal_thread_of_core, ALWAYS) \
    X(queue_signal_to_core, ALWAYS) \
    X(pidfd_of_core, ALWAYS) \
    X(pidfd_take_descriptor, SOMETIMES) \
    X(wait_for_anyone, ALWAYS) \
    X(kcmp_core, SOMETIMES) \
    X(priority_lower, ALWAYS) \
    X(affinity_of_core, RELEASE) \
    X(affinity_set, ALWAYS) \
    X(scheduler_of_core, ALWAYS) \
    X(limits_of_core, SOMETIMES) \
    X(new_session, ALWAYS) \
    X(new_group, ALWAYS) \
    X(set_user, ALWAYS) \
    X(set_groups, SOMETIMES) \
    X(capabilities_set, ALWAYS) \
    /* memory */ \
    X(map_executable, ALWAYS) \
    X(make_executable, ALWAYS) \
    X(map_picture_executable, SOMETIMES) \
    X(make_executable_with_key, SOMETIMES) \
    X(advise_otherwise, ALWAYS) \
    X(map_64_gigabytes, RELEASE) \
    X(lock_memory, SOMETIMES) \
    X(shared_segment, ALWAYS) \
    X(message_queue, ALWAYS) \
    X(semaphores, ALWAYS) \
    X(posix_queue, SOMETIMES) \
    /* limits */ \
    X(raise_descriptors, SOMETIMES) \
    X(raise_written, SOMETIMES) \
    X(raise_core, SOMETIMES) \
    X(raise_space, SOMETIMES) \
    X(lower_stack, ALWAYS) \
    X(set_limit_the_old_way, ALWAYS) \
    /* the kernel's corners */ \
    X(io_uring, SOMETIMES) \
    X(asynchronous_io, SOMETIMES) \
    X(bpf_map, SOMETIMES) \
    X(perf_counter, SOMETIMES) \
    X(user_faults, SOMETIMES) \
    X(add_key_to_ring, SOMETIMES) \
    X(keyctl_ring, SOMETIMES) \
    X(unshare_files, ALWAYS) \
    X(unshare_user, SOMETIMES) \
    X(setns_of_core, SOMETIMES) \
    X(personality_set, ALWAYS) \
    X(host_name, SOMETIMES) \
    X(kernel_log, SOMETIMES) \
    X(process_name, ALWAYS) \
    X(dumpable, ALWAYS) \
    X(no_parent_signal, ALWAYS) \
    X(timer_new, ALWAYS) \
    X(alarm_new, ALWAYS) \
    X(landlock_rules, SOMETIMES) \
    X(more_seccomp, SOMETIMES) \
    X(kernel_name, ALWAYS)

enum probe_control { ALWAYS, SOMETIMES, RELEASE };

enum {
#define X(name, control) PROBE_##name,
    PROBES(X)
#undef X
        N_PROBES
};

/* What became of a probe: the three channels of a pixel. */
enum { PROBE_RAN = 0x5A, PROBE_SUCCEEDED = 0xFF, PROBE_FAILED = 0x01 };

/* Runs every probe. out: [N_PROBES][3], PROBE_RAN, PROBE_SUCCEEDED or PROBE_FAILED, errno. */
void probes_run(const probe_aim *aim, uint8_t *out);

#endif
