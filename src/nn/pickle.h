/*
 * Reads a Python pickle (protocols 2 to 5, the instructions that PyTorch's files use) into a tree of values. Nothing
 * is ever executed or imported: a global is its two names, a call is what would be called and with what. The tree
 * may share values and may contain itself (the pickle's memo allows both): whoever walks it bounds depth and steps.
 */
#ifndef IMF_NN_PICKLE_H
#define IMF_NN_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

typedef enum imf_value_kind {
    IMF_VALUE_NONE,
    IMF_VALUE_BOOL,   /* integer: 0 or 1 */
    IMF_VALUE_INT,    /* integer */
    IMF_VALUE_LONG,   /* text: more than 8 bytes, little-endian two's complement */
    IMF_VALUE_FLOAT,  /* no loader needs its number */
    IMF_VALUE_STRING, /* text */
    IMF_VALUE_BYTES,  /* text */
    IMF_VALUE_TUPLE,  /* list */
    IMF_VALUE_LIST,   /* list */
    IMF_VALUE_DICT,   /* list: keys and values in turn; an OrderedDict too. A key may occur twice */
    IMF_VALUE_GLOBAL, /* global */
    IMF_VALUE_OBJECT, /* object: the result of a call */
    IMF_VALUE_STORAGE /* persistent id: object.args is the tuple */
} imf_value_kind;

typedef struct imf_text { /* in the pickle's bytes: not terminated, not checked to be UTF-8 */
    const char *s;
    size_t n;
} imf_text;

typedef struct imf_value imf_value;
struct imf_value {
    imf_value_kind kind;
    bool walking; /* for whoever walks the tree: it is on the present path */
    union {
        int64_t integer;
        imf_text text;
        struct {
            imf_value **items;
            size_t n, cap;
        } list;
        struct {
            imf_text module, name;
        } global;
        struct {
            imf_value *callee, *args, *state; /* state: of BUILD, or NULL */
        } object;
    };
};

typedef struct imf_pickle {
    imf_arena *arena;
    imf_value *root;
    imf_value **storages;  /* every persistent id, in the order of the pickle */
    size_t n_storages, cap_storages;
    size_t bytes;          /* the pickle's length: further ones may follow */
} imf_pickle;

/* file is for messages; bytes must outlive the tree. base is added to the positions in messages. Errors: IMF_EINPUT,
 * IMF_EMEM; *out is cleared with imf_pickle_clear in any case. */
int imf_pickle_read(imf_pickle *out, const uint8_t *bytes, size_t n, size_t base, const char *file, imf_err *err);
void imf_pickle_clear(imf_pickle *p);

bool imf_text_is(imf_text t, const char *s);
bool imf_value_is_global(const imf_value *v, const char *module, const char *name);

/* The value of a key of a DICT, the last one if it occurs twice; NULL when there is none. */
imf_value *imf_value_get(const imf_value *dict, const char *key);

#endif
