/*
 * What torch.save wrote before 1.6: five pickles one after the other (a magic number, the protocol's version, the
 * machine it was written on, the object, the list of storage keys), then for each key in the list's order the count
 * of its numbers, 8 bytes, and the numbers. The size of a number is only told by the object's pickle, where the
 * storage is used.
 */
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "nn/torch.h"

typedef struct placed {
    imf_torch_storage s;
    const uint8_t *data; /* NULL until the list of keys names it */
} placed;

typedef struct legacy {
    imf_weights *w;
    placed *storages;    /* by key */
    size_t count;
} legacy;

static int compare_text(imf_text a, imf_text b)
{
    int order = memcmp(a.s, b.s, a.n < b.n ? a.n : b.n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_keys(const void *a, const void *b)
{
    const placed *x = a, *y = b;

    return compare_text(x->s.key, y->s.key);
}

static placed *find_key(const legacy *l, imf_text key)
{
    placed wanted = {.s.key = key};

    return bsearch(&wanted, l->storages, l->count, sizeof wanted, compare_keys);
}

static int find_storage(void *user, const imf_torch_storage *s, const char *tensor, const uint8_t **data, imf_err *err)
{
    const legacy *l = user;
    const placed *p = find_key(l, s->key);

    if (p == NULL || p->data == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_STORAGE_MISSING, l->w->file, IMF_WEIGHTS_NAME_SHOWN, tensor,
                        imf_text_shown(s->key), s->key.s);
    *data = p->data;
    return IMF_OK;
}

static int refuse_key(const legacy *l, imf_text key, const char *what, imf_err *err)
{
    return imf_fail(err, IMF_EINPUT, MSG_TORCH_LEGACY_STORAGE, l->w->file, imf_text_shown(key), key.s, what);
}

/* The table of storages, from all persistent ids of the object's pickle. What is no storage (the class of a whole
 * module) is left out: a tensor that needs it is refused later, by name. */
static int collect(legacy *l, const imf_pickle *object, imf_err *err)
{
    size_t n = 0;

    l->storages = imf_alloc_array(object->n_storages, sizeof *l->storages);
    if (l->storages == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    for (size_t i = 0; i < object->n_storages; i++) {
        imf_torch_storage *s = &l->storages[n].s;
        if (imf_torch_storage_read(object->storages[i], s) == NULL)
            n++;
        else if (s->key.n > 0) /* its size is not known, and so not where the next one begins */
            return refuse_key(l, s->key, imf_tr(WHAT_TORCH_STORAGE_FORM), err);
    }
    if (n > 0)
        qsort(l->storages, n, sizeof *l->storages, compare_keys);
    for (size_t i = 0; i < n; i++) {
        const imf_torch_storage *s = &l->storages[i].s, *last = &l->storages[l->count > 0 ? l->count - 1 : 0].s;
        if (l->count == 0 || compare_text(s->key, last->key) != 0)
            l->storages[l->count++] = l->storages[i];
        else if (s->dtype != last->dtype || s->count != last->count)
            return refuse_key(l, s->key, imf_tr(WHAT_TORCH_TWO_TYPES), err);
    }
    for (size_t i = 0; i < l->count; i++)
        l->storages[i].data = NULL;
    return IMF_OK;
}

/* The storages themselves, from byte `at` to the end of the file. */
static int place(legacy *l, const imf_value *keys, const uint8_t *bytes, size_t n, size_t at, imf_err *err)
{
    for (size_t i = 0; i < keys->list.n; i++) {
        const imf_value *key = keys->list.items[i];
        placed *p = NULL;
        uint64_t count = 0;
        if (key->kind != IMF_VALUE_STRING)
            return imf_fail(err, IMF_EINPUT, MSG_TORCH_NOT_LEGACY, l->w->file, imf_tr(WHAT_TORCH_KEYS));
        p = find_key(l, key->text);
        if (p == NULL)
            return refuse_key(l, key->text, imf_tr(WHAT_TORCH_UNUSED), err);
        if (p->data != NULL)
            return refuse_key(l, key->text, imf_tr(WHAT_TORCH_TWICE), err);
        if (n - at < 8)
            return imf_fail(err, IMF_EINPUT, MSG_TORCH_LEGACY_CUT, l->w->file, imf_text_shown(p->s.key), p->s.key.s, at,
                            at + 8, n);
        for (int b = 0; b < 8; b++)
            count |= (uint64_t)bytes[at + (size_t)b] << (8 * b);
        if (count != p->s.count)
            return imf_fail(err, IMF_EINPUT, MSG_TORCH_LEGACY_COUNT, l->w->file, imf_text_shown(p->s.key), p->s.key.s,
                            (unsigned long long)count, (unsigned long long)p->s.count);
        at += 8;
        if (p->s.bytes > n - at)
            return imf_fail(err, IMF_EINPUT, MSG_TORCH_LEGACY_CUT, l->w->file, imf_text_shown(p->s.key), p->s.key.s, at,
                            p->s.bytes < SIZE_MAX - at ? at + p->s.bytes : SIZE_MAX, n);
        p->data = bytes + at;
        at += p->s.bytes;
    }
    if (at != n)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_LEGACY_TAIL, l->w->file, n - at);
    return IMF_OK;
}

/* ---- The five pickles ------------------------------------------------------------------------ */

static bool is_magic(const imf_value *v)
{
    static const uint8_t magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

    return v->kind == IMF_VALUE_LONG && v->text.n == sizeof magic && memcmp(v->text.s, magic, sizeof magic) == 0;
}

static int check_head(const legacy *l, int which, const imf_value *v, imf_err *err)
{
    const imf_value *little = NULL;

    if (which == 0)
        return is_magic(v) ? IMF_OK : imf_fail(err, IMF_EINPUT, MSG_TORCH_NOT_LEGACY, l->w->file,
                                               imf_tr(WHAT_TORCH_MAGIC));
    if (which == 1)
        return v->kind == IMF_VALUE_INT && v->integer == 1001
                   ? IMF_OK
                   : imf_fail(err, IMF_EINPUT, MSG_TORCH_NOT_LEGACY, l->w->file, imf_tr(WHAT_TORCH_VERSION));
    little = v->kind == IMF_VALUE_DICT ? imf_value_get(v, "little_endian") : NULL;
    if (little == NULL || little->kind != IMF_VALUE_BOOL)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_NOT_LEGACY, l->w->file, imf_tr(WHAT_TORCH_MACHINE));
    if (little->integer == 0)
        return imf_fail(err, IMF_EINPUT, MSG_TORCH_BYTE_ORDER, l->w->file);
    return IMF_OK;
}

int imf_torch_legacy_read(imf_weights *w, const uint8_t *bytes, size_t n, imf_err *err)
{
    int rc = IMF_OK;
    legacy l = {.w = w};
    imf_pickle head = {0}, object = {0}, keys = {0};
    size_t at = 0;

    w->format = IMF_WEIGHTS_TORCH_LEGACY;
    for (int i = 0; i < 3; i++) {
        IMF_TRY(imf_pickle_read(&head, bytes + at, n - at, at, w->file, err));
        IMF_TRY(check_head(&l, i, head.root, err));
        at += head.bytes;
        imf_pickle_clear(&head);
    }
    IMF_TRY(imf_pickle_read(&object, bytes + at, n - at, at, w->file, err));
    at += object.bytes;
    IMF_TRY(imf_pickle_read(&keys, bytes + at, n - at, at, w->file, err));
    at += keys.bytes;
    if (keys.root->kind != IMF_VALUE_LIST) {
        rc = imf_fail(err, IMF_EINPUT, MSG_TORCH_NOT_LEGACY, w->file, imf_tr(WHAT_TORCH_KEYS));
        goto out;
    }
    IMF_TRY(collect(&l, &object, err));
    IMF_TRY(place(&l, keys.root, bytes, n, at, err));
    IMF_TRY(imf_torch_tensors(w, object.root, n, find_storage, &l, err));
out:
    imf_pickle_clear(&head);
    imf_pickle_clear(&object);
    imf_pickle_clear(&keys);
    imf_free(l.storages);
    return rc;
}
