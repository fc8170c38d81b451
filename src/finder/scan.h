/* Walking roots: which pictures lie there now. Opens folders only, never a file; follows no links inside; skips
 * hidden names. */
#ifndef IMF_FINDER_SCAN_H
#define IMF_FINDER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"

typedef struct imf_scan_file {
    const char *path;   /* absolute */
    uint64_t size;
    int64_t mtime_ns;
    size_t root;        /* number of the root that found it first */
} imf_scan_file;

typedef struct imf_scan_gap { /* a folder that could not be read: what the catalog knows below it is kept */
    const char *path;
    int error;          /* errno */
} imf_scan_gap;

typedef struct imf_scan {
    imf_arena *arena;
    imf_scan_file *files;
    size_t n_files, cap_files;
    imf_scan_gap *gaps;
    size_t n_gaps, cap_gaps;
} imf_scan;

int imf_scan_init(imf_scan *s, imf_err *err);
void imf_scan_clear(imf_scan *s);

/* Walks one folder, or takes one file, and appends what it finds. path is absolute and real. Errors: IMF_EMEM; what
 * cannot be read becomes a gap. */
int imf_scan_root(imf_scan *s, const char *path, size_t root, imf_err *err);

/* Sorts by path (bytes) and drops files that two roots found. */
void imf_scan_finish(imf_scan *s);

/* The time of the last change, in nanoseconds, as the catalog keeps it. A date too far off to fit wraps round: it is
 * only ever compared with itself. */
static inline int64_t imf_mtime_ns(const struct stat *st)
{
    return (int64_t)((uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec);
}

/* path is `under` or lies below it. */
bool imf_path_below(const char *path, const char *under);

/* The extensions that are indexed, for messages: "jpg jpeg ...". */
extern const char imf_scan_extensions[];

#endif
