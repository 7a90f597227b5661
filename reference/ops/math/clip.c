/* min(max, max(x, min)): of crossed limits max wins, a NaN stays one. A limit that is not given does not limit: the
 * text's default numeric_limits would turn an infinity into the largest number, the published body leaves it alone, so
 * the kernel does the latter and such an element carries no certificate. */
#include "reference/ops/shared/elementwise.h"

#include <math.h>

BINARY_BLOCK(at_least_f, double, a < b ? b : isnan(b) ? b : a)
BINARY_BLOCK(at_least_i, int64_t, MAX(a, b))
BINARY_BLOCK(at_least_u, uint64_t, MAX(a, b))
static const BinaryFn at_least = { at_least_f, at_least_i, at_least_u };
BINARY_BLOCK(at_most_f, double, a > b ? b : isnan(b) && !isnan(a) ? b : a)
BINARY_BLOCK(at_most_i, int64_t, MIN(a, b))
BINARY_BLOCK(at_most_u, uint64_t, MIN(a, b))
static const BinaryFn at_most = { at_most_f, at_most_i, at_most_u };

static gboolean apply(const BinaryFn *fn, Tensor **x, const Tensor *limit, GError **error)
{
    Tensor *next = elementwise_apply(fn, *x, limit, error);
    if (!next)
        return FALSE;
    tensor_unref(*x);
    *x = next;
    return TRUE;
}

static gboolean clip_between(Eval *ev, const Tensor *min, const Tensor *max, GError **error)
{
    g_autoptr(Tensor) x = tensor_ref(eval_input(ev, 0));
    if ((min && !apply(&at_least, &x, min, error)) || (max && !apply(&at_most, &x, max, error)))
        return FALSE;
    eval_set_tensor(ev, 0, g_steal_pointer(&x));
    return TRUE;
}

static gboolean is_scalar(const Tensor *limit, const char *name, GError **error)
{
    if (!limit || limit->shape.rank == 0)
        return TRUE;
    g_autofree char *found = shape_to_string(&limit->shape);
    return eval_fail(error, "%s has shape %s, expected a scalar", name, found);
}

static gboolean clip(Eval *ev, GError **error)
{
    const Tensor *min = eval_input(ev, 1), *max = eval_input(ev, 2);
    return is_scalar(min, "min", error) && is_scalar(max, "max", error) && clip_between(ev, min, max, error);
}

/* Limits as float attributes, compared before anything is rounded to the type. */
static gboolean clip_attributes(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const double min = eval_has(ev, "min") ? (double)eval_float(ev, "min") : -INFINITY;
    const double max = eval_has(ev, "max") ? (double)eval_float(ev, "max") : INFINITY;
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    for (int64_t i = 0; i < x->count; i++) {
        const double value = tensor_get_double(x, i), raised = value < min ? min : value;
        tensor_set_double(y, i, raised > max ? max : raised);
    }
    return TRUE;
}

static gboolean clip_bound(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const gboolean open = !eval_input(ev, 1) || !eval_input(ev, 2);
    if (open && dtype_is_float(x->dtype))
        for (int64_t i = 0; i < x->count; i++)
            if (isinf(tensor_get_double(x, i))) {
                eval_set_uncertified(ev, 0);
                return TRUE;
            }
    return bound_monotone(ev, error);
}

static gboolean clip_attributes_bound(Eval *ev, GError **error)
{
    return elementwise_bound_exact(ev, (const char *const[]){ "min", "max", NULL }, error);
}

#define ATTRIBUTES .signature = "input:T -> output:T", .types = "T: floats1", .kernel = clip_attributes, \
                   .bound = clip_attributes_bound
#define INPUTS .signature = "input:T, min:T?, max:T? -> output:T", .kernel = clip, .bound = clip_bound
OPERATOR_DEFINE(clip, "Clip", "",
    { .since = 1, .attributes = "max:float, min:float, consumed_inputs:ints", ATTRIBUTES },
    { .since = 6, .attributes = "max:float=3.4028234663852886e38, min:float=-3.4028234663852886e38", ATTRIBUTES },
    { .since = 11, .types = "T: floats1", INPUTS },
    { .since = 12, .types = "T: numeric1", INPUTS },
    { .since = 13, .types = "T: numeric13", INPUTS })
