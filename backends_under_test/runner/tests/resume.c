/* However a run is cut up or killed, the same rows come out. */
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES 24

static void fill(Fixture *f)
{
    fixture_open(f);
    for (int i = 0; i < CASES; i++) {
        g_autofree char *name = g_strdup_printf("%s-%02d", i % 5 == 3 ? "fault" : "case", i);
        g_autofree char *twin = g_strdup_printf("demo/case-%02d", i - i % 5);
        if (i % 5 == 4)
            fixture_add_reject(f, name, twin);
        else
            fixture_add_identity(f, name);
    }
}

static gboolean print_row(const VerdictFacts *v, gpointer data, GError **error)
{
    (void)error;
    g_string_append_printf(data, "%s %s %s %c %g %s %s\n", v->case_id, v->backend, verdict_name(v->verdict),
                           v->grade ? v->grade : '-', v->margin, v->stage ? v->stage : "", v->message ? v->message : "");
    return TRUE;
}

/* Everything but the observations. */
static char *rows_of(const char *path)
{
    GError            *error = NULL;
    GString           *rows = g_string_new(NULL);
    g_autoptr(Results) results = results_open(path, RESULTS_READ, &error);
    cr_assert(results && results_each_verdict(results, NULL, NULL, print_row, rows, &error), "%s",
              error ? error->message : "");
    return g_string_free(rows, FALSE);
}

static gint64 judged(const char *path, const char *backend)
{
    gint64             counts[VERDICT_COUNT], n = 0;
    g_autoptr(Results) results = results_open(path, RESULTS_READ, NULL);
    if (!results || !results_counts(results, backend, counts, NULL))
        return 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        n += v == VERDICT_NOT_RUN ? 0 : counts[v];
    return n;
}

/* Kills a run of the corpus as soon as `after` verdicts are committed. */
static void run_and_kill(Fixture *f, const char *backend, gint64 after)
{
    pid_t child = fork();
    if (child == 0) {
        RunSummary summary = fixture_run(f, backend, 2, 20, FALSE);
        run_summary_clear(&summary);
        _exit(0);
    }
    for (int i = 0; i < 2000 && judged(f->results, backend) < after; i++)
        g_usleep(10000);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
}

Test(resume, a_killed_run_resumes_to_the_same_rows)
{
    Fixture f;
    fill(&f);
    fixture_add_faulty(&f, "slow", "slow", "");
    run_and_kill(&f, "slow", 5);
    gint64 before = judged(f.results, "slow");
    cr_assert(before >= 5 && before < CASES, "%d", (int)before);
    g_autofree char *partial = rows_of(f.results);
    RunSummary       summary = fixture_run(&f, "slow", 1, 20, TRUE);
    cr_expect_eq(summary.counts[VERDICT_NOT_RUN], 0);
    run_summary_clear(&summary);
    g_autofree char *resumed = rows_of(f.results);
    summary = fixture_run(&f, "slow", 2, 20, FALSE);
    run_summary_clear(&summary);
    g_autofree char *whole = rows_of(f.results);
    cr_expect_str_eq(resumed, whole);
    cr_expect_str_neq(partial, whole);
    fixture_close(&f);
}

static void on_term(int number)
{
    (void)number;
    run_interrupt();
}

static gboolean count_flaky(const VerdictFacts *v, gpointer data, GError **error)
{
    (void)error;
    *(int *)data += v->flaky;
    return TRUE;
}

static gboolean count_interrupted(const VerdictFacts *v, gpointer data, GError **error)
{
    (void)error;
    *(int *)data += v->verdict == VERDICT_NOT_RUN && g_strcmp0(v->message, "interrupted") == 0;
    return TRUE;
}

static int interrupted_cases(const char *path)
{
    int                n = 0;
    g_autoptr(Results) results = results_open(path, RESULTS_READ, NULL);
    cr_assert(results && results_each_verdict(results, NULL, NULL, count_interrupted, &n, NULL));
    return n;
}

/* A batch system that stops a run kills the adapters with it, and before it. That is nobody's crash. */
Test(resume, adapters_killed_with_the_run_did_not_crash)
{
    Fixture f;
    fill(&f);
    fixture_add_faulty(&f, "slow", "slow", "");
    pid_t child = fork();
    if (child == 0) {
        signal(SIGTERM, on_term);
        RunSummary summary = fixture_run(&f, "slow", 2, 20, FALSE);
        _exit(summary.counts[VERDICT_NOT_RUN] > 0 && summary.counts[VERDICT_CRASHED] == 0 ? 0 : 1);
    }
    for (int i = 0; i < 2000 && judged(f.results, "slow") < 5; i++)
        g_usleep(10000);
    g_autofree char *kill_adapters = g_strdup_printf("pkill -TERM -P %d", (int)child);
    int              status;
    cr_assert_eq(system(kill_adapters), 0);
    kill(child, SIGTERM);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0, "cases are left, and none has crashed");
    cr_expect_eq(interrupted_cases(f.results), CASES - judged(f.results, "slow"), "what is left says why");
    RunSummary summary = fixture_run(&f, "slow", 1, 20, TRUE);
    cr_expect_eq(summary.counts[VERDICT_CRASHED] + summary.counts[VERDICT_NOT_RUN], 0);
    g_autoptr(Results) results = results_open(f.results, RESULTS_READ, NULL);
    int                flaky = 0;
    cr_assert(results_each_verdict(results, NULL, NULL, count_flaky, &flaky, NULL));
    cr_expect_eq(flaky, 0);
    run_summary_clear(&summary);
    fixture_close(&f);
}

Test(resume, a_backend_that_starts_at_last_takes_the_place_of_the_one_that_did_not)
{
    Fixture f;
    fill(&f);
    fixture_add_faulty(&f, "late", "not_here", "");
    RunSummary summary = fixture_run(&f, "late", 1, 20, FALSE);
    cr_expect_eq(summary.counts[VERDICT_NOT_RUN], CASES);
    run_summary_clear(&summary);
    fixture_add_faulty(&f, "late", "none", "");
    summary = fixture_run(&f, "late", 2, 20, TRUE);
    cr_expect_eq(summary.counts[VERDICT_NOT_RUN], 0);
    run_summary_clear(&summary);
    g_autofree char *resumed = rows_of(f.results);
    summary = fixture_run(&f, "late", 2, 20, FALSE);
    run_summary_clear(&summary);
    g_autofree char *whole = rows_of(f.results);
    cr_expect_str_eq(resumed, whole);
    fixture_close(&f);
}

Test(resume, what_is_stored_is_not_run_again)
{
    Fixture f;
    fill(&f);
    g_autofree char *engine = g_build_filename(f.folder, "engine", NULL);
    g_autofree char *words = g_strdup_printf("\"sh\", \"%s\", \"{inputs}\", \"{outputs_dir}/output_0.pb\"", engine);
    fixture_add_command(&f, "faulty", words, "\"refuses_with\": 3");
    cr_assert(g_file_set_contents(engine, "exit 3", -1, NULL));
    RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
    run_summary_clear(&summary);
    g_autofree char *first = rows_of(f.results);
    cr_assert(g_file_set_contents(engine, "cp \"$1\" \"$2\"", -1, NULL)); /* would now pass, if it were asked */
    summary = fixture_run(&f, "faulty", 1, 20, TRUE);
    g_autofree char *second = rows_of(f.results);
    cr_expect_str_eq(first, second);
    cr_expect_gt(summary.counts[VERDICT_REFUSED], 0);
    run_summary_clear(&summary);
    fixture_close(&f);
}

static void run_shard(Fixture *f, const char *shard, const char *path)
{
    GError    *error = NULL;
    Selection  selection;
    RunSummary summary = { 0 };
    RunOptions options = { .jobs = 1, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES };
    cr_assert(selection_parse(NULL, shard, &selection, &error));
    g_autoptr(Backend)  backend = backend_load("faulty", &error);
    g_autoptr(Workload) workload = workload_read(f->corpus, &selection, &error);
    g_autoptr(Results)  results = results_open(path, RESULTS_NEW, &error);
    cr_assert(workload && workload_record(workload, results, &error) &&
                  run_backend(workload, backend, &options, NULL, results, &summary, &error),
              "%s", error ? error->message : "");
    run_summary_clear(&summary);
    selection_clear(&selection);
}

Test(resume, shards_merge_to_the_whole)
{
    Fixture f;
    GError *error = NULL;
    fill(&f);
    fixture_add_faulty(&f, "faulty", "refuse", "");
    RunSummary summary = fixture_run(&f, "faulty", 2, 20, FALSE);
    run_summary_clear(&summary);
    g_autofree char   *whole = rows_of(f.results);
    g_autofree char   *merged_path = g_build_filename(f.folder, "merged.db", NULL);
    g_autoptr(Results) merged = results_open(merged_path, RESULTS_NEW, &error);
    for (int k = 3; k >= 1; k--) {
        g_autofree char *shard = g_strdup_printf("%d/3", k), *path = g_strdup_printf("%s/%d.db", f.folder, k);
        run_shard(&f, shard, path);
        g_autoptr(Results) part = results_open(path, RESULTS_READ, &error);
        cr_assert(part && results_merge(merged, part, &error), "%s", error ? error->message : "");
    }
    g_clear_pointer(&merged, results_close);
    g_autofree char *together = rows_of(merged_path);
    cr_expect_str_eq(together, whole);
    fixture_close(&f);
}

/* A run that was killed before it knew what its corpus is leaves cases and no digest. */
Test(resume, results_without_a_digest_are_known_by_their_cases)
{
    for (int other = 0; other < 2; other++) {
        Fixture           f;
        g_autoptr(GError) error = NULL;
        Selection         everything = { 0 };
        fill(&f);
        cr_assert(selection_parse(NULL, NULL, &everything, &error));
        g_autoptr(Workload) workload = workload_read(f.corpus, &everything, &error);
        g_autoptr(Results)  results = results_open(f.results, RESULTS_NEW, &error);
        const Subject      *first = workload->selected->pdata[0];
        const CaseFacts     stranger = { .id = "other/case", .proposal = "other" };
        cr_assert(other ? results_put_case(results, &stranger, &error) : first != NULL);
        Recording *recording = recording_start(workload, results, FALSE);
        cr_expect_eq(recording_await(recording, first, NULL), !other);
        cr_expect_eq(recording_finish(recording, &error), !other);
        cr_expect_eq(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT), other);
        selection_clear(&everything);
        fixture_close(&f);
    }
}

/* The corpus is written down while the first cases run; still nothing may reach results that are of another corpus. */
Test(resume, results_of_another_corpus_stay_as_they_are)
{
    Fixture    f;
    GError    *error = NULL, *told = NULL;
    Selection  everything = { 0 };
    RunSummary summary = { 0 };
    fill(&f);
    fixture_add_faulty(&f, "faulty", "none", "");
    summary = fixture_run(&f, "faulty", 1, 20, FALSE);
    run_summary_clear(&summary);
    g_autofree char *before = rows_of(f.results);
    fixture_add_identity(&f, "one-more");
    fixture_add_faulty(&f, "another", "none", "");
    cr_assert(selection_parse(NULL, NULL, &everything, &error));
    g_autoptr(Backend)  backend = backend_load("another", &error);
    g_autoptr(Workload) workload = workload_read(f.corpus, &everything, &error);
    g_autoptr(Results)  results = results_open(f.results, RESULTS_APPEND, &error);
    Recording          *recording = recording_start(workload, results, FALSE);
    const RunOptions    options = { .jobs = 2, .seconds = 20, .resume = TRUE, .recording = recording, .output_bytes = DEFAULT_OUTPUT_BYTES };
    cr_expect_not(run_backend(workload, backend, &options, NULL, results, &summary, &told));
    cr_expect(g_error_matches(told, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    cr_expect_not(recording_finish(recording, &error));
    cr_expect(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT));
    g_clear_pointer(&results, results_close);
    g_autofree char *after = rows_of(f.results);
    cr_expect_str_eq(after, before);
    run_summary_clear(&summary);
    selection_clear(&everything);
    g_clear_error(&told);
    g_clear_error(&error);
    fixture_close(&f);
}

static gboolean takes(const char *filter, const Case *c)
{
    Selection selection;
    cr_assert(selection_parse(filter, NULL, &selection, NULL), "%s", filter);
    gboolean result = selection_takes(&selection, c);
    selection_clear(&selection);
    return result;
}

Test(select, filters_and_shards)
{
    g_autoptr(Case) c = case_new();
    c->id = g_strdup("demo/a-1");
    c->proposal = g_strdup("demo");
    c->variant = g_strdup("base");
    c->form = FORM_FUNCTION;
    g_ptr_array_add(c->dtypes, g_strdup("int4"));
    g_ptr_array_add(c->tags, g_strdup("edge"));
    cr_expect(takes(NULL, c) && takes("", c) && takes("demo/a*", c) && takes("dtype=int? form=function", c));
    cr_expect(takes("!form=native  tag=edge expectation=outputs", c));
    cr_expect_not(takes("demo/a", c) || takes("dtype=int8", c) || takes("!dtype=int4", c) || takes("demo/* form=native", c));
    static const char *const bad[] = { "0/3", "4/3", "1", "1/2/3", "a/b", "1/0", "-1/2", "1/99999999" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        Selection         selection;
        cr_expect_not(selection_parse(NULL, bad[i], &selection, &error), "%s", bad[i]);
        cr_expect_not_null(error);
    }
    Selection selection;
    cr_expect_not(selection_parse("colour=red", NULL, &selection, NULL));
    cr_expect_not(selection_parse("!", NULL, &selection, NULL));
}

/* The row of a backend states one adapter's digest. */
Test(resume, is_refused_to_another_adapter_of_the_same_name)
{
    Fixture            f;
    g_autoptr(GError)  error = NULL;
    Selection          selection;
    RunSummary         summary = { 0 };
    const RunOptions   options = { .jobs = 1, .resume = TRUE, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES };
    fill(&f);
    fixture_add_faulty(&f, "mine", "none", "");
    summary = fixture_run(&f, "mine", 1, 20, FALSE);
    run_summary_clear(&summary);
    summary = fixture_run(&f, "mine", 1, 20, TRUE);
    run_summary_clear(&summary);
    fixture_add_faulty(&f, "mine", "none", "\"memory_mb\": 900");
    cr_assert(selection_parse(NULL, NULL, &selection, &error));
    {
        g_autoptr(Backend)  backend = backend_load("mine", &error);
        g_autoptr(Workload) workload = backend ? workload_read(f.corpus, &selection, &error) : NULL;
        g_autoptr(Results)  results = workload ? results_open(f.results, RESULTS_APPEND, &error) : NULL;
        cr_assert(results && workload_record(workload, results, &error), "%s", error ? error->message : "");
        cr_assert_not(run_backend(workload, backend, &options, NULL, results, &summary, &error));
        cr_expect(strstr(error->message, "the verdicts of 'mine' are another adapter's"), "%s", error->message);
    }
    run_summary_clear(&summary);
    selection_clear(&selection);
    fixture_close(&f);
}
