/*
 * The file layer: every file of the home but SQLite's own is read and written through this table of functions (as
 * through SQLite's VFS), so that a test can fail the n-th call, drop unsynced bytes at a simulated power cut, and
 * count syncs.
 *
 * All functions return 0 (or a count >= 0) or a negated errno. Short reads and writes and EINTR are dealt with
 * inside. Thread-safe per file.
 */
#ifndef IMF_BASE_FILE_H
#define IMF_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct imf_file imf_file; /* an open file; opaque, made by the layer that opened it */

enum {
    IMF_FILE_READ = 1,   /* open an existing file read-only */
    IMF_FILE_WRITE = 2,  /* read and write, create when missing */
    IMF_FILE_EXCL = 4,   /* with WRITE: must not exist */
    IMF_FILE_FOLLOW = 8  /* the path may be a link; without it, a link at its end is refused */
};

typedef struct imf_file_layer {
    int (*open)(void *self, const char *path, int flags, imf_file **out);
    void (*close)(imf_file **f);
    /* bytes read, less than n at the end of the file only */
    ssize_t (*pread)(imf_file *f, void *buf, size_t n, uint64_t offset);
    int (*pwrite)(imf_file *f, const void *buf, size_t n, uint64_t offset);    /* all or an error */
    int (*sync)(imf_file *f);                                                  /* data and size are on the disk */
    int (*truncate)(imf_file *f, uint64_t size);
    int (*size)(imf_file *f, uint64_t *size);
    int (*map)(imf_file *f, uint64_t size, const void **out);                  /* read-only, [0, size) */
    void (*unmap)(const void *p, uint64_t size);
    int (*rename)(void *self, const char *from, const char *to);
    int (*remove)(void *self, const char *path);
    int (*mkdir)(void *self, const char *path);                                /* 0 also when it exists as a folder */
    int (*sync_dir)(void *self, const char *path);                             /* names in the folder are on the disk */
    /* stops at the first non-zero */
    int (*list)(void *self, const char *path, int (*each)(void *user, const char *name), void *user);
    void *self;
} imf_file_layer;

/* The real thing, on POSIX calls. Static. */
const imf_file_layer *imf_file_posix(void);

/* Reads a whole file of at most `most` bytes; links are followed. *bytes is never NULL on success, is not terminated,
 * and is imf_free'd by the caller. A file that shrinks meanwhile is read as cut. 0, -EFBIG (longer), -ENOMEM, or
 * another negated errno. */
int imf_read_file(const char *path, size_t most, char **bytes, size_t *n);

/* Creates path and its missing parents (mode 0700). 0 or a negated errno. */
int imf_mkdirs(const imf_file_layer *fl, const char *path);

#endif
