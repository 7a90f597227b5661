#include "reports/database.h"

#include <stdarg.h>
#include <string.h>

enum { LONGEST_MESSAGE = 2048 };

/* STRICT: SQLite itself holds every column to its type. Observations stand in a table of their own, see results.h.
 * run.replay is not read any more: a command that a reader pastes must not come from a file that a stranger may have
 * made. */
const char *const schema_migrations[] = {
    "CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), corpus TEXT, corpus_hash TEXT, assay TEXT, replay TEXT)"
    " STRICT;"
    "CREATE TABLE proposal (id TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE backend (name TEXT NOT NULL PRIMARY KEY, version TEXT, device TEXT, environment TEXT,"
    " capabilities TEXT) STRICT, WITHOUT ROWID;"
    "CREATE TABLE test_case (id TEXT NOT NULL PRIMARY KEY, proposal TEXT NOT NULL, variant TEXT, semantic TEXT,"
    " form TEXT, expectation TEXT, twin TEXT, summary TEXT, requirements TEXT, dtypes TEXT, tags TEXT, model TEXT,"
    " comparison TEXT) STRICT;"
    "CREATE TABLE verdict (case_id TEXT NOT NULL REFERENCES test_case (id), backend TEXT NOT NULL REFERENCES backend "
    "(name),"
    " verdict TEXT NOT NULL, grade TEXT, profile TEXT, margin REAL, stage TEXT, message TEXT, difference TEXT,"
    " waiver TEXT, flaky INTEGER NOT NULL, contradicts_manifest INTEGER NOT NULL, PRIMARY KEY (case_id, backend))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE observation (case_id TEXT NOT NULL, backend TEXT NOT NULL, seconds REAL, log TEXT,"
    " PRIMARY KEY (case_id, backend)) STRICT, WITHOUT ROWID;",

    /* What a page of a case shows beside the verdict; earlier runs (history.h). */
    "ALTER TABLE test_case ADD COLUMN graph TEXT;"
    "ALTER TABLE test_case ADD COLUMN data TEXT;"
    "ALTER TABLE verdict ADD COLUMN answer TEXT;"
    "CREATE TABLE past_run (id INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, corpus_hash TEXT, assay TEXT) STRICT;"
    "CREATE TABLE past_backend (run INTEGER NOT NULL REFERENCES past_run (id), name TEXT NOT NULL, version TEXT,"
    " device TEXT, PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE past_tally (run INTEGER NOT NULL REFERENCES past_run (id), backend TEXT NOT NULL,"
    " proposal TEXT NOT NULL, good INTEGER NOT NULL, bad INTEGER NOT NULL, neutral INTEGER NOT NULL, margin REAL,"
    " seconds REAL, PRIMARY KEY (run, backend, proposal)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE past_verdict (case_id TEXT NOT NULL, backend TEXT NOT NULL,"
    " run INTEGER NOT NULL REFERENCES past_run (id), verdict TEXT, PRIMARY KEY (case_id, backend, run))"
    " STRICT, WITHOUT ROWID;",
    "ALTER TABLE verdict ADD COLUMN signature TEXT; ALTER TABLE verdict ADD COLUMN statistics TEXT;",

    /* Outputs that a run kept: what a certificate is judged by again. */
    ("CREATE TABLE output (case_id TEXT NOT NULL, backend TEXT NOT NULL, position INTEGER NOT NULL, bytes BLOB NOT NULL,"
     " PRIMARY KEY (case_id, backend, position)) STRICT;"),
};
const int schema_version = (int)G_N_ELEMENTS(schema_migrations);

gboolean results_fail(GError **error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = g_strdelimit(text_clean(message, LONGEST_MESSAGE), "\n\t", ' ');
    g_set_error_literal(error, RESULTS_ERROR, code, line);
    return FALSE;
}

gboolean schema_fail(sqlite3 *db, const char *path, GError **error)
{
    int code = sqlite3_errcode(db) & 0xff;
    gboolean damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    const int system = code == SQLITE_CANTOPEN || code == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
    const char *hint = code == SQLITE_BUSY ? " (another run is writing to it)" : "";
    return results_fail(error, damaged ? RESULTS_ERROR_FORMAT : RESULTS_ERROR_IO, "%s: %s%s%s%s", path,
                        code == SQLITE_NOTADB ? "not a results file" : sqlite3_errmsg(db), hint, system != 0 ? ": " : "",
                        system != 0 ? g_strerror(system) : "");
}

gboolean schema_exec(sqlite3 *db, const char *path, const char *sql, GError **error)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || schema_fail(db, path, error);
}

sqlite3 *schema_open(const char *path, int flags, GError **error)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
        sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024); /* of one row: far above anything put here */
        sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_busy_timeout(db, 5000);
        if (schema_exec(db, path, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;", error))
            return db;
    } else if (db == NULL) {
        results_fail(error, RESULTS_ERROR_IO, "%s: %s", path, sqlite3_errstr(code));
    } else {
        schema_fail(db, path, error);
    }
    sqlite3_close(db);
    return NULL;
}

gboolean schema_pragma(sqlite3 *db, const char *path, const char *sql, int *value, GError **error)
{
    sqlite3_stmt *statement = NULL;
    gboolean ok =
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (ok)
        *value = sqlite3_column_int(statement, 0);
    else
        schema_fail(db, path, error);
    sqlite3_finalize(statement);
    return ok;
}

static gboolean apply(sqlite3 *db, const char *path, const char *const *migrations, int n, GError **error)
{
    int version = 0;
    if (!schema_pragma(db, path, "PRAGMA user_version", &version, error))
        return FALSE;
    for (; version < n; version++)
        if (!schema_exec(db, path, migrations[version], error))
            return FALSE;
    g_autofree char *stamp =
        g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d;", SCHEMA_APPLICATION_ID, n);
    return schema_exec(db, path, stamp, error) && schema_exec(db, path, "COMMIT", error);
}

gboolean schema_migrate(sqlite3 *db, const char *path, const char *const *migrations, int n, GError **error)
{
    if (!schema_exec(db, path, "BEGIN IMMEDIATE", error))
        return FALSE;
    if (apply(db, path, migrations, n, error))
        return TRUE;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

/* The schema as one text, sorted; NULL with an error. */
static char *describe(sqlite3 *db, const char *path, GError **error)
{
    sqlite3_stmt *statement = NULL;
    const char *sql =
        "SELECT quote(type) || quote(name) || quote(tbl_name) || quote(sql) FROM sqlite_schema ORDER BY 1";
    g_autoptr(GString) text = g_string_new(NULL);
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        g_string_append(text, (const char *)sqlite3_column_text(statement, 0));
        g_string_append_c(text, '\n');
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) {
        schema_fail(db, path, error);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *expected_schema(int version, GError **error)
{
    sqlite3 *fresh = schema_open(":memory:", SQLITE_OPEN_READWRITE, error);
    if (fresh == NULL)
        return NULL;
    char *text = NULL;
    if (schema_migrate(fresh, ":memory:", schema_migrations, version, error))
        text = describe(fresh, ":memory:", error);
    sqlite3_close(fresh);
    return text;
}

static gboolean undamaged(sqlite3 *db, const char *path, GError **error)
{
    sqlite3_stmt *statement = NULL;
    gboolean ok = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
                  sqlite3_step(statement) == SQLITE_ROW;
    if (!ok) {
        schema_fail(db, path, error);
    } else if (g_strcmp0((const char *)sqlite3_column_text(statement, 0), "ok") != 0) {
        results_fail(error, RESULTS_ERROR_FORMAT, "%s: damaged: %.200s", path,
                     (const char *)sqlite3_column_text(statement, 0));
        ok = FALSE;
    }
    sqlite3_finalize(statement);
    return ok;
}

gboolean schema_check(sqlite3 *db, const char *path, GError **error)
{
    int application = 0, version = 0;
    if (!schema_pragma(db, path, "PRAGMA application_id", &application, error) ||
        !schema_pragma(db, path, "PRAGMA user_version", &version, error))
        return FALSE;
    if (application != SCHEMA_APPLICATION_ID)
        return results_fail(error, RESULTS_ERROR_FORMAT, "%s: not a results file", path);
    if (version < 1 || version > schema_version)
        return results_fail(error, RESULTS_ERROR_FORMAT,
                            "%s: results of version %d, this program knows versions 1 to %d", path, version,
                            schema_version);
    /* The schema first: a foreign one could hide work in what the integrity check evaluates. */
    g_autofree char *expected = expected_schema(version, error);
    g_autofree char *found = expected == NULL ? NULL : describe(db, path, error);
    if (found == NULL)
        return FALSE;
    if (strcmp(found, expected) != 0)
        return results_fail(error, RESULTS_ERROR_FORMAT, "%s: its tables are not those of a results file", path);
    return undamaged(db, path, error);
}
