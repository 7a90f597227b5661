/* x + bias below -lambd, x - bias above lambd, 0 between (also for a NaN, which is neither). Integers compute the real
 * number and truncate it towards zero, beyond the type to its end. */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double shrink_fast(const double *args)
{
    const double x = args[0], bias = args[1], lambd = args[2];
    return x < -lambd ? x + bias : x > lambd ? x - bias : 0;
}

static gboolean shrink_exact(mpfr_ptr y, const double *args)
{
    const double x = args[0], bias = args[1], lambd = args[2];
    if (!(x < -lambd || x > lambd))
        return mpfr_set_d(y, 0, MPFR_RNDN) == 0;
    mpfr_set_d(y, x, MPFR_RNDN);
    return mpfr_add_d(y, y, x < -lambd ? bias : -bias, MPFR_RNDN) == 0;
}
static const RealFunction function = { shrink_fast, 0x1p-53, shrink_exact };

/* One integer element; MPFR holds every 64-bit integer and its sum with a float32 number exactly in 320 bits. */
static void shrink_integer(const Tensor *x, Tensor *y, int64_t i, double bias, double lambd, mpfr_ptr value)
{
    const gboolean is_unsigned = dtype_info(x->dtype)->domain == DOMAIN_UNSIGNED;
    if (is_unsigned)
        mpfr_set_uj(value, (uintmax_t)tensor_get_bits(x, i), MPFR_RNDN);
    else
        mpfr_set_sj(value, tensor_get_int(x, i), MPFR_RNDN);
    if (mpfr_cmp_d(value, -lambd) < 0)
        mpfr_add_d(value, value, bias, MPFR_RNDN);
    else if (mpfr_cmp_d(value, lambd) > 0)
        mpfr_sub_d(value, value, bias, MPFR_RNDN);
    else
        mpfr_set_zero(value, 1);
    if (is_unsigned)
        tensor_set_bits(y, i, MIN((uint64_t)mpfr_get_uj(value, MPFR_RNDZ), dtype_max(y->dtype)));
    else
        tensor_set_int(y, i, CLAMP((int64_t)mpfr_get_sj(value, MPFR_RNDZ), dtype_min(y->dtype),
                                   (int64_t)dtype_max(y->dtype)));
}

static gboolean shrink(Eval *ev, GError **error)
{
    const double parameters[] = { (double)eval_float(ev, "bias"), (double)eval_float(ev, "lambd") };
    const Tensor *x = eval_input(ev, 0);
    if (dtype_is_float(x->dtype))
        return real_unary(ev, &function, parameters, 2, error);
    if (isnan(parameters[0]) || isnan(parameters[1]))
        return eval_fail(error, "bias and lambd must be numbers for %s", dtype_name(x->dtype));
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    mpfr_t value;
    mpfr_init2(value, 320);
    for (int64_t i = 0; i < x->count; i++)
        shrink_integer(x, y, i, parameters[0], parameters[1], value);
    mpfr_clear(value);
    return TRUE;
}

static gboolean shrink_bound(Eval *ev, GError **error)
{
    return elementwise_bound_exact(ev, (const char *const[]){ "bias", "lambd", NULL }, error);
}

OPERATOR_DEFINE(shrink, "Shrink", "",
    { .since = 9, .signature = "input:T -> output:T", .types = "T: numeric1",
      .attributes = "bias:float=0, lambd:float=0.5", .kernel = shrink, .bound = shrink_bound })
