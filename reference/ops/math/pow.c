/* x to the power y, in the type of x. Floats follow IEEE 754's pow and are rounded once. Integers to integer powers
 * wrap to the width of the type; a negative power is 1 / x^|y| truncated towards zero (of 0, where there is none: 0).
 * Integers to float powers truncate the real number and end at the limits of the type. */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"

#include <math.h>

static double pow_fast(const double *args)
{
    return Sleef_cinz_powd1_u10purec(args[0], args[1]);
}

static gboolean pow_exact(mpfr_ptr y, const double *args)
{
    mpfr_t base, power;
    mpfr_inits2(53, base, power, (mpfr_ptr)NULL);
    mpfr_set_d(base, args[0], MPFR_RNDN);
    mpfr_set_d(power, args[1], MPFR_RNDN);
    const gboolean exact = mpfr_pow(y, base, power, MPFR_RNDN) == 0;
    mpfr_clears(base, power, (mpfr_ptr)NULL);
    return exact;
}
static const RealFunction function = { pow_fast, SLEEF_ERROR, pow_exact };

/* An element as MPFR sees it, exactly; `to` has 64 bits. */
static void element(mpfr_ptr to, const Tensor *t, int64_t i)
{
    switch (dtype_info(t->dtype)->domain) {
    case DOMAIN_FLOAT:
        mpfr_set_d(to, tensor_get_double(t, i), MPFR_RNDN);
        return;
    case DOMAIN_SIGNED:
        mpfr_set_sj(to, tensor_get_int(t, i), MPFR_RNDN);
        return;
    default:
        mpfr_set_uj(to, tensor_get_bits(t, i), MPFR_RNDN);
    }
}

typedef struct {
    mpfr_t base, power;
} Operands;

static gboolean evaluate(mpfr_ptr y, gconstpointer data)
{
    const Operands *o = data;
    return mpfr_pow(y, o->base, o->power, MPFR_RNDN) == 0;
}

/* Float results whose power is a 64-bit integer that no double need hold. */
static double pow_wide(Operands *o, const Tensor *x, int64_t i, const Tensor *y, int64_t j)
{
    element(o->base, x, i);
    element(o->power, y, j);
    return real_decide(x->dtype, evaluate, o);
}

static int64_t pow_truncated(Operands *o, const Tensor *x, int64_t i, const Tensor *y, int64_t j)
{
    mpfr_t z;
    element(o->base, x, i);
    element(o->power, y, j);
    mpfr_init2(z, 128);
    mpfr_pow(z, o->base, o->power, MPFR_RNDZ);
    const int64_t cut = mpfr_get_sj(z, MPFR_RNDZ);
    mpfr_clear(z);
    return CLAMP(cut, dtype_min(x->dtype), (int64_t)dtype_max(x->dtype));
}

static int64_t pow_integer(int64_t x, int64_t y, gboolean is_unsigned)
{
    if (y < 0 && !is_unsigned)
        return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;
    uint64_t result = 1, square = (uint64_t)x;
    for (uint64_t power = (uint64_t)y; power; power >>= 1, square *= square)
        if (power & 1)
            result *= square;
    return (int64_t)result;
}

static void pow_element(Operands *o, const Tensor *x, int64_t i, const Tensor *y, int64_t j, Tensor *z, int64_t at)
{
    const DTypeInfo *power = dtype_info(y->dtype);
    if (!dtype_is_float(x->dtype)) {
        if (power->domain == DOMAIN_FLOAT)
            tensor_set_int(z, at, pow_truncated(o, x, i, y, j));
        else
            tensor_set_int(z, at, pow_integer(tensor_get_int(x, i), power->domain == DOMAIN_SIGNED
                                                                       ? tensor_get_int(y, j)
                                                                       : (int64_t)tensor_get_bits(y, j),
                                              power->domain == DOMAIN_UNSIGNED));
        return;
    }
    if (power->domain != DOMAIN_FLOAT && power->bits == 64) {
        tensor_set_double(z, at, pow_wide(o, x, i, y, j));
        return;
    }
    const double args[] = { tensor_get_double(x, i), tensor_get_double(y, j) };
    tensor_set_double(z, at, real_value(&function, z->dtype, args));
}

static gboolean pow_kernel(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *y = eval_input(ev, 1);
    Shape shape;
    if (!shape_broadcast(&x->shape, &y->shape, &shape)) {
        g_autofree char *sx = shape_to_string(&x->shape), *sy = shape_to_string(&y->shape);
        return eval_fail(error, "shapes %s and %s do not broadcast", sx, sy);
    }
    Tensor *z = eval_output(ev, 0, x->dtype, &shape, error);
    if (!z)
        return FALSE;
    Operands o;
    mpfr_inits2(64, o.base, o.power, (mpfr_ptr)NULL);
    const Shape *shapes[] = { &x->shape, &y->shape };
    Walk w;
    for (walk_begin(&w, &shape, shapes, 2); walk_more(&w); walk_next(&w))
        for (int64_t k = 0; k < w.run; k++)
            pow_element(&o, x, w.offset[0] + k * w.step[0], y, w.offset[1] + k * w.step[1], z, w.position + k);
    mpfr_clears(o.base, o.power, (mpfr_ptr)NULL);
    return TRUE;
}

/* Version 1: both are floats of one type, the broadcasting is that of the binary operators of the time. */
static void pow_block(const double *a, const double *b, double *y, gsize n, DType dtype)
{
    for (gsize k = 0; k < n; k++)
        y[k] = real_value(&function, dtype, (const double[]){ a[k], b[k] });
}

static void pow_float16(const double *a, const double *b, double *y, gsize n)
{
    pow_block(a, b, y, n, DTYPE_FLOAT16);
}

static void pow_float(const double *a, const double *b, double *y, gsize n)
{
    pow_block(a, b, y, n, DTYPE_FLOAT);
}

static void pow_double(const double *a, const double *b, double *y, gsize n)
{
    pow_block(a, b, y, n, DTYPE_DOUBLE);
}

static gboolean pow_legacy(Eval *ev, GError **error)
{
    switch (eval_input(ev, 0)->dtype) {
    case DTYPE_FLOAT16:
        return elementwise_binary_legacy(ev, &(BinaryFn){ .f = pow_float16 }, error);
    case DTYPE_DOUBLE:
        return elementwise_binary_legacy(ev, &(BinaryFn){ .f = pow_double }, error);
    default:
        return elementwise_binary_legacy(ev, &(BinaryFn){ .f = pow_float }, error);
    }
}

/* Inexact bases must be positive: only there is the power monotone in each operand. */
static gboolean pow_bound(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *y = eval_input(ev, 1);
    if (!dtype_is_float(x->dtype) && dtype_is_float(y->dtype)) { /* a real number just below an integer is truncated to the next */
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 1, .most = INFINITY }, error);
}

#define MIXED .signature = "X:T, Y:T1 -> Z:T", .kernel = pow_kernel, .bound = pow_bound
OPERATOR_DEFINE(pow, "Pow", "",
    { .since = 1, .signature = "X:T, Y:T -> Z:T", .types = "T: floats1", .attributes = "axis:int, broadcast:int=0",
      .kernel = pow_legacy, .bound = pow_bound },
    { .since = 7, .signature = "X:T, Y:T -> Z:T", .types = "T: floats1", .kernel = pow_kernel, .bound = pow_bound },
    { .since = 12, .types = "T: int32 int64 floats1 | T1: numeric1", MIXED },
    { .since = 13, .types = "T: int32 int64 floats13 | T1: numeric1", MIXED },
    { .since = 15, .types = "T: int32 int64 floats13 | T1: numeric13", MIXED })
