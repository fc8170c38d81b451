/*
 * The language of the program's texts: chosen once at the start from the environment, as gettext would choose it but
 * without locales that somebody must install, and the look-up of the twin of a text.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "texts_ru.h"

/* Whether a tag ("ru", "ru_RU.UTF-8", "ru-UA") of n bytes is of the language. */
static bool is_language(const char *tag, size_t n, const char *language)
{
    size_t length = strlen(language);

    return n >= length && strncasecmp(tag, language, length) == 0 &&
           (n == length || strchr("_-.@", tag[length]) != NULL);
}

/* C and POSIX, with whatever charset: the plain English that scripts ask for. */
static bool is_plain(const char *locale)
{
    size_t n = strcspn(locale, ".");

    return (n == 1 && locale[0] == 'C') || (n == 5 && strncmp(locale, "POSIX", 5) == 0);
}

/* LANGUAGE is a list of wishes ("ru:en"): the first of our two languages decides. */
static bool wishes_russian(const char *list)
{
    for (const char *tag = list; *tag != '\0'; tag += strspn(tag, ":")) {
        size_t n = strcspn(tag, ":");
        if (is_language(tag, n, "ru"))
            return true;
        if (is_language(tag, n, "en") || is_language(tag, n, "C"))
            return false;
        tag += n;
    }
    return false;
}

void imf_cli_choose_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL, *wishes = getenv("LANGUAGE");

    for (size_t i = 0; i < sizeof names / sizeof names[0] && (locale == NULL || locale[0] == '\0'); i++)
        locale = getenv(names[i]);
    if (locale == NULL || locale[0] == '\0' || is_plain(locale))
        return; /* English: what the library begins with */
    bool russian = wishes != NULL && wishes[0] != '\0' ? wishes_russian(wishes)
                                                       : is_language(locale, strlen(locale), "ru");
    imf_set_language(russian ? IMF_LANGUAGE_RU : IMF_LANGUAGE_EN);
}

const char *imf_cli_tr(const char *english)
{
    if (imf_get_language() == IMF_LANGUAGE_EN)
        return english;
    for (size_t i = 0; i < imf_cli_n_twins; i++)
        if (strcmp(imf_cli_twins[i].english, english) == 0)
            return imf_cli_twins[i].russian;
    return english;
}

/* Only what writing a file or a pipe meets: the library has the rest of these for its own messages. */
const char *imf_cli_errno_text(int errno_value)
{
    switch (errno_value) {
#define REASON(code, text)                                                                                             \
    case code:                                                                                                         \
        return imf_cli_tr(text);
        REASON(EACCES, TXT_REASON_RIGHTS)
        REASON(EPERM, TXT_REASON_RIGHTS)
        REASON(ENOENT, TXT_REASON_NO_FOLDER)
        REASON(ENOTDIR, TXT_REASON_NO_FOLDER)
        REASON(EISDIR, TXT_REASON_IS_FOLDER)
        REASON(ENOSPC, TXT_REASON_FULL)
        REASON(EDQUOT, TXT_REASON_QUOTA)
        REASON(EFBIG, TXT_REASON_TOO_LARGE)
        REASON(EROFS, TXT_REASON_READ_ONLY)
        REASON(EIO, TXT_REASON_DISK)
        REASON(EBADF, TXT_REASON_CLOSED)
        REASON(ENAMETOOLONG, TXT_REASON_LONG_NAME)
        REASON(ENOMEM, TXT_REASON_MEMORY)
#undef REASON
    default:
        return strerror(errno_value);
    }
}
