#include "reference/ops/shared/gelu.h"

/* Both pass a rounded argument t to a function whose relative error that multiplies by up to 2 t^2 or 2|z|: below 1500
 * wherever the result is above 2^-1000. In MPFR the factor stays below 2^64 until results underflow. */
#define ERROR  0x1p-40
#define MARGIN 80

static double gelu_fast(const double *args)
{
    return 0.5 * args[0] * Sleef_cinz_erfcd1_u15purec(args[0] * -0.70710678118654752);
}

static gboolean gelu_exact(mpfr_ptr y, const double *args)
{
    mpfr_t t;
    mpfr_init2(t, mpfr_get_prec(y) + MARGIN);
    mpfr_sqrt_ui(t, 2, MPFR_RNDN);
    mpfr_d_div(t, -args[0], t, MPFR_RNDN);
    mpfr_erfc(y, t, MPFR_RNDN);
    mpfr_mul_d(y, y, args[0], MPFR_RNDN);
    mpfr_div_2ui(y, y, 1, MPFR_RNDN);
    mpfr_clear(t);
    return FALSE;
}
const RealFunction real_gelu = { gelu_fast, ERROR, gelu_exact };

static double gelu_tanh_fast(const double *args)
{
    const double x = args[0], z = 0.79788456080286536 * (x + 0.044715 * (x * x * x));
    return x / (1 + Sleef_cinz_expd1_u10purec(-2 * z));
}

static gboolean gelu_tanh_exact(mpfr_ptr y, const double *args)
{
    mpfr_t z, t;
    mpfr_inits2(mpfr_get_prec(y) + MARGIN, z, t, (mpfr_ptr)NULL);
    mpfr_set_d(z, args[0], MPFR_RNDN);
    mpfr_pow_ui(z, z, 3, MPFR_RNDN);
    mpfr_mul_ui(z, z, 44715, MPFR_RNDN);
    mpfr_div_ui(z, z, 1000000, MPFR_RNDN);
    mpfr_add_d(z, z, args[0], MPFR_RNDN);
    mpfr_const_pi(t, MPFR_RNDN);
    mpfr_ui_div(t, 8, t, MPFR_RNDN); /* 2z has 2 sqrt(2/pi) = sqrt(8/pi) before the bracket */
    mpfr_sqrt(t, t, MPFR_RNDN);
    mpfr_mul(z, z, t, MPFR_RNDN);
    mpfr_neg(z, z, MPFR_RNDN);
    mpfr_exp(z, z, MPFR_RNDN);
    mpfr_add_ui(z, z, 1, MPFR_RNDN);
    mpfr_d_div(y, args[0], z, MPFR_RNDN);
    mpfr_clears(z, t, (mpfr_ptr)NULL);
    return FALSE;
}
const RealFunction real_gelu_tanh = { gelu_tanh_fast, ERROR, gelu_tanh_exact };
