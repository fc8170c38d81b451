/* src/store: a collection whose model has changed, and spaces that nothing is in any more. */
#include "store_fixture.h"

typedef struct moved { /* "default" with two pictures, and "b" with a copy of the first; then the second space */
    int64_t one, two, b, space;
} moved;

static void note(void *user, const char *what, uint64_t rows)
{
    (void)user;
    fail_msg("%s (%llu)", what, (unsigned long long)rows);
}

static void sound(fixture *fx)
{
    must(fx, imf_store_verify(fx->w, note, NULL, &fx->err));
}

static moved fill(fixture *fx)
{
    moved m;
    int64_t root;
    uint8_t hash[16];
    must(fx, imf_store_begin(fx->w, &fx->err));
    m.one = add_picture(fx, 1, "/pics/1");
    m.two = add_picture(fx, 2, "/pics/2");
    must(fx, imf_store_path_fail(fx->w, fx->collection, fx->root, "/pics/bad", 1, 1, "bad", NULL, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "b", "starter", fx->space, &m.b, &fx->err));
    must(fx, imf_store_root(fx->w, m.b, "/b", &root, &fx->err));
    must(fx, imf_store_path_put(fx->w, m.b, root, "/b/1", 1001, 7, m.one, &fx->err));
    must(fx, imf_store_space(fx->w, hash_of(2000000, hash), 8, "starter", &m.space, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    return m;
}

/* A vector in the second space, in segment 2. */
static void embed(fixture *fx, const moved *m, int64_t item, uint32_t slot)
{
    imf_store_segment segment = {2, slot + 1, slot + 1, slot + 1};
    must(fx, imf_store_segment_put(fx->w, m->space, &segment, &fx->err));
    must(fx, imf_store_moment_add(fx->w, item, m->space, (2u << 20) + slot, -1, -1, &fx->err));
}

static size_t live(fixture *fx, int64_t space, int64_t collection)
{
    id_list ids = {0};
    must(fx, imf_store_live(fx->w, space, collection, remember_id, &ids, &fx->err));
    return ids.n;
}

static bool is_waiting(fixture *fx, const char *name)
{
    imf_store_collection c;
    must(fx, imf_store_collection_get(fx->w, name, &c, &fx->err));
    bool waiting = c.waiting;
    imf_store_collection_clear(&c);
    return waiting;
}

typedef struct waiting {
    size_t roots;
    uint64_t files;
    const char *last; /* the root that is expected last */
} waiting;

static int count_waiting(void *user, const char *root, uint64_t files)
{
    waiting *w = user;
    assert_string_equal(root, w->last);
    w->roots++;
    w->files += files;
    return w->files > 50 ? 79 : 0;
}

static uint64_t waits(fixture *fx, int64_t collection, const char *root)
{
    waiting w = {.last = root};
    must(fx, imf_store_waiting(fx->w, collection, count_waiting, &w, &fx->err));
    assert_int_equal(w.roots, w.files > 0);
    return w.files;
}

static size_t unused(fixture *fx)
{
    uint32_t *numbers;
    size_t n;
    must(fx, imf_store_unused_remove(fx->w, &numbers, &n, &fx->err));
    if (n > 0)
        assert_int_equal(numbers[0], 1);
    imf_free(numbers);
    return n;
}

static void items_wait_for_their_moments(void **state)
{
    fixture *fx = *state;
    moved m = fill(fx);
    uint64_t n;
    bool has;

    assert_false(is_waiting(fx, "default"));
    assert_int_equal(waits(fx, fx->collection, "/pics"), 0);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_move(fx->w, fx->collection, m.space, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM unswept"), 1); /* the other one lives on in b */
    assert_int_equal(number(fx, "SELECT item FROM unswept"), m.two);
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_true(is_waiting(fx, "default"));
    assert_false(is_waiting(fx, "b"));
    assert_int_equal(waits(fx, fx->collection, "/pics"), 2);
    sound(fx);
    assert_int_equal(live(fx, m.space, 0), 0);
    assert_int_equal(live(fx, fx->space, 0), 1);
    assert_int_equal(live(fx, fx->space, m.b), 1);

    must(fx, imf_store_begin(fx->w, &fx->err));
    embed(fx, &m, m.one, 0);
    must(fx, imf_store_has_moment(fx->w, m.one, m.space, &has, &fx->err));
    assert_true(has);
    must(fx, imf_store_has_moment(fx->w, m.two, m.space, &has, &fx->err));
    assert_false(has);
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(waits(fx, fx->collection, "/pics"), 1);
    assert_int_equal(live(fx, m.space, fx->collection), 1);
    sound(fx);

    must(fx, imf_store_begin(fx->w, &fx->err));
    embed(fx, &m, m.two, 1);
    must(fx, imf_store_waiting_done(fx->w, fx->collection, &fx->err));
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(n, 0);
    assert_int_equal(unused(fx), 0); /* b is in it */
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_false(is_waiting(fx, "default"));
    assert_int_equal(live(fx, m.space, 0), 2);
    assert_int_equal(live(fx, fx->space, 0), 1);
    sound(fx);

    /* b follows: its item has a moment there already. */
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_move(fx->w, m.b, m.space, &fx->err));
    assert_int_equal(waits(fx, m.b, "/b"), 0);
    must(fx, imf_store_waiting_done(fx->w, m.b, &fx->err));
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    assert_int_equal(unused(fx), 1);
    assert_int_equal(unused(fx), 0);
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM tombstone"), 0);
    assert_int_equal(number(fx, "SELECT count(*) FROM segment"), 1);
    assert_int_equal(number(fx, "SELECT count(*) FROM space"), 2); /* an id is never given twice */
    assert_int_equal(live(fx, m.space, 0), 2);
    bool all;
    must(fx, imf_store_all_live(fx->w, m.space, &all, &fx->err));
    assert_true(all);
    sound(fx);
}

static void count_reports(void *user, const char *what, uint64_t rows)
{
    assert_non_null(strstr(what, "items have no vector in the space"));
    *(uint64_t *)user += rows;
}

static void a_missing_moment_is_excused_by_nothing_else(void **state)
{
    fixture *fx = *state;
    moved m = fill(fx);
    uint64_t rows = 0;

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_move(fx->w, fx->collection, m.space, &fx->err));
    must(fx, imf_store_waiting_done(fx->w, fx->collection, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM meta WHERE key LIKE 'waiting%'"), 0);
    assert_int_equal(waits(fx, fx->collection, "/pics"), 2);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_move(fx->w, m.b, m.space, &fx->err)); /* b waits, the other does not say so */
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_verify(fx->w, count_reports, &rows, &fx->err));
    assert_int_equal(rows, 2);
    assert_true(is_waiting(fx, "b"));
    assert_false(is_waiting(fx, "default"));
    int seen = 0;
    imf_store_collection *all;
    size_t n;
    must(fx, imf_store_collections_plain(fx->w, &all, &n, &fx->err));
    for (size_t i = 0; i < n; i++)
        seen += all[i].waiting ? 1 : 10;
    assert_int_equal(seen, 11);
    assert_string_equal(all[0].model, "starter");
    assert_int_equal(all[0].items, 0); /* not counted */
    imf_store_collections_free(&all, n);
}

static void what_is_left_behind_is_not_inherited(void **state)
{
    fixture *fx = *state;
    moved m = fill(fx);
    uint64_t n;
    int64_t again;

    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_collection_move(fx->w, m.b, m.space, &fx->err));
    must(fx, imf_store_collection_remove(fx->w, m.b, &n, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "c", "starter", m.space, &again, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(again, m.b); /* the same id */
    assert_false(is_waiting(fx, "c"));
    sound(fx);
}

static void a_move_keeps_to_the_rules(void **state)
{
    fixture *fx = *state;
    moved m = fill(fx);
    uint32_t *numbers = NULL;
    size_t n = 7;

    assert_int_equal(imf_store_collection_move(fx->w, fx->collection, m.space, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_unused_remove(fx->w, &numbers, &n, NULL), IMF_EINTERNAL);
    assert_true(numbers == NULL && n == 0);
    must(fx, imf_store_begin(fx->w, &fx->err));
    assert_int_equal(imf_store_collection_move(fx->w, 99, m.space, NULL), IMF_EINTERNAL);
    imf_store_rollback(fx->w);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(items_wait_for_their_moments),
        T(a_missing_moment_is_excused_by_nothing_else),
        T(what_is_left_behind_is_not_inherited),
        T(a_move_keeps_to_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
