#include "reference/eval/certify.h"
#include "reference/ops/shared/quantized_matmul.h"
#include "reference/ops/shared/requantize.h"

typedef struct {
    QuantizedMatMul product;
    LineParameter   a_scale, b_scale;
    Requantizer     to;
    Tensor         *sums;
} QLinearMatMul;

static void clear(QLinearMatMul *m)
{
    quantized_matmul_clear(&m->product);
    tensor_unref(m->sums);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QLinearMatMul, clear)

static gboolean begin(Eval *ev, QLinearMatMul *m, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 3), *y_scale = eval_input(ev, 6), *y_zero = eval_input(ev, 7);
    *m = (QLinearMatMul){ .sums = NULL };
    if (y_scale->count != 1 || y_zero->count != 1)
        return eval_fail(error, "y_scale and y_zero_point have %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                         " elements, expected one each", y_scale->count, y_zero->count);
    if (!quantized_matmul_begin(&m->product, a, eval_input(ev, 2), b, eval_input(ev, 5), error) ||
        !line_parameter(&m->a_scale, eval_input(ev, 1), &a->shape, FALSE, "a_scale", error) ||
        !line_parameter(&m->b_scale, eval_input(ev, 4), &b->shape, TRUE, "b_scale", error))
        return FALSE;
    m->to = (Requantizer){ .scale_type = y_scale->dtype, .target = y_zero->dtype,
                           .y_scale = tensor_get_double(y_scale, 0), .zero_point = tensor_get_double(y_zero, 0) };
    m->sums = quantized_matmul_sums(ev, &m->product, error);
    return m->sums != NULL;
}

/* The scales of the output element at a row-major position. */
static Requantizer at(const QLinearMatMul *m, int64_t position)
{
    const MatMulPlan *plan = &m->product.plan;
    const int64_t item = position / (plan->m * plan->n), row = position / plan->n % plan->m, column = position % plan->n;
    Requantizer r = m->to;
    r.a_scale = line_parameter_at(&m->a_scale, m->product.a_at[item], row);
    r.b_scale = line_parameter_at(&m->b_scale, m->product.b_at[item], column);
    return r;
}

static gboolean qlinear_matmul(Eval *ev, GError **error)
{
    g_auto(QLinearMatMul) m = { 0 };
    if (!begin(ev, &m, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, m.to.target, &m.sums->shape, error);
    for (int64_t i = 0; y && i < y->count; i++) {
        const Requantizer r = at(&m, i);
        tensor_set_double(y, i, requantize(&r, tensor_get_double(m.sums, i)));
    }
    return y != NULL;
}

static gboolean bound(Eval *ev, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    /* Sums of floats depend on their order. */
    if (!eval_inputs_exact(ev) || dtype_is_float(y->dtype) || dtype_is_float(eval_input(ev, 0)->dtype)) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    g_auto(QLinearMatMul) m = { 0 };
    if (!begin(ev, &m, error))
        return FALSE;
    g_autoptr(Tensor) lower = tensor_copy(y, error), upper = lower ? tensor_copy(y, error) : NULL;
    if (!upper)
        return FALSE;
    for (int64_t i = 0; i < y->count; i++) {
        const Requantizer r = at(&m, i);
        double low, high;
        requantize_range(&r, tensor_get_double(m.sums, i), &low, &high);
        tensor_set_double(lower, i, low);
        tensor_set_double(upper, i, high);
    }
    if (!tensor_equal(lower, upper))
        eval_set_interval(ev, 0, g_steal_pointer(&lower), g_steal_pointer(&upper));
    return TRUE;
}

#define SIGNATURE(scale) .signature = "a:T1, a_scale:" scale ", a_zero_point:T1, b:T2, b_scale:" scale \
                                      ", b_zero_point:T2, y_scale:" scale ", y_zero_point:T3 -> y:T3"
#define Q_10 "int8 uint8"
#define Q_21 Q_10 " float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
OPERATOR_DEFINE(qlinear_matmul, "QLinearMatMul", "",
    { .since = 10, SIGNATURE("float"), .types = "T1: " Q_10 " | T2: " Q_10 " | T3: " Q_10,
      .kernel = qlinear_matmul, .bound = bound },
    { .since = 21, SIGNATURE("TS"), .types = "T1: " Q_21 " | T2: " Q_21 " | T3: " Q_21 " | TS: float float16 bfloat16",
      .kernel = qlinear_matmul, .bound = bound })
