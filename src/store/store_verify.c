/*
 * The verification of the catalog: the database's own checks, then the invariants of docs/internals/store.md, each one
 * statement that counts the rows that break it. The blocks of the segment files are src/index's to verify.
 */
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "base/mem.h"
#include "store/db.h"

typedef struct verification {
    imf_store *store;
    void (*report)(void *user, const char *what, uint64_t rows);
    void *user;
    imf_err *err;
} verification;

/* A catalog that is too damaged to answer is what a verification is there to tell: such an error becomes a report. */
static int conclude(const verification *v, int rc, const imf_err *fault)
{
    if (rc == IMF_EDAMAGE) {
        v->report(v->user, fault->msg, 0);
        return IMF_OK;
    }
    if (rc != IMF_OK && v->err && v->err->code == IMF_OK)
        *v->err = *fault;
    return rc;
}

/* ---- the database's own checks ---- */

static int quick_check(const verification *v, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    const char *line;
    char what[300];
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open_text(&q, v->store, "PRAGMA quick_check(20)", err));
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        IMF_TRY(imf_stmt_get_text(&q, 0, &line, err));
        if (!line || strcmp(line, "ok") == 0)
            continue;
        snprintf(what, sizeof what, imf_tr(WHAT_STORE_DATABASE), line);
        for (char *c = what; *c; c++) /* a report is one line; SQLite's may be several */
            if (*c == '\n')
                *c = ' ';
        v->report(v->user, what, 0);
    }
out:
    imf_stmt_close(&q);
    return rc;
}

static int foreign_keys(const verification *v, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    const char *table, *parent;
    char what[256];
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open_text(&q, v->store,
                               "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2", err));
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        IMF_TRY(imf_stmt_get_text(&q, 0, &table, err));
        IMF_TRY(imf_stmt_get_text(&q, 1, &parent, err));
        snprintf(what, sizeof what, imf_tr(WHAT_STORE_FOREIGN_KEY), table ? table : "?", parent ? parent : "?");
        v->report(v->user, what, (uint64_t)imf_stmt_get(&q, 2));
    }
out:
    imf_stmt_close(&q);
    return rc;
}

/* ---- our own ---- */

/* sql counts rows that must not be; what says which they are. */
static int none(const verification *v, const char *sql, const char *what, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open_text(&q, v->store, sql, err));
    IMF_TRY(imf_stmt_step(&q, &row, err));
    int64_t rows = row ? imf_stmt_get(&q, 0) : 0;
    if (rows > 0)
        v->report(v->user, imf_tr(what), (uint64_t)rows);
out:
    imf_stmt_close(&q);
    return rc;
}

/* vector_id = segment number << 20 | slot. */
#define UNCOMMITTED(table)                                                                                             \
    "SELECT count(*) FROM " table " v LEFT JOIN segment s ON s.number = v.vector_id >> 20 "                            \
    "WHERE s.number IS NULL OR s.space <> v.space OR (v.vector_id & 1048575) >= s.rows"

static int committed_rows(const verification *v, imf_err *err)
{
    int rc = IMF_OK;
    char what[256];

    snprintf(what, sizeof what, imf_tr(WHAT_STORE_UNCOMMITTED), "moment");
    IMF_TRY(none(v, UNCOMMITTED("moment"), what, err));
    snprintf(what, sizeof what, imf_tr(WHAT_STORE_UNCOMMITTED), "tombstone");
    IMF_TRY(none(v, UNCOMMITTED("tombstone"), what, err));
    rc = none(v, "SELECT count(*) FROM tombstone t JOIN moment m ON m.vector_id = t.vector_id", WHAT_STORE_TWICE, err);
out:
    return rc;
}

static int unnamed_rows(const verification *v, imf_err *err)
{
    int rc = IMF_OK;
    bool row = false;
    char what[256];
    imf_stmt q = {0};

    IMF_TRY(imf_stmt_open_text(
        &q, v->store,
        "SELECT number, rows - (SELECT count(*) FROM ("
        "SELECT vector_id FROM moment WHERE vector_id >= number << 20 AND vector_id < (number << 20) + rows UNION "
        "SELECT vector_id FROM tombstone WHERE vector_id >= number << 20 AND vector_id < (number << 20) + rows)) "
        "FROM segment ORDER BY number",
        err));
    for (;;) {
        IMF_TRY(imf_stmt_step(&q, &row, err));
        if (!row)
            break;
        int64_t unnamed = imf_stmt_get(&q, 1);
        if (unnamed <= 0)
            continue;
        snprintf(what, sizeof what, imf_tr(WHAT_STORE_UNNAMED), (long long)imf_stmt_get(&q, 0));
        v->report(v->user, what, (uint64_t)unnamed);
    }
out:
    imf_stmt_close(&q);
    return rc;
}

static int paths_and_items(const verification *v, imf_err *err)
{
    int rc = IMF_OK;

    IMF_TRY(none(v,
                 "SELECT count(*) FROM path p WHERE p.item IS NULL "
                 "AND NOT EXISTS (SELECT 1 FROM failure f WHERE f.path = p.id)",
                 WHAT_STORE_NO_ITEM, err));
    IMF_TRY(none(v, "SELECT count(*) FROM failure f JOIN path p ON p.id = f.path WHERE p.item IS NOT NULL",
                 WHAT_STORE_BOTH, err));
    /* Between a removal and its sweep both of these are as they should be. */
    IMF_TRY(none(v,
                 "SELECT count(*) FROM item i WHERE NOT EXISTS (SELECT 1 FROM path p WHERE p.item = i.id) "
                 "AND i.id NOT IN (SELECT item FROM unswept)",
                 WHAT_STORE_NO_PATH, err));
    IMF_TRY(none(v,
                 "SELECT count(*) FROM moment m WHERE NOT " IMF_SQL_LIVE
                 " AND EXISTS (SELECT 1 FROM path WHERE path.item = m.item) "
                 "AND m.item NOT IN (SELECT item FROM unswept)",
                 WHAT_STORE_NOT_LIVE, err));
    rc = none(v,
              "SELECT count(*) FROM (SELECT DISTINCT p.item, c.space FROM path p JOIN collection c "
              "ON c.id = p.collection WHERE p.item IS NOT NULL "
              "AND NOT EXISTS (SELECT 1 FROM meta WHERE key = " IMF_SQL_WAITING("c.id") ")) h "
              "WHERE NOT EXISTS (SELECT 1 FROM moment m WHERE m.item = h.item AND m.space = h.space)",
              WHAT_STORE_NO_MOMENT, err);
out:
    return rc;
}

int imf_store_verify(imf_store *store, void (*report)(void *user, const char *what, uint64_t rows), void *user,
                     imf_err *err)
{
    static int (*const checks[])(const verification *, imf_err *) = {quick_check, foreign_keys, committed_rows,
                                                                      unnamed_rows, paths_and_items};
    verification v = {store, report, user, err};
    int rc = IMF_OK;
    bool own = false;

    /* All checks see one state, also while a writer goes on. */
    IMF_TRY(imf_db_snapshot(store, &own, err));
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        imf_err fault = {0};
        IMF_TRY(conclude(&v, checks[i](&v, &fault), &fault));
    }
out:
    imf_db_snapshot_end(store, own);
    return rc;
}
