/* src/store: the verification finds each kind of fault. The faults are made with SQLite directly, behind the store. */
#include <fcntl.h>

#include "store_fixture.h"

typedef struct reports {
    int n;
    uint64_t rows;
    char what[600]; /* of the last one */
} reports;

static void note(void *user, const char *what, uint64_t rows)
{
    reports *r = user;
    r->n++;
    r->rows += rows;
    snprintf(r->what, sizeof r->what, "%s", what);
    assert_null(strchr(what, '\n'));
}

/* Four pictures, one of them deleted and swept; one failure; a second collection with a copy. */
static int set_up_full(void **state)
{
    uint64_t n;
    int64_t b, root;
    set_up(state);
    fixture *fx = *state;
    must(fx, imf_store_begin(fx->w, &fx->err));
    int64_t item = add_picture(fx, 1, "/pics/1");
    add_picture(fx, 2, "/pics/2");
    add_picture(fx, 3, "/pics/3");
    add_picture(fx, 4, "/pics/4");
    must(fx, imf_store_path_fail(fx->w, fx->collection, fx->root, "/pics/bad", 1, 1, "bad", NULL, &fx->err));
    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/4"), &fx->err));
    must(fx, imf_store_sweep(fx->w, &n, &fx->err));
    must(fx, imf_store_collection_add(fx->w, "b", "starter", fx->space, &b, &fx->err));
    must(fx, imf_store_root(fx->w, b, "/b", &root, &fx->err));
    must(fx, imf_store_path_put(fx->w, b, root, "/b/1", 1001, 7, item, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    return 0;
}

static reports verify(fixture *fx)
{
    reports r = {0};
    must(fx, imf_store_verify(fx->w, note, &r, &fx->err));
    return r;
}

static void a_sound_catalog_has_nothing_to_report(void **state)
{
    fixture *fx = *state;
    reports r = verify(fx);
    if (r.n > 0)
        fail_msg("%s", r.what);

    /* Neither has one whose sweep is still due: a run may be killed before it. */
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/3"), &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(number(fx, "SELECT count(*) FROM unswept"), 1);
    r = verify(fx);
    if (r.n > 0)
        fail_msg("%s", r.what);

    imf_store_close(&fx->w);
    fx->w = reader(fx);
    assert_int_equal(verify(fx).n, 0);
}

static void an_empty_catalog_is_sound(void **state)
{
    fixture *fx = *state;
    assert_int_equal(verify(fx).n, 0);
}

/* Each fault alone: what is done to a sound catalog, how many rows that touches, and words of the report. */
static const struct fault {
    const char *sql;
    uint64_t rows;
    const char *what;
} faults[] = {
    /* vector 1048576 + n belongs to picture n + 1; 1048579 is the tombstone */
    {"INSERT INTO moment VALUES(1048580, 1, 1, 9, -1)", 1, "moment rows name a vector that was never committed"},
    {"INSERT INTO moment VALUES(7340032, 1, 1, 9, -1)", 1, "moment rows name a vector that was never committed"},
    {"INSERT INTO tombstone VALUES(1048580, 1), (1048590, 1)", 2, "tombstone rows name a vector"},
    {"INSERT INTO moment VALUES(1048579, 1, 1, 9, -1)", 1, "counted as deleted at once"},
    {"DELETE FROM tombstone", 1, "segment 1: committed rows are named neither"},
    {"UPDATE segment SET rows = 104", 100, "segment 1: committed rows are named neither"},
    {"INSERT INTO segment VALUES(9, 1, 64, 0, 1)", 64, "segment 9: committed rows are named neither"},
    {"DELETE FROM failure", 1, "neither an item nor a reason"},
    {"INSERT INTO failure SELECT id, 'x', 1, NULL FROM path WHERE item = 2", 1, "an item and a reason"},
    {"DELETE FROM path WHERE item = 2", 1, "items have no path"},
    {"INSERT INTO item VALUES(50, x'00112233445566778899aabbccddeeff', 1, 1, 1)", 1, "items have no path"},
    {"PRAGMA foreign_keys = OFF; UPDATE path SET root = 99 WHERE id = 2", 1, "path name a root that is not there"},
    {"PRAGMA foreign_keys = OFF; UPDATE collection_query SET collection = 9; "
     "INSERT INTO collection_query VALUES(77, 0, 'q')",
     1, "collection_query name a collection that is not there"},
    {"UPDATE path SET item = 1 WHERE item = 2; "
     "INSERT INTO tombstone SELECT vector_id, space FROM moment WHERE item = 2; "
     "DELETE FROM moment WHERE item = 2; DELETE FROM item WHERE id = 2; "
     "INSERT INTO item VALUES(2, x'00112233445566778899aabbccddeeff', 1, 1, 1); "
     "UPDATE path SET item = 2 WHERE path = CAST('/pics/2' AS BLOB)",
     1, "items have no vector in the space"},
    {"INSERT INTO space VALUES(2, x'00112233445566778899aabbccddeeff', 8, 'm'); "
     "INSERT INTO segment VALUES(2, 2, 1, 0, 1); INSERT INTO moment VALUES(2097152, 1, 2, -1, -1)",
     1, "vectors belong to no collection of their space"},
    {"PRAGMA ignore_check_constraints = ON; UPDATE item SET width = -5 WHERE id = 1", 0, "the database's own check"},
};

static void each_kind_of_fault_is_found(void **state)
{
    fixture *fx = *state;
    char keep[340], sql[400];

    /* A copy of the sound catalog for every fault. */
    imf_store_close(&fx->w);
    snprintf(keep, sizeof keep, "%s-sound", fx->path);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", keep);
    tamper(fx, sql);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const struct fault *f = &faults[i];
        snprintf(sql, sizeof sql, "VACUUM INTO '%s'", fx->path);
        remove_file(fx, "");
        remove_file(fx, "-wal");
        remove_file(fx, "-shm");
        fixture sound = *fx;
        snprintf(sound.path, sizeof sound.path, "%.250s-sound", fx->path);
        tamper(&sound, sql);
        tamper(fx, "PRAGMA journal_mode = WAL");
        must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
        reports before = verify(fx);
        if (before.n != 0)
            fail_msg("the copy: %s", before.what);
        imf_store_close(&fx->w);

        tamper(fx, f->sql);
        must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
        reports r = verify(fx);
        if (r.n != 1 || r.rows != f->rows || !strstr(r.what, f->what))
            fail_msg("fault %zu (%s): %d reports, %llu rows, '%s'", i, f->sql, r.n, (unsigned long long)r.rows, r.what);
        imf_store_close(&fx->w);
    }
    unlink(keep);
}

static void a_catalog_too_damaged_to_ask_is_reported(void **state)
{
    fixture *fx = *state;
    int64_t page = number(fx, "SELECT rootpage FROM sqlite_schema WHERE name = 'path'");
    int64_t size = number(fx, "PRAGMA page_size");
    imf_store_close(&fx->w);
    int fd = open(fx->path, O_WRONLY);
    char noise[200];
    memset(noise, 0xee, sizeof noise);
    assert_true(fd >= 0 && pwrite(fd, noise, sizeof noise, (page - 1) * size) == (ssize_t)sizeof noise);
    close(fd);
    fx->w = reader(fx);
    assert_true(verify(fx).n >= 2); /* quick_check says it, and every check that reads the paths */

    imf_store_close(&fx->w);
    remove_file(fx, "");
    remove_file(fx, "-wal");
    remove_file(fx, "-shm");
    fx->rows = 0;
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    imf_store_close(&fx->w);
    tamper(fx, "DROP TABLE failure");
    fx->w = reader(fx);
    reports r = verify(fx);
    assert_true(r.n >= 1);
    assert_non_null(strstr(r.what, "failure"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_catalog_is_sound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sound_catalog_has_nothing_to_report, set_up_full, tear_down),
        cmocka_unit_test_setup_teardown(each_kind_of_fault_is_found, set_up_full, tear_down),
        cmocka_unit_test_setup_teardown(a_catalog_too_damaged_to_ask_is_reported, set_up_full, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
