/*
 * Makes PyTorch's files in memory for tests and fuzz targets, good ones and broken ones: pickles from a short notation,
 * ZIP archives of stored entries. Everything is malloc'd and aborts when there is no memory.
 */
#ifndef TESTS_TORCH_FILES_H
#define TESTS_TORCH_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct bytes {
    uint8_t *p;
    size_t n, cap;
} bytes;

static inline void add(bytes *b, const void *data, size_t n)
{
    if (n > b->cap - b->n) {
        b->cap = (b->n + n) * 2;
        b->p = realloc(b->p, b->cap);
        if (b->p == NULL)
            abort();
    }
    if (n > 0)
        memcpy(b->p + b->n, data, n);
    b->n += n;
}

static inline void add_number(bytes *b, uint64_t value, int width)
{
    for (int i = 0; i < width; i++)
        add(b, &(uint8_t){i < 8 ? (uint8_t)(value >> (8 * i)) : 0}, 1);
}

static inline void set_number(uint8_t *p, uint64_t value, int width)
{
    for (int i = 0; i < width; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

/*
 * A pickle from its notation: 'text' is a BINUNICODE, #123 a number, %module name; a GLOBAL, ~0a a byte in hex; blanks
 * are nothing, and every other character is the instruction itself. PROTO 2 is put before, unless it begins with "!".
 */
static inline void add_pickle(bytes *b, const char *s)
{
    if (*s == '!')
        s++;
    else
        add(b, "\x80\x02", 2);
    while (*s != '\0') {
        const char *end = NULL;
        if (*s == '\'') {
            end = strchr(s + 1, '\'');
            add(b, "X", 1);
            add_number(b, (uint64_t)(end - s - 1), 4);
            add(b, s + 1, (size_t)(end - s - 1));
            s = end + 1;
        } else if (*s == '#') {
            int64_t value = strtoll(s + 1, (char **)(uintptr_t)&s, 10);
            add(b, value == (int32_t)value ? "J" : "\x8a\x08", value == (int32_t)value ? 1 : 2);
            add_number(b, (uint64_t)value, value == (int32_t)value ? 4 : 8);
        } else if (*s == '%') {
            end = strchr(s, ';');
            add(b, "c", 1);
            for (s++; s < end; s++)
                add(b, *s == ' ' ? "\n" : s, 1);
            add(b, "\n", 1);
            s++;
        } else if (*s == '~') {
            char hex[3] = {s[1], s[2], '\0'};
            add_number(b, strtoul(hex, NULL, 16), 1);
            s += 3;
        } else {
            if (*s != ' ')
                add(b, s, 1);
            s++;
        }
    }
}

#define HOOKS "%collections OrderedDict;)R"
#define STORAGE_ID(class, key, count) "('storage' %torch " class ";'" key "''cpu'" count " tQ"
#define TENSOR_OF(storage, offset, size, stride) \
    "%torch._utils _rebuild_tensor_v2;(" storage offset "(" size "t(" stride "t ~89" HOOKS "tR"
#define TENSOR(size, stride) TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#0", size, stride)
#define GOOD_TENSOR TENSOR("#2#3", "#3#1")

/* ---- ZIP --------------------------------------------------------------------------------------- */

typedef struct zip_item {
    const char *name;
    const void *data;
    size_t n;
    unsigned extra; /* bytes of padding in the local header, as PyTorch aligns with */
    bool descriptor; /* checksum and sizes after the data, and zeros in the local header, as PyTorch does */
} zip_item;

enum { MAX_ITEMS = 16 };

typedef struct zip_places { /* offsets, for the tests that then damage something there */
    size_t local[MAX_ITEMS], data[MAX_ITEMS], descriptor[MAX_ITEMS], central[MAX_ITEMS], end64, locator, end;
} zip_places;

static inline void add_zip(bytes *b, const zip_item *items, size_t n, bool zip64, zip_places *places)
{
    size_t directory = 0, start = b->n;

    *places = (zip_places){0};
    for (size_t i = 0; i < n; i++) {
        uint32_t crc = (uint32_t)crc32_z(0, items[i].data, items[i].n);
        bool later = items[i].descriptor;
        places->local[i] = b->n - start;
        add(b, "PK\3\4\0\0", 6);
        add_number(b, later ? 0x808 : 0x800, 2);
        add_number(b, 0, 6); /* method, time, date */
        add_number(b, later ? 0 : crc, 4);
        add_number(b, later ? 0 : items[i].n, 4);
        add_number(b, later ? 0 : items[i].n, 4);
        add_number(b, strlen(items[i].name), 2);
        add_number(b, items[i].extra, 2);
        add(b, items[i].name, strlen(items[i].name));
        for (unsigned k = 0; k < items[i].extra; k++)
            add(b, "Z", 1);
        places->data[i] = b->n - start;
        add(b, items[i].data, items[i].n);
        places->descriptor[i] = b->n - start;
        if (later) {
            add(b, "PK\7\10", 4);
            add_number(b, crc, 4);
            add_number(b, items[i].n, 4);
            add_number(b, items[i].n, 4);
        }
    }
    directory = b->n - start;
    for (size_t i = 0; i < n; i++) {
        places->central[i] = b->n - start;
        add(b, "PK\1\2\0\0\0\0", 8);
        add_number(b, items[i].descriptor ? 0x808 : 0x800, 2);
        add_number(b, 0, 6);
        add_number(b, crc32_z(0, items[i].data, items[i].n), 4);
        add_number(b, items[i].n, 4);
        add_number(b, items[i].n, 4);
        add_number(b, strlen(items[i].name), 2);
        add_number(b, 0, 12); /* extra, comment, disk, attributes */
        add_number(b, places->local[i], 4);
        add(b, items[i].name, strlen(items[i].name));
    }
    if (zip64) {
        places->end64 = b->n - start;
        add(b, "PK\6\6", 4);
        add_number(b, 44, 8);
        add_number(b, 0x2d031e, 4);
        add_number(b, 0, 8);
        add_number(b, n, 8);
        add_number(b, n, 8);
        add_number(b, places->end64 - directory, 8);
        add_number(b, directory, 8);
        places->locator = b->n - start;
        add(b, "PK\6\7", 4);
        add_number(b, 0, 4);
        add_number(b, places->end64, 8);
        add_number(b, 1, 4);
    }
    places->end = b->n - start;
    add(b, "PK\5\6", 4);
    add_number(b, 0, 4);
    add_number(b, n, 2);
    add_number(b, n, 2);
    add_number(b, (zip64 ? places->end64 : places->end) - directory, 4);
    add_number(b, directory, 4);
    add_number(b, 0, 2);
}

/* An archive as torch.save writes it: the pickle, storage "0" of six floats, storage "1" of 64 bytes, storage "2" of
 * none. */
static inline void add_archive(bytes *b, const void *pickle, size_t n, zip_places *places)
{
    static const float six[6] = {1, 2, 3, 4, 5, 6};
    static const uint8_t rest[64] = {1, 0, 1};
    const zip_item items[] = {
        {"a/data.pkl", pickle, n, 24, true}, {"a/data/0", six, sizeof six, 32, true},
        {"a/data/1", rest, sizeof rest, 0, true}, {"a/data/2", rest, 0, 8, true}, {"a/version", "3\n", 2, 57, true},
    };

    add_zip(b, items, 5, true, places);
}

#endif
