/* What each misbehaviour earns, and that the cases around it are not harmed. */
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

typedef struct {
    char    fault[24], message[48];
    Verdict verdict;
    int     seconds; /* deadline */
} Fault;

ParameterizedTestParameters(faults, each_gets_its_verdict)
{
    static Fault faults[] = {
        { "none", "", VERDICT_PASS, 20 },
        { "crash", "signal 11", VERDICT_CRASHED, 20 },
        { "exit", "exited with status 0", VERDICT_CRASHED, 20 },
        { "hang", "in time", VERDICT_TIMED_OUT, 1 },
        { "hang_with_child", "in time", VERDICT_TIMED_OUT, 1 },
        { "half_line_hang", "7 bytes without a newline", VERDICT_TIMED_OUT, 1 },
        { "garbage", "'Hello, I am a banner'", VERDICT_ADAPTER_ERROR, 20 },
        { "half_line", "7 bytes without a newline", VERDICT_ADAPTER_ERROR, 20 },
        { "long_line", "longer than 1 MiB", VERDICT_ADAPTER_ERROR, 20 },
        { "wrong_id", "answered id 100", VERDICT_ADAPTER_ERROR, 20 },
        { "no_id", "without \"id\"", VERDICT_ADAPTER_ERROR, 20 },
        { "bad_stage", "\"stage\"", VERDICT_ADAPTER_ERROR, 20 },
        { "adapter_kind", "cannot carry it", VERDICT_ADAPTER_ERROR, 20 },
        { "huge_stderr", "the end of the flood", VERDICT_CRASHED, 60 },
        { "missing_output", "wrote no such regular file", VERDICT_ADAPTER_ERROR, 20 },
        { "too_many_outputs", "2 output files: expected 1", VERDICT_ADAPTER_ERROR, 20 },
        { "link", "no such regular file", VERDICT_ADAPTER_ERROR, 20 },
        { "escape", "a plain name", VERDICT_ADAPTER_ERROR, 20 },
        { "not_a_tensor", "cannot be read", VERDICT_ADAPTER_ERROR, 20 },
        { "wrong_dtype", "int32", VERDICT_WRONG_TYPE, 20 },
        { "wrong_shape", "[4]", VERDICT_WRONG_SHAPE, 20 },
        { "wrong_value", "", VERDICT_WRONG_VALUE, 20 },
        { "memory", "out of memory", VERDICT_REFUSED, 60 },
        { "big_file", "signal 25", VERDICT_CRASHED, 20 },
        { "refuse", "I would rather not", VERDICT_REFUSED, 20 },
    };
    return cr_make_param_array(Fault, faults, G_N_ELEMENTS(faults));
}

ParameterizedTest(Fault *fault, faults, each_gets_its_verdict)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a-before");
    fixture_add_identity(&f, "b-fault");
    fixture_add_identity(&f, "c-after");
    fixture_add_faulty(&f, "faulty", fault->fault, "\"memory_mb\": 256");
    RunSummary       summary = fixture_run(&f, "faulty", 1, fault->seconds, FALSE);
    g_autofree char *message = NULL;
    gboolean         flaky;
    Verdict          verdict = fixture_verdict(&f, "b-fault", "faulty", &message, &flaky);
    cr_expect_eq(verdict, fault->verdict, "%s: %s, not %s: %s", fault->fault, verdict_name(verdict),
                 verdict_name(fault->verdict), message ? message : "");
    cr_expect(strstr(message ? message : "", fault->message), "%s: message '%s'", fault->fault, message);
    cr_expect_not(flaky, "%s", fault->fault);
    cr_expect_eq(fixture_verdict(&f, "a-before", "faulty", NULL, NULL), VERDICT_PASS);
    cr_expect_eq(fixture_verdict(&f, "c-after", "faulty", NULL, &flaky), VERDICT_PASS);
    cr_expect_not(flaky);
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* The grandchild of a hanging adapter dies with it. */
Test(faults, no_process_is_left)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "fault");
    fixture_add_faulty(&f, "faulty", "hang_with_child", "");
    RunSummary summary = fixture_run(&f, "faulty", 1, 1, FALSE);
    cr_expect_eq(summary.counts[VERDICT_TIMED_OUT], 1);
    cr_expect_neq(system("ps -eo args | grep -q '^sleep 987654'"), 0);
    run_summary_clear(&summary);
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

Test(faults, a_backend_that_cannot_start_is_not_scored)
{
    static const char *const faults[] = { "not_here", "crash_hello", "silent_hello" };
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        Fixture f;
        fixture_open(&f);
        fixture_add_identity(&f, "a");
        fixture_add_faulty(&f, "faulty", faults[i], "\"start_seconds\": 1");
        RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
        cr_expect_eq(summary.counts[VERDICT_NOT_RUN], 1, "%s", faults[i]);
        cr_expect_not_null(summary.stopped, "%s", faults[i]);
        cr_expect_null(summary.version);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}
