/* Walking roots. See scan.h. */
#include "finder/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

const char imf_scan_extensions[] = "jpg jpeg jpe png webp gif tif tiff heic heif avif jxl";

/* The name ends in one of the extensions, in any case, after something. */
static bool is_picture_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t n = dot && dot != name ? strlen(dot + 1) : 0;
    for (const char *e = imf_scan_extensions; n > 0 && *e;) {
        size_t len = strcspn(e, " ");
        if (len == n && strncasecmp(e, dot + 1, n) == 0)
            return true;
        e += len + (e[len] == ' ');
    }
    return false;
}

bool imf_path_below(const char *path, const char *under)
{
    size_t n = strlen(under);
    if (n > 0 && under[n - 1] == '/') /* the root folder */
        return strncmp(path, under, n) == 0;
    return strncmp(path, under, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

int imf_scan_init(imf_scan *s, imf_err *err)
{
    *s = (imf_scan){.arena = imf_arena_new()};
    return s->arena ? IMF_OK : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "listing files");
}

void imf_scan_clear(imf_scan *s)
{
    imf_free(s->files);
    imf_free(s->gaps);
    imf_arena_free(&s->arena);
    *s = (imf_scan){0};
}

static int add_file(imf_scan *s, const char *path, const struct stat *st, size_t root, imf_err *err)
{
    void *files = s->files;
    const char *copy = imf_arena_strdup(s->arena, path);
    if (!copy || !imf_grow(&files, s->n_files, &s->cap_files, sizeof *s->files))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "listing files");
    s->files = files;
    s->files[s->n_files++] = (imf_scan_file){
        .path = copy,
        .size = (uint64_t)st->st_size,
        .mtime_ns = imf_mtime_ns(st),
        .root = root,
    };
    return IMF_OK;
}

static int add_gap(imf_scan *s, const char *path, int error, imf_err *err)
{
    void *gaps = s->gaps;
    const char *copy = imf_arena_strdup(s->arena, path);
    if (!copy || !imf_grow(&gaps, s->n_gaps, &s->cap_gaps, sizeof *s->gaps))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "listing files");
    s->gaps = gaps;
    s->gaps[s->n_gaps++] = (imf_scan_gap){copy, error};
    return IMF_OK;
}

/* Walks the folder whose path stands in path[0..len) (room for PATH_MAX). Every level holds one descriptor open: a
 * tree deeper than the process may have open files ends in a gap, not in a fault. */
static int walk(imf_scan *s, int parent, const char *name, char *path, size_t len, size_t root, imf_err *err)
{
    int rc = IMF_OK;
    /* O_NOFOLLOW only below the root: the root itself was made real before. */
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (parent == AT_FDCWD ? 0 : O_NOFOLLOW));
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        return add_gap(s, path, e, err);
    }
    struct dirent *entry;
    while (rc == IMF_OK && (errno = 0, entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        size_t n = strlen(entry->d_name), slash = len > 0 && path[len - 1] == '/' ? 0 : 1;
        if (len + slash + n >= PATH_MAX) {
            rc = add_gap(s, path, ENAMETOOLONG, err);
            continue;
        }
        struct stat st;
        bool maybe_folder = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
        if (!maybe_folder && !(entry->d_type == DT_REG && is_picture_name(entry->d_name)))
            continue;
        path[len] = '/';
        memcpy(path + len + slash, entry->d_name, n + 1);
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT)
                rc = add_gap(s, path, errno, err);
        } else if (S_ISDIR(st.st_mode)) {
            rc = walk(s, dirfd(dir), entry->d_name, path, len + slash + n, root, err);
        } else if (S_ISREG(st.st_mode) && is_picture_name(entry->d_name)) {
            rc = add_file(s, path, &st, root, err);
        }
        path[len] = '\0';
    }
    if (rc == IMF_OK && errno != 0)
        rc = add_gap(s, path, errno, err);
    closedir(dir);
    return rc;
}

int imf_scan_root(imf_scan *s, const char *path, size_t root, imf_err *err)
{
    struct stat st;
    char buffer[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof buffer)
        return add_gap(s, path, ENAMETOOLONG, err);
    if (stat(path, &st) != 0)
        return add_gap(s, path, errno, err);
    if (S_ISREG(st.st_mode))
        return is_picture_name(strrchr(path, '/') ? strrchr(path, '/') + 1 : path) ? add_file(s, path, &st, root, err)
                                                                                   : IMF_OK;
    memcpy(buffer, path, n + 1);
    return walk(s, AT_FDCWD, path, buffer, n, root, err);
}

static int by_path(const void *a, const void *b)
{
    const imf_scan_file *x = a, *y = b;
    int c = strcmp(x->path, y->path);
    return c != 0 ? c : (x->root > y->root) - (x->root < y->root);
}

void imf_scan_finish(imf_scan *s)
{
    if (s->n_files == 0)
        return;
    qsort(s->files, s->n_files, sizeof *s->files, by_path);
    size_t kept = 1;
    for (size_t i = 1; i < s->n_files; i++)
        if (strcmp(s->files[i].path, s->files[kept - 1].path) != 0)
            s->files[kept++] = s->files[i];
    s->n_files = kept;
}
