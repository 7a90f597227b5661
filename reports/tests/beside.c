/* A process that writes results, and others beside it or after it. */
#include "reports/tests/fabricate.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES 12

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

TestSuite(beside, .init = set_up, .fini = tear_down);

static gboolean put_one_more(Results *results)
{
    const VerdictFacts v = { .case_id = "block-qdq/ragged_uint2_rank1_0_native",
                             .backend = "ort",
                             .margin = (double)NAN,
                             .verdict = VERDICT_TIMED_OUT,
                             .seconds = 3 };
    return results_put_verdict(results, &v, NULL);
}

/* A process that has put CASES cases, and then one verdict anew, and has the file open until it is killed. */
static pid_t start_writer(void)
{
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        Results *results = results_open(path, RESULTS_NEW, NULL);
        fabricate(results, CASES, 0, 1);
        if (put_one_more(results) && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void kill_writer(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void expect_taken(ResultsMode mode)
{
    g_autoptr(GError) error = NULL;
    cr_assert_null(results_open(path, mode, &error));
    cr_expect(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_IO), "%s", error->message);
    cr_expect(g_str_has_prefix(error->message, path) && strstr(error->message, "another run has this file open"), "%s", error->message);
}

Test(beside, a_verdict_survives_sigkill)
{
    kill_writer(start_writer());
    g_autoptr(Results) results = fixture_open("r.db", RESULTS_APPEND);
    gint64 counts[VERDICT_COUNT];
    cr_assert(results_counts(results, "ort", counts, NULL));
    cr_assert_eq(counts[VERDICT_TIMED_OUT], 1);
    cr_assert_eq(counts[VERDICT_NOT_RUN], 0);
}

static gboolean count_row(G_GNUC_UNUSED const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    ++*(guint *)data;
    return TRUE;
}

static void count_run(G_GNUC_UNUSED const RunFacts *run, gpointer data)
{
    ++*(guint *)data;
}

static gboolean count_case(G_GNUC_UNUSED const CaseFacts *facts, gpointer data, G_GNUC_UNUSED GError **error)
{
    ++*(guint *)data;
    return TRUE;
}

static void count_all(Results *results, guint *cases, guint *verdicts)
{
    GError *error = NULL;
    *cases = *verdicts = 0;
    cr_assert(results_each_case(results, NULL, count_case, cases, &error), "%s", error ? error->message : "");
    cr_assert(results_each_verdict(results, NULL, NULL, count_row, verdicts, &error), "%s", error ? error->message : "");
}

Test(beside, a_second_writer_is_refused_while_the_first_lives)
{
    const pid_t child = start_writer();
    expect_taken(RESULTS_NEW);
    expect_taken(RESULTS_APPEND);
    guint rows = 0;
    Results *reader = fixture_open("r.db", RESULTS_READ);
    cr_expect(results_each_verdict(reader, NULL, NULL, count_row, &rows, NULL));
    cr_expect_eq(rows, CASES * fabricate_backends(), "readers see what the first one committed");
    results_close(reader);
    kill_writer(child);
    results_close(fixture_open("r.db", RESULTS_NEW));
}

Test(beside, what_is_held_does_not_grow_under_a_reader)
{
    GError *error = NULL;
    guint runs = 0, cases, verdicts;
    g_autoptr(Results) writer = fixture_open("r.db", RESULTS_NEW);
    fabricate(writer, 20, 0, 2);
    g_autoptr(Results) reader = fixture_open("r.db", RESULTS_READ);
    cr_assert(results_hold(reader, &error), "%s", error ? error->message : "");
    cr_assert(results_run(reader, count_run, &runs, &error));
    fabricate(writer, 20, 1, 2);
    count_all(reader, &cases, &verdicts);
    cr_expect_eq(cases, 10);
    cr_expect_eq(verdicts, 10 * fabricate_backends());
    results_release(reader);
    count_all(reader, &cases, &verdicts);
    cr_expect_eq(cases, 20);
    cr_expect_eq(verdicts, 20 * fabricate_backends());
}
