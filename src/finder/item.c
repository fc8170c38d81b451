/*
 * The files behind the hits, for a web server: an item is opened by its id alone, and only where it is still what was
 * indexed; its thumbnail comes from the catalog, or is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "finder/finder.h"
#include "finder/scan.h"
#include "media/protocol.h"

/* ---- Opening below a root ---- */

enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW };

/* Name by name: each folder is opened without following a link, and "." and ".." are no names of files. */
static int walk_below(int folder, const char *rest)
{
    char name[NAME_MAX + 1];
    int at = folder, e = 0;
    for (;;) {
        size_t n = strcspn(rest, "/");
        bool last = rest[n] == '\0';
        if (n == 0 || n > NAME_MAX || (n <= 2 && strncmp(rest, "..", n) == 0)) {
            e = -EXDEV;
            break;
        }
        memcpy(name, rest, n);
        name[n] = '\0';
        int next = openat(at, name, last ? (int)OPEN_FLAGS : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        e = next < 0 ? -errno : 0;
        if (at != folder)
            close(at);
        if (next < 0 || last)
            return next < 0 ? e : next;
        at = next;
        rest += n + 1;
    }
    if (at != folder)
        close(at);
    return e;
}

static int open_rest(int folder, const char *rest, bool walk)
{
    if (!walk) {
        struct open_how how = {.flags = OPEN_FLAGS,
                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
        long fd = syscall(SYS_openat2, folder, rest, &how, sizeof how);
        /* No such call, or one that a container's filter refuses, or names that were changed meanwhile. */
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != EAGAIN))
            return fd >= 0 ? (int)fd : -errno;
    }
    return walk_below(folder, rest);
}

int imf_open_below(const char *root, const char *path, bool walk, int *fd, struct stat *st)
{
    size_t n = strlen(root);
    if (strcmp(root, path) == 0) /* a root may be a single file */
        return imf_open_regular(path, false, fd, st);
    if (n == 0 || !imf_path_below(path, root))
        return -EXDEV;
    int folder = open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    int got = open_rest(folder, path + n + (root[n - 1] == '/' ? 0 : 1), walk);
    close(folder);
    if (got < 0)
        return got;
    int e = fstat(got, st) != 0 ? -errno : S_ISREG(st->st_mode) ? 0 : -EINVAL;
    if (e != 0)
        close(got);
    else
        *fd = got;
    return e;
}

/* ---- An item's file ---- */

typedef struct file_box {
    imf_item_file file;
    char *path;
} file_box;

void imf_item_file_free(imf_item_file **file)
{
    if (!file || !*file)
        return;
    file_box *box = (file_box *)*file;
    if (box->file.fd >= 0)
        close(box->file.fd);
    imf_free(box->path);
    imf_free(box);
    *file = NULL;
}

static const char *media_type(const char *path)
{
    static const struct {
        const char *extension, *type;
    } types[] = {
        {"jpg", "image/jpeg"}, {"jpeg", "image/jpeg"}, {"jpe", "image/jpeg"},  {"png", "image/png"},
        {"webp", "image/webp"}, {"gif", "image/gif"},  {"tif", "image/tiff"},  {"tiff", "image/tiff"},
        {"heic", "image/heic"}, {"heif", "image/heif"}, {"avif", "image/avif"}, {"jxl", "image/jxl"},
        {"bmp", "image/bmp"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(dot + 1, types[i].extension) == 0)
            return types[i].type;
    return "application/octet-stream";
}

typedef struct opening { /* the search for a copy that is as it was */
    imf_item_file *found;
    bool known;          /* the catalog has the item */
} opening;

enum { STOP = 1 }; /* of try_file: found; no error of ours is positive */

static int try_file(void *user, const imf_store_file *row)
{
    opening *o = user;
    struct stat st;
    int fd = -1;
    o->known = true;
    if (imf_open_below(row->root, row->path, false, &fd, &st) != 0)
        return 0;
    if ((uint64_t)st.st_size != row->size || imf_mtime_ns(&st) != row->mtime_ns) {
        close(fd);
        return 0;
    }
    file_box *box = imf_alloc_array(1, sizeof *box);
    char *path = imf_strdup(row->path);
    if (!box || !path) {
        imf_free(box);
        imf_free(path);
        close(fd);
        return IMF_EMEM;
    }
    *box = (file_box){{fd, row->size, row->mtime_ns, path, media_type(path)}, path};
    o->found = &box->file;
    return STOP;
}

/* found NULL: no copy is as it was indexed, or the catalog does not know the item. */
static int find_file(imf_finder *f, const uint8_t hash[16], opening *o, imf_err *err)
{
    imf_store *store = NULL;
    *o = (opening){0};
    int rc = imf_finder_begin_read(f, &store, err);
    if (rc == IMF_EUNKNOWN) /* no home: no item */
        return IMF_OK;
    if (rc != IMF_OK)
        return rc;
    rc = imf_store_files(store, hash, try_file, o, err);
    if (rc == IMF_EMEM)
        imf_fail(err, rc, MSG_OUT_OF_MEMORY, "opening a picture");
    rc = imf_finder_end_read(f, rc == STOP ? IMF_OK : rc, err);
    if (rc != IMF_OK)
        imf_item_file_free(&o->found);
    return rc;
}

static int parse_id(const char *item, uint8_t hash[16], imf_err *err)
{
    if (!item || !imf_unhex(item, hash, 16))
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_ITEM_ID, item ? item : "");
    return IMF_OK;
}

int imf_item_open(imf_finder *finder, const char *item, imf_item_file **file, imf_err *err)
{
    uint8_t hash[16];
    opening o;
    *file = NULL;
    int rc = parse_id(item, hash, err);
    if (rc == IMF_OK)
        rc = find_file(finder, hash, &o, err);
    if (rc == IMF_OK && !o.found)
        rc = imf_fail(err, IMF_ENOITEM, o.known ? MSG_FINDER_ITEM_GONE : MSG_FINDER_NO_ITEM, item);
    if (rc == IMF_OK)
        *file = o.found;
    return rc;
}

/* ---- Thumbnails ---- */

typedef struct bytes_box {
    imf_bytes bytes;
    uint8_t *data;
} bytes_box;

void imf_bytes_free(imf_bytes **bytes)
{
    if (!bytes || !*bytes)
        return;
    bytes_box *box = (bytes_box *)*bytes;
    imf_free(box->data);
    imf_free(box);
    *bytes = NULL;
}

bool imf_is_jpeg(const uint8_t *bytes, size_t n)
{
    return n >= 4 && n <= IMF_DECODE_THUMB_BYTES && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

/* The one of the catalog; *data NULL when it has none that is a JPEG. */
static int stored_thumbnail(imf_finder *f, const uint8_t hash[16], uint8_t **data, size_t *size, imf_err *err)
{
    imf_store *store = NULL;
    *data = NULL;
    *size = 0;
    int rc = imf_finder_begin_read(f, &store, err);
    if (rc == IMF_OK)
        rc = imf_finder_end_read(f, imf_store_thumbnail_get(store, hash, data, size, err), err);
    if (rc == IMF_OK && imf_is_jpeg(*data, *size))
        return IMF_OK;
    imf_free(*data);
    *data = NULL;
    return rc == IMF_EUNKNOWN ? IMF_OK : rc;
}

/* Made now from the item's file; nothing is kept of it, a reader never writes. */
static int make_thumbnail(imf_finder *f, const char *item, const uint8_t hash[16], uint8_t **data, size_t *size,
                          imf_err *err)
{
    int rc = IMF_OK;
    opening o = {0};
    imf_decoded decoded = {0};
    imf_err why = {0};
    IMF_TRY(find_file(f, hash, &o, err));
    if (!o.found) {
        rc = o.known ? imf_fail(err, IMF_EINPUT, MSG_FINDER_ITEM_GONE, item)
                     : imf_fail(err, IMF_ENOITEM, MSG_FINDER_NO_ITEM, item);
        goto out;
    }
    IMF_TRY(imf_finder_use_pool(f, err));
    rc = imf_pool_decode(f->pool, o.found->fd, NULL, 0, IMF_DECODE_THUMBNAIL, &decoded, &why);
    if (rc == IMF_EINPUT)
        imf_fail(err, rc, MSG_FINDER_PICTURE, o.found->path, why.msg);
    else if (rc != IMF_OK && err)
        *err = why;
    else if (rc == IMF_OK && !imf_is_jpeg(decoded.thumbnail, decoded.thumbnail_size))
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_NO_THUMBNAIL, o.found->path);
    if (rc == IMF_OK) {
        *data = decoded.thumbnail;
        *size = decoded.thumbnail_size;
        decoded.thumbnail = NULL;
    }
out:
    imf_decoded_clear(&decoded);
    imf_item_file_free(&o.found);
    return rc;
}

int imf_item_thumbnail(imf_finder *finder, const char *item, imf_bytes **jpeg, imf_err *err)
{
    int rc = IMF_OK;
    uint8_t hash[16], *data = NULL;
    size_t size = 0;
    *jpeg = NULL;
    IMF_TRY(parse_id(item, hash, err));
    IMF_TRY(stored_thumbnail(finder, hash, &data, &size, err));
    if (!data)
        IMF_TRY(make_thumbnail(finder, item, hash, &data, &size, err));
    bytes_box *box = imf_alloc_array(1, sizeof *box);
    if (!box) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "making a thumbnail");
        goto out;
    }
    *box = (bytes_box){{data, size}, data};
    data = NULL;
    *jpeg = &box->bytes;
out:
    imf_free(data);
    return rc;
}
