/*
 * Every SQL statement of the store but the schema (schema.c) and the checks of the verification (store_verify.c), by
 * name. Each is prepared at its first use and kept; tests/unit/test_store.c asks SQLite for the plan of each and fails
 * where one reads a whole large table without a reason.
 *
 * In all of them the collation is bytewise (memcmp), which is what "in byte order" and "by name" mean.
 */
#ifndef IMF_STORE_SQL_H
#define IMF_STORE_SQL_H

/* The one rule of what is live, about a moment called m: a collection of its space has a path of its item. */
#define IMF_SQL_LIVE                                                                                                   \
    "EXISTS (SELECT 1 FROM path p CROSS JOIN collection c ON c.id = p.collection "                                     \
    "WHERE p.item = m.item AND c.space = m.space)"

/* The key in `meta` of a collection whose model has changed, until all its items have moments of the new one. */
#define IMF_SQL_WAITING(id) "'waiting/' || " id

#define IMF_SQL_COLLECTION                                                                                             \
    "SELECT id, space, name, title, description, model, "                                                              \
    "EXISTS (SELECT 1 FROM meta WHERE key = " IMF_SQL_WAITING("collection.id") ") FROM collection "

/* Spaces that nothing is in any more. */
#define IMF_SQL_UNUSED                                                                                                 \
    "(SELECT id FROM space WHERE NOT EXISTS (SELECT 1 FROM collection WHERE collection.space = space.id) "             \
    "AND NOT EXISTS (SELECT 1 FROM moment WHERE moment.space = space.id))"

#define IMF_SQL_PATHS                                                                                                  \
    "SELECT p.id, p.root, p.item, p.path, p.size, p.mtime_ns, f.reason "                                               \
    "FROM path p LEFT JOIN failure f ON f.path = p.id "

/* clang-format off */
#define IMF_SQL_LIST(X)                                                                                                \
    X(VERSION, "PRAGMA user_version")                                                                                  \
    X(DATA_VERSION, "PRAGMA data_version")                                                                             \
    X(UUID, "SELECT value FROM meta WHERE key = 'uuid'")                                                               \
    /* spaces and segments */                                                                                          \
    X(SPACE_FIND, "SELECT id, dim FROM space WHERE hash = ?1")                                                         \
    X(SPACE_ADD, "INSERT INTO space(hash, dim, model) VALUES(?1, ?2, ?3)")                                             \
    X(SPACES, "SELECT id, hash, dim FROM space ORDER BY id")                                                           \
    X(SEGMENTS, "SELECT number, rows, tail_crc, generation FROM segment WHERE space = ?1 ORDER BY number")             \
    X(SEGMENT_PUT, "INSERT INTO segment(number, space, rows, tail_crc, generation) VALUES(?1, ?2, ?3, ?4, ?5) "        \
      "ON CONFLICT(number) DO UPDATE SET rows = excluded.rows, tail_crc = excluded.tail_crc, "                         \
      "generation = excluded.generation WHERE space = excluded.space AND rows <= excluded.rows "                       \
      "AND generation <= excluded.generation")                                                                         \
    X(SEGMENT_LAST, "SELECT max(number) FROM segment")                                                                 \
    X(UNUSED_SEGMENTS, "SELECT number FROM segment WHERE space IN " IMF_SQL_UNUSED)                                    \
    X(UNUSED_TOMBSTONES_REMOVE, "DELETE FROM tombstone WHERE space IN " IMF_SQL_UNUSED)                                \
    X(UNUSED_SEGMENTS_REMOVE, "DELETE FROM segment WHERE space IN " IMF_SQL_UNUSED)                                    \
    /* collections and roots */                                                                                        \
    X(COLLECTION_FIND, IMF_SQL_COLLECTION "WHERE name = ?1")                                                           \
    X(COLLECTIONS, IMF_SQL_COLLECTION "ORDER BY name")                                                                 \
    X(COLLECTION_ADD, "INSERT INTO collection(name, model, space) VALUES(?1, ?2, ?3)")                                 \
    X(COLLECTION_EDIT, "UPDATE collection SET title = coalesce(?2, title), "                                           \
      "description = coalesce(?3, description) WHERE id = ?1")                                                         \
    X(COLLECTION_ALONE, "SELECT NOT EXISTS (SELECT 1 FROM collection WHERE space = ?1 AND id <> ?2) "                  \
      "AND EXISTS (SELECT 1 FROM collection WHERE id = ?2 AND space = ?1)")                                            \
    X(QUERIES, "SELECT text FROM collection_query WHERE collection = ?1 ORDER BY position")                            \
    X(QUERIES_CLEAR, "DELETE FROM collection_query WHERE collection = ?1")                                             \
    X(QUERY_ADD, "INSERT INTO collection_query(collection, position, text) VALUES(?1, ?2, ?3)")                        \
    X(COUNT_ITEMS, "SELECT count(*), coalesce(sum(i.size), 0) FROM "                                                   \
      "(SELECT DISTINCT item FROM path WHERE collection = ?1 AND item IS NOT NULL) h "                                 \
      "CROSS JOIN item i ON i.id = h.item")                                                                            \
    X(COUNT_MOMENTS, "SELECT count(*) FROM "                                                                           \
      "(SELECT DISTINCT item FROM path WHERE collection = ?1 AND item IS NOT NULL) h CROSS JOIN moment m "             \
      "ON m.item = h.item AND m.space = ?2")                                                                           \
    X(COUNT_FAILED, "SELECT count(*) FROM path WHERE collection = ?1 AND item IS NULL")                                \
    X(COUNT_OFFLINE, "SELECT count(*) FROM root r CROSS JOIN path p ON p.root = r.id "                                 \
      "WHERE r.collection = ?1 AND r.offline")                                                                         \
    X(ROOTS, "SELECT path FROM root WHERE collection = ?1 ORDER BY path")                                              \
    X(COLLECTION_UNSWEEP, "INSERT OR IGNORE INTO unswept(item) "                                                       \
      "SELECT DISTINCT item FROM path WHERE collection = ?1 AND item IS NOT NULL")                                     \
    X(COLLECTION_PATHS_REMOVE, "DELETE FROM path WHERE collection = ?1")                                               \
    X(COLLECTION_ROOTS_REMOVE, "DELETE FROM root WHERE collection = ?1")                                               \
    X(COLLECTION_REMOVE, "DELETE FROM collection WHERE id = ?1")                                                       \
    X(COLLECTION_MOVE, "UPDATE collection SET space = ?2 WHERE id = ?1")                                               \
    X(COLLECTION_UNSETTLE, "INSERT OR IGNORE INTO unswept(item) SELECT h.item FROM "                                   \
      "(SELECT DISTINCT item FROM path WHERE collection = ?1 AND item IS NOT NULL) h "                                 \
      "WHERE EXISTS (SELECT 1 FROM moment m WHERE m.item = h.item AND NOT " IMF_SQL_LIVE ")")                          \
    X(WAITING_SET, "INSERT OR REPLACE INTO meta(key, value) VALUES(" IMF_SQL_WAITING("?1") ", 1)")                     \
    X(WAITING_CLEAR, "DELETE FROM meta WHERE key = " IMF_SQL_WAITING("?1"))                                            \
    X(WAITING_ROOTS, "SELECT r.path, count(*) FROM root r CROSS JOIN path p ON p.root = r.id "                         \
      "WHERE r.collection = ?1 AND p.item IS NOT NULL AND NOT EXISTS (SELECT 1 FROM moment m WHERE m.item = p.item "   \
      "AND m.space = (SELECT space FROM collection WHERE id = ?1)) GROUP BY r.path ORDER BY r.path")                   \
    X(ROOT_FIND, "SELECT id FROM root WHERE collection = ?1 AND path = ?2")                                            \
    X(ROOT_ADD, "INSERT INTO root(collection, path) VALUES(?1, ?2)")                                                   \
    X(ROOT_OFFLINE, "UPDATE root SET offline = ?2 WHERE id = ?1")                                                      \
    /* paths */                                                                                                        \
    X(PATHS_ALL, IMF_SQL_PATHS "WHERE p.collection = ?1 ORDER BY p.path")                                              \
    X(PATHS_ONE, IMF_SQL_PATHS "WHERE p.collection = ?1 AND p.path = ?2")                                              \
    X(PATHS_BELOW, IMF_SQL_PATHS "WHERE p.collection = ?1 AND p.path >= ?2 AND p.path < ?3 ORDER BY p.path")           \
    X(PATH_FIND, "SELECT id, item, size, mtime_ns FROM path WHERE collection = ?1 AND path = ?2")                      \
    X(PATH_ITEM, "SELECT item FROM path WHERE id = ?1")                                                                \
    X(PATH_ADD, "INSERT INTO path(collection, root, path, size, mtime_ns, item) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")       \
    X(PATH_SET, "UPDATE path SET root = ?2, size = ?3, mtime_ns = ?4, item = ?5 WHERE id = ?1")                        \
    X(PATH_REMOVE, "DELETE FROM path WHERE id = ?1")                                                                   \
    X(FAILURE_PUT, "INSERT INTO failure(path, reason, hash, attempts) VALUES(?1, ?2, ?4, 1) "                          \
      "ON CONFLICT(path) DO UPDATE SET reason = excluded.reason, hash = excluded.hash, "                               \
      "attempts = CASE WHEN ?3 THEN attempts + 1 ELSE 1 END")                                                          \
    X(FAILURE_FIND, "SELECT f.reason, coalesce((SELECT o.hash = ?1 FROM path p CROSS JOIN failure o ON o.path = p.id " \
      "WHERE p.collection = ?2 AND p.path = ?3), 0) FROM failure f WHERE f.hash = ?1 LIMIT 1")                         \
    X(FAILURE_REMOVE, "DELETE FROM failure WHERE path = ?1")                                                           \
    /* items and moments */                                                                                            \
    X(ITEM_FIND, "SELECT i.id, i.size, i.width, i.height, "                                                            \
      "EXISTS (SELECT 1 FROM moment m WHERE m.item = i.id AND m.space = ?2) FROM item i WHERE i.hash = ?1")            \
    X(ITEM_ADD, "INSERT INTO item(hash, size, width, height) VALUES(?1, ?2, ?3, ?4)")                                  \
    X(MOMENT_ADD, "INSERT INTO moment(vector_id, item, space, time_ms, end_ms) VALUES(?1, ?2, ?3, ?4, ?5)")            \
    X(HAS_MOMENT, "SELECT EXISTS (SELECT 1 FROM moment WHERE item = ?1 AND space = ?2)")                               \
    X(THUMBNAIL_PUT, "INSERT INTO thumbnail(item, jpeg) VALUES(?1, ?2) "                                               \
      "ON CONFLICT(item) DO UPDATE SET jpeg = excluded.jpeg")                                                          \
    X(THUMBNAIL_GET, "SELECT t.jpeg FROM item i CROSS JOIN thumbnail t ON t.item = i.id WHERE i.hash = ?1")            \
    X(FILES_OF_ITEM, "SELECT p.path, r.path, p.size, p.mtime_ns FROM item i CROSS JOIN path p ON p.item = i.id "       \
      "CROSS JOIN root r ON r.id = p.root WHERE i.hash = ?1 ORDER BY p.path")                                          \
    X(UNSWEPT_SET, "INSERT OR IGNORE INTO unswept(item) SELECT ?1 "                                                    \
      "WHERE NOT EXISTS (SELECT 1 FROM path WHERE item = ?1) "                                                         \
      "OR EXISTS (SELECT 1 FROM moment m WHERE m.item = ?1 AND NOT " IMF_SQL_LIVE ")")                                 \
    X(UNSWEPT_CLEAR, "DELETE FROM unswept WHERE item = ?1 AND EXISTS (SELECT 1 FROM path WHERE item = ?1) "            \
      "AND NOT EXISTS (SELECT 1 FROM moment m WHERE m.item = ?1 AND NOT " IMF_SQL_LIVE ")")                            \
    X(SWEEP_TOMBSTONES, "INSERT INTO tombstone(vector_id, space) SELECT m.vector_id, m.space "                         \
      "FROM unswept u CROSS JOIN moment m ON m.item = u.item WHERE NOT " IMF_SQL_LIVE)                                 \
    X(SWEEP_MOMENTS, "DELETE FROM moment AS m WHERE m.item IN (SELECT item FROM unswept) AND NOT " IMF_SQL_LIVE)       \
    X(SWEEP_ITEMS, "DELETE FROM item WHERE id IN (SELECT item FROM unswept) "                                          \
      "AND NOT EXISTS (SELECT 1 FROM path WHERE path.item = item.id)")                                                 \
    X(SWEEP_DONE, "DELETE FROM unswept")                                                                               \
    /* for a search */                                                                                                 \
    X(LIVE_ALL, "SELECT m.vector_id FROM moment m WHERE m.space = ?1 "                                                 \
      "AND (m.item NOT IN (SELECT item FROM unswept) OR " IMF_SQL_LIVE ") ORDER BY m.vector_id")                       \
    X(LIVE_IN, "SELECT m.vector_id FROM "                                                                              \
      "(SELECT DISTINCT item FROM path WHERE collection = ?2 AND item IS NOT NULL) h CROSS JOIN moment m "             \
      "ON m.item = h.item AND m.space = ?1 WHERE EXISTS (SELECT 1 FROM collection WHERE id = ?2 AND space = ?1) "      \
      "ORDER BY m.vector_id")                                                                                          \
    /* Every committed row of every space is a moment or a tombstone, and none of this space is a tombstone. Counted   \
       over all spaces, because SQLite counts a whole table by its pages, much faster than the rows of one space. */   \
    X(ALL_LIVE, "SELECT NOT EXISTS (SELECT 1 FROM tombstone WHERE space = ?1) AND NOT EXISTS (SELECT 1 FROM unswept) " \
      "AND (SELECT count(*) FROM moment) + (SELECT count(*) FROM tombstone) = "                                        \
      "(SELECT coalesce(sum(rows), 0) FROM segment)")                                                                  \
    X(HIT, "SELECT m.item, i.hash, i.width, i.height, m.time_ms, m.end_ms, c.name, p.path FROM moment m "              \
      "CROSS JOIN item i ON i.id = m.item CROSS JOIN path p ON p.item = m.item "                                       \
      "CROSS JOIN collection c ON c.id = p.collection "                                                                \
      "WHERE m.vector_id = ?1 AND m.space = ?2 AND c.space = ?2 AND (?3 = 0 OR c.id = ?3) ORDER BY p.path")            \
    X(VECTOR_OF_ITEM, "SELECT m.vector_id FROM item i CROSS JOIN moment m ON m.item = i.id AND m.space = ?2 "          \
      "WHERE i.hash = ?1 ORDER BY m.time_ms LIMIT 1")                                                                  \
    /* status */                                                                                                       \
    X(RUN_PUT, "INSERT OR REPLACE INTO run(one, collection, pid, done, total, rate, eta_s) "                           \
      "VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6)")                                                                             \
    X(RUN_CLEAR, "DELETE FROM run")                                                                                    \
    X(RUN_GET, "SELECT collection, pid, done, total, rate, eta_s FROM run")
/* clang-format on */

#define IMF_SQL_ENUM(name, sql) IMF_SQL_##name,
enum imf_sql { IMF_SQL_LIST(IMF_SQL_ENUM) IMF_SQL_COUNT };
#undef IMF_SQL_ENUM

#endif
