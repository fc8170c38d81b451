/*
 * A small reader of ZIP archives over mapped bytes. We do not use a library, because tensors must stay where they
 * lie in the mapping, and libraries hand out copies of an entry's bytes, not its place.
 *
 * The end record must be the file's last 22 bytes (no comment: nothing to search, nothing to hide in), the directory
 * must end where the end records begin, every entry's own header must agree with the directory, and entries and
 * directory must cover the file without a hole or an overlap. The numbers may be ZIP64's, as PyTorch always writes
 * it.
 *
 * Format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.
 */
#include "nn/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    END_BYTES = 22,
    LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    CENTRAL_BYTES = 46,
    LOCAL_BYTES = 30,
    FLAG_DESCRIPTOR = 8,  /* sizes and checksum follow the data */
    FLAG_UTF8 = 0x800,    /* the name is UTF-8 */
    EXTRA_ZIP64 = 1,
    MAX_ENTRIES = 200 * 1000,
    NAME_SHOWN = 120
};

static const uint32_t unset32 = UINT32_MAX; /* "see the ZIP64 record" */

typedef struct reader {
    const uint8_t *p;
    size_t n;
    const char *file;
    imf_err *err;
} reader;

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
    return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool has_signature(const uint8_t *p, char third, char fourth)
{
    return p[0] == 'P' && p[1] == 'K' && p[2] == third && p[3] == fourth;
}

/* ---- The end records ------------------------------------------------------------------------- */

typedef struct directory {
    uint64_t entries, bytes, offset;
    uint64_t end; /* where the end records begin */
} directory;

static int contradiction(const reader *r, const char *what, uint64_t found, uint64_t expected)
{
    return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_DIRECTORY, r->file, what, (unsigned long long)found,
                    (unsigned long long)expected);
}

/* The ZIP64 end record, if a locator lies before the end record at `end`: its numbers replace those of *d, which it may
 * only refine. */
static int read_end64(const reader *r, size_t end, directory *d)
{
    const uint8_t *locator = NULL, *e = NULL;
    size_t at = 0;

    if (end < LOCATOR_BYTES || !has_signature(r->p + end - LOCATOR_BYTES, 6, 7))
        return IMF_OK;
    locator = r->p + end - LOCATOR_BYTES;
    if (end < LOCATOR_BYTES + END64_BYTES || get64(locator + 8) != end - LOCATOR_BYTES - END64_BYTES)
        return contradiction(r, "offset of the ZIP64 record", get64(locator + 8), end - LOCATOR_BYTES - END64_BYTES);
    at = end - LOCATOR_BYTES - END64_BYTES;
    e = r->p + at;
    if (!has_signature(e, 6, 6))
        return contradiction(r, "signature of the ZIP64 record", get32(e), 0x06064b50);
    if (get64(e + 4) != END64_BYTES - 12)
        return contradiction(r, "size of the ZIP64 record", get64(e + 4), END64_BYTES - 12);
    if (get32(locator + 4) != 0 || get32(e + 16) != 0 || get32(e + 20) != 0)
        return contradiction(r, "number of the disk", 1, 0);
    if (get64(e + 24) != get64(e + 32))
        return contradiction(r, "entries on this disk", get64(e + 24), get64(e + 32));
    if (d->entries != UINT16_MAX && d->entries != get64(e + 32))
        return contradiction(r, "entries", d->entries, get64(e + 32));
    if (d->bytes != unset32 && d->bytes != get64(e + 40))
        return contradiction(r, "bytes of the directory", d->bytes, get64(e + 40));
    if (d->offset != unset32 && d->offset != get64(e + 48))
        return contradiction(r, "offset of the directory", d->offset, get64(e + 48));
    *d = (directory){get64(e + 32), get64(e + 40), get64(e + 48), at};
    return IMF_OK;
}

static int read_end(const reader *r, directory *d)
{
    int rc = IMF_OK;
    const uint8_t *e = NULL;
    size_t at = 0;

    if (r->n < END_BYTES)
        return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_END, r->file);
    at = r->n - END_BYTES;
    e = r->p + at;
    if (!has_signature(e, 5, 6) || get16(e + 20) != 0)
        return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_END, r->file);
    if (get16(e + 4) != 0 || get16(e + 6) != 0)
        return contradiction(r, "number of the disk", get16(e + 4) | get16(e + 6), 0);
    if (get16(e + 8) != get16(e + 10))
        return contradiction(r, "entries on this disk", get16(e + 8), get16(e + 10));
    *d = (directory){get16(e + 10), get32(e + 12), get32(e + 16), at};
    IMF_TRY(read_end64(r, at, d));

    if (d->entries > MAX_ENTRIES)
        return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_TOO_MANY, r->file, (unsigned long long)d->entries);
    if (d->offset > d->end || d->bytes != d->end - d->offset)
        return contradiction(r, "offset of the directory", d->offset, d->end - (d->bytes < d->end ? d->bytes : 0));
    if (d->entries > d->bytes / CENTRAL_BYTES)
        return contradiction(r, "entries", d->entries, d->bytes / CENTRAL_BYTES);
out:
    return rc;
}

/* ---- One entry ------------------------------------------------------------------------------- */

static int unfit(const reader *r, const imf_zip_entry *e, const char *what, uint64_t found, uint64_t expected)
{
    return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_ENTRY, r->file,
                    e->name_len < NAME_SHOWN ? (int)e->name_len : NAME_SHOWN, e->name, what, (unsigned long long)found,
                    (unsigned long long)expected);
}

/* Takes the 8-byte numbers of the ZIP64 extra field for those of *numbers[count] that are unset in 32 bits; the others
 * stay. False when they are not there, or a field runs past its end. */
static bool read_extra64(const uint8_t *extra, size_t n, uint64_t *const *numbers, size_t count)
{
    size_t wanted = 0;

    for (size_t i = 0; i < count; i++)
        wanted += *numbers[i] == unset32;
    if (wanted == 0)
        return true;
    while (n >= 4) {
        size_t len = get16(extra + 2), at = 0;
        if (len > n - 4)
            return false;
        if (get16(extra) == EXTRA_ZIP64) {
            if (len < wanted * 8)
                return false;
            for (size_t i = 0; i < count; i++) {
                if (*numbers[i] == unset32) {
                    *numbers[i] = get64(extra + 4 + at);
                    at += 8;
                }
            }
            return true;
        }
        extra += 4 + len;
        n -= 4 + len;
    }
    return false;
}

/* Reads the entry of the directory at *at and moves *at behind it. e->begin is not checked yet. */
static int read_central(const reader *r, const directory *d, size_t *at, imf_zip_entry *e)
{
    const uint8_t *c = r->p + *at;
    size_t left = (size_t)d->end - *at, name_len = 0, extra_len = 0, total = 0;

    if (left < CENTRAL_BYTES || !has_signature(c, 1, 2))
        return contradiction(r, "entries end at byte", *at, d->end);
    name_len = get16(c + 28);
    extra_len = get16(c + 30);
    total = CENTRAL_BYTES + name_len + extra_len + get16(c + 32); /* and a comment */
    if (total > left)
        return contradiction(r, "entries end at byte", *at + total, d->end);
    *e = (imf_zip_entry){.name = (const char *)c + CENTRAL_BYTES, .name_len = name_len, .flags = get16(c + 8),
                         .method = get16(c + 10), .crc = get32(c + 16), .packed = get32(c + 20), .size = get32(c + 24),
                         .begin = get32(c + 42)};
    if (get16(c + 34) != 0)
        return unfit(r, e, "number of the disk", get16(c + 34), 0);
    if (!read_extra64(c + CENTRAL_BYTES + name_len, extra_len, (uint64_t *const[]){&e->size, &e->packed, &e->begin}, 3))
        return unfit(r, e, "ZIP64 field", 0, 1);
    if (e->method == 0 && e->packed != e->size)
        return unfit(r, e, "stored size", e->packed, e->size);
    *at += total;
    return IMF_OK;
}

/* A number of the local header: that of the directory, or nothing where a descriptor tells it after the data. */
static bool agrees(uint64_t local, uint64_t central, unsigned flags)
{
    return local == central || (local == 0 && (flags & FLAG_DESCRIPTOR) != 0);
}

/* The descriptor after the data of e, which takes all the bytes up to the next entry: with or without a signature, with
 * sizes of 4 or 8 bytes. */
static int check_descriptor(const reader *r, imf_zip_entry *e, uint64_t data_end, uint64_t next)
{
    const uint8_t *p = r->p + data_end;
    uint64_t len = next - data_end;
    bool wide = len == 20 || len == 24;

    if (len != 12 && len != 16 && len != 20 && len != 24)
        return unfit(r, e, "size of the data descriptor", len, 16);
    if (len == 16 || len == 24) {
        if (!has_signature(p, 7, 8))
            return unfit(r, e, "signature of the data descriptor", get32(p), 0x08074b50);
        p += 4;
    }
    if (get32(p) != e->crc)
        return unfit(r, e, "checksum in the data descriptor", get32(p), e->crc);
    if ((wide ? get64(p + 4) : get32(p + 4)) != e->packed)
        return unfit(r, e, "size in the data descriptor", wide ? get64(p + 4) : get32(p + 4), e->packed);
    if ((wide ? get64(p + 12) : get32(p + 8)) != e->size)
        return unfit(r, e, "size in the data descriptor", wide ? get64(p + 12) : get32(p + 8), e->size);
    e->end = next;
    return IMF_OK;
}

/* The entry's own header, with the data up to at most `next`, where the next entry or the directory begins. */
static int read_local(const reader *r, imf_zip_entry *e, uint64_t next)
{
    const uint8_t *l = r->p + e->begin;
    size_t name_len = 0, extra_len = 0;
    uint64_t size = 0, packed = 0, room = next - e->begin;

    if (room < LOCAL_BYTES)
        return unfit(r, e, "room for its header", room, LOCAL_BYTES);
    if (!has_signature(l, 3, 4))
        return unfit(r, e, "signature of its header", get32(l), 0x04034b50);
    name_len = get16(l + 26);
    extra_len = get16(l + 28);
    if (room - LOCAL_BYTES < name_len + extra_len)
        return unfit(r, e, "size of its header", LOCAL_BYTES + name_len + extra_len, room);
    room -= LOCAL_BYTES + name_len + extra_len;
    if (name_len != e->name_len || memcmp(l + LOCAL_BYTES, e->name, name_len) != 0)
        return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_ENTRY_NAME, r->file,
                        e->name_len < NAME_SHOWN ? (int)e->name_len : NAME_SHOWN, e->name);
    if (get16(l + 6) != e->flags)
        return unfit(r, e, "flags", get16(l + 6), e->flags);
    if (get16(l + 8) != e->method)
        return unfit(r, e, "method", get16(l + 8), e->method);
    if (!agrees(get32(l + 14), e->crc, e->flags))
        return unfit(r, e, "checksum", get32(l + 14), e->crc);
    packed = get32(l + 18);
    size = get32(l + 22);
    if (!read_extra64(l + LOCAL_BYTES + name_len, extra_len, (uint64_t *const[]){&size, &packed}, 2))
        return unfit(r, e, "ZIP64 field", 0, 1);
    if (!agrees(packed, e->packed, e->flags) || !agrees(size, e->size, e->flags))
        return unfit(r, e, "size", size, e->size);
    if (e->packed > room)
        return unfit(r, e, "size", e->packed, room);
    e->data = l + LOCAL_BYTES + name_len + extra_len;
    e->end = (uint64_t)(e->data - r->p) + e->packed;
    return (e->flags & FLAG_DESCRIPTOR) != 0 ? check_descriptor(r, e, e->end, next) : IMF_OK;
}

/* ---- The whole archive ----------------------------------------------------------------------- */

static int compare_offsets(const void *a, const void *b)
{
    const imf_zip_entry *x = a, *y = b;

    return (x->begin > y->begin) - (x->begin < y->begin);
}

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_names(const void *a, const void *b)
{
    const imf_zip_entry *x = a, *y = b;

    return compare_text(x->name, x->name_len, y->name, y->name_len);
}

/* Reads the local headers in the order of their offsets; each entry must end where the next begins. */
static int read_locals(const reader *r, const directory *d, imf_zip *zip)
{
    int rc = IMF_OK;
    uint64_t at = 0;

    qsort(zip->entries, zip->count, sizeof *zip->entries, compare_offsets);
    for (size_t i = 0; i < zip->count; i++) {
        imf_zip_entry *e = &zip->entries[i];
        uint64_t next = i + 1 < zip->count ? zip->entries[i + 1].begin : d->offset;
        if (next > d->offset)
            next = d->offset;
        if (e->begin != at || e->begin > next)
            return imf_fail(r->err, IMF_EINPUT, MSG_ZIP_COVER, r->file,
                            e->name_len < NAME_SHOWN ? (int)e->name_len : NAME_SHOWN, e->name,
                            (unsigned long long)e->begin, (unsigned long long)at);
        IMF_TRY(read_local(r, e, next));
        at = e->end;
    }
    if (at != d->offset)
        return contradiction(r, "offset", d->offset, at);
out:
    return rc;
}

int imf_zip_read(imf_zip *zip, const uint8_t *bytes, size_t n, const char *file, imf_err *err)
{
    int rc = IMF_OK;
    const reader r = {bytes, n, file, err};
    directory d = {0};
    size_t at = 0;

    *zip = (imf_zip){0};
    IMF_TRY(read_end(&r, &d));
    zip->entries = imf_alloc_array((size_t)d.entries, sizeof *zip->entries);
    if (zip->entries == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
    at = (size_t)d.offset;
    for (; zip->count < d.entries; zip->count++)
        IMF_TRY(read_central(&r, &d, &at, &zip->entries[zip->count]));
    if (at != d.end)
        return contradiction(&r, "entries end at byte", at, d.end);
    IMF_TRY(read_locals(&r, &d, zip));

    qsort(zip->entries, zip->count, sizeof *zip->entries, compare_names);
    for (size_t i = 1; i < zip->count; i++) {
        const imf_zip_entry *e = &zip->entries[i];
        if (compare_names(e, e - 1) == 0)
            return imf_fail(err, IMF_EINPUT, MSG_ZIP_TWICE, file,
                            e->name_len < NAME_SHOWN ? (int)e->name_len : NAME_SHOWN, e->name);
    }
out:
    return rc;
}

void imf_zip_clear(imf_zip *zip)
{
    imf_free(zip->entries);
    *zip = (imf_zip){0};
}

const imf_zip_entry *imf_zip_find(const imf_zip *zip, const char *name, size_t name_len)
{
    size_t lo = 0, hi = zip->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = compare_text(zip->entries[mid].name, zip->entries[mid].name_len, name, name_len);
        if (order == 0)
            return &zip->entries[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

bool imf_zip_stored(const imf_zip_entry *e)
{
    return e->method == 0 && (e->flags & ~(unsigned)(FLAG_DESCRIPTOR | FLAG_UTF8)) == 0;
}
