/* What each misbehaviour earns, and that the cases around it are not harmed. */
#include "backends_under_test/runner/scratch.h"
#include "backends_under_test/runner/tests/fixture.h"
#include "backends_under_test/runner/witness.h"
#include "backends_under_test/runner/worker.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <utime.h>

typedef struct {
    char    fault[24], message[96];
    Verdict verdict;
    int     seconds; /* deadline */
} Fault;

static struct criterion_test_params all_faults(void)
{
    static Fault faults[] = {
        { "none", "", VERDICT_PASS, 20 },
        { "crash_load", "(Segmentation fault) instead of answering load", VERDICT_CRASHED, 20 },
        { "crash_run", "(Segmentation fault) instead of answering run", VERDICT_CRASHED, 20 },
        { "crash_after", "", VERDICT_PASS, 20 },
        { "exit_0", "exited with status 0 instead of answering run", VERDICT_CRASHED, 20 },
        { "exit_after", "", VERDICT_PASS, 20 },
        { "hang_load", "did not answer load in time", VERDICT_TIMED_OUT, 3 },
        { "hang_run", "did not answer run in time", VERDICT_TIMED_OUT, 3 },
        { "hang_with_child", "in time", VERDICT_TIMED_OUT, 3 },
        { "half_line_hang", "7 bytes without a newline", VERDICT_TIMED_OUT, 3 },
        { "garbage", "'Hello, I am a banner'", VERDICT_ADAPTER_ERROR, 20 },
        { "half_line", "exited with status 1, after 7 bytes without a newline, instead of answering run", VERDICT_CRASHED, 20 },
        { "half_line_crash", "(Segmentation fault), after 7 bytes without a newline, instead of answering run", VERDICT_CRASHED, 20 },
        { "long_line", "longer than 1 MiB", VERDICT_ADAPTER_ERROR, 20 },
        { "wrong_id", "answered id 100", VERDICT_ADAPTER_ERROR, 20 },
        { "twice", "more than one line", VERDICT_ADAPTER_ERROR, 20 },
        { "unannounced", "without announcing that the model was loaded", VERDICT_ADAPTER_ERROR, 20 },
        { "announce_twice", "announced the load twice", VERDICT_ADAPTER_ERROR, 20 },
        { "load_after_all", "refused to load a model that it had announced", VERDICT_ADAPTER_ERROR, 20 },
        { "no_id", "without \"id\"", VERDICT_ADAPTER_ERROR, 20 },
        { "bad_stage", "\"stage\"", VERDICT_ADAPTER_ERROR, 20 },
        { "bad_kind", "an error of \"kind\" 'lazy': expected unsupported, adapter, or none", VERDICT_ADAPTER_ERROR, 20 },
        { "both", "both \"ok\": true and \"error\"", VERDICT_ADAPTER_ERROR, 20 },
        { "adapter_kind", "cannot carry it", VERDICT_ADAPTER_ERROR, 20 },
        { "huge_stderr", "the end of the flood", VERDICT_CRASHED, 60 },
        { "missing_output", "wrote no such regular file", VERDICT_ADAPTER_ERROR, 20 },
        { "no_outputs", "0 output files: expected 1", VERDICT_ADAPTER_ERROR, 20 },
        { "too_many_outputs", "2 output files: expected 1", VERDICT_ADAPTER_ERROR, 20 },
        { "unnamed_files", "", VERDICT_PASS, 20 },
        { "hard_link", "output_0.pb): regenerate", VERDICT_ADAPTER_ERROR, 20 },
        { "absolute", "a plain name", VERDICT_ADAPTER_ERROR, 20 },
        { "link", "no such regular file", VERDICT_ADAPTER_ERROR, 20 },
        { "link_to_device", "no such regular file", VERDICT_ADAPTER_ERROR, 20 },
        { "pipe", "no such regular file", VERDICT_ADAPTER_ERROR, 20 },
        { "escape", "a plain name", VERDICT_ADAPTER_ERROR, 20 },
        { "not_a_tensor", "cannot be read", VERDICT_ADAPTER_ERROR, 20 },
        { "truncated", "cannot be read: output_0.pb", VERDICT_ADAPTER_ERROR, 20 },
        { "short_data", "cannot be read: output_0.pb", VERDICT_ADAPTER_ERROR, 20 },
        { "wrong_dtype", "int32", VERDICT_WRONG_TYPE, 20 },
        { "wrong_shape", "[4]", VERDICT_WRONG_SHAPE, 20 },
        { "wrong_value", "", VERDICT_WRONG_VALUE, 20 },
        { "nan_filled", "nan", VERDICT_WRONG_VALUE, 20 },
        { "rewrite_expected", "output_0.pb): regenerate", VERDICT_ADAPTER_ERROR, 20 },
        { "add_to_case", "notes.txt): regenerate", VERDICT_ADAPTER_ERROR, 20 },
        { "remove_expected", "output_0.pb): regenerate", VERDICT_ADAPTER_ERROR, 20 },
        { "add_bounds", "lower_0.pb): regenerate", VERDICT_ADAPTER_ERROR, 20 },
        { "memory", "out of memory", VERDICT_REFUSED, 60 },
        { "memory_shared", "more memory than allowed", VERDICT_CRASHED, 60 },
        { "memory_of_children", "more memory than allowed", VERDICT_CRASHED, 60 },
        { "big_file", "signal 25", VERDICT_CRASHED, 20 },
        { "refuse", "I would rather not", VERDICT_REFUSED, 20 },
        { "escapes", "\\u001b[2Jboo   good  forged", VERDICT_REFUSED, 20 },
    };
    return cr_make_param_array(Fault, faults, G_N_ELEMENTS(faults));
}

static void expect_verdict(const Fault *fault, const char *backend)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a-before");
    fixture_add_identity(&f, "b-fault");
    fixture_add_identity(&f, "c-after");
    fixture_add_faulty(&f, "faulty", fault->fault, "\"memory_mb\": 256");
    RunSummary       summary = fixture_run(&f, backend, 1, fault->seconds, FALSE);
    g_autofree char *message = NULL;
    gboolean         flaky;
    Verdict          verdict = fixture_verdict(&f, "b-fault", backend, &message, &flaky);
    cr_expect_eq(verdict, fault->verdict, "%s: %s, not %s: %s", fault->fault, verdict_name(verdict),
                 verdict_name(fault->verdict), message ? message : "");
    cr_expect(strstr(message ? message : "", fault->message), "%s: message '%s'", fault->fault, message);
    cr_expect_not(flaky, "%s", fault->fault);
    cr_expect_eq(fixture_verdict(&f, "a-before", backend, NULL, NULL), VERDICT_PASS);
    cr_expect_eq(fixture_verdict(&f, "c-after", backend, NULL, &flaky), VERDICT_PASS);
    /* A process that ends after its answer may look alive when the next case comes: that one is its victim. */
    cr_expect(!flaky || g_str_has_suffix(fault->fault, "_after"), "%s", fault->fault);
    run_summary_clear(&summary);
    fixture_close(&f);
}

ParameterizedTestParameters(faults, each_gets_its_verdict)
{
    return all_faults();
}

ParameterizedTest(Fault *fault, faults, each_gets_its_verdict)
{
    expect_verdict(fault, "faulty");
}

/* The case after the fault is already asked for when the fault strikes. */
ParameterizedTestParameters(faults, each_gets_its_verdict_while_another_waits)
{
    return all_faults();
}

ParameterizedTest(Fault *fault, faults, each_gets_its_verdict_while_another_waits)
{
    if (strcmp(fault->fault, "twice") == 0) /* two_answers_while_another_waits */
        return;
    expect_verdict(fault, "faulty:queues=yes");
}

/* What is wrong after its answer is found out when the next answer comes; that case is its victim. */
Test(faults, two_answers_while_another_waits)
{
    Fixture f;
    gboolean flaky;
    fixture_open(&f);
    fixture_add_identity(&f, "a-before");
    fixture_add_identity(&f, "b-fault");
    fixture_add_identity(&f, "c-after");
    fixture_add_faulty(&f, "faulty", "twice", "");
    RunSummary summary = fixture_run(&f, "faulty:queues=yes", 1, 20, FALSE);
    cr_expect_eq(summary.counts[VERDICT_PASS], 3);
    fixture_verdict(&f, "c-after", "faulty:queues=yes", NULL, &flaky);
    cr_expect(flaky);
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* Children of an adapter die with it, also those of an adapter that answers well and of one that left its group. */
Test(faults, no_process_is_left)
{
    static const struct {
        const char *fault;
        Verdict     verdict;
    } rows[] = { { "hang_with_child", VERDICT_TIMED_OUT },
                 { "leave_child", VERDICT_PASS },
                 { "leave_daemon", VERDICT_PASS },
                 { "leave_grandchildren", VERDICT_PASS } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture f;
        fixture_open(&f);
        fixture_add_identity(&f, "fault");
        fixture_add_faulty(&f, "faulty", rows[i].fault, "");
        RunSummary summary = fixture_run(&f, "faulty:seconds=987654", 1, 3, FALSE);
        cr_expect_eq(summary.counts[rows[i].verdict], 1, "%s", rows[i].fault);
        cr_expect_neq(system("ps -eo args | grep -q '^sleep 987654'"), 0, "%s", rows[i].fault);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}

/* The fault is in hello, and shows in the first case of every process. */
Test(faults, two_answers_to_hello)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a");
    fixture_add_faulty(&f, "faulty", "hello_twice", "");
    RunSummary       summary = fixture_run(&f, "faulty", 1, 20, FALSE);
    g_autofree char *message = NULL;
    cr_expect_eq(fixture_verdict(&f, "a", "faulty", &message, NULL), VERDICT_ADAPTER_ERROR);
    cr_expect_str_eq(message, "wrote more than one line as the answer to hello");
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* How an adapter ends changes no verdict, and the run waits no longer than it must. */
Test(faults, a_bad_end_harms_no_verdict)
{
    static const char *const faults[] = { "stop_crash", "stop_status", "stop_ignored" };
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        Fixture f;
        fixture_open(&f);
        fixture_add_identity(&f, "a");
        fixture_add_faulty(&f, "faulty", faults[i], "");
        gint64     started = g_get_monotonic_time();
        RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
        cr_expect_eq(summary.counts[VERDICT_PASS], 1, "%s", faults[i]);
        cr_expect_null(summary.stopped, "%s", faults[i]);
        cr_expect_lt(g_get_monotonic_time() - started, 15 * G_USEC_PER_SEC, "%s", faults[i]);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}

/* A case whose files another case's adapter changed is not judged by them either. */
Test(faults, a_changed_case_is_not_judged)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a");
    fixture_add_faulty(&f, "faulty", "none", "");
    g_autofree char     *folder = g_build_filename(f.corpus, "demo", "a", NULL);
    g_autofree char     *state = witness_take(folder), *before = witness_difference(folder, state);
    g_autofree char     *expected = case_data_path(folder, "output", 0), *content = NULL;
    gsize                size;
    cr_expect_null(before);
    cr_assert(g_file_get_contents(expected, &content, &size, NULL));
    cr_assert(g_file_set_contents(expected, content, (gssize)size, NULL)); /* the same bytes: still not the same file */
    g_autofree char *after = witness_difference(folder, state);
    cr_expect_str_eq(after, "test_data_set_0/output_0.pb");
    fixture_close(&f);
}

/* What a killed run leaves in the folder of temporary files goes; what is young, locked or not ours to name stays. */
Test(faults, stale_folders_are_cleaned_up)
{
    Fixture f;
    fixture_open(&f);
    static const struct {
        const char *name;
        gboolean    locked, young, stays;
    } rows[] = { { "assay-scratch-stale1", FALSE, FALSE, FALSE },
                 { "assay-scratch-locked", TRUE, FALSE, TRUE },
                 { "assay-scratch-young1", FALSE, TRUE, TRUE },
                 { "assay-scratch-long-name", FALSE, FALSE, TRUE },
                 { "another-folder", FALSE, FALSE, TRUE } };
    char *paths[G_N_ELEMENTS(rows)];
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        paths[i] = g_build_filename(f.folder, rows[i].name, NULL);
        g_autofree char *file = g_build_filename(paths[i], "output_0.pb", NULL);
        cr_assert(g_mkdir(paths[i], 0700) == 0 && g_file_set_contents(file, "x", 1, NULL));
        if (rows[i].locked) /* held until the process ends */
            cr_assert_eq(flock(open(paths[i], O_RDONLY | O_DIRECTORY), LOCK_EX | LOCK_NB), 0);
        if (!rows[i].young)
            cr_assert_eq(utime(paths[i], &(struct utimbuf){ 1000000, 1000000 }), 0);
    }
    scratch_clean(f.folder);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        cr_expect_eq(g_file_test(paths[i], G_FILE_TEST_IS_DIR), rows[i].stays, "%s", rows[i].name);
        g_free(paths[i]);
    }
    fixture_close(&f);
}

Test(faults, a_victim_is_told_from_the_culprit)
{
    Fixture  f;
    gboolean flaky;
    fixture_open(&f);
    fixture_add_identity(&f, "a-before");
    fixture_add_identity(&f, "b-fault");
    fixture_add_faulty(&f, "faulty", "victim", "");
    RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
    cr_expect_eq(fixture_verdict(&f, "b-fault", "faulty", NULL, &flaky), VERDICT_PASS);
    cr_expect(flaky, "it died in company, and works alone");
    run_summary_clear(&summary);
    fixture_close(&f);
}

static void expect_line(const char *text, const char *begin)
{
    g_autofree char *expected = g_strconcat(begin, "\\u001b[2Jboo   good  forged", NULL);
    cr_expect_str_eq(text, expected);
}

/* What hello says is printed in tables: it must not steer the terminal or forge a row. */
Test(faults, what_hello_says_is_one_line_without_control_characters)
{
    Fixture           f;
    g_autoptr(GError) error = NULL;
    const WorkerLimits limits = { 20, DEFAULT_OUTPUT_BYTES, NULL, 0, 0 };
    fixture_open(&f);
    fixture_add_faulty(&f, "faulty", "hello_escapes", "");
    g_autoptr(Backend) backend = backend_load("faulty", &error);
    g_autoptr(Worker)  worker = backend ? worker_start(backend, &limits, &error) : NULL;
    cr_assert_not_null(worker, "%s", error ? error->message : "");
    const Hello *hello = worker_hello(worker);
    expect_line(hello->name, "faulty");
    expect_line(hello->version, "1");
    expect_line(hello->device, "cpu");
    const char *reason = ((const CapabilityRule *)hello->unsupported->pdata[0])->reason;
    cr_expect_null(strpbrk(reason, "\x1b\n"), "%s", reason);
    fixture_close(&f);
}

Test(faults, a_backend_that_cannot_start_is_not_scored_but_told_of)
{
    static const char *const faults[] = { "not_here", "start_crash", "start_hang", "hello_crash", "hello_hang" };
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        Fixture f;
        fixture_open(&f);
        fixture_add_identity(&f, "a");
        fixture_add_faulty(&f, "faulty", faults[i], "\"start_seconds\": 1");
        RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
        cr_expect_eq(summary.counts[VERDICT_NOT_RUN], 1, "%s", faults[i]);
        cr_expect_not_null(summary.stopped, "%s", faults[i]);
        g_autofree char *message = NULL;
        cr_expect_eq(fixture_verdict(&f, "a", "faulty", &message, NULL), VERDICT_NOT_RUN);
        cr_expect(message && strcmp(message, summary.stopped) == 0, "%s: %s", faults[i], message ? message : "no row");
        cr_expect_null(summary.version);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}
