/* The file layer on POSIX calls. See file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct imf_file {
    int fd;
};

static int posix_open(void *self, const char *path, int flags, imf_file **out)
{
    (void)self;
    int how = O_CLOEXEC | (flags & IMF_FILE_FOLLOW ? 0 : O_NOFOLLOW);
    if (flags & IMF_FILE_WRITE)
        how |= O_RDWR | O_CREAT | (flags & IMF_FILE_EXCL ? O_EXCL : 0);
    else
        how |= O_RDONLY;
    imf_file *f = imf_alloc(sizeof *f);
    if (!f)
        return -ENOMEM;
    do
        f->fd = open(path, how, 0600);
    while (f->fd < 0 && errno == EINTR);
    if (f->fd < 0) {
        int e = errno;
        imf_free(f);
        return -e;
    }
    *out = f;
    return 0;
}

static void posix_close(imf_file **f)
{
    if (f && *f) {
        close((*f)->fd); /* what had to be on the disk was synced before: an error here tells nothing new */
        imf_free(*f);
        *f = NULL;
    }
}

static ssize_t posix_pread(imf_file *f, void *buf, size_t n, uint64_t offset)
{
    size_t done = 0;
    if (n > SSIZE_MAX || offset > INT64_MAX - n)
        return -EINVAL;
    while (done < n) {
        ssize_t got = pread(f->fd, (char *)buf + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static int posix_pwrite(imf_file *f, const void *buf, size_t n, uint64_t offset)
{
    if (n > SSIZE_MAX || offset > INT64_MAX - n)
        return -EINVAL;
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(f->fd, (const char *)buf + done, n - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        done += (size_t)put;
    }
    return 0;
}

static int posix_sync(imf_file *f)
{
    return fsync(f->fd) == 0 ? 0 : -errno;
}

static int posix_truncate(imf_file *f, uint64_t size)
{
    if (size > INT64_MAX)
        return -EINVAL;
    return ftruncate(f->fd, (off_t)size) == 0 ? 0 : -errno;
}

static int posix_size(imf_file *f, uint64_t *size)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    *size = (uint64_t)st.st_size;
    return 0;
}

static int posix_map(imf_file *f, uint64_t size, const void **out)
{
    if (size == 0 || size > SIZE_MAX)
        return -EINVAL;
    void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, f->fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    *out = p;
    return 0;
}

static void posix_unmap(const void *p, uint64_t size)
{
    if (p)
        munmap((void *)(uintptr_t)p, (size_t)size);
}

static int posix_rename(void *self, const char *from, const char *to)
{
    (void)self;
    return rename(from, to) == 0 ? 0 : -errno;
}

static int posix_remove(void *self, const char *path)
{
    (void)self;
    return unlink(path) == 0 ? 0 : -errno;
}

static int posix_mkdir(void *self, const char *path)
{
    (void)self;
    struct stat st;
    if (mkdir(path, 0700) == 0)
        return 0;
    int e = errno;
    if (e == EEXIST && stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
    return -e;
}

static int posix_sync_dir(void *self, const char *path)
{
    (void)self;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return rc;
}

static int posix_list(void *self, const char *path, int (*each)(void *user, const char *name), void *user)
{
    (void)self;
    DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    int rc = 0;
    for (struct dirent *e; rc == 0 && (errno = 0, e = readdir(dir)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            rc = each(user, e->d_name);
    if (rc == 0 && errno != 0)
        rc = -errno;
    closedir(dir);
    return rc;
}

const imf_file_layer *imf_file_posix(void)
{
    static const imf_file_layer layer = {
        .open = posix_open, .close = posix_close, .pread = posix_pread, .pwrite = posix_pwrite, .sync = posix_sync,
        .truncate = posix_truncate, .size = posix_size, .map = posix_map, .unmap = posix_unmap, .rename = posix_rename,
        .remove = posix_remove, .mkdir = posix_mkdir, .sync_dir = posix_sync_dir, .list = posix_list,
    };
    return &layer;
}

int imf_mkdirs(const imf_file_layer *fl, const char *path)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return -ENAMETOOLONG;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        int rc = fl->mkdir(fl->self, part);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int imf_read_file(const char *path, size_t most, char **bytes, size_t *n)
{
    const imf_file_layer *fl = imf_file_posix();
    imf_file *f = NULL;
    uint64_t size = 0;
    char *text = NULL;
    ssize_t got = 0;

    *bytes = NULL;
    *n = 0;
    int rc = fl->open(fl->self, path, IMF_FILE_READ | IMF_FILE_FOLLOW, &f);
    if (rc < 0)
        return rc;
    rc = fl->size(f, &size);
    if (rc == 0 && size > most)
        rc = -EFBIG;
    if (rc == 0 && !(text = imf_alloc((size_t)size)))
        rc = -ENOMEM;
    if (rc == 0 && (got = fl->pread(f, text, (size_t)size, 0)) < 0)
        rc = (int)got;
    fl->close(&f);
    if (rc < 0) {
        imf_free(text);
        return rc;
    }
    *bytes = text;
    *n = (size_t)got;
    return 0;
}
