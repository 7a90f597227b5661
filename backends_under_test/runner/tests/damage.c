/* A case whose own files are damaged says nothing about any backend: the run stops and names the file. */
#include "backends_under_test/runner/damage.h"
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef enum { REMOVED, EMPTIED, CUT } Damage;

static void damage(const char *path, Damage how)
{
    if (how == REMOVED)
        cr_assert_eq(g_unlink(path), 0);
    else
        cr_assert_eq(truncate(path, how == EMPTIED ? 0 : 9), 0);
}

/* The error of a run on a backend that does as `fault` says, after `file` of the case was damaged. */
static GError *run_damaged(const char *name, const char *file, Damage how, const char *fault)
{
    Fixture    f;
    GError    *error = NULL;
    Selection  selection;
    RunSummary summary = { 0 };
    RunOptions options = { .jobs = 1, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES };
    fixture_open(&f);
    fixture_add_identity(&f, "fault-valid");
    fixture_add_reject(&f, "fault-invalid", "demo/fault-valid");
    fixture_add_faulty(&f, "faulty", fault, "");
    g_autofree char *path = g_build_filename(f.corpus, "demo", name, file, NULL);
    damage(path, how);
    cr_assert(selection_parse(NULL, NULL, &selection, NULL));
    g_autoptr(Backend)  backend = backend_load("faulty", NULL);
    g_autoptr(Workload) workload = workload_read(f.corpus, &selection, NULL);
    g_autoptr(Results)  results = results_open(f.results, RESULTS_NEW, NULL);
    cr_assert(backend && workload && results && workload_record(workload, results, NULL));
    run_backend(workload, backend, &options, NULL, results, &summary, &error);
    cr_expect(!error || g_str_has_prefix(error->message, path), "%s", error ? error->message : "");
    run_summary_clear(&summary);
    selection_clear(&selection);
    g_clear_pointer(&results, results_close);
    fixture_close(&f);
    return error;
}

Test(damage, no_backend_is_blamed_for_it_or_passes_by_it)
{
    static const char *const cases[] = { "fault-valid", "fault-invalid" }, *const files[] = { "model.onnx", "test_data_set_0/input_0.pb" };
    static const char *const faults[] = { "refuse", "none" };
    for (gsize i = 0; i < 2; i++)
        for (gsize k = 0; k < 2; k++)
            for (gsize b = 0; b < 2; b++)
                for (int how = REMOVED; how <= CUT; how++) {
                    if (how == CUT && k == 1 && (i == 1 || b == 1))
                        continue; /* of an invalid case any input may do; an answer is held against the outputs */
                    g_autoptr(GError) error = run_damaged(cases[i], files[k], (Damage)how, faults[b]);
                    cr_expect(g_error_matches(error, CORPUS_ERROR, CORPUS_ERROR_DAMAGED) ||
                                  (how == CUT && b == 1 && g_error_matches(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT)),
                              "%s of %s, damage %d, %s: %s", files[k], cases[i], how, faults[b], error ? error->message : "no error");
                }
}

/* A model that is meant to be no model is given to the backend. */
Test(damage, garbage_on_purpose_is_no_damage)
{
    Fixture           f;
    g_autoptr(GError) error = NULL;
    fixture_open(&f);
    fixture_add_reject(&f, "garbage", "demo/none");
    g_autofree char *folder = g_build_filename(f.corpus, "demo", "garbage", NULL), *model = case_model_path(folder);
    cr_assert(g_file_set_contents(model, "\xff\xff", 2, NULL));
    Subject *s = subject_read(folder, NULL);
    cr_expect_not(damage_check_content(s, &error));
    cr_assert(g_error_matches(error, CORPUS_ERROR, CORPUS_ERROR_DAMAGED));
    g_autoptr(GError) why = NULL;
    cr_assert_not(model_bytes_check("\xff\xff", 2, NULL, &why));
    g_free(s->c->why);
    s->c->why = g_strdup_printf("model.onnx: %s", why->message);
    cr_expect(damage_check_presence(s, NULL) && damage_check_content(s, NULL));
    subject_free(s);
    fixture_close(&f);
}

/* What is missing is found before anything is run or written. */
Test(damage, a_run_is_not_begun, .init = cr_redirect_stderr)
{
    extern const Subcommand subcommand_run;
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "a");
    fixture_add_faulty(&f, "faulty", "none", "");
    g_autofree char *folder = g_build_filename(f.corpus, "demo", "a", NULL), *model = case_model_path(folder);
    damage(model, EMPTIED);
    char *words[] = { (char *)"run", f.corpus, (char *)"-b", (char *)"faulty", (char *)"-r", f.results, NULL };
    cr_expect_eq(subcommand_run.run(G_N_ELEMENTS(words) - 1, words), EXIT_HARNESS);
    cr_expect_not(g_file_test(f.results, G_FILE_TEST_EXISTS));
    fixture_close(&f);
}
