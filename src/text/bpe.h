/* What the tokenizers' files share: the table of merges, a word being merged, and the tokenizer itself. Internal to
 * src/text. */
#ifndef IMF_TEXT_BPE_H
#define IMF_TEXT_BPE_H

#include "base/mem.h"
#include "text/clean.h"
#include "text/tokenizer.h"

enum {
    IMF_MAX_TOKENIZER_FILE = 64 << 20, /* bytes, unpacked */
    IMF_MAX_PIECES = 1 << 21,          /* pieces of one vocabulary; the largest known has 901,629 */
    IMF_PIECE_SHOWN = 60               /* bytes of a piece in a message */
};

/* ---- Merges: pair of ids -> rank and the id of both together (bpe_merge.c) ---------------------- */

typedef struct imf_merge {
    uint32_t left, right, rank, id;
} imf_merge;

/* Sorted by left, then right; start[left] to start[left + 1] are those of one left id. Sorted and not hashed, so that
 * no file can be made to look up slowly. */
typedef struct imf_merges {
    imf_merge *rows;
    uint32_t *start; /* [pieces + 1] */
    uint32_t n, pieces;
} imf_merges;

/* Takes rows (imf_alloc'ed, all left and right below pieces) over. False when out of memory. */
bool imf_merges_build(imf_merges *m, imf_merge *rows, uint32_t n, uint32_t pieces);
/* After build: two rows with the same pair, or NULL. The other is the next one. */
const imf_merge *imf_merges_twice(const imf_merges *m);
const imf_merge *imf_merges_find(const imf_merges *m, uint32_t left, uint32_t right);
void imf_merges_clear(imf_merges *m);

/* ---- A word that is being merged ------------------------------------------------------------------ */

#define IMF_NO_SYMBOL UINT32_MAX

typedef struct imf_symbol {
    uint32_t id;         /* ids that are no piece's never merge */
    uint32_t prev, next; /* places, IMF_NO_SYMBOL at the ends */
} imf_symbol;

/* Working memory, used again for the next word; start with {0}. */
typedef struct imf_word {
    imf_symbol *at;
    size_t n, cap;
    uint64_t *queue, *late; /* rank << 32 | place; see bpe_merge.c */
    size_t n_queue, cap_queue, n_late, cap_late;
} imf_word;

bool imf_word_push(imf_word *w, uint32_t id);
/* Merges until no pair has a rank: the lowest rank first, leftmost first. rounds: all pairs of one rank before any pair
 * that came about meanwhile (OpenAI's loop); otherwise these join at once (tokenizers, YouTokenToMe). The two differ
 * only for merges in an order that no training makes. Walk from at[0] by next. */
bool imf_word_merge(imf_word *w, const imf_merges *m, bool rounds);
void imf_word_clear(imf_word *w);

/* ---- The tokenizer ---------------------------------------------------------------------------------- */

struct imf_tokenizer {
    bool yttm;
    bool rounds, lower;
    imf_cleaning cleaning;
    int32_t size, start, end, pad, unknown;
    imf_merges merges;
    int32_t byte_id[2][256];  /* byte pairs: of a byte inside a word, and at its end; -1 when the vocabulary has none */
    struct imf_point_id {
        uint32_t point, id;
    } *points;                /* YouTokenToMe: [n_points], by point */
    size_t n_points;
    int32_t space;            /* YouTokenToMe: id of U+2581 */
};

imf_tokenizer *imf_tokenizer_new(void);
bool imf_ids_push(imf_ids *ids, int32_t id);
int imf_tokenizer_read_file(const char *path, char **bytes, size_t *n, imf_err *err); /* all of it, at most 64 MB */

/* The two kinds of encoding; text is valid UTF-8. False when out of memory. */
bool imf_bpe_encode(const imf_tokenizer *t, imf_points *text, imf_word *word, imf_ids *ids);
bool imf_yttm_encode(const imf_tokenizer *t, imf_points *text, imf_word *word, imf_ids *ids);

#define IMF_START_MARK "<|startoftext|>"
#define IMF_END_MARK "<|endoftext|>"

/* ---- A vocabulary while it is read (bpe_vocab.c) ------------------------------------------------------ */

/* Pieces by their text. Strings stay the caller's. */
typedef struct imf_vocab {
    struct imf_piece {
        const char *text;
        uint32_t length;
        int32_t id;
    } *pieces;            /* [n], room for limit */
    struct imf_piece_slot {
        uint32_t hash, piece; /* the piece's place + 1; 0 is free */
    } *slots;
    size_t mask;
    uint32_t n, limit;    /* ids are below limit */
    uint64_t seed;
    imf_merge *rows;      /* of the merges so far */
    size_t n_rows, cap_rows;
    char *joined;         /* room to put two pieces together */
    size_t cap_joined;
} imf_vocab;

/* limit: how many pieces there may be; their ids are distinct and below it (the caller has checked). */
bool imf_vocab_init(imf_vocab *v, uint32_t limit);
/* False: a piece of this text is there already. There must be room. */
bool imf_vocab_add(imf_vocab *v, const char *text, size_t length, int32_t id);
int32_t imf_vocab_find(const imf_vocab *v, const char *text, size_t length); /* -1 when it is not there */
/* Adds the next merge. */
int imf_vocab_merge(imf_vocab *v, const char *name, const char *left, size_t n_left, const char *right, size_t n_right,
                    imf_err *err);
/* Where the two words of a line lie: begin and end of the first, begin and end of the second. */
int imf_bpe_merge_words(const char *line, size_t n, const char *name, size_t number, size_t at[4], imf_err *err);
bool imf_bpe_blank(char c);
/* Moves what was read into t: byte ids, marks, merges. */
int imf_vocab_finish(imf_vocab *v, imf_tokenizer *t, const char *vocab_name, const char *merges_name, imf_err *err);
void imf_vocab_clear(imf_vocab *v);

/* The character that stands for a byte in vocabularies, as a code point. */
uint32_t imf_bpe_alphabet(uint8_t byte);
size_t imf_bpe_alphabet_utf8(uint8_t byte, char out[4]); /* its bytes, 1 or 2 */

#endif
