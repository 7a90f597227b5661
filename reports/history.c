#include "reports/history.h"

#include "reports/database.h"

#include <math.h>
#include <string.h>

#define LAST_RUN "(SELECT max(id) FROM past_run)"

/* ---- appending: one transaction, the results read through the checked visitors ------------------------------------ */

typedef struct {
    Results *history;
    GHashTable *proposals; /* case id -> proposal, owned */
    GHashTable *tallies;   /* "backend\x1fproposal" -> PastTally* */
    GPtrArray *gone;       /* while append_gone() runs */
} Append;

static gboolean append_backend(const BackendFacts *backend, gpointer data, GError **error)
{
    Results *history = ((Append *)data)->history;
    return database_run(history, error, "INSERT INTO past_backend VALUES (" LAST_RUN ", ?1, ?2, ?3)", "ttt",
                        backend->name, backend->version, backend->device);
}

static gboolean remember_proposal(const CaseFacts *facts, gpointer data, G_GNUC_UNUSED GError **error)
{
    g_hash_table_insert(((Append *)data)->proposals, g_strdup(facts->id), g_strdup(facts->proposal));
    return TRUE;
}

static void count(Append *append, const VerdictFacts *v)
{
    const char *proposal = g_hash_table_lookup(append->proposals, v->case_id);
    char *key = g_strjoin("\x1f", v->backend, proposal, NULL);
    PastTally *tally = g_hash_table_lookup(append->tallies, key);
    if (tally == NULL) {
        tally = g_new(PastTally, 1);
        *tally = (PastTally){ .margin = (double)NAN, .seconds = (double)NAN };
        g_hash_table_insert(append->tallies, g_steal_pointer(&key), tally);
    }
    g_free(key);
    Outcome outcome = verdict_outcome(v->verdict);
    tally->good += outcome == OUTCOME_GOOD;
    tally->bad += outcome == OUTCOME_BAD;
    tally->neutral += outcome == OUTCOME_NEUTRAL;
    if (v->verdict == VERDICT_PASS && !isnan(v->margin) && !(v->margin <= tally->margin))
        tally->margin = v->margin;
    if (!isnan(v->seconds))
        tally->seconds = isnan(tally->seconds) ? v->seconds : tally->seconds + v->seconds;
}

/* Only what differs from what the history says last. */
static gboolean append_verdict(const VerdictFacts *v, gpointer data, GError **error)
{
    Append *append = data;
    count(append, v);
    return database_run(append->history, error,
                        "INSERT INTO past_verdict SELECT ?1, ?2, " LAST_RUN ", ?3 WHERE ?3 IS NOT (SELECT verdict FROM"
                        " past_verdict WHERE case_id = ?1 AND backend = ?2 ORDER BY run DESC LIMIT 1)",
                        "ttt", v->case_id, v->backend, verdict_name(v->verdict));
}

/* Case and backend, one after the other, of what this run has not. */
static gboolean take_gone(Row *row, gpointer data, G_GNUC_UNUSED GError **error)
{
    Append *append = data;
    const char *id = row_text(row, 0, RESULTS_MAX_NAME), *backend = row_text(row, 1, RESULTS_MAX_NAME);
    if (row->error == NULL && id != NULL && !g_hash_table_contains(append->proposals, id)) {
        g_ptr_array_add(append->gone, g_strdup(id));
        g_ptr_array_add(append->gone, g_strdup(backend));
    }
    return TRUE;
}

/* A case that the backend's earlier runs had and this one has not. */
static gboolean append_gone(Append *append, GError **error)
{
    Results *history = append->history;
    sqlite3_stmt *statement = database_prepare(
        history, error,
        "SELECT case_id, backend FROM past_verdict v WHERE backend IN (SELECT name FROM past_backend WHERE run = " LAST_RUN
        ") GROUP BY case_id, backend HAVING (SELECT verdict FROM past_verdict WHERE case_id = v.case_id AND"
        " backend = v.backend ORDER BY run DESC LIMIT 1) IS NOT NULL ORDER BY 1, 2",
        "");
    g_autoptr(GPtrArray) gone = append->gone = g_ptr_array_new_with_free_func(g_free);
    gboolean ok = database_each(history, statement, take_gone, append, error);
    for (guint i = 0; ok && i < gone->len; i += 2)
        ok = database_run(history, error, "INSERT INTO past_verdict VALUES (?1, ?2, " LAST_RUN ", NULL)", "tt",
                          gone->pdata[i], gone->pdata[i + 1]);
    return ok;
}

static int by_key(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean append_tallies(Append *append, GError **error)
{
    guint n;
    g_autofree gpointer *keys = g_hash_table_get_keys_as_array(append->tallies, &n);
    if (n > 0)
        qsort(keys, n, sizeof *keys, by_key);
    for (guint i = 0; i < n; i++) {
        const PastTally *tally = g_hash_table_lookup(append->tallies, keys[i]);
        g_auto(GStrv) parts = g_strsplit(keys[i], "\x1f", 2);
        if (!database_run(append->history, error,
                          "INSERT INTO past_tally VALUES (" LAST_RUN ", ?1, ?2, ?3, ?4, ?5, ?6, ?7)", "ttiiidd", parts[0],
                          parts[1], (int)tally->good, (int)tally->bad, (int)tally->neutral, tally->margin, tally->seconds))
            return FALSE;
    }
    return TRUE;
}

static void copy_run(const RunFacts *run, gpointer data)
{
    *(RunFacts *)data = (RunFacts){ .corpus_hash = g_strdup(run->corpus_hash), .assay = g_strdup(run->assay) };
}

static gboolean append_run(Append *append, Results *results, const char *at, GError **error)
{
    RunFacts run = { 0 };
    gboolean ok = results_run(results, copy_run, &run, error) &&
                  database_run(append->history, error,
                               "INSERT INTO past_run SELECT coalesce(max(id), 0) + 1, ?1, ?2, ?3 FROM past_run"
                               " HAVING coalesce(max(at) < ?1, 1)",
                               "ttt", at, run.corpus_hash, run.assay);
    g_free((char *)run.corpus_hash);
    g_free((char *)run.assay);
    if (ok && sqlite3_changes(append->history->db) == 0)
        return results_fail(error, RESULTS_ERROR_CONFLICT, "%s: holds a run of %s or later already",
                            append->history->path, at);
    return ok;
}

gboolean history_append(Results *history, Results *results, const char *at, GError **error)
{
    g_return_val_if_fail(history != results, FALSE);
    g_autoptr(GHashTable) proposals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) tallies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Append append = { history, proposals, tallies, NULL };
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&history->lock);
    if (!results_hold(results, error))
        return FALSE;
    if (!database_begin(history, error)) {
        results_release(results);
        return FALSE;
    }
    gboolean ok = append_run(&append, results, at, error) && results_each_backend(results, append_backend, &append, error) &&
                  results_each_case(results, NULL, remember_proposal, &append, error) &&
                  results_each_verdict(results, NULL, NULL, append_verdict, &append, error) &&
                  append_gone(&append, error) && append_tallies(&append, error);
    results_release(results);
    return database_end(history, ok, ok ? error : NULL) && ok;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static void backend_free(gpointer data)
{
    PastBackend *backend = data;
    for (guint i = 0; i < backend->tallies->len; i++)
        g_free((char *)((PastTally *)backend->tallies->pdata[i])->proposal);
    g_ptr_array_unref(backend->tallies);
    g_free((char *)backend->name);
    g_free((char *)backend->version);
    g_free((char *)backend->device);
    g_free(backend);
}

static void run_free(gpointer data)
{
    PastRun *run = data;
    g_ptr_array_unref(run->backends);
    g_free((char *)run->at);
    g_free((char *)run->corpus_hash);
    g_free((char *)run->assay);
    g_free(run);
}

static char *text_or_empty(Row *row, int column)
{
    const char *text = row_text(row, column, RESULTS_MAX_NAME);
    return g_strdup(text == NULL ? "" : text);
}

/* A count that a stranger's file holds. */
static guint number(Row *row, int column)
{
    sqlite3_int64 value = sqlite3_column_int64(row->statement, column);
    if (value < 0 || value > 1000000000) {
        row_bad(row, column, "out of range");
        return 0;
    }
    return (guint)value;
}

static gboolean take_run(Row *row, gpointer runs, G_GNUC_UNUSED GError **error)
{
    PastRun *run = g_new0(PastRun, 1);
    run->id = number(row, 0);
    run->at = text_or_empty(row, 1);
    run->corpus_hash = text_or_empty(row, 2);
    run->assay = text_or_empty(row, 3);
    run->backends = g_ptr_array_new_with_free_func(backend_free);
    g_ptr_array_add(runs, run);
    return TRUE;
}

/* Rows come in the order of runs, so the run sought is at *next or behind. */
static PastRun *run_at(const GPtrArray *runs, guint id, guint *next)
{
    while (*next < runs->len && ((PastRun *)runs->pdata[*next])->id < id)
        (*next)++;
    return *next < runs->len && ((PastRun *)runs->pdata[*next])->id == id ? runs->pdata[*next] : NULL;
}

typedef struct {
    const GPtrArray *runs;
    guint next;
} Walk;

static gboolean take_backend(Row *row, gpointer data, G_GNUC_UNUSED GError **error)
{
    Walk *walk = data;
    PastRun *run = run_at(walk->runs, number(row, 0), &walk->next);
    if (run == NULL)
        return TRUE;
    PastBackend *backend = g_new0(PastBackend, 1);
    backend->name = text_or_empty(row, 1);
    backend->version = text_or_empty(row, 2);
    backend->device = text_or_empty(row, 3);
    backend->seconds = (double)NAN;
    backend->tallies = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(run->backends, backend);
    return TRUE;
}

static PastBackend *backend_named(const PastRun *run, const char *name)
{
    for (guint i = 0; i < run->backends->len; i++)
        if (strcmp(((PastBackend *)run->backends->pdata[i])->name, name) == 0)
            return run->backends->pdata[i];
    return NULL;
}

static gboolean take_tally(Row *row, gpointer data, G_GNUC_UNUSED GError **error)
{
    Walk *walk = data;
    PastRun *run = run_at(walk->runs, number(row, 0), &walk->next);
    g_autofree char *name = text_or_empty(row, 1);
    PastBackend *backend = run == NULL ? NULL : backend_named(run, name);
    if (backend == NULL)
        return TRUE;
    PastTally *tally = g_new0(PastTally, 1);
    *tally = (PastTally){ text_or_empty(row, 2), number(row, 3), number(row, 4), number(row, 5), row_double(row, 6), row_double(row, 7) };
    g_ptr_array_add(backend->tallies, tally);
    backend->good += tally->good;
    backend->total += tally->good + tally->bad + tally->neutral;
    if (!isnan(tally->seconds))
        backend->seconds = isnan(backend->seconds) ? tally->seconds : backend->seconds + tally->seconds;
    return TRUE;
}

GPtrArray *history_runs(Results *history, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&history->lock);
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func(run_free);
    static const struct {
        const char *sql;
        RowTaker take;
    } parts[] = { { "SELECT run, name, version, device FROM past_backend ORDER BY run, name", take_backend },
                  { "SELECT run, backend, proposal, good, bad, neutral, margin, seconds FROM past_tally ORDER BY run, backend, proposal", take_tally } };
    if (!database_each(history, database_prepare(history, error, "SELECT id, at, corpus_hash, assay FROM past_run ORDER BY id", ""), take_run, runs, error))
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        Walk walk = { runs, 0 };
        if (!database_each(history, database_prepare(history, error, parts[i].sql, ""), parts[i].take, &walk, error))
            return NULL;
    }
    return g_steal_pointer(&runs);
}

static gboolean read_verdict(Row *row, int column, Verdict *verdict)
{
    const char *name = row_text(row, column, RESULTS_MAX_NAME);
    *verdict = VERDICT_COUNT;
    if (name != NULL && !verdict_from_name(name, verdict))
        row_bad(row, column, name);
    return name != NULL;
}

typedef struct {
    VerdictVisitor visit;
    gpointer data;
} Visit;

static gboolean take_verdict(Row *row, gpointer data, GError **error)
{
    const Visit *v = data;
    VerdictFacts facts = { .margin = (double)NAN, .seconds = (double)NAN };
    facts.case_id = row_text(row, 0, RESULTS_MAX_NAME);
    facts.backend = row_text(row, 1, RESULTS_MAX_NAME);
    gboolean there = read_verdict(row, 2, &facts.verdict);
    return row->error != NULL || !there || v->visit(&facts, v->data, error);
}

gboolean history_each_verdict(Results *history, guint id, VerdictVisitor visit, gpointer data, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&history->lock);
    sqlite3_stmt *statement = database_prepare(history, error,
                                               "SELECT case_id, backend, verdict, max(run) FROM past_verdict"
                                               " WHERE run <= ?1 GROUP BY case_id, backend ORDER BY case_id, backend",
                                               "i", (int)id);
    return database_each(history, statement, take_verdict, &(Visit){ visit, data }, error);
}

static void change_free(gpointer data)
{
    PastChange *change = data;
    g_free((char *)change->case_id);
    g_free((char *)change->backend);
    g_free(change);
}

static gboolean take_change(Row *row, gpointer changes, G_GNUC_UNUSED GError **error)
{
    PastChange *change = g_new0(PastChange, 1);
    change->case_id = text_or_empty(row, 0);
    change->backend = text_or_empty(row, 1);
    read_verdict(row, 2, &change->verdict);
    change->run = number(row, 3);
    g_ptr_array_add(changes, change);
    return TRUE;
}

GPtrArray *history_changes(Results *history, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&history->lock);
    sqlite3_stmt *statement =
        database_prepare(history, error,
                         "SELECT case_id, backend, verdict, run FROM past_verdict v WHERE (SELECT count(DISTINCT verdict) FROM"
                         " past_verdict WHERE case_id = v.case_id AND backend = v.backend) > 1 ORDER BY 1, 2, 4",
                         "");
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);
    return database_each(history, statement, take_change, changes, error) ? g_steal_pointer(&changes) : NULL;
}
