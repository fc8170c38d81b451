/* The language of messages: a process-wide choice (imf_set_language), the Russian twin of every text of
 * base/messages.h, and the system's own reasons in both languages. Thread-safe. */
#ifndef IMF_BASE_LANG_H
#define IMF_BASE_LANG_H

#include <stddef.h>

/* The text in the language in force; the text itself where that is English or where it has no twin. imf_fail calls it;
 * a text of messages.h that reaches the user another way (a note, a report) goes through it where it is used. */
const char *imf_tr(const char *english) __attribute__((format_arg(1)));

/* What an errno (or a negated one) means, in the language in force: strerror without a locale. Static. */
const char *imf_errno_text(int errno_value);

typedef struct imf_translation {
    const char *name;    /* of the macro: "MSG_OUT_OF_MEMORY" */
    const char *english; /* the same conversions in the same order, or numbered ones (%2$s) in the twin */
    const char *russian;
} imf_translation;

/* The whole table, for the test that compares it. */
extern const imf_translation imf_translations[];
extern const size_t imf_n_translations;

#endif
