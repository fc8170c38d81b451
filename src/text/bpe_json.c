/*
 * Byte pairs from JSON: vocab.json beside merges.txt, or both in one tokenizer.json. Both come from the internet; the
 * number of JSON values is bounded before a tree of them is built.
 */
#include <jansson.h>
#include <string.h>

#include "text/bpe.h"

enum {
    MAX_JSON_VALUES = 3 * 1000 * 1000, /* bounds the tree, some 200 bytes a value */
    MAX_MERGES_TXT = 49152 - 256 - 2   /* CLIPTokenizer uses no more of merges.txt */
};

/* Bytes that can begin a value inside a container; an upper bound, since they may also stand in strings. */
static size_t count_values(const char *bytes, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += bytes[i] == ',' || bytes[i] == ':' || bytes[i] == '[' || bytes[i] == '{';
    return count;
}

/* Parses a file whose root is an object. */
static int load_object(json_t **root, const char *bytes, size_t n, const char *name, imf_err *err)
{
    json_error_t error = {0};

    *root = NULL;
    if (n > IMF_MAX_TOKENIZER_FILE)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_LARGE, name, IMF_MAX_TOKENIZER_FILE >> 20);
    if (count_values(bytes, n) > MAX_JSON_VALUES)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MANY, name, IMF_MAX_PIECES);
    *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error);
    if (*root == NULL && json_error_code(&error) == json_error_out_of_memory)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
    if (*root == NULL)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_NOT_JSON, name, error.line, error.text);
    if (!json_is_object(*root))
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_NOT_JSON, name, 1, "no object");
    return IMF_OK;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Marks id as used; refuses what is no id below n or is used already. */
static int take_id(const json_t *value, size_t n, uint8_t *used, const char *name, const char *piece, int32_t *id,
                   imf_err *err)
{
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

    if (number < 0 || (uint64_t)number >= n || used[number] != 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_ID, name, IMF_PIECE_SHOWN, piece, n);
    used[number] = 1;
    *id = (int32_t)number;
    return IMF_OK;
}

/* All pieces of an object {"piece": id}, and of `added`, a list of {"id", "content"} some of which may be there
 * already. Ids are 0 to count - 1, each once. */
static int read_pieces(imf_vocab *v, const json_t *pieces, const json_t *added, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    size_t n = json_object_size(pieces), extra = 0;
    uint8_t *used = NULL;
    const char *text = NULL;
    json_t *value = NULL;

    if (added != NULL && !json_is_array(added) && !json_is_null(added))
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "added_tokens", "a list of tokens");
    for (size_t i = 0; i < json_array_size(added); i++) {
        text = json_string_value(json_object_get(json_array_get(added, i), "content"));
        if (text == NULL)
            return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "added_tokens", "a list of tokens");
        extra += json_object_get(pieces, text) == NULL;
    }
    if (n + extra > IMF_MAX_PIECES)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MANY, name, IMF_MAX_PIECES);
    used = imf_alloc_array(n + extra + 1, 1);
    if (used == NULL || !imf_vocab_init(v, (uint32_t)(n + extra))) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    json_object_foreach((json_t *)(uintptr_t)pieces, text, value) {
        int32_t id = 0;
        IMF_TRY(take_id(value, n + extra, used, name, text, &id, err));
        imf_vocab_add(v, text, strlen(text), id);
    }
    for (size_t i = 0; i < json_array_size(added); i++) {
        const json_t *entry = json_array_get(added, i), *number = json_object_get(entry, "id");
        int32_t id = 0, known = -1;
        text = json_string_value(json_object_get(entry, "content"));
        known = imf_vocab_find(v, text, strlen(text));
        if (known >= 0 && json_is_integer(number) && json_integer_value(number) == known)
            continue;
        IMF_TRY(take_id(number, n + extra, used, name, text, &id, err));
        if (!imf_vocab_add(v, text, strlen(text), id)) { /* another id than in the vocabulary */
            rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_ID, name, IMF_PIECE_SHOWN, text, n + extra);
            goto out;
        }
    }
out:
    imf_free(used);
    return rc;
}

/* ---- vocab.json and merges.txt --------------------------------------------------------------- */

static int read_merges_txt(imf_vocab *v, const char *bytes, size_t n, const char *name, imf_err *err)
{
    int rc = IMF_OK;
    size_t i = 0, number = 1;

    if (n > IMF_MAX_TOKENIZER_FILE)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_LARGE, name, IMF_MAX_TOKENIZER_FILE >> 20);
    while (n > 0 && imf_bpe_blank(bytes[n - 1]))
        n--;
    if (n == 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_EMPTY, name);
    for (; i < n && imf_bpe_blank(bytes[i]); i++)
        number += bytes[i] == '\n';
    for (bool comment = true; i < n && v->n_rows < MAX_MERGES_TXT; comment = false, number++) {
        const char *end = memchr(bytes + i, '\n', n - i);
        size_t length = end != NULL ? (size_t)(end - (bytes + i)) : n - i;
        if (!comment) {
            const char *line = bytes + i;
            size_t at[4];
            IMF_TRY(imf_bpe_merge_words(line, length, name, number, at, err));
            IMF_TRY(imf_vocab_merge(v, name, line + at[0], at[1] - at[0], line + at[2], at[3] - at[2], err));
        }
        i += length + 1;
    }
out:
    return rc;
}

int imf_tokenizer_parse_bpe_vocab(imf_tokenizer **out, const void *vocab, size_t n_vocab, const char *vocab_name,
                                  const void *merges, size_t n_merges, const char *merges_name, imf_cleaning cleaning,
                                  imf_err *err)
{
    int rc = IMF_OK;
    json_t *root = NULL;
    imf_vocab v = {0};
    imf_tokenizer *t = imf_tokenizer_new();

    *out = NULL;
    if (t == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    t->cleaning = cleaning;
    t->rounds = cleaning != IMF_CLEANING_FAST;
    IMF_TRY(load_object(&root, vocab, n_vocab, vocab_name, err));
    IMF_TRY(read_pieces(&v, root, NULL, vocab_name, err));
    IMF_TRY(read_merges_txt(&v, merges, n_merges, merges_name, err));
    IMF_TRY(imf_vocab_finish(&v, t, vocab_name, merges_name, err));
    t->unknown = t->end; /* CLIPTokenizer's unk_token */
    *out = t;
    t = NULL;
out:
    imf_tokenizer_close(&t);
    imf_vocab_clear(&v);
    json_decref(root);
    return rc;
}

int imf_tokenizer_open_bpe_vocab(imf_tokenizer **out, const char *vocab_path, const char *merges_path,
                                 imf_cleaning cleaning, imf_err *err)
{
    int rc = IMF_OK;
    char *vocab = NULL, *merges = NULL;
    size_t n_vocab = 0, n_merges = 0;

    *out = NULL;
    IMF_TRY(imf_tokenizer_read_file(vocab_path, &vocab, &n_vocab, err));
    IMF_TRY(imf_tokenizer_read_file(merges_path, &merges, &n_merges, err));
    IMF_TRY(imf_tokenizer_parse_bpe_vocab(out, vocab, n_vocab, vocab_path, merges, n_merges, merges_path, cleaning,
                                          err));
out:
    imf_free(vocab);
    imf_free(merges);
    return rc;
}

/* ---- tokenizer.json -------------------------------------------------------------------------- */

/* The parts of tokenizer.json that would change ids are what CLIP has, or the file is refused by the name of the part:
 * wrong ids would be worse. The normaliser is not looked at; the caller says which cleaning the model wants. */
static int check_model(const json_t *model, const char *name, imf_err *err)
{
    static const char *const flags[] = {"fuse_unk", "byte_fallback", "ignore_merges"};
    const char *type = json_string_value(json_object_get(model, "type"));
    const char *suffix = json_string_value(json_object_get(model, "end_of_word_suffix"));
    const json_t *prefix = json_object_get(model, "continuing_subword_prefix");

    if (!json_is_object(model))
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "model", "an object");
    if (type != NULL && strcmp(type, "BPE") != 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "model.type", "BPE");
    if (suffix == NULL || strcmp(suffix, "</w>") != 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "model.end_of_word_suffix", "</w>");
    if (json_is_string(prefix) && json_string_length(prefix) > 0)
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "model.continuing_subword_prefix", "empty");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (json_is_true(json_object_get(model, flags[i])))
            return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, flags[i], "false");
    if (!json_is_object(json_object_get(model, "vocab")))
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "model.vocab", "an object");
    if (!json_is_array(json_object_get(model, "merges")))
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "model.merges", "a list");
    return IMF_OK;
}

/* A sequence of CLIP's split and the byte level. */
static int check_split(const json_t *pre, const char *name, imf_err *err)
{
    static const char clip[] = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
    static const char marks[] = "<\\|startoftext\\|>|<\\|endoftext\\|>|"; /* older files name them first */
    const json_t *steps = json_object_get(pre, "pretokenizers"), *step = json_array_get(steps, 0);
    const char *type = json_string_value(json_object_get(step, "type"));
    const char *pattern = json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
    const char *last = json_string_value(json_object_get(json_array_get(steps, 1), "type"));

    if (pattern != NULL && strncmp(pattern, marks, sizeof marks - 1) == 0)
        pattern += sizeof marks - 1;
    if (json_array_size(steps) != 2 || type == NULL || strcmp(type, "Split") != 0 || pattern == NULL ||
        strcmp(pattern, clip) != 0 || !json_is_true(json_object_get(step, "invert")) || last == NULL ||
        strcmp(last, "ByteLevel") != 0 || json_is_true(json_object_get(json_array_get(steps, 1), "add_prefix_space")))
        return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_FIELD, name, "pre_tokenizer", "CLIP's split and ByteLevel");
    return IMF_OK;
}

/* Merges are "a b", or in newer files ["a", "b"]. */
static int read_merges_json(imf_vocab *v, const json_t *merges, const char *name, imf_err *err)
{
    int rc = IMF_OK;

    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *merge = json_array_get(merges, i), *left = json_array_get(merge, 0);
        const json_t *right = json_array_get(merge, 1);
        const char *text = json_string_value(merge), *blank = text != NULL ? strchr(text, ' ') : NULL;
        if (blank != NULL && strchr(blank + 1, ' ') == NULL) {
            IMF_TRY(imf_vocab_merge(v, name, text, (size_t)(blank - text), blank + 1, strlen(blank + 1), err));
        } else if (json_array_size(merge) == 2 && json_is_string(left) && json_is_string(right)) {
            IMF_TRY(imf_vocab_merge(v, name, json_string_value(left), json_string_length(left),
                                    json_string_value(right), json_string_length(right), err));
        } else {
            return imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_MERGE_JSON, name, i + 1);
        }
    }
out:
    return rc;
}

int imf_tokenizer_parse_bpe_json(imf_tokenizer **out, const void *bytes, size_t n, const char *name,
                                 imf_cleaning cleaning, imf_err *err)
{
    int rc = IMF_OK;
    json_t *root = NULL, *model = NULL;
    const char *unknown = NULL;
    imf_vocab v = {0};
    imf_tokenizer *t = imf_tokenizer_new();

    *out = NULL;
    if (t == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading a tokenizer");
        goto out;
    }
    t->cleaning = cleaning;
    t->rounds = cleaning != IMF_CLEANING_FAST;
    IMF_TRY(load_object(&root, bytes, n, name, err));
    model = json_object_get(root, "model");
    IMF_TRY(check_model(model, name, err));
    IMF_TRY(check_split(json_object_get(root, "pre_tokenizer"), name, err));
    IMF_TRY(read_pieces(&v, json_object_get(model, "vocab"), json_object_get(root, "added_tokens"), name, err));
    IMF_TRY(read_merges_json(&v, json_object_get(model, "merges"), name, err));
    IMF_TRY(imf_vocab_finish(&v, t, name, name, err));
    unknown = json_string_value(json_object_get(model, "unk_token"));
    if (unknown != NULL) {
        t->unknown = imf_vocab_find(&v, unknown, strlen(unknown));
        if (t->unknown < 0) {
            rc = imf_fail(err, IMF_EINPUT, MSG_TOKENIZER_NO_PIECE, name, unknown);
            goto out;
        }
    }
    *out = t;
    t = NULL;
out:
    imf_tokenizer_close(&t);
    imf_vocab_clear(&v);
    json_decref(root);
    return rc;
}

int imf_tokenizer_open_bpe_json(imf_tokenizer **out, const char *path, imf_cleaning cleaning, imf_err *err)
{
    int rc = IMF_OK;
    char *bytes = NULL;
    size_t n = 0;

    *out = NULL;
    IMF_TRY(imf_tokenizer_read_file(path, &bytes, &n, err));
    IMF_TRY(imf_tokenizer_parse_bpe_json(out, bytes, n, path, cleaning, err));
out:
    imf_free(bytes);
    return rc;
}
