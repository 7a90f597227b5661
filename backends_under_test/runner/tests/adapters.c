/* The adapters of this repository against the protocol and on a small corpus. */
#include "backends_under_test/runner/self_test.h"
#include "backends_under_test/runner/tests/fixture.h"
#include "reference/cli/paths.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

static const SelfTestOptions patient = { .seconds = 20 };

static void expect_self_test(const char *name)
{
    GError              *error = NULL;
    g_autoptr(Backend)   backend = backend_load(name, &error);
    g_autoptr(GPtrArray) checks = backend ? self_test(backend, &patient, &error) : NULL;
    cr_assert_not_null(checks, "%s", error ? error->message : "");
    for (guint i = 0; i < checks->len; i++) {
        const Check *check = checks->pdata[i];
        cr_expect_neq(check->result, CHECK_BAD, "%s: %s: %s", name, check->name, check->message);
    }
    cr_expect_gt(checks->len, 40);
}

Test(adapters, reference_keeps_the_protocol)
{
    expect_self_test("reference");
}

Test(adapters, example_keeps_the_protocol)
{
    expect_self_test("example");
}

static void count_seen(const Check *check, gpointer data)
{
    (void)check;
    ++*(guint *)data;
}

/* The checks of a faulty adapter, each of which was told of as it was made. */
static GPtrArray *self_test_of(Fixture *f, const char *backend, double seconds)
{
    GError               *error = NULL;
    guint                 seen = 0;
    const SelfTestOptions options = { seconds, count_seen, &seen };
    fixture_add_faulty(f, "faulty", "none", "");
    g_autoptr(Backend) loaded = backend_load(backend, &error);
    GPtrArray         *checks = loaded ? self_test(loaded, &options, &error) : NULL;
    cr_assert_not_null(checks, "%s", error ? error->message : "");
    cr_expect_eq(seen, checks->len);
    return checks;
}

Test(adapters, who_hangs_in_every_case_is_given_up)
{
    Fixture f;
    fixture_open(&f);
    g_autoptr(GPtrArray) checks = self_test_of(&f, "faulty:fault=accept_hang", 0.2);
    const Check         *last = checks->pdata[checks->len - 1];
    cr_expect_eq(checks->len, 5); /* hello, three time-outs, and that it is given up */
    cr_expect_eq(last->result, CHECK_BAD);
    cr_expect_str_eq(last->message, "given up: no answer to 3 checks in a row, with 0.2 s for each");
    fixture_close(&f);
}

static void expect_bad(const char *backend, const char *check, const char *message)
{
    Fixture f;
    guint   found = 0;
    fixture_open(&f);
    g_autoptr(GPtrArray) checks = self_test_of(&f, backend, 20);
    for (guint i = 0; i < checks->len; i++) {
        const Check *c = checks->pdata[i];
        found += c->result == CHECK_BAD && strcmp(c->name, check) == 0 && strstr(c->message, message);
    }
    cr_expect_gt(found, 0, "%s: %s: %s", backend, check, message);
    fixture_close(&f);
}

Test(adapters, the_self_test_finds_breaches_of_the_protocol)
{
    expect_bad("faulty:fault=hello_twice", "hello", "wrote more than one line as the answer to hello");
    expect_bad("faulty:fault=bad_kind,at=model", "float through Identity", "'lazy'");
    expect_bad("faulty:fault=both,at=model", "float through Identity", "both \"ok\": true and \"error\"");
}

/* The README shows the very file that is tested. */
Test(adapters, the_readme_shows_the_example)
{
    g_autofree char *readme_path = home_path("backends_under_test/README.md"), *readme = NULL;
    g_autofree char *example_path = home_path("backends_under_test/example/adapter.py"), *example = NULL;
    cr_assert(g_file_get_contents(readme_path, &readme, NULL, NULL));
    cr_assert(g_file_get_contents(example_path, &example, NULL, NULL));
    cr_expect(strstr(readme, example), "README.md and example/adapter.py differ");
}

/* The other backends are looked up in the fixture's folder; these by their path. */
static RunSummary run_real(Fixture *f, const char *folder)
{
    g_autofree char *path = home_path(folder);
    return fixture_run(f, path, 2, 30, FALSE);
}

Test(adapters, the_example_scores)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_identity(&f, "float");
    fixture_add_dtype(&f, "uint4", DTYPE_UINT4);
    fixture_add_dtype(&f, "string", DTYPE_STRING); /* declared unsupported, yet a file is easily copied */
    fixture_add_reject(&f, "invalid", "demo/float");
    RunSummary       summary = run_real(&f, "backends_under_test/example");
    g_autofree char *message = NULL;
    cr_expect_eq(summary.counts[VERDICT_PASS], 3);
    cr_expect_eq(summary.counts[VERDICT_REJECTED_INVALID], 1);
    fixture_verdict(&f, "string", "example", &message, NULL);
    cr_expect(message && strstr(message, "yet it works"), "%s", message);
    run_summary_clear(&summary);
    fixture_close(&f);
}

Test(adapters, the_reference_passes_every_type)
{
    Fixture f;
    gsize   n, cases = 0;
    fixture_open(&f);
    const DTypeInfo *const *all = dtype_all(&n);
    for (gsize i = 0; i < n; i++) {
        if (!dtype_on_wire(all[i]->dtype))
            continue;
        fixture_add_dtype(&f, all[i]->name, all[i]->dtype);
        cases++;
    }
    RunSummary summary = run_real(&f, "backends_under_test/reference");
    cr_expect_eq(summary.counts[VERDICT_PASS], (gint64)cases);
    run_summary_clear(&summary);
    fixture_close(&f);
}

/* Those that are fetched: each that can run here, that is, whose install script has run. */
ParameterizedTestParameters(adapters, fetched_backends_keep_the_protocol)
{
    static char names[][24] = { "ort", "ort-web", "onnx-reference", "openvino", "iree", "tvm", "tinygrad", "opencv", "tract" };
    return cr_make_param_array(char[24], names, G_N_ELEMENTS(names));
}

ParameterizedTest(char (*name)[24], adapters, fetched_backends_keep_the_protocol)
{
    GError            *error = NULL;
    WorkerLimits       limits = { 30, DEFAULT_OUTPUT_BYTES, NULL, 0 };
    g_autoptr(Backend) backend = backend_load(*name, &error);
    cr_assert_not_null(backend, "%s", error ? error->message : "");
    g_autoptr(Worker) worker = worker_start(backend, &limits, &error);
    if (!worker)
        cr_skip_test("%s", error->message);
    expect_self_test(*name);
}

Test(adapters, an_unknown_backend_is_named)
{
    static const char *const names[] = { "no-such", "", ".", "..", "/", "ort:provider", "runner" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError)  error = NULL;
        g_autoptr(Backend) backend = backend_load(names[i], &error);
        cr_expect_null(backend, "%s", names[i]);
        cr_expect_not_null(error, "%s", names[i]);
    }
}
