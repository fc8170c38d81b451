/*
 * What is remembered of a model in home/cache: its space, so that a search by words does not read the picture tower
 * (350 MB of CLIP's smallest), and by being there that the checksums of its archive were right. It holds for files of
 * these names, sizes, dates and inodes; a changed, damaged or unwritable memory is as good as none.
 *
 * One small file a model, written whole under another name and renamed: whoever computes a space keeps it, and two who
 * do so at once write the same.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "finder/model.h"
#include "finder/scan.h"

#define CACHE_FORMAT "imagefinder space 1\nfiles %s\nspace %s\n"

enum { CACHE_BYTES = 256 };

/* ---- The stamp --------------------------------------------------------------------------------------------------- */

static void add_file(int folder, const char *name, uint64_t sum[2])
{
    struct stat st;
    char line[512];

    if (fstatat(folder, name, &st, 0) != 0 || !S_ISREG(st.st_mode))
        return;
    int n = snprintf(line, sizeof line, "%lld %lld %llu %llu %s", (long long)st.st_size, (long long)imf_mtime_ns(&st),
                     (unsigned long long)st.st_ino, (unsigned long long)st.st_dev, name);
    XXH128_hash_t hash = XXH3_128bits(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    sum[0] += hash.low64; /* in no order */
    sum[1] += hash.high64;
}

/* Whether a file of a model's folder can change what a picture's vector is. */
static bool counts(const char *name)
{
    static const char *const ends[] = {".json", ".safetensors", ".bin", ".pt", ".pth", ".pkl"};
    const char *end = strrchr(name, '.');

    for (size_t i = 0; end && i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(end, ends[i]) == 0)
            return true;
    return false;
}

static bool make_stamp(imf_model *m)
{
    struct stat st;
    uint64_t sum[2] = {0, 0};
    char head[64];
    char *folder = imf_strdup(m->path);

    if (!folder || stat(m->path, &st) != 0) {
        imf_free(folder);
        return false;
    }
    bool is_file = !S_ISDIR(st.st_mode);
    const char *name = strrchr(m->path, '/') + 1;
    if (is_file)
        folder[name - m->path] = '\0';
    DIR *dir = opendir(folder);
    if (dir && is_file) { /* the others in the folder may be other models' */
        add_file(dirfd(dir), name, sum);
        add_file(dirfd(dir), "config.json", sum);
        add_file(dirfd(dir), "preprocessor_config.json", sum);
    }
    for (struct dirent *e; dir && !is_file && (e = readdir(dir)) != NULL;)
        if (counts(e->d_name))
            add_file(dirfd(dir), e->d_name, sum);
    if (dir)
        closedir(dir);
    imf_free(folder);
    /* what else a space depends on: this program's own part of the arithmetic */
    snprintf(head, sizeof head, "%s %d", IMF_VERSION, m->kind->preprocessing);
    XXH128_hash_t own = XXH3_128bits(head, strlen(head));
    sum[0] += own.low64;
    sum[1] += own.high64;
    memcpy(m->stamp, sum, sizeof sum);
    return dir != NULL;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

/* The whole content for a space of 32 hex digits. */
static void content(const imf_model *m, const char *space_hex, char out[CACHE_BYTES])
{
    char stamp[33];

    imf_hex(m->stamp, 16, stamp);
    size_t n = (size_t)snprintf(out, CACHE_BYTES, CACHE_FORMAT, stamp, space_hex);
    snprintf(out + n, CACHE_BYTES - n, "check %016llx\n", (unsigned long long)XXH3_64bits(out, n));
}

void imf_model_recall(imf_model *m, const char *home)
{
    const imf_file_layer *fl = imf_file_posix();
    imf_file *f = NULL;
    char found[CACHE_BYTES] = "", expected[CACHE_BYTES], hex[33];

    if (!make_stamp(m))
        return;
    m->cache = imf_sprintf("%s/cache/%016llx.space", home,
                           (unsigned long long)XXH3_64bits(m->path, strlen(m->path)));
    if (!m->cache || fl->open(fl->self, m->cache, IMF_FILE_READ, &f) != 0)
        return;
    ssize_t n = fl->pread(f, found, sizeof found - 1, 0);
    fl->close(&f);
    const char *space = n > 0 ? strstr(found, "\nspace ") : NULL;
    if (!space || strlen(space) < 7 + 32)
        return;
    memcpy(hex, space + 7, 32);
    hex[32] = '\0';
    if (!imf_unhex(hex, m->space, 16))
        return;
    content(m, hex, expected); /* of these files, whole and undamaged */
    if (strcmp(found, expected) == 0)
        memcpy(m->space_hex, hex, sizeof hex);
}

void imf_model_remember(const imf_model *m)
{
    const imf_file_layer *fl = imf_file_posix();
    imf_file *f = NULL;
    char text[CACHE_BYTES];
    char *temporary = m->cache ? imf_sprintf("%s.%ld.%p", m->cache, (long)getpid(), (const void *)m) : NULL;
    char *folder = m->cache ? imf_strndup(m->cache, (size_t)(strrchr(m->cache, '/') - m->cache)) : NULL;

    if (!temporary || !folder)
        goto out;
    content(m, m->space_hex, text);
    fl->mkdir(fl->self, folder); /* fails where there is no home yet: then nothing is kept */
    fl->remove(fl->self, temporary);
    if (fl->open(fl->self, temporary, IMF_FILE_WRITE | IMF_FILE_EXCL, &f) != 0)
        goto out;
    int e = fl->pwrite(f, text, strlen(text), 0);
    fl->close(&f);
    if (e != 0 || fl->rename(fl->self, temporary, m->cache) != 0)
        fl->remove(fl->self, temporary);
out:
    imf_free(temporary);
    imf_free(folder);
}
