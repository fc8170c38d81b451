/*
 * The seams inside the program `imagefinder`: the parsed command line, the verbs, and what they print with. The
 * program knows the library only through imagefinder.h. One file a verb (cmd_*.c); options.c parses, output.c prints,
 * language.c chooses between texts.h and texts_ru.c, npy.c writes arrays.
 */
#ifndef IMF_CLI_CLI_H
#define IMF_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <imagefinder.h>

/* Exit statuses that the program itself gives; those of the library's errors are in imagefinder.h. */
enum { IMF_CLI_NOT_FOUND = 1, IMF_CLI_USAGE = 2, IMF_CLI_FAULT = 4, IMF_CLI_STOPPED = 130 };

/* ---- the command line (options.c) -------------------------------------------------------------------------------- */

typedef struct imf_cli_options imf_cli_options;

typedef struct imf_cli_verb {
    const char *name;                     /* "search"; "collection edit" has two words */
    unsigned bit;                         /* for the table of options */
    int (*run)(const imf_cli_options *o); /* returns the exit status; has printed its own error */
    const char *help;
} imf_cli_verb;

struct imf_cli_options { /* all strings are argv's */
    const imf_cli_verb *verb;
    bool help, version;
    const char *help_text; /* what --help prints */
    const char *home, *model, *collection;
    int threads, k;
    bool json, paths, quiet, forget, exact, raw, reference, no_cache;
    bool has_min_score;
    float min_score;
    const char *out, *title, *description, *listen, *templates, *precision;
    const char **words; /* what follows the verb; inside words_memory */
    const char **words_memory;
    size_t n_words;
    const char **queries; /* of collection edit */
    size_t n_queries;
    imf_embed_input *inputs; /* of embed, in the order given */
    size_t n_inputs;
};

/* Parses argv. Returns 0, or the exit status after printing one line. Cleared with imf_cli_options_clear in both
 * cases. */
int imf_cli_parse(imf_cli_options *o, int argc, char **argv);
void imf_cli_options_clear(imf_cli_options *o);

/* Whether name may be a collection's; if not, prints the line that names `what`. */
bool imf_cli_collection_name_ok(const char *what, const char *name);

/* ---- the verbs (cmd_*.c) ----------------------------------------------------------------------------------------- */

int imf_cli_index(const imf_cli_options *o);
int imf_cli_search(const imf_cli_options *o);
int imf_cli_embed(const imf_cli_options *o);
int imf_cli_tokenize(const imf_cli_options *o);
int imf_cli_serve(const imf_cli_options *o);
int imf_cli_collection_list(const imf_cli_options *o);
int imf_cli_collection_show(const imf_cli_options *o);
int imf_cli_collection_edit(const imf_cli_options *o);
int imf_cli_collection_remove(const imf_cli_options *o);
int imf_cli_model_list(const imf_cli_options *o);
int imf_cli_model_info(const imf_cli_options *o);
int imf_cli_status(const imf_cli_options *o);
int imf_cli_verify(const imf_cli_options *o);
int imf_cli_doctor(const imf_cli_options *o);

/* Opens the home that the options name; the exit status, after printing the error if there is one. */
int imf_cli_open(imf_finder **finder, const imf_cli_options *o);

/* ---- the language (language.c) ----------------------------------------------------------------------------------- */

/* Russian where LC_ALL, else LC_MESSAGES, else LANG names it (or LANGUAGE, unless the locale is C), English otherwise.
 * No locale need be installed, text is UTF-8 in both, and numbers keep their point. */
void imf_cli_choose_language(void);

/* The text of texts.h in the language in force. Everything below that takes a format calls it: hand in the TXT_. */
const char *imf_cli_tr(const char *english) __attribute__((format_arg(1)));

const char *imf_cli_errno_text(int errno_value); /* strerror, in the language in force */

/* ---- printing (output.c) ----------------------------------------------------------------------------------------- */

/* One line on stderr, at most 500 bytes, made safe for a terminal. */
void imf_cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void imf_cli_warning(const char *text);
int imf_cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2))); /* the same, and returns 2 */
int imf_cli_fail(const imf_err *err); /* the same, and returns the exit status of the code */

/* A short, safe piece of an argument for an error line, in the caller's buffer. */
typedef struct imf_cli_quoted {
    char text[128];
} imf_cli_quoted;
const char *imf_cli_quote(imf_cli_quoted *q, const char *s);

/* fprintf for a text of texts.h. What comes from outside does not go through it, but through imf_cli_put_text. */
void imf_cli_put(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "  title:        " of a list of fields, the text of texts.h padded; "" for the further lines of a field. */
void imf_cli_put_label(const char *label);

/* A label and a text from outside on one line of stdout; nothing where the text is NULL or empty. */
void imf_cli_put_field(const char *label, const char *text);
void imf_cli_put_number(const char *label, uint64_t n);

/* Writes s with control characters as '?' and bytes that are not UTF-8 as U+FFFD. */
void imf_cli_put_text(FILE *to, const char *s);

/* Prints *json and a line feed to stdout and frees it; NULL is out of memory. The exit status. */
int imf_cli_put_json(char **json);

/* Writes out what stdout holds; false when that is impossible, which imf_cli_finish then reports. */
bool imf_cli_flush(void);

/* Flushes stdout. The exit status: that given, or 4 with one line if the results could not be written. A reader that
 * went away is no error. */
int imf_cli_finish(int status);

bool imf_cli_colours(FILE *to); /* a terminal, and nobody asked for none */
const char *imf_cli_plural(unsigned long long n); /* "" or "s"; always "" in Russian, which words it otherwise */

typedef struct imf_cli_short { /* a short text for people */
    char text[32];
} imf_cli_short;
const char *imf_cli_size(imf_cli_short *s, uint64_t bytes); /* "12.3 MB", "12.3 МБ" */
const char *imf_cli_rate(imf_cli_short *s, double rate);    /* "0.7", "25" */

/* ", 25 a second, about 8 s left", without what is not known yet (a rate of 0, a negative number of seconds left). */
void imf_cli_put_rate(FILE *to, double rate, double eta_s);

/* ---- arrays (npy.c) ---------------------------------------------------------------------------------------------- */

/* Writes a C-ordered float32 array [n, dim] as .npy 1.0: a temporary file beside, then a rename. Returns 0 or an
 * errno; nothing is left then. */
int imf_cli_npy_write(const char *path, const float *rows, size_t n, size_t dim);

#endif
