#include "reports/results.h"

#include "reports/database.h"
#include "reports/lock.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(assay - results - error, results_error)

/* ---- opening ------------------------------------------------------------------------------------------------------
 */

/* A file of an earlier version is never changed by reading it: a copy in memory is brought up to date. */
static gboolean read_as_today(Results *results, GError **error)
{
    int version = 0;
    if (!schema_pragma(results->db, results->path, "PRAGMA user_version", &version, error))
        return FALSE;
    if (version == schema_version)
        return TRUE;
    sqlite3 *copy = schema_open(":memory:", SQLITE_OPEN_READWRITE, error);
    if (copy == NULL)
        return FALSE;
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", results->db, "main");
    gboolean copied = backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    copied = backup != NULL && sqlite3_backup_finish(backup) == SQLITE_OK && copied;
    if (copied)
        copied = schema_migrate(copy, results->path, schema_migrations, schema_version, error);
    else
        schema_fail(copy, results->path, error);
    sqlite3_close(copied ? results->db : copy);
    if (copied)
        results->db = copy;
    return copied;
}

static gboolean set_up(Results *results, ResultsMode mode, gboolean existed, GError **error)
{
    sqlite3 *db = results->db;
    const char *path = results->path;
    if (existed && !schema_check(db, path, error))
        return FALSE;
    if (mode == RESULTS_READ)
        return read_as_today(results, error);
    return schema_migrate(db, path, schema_migrations, schema_version, error) &&
           schema_exec(db, path, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
                       error) &&
           (mode != RESULTS_NEW ||
            schema_exec(db, path,
                        "BEGIN; DELETE FROM past_verdict; DELETE FROM past_tally; DELETE FROM past_backend;"
                        "DELETE FROM past_run; DELETE FROM output; DELETE FROM observation; DELETE FROM verdict;"
                        "DELETE FROM test_case;"
                        "DELETE FROM backend; DELETE FROM proposal; DELETE FROM run; COMMIT",
                        error));
}

/* A write that a kill or a full disk cut off may have left a journal. SQLite undoes such a write before anything is read, which it
 * cannot where it may not write; if it fails here, the opening says why. */
static void undo_half_written(const char *path)
{
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);
    int pages;
    sqlite3 *db = g_file_test(journal, G_FILE_TEST_IS_REGULAR) ? schema_open(path, SQLITE_OPEN_READWRITE, NULL) : NULL;
    if (db != NULL)
        schema_pragma(db, path, "PRAGMA page_count", &pages, NULL);
    sqlite3_close(db);
}

static void close_lock(int fd)
{
    if (fd >= 0)
        close(fd);
}

Results *results_open(const char *path, ResultsMode mode, GError **error)
{
    GStatBuf status;
    gboolean exists = g_stat(path, &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) { /* SQLite would wait for a pipe, or write a journal beside a device */
        results_fail(error, RESULTS_ERROR_FORMAT, "%s: not a results file", path);
        return NULL;
    }
    if (!exists && mode == RESULTS_READ) {
        results_fail(error, RESULTS_ERROR_IO, "%s: no such file", path);
        return NULL;
    }
    int flags = mode == RESULTS_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    g_autofree char *absolute = g_canonicalize_filename(path, NULL); /* ":memory:" and "" mean something to SQLite */
    g_autoptr(GError) locked = NULL;
    int lock_fd = mode == RESULTS_READ ? -1 : lock_take(path, &locked);
    if (locked != NULL) {
        g_propagate_error(error, g_steal_pointer(&locked));
        return NULL;
    }
    if (mode == RESULTS_READ)
        undo_half_written(absolute);
    sqlite3 *db = schema_open(absolute, flags, error);
    if (db == NULL) {
        close_lock(lock_fd);
        return NULL;
    }
    g_autoptr(Results) results = g_new0(Results, 1);
    *results = (Results){ .db = db, .path = g_strdup(path), .writable = mode != RESULTS_READ, .lock_fd = lock_fd };
    g_mutex_init(&results->lock);
    /* An empty file holds nothing to lose: a run was killed before its first transaction, or mktemp made it. So does one
     * that is empty once SQLite has undone a transaction that was being written when the run was killed. */
    gboolean existed = exists && (status.st_size > 0 || mode == RESULTS_READ);
    int pages = 0;
    if (existed && mode != RESULTS_READ && schema_pragma(db, path, "PRAGMA page_count", &pages, NULL) && pages == 0)
        existed = FALSE;
    return set_up(results, mode, existed, error) ? g_steal_pointer(&results) : NULL;
}

/* Leaves one plain file, readable from a read-only folder. SQLite answers with the mode that it is in afterwards. */
static gboolean fold(Results *results, GError **error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(results->db, "PRAGMA journal_mode = DELETE", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    gboolean folded = code == SQLITE_ROW && g_strcmp0((const char *)sqlite3_column_text(statement, 0), "delete") == 0;
    if (!folded && code != SQLITE_ROW)
        schema_fail(results->db, results->path, error);
    else if (!folded)
        results_fail(error, RESULTS_ERROR_IO, "%s: its log cannot be folded in", results->path);
    sqlite3_finalize(statement);
    return folded;
}

gboolean results_finish(Results *results, GError **error)
{
    g_clear_pointer(&results->statements, g_hash_table_unref);
    gboolean folded = !results->writable || fold(results, error);
    sqlite3_close(results->db);
    close_lock(results->lock_fd);
    g_mutex_clear(&results->lock);
    g_free(results->path);
    g_free(results);
    return folded;
}

void results_close(Results *results)
{
    if (results != NULL)
        results_finish(results, NULL); /* no harm if it fails: the log stays beside the file */
}

/* ---- whole files -------------------------------------------------------------------------------------------------- */

static void delete_logs(const char *path)
{
    static const char *const logs[] = { "-wal", "-shm", "-journal" };
    for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
        g_autofree char *log = g_strconcat(path, logs[i], NULL);
        g_unlink(log);
    }
}

void results_delete(const char *path)
{
    g_unlink(path);
    delete_logs(path);
}

gboolean results_replace(const char *path, const char *finished, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        Results *old = results_open(path, RESULTS_APPEND, error);
        if (old == NULL || !results_finish(old, error))
            return FALSE;
    }
    delete_logs(path); /* of a file that is not there any more */
    if (g_rename(finished, path) == 0)
        return TRUE;
    return results_fail(error, RESULTS_ERROR_IO, "%s cannot be made: %s", path, g_strerror(errno));
}

/* ---- putting ------------------------------------------------------------------------------------------------------
 */

static gboolean check_name(Results *results, const char *what, const char *name, GError **error)
{
    if (name != NULL && *name != '\0' && strlen(name) <= RESULTS_MAX_NAME)
        return TRUE;
    return results_fail(error, RESULTS_ERROR_FORMAT, "%s: a %s of %" G_GSIZE_FORMAT " bytes, expected 1 to %d",
                        results->path, what, name == NULL ? (gsize)0 : strlen(name), RESULTS_MAX_NAME);
}

static gboolean check_json(Results *results, const char *what, const char *owner, const char *json, GError **error)
{
    if (json == NULL || strlen(json) <= RESULTS_MAX_DOCUMENT) /* JSON that is cut is no JSON */
        return TRUE;
    return results_fail(error, RESULTS_ERROR_FORMAT, "%s: the %s of '%s' has %" G_GSIZE_FORMAT " bytes, limit %d",
                        results->path, what, owner, strlen(json), RESULTS_MAX_DOCUMENT);
}

/* Whether the last insert found its key taken with other facts; `same` compares them, with the same bindings. */
static gboolean settle(Results *results, sqlite3_stmt *same, const char *what, const char *key, GError **error)
{
    if (same == NULL)
        return FALSE;
    int step = database_step(results, same, error);
    gboolean equal = step == 1 && sqlite3_column_int(same, 0) == 1;
    sqlite3_finalize(same);
    if (step >= 0 && !equal)
        results_fail(error, RESULTS_ERROR_CONFLICT,
                     "%s: %s '%s' is already there with other facts: results of another corpus or version?",
                     results->path, what, key);
    return equal;
}

static gboolean put_run(Results *results, const RunFacts *run, GError **error)
{
    /* Where two runs differ in what is only told (folder, version), the first in text order stays: any order of merging
     * gives the same file. */
    return database_run(results, error,
                        "INSERT INTO run VALUES (1, ?1, ?2, ?3, NULL) ON CONFLICT (id) DO UPDATE SET"
                        " corpus = coalesce(min(corpus, ?1), corpus, ?1), corpus_hash = coalesce(corpus_hash, ?2),"
                        " assay = coalesce(min(assay, ?3), assay, ?3)"
                        " WHERE coalesce(corpus_hash = ?2, 1)",
                        "ttt", run->corpus, run->corpus_hash, run->assay);
}

gboolean results_begin_run(Results *results, const RunFacts *run, GError **error)
{
    g_autofree char *corpus = text_clean(run->corpus, RESULTS_MAX_TEXT);
    g_autofree char *hash = text_clean(run->corpus_hash, RESULTS_MAX_NAME);
    g_autofree char *assay = text_clean(run->assay, RESULTS_MAX_NAME);
    RunFacts clean = { .corpus = corpus, .corpus_hash = hash, .assay = assay };
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    if (!put_run(results, &clean, error))
        return FALSE;
    if (database_changed(results))
        return TRUE;
    return results_fail(error, RESULTS_ERROR_CONFLICT, "%s: holds results of another corpus than %s", results->path,
                        hash);
}

gboolean results_put_proposal(Results *results, const ProposalFacts *proposal, GError **error)
{
    if (!check_name(results, "proposal id", proposal->id, error) ||
        !check_json(results, "facts", proposal->id, proposal->json, error))
        return FALSE;
    g_autofree char *id = text_clean(proposal->id, RESULTS_MAX_NAME);
    g_autofree char *json = text_clean(proposal->json, RESULTS_MAX_DOCUMENT);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    return database_run(results, error, "INSERT INTO proposal VALUES (?1, ?2) ON CONFLICT DO NOTHING", "tt", id,
                        json) &&
           (database_changed(results) ||
            settle(results,
                   database_prepare(results, error, "SELECT json = ?2 FROM proposal WHERE id = ?1", "tt", id, json),
                   "proposal", id, error));
}

gboolean results_put_backend(Results *results, const BackendFacts *backend, GError **error)
{
    if (!check_name(results, "backend name", backend->name, error) ||
        !check_json(results, "capability manifest", backend->name, backend->capabilities, error))
        return FALSE;
    g_autofree char *name = text_clean(backend->name, RESULTS_MAX_NAME);
    g_autofree char *version = text_clean(backend->version, RESULTS_MAX_TEXT);
    g_autofree char *device = text_clean(backend->device, RESULTS_MAX_TEXT);
    g_autofree char *environment = text_clean(backend->environment, RESULTS_MAX_TEXT);
    g_autofree char *capabilities = text_clean(backend->capabilities, RESULTS_MAX_DOCUMENT);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    return database_run(results, error,
                        "INSERT INTO backend VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET"
                        " environment = coalesce(min(environment, ?4), environment, ?4),"
                        " device = iif(version IS NULL, ?3, device),"
                        " capabilities = iif(version IS NULL, ?5, capabilities), version = coalesce(version, ?2)",
                        "ttttt", name, version, device, environment, capabilities) &&
           settle(results,
                  database_prepare(results, error,
                                   "SELECT ?2 IS NULL OR (version IS ?2 AND device IS ?3 AND capabilities IS ?4)"
                                   " FROM backend WHERE name = ?1",
                                   "tttt", name, version, device, capabilities),
                  "backend", name, error);
}

static gboolean put_case(Results *results, const CaseFacts *facts, GError **error)
{
    if (!check_name(results, "case id", facts->id, error) ||
        !check_name(results, "proposal id", facts->proposal, error))
        return FALSE;
    g_autofree char *id = text_clean(facts->id, RESULTS_MAX_NAME);
    g_autofree char *proposal = text_clean(facts->proposal, RESULTS_MAX_NAME);
    g_autofree char *variant = text_clean(facts->variant, RESULTS_MAX_NAME);
    g_autofree char *semantic = text_clean(facts->semantic, RESULTS_MAX_NAME);
    g_autofree char *form = text_clean(facts->form, RESULTS_MAX_NAME);
    g_autofree char *expectation = text_clean(facts->expectation, RESULTS_MAX_NAME);
    g_autofree char *twin = text_clean(facts->twin, RESULTS_MAX_NAME);
    g_autofree char *summary = text_clean(facts->summary, RESULTS_MAX_TEXT);
    g_autofree char *requirements = text_join(facts->requirements);
    g_autofree char *dtypes = text_join(facts->dtypes);
    g_autofree char *tags = text_join(facts->tags);
    g_autofree char *model = text_clean(facts->model, RESULTS_MAX_DOCUMENT);
    g_autofree char *comparison = text_clean(facts->comparison, RESULTS_MAX_TEXT);
    g_autofree char *graph = text_clean(facts->graph, RESULTS_MAX_DOCUMENT);
    g_autofree char *values = text_clean(facts->data, RESULTS_MAX_DOCUMENT);
    return database_run(results, error,
                        "INSERT INTO test_case VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
                        " ON CONFLICT DO NOTHING",
                        "ttttttttttttttt", id, proposal, variant, semantic, form, expectation, twin, summary,
                        requirements, dtypes, tags, model, comparison, graph, values) &&
           (database_changed(results) ||
            settle(results,
                  database_prepare(results, error,
                                   "SELECT proposal = ?2 AND variant IS ?3 AND semantic IS ?4 AND form IS ?5 AND"
                                   " expectation IS ?6 AND twin IS ?7 AND summary IS ?8 AND requirements IS ?9 AND"
                                   " dtypes IS ?10 AND tags IS ?11 AND model IS ?12 AND comparison IS ?13"
                                   " AND graph IS ?14 AND data IS ?15 FROM test_case WHERE id = ?1",
                                   "ttttttttttttttt", id, proposal, variant, semantic, form, expectation, twin, summary,
                                   requirements, dtypes, tags, model, comparison, graph, values),
                  "case", id, error));
}

gboolean results_put_case(Results *results, const CaseFacts *facts, GError **error)
{
    return results_put_cases(results, &facts, 1, error);
}

gboolean results_put_cases(Results *results, const CaseFacts *const *facts, gsize n, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    gboolean ok = database_begin(results, error);
    if (!ok)
        return FALSE;
    for (gsize i = 0; i < n && ok; i++)
        ok = put_case(results, facts[i], error);
    return database_end(results, ok, ok ? error : NULL);
}

/* Text columns of a verdict, cleaned. */
static gboolean insert_verdict(Results *results, const VerdictFacts *v, GError **error)
{
    g_autofree char *case_id = text_clean(v->case_id, RESULTS_MAX_NAME);
    g_autofree char *backend = text_clean(v->backend, RESULTS_MAX_NAME);
    g_autofree char *profile = text_clean(v->profile, RESULTS_MAX_NAME);
    g_autofree char *stage = text_clean(v->stage, RESULTS_MAX_NAME);
    g_autofree char *message = text_clean(v->message, RESULTS_MAX_TEXT);
    g_autofree char *difference = text_clean(v->difference, RESULTS_MAX_TEXT);
    g_autofree char *waiver = text_clean(v->waiver, RESULTS_MAX_TEXT);
    g_autofree char *signature = text_clean(v->signature, RESULTS_MAX_TEXT);
    g_autofree char *statistics = text_clean(v->statistics, RESULTS_MAX_DOCUMENT);
    g_autofree char *log = text_clean(v->log, RESULTS_MAX_TEXT);
    g_autofree char *answer = text_clean(v->answer, RESULTS_MAX_DOCUMENT);
    const char grade[2] = { v->grade, '\0' };
    return database_run(results, error,
                        "INSERT OR REPLACE INTO verdict VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                        " ?13, ?14, ?15)",
                        "tttttdttttiittt", case_id, backend, verdict_name(v->verdict), v->grade == 0 ? NULL : grade,
                        profile, v->margin, stage, message, difference, waiver, v->flaky != FALSE,
                        v->contradicts_manifest != FALSE, answer, signature, statistics) &&
           database_run(results, error, "INSERT OR REPLACE INTO observation VALUES (?1, ?2, ?3, ?4)", "ttdt", case_id,
                        backend, v->seconds, log);
}

/* In place of those of an earlier verdict. */
static gboolean insert_outputs(Results *results, const VerdictFacts *v, GError **error)
{
    g_autofree char *case_id = text_clean(v->case_id, RESULTS_MAX_NAME);
    g_autofree char *backend = text_clean(v->backend, RESULTS_MAX_NAME);
    gboolean ok = database_run(results, error, "DELETE FROM output WHERE case_id = ?1 AND backend = ?2", "tt", case_id,
                               backend);
    for (guint i = 0; ok && v->outputs != NULL && i < v->outputs->len; i++) {
        GBytes *bytes = v->outputs->pdata[i];
        if (g_bytes_get_size(bytes) > RESULTS_MAX_OUTPUT)
            return results_fail(error, RESULTS_ERROR_FORMAT,
                                "%s: output %u of case '%s' has %" G_GSIZE_FORMAT " bytes, limit %d", results->path, i,
                                v->case_id, g_bytes_get_size(bytes), RESULTS_MAX_OUTPUT);
        ok = database_run(results, error, "INSERT INTO output VALUES (?1, ?2, ?3, ?4)", "ttib", case_id, backend,
                          (int)i, bytes);
    }
    return ok;
}

gboolean results_put_verdict(Results *results, const VerdictFacts *v, GError **error)
{
    if (!check_name(results, "case id", v->case_id, error) || !check_name(results, "backend name", v->backend, error) ||
        !check_json(results, "statistics", v->case_id, v->statistics, error))
        return FALSE;
    g_return_val_if_fail((int)v->verdict >= 0 && v->verdict < VERDICT_COUNT, FALSE);
    g_return_val_if_fail(v->grade == 0 || grade_meaning(v->grade) != NULL, FALSE);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    if (!database_begin(results, error))
        return FALSE;
    g_autoptr(GError) cause = NULL;
    gboolean ok = insert_verdict(results, v, &cause) && insert_outputs(results, v, &cause);
    if (!ok && sqlite3_extended_errcode(results->db) == SQLITE_CONSTRAINT_FOREIGNKEY) {
        g_clear_error(&cause);
        results_fail(&cause, RESULTS_ERROR_CONFLICT,
                     "%s: a verdict for case '%s' on backend '%s', but the case or the backend was never put",
                     results->path, v->case_id, v->backend);
    }
    if (!ok) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return database_end(results, FALSE, NULL);
    }
    return database_end(results, TRUE, error);
}

gboolean results_begin_batch(Results *results, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    g_return_val_if_fail(!results->batching, FALSE);
    results->batching = database_begin(results, error);
    return results->batching;
}

gboolean results_end_batch(Results *results, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    g_return_val_if_fail(results->batching, FALSE);
    results->batching = FALSE;
    return database_end(results, TRUE, error);
}
