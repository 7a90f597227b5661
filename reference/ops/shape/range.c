#include "reference/ops/shared/move.h"
#include "reference/tensor/float_format.h"

#include <math.h>

#define MOST 9007199254740992.0 /* 2^53: indices below are exact as doubles */

/* How many of start, start + delta, ... come before limit; -1 with an error. */
static int64_t count_float(double start, double limit, double delta, GError **error)
{
    const double n = ceil((limit - start) / delta);
    if (delta == 0 || !(n < MOST)) {
        eval_fail(error, "no range from %g to %g in steps of %g", start, limit, delta);
        return -1;
    }
    return n > 0 ? (int64_t)n : 0;
}

static int64_t count_int(int64_t start, int64_t limit, int64_t delta, GError **error)
{
    if (delta == 0) {
        eval_fail(error, "delta is 0");
        return -1;
    }
    if (delta > 0 ? limit <= start : limit >= start)
        return 0;
    const uint64_t distance = delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    const uint64_t step = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta, n = (distance - 1) / step + 1;
    if (n > (uint64_t)G_MAXINT64) {
        eval_fail(error, "the range has more than 2^63-1 elements");
        return -1;
    }
    return (int64_t)n;
}

/* start + i * delta with one rounding into the dtype: of float64 by FMA, of narrower types through round-to-odd. */
static double element(DType dtype, double start, double delta, int64_t i)
{
    const double index = (double)i;
    if (dtype == DTYPE_DOUBLE)
        return fma(index, delta, start);
    const double product = index * delta, sum = start + product, part = sum - start;
    return float_round_to_odd(sum, (start - (sum - part)) + (product - part) + fma(index, delta, -product));
}

static gboolean range(Eval *ev, GError **error)
{
    const Tensor *start = eval_input(ev, 0), *limit = eval_input(ev, 1), *delta = eval_input(ev, 2);
    if (start->count != 1 || limit->count != 1 || delta->count != 1)
        return eval_fail(error, "start, limit and delta must have one element each");
    const DType dtype = start->dtype;
    if (eval_has(ev, "stash_type") && !dtype_is_float((DType)eval_int(ev, "stash_type")))
        return eval_fail(error, "stash_type is %" G_GINT64_FORMAT ", expected a float type", eval_int(ev, "stash_type"));
    const gboolean real = dtype_is_float(dtype);
    const double first = tensor_get_double(start, 0), step = tensor_get_double(delta, 0);
    const int64_t n = real ? count_float(first, tensor_get_double(limit, 0), step, error)
                           : count_int(tensor_get_int(start, 0), tensor_get_int(limit, 0), tensor_get_int(delta, 0), error);
    if (n < 0)
        return FALSE;
    const Shape shape = SHAPE(n);
    Tensor *y = eval_output(ev, 0, dtype, &shape, error);
    for (int64_t i = 0; y && i < n; i++) {
        if (real)
            tensor_set_double(y, i, element(dtype, first, step, i));
        else
            tensor_set_int(y, i, tensor_get_int(start, 0) + i * tensor_get_int(delta, 0));
    }
    return y != NULL;
}

/* Backends may add delta up instead of multiplying: every way gives the same where all values met are representable. */
static gboolean range_bound(Eval *ev, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0), *delta = eval_input(ev, 2);
    const double first = tensor_get_double(eval_input(ev, 0), 0), step = tensor_get_double(delta, 0);
    g_autoptr(Tensor) rounded = tensor_new(delta->dtype, &SHAPE0, error);
    gboolean exact = TRUE;
    if (!rounded)
        return FALSE;
    for (int64_t i = 0; exact && y && dtype_is_float(y->dtype) && i < y->count; i++) {
        const double product = (double)i * step, value = tensor_get_double(y, i);
        tensor_set_double(rounded, 0, product);
        exact = tensor_get_double(rounded, 0) == product && fma((double)i, step, -product) == 0 && value - first == product &&
                value - product == first;
    }
    if (!exact) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    return bound_exact(ev, error);
}

/* stash_type is the least precision in which a backend computes the two narrow types: nothing to a single rounding. */
#define REST .signature = "start:T, limit:T, delta:T -> output:T", .kernel = range, .bound = range_bound
OPERATOR_DEFINE(range, "Range", "",
    { .since = 11, .types = "T: float double int16 int32 int64", REST },
    { .since = 27, .types = "T: float double int16 int32 int64 float16 bfloat16", .attributes = "stash_type:int=1", REST })
