#include "reports/results.h"
#include "reports/schema.h"

#include "reports/tests/fabricate.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static Results *open_good(const char *path, ResultsMode mode)
{
    GError *error = NULL;
    Results *results = results_open(path, mode, &error);
    cr_assert_not_null(results, "%s", error ? error->message : "");
    return results;
}

/* That opening fails with one clear line. */
static void expect_refusal(const char *path, ResultsMode mode, int code)
{
    g_autoptr(GError) error = NULL;
    cr_assert_null(results_open(path, mode, &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, code), "%s", error->message);
    cr_assert(g_str_has_prefix(error->message, path), "%s", error->message);
    cr_assert_null(strchr(error->message, '\n'));
}

/* Runs SQL on a file as a stranger would, with nothing defended. */
static void tamper(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

static gboolean count_row(G_GNUC_UNUSED const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    ++*(guint *)data;
    return TRUE;
}

static char *path;

static void set_up(void)
{
    fixture_set_up();
    path = fixture_path("r.db");
}

static void tear_down(void)
{
    fixture_tear_down();
    g_free(path);
}

TestSuite(results, .init = set_up, .fini = tear_down);

Test(results, verdict_names_are_a_bijection)
{
    for (int v = 0; v < VERDICT_COUNT; v++) {
        Verdict back;
        cr_assert(verdict_from_name(verdict_name((Verdict)v), &back));
        cr_assert_eq((int)back, v);
    }
    Verdict untouched = VERDICT_CRASHED;
    cr_assert_not(verdict_from_name("passed", &untouched));
    cr_assert_eq(untouched, VERDICT_CRASHED);
}

Test(results, what_is_put_is_read_back_with_missing_verdicts_as_not_run)
{
    g_autoptr(Results) results = open_good(path, RESULTS_NEW);
    fabricate(results, 60, 0, 1);
    CaseFacts extra = { .id = "block-qdq/zz_never_judged", .proposal = "block-qdq" };
    cr_assert(results_put_case(results, &extra, NULL));
    cr_assert(results_has_verdict(results, "block-qdq/ragged_uint2_rank1_0_native", "ort"));
    cr_assert_not(results_has_verdict(results, extra.id, "ort"));
    guint rows = 0;
    cr_assert(results_each_verdict(results, NULL, NULL, count_row, &rows, NULL));
    cr_assert_eq(rows, 61 * fabricate_backends());
    gint64 counts[VERDICT_COUNT], sum = 0;
    cr_assert(results_counts(results, "ort", counts, NULL));
    for (int v = 0; v < VERDICT_COUNT; v++)
        sum += counts[v];
    cr_assert_eq(sum, 61);
    cr_assert_eq(counts[VERDICT_NOT_RUN], 1);
}

static gboolean read_teeth(const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    g_ptr_array_add(data, g_strdup(v->signature));
    g_ptr_array_add(data, g_strdup(v->statistics));
    return TRUE;
}

Test(results, signature_and_statistics_come_back)
{
    g_autoptr(Results) results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    VerdictFacts v = { .case_id = "block-qdq/ragged_uint2_rank1_0_native", .backend = "ort", .verdict = VERDICT_WRONG_VALUE,
                       .grade = 'F', .margin = (double)INFINITY, .seconds = 1, .signature = "sign: all of them",
                       .statistics = "[{\"elements\":3}]" };
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    cr_assert(results_put_verdict(results, &v, NULL));
    cr_assert(results_each_verdict(results, v.case_id, "ort", read_teeth, found, NULL));
    cr_expect_str_eq(found->pdata[0], v.signature);
    cr_expect_str_eq(found->pdata[1], v.statistics);
    g_autofree char *endless = g_strnfill(RESULTS_MAX_DOCUMENT + 1, '[');
    v.statistics = endless;
    cr_expect_not(results_put_verdict(results, &v, NULL), "JSON that is cut is no JSON");
}

Test(results, a_file_of_the_first_version_is_read_and_stays)
{
    sqlite3 *db = schema_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    cr_assert(schema_migrate(db, path, schema_migrations, 1, NULL));
    cr_assert(schema_exec(db, path,
                          "INSERT INTO backend VALUES ('b', '1', NULL, NULL, NULL);"
                          "INSERT INTO test_case (id, proposal) VALUES ('p/c', 'p');"
                          "INSERT INTO verdict VALUES ('p/c', 'b', 'pass', 'R', NULL, 0.0, NULL, NULL, NULL, NULL, 0, 0)", NULL));
    sqlite3_close(db);
    gsize before_length, after_length;
    g_autofree char *before = fixture_read("r.db", &before_length);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    Results *old = open_good(path, RESULTS_READ);
    cr_assert(results_each_verdict(old, NULL, NULL, read_teeth, found, NULL));
    cr_expect(found->len == 2 && !found->pdata[0] && !found->pdata[1]);
    results_close(old);
    g_autofree char *after = fixture_read("r.db", &after_length);
    cr_expect(before_length == after_length && memcmp(before, after, before_length) == 0);
    g_autoptr(Results) upgraded = open_good(path, RESULTS_APPEND);
    gint64 counts[VERDICT_COUNT];
    cr_assert(results_counts(upgraded, "b", counts, NULL));
    cr_expect_eq(counts[VERDICT_PASS], 1);
}

Test(results, closing_leaves_one_file_that_a_read_does_not_change)
{
    Results *results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    results_close(results);
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    cr_assert_not(g_file_test(log, G_FILE_TEST_EXISTS));
    gsize before_length, after_length;
    g_autofree char *before = fixture_read("r.db", &before_length);
    results = open_good(path, RESULTS_READ);
    CaseFacts facts = { .id = "a/b", .proposal = "a" };
    g_autoptr(GError) error = NULL;
    cr_assert_not(results_put_case(results, &facts, &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_IO));
    results_close(results);
    g_autofree char *after = fixture_read("r.db", &after_length);
    cr_assert_eq(before_length, after_length);
    cr_assert_arr_eq(before, after, before_length);
}

Test(results, new_empties_results_and_refuses_anything_else)
{
    results_close(({
        Results *r = open_good(path, RESULTS_NEW);
        fabricate(r, 6, 0, 1);
        r;
    }));
    Results *results = open_good(path, RESULTS_NEW);
    guint rows = 0;
    cr_assert(results_each_verdict(results, NULL, NULL, count_row, &rows, NULL));
    cr_assert_eq(rows, 0);
    results_close(results);

    g_autofree char *letter = fixture_path("letter.txt");
    cr_assert(g_file_set_contents(letter, "Dear reader, this is no database.", -1, NULL));
    expect_refusal(letter, RESULTS_NEW, RESULTS_ERROR_FORMAT);
    g_autofree char *kept = fixture_read("letter.txt", NULL);
    cr_assert_str_eq(kept, "Dear reader, this is no database.");
    expect_refusal("/dev/null", RESULTS_NEW, RESULTS_ERROR_FORMAT);
    g_autofree char *folder = fixture_path(NULL), *nowhere = fixture_path("no/such/r.db");
    expect_refusal(folder, RESULTS_NEW, RESULTS_ERROR_FORMAT);
    expect_refusal(nowhere, RESULTS_NEW, RESULTS_ERROR_IO);
    expect_refusal(nowhere, RESULTS_READ, RESULTS_ERROR_IO);
}

Test(results, hostile_files_are_refused)
{
    static const struct {
        const char *sql;
    } tampering[] = {
        { "DROP TABLE verdict" },
        { "CREATE TABLE more (x)" },
        { "CREATE TRIGGER t AFTER INSERT ON verdict BEGIN DELETE FROM verdict; END" },
        { "CREATE VIEW v AS SELECT 1" },
        { "ALTER TABLE backend ADD COLUMN more TEXT" },
        { "DROP TABLE backend; CREATE VIEW backend AS SELECT 'x' AS name, '' AS version, '' AS device, '' AS "
          "environment,"
          " '' AS capabilities" },
        /* text in an integer column: the table is declared loose while the row goes in */
        { "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' STRICT, WITHOUT', ' WITHOUT')"
          " WHERE name = 'verdict'" },
        { "PRAGMA user_version = 99" },
        { "PRAGMA user_version = -1" },
        { "PRAGMA user_version = 0" },
        { "PRAGMA application_id = 7" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tampering); i++) {
        g_autofree char *name = g_strdup_printf("%" G_GSIZE_FORMAT ".db", i), *file = fixture_path(name);
        Results *results = open_good(file, RESULTS_NEW);
        fabricate(results, 6, 0, 1);
        results_close(results);
        tamper(file, tampering[i].sql);
        expect_refusal(file, RESULTS_READ, RESULTS_ERROR_FORMAT);
        expect_refusal(file, RESULTS_APPEND, RESULTS_ERROR_FORMAT);
        expect_refusal(file, RESULTS_NEW, RESULTS_ERROR_FORMAT);
    }
}

Test(results, text_in_an_integer_column_is_found_although_the_schema_is_ours)
{
    Results *results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    results_close(results);
    tamper(path,
           "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' STRICT, WITHOUT', ' WITHOUT')"
           " WHERE name = 'verdict'");
    tamper(path, "UPDATE verdict SET flaky = 'yes'");
    tamper(path,
           "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' WITHOUT', ' STRICT, WITHOUT')"
           " WHERE name = 'verdict'");
    expect_refusal(path, RESULTS_READ, RESULTS_ERROR_FORMAT);
}

Test(results, garbage_inside_the_file_never_crashes)
{
    Results *results = open_good(path, RESULTS_NEW);
    fabricate(results, 60, 0, 1);
    results_close(results);
    gsize length;
    g_autofree char *good = fixture_read("r.db", &length);
    g_autofree char *file = fixture_path("bad.db");
    guint refused = 0;
    for (gsize i = 0; i < 100; i++) {
        g_autofree char *bad = g_memdup2(good, length);
        for (gsize k = 0; k < 64; k++)
            bad[(i * 7919 + k * 104729) % length] ^= (char)(1 + (i + k) % 255);
        cr_assert(g_file_set_contents(file, bad, (gssize)(i % 3 == 0 ? length / (i + 2) : length), NULL));
        g_autoptr(GError) error = NULL;
        g_autoptr(Results) hostile = results_open(file, RESULTS_READ, &error);
        guint rows = 0;
        if (hostile == NULL || !results_each_verdict(hostile, NULL, NULL, count_row, &rows, &error)) {
            cr_assert_not_null(error);
            refused++;
        }
    }
    cr_assert_gt(refused, 50);
}

Test(results, unknown_verdicts_grades_and_margins_are_refused_when_read)
{
    static const char *const bad[] = { "UPDATE verdict SET verdict = 'splendid'", "UPDATE verdict SET grade = 'Z'",
                                       "UPDATE verdict SET grade = ''", "UPDATE verdict SET margin = -1.0" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Results *results = open_good(path, RESULTS_NEW);
        fabricate(results, 6, 0, 1);
        results_close(results);
        tamper(path, bad[i]);
        results = open_good(path, RESULTS_READ);
        guint rows = 0;
        g_autoptr(GError) error = NULL;
        cr_assert_not(results_each_verdict(results, NULL, NULL, count_row, &rows, &error));
        cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT));
        results_close(results);
    }
}

Test(results, contradictions_are_conflicts)
{
    g_autoptr(Results) results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    g_autoptr(GError) corpus = NULL, backend = NULL, facts = NULL, verdict = NULL;
    cr_assert_not(results_begin_run(results, &(RunFacts){ .corpus_hash = "sha256:other" }, &corpus));
    cr_assert(g_error_matches(corpus, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    cr_assert_not(results_put_backend(results, &(BackendFacts){ .name = "ort", .version = "2" }, &backend));
    cr_assert(g_error_matches(backend, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    CaseFacts other = { .id = "block-qdq/ragged_uint2_rank1_0_native", .proposal = "block-qdq", .summary = "another" };
    cr_assert_not(results_put_case(results, &other, &facts));
    cr_assert(g_error_matches(facts, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    VerdictFacts unknown = { .case_id = "never/put", .backend = "ort", .margin = (double)NAN };
    cr_assert_not(results_put_verdict(results, &unknown, &verdict));
    cr_assert(g_error_matches(verdict, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    cr_assert_not_null(strstr(verdict->message, "never/put"));
}

static void copy(const char *from, const char *to)
{
    g_autofree char *bytes = NULL;
    gsize            size;
    cr_assert(g_file_get_contents(from, &bytes, &size, NULL) && g_file_set_contents(to, bytes, (gssize)size, NULL));
}

/* Killed while the very first transaction was written into the file: SQLite undoes it, and nothing is left. */
Test(results, a_file_killed_at_its_first_transaction_is_new)
{
    sqlite3         *db;
    g_autofree char *other = g_strconcat(path, ".other", NULL), *journal = g_strconcat(other, "-journal", NULL);
    g_autofree char *hot = g_strconcat(path, "-journal", NULL);
    cr_assert_eq(sqlite3_open(other, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db,
                              "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; CREATE TABLE t (x);"
                              "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                              " SELECT randomblob(1000) FROM n",
                              NULL, NULL, NULL),
                 SQLITE_OK);
    copy(other, path);
    copy(journal, hot);
    sqlite3_close(db);
    GStatBuf status;
    cr_assert(g_stat(path, &status) == 0 && status.st_size > 0);
    g_autoptr(Results) results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
}

Test(results, cases_put_together_are_all_there_or_none)
{
    g_autoptr(Results) results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    g_autoptr(GError) error = NULL;
    const CaseFacts   one = { .id = "p/one", .proposal = "p" }, two = { .id = "p/two", .proposal = "p" };
    const CaseFacts   other = { .id = "block-qdq/ragged_uint2_rank1_0_native", .proposal = "block-qdq", .summary = "another" };
    guint             rows = 0;
    cr_assert_not(results_put_cases(results, (const CaseFacts *[]){ &one, &other, &two }, 3, &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    cr_assert(results_each_verdict(results, "p/one", NULL, count_row, &rows, NULL));
    cr_assert_eq(rows, 0);
    cr_assert(results_put_cases(results, (const CaseFacts *[]){ &one, &two }, 2, NULL));
    cr_assert(results_each_verdict(results, NULL, "ort", count_row, &rows, NULL));
    cr_assert_eq(rows, 8);
}

static void shard(const char *name, guint first, guint step)
{
    g_autofree char *file = fixture_path(name);
    g_autoptr(Results) results = open_good(file, RESULTS_NEW);
    fabricate(results, 30, first, step);
}

static gboolean merge_into(Results *into, const char *name, GError **error)
{
    g_autofree char *file = fixture_path(name);
    g_autoptr(Results) from = open_good(file, RESULTS_READ);
    return results_merge(into, from, error);
}

Test(results, shards_merge_and_contradicting_ones_change_nothing)
{
    shard("0.db", 0, 2);
    shard("1.db", 1, 2);
    g_autoptr(Results) all = open_good(path, RESULTS_NEW);
    cr_assert(merge_into(all, "1.db", NULL));
    cr_assert(merge_into(all, "0.db", NULL));
    cr_assert(merge_into(all, "0.db", NULL), "merging again changes nothing");
    gint64 counts[VERDICT_COUNT];
    cr_assert(results_counts(all, "reference", counts, NULL));
    cr_assert_eq(counts[VERDICT_PASS] + counts[VERDICT_REJECTED_INVALID], 30);

    g_autofree char *file = fixture_path("0.db");
    tamper(file, "UPDATE verdict SET verdict = 'crashed' WHERE backend = 'reference'; DELETE FROM verdict WHERE "
                 "backend = 'ort'");
    g_autoptr(GError) error = NULL;
    cr_assert_not(merge_into(all, "0.db", &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    cr_assert(results_counts(all, "reference", counts, NULL));
    cr_assert_eq(counts[VERDICT_CRASHED], 0);
}

Test(results, names_out_of_bounds_are_refused_and_long_texts_cut)
{
    g_autoptr(Results) results = open_good(path, RESULTS_NEW);
    g_autofree char *megabyte = g_strnfill(1024 * 1024, 'm');
    g_autoptr(GError) name = NULL, json = NULL;
    cr_assert_not(results_put_case(results, &(CaseFacts){ .id = megabyte, .proposal = "p" }, &name));
    cr_assert_not(results_put_case(results, &(CaseFacts){ .id = "", .proposal = "p" }, NULL));
    cr_assert(g_error_matches(name, RESULTS_ERROR, RESULTS_ERROR_FORMAT));
    cr_assert_not(results_put_proposal(results, &(ProposalFacts){ "p", megabyte }, &json));
    cr_assert(g_error_matches(json, RESULTS_ERROR, RESULTS_ERROR_FORMAT));
    cr_assert(results_put_case(results, &(CaseFacts){ .id = "p/c", .proposal = "p", .summary = megabyte }, NULL));
}

static GBytes *text_bytes(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

/* A results file with one verdict and what was answered. */
static void answered(const char *name, const char *first, const char *second)
{
    g_autofree char *file = fixture_path(name);
    g_autoptr(Results) results = open_good(file, RESULTS_NEW);
    g_autoptr(GPtrArray) outputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(outputs, text_bytes(first));
    if (second != NULL)
        g_ptr_array_add(outputs, text_bytes(second));
    cr_assert(results_put_backend(results, &(BackendFacts){ .name = "b" }, NULL));
    cr_assert(results_put_case(results, &(CaseFacts){ .id = "p/c", .proposal = "p" }, NULL));
    VerdictFacts facts = { .case_id = "p/c", .backend = "b", .verdict = VERDICT_WRONG_VALUE, .margin = NAN, .seconds = NAN };
    for (int i = 0; i < 2; i++) { /* the second takes the place of the first */
        facts.outputs = outputs;
        cr_assert(results_put_verdict(results, &facts, NULL));
    }
}

Test(results, kept_outputs_follow_their_verdict)
{
    answered("kept.db", "one", "");
    g_autofree char *file = fixture_path("kept.db");
    g_autoptr(Results) all = open_good(path, RESULTS_NEW);
    cr_assert(merge_into(all, "kept.db", NULL));
    g_autoptr(GPtrArray) outputs = results_outputs(all, "p/c", "b", NULL);
    cr_assert_eq(outputs->len, 2);
    g_autoptr(GBytes) one = text_bytes("one");
    cr_assert(g_bytes_equal(outputs->pdata[0], one));
    cr_assert_eq(g_bytes_get_size(outputs->pdata[1]), 0);

    const VerdictFacts pass = { .case_id = "p/c", .backend = "b", .verdict = VERDICT_PASS, .margin = NAN, .seconds = NAN };
    cr_assert(results_put_verdict(all, &pass, NULL));
    g_autoptr(GPtrArray) none = results_outputs(all, "p/c", "b", NULL);
    cr_assert_eq(none->len, 0);

    tamper(file, "UPDATE output SET position = 7 WHERE position = 1");
    g_autoptr(Results) damaged = open_good(file, RESULTS_READ);
    g_autoptr(GError) error = NULL;
    cr_assert_null(results_outputs(damaged, "p/c", "b", &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT));
}

/* What a run that was killed left beside a file must not be taken for the log of the file that replaces it. */
Test(results, a_file_is_replaced_with_all_that_belongs_to_it)
{
    g_autofree char *fresh = fixture_path("fresh.db"), *wal = g_strconcat(path, "-wal", NULL);
    g_autofree char *wal_bytes = NULL, *old_bytes = NULL;
    gsize wal_size, old_size;
    Results *old = open_good(path, RESULTS_NEW);
    fabricate(old, 60, 0, 1);
    cr_assert(g_file_get_contents(wal, &wal_bytes, &wal_size, NULL) && wal_size > 0);
    cr_assert(g_file_get_contents(path, &old_bytes, &old_size, NULL));
    results_close(old);
    cr_assert(g_file_set_contents(path, old_bytes, (gssize)old_size, NULL)); /* as a kill leaves them */
    cr_assert(g_file_set_contents(wal, wal_bytes, (gssize)wal_size, NULL));

    GError *error = NULL;
    Results *results = open_good(fresh, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    cr_assert(results_finish(results, &error), "%s", error ? error->message : "");
    cr_assert(results_replace(path, fresh, &error), "%s", error ? error->message : "");
    cr_expect_not(g_file_test(wal, G_FILE_TEST_EXISTS));
    cr_expect_not(g_file_test(fresh, G_FILE_TEST_EXISTS));
    guint rows = 0;
    g_autoptr(Results) read = open_good(path, RESULTS_READ);
    cr_assert(results_each_verdict(read, NULL, NULL, count_row, &rows, NULL));
    cr_expect_eq(rows, 6 * fabricate_backends());
}

/* SQLite cannot fold a log in while somebody reads: the file alone would lack what was put last. */
Test(results, finishing_says_so_if_the_file_alone_is_not_all)
{
    g_autoptr(GError) error = NULL;
    sqlite3 *reader = NULL;
    Results *results = open_good(path, RESULTS_NEW);
    fabricate(results, 6, 0, 1);
    cr_assert_eq(sqlite3_open(path, &reader), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM verdict", NULL, NULL, NULL), SQLITE_OK);
    cr_expect_not(results_finish(results, &error));
    cr_assert(error && g_str_has_prefix(error->message, path) && !strchr(error->message, '\n'));
    sqlite3_close(reader);

    g_autofree char *fresh = fixture_path("fresh.db"), *foreign = fixture_path("foreign");
    g_clear_error(&error);
    cr_assert(results_finish(open_good(fresh, RESULTS_NEW), NULL));
    cr_assert(g_file_set_contents(foreign, "somebody's thesis", -1, NULL));
    cr_expect_not(results_replace(foreign, fresh, &error), "only results are replaced");
    cr_expect(g_file_test(fresh, G_FILE_TEST_EXISTS));
    results_delete(fresh);
    cr_expect_not(g_file_test(fresh, G_FILE_TEST_EXISTS));
}

static void copy_file(const char *from, const char *to)
{
    g_autofree char *bytes = NULL;
    gsize size;
    cr_assert(g_file_get_contents(from, &bytes, &size, NULL) && size > 0, "%s", from);
    cr_assert(g_file_set_contents(to, bytes, (gssize)size, NULL));
}

/* A transaction that has written pages, as a kill or a full disk leaves it: `half` and its journal. */
static void cut_off(const char *from, const char *sql, const char *half)
{
    g_autofree char *journal = g_strconcat(from, "-journal", NULL), *half_journal = g_strconcat(half, "-journal", NULL);
    g_autofree char *script = g_strconcat("PRAGMA cache_size = 1; BEGIN; ", sql, NULL);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(from, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    copy_file(from, half);
    copy_file(journal, half_journal);
    sqlite3_close(db);
}

Test(results, a_file_that_never_came_to_be_is_begun_again)
{
    g_autofree char *half = fixture_path("half.db"), *read = fixture_path("read.db");
    const char *sql = "CREATE TABLE a (x); INSERT INTO a VALUES (zeroblob(200000))";
    cut_off(path, sql, half);
    g_autoptr(Results) results = open_good(half, RESULTS_APPEND);
    fabricate(results, 3, 0, 1);
    cut_off(path, sql, read);
    expect_refusal(read, RESULTS_READ, RESULTS_ERROR_FORMAT);
}

Test(results, a_write_that_was_cut_off_is_undone_before_it_is_read)
{
    g_autofree char *half = fixture_path("half.db");
    guint rows = 0;
    Results *whole = open_good(path, RESULTS_NEW);
    fabricate(whole, 6, 0, 1);
    cr_assert(results_finish(whole, NULL));
    cut_off(path, "UPDATE verdict SET message = hex(zeroblob(50000)); INSERT INTO output VALUES ('x', 'y', 0, zeroblob(200000))", half);
    g_autoptr(Results) results = open_good(half, RESULTS_READ);
    cr_assert(results_each_verdict(results, NULL, NULL, count_row, &rows, NULL));
    cr_expect_eq(rows, 6 * fabricate_backends());
    g_autoptr(GPtrArray) outputs = results_outputs(results, "x", "y", NULL);
    cr_expect(outputs && outputs->len == 0);
}
