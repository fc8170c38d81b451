/*
 * Opening and closing the catalog, transactions, errors, and the cache of prepared statements. Every statement is
 * prepared and finalised here, and nowhere else.
 *
 * Not here: the schema (schema.c), the texts of the statements (sql.h), and what they are for (store_*.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/db.h"

enum { BUSY_MS = 5000, JOURNAL_LIMIT = 64 * 1024 * 1024, FIRST_PAGE = 4096 };

#define SQL_TEXT(name, sql) sql,
static const char *const sql_texts[IMF_SQL_COUNT] = {IMF_SQL_LIST(SQL_TEXT)};
#undef SQL_TEXT

/* ---- errors ---- */

int imf_db_no_memory(imf_err *err)
{
    return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "using the catalog");
}

int imf_db_damaged(const imf_store *store, const char *what, imf_err *err)
{
    return imf_fail(err, IMF_EDAMAGE, MSG_STORE_DAMAGED, store->path, what);
}

int imf_db_fault(const imf_store *store, const char *what, imf_err *err)
{
    return imf_fail(err, IMF_EINTERNAL, MSG_STORE_FAULT, store->path, what);
}

int imf_db_fail(const imf_store *store, int sqlite_rc, imf_err *err)
{
    const char *why = sqlite3_errstr(sqlite_rc);
    if (store->db && sqlite3_extended_errcode(store->db) == sqlite_rc)
        why = sqlite3_errmsg(store->db); /* more exact, when it is about this fault */

    if (sqlite_rc == SQLITE_IOERR_NOMEM)
        return imf_db_no_memory(err);
    switch (sqlite_rc & 0xff) {
    case SQLITE_NOMEM:
        return imf_db_no_memory(err);
    case SQLITE_FULL:
        return imf_fail(err, IMF_EIO, MSG_STORE_FULL, store->path, why);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOLFS:
        return imf_fail(err, IMF_EIO, MSG_STORE_IO, store->path, why);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return imf_db_damaged(store, why, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return imf_fail(err, IMF_EBUSY, MSG_STORE_BUSY, store->path, why);
    default:
        return imf_db_fault(store, why, err);
    }
}

/* ---- opening ---- */

/* `sql` without results; SQLite's code. */
static int set(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Opens the database and reads its first page. SQLite's code. */
static int connect(imf_store *store, const char *name, int flags)
{
    /* NOMUTEX: one store belongs to one thread. */
    int rc = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_busy_timeout(store->db, BUSY_MS);
    /* A catalog that somebody else prepared can neither run functions from its schema nor damage itself. */
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    /* secure_delete: Debian's SQLite overwrites all that is deleted, which writes the thumbnails of a large collection
     * once more when it is removed, also on a disk that is full; FAST does it only where a page is written anyway. */
    rc = set(store->db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; "
                        "PRAGMA cache_size = -16000; PRAGMA secure_delete = FAST");
    return rc == SQLITE_OK ? set(store->db, "SELECT count(*) FROM sqlite_schema") : rc;
}

static void disconnect(imf_store *store)
{
    sqlite3_close(store->db); /* also after an open that failed */
    store->db = NULL;
}

/* Whether there is a journal with something in it beside the catalog. */
static bool has_journal(const imf_store *store)
{
    struct stat st;
    char *wal = imf_sprintf("%s-wal", store->path);
    bool there = !wal || (stat(wal, &st) == 0 ? st.st_size > 0 : errno != ENOENT);
    imf_free(wal);
    return there;
}

static bool folder_is_writable(const imf_store *store)
{
    const char *slash = strrchr(store->path, '/'); /* there is one: see imf_store_open */
    char *folder = imf_strndup(store->path, (size_t)(slash - store->path) + 1);
    bool yes = !folder || faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0;
    imf_free(folder);
    return yes;
}

/* The path as a URI, with what has a meaning there escaped. */
static char *immutable_uri(const imf_store *store)
{
    size_t room;
    if (!imf_mul_size(strlen(store->path), 3, &room) || !imf_add_size(room, sizeof "file:?immutable=1", &room))
        return NULL;
    char *uri = imf_alloc(room), *to = uri;
    if (!uri)
        return NULL;
    to += snprintf(to, room, "file:");
    for (const char *from = store->path; *from; from++) {
        if (strchr("%?#", *from))
            to += snprintf(to, 4, "%%%02X", (unsigned)(unsigned char)*from);
        else
            *to++ = *from;
    }
    snprintf(to, room - (size_t)(to - uri), "?immutable=1");
    return uri;
}

/* A reader of a WAL database needs its -shm file, and so either that file or the right to make it. In a folder that we
 * may not write, without a journal, nobody is writing at this moment: the file can be read as it is ("immutable"),
 * as long as it stays the same, which imf_store_begin and imf_store_commit check. */
static int connect_reader(imf_store *store, imf_err *err)
{
    struct stat st;
    int rc = connect(store, store->path, SQLITE_OPEN_READONLY);
    int kind = rc & 0xff;
    if ((kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY) && !folder_is_writable(store) && !has_journal(store) &&
        stat(store->path, &store->frozen_at) == 0 && access(store->path, R_OK) == 0) {
        disconnect(store);
        char *uri = immutable_uri(store);
        if (!uri)
            return imf_db_no_memory(err);
        rc = connect(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        imf_free(uri);
        store->frozen = true;
    }
    /* A catalog becomes a WAL database before its first table is made, and only that step uses a rollback journal. One
     * that was killed inside it left no more than a page, and a journal that only a writer may play back. */
    if (rc == SQLITE_READONLY_ROLLBACK && stat(store->path, &st) == 0 && st.st_size <= FIRST_PAGE)
        return IMF_EUNKNOWN;
    return rc == SQLITE_OK ? IMF_OK : imf_db_fail(store, rc, err);
}

static int check_frozen(const imf_store *store, imf_err *err)
{
    struct stat now;
    const struct stat *then = &store->frozen_at;
    if (!store->frozen)
        return IMF_OK;
    if (stat(store->path, &now) == 0 && now.st_dev == then->st_dev && now.st_ino == then->st_ino &&
        now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == then->st_mtim.tv_nsec && !has_journal(store))
        return IMF_OK;
    return imf_fail(err, IMF_EBUSY, MSG_STORE_CHANGED, store->path);
}

static int use_wal(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open_text(&q, store, "PRAGMA journal_mode = WAL", err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    const char *mode = row ? (const char *)sqlite3_column_text(q.s, 0) : NULL;
    if (!mode || strcmp(mode, "wal") != 0)
        rc = imf_fail(err, IMF_EIO, MSG_STORE_NO_WAL, store->path);
out:
    imf_stmt_close(&q);
    return rc;
}

static int open_writer(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;
    char limit[64];

    int code = connect(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (code == SQLITE_OK && sqlite3_db_readonly(store->db, "main") == 1)
        code = SQLITE_READONLY; /* SQLite falls back to reading a file that may not be written */
    if (code != SQLITE_OK)
        return imf_db_fail(store, code, err);
    IMF_TRY(imf_schema_look(store, err)); /* before the first change: somebody else's database stays as it is */
    if (store->version > imf_schema_version) {
        rc = imf_schema_newer(store, err);
        goto out;
    }
    IMF_TRY(use_wal(store, err));
    IMF_TRY(imf_db_exec(store, "PRAGMA synchronous = FULL", err));
    snprintf(limit, sizeof limit, "PRAGMA journal_size_limit = %d", (int)JOURNAL_LIMIT);
    IMF_TRY(imf_db_exec(store, limit, err));
    if (store->version < imf_schema_version)
        IMF_TRY(imf_schema_migrate(store, imf_schema_steps, imf_schema_version, err));
    /* Only now: a migration that rebuilds a table must be able to drop the old one. */
    IMF_TRY(imf_db_exec(store, "PRAGMA foreign_keys = ON", err));
out:
    return rc;
}

static int open_reader(imf_store *store, imf_err *err)
{
    struct stat st;
    int rc = IMF_OK;

    if (stat(store->path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return IMF_EUNKNOWN;
        return imf_fail_errno(err, IMF_EIO, errno, MSG_STORE_IO, store->path, "cannot be looked at");
    }
    IMF_TRY(connect_reader(store, err));
    IMF_TRY(imf_schema_look(store, err));
    if (store->version == 0)
        rc = IMF_EUNKNOWN;
    else if (store->version > imf_schema_version)
        rc = imf_schema_newer(store, err);
    else if (store->version < imf_schema_oldest_read)
        rc = imf_fail(err, IMF_EINPUT, MSG_STORE_OLDER, store->path, store->version, imf_schema_oldest_read);
out:
    return rc;
}

static int read_uuid(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_UUID, err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    rc = row ? imf_stmt_get_hash(&q, 0, store->uuid, err) : imf_db_damaged(store, "it has no UUID", err);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_open(imf_store **out, const char *path, bool create, imf_err *err)
{
    int rc = IMF_OK;
    imf_store *store = imf_alloc_array(1, sizeof *store);

    *out = NULL;
    if (!store)
        return imf_db_no_memory(err);
    /* A plain name could be taken for a URI ("file:...") or a special name (":memory:"); with a slash in front it
     * cannot. */
    store->path = imf_sprintf("%s%s", path[0] == '/' ? "" : "./", path);
    if (!store->path) {
        rc = imf_db_no_memory(err);
        goto out;
    }
    store->writable = create;
    IMF_TRY(create ? open_writer(store, err) : open_reader(store, err));
    IMF_TRY(read_uuid(store, err));
out:
    if (rc == IMF_OK)
        *out = store;
    else
        imf_store_close(&store);
    return rc;
}

void imf_store_close(imf_store **store)
{
    if (!store || !*store)
        return;
    imf_store *s = *store;
    imf_store_rollback(s);
    for (size_t i = 0; i < IMF_SQL_COUNT; i++)
        sqlite3_finalize(s->cache[i]);
    disconnect(s);
    imf_free(s->path);
    imf_free(s);
    *store = NULL;
}

void imf_store_uuid(const imf_store *store, uint8_t out[16])
{
    memcpy(out, store->uuid, 16);
}

bool imf_store_is_frozen(const imf_store *store)
{
    return store->frozen;
}

int imf_store_data_version(imf_store *store, int64_t *version, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_DATA_VERSION, err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    *version = row ? imf_stmt_get(&q, 0) : 0;
out:
    imf_stmt_close(&q);
    return rc;
}

/* ---- transactions ---- */

int imf_db_exec(imf_store *store, const char *sql, imf_err *err)
{
    int rc = set(store->db, sql);
    return rc == SQLITE_OK ? IMF_OK : imf_db_fail(store, rc, err);
}

/* The first read fixes the snapshot, so a reader reads something: the version, which also tells whether a writer has
 * migrated the catalog since it was opened. */
static int fix_snapshot(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_VERSION, err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    int64_t version = row ? imf_stmt_get(&q, 0) : 0;
    if (!store->writable && version >= store->version && version <= imf_schema_version)
        store->version = (int)version; /* one that this program can read too */
    else if (version != store->version)
        rc = imf_fail(err, IMF_EINPUT, MSG_STORE_NEWER, store->path, (int)version, store->version);
out:
    imf_stmt_close(&q);
    return rc;
}

int imf_store_begin(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;

    if (!sqlite3_get_autocommit(store->db))
        return imf_db_fault(store, "a transaction inside a transaction", err);
    IMF_TRY(imf_db_exec(store, store->writable ? "BEGIN IMMEDIATE" : "BEGIN", err));
    IMF_TRY(fix_snapshot(store, err));
    IMF_TRY(check_frozen(store, err));
out:
    if (rc != IMF_OK)
        imf_store_rollback(store);
    return rc;
}

int imf_store_commit(imf_store *store, imf_err *err)
{
    int rc = IMF_OK;

    /* SQLite rolls back by itself when the disk is full, among others: then there is nothing to commit, and saying OK
     * would lose what the caller wrote. */
    if (sqlite3_get_autocommit(store->db))
        return imf_db_fault(store, "a commit without a transaction", err);
    IMF_TRY(imf_db_exec(store, "COMMIT", err));
    IMF_TRY(check_frozen(store, err));
out:
    if (rc != IMF_OK)
        imf_store_rollback(store);
    return rc;
}

void imf_store_rollback(imf_store *store)
{
    if (store && store->db && !sqlite3_get_autocommit(store->db))
        set(store->db, "ROLLBACK");
}

int imf_db_need_change(const imf_store *store, imf_err *err)
{
    if (!store->writable)
        return imf_db_fault(store, "a change through a reader", err);
    if (sqlite3_get_autocommit(store->db))
        return imf_db_fault(store, "a change outside a transaction", err);
    return IMF_OK;
}

int imf_db_snapshot(imf_store *store, bool *own, imf_err *err)
{
    *own = false;
    if (!sqlite3_get_autocommit(store->db))
        return IMF_OK;
    int rc = imf_db_exec(store, "BEGIN", err); /* never IMMEDIATE: it is for reading, in a writer too */
    *own = rc == IMF_OK;
    return rc;
}

void imf_db_snapshot_end(imf_store *store, bool own)
{
    if (!own)
        return;
    /* Not a rollback: a callback may have put the run's progress. */
    set(store->db, "COMMIT");
    imf_store_rollback(store);
}

/* ---- statements ---- */

static int prepare(imf_stmt *q, const char *sql, unsigned flags, imf_err *err)
{
    imf_store *store = q->store;
    int rc = sqlite3_prepare_v3(store->db, sql, -1, flags, &q->s, NULL);
    /* Our statements are right (a test prepares each), so one that does not fit means a table that is missing or
     * another's. */
    if (rc == SQLITE_ERROR)
        return imf_db_damaged(store, sqlite3_errmsg(store->db), err);
    return rc == SQLITE_OK ? IMF_OK : imf_db_fail(store, rc, err);
}

int imf_stmt_open(imf_stmt *q, imf_store *store, enum imf_sql id, imf_err *err)
{
    *q = (imf_stmt){.store = store, .id = id, .next = 1, .s = store->cache[id]};
    if (q->s) {
        /* Taken out while it is in use, so that a callback may run the same statement again. */
        store->cache[id] = NULL;
        return IMF_OK;
    }
    return prepare(q, sql_texts[id], SQLITE_PREPARE_PERSISTENT, err);
}

int imf_stmt_open_text(imf_stmt *q, imf_store *store, const char *sql, imf_err *err)
{
    *q = (imf_stmt){.store = store, .id = IMF_SQL_COUNT, .next = 1};
    return prepare(q, sql, 0, err);
}

void imf_stmt_close(imf_stmt *q)
{
    if (!q->s)
        return;
    if (q->id == IMF_SQL_COUNT || q->store->cache[q->id]) {
        sqlite3_finalize(q->s);
    } else {
        sqlite3_reset(q->s);
        sqlite3_clear_bindings(q->s); /* they borrow from the caller */
        q->store->cache[q->id] = q->s;
    }
    q->s = NULL;
}

static void bound(imf_stmt *q, int rc)
{
    q->next++;
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void imf_stmt_int(imf_stmt *q, int64_t v)
{
    bound(q, sqlite3_bind_int64(q->s, q->next, v));
}

void imf_stmt_u64(imf_stmt *q, uint64_t v)
{
    bound(q, v > INT64_MAX ? SQLITE_TOOBIG : sqlite3_bind_int64(q->s, q->next, (int64_t)v));
}

void imf_stmt_id(imf_stmt *q, int64_t id)
{
    bound(q, id == 0 ? sqlite3_bind_null(q->s, q->next) : sqlite3_bind_int64(q->s, q->next, id));
}

void imf_stmt_real(imf_stmt *q, double v)
{
    bound(q, sqlite3_bind_double(q->s, q->next, v));
}

void imf_stmt_text(imf_stmt *q, const char *s)
{
    if (s)
        bound(q, sqlite3_bind_text64(q->s, q->next, s, strlen(s), SQLITE_STATIC, SQLITE_UTF8));
    else
        bound(q, sqlite3_bind_null(q->s, q->next));
}

void imf_stmt_path(imf_stmt *q, const char *s)
{
    imf_stmt_bytes(q, s, strlen(s));
}

void imf_stmt_bytes(imf_stmt *q, const void *p, size_t n)
{
    bound(q, sqlite3_bind_blob64(q->s, q->next, p, n, SQLITE_STATIC));
}

int imf_stmt_step(imf_stmt *q, bool *row, imf_err *err)
{
    *row = false;
    if (q->rc != SQLITE_OK)
        return imf_db_fail(q->store, q->rc, err);
    int rc = sqlite3_step(q->s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return imf_db_fail(q->store, rc, err);
    *row = rc == SQLITE_ROW;
    return IMF_OK;
}

int imf_stmt_run(imf_stmt *q, imf_err *err)
{
    bool row;
    return imf_stmt_step(q, &row, err);
}

int imf_db_run(imf_store *store, enum imf_sql id, imf_err *err)
{
    int rc = IMF_OK;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open(&q, store, id, err));
    rc = imf_stmt_run(&q, err);
out:
    imf_stmt_close(&q);
    return rc;
}

void imf_stmt_again(imf_stmt *q)
{
    sqlite3_reset(q->s);
    sqlite3_clear_bindings(q->s);
    q->next = 1;
}

int64_t imf_stmt_get(const imf_stmt *q, int column)
{
    return sqlite3_column_int64(q->s, column);
}

int imf_stmt_get_in(const imf_stmt *q, int column, int64_t min, int64_t max, int64_t *out, imf_err *err)
{
    int64_t v = imf_stmt_get(q, column);
    if (v < min || v > max)
        return imf_db_damaged(q->store, "a number is out of its range", err);
    *out = v;
    return IMF_OK;
}

int imf_stmt_get_hash(const imf_stmt *q, int column, uint8_t out[16], imf_err *err)
{
    const void *bytes = sqlite3_column_blob(q->s, column);
    if (!bytes || sqlite3_column_bytes(q->s, column) != 16)
        return imf_db_damaged(q->store, "a hash has not 16 bytes", err);
    memcpy(out, bytes, 16);
    return IMF_OK;
}

int imf_stmt_get_text(const imf_stmt *q, int column, const char **out, imf_err *err)
{
    *out = NULL;
    if (sqlite3_column_type(q->s, column) == SQLITE_NULL)
        return IMF_OK;
    /* Of a BLOB too this only adds the NUL: the database's encoding is UTF-8, so nothing is converted. */
    *out = (const char *)sqlite3_column_text(q->s, column);
    return *out ? IMF_OK : imf_db_no_memory(err);
}

int imf_stmt_get_copy(const imf_stmt *q, int column, char **out, imf_err *err)
{
    const char *text;
    int rc = imf_stmt_get_text(q, column, &text, err);
    if (rc != IMF_OK)
        return rc;
    *out = imf_strdup(text ? text : "");
    return *out ? IMF_OK : imf_db_no_memory(err);
}
