/* Reading results. Every query is ordered by keys, whose collation is bytes: no locale, no insertion order. */
#include "reports/database.h"

#include <math.h>
#include <string.h>

/* A key must be there and short. */
static const char *row_key(Row *row, int column)
{
    const char *text = row_text(row, column, RESULTS_MAX_NAME);
    if (text == NULL || *text == '\0')
        row_bad(row, column, text == NULL ? "NULL" : text);
    return text;
}

/* A visitor, of the type that its taker below says, with its data. A row that holds a wrong value is not visited. */

typedef struct {
    void (*visit)(const RunFacts *run, gpointer data);
    gpointer data;
    gboolean visited;
} RunVisit;

static gboolean take_run(Row *row, gpointer data, G_GNUC_UNUSED GError **error)
{
    RunVisit *v = data;
    RunFacts run = { row_text(row, 0, RESULTS_MAX_TEXT), row_text(row, 1, RESULTS_MAX_NAME), row_text(row, 2, RESULTS_MAX_NAME) };
    if (row->error == NULL)
        v->visit(&run, v->data);
    v->visited = TRUE;
    return TRUE;
}

gboolean results_run(Results *results, void (*visit)(const RunFacts *run, gpointer data), gpointer data, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    RunVisit v = { visit, data, FALSE };
    if (!database_each(results, database_prepare(results, error, "SELECT corpus, corpus_hash, assay FROM run", ""), take_run, &v, error))
        return FALSE;
    if (!v.visited)
        visit(&(RunFacts){ 0 }, data);
    return TRUE;
}

typedef struct {
    ProposalVisitor visit;
    gpointer data;
} ProposalVisit;

static gboolean take_proposal(Row *row, gpointer data, GError **error)
{
    const ProposalVisit *v = data;
    ProposalFacts facts = { row_key(row, 0), row_text(row, 1, RESULTS_MAX_DOCUMENT) };
    return row->error != NULL || v->visit(&facts, v->data, error);
}

gboolean results_each_proposal(Results *results, ProposalVisitor visit, gpointer data, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    sqlite3_stmt *statement = database_prepare(results, error, "SELECT id, json FROM proposal ORDER BY id", "");
    return database_each(results, statement, take_proposal, &(ProposalVisit){ visit, data }, error);
}

typedef struct {
    BackendVisitor visit;
    gpointer data;
} BackendVisit;

static gboolean take_backend(Row *row, gpointer data, GError **error)
{
    const BackendVisit *v = data;
    BackendFacts facts = { row_key(row, 0), row_text(row, 1, RESULTS_MAX_TEXT), row_text(row, 2, RESULTS_MAX_TEXT),
                           row_text(row, 3, RESULTS_MAX_TEXT), row_text(row, 4, RESULTS_MAX_DOCUMENT) };
    return row->error != NULL || v->visit(&facts, v->data, error);
}

gboolean results_each_backend(Results *results, BackendVisitor visit, gpointer data, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    sqlite3_stmt *statement = database_prepare(
        results, error, "SELECT name, version, device, environment, capabilities FROM backend ORDER BY name", "");
    return database_each(results, statement, take_backend, &(BackendVisit){ visit, data }, error);
}

static CaseFacts read_case(Row *row)
{
    return (CaseFacts){
        .id = row_key(row, 0),
        .proposal = row_key(row, 1),
        .variant = row_text(row, 2, RESULTS_MAX_NAME),
        .semantic = row_text(row, 3, RESULTS_MAX_NAME),
        .form = row_text(row, 4, RESULTS_MAX_NAME),
        .expectation = row_text(row, 5, RESULTS_MAX_NAME),
        .twin = row_text(row, 6, RESULTS_MAX_NAME),
        .summary = row_text(row, 7, RESULTS_MAX_TEXT),
        .requirements = row_list(row, 8),
        .dtypes = row_list(row, 9),
        .tags = row_list(row, 10),
        .model = row_text(row, 11, RESULTS_MAX_DOCUMENT),
        .comparison = row_text(row, 12, RESULTS_MAX_TEXT),
        .graph = row_text(row, 13, RESULTS_MAX_DOCUMENT),
        .data = row_text(row, 14, RESULTS_MAX_DOCUMENT),
    };
}

typedef struct {
    CaseVisitor visit;
    gpointer data;
} CaseVisit;

static gboolean take_case(Row *row, gpointer data, GError **error)
{
    const CaseVisit *v = data;
    CaseFacts facts = read_case(row);
    return row->error != NULL || v->visit(&facts, v->data, error);
}

gboolean results_each_case(Results *results, const char *id, CaseVisitor visit, gpointer data, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    sqlite3_stmt *statement = database_prepare(
        results, error, id == NULL ? "SELECT * FROM test_case ORDER BY id" : "SELECT * FROM test_case WHERE id = ?1",
        id == NULL ? "" : "t", id);
    return database_each(results, statement, take_case, &(CaseVisit){ visit, data }, error);
}

static VerdictFacts read_verdict(Row *row)
{
    VerdictFacts v = { .case_id = row_key(row, 0), .backend = row_key(row, 1), .verdict = VERDICT_NOT_RUN };
    const char *verdict = row_text(row, 2, RESULTS_MAX_NAME);
    const char *grade = row_text(row, 3, RESULTS_MAX_NAME);
    if (verdict != NULL && !verdict_from_name(verdict, &v.verdict))
        row_bad(row, 2, verdict);
    if (grade != NULL && (strlen(grade) != 1 || grade_meaning(grade[0]) == NULL))
        row_bad(row, 3, grade);
    else
        v.grade = grade == NULL ? '\0' : grade[0];
    v.profile = row_text(row, 4, RESULTS_MAX_NAME);
    v.margin = row_double(row, 5);
    if (v.margin < 0)
        row_bad(row, 5, "negative");
    v.stage = row_text(row, 6, RESULTS_MAX_NAME);
    v.message = row_text(row, 7, RESULTS_MAX_TEXT);
    v.difference = row_text(row, 8, RESULTS_MAX_TEXT);
    v.waiver = row_text(row, 9, RESULTS_MAX_TEXT);
    v.flaky = row_flag(row, 10);
    v.contradicts_manifest = row_flag(row, 11);
    v.seconds = row_double(row, 12);
    v.log = row_text(row, 13, RESULTS_MAX_TEXT);
    v.answer = row_text(row, 14, RESULTS_MAX_DOCUMENT);
    v.signature = row_text(row, 15, RESULTS_MAX_TEXT);
    v.statistics = row_text(row, 16, RESULTS_MAX_DOCUMENT);
    return v;
}

typedef struct {
    VerdictVisitor visit;
    gpointer data;
} VerdictVisit;

static gboolean take_verdict(Row *row, gpointer data, GError **error)
{
    const VerdictVisit *v = data;
    VerdictFacts facts = read_verdict(row);
    return row->error != NULL || v->visit(&facts, v->data, error);
}

gboolean results_each_verdict(Results *results, const char *case_id, const char *backend, VerdictVisitor visit,
                              gpointer data, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    /* Conditions only where asked for, so that one case is found by its key. */
    g_autofree char *sql = g_strdup_printf(
        "SELECT c.id, b.name, v.verdict, v.grade, v.profile, v.margin, v.stage, v.message, v.difference, v.waiver,"
        " v.flaky, v.contradicts_manifest, o.seconds, o.log, v.answer, v.signature, v.statistics FROM test_case c"
        " CROSS JOIN backend b"
        " LEFT JOIN verdict v ON v.case_id = c.id AND v.backend = b.name"
        " LEFT JOIN observation o ON o.case_id = c.id AND o.backend = b.name"
        " WHERE %s AND %s ORDER BY c.id, b.name",
        case_id == NULL ? "?1 IS NULL" : "c.id = ?1", backend == NULL ? "?2 IS NULL" : "b.name = ?2");
    sqlite3_stmt *statement = database_prepare(results, error, sql, "tt", case_id, backend);
    return database_each(results, statement, take_verdict, &(VerdictVisit){ visit, data }, error);
}

/* A file of version 1, opened for reading, has no such table. */
static gboolean has_outputs(Results *results)
{
    sqlite3_stmt *statement =
        database_prepare(results, NULL, "SELECT 1 FROM sqlite_schema WHERE name = 'output'", "");
    gboolean has = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return has;
}

static gboolean take_output(Row *row, gpointer outputs, G_GNUC_UNUSED GError **error)
{
    GBytes *bytes = row_bytes(row, 1, RESULTS_MAX_OUTPUT);
    if (bytes == NULL)
        return TRUE; /* the row says what is wrong */
    if (sqlite3_column_int64(row->statement, 0) != (gint64)((GPtrArray *)outputs)->len)
        row_bad(row, 0, "not the next one");
    g_ptr_array_add(outputs, bytes);
    return TRUE;
}

GPtrArray *outputs_read(Results *results, const char *case_id, const char *backend, GError **error)
{
    g_autoptr(GPtrArray) outputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    if (!has_outputs(results))
        return g_steal_pointer(&outputs);
    sqlite3_stmt *statement = database_prepare(
        results, error, "SELECT position, bytes FROM output WHERE case_id = ?1 AND backend = ?2 ORDER BY position",
        "tt", case_id, backend);
    return database_each(results, statement, take_output, outputs, error) ? g_steal_pointer(&outputs) : NULL;
}

GPtrArray *results_outputs(Results *results, const char *case_id, const char *backend, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    return outputs_read(results, case_id, backend, error);
}

gboolean results_has_verdict(Results *results, const char *case_id, const char *backend)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    sqlite3_stmt *statement = database_prepare(
        results, NULL, "SELECT 1 FROM verdict WHERE case_id = ?1 AND backend = ?2 AND verdict <> 'not_run'", "tt",
        case_id, backend);
    gboolean has = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return has;
}

static gboolean take_count(Row *row, gpointer data, G_GNUC_UNUSED GError **error)
{
    gint64 *counts = data;
    const char *name = row_key(row, 0);
    Verdict verdict;
    if (row->error == NULL && verdict_from_name(name, &verdict))
        counts[verdict] += sqlite3_column_int64(row->statement, 1);
    else
        row_bad(row, 0, name == NULL ? "NULL" : name); /* the first complaint stays */
    return TRUE;
}

gboolean results_counts(Results *results, const char *backend, gint64 counts[VERDICT_COUNT], GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    memset(counts, 0, VERDICT_COUNT * sizeof *counts);
    sqlite3_stmt *statement =
        database_prepare(results, error,
                         "SELECT coalesce(v.verdict, 'not_run') AS verdict, count(*) FROM test_case c"
                         " LEFT JOIN verdict v ON v.case_id = c.id AND v.backend = ?1 GROUP BY 1",
                         "t", backend);
    return database_each(results, statement, take_count, counts, error);
}
