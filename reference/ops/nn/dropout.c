#include "reference/ops/shared/move.h"
#include "reference/ops/shared/random.h"

#include <string.h>

/* Whether elements are dropped, and at which rate. Versions 7 and 10 know inference only. */
static gboolean read_mode(const Eval *ev, gboolean *drops, double *ratio, GError **error)
{
    const int version = eval_version(ev);
    const Tensor *given = version >= 12 ? eval_input(ev, 1) : NULL, *training = version >= 12 ? eval_input(ev, 2) : NULL;
    if ((given && given->count != 1) || (training && training->count != 1))
        return eval_fail(error, "ratio and training_mode must be scalars");
    *ratio = version < 12 ? (double)eval_float(ev, "ratio") : given ? tensor_get_double(given, 0) : 0.5;
    *drops = version < 7 ? eval_int(ev, "is_test") == 0 : training && tensor_get_int(training, 0) != 0;
    return !*drops || (*ratio >= 0 && *ratio < 1) || eval_fail(error, "ratio is %g, expected at least 0 and less than 1", *ratio);
}

static void drop(const Tensor *x, double ratio, uint64_t seed, Tensor *y, Tensor *mask)
{
    for (int64_t i = 0; i < x->count; i++) {
        const gboolean kept = random_uniform(seed, (uint64_t)i) >= ratio;
        tensor_set_double(y, i, kept ? tensor_get_double(x, i) / (1 - ratio) : 0);
        if (mask)
            tensor_set_int(mask, i, kept);
    }
}

static gboolean fill_with_ones(Tensor *mask, GError **error)
{
    g_autoptr(Tensor) one = tensor_new(mask->dtype, &SHAPE0, error);
    if (!one)
        return FALSE;
    tensor_set_int(one, 0, 1);
    move_fill(one, 0, mask);
    return TRUE;
}

static gboolean dropout(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    gboolean drops;
    double ratio;
    if (!read_mode(ev, &drops, &ratio, error))
        return FALSE;
    Tensor *mask = NULL;
    if (eval_wants(ev, 1)) {
        mask = eval_output(ev, 1, eval_version(ev) >= 10 ? DTYPE_BOOL : x->dtype, &x->shape, error);
        if (!mask || !fill_with_ones(mask, error))
            return FALSE;
    }
    if (!drops || ratio == 0)
        return move_reshape(ev, x, &x->shape, error);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    drop(x, ratio, eval_random_seed(ev), y, mask);
    return TRUE;
}

/* Without training a copy; with it, what is dropped is up to the backend. */
static gboolean bound(Eval *ev, GError **error)
{
    gboolean drops = TRUE;
    double ratio = 0;
    if (read_mode(ev, &drops, &ratio, error) && !drops)
        return bound_monotone(ev, error);
    for (gsize i = 0; i < eval_output_count(ev); i++)
        eval_set_uncertified(ev, i);
    return TRUE;
}

#define REST .kernel = dropout, .bound = bound
#define ONE .signature = "data:T -> output:T, mask:T?", .types = "T: floats1", REST
#define FLOATS8 "float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
#define THREE .signature = "data:T, ratio:T1?, training_mode:bool? -> output:T, mask:bool?", .attributes = "seed:int", REST
OPERATOR_DEFINE(dropout, "Dropout", "",
    { .since = 1, .attributes = "consumed_inputs:ints, is_test:int=0, ratio:float=0.5", ONE },
    { .since = 6, .attributes = "is_test:int=0, ratio:float=0.5", ONE },
    { .since = 7, .attributes = "ratio:float=0.5", ONE },
    { .since = 10, .signature = "data:T -> output:T, mask:bool?", .types = "T: floats1", .attributes = "ratio:float=0.5", REST },
    { .since = 12, .types = "T: floats1 | T1: floats1", THREE },
    { .since = 13, .types = "T: floats13 | T1: floats1", THREE },
    { .since = 22, .types = "T: floats13 " FLOATS8 " | T1: floats13 " FLOATS8, THREE })
