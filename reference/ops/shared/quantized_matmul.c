#include "reference/ops/shared/quantized_matmul.h"

#include "reference/ops/shared/gemm.h"
#include "reference/tensor/convert.h"

/* ---- parameters per line ---------------------------------------------------------------------------------------------- */

gboolean line_parameter(LineParameter *p, const Tensor *values, const Shape *operand, gboolean of_columns, const char *what,
                        GError **error)
{
    *p = (LineParameter){ .values = values };
    if (!values || (values->count == 1 && values->shape.rank <= 1))
        return TRUE;
    Shape full = *operand;
    const int summed = of_columns ? MAX(full.rank - 2, 0) : full.rank - 1;
    const int64_t lines = full.rank < 2 ? 1 : full.dims[of_columns ? full.rank - 1 : full.rank - 2];
    full.dims[summed] = 1;
    p->line = lines == 1 ? 0 : 1;
    if (values->shape.rank == 1 && values->count == lines)
        return TRUE;
    p->matrix = lines;
    if (shape_equal(&values->shape, &full))
        return TRUE;
    g_autofree char *found = shape_to_string(&values->shape), *expected = shape_to_string(&full);
    return eval_fail(error, "%s has shape %s, expected one element, [%" G_GINT64_FORMAT "] or %s", what, found, lines,
                     expected);
}

double line_parameter_at(const LineParameter *p, int64_t matrix, int64_t line)
{
    return p->values ? tensor_get_double(p->values, matrix * p->matrix + line * p->line) : 0.0;
}

/* ---- sums ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const QuantizedMatMul *q;
    GemmArithmetic         arithmetic;
    Tensor                *sums;
} Run;

static const void *matrix_of(const Tensor *t, int64_t index, int64_t rows, int64_t columns)
{
    return (const uint8_t *)t->data + index * rows * columns * dtype_info(t->dtype)->width;
}

/* Takes the zero point of each line from the packed cells. */
static void subtract(const Run *run, const LineParameter *zero, int64_t matrix, int64_t first, int64_t n, int64_t depth,
                     void *cells, int64_t width)
{
    for (int64_t i = 0; zero->values && i < n; i++) {
        const double z = line_parameter_at(zero, matrix, first + i);
        if (run->arithmetic == GEMM_INTEGER)
            for (int64_t j = 0; j < depth; j++)
                ((uint64_t *)cells)[j * width + i] -= (uint64_t)(int64_t)z;
        else
            for (int64_t j = 0; j < depth; j++)
                ((double *)cells)[j * width + i] -= z;
    }
}

static void left(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Run *run = data;
    const QuantizedMatMul *q = run->q;
    const int64_t matrix = q->a_at[item];
    const GemmMatrix a = { q->a->dtype, matrix_of(q->a, matrix, q->plan.m, q->plan.k), q->plan.k, 1 };
    gemm_pack(run->arithmetic, &a, first, n, from, depth, cells, width);
    subtract(run, &q->a_zero, matrix, first, n, depth, cells, width);
}

static void right(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Run *run = data;
    const QuantizedMatMul *q = run->q;
    const int64_t matrix = q->b_at[item];
    const GemmMatrix b = { q->b->dtype, matrix_of(q->b, matrix, q->plan.k, q->plan.n), 1, q->plan.n };
    gemm_pack(run->arithmetic, &b, first, n, from, depth, cells, width);
    subtract(run, &q->b_zero, matrix, first, n, depth, cells, width);
}

static void store(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const void *values, const double *rests)
{
    const Run *run = data;
    const int64_t at = (item * run->q->plan.m + row) * run->q->plan.n + column;
    if (run->arithmetic == GEMM_INTEGER) {
        convert_from_uint64(DTYPE_INT32, values, (int32_t *)run->sums->data + at, (gsize)n);
        return;
    }
    double *out = (double *)run->sums->data + at;
    for (int64_t i = 0; i < n; i++)
        out[i] = ((const double *)values)[i] + rests[i];
}

gboolean quantized_matmul_begin(QuantizedMatMul *q, const Tensor *a, const Tensor *a_zero, const Tensor *b,
                                const Tensor *b_zero, GError **error)
{
    *q = (QuantizedMatMul){ .a = a, .b = b };
    if (dtype_is_float(a->dtype) != dtype_is_float(b->dtype))
        return eval_fail(error, "operands are %s and %s, expected two integer or two float types", dtype_name(a->dtype),
                         dtype_name(b->dtype));
    if (!matmul_plan(&a->shape, &b->shape, &q->plan, error) ||
        !line_parameter(&q->a_zero, a_zero, &a->shape, FALSE, "the zero point of the left operand", error) ||
        !line_parameter(&q->b_zero, b_zero, &b->shape, TRUE, "the zero point of the right operand", error))
        return FALSE;
    if (shape_count(&q->plan.y) <= 0) /* nothing to compute, or more than tensor_new will give */
        return TRUE;
    const int64_t products = shape_count(&q->plan.batch);
    q->a_at = g_try_new(int64_t, (gsize)products);
    q->b_at = g_try_new(int64_t, (gsize)products);
    if (!q->a_at || !q->b_at)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " products", products);
    matmul_batches(&q->plan, q->a_at, q->b_at);
    return TRUE;
}

void quantized_matmul_clear(QuantizedMatMul *q)
{
    g_clear_pointer(&q->a_at, g_free);
    g_clear_pointer(&q->b_at, g_free);
}

Tensor *quantized_matmul_sums(Eval *ev, QuantizedMatMul *q, GError **error)
{
    const gboolean floats = dtype_is_float(q->a->dtype);
    Tensor *sums = tensor_new_uninitialised(floats ? DTYPE_DOUBLE : DTYPE_INT32, &q->plan.y, error);
    if (!sums || sums->count == 0)
        return sums;
    Run run = { q, floats ? GEMM_COMPENSATED : GEMM_INTEGER, sums };
    const Gemm gemm = { run.arithmetic, shape_count(&q->plan.batch), q->plan.m, q->plan.n, q->plan.k,
                        left, right, store, &run };
    gemm_run(ev, &gemm);
    return sums;
}
