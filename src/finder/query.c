/*
 * A search from start to end: which model and which collections, the query's vector, the scan, and what the nearest
 * vectors stand for. One snapshot of the catalog serves the whole search, so that it never sees half a batch;
 * what stays open between searches is reader.c's.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/utf8.h"
#include "finder/finder.h"
#include "nn/calibration.h"
#include "text/fold.h"
#include "text/language.h"
#include "text/layout.h"

typedef struct results_box { /* the results and the arena that everything in them lies in */
    imf_results results;
    imf_arena *arena;
} results_box;

typedef struct search { /* one search under way */
    imf_finder *f;
    const imf_query *query;
    const char *words;            /* what is looked for: the query's text, or the one that was meant */
    results_box *box;
    imf_store *store;             /* borrowed, in a snapshot; NULL: no home yet */
    imf_store_collection collection; /* the one asked for; id 0: all */
    imf_model *model;
    int64_t space;                /* 0: nothing was indexed in the model's space */
    imf_index *index;             /* borrowed; NULL: then too */
    float *vector;                /* [dim] */
} search;

imf_query imf_query_default(void)
{
    return (imf_query){.k = 10};
}

void imf_results_free(imf_results **results)
{
    if (!results || !*results)
        return;
    results_box *box = (results_box *)*results;
    imf_arena_free(&box->arena);
    imf_free(box);
    *results = NULL;
}

static int out_of_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "searching");
}

static int check(const imf_query *q, imf_err *err)
{
    if ((q->text != NULL) + (q->picture != NULL) + (q->item != NULL) != 1)
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_ONE_QUERY);
    if ((q->text && imf_text_blank(q->text)) || (q->picture && *q->picture == '\0'))
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_EMPTY_QUERY);
    if (q->k < 1 || q->k > 1000)
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_K, q->k);
    if (q->has_min_score && !isfinite(q->min_score))
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_MIN_SCORE);
    uint8_t hash[16];
    if (q->item && !imf_unhex(q->item, hash, 16))
        return imf_fail(err, IMF_EUSAGE, MSG_FINDER_ITEM_ID, q->item);
    return q->collection ? imf_check_collection_name(q->collection, err) : IMF_OK;
}

/* The catalog, the collection asked for, and the model: the option's, else that of the collection (of "default"
 * where none is named), else the starter. */
static int choose(search *s, imf_err *err)
{
    const char *name = s->query->collection, *reference = s->f->model;
    int rc = imf_finder_begin_read(s->f, &s->store, err);
    if (rc != IMF_OK && rc != IMF_EUNKNOWN)
        return rc;
    if (s->store) {
        rc = imf_store_collection_get(s->store, name ? name : "default", &s->collection, err);
        if (rc != IMF_OK && rc != IMF_EUNKNOWN)
            goto out;
    }
    if (name && !s->collection.id && (s->store || strcmp(name, "default") != 0)) {
        rc = imf_fail(err, IMF_EUNKNOWN, MSG_FINDER_COLLECTION_UNKNOWN, name);
        goto out;
    }
    if (!reference)
        reference = s->collection.id ? s->collection.model : "starter";
    IMF_TRY(imf_finder_use_model(s->f, reference, &s->model, err));
    imf_model_space(s->model);
    if (s->store)
        IMF_TRY(imf_store_space(s->store, s->model->space, s->model->dim, s->model->name, &s->space, err));
    if (name && s->collection.id && s->collection.space != s->space)
        rc = imf_finder_fail_space(&s->collection, s->model, err);
    else
        rc = IMF_OK;
    if (!name)
        imf_store_collection_clear(&s->collection); /* it only lent its model; the search is over all */
out:
    return rc;
}

/* What a search does not see of a collection, as a warning of the results. NULL: out of memory. */
static const char *missed(const search *s, const imf_store_collection *c)
{
    imf_arena *a = s->box->arena;
    if (c->space == s->space)
        return imf_arena_sprintf(a, imf_tr(WARN_FINDER_WAITING), c->name, c->name);
    if (imf_finder_is_outdated(c, s->model))
        return imf_arena_sprintf(a, imf_tr(WARN_FINDER_OUTDATED), c->name, c->model, c->name);
    return imf_arena_sprintf(a, imf_tr(WARN_FINDER_LEFT_OUT), c->name, c->model);
}

/* Says what the search does not see: collections of other models, or of this one before it changed, and what an index
 * run has yet to embed again. Where all that the model has was indexed before it changed, that is the error. */
static int warn_missed(search *s, imf_err *err)
{
    int rc = IMF_OK;
    imf_store_collection *all = NULL;
    const imf_store_collection *outdated = NULL;
    bool answers = false;
    size_t n = 0, count = 0;
    if (!s->store)
        return IMF_OK;
    IMF_TRY(imf_store_collections_plain(s->store, &all, &n, err));
    const char **warnings = imf_arena_alloc(s->box->arena, (n > 0 ? n : 1) * sizeof *warnings);
    for (size_t i = 0; i < n && warnings; i++) {
        const imf_store_collection *c = &all[i];
        if (s->collection.id && c->id != s->collection.id)
            continue;
        if (c->space == s->space)
            answers = true;
        else if (!outdated && imf_finder_is_outdated(c, s->model))
            outdated = c;
        if (c->space == s->space && !c->waiting)
            continue;
        if (!(warnings[count++] = missed(s, c)))
            warnings = NULL;
    }
    if (!warnings)
        rc = out_of_memory(err);
    else if (!answers && outdated)
        rc = imf_finder_fail_space(outdated, s->model, err);
    s->box->results.warnings = warnings;
    s->box->results.n_warnings = warnings ? count : 0;
out:
    imf_store_collections_free(&all, n);
    return rc;
}

/* Looks for what was meant where the query was typed with the other keyboard layout on, and says so before anything
 * else. */
static int take_words(search *s, imf_err *err)
{
    imf_results *res = &s->box->results;
    imf_arena *arena = s->box->arena;
    char *other = NULL;
    s->words = s->query->text;
    int rc = imf_text_other_layout(s->words, &other, err);
    if (rc == IMF_OK && other) {
        const char **warnings = imf_arena_alloc(arena, (res->n_warnings + 1) * sizeof *warnings);
        res->translated = imf_arena_strdup(arena, other);
        if (warnings)
            warnings[0] = imf_arena_sprintf(arena, imf_tr(WARN_FINDER_LAYOUT), s->words, other);
        if (!res->translated || !warnings || !warnings[0]) {
            rc = out_of_memory(err);
            goto out;
        }
        for (size_t i = 0; i < res->n_warnings; i++)
            warnings[i + 1] = res->warnings[i];
        res->warnings = warnings;
        res->n_warnings++;
        s->words = res->translated;
    }
    res->language = imf_text_language(s->words);
out:
    imf_free(other);
    return rc;
}

/* The vector of words, in the templates that the query asks for, else in those of the model. */
static int text_vector(search *s, imf_err *err)
{
    imf_templates templates;
    const char *which = s->query->templates ? s->query->templates : "default";
    int rc = imf_templates_get(&templates, s->model, which, err);
    if (rc == IMF_OK)
        rc = imf_model_embed_text(s->model, s->words, &templates, false, s->vector, err);
    imf_templates_clear(&templates);
    return rc;
}

/* The stored vector of an item, in *found when the model's space has one. */
static int item_vector(search *s, const uint8_t hash[16], bool *found, imf_err *err)
{
    uint64_t id;
    int rc = s->store && s->space ? imf_store_vector_of_item(s->store, hash, s->space, &id, err) : IMF_EUNKNOWN;
    *found = rc == IMF_OK;
    if (rc == IMF_EUNKNOWN)
        return IMF_OK;
    return rc == IMF_OK ? imf_index_read(s->index, id, s->vector, err) : rc;
}

/* The vector of a picture query: a file first, then an item. */
static int picture_vector(search *s, imf_err *err)
{
    const char *name = s->query->picture;
    uint8_t hash[16];
    bool found = false;
    if (access(name, F_OK) == 0)
        return imf_finder_embed_file(s->f, s->model, name, false, false, s->vector, err);
    int rc = imf_unhex(name, hash, 16) ? item_vector(s, hash, &found, err) : IMF_OK;
    if (rc == IMF_OK && !found)
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_ITEM_UNKNOWN, name);
    return rc;
}

/* The vector of an item query: the file system is not asked. */
static int query_item_vector(search *s, imf_err *err)
{
    const char *name = s->query->item;
    uint8_t hash[16];
    bool found = false;
    imf_store_item item;
    imf_unhex(name, hash, 16); /* checked before */
    int rc = item_vector(s, hash, &found, err);
    if (rc != IMF_OK || found)
        return rc;
    rc = s->store ? imf_store_item_by_hash(s->store, hash, s->space, &item, err) : IMF_EUNKNOWN;
    if (rc == IMF_OK)
        return imf_fail(err, IMF_EMODEL, MSG_FINDER_ITEM_SPACE, name, s->model->name);
    return rc == IMF_EUNKNOWN ? imf_fail(err, IMF_ENOITEM, MSG_FINDER_NO_ITEM, name) : rc;
}

static int fill_hit(search *s, uint64_t id, float score, imf_hit *hit, imf_err *err)
{
    imf_store_hit found = {0};
    imf_arena *arena = s->box->arena;
    const imf_calibration *c = s->model->calibration;
    int rc = imf_store_hit_get(s->store, s->space, id, s->collection.id, &found, err);
    if (rc != IMF_OK)
        return rc;
    const char **paths = imf_arena_alloc(arena, found.n_paths * sizeof *paths);
    bool ok = paths != NULL;
    for (size_t i = 0; i < found.n_paths && ok; i++)
        ok = (paths[i] = imf_arena_strdup(arena, found.paths[i])) != NULL;
    *hit = (imf_hit){
        .score = score,
        .probability = NAN, /* what a model without a calibration knows */
        .verdict = "maybe",
        .paths = paths,
        .n_paths = found.n_paths,
        .kind = "picture",
        .time_ms = found.time_ms,
        .end_ms = found.end_ms,
        .width = found.width,
        .height = found.height,
    };
    if (c) {
        hit->probability = imf_calibration_probability(s->query->text ? &c->text : &c->picture, (double)score);
        hit->verdict = imf_calibration_verdict(c, hit->probability);
    }
    imf_hex(found.hash, 16, hit->item);
    hit->collection = imf_arena_strdup(arena, found.collection);
    if (ok) {
        hit->path = paths[0];
        for (size_t i = 0; i < found.n_paths; i++) /* a copy that is there now is worth more than one that is not */
            if (access(paths[i], F_OK) == 0) {
                hit->path = paths[i];
                break;
            }
    }
    imf_store_hit_clear(&found);
    return ok && hit->collection ? IMF_OK : out_of_memory(err);
}

static int scan(search *s, imf_err *err)
{
    int rc = IMF_OK;
    size_t k = (size_t)s->query->k, n = 0;
    imf_bitmap filter = {0};
    imf_search_options how = {.kind = IMF_INDEX_EXACT, .threads = s->f->threads_asked};
    uint64_t *ids = imf_alloc_array(k, sizeof *ids);
    float *scores = imf_alloc_array(k, sizeof *scores);
    imf_hit *hits = imf_arena_alloc(s->box->arena, k * sizeof *hits);
    if (!ids || !scores || !hits) {
        rc = out_of_memory(err);
        goto out;
    }
    IMF_TRY(imf_finder_use_filter(s->f, s->collection.id, &filter, err));
    IMF_TRY(imf_index_search(s->index, s->vector, 1, (int)k, filter.words ? &filter : NULL, &how, ids, scores, err));
    for (size_t i = 0; i < k && ids[i] != UINT64_MAX; i++) {
        if (s->query->has_min_score && scores[i] < s->query->min_score)
            break;
        rc = fill_hit(s, ids[i], scores[i], &hits[n], err);
        if (rc == IMF_EUNKNOWN) { /* a row without a moment: verify reports it, a search passes over it */
            rc = IMF_OK;
            continue;
        }
        if (rc != IMF_OK)
            goto out;
        n++;
        hits[n - 1].rank = (int)n;
    }
    s->box->results.hits = hits;
    s->box->results.n_hits = n;
out:
    imf_free(scores);
    imf_free(ids);
    return rc;
}

static int run(search *s, imf_err *err)
{
    int rc = IMF_OK;
    imf_results *res = &s->box->results;
    const imf_query *q = s->query;
    double start = imf_now_ms(), then;
    if (q->text && !imf_utf8_valid(q->text, strlen(q->text))) /* before anything is opened */
        return imf_fail(err, IMF_EUSAGE, MSG_TEXT_NOT_UTF8);
    IMF_TRY(choose(s, err));
    res->model = imf_arena_strdup(s->box->arena, s->model->name);
    res->text = imf_arena_strdup(s->box->arena, q->text);
    s->vector = imf_alloc_array((size_t)s->model->dim, sizeof *s->vector);
    if (!res->model || !s->vector || (q->text && !res->text)) {
        rc = out_of_memory(err);
        goto out;
    }
    IMF_TRY(warn_missed(s, err));
    if (q->text)
        IMF_TRY(take_words(s, err));
    if (s->space)
        IMF_TRY(imf_finder_use_index(s->f, s->space, s->model->space, s->model->dim, &s->index, err));
    then = imf_now_ms();
    if (q->text)
        IMF_TRY(text_vector(s, err));
    else if (q->item)
        IMF_TRY(query_item_vector(s, err));
    else
        IMF_TRY(picture_vector(s, err));
    res->embed_ms = imf_now_ms() - then;
    then = imf_now_ms();
    if (s->index)
        IMF_TRY(scan(s, err));
    IMF_TRY(imf_finder_end_read(s->f, IMF_OK, err)); /* the snapshot held to the end */
    res->search_ms = imf_now_ms() - then;
    res->total_ms = imf_now_ms() - start;
out:
    return rc;
}

int imf_search(imf_finder *finder, const imf_query *query, imf_results **results, imf_err *err)
{
    *results = NULL;
    int rc = check(query, err);
    if (rc != IMF_OK)
        return rc;
    search s = {.f = finder, .query = query};
    s.box = imf_alloc_array(1, sizeof *s.box);
    imf_results *made = (imf_results *)s.box;
    if (!s.box || !(s.box->arena = imf_arena_new()))
        rc = out_of_memory(err);
    else
        rc = run(&s, err);
    if (rc != IMF_OK)
        imf_finder_end_read(finder, rc, NULL);
    if (rc == IMF_EOUTDATED) /* or it is our own copy that is older than the collection */
        imf_finder_forget_model(finder);
    imf_store_collection_clear(&s.collection);
    imf_free(s.vector);
    if (rc == IMF_OK)
        *results = made;
    else
        imf_results_free(&made);
    return rc;
}
