/* Gradient: every rule held against central differences in double. */
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { MOST = 3 };

typedef struct {
    const char *types; /* of a, b and c */
    const char *node;  /* y from a, b and c */
    int         opset;
} Sample;

static const Sample samples[] = {
    { "double[2,3] a", "y = Abs (a)", 21 },
    { "double[2,3] a, double[3] b", "y = Add (a, b)", 21 },
    { "double[2,3] a", "y = Cos (a)", 21 },
    { "double[2,3] a, double[2,1] b", "y = Div (a, b)", 21 },
    { "double[2,3] a", "y = Erf (a)", 21 },
    { "double[2,3] a", "y = Exp (a)", 21 },
    { "double[2,3] a", "y = Flatten <axis = 0> (a)", 21 },
    { "double[2,3] a, double[3,2] b", "y = Gemm <alpha = 0.5> (a, b)", 21 },
    { "double[3,2] a, double[2,3] b", "y = Gemm <alpha = 0.5, transA = 1, transB = 1> (a, b)", 21 },
    { "double[2,3] a, double[3,2] b, double[2] c", "y = Gemm <beta = 0.25> (a, b, c)", 21 },
    { "double[3,2] a, double[2,3] b, double c", "y = Gemm <transA = 1, transB = 1> (a, b, c)", 21 },
    { "double[2,3] a", "y = Identity (a)", 21 },
    { "double[2,3] a", "y = Log (a)", 21 },
    { "double[2,2,3] a, double[3,2] b", "y = MatMul (a, b)", 21 },
    { "double[2,3] a, double[2,1,3] b", "y = Mul (a, b)", 21 },
    { "double[2,3] a", "y = Neg (a)", 21 },
    { "double[2,3] a, double[3] b", "y = Pow (a, b)", 21 },
    { "double[2,3] a", "y = Reciprocal (a)", 21 },
    { "double[2,3] a", "y = ReduceMean (a)", 21 },
    { "double[2,3] a", "y = ReduceSum <keepdims = 0> (a)", 21 },
    { "double[2,3] a", "k = Constant <value_ints = [1]> () y = ReduceMean <keepdims = 0> (a, k)", 21 },
    { "double[2,3] a", "k = Constant <value_ints = [-2]> () y = ReduceSum (a, k)", 13 },
    { "double[2,3] a", "y = Relu (a)", 21 },
    { "double[2,3] a", "k = Constant <value_ints = [3, 2]> () y = Reshape (a, k)", 21 },
    { "double[2,3] a", "y = Sigmoid (a)", 21 },
    { "double[2,3] a", "y = Sin (a)", 21 },
    { "double[2,3] a", "y = Softmax <axis = 0> (a)", 21 },
    { "double[2,3] a", "y = Softmax (a)", 21 },
    { "double[2,3] a", "y = Softplus (a)", 21 },
    { "double[2,3] a", "y = Sqrt (a)", 21 },
    { "double[2,1] a", "y = Squeeze (a)", 21 },
    { "double[2,1] a", "k = Constant <value_ints = [1]> () y = Squeeze (a, k)", 21 },
    { "double[2,1] a", "y = Squeeze <axes = [1]> (a)", 11 },
    { "double[3] a, double[2,3] b", "y = Sub (a, b)", 7 },
    { "double[2,3] a", "y = Tanh (a)", 21 },
    { "double[2,3,2] a", "y = Transpose <perm = [2, 0, 1]> (a)", 21 },
    { "double[2,3] a", "y = Transpose (a)", 21 },
    { "double[3] a", "y = Unsqueeze <axes = [0]> (a)", 11 },
    { "double[3] a", "k = Constant <value_ints = [0]> () y = Unsqueeze (a, k)", 21 },
    /* a tensor used twice, and a chain */
    { "double[2,3] a", "t = Mul (a, a) y = Add (t, a)", 21 },
    { "double[2,3] a, double[3,2] b", "t = MatMul (a, b) u = Tanh (t) y = Softmax (u)", 21 },
};

static Model *model_of_sample(const Sample *s, gsize *n)
{
    *n = strstr(s->types, " c") ? 3 : strstr(s->types, " b") ? 2 : 1;
    static const char *const xs[] = { "", "\"a\"", "\"a\", \"b\"", "\"a\", \"b\", \"c\"" };
    static const char *const ins[] = { "", "a", "a, b", "a, b, c" }, *const outs[] = { "", "da", "da, db", "da, db, dc" };
    g_autofree char *text = g_strdup_printf(
        "<ir_version: 10, opset_import: [\"\" : %d, \"ai.onnx.preview.training\" : 1]> g (%s) => (z, %s) { %s z = Mul (y, y) "
        "%s = ai.onnx.preview.training.Gradient <xs = [%s], y = \"z\"> (%s) }",
        s->opset, s->types, outs[*n], s->node, outs[*n], xs[*n], ins[*n]);
    g_autoptr(GError) error = NULL;
    Model *model = model_from_text(text, &error);
    cr_assert(model, "%s\n%s", error->message, text);
    return model;
}

static Value *input_of(const Model *model, gsize i)
{
    const Type *type = LIST_AT(&model->graph->inputs, ValueInfo, i)->type;
    Shape shape = { .rank = (int)type->rank };
    for (gsize d = 0; d < type->rank; d++)
        shape.dims[d] = type->dims[d].value;
    Tensor *t = tensor_new(DTYPE_DOUBLE, &shape, NULL);
    for (int64_t k = 0; k < t->count; k++)
        tensor_set_double(t, k, 0.3 + 0.17 * (double)((k * 5 + (int64_t)i * 3) % 7));
    return value_from_tensor(t);
}

static double sum_of(const Tensor *t)
{
    double sum = 0;
    for (int64_t k = 0; k < t->count; k++)
        sum += tensor_get_double(t, k);
    return sum;
}

static double value_at(Evaluator *e, Value *const *inputs, gsize n)
{
    EvalOutput outputs[1 + MOST] = { { 0 } };
    g_autoptr(GError) error = NULL;
    cr_assert(evaluator_run(e, inputs, n, outputs, &error), "%s", error->message);
    const double sum = sum_of(outputs[0].value->tensor);
    for (gsize i = 0; i < 1 + MOST; i++)
        eval_output_clear(&outputs[i]);
    return sum;
}

static void expect_slope(const Sample *s, Evaluator *e, Value *const *inputs, gsize n, gsize which, const Tensor *gradient)
{
    const double step = 0x1p-17;
    Tensor *x = inputs[which]->tensor;
    cr_assert(shape_equal(&x->shape, &gradient->shape), "%s", s->node);
    for (int64_t k = 0; k < x->count; k++) {
        const double here = tensor_get_double(x, k);
        tensor_set_double(x, k, here + step);
        const double above = value_at(e, inputs, n);
        tensor_set_double(x, k, here - step);
        const double below = value_at(e, inputs, n);
        tensor_set_double(x, k, here);
        const double slope = (above - below) / (2 * step), found = tensor_get_double(gradient, k);
        cr_expect(fabs(slope - found) <= 1e-7 * (1 + fabs(slope)), "%s: input %zu, element %d: %g, differences give %g", s->node,
                  (size_t)which, (int)k, found, slope);
    }
}

Test(gradient, every_rule_is_the_slope)
{
    for (gsize k = 0; k < G_N_ELEMENTS(samples); k++) {
        gsize n;
        g_autoptr(Model) model = model_of_sample(&samples[k], &n);
        g_autoptr(GError) error = NULL;
        g_autoptr(Evaluator) e = evaluator_new(model, NULL, &error);
        cr_assert(e, "%s", error->message);
        Value *inputs[MOST] = { NULL };
        for (gsize i = 0; i < n; i++)
            inputs[i] = input_of(model, i);
        EvalOutput outputs[1 + MOST] = { { 0 } };
        cr_assert(evaluator_run(e, inputs, n, outputs, &error), "%s: %s", samples[k].node, error->message);
        for (gsize i = 0; i < n; i++)
            expect_slope(&samples[k], e, inputs, n, i, outputs[1 + i].value->tensor);
        for (gsize i = 0; i < 1 + MOST; i++)
            eval_output_clear(&outputs[i]);
        for (gsize i = 0; i < n; i++)
            value_unref(inputs[i]);
    }
}

#define GRADIENT "ai.onnx.preview.training.Gradient"

Test(gradient, inputs_take_the_place_of_what_they_name)
{
    /* d(x * w)/dx at w = 5, whatever w is in the graph; y is not computed from z. */
    expect_holds("g () => (float y, float d, float e) <float x = {2.0}, float w = {3.0}, float v = {5.0}, float z = {7.0}, "
                 "float want_y = {6.0}, float want_d = {5.0}, float want_e = {0.0}> "
                 "{ y = Mul (x, w) d, e = " GRADIENT " <xs = [\"x\", \"z\"], zs = [\"w\"], y = \"y\"> (x, z, v) }", 14);
    /* with respect to a tensor on the way, and to y itself */
    expect_holds("g () => (float y, float d) <float x = {2.0}, float want_y = {16.0}, float want_d = {8.0}> "
                 "{ h = Mul (x, x) y = Mul (h, h) d = " GRADIENT " <xs = [\"h\"], y = \"y\"> (h) }", 14);
    expect_holds("g () => (float d) <float x = {2.0}, float want_d = {1.0}> { d = " GRADIENT " <xs = [\"x\"], y = \"x\"> (x) }", 14);
}

Test(gradient, refuses)
{
    expect_fails("g () => (float d) <float x = {2.0}> { y = Ceil (x) d = " GRADIENT " <xs = [\"x\"], y = \"y\"> (x) }", 14,
                 "no derivative of Ceil with 1 inputs is known");
    expect_fails("g () => (float d) <float x = {2.0}> { y = Exp (x) d = " GRADIENT " <xs = [\"x\", \"x\"], y = \"y\"> (x, x) }", 14,
                 "more than once");
    expect_fails("g () => (float d) <float x = {2.0}> { y = Exp (x) d = " GRADIENT " <xs = [\"x\"], y = \"y\"> (x, x) }", 14,
                 "2 inputs and 1 outputs");
    expect_fails("g () => (float d) <float x = {2.0}> { y = Exp (x) d = " GRADIENT " <xs = [\"x\"], y = \"w\"> (x) }", 14,
                 "neither in xs nor in zs");
    expect_fails("g () => (float d) <int32 x = {2}> { y = Add (x, x) d = " GRADIENT " <xs = [\"x\"], y = \"y\"> (x) }", 14,
                 "expected a tensor of float16, float or double");
    expect_fails("g () => (float d) <float x = {2.0}> { d = " GRADIENT " <xs = [\"x\"], y = \"d\"> (x) }", 14,
                 "which this node computes");
}
