#include "backends_under_test/runner/tests/fixture.h"
#include "backends_under_test/runner/scratch.h"
#include "golden/manifest.h"
#include "reference/cli/paths.h"
#include "reference/onnx/save.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void make_folder(const char *path)
{
    cr_assert_eq(g_mkdir_with_parents(path, 0755), 0, "%s", path);
}

void fixture_open(Fixture *f)
{
    GError *error = NULL;
    f->folder = scratch_make(&error);
    cr_assert_not_null(f->folder);
    f->corpus = g_build_filename(f->folder, "corpus", NULL);
    f->backends = g_build_filename(f->folder, "backends", NULL);
    f->results = g_build_filename(f->folder, "results.db", NULL);
    make_folder(f->corpus);
    make_folder(f->backends);
    f->home = g_strdup(g_getenv("ASSAY_HOME"));
    g_setenv("ASSAY_BACKENDS", f->backends, TRUE);
}

void fixture_close(Fixture *f)
{
    scratch_remove(f->folder);
    if (f->home)
        g_setenv("ASSAY_HOME", f->home, TRUE);
    else
        g_unsetenv("ASSAY_HOME");
    g_free(f->home);
    g_free(f->folder);
    g_free(f->corpus);
    g_free(f->backends);
    g_free(f->results);
}

/* ---- cases --------------------------------------------------------------------------------------------------------- */

static void write_text(const char *folder, const char *name, const char *text)
{
    GError          *error = NULL;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    cr_assert(g_file_set_contents(path, text, -1, &error), "%s", error ? error->message : "");
}

static void write_model(const char *folder, const char *op, DType dtype, const Shape *shape)
{
    GError          *error = NULL;
    g_autoptr(Model) model = model_new();
    g_autofree char *path = case_model_path(folder);
    model_import(model, "", 25);
    graph_add_input(model->graph, "x", type_tensor(model, dtype, shape));
    graph_add_node(model->graph, "", op, NAMES("x"), NAMES("y"));
    graph_add_output(model->graph, "y", type_tensor(model, dtype, shape));
    cr_assert(model_save(model, path, &error), "%s", error ? error->message : "");
}

static void write_case(Fixture *f, const char *name, const char *op, Tensor *x, const char *twin)
{
    GError          *error = NULL;
    g_autofree char *folder = g_build_filename(f->corpus, "demo", name, NULL);
    g_autofree char *data = g_build_filename(folder, "test_data_set_0", NULL);
    g_autofree char *input = case_data_path(folder, "input", 0), *output = case_data_path(folder, "output", 0);
    g_autoptr(Case)  c = case_new();
    make_folder(data);
    write_model(folder, op, x->dtype, &x->shape);
    cr_assert(tensor_save(x, "x", x->dtype == DTYPE_STRING ? STORAGE_TYPED : STORAGE_RAW, input, &error));
    c->id = g_strconcat("demo/", name, NULL);
    c->proposal = g_strdup("demo");
    c->name = g_strdup(name);
    c->variant = g_strdup("base");
    c->semantic = g_strdup(name);
    c->summary = g_strdup("the input comes back");
    c->form = FORM_NATIVE;
    c->n_inputs = 1;
    g_ptr_array_add(c->requirements, g_strdup("demo/R1"));
    g_ptr_array_add(c->dtypes, g_strdup(dtype_name(x->dtype)));
    if (twin) {
        c->expectation = EXPECT_REJECT;
        c->twin = g_strdup(twin);
        c->why = g_strdup("no such operator");
    } else {
        CompareSpec bits = { .mode = COMPARE_BITS };
        c->n_outputs = 1;
        g_array_append_val(c->comparisons, bits);
        cr_assert(tensor_save(x, "y", x->dtype == DTYPE_STRING ? STORAGE_TYPED : STORAGE_RAW, output, &error));
    }
    g_autofree char *json = case_to_json(c);
    write_text(folder, "case.json", json);
    tensor_unref(x);
}

void fixture_add_identity(Fixture *f, const char *name)
{
    Shape shape = SHAPE(3);
    write_case(f, name, "Identity", tensor_from_data(DTYPE_FLOAT, &shape, (float[]){ 1, 2, 3 }, NULL), NULL);
}

void fixture_add_dtype(Fixture *f, const char *name, DType dtype)
{
    Shape   shape = SHAPE(5);
    Tensor *x = tensor_new(dtype, &shape, NULL);
    for (int64_t i = 0; i < 5; i++) {
        if (dtype == DTYPE_STRING)
            tensor_set_string(x, i, &"abcde"[i], -1);
        else if (dtype_info(dtype)->domain != DOMAIN_COMPLEX)
            tensor_set_bits(x, i, dtype == DTYPE_BOOL ? (uint64_t)i % 2 : (uint64_t)i % (1u << MIN(dtype_info(dtype)->bits, 8)));
    }
    write_case(f, name, "Identity", x, NULL);
}

void fixture_add_reject(Fixture *f, const char *name, const char *twin)
{
    Shape shape = SHAPE(3);
    write_case(f, name, "NoSuchOperator", tensor_from_data(DTYPE_FLOAT, &shape, (float[]){ 1, 2, 3 }, NULL), twin);
}

void fixture_make_aware(Fixture *f, const char *name, const float *plain)
{
    GError          *error = NULL;
    g_autofree char *folder = g_build_filename(f->corpus, "demo", name, NULL), *path = case_alternative_path(folder, 0, 0);
    g_autoptr(Case)  c = case_read(folder, &error);
    cr_assert_not_null(c, "%s", error ? error->message : "");
    c->aware = TRUE;
    if (plain) {
        g_autoptr(Tensor) tensor = tensor_from_data(DTYPE_FLOAT, &SHAPE(3), plain, NULL);
        g_ptr_array_add(c->alternatives, g_strdup("the plain meaning"));
        cr_assert(tensor_save(tensor, "y", STORAGE_RAW, path, &error));
    }
    g_autofree char *json = case_to_json(c);
    write_text(folder, "case.json", json);
}

void fixture_freeze(Fixture *f)
{
    static const char *const shared[] = { "spec", "backends_under_test" };
    GError                  *error = NULL;
    g_autofree char         *home = g_build_filename(f->folder, "home", NULL);
    g_autofree char         *frozen = g_build_filename(home, "golden", "manifest", NULL);
    g_autofree char         *cases = g_build_filename(f->corpus, "demo", NULL), *manifest = manifest_of(cases, &error);
    cr_assert(manifest, "%s", error ? error->message : "");
    make_folder(frozen);
    for (gsize i = 0; i < G_N_ELEMENTS(shared); i++) {
        g_autofree char *from = home_path(shared[i]), *to = g_build_filename(home, shared[i], NULL);
        g_autofree char *target = g_canonicalize_filename(from, NULL);
        cr_assert(symlink(target, to) == 0, "%s", to);
    }
    write_text(frozen, "demo.txt", manifest);
    g_setenv("ASSAY_HOME", home, TRUE);
}

/* ---- backends ------------------------------------------------------------------------------------------------------ */

void fixture_add_faulty(Fixture *f, const char *name, const char *fault, const char *fields)
{
    g_autofree char *folder = g_build_filename(f->backends, name, NULL);
    g_autofree char *script = home_path("backends_under_test/faulty/adapter.py");
    g_autofree char *json = g_strdup_printf("{ \"kind\": \"adapter\", \"command\": [\"python3\", \"%s\", \"%s\"]%s%s }",
                                            script, fault, *fields ? ", " : "", fields);
    make_folder(folder);
    write_text(folder, "backend.json", json);
}

void fixture_add_command(Fixture *f, const char *name, const char *words, const char *fields)
{
    g_autofree char *folder = g_build_filename(f->backends, name, NULL);
    g_autofree char *json =
        g_strdup_printf("{ \"kind\": \"command\", \"command\": [%s]%s%s }", words, *fields ? ", " : "", fields);
    make_folder(folder);
    write_text(folder, "backend.json", json);
}

RunSummary fixture_run(Fixture *f, const char *name, guint jobs, double seconds, gboolean resume)
{
    return fixture_run_with(f, name, (RunOptions){ .jobs = jobs, .resume = resume, .seconds = seconds });
}

RunSummary fixture_run_with(Fixture *f, const char *name, RunOptions options)
{
    GError    *error = NULL;
    Selection  selection;
    RunSummary summary = { 0 };
    options.output_bytes = DEFAULT_OUTPUT_BYTES;
    cr_assert(selection_parse(NULL, NULL, &selection, &error));
    g_autoptr(Backend)  backend = backend_load(name, &error);
    g_autoptr(Workload) workload = backend ? workload_read(f->corpus, &selection, &error) : NULL;
    g_autoptr(Results)  results =
        workload ? results_open(f->results, options.resume ? RESULTS_APPEND : RESULTS_NEW, &error) : NULL;
    gboolean good = results && workload_record(workload, results, &error) &&
                    run_backend(workload, backend, &options, NULL, results, &summary, &error);
    cr_assert(good, "%s", error ? error->message : "");
    selection_clear(&selection);
    return summary;
}

typedef struct {
    Verdict  verdict;
    char    *message;
    gboolean flaky;
} Stored;

static gboolean keep(const VerdictFacts *facts, gpointer data, GError **error)
{
    Stored *stored = data;
    (void)error;
    stored->verdict = facts->verdict;
    stored->message = g_strdup(facts->message);
    stored->flaky = facts->flaky;
    return TRUE;
}

Verdict fixture_verdict(Fixture *f, const char *name, const char *backend, char **message, gboolean *flaky)
{
    GError            *error = NULL;
    Stored             stored = { .verdict = VERDICT_NOT_RUN };
    g_autofree char   *id = g_strconcat("demo/", name, NULL);
    g_autoptr(Results) results = results_open(f->results, RESULTS_READ, &error);
    cr_assert(results && results_each_verdict(results, id, backend, keep, &stored, &error), "%s",
              error ? error->message : "");
    if (message)
        *message = stored.message;
    else
        g_free(stored.message);
    if (flaky)
        *flaky = stored.flaky;
    return stored.verdict;
}
