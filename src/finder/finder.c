/* Opening a home, and the small things that every verb of the library needs: paths, the model, the vectors of a
 * space. */
#include "finder/finder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/utf8.h"

const char *imf_version(void)
{
    return IMF_VERSION;
}

imf_options imf_options_default(void)
{
    return (imf_options){0};
}

/* An environment variable that is set and not empty. */
static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static char *derive_home(const char *option, imf_err *err)
{
    char *home = NULL, *relative = NULL;
    if (option && *option)
        relative = imf_strdup(option);
    else if (env("IMAGEFINDER_HOME"))
        relative = imf_strdup(env("IMAGEFINDER_HOME"));
    else if (env("XDG_DATA_HOME"))
        relative = imf_sprintf("%s/imagefinder", env("XDG_DATA_HOME"));
    else if (env("HOME"))
        relative = imf_sprintf("%s/.local/share/imagefinder", env("HOME"));
    else {
        imf_fail(err, IMF_EINPUT, MSG_FINDER_NO_HOME);
        return NULL;
    }
    if (relative && relative[0] != '/') {
        char *cwd = getcwd(NULL, 0);
        if (cwd)
            home = imf_sprintf("%s/%s", cwd, relative);
        free(cwd);
        imf_free(relative);
    } else {
        home = relative;
    }
    if (!home)
        imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the home");
    return home;
}

int imf_open(imf_finder **out, const imf_options *opt, imf_err *err)
{
    int rc = IMF_OK;
    imf_options o = opt ? *opt : imf_options_default();
    *out = NULL;
    imf_finder *f = imf_alloc_array(1, sizeof *f);
    if (!f)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the home");
    f->fl = imf_file_posix();
    f->log = (imf_log){o.log, o.log_user};
    f->threads_asked = o.threads > 0 ? o.threads : 0;
    f->threads = o.threads > 0 ? o.threads : imf_cpu_count();
    f->max_pixels = o.max_pixels;
    f->decode_memory = o.decode_memory;
    f->decode_seconds = o.decode_seconds;
    atomic_init(&f->cancel, false);
    const char *model = o.model && *o.model ? o.model : env("IMAGEFINDER_MODEL");
    f->model = imf_strdup(model);
    f->home = derive_home(o.home, err);
    if (!f->home || (model && !f->model)) {
        rc = err && err->code != IMF_OK ? err->code : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the home");
        goto out;
    }
    struct stat st;
    if (stat(f->home, &st) == 0 && !S_ISDIR(st.st_mode)) {
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_HOME_NOT_FOLDER, f->home);
        goto out;
    }
    *out = f;
    f = NULL;
out:
    imf_close(&f);
    return rc;
}

void imf_close(imf_finder **finder)
{
    if (!finder || !*finder)
        return;
    imf_finder *f = *finder;
    imf_finder_close_reader(f);
    imf_pool_close(&f->pool);
    imf_finder_forget_model(f);
    imf_free(f->model);
    imf_free(f->home);
    imf_free(f);
    *finder = NULL;
}

void imf_cancel(imf_finder *finder)
{
    atomic_store(&finder->cancel, true);
}

void imf_string_free(char **string)
{
    if (string) {
        imf_free(*string);
        *string = NULL;
    }
}

char *imf_finder_path(const imf_finder *f, const char *name)
{
    return imf_sprintf("%s/%s", f->home, name);
}

int imf_finder_open_store(const imf_finder *f, bool create, imf_store **out, imf_err *err)
{
    char *path = imf_finder_path(f, "catalog.db");
    if (!path)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the catalog");
    int rc = imf_store_open(out, path, create, err);
    imf_free(path);
    return rc;
}

void imf_finder_forget_model(imf_finder *f)
{
    imf_model_session_free(&f->session);
    imf_model_close(&f->loaded);
    imf_free(f->loaded_as);
    f->loaded_as = NULL;
}

int imf_finder_use_model(imf_finder *f, const char *reference, imf_model **out, imf_err *err)
{
    if (!f->loaded || (strcmp(f->loaded_as, reference) != 0 && strcmp(f->loaded->reference, reference) != 0)) {
        imf_model *model = NULL;
        char *as = imf_strdup(reference);
        int rc = as ? imf_model_open(&model, f->home, reference, err)
                    : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
        if (rc != IMF_OK) {
            imf_free(as);
            return rc;
        }
        imf_finder_forget_model(f);
        f->loaded = model;
        f->loaded_as = as;
    }
    *out = f->loaded;
    return IMF_OK;
}

int imf_finder_usual_model(imf_finder *f, char **reference, imf_err *err)
{
    imf_store *store = NULL;
    imf_store_collection found = {0};
    int rc = f->model ? IMF_EUNKNOWN : imf_finder_begin_read(f, &store, err);
    if (rc == IMF_OK)
        rc = imf_finder_end_read(f, imf_store_collection_get(store, "default", &found, err), err);
    if (rc == IMF_OK || rc == IMF_EUNKNOWN) {
        *reference = imf_strdup(f->model ? f->model : found.model ? found.model : "starter");
        rc = *reference ? IMF_OK : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    }
    imf_store_collection_clear(&found);
    return rc;
}

bool imf_finder_is_outdated(const imf_store_collection *c, const imf_model *model)
{
    return strcmp(c->model, model->reference) == 0;
}

int imf_finder_fail_space(const imf_store_collection *c, const imf_model *model, imf_err *err)
{
    if (imf_finder_is_outdated(c, model))
        return imf_fail(err, IMF_EOUTDATED, MSG_FINDER_OUTDATED, c->name, c->model, c->name);
    return imf_fail(err, IMF_EMODEL, MSG_FINDER_MODEL_OTHER, c->name, c->model, model->name);
}

int imf_finder_open_index(const imf_finder *f, imf_store *store, int64_t space_id, const uint8_t space[16], int dim,
                          bool writable, bool tolerant, imf_index **out, imf_err *err)
{
    int rc = IMF_OK;
    imf_store_segment *rows = NULL;
    imf_index_segment *segments = NULL;
    size_t n = 0;
    uint32_t next = 1;
    char *folder = imf_finder_path(f, "segments");
    if (!folder) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");
        goto out;
    }
    IMF_TRY(imf_store_segments(store, space_id, &rows, &n, err));
    if (writable)
        IMF_TRY(imf_store_next_segment(store, &next, err));
    segments = imf_alloc_array(n, sizeof *segments);
    if (!segments) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the vectors");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        segments[i] = (imf_index_segment){rows[i].number, rows[i].rows, rows[i].tail_crc, rows[i].generation};
    imf_index_space which = {.dim = dim};
    memcpy(which.space, space, 16);
    imf_store_uuid(store, which.catalog);
    rc = imf_index_open(out, f->fl, folder, &which, segments, n, writable, next, tolerant, err);
out:
    imf_free(segments);
    imf_free(rows);
    imf_free(folder);
    return rc;
}

int imf_open_regular(const char *path, bool follow, int *fd, struct stat *st)
{
    int got = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
    if (got < 0)
        return -errno;
    int rc = fstat(got, st) != 0 ? -errno : S_ISREG(st->st_mode) ? 0 : S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
    if (rc != 0) {
        close(got);
        return rc;
    }
    *fd = got;
    return 0;
}

int imf_check_collection_name(const char *name, imf_err *err)
{
    size_t n = strlen(name);
    bool ok = n >= 1 && n <= 64 && imf_utf8_valid(name, n) && !strchr(name, '/');
    for (size_t i = 0; i < n && ok; i++)
        ok = (unsigned char)name[i] >= 0x20 && name[i] != 0x7F;
    return ok ? IMF_OK : imf_fail(err, IMF_EUSAGE, MSG_FINDER_COLLECTION_NAME, name);
}
