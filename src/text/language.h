/* Which language a query is in, by its letters: Cyrillic only -> "ru", Latin only -> "en", both -> "mixed", neither ->
 * "other". */
#ifndef IMF_TEXT_LANGUAGE_H
#define IMF_TEXT_LANGUAGE_H

const char *imf_text_language(const char *text); /* static string; pure, thread-safe */

#endif
