/* A * sigmoid(alpha * A) * B, rounded once; A and B have the same shape. A = -inf gives -inf * 0, a NaN. */
#include "reference/ops/shared/elementwise.h"
#include "reference/ops/shared/elementwise_bound.h"
#include "reference/ops/shared/transcendental.h"
#include "reference/ops/shared/wide.h"

#include <math.h>

static double swi_glu_fast(const double *args)
{
    return args[0] / (1 + Sleef_cinz_expd1_u10purec(-(args[2] * args[0]))) * args[1];
}

static gboolean swi_glu_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, args[0], MPFR_RNDN);
    mpfr_mul_d(y, y, -args[2], MPFR_RNDN); /* 53 and 24 bits: exact */
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_d_div(y, args[0], y, MPFR_RNDN);
    mpfr_mul_d(y, y, args[1], MPFR_RNDN);
    return FALSE;
}
static const RealFunction function = { swi_glu_fast, 3 * SLEEF_ERROR, swi_glu_exact };

static gboolean swi_glu(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    if (!elementwise_equal_shapes(ev, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, a->dtype, &a->shape, error);
    if (!y)
        return FALSE;
    double args[3] = { 0, 0, (double)eval_float(ev, "alpha") };
    for (int64_t i = 0; i < a->count; i++) {
        args[0] = tensor_get_double(a, i);
        args[1] = tensor_get_double(b, i);
        tensor_set_double(y, i, real_value(&function, y->dtype, args));
    }
    return TRUE;
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 28]> SwiGLU <alpha> (A, B) => (Y) {\n"
    "    swish = Swish <alpha: float = @alpha> (A)\n"
    "    Y = Mul (swish, B)\n"
    "}";

/* |d(swish)| <= 1.1 and |swish(a)| <= |a|. */
static double reach(double a_low, double a_high, double b_low, double b_high)
{
    const double a = MAX(fabs(a_low), fabs(a_high)), b = MAX(fabs(b_low), fabs(b_high));
    return 1.1 * wide_radius(a_low, a_high) * b + a * wide_radius(b_low, b_high);
}

static const char *const attributes[] = { "alpha", NULL };

/* As Swish, and one more product. */
static gboolean swi_glu_bound(Eval *ev, GError **error)
{
    const double alpha = fabs((double)eval_float(ev, "alpha"));
    return elementwise_bound(ev, &(ElementwiseRule){ .ulps = 5, .floor = 0x1p-102, .growth = alpha, .reach = reach,
                                                     .attributes = attributes }, error);
}

OPERATOR_DEFINE(swi_glu, "SwiGLU", "",
    { .since = 28, .body = body, .signature = "A:T, B:T -> Y:T", .types = "T: floats13", .attributes = "alpha:float=1",
      .kernel = swi_glu, .bound = swi_glu_bound })
