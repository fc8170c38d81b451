/*
 * What an index run has to do: walk the roots, compare with the catalog, and at the end drop what is gone. A root
 * that is missing or has lost all its files removes nothing: a disk that is not plugged in must not cost its index.
 */
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "finder/ingest.h"

static int remember_known(void *user, const imf_store_path *p)
{
    imf_run *r = user;
    void *known = r->known;
    const char *path = imf_arena_strdup(r->arena, p->path);
    const char *reason = p->reason ? imf_arena_strdup(r->arena, p->reason) : NULL;
    if (!path || (p->reason && !reason) || !imf_grow(&known, r->n_known, &r->cap_known, sizeof *r->known))
        return IMF_EMEM;
    r->known = known;
    r->known[r->n_known++] = (imf_run_known){path, p->id, p->item, p->size, p->mtime_ns, reason, false};
    return 0;
}

static int known_by_path(const void *a, const void *b)
{
    return strcmp(((const imf_run_known *)a)->path, ((const imf_run_known *)b)->path);
}

const imf_run_known *imf_run_find_known(const imf_run *r, const char *path)
{
    imf_run_known key = {.path = path};
    return r->n_known > 0 ? bsearch(&key, r->known, r->n_known, sizeof *r->known, known_by_path) : NULL;
}

bool imf_run_is_known_as(const imf_run *r, const char *path, int64_t item)
{
    const imf_run_known *known = imf_run_find_known(r, path);
    return known && known->item == item;
}

/* Everything that the catalog has below the roots, by path, once. */
static int load_known(imf_run *r, imf_err *err)
{
    for (size_t i = 0; i < r->n_roots; i++) {
        size_t before = r->n_known;
        int rc = imf_store_paths(r->store, r->collection, r->roots[i].path, remember_known, r, err);
        if (rc != IMF_OK)
            return rc == IMF_EMEM ? imf_fail(err, rc, MSG_OUT_OF_MEMORY, "comparing files") : rc;
        r->roots[i].n_known = r->n_known - before;
    }
    if (r->n_known == 0)
        return IMF_OK;
    qsort(r->known, r->n_known, sizeof *r->known, known_by_path);
    size_t kept = 1;
    for (size_t i = 1; i < r->n_known; i++)
        if (strcmp(r->known[i].path, r->known[kept - 1].path) != 0)
            r->known[kept++] = r->known[i];
    r->n_known = kept;
    return IMF_OK;
}

static int walk_roots(imf_run *r, imf_err *err)
{
    for (size_t i = 0; i < r->n_roots; i++) {
        imf_run_root *root = &r->roots[i];
        size_t before = r->scan.n_files;
        if (!root->missing) {
            int rc = imf_scan_root(&r->scan, root->path, i, err);
            if (rc != IMF_OK)
                return rc;
        }
        root->n_files = r->scan.n_files - before;
    }
    imf_scan_finish(&r->scan);
    for (size_t i = 0; i < r->scan.n_gaps; i++) {
        const imf_scan_gap *gap = &r->scan.gaps[i];
        for (size_t k = 0; k < r->n_roots; k++)
            if (strcmp(r->roots[k].path, gap->path) == 0 && r->roots[k].n_files == 0 && !r->roots[k].missing) {
                r->roots[k].missing = true; /* the root itself cannot be read */
                if (!r->first_missing) {
                    r->first_missing = r->roots[k].path;
                    r->first_missing_errno = gap->error;
                }
            }
        if (imf_run_note(r, NOTE_FINDER_FOLDER, gap->path, imf_errno_text(gap->error)) != 0)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "listing files");
    }
    return IMF_OK;
}

/* Which roots are kept although nothing is there, and what the user is told of each. */
static int judge_roots(imf_run *r, imf_err *err)
{
    for (size_t i = 0; i < r->n_roots; i++) {
        imf_run_root *root = &r->roots[i];
        int rc = 0;
        if (root->n_files == 0 && root->n_known > 0 && !r->opt->forget) {
            root->kept = true;
            r->report->offline += root->n_known;
            rc = imf_run_note(r, NOTE_FINDER_OFFLINE, root->path, (unsigned long long)root->n_known);
        } else if (root->n_files == 0 && !root->missing) {
            rc = imf_run_note(r, NOTE_FINDER_EMPTY, root->path, imf_scan_extensions);
        }
        if (rc != 0)
            return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "listing files");
    }
    return IMF_OK;
}

/* Merges the two sorted lists. */
static int compare(imf_run *r, imf_err *err)
{
    r->candidates = imf_alloc_array(r->scan.n_files, sizeof *r->candidates);
    if (!r->candidates)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "comparing files");
    for (size_t i = 0, k = 0; i < r->scan.n_files; i++) {
        int rc = IMF_OK;
        bool has = true;
        const imf_scan_file *file = &r->scan.files[i];
        while (k < r->n_known && strcmp(r->known[k].path, file->path) < 0)
            k++;
        imf_run_known *known = k < r->n_known && strcmp(r->known[k].path, file->path) == 0 ? &r->known[k] : NULL;
        if (known)
            known->there = true;
        if (!known || known->size != file->size || known->mtime_ns != file->mtime_ns) {
            r->candidates[r->n_candidates++] = i;
        } else if (known->item == 0) {
            rc = imf_run_count_failure(r, file->path, known->reason ? known->reason : "", err);
            r->done++;
        } else if ((rc = imf_run_has_vector(r, known, &has, err)) == IMF_OK && has) {
            r->report->unchanged++;
            r->done++;
        } else {
            r->candidates[r->n_candidates++] = i;
        }
        if (rc != IMF_OK)
            return rc;
    }
    r->report->seen = r->scan.n_files;
    return IMF_OK;
}

int imf_run_plan(imf_run *r, imf_err *err)
{
    int rc = walk_roots(r, err);
    if (rc == IMF_OK)
        rc = load_known(r, err);
    if (rc == IMF_OK)
        rc = judge_roots(r, err);
    if (rc == IMF_OK)
        rc = compare(r, err);
    return rc;
}

/* A gone path is kept when a root above it is kept, or when a folder above it could not be read. */
static bool is_kept(const imf_run *r, const char *path)
{
    for (size_t i = 0; i < r->n_roots; i++)
        if (r->roots[i].kept && imf_path_below(path, r->roots[i].path))
            return true;
    for (size_t i = 0; i < r->scan.n_gaps && !r->opt->forget; i++)
        if (imf_path_below(path, r->scan.gaps[i].path))
            return true;
    return false;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* How many elements of a have a partner of their own in b: gone paths whose content got a new path. Sorts both. */
static size_t count_pairs(int64_t *a, size_t n_a, int64_t *b, size_t n_b)
{
    size_t pairs = 0;
    if (n_a == 0 || n_b == 0)
        return 0;
    qsort(a, n_a, sizeof *a, by_number);
    qsort(b, n_b, sizeof *b, by_number);
    for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
        if (a[i] == b[k])
            i++, k++, pairs++;
        else if (a[i] < b[k])
            i++;
        else
            k++;
    }
    return pairs;
}

/* Files of segments that the catalog does not name any more. */
static void remove_segments(const imf_run *r, const uint32_t *numbers, size_t n)
{
    char *folder = imf_finder_path(r->f, "segments");
    for (size_t i = 0; i < n && folder; i++)
        imf_index_remove(r->f->fl, folder, numbers[i]);
    imf_free(folder);
}

int imf_run_remove_gone(imf_run *r, imf_err *err)
{
    int rc = IMF_OK;
    uint64_t swept = 0;
    size_t n_gone = 0, n_unused = 0;
    uint32_t *unused = NULL; /* segments that nothing refers to any more */
    bool open = false;
    int64_t *gone = imf_alloc_array(r->n_known, sizeof *gone); /* their items */
    if (!gone)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "indexing");
    IMF_TRY(imf_store_begin(r->store, err));
    open = true;
    if (r->scan.n_files > 0) /* nothing was there: a disk that is not plugged in must not cost its old vectors */
        IMF_TRY(imf_run_move(r, err));
    for (size_t i = 0; i < r->n_known; i++) {
        const imf_run_known *known = &r->known[i];
        if (known->there || is_kept(r, known->path))
            continue;
        gone[n_gone++] = known->item;
        IMF_TRY(imf_store_path_remove(r->store, known->id, err));
    }
    for (size_t i = 0; i < r->n_roots; i++)
        if (r->roots[i].id != 0)
            IMF_TRY(imf_store_root_offline(r->store, r->roots[i].id, r->roots[i].kept, err));
    IMF_TRY(imf_store_sweep(r->store, &swept, err));
    IMF_TRY(imf_run_tell_waiting(r, err));
    IMF_TRY(imf_store_unused_remove(r->store, &unused, &n_unused, err));
    IMF_TRY(imf_store_commit(r->store, err));
    open = false;
    remove_segments(r, unused, n_unused);
    r->report->removed = n_gone - count_pairs(gone, n_gone, r->moved, r->n_moved);
out:
    if (open)
        imf_store_rollback(r->store);
    imf_free(unused);
    imf_free(gone);
    return rc;
}
