/*
 * Templates: a text is put into several phrases ("фото с {}"), and the mean of their vectors is the query's. Which ones
 * is the model's own choice, or a file's: one template a line, "{}" once in each.
 */
#include <string.h>

#include "base/utf8.h"
#include "finder/finder.h"

enum { MAX_FILE = IMF_TEMPLATES_MAX * (IMF_TEMPLATE_BYTES + 2) + 3 /* a mark of byte order */ };

static int out_of_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading templates");
}

/* The file whole, with a NUL, in the arena. */
static int read_file(imf_arena *arena, const char *path, char **text, imf_err *err)
{
    int rc = IMF_OK;
    const imf_file_layer *fl = imf_file_posix();
    imf_file *f = NULL;
    uint64_t size = 0;
    int e = fl->open(fl->self, path, IMF_FILE_READ | IMF_FILE_FOLLOW, &f);

    if (e == 0)
        e = fl->size(f, &size);
    if (e != 0) {
        rc = imf_fail_errno(err, IMF_EINPUT, -e, MSG_TEMPLATES_READ, path);
        goto out;
    }
    if (size > MAX_FILE) {
        rc = imf_fail(err, IMF_EINPUT, MSG_TEMPLATES_LARGE, path, IMF_TEMPLATES_MAX, IMF_TEMPLATE_BYTES);
        goto out;
    }
    *text = imf_arena_alloc(arena, (size_t)size + 1); /* zeroed: also a file that has shrunk ends with a NUL */
    ssize_t n = *text ? fl->pread(f, *text, (size_t)size, 0) : 0;
    if (!*text)
        rc = out_of_memory(err);
    else if (n < 0)
        rc = imf_fail_errno(err, IMF_EINPUT, (int)-n, MSG_TEMPLATES_READ, path);
    else if (strlen(*text) != (size_t)n || !imf_utf8_valid(*text, (size_t)n))
        rc = imf_fail(err, IMF_EINPUT, MSG_TEMPLATES_TEXT, path);
out:
    if (f)
        fl->close(&f);
    return rc;
}

static int parse(imf_templates *t, char *text, const char *path, imf_err *err)
{
    const char **at = imf_arena_alloc(t->arena, IMF_TEMPLATES_MAX * sizeof *at);
    size_t number = 0;
    char *rest = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;

    if (!at)
        return out_of_memory(err);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t n = strlen(line);
        number++;
        if (n > 0 && line[n - 1] == '\r')
            line[--n] = '\0';
        if (n == 0)
            continue;
        const char *mark = strstr(line, "{}");
        if (!mark || strstr(mark + 2, "{}"))
            return imf_fail(err, IMF_EINPUT, MSG_TEMPLATES_MARK, path, number);
        if (n > IMF_TEMPLATE_BYTES || t->n == IMF_TEMPLATES_MAX)
            return imf_fail(err, IMF_EINPUT, MSG_TEMPLATES_LARGE, path, IMF_TEMPLATES_MAX, IMF_TEMPLATE_BYTES);
        at[t->n++] = line;
    }
    t->at = at;
    return t->n > 0 ? IMF_OK : imf_fail(err, IMF_EINPUT, MSG_TEMPLATES_EMPTY, path);
}

int imf_templates_get(imf_templates *out, const imf_model *model, const char *which, imf_err *err)
{
    int rc = IMF_OK;
    char *text = NULL;

    *out = (imf_templates){0};
    if (strcmp(which, "none") == 0)
        return IMF_OK;
    if (strcmp(which, "default") == 0) {
        *out = (imf_templates){.at = model->templates, .n = model->n_templates};
        return IMF_OK;
    }
    out->arena = imf_arena_new();
    if (!out->arena)
        return out_of_memory(err);
    IMF_TRY(read_file(out->arena, which, &text, err));
    rc = parse(out, text, which, err);
out:
    if (rc != IMF_OK)
        imf_templates_clear(out);
    return rc;
}

void imf_templates_clear(imf_templates *t)
{
    imf_arena_free(&t->arena);
    *t = (imf_templates){0};
}

/* What Python's str.strip() takes away. */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

char *imf_template_fill(const char *template, const char *text)
{
    const char *mark = strstr(template, "{}");
    size_t end = 0, from = 0, n = strlen(text);
    bool begun = false;

    for (size_t i = 0; i < n;) {
        uint32_t c = 0;
        size_t step = imf_utf8_decode(text + i, n - i, &c);
        if (step == 0)
            step = 1; /* broken: what encodes it says so */
        else if (is_space(c)) {
            i += step;
            continue;
        }
        from = begun ? from : i;
        begun = true;
        end = i += step;
    }
    return imf_sprintf("%.*s%.*s%s", (int)(mark - template), template, (int)(end - from), text + from, mark + 2);
}
