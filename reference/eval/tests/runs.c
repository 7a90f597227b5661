/* The runner: scopes, functions, attribute references, limits, certificates. Models are written as text. */
#include "reference/eval/eval.h"
#include "reference/eval/schema.h"
#include "reference/onnx/check.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <string.h>

/* Runs a model on float vectors and gives output 0, or NULL with the error. */
static Tensor *run(const char *text, const EvalOptions *options, GError **error, int n, ...)
{
    g_autoptr(Model) model = model_from_text(text, error);
    if (!model || !model_check(model, error))
        return NULL;
    g_autoptr(Evaluator) evaluator = evaluator_new(model, options, error);
    if (!evaluator)
        return NULL;
    Value *inputs[4] = { NULL };
    va_list args;
    va_start(args, n);
    for (int i = 0; i < n; i++) {
        Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(2), NULL);
        tensor_set_double(t, 0, va_arg(args, double));
        tensor_set_double(t, 1, 10);
        inputs[i] = value_from_tensor(t);
    }
    va_end(args);
    EvalOutput output[2] = { 0 };
    const gboolean ok = evaluator_run(evaluator, inputs, (gsize)n, output, error);
    for (int i = 0; i < n; i++)
        value_unref(inputs[i]);
    Tensor *result = ok ? tensor_ref(output[0].value->tensor) : NULL;
    for (int i = 0; i < 2; i++)
        eval_output_clear(&output[i]);
    return result;
}

static void gives(const char *text, double x, double expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Tensor) y = run(text, NULL, &error, 1, x);
    cr_assert_not_null(y, "%s", error ? error->message : "");
    cr_expect_eq(tensor_get_double(y, 0), expected, "got %g", tensor_get_double(y, 0));
}

static void fails(const char *text, const char *because)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Tensor) y = run(text, NULL, &error, 1, 1.0);
    cr_expect_null(y);
    cr_expect(error && strstr(error->message, because), "said: %s", error ? error->message : "nothing");
}

#define HEAD "<ir_version: 10, opset_import: [\"\" : 21, \"own\" : 1]> "

Test(runs, nested_graphs_capture_from_every_level)
{
    gives(HEAD "g (float[2] x) => (float[2] y) {"
               " t = Constant <value: tensor = bool {1}> ()"
               " two = Add (x, x)"
               " y = If <then_branch: graph = a () => (float[2] r) {"
               "   three = Add (two, x)"
               "   r = If <then_branch: graph = b () => (float[2] s) { s = Add (three, two) },"
               "           else_branch: graph = c () => (float[2] s2) { s2 = Neg (x) }> (t) },"
               "   else_branch: graph = d () => (float[2] r2) { r2 = Neg (two) }> (t) }",
          1, 5);
}

Test(runs, function_attributes_defaults_and_references)
{
    const char *functions = " <domain: \"own\", opset_import: [\"\" : 21]> Clamp <high, low: float = 0.0> (x) => (y) {"
                            " l = Constant <value_float: float = @low> () h = Constant <value_float: float = @high> ()"
                            " y = Clip (x, l, h) }";
    g_autofree char *given = g_strconcat(HEAD "g (float[2] x) => (float[2] y) { y = own.Clamp <high: float = 3.0> (x) }", functions, NULL);
    gives(given, 7, 3);
    gives(given, -7, 0);
    g_autofree char *both = g_strconcat(HEAD "g (float[2] x) => (float[2] y) { y = own.Clamp <high: float = 3.0, low: float = -2.0> (x) }", functions, NULL);
    gives(both, -7, -2);
}

Test(runs, overloads_are_different_functions)
{
    gives(HEAD "g (float[2] x) => (float[2] y) { a = own.F:one (x) y = own.F:two (a) }"
               " <domain: \"own\", opset_import: [\"\" : 21], overload: \"one\"> F (x) => (y) { y = Add (x, x) }"
               " <domain: \"own\", opset_import: [\"\" : 21], overload: \"two\"> F (x) => (y) { y = Neg (x) }",
          3, -6);
}

Test(runs, absent_optional_parameters_stay_absent)
{
    gives(HEAD "g (float[2] x) => (float[2] y) { y = own.G (x) }"
               " <domain: \"own\", opset_import: [\"\" : 21]> G (x, low) => (y) { y = Clip (x, low) }",
          -4, -4);
}

Test(runs, no_input_of_a_variadic_operator_may_be_missing)
{
    fails(HEAD "g (float[2] x) => (float[2] y) { y = Mean (\"\") }", "omitted");
    fails(HEAD "g (float[2] x) => (float[2] y) { y = Sum (x, \"\", x) }", "omitted");
    fails(HEAD "g (float[2] x) => (float[4] y) { y = Concat <axis: int = 0> (x, \"\") }", "omitted");
    fails(HEAD "g (float[2] x) => (float[2] y) { y = own.G (x) }"
               " <domain: \"own\", opset_import: [\"\" : 21]> G (x, other) => (y) { y = Max (x, other) }",
          "'other' has no value");
}

Test(runs, a_local_function_wins_over_an_operator_of_its_name)
{
    gives(HEAD "g (float[2] x) => (float[2] y) { y = Abs (x) }"
               " <domain: \"\", opset_import: [\"\" : 21]> Abs (x) => (y) { y = Add (x, x) }",
          -4, -8);
}

Test(runs, messages_name_the_node)
{
    fails(HEAD "g (float[2] x) => (float[2] y) { [boom] y = Reshape (x) }", "Reshape 'boom'");
    fails(HEAD "g (float[2] x) => (float[2] y) { y = Concat (x, x) }", "axis");
    fails(HEAD "g (float[2] x) => (float[2] y) { y = Neg <alpha: float = 1.0> (x) }", "'alpha'");
    fails(HEAD "g (float[2] x) => (float[2] y) { y = Transpose <perm: int = 0> (x) }", "INTS");
    fails(HEAD "g (float[2] x) => (float[2] y) { y = Not (x) }", "bool");
    fails(HEAD "g (float[2] x) => (int64[2] y) { y = Neg (x) }", "int64");
    fails(HEAD "g (float[2] x) => (float[3] y) { y = Neg (x) }", "float[3]");
}

Test(runs, loops_end_at_their_limit)
{
    const char *endless = HEAD "g (float[2] x) => (float[2] y) {"
                               " n = Constant <value: tensor = int64 {4611686018427387904}> ()"
                               " y = Loop <body: graph = b (int64 i, bool c, float[2] v) => (bool k, float[2] w) {"
                               "   k = Identity (c) w = Neg (v) }> (n, , x) }";
    const EvalOptions options = { .limits = { .iterations = 1000 } };
    g_autoptr(GError) error = NULL;
    cr_expect_null(run(endless, &options, &error, 1, 1.0));
    cr_expect(g_error_matches(error, EVAL_ERROR, EVAL_ERROR_LIMIT), "%s", error ? error->message : "");
    const EvalOptions timed = { .limits = { .seconds = 0.05 } };
    g_clear_error(&error);
    cr_expect_null(run(endless, &timed, &error, 1, 1.0));
    cr_expect(error && strstr(error->message, "time"));
}

/* Functions that call each other twice each: 2^40 calls when inlined. */
Test(runs, exploding_functions_meet_the_node_limit)
{
    GString *text = g_string_new(HEAD "g (float[2] x) => (float[2] y) { y = own.F0 (x) }");
    for (int i = 0; i < 40; i++)
        g_string_append_printf(text, " <domain: \"own\", opset_import: [\"\" : 21, \"own\" : 1]> F%d (x) => (y) { a = own.F%d (x) y = own.F%d (a) }",
                               i, i + 1, i + 1);
    g_string_append(text, " <domain: \"own\", opset_import: [\"\" : 21]> F40 (x) => (y) { y = Neg (x) }");
    const EvalOptions options = { .limits = { .nodes = 10000 } };
    g_autoptr(GError) error = NULL;
    cr_expect_null(run(text->str, &options, &error, 1, 1.0));
    cr_expect(g_error_matches(error, EVAL_ERROR, EVAL_ERROR_LIMIT), "%s", error ? error->message : "");
    g_string_free(text, TRUE);
}

Test(runs, nothing_is_left_behind)
{
    const gsize before = tensor_memory_live();
    gives(HEAD "g (float[2] x) => (float[2] y) { a = Add (x, x) b = Mul (a, x) y = Sub (b, a) }", 3, 12);
    fails(HEAD "g (float[2] x) => (float[2] y) { a = Add (x, x) y = Concat (a, a) }", "axis");
    cr_expect_eq(tensor_memory_live(), before);
}

Test(runs, every_schema_parses)
{
    g_autofree char *wrong = schema_self_check();
    cr_expect_null(wrong, "%s", wrong);
}

/* ---- substitutes ------------------------------------------------------------------------------------------------------ */

static gboolean seven(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (tensor_get_double(x, 0) < 0)
        return eval_own_kernel(ev, error);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    for (int64_t i = 0; y && i < y->count; i++)
        tensor_set_double(y, i, 7);
    return y != NULL;
}

static OpKernel seven_for_abs(const Operator *op, gpointer data)
{
    (*(guint *)data)++;
    return strcmp(op->name, "Abs") == 0 ? seven : NULL;
}

Test(runs, a_substitute_takes_the_place_of_a_kernel_and_may_decline)
{
    guint asked = 0;
    const EvalOptions options = { .substitute = seven_for_abs, .substitute_data = &asked };
    const char *text = HEAD "g (float[2] x) => (float[2] y) { a = Abs (x)  y = Neg (a) }";
    g_autoptr(GError) error = NULL;
    g_autoptr(Tensor) taken = run(text, &options, &error, 1, 1.0), declined = run(text, &options, &error, 1, -3.0);
    cr_assert(taken && declined, "%s", error ? error->message : "");
    cr_expect_eq(tensor_get_double(taken, 0), -7.0);
    cr_expect_eq(tensor_get_double(declined, 0), -3.0);
    cr_expect_eq(asked, 4);
}
