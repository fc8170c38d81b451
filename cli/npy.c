/*
 * Writing one NumPy array: format 1.0, '<f4', C order. A regular file appears whole or not at all (a temporary file
 * beside it, synced, then renamed); what is not a regular file (a pipe, /dev/null) is written to directly, because a
 * rename would replace it. Reading is not needed here.
 */
#include "cli.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "'<f4' rows are written as they stand in memory");

enum { NPY_ALIGN = 64 };

static int write_all(int fd, const void *data, size_t n)
{
    const char *at = data;

    while (n > 0) {
        ssize_t written = write(fd, at, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        at += written;
        n -= (size_t)written;
    }
    return 0;
}

static int write_array(int fd, const float *rows, size_t n, size_t dim)
{
    char header[3 * NPY_ALIGN];
    char dict[2 * NPY_ALIGN];
    int length = snprintf(dict, sizeof dict, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", n, dim);
    /* 10 bytes of magic, version and length; then the dictionary, padding and a line feed. */
    size_t total = (10 + (size_t)length + 1 + NPY_ALIGN - 1) / NPY_ALIGN * NPY_ALIGN;
    size_t after = total - 10;

    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(after & 0xFF);
    header[9] = (char)(after >> 8);
    memset(header + 10, ' ', after);
    memcpy(header + 10, dict, (size_t)length);
    header[total - 1] = '\n';
    int rc = write_all(fd, header, total);
    return rc != 0 ? rc : write_all(fd, rows, n * dim * sizeof *rows);
}

int imf_cli_npy_write(const char *path, const float *rows, size_t n, size_t dim)
{
    char real[PATH_MAX], temporary[PATH_MAX + 16];
    struct stat st;
    int rc = 0, fd = -1;
    bool there = stat(path, &st) == 0;

    if (there && !S_ISREG(st.st_mode)) {
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            return errno;
        rc = write_array(fd, rows, n, dim);
        return close(fd) != 0 && rc == 0 ? errno : rc;
    }
    if (there && realpath(path, real) == NULL) /* a link stays a link: its target is replaced */
        return errno;
    if (!there && strlen(path) >= sizeof real)
        return ENAMETOOLONG;
    if (!there)
        memcpy(real, path, strlen(path) + 1);
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", real);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return errno;
    mode_t mask = umask(0); /* the program has one thread here */
    umask(mask);
    rc = fchmod(fd, there ? st.st_mode & 0777 : 0666 & ~mask) != 0 ? errno : 0;
    if (rc == 0)
        rc = write_array(fd, rows, n, dim);
    if (rc == 0 && fsync(fd) != 0)
        rc = errno;
    if (close(fd) != 0 && rc == 0)
        rc = errno;
    if (rc == 0 && rename(temporary, real) != 0)
        rc = errno;
    if (rc != 0)
        unlink(temporary);
    return rc;
}
