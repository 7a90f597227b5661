#include "reference/cli/subcommand.h"
#include "reports/history.h"
#include "reports/changes.h"
#include "reports/schema.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

TestSuite(history, .init = fixture_set_up, .fini = fixture_tear_down);

static void put(Results *results, const char *case_id, const char *backend, Verdict verdict)
{
    VerdictFacts v = { .case_id = case_id, .backend = backend, .verdict = verdict, .margin = (double)NAN, .seconds = 0.5 };
    GError *error = NULL;
    cr_assert(results_put_verdict(results, &v, &error), "%s", error ? error->message : "");
}

/* Cases p/a, p/b, q/c on backends x and y, all passing; `without` is left out. */
static Results *three(const char *name, const char *hash, const char *without)
{
    static const char *const ids[] = { "p/a", "p/b", "q/c" }, *const backends[] = { "x", "y" };
    Results *results = fixture_open(name, RESULTS_NEW);
    cr_assert(results_begin_run(results, &(RunFacts){ .corpus_hash = hash, .assay = "1" }, NULL));
    for (int b = 0; b < 2; b++)
        if (strcmp(backends[b], without) != 0)
            cr_assert(results_put_backend(results, &(BackendFacts){ .name = backends[b], .version = "1.0" }, NULL));
    for (int i = 0; i < 3; i++) {
        char proposal[2] = { ids[i][0], '\0' };
        if (strcmp(ids[i], without) == 0)
            continue;
        cr_assert(results_put_case(results, &(CaseFacts){ .id = ids[i], .proposal = proposal, .expectation = "outputs" }, NULL));
        for (int b = 0; b < 2; b++)
            if (strcmp(backends[b], without) != 0)
                put(results, ids[i], backends[b], VERDICT_PASS);
    }
    return results;
}

static GPtrArray *compare(Results *a, Results *b)
{
    g_autoptr(VerdictSet) old = verdict_set_load(a, NULL), now = verdict_set_load(b, NULL);
    cr_assert(old && now);
    return changes_between(old, now);
}

static guint count(const GPtrArray *changes, ChangeKind kind)
{
    guint n = 0;
    for (guint i = 0; i < changes->len; i++)
        n += ((const Change *)changes->pdata[i])->kind == kind;
    return n;
}

Test(history, a_run_without_news_costs_no_verdict)
{
    g_autoptr(Results) run = three("r.db", "h", ""), history = fixture_open("h.db", RESULTS_APPEND);
    cr_assert(history_append(history, run, "2026-01-01T00:00:00Z", NULL));
    cr_assert(history_append(history, run, "2026-01-02T00:00:00Z", NULL));
    g_autoptr(GPtrArray) runs = history_runs(history, NULL), changes = history_changes(history, NULL);
    cr_assert_eq(runs->len, 2);
    cr_assert_eq(changes->len, 0);
    const PastRun *second = runs->pdata[1];
    cr_assert_eq(second->backends->len, 2);
    const PastBackend *x = second->backends->pdata[0];
    cr_assert_str_eq(x->name, "x");
    cr_assert_eq(x->good, 3);
    cr_assert_eq(x->tallies->len, 2);
    cr_assert_float_eq(x->seconds, 1.5, 1e-9);
}

Test(history, each_run_can_be_restored)
{
    g_autoptr(Results) history = fixture_open("h.db", RESULTS_APPEND);
    g_autoptr(Results) first = three("1.db", "h", ""), second = three("2.db", "h", "p/b"), third = three("3.db", "h", "y");
    put(second, "p/a", "x", VERDICT_CRASHED);
    cr_assert(history_append(history, first, "2026-01-01T00:00:00Z", NULL));
    cr_assert(history_append(history, second, "2026-01-02T00:00:00Z", NULL));
    cr_assert(history_append(history, third, "2026-01-03T00:00:00Z", NULL));
    Results *const runs[] = { first, second, third };
    for (guint i = 0; i < 3; i++) {
        g_autoptr(VerdictSet) past = verdict_set_load_past(history, i + 1, NULL), now = verdict_set_load(runs[i], NULL);
        cr_assert_not_null(past);
        cr_assert_eq(g_hash_table_size(past->verdicts), g_hash_table_size(now->verdicts), "run %u", i + 1);
        g_autoptr(GPtrArray) changes = changes_between(past, now);
        cr_assert_eq(changes->len, 0, "run %u", i + 1);
    }
}

Test(history, time_only_goes_on)
{
    g_autoptr(Results) run = three("r.db", "h", ""), history = fixture_open("h.db", RESULTS_APPEND);
    cr_assert(history_append(history, run, "2026-01-02T00:00:00Z", NULL));
    g_autoptr(GError) error = NULL;
    cr_assert_not(history_append(history, run, "2026-01-02T00:00:00Z", &error));
    cr_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    g_autoptr(GPtrArray) runs = history_runs(history, NULL);
    cr_assert_eq(runs->len, 1, "what failed left nothing behind");
}

Test(history, changes_are_told_apart)
{
    g_autoptr(Results) old = three("old.db", "h", ""), now = three("new.db", "h", "");
    put(old, "p/b", "x", VERDICT_REFUSED);
    put(now, "p/a", "x", VERDICT_WRONG_VALUE);
    put(old, "q/c", "x", VERDICT_REFUSED);
    put(now, "q/c", "x", VERDICT_CRASHED);
    g_autoptr(GPtrArray) changes = compare(old, now);
    cr_assert_eq(changes->len, 3);
    const Change *first = changes->pdata[0];
    cr_assert_eq(first->kind, CHANGE_REGRESSED);
    cr_assert_str_eq(first->case_id, "p/a");
    cr_assert_eq(count(changes, CHANGE_FIXED), 1);
    cr_assert_eq(count(changes, CHANGE_CHANGED), 1);
}

Test(history, a_run_cannot_look_better_by_losing_cases_or_backends)
{
    g_autoptr(Results) old = three("old.db", "h", ""), without_case = three("c.db", "h", "p/a");
    g_autoptr(Results) without_backend = three("b.db", "other", "y"), other_corpus = three("o.db", "other", "p/a");
    g_autoptr(GPtrArray) a = compare(old, without_case), b = compare(old, without_backend), c = compare(old, other_corpus);
    cr_assert_eq(count(a, CHANGE_REGRESSED), 2, "the same corpus must give the same cases");
    cr_assert_eq(count(b, CHANGE_REGRESSED), 3, "the whole backend is missing");
    cr_assert_eq(count(c, CHANGE_REGRESSED), 0);
    cr_assert_eq(count(c, CHANGE_GONE), 2, "another corpus may drop a case");
}

Test(history, gates)
{
    g_autoptr(Results) old = three("old.db", "h", ""), now = three("new.db", "h", "");
    g_autoptr(VerdictSet) good = verdict_set_load(now, NULL);
    put(now, "p/a", "x", VERDICT_REFUSED);
    g_autoptr(VerdictSet) refused = verdict_set_load(now, NULL);
    put(now, "p/a", "x", VERDICT_CRASHED);
    g_autoptr(VerdictSet) crashed = verdict_set_load(now, NULL);
    g_autoptr(GPtrArray) changes = compare(old, now), none = compare(old, old);
    cr_assert_null(gate_holds_back(GATE_ANY, good, none));
    cr_assert_null(gate_holds_back(GATE_WRONG, good, none));
    cr_assert_null(gate_holds_back(GATE_REGRESSION, good, none));
    cr_assert_null(gate_holds_back(GATE_WRONG, refused, none));
    cr_assert_null(gate_holds_back(GATE_NONE, crashed, changes));
    g_autofree char *any = gate_holds_back(GATE_ANY, refused, none), *wrong = gate_holds_back(GATE_WRONG, crashed, none);
    g_autofree char *regression = gate_holds_back(GATE_REGRESSION, crashed, changes);
    cr_assert(any && wrong && regression);
    g_autoptr(Results) empty = fixture_open("e.db", RESULTS_NEW);
    g_autoptr(VerdictSet) nothing = verdict_set_load(empty, NULL);
    g_autofree char *unproved = gate_holds_back(GATE_WRONG, nothing, none);
    cr_assert_not_null(unproved, "an empty run passes no gate");
}

Test(history, what_was_never_judged_passes_no_gate)
{
    g_autoptr(Results) old = three("old.db", "h", ""), now = three("new.db", "h", "");
    put(now, "p/a", "x", VERDICT_NOT_RUN);
    put(now, "q/c", "x", VERDICT_REFUSED);
    g_autoptr(VerdictSet) set = verdict_set_load(now, NULL);
    g_autoptr(GPtrArray) changes = compare(old, now);
    g_autofree char *any = gate_holds_back(GATE_ANY, set, NULL), *wrong = gate_holds_back(GATE_WRONG, set, NULL);
    g_autofree char *regression = gate_holds_back(GATE_REGRESSION, set, changes);
    cr_expect_str_eq(any, "1 verdict is bad, 1 case was never judged");
    cr_expect_str_eq(wrong, "1 case was never judged");
    cr_expect_str_eq(regression, "2 verdicts regressed");
    g_autoptr(GPtrArray) none = compare(now, now);
    cr_expect_null(gate_holds_back(GATE_REGRESSION, set, none));
}

Test(history, a_report_in_which_nothing_was_judged_is_no_success, .init = cr_redirect_stderr)
{
    extern const Subcommand subcommand_report;
    g_autofree char *path = fixture_path("r.db"), *folder = fixture_path("site");
    Results *results = fixture_open("r.db", RESULTS_NEW);
    cr_assert(results_put_backend(results, &(BackendFacts){ .name = "x" }, NULL));
    cr_assert(results_put_case(results, &(CaseFacts){ .id = "p/a", .proposal = "p", .expectation = "outputs" }, NULL));
    put(results, "p/a", "x", VERDICT_NOT_RUN);
    results_close(results);
    char *words[] = { (char *)"report", path, (char *)"-o", folder, (char *)"-f", (char *)"markdown", NULL };
    cr_expect_eq(subcommand_report.run(G_N_ELEMENTS(words) - 1, words), EXIT_SHORT);
}

/* A file of the first version is read as today's, and stays as it is. */
Test(history, old_versions_are_read_and_not_changed)
{
    g_autofree char *path = fixture_path("v1.db"), *before = NULL, *after = NULL;
    sqlite3 *db = schema_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    cr_assert(schema_migrate(db, path, schema_migrations, 1, NULL));
    cr_assert(schema_exec(db, path,
                          "INSERT INTO backend VALUES ('x', '1', 'cpu', '', '');"
                          "INSERT INTO test_case VALUES ('p/a', 'p', '', '', '', 'outputs', NULL, '', '', '', '', '', '');"
                          "INSERT INTO verdict VALUES ('p/a', 'x', 'crashed', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0)",
                          NULL));
    sqlite3_close(db);
    gsize size_before, size_after;
    cr_assert(g_file_get_contents(path, &before, &size_before, NULL));
    g_autoptr(Results) results = results_open(path, RESULTS_READ, NULL);
    cr_assert_not_null(results);
    gint64 counts[VERDICT_COUNT];
    cr_assert(results_counts(results, "x", counts, NULL));
    cr_assert_eq(counts[VERDICT_CRASHED], 1);
    g_autoptr(VerdictSet) set = verdict_set_load(results, NULL);
    cr_assert_eq(g_hash_table_size(set->verdicts), 1);
    cr_assert(g_file_get_contents(path, &after, &size_after, NULL));
    cr_assert(size_before == size_after && memcmp(before, after, size_before) == 0);
}
