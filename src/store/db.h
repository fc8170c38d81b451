/*
 * Inside the store: the open database, and the one way to run a statement. Not for other modules.
 *
 *     imf_stmt q = {0};
 *     IMF_TRY(imf_stmt_open(&q, store, IMF_SQL_PATH_FIND, err));
 *     imf_stmt_int(&q, collection);                  // ?1, ?2, ... in order
 *     imf_stmt_path(&q, path);
 *     IMF_TRY(imf_stmt_step(&q, &row, err));         // a bind that failed is reported here
 *     ...
 * out:
 *     imf_stmt_close(&q);                            // gives it back to the cache
 */
#ifndef IMF_STORE_DB_H
#define IMF_STORE_DB_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/sql.h"
#include "store/store.h"

struct imf_store {
    sqlite3 *db;
    char *path;
    bool writable;
    bool frozen;           /* opened as immutable: a clean catalog in a folder that we may not write */
    struct stat frozen_at; /* what the file was then */
    int version;           /* of the schema */
    uint8_t uuid[16];
    sqlite3_stmt *cache[IMF_SQL_COUNT]; /* NULL: not prepared yet, or in use */
};

/* ---- errors ---- */

/* Turns SQLite's (extended) result code into ours, with our message and SQLite's text. */
int imf_db_fail(const imf_store *store, int sqlite_rc, imf_err *err);
int imf_db_damaged(const imf_store *store, const char *what, imf_err *err); /* IMF_EDAMAGE */
int imf_db_fault(const imf_store *store, const char *what, imf_err *err);   /* IMF_EINTERNAL */
int imf_db_no_memory(imf_err *err);

/* ---- transactions ---- */

int imf_db_exec(imf_store *store, const char *sql, imf_err *err); /* sql without parameters and results */

/* IMF_EINTERNAL unless the store is writable and a transaction is open. */
int imf_db_need_change(const imf_store *store, imf_err *err);

/* Makes the statements of one function see one state: begins a read transaction unless one is open already. *own says
 * whether it did, for imf_db_snapshot_end. */
int imf_db_snapshot(imf_store *store, bool *own, imf_err *err);
void imf_db_snapshot_end(imf_store *store, bool own);

/* ---- statements ---- */

typedef struct imf_stmt {
    imf_store *store;
    sqlite3_stmt *s;
    enum imf_sql id; /* IMF_SQL_COUNT: not one of the cache */
    int next;        /* parameter to bind next */
    int rc;          /* SQLite's code for the first bind that failed */
} imf_stmt;

int imf_stmt_open(imf_stmt *q, imf_store *store, enum imf_sql id, imf_err *err);
int imf_stmt_open_text(imf_stmt *q, imf_store *store, const char *sql, imf_err *err); /* not cached */
void imf_stmt_close(imf_stmt *q); /* safe on {0} */

void imf_stmt_int(imf_stmt *q, int64_t v);
void imf_stmt_u64(imf_stmt *q, uint64_t v); /* above INT64_MAX: fails */
void imf_stmt_id(imf_stmt *q, int64_t id);  /* 0: NULL */
void imf_stmt_real(imf_stmt *q, double v);
void imf_stmt_text(imf_stmt *q, const char *s); /* borrowed until close; NULL: NULL */
void imf_stmt_path(imf_stmt *q, const char *s); /* its bytes as a BLOB, borrowed until close */
void imf_stmt_bytes(imf_stmt *q, const void *p, size_t n);

int imf_stmt_step(imf_stmt *q, bool *row, imf_err *err);
int imf_stmt_run(imf_stmt *q, imf_err *err);    /* for statements without results */
/* The same for a statement that wants nothing bound, from opening to closing. */
int imf_db_run(imf_store *store, enum imf_sql id, imf_err *err);
void imf_stmt_again(imf_stmt *q);               /* ready to bind and run once more */

/* Columns of the present row, with what the code takes for granted checked: IMF_EDAMAGE. */
int64_t imf_stmt_get(const imf_stmt *q, int column);
int imf_stmt_get_in(const imf_stmt *q, int column, int64_t min, int64_t max, int64_t *out, imf_err *err);
int imf_stmt_get_hash(const imf_stmt *q, int column, uint8_t out[16], imf_err *err);
/* Text or bytes with a NUL at the end, borrowed until the next step; NULL is NULL. */
int imf_stmt_get_text(const imf_stmt *q, int column, const char **out, imf_err *err);
int imf_stmt_get_copy(const imf_stmt *q, int column, char **out, imf_err *err); /* imf_free'd; NULL is "" */

/* ---- schema.c ---- */

enum { IMF_SCHEMA_APPLICATION = 0x494d4643 }; /* "IMFC": marks the file as ours */

extern const char *const imf_schema_steps[]; /* step i takes a catalog of version i to version i + 1 */
extern const int imf_schema_version;         /* how many there are */
extern const int imf_schema_oldest_read;     /* a reader takes catalogs from this version on as they are */

/* Reads the version of the schema: 0 is an empty file. IMF_EDAMAGE when it is somebody else's database. */
int imf_schema_look(imf_store *store, imf_err *err);
/* Runs the steps from store->version up to n in one transaction, and gives a new catalog its UUID. */
int imf_schema_migrate(imf_store *store, const char *const *steps, int n, imf_err *err);
int imf_schema_newer(const imf_store *store, imf_err *err); /* the error for a catalog of a later version */

#endif
