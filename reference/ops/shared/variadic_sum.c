#include "reference/ops/shared/variadic_sum.h"

#include "reference/ops/shared/sum_terms.h"

#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/select.h"

#include <math.h>

/* Inputs are brought to the output's shape by strides of 0, so that element i of the result finds its terms by index. */
typedef struct {
    gsize          n;
    const Tensor **inputs;
    int64_t      (*strides)[SHAPE_MAX_RANK];
    Shape          shape;
} Variadic;

static void align(Variadic *v, gsize k)
{
    const Shape *own = &v->inputs[k]->shape;
    int64_t dense[SHAPE_MAX_RANK];
    shape_strides(own, dense);
    const int missing = v->shape.rank - own->rank;
    for (int d = 0; d < v->shape.rank; d++)
        v->strides[k][d] = d < missing || own->dims[d - missing] == 1 ? 0 : dense[d - missing];
}

static void compute(const Variadic *v, gboolean mean, Tensor *y)
{
    g_autofree double *terms = g_new(double, v->n);
    int64_t index[SHAPE_MAX_RANK] = { 0 };
    for (int64_t i = 0; i < y->count; i++) {
        for (gsize k = 0; k < v->n; k++) {
            int64_t at = 0;
            for (int d = 0; d < v->shape.rank; d++)
                at += index[d] * v->strides[k][d];
            terms[k] = tensor_get_double(v->inputs[k], at);
        }
        tensor_set_double(y, i, sum_terms(terms, v->n, mean ? SUM_MEAN : SUM_PLAIN, y->dtype));
        for (int d = v->shape.rank - 1; d >= 0 && ++index[d] == v->shape.dims[d]; d--)
            index[d] = 0;
    }
}

/* Two terms of one shape, as residual networks have them: a sum in binary64, rounded once to any of our types, is the exact
 * sum rounded once. A NaN is the positive quiet one, as sum_terms has it. */
CLONES static void add_blocks(const double *restrict a, const double *restrict b, double *restrict y, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        const double sum = a[i] + b[i];
        y[i] = select_double(sum != sum, (double)NAN, sum);
    }
}

#define BLOCK 512

static void some_pairs(int64_t first, int64_t last, gpointer data)
{
    const Tensor *const *t = data;
    const int64_t width = dtype_info(t[0]->dtype)->width;
    const uint8_t *a = t[0]->data, *b = t[1]->data;
    uint8_t *y = t[2]->data;
    for (int64_t i = first; i < last; i += BLOCK) {
        double x0[BLOCK], x1[BLOCK], sum[BLOCK];
        const gsize n = (gsize)MIN(last - i, BLOCK);
        convert_to_double(t[0]->dtype, a + i * width, x0, n);
        convert_to_double(t[1]->dtype, b + i * width, x1, n);
        add_blocks(x0, x1, sum, n);
        convert_from_double(t[2]->dtype, sum, y + i * width, n);
    }
}

static void compute_any(Eval *ev, const Variadic *v, gboolean mean, Tensor *y)
{
    if (v->n == 2 && !mean && shape_equal(&v->inputs[0]->shape, &v->inputs[1]->shape))
        eval_parallel(ev, y->count, 1 << 16, some_pairs, (gpointer[]){ (gpointer)v->inputs[0], (gpointer)v->inputs[1], y });
    else
        compute(v, mean, y);
}

gboolean variadic_sum(Eval *ev, gboolean mean, GError **error)
{
    Variadic v = { .n = eval_input_count(ev), .shape = SHAPE0 };
    g_autofree const Tensor **inputs = g_new(const Tensor *, v.n);
    g_autofree int64_t(*strides)[SHAPE_MAX_RANK] = g_malloc_n(v.n, sizeof *strides);
    v.inputs = inputs;
    v.strides = strides;
    for (gsize k = 0; k < v.n; k++) {
        inputs[k] = eval_input(ev, k);
        Shape joined;
        if (!shape_broadcast(&v.shape, &inputs[k]->shape, &joined)) {
            g_autofree char *a = shape_to_string(&v.shape), *b = shape_to_string(&inputs[k]->shape);
            return eval_fail(error, "input %" G_GSIZE_FORMAT " of shape %s does not broadcast with %s", k, b, a);
        }
        v.shape = joined;
    }
    for (gsize k = 0; k < v.n; k++)
        align(&v, k);
    Tensor *y = eval_output(ev, 0, inputs[0]->dtype, &v.shape, error);
    if (y)
        compute_any(ev, &v, mean, y);
    return y != NULL;
}
