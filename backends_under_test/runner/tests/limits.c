/* Deadlines of loading and running, what is kept of stderr, the restart budget, and flakes. */
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

/* One case, "fault", with this misbehaviour. */
static void open_with(Fixture *f, const char *fault)
{
    fixture_open(f);
    fixture_add_identity(f, "fault");
    fixture_add_faulty(f, "faulty", fault, "");
}

Test(limits, loading_and_running_have_a_deadline_each)
{
    static const struct {
        const char *fault;
        double      load_seconds, seconds;
        Verdict     verdict;
    } rows[] = { { "hang_load", 1, 60, VERDICT_TIMED_OUT },
                 { "hang_run", 60, 1, VERDICT_TIMED_OUT },
                 { "slow_load", 60, 2, VERDICT_PASS },         /* loading takes 3 seconds */
                 { "slow_load", 0, 2, VERDICT_TIMED_OUT } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture f;
        open_with(&f, rows[i].fault);
        gint64     started = g_get_monotonic_time();
        RunSummary summary = fixture_run_with(
            &f, "faulty", (RunOptions){ .jobs = 1, .seconds = rows[i].seconds, .load_seconds = rows[i].load_seconds });
        cr_expect_eq(summary.counts[rows[i].verdict], 1, "row %d", (int)i);
        cr_expect_lt(g_get_monotonic_time() - started, 40 * G_USEC_PER_SEC, "row %d", (int)i);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}

static gboolean keep_log_and_stage(const VerdictFacts *facts, gpointer data, GError **error)
{
    char **kept = data;
    (void)error;
    kept[0] = g_strdup(facts->log);
    kept[1] = g_strdup(facts->stage);
    return TRUE;
}

Test(limits, a_crash_says_how_far_it_was)
{
    static const char *const rows[][2] = { { "crash_load", "load" }, { "crash_run", "run" } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture f;
        char   *kept[2] = { NULL };
        open_with(&f, rows[i][0]);
        RunSummary         summary = fixture_run(&f, "faulty", 1, 20, FALSE);
        g_autoptr(Results) results = results_open(f.results, RESULTS_READ, NULL);
        cr_assert(results_each_verdict(results, "demo/fault", "faulty", keep_log_and_stage, kept, NULL));
        cr_expect_str_eq(kept[1], rows[i][1]);
        g_free(kept[0]);
        g_free(kept[1]);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}

/* A process that died has refused nothing. */
Test(limits, explain_calls_a_crash_no_refusal, .init = cr_redirect_stdout)
{
    extern const Subcommand subcommand_explain;
    Fixture f;
    char    text[4096] = "";
    open_with(&f, "crash_run");
    char *words[] = { (char *)"explain", (char *)"demo/fault", (char *)"--corpus", f.corpus, (char *)"-b", (char *)"faulty", NULL };
    cr_expect_eq(subcommand_explain.run(G_N_ELEMENTS(words) - 1, words), EXIT_SHORT);
    fflush(stdout);
    text[fread(text, 1, sizeof text - 1, cr_get_redirected_stdout())] = '\0';
    cr_expect_not_null(strstr(text, "crashed\n    was killed by signal"), "%s", text);
    fixture_close(&f);
}

/* Beside a failing verdict stands what this case wrote, and the log says which case wrote what. */
Test(limits, stderr_is_kept_case_by_case)
{
    Fixture f;
    fixture_open(&f);
    char *kept[2] = { NULL };
    fixture_add_identity(&f, "fault-1");
    fixture_add_identity(&f, "fault-2");
    fixture_add_identity(&f, "good");
    fixture_add_faulty(&f, "faulty", "complain", "");
    g_autofree char   *logs = g_build_filename(f.folder, "logs", NULL), *log = g_build_filename(logs, "faulty-0.log", NULL);
    RunSummary         summary = fixture_run_with(&f, "faulty", (RunOptions){ .jobs = 1, .seconds = 20, .logs = logs });
    g_autoptr(Results) results = results_open(f.results, RESULTS_READ, NULL);
    cr_assert(results_each_verdict(results, "demo/fault-2", "faulty", keep_log_and_stage, kept, NULL));
    cr_expect_str_eq(kept[0], "I do not like fault-2\n");
    g_free(kept[0]);
    g_free(kept[1]);
    g_autofree char *text = NULL, *expected = g_strdup_printf("==== %s/demo/fault-1/model.onnx ====\nI do not like fault-1\n"
                                                              "==== %s/demo/fault-2/model.onnx ====\nI do not like fault-2\n",
                                                              f.corpus, f.corpus);
    cr_assert(g_file_get_contents(log, &text, NULL, NULL));
    cr_expect_str_eq(text, expected);
    run_summary_clear(&summary);
    fixture_close(&f);
}

Test(limits, a_backend_is_given_up_when_its_restarts_are_spent)
{
    Fixture f;
    fixture_open(&f);
    for (int i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("fault-%d", i);
        fixture_add_identity(&f, name);
    }
    fixture_add_faulty(&f, "faulty", "crash_run", "");
    RunSummary summary = fixture_run_with(&f, "faulty", (RunOptions){ .jobs = 1, .seconds = 20, .restarts = 4 });
    cr_expect_eq(summary.counts[VERDICT_CRASHED], 5, "one with the first process, one with each restart");
    cr_expect_eq(summary.counts[VERDICT_NOT_RUN], 5);
    cr_expect(summary.stopped && strstr(summary.stopped, "more than 4 times"), "%s", summary.stopped);
    run_summary_clear(&summary);
    summary = fixture_run_with(&f, "faulty", (RunOptions){ .jobs = 1, .seconds = 20, .resume = TRUE });
    cr_expect_eq(summary.counts[VERDICT_CRASHED], 10, "and the rest can be had later");
    cr_expect_null(summary.stopped);
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* A case that cannot be repeated alone for want of restarts keeps the verdict that it earned in company. */
Test(limits, a_crash_is_not_lost_with_the_last_restart)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a");
    fixture_add_identity(&f, "fault");
    fixture_add_identity(&f, "z-fault");
    fixture_add_faulty(&f, "faulty", "crash_run", "");
    RunSummary summary = fixture_run_with(&f, "faulty", (RunOptions){ .jobs = 1, .seconds = 20, .restarts = 1 });
    cr_expect_eq(fixture_verdict(&f, "fault", "faulty", NULL, NULL), VERDICT_CRASHED);
    cr_expect_eq(fixture_verdict(&f, "z-fault", "faulty", NULL, NULL), VERDICT_NOT_RUN);
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* ---- flakes -------------------------------------------------------------------------------------------------------- */

/* The case "fault" today, `mood` being the backend's behaviour, held to a run in which `yesterday` was. */
static Verdict run_since(Fixture *f, const char *yesterday, const char *today, gboolean *flaky)
{
    g_autofree char *old = g_build_filename(f->folder, "old.db", NULL), *now = g_strdup(f->results);
    const char *name = "faulty:mood=mood"; /* a file in the backend's folder, which is this fixture's own */
    fixture_add_faulty(f, "faulty", yesterday, "");
    g_free(f->results);
    f->results = g_strdup(old);
    RunSummary summary = fixture_run(f, name, 1, 20, FALSE);
    run_summary_clear(&summary);
    g_free(f->results);
    f->results = g_strdup(now);
    fixture_add_faulty(f, "faulty", today, "");
    g_autoptr(Results) since = results_open(old, RESULTS_READ, NULL);
    cr_assert_not_null(since);
    summary = fixture_run_with(f, name, (RunOptions){ .jobs = 1, .seconds = 20, .since = since });
    run_summary_clear(&summary);
    return fixture_verdict(f, "fault", name, NULL, flaky);
}

Test(limits, what_changed_is_asked_again)
{
    static const struct {
        const char *yesterday, *today;
        Verdict     verdict;
        gboolean    flaky;
    } rows[] = { { "refuse", "none", VERDICT_PASS, FALSE },           /* repaired: it says so twice */
                 { "none", "wrong_value", VERDICT_WRONG_VALUE, FALSE }, /* broken: it says so twice */
                 { "none", "moody", VERDICT_PASS, FALSE },            /* nothing changed: it is not asked again */
                 { "refuse", "moody", VERDICT_WRONG_VALUE, TRUE },    /* right first, then wrong: the worse counts */
                 { "moody", "moody", VERDICT_WRONG_VALUE, TRUE } };   /* wrong first, then right */
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture  f;
        gboolean flaky;
        fixture_open(&f);
        fixture_add_identity(&f, "fault");
        Verdict verdict = run_since(&f, rows[i].yesterday, rows[i].today, &flaky);
        cr_expect_eq(verdict, rows[i].verdict, "row %d: %s", (int)i, verdict_name(verdict));
        cr_expect_eq(flaky, rows[i].flaky, "row %d", (int)i);
        fixture_close(&f);
    }
}
