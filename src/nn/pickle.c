/*
 * The machine of pickle.h: a stack of values, marks in it, and a memo. It executes data instructions only; REDUCE,
 * NEWOBJ and BUILD just write down what would be called.
 *
 * Bounds: an instruction costs one step, making a dict of a list of pairs one step a pair, and there are MAX_STEPS.
 * Values, stack, marks and lists grow by a constant amount a step, so a few hundred MB are the most that any pickle
 * can take. No recursion anywhere: nesting is just a longer chain of values.
 *
 * Instructions: CPython's Lib/pickletools.py.
 */
#include "nn/pickle.h"

#include <string.h>

#include "base/lang.h"

enum {
    MAX_STEPS = 2 * 1000 * 1000, /* the largest models need some 50,000 */
    MAX_MEMO = 1000 * 1000,
    MAX_MARKS = 1000             /* open marks: nesting of dicts and tuples in the text */
};

typedef struct machine {
    const uint8_t *p;
    size_t n, at, op_at; /* the next byte; where the present instruction began */
    size_t base;
    const char *file;
    imf_err *err;
    imf_pickle *out;
    imf_value **stack;
    size_t depth, stack_cap;
    size_t *marks;       /* depths of the stack */
    size_t n_marks, marks_cap;
    imf_value **memo;
    size_t memo_size, n_memo;
    size_t steps;
} machine;

bool imf_text_is(imf_text t, const char *s)
{
    return t.n == strlen(s) && memcmp(t.s, s, t.n) == 0;
}

bool imf_value_is_global(const imf_value *v, const char *module, const char *name)
{
    return v != NULL && v->kind == IMF_VALUE_GLOBAL && imf_text_is(v->global.module, module) &&
           imf_text_is(v->global.name, name);
}

imf_value *imf_value_get(const imf_value *dict, const char *key)
{
    for (size_t i = dict->list.n; i >= 2; i -= 2) {
        const imf_value *k = dict->list.items[i - 2];
        if (k->kind == IMF_VALUE_STRING && imf_text_is(k->text, key))
            return dict->list.items[i - 1];
    }
    return NULL;
}

/* ---- Faults and bounds ----------------------------------------------------------------------- */

static int out_of_memory(const machine *m)
{
    return imf_fail(m->err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading weights");
}

static int broken(const machine *m, const char *what)
{
    return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_BROKEN, m->file, m->base + m->op_at, what);
}

static int too_large(const machine *m)
{
    return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_LARGE, m->file, m->base + m->op_at);
}

static int spend(machine *m, size_t steps)
{
    if (steps > MAX_STEPS - m->steps)
        return too_large(m);
    m->steps += steps;
    return IMF_OK;
}

/* ---- Reading bytes --------------------------------------------------------------------------- */

static int take(machine *m, size_t n, const uint8_t **out)
{
    if (n > m->n - m->at)
        return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_CUT, m->file, m->base + m->n);
    *out = m->p + m->at;
    m->at += n;
    return IMF_OK;
}

/* An unsigned number of 1 to 8 bytes, little-endian. */
static int take_number(machine *m, size_t width, uint64_t *out)
{
    const uint8_t *p = NULL;
    int rc = take(m, width, &p);

    *out = 0;
    for (size_t i = 0; rc == IMF_OK && i < width; i++)
        *out |= (uint64_t)p[i] << (8 * i);
    return rc;
}

/* A length of `width` bytes, and as many bytes. */
static int take_text(machine *m, size_t width, imf_text *out)
{
    int rc = IMF_OK;
    uint64_t n = 0;
    const uint8_t *p = NULL;

    IMF_TRY(take_number(m, width, &n));
    if (n > m->n - m->at)
        return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_CUT, m->file, m->base + m->n);
    IMF_TRY(take(m, (size_t)n, &p));
    *out = (imf_text){(const char *)p, (size_t)n};
out:
    return rc;
}

static int take_line(machine *m, imf_text *out)
{
    const uint8_t *start = m->p + m->at, *end = memchr(start, '\n', m->n - m->at);

    if (end == NULL)
        return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_CUT, m->file, m->base + m->n);
    *out = (imf_text){(const char *)start, (size_t)(end - start)};
    m->at += out->n + 1;
    return IMF_OK;
}

/* ---- Stack, marks, memo ---------------------------------------------------------------------- */

static int push(machine *m, imf_value *v)
{
    if (!imf_grow((void **)&m->stack, m->depth, &m->stack_cap, sizeof *m->stack))
        return out_of_memory(m);
    m->stack[m->depth++] = v;
    return IMF_OK;
}

static int push_new(machine *m, imf_value_kind kind, imf_value **out)
{
    imf_value *v = imf_arena_alloc(m->out->arena, sizeof *v);

    if (v == NULL)
        return out_of_memory(m);
    v->kind = kind;
    *out = v;
    return push(m, v);
}

static int push_text(machine *m, imf_value_kind kind, imf_text text)
{
    imf_value *v = NULL;
    int rc = push_new(m, kind, &v);

    if (rc == IMF_OK)
        v->text = text;
    return rc;
}

static int push_integer(machine *m, imf_value_kind kind, int64_t n)
{
    imf_value *v = NULL;
    int rc = push_new(m, kind, &v);

    if (rc == IMF_OK)
        v->integer = n;
    return rc;
}

/* Values above the last mark: nothing below it may be taken. */
static size_t available(const machine *m)
{
    return m->depth - (m->n_marks > 0 ? m->marks[m->n_marks - 1] : 0);
}

static int pop(machine *m, imf_value **out)
{
    if (available(m) == 0)
        return broken(m, imf_tr(WHAT_PICKLE_STACK));
    *out = m->stack[--m->depth];
    return IMF_OK;
}

/* The value under what is taken: a container that is filled, an object that gets its state. */
static int top(machine *m, imf_value **out)
{
    if (available(m) == 0)
        return broken(m, imf_tr(WHAT_PICKLE_STACK));
    *out = m->stack[m->depth - 1];
    return IMF_OK;
}

static int push_mark(machine *m)
{
    if (m->n_marks == MAX_MARKS)
        return broken(m, imf_tr(WHAT_PICKLE_NESTING));
    if (!imf_grow((void **)&m->marks, m->n_marks, &m->marks_cap, sizeof *m->marks))
        return out_of_memory(m);
    m->marks[m->n_marks++] = m->depth;
    return IMF_OK;
}

/* Takes the last mark away, with everything above it: *items are the *n values, valid until the next push. */
static int pop_mark(machine *m, imf_value ***items, size_t *n)
{
    if (m->n_marks == 0)
        return broken(m, imf_tr(WHAT_PICKLE_MARK));
    *n = available(m);
    m->depth -= *n;
    m->n_marks--;
    *items = *n > 0 ? m->stack + m->depth : NULL; /* the stack may not exist yet */
    return IMF_OK;
}

static int put(machine *m, uint64_t index)
{
    int rc = IMF_OK;
    imf_value *v = NULL;

    IMF_TRY(top(m, &v));
    if (index >= MAX_MEMO)
        return too_large(m);
    if (index >= m->memo_size) {
        size_t size = index < 128 ? 256 : (size_t)index * 2;
        imf_value **memo = imf_realloc_array(m->memo, size, sizeof *memo);
        if (memo == NULL)
            return out_of_memory(m);
        memset(memo + m->memo_size, 0, (size - m->memo_size) * sizeof *memo);
        m->memo = memo;
        m->memo_size = size;
    }
    m->n_memo += m->memo[index] == NULL;
    m->memo[index] = v;
out:
    return rc;
}

static int get(machine *m, uint64_t index)
{
    if (index >= m->memo_size || m->memo[index] == NULL)
        return broken(m, imf_tr(WHAT_PICKLE_MEMO));
    return push(m, m->memo[index]);
}

/* ---- Containers ------------------------------------------------------------------------------ */

static int append(machine *m, imf_value *list, imf_value *const *items, size_t n)
{
    if (n > list->list.cap - list->list.n) {
        size_t cap = list->list.cap * 2 > list->list.n + n ? list->list.cap * 2 : list->list.n + n;
        imf_value **more = imf_arena_alloc(m->out->arena, cap * sizeof *more); /* cap <= 4 MAX_STEPS */
        if (more == NULL)
            return out_of_memory(m);
        if (list->list.n > 0)
            memcpy(more, list->list.items, list->list.n * sizeof *more);
        list->list.items = more;
        list->list.cap = cap;
    }
    if (n > 0)
        memcpy(list->list.items + list->list.n, items, n * sizeof *items);
    list->list.n += n;
    return IMF_OK;
}

static int make_list(machine *m, imf_value_kind kind, imf_value *const *items, size_t n)
{
    int rc = IMF_OK;
    imf_value *v = imf_arena_alloc(m->out->arena, sizeof *v);

    if (v == NULL)
        return out_of_memory(m);
    v->kind = kind;
    if (kind == IMF_VALUE_DICT && n % 2 != 0)
        return broken(m, imf_tr(WHAT_PICKLE_PAIR));
    IMF_TRY(append(m, v, items, n));
    rc = push(m, v);
out:
    return rc;
}

/* TUPLE, LIST, DICT: of everything above the mark. */
static int make_marked(machine *m, imf_value_kind kind)
{
    int rc = IMF_OK;
    imf_value **items = NULL;
    size_t n = 0;

    IMF_TRY(pop_mark(m, &items, &n));
    rc = make_list(m, kind, items, n);
out:
    return rc;
}

/* TUPLE1 to TUPLE3 */
static int make_tuple(machine *m, size_t n)
{
    if (available(m) < n)
        return broken(m, imf_tr(WHAT_PICKLE_STACK));
    m->depth -= n;
    return make_list(m, IMF_VALUE_TUPLE, m->stack + m->depth, n);
}

/* APPEND, APPENDS, SETITEM, SETITEMS: n values that were taken go into the container under them. An object that is a
 * list or dict of some other class keeps nothing: no loader may use it anyway. */
static int fill(machine *m, imf_value_kind kind, imf_value *const *items, size_t n)
{
    int rc = IMF_OK;
    imf_value *container = NULL;

    IMF_TRY(top(m, &container));
    if (container->kind == IMF_VALUE_OBJECT)
        return IMF_OK;
    if (container->kind != kind)
        return broken(m, imf_tr(WHAT_PICKLE_CONTAINER));
    if (kind == IMF_VALUE_DICT && n % 2 != 0)
        return broken(m, imf_tr(WHAT_PICKLE_PAIR));
    rc = append(m, container, items, n);
out:
    return rc;
}

static int fill_some(machine *m, imf_value_kind kind, size_t n)
{
    if (available(m) < n + 1)
        return broken(m, imf_tr(WHAT_PICKLE_STACK));
    m->depth -= n;
    return fill(m, kind, m->stack + m->depth, n);
}

static int fill_marked(machine *m, imf_value_kind kind)
{
    int rc = IMF_OK;
    imf_value **items = NULL;
    size_t n = 0;

    IMF_TRY(pop_mark(m, &items, &n));
    rc = fill(m, kind, items, n);
out:
    return rc;
}

/* ---- Globals and calls ----------------------------------------------------------------------- */

static int push_global(machine *m, imf_text module, imf_text name)
{
    int rc = IMF_OK;
    imf_value *v = NULL;

    IMF_TRY(push_new(m, IMF_VALUE_GLOBAL, &v));
    v->global.module = module;
    v->global.name = name;
out:
    return rc;
}

static int read_global(machine *m)
{
    int rc = IMF_OK;
    imf_text module = {0}, name = {0};

    IMF_TRY(take_line(m, &module));
    IMF_TRY(take_line(m, &name));
    rc = push_global(m, module, name);
out:
    return rc;
}

static int stack_global(machine *m)
{
    int rc = IMF_OK;
    imf_value *module = NULL, *name = NULL;

    IMF_TRY(pop(m, &name));
    IMF_TRY(pop(m, &module));
    if (module->kind != IMF_VALUE_STRING || name->kind != IMF_VALUE_STRING)
        return broken(m, imf_tr(WHAT_PICKLE_GLOBAL));
    rc = push_global(m, module->text, name->text);
out:
    return rc;
}

/* OrderedDict() or, as Python 2 wrote it, OrderedDict([[key, value], ...]): the one call that has a result here. */
static int make_ordered_dict(machine *m, const imf_value *args)
{
    int rc = IMF_OK;
    imf_value *dict = NULL;
    const imf_value *pairs = args->list.n == 1 ? args->list.items[0] : NULL;

    if (args->list.n > 1 || (pairs != NULL && pairs->kind != IMF_VALUE_LIST))
        return broken(m, imf_tr(WHAT_PICKLE_ORDERED));
    IMF_TRY(push_new(m, IMF_VALUE_DICT, &dict));
    if (pairs == NULL)
        return IMF_OK;
    IMF_TRY(spend(m, pairs->list.n));
    for (size_t i = 0; i < pairs->list.n; i++) {
        const imf_value *pair = pairs->list.items[i];
        if ((pair->kind != IMF_VALUE_LIST && pair->kind != IMF_VALUE_TUPLE) || pair->list.n != 2)
            return broken(m, imf_tr(WHAT_PICKLE_ORDERED));
        IMF_TRY(append(m, dict, pair->list.items, 2));
    }
out:
    return rc;
}

/* REDUCE and NEWOBJ: what would be called, with what. */
static int call(machine *m)
{
    int rc = IMF_OK;
    imf_value *args = NULL, *callee = NULL, *v = NULL;

    IMF_TRY(pop(m, &args));
    IMF_TRY(pop(m, &callee));
    if (args->kind != IMF_VALUE_TUPLE)
        return broken(m, imf_tr(WHAT_PICKLE_ARGUMENTS));
    if (imf_value_is_global(callee, "collections", "OrderedDict"))
        return make_ordered_dict(m, args);
    IMF_TRY(push_new(m, IMF_VALUE_OBJECT, &v));
    v->object.callee = callee;
    v->object.args = args;
out:
    return rc;
}

/* Attributes of a dict (PyTorch hangs `_metadata` on an OrderedDict) are nothing that a loader needs. */
static int build(machine *m)
{
    int rc = IMF_OK;
    imf_value *state = NULL, *v = NULL;

    IMF_TRY(pop(m, &state));
    IMF_TRY(top(m, &v));
    if (v->kind == IMF_VALUE_OBJECT)
        v->object.state = state;
    else if (v->kind != IMF_VALUE_DICT)
        return broken(m, imf_tr(WHAT_PICKLE_CONTAINER));
out:
    return rc;
}

static int persistent_id(machine *m)
{
    int rc = IMF_OK;
    imf_value *id = NULL, *v = NULL;
    imf_pickle *out = m->out;

    IMF_TRY(pop(m, &id));
    if (id->kind != IMF_VALUE_TUPLE)
        return broken(m, imf_tr(WHAT_PICKLE_ARGUMENTS));
    IMF_TRY(push_new(m, IMF_VALUE_STORAGE, &v));
    v->object.args = id;
    if (!imf_grow((void **)&out->storages, out->n_storages, &out->cap_storages, sizeof(imf_value *)))
        return out_of_memory(m);
    out->storages[out->n_storages++] = v;
out:
    return rc;
}

/* ---- Instructions ---------------------------------------------------------------------------- */

/* LONG1: up to 255 bytes, sign extended. */
static int read_long(machine *m)
{
    int rc = IMF_OK;
    imf_text t = {0};
    uint64_t bits = 0;

    IMF_TRY(take_text(m, 1, &t));
    if (t.n > 8)
        return push_text(m, IMF_VALUE_LONG, t);
    for (size_t i = 0; i < 8; i++) {
        bool negative = t.n > 0 && ((uint8_t)t.s[t.n - 1] & 0x80) != 0;
        uint8_t byte = i < t.n ? (uint8_t)t.s[i] : negative ? 0xff : 0;
        bits |= (uint64_t)byte << (8 * i);
    }
    rc = push_integer(m, IMF_VALUE_INT, (int64_t)bits);
out:
    return rc;
}

static int read_integer(machine *m, size_t width)
{
    uint64_t n = 0;
    int rc = take_number(m, width, &n);

    if (rc != IMF_OK)
        return rc;
    return push_integer(m, IMF_VALUE_INT, width == 4 ? (int64_t)(int32_t)(uint32_t)n : (int64_t)n);
}

static int read_text(machine *m, imf_value_kind kind, size_t width)
{
    imf_text t = {0};
    int rc = take_text(m, width, &t);

    return rc == IMF_OK ? push_text(m, kind, t) : rc;
}

static int read_float(machine *m)
{
    const uint8_t *p = NULL;
    int rc = take(m, 8, &p);

    return rc == IMF_OK ? push_integer(m, IMF_VALUE_FLOAT, 0) : rc;
}

/* BINPUT, LONG_BINPUT, BINGET, LONG_BINGET */
static int use_memo(machine *m, size_t width, int (*use)(machine *, uint64_t))
{
    uint64_t index = 0;
    int rc = take_number(m, width, &index);

    return rc == IMF_OK ? use(m, index) : rc;
}

/* FRAME: its length must lie inside the pickle; a frame is a hint to a buffered reader and nothing else. */
static int read_frame(machine *m)
{
    uint64_t n = 0;
    int rc = take_number(m, 8, &n);

    if (rc == IMF_OK && n > m->n - m->at)
        return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_CUT, m->file, m->base + m->n);
    return rc;
}

static int drop(machine *m)
{
    imf_value *v = NULL;

    if (available(m) == 0 && m->n_marks > 0) { /* POP also takes a mark */
        m->n_marks--;
        return IMF_OK;
    }
    return pop(m, &v);
}

/* Instructions that carry their value. */
static int run_literal(machine *m, uint8_t op)
{
    switch (op) {
    case 'N': return push_integer(m, IMF_VALUE_NONE, 0);
    case 0x88: return push_integer(m, IMF_VALUE_BOOL, 1);    /* NEWTRUE */
    case 0x89: return push_integer(m, IMF_VALUE_BOOL, 0);    /* NEWFALSE */
    case 'K': return read_integer(m, 1);                     /* BININT1 */
    case 'M': return read_integer(m, 2);                     /* BININT2 */
    case 'J': return read_integer(m, 4);                     /* BININT */
    case 0x8a: return read_long(m);                          /* LONG1 */
    case 'G': return read_float(m);                          /* BINFLOAT */
    case 'X': return read_text(m, IMF_VALUE_STRING, 4);      /* BINUNICODE */
    case 0x8c: return read_text(m, IMF_VALUE_STRING, 1);     /* SHORT_BINUNICODE */
    case 0x8d: return read_text(m, IMF_VALUE_STRING, 8);     /* BINUNICODE8 */
    case 'T': return read_text(m, IMF_VALUE_STRING, 4);      /* BINSTRING: str of Python 2 */
    case 'U': return read_text(m, IMF_VALUE_STRING, 1);      /* SHORT_BINSTRING */
    case 'B': return read_text(m, IMF_VALUE_BYTES, 4);       /* BINBYTES */
    case 'C': return read_text(m, IMF_VALUE_BYTES, 1);       /* SHORT_BINBYTES */
    default: break;
    }
    return imf_fail(m->err, IMF_EINPUT, MSG_PICKLE_OPCODE, m->file, m->base + m->op_at, (unsigned)op);
}

static int run(machine *m, uint8_t op)
{
    imf_value **items = NULL;
    size_t n = 0;

    switch (op) {
    case '(': return push_mark(m);
    case '0': return drop(m);                                /* POP */
    case '1': return pop_mark(m, &items, &n);                /* POP_MARK */
    case ')': return make_list(m, IMF_VALUE_TUPLE, NULL, 0); /* EMPTY_TUPLE */
    case ']': return make_list(m, IMF_VALUE_LIST, NULL, 0);  /* EMPTY_LIST */
    case '}': return make_list(m, IMF_VALUE_DICT, NULL, 0);  /* EMPTY_DICT */
    case 't': return make_marked(m, IMF_VALUE_TUPLE);
    case 'l': return make_marked(m, IMF_VALUE_LIST);
    case 'd': return make_marked(m, IMF_VALUE_DICT);
    case 0x85: return make_tuple(m, 1);                      /* TUPLE1 */
    case 0x86: return make_tuple(m, 2);
    case 0x87: return make_tuple(m, 3);
    case 'a': return fill_some(m, IMF_VALUE_LIST, 1);        /* APPEND */
    case 'e': return fill_marked(m, IMF_VALUE_LIST);         /* APPENDS */
    case 's': return fill_some(m, IMF_VALUE_DICT, 2);        /* SETITEM */
    case 'u': return fill_marked(m, IMF_VALUE_DICT);         /* SETITEMS */
    case 'q': return use_memo(m, 1, put);                    /* BINPUT */
    case 'r': return use_memo(m, 4, put);                    /* LONG_BINPUT */
    case 0x94: return put(m, m->n_memo);                     /* MEMOIZE */
    case 'h': return use_memo(m, 1, get);                    /* BINGET */
    case 'j': return use_memo(m, 4, get);                    /* LONG_BINGET */
    case 'c': return read_global(m);                         /* GLOBAL */
    case 0x93: return stack_global(m);                       /* STACK_GLOBAL */
    case 'R': return call(m);                                /* REDUCE */
    case 0x81: return call(m);                               /* NEWOBJ */
    case 'b': return build(m);                               /* BUILD */
    case 'Q': return persistent_id(m);                       /* BINPERSID */
    case 0x95: return read_frame(m);                         /* FRAME */
    default: return run_literal(m, op);
    }
}

/* PROTO first, then instructions up to STOP. */
static int run_all(machine *m)
{
    int rc = IMF_OK;
    const uint8_t *p = NULL;

    IMF_TRY(take(m, 2, &p));
    if (p[0] != 0x80 || p[1] < 2 || p[1] > 5)
        return broken(m, imf_tr(WHAT_PICKLE_PROTOCOL));
    for (;;) {
        m->op_at = m->at;
        IMF_TRY(take(m, 1, &p));
        IMF_TRY(spend(m, 1));
        if (*p == '.')
            break;
        IMF_TRY(run(m, *p));
    }
    if (m->depth != 1 || m->n_marks != 0)
        return broken(m, imf_tr(WHAT_PICKLE_END));
    m->out->root = m->stack[0];
    m->out->bytes = m->at;
out:
    return rc;
}

int imf_pickle_read(imf_pickle *out, const uint8_t *bytes, size_t n, size_t base, const char *file, imf_err *err)
{
    int rc = IMF_OK;
    machine m = {.p = bytes, .n = n, .base = base, .file = file, .err = err, .out = out};

    *out = (imf_pickle){.arena = imf_arena_new()};
    if (out->arena == NULL)
        return out_of_memory(&m);
    rc = run_all(&m);
    imf_free(m.stack);
    imf_free(m.marks);
    imf_free(m.memo);
    return rc;
}

void imf_pickle_clear(imf_pickle *p)
{
    imf_arena_free(&p->arena);
    imf_free(p->storages);
    *p = (imf_pickle){0};
}
