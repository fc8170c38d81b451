/* The tables of texts.h. */
#include "texts.h"

static const imf_problem_row problems[] = {
    [IMF_PROBLEM_NONE] = {0, "", {"", ""}, {"", ""}},
#define ROW(name, status, type, title, detail, title_ru, detail_ru)                                                    \
    [name] = {status, type, {title, title_ru}, {detail, detail_ru}},
    IMF_PROBLEMS(ROW)
#undef ROW
};

static const char *const texts[][2] = {
#define ROW(name, en, ru) [name] = {en, ru},
    IMF_SERVER_TEXTS(ROW)
#undef ROW
};

const imf_problem_row *imf_problem_get(imf_problem problem)
{
    return &problems[problem];
}

const char *imf_server_text_get(imf_server_text text, imf_language language)
{
    return texts[text][language == IMF_LANGUAGE_RU];
}
