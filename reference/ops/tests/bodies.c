/* Operators that have a kernel and a function body: both say the same, to the rounding of the body's steps. */
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"
#include "reference/ops/tests/random_node.h"
#include "reference/tensor/float_format.h"

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

/* ---- all of them, on random nodes -------------------------------------------------------------------------------------------- */

enum { ROUNDS = 3000, ENOUGH = 4 };

static gboolean both_run(const RandomNode *node, EvalOutput *kernel, EvalOutput *body)
{
    g_autoptr(Evaluator) a = evaluator_new(node->model, &(EvalOptions){ .seed = 1 }, NULL);
    g_autoptr(Evaluator) b = evaluator_new(node->model, &(EvalOptions){ .seed = 1, .prefer_body = TRUE }, NULL);
    return a && b && evaluator_run(a, (Value *const *)node->inputs, node->n, kernel, NULL) &&
           evaluator_run(b, (Value *const *)node->inputs, node->n, body, NULL);
}

/* Numbers whose squares and sums stay within narrow types: where a step of the body overflows, and the kernel does not, they
 * do not disagree about the meaning. */
static gboolean tame(const RandomNode *node)
{
    for (gsize i = 0; i < node->n; i++) {
        const Tensor *t = node->inputs[i] && node->inputs[i]->kind == VALUE_TENSOR ? node->inputs[i]->tensor : NULL;
        const Domain domain = t ? dtype_info(t->dtype)->domain : DOMAIN_STRING;
        if (domain == DOMAIN_STRING || domain == DOMAIN_COMPLEX)
            continue;
        for (int64_t k = 0; k < t->count; k++)
            if (!(fabs(tensor_get_double(t, k)) <= 8))
                return FALSE;
    }
    return TRUE;
}

/* To the rounding of the body's steps, each to the type: as many ulps of the type as a body has steps, and of the largest
 * value around, because a body may cancel. */
static gboolean close_enough(const Tensor *kernel, const Tensor *body)
{
    if (kernel->dtype != body->dtype || !shape_equal(&kernel->shape, &body->shape))
        return FALSE;
    if (dtype_info(kernel->dtype)->domain != DOMAIN_FLOAT)
        return tensor_equal(kernel, body);
    const double epsilon = ldexp(1, -dtype_info(kernel->dtype)->format->mantissa_bits);
    for (int64_t i = 0; i < kernel->count; i++) {
        const double k = tensor_get_double(kernel, i), f = tensor_get_double(body, i);
        if (k == f || (isnan(k) && isnan(f)))
            continue;
        if (!(fabs(k - f) <= 32 * epsilon * (4 + fabs(k))))
            return FALSE;
    }
    return TRUE;
}

static guint agreements(const Operator *op, const OpVersion *version, GRand *rand)
{
    enum { OUTPUTS = 8 };
    guint agreed = 0;
    for (int round = 0; round < ROUNDS && agreed < ENOUGH; round++) {
        g_autoptr(RandomNode) node = random_node(version, op, rand);
        EvalOutput kernel[OUTPUTS] = { { 0 } }, body[OUTPUTS] = { { 0 } };
        const gsize n = node->model->graph->outputs.n;
        if (n <= OUTPUTS && tame(node) && both_run(node, kernel, body)) {
            agreed += kernel[0].value->kind == VALUE_TENSOR && kernel[0].value->tensor->count > 0;
            for (gsize i = 0; i < n; i++)
                cr_expect(kernel[i].value->kind != VALUE_TENSOR || close_enough(kernel[i].value->tensor, body[i].value->tensor),
                          "%s-%d: kernel and body differ in round %d", op->name, version->since, round);
        }
        for (gsize i = 0; i < OUTPUTS; i++) {
            eval_output_clear(&kernel[i]);
            eval_output_clear(&body[i]);
        }
    }
    return agreed;
}

Test(bodies, every_kernel_agrees_with_its_body)
{
    gsize n;
    const Operator *const *operators = operator_all(&n);
    for (gsize i = 0; i < n; i++)
        for (gsize v = 0; v < operators[i]->n_versions; v++) {
            const OpVersion *version = &operators[i]->versions[v];
            if (version->deprecated || !version->kernel || (!version->body && !version->expand))
                continue;
            g_autoptr(GRand) rand = g_rand_new_with_seed(g_str_hash(operators[i]->name) + (guint)version->since);
            cr_expect_geq(agreements(operators[i], version, rand), ENOUGH, "%s-%d: no sample holds its kernel against its body",
                          operators[i]->name, version->since);
        }
}
