/* fmod=0: integers, the result has the divisor's sign (Python's %). fmod=1: C's fmod, the dividend's sign; the text
 * names floats for it, published cases use it on integers too. An integer remainder by zero, which the text leaves
 * open, is 0. */
#include "reference/ops/shared/elementwise.h"

#include <math.h>

static int64_t remainder_of(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

static int64_t floor_remainder(int64_t a, int64_t b)
{
    const int64_t r = remainder_of(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

BINARY_BLOCK(truncated_f, double, fmod(a, b))
BINARY_BLOCK(truncated_i, int64_t, remainder_of(a, b))
BINARY_BLOCK(floored_i, int64_t, floor_remainder(a, b))
BINARY_BLOCK(modulo_u, uint64_t, b == 0 ? 0 : a % b)
static const BinaryFn truncated = { truncated_f, truncated_i, modulo_u }, floored = { NULL, floored_i, modulo_u };

static gboolean mod(Eval *ev, GError **error)
{
    const int64_t fmod_given = eval_int(ev, "fmod");
    const DType dtype = eval_input(ev, 0)->dtype;
    if (fmod_given != 0 && fmod_given != 1)
        return eval_fail(error, "fmod is %" G_GINT64_FORMAT ", expected 0 or 1", fmod_given);
    if (!fmod_given && dtype_is_float(dtype))
        return eval_fail(error, "fmod is 0 for %s, expected 1 for floating-point types", dtype_name(dtype));
    return elementwise_binary(ev, fmod_given ? &truncated : &floored, error);
}

#define REST .signature = "A:T, B:T -> C:T", .attributes = "fmod:int=0", .kernel = mod, .bound = bound_exact
OPERATOR_DEFINE(mod, "Mod", "",
    { .since = 10, .types = "T: numeric1", REST },
    { .since = 13, .types = "T: numeric13", REST })
