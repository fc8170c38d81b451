/*
 * The command line: one table of options, one table of verbs, one pass over argv. Options may stand before or after
 * the verb and among words; `--` ends them. What is not in the tables is wrong usage, with a suggestion where one is
 * near. What the values mean is the verbs' business (cmd_*.c); here is only what can be said without opening
 * anything.
 */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

enum {
    V_INDEX = 1 << 0,
    V_SEARCH = 1 << 1,
    V_SERVE = 1 << 2,
    V_EMBED = 1 << 3,
    V_LIST = 1 << 4,
    V_SHOW = 1 << 5,
    V_EDIT = 1 << 6,
    V_REMOVE = 1 << 7,
    V_MODELS = 1 << 8,
    V_MODEL_INFO = 1 << 9,
    V_STATUS = 1 << 10,
    V_VERIFY = 1 << 11,
    V_DOCTOR = 1 << 12,
    V_TOKENIZE = 1 << 13,
    V_ALL = (1 << 14) - 1,
    V_WITHOUT_WORDS = V_SERVE | V_LIST | V_MODELS | V_STATUS | V_VERIFY | V_DOCTOR
};

static const imf_cli_verb verbs[] = {
    {"index", V_INDEX, imf_cli_index, TXT_HELP_INDEX},
    {"search", V_SEARCH, imf_cli_search, TXT_HELP_SEARCH},
    {"serve", V_SERVE, imf_cli_serve, TXT_HELP_SERVE},
    {"embed", V_EMBED, imf_cli_embed, TXT_HELP_EMBED},
    {"tokenize", V_TOKENIZE, imf_cli_tokenize, TXT_HELP_TOKENIZE},
    {"collection list", V_LIST, imf_cli_collection_list, TXT_HELP_COLLECTION},
    {"collection show", V_SHOW, imf_cli_collection_show, TXT_HELP_COLLECTION},
    {"collection edit", V_EDIT, imf_cli_collection_edit, TXT_HELP_COLLECTION},
    {"collection remove", V_REMOVE, imf_cli_collection_remove, TXT_HELP_COLLECTION},
    {"model list", V_MODELS, imf_cli_model_list, TXT_HELP_MODEL},
    {"model info", V_MODEL_INFO, imf_cli_model_info, TXT_HELP_MODEL},
    {"status", V_STATUS, imf_cli_status, TXT_HELP_STATUS},
    {"verify", V_VERIFY, imf_cli_verify, TXT_HELP_VERIFY},
    {"doctor", V_DOCTOR, imf_cli_doctor, TXT_HELP_DOCTOR},
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

typedef struct group { /* the first word of verbs of two words */
    const char *name, *help, *needs_verb;
} group;

static const group groups[] = {
    {"collection", TXT_HELP_COLLECTION, TXT_COLLECTION_NEEDS_VERB},
    {"model", TXT_HELP_MODEL, TXT_MODEL_NEEDS_VERB},
};
enum { N_GROUPS = sizeof groups / sizeof groups[0] };

typedef enum option_id {
    OPT_COLLECTION,
    OPT_DESCRIPTION,
    OPT_EXACT,
    OPT_FORGET,
    OPT_HELP,
    OPT_HOME,
    OPT_JSON,
    OPT_K,
    OPT_LISTEN,
    OPT_MIN_SCORE,
    OPT_MODEL,
    OPT_NO_CACHE,
    OPT_OUT,
    OPT_PATHS,
    OPT_PICTURE,
    OPT_PRECISION,
    OPT_QUERY,
    OPT_QUIET,
    OPT_RAW,
    OPT_REFERENCE,
    OPT_TEMPLATES,
    OPT_TEXT,
    OPT_THREADS,
    OPT_TITLE,
    OPT_TOKEN_FILE,
    OPT_VERSION,
} option_id;

typedef struct option_row {
    const char *name; /* with its dashes */
    option_id id;
    bool takes_value;
    unsigned verbs;
} option_row;

static const option_row option_rows[] = {
    {"-c", OPT_COLLECTION, true, V_INDEX | V_SEARCH},
    {"-h", OPT_HELP, false, V_ALL},
    {"-k", OPT_K, true, V_SEARCH},
    {"--description", OPT_DESCRIPTION, true, V_EDIT},
    {"--exact", OPT_EXACT, false, V_SEARCH},
    {"--forget", OPT_FORGET, false, V_INDEX},
    {"--help", OPT_HELP, false, V_ALL},
    {"--home", OPT_HOME, true, V_ALL},
    {"--json", OPT_JSON, false, V_ALL},
    {"--listen", OPT_LISTEN, true, V_SERVE},
    {"--min-score", OPT_MIN_SCORE, true, V_SEARCH},
    {"--model", OPT_MODEL, true, V_INDEX | V_SEARCH | V_SERVE | V_EMBED | V_TOKENIZE},
    {"--no-cache", OPT_NO_CACHE, false, V_ALL},
    {"--out", OPT_OUT, true, V_EMBED},
    {"--paths", OPT_PATHS, false, V_SEARCH},
    {"--picture", OPT_PICTURE, true, V_EMBED},
    {"--precision", OPT_PRECISION, true, V_EMBED},
    {"--query", OPT_QUERY, true, V_EDIT},
    {"--quiet", OPT_QUIET, false, V_ALL},
    {"--raw", OPT_RAW, false, V_EMBED},
    {"--reference-preprocessing", OPT_REFERENCE, false, V_EMBED},
    {"--templates", OPT_TEMPLATES, true, V_SEARCH | V_EMBED},
    {"--text", OPT_TEXT, true, V_EMBED},
    {"--threads", OPT_THREADS, true, V_ALL},
    {"--title", OPT_TITLE, true, V_EDIT},
    {"--token-file", OPT_TOKEN_FILE, true, V_SERVE},
    {"--version", OPT_VERSION, false, V_ALL},
};
enum { N_OPTION_ROWS = sizeof option_rows / sizeof option_rows[0] };

typedef struct given { /* an option as it was given */
    const option_row *row;
    const char *value;
} given;

/* ---- Suggestions ------------------------------------------------------------------------------------------------- */

enum { SUGGEST_MAX = 32 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edit distance with neighbours swapped as one edit; both are shorter than SUGGEST_MAX. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    size_t d[SUGGEST_MAX + 1][SUGGEST_MAX + 1];

    for (size_t i = 0; i <= na; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= nb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        for (size_t j = 1; j <= nb; j++) {
            size_t change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[na][nb];
}

/* Takes the candidate if it is nearer than *best; a third of the letters may be wrong. */
static void consider(const char *typed, const char *candidate, const char **best, size_t *best_distance)
{
    if (strlen(typed) > SUGGEST_MAX || strlen(candidate) > SUGGEST_MAX)
        return;
    size_t distance = edit_distance(typed, candidate);
    size_t allowed = strlen(candidate) / 3;
    if (distance <= allowed && distance < *best_distance) {
        *best = candidate;
        *best_distance = distance;
    }
}

static int unknown_option(const char *arg, const imf_cli_verb *verb)
{
    char name[SUGGEST_MAX + 1];
    size_t n = strcspn(arg, "=");
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    imf_cli_quoted q;

    if (n < sizeof name) {
        memcpy(name, arg, n);
        name[n] = '\0';
        for (size_t i = 0; i < N_OPTION_ROWS; i++)
            if (strlen(option_rows[i].name) > 2 && (verb == NULL || (option_rows[i].verbs & verb->bit) != 0))
                consider(name, option_rows[i].name, &best, &best_distance);
    }
    if (best != NULL)
        return imf_cli_usage(TXT_UNKNOWN_OPTION_SUGGEST, imf_cli_quote(&q, arg), best);
    return imf_cli_usage(TXT_UNKNOWN_OPTION, imf_cli_quote(&q, arg));
}

static int unknown_verb(const char *typed)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    imf_cli_quoted q;

    for (size_t i = 0; i < N_VERBS; i++)
        if (strchr(verbs[i].name, ' ') == NULL)
            consider(typed, verbs[i].name, &best, &best_distance);
    for (size_t i = 0; i < N_GROUPS; i++)
        consider(typed, groups[i].name, &best, &best_distance);
    if (best != NULL)
        return imf_cli_usage(TXT_UNKNOWN_VERB_SUGGEST, imf_cli_quote(&q, typed), best);
    return imf_cli_usage(TXT_UNKNOWN_VERB, imf_cli_quote(&q, typed));
}

/* A first word that needs a second one, such as "collection", with a second one that is not there. */
static int unknown_second_word(const char *first, const char *typed)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX, n = strlen(first);
    imf_cli_quoted q;
    char full[sizeof "collection " + sizeof q.text];

    for (size_t i = 0; i < N_VERBS; i++)
        if (strncmp(verbs[i].name, first, n) == 0 && verbs[i].name[n] == ' ')
            consider(typed, verbs[i].name + n + 1, &best, &best_distance);
    snprintf(full, sizeof full, "%s %s", first, imf_cli_quote(&q, typed));
    if (best == NULL)
        return imf_cli_usage(TXT_UNKNOWN_VERB, full);
    return imf_cli_usage(TXT_UNKNOWN_VERB_SUGGEST, full, best - n - 1); /* the whole name: best lies in it */
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

bool imf_cli_collection_name_ok(const char *what, const char *name)
{
    size_t n = strlen(name);
    imf_cli_quoted q;

    if (n >= 1 && n <= 64 && strchr(name, '/') == NULL)
        return true;
    imf_cli_error(TXT_BAD_COLLECTION, what, imf_cli_quote(&q, name));
    return false;
}

static int whole_number(const char *name, const char *value, int low, int high, int *out)
{
    char *end = NULL;
    imf_cli_quoted q;

    errno = 0;
    long n = value[0] >= '0' && value[0] <= '9' ? strtol(value, &end, 10) : -1;
    if (end == NULL || *end != '\0' || errno != 0 || n < low || n > high)
        return imf_cli_usage(TXT_BAD_WHOLE_NUMBER, name, low, high, imf_cli_quote(&q, value));
    *out = (int)n;
    return 0;
}

/* A decimal number; anything finite will do, because a cosine lies between -1 and 1 and what is beyond cuts all or
 * nothing. */
static int score(const char *value, float *out)
{
    char *end = NULL;
    imf_cli_quoted q;
    double x = strtod(value, &end);

    if (value[0] == '\0' || strspn(value, "+-.0123456789eE") != strlen(value) || *end != '\0' || !isfinite(x))
        return imf_cli_usage(TXT_BAD_SCORE, imf_cli_quote(&q, value));
    *out = (float)(x > 2.0 ? 2.0 : x < -2.0 ? -2.0 : x);
    return 0;
}

static int precision(const char *value, const char **out)
{
    imf_cli_quoted q;

    *out = value;
    if (strcmp(value, "f32") == 0 || strcmp(value, "auto") == 0)
        return 0;
    if (strcmp(value, "bf16") == 0 || strcmp(value, "int8") == 0)
        return imf_cli_usage(TXT_PRECISION_NOT_BUILT, value);
    return imf_cli_usage(TXT_UNKNOWN_PRECISION, imf_cli_quote(&q, value));
}

static int not_empty(const char *name, const char *value, const char **out)
{
    if (value[0] == '\0')
        return imf_cli_usage(TXT_OPTION_EMPTY, name);
    *out = value;
    return 0;
}

/* ---- The pass ---------------------------------------------------------------------------------------------------- */

static const option_row *find_option(const char *name, size_t n)
{
    for (size_t i = 0; i < N_OPTION_ROWS; i++)
        if (strlen(option_rows[i].name) == n && memcmp(option_rows[i].name, name, n) == 0)
            return &option_rows[i];
    return NULL;
}

/* The verb that the words so far name, or NULL. */
static const imf_cli_verb *verb_of(const imf_cli_options *o)
{
    const char *first = o->n_words > 0 ? o->words[0] : "", *second = o->n_words > 1 ? o->words[1] : NULL;

    for (size_t i = 0; i < N_VERBS; i++) {
        const char *space = strchr(verbs[i].name, ' ');
        size_t n = space != NULL ? (size_t)(space - verbs[i].name) : strlen(verbs[i].name);
        if (strlen(first) != n || memcmp(first, verbs[i].name, n) != 0)
            continue;
        if (space == NULL || (second != NULL && strcmp(second, space + 1) == 0))
            return &verbs[i];
    }
    return NULL;
}

/* One argument that begins with a dash; *i moves on if its value is the next one. */
static int take_option(int argc, char **argv, int *i, const imf_cli_verb *verb, given *g)
{
    const char *arg = argv[*i];
    bool is_long = arg[1] == '-';
    size_t n = is_long ? strcspn(arg, "=") : 2;
    const option_row *row = find_option(arg, n);
    const char *attached = is_long ? (arg[n] == '=' ? arg + n + 1 : NULL) : (arg[n] != '\0' ? arg + n : NULL);
    imf_cli_quoted q;

    if (row == NULL)
        return unknown_option(arg, verb);
    if (!row->takes_value && attached != NULL && is_long)
        return imf_cli_usage(TXT_OPTION_TAKES_NO_VALUE, row->name, imf_cli_quote(&q, attached));
    if (!row->takes_value && attached != NULL)
        return unknown_option(arg, verb);
    if (row->takes_value && attached == NULL) {
        if (*i + 1 >= argc)
            return imf_cli_usage(TXT_OPTION_NEEDS_VALUE, row->name);
        attached = argv[++*i];
    }
    g->row = row;
    g->value = attached;
    return 0;
}

static int apply(imf_cli_options *o, const given *g)
{
    const char *name = g->row->name, *value = g->value;

    switch (g->row->id) {
    case OPT_COLLECTION:
        o->collection = value;
        return imf_cli_collection_name_ok(name, value) ? 0 : IMF_CLI_USAGE;
    case OPT_DESCRIPTION:
        o->description = value;
        return 0;
    case OPT_EXACT:
        o->exact = true;
        return 0;
    case OPT_FORGET:
        o->forget = true;
        return 0;
    case OPT_HOME:
        return not_empty(name, value, &o->home);
    case OPT_JSON:
        o->json = true;
        return 0;
    case OPT_K:
        return whole_number(name, value, 1, 1000, &o->k);
    case OPT_LISTEN:
        return not_empty(name, value, &o->listen);
    case OPT_MIN_SCORE:
        o->has_min_score = true;
        return score(value, &o->min_score);
    case OPT_MODEL:
        return not_empty(name, value, &o->model);
    case OPT_NO_CACHE:
        o->no_cache = true;
        return 0;
    case OPT_OUT:
        return not_empty(name, value, &o->out);
    case OPT_PATHS:
        o->paths = true;
        return 0;
    case OPT_PICTURE:
        return not_empty(name, value, &o->inputs[o->n_inputs++].picture);
    case OPT_PRECISION:
        return precision(value, &o->precision);
    case OPT_QUERY:
        return not_empty(name, value, &o->queries[o->n_queries++]);
    case OPT_QUIET:
        o->quiet = true;
        return 0;
    case OPT_RAW:
        o->raw = true;
        return 0;
    case OPT_REFERENCE:
        o->reference = true;
        return 0;
    case OPT_TEMPLATES:
        return not_empty(name, value, &o->templates);
    case OPT_TEXT:
        o->inputs[o->n_inputs++].text = value;
        return 0;
    case OPT_THREADS:
        return whole_number(name, value, 1, 1024, &o->threads);
    case OPT_TITLE:
        o->title = value;
        return 0;
    case OPT_TOKEN_FILE:
        return imf_cli_usage(TXT_TOKENS_NOT_BUILT);
    case OPT_HELP:
    case OPT_VERSION:
        return 0;
    }
    return 0;
}

/* Finds the verb in the words and takes it off them. */
static int take_verb(imf_cli_options *o)
{
    if (o->n_words == 0) {
        o->help_text = TXT_HELP;
        return o->help ? 0 : imf_cli_usage(TXT_NO_VERB);
    }
    o->verb = verb_of(o);
    for (size_t i = 0; i < N_GROUPS && o->verb == NULL; i++) {
        if (strcmp(o->words[0], groups[i].name) != 0)
            continue;
        if (o->n_words > 1)
            return unknown_second_word(groups[i].name, o->words[1]);
        o->help_text = groups[i].help;
        return o->help ? 0 : imf_cli_usage("%s", imf_cli_tr(groups[i].needs_verb));
    }
    if (o->verb == NULL)
        return unknown_verb(o->words[0]);
    size_t n = strchr(o->verb->name, ' ') != NULL ? 2 : 1;
    o->words += n;
    o->n_words -= n;
    o->help_text = o->verb->help;
    return 0;
}

/* A verb that works on nothing but its options got a word. */
static int unwanted_word(const imf_cli_options *o)
{
    imf_cli_quoted word;
    const char *name = o->verb->name;
    char first[32]; /* the help of `collection list` is that of `collection` */

    snprintf(first, sizeof first, "%.*s", (int)strcspn(name, " "), name);
    return imf_cli_usage(TXT_TAKES_NO_WORDS, name, imf_cli_quote(&word, o->words[0]), first);
}

int imf_cli_parse(imf_cli_options *o, int argc, char **argv)
{
    size_t room = argc > 0 ? (size_t)argc : 1, n_given = 0;
    given *all = calloc(room, sizeof *all);
    int status = 0;

    *o = (imf_cli_options){.k = 10};
    o->words_memory = calloc(room, sizeof *o->words_memory);
    o->words = o->words_memory;
    o->queries = calloc(room, sizeof *o->queries);
    o->inputs = calloc(room, sizeof *o->inputs);
    if (all == NULL || o->words == NULL || o->queries == NULL || o->inputs == NULL) {
        imf_cli_error(TXT_OUT_OF_MEMORY);
        status = IMF_CLI_FAULT;
        goto out;
    }
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (only_words || arg[0] != '-' || arg[1] == '\0') {
            o->words[o->n_words++] = arg;
        } else if (strcmp(arg, "--") == 0) {
            only_words = true;
        } else {
            status = take_option(argc, argv, &i, verb_of(o), &all[n_given]);
            if (status != 0)
                goto out;
            o->help = o->help || all[n_given].row->id == OPT_HELP;
            o->version = o->version || all[n_given].row->id == OPT_VERSION;
            n_given++;
        }
    }
    if (o->version)
        goto out;
    status = take_verb(o);
    if (status != 0 || o->help)
        goto out;
    for (size_t i = 0; i < n_given && status == 0; i++) {
        if ((all[i].row->verbs & o->verb->bit) == 0)
            status = imf_cli_usage(TXT_OPTION_NOT_HERE, o->verb->name, all[i].row->name, o->verb->name);
        else
            status = apply(o, &all[i]);
    }
    if (status == 0 && (o->verb->bit & V_WITHOUT_WORDS) != 0 && o->n_words > 0)
        status = unwanted_word(o);
out:
    free(all);
    return status;
}

void imf_cli_options_clear(imf_cli_options *o)
{
    free(o->words_memory);
    free(o->queries);
    free(o->inputs);
    *o = (imf_cli_options){0};
}
