/* Answers: the bodies of problems, and the headers that every answer has. See answer.h. */
#include "answer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page runs its own files and nothing else; an item is only looked at. */
static const char page_policy[] =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
static const char item_policy[] = "default-src 'none'; sandbox; frame-ancestors 'none'";

void imf_answer_clear(imf_answer *a)
{
    free(a->text);
    imf_string_free(&a->json);
    imf_bytes_free(&a->bytes);
    imf_item_file_free(&a->file);
    free(a->disposition);
    *a = (imf_answer){0};
}

void imf_copy_text(char *to, size_t size, const char *text)
{
    size_t n = strlen(text);

    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
    }
    memcpy(to, text, n);
    to[n] = '\0';
}

void imf_answer_problem(imf_answer *a, imf_problem problem, imf_language language, const char *detail)
{
    const imf_problem_row *row = imf_problem_get(problem);
    json_t *body = json_pack("{s:s, s:s, s:i, s:s}", "type", row->type, "title", row->title[language], "status",
                             row->status, "detail", detail != NULL ? detail : row->detail[language]);

    a->status = row->status;
    a->media_type = "application/problem+json";
    a->retry = problem == IMF_PROBLEM_BUSY;
    a->text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL; /* without memory the status alone goes out */
    json_decref(body);
}

size_t imf_answer_headers(const imf_answer *a, imf_header headers[IMF_ANSWER_HEADERS])
{
    const imf_header all[] = {
        {"Content-Type", a->media_type},
        {"ETag", a->etag[0] != '\0' ? a->etag : NULL},
        {"Cache-Control", a->cache != NULL ? a->cache : "no-store"},
        {"Allow", a->allow},
        {"Content-Disposition", a->disposition},
        {"Retry-After", a->retry ? "1" : NULL},
        {"Content-Security-Policy", a->foreign ? item_policy : page_policy},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].value != NULL)
            headers[n++] = all[i];
    return n;
}

/* The words after the status; only those of problems are needed. */
static const char *reason(int status)
{
    for (int p = IMF_PROBLEM_NONE + 1; p < IMF_PROBLEM_END; p++)
        if (imf_problem_get((imf_problem)p)->status == status)
            return imf_problem_get((imf_problem)p)->title[IMF_LANGUAGE_EN];
    return "Answer";
}

char *imf_answer_bytes(const imf_answer *a, bool without_body, size_t *size)
{
    imf_header headers[IMF_ANSWER_HEADERS];
    size_t n = imf_answer_headers(a, headers), text = a->text != NULL ? strlen(a->text) : 0;
    char *bytes = NULL;
    FILE *to = open_memstream(&bytes, size);

    if (to == NULL)
        return NULL;
    fprintf(to, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n", a->status, reason(a->status), text);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s: %s\r\n", headers[i].name, headers[i].value);
    fputs("\r\n", to);
    if (text > 0 && !without_body)
        fwrite(a->text, 1, text, to);
    if (fclose(to) != 0) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

/* Length of the UTF-8 character at s; 0 if it is none. */
static size_t character(const unsigned char *s)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
        (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
}

/* RFC 6266: a plain name for old programs, and the true one in UTF-8, with every other byte escaped. */
char *imf_answer_disposition(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    if (to == NULL)
        return NULL;
    fputs("inline; filename=\"", to);
    for (const char *s = name; *s != '\0'; s++)
        fputc(is_plain((unsigned char)*s) ? *s : '_', to);
    fputs("\"; filename*=UTF-8''", to);
    for (const unsigned char *s = (const unsigned char *)name; *s != '\0';) {
        size_t n = character(s);
        if (n == 0)
            fputs("%EF%BF%BD", to); /* U+FFFD */
        else if (is_plain(*s))
            fputc(*s, to);
        else
            for (size_t i = 0; i < n; i++)
                fprintf(to, "%%%02X", s[i]);
        s += n == 0 ? 1 : n;
    }
    if (fclose(to) != 0) {
        free(text);
        text = NULL;
    }
    return text;
}
