/* Operators that have a kernel and a function body: both say the same, to the rounding of the body's steps. */
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <math.h>

static Tensor *result(const Model *model, gboolean prefer_body)
{
    const EvalOptions options = { .prefer_body = prefer_body };
    g_autoptr(GError) error = NULL;
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, &error);
    EvalOutput output = { 0 };
    cr_assert(evaluator && evaluator_run(evaluator, NULL, 0, &output, &error), "%s", error->message);
    Tensor *tensor = tensor_ref(output.value->tensor);
    eval_output_clear(&output);
    return tensor;
}

static void expect_agreement(const char *type, const char *node, int opset)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf(
        "<ir_version: 13, opset_import: [\"\" : %d]> g () => (%s y) <float[3,2] x = {-4.0, -0.75, 0.0, 0.5, 1.25, 5.0},"
        "float[2] b = {0.25, -0.75}, int64[1] axes = {1}> { %s }",
        opset, type, node);
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert(model, "%s", error->message);
    g_autoptr(Tensor) kernel = result(model, FALSE), body = result(model, TRUE);
    cr_assert(kernel->dtype == body->dtype && shape_equal(&kernel->shape, &body->shape), "%s", node);
    for (int64_t i = 0; i < kernel->count; i++) {
        const double k = tensor_get_double(kernel, i), f = tensor_get_double(body, i);
        cr_expect((isnan(k) && isnan(f)) || k == f || fabs(k - f) <= 4e-7 + 4e-7 * fabs(k), "%s: element %d: kernel %a, body %a",
                  node, (int)i, k, f);
    }
}

Test(bodies, agree_with_kernels)
{
    static const char *const elementwise[] = {
        "LeakyRelu <alpha = 0.25> (x)", "PRelu (x, b)", "Elu <alpha = 2.0> (x)", "ThresholdedRelu <alpha = 0.5> (x)",
        "HardSigmoid <alpha = 0.3> (x)", "HardSwish (x)", "Mish (x)", "Softplus (x)", "Softsign (x)", "Swish <alpha = 1.7> (x)",
        "SwiGLU <alpha = 1.7> (x, x)",
    };
    static const char *const reductions[] = { "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp" };
    for (gsize i = 0; i < G_N_ELEMENTS(elementwise); i++) {
        g_autofree char *node = g_strdup_printf("y = %s", elementwise[i]);
        expect_agreement("float[3,2]", node, 28);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(reductions); i++) {
        g_autofree char *along = g_strdup_printf("y = %s <keepdims = 0> (x, axes)", reductions[i]);
        g_autofree char *noop = g_strdup_printf("y = %s <noop_with_empty_axes = 1> (x)", reductions[i]);
        g_autofree char *whole = g_strdup_printf("y = %s (x)", reductions[i]);
        expect_agreement("float[3]", along, 18);
        expect_agreement("float[3,2]", noop, 18);
        expect_agreement("float[1,1]", whole, 18);
    }
    expect_agreement("bool[3,2]", "y = LessOrEqual (x, b)", 16);
    expect_agreement("bool[3,2]", "y = GreaterOrEqual (x, b)", 16);
}
