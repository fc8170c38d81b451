/* src/store: what hangs on an item (thumbnails, files), failures by their content, and the removal of a collection. */
#include "store_fixture.h"

static void thumbnails_are_kept_and_replaced(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16], *jpeg = NULL;
    size_t size;
    uint64_t swept;

    assert_int_equal(imf_store_thumbnail_put(fx->w, 1, (const uint8_t *)"x", 1, NULL), IMF_EINTERNAL);
    must(fx, imf_store_begin(fx->w, &fx->err));
    int64_t item = add_picture(fx, 1, "/pics/1");
    add_picture(fx, 2, "/pics/2");
    assert_int_equal(imf_store_thumbnail_get(fx->w, hash_of(1, hash), &jpeg, &size, &fx->err), IMF_EUNKNOWN);
    assert_null(jpeg);
    must(fx, imf_store_thumbnail_put(fx->w, item, (const uint8_t *)"first", 5, &fx->err));
    must(fx, imf_store_thumbnail_put(fx->w, item, (const uint8_t *)"a\0b", 3, &fx->err));
    must(fx, imf_store_thumbnail_get(fx->w, hash_of(1, hash), &jpeg, &size, &fx->err));
    assert_int_equal(size, 3);
    assert_memory_equal(jpeg, "a\0b", 3);
    imf_free(jpeg);
    assert_int_equal(imf_store_thumbnail_get(fx->w, hash_of(2, hash), &jpeg, &size, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(imf_store_thumbnail_get(fx->w, hash_of(3, hash), &jpeg, &size, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(imf_store_thumbnail_put(fx->w, item + 99, (const uint8_t *)"x", 1, NULL), IMF_EINTERNAL);
    assert_int_equal(fx->err.code, IMF_OK);

    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/1"), &fx->err));
    must(fx, imf_store_sweep(fx->w, &swept, &fx->err));
    assert_int_equal(swept, 1);
    assert_int_equal(number(fx, "SELECT count(*) FROM thumbnail"), 0); /* it went with its item */
    imf_store_rollback(fx->w);
}

typedef struct file_list {
    size_t n;
    char path[8][64], root[8][64];
    uint64_t size[8];
    int64_t mtime_ns[8];
} file_list;

static int remember_file(void *user, const imf_store_file *f)
{
    file_list *l = user;
    assert_true(l->n < 8);
    snprintf(l->path[l->n], 64, "%s", f->path);
    snprintf(l->root[l->n], 64, "%s", f->root);
    l->size[l->n] = f->size;
    l->mtime_ns[l->n++] = f->mtime_ns;
    return l->n == 3 ? 79 : 0;
}

static void an_item_knows_its_files(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16];
    file_list l = {0};
    int64_t other, other_root;

    must(fx, imf_store_begin(fx->w, &fx->err));
    int64_t item = add_picture(fx, 1, "/pics/b");
    add_picture(fx, 2, "/pics/c");
    must(fx, imf_store_collection_add(fx->w, "other", "starter", fx->space, &other, &fx->err));
    must(fx, imf_store_root(fx->w, other, "/else", &other_root, &fx->err));
    must(fx, imf_store_path_put(fx->w, other, other_root, "/else/a", 1001, 8, item, &fx->err));
    must(fx, imf_store_files(fx->w, hash_of(1, hash), remember_file, &l, &fx->err));
    assert_int_equal(l.n, 2);
    assert_string_equal(l.path[0], "/else/a");
    assert_string_equal(l.root[0], "/else");
    assert_int_equal(l.mtime_ns[0], 8);
    assert_string_equal(l.path[1], "/pics/b");
    assert_string_equal(l.root[1], "/pics");
    assert_int_equal(l.size[1], 1001);
    assert_int_equal(l.mtime_ns[1], 7);
    assert_int_equal(imf_store_files(fx->w, hash_of(2, hash), remember_file, &l, &fx->err), 79); /* the third stops */
    must(fx, imf_store_files(fx->w, hash_of(9, hash), remember_file, &l, &fx->err));
    assert_int_equal(l.n, 3);
    imf_store_rollback(fx->w);
}

static void assert_failure(fixture *fx, unsigned content, const char *path, const char *reason, bool own)
{
    uint8_t hash[16];
    char *found = NULL;
    bool is_own = !own;
    must(fx, imf_store_failure_find(fx->w, hash_of(content, hash), fx->collection, path, &found, &is_own, &fx->err));
    if (!reason)
        assert_null(found);
    else if (!found || strcmp(found, reason) != 0)
        fail_msg("'%s', expected '%s'", found ? found : "nothing", reason);
    assert_int_equal(is_own, own);
    imf_free(found);
}

static void failures_are_known_by_their_content(void **state)
{
    fixture *fx = *state;
    imf_store *w = fx->w;
    uint8_t hash[16];
    const char *a = "/pics/a", *b = "/pics/b";

    must(fx, imf_store_begin(w, &fx->err));
    assert_failure(fx, 1, a, NULL, false);
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, a, 10, 5, "it kills", hash_of(1, hash), &fx->err));
    assert_failure(fx, 1, b, "it kills", false); /* a copy */
    assert_failure(fx, 1, a, "it kills", true);  /* touched: it may be tried again */
    assert_failure(fx, 2, b, NULL, false);
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, b, 10, 5, "it kills", hash_of(1, hash), &fx->err));
    assert_failure(fx, 1, b, "it kills", true);
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, a, 10, 6, "no permission", NULL, &fx->err));
    assert_failure(fx, 1, a, "it kills", false); /* of this failure the content is not known */
    must(fx, imf_store_path_remove(w, path_id(fx, b), &fx->err));
    assert_failure(fx, 1, a, NULL, false);
    imf_store_rollback(w);
}

/* ---- removing a collection ---- */

static void note_fault(void *user, const char *what, uint64_t rows)
{
    print_error("%s (%llu)\n", what, (unsigned long long)rows);
    *(bool *)user = false;
}

static void assert_sound(fixture *fx)
{
    bool sound = true;
    must(fx, imf_store_verify(fx->w, note_fault, &sound, &fx->err));
    assert_true(sound);
}

static void a_removed_collection_takes_what_is_its_own(void **state)
{
    fixture *fx = *state;
    imf_store *w = fx->w;
    uint8_t hash[16], other_hash[16];
    int64_t same, same_root, space2, far, far_root;
    uint64_t items = 99, vector;
    bool all;
    imf_store_collection c;
    imf_store_item item;
    const char *const queries[] = {"cat", "boat"};

    must(fx, imf_store_begin(w, &fx->err));
    must(fx, imf_store_collection_edit(w, fx->collection, "T", "D", queries, 2, &fx->err));
    add_picture(fx, 1, "/pics/1");
    int64_t shared = add_picture(fx, 2, "/pics/2"), across = add_picture(fx, 3, "/pics/3");
    must(fx, imf_store_thumbnail_put(w, shared, (const uint8_t *)"s", 1, &fx->err));
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, "/pics/bad", 1, 1, "bad", hash_of(7, hash), &fx->err));
    /* another collection of this space, and one of another space, each with one of the contents */
    must(fx, imf_store_collection_add(w, "same", "starter", fx->space, &same, &fx->err));
    must(fx, imf_store_root(w, same, "/pics", &same_root, &fx->err));
    must(fx, imf_store_path_put(w, same, same_root, "/pics/2", 1002, 7, shared, &fx->err));
    must(fx, imf_store_space(w, hash_of(2000000, other_hash), 8, "other", &space2, &fx->err));
    must(fx, imf_store_collection_add(w, "far", "other", space2, &far, &fx->err));
    must(fx, imf_store_root(w, far, "/far", &far_root, &fx->err));
    imf_store_segment segment = {2, 1, 1, 1};
    must(fx, imf_store_segment_put(w, space2, &segment, &fx->err));
    must(fx, imf_store_moment_add(w, across, space2, 2u << 20, -1, -1, &fx->err));
    must(fx, imf_store_path_put(w, far, far_root, "/far/3", 1003, 7, across, &fx->err));
    must(fx, imf_store_commit(w, &fx->err));
    assert_sound(fx);

    imf_store *before = reader(fx);
    must(fx, imf_store_begin(before, &fx->err));
    must(fx, imf_store_begin(w, &fx->err));
    must(fx, imf_store_collection_remove(w, fx->collection, &items, &fx->err));
    must(fx, imf_store_commit(w, &fx->err));
    assert_int_equal(items, 1);
    assert_sound(fx);

    must(fx, imf_store_collection_get(before, "default", &c, &fx->err)); /* its snapshot is older */
    assert_int_equal(c.n_queries, 2);
    imf_store_collection_clear(&c);
    must(fx, imf_store_vector_of_item(before, hash_of(1, hash), fx->space, &vector, &fx->err));
    must(fx, imf_store_commit(before, &fx->err));
    assert_int_equal(imf_store_collection_get(before, "default", &c, &fx->err), IMF_EUNKNOWN);
    imf_store_close(&before);

    assert_int_equal(number(fx, "SELECT count(*) FROM collection_query"), 0);
    assert_int_equal(number(fx, "SELECT count(*) FROM failure"), 0);
    assert_int_equal(number(fx, "SELECT count(*) FROM root"), 2);
    assert_int_equal(number(fx, "SELECT count(*) FROM path"), 2);
    assert_int_equal(number(fx, "SELECT count(*) FROM unswept"), 0);
    assert_int_equal(number(fx, "SELECT count(*) FROM thumbnail"), 1);
    assert_int_equal(imf_store_item_by_hash(w, hash_of(1, hash), fx->space, &item, &fx->err), IMF_EUNKNOWN);
    must(fx, imf_store_item_by_hash(w, hash_of(2, hash), fx->space, &item, &fx->err));
    assert_true(item.has_moment);
    must(fx, imf_store_item_by_hash(w, hash_of(3, hash), fx->space, &item, &fx->err));
    assert_false(item.has_moment); /* only in the space that still holds it */
    must(fx, imf_store_item_by_hash(w, hash_of(3, hash), space2, &item, &fx->err));
    assert_true(item.has_moment);
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone"), 2);
    must(fx, imf_store_all_live(w, fx->space, &all, &fx->err));
    assert_false(all);
    must(fx, imf_store_all_live(w, space2, &all, &fx->err));
    assert_true(all);

    must(fx, imf_store_begin(w, &fx->err));
    assert_int_equal(imf_store_collection_remove(w, fx->collection, &items, NULL), IMF_EINTERNAL);
    imf_store_rollback(w);
    must(fx, imf_store_begin(w, &fx->err)); /* the name is free again */
    must(fx, imf_store_collection_add(w, "default", "starter", fx->space, &fx->collection, &fx->err));
    must(fx, imf_store_root(w, fx->collection, "/pics", &fx->root, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_commit(w, &fx->err));
    assert_sound(fx);
}

static void a_removal_that_is_not_committed_changes_nothing(void **state)
{
    fixture *fx = *state;
    uint64_t items;
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_remove(fx->w, fx->collection, &items, &fx->err));
    assert_int_equal(items, 1);
    imf_store_close(&fx->w); /* as a process that dies */
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM path"), 1);
    assert_int_equal(number(fx, "SELECT count(*) FROM collection"), 1);
    assert_sound(fx);
}

static void a_large_collection_is_removed(void **state)
{
    fixture *fx = *state;
    enum { N = 50000 };
    char path[64];
    uint64_t items;

    must(fx, imf_store_begin(fx->w, &fx->err));
    for (unsigned i = 0; i < N; i++) {
        snprintf(path, sizeof path, "/pics/%08x.jpg", i * 2654435761u);
        add_picture(fx, i, path);
    }
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_remove(fx->w, fx->collection, &items, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(items, N);
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone"), N);
    assert_sound(fx);
}

static void the_data_version_tells_of_others(void **state)
{
    fixture *fx = *state;
    int64_t first, second;
    imf_store *r = reader(fx);

    must(fx, imf_store_begin(r, &fx->err));
    must(fx, imf_store_data_version(r, &first, &fx->err));
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_data_version(r, &second, &fx->err));
    assert_int_equal(first, second); /* that of the snapshot */
    must(fx, imf_store_commit(r, &fx->err));
    must(fx, imf_store_begin(r, &fx->err));
    must(fx, imf_store_data_version(r, &second, &fx->err));
    assert_int_not_equal(first, second);
    must(fx, imf_store_commit(r, &fx->err));
    must(fx, imf_store_begin(r, &fx->err));
    must(fx, imf_store_data_version(r, &first, &fx->err));
    assert_int_equal(first, second);
    must(fx, imf_store_commit(r, &fx->err));
    assert_false(imf_store_is_frozen(r));
    imf_store_close(&r);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(thumbnails_are_kept_and_replaced),
        T(an_item_knows_its_files),
        T(failures_are_known_by_their_content),
        T(a_removed_collection_takes_what_is_its_own),
        T(a_removal_that_is_not_committed_changes_nothing),
        T(a_large_collection_is_removed),
        T(the_data_version_tells_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
