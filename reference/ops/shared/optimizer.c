#include "reference/ops/shared/optimizer.h"

/* value: the tensor that input belongs to; NULL for that tensor itself. */
static gboolean check_tensor(const Eval *ev, gsize input, const Tensor *value, GError **error)
{
    const Tensor *tensor = eval_input(ev, input);
    if (!tensor || (tensor->dtype != DTYPE_FLOAT && tensor->dtype != DTYPE_DOUBLE)) {
        g_autofree char *found = tensor ? tensor_describe(tensor) : g_strdup("no tensor");
        return eval_fail(error, "input %" G_GSIZE_FORMAT " is %s, expected float or double", input, found);
    }
    if (!value || (tensor->dtype == value->dtype && shape_equal(&tensor->shape, &value->shape)))
        return TRUE;
    g_autofree char *found = tensor_describe(tensor), *expected = tensor_describe(value);
    return eval_fail(error, "input %" G_GSIZE_FORMAT " is %s, expected %s like the tensor it belongs to", input, found,
                     expected);
}

/* The tensors of one optimised value: input 2 + role * n + i. */
static gboolean update_value(Eval *ev, gsize i, gsize n, gsize roles, gsize results, OptimizerUpdate update,
                             const OptimizerStep *step, GError **error)
{
    const Tensor *x[OPTIMIZER_MOST_ROLES];
    Tensor *y[OPTIMIZER_MOST_ROLES];
    for (gsize r = 0; r < roles; r++) {
        x[r] = eval_input(ev, 2 + r * n + i);
        if (!check_tensor(ev, 2 + r * n + i, r ? x[0] : NULL, error))
            return FALSE;
    }
    for (gsize r = 0; r < results; r++) {
        y[r] = eval_output(ev, r * n + i, x[0]->dtype, &x[0]->shape, error);
        if (!y[r])
            return FALSE;
    }
    for (int64_t k = 0; k < x[0]->count; k++) {
        double in[OPTIMIZER_MOST_ROLES], out[OPTIMIZER_MOST_ROLES];
        for (gsize r = 0; r < roles; r++)
            in[r] = tensor_get_double(x[r], k);
        update(step, in, out);
        for (gsize r = 0; r < results; r++)
            tensor_set_double(y[r], k, out[r]);
    }
    return TRUE;
}

gboolean optimizer_run(Eval *ev, gsize roles, gsize results, OptimizerPrepare prepare, OptimizerUpdate update,
                       gpointer parameters, GError **error)
{
    const Tensor *rate = eval_input(ev, 0), *count = eval_input(ev, 1);
    const gsize n = (eval_input_count(ev) - 2) / roles;
    if ((eval_input_count(ev) - 2) % roles != 0)
        return eval_fail(error, "%" G_GSIZE_FORMAT " tensors after T, expected a multiple of %" G_GSIZE_FORMAT,
                         eval_input_count(ev) - 2, roles);
    if (eval_output_count(ev) != n * results)
        return eval_fail(error, "%" G_GSIZE_FORMAT " outputs, expected %" G_GSIZE_FORMAT, eval_output_count(ev),
                         n * results);
    if (rate->count != 1 || count->count != 1)
        return eval_fail(error, "R and T must be scalars");
    OptimizerStep step = { tensor_get_double(rate, 0), tensor_get_int(count, 0), parameters };
    if (prepare)
        prepare(&step);
    for (gsize i = 0; i < n; i++)
        if (!update_value(ev, i, n, roles, results, update, &step, error))
            return FALSE;
    return TRUE;
}
