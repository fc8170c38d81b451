/*
 * The table of Russian twins (texts_ru.c), for the look-up in language.c and for the test that compares it with
 * texts.h.
 */
#ifndef IMF_CLI_TEXTS_RU_H
#define IMF_CLI_TEXTS_RU_H

#include <stddef.h>

#include "texts.h"

typedef struct imf_cli_twin {
    const char *name; /* of the macro: "TXT_NO_VERB" */
    const char *english, *russian;
} imf_cli_twin;

extern const imf_cli_twin imf_cli_twins[];
extern const size_t imf_cli_n_twins;

#endif
