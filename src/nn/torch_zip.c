/*
 * PyTorch's archives: what torch.save writes since 1.6, and what torch.jit.save writes. A ZIP archive of one folder
 * of any name, with a pickle in data.pkl and each storage's bytes in data/KEY; code and constants of TorchScript are
 * not looked at. What is read must be stored, not compressed, so that it can stay in the mapping; its checksum is
 * computed unless the caller knows that it was right.
 */
#include <string.h>

#include "nn/torch.h"
#include "nn/zip.h"

enum { MAX_KEY = 200 }; /* bytes of a storage's key; PyTorch counts: "0", "1", ... */

static const char pickle_name[] = "/data.pkl";

typedef struct archive {
    imf_weights *w;
    imf_zip zip;
    bool *read;          /* [zip.count]: known to be stored and right */
    unsigned flags;
    const char *root;    /* the folder, without the slash */
    size_t root_len;
    char *path;          /* room for the folder, "/data/" and a key */
} archive;

/* The only entry FOLDER/data.pkl; NULL when there is none, or several. */
static const imf_zip_entry *find_pickle(const imf_zip *zip)
{
    const imf_zip_entry *found = NULL;
    const size_t n = sizeof pickle_name - 1;

    for (size_t i = 0; i < zip->count; i++) {
        const imf_zip_entry *e = &zip->entries[i];
        if (e->name_len <= n || memcmp(e->name + e->name_len - n, pickle_name, n) != 0 ||
            memchr(e->name, '/', e->name_len - n) != NULL)
            continue;
        if (found != NULL)
            return NULL;
        found = e;
    }
    return found;
}

/* Before the bytes of an entry are used: it must be stored and have its checksum, which is kept for later checks. */
static int use_entry(archive *a, const imf_zip_entry *e, imf_err *err)
{
    int rc = IMF_OK;
    imf_weights *w = a->w;
    imf_checksum *c = NULL;

    if (a->read[e - a->zip.entries])
        return IMF_OK;
    if (!imf_zip_stored(e))
        return imf_fail(err, IMF_EINPUT, MSG_ZIP_PACKED, w->file, imf_text_shown((imf_text){e->name, e->name_len}),
                        e->name, e->method, e->flags);
    if (!imf_grow((void **)&w->checksums, w->n_checksums, &w->cap_checksums, sizeof *w->checksums))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    c = &w->checksums[w->n_checksums];
    *c = (imf_checksum){imf_arena_strndup(w->names, e->name, e->name_len), e->data, (size_t)e->size, e->crc};
    if (c->name == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    w->n_checksums++;
    if ((a->flags & IMF_WEIGHTS_TRUST) == 0)
        IMF_TRY(imf_checksum_verify(w, c, err));
    a->read[e - a->zip.entries] = true;
out:
    return rc;
}

static const imf_zip_entry *find_entry(const archive *a, const char *folder, imf_text name)
{
    size_t at = a->root_len, folder_len = strlen(folder);

    if (name.n > MAX_KEY)
        return NULL;
    memcpy(a->path, a->root, at);
    memcpy(a->path + at, folder, folder_len);
    memcpy(a->path + at + folder_len, name.s, name.n);
    return imf_zip_find(&a->zip, a->path, at + folder_len + name.n);
}

static int find_storage(void *user, const imf_torch_storage *s, const char *tensor, const uint8_t **data, imf_err *err)
{
    int rc = IMF_OK;
    archive *a = user;
    const imf_zip_entry *e = find_entry(a, "/data/", s->key);

    if (e == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_STORAGE_MISSING, a->w->file, IMF_WEIGHTS_NAME_SHOWN, tensor,
                        imf_text_shown(s->key), s->key.s);
    IMF_TRY(use_entry(a, e, err));
    if (e->size != s->bytes)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_STORAGE_SIZE, a->w->file, IMF_WEIGHTS_NAME_SHOWN, tensor,
                        imf_text_shown(s->key), s->key.s, (size_t)e->size, s->bytes);
    *data = e->data;
out:
    return rc;
}

static int check_byte_order(archive *a, imf_err *err)
{
    int rc = IMF_OK;
    const imf_zip_entry *e = find_entry(a, "/byteorder", (imf_text){"", 0});

    if (e == NULL) /* before 2.0 */
        return IMF_OK;
    IMF_TRY(use_entry(a, e, err));
    if (e->size != 6 || memcmp(e->data, "little", 6) != 0)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_BYTE_ORDER, a->w->file);
out:
    return rc;
}

static int read_archive(archive *a, imf_pickle *pickle, size_t file_bytes, imf_err *err)
{
    int rc = IMF_OK;
    const imf_zip_entry *e = find_pickle(&a->zip);

    if (e == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_NO_PICKLE, a->w->file);
    a->root = e->name;
    a->root_len = e->name_len - (sizeof pickle_name - 1);
    a->read = imf_alloc_array(a->zip.count, sizeof *a->read);
    a->path = imf_alloc(a->root_len + 16 + MAX_KEY);
    if (a->read == NULL || a->path == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    IMF_TRY(use_entry(a, e, err));
    IMF_TRY(check_byte_order(a, err));
    IMF_TRY(imf_pickle_read(pickle, e->data, (size_t)e->size, 0, a->w->file, err));
    if (pickle->bytes != e->size)
        return imf_fail(err, IMF_EINPUT, MSG_PICKLE_TAIL, a->w->file, (size_t)e->size, pickle->bytes);
    IMF_TRY(imf_torch_tensors(a->w, pickle->root, file_bytes, find_storage, a, err));
out:
    return rc;
}

int imf_torch_zip_read(imf_weights *w, const uint8_t *bytes, size_t n, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    archive a = {.w = w, .flags = flags};
    imf_pickle pickle = {0};

    w->format = IMF_WEIGHTS_TORCH;
    IMF_TRY(imf_zip_read(&a.zip, bytes, n, w->file, err));
    IMF_TRY(read_archive(&a, &pickle, n, err));
out:
    imf_pickle_clear(&pickle);
    imf_zip_clear(&a.zip);
    imf_free(a.read);
    imf_free(a.path);
    return rc;
}
