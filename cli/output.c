/*
 * Printing: results to stdout, everything else to stderr. Errors are one line of at most 500 bytes; whatever came
 * from outside (names of files, arguments) is made harmless for a terminal first. stdout is checked once, at the end:
 * a reader that went away is no error, a full disk is.
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "texts.h"

enum {
    LINE_MAX_BYTES = 500, /* of an error, with its line feed */
    LABEL_COLUMNS = 16,
};

/* ---- Making text safe -------------------------------------------------------------------------------------------- */

/* Length of the UTF-8 character at s and its code point; 0 if it is not one. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;

    if (n == 0)
        return 0;
    *code = n == 1 ? s[0] : s[0] & (0x7FU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) /* the terminating NUL ends it too */
            return 0;
        *code = *code << 6 | (s[i] & 0x3FU);
    }
    return *code < least[n] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000) ? 0 : n;
}

/* Characters that move the cursor, break the line or turn the direction of writing. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

/* The next safe piece of *s: its bytes and their number; *s moves on. */
static size_t next_safe(const char **s, const char **piece)
{
    uint32_t code = 0;
    size_t n = decode((const unsigned char *)*s, &code);

    *piece = *s;
    *s += n == 0 ? 1 : n;
    if (n == 0) {
        *piece = "\xEF\xBF\xBD"; /* U+FFFD */
        return 3;
    }
    if (is_control(code)) {
        *piece = "?";
        return 1;
    }
    return n;
}

/* Copies s safely into to[size]; what does not fit is cut at a character and marked with dots. */
static void copy_safe(char *to, size_t size, const char *s)
{
    size_t n = 0, cut = 0; /* cut: the last place where the dots still fit */

    while (*s != '\0') {
        const char *piece = NULL;
        size_t length = next_safe(&s, &piece);
        if (n + length >= size) {
            memcpy(to + cut, "...", 4);
            return;
        }
        memcpy(to + n, piece, length);
        n += length;
        if (n + 4 <= size)
            cut = n;
    }
    to[n] = '\0';
}

const char *imf_cli_quote(imf_cli_quoted *q, const char *s)
{
    copy_safe(q->text, sizeof q->text, s);
    return q->text;
}

void imf_cli_put_text(FILE *to, const char *s)
{
    while (*s != '\0') {
        const char *piece = NULL;
        size_t length = next_safe(&s, &piece);
        fwrite(piece, 1, length, to);
    }
}

/* ---- Standard error ---------------------------------------------------------------------------------------------- */

static void put_line(const char *prefix, const char *text)
{
    char line[LINE_MAX_BYTES + 1];
    size_t n = strlen(prefix);

    memcpy(line, prefix, n);
    copy_safe(line + n, LINE_MAX_BYTES - n, text); /* leaves room for the line feed */
    n = strlen(line);
    line[n++] = '\n';
    fwrite(line, 1, n, stderr);
}

static void put_format(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static void put_format(const char *format, va_list args)
{
    char text[2 * LINE_MAX_BYTES];

    vsnprintf(text, sizeof text, imf_cli_tr(format), args);
    put_line(TXT_PREFIX, text);
}

void imf_cli_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_format(format, args);
    va_end(args);
}

int imf_cli_usage(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_format(format, args);
    va_end(args);
    return IMF_CLI_USAGE;
}

void imf_cli_warning(const char *text)
{
    put_line(imf_cli_tr(TXT_PREFIX_WARNING), text);
}

/* The one table from the library's codes to exit statuses. */
static int exit_status(int code)
{
    switch (code) {
#define EXIT_STATUS(name, number, status)                                                                              \
    case number:                                                                                                       \
        return status;
        IMF_CODES(EXIT_STATUS)
#undef EXIT_STATUS
    default:
        return IMF_CLI_FAULT;
    }
}

int imf_cli_fail(const imf_err *err)
{
    put_line(TXT_PREFIX, err->msg);
    return exit_status(err->code);
}

/* ---- Texts and fields -------------------------------------------------------------------------------------------- */

void imf_cli_put(FILE *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(to, imf_cli_tr(format), args);
    va_end(args);
}

void imf_cli_put_label(const char *label)
{
    size_t width = 0;

    if (label[0] != '\0')
        label = imf_cli_tr(label);
    for (const char *c = label; *c != '\0'; c++)
        width += ((unsigned char)*c & 0xC0) != 0x80; /* letters, not bytes */
    printf("  %s%*s", label, width < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - width) : 1, "");
}

void imf_cli_put_field(const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    imf_cli_put_label(label);
    imf_cli_put_text(stdout, text);
    fputc('\n', stdout);
}

void imf_cli_put_number(const char *label, uint64_t n)
{
    imf_cli_put_label(label);
    printf("%" PRIu64 "\n", n);
}

/* ---- Standard output --------------------------------------------------------------------------------------------- */

int imf_cli_put_json(char **json)
{
    if (*json == NULL) {
        imf_cli_error(TXT_OUT_OF_MEMORY);
        return IMF_CLI_FAULT;
    }
    fputs(*json, stdout);
    fputc('\n', stdout);
    imf_string_free(json);
    return 0;
}

static int stdout_errno; /* why the first flush failed: a later one would not say it again */

bool imf_cli_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (stdout_errno == 0)
        stdout_errno = errno != 0 ? errno : EIO;
    return false;
}

int imf_cli_finish(int status)
{
    if (imf_cli_flush() || stdout_errno == EPIPE)
        return status;
    if (status == 0 || status == IMF_CLI_NOT_FOUND) { /* otherwise the one line of this call is already said */
        imf_cli_error(TXT_STDOUT_FAILED, imf_cli_errno_text(stdout_errno));
        status = IMF_CLI_FAULT;
    }
    return status;
}

bool imf_cli_colours(FILE *to)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fileno(to)) && (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

/* ---- Figures for people ------------------------------------------------------------------------------------------ */

const char *imf_cli_plural(unsigned long long n)
{
    return n == 1 || imf_get_language() != IMF_LANGUAGE_EN ? "" : "s";
}

const char *imf_cli_size(imf_cli_short *s, uint64_t bytes)
{
    static const char *const units[] = {TXT_SIZE_B, TXT_SIZE_KB, TXT_SIZE_MB, TXT_SIZE_GB, TXT_SIZE_TB};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000.0;
        unit++;
    }
    snprintf(s->text, sizeof s->text, imf_cli_tr(units[unit]), value);
    return s->text;
}

const char *imf_cli_rate(imf_cli_short *s, double rate)
{
    snprintf(s->text, sizeof s->text, rate < 10.0 ? "%.1f" : "%.0f", rate);
    return s->text;
}

static const char *duration(imf_cli_short *s, double seconds)
{
    if (seconds < 90.0)
        snprintf(s->text, sizeof s->text, imf_cli_tr(TXT_SECONDS), seconds);
    else if (seconds < 5400.0)
        snprintf(s->text, sizeof s->text, imf_cli_tr(TXT_MINUTES), seconds / 60.0);
    else
        snprintf(s->text, sizeof s->text, imf_cli_tr(TXT_HOURS), seconds / 3600.0);
    return s->text;
}

void imf_cli_put_rate(FILE *to, double rate, double eta_s)
{
    imf_cli_short text;

    if (rate <= 0)
        return;
    imf_cli_put(to, TXT_PROGRESS_RATE, imf_cli_rate(&text, rate));
    if (eta_s >= 0)
        imf_cli_put(to, TXT_PROGRESS_LEFT, duration(&text, eta_s));
}
