/*
 * The state of this machine: each thing that Image Finder needs, what is there, and what to do where it is amiss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/lang.h"
#include "base/thread.h"
#include "finder/finder.h"
#include "media/protocol.h"
#include "nn/dnn.h"

enum { MAX_CHECKS = 8 };

#define MEMORY_LEAST 1.5e9 /* available; a decoder takes up to 1 GiB by itself */
#define DISK_LEAST 1e9

typedef struct doctor_box { /* the report and the arena that everything in it lies in */
    imf_doctor_report report;
    imf_arena *arena;
    imf_check checks[MAX_CHECKS];
} doctor_box;

void imf_doctor_free(imf_doctor_report **report)
{
    if (!report || !*report)
        return;
    doctor_box *box = (doctor_box *)*report;
    imf_arena_free(&box->arena);
    imf_free(box);
    *report = NULL;
}

/* found and advice are copied; advice NULL: nothing to do. */
static int add(doctor_box *box, const char *name, bool ok, const char *found, const char *advice, imf_err *err)
{
    imf_check *c = &box->checks[box->report.n_checks++];
    *c = (imf_check){name, ok, imf_arena_strdup(box->arena, found),
                     imf_arena_strdup(box->arena, advice ? imf_tr(advice) : "")};
    box->report.ok = box->report.ok && ok;
    return c->found && c->advice ? IMF_OK : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "looking at this machine");
}

static int check_decoder(imf_finder *f, doctor_box *box, imf_err *err)
{
    char found[600];
    imf_err why = {0};
    if (imf_finder_use_pool(f, &why) != IMF_OK) {
        int rc = add(box, "decoder", false, why.msg, why.code == IMF_EUSAGE ? NULL : ADVICE_DOCTOR_DECODER, err);
        return rc != IMF_OK ? rc
                            : add(box, "sandbox", false, imf_tr(FOUND_DOCTOR_NO_DECODER), ADVICE_DOCTOR_FIRST, err);
    }
    snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_DECODER), IMF_VERSION, (int)IMF_DECODE_VERSION);
    int rc = add(box, "decoder", true, found, NULL, err);
    if (rc != IMF_OK)
        return rc;
    const char *yes = imf_tr(WORD_DOCTOR_YES), *no = imf_tr(WORD_DOCTOR_NO);
    uint32_t bits = imf_pool_sandbox(f->pool);
    bool ok = imf_finder_has_sandbox(f);
    snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_SANDBOX), bits & IMF_SANDBOX_SECCOMP ? yes : no,
             bits & IMF_SANDBOX_NO_NEW_PRIVS ? yes : no, bits & IMF_SANDBOX_LANDLOCK ? yes : no);
    return add(box, "sandbox", ok, found, ok ? NULL : ADVICE_DOCTOR_SANDBOX, err);
}

static int check_processor(doctor_box *box, imf_err *err)
{
    char found[200];
    const char *name;
    enum imf_dnn_isa isa = imf_dnn_isa(&name);
    snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_PROCESSOR), imf_cpu_count(), name);
    return add(box, "processor", isa >= IMF_ISA_SSE41, found,
               isa < IMF_ISA_SSE41  ? ADVICE_DOCTOR_PROCESSOR
               : isa < IMF_ISA_AVX2 ? ADVICE_DOCTOR_AVX2
                                    : NULL,
               err);
}

/* A line of /proc/meminfo in bytes; negative when it is not there. */
static double meminfo(const char *key)
{
    char line[200];
    double bytes = -1;
    FILE *file = fopen("/proc/meminfo", "re");
    size_t n = strlen(key);
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, n) == 0 && line[n] == ':')
            bytes = strtod(line + n + 1, NULL) * 1024;
    if (file)
        fclose(file);
    return bytes;
}

static int check_memory(doctor_box *box, imf_err *err)
{
    char found[200];
    double total = meminfo("MemTotal"), available = meminfo("MemAvailable");
    if (total < 0 || available < 0)
        return add(box, "memory", true, imf_tr(FOUND_DOCTOR_MEMORY_UNKNOWN), NULL, err);
    bool ok = available >= MEMORY_LEAST;
    snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_MEMORY), available / 1e9, total / 1e9);
    return add(box, "memory", ok, found, ok ? NULL : ADVICE_DOCTOR_MEMORY, err);
}

/* The path itself, or the nearest folder above it that is there; imf_free'd by the caller. */
static char *nearest(const char *path)
{
    char *at = imf_strdup(path);
    while (at && access(at, F_OK) != 0) {
        char *slash = strrchr(at, '/');
        if (!slash || (slash == at && slash[1] == '\0'))
            break;
        slash[slash == at ? 1 : 0] = '\0';
    }
    return at;
}

static int check_disk(const imf_finder *f, const char *folder, doctor_box *box, imf_err *err)
{
    char found[1200];
    struct statvfs st;
    if (statvfs(folder, &st) != 0) {
        snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_DISK_UNKNOWN), f->home);
        return add(box, "disk", false, found, ADVICE_DOCTOR_HOME, err);
    }
    double free_bytes = (double)st.f_bavail * (double)st.f_frsize;
    bool ok = free_bytes >= DISK_LEAST;
    snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_DISK), free_bytes / 1e9, f->home);
    return add(box, "disk", ok, found, ok ? NULL : ADVICE_DOCTOR_DISK, err);
}

static int check_home(imf_finder *f, const char *folder, doctor_box *box, imf_err *err)
{
    char found[1200];
    imf_err why = {0};
    imf_store *store = NULL;
    bool there = strcmp(folder, f->home) == 0;
    if (access(folder, W_OK | X_OK) != 0) {
        snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_HOME_LOCKED), f->home);
        return add(box, "home", false, found, ADVICE_DOCTOR_HOME, err);
    }
    int rc = imf_finder_begin_read(f, &store, &why);
    if (rc == IMF_OK)
        rc = imf_finder_end_read(f, IMF_OK, &why);
    if (rc != IMF_OK && rc != IMF_EUNKNOWN)
        return add(box, "home", false, why.msg, ADVICE_DOCTOR_VERIFY, err);
    int64_t pid = imf_lock_holder(f);
    if (pid > 0)
        snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_HOME_BUSY), f->home, (long long)pid);
    else
        snprintf(found, sizeof found, imf_tr(there ? FOUND_DOCTOR_HOME : FOUND_DOCTOR_HOME_NEW), f->home);
    return add(box, "home", true, found, NULL, err);
}

static int check_model(imf_finder *f, doctor_box *box, imf_err *err)
{
    char found[1200], *reference = NULL;
    imf_err why = {0};
    imf_model *model = NULL;
    int rc = imf_finder_usual_model(f, &reference, &why);
    if (rc == IMF_OK)
        rc = imf_model_open(&model, f->home, reference, &why);
    if (rc == IMF_OK) {
        snprintf(found, sizeof found, imf_tr(FOUND_DOCTOR_MODEL), model->name, model->dim, model->path);
        rc = add(box, "model", true, found, NULL, err);
    } else {
        rc = add(box, "model", false, why.msg, ADVICE_DOCTOR_MODEL, err);
    }
    imf_model_close(&model);
    imf_free(reference);
    return rc;
}

int imf_doctor(imf_finder *finder, imf_doctor_report **report, imf_err *err)
{
    int rc = IMF_OK;
    *report = NULL;
    doctor_box *box = imf_alloc_array(1, sizeof *box);
    imf_doctor_report *made = (imf_doctor_report *)box;
    char *folder = nearest(finder->home);
    if (!box || !folder || !(box->arena = imf_arena_new())) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "looking at this machine");
        goto out;
    }
    box->report = (imf_doctor_report){.ok = true, .checks = box->checks};
    IMF_TRY(check_decoder(finder, box, err));
    IMF_TRY(check_processor(box, err));
    IMF_TRY(check_memory(box, err));
    IMF_TRY(check_disk(finder, folder, box, err));
    IMF_TRY(check_home(finder, folder, box, err));
    IMF_TRY(check_model(finder, box, err));
    *report = made;
    made = NULL;
out:
    imf_free(folder);
    imf_doctor_free(&made);
    return rc;
}
