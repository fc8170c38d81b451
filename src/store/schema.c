/*
 * The schema of the catalog and its migrations. The version is SQLite's user_version; step i takes a catalog of version
 * i to i + 1, and a new catalog simply takes all the steps. A step that was ever released is never edited: add one.
 *
 * Not here: the statements that use the tables (sql.h). What the tables mean: docs/internals/store.md.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "store/db.h"

/* Version 1. STRICT refuses values of a wrong type. Times that are not there are -1 and not NULL, because UNIQUE lets
 * any number of NULLs pass. Foreign keys have no ON DELETE, so that nothing disappears behind the code's back; only
 * what is a detail of one row (failure, thumbnail, unswept, example queries) goes with it. */
static const char step_1[] =
    "CREATE TABLE meta("
    "  key TEXT PRIMARY KEY,"
    "  value ANY NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE space("
    "  id INTEGER PRIMARY KEY,"
    "  hash BLOB NOT NULL UNIQUE CHECK(length(hash) = 16),"
    "  dim INTEGER NOT NULL CHECK(dim BETWEEN 1 AND 4096),"
    "  model TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE segment("
    "  number INTEGER PRIMARY KEY CHECK(number BETWEEN 1 AND 4294967295),"
    "  space INTEGER NOT NULL REFERENCES space(id),"
    "  rows INTEGER NOT NULL CHECK(rows BETWEEN 0 AND 1048576),"
    "  tail_crc INTEGER NOT NULL CHECK(tail_crc BETWEEN 0 AND 4294967295),"
    "  generation INTEGER NOT NULL CHECK(generation >= 0)"
    ") STRICT;"
    "CREATE INDEX segment_space ON segment(space, number);"

    "CREATE TABLE collection("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE CHECK(name <> ''),"
    "  title TEXT NOT NULL DEFAULT '',"
    "  description TEXT NOT NULL DEFAULT '',"
    "  model TEXT NOT NULL,"
    "  space INTEGER NOT NULL REFERENCES space(id)"
    ") STRICT;"
    "CREATE INDEX collection_space ON collection(space);"

    "CREATE TABLE collection_query("
    "  collection INTEGER NOT NULL REFERENCES collection(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  text TEXT NOT NULL,"
    "  PRIMARY KEY(collection, position)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE root("
    "  id INTEGER PRIMARY KEY,"
    "  collection INTEGER NOT NULL REFERENCES collection(id),"
    "  path BLOB NOT NULL CHECK(length(path) > 0),"
    "  offline INTEGER NOT NULL DEFAULT 0 CHECK(offline IN (0, 1)),"
    "  UNIQUE(collection, path)"
    ") STRICT;"

    "CREATE TABLE item("
    "  id INTEGER PRIMARY KEY,"
    "  hash BLOB NOT NULL UNIQUE CHECK(length(hash) = 16),"
    "  size INTEGER NOT NULL CHECK(size >= 0),"
    "  width INTEGER NOT NULL CHECK(width BETWEEN 0 AND 2147483647),"
    "  height INTEGER NOT NULL CHECK(height BETWEEN 0 AND 2147483647)"
    ") STRICT;"

    "CREATE TABLE path("
    "  id INTEGER PRIMARY KEY,"
    "  collection INTEGER NOT NULL REFERENCES collection(id),"
    "  root INTEGER NOT NULL REFERENCES root(id),"
    "  path BLOB NOT NULL CHECK(length(path) > 0),"
    "  size INTEGER NOT NULL CHECK(size >= 0),"
    "  mtime_ns INTEGER NOT NULL,"
    "  item INTEGER REFERENCES item(id),"
    "  UNIQUE(collection, path)"
    ") STRICT;"
    "CREATE INDEX path_item ON path(item, collection);"
    "CREATE INDEX path_collection_item ON path(collection, item);"
    "CREATE INDEX path_root ON path(root);"

    "CREATE TABLE failure("
    "  path INTEGER PRIMARY KEY REFERENCES path(id) ON DELETE CASCADE,"
    "  reason TEXT NOT NULL,"
    "  attempts INTEGER NOT NULL CHECK(attempts >= 1)"
    ") STRICT;"

    "CREATE TABLE moment("
    "  vector_id INTEGER PRIMARY KEY CHECK(vector_id >= 0),"
    "  item INTEGER NOT NULL REFERENCES item(id),"
    "  space INTEGER NOT NULL REFERENCES space(id),"
    "  time_ms INTEGER NOT NULL CHECK(time_ms >= -1),"
    "  end_ms INTEGER NOT NULL CHECK(end_ms >= -1),"
    "  UNIQUE(item, space, time_ms)"
    ") STRICT;"
    "CREATE INDEX moment_space ON moment(space, vector_id, item);"

    "CREATE TABLE tombstone("
    "  vector_id INTEGER PRIMARY KEY,"
    "  space INTEGER NOT NULL REFERENCES space(id)"
    ") STRICT;"
    "CREATE INDEX tombstone_space ON tombstone(space);"

    "CREATE TABLE unswept("
    "  item INTEGER PRIMARY KEY REFERENCES item(id) ON DELETE CASCADE"
    ") STRICT;"

    "CREATE TABLE thumbnail("
    "  item INTEGER PRIMARY KEY REFERENCES item(id) ON DELETE CASCADE,"
    "  jpeg BLOB NOT NULL"
    ") STRICT;"

    "CREATE TABLE run("
    "  one INTEGER PRIMARY KEY CHECK(one = 1),"
    "  collection TEXT NOT NULL,"
    "  pid INTEGER NOT NULL,"
    "  done INTEGER NOT NULL,"
    "  total INTEGER NOT NULL,"
    "  rate REAL NOT NULL,"
    "  eta_s REAL NOT NULL"
    ") STRICT;";

/* Version 2. The content of a file that the decoder gave up, so that a copy of it is not tried. Only the writer reads
 * it: see imf_schema_oldest_read. */
static const char step_2[] =
    "ALTER TABLE failure ADD COLUMN hash BLOB CHECK(hash IS NULL OR length(hash) = 16);"
    "CREATE INDEX failure_hash ON failure(hash) WHERE hash IS NOT NULL;";

const char *const imf_schema_steps[] = {step_1, step_2};
const int imf_schema_oldest_read = 1;
const int imf_schema_version = (int)(sizeof imf_schema_steps / sizeof imf_schema_steps[0]);

int imf_schema_newer(const imf_store *store, imf_err *err)
{
    return imf_fail(err, IMF_EINPUT, MSG_STORE_NEWER, store->path, store->version, imf_schema_version);
}

static int one_number(imf_store *store, const char *sql, int64_t *out, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open_text(&q, store, sql, err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    *out = row ? imf_stmt_get(&q, 0) : 0;
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_schema_look(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;
    int64_t version = 0, application = 0, objects = 0;
    const bool own = sqlite3_get_autocommit(store->db) != 0;

    if (own) /* all three at one moment: a writer may be making the catalog right now */
        IMF_TRY(imf_db_exec(store, "BEGIN", err));
    IMF_TRY(one_number(store, "PRAGMA user_version", &version, err));
    IMF_TRY(one_number(store, "PRAGMA application_id", &application, err));
    IMF_TRY(one_number(store, "SELECT count(*) FROM sqlite_schema", &objects, err));
    /* No version, no mark and no table: nothing was written yet, or its writer was killed before its first commit. */
    bool empty = version == 0 && application == 0 && objects == 0;
    if (!empty && (application != IMF_SCHEMA_APPLICATION || version < 1 || objects == 0)) {
        rc = imf_fail(err, IMF_EDAMAGE, MSG_STORE_FOREIGN, store->path);
        goto out;
    }
    store->version = (int)version;
out:
    if (own)
        imf_store_rollback(store);
    return rc;
}

/* The UUID ties the segment files to this catalog; it is not a secret. */
static int add_uuid(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;
    uint8_t uuid[16];
    imf_stmt q = {0};

    if (getrandom(uuid, sizeof uuid, 0) != (ssize_t)sizeof uuid)
        return imf_fail_errno(err, IMF_EIO, errno, MSG_STORE_RANDOM, store->path);
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4, variant 1 of RFC 4122 */
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    IMF_TRY(imf_stmt_open_text(&q, store, "INSERT INTO meta(key, value) VALUES('uuid', ?1)", err));
    imf_stmt_bytes(&q, uuid, sizeof uuid);
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_schema_migrate(imf_store *store, const char *const *steps, int n, imf_err *err)
{
    int rc = IMF_OK;
    char sql[96];

    IMF_TRY(imf_db_exec(store, "BEGIN IMMEDIATE", err));
    /* Again, now that nobody else can write: another process may have been faster. */
    IMF_TRY(imf_schema_look(store, err));
    if (store->version > n) {
        rc = imf_schema_newer(store, err);
        goto out;
    }
    int from = store->version;
    for (int i = from; i < n; i++)
        IMF_TRY(imf_db_exec(store, steps[i], err));
    if (from < n) {
        snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 (int)IMF_SCHEMA_APPLICATION, n);
        IMF_TRY(imf_db_exec(store, sql, err));
    }
    if (from == 0)
        IMF_TRY(add_uuid(store, err));
    IMF_TRY(imf_db_exec(store, "COMMIT", err));
    store->version = n;
out:
    if (rc != IMF_OK)
        imf_store_rollback(store);
    return rc;
}
