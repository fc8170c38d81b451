/* src/store: round trips of every table, paths and their prefixes, the sweep, what is live. Opening, transactions and
 * other processes are in test_store_open.c, the verification in test_store_verify.c. */
#include <math.h>

#include "store_fixture.h"

/* ---- spaces and segments ---- */

static void spaces_are_found_again_by_their_hash(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16];
    int64_t a, b;
    imf_store_space_row *rows;
    size_t n;

    must(fx, imf_store_space(fx->w, hash_of(1000000, hash), 8, "starter", &a, &fx->err)); /* known: no transaction */
    assert_int_equal(a, fx->space);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_space(fx->w, hash_of(2, hash), 4096, "/модели/моя", &b, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_not_equal(a, b);

    must(fx, imf_store_spaces(fx->w, &rows, &n, &fx->err));
    assert_int_equal(n, 2);
    assert_int_equal(rows[1].id, b);
    assert_int_equal(rows[1].dim, 4096);
    assert_memory_equal(rows[1].hash, hash, 16);
    imf_free(rows);

    imf_store *r = reader(fx);
    must(fx, imf_store_space(r, hash_of(3, hash), 8, "x", &a, &fx->err));
    assert_int_equal(a, 0);
    assert_int_equal(imf_store_space(r, hash_of(2, hash), 8, "x", &a, &fx->err), IMF_EDAMAGE);
    imf_store_close(&r);
}

static void assert_segment(const imf_store_segment *a, const imf_store_segment *b)
{
    assert_true(a->number == b->number && a->rows == b->rows);
    assert_true(a->tail_crc == b->tail_crc && a->generation == b->generation);
}

static void segments_only_grow(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16];
    int64_t other;
    uint32_t next;
    imf_store_segment *rows, one = {1, 64, 0, 1}, two = {2, 10, UINT32_MAX, 2}, last = {UINT32_MAX - 1, 1, 1, 3};
    size_t n;

    must(fx, imf_store_next_segment(fx->w, &next, &fx->err));
    assert_int_equal(next, 1);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_space(fx->w, hash_of(2, hash), 8, "x", &other, &fx->err));
    must(fx, imf_store_segment_put(fx->w, fx->space, &two, &fx->err));
    must(fx, imf_store_segment_put(fx->w, fx->space, &one, &fx->err));
    must(fx, imf_store_segment_put(fx->w, other, &last, &fx->err));
    one = (imf_store_segment){1, 70, 0xdeadbeef, 9};
    must(fx, imf_store_segment_put(fx->w, fx->space, &one, &fx->err));

    must(fx, imf_store_segments(fx->w, fx->space, &rows, &n, &fx->err));
    assert_int_equal(n, 2);
    assert_segment(&rows[0], &one);
    assert_segment(&rows[1], &two);
    imf_free(rows);
    must(fx, imf_store_next_segment(fx->w, &next, &fx->err));
    assert_true(next == UINT32_MAX);

    imf_store_segment fewer = one, older = one, full = one;
    fewer.rows = 69;
    older.generation = 8;
    full.rows = (1u << 20) + 1;
    assert_int_equal(imf_store_segment_put(fx->w, fx->space, &fewer, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_segment_put(fx->w, fx->space, &older, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_segment_put(fx->w, fx->space, &full, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_segment_put(fx->w, other, &one, NULL), IMF_EINTERNAL);
    imf_store_rollback(fx->w);
}

/* ---- collections ---- */

static void collections_keep_their_texts(void **state)
{
    fixture *fx = *state;
    imf_store_collection c;
    int64_t id;
    const char *const queries[] = {"рыжий кот", "a \"red\" car", ""};
    const char *const fewer[] = {"one"};

    assert_int_equal(imf_store_collection_get(fx->w, "none", &c, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(fx->err.code, IMF_OK);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "Семья", "/m\xff/x", fx->space, &id, &fx->err));
    must(fx, imf_store_collection_edit(fx->w, id, "Наша семья", NULL, queries, 3, &fx->err));
    must(fx, imf_store_collection_edit(fx->w, id, NULL, "d", NULL, 0, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));

    must(fx, imf_store_collection_get(fx->w, "Семья", &c, &fx->err));
    assert_int_equal(c.id, id);
    assert_int_equal(c.space, fx->space);
    assert_string_equal(c.name, "Семья");
    assert_string_equal(c.model, "/m\xff/x");
    assert_string_equal(c.title, "Наша семья");
    assert_string_equal(c.description, "d");
    assert_int_equal(c.n_queries, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(c.queries[i], queries[i]);
    imf_store_collection_clear(&c);

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_edit(fx->w, id, "", NULL, fewer, 1, &fx->err));
    assert_int_equal(imf_store_collection_edit(fx->w, id + 1, "x", NULL, NULL, 0, NULL), IMF_EINTERNAL);
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_collection_get(fx->w, "Семья", &c, &fx->err));
    assert_string_equal(c.title, "");
    assert_string_equal(c.description, "d");
    assert_int_equal(c.n_queries, 1);
    imf_store_collection_clear(&c);

    must(fx, imf_store_begin(fx->w, &fx->err));
    assert_int_equal(imf_store_collection_add(fx->w, "Семья", "m", fx->space, &id, NULL), IMF_EINTERNAL);
    imf_store_rollback(fx->w);
}

static void collections_count_what_they_hold(void **state)
{
    fixture *fx = *state;
    imf_store_collection *all;
    size_t n;
    int64_t b, root_b, away, item;

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "a", "starter", fx->space, &b, &fx->err));
    must(fx, imf_store_root(fx->w, b, "/pics", &root_b, &fx->err));
    must(fx, imf_store_root(fx->w, fx->collection, "/stick", &away, &fx->err));
    item = add_picture(fx, 1, "/pics/1.jpg"); /* 1001 bytes, three paths */
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/copy.jpg", 1001, 1, item, &fx->err));
    must(fx, imf_store_path_put(fx->w, b, root_b, "/pics/1.jpg", 1001, 1, item, &fx->err));
    item = add_item(fx, 2, NULL);
    must(fx, imf_store_moment_add(fx->w, item, fx->space, (1u << 20) + 900, 5000, 6000, &fx->err));
    must(fx, imf_store_path_put(fx->w, fx->collection, away, "/stick/2.mp4", 1002, 1, item, &fx->err));
    must(fx, imf_store_path_fail(fx->w, fx->collection, away, "/stick/bad.jpg", 5, 1, "damaged", NULL, &fx->err));
    must(fx, imf_store_root_offline(fx->w, away, true, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));

    must(fx, imf_store_collections(fx->w, &all, &n, &fx->err));
    assert_int_equal(n, 2);
    assert_string_equal(all[0].name, "a");
    assert_int_equal(all[0].items, 1);
    assert_int_equal(all[0].moments, 1);
    assert_int_equal(all[0].bytes, 1001);
    assert_int_equal(all[0].failed, 0);
    assert_int_equal(all[0].offline, 0);
    assert_string_equal(all[1].name, "default");
    assert_int_equal(all[1].items, 2);
    assert_int_equal(all[1].moments, 3);
    assert_int_equal(all[1].bytes, 2003);
    assert_int_equal(all[1].failed, 1);
    assert_int_equal(all[1].offline, 2);
    imf_store_collections_free(&all, n);
    assert_null(all);
}

static void roots_are_added_once(void **state)
{
    fixture *fx = *state;
    int64_t a, b;

    must(fx, imf_store_root(fx->w, fx->collection, "/pics", &a, &fx->err)); /* known: no transaction */
    assert_int_equal(a, fx->root);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_root(fx->w, fx->collection, "/Фото \xfe", &a, &fx->err));
    must(fx, imf_store_root(fx->w, fx->collection, "/Фото \xfe", &b, &fx->err));
    assert_int_equal(a, b);
    must(fx, imf_store_root_offline(fx->w, a, true, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM root WHERE offline"), 1);
    must(fx, imf_store_root_offline(fx->w, a, false, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM root WHERE offline"), 0);
    assert_int_equal(imf_store_root_offline(fx->w, 999, true, NULL), IMF_EINTERNAL);
    must(fx, imf_store_commit(fx->w, &fx->err));
}

/* ---- paths ---- */

static void paths_are_bytes(void **state)
{
    fixture *fx = *state;
    static const char *const sorted[] = {"/pics/%_?#*.jpg", "/pics/\xd0\xba\xd0\xbe\xd1\x82.jpg", "/pics/\xff\xfe.jpg"};
    path_list l = {0};

    must(fx, imf_store_begin(fx->w, &fx->err));
    int64_t item = add_item(fx, 1, NULL);
    for (size_t i = 3; i-- > 0;)
        must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, sorted[i], 1ull << 62, INT64_MIN + (int64_t)i,
                                    item, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_paths(fx, NULL, sorted, 3);
    assert_paths(fx, sorted[2], sorted + 2, 1);

    must(fx, imf_store_paths(fx->w, fx->collection, NULL, remember_path, &l, &fx->err));
    assert_int_equal(l.row[1].item, item);
    assert_int_equal(l.row[1].root, fx->root);
    assert_true(l.row[1].size == 1ull << 62);
    assert_true(l.row[1].mtime_ns == INT64_MIN + 1);
    assert_null(l.reason[1]);
    clear_paths(&l);

    l.stop_at = 2;
    assert_int_equal(imf_store_paths(fx->w, fx->collection, NULL, remember_path, &l, &fx->err), 77);
    assert_int_equal(l.n, 2);
    clear_paths(&l);
}

static void under_means_the_folder_and_what_lies_below(void **state)
{
    fixture *fx = *state;
    static const char *const sorted[] = {"/a", "/a!", "/a-b/1", "/a.jpg", "/a/", "/a/1", "/a/\xff", "/a/b/c", "/a0",
                                         "/ab", "/ab/1", "/b"};
    static const char *const below_a[] = {"/a", "/a/", "/a/1", "/a/b/c", "/a/\xff"};
    static const char *const below_b[] = {"/ab", "/ab/1"};
    enum { N = sizeof sorted / sizeof sorted[0] };
    int64_t other;

    must(fx, imf_store_begin(fx->w, &fx->err));
    int64_t item = add_item(fx, 1, NULL);
    for (size_t i = 0; i < N; i++)
        must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, sorted[i], 1, 1, item, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "other", "m", fx->space, &other, &fx->err));
    must(fx, imf_store_path_put(fx->w, other, fx->root, "/a/other", 1, 1, item, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));

    assert_paths(fx, "/a", below_a, 5);
    assert_paths(fx, "/a/", below_a, 5);
    assert_paths(fx, "/ab", below_b, 2);
    assert_paths(fx, "/a/1", below_a + 2, 1); /* a file as a root */
    assert_paths(fx, "/a/b", below_a + 3, 1);
    assert_paths(fx, "/c", NULL, 0);
    assert_paths(fx, "/a%", NULL, 0);
    assert_paths(fx, "/a/\xff", below_a + 4, 1);

    path_list all = {0}, root = {0};
    must(fx, imf_store_paths(fx->w, fx->collection, NULL, remember_path, &all, &fx->err));
    must(fx, imf_store_paths(fx->w, fx->collection, "/", remember_path, &root, &fx->err));
    assert_int_equal(all.n, N);
    assert_int_equal(root.n, N);
    for (size_t i = 0; i < N; i++) {
        assert_string_equal(all.path[i], root.path[i]);
        assert_true(i == 0 || strcmp(all.path[i - 1], all.path[i]) < 0);
    }
    clear_paths(&all);
    clear_paths(&root);
}

static void a_path_fails_and_recovers(void **state)
{
    fixture *fx = *state;
    path_list l = {0};
    const char *p = "/pics/x.jpg";
    imf_store *w = fx->w;

    must(fx, imf_store_begin(w, &fx->err));
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, p, 10, 5, "cut short", NULL, &fx->err));
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, p, 10, 5, "слишком велик", NULL, &fx->err));
    assert_int_equal(number(fx, "SELECT attempts FROM failure"), 2);
    must(fx, imf_store_paths(w, fx->collection, NULL, remember_path, &l, &fx->err));
    assert_int_equal(l.n, 1);
    assert_int_equal(l.row[0].item, 0);
    assert_string_equal(l.reason[0], "слишком велик");
    clear_paths(&l);
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, p, 10, 6, "other date", NULL, &fx->err));
    assert_int_equal(number(fx, "SELECT attempts FROM failure"), 1);
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, p, 11, 6, "other size", NULL, &fx->err));
    assert_int_equal(number(fx, "SELECT attempts FROM failure"), 1);

    int64_t id = path_id(fx, p), item = add_picture(fx, 1, p);
    assert_int_equal(path_id(fx, p), id);
    assert_int_equal(number(fx, "SELECT count(*) FROM failure"), 0);
    must(fx, imf_store_path_fail(w, fx->collection, fx->root, p, 1001, 7, "gone bad", NULL, &fx->err));
    assert_int_equal(number(fx, "SELECT attempts FROM failure"), 1); /* same size and date, but it was good */
    assert_int_equal(number(fx, "SELECT count(*) FROM path"), 1);
    assert_int_equal(number(fx, "SELECT item FROM unswept"), item);
    must(fx, imf_store_path_put(w, fx->collection, fx->root, p, 1001, 8, item, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM unswept"), 0);

    must(fx, imf_store_path_fail(w, fx->collection, fx->root, p, 1, 1, "bad", NULL, &fx->err));
    must(fx, imf_store_path_remove(w, id, &fx->err));
    assert_int_equal(number(fx, "SELECT (SELECT count(*) FROM failure) + (SELECT count(*) FROM path)"), 0);
    assert_int_equal(imf_store_path_remove(w, id, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_path_put(w, fx->collection, fx->root, p, 1, 1, 0, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_path_put(w, fx->collection, fx->root, p, UINT64_MAX, 1, item, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_path_put(w, fx->collection, fx->root, p, 1, 1, item + 99, NULL), IMF_EINTERNAL);
    imf_store_rollback(w);
}

/* ---- items, moments, the sweep ---- */

static void items_are_found_by_their_content(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16], other_space[16];
    imf_store_item item;
    int64_t id, space2;
    uint64_t vector;

    assert_int_equal(imf_store_item_by_hash(fx->w, hash_of(5, hash), fx->space, &item, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(imf_store_vector_of_item(fx->w, hash, fx->space, &vector, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(fx->err.code, IMF_OK);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_space(fx->w, hash_of(77, other_space), 8, "x", &space2, &fx->err));
    must(fx, imf_store_item_add(fx->w, hash, 123456789012, 4000, 3000, &id, &fx->err));
    must(fx, imf_store_item_by_hash(fx->w, hash, fx->space, &item, &fx->err));
    assert_false(item.has_moment);
    must(fx, imf_store_moment_add(fx->w, id, fx->space, 500, 2000, 3000, &fx->err));
    must(fx, imf_store_moment_add(fx->w, id, fx->space, 600, 1000, 2000, &fx->err)); /* earlier in time */
    must(fx, imf_store_item_by_hash(fx->w, hash, fx->space, &item, &fx->err));
    assert_int_equal(item.id, id);
    assert_memory_equal(item.hash, hash, 16);
    assert_true(item.size == 123456789012);
    assert_int_equal(item.width, 4000);
    assert_int_equal(item.height, 3000);
    assert_true(item.has_moment);
    must(fx, imf_store_vector_of_item(fx->w, hash, fx->space, &vector, &fx->err));
    assert_int_equal(vector, 600);
    must(fx, imf_store_item_by_hash(fx->w, hash, space2, &item, &fx->err));
    assert_false(item.has_moment);
    assert_int_equal(imf_store_vector_of_item(fx->w, hash, space2, &vector, &fx->err), IMF_EUNKNOWN);

    assert_int_equal(imf_store_item_add(fx->w, hash, 1, 1, 1, &id, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_moment_add(fx->w, item.id, fx->space, 601, 1000, -1, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_moment_add(fx->w, item.id, fx->space, 600, 9, -1, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_moment_add(fx->w, item.id, fx->space, UINT64_MAX, 9, -1, NULL), IMF_EINTERNAL);
    imf_store_rollback(fx->w);
}

static void the_sweep_leaves_tombstones(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16];
    uint64_t n, vector, again;
    int64_t copied;
    imf_store_item item;

    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    copied = add_picture(fx, 2, "/pics/2");
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/2b", 1002, 7, copied, &fx->err));
    add_item(fx, 3, NULL); /* never got a path */
    must(fx, imf_store_vector_of_item(fx->w, hash_of(1, hash), fx->space, &vector, &fx->err));
    assert_int_equal(sqlite3_exec(fx->w->db, "INSERT INTO thumbnail SELECT id, x'ffd8' FROM item", 0, 0, 0), SQLITE_OK);
    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/1"), &fx->err));
    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/2"), &fx->err)); /* its copy stays */
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(n, 2);
    assert_int_equal(number(fx, "SELECT count(*) FROM item"), 1);
    assert_int_equal(number(fx, "SELECT id FROM item"), copied);
    assert_int_equal(number(fx, "SELECT count(*) FROM moment"), 1);
    assert_int_equal(number(fx, "SELECT count(*) FROM thumbnail"), 1);
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone"), 2);
    assert_int_equal(number(fx, "SELECT min(vector_id) FROM tombstone"), vector);
    assert_int_equal(number(fx, "SELECT space FROM tombstone"), fx->space);
    assert_int_equal(number(fx, "SELECT count(*) FROM unswept"), 0);
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(n, 0);

    assert_int_equal(imf_store_item_by_hash(fx->w, hash, fx->space, &item, &fx->err), IMF_EUNKNOWN);
    add_picture(fx, 1, "/pics/1"); /* the same content comes back: with a vector of its own */
    must(fx, imf_store_vector_of_item(fx->w, hash, fx->space, &again, &fx->err));
    assert_int_not_equal(again, vector);
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone"), 2);
    must(fx, imf_store_commit(fx->w, &fx->err));
}

static void changed_content_frees_the_old_item(void **state)
{
    fixture *fx = *state;
    uint64_t n;

    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    int64_t second = add_picture(fx, 2, "/pics/1"); /* the same path */
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/1", 5, 8, second, &fx->err)); /* touched */
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(n, 1);
    assert_int_equal(number(fx, "SELECT id FROM item"), second);
    must(fx, imf_store_commit(fx->w, &fx->err));
}

static void a_moment_lives_in_its_own_space_only(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16];
    int64_t space2, space3, c2, root2, item;
    uint64_t n, vector;
    imf_store_hit hit;
    id_list ids = {0};
    bool all;
    imf_store_segment segment = {2, 1, 1, 1};

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_space(fx->w, hash_of(2000000, hash), 16, "big", &space2, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "big", "big", space2, &c2, &fx->err));
    must(fx, imf_store_root(fx->w, c2, "/pics", &root2, &fx->err));
    item = add_item(fx, 1, &vector);
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/1", 1, 1, item, &fx->err));
    must(fx, imf_store_moment_add(fx->w, item, space2, 2u << 20, -1, -1, &fx->err));
    must(fx, imf_store_segment_put(fx->w, space2, &segment, &fx->err));
    must(fx, imf_store_path_put(fx->w, c2, root2, "/pics/1", 1, 1, item, &fx->err));
    must(fx, imf_store_all_live(fx->w, space2, &all, &fx->err));
    assert_true(all);

    /* A search in one space does not tell of the collections of another. */
    must(fx, imf_store_hit_get(fx->w, fx->space, vector, 0, &hit, &fx->err));
    assert_string_equal(hit.collection, "default");
    assert_int_equal(hit.n_paths, 1);
    imf_store_hit_clear(&hit);
    assert_int_equal(imf_store_hit_get(fx->w, space2, vector, 0, &hit, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(imf_store_hit_get(fx->w, fx->space, vector, c2, &hit, &fx->err), IMF_EUNKNOWN);
    must(fx, imf_store_live(fx->w, fx->space, c2, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 0);

    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/1"), &fx->err));
    assert_int_equal(imf_store_hit_get(fx->w, fx->space, vector, 0, &hit, &fx->err), IMF_EUNKNOWN);
    must(fx, imf_store_live(fx->w, fx->space, 0, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 0);
    must(fx, imf_store_live(fx->w, space2, 0, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 1);
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(n, 0); /* the item lives on in the other collection */
    assert_int_equal(number(fx, "SELECT vector_id FROM tombstone"), vector);
    assert_int_equal(number(fx, "SELECT vector_id FROM moment"), 2 << 20);
    must(fx, imf_store_all_live(fx->w, space2, &all, &fx->err));
    assert_true(all);
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_false(all);

    /* A moment that comes to an item with a path, but in a space without a collection, is noticed at once. */
    must(fx, imf_store_space(fx->w, hash_of(3000000, hash), 8, "third", &space3, &fx->err));
    must(fx, imf_store_moment_add(fx->w, item, space3, 3u << 20, -1, -1, &fx->err));
    assert_int_equal(number(fx, "SELECT item FROM unswept"), item);
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone WHERE vector_id = 3145728"), 1);
    assert_int_equal(number(fx, "SELECT vector_id FROM moment"), 2 << 20);
    must(fx, imf_store_commit(fx->w, &fx->err));
}

/* ---- for a search ---- */

static void live_ids_come_in_order_and_filtered(void **state)
{
    fixture *fx = *state;
    int64_t b, root_b, item;
    id_list ids = {0};
    char path[32];

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "b", "starter", fx->space, &b, &fx->err));
    must(fx, imf_store_root(fx->w, b, "/b", &root_b, &fx->err));
    for (unsigned i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "/pics/%u", 9 - i);
        item = add_item(fx, i, NULL);
        if (i % 5 != 4)
            must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, path, 1, 1, item, &fx->err));
        if (i % 3 == 0) /* with two copies in it */
            must(fx, imf_store_path_put(fx->w, b, root_b, path, 1, 1, item, &fx->err));
        if (i == 0)
            must(fx, imf_store_path_put(fx->w, b, root_b, "/b/copy", 1, 1, item, &fx->err));
    }
    must(fx, imf_store_commit(fx->w, &fx->err));

    must(fx, imf_store_live(fx->w, fx->space, 0, remember_id, &ids, &fx->err));
    static const unsigned want_all[] = {0, 1, 2, 3, 5, 6, 7, 8, 9};
    assert_int_equal(ids.n, 9);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(ids.id[i], (1u << 20) + want_all[i]);
    ids = (id_list){0};
    must(fx, imf_store_live(fx->w, fx->space, b, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ids.id[i], (1u << 20) + 3 * i);
    ids = (id_list){.stop_at = 2};
    assert_int_equal(imf_store_live(fx->w, fx->space, 0, remember_id, &ids, &fx->err), 78);
    assert_int_equal(ids.n, 2);
    ids = (id_list){0};
    must(fx, imf_store_live(fx->w, fx->space, 999, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 0);
}

static void the_only_collection_needs_no_filter(void **state)
{
    fixture *fx = *state;
    id_list ids = {0};

    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    add_picture(fx, 2, "/pics/2");
    add_item(fx, 3, NULL);
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_live(fx->w, fx->space, fx->collection, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 2);
    assert_int_equal(ids.id[1], (1u << 20) + 1);
    ids = (id_list){0};
    must(fx, imf_store_live(fx->w, fx->space, fx->collection + 1, remember_id, &ids, &fx->err));
    assert_int_equal(ids.n, 0);
}

static void all_live_notices_what_is_not(void **state)
{
    fixture *fx = *state;
    bool all;
    uint64_t n;
    imf_store_segment more;

    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_true(all);
    must(fx, imf_store_begin(fx->w, &fx->err));
    int64_t item = add_item(fx, 1, NULL);
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_false(all); /* no path yet */
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/1", 1, 1, item, &fx->err));
    add_picture(fx, 2, "/pics/2");
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_true(all);
    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/1"), &fx->err));
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_false(all); /* not swept */
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_false(all); /* a tombstone */
    imf_store_rollback(fx->w);

    must(fx, imf_store_begin(fx->w, &fx->err));
    more = (imf_store_segment){3, 1, 0, 1};
    must(fx, imf_store_segment_put(fx->w, fx->space, &more, &fx->err));
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_false(all); /* a row that nothing names */
    imf_store_rollback(fx->w);
}

static void a_hit_tells_all_its_copies(void **state)
{
    fixture *fx = *state;
    int64_t a, root_a, item;
    uint64_t vector;
    uint8_t hash[16];
    imf_store_hit hit;

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "Архив", "starter", fx->space, &a, &fx->err));
    must(fx, imf_store_root(fx->w, a, "/pics", &root_a, &fx->err));
    item = add_item(fx, 4, &vector);
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/кот.jpg", 1, 1, item, &fx->err));
    must(fx, imf_store_path_put(fx->w, a, root_a, "/pics/кот.jpg", 1, 1, item, &fx->err)); /* in both */
    must(fx, imf_store_path_put(fx->w, a, root_a, "/pics/\xff", 1, 1, item, &fx->err));
    must(fx, imf_store_path_put(fx->w, fx->collection, fx->root, "/pics/a", 1, 1, item, &fx->err));
    must(fx, imf_store_path_put(fx->w, a, root_a, "/pics/0", 1, 1, item, &fx->err)); /* the first path, not the name */
    must(fx, imf_store_moment_add(fx->w, item, fx->space, 42, 1500, 2500, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));

    must(fx, imf_store_hit_get(fx->w, fx->space, vector, 0, &hit, &fx->err));
    assert_int_equal(hit.item, item);
    assert_memory_equal(hit.hash, hash_of(4, hash), 16);
    assert_int_equal(hit.width, 640);
    assert_int_equal(hit.height, 480);
    assert_int_equal(hit.time_ms, -1);
    assert_int_equal(hit.end_ms, -1);
    assert_string_equal(hit.collection, "default"); /* before "Архив" in bytes */
    assert_int_equal(hit.n_paths, 4);
    assert_string_equal(hit.paths[0], "/pics/0");
    assert_string_equal(hit.paths[1], "/pics/a");
    assert_string_equal(hit.paths[2], "/pics/кот.jpg");
    assert_string_equal(hit.paths[3], "/pics/\xff");
    imf_store_hit_clear(&hit);
    imf_store_hit_clear(&hit);

    must(fx, imf_store_hit_get(fx->w, fx->space, 42, a, &hit, &fx->err));
    assert_string_equal(hit.collection, "Архив");
    assert_int_equal(hit.n_paths, 3);
    assert_int_equal(hit.time_ms, 1500);
    assert_int_equal(hit.end_ms, 2500);
    imf_store_hit_clear(&hit);

    assert_int_equal(imf_store_hit_get(fx->w, fx->space, 43, 0, &hit, &fx->err), IMF_EUNKNOWN);
    assert_int_equal(fx->err.code, IMF_OK);
    assert_int_equal(hit.n_paths, 0);
}

/* ---- status ---- */

static void the_run_is_one_row(void **state)
{
    fixture *fx = *state;
    imf_store_run put = {"Семья", 1234, 10, 100, 29.5, 3.25}, got;
    bool there;

    must(fx, imf_store_run_get(fx->w, &got, &there, &fx->err));
    assert_false(there);
    must(fx, imf_store_run_put(fx->w, &put, &fx->err));
    put.done = 11;
    put.rate = (double)NAN;
    put.eta_s = (double)INFINITY;
    must(fx, imf_store_run_put(fx->w, &put, &fx->err));
    imf_store *r = reader(fx);
    must(fx, imf_store_run_get(r, &got, &there, &fx->err));
    assert_true(there);
    assert_string_equal(got.collection, "Семья");
    assert_int_equal(got.pid, 1234);
    assert_int_equal(got.done, 11);
    assert_int_equal(got.total, 100);
    assert_true(got.rate == 0.0 && got.eta_s == -1.0);
    must(fx, imf_store_run_put(fx->w, NULL, &fx->err));
    must(fx, imf_store_run_get(r, &got, &there, &fx->err));
    assert_false(there);
    assert_int_equal(imf_store_run_put(r, &put, NULL), IMF_EINTERNAL);
    imf_store_close(&r);
}

/* ---- the whole ---- */

static int count_path(void *user, const imf_store_path *p)
{
    (void)p;
    ++*(size_t *)user;
    return 0;
}

static void a_hundred_thousand_paths(void **state)
{
    fixture *fx = *state;
    enum { N = 100000, BATCH = 5000 };
    char path[64];
    size_t n = 0, n_collections;
    bool all;
    uint64_t swept;
    imf_store_collection *c;

    for (unsigned i = 0; i < N; i += BATCH) {
        must(fx, imf_store_begin(fx->w, &fx->err));
        for (unsigned j = i; j < i + BATCH; j++) {
            snprintf(path, sizeof path, "/pics/%u/%08x.jpg", j % 100, j * 2654435761u);
            if (j % 100 == 99)
                must(fx, imf_store_path_fail(fx->w, fx->collection, fx->root, path, 1, 1, "damaged", NULL, &fx->err));
            else
                add_picture(fx, j, path);
        }
        must(fx, imf_store_commit(fx->w, &fx->err));
    }
    must(fx, imf_store_paths(fx->w, fx->collection, "/pics/1", count_path, &n, &fx->err));
    assert_int_equal(n, N / 100);
    must(fx, imf_store_all_live(fx->w, fx->space, &all, &fx->err));
    assert_true(all);
    must(fx, imf_store_collections(fx->w, &c, &n_collections, &fx->err));
    assert_int_equal(c[0].items, N / 100 * 99);
    assert_int_equal(c[0].moments, N / 100 * 99);
    assert_int_equal(c[0].failed, N / 100);
    imf_store_collections_free(&c, n_collections);

    must(fx, imf_store_begin(fx->w, &fx->err));
    for (int64_t id = 1; id < N; id += 100)
        must(fx, imf_store_path_remove(fx->w, id, &fx->err));
    must(fx, imf_store_sweep(fx->w, &swept, &fx->err));
    assert_int_equal(swept, N / 100);
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone"), N / 100);
}

/* SQLite's plan for every statement: none may walk over a whole table that grows with the files, and only those named
 * here may sort. */
static void every_statement_uses_an_index(void **state)
{
    fixture *fx = *state;
#define SQL_ROW(name, sql) {#name, sql},
    static const struct {
        const char *name, *sql;
    } all[] = {IMF_SQL_LIST(SQL_ROW)};
#undef SQL_ROW
    static const char *const small[] = {"SCAN CONSTANT ROW", "SCAN space", "SCAN collection USING", "SCAN run",
                                        "SCAN segment", "SCAN h", "SCAN u", "SCAN unswept"};
    static const char *const sorting[] = {"LIVE_IN", "HIT", "FILES_OF_ITEM"};
    size_t searches = 0, counted = 0;
    char sql[2048];

    for (size_t i = 0; i < IMF_SQL_COUNT; i++) {
        sqlite3_stmt *s = NULL;
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", all[i].sql);
        if (sqlite3_prepare_v2(fx->w->db, sql, -1, &s, NULL) != SQLITE_OK)
            fail_msg("%s: %s", all[i].name, sqlite3_errmsg(fx->w->db));
        while (sqlite3_step(s) == SQLITE_ROW) {
            const char *line = (const char *)sqlite3_column_text(s, 3);
            bool fine = strncmp(line, "SCAN ", 5) != 0;
            if (strncmp(line, "SCAN moment", 11) == 0 || strncmp(line, "SCAN tombstone", 14) == 0)
                fine = strcmp(all[i].name, "ALL_LIVE") == 0 && ++counted <= 2; /* two tables, by their pages */
            for (size_t k = 0; k < sizeof small / sizeof small[0] && !fine; k++)
                fine = strncmp(line, small[k], strlen(small[k])) == 0;
            if (strstr(line, "TEMP B-TREE")) {
                fine = false;
                for (size_t k = 0; k < sizeof sorting / sizeof sorting[0]; k++)
                    fine |= strcmp(all[i].name, sorting[k]) == 0;
            }
            searches += strncmp(line, "SEARCH ", 7) == 0;
            if (!fine || strstr(line, "AUTOMATIC"))
                fail_msg("%s: %s", all[i].name, line);
        }
        sqlite3_finalize(s);
    }
    assert_true(searches > 40);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(spaces_are_found_again_by_their_hash),
        T(segments_only_grow),
        T(collections_keep_their_texts),
        T(collections_count_what_they_hold),
        T(roots_are_added_once),
        T(paths_are_bytes),
        T(under_means_the_folder_and_what_lies_below),
        T(a_path_fails_and_recovers),
        T(items_are_found_by_their_content),
        T(the_sweep_leaves_tombstones),
        T(changed_content_frees_the_old_item),
        T(a_moment_lives_in_its_own_space_only),
        T(live_ids_come_in_order_and_filtered),
        T(the_only_collection_needs_no_filter),
        T(all_live_notices_what_is_not),
        T(a_hit_tells_all_its_copies),
        T(the_run_is_one_row),
        T(a_hundred_thousand_paths),
        T(every_statement_uses_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
