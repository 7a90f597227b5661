/* Verdict rules: invalid models and their twins, the manifest both ways, command templates. */
#include "backends_under_test/runner/probe.h"
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <string.h>

Test(rules, refusing_an_invalid_model_counts_only_if_the_twin_passes)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "good");
    fixture_add_identity(&f, "fault");
    fixture_add_reject(&f, "invalid-of-good", "demo/good");
    fixture_add_reject(&f, "invalid-of-fault", "demo/fault");
    fixture_add_reject(&f, "invalid-of-nothing", "demo/does-not-exist");
    fixture_add_faulty(&f, "faulty", "refuse", "");
    RunSummary summary = fixture_run(&f, "faulty", 2, 20, FALSE);
    cr_expect_eq(fixture_verdict(&f, "good", "faulty", NULL, NULL), VERDICT_PASS);
    cr_expect_eq(fixture_verdict(&f, "fault", "faulty", NULL, NULL), VERDICT_REFUSED);
    cr_expect_eq(fixture_verdict(&f, "invalid-of-good", "faulty", NULL, NULL), VERDICT_REJECTED_INVALID);
    cr_expect_eq(fixture_verdict(&f, "invalid-of-fault", "faulty", NULL, NULL), VERDICT_VACUOUS);
    cr_expect_eq(fixture_verdict(&f, "invalid-of-nothing", "faulty", NULL, NULL), VERDICT_VACUOUS);
    run_summary_clear(&summary);
    fixture_close(&f);
}

Test(rules, running_an_invalid_model_is_a_failure)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "good");
    fixture_add_reject(&f, "invalid", "demo/good");
    fixture_add_faulty(&f, "faulty", "accept", "");
    RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
    cr_expect_eq(fixture_verdict(&f, "invalid", "faulty", NULL, NULL), VERDICT_ACCEPTED_INVALID);
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* A declaration excuses a clean refusal and nothing else, and one that is not true is flagged. */
Test(rules, the_manifest_is_checked_both_ways)
{
    static const struct {
        const char *fault;
        Verdict     verdict;
        const char *message;
    } rows[] = { { "refuse", VERDICT_UNSUPPORTED, "declared: no such case" },
                 { "crash_run", VERDICT_CRASHED, "signal 11" },
                 { "wrong_value", VERDICT_WRONG_VALUE, "" },
                 { "none", VERDICT_PASS, "yet it works" } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture f;
        fixture_open(&f);
        fixture_add_identity(&f, "a");
        fixture_add_identity(&f, "fault");
        fixture_add_faulty(&f, "faulty", rows[i].fault,
                           "\"unsupported\": [{ \"id\": \"demo/fault\", \"op\": \"Ident*\", \"dtype\": \"float\", "
                           "\"min_opset\": 25, \"reason\": \"no such case\" }]");
        RunSummary       summary = fixture_run(&f, "faulty", 1, 20, FALSE);
        g_autofree char *message = NULL;
        cr_expect_eq(fixture_verdict(&f, "fault", "faulty", &message, NULL), rows[i].verdict, "%s", rows[i].fault);
        cr_expect(strstr(message ? message : "", rows[i].message), "%s: '%s'", rows[i].fault, message);
        cr_expect_eq(fixture_verdict(&f, "a", "faulty", NULL, NULL), VERDICT_PASS);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}

/* A file that means something else to whoever does not know of a proposal: a declaration excuses that meaning, no other. */
Test(rules, who_declares_a_proposal_may_take_its_files_as_ordinary_models)
{
    static const float zeros[3] = { 0 };
    static const struct {
        const char *fault;
        gboolean    reject, declared, aware;
        Verdict     verdict;
    } rows[] = { { "wrong_value", FALSE, TRUE, TRUE, VERDICT_UNSUPPORTED }, { "wrong_value", FALSE, FALSE, TRUE, VERDICT_WRONG_VALUE },
                 { "wrong_value", FALSE, TRUE, FALSE, VERDICT_WRONG_VALUE }, { "nan_filled", FALSE, TRUE, TRUE, VERDICT_WRONG_VALUE },
                 { "crash_run", FALSE, TRUE, TRUE, VERDICT_CRASHED },        { "accept", TRUE, TRUE, TRUE, VERDICT_UNSUPPORTED },
                 { "accept", TRUE, FALSE, TRUE, VERDICT_ACCEPTED_INVALID },  { "accept", TRUE, TRUE, FALSE, VERDICT_ACCEPTED_INVALID } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture f;
        fixture_open(&f);
        fixture_add_identity(&f, "good");
        if (rows[i].reject)
            fixture_add_reject(&f, "fault", "demo/good");
        else
            fixture_add_identity(&f, "fault");
        if (rows[i].aware)
            fixture_make_aware(&f, "fault", rows[i].reject ? NULL : zeros);
        fixture_add_faulty(&f, "faulty", rows[i].fault,
                           rows[i].declared ? "\"unsupported\": [{ \"id\": \"demo/fault\", \"reason\": \"never heard of it\" }]" : "");
        RunSummary summary = fixture_run(&f, "faulty", 1, 20, FALSE);
        cr_expect_eq(fixture_verdict(&f, "fault", "faulty", NULL, NULL), rows[i].verdict, "row %" G_GSIZE_FORMAT, i);
        run_summary_clear(&summary);
        fixture_close(&f);
    }
}

/* A draft covers what was refused, and nothing that was not: the float case that was refused alone stays uncovered. Of the
 * rules that there are, one is a typing mistake. */
Test(rules, a_draft_covers_refusals_only)
{
    Fixture    f;
    GError    *error = NULL;
    Selection  selection = { 0 };
    Draft      draft = { 0 };
    RunOptions options = { .jobs = 1, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES };
    fixture_open(&f);
    fixture_add_identity(&f, "good");
    fixture_add_identity(&f, "fault-float");
    fixture_add_dtype(&f, "fault-a", DTYPE_UINT4);
    fixture_add_dtype(&f, "fault-b", DTYPE_UINT4);
    fixture_add_faulty(&f, "faulty", "refuse",
                       "\"unsupported\": [{ \"id\": \"demo/go*\", \"reason\": \"r\" }, { \"op\": \"Idntity\", \"reason\": \"s\" }]");
    cr_assert(selection_parse(NULL, NULL, &selection, &error));
    g_autoptr(Backend)  backend = backend_load("faulty", &error);
    g_autoptr(Workload) workload = workload_read(f.corpus, &selection, &error);
    cr_assert(probe_backend(workload, backend, &options, &draft, &error), "%s", error ? error->message : "");
    char *rules = cJSON_PrintUnformatted(draft.rules);
    cr_expect_str_eq(rules, "[{\"dtype\":\"uint4\",\"reason\":\"draft, 2 refused, such as: I would rather not\"}]");
    cr_expect_eq(draft.refused, 3);
    cr_expect_eq(draft.uncovered, 1);
    cr_expect_str_eq(draft.example, "demo/fault-float");
    cr_expect_null(draft.stopped);
    cr_assert_eq(draft.idle->len, 1);
    cr_expect_str_eq(draft.idle->pdata[0], "backend.json: rule 2 applies to no case of this corpus (s)");
    cJSON_free(rules);
    selection_clear(&selection);
    draft_clear(&draft);
    fixture_close(&f);
}

static void expect_bad_manifest(const char *rules, const char *expected)
{
    g_autoptr(GError)    error = NULL;
    cJSON               *json = cJSON_Parse(rules);
    g_autoptr(GPtrArray) read = capability_rules_read(json, "here", &error);
    cr_expect_null(read, "%s", rules);
    cr_expect(error && strstr(error->message, expected), "%s: %s", rules, error ? error->message : "no error");
    cJSON_Delete(json);
}

Test(rules, a_careless_manifest_is_refused)
{
    expect_bad_manifest("[{ \"reason\": \"lazy\" }]", "here: rule 1: names nothing");
    expect_bad_manifest("[1]", "here: rule 1: a rule must be an object");
    expect_bad_manifest("[{ \"dtype\": \"int4\" }]", "no reason");
    expect_bad_manifest("[{ \"dtypes\": \"int4\", \"reason\": \"typing mistake\" }]", "'dtypes'");
    expect_bad_manifest("[{ \"dtype\": 4, \"reason\": \"not a text\" }]", "'dtype'");
    expect_bad_manifest("{ \"dtype\": \"int4\" }", "array");
    expect_bad_manifest("[{ \"dtype\": \"intx2\", \"reason\": \"typing mistake\" }]", "'dtype' is 'intx2'");
    expect_bad_manifest("[{ \"form\": \"natve\", \"reason\": \"typing mistake\" }]", "'form' is 'natve'");
}

static void expect_load(Fixture *f, const char *words, const char *fields, const char *complaint)
{
    g_autoptr(GError)  error = NULL;
    fixture_add_command(f, "engine", words, fields);
    g_autoptr(Backend) backend = backend_load("engine", &error);
    cr_expect(complaint ? !backend && strstr(error->message, complaint) : backend != NULL, "%s: %s", words,
              error ? error->message : "no error");
}

Test(rules, a_misspelt_placeholder_is_refused)
{
    Fixture f;
    fixture_open(&f);
    expect_load(&f, "\"{folder}/engine\", \"{adapters}\", \"{model}\", \"{inputs}\", \"{outputs_dir}\"", "", NULL);
    expect_load(&f, "\"sh\", \"-c\", \"echo ${model} {} {A} {1} {a\"", "", NULL); /* braces of others */
    expect_load(&f, "\"{foldr}/engine\"", "", "unknown placeholder {foldr} in 'command': expected {folder}, {adapters}, {model}");
    expect_load(&f, "\"e\"", "\"install\": [\"{model}\"]", "{model} in 'install'");
    expect_load(&f, "\"e\"", "\"environment\": { \"A\": \"{adapters}\" }", "{adapters} in 'environment': expected {folder}");
    fixture_close(&f);
}

static void expect_unknown(const char *what, const char *complaint)
{
    g_autoptr(GError) error = NULL;
    cr_assert_null(backend_load(what, &error), "%s", what);
    cr_expect(strstr(error->message, complaint), "%s", error->message);
}

/* An option that nobody reads would be believed to do what it says. */
Test(rules, an_unknown_option_is_refused)
{
    Fixture           f;
    g_autoptr(GError) error = NULL;
    fixture_open(&f);
    fixture_add_faulty(&f, "says", "none", "\"options\": [\"provider\", \"threads\"]");
    fixture_add_faulty(&f, "silent", "none", "");
    fixture_add_command(&f, "command", "\"true\"", "");
    fixture_add_faulty(&f, "misnamed", "none", "\"name\": \"ort\"");
    expect_unknown("says:provder=cuda", "no option 'provder'; its options are provider, threads, profile");
    expect_unknown("command:provider=cuda", "no option 'provider'; its options are profile");
    expect_unknown("misnamed", "'name' must be \"misnamed\", as the folder");
    g_autoptr(Backend) known = backend_load("says:provider=cuda,profile=tf32", &error);
    cr_expect_not_null(known, "%s", error ? error->message : "");
    g_autoptr(Backend) any = backend_load("silent:provder=cuda", &error);
    cr_expect_not_null(any, "%s", error ? error->message : "");
    fixture_close(&f);
}

/* As spec/schemas says: 0 is an answer, and no process ends with more than 255. */
Test(rules, the_status_of_a_refusal_is_one_that_there_is)
{
    static const char *const bad[] = { "0", "-1", "256", "1e9", "1.5", "\"1\"", "null" };
    Fixture f;
    fixture_open(&f);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char  *field = g_strconcat("\"refuses_with\": ", bad[i], NULL);
        fixture_add_command(&f, "engine", "\"true\"", field);
        g_autoptr(Backend) backend = backend_load("engine", &error);
        cr_expect_null(backend, "%s", bad[i]);
        cr_expect(error && g_str_has_suffix(error->message, "backend.json: 'refuses_with' must be a whole number from 1 to 255"), "%s: %s",
                  bad[i], error ? error->message : "");
    }
    fixture_add_command(&f, "engine", "\"true\"", "\"refuses_with\": 255");
    g_autoptr(Backend) good = backend_load("engine", NULL);
    cr_expect(good && good->refuses_with == 255);
    fixture_close(&f);
}

/* cp is a backend of a kind: it copies the input, and refuses nothing. */
Test(rules, a_command_is_a_backend)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a");
    fixture_add_reject(&f, "invalid", "demo/a");
    fixture_add_command(&f, "copy", "\"cp\", \"{inputs}\", \"{outputs_dir}/output_0.pb\"", "");
    fixture_add_command(&f, "fails", "\"sh\", \"-c\", \"echo no such engine >&2; exit 3\"", "\"refuses_with\": 3");
    fixture_add_command(&f, "breaks", "\"sh\", \"-c\", \"exit 4\"", "\"refuses_with\": 3");
    fixture_add_command(&f, "hangs", "\"sleep\", \"100\"", "");
    RunSummary summary = fixture_run(&f, "copy", 1, 20, FALSE);
    cr_expect_eq(fixture_verdict(&f, "a", "copy", NULL, NULL), VERDICT_PASS);
    cr_expect_eq(fixture_verdict(&f, "invalid", "copy", NULL, NULL), VERDICT_ACCEPTED_INVALID);
    run_summary_clear(&summary);
    g_autofree char *message = NULL;
    summary = fixture_run(&f, "fails", 1, 20, FALSE);
    cr_expect_eq(fixture_verdict(&f, "a", "fails", &message, NULL), VERDICT_REFUSED);
    cr_expect_str_eq(message, "no such engine");
    cr_expect_eq(fixture_verdict(&f, "invalid", "fails", NULL, NULL), VERDICT_VACUOUS);
    run_summary_clear(&summary);
    summary = fixture_run(&f, "breaks", 1, 20, FALSE);
    cr_expect_eq(fixture_verdict(&f, "a", "breaks", NULL, NULL), VERDICT_CRASHED);
    run_summary_clear(&summary);
    summary = fixture_run(&f, "hangs", 2, 0.5, FALSE);
    cr_expect_eq(summary.counts[VERDICT_TIMED_OUT], 2);
    run_summary_clear(&summary);
    fixture_close(&f);
}
