/*
 * OpenAI's own vocabulary, bpe_simple_vocab_16e6.txt: a comment, then one merge a line; what follows the 48,894th is
 * not used. The pieces are not written out: the 256 characters of the alphabet, the same at a word's end, then what
 * each merge makes, then the two marks.
 */
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "text/bpe.h"

enum {
    MAX_MERGES = 49152 - 256 - 2,
    FIRST_MERGE = 512, /* the id of what the first merge makes */
    CHUNK = 1 << 16
};

/* ---- gzip ------------------------------------------------------------------------------------ */

static int unpack(const uint8_t *bytes, size_t n, const char *name, imf_buf *out, imf_err *err)
{
    int rc = IMF_OK, status = Z_OK;
    z_stream z = {0};
    unsigned char *chunk = imf_alloc(CHUNK);

    if (chunk == NULL || inflateInit2(&z, MAX_WBITS + 16) != Z_OK) {
        imf_free(chunk);
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    }
    z.next_in = (unsigned char *)(uintptr_t)bytes;
    z.avail_in = (unsigned)n; /* at most 64 MB */
    while (status == Z_OK) {
        z.next_out = chunk;
        z.avail_out = CHUNK;
        status = inflate(&z, Z_NO_FLUSH);
        if ((status == Z_OK || status == Z_STREAM_END) && !imf_buf_append(out, chunk, CHUNK - z.avail_out)) {
            rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_LARGE, name, IMF_MAX_TOKENIZER_FILE >> 20);
            goto out;
        }
    }
    if (status != Z_STREAM_END || z.avail_in > 0)
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_GZIP, name);
out:
    inflateEnd(&z);
    imf_free(chunk);
    return rc;
}

/* ---- The text -------------------------------------------------------------------------------- */

/* The alphabet, in its own order: characters that stand for themselves first. */
static bool add_alphabet(imf_vocab *v, imf_arena *texts)
{
    for (int end = 0; end < 2; end++) {
        int32_t id = 256 * end;
        for (int others = 0; others < 2; others++) {
            for (unsigned b = 0; b < 256; b++) {
                char piece[8] = {0};
                const char *text = NULL;
                size_t n = imf_bpe_alphabet_utf8((uint8_t)b, piece);
                if ((imf_bpe_alphabet((uint8_t)b) >= 0x100) != others)
                    continue;
                memcpy(piece + n, end ? "</w>" : "", end ? 4 : 0);
                text = imf_arena_strndup(texts, piece, n + (end ? 4 : 0));
                if (text == NULL)
                    return false;
                imf_vocab_add(v, text, n + (end ? 4 : 0), id++);
            }
        }
    }
    return true;
}

/* The piece that a line's merge makes. */
static int add_piece(imf_vocab *v, imf_arena *texts, const char *line, size_t n, const char *name, size_t number,
                     int32_t id, imf_err *err)
{
    int rc = IMF_OK;
    size_t at[4], n_left = 0, n_right = 0;
    char *piece = NULL;

    IMF_TRY(imf_bpe_merge_words(line, n, name, number, at, err));
    n_left = at[1] - at[0];
    n_right = at[3] - at[2];
    piece = imf_arena_alloc(texts, n_left + n_right + 1);
    if (piece == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    memcpy(piece, line + at[0], n_left);
    memcpy(piece + n_left, line + at[2], n_right);
    if (!imf_vocab_add(v, piece, n_left + n_right, id))
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_PIECE_TWICE, name, number, IMF_PIECE_SHOWN, piece);
out:
    return rc;
}

/* All lines from `at` on, twice: what the merges make, then the merges, which may name pieces of later lines. */
static int read_lines(imf_vocab *v, imf_arena *texts, const char *at, const char *end, uint32_t lines, const char *name,
                      imf_err *err)
{
    int rc = IMF_OK;

    for (int pass = 0; pass < 2; pass++) {
        const char *line = at;
        for (uint32_t k = 0; k < lines && line < end; k++) {
            const char *feed = memchr(line, '\n', (size_t)(end - line));
            size_t n = (size_t)((feed != NULL ? feed : end) - line), words[4];
            if (pass == 0) {
                IMF_TRY(add_piece(v, texts, line, n, name, (size_t)k + 2, FIRST_MERGE + (int32_t)k, err));
            } else {
                IMF_TRY(imf_bpe_merge_words(line, n, name, (size_t)k + 2, words, err));
                IMF_TRY(imf_vocab_merge(v, name, line + words[0], words[1] - words[0], line + words[2],
                                        words[3] - words[2], err));
            }
            line += n + (feed != NULL);
        }
    }
out:
    return rc;
}

static int parse_text(imf_vocab *v, imf_arena *texts, const char *bytes, size_t n, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    const char *feed = memchr(bytes, '\n', n), *at = feed != NULL ? feed + 1 : bytes + n;
    uint32_t lines = feed != NULL;
    int32_t start = 0;

    if (n == 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_EMPTY, name);
    /* As the original counts in a file of fewer merges: also what follows the last line feed, be it nothing, is a line
     * and has an id. */
    for (const char *p = at; p < bytes + n && lines < MAX_MERGES; p++)
        lines += *p == '\n';
    if (!imf_vocab_init(v, FIRST_MERGE + lines + 2) || !add_alphabet(v, texts))
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    IMF_TRY(read_lines(v, texts, at, bytes + n, lines, name, err));
    start = FIRST_MERGE + (int32_t)lines;
    if (!imf_vocab_add(v, IMF_START_MARK, strlen(IMF_START_MARK), start) ||
        !imf_vocab_add(v, IMF_END_MARK, strlen(IMF_END_MARK), start + 1))
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_PIECE_TWICE, name, (size_t)lines + 1, IMF_PIECE_SHOWN,
                      IMF_END_MARK);
out:
    return rc;
}

int imf_tokenizer_parse_bpe_openai(imf_tokenizer **out, const void *bytes, size_t n, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    const uint8_t *p = bytes;
    imf_buf unpacked = {0};
    imf_vocab v = {0};
    imf_arena *texts = imf_arena_new();
    imf_tokenizer *t = imf_tokenizer_new();

    *out = NULL;
    imf_buf_init(&unpacked, IMF_MAX_TOKENIZER_FILE);
    if (t == NULL || texts == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    if (n > IMF_MAX_TOKENIZER_FILE) {
        rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_LARGE, name, IMF_MAX_TOKENIZER_FILE >> 20);
        goto out;
    }
    if (n >= 2 && p[0] == 0x1F && p[1] == 0x8B) {
        IMF_TRY(unpack(p, n, name, &unpacked, err));
        p = (const uint8_t *)unpacked.data;
        n = unpacked.len;
    }
    t->cleaning = IMF_CLEANING_OPENAI;
    t->rounds = true;
    IMF_TRY(parse_text(&v, texts, p != NULL && n > 0 ? (const char *)p : "", n, name, err));
    IMF_TRY(imf_vocab_finish(&v, t, name, name, err));
    *out = t;
    t = NULL;
out:
    imf_tokenizer_close(&t);
    imf_vocab_clear(&v);
    imf_arena_free(&texts);
    imf_buf_clear(&unpacked);
    return rc;
}

int imf_tokenizer_open_bpe_openai(imf_tokenizer **out, const char *path, imf_err *err)
{
    int rc = IMF_OK;
    char *bytes = NULL;
    size_t n = 0;

    *out = NULL;
    IMF_TRY(imf_tokenizer_read_file(path, &bytes, &n, err));
    IMF_TRY(imf_tokenizer_parse_bpe_openai(out, bytes, n, path, err));
out:
    imf_free(bytes);
    return rc;
}
