/*
 * Tokenizers of the published models: from a text to the numbers of its pieces. Two kinds, by the files that a model
 * comes with: CLIP's byte pairs, and YouTokenToMe.
 *
 * An imf_tokenizer never changes after it was opened; any number of threads may use one. The files are checked when
 * they are opened: every fault is IMF_EINPUT with one line that names the file and the place.
 */
#ifndef IMF_TEXT_TOKENIZER_H
#define IMF_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct imf_tokenizer imf_tokenizer;

/* What is done to a text before it is cut into pieces. OpenAI's and open_clip's own cleanings differ in nothing that
 * reaches a piece; they have two names because a model's configuration names one of them. */
typedef enum imf_cleaning {
    IMF_CLEANING_FAST,  /* transformers' CLIPTokenizerFast: normalisation form C, lower case */
    IMF_CLEANING_OPENAI, /* OpenAI's clip.tokenize: ftfy, HTML's entities twice, lower case */
    IMF_CLEANING_OPEN_CLIP = IMF_CLEANING_OPENAI /* open_clip's SimpleTokenizer, clean = "lower", its default */
} imf_cleaning;

/* transformers' layout. As there, the first line of merges.txt is a comment whatever it holds, and merges after the
 * 48,894th are not used. */
int imf_tokenizer_open_bpe_vocab(imf_tokenizer **out, const char *vocab_path, const char *merges_path,
                                 imf_cleaning cleaning, imf_err *err);
/* tokenizer.json of a byte-level BPE that splits as CLIP does; others are refused. */
int imf_tokenizer_open_bpe_json(imf_tokenizer **out, const char *path, imf_cleaning cleaning, imf_err *err);
/* OpenAI's bpe_simple_vocab_16e6.txt, packed (.gz) or not: told by its first bytes. */
int imf_tokenizer_open_bpe_openai(imf_tokenizer **out, const char *path, imf_err *err);
/* YouTokenToMe's bpe.model. lower: the text is put in lower case first (Python's str.lower()), as ruCLIP does it. */
int imf_tokenizer_open_yttm(imf_tokenizer **out, const char *path, bool lower, imf_err *err);

/* The same from memory; the names are for messages. */
int imf_tokenizer_parse_bpe_vocab(imf_tokenizer **out, const void *vocab, size_t n_vocab, const char *vocab_name,
                                  const void *merges, size_t n_merges, const char *merges_name, imf_cleaning cleaning,
                                  imf_err *err);
int imf_tokenizer_parse_bpe_json(imf_tokenizer **out, const void *bytes, size_t n, const char *name,
                                 imf_cleaning cleaning, imf_err *err);
int imf_tokenizer_parse_bpe_openai(imf_tokenizer **out, const void *bytes, size_t n, const char *name, imf_err *err);
int imf_tokenizer_parse_yttm(imf_tokenizer **out, const void *bytes, size_t n, const char *name, bool lower,
                             imf_err *err);

void imf_tokenizer_close(imf_tokenizer **t); /* accepts NULL in *t */

int32_t imf_tokenizer_size(const imf_tokenizer *t);  /* the largest id + 1 */
/* The marks around a text, which encode does not add; -1 where the model has none. */
int32_t imf_tokenizer_start(const imf_tokenizer *t);
int32_t imf_tokenizer_end(const imf_tokenizer *t);
int32_t imf_tokenizer_pad(const imf_tokenizer *t);   /* -1 for byte pairs: each model pads in its own way */
int32_t imf_tokenizer_unknown(const imf_tokenizer *t);

/* A list of ids; start with {0}, end with imf_ids_clear. */
typedef struct imf_ids {
    int32_t *at;
    size_t n, cap;
} imf_ids;

/* Replaces what is in *ids by the ids of text: not cut, without start and end. A mark written out in the text
 * ("<|endoftext|>") is text like any other and never gives the mark's id. Errors: IMF_EUSAGE (longer than 16 MB, not
 * UTF-8), IMF_EMEM; *ids is empty then. */
int imf_tokenizer_encode(const imf_tokenizer *t, const char *text, imf_ids *ids, imf_err *err);
void imf_ids_clear(imf_ids *ids);

#endif
