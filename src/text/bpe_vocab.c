/*
 * A vocabulary of byte pairs while it is read: pieces by their text, and the merges so far. Every file format of the
 * kind ends here, so that the checks are made once: merges name pieces that are there, no pair is merged in two ways,
 * the marks exist.
 *
 * The pieces are hashed with a number drawn at random for each table, so that no file can make them collide on purpose.
 */
#include "text/bpe.h"

#include <string.h>
#include <sys/random.h>

static const char word_end[] = "</w>";

/* ---- The alphabet ---------------------------------------------------------------------------- */

static bool stands_for_itself(unsigned byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

uint32_t imf_bpe_alphabet(uint8_t byte)
{
    uint32_t point = 0x100; /* the other 68 bytes follow one another from here */

    if (stands_for_itself(byte))
        return byte;
    for (unsigned b = 0; b < byte; b++)
        point += !stands_for_itself(b);
    return point;
}

size_t imf_bpe_alphabet_utf8(uint8_t byte, char out[4])
{
    uint32_t c = imf_bpe_alphabet(byte);

    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = (char)(0xC0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3F));
    return 2;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(const imf_vocab *v, const char *text, size_t length)
{
    static const uint64_t odd = 0x9E3779B97F4A7C15u;
    uint64_t h = v->seed ^ length, word = 0;
    size_t i = 0;

    for (; i + sizeof word <= length; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        h = mix(h ^ word, odd ^ v->seed);
    }
    word = 0;
    memcpy(&word, text + i, length - i);
    return mix(h ^ word, odd ^ v->seed);
}

/* The slot of the piece, or the free one where it would be. */
static struct imf_piece_slot *slot_of(const imf_vocab *v, const char *text, size_t length, uint64_t h)
{
    size_t i = (size_t)h & v->mask;

    for (; v->slots[i].piece != 0; i = (i + 1) & v->mask) {
        const struct imf_piece *piece = &v->pieces[v->slots[i].piece - 1];
        if (v->slots[i].hash == (uint32_t)(h >> 32) && piece->length == length &&
            memcmp(piece->text, text, length) == 0)
            break;
    }
    return &v->slots[i];
}

bool imf_vocab_init(imf_vocab *v, uint32_t limit)
{
    size_t slots = 16;

    memset(v, 0, sizeof *v);
    while (slots < 2 * (size_t)limit)
        slots *= 2;
    if (getrandom(&v->seed, sizeof v->seed, GRND_NONBLOCK) != (ssize_t)sizeof v->seed)
        v->seed = (uint64_t)(uintptr_t)v;
    v->limit = limit;
    v->mask = slots - 1;
    v->slots = imf_alloc_array(slots, sizeof *v->slots);
    v->pieces = imf_alloc_array((size_t)limit + 1, sizeof *v->pieces);
    return v->slots != NULL && v->pieces != NULL;
}

bool imf_vocab_add(imf_vocab *v, const char *text, size_t length, int32_t id)
{
    uint64_t h = hash(v, text, length);
    struct imf_piece_slot *slot = slot_of(v, text, length, h);

    if (slot->piece != 0)
        return false;
    v->pieces[v->n++] = (struct imf_piece){text, (uint32_t)length, id};
    *slot = (struct imf_piece_slot){(uint32_t)(h >> 32), v->n};
    return true;
}

int32_t imf_vocab_find(const imf_vocab *v, const char *text, size_t length)
{
    const struct imf_piece_slot *slot = slot_of(v, text, length, hash(v, text, length));

    return slot->piece != 0 ? v->pieces[slot->piece - 1].id : -1;
}

/* ---- Merges ---------------------------------------------------------------------------------- */

/* The id of a piece that a merge names. */
static int need_piece(const imf_vocab *v, const char *name, const char *text, size_t length, uint32_t *id, imf_err *err)
{
    int32_t found = imf_vocab_find(v, text, length);

    if (found < 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MERGE_UNKNOWN, name, v->n_rows + 1,
                        (int)(length < IMF_PIECE_SHOWN ? length : IMF_PIECE_SHOWN), text);
    *id = (uint32_t)found;
    return IMF_OK;
}

int imf_vocab_merge(imf_vocab *v, const char *name, const char *left, size_t n_left, const char *right, size_t n_right,
                    imf_err *err)
{
    int rc = IMF_OK;
    imf_merge merge = {.rank = (uint32_t)v->n_rows};
    size_t length = n_left + n_right; /* both lie in a file of at most 64 MB */

    if (v->n_rows >= IMF_MAX_PIECES)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MANY, name, IMF_MAX_PIECES);
    if (length > v->cap_joined) {
        char *grown = imf_realloc_array(v->joined, 2 * length, 1);
        if (grown == NULL)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        v->joined = grown;
        v->cap_joined = 2 * length;
    }
    IMF_TRY(need_piece(v, name, left, n_left, &merge.left, err));
    IMF_TRY(need_piece(v, name, right, n_right, &merge.right, err));
    memcpy(v->joined, left, n_left);
    memcpy(v->joined + n_left, right, n_right);
    IMF_TRY(need_piece(v, name, v->joined, length, &merge.id, err));
    if (v->n_rows == v->cap_rows && !imf_grow((void **)&v->rows, v->n_rows, &v->cap_rows, sizeof *v->rows))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    v->rows[v->n_rows++] = merge;
out:
    return rc;
}

bool imf_bpe_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int imf_bpe_merge_words(const char *line, size_t n, const char *name, size_t number, size_t at[4], imf_err *err)
{
    size_t i = 0;

    for (int k = 0; k < 4; k++) {
        while (i < n && imf_bpe_blank(line[i]) == (k % 2 == 0))
            i++;
        at[k] = i;
    }
    while (i < n && imf_bpe_blank(line[i]))
        i++;
    if (at[2] == at[3] || i < n)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MERGE_LINE, name, number,
                        (int)(n < IMF_PIECE_SHOWN ? n : IMF_PIECE_SHOWN), line);
    return IMF_OK;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int need_mark(const imf_vocab *v, const char *name, const char *mark, int32_t *id, imf_err *err)
{
    *id = imf_vocab_find(v, mark, strlen(mark));
    return *id >= 0 ? IMF_OK : imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_NO_PIECE, name, mark);
}

int imf_vocab_finish(imf_vocab *v, imf_tokenizer *t, const char *vocab_name, const char *merges_name, imf_err *err)
{
    int rc = IMF_OK;
    imf_merge *rows = v->rows;
    const imf_merge *twice = NULL;

    t->size = (int32_t)v->limit;
    IMF_TRY(need_mark(v, vocab_name, IMF_START_MARK, &t->start, err));
    IMF_TRY(need_mark(v, vocab_name, IMF_END_MARK, &t->end, err));
    for (unsigned b = 0; b < 256; b++) {
        char piece[4 + sizeof word_end];
        size_t n = imf_bpe_alphabet_utf8((uint8_t)b, piece);
        t->byte_id[0][b] = imf_vocab_find(v, piece, n);
        memcpy(piece + n, word_end, sizeof word_end);
        t->byte_id[1][b] = imf_vocab_find(v, piece, n + sizeof word_end - 1);
    }
    v->rows = NULL;
    if (!imf_merges_build(&t->merges, rows, (uint32_t)v->n_rows, v->limit))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    twice = imf_merges_twice(&t->merges);
    if (twice != NULL)
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MERGE_TWICE, merges_name, (size_t)twice[0].rank + 1,
                      (size_t)twice[1].rank + 1);
out:
    return rc;
}

void imf_vocab_clear(imf_vocab *v)
{
    imf_free(v->slots);
    imf_free(v->pieces);
    imf_free(v->rows);
    imf_free(v->joined);
    memset(v, 0, sizeof *v);
}
