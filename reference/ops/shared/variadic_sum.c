#include "reference/ops/shared/variadic_sum.h"

#include "reference/ops/shared/sum_terms.h"

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
        compute(&v, mean, y);
    return y != NULL;
}
