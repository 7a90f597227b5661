#include "reports/schema.h"

#include <criterion/criterion.h>

static sqlite3 *memory(void)
{
    GError *error = NULL;
    sqlite3 *db = schema_open(":memory:", SQLITE_OPEN_READWRITE, &error);
    cr_assert_not_null(db, "%s", error ? error->message : "");
    return db;
}

static int count(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

Test(schema, migrations_run_once_each_and_keep_the_data)
{
    static const char *const scripts[] = { "CREATE TABLE a (x INTEGER)",
                                           "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 5" };
    sqlite3 *db = memory();
    cr_assert(schema_migrate(db, "x", scripts, 1, NULL));
    cr_assert_eq(sqlite3_exec(db, "INSERT INTO a VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
    cr_assert(schema_migrate(db, "x", scripts, 2, NULL));
    cr_assert(schema_migrate(db, "x", scripts, 2, NULL));
    cr_assert_eq(count(db, "PRAGMA user_version"), 2);
    cr_assert_eq(count(db, "SELECT y FROM a WHERE x = 1"), 5);
    sqlite3_close(db);
}

Test(schema, a_migration_that_fails_leaves_the_old_version)
{
    static const char *const scripts[] = { "CREATE TABLE a (x INTEGER)",
                                           "CREATE TABLE b (x INTEGER); CREATE TABLE a (y)" };
    sqlite3 *db = memory();
    cr_assert(schema_migrate(db, "x", scripts, 1, NULL));
    g_autoptr(GError) error = NULL;
    cr_assert_not(schema_migrate(db, "x", scripts, 2, &error));
    cr_assert_not_null(error);
    cr_assert_eq(count(db, "PRAGMA user_version"), 1);
    cr_assert_eq(count(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
    sqlite3_close(db);
}

Test(schema, today_s_schema_passes_its_own_check)
{
    sqlite3 *db = memory();
    cr_assert(schema_migrate(db, "x", schema_migrations, schema_version, NULL));
    GError *error = NULL;
    cr_assert(schema_check(db, "x", &error), "%s", error ? error->message : "");
    sqlite3_close(db);
}
