/* Verification: the catalog against itself, every block of every segment against its checksum, and the two against
 * each other. */
#include <string.h>

#include "finder/finder.h"

typedef struct verify_box { /* the report and the arena that everything in it lies in */
    imf_verify_report report;
    imf_arena *arena;
    imf_damage *damage;
    size_t cap;
    char *catalog;  /* the catalog's path, for its faults */
    bool failed;    /* out of memory while collecting */
} verify_box;

void imf_verify_report_free(imf_verify_report **report)
{
    if (!report || !*report)
        return;
    verify_box *box = (verify_box *)*report;
    imf_free(box->damage);
    imf_free(box->catalog);
    imf_arena_free(&box->arena);
    imf_free(box);
    *report = NULL;
}

static void add_damage(void *user, const char *file, const char *what, uint64_t rows)
{
    verify_box *box = user;
    size_t n = box->report.n_damage;
    void *damage = box->damage;
    imf_damage d = {imf_arena_strdup(box->arena, file), imf_arena_strdup(box->arena, what), rows};
    if (!d.file || !d.what || !imf_grow(&damage, n, &box->cap, sizeof d)) {
        box->failed = true;
        return;
    }
    box->damage = damage;
    box->damage[n] = d;
    box->report.n_damage = n + 1;
}

static void add_catalog_damage(void *user, const char *what, uint64_t rows)
{
    verify_box *box = user;
    add_damage(box, box->catalog, what, rows);
}

static int verify_space(imf_finder *f, imf_store *store, const imf_store_space_row *space, verify_box *box,
                        imf_err *err)
{
    imf_index *index = NULL;
    imf_store_segment *segments = NULL;
    size_t n = 0;
    int rc = imf_store_segments(store, space->id, &segments, &n, err);
    if (rc != IMF_OK)
        return rc;
    box->report.segments += n;
    for (size_t i = 0; i < n; i++)
        box->report.rows += segments[i].rows;
    imf_free(segments);
    rc = imf_finder_open_index(f, store, space->id, space->hash, space->dim, false, true, &index, err);
    if (rc == IMF_OK)
        rc = imf_index_verify(index, add_damage, box, err);
    imf_index_close(&index);
    return rc;
}

static int verify_home(imf_finder *f, verify_box *box, imf_err *err)
{
    int rc = IMF_OK;
    imf_store *store = NULL;
    imf_store_space_row *spaces = NULL;
    size_t n = 0;
    imf_err why = {0};
    rc = imf_finder_open_store(f, false, &store, &why);
    if (rc == IMF_EUNKNOWN)
        return IMF_OK;
    if (rc == IMF_OK)
        rc = imf_store_begin(store, &why);
    if (rc == IMF_OK)
        rc = imf_store_verify(store, add_catalog_damage, box, &why);
    if (rc == IMF_OK)
        rc = imf_store_spaces(store, &spaces, &n, &why);
    for (size_t i = 0; i < n && rc == IMF_OK; i++)
        rc = verify_space(f, store, &spaces[i], box, &why);
    if (rc == IMF_OK)
        rc = imf_store_commit(store, &why);
    if (rc == IMF_EDAMAGE) { /* a catalog that cannot even be read is a finding, and no failure of the verification */
        add_catalog_damage(box, why.msg, box->report.rows);
        rc = IMF_OK;
    } else if (rc != IMF_OK && err) {
        *err = why;
    }
    imf_free(spaces);
    imf_store_close(&store);
    return rc;
}

int imf_verify(imf_finder *finder, imf_verify_report **report, imf_err *err)
{
    *report = NULL;
    verify_box *box = imf_alloc_array(1, sizeof *box);
    imf_verify_report *made = (imf_verify_report *)box;
    int rc = IMF_EMEM;
    if (box && (box->arena = imf_arena_new()) && (box->catalog = imf_finder_path(finder, "catalog.db")))
        rc = verify_home(finder, box, err);
    else
        imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "verifying");
    if (rc == IMF_OK && box->failed)
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "verifying");
    if (rc != IMF_OK) {
        imf_verify_report_free(&made);
        return rc;
    }
    box->report.damage = box->damage;
    box->report.ok = box->report.n_damage == 0;
    *report = made;
    return IMF_OK;
}
