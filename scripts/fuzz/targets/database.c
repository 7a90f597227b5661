/* Bytes as a results database from elsewhere: opened, everything in it visited, merged into a new one. Half of the mutations
 * are made by SQLite itself, in a value or a row: bytes changed alone seldom leave a database. */
#include "reports/history.h"
#include "scripts/fuzz/target.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

static void forget(const char *path)
{
    static const char *const beside[] = { "", "-wal", "-shm", "-journal" };
    for (gsize i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *file = g_strconcat(path, beside[i], NULL);
        g_unlink(file);
    }
}

/* ---- mutating -------------------------------------------------------------------------------------------------------- */

/* One value of one row of what the statement finds, as SQLite quotes it; NULL if there is none. */
static char *find(sqlite3 *db, GRand *random, const char *format, ...) G_GNUC_PRINTF(3, 4);
static char *find(sqlite3 *db, GRand *random, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    sqlite3_stmt *statement = NULL;
    char         *found = NULL;
    int           seen = 0;
    sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    while (statement && sqlite3_step(statement) == SQLITE_ROW && seen < 1000)
        if (g_rand_int_range(random, 0, ++seen) == 0) {
            g_free(found);
            found = g_strdup((const char *)sqlite3_column_text(statement, 0));
        }
    sqlite3_finalize(statement);
    return found;
}

/* A value in place of a quoted one: SQL. */
static char *mutate_value(GRand *random, const char *quoted)
{
    static const char *const others[] = { "NULL", "0", "1", "-1", "2", "9223372036854775807", "9e999", "-9e999", "1e-300", "''" };
    if (*quoted != '\'' || g_rand_int_range(random, 0, 8) == 0)
        return g_strdup(others[g_rand_int_range(random, 0, G_N_ELEMENTS(others))]);
    const gsize          size = strlen(quoted) - 2, room = size + 64;
    g_autofree uint8_t  *text = g_malloc0(room + 1);
    g_autoptr(GString)   sql = g_string_new("CAST(x'");
    memcpy(text, quoted + 1, size);
    const gsize changed = LLVMFuzzerMutate(text, size, room);
    for (gsize i = 0; i < changed; i++)
        g_string_append_printf(sql, "%02x", text[i]);
    g_string_append(sql, "' AS TEXT)");
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

static void mutate_row(sqlite3 *db, GRand *random)
{
    g_autofree char *table = find(db, random, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    g_autofree char *column = find(db, random, "SELECT name FROM pragma_table_info('%s')", table ? table : "");
    g_autofree char *key = find(db, random, "SELECT name FROM pragma_table_info('%s') WHERE pk = 1", table ? table : "");
    g_autofree char *row = table && key ? find(db, random, "SELECT quote(\"%s\") FROM \"%s\"", key, table) : NULL;
    if (!row || !column)
        return;
    g_autofree char *old = find(db, random, "SELECT quote(\"%s\") FROM \"%s\" WHERE \"%s\" = %s", column, table, key, row);
    g_autofree char *value = old ? mutate_value(random, old) : NULL;
    g_autofree char *sql = !value || g_rand_int_range(random, 0, 16) == 0
                               ? g_strdup_printf("DELETE FROM \"%s\" WHERE \"%s\" = %s", table, key, row)
                               : g_strdup_printf("UPDATE OR IGNORE \"%s\" SET \"%s\" = %s WHERE \"%s\" = %s", table, column, value, key, row);
    sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* 0 if the bytes are no database, or would not fit. */
static gsize mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    g_autofree char *path = g_strdup_printf("/dev/shm/assay-fuzz-%d-mutated.db", (int)getpid()), *changed = NULL;
    sqlite3         *db = NULL;
    gsize            length = 0;
    if (size < 512 || !g_file_set_contents(path, (const char *)data, (gssize)size, NULL))
        return 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        GRand *random = g_rand_new_with_seed(seed);
        sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL);
        for (gint32 n = g_rand_int_range(random, 1, 4); n > 0; n--)
            mutate_row(db, random);
        g_rand_free(random);
    }
    sqlite3_close(db);
    const gboolean fits = g_file_get_contents(path, &changed, &length, NULL) && length <= max_size &&
                          (length != size || memcmp(changed, data, size) != 0);
    forget(path);
    if (!fits)
        return 0;
    memcpy(data, changed, length);
    return length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const size_t changed = seed % 2 ? mutate(data, size, max_size, seed) : 0;
    return changed ? changed : LLVMFuzzerMutate(data, size, max_size);
}

/* ---- the target ------------------------------------------------------------------------------------------------------ */

static void run_fact(const RunFacts *run, gpointer data)
{
    (void)run, (void)data;
}
static gboolean proposal(const ProposalFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->id, "a proposal without id\n");
    return TRUE;
}
static gboolean backend(const BackendFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->name, "a backend without name\n");
    return TRUE;
}
static gboolean one_case(const CaseFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->id && facts->requirements, "a case without id\n");
    return TRUE;
}
static gboolean verdict(const VerdictFacts *facts, gpointer data, GError **error)
{
    (void)data, (void)error;
    fuzz_require(facts->verdict < VERDICT_COUNT, "a verdict that does not exist\n");
    fuzz_require(!facts->message || g_utf8_validate(facts->message, -1, NULL), "a message that is no text\n");
    return TRUE;
}

static gboolean visit(Results *results, GError **error)
{
    g_autoptr(GPtrArray) runs = history_runs(results, error), changes = runs ? history_changes(results, error) : NULL;
    return changes && results_run(results, run_fact, NULL, error) && results_each_proposal(results, proposal, NULL, error) &&
           results_each_backend(results, backend, NULL, error) && results_each_case(results, NULL, one_case, NULL, error) &&
           results_each_verdict(results, NULL, NULL, verdict, NULL, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    g_autofree char *path = g_strdup_printf("/dev/shm/assay-fuzz-%d.db", (int)getpid());
    g_autofree char *merged = g_strdup_printf("/dev/shm/assay-fuzz-%d-merged.db", (int)getpid());
    fuzz_require(g_file_set_contents(path, (const char *)data, (gssize)size, NULL), "cannot write %s\n", path);
    g_autoptr(Results) results = results_open(path, RESULTS_READ, &error);
    if (results && visit(results, &error)) {
        g_autoptr(Results) into = results_open(merged, RESULTS_NEW, &error);
        fuzz_require(into, "no new database: %s\n", error->message);
        if (results_merge(into, results, &error))
            fuzz_require(visit(into, &error), "what was merged is bad: %s\n", error->message);
    }
    fuzz_refusal(error);
    g_clear_pointer(&results, results_close);
    results = results_open(path, RESULTS_APPEND, &error); /* as 'run --resume' does */
    g_clear_pointer(&results, results_close);
    fuzz_refusal(error);
    forget(path);
    forget(merged);
    return 0;
}
