/* src/store: opening (new, old, newer, damaged, foreign, read-only), transactions and snapshots, other processes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_fixture.h"

enum { NOBODY = 65534 };

/* Opening must fail with this code; the message, if one is wanted, has this in it. */
static void assert_refused(fixture *fx, bool create, int code, const char *in_message)
{
    imf_err err = {0};
    imf_store *s = (imf_store *)1;
    assert_int_equal(imf_store_open(&s, fx->path, create, &err), code);
    assert_null(s);
    if (!in_message)
        assert_int_equal(err.code, IMF_OK);
    else if (err.code != code || !strstr(err.msg, in_message))
        fail_msg("%d '%s', expected '%s' in it", err.code, err.msg, in_message);
}

static void write_file(const fixture *fx, const void *bytes, size_t n)
{
    FILE *f = fopen(fx->path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void note_fault(void *user, const char *what, uint64_t rows)
{
    print_error("%s (%llu)\n", what, (unsigned long long)rows);
    *(bool *)user = false;
}

/* Runs act in a child process; its result is the exit status. */
static int in_child(int (*act)(fixture *fx), fixture *fx)
{
    int status = -1;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(act(fx));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}

/* ---- opening ---- */

static void a_catalog_keeps_its_uuid(void **state)
{
    fixture *fx = *state;
    uint8_t a[16], b[16], c[16], zero[16] = {0};

    assert_refused(fx, false, IMF_EUNKNOWN, NULL);
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    imf_store_uuid(fx->w, a);
    assert_memory_not_equal(a, zero, 16);
    imf_store *r = reader(fx);
    imf_store_uuid(r, b);
    assert_memory_equal(a, b, 16);
    imf_store_close(&r);
    imf_store_close(&fx->w);
    imf_store_close(&fx->w); /* again */
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    imf_store_uuid(fx->w, b);
    assert_memory_equal(a, b, 16);

    fixture *other;
    set_up_empty((void **)&other);
    must(other, imf_store_open(&other->w, other->path, true, &other->err));
    imf_store_uuid(other->w, c);
    assert_memory_not_equal(a, c, 16);
    tear_down((void **)&other);
}

static void the_database_is_set_up_as_promised(void **state)
{
    fixture *fx = *state;
    int on = 0;
    char journal[16] = "";

    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    assert_int_equal(number(fx, "PRAGMA synchronous"), 2);
    assert_int_equal(number(fx, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(fx, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(fx, "PRAGMA busy_timeout"), 5000);
    assert_int_equal(number(fx, "PRAGMA user_version"), imf_schema_version);
    assert_int_equal(sqlite3_db_config(fx->w->db, SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
    assert_int_equal(on, 1);
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(fx->w->db, "PRAGMA journal_mode", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    snprintf(journal, sizeof journal, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    assert_string_equal(journal, "wal");
}

static void an_unfinished_creation_is_an_empty_home(void **state)
{
    fixture *fx = *state;
    write_file(fx, "", 0); /* killed at once */
    assert_refused(fx, false, IMF_EUNKNOWN, NULL);
    tamper(fx, "PRAGMA journal_mode = WAL"); /* killed before the schema was committed */
    assert_refused(fx, false, IMF_EUNKNOWN, NULL);
    tamper(fx, "PRAGMA journal_mode = WAL; BEGIN; CREATE TABLE meta(x)"); /* inside its transaction */
    assert_refused(fx, false, IMF_EUNKNOWN, NULL);
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    imf_store *r = reader(fx);
    imf_store_close(&r);
}

/* Changes the first page so that it reaches the disk with its journal, and is killed before the commit. */
static int change_and_die(fixture *fx)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(fx->path, &db) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; PRAGMA user_version = 1; "
                         "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(100000))", 0, 0, 0) == SQLITE_OK)
        kill(getpid(), SIGKILL);
    return 1;
}

static void a_creation_killed_with_its_journal_is_an_empty_home(void **state)
{
    fixture *fx = *state;
    char journal[320];

    /* As far as SQLite was on the way to WAL: one page, and its journal. */
    tamper(fx, "CREATE TABLE t(x); DROP TABLE t; VACUUM");
    assert_int_equal(in_child(change_and_die, fx), 128 + SIGKILL);
    snprintf(journal, sizeof journal, "%s-journal", fx->path);
    assert_int_equal(access(journal, F_OK), 0);
    assert_refused(fx, false, IMF_EIO, "catalog.db"); /* of a file that has grown it says that it cannot tell */
    assert_int_equal(truncate(fx->path, 4096), 0);
    assert_refused(fx, false, IMF_EUNKNOWN, NULL);
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
}

static void other_versions_are_refused_with_advice(void **state)
{
    fixture *fx = *state;
    char sql[64];

    set_up_empty(state); /* one of our own for what follows */
    fixture *mine = *state;
    must(mine, imf_store_open(&mine->w, mine->path, true, &mine->err));
    imf_store_close(&mine->w);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", imf_schema_version + 1);
    tamper(mine, sql);
    assert_refused(mine, false, IMF_EINPUT, "update Image Finder");
    assert_refused(mine, true, IMF_EINPUT, "update Image Finder");
    tear_down(state);
    *state = fx;
}

static void what_is_not_a_catalog_is_refused_and_left_alone(void **state)
{
    fixture *fx = *state;
    char garbage[5000], after[5000];
    memset(garbage, 'x', sizeof garbage);

    for (size_t n = 2; n <= sizeof garbage; n = n * 7 + 3) { /* one byte is an empty file to SQLite */
        write_file(fx, garbage, n);
        assert_refused(fx, false, IMF_EDAMAGE, "catalog.db");
        assert_refused(fx, true, IMF_EDAMAGE, "catalog.db");
        FILE *f = fopen(fx->path, "rb");
        assert_non_null(f);
        assert_int_equal(fread(after, 1, sizeof after, f), n);
        fclose(f);
        assert_memory_equal(after, garbage, n);
    }
    unlink(fx->path);
    tamper(fx, "CREATE TABLE mine(x); INSERT INTO mine VALUES(1)"); /* another program's */
    assert_refused(fx, false, IMF_EDAMAGE, "not a catalog");
    assert_refused(fx, true, IMF_EDAMAGE, "not a catalog");
    tamper(fx, "PRAGMA user_version = 1");
    assert_refused(fx, true, IMF_EDAMAGE, "not a catalog");
    unlink(fx->path);
    assert_int_equal(mkdir(fx->path, 0700), 0);
    assert_refused(fx, true, IMF_EIO, "catalog.db");
    assert_refused(fx, false, IMF_EIO, "catalog.db");
    rmdir(fx->path);
}

static void a_missing_table_is_damage(void **state)
{
    fixture *fx = *state;
    imf_store_collection *c;
    size_t n;
    imf_store_close(&fx->w);
    tamper(fx, "DROP TABLE failure; ALTER TABLE moment RENAME TO instant");
    must(fx, imf_store_open(&fx->w, fx->path, false, &fx->err));
    assert_int_equal(imf_store_collections(fx->w, &c, &n, &fx->err), IMF_EDAMAGE);
    assert_non_null(strstr(fx->err.msg, "catalog.db"));
    assert_non_null(strstr(fx->err.msg, "moment"));
    assert_null(c);
}

static void a_malformed_page_is_damage(void **state)
{
    fixture *fx = *state;
    path_list l = {0};
    must(fx, imf_store_begin(fx->w, &fx->err));
    for (unsigned i = 0; i < 40; i++) {
        char path[40];
        snprintf(path, sizeof path, "/pics/%u", i);
        add_picture(fx, i, path);
    }
    must(fx, imf_store_commit(fx->w, &fx->err));
    int64_t page = number(fx, "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_path_1'");
    int64_t size = number(fx, "PRAGMA page_size");
    imf_store_close(&fx->w);
    int fd = open(fx->path, O_WRONLY);
    char noise[64];
    memset(noise, 0xee, sizeof noise);
    assert_true(fd >= 0 && pwrite(fd, noise, sizeof noise, (page - 1) * size) == (ssize_t)sizeof noise);
    close(fd);
    must(fx, imf_store_open(&fx->w, fx->path, false, &fx->err));
    assert_int_equal(imf_store_paths(fx->w, fx->collection, NULL, remember_path, &l, &fx->err), IMF_EDAMAGE);
    assert_non_null(strstr(fx->err.msg, "catalog.db"));
    clear_paths(&l);
}

static void migrations_run_in_one_transaction(void **state)
{
    fixture *fx = *state;
    const int now = imf_schema_version;
    const char *steps[16] = {0}; /* those before are not looked at */
    char sql[64];
    uint8_t uuid[16], again[16];

    imf_store_uuid(fx->w, uuid);
    assert_true(now + 2 <= 16);
    steps[now] = "CREATE TABLE later(x INTEGER) STRICT";
    steps[now + 1] = "CREATE TABLE path(x)"; /* there is one */
    assert_int_not_equal(imf_schema_migrate(fx->w, steps, now + 2, &fx->err), IMF_OK);
    assert_int_equal(number(fx, "PRAGMA user_version"), now);
    assert_int_equal(number(fx, "SELECT count(*) FROM sqlite_schema WHERE name = 'later'"), 0);
    fx->err = (imf_err){0};
    must(fx, imf_schema_migrate(fx->w, steps, now + 1, &fx->err));
    assert_int_equal(number(fx, "PRAGMA user_version"), now + 1);
    assert_int_equal(number(fx, "SELECT count(*) FROM later"), 0);
    assert_int_equal(number(fx, "SELECT count(*) FROM collection"), 1);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", now);
    assert_int_equal(sqlite3_exec(fx->w->db, sql, 0, 0, 0), SQLITE_OK);
    imf_store_close(&fx->w);
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    imf_store_uuid(fx->w, again);
    assert_memory_equal(uuid, again, 16);
}

/* A catalog as the first version made it, with a good picture and a failed one. */
static void make_version_1(fixture *fx)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
    const char *const parts[] = {
        "PRAGMA journal_mode = WAL",
        imf_schema_steps[0],
        "PRAGMA application_id = 1229801027; PRAGMA user_version = 1;"
        "INSERT INTO meta VALUES('uuid', x'000102030405460780090a0b0c0d0e0f');"
        "INSERT INTO space VALUES(1, x'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a', 8, 'starter');"
        "INSERT INTO segment VALUES(1, 1, 1, 1, 1);"
        "INSERT INTO collection(id, name, model, space) VALUES(1, 'default', 'starter', 1);"
        "INSERT INTO root(id, collection, path) VALUES(1, 1, CAST('/pics' AS BLOB));"
        "INSERT INTO item VALUES(1, x'00000000000000000000000000000001', 10, 4, 3);"
        "INSERT INTO moment VALUES(1048576, 1, 1, -1, -1);"
        "INSERT INTO path VALUES(1, 1, 1, CAST('/pics/good' AS BLOB), 10, 7, 1),"
        "(2, 1, 1, CAST('/pics/bad' AS BLOB), 11, 8, NULL);"
        "INSERT INTO failure VALUES(2, 'cut short', 1)",
    };
    assert_int_equal(IMF_SCHEMA_APPLICATION, 1229801027);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (sqlite3_exec(db, parts[i], NULL, NULL, &why) != SQLITE_OK)
            fail_msg("%s", why);
    sqlite3_close(db);
}

static void a_catalog_of_version_1_is_read_and_migrated(void **state)
{
    fixture *fx = *state;
    const uint8_t content[16] = {9};
    path_list l = {0};
    char *reason;
    bool own, sound = true;

    make_version_1(fx);
    imf_store *r = reader(fx); /* as it is: it changes nothing */
    must(fx, imf_store_begin(r, &fx->err));
    must(fx, imf_store_paths(r, 1, NULL, remember_path, &l, &fx->err));
    must(fx, imf_store_commit(r, &fx->err));
    assert_int_equal(l.n, 2);
    assert_string_equal(l.reason[0], "cut short");
    clear_paths(&l);

    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    assert_int_equal(number(fx, "PRAGMA user_version"), imf_schema_version);
    assert_int_equal(number(fx, "SELECT count(*) FROM failure WHERE hash IS NULL"), 1);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_path_fail(fx->w, 1, 1, "/pics/bad", 12, 9, "broken", content, &fx->err));
    must(fx, imf_store_failure_find(fx->w, content, 1, "/pics/other", &reason, &own, &fx->err));
    assert_string_equal(reason, "broken");
    imf_free(reason);
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_verify(fx->w, note_fault, &sound, &fx->err));
    assert_true(sound);

    must(fx, imf_store_begin(r, &fx->err)); /* the reader that was open meanwhile goes on */
    must(fx, imf_store_paths(r, 1, NULL, remember_path, &l, &fx->err));
    must(fx, imf_store_commit(r, &fx->err));
    assert_string_equal(l.reason[0], "broken");
    clear_paths(&l);
    imf_store_close(&r);
}

static void strange_names_are_plain_files(void **state)
{
    fixture *fx = *state;
    static const char *const names[] = {":memory:", "file:x?mode=memory", "a%41#?.db", "Каталог \xff"};
    char old[4096], path[512];

    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(fx->folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        must(fx, imf_store_open(&fx->w, names[i], true, &fx->err));
        imf_store_close(&fx->w);
        snprintf(path, sizeof path, "%s/%s", fx->folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(chdir(old), 0);
}

/* ---- transactions ---- */

static void a_reader_sees_a_snapshot(void **state)
{
    fixture *fx = *state;
    imf_store *r = reader(fx), *silent = reader(fx), *late;
    bool all;
    id_list before = {0}, after = {0};

    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_commit(fx->w, &fx->err));

    must(fx, imf_store_begin(r, &fx->err)); /* from here on nothing changes for them, even if nothing is read yet */
    must(fx, imf_store_begin(silent, &fx->err));
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 2, "/pics/2");
    must(fx, imf_store_path_remove(fx->w, path_id(fx, "/pics/1"), &fx->err));
    must(fx, imf_store_live(r, fx->space, 0, remember_id, &before, &fx->err)); /* while the writer writes */
    assert_int_equal(before.n, 1);
    must(fx, imf_store_commit(fx->w, &fx->err));
    before = (id_list){0};
    must(fx, imf_store_live(r, fx->space, 0, remember_id, &before, &fx->err));
    assert_int_equal(before.n, 1);
    assert_int_equal(before.id[0], 1u << 20);
    must(fx, imf_store_all_live(r, fx->space, &all, &fx->err));
    assert_true(all);
    must(fx, imf_store_commit(r, &fx->err));
    before = (id_list){0};
    must(fx, imf_store_live(silent, fx->space, 0, remember_id, &before, &fx->err));
    assert_int_equal(before.n, 1);
    assert_int_equal(before.id[0], 1u << 20);
    imf_store_close(&silent);

    late = reader(fx);
    must(fx, imf_store_live(r, fx->space, 0, remember_id, &after, &fx->err));
    must(fx, imf_store_live(late, fx->space, 0, remember_id, &after, &fx->err));
    assert_int_equal(after.n, 2); /* the same in both */
    assert_int_equal(after.id[0], (1u << 20) + 1);
    assert_int_equal(after.id[1], (1u << 20) + 1);
    imf_store_close(&late);
    imf_store_close(&r);
}

static void a_rollback_leaves_nothing(void **state)
{
    fixture *fx = *state;
    static const char count[] = "SELECT (SELECT count(*) FROM path) + (SELECT count(*) FROM item) + "
                                "(SELECT count(*) FROM moment) + (SELECT count(*) FROM segment) + "
                                "(SELECT count(*) FROM failure) + (SELECT count(*) FROM unswept)";
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_path_fail(fx->w, fx->collection, fx->root, "/pics/2", 1, 1, "bad", NULL, &fx->err));
    assert_int_equal(number(fx, count), 6);
    imf_store_rollback(fx->w);
    assert_int_equal(number(fx, count), 0);
    imf_store_rollback(fx->w); /* without a transaction */
    imf_store_rollback(NULL);

    fx->rows = 0;
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    imf_store_close(&fx->w); /* an open transaction is not committed by closing */
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    assert_int_equal(number(fx, count), 0);
}

static void changes_need_a_writer_and_a_transaction(void **state)
{
    fixture *fx = *state;
    uint8_t hash[16];
    int64_t id;
    uint64_t n;
    imf_store_segment segment = {1, 1, 1, 1};
    imf_store *r = reader(fx);
    must(fx, imf_store_begin(r, &fx->err));

    imf_store *both[] = {fx->w, r};
    for (size_t i = 0; i < 2; i++) {
        imf_store *s = both[i];
        assert_int_equal(imf_store_collection_add(s, "x", "m", fx->space, &id, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_collection_edit(s, fx->collection, "t", NULL, NULL, 0, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_root(s, fx->collection, "/new", &id, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_root_offline(s, fx->root, true, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_segment_put(s, fx->space, &segment, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_item_add(s, hash_of(1, hash), 1, 1, 1, &id, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_moment_add(s, 1, fx->space, 1, -1, -1, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_path_put(s, fx->collection, fx->root, "/x", 1, 1, 1, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_path_fail(s, fx->collection, fx->root, "/x", 1, 1, "r", NULL, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_path_remove(s, 1, NULL), IMF_EINTERNAL);
        assert_int_equal(imf_store_sweep(s, &n, NULL), IMF_EINTERNAL);
    }
    assert_int_equal(imf_store_space(fx->w, hash_of(9, hash), 8, "x", &id, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_begin(r, NULL), IMF_EINTERNAL); /* twice */
    must(fx, imf_store_commit(r, &fx->err));
    assert_int_equal(imf_store_commit(r, NULL), IMF_EINTERNAL);
    assert_int_equal(imf_store_commit(fx->w, NULL), IMF_EINTERNAL);
    imf_store_close(&r);
}

static int list_inside(void *user, const imf_store_path *p)
{
    fixture *fx = user;
    path_list l = {0};
    imf_store_run run = {"default", 1, (uint64_t)p->id, 9, 1, 1};
    must(fx, imf_store_paths(fx->w, fx->collection, NULL, remember_path, &l, &fx->err)); /* the same statement */
    assert_int_equal(l.n, 3);
    clear_paths(&l);
    must(fx, imf_store_run_put(fx->w, &run, &fx->err));
    return 0;
}

static void a_callback_may_use_the_store(void **state)
{
    fixture *fx = *state;
    imf_store_run run;
    bool there;
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    add_picture(fx, 2, "/pics/2");
    add_picture(fx, 3, "/pics/3");
    must(fx, imf_store_commit(fx->w, &fx->err));
    must(fx, imf_store_paths(fx->w, fx->collection, NULL, list_inside, fx, &fx->err));
    must(fx, imf_store_run_get(fx->w, &run, &there, &fx->err));
    assert_true(there);
    assert_int_equal(run.done, 3);
}

static void a_full_disk_loses_nothing_silently(void **state)
{
    fixture *fx = *state;
    char path[300];
    int rc = IMF_OK;
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_commit(fx->w, &fx->err));

    int64_t pages = number(fx, "PRAGMA page_count");
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages + 2);
    assert_int_equal(sqlite3_exec(fx->w->db, sql, 0, 0, 0), SQLITE_OK);
    must(fx, imf_store_begin(fx->w, &fx->err));
    memset(path, 'x', sizeof path);
    for (int i = 0; i < 5000 && rc == IMF_OK; i++) {
        snprintf(path + 200, 20, "%d", i);
        rc = imf_store_path_fail(fx->w, fx->collection, fx->root, path, 1, 1, "bad", NULL, &fx->err);
    }
    assert_int_equal(rc, IMF_EIO);
    assert_non_null(strstr(fx->err.msg, "catalog.db"));
    assert_non_null(strstr(fx->err.msg, "space"));
    imf_store_rollback(fx->w);
    assert_int_equal(imf_store_commit(fx->w, NULL), IMF_EINTERNAL);
    assert_int_equal(number(fx, "SELECT count(*) FROM path"), 1);
}

static void a_second_writer_is_told(void **state)
{
    fixture *fx = *state;
    imf_store *second = NULL;
    must(fx, imf_store_open(&second, fx->path, true, &fx->err));
    sqlite3_busy_timeout(second->db, 1); /* not 5 s: no test waits */
    must(fx, imf_store_begin(fx->w, &fx->err));
    assert_int_equal(imf_store_begin(second, &fx->err), IMF_EBUSY);
    assert_non_null(strstr(fx->err.msg, "catalog.db"));
    must(fx, imf_store_commit(fx->w, NULL));
    fx->err = (imf_err){0};
    must(fx, imf_store_begin(second, &fx->err));
    imf_store_close(&second);
}

/* ---- other processes ---- */

/* Commits one picture, begins another, and is killed. */
static int write_and_die(fixture *fx)
{
    imf_store *s = NULL;
    uint8_t hash[16];
    imf_store_segment segment = {1, 1, 1, 1};
    int64_t id;
    int rc = imf_store_open(&s, fx->path, true, NULL);
    rc |= imf_store_begin(s, NULL);
    rc |= imf_store_segment_put(s, fx->space, &segment, NULL);
    rc |= imf_store_item_add(s, hash_of(1, hash), 1, 1, 1, &id, NULL);
    rc |= imf_store_moment_add(s, id, fx->space, 1u << 20, -1, -1, NULL);
    rc |= imf_store_path_put(s, fx->collection, fx->root, "/pics/1", 1, 1, id, NULL);
    rc |= imf_store_commit(s, NULL);
    rc |= imf_store_begin(s, NULL);
    rc |= imf_store_path_fail(s, fx->collection, fx->root, "/pics/2", 1, 1, "bad", NULL, NULL);
    if (rc == IMF_OK)
        kill(getpid(), SIGKILL);
    return 1;
}

static void a_killed_writer_leaves_what_it_committed(void **state)
{
    fixture *fx = *state;
    static const char *const want[] = {"/pics/1"};
    char wal[320];
    struct stat st;

    imf_store_close(&fx->w);
    assert_int_equal(in_child(write_and_die, fx), 128 + SIGKILL);
    snprintf(wal, sizeof wal, "%s-wal", fx->path);
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size > 0);

    fx->w = reader(fx); /* first a reader, alone with the leftover journal */
    assert_paths(fx, NULL, want, 1);
    imf_store_close(&fx->w);
    assert_int_equal(stat(wal, &st), 0);
    must(fx, imf_store_open(&fx->w, fx->path, true, &fx->err));
    assert_paths(fx, NULL, want, 1);
    must(fx, imf_store_begin(fx->w, &fx->err));
    must(fx, imf_store_path_fail(fx->w, fx->collection, fx->root, "/pics/2", 1, 1, "bad", NULL, &fx->err));
    must(fx, imf_store_commit(fx->w, &fx->err));
}

static int read_as_nobody(fixture *fx)
{
    imf_store *r = NULL;
    path_list l = {0};
    imf_err err = {0};
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return 99;
    if (imf_store_open(&r, fx->path, false, &err) != IMF_OK || imf_store_begin(r, &err) != IMF_OK ||
        imf_store_paths(r, fx->collection, NULL, remember_path, &l, &err) != IMF_OK ||
        imf_store_commit(r, &err) != IMF_OK) {
        fprintf(stderr, "# %s\n", err.msg);
        return 100;
    }
    int n = (int)l.n;
    clear_paths(&l);
    if (r->frozen) { /* a change of the file is noticed at the next transaction */
        if (imf_store_begin(r, NULL) != IMF_OK)
            return 101;
        r->frozen_at.st_size++;
        if (imf_store_commit(r, NULL) != IMF_EBUSY || imf_store_begin(r, NULL) != IMF_EBUSY)
            return 102;
        n += 10;
    }
    imf_store_close(&r);
    return n;
}

/* Root writes anywhere, so as root a child gives its rights up first. */
static void a_reader_needs_no_right_to_write(void **state)
{
    fixture *fx = *state;
    char wal[320];
    must(fx, imf_store_begin(fx->w, &fx->err));
    add_picture(fx, 1, "/pics/1");
    must(fx, imf_store_commit(fx->w, &fx->err));
    assert_int_equal(chmod(fx->folder, 0555), 0);
    assert_int_equal(chmod(fx->path, 0444), 0);

    int while_writing = in_child(read_as_nobody, fx); /* the journal is there */
    imf_store_close(&fx->w);
    int alone = in_child(read_as_nobody, fx);
    assert_int_equal(chmod(fx->folder, 0755), 0);
    snprintf(wal, sizeof wal, "%s-wal", fx->path); /* an empty journal, as a reader may leave it */
    FILE *f = fopen(wal, "wb");
    assert_non_null(f);
    fclose(f);
    remove_file(fx, "-shm");
    assert_int_equal(chmod(fx->folder, 0555), 0);
    int beside_empty = in_child(read_as_nobody, fx);
    assert_int_equal(chmod(fx->folder, 0755), 0);
    assert_int_equal(beside_empty, 11);
    assert_int_equal(chmod(fx->path, 0644), 0);
    assert_int_equal(while_writing, 1);
    if (geteuid() == 0) /* otherwise our own writer could not remove its journal from the folder */
        assert_int_equal(alone, 11);
    else
        assert_true(alone == 1 || alone == 11);
}

static int write_as_nobody(fixture *fx)
{
    imf_store *s = NULL;
    imf_err err = {0};
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return 99;
    if (imf_store_open(&s, fx->path, true, &err) != IMF_EIO)
        return 1;
    return strstr(err.msg, "catalog.db") && strstr(err.msg, "permissions") ? 0 : 2;
}

static void a_writer_says_what_it_may_not_write(void **state)
{
    fixture *fx = *state;
    imf_store_close(&fx->w);
    assert_int_equal(chmod(fx->folder, 0555), 0);
    assert_int_equal(chmod(fx->path, 0444), 0);
    int there = in_child(write_as_nobody, fx);
    assert_int_equal(chmod(fx->folder, 0755), 0);
    remove_file(fx, "");
    assert_int_equal(chmod(fx->folder, 0555), 0);
    int missing = in_child(write_as_nobody, fx);
    assert_int_equal(chmod(fx->folder, 0755), 0);
    assert_int_equal(there, 0);
    assert_int_equal(missing, 0);
}

int main(void)
{
#define E(name) cmocka_unit_test_setup_teardown(name, set_up_empty, tear_down)
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        E(a_catalog_keeps_its_uuid),
        E(the_database_is_set_up_as_promised),
        E(an_unfinished_creation_is_an_empty_home),
        E(a_creation_killed_with_its_journal_is_an_empty_home),
        E(other_versions_are_refused_with_advice),
        E(what_is_not_a_catalog_is_refused_and_left_alone),
        T(a_missing_table_is_damage),
        T(a_malformed_page_is_damage),
        T(migrations_run_in_one_transaction),
        E(a_catalog_of_version_1_is_read_and_migrated),
        E(strange_names_are_plain_files),
        T(a_reader_sees_a_snapshot),
        T(a_rollback_leaves_nothing),
        T(changes_need_a_writer_and_a_transaction),
        T(a_callback_may_use_the_store),
        T(a_full_disk_loses_nothing_silently),
        T(a_second_writer_is_told),
        T(a_killed_writer_leaves_what_it_committed),
        T(a_reader_needs_no_right_to_write),
        T(a_writer_says_what_it_may_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
