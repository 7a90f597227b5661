/* Failing cases shrink to the operator at fault, stay cases, and go on failing the same way. */
#include "backends_under_test/runner/reduce.h"
#include "backends_under_test/runner/tests/fixture.h"
#include "golden/write.h"
#include "reference/cli/paths.h"

#include <criterion/criterion.h>
#include <string.h>

/* y = a chain of 26 nodes over float[4,6], with one Sub among Adds, Muls, transpositions and reshapes. */
static Model *long_chain(void)
{
    static const char *const ops[] = { "Add", "Mul", "Relu", "Transpose", "Neg", "Add", "Abs", "Transpose", "Mul" };
    Model      *model = model_new();
    Graph      *graph = model->graph;
    const char *last = "x";
    model_import(model, "", 25);
    graph_add_input(graph, "x", type_tensor(model, DTYPE_FLOAT, &SHAPE(4, 6)));
    graph_add_initializer(graph, "half", tensor_from_data(DTYPE_FLOAT, &SHAPE(1), (float[]){ 0.5f }, NULL));
    for (int i = 0; i < 26; i++) {
        const char     *op = i == 13 ? "Sub" : ops[i % (int)G_N_ELEMENTS(ops)];
        const gboolean  binary = strcmp(op, "Add") == 0 || strcmp(op, "Mul") == 0 || strcmp(op, "Sub") == 0;
        const char     *name = arena_printf(model->arena, "v%d", i);
        graph_add_node(graph, "", op, binary ? NAMES(last, "half") : NAMES(last), NAMES(name));
        last = name;
    }
    graph_add_output(graph, last, NULL);
    return model;
}

static char *add_chain(Fixture *f)
{
    GError              *error = NULL;
    g_autoptr(Model)     model = long_chain();
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    g_autoptr(Case)      c = case_new();
    g_autofree char     *parent = g_build_filename(f->corpus, "demo", NULL);
    char                *folder = g_build_filename(parent, "chain-native", NULL);
    Tensor              *x = tensor_new(DTYPE_FLOAT, &SHAPE(4, 6), NULL);
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_double(x, i, (double)i / 3 - 2);
    g_ptr_array_add(inputs, value_from_tensor(x));
    c->id = g_strdup("demo/chain-native");
    c->proposal = g_strdup("demo");
    c->name = g_strdup("chain-native");
    c->variant = g_strdup("base");
    c->semantic = g_strdup("chain");
    c->summary = g_strdup("a long chain");
    g_ptr_array_add(c->requirements, g_strdup("demo/R1"));
    g_mkdir_with_parents(parent, 0755);
    cr_assert(case_write(folder, c, model, inputs, &error), "%s", error ? error->message : "");
    return folder;
}

static Reduction reduce_chain(Fixture *f, const char *options, const char *folder, char **kind)
{
    GError            *error = NULL;
    Reduction          reduction = { 0 };
    g_autofree char   *chain = add_chain(f), *home = home_path("backends_under_test/reference");
    g_autofree char   *name = g_strconcat(home, options, NULL);
    const RunOptions   run = { .jobs = 1, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES };
    g_autoptr(Backend) backend = backend_load(name, &error);
    Subject           *subject = subject_read(chain, &error);
    cr_assert(backend && subject, "%s", error ? error->message : "");
    g_autoptr(Oracle) oracle = oracle_new(subject, backend, &run, 2000, FALSE, &error);
    cr_assert(oracle && reduce(subject, oracle, folder, &reduction, &error), "%s", error ? error->message : "");
    *kind = g_strdup(oracle_kind(oracle));
    subject_free(subject);
    return reduction;
}

/* With the reference as it is there is nothing to reduce. */
static void expect_pass(const char *folder)
{
    g_autoptr(GError)  error = NULL;
    g_autofree char   *home = home_path("backends_under_test/reference");
    const RunOptions   run = { .jobs = 1, .seconds = 20, .output_bytes = DEFAULT_OUTPUT_BYTES };
    g_autoptr(Backend) backend = backend_load(home, NULL);
    Subject           *subject = subject_read(folder, NULL);
    cr_assert(backend && subject);
    cr_expect_null(oracle_new(subject, backend, &run, 10, FALSE, &error));
    cr_expect(error && strstr(error->message, "ends in pass"), "%s", error ? error->message : "no error");
    subject_free(subject);
}

Test(reduce, finds_the_operator_at_fault_among_26_nodes)
{
    Fixture           f;
    GError           *error = NULL;
    g_autofree char  *kind = NULL;
    fixture_open(&f);
    g_autofree char  *folder = g_build_filename(f.folder, "small", NULL), *path = case_model_path(folder);
    const Reduction   r = reduce_chain(&f, ":mistake=Sub:Add", folder, &kind);
    cr_expect_eq(r.before.nodes, 26);
    cr_expect_leq(r.after.nodes, 3);
    cr_expect_leq(r.after.elements, 2, "%zu elements", r.after.elements);
    cr_expect(r.complete);
    cr_expect_str_eq(kind, "wrong_value F number");

    /* A whole case: the reference passes it, it says where it comes from, and its only operator is the one at fault. */
    expect_pass(folder);
    g_autoptr(Case)  c = case_read(folder, &error);
    g_autoptr(Model) model = model_load(path, NULL, &error);
    cr_assert(c && model, "%s", error ? error->message : "");
    cr_expect_str_eq(c->reduced_from, "demo/chain-native");
    cr_expect(g_str_has_suffix(c->reduced_for, ":mistake=Sub:Add: wrong_value"), "%s", c->reduced_for);
    cr_expect_str_eq(c->name, "chain-reduced-native");
    cr_expect_str_eq(LIST_AT(&model->graph->nodes, Node, 0)->op_type, "Sub");
    fixture_close(&f);
}

/* A refusal keeps its words: not just any refusal will do. */
Test(reduce, a_refusal_stays_the_same_refusal)
{
    Fixture         f;
    g_autofree char *kind = NULL;
    fixture_open(&f);
    g_autofree char *folder = g_build_filename(f.folder, "small", NULL);
    const Reduction  r = reduce_chain(&f, ":mistake=Sub:NoSuchOperator", folder, &kind);
    cr_expect_leq(r.after.nodes, 3);
    cr_expect(g_str_has_prefix(kind, "refused load "), "%s", kind);
    cr_expect(strstr(kind, "NoSuchOperator") || strstr(kind, "''"), "%s", kind);
    fixture_close(&f);
}

Test(reduce, what_passes_is_not_reduced)
{
    Fixture f;
    fixture_open(&f);
    g_autofree char *chain = add_chain(&f);
    expect_pass(chain);
    fixture_close(&f);
}

Test(reduce, a_case_that_is_not_there_is_named)
{
    g_autoptr(GError) error = NULL;
    cr_expect_null(subject_read("no-such/case", &error));
    cr_expect(g_str_has_suffix(error->message, "/no-such/case: no case there: expected a folder with case.json"), "%s", error->message);
}
