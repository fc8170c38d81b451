/*
 * One writer a home: an open-file-description lock on home/lock, which the kernel drops when the process ends,
 * however it ends. The file holds the writer's pid for the message. Asking who holds it (F_OFD_GETLK) takes nothing,
 * so a status never makes a writer fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "finder/finder.h"

static int64_t read_pid(int fd)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    return strtoll(text, NULL, 10);
}

int imf_lock_take(imf_lock *lock, const imf_finder *f, imf_err *err)
{
    int rc = IMF_OK;
    lock->fd = -1;
    char *path = imf_finder_path(f, "lock");
    if (!path)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "locking the home");

    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        rc = imf_fail_errno(err, IMF_EIO, errno, MSG_FINDER_HOME_WRITE, f->home);
        goto out;
    }
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &all) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            rc = imf_fail(err, IMF_EBUSY, MSG_FINDER_BUSY, (long long)read_pid(fd), f->home);
        else
            rc = imf_fail_errno(err, IMF_EIO, errno, MSG_FINDER_HOME_WRITE, f->home);
        goto out;
    }
    char text[32];
    int n = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n) {
        rc = imf_fail_errno(err, IMF_EIO, errno, MSG_FINDER_HOME_WRITE, f->home);
        goto out;
    }
    lock->fd = fd;
    fd = -1;
out:
    if (fd >= 0)
        close(fd);
    imf_free(path);
    return rc;
}

void imf_lock_drop(imf_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}

int64_t imf_lock_holder(const imf_finder *f)
{
    char *path = imf_finder_path(f, "lock");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    imf_free(path);
    if (fd < 0)
        return 0;
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int64_t pid = 0;
    if (fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK)
        pid = read_pid(fd);
    close(fd);
    return pid;
}
