#include "reference/ops/shared/transcendental.h"

#include "reference/tensor/convert.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

/* ---- rounding ------------------------------------------------------------------------------------------------------- */

double real_from_mpfr(mpfr_srcptr y, DType dtype)
{
    if (mpfr_nan_p(y))
        return NAN;
    if (dtype == DTYPE_DOUBLE || mpfr_inf_p(y) || mpfr_zero_p(y))
        return mpfr_get_d(y, MPFR_RNDN);
    const double truncated = mpfr_get_d(y, MPFR_RNDZ);
    if (mpfr_cmp_d(y, truncated) == 0)
        return truncated;
    uint64_t bits;
    memcpy(&bits, &truncated, sizeof bits);
    bits |= 1;
    double odd;
    memcpy(&odd, &bits, sizeof odd);
    return odd;
}

gboolean real_same(DType dtype, double low, double high)
{
    uint64_t a = 0, b = 0;
    convert_from_double(dtype, &low, &a, 1);
    convert_from_double(dtype, &high, &b, 1);
    return a == b;
}

/* Beyond this precision an undecided value is taken to be the tie it cannot be told from: a value that is no tie and
 * agrees with one in a thousand bits is not known for any of the functions here. */
#define MOST_PRECISION 1024

double real_decide(DType dtype, RealEvaluate evaluate, gconstpointer data)
{
    mpfr_t y, low, high;
    mpfr_inits2(128, y, low, high, (mpfr_ptr)NULL);
    double value = NAN;
    for (mpfr_prec_t precision = 128;; precision *= 2) {
        mpfr_set_prec(y, precision);
        const gboolean exact = evaluate(y, data);
        if (exact || !mpfr_regular_p(y) || precision >= MOST_PRECISION) {
            value = real_from_mpfr(y, dtype);
            break;
        }
        /* y (1 -+ 2^(9 - precision)), one bit wider than promised to absorb the rounding of the ends themselves. */
        mpfr_set_prec(low, precision);
        mpfr_set_prec(high, precision);
        mpfr_mul_2si(low, y, 9 - (long)precision, MPFR_RNDN);
        mpfr_add(high, y, low, MPFR_RNDN);
        mpfr_sub(low, y, low, MPFR_RNDN);
        value = real_from_mpfr(y, dtype);
        if (real_same(dtype, real_from_mpfr(low, dtype), real_from_mpfr(high, dtype)))
            break;
    }
    mpfr_clears(y, low, high, (mpfr_ptr)NULL);
    return value;
}

typedef struct {
    const RealFunction *fn;
    const double       *args;
} Call;

static gboolean evaluate_call(mpfr_ptr y, gconstpointer data)
{
    const Call *call = data;
    return call->fn->exact(y, call->args);
}

double real_value(const RealFunction *fn, DType dtype, const double *args)
{
    if (fn->fast && dtype != DTYPE_DOUBLE) {
        /* At least an ulp, or the ends would round back to y. */
        const double y = fn->fast(args), margin = fabs(y) * (MAX(fn->error, 0x1p-52) * 1.0625);
        if (isnan(y))
            return NAN;
        if (isinf(y) || y == 0 || (fabs(y) >= 0x1p-1000 && real_same(dtype, y - margin, y + margin)))
            return y;
    }
    const Call call = { fn, args };
    return real_decide(dtype, evaluate_call, &call);
}

#define PART 256

void real_open(DType dtype, double error, const double *values, gsize n, gboolean *open)
{
    const gsize width = (gsize)dtype_info(dtype)->width;
    for (gsize from = 0; from < n; from += PART) {
        double low[PART], high[PART];
        uint8_t low_codes[PART * sizeof(double)], high_codes[PART * sizeof(double)];
        const gsize some = MIN(n - from, PART);
        for (gsize i = 0; i < some; i++) {
            const double y = values[from + i], margin = fabs(y) * (MAX(error, 0x1p-52) * 1.0625);
            low[i] = y - margin;
            high[i] = y + margin;
        }
        convert_from_double(dtype, low, low_codes, some);
        convert_from_double(dtype, high, high_codes, some);
        for (gsize i = 0; i < some; i++) {
            const double y = values[from + i];
            open[from + i] = dtype == DTYPE_DOUBLE ||
                             (y != 0 && !isinf(y) && (!(fabs(y) >= 0x1p-1000) ||
                                                      memcmp(low_codes + i * width, high_codes + i * width, width) != 0));
        }
    }
}

/* ---- elementwise ---------------------------------------------------------------------------------------------------- */

#define BLOCK          256
#define MOST_ARGUMENTS 4

typedef struct {
    const RealFunction *fn;
    const Tensor       *x;
    Tensor             *y;
    double              args[MOST_ARGUMENTS]; /* the parameters from 1 on */
} Unary;

static void unary_range(int64_t first, int64_t last, gpointer data)
{
    const Unary *u = data;
    const gsize width = (gsize)dtype_info(u->x->dtype)->width;
    double args[MOST_ARGUMENTS], in[BLOCK], out[BLOCK];
    memcpy(args, u->args, sizeof args);
    for (int64_t at = first; at < last; at += BLOCK) {
        const gsize n = (gsize)MIN(last - at, BLOCK), offset = (gsize)at * width;
        convert_to_double(u->x->dtype, (const uint8_t *)u->x->data + offset, in, n);
        for (gsize k = 0; k < n; k++) {
            args[0] = in[k];
            out[k] = real_value(u->fn, u->y->dtype, args);
        }
        convert_from_double(u->y->dtype, out, (uint8_t *)u->y->data + offset, n);
    }
    if (last - first < u->x->count) /* one thread of several: what MPFR caches for it would be lost with it */
        mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
}

gboolean real_unary(Eval *ev, const RealFunction *fn, const double *parameters, gsize n_parameters, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    g_return_val_if_fail(n_parameters < MOST_ARGUMENTS, FALSE);
    if (!dtype_is_float(x->dtype))
        return eval_fail(error, "no real function of %s", dtype_name(x->dtype));
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    Unary u = { .fn = fn, .x = x, .y = y };
    for (gsize i = 0; i < n_parameters; i++)
        u.args[i + 1] = parameters[i];
    eval_parallel(ev, x->count, 4096, unary_range, &u);
    return TRUE;
}

/* ---- the functions -------------------------------------------------------------------------------------------------- */

static double exp_fast(const double *args)
{
    return Sleef_cinz_expd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(exp_exact, mpfr_exp)
const RealFunction real_exp = { exp_fast, SLEEF_ERROR, exp_exact };

static double log_fast(const double *args)
{
    return Sleef_cinz_logd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(log_exact, mpfr_log)
const RealFunction real_log = { log_fast, SLEEF_ERROR, log_exact };

static double tanh_fast(const double *args)
{
    return Sleef_cinz_tanhd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(tanh_exact, mpfr_tanh)
const RealFunction real_tanh = { tanh_fast, SLEEF_ERROR, tanh_exact };

static double erf_fast(const double *args)
{
    return Sleef_cinz_erfd1_u10purec(args[0]);
}
REAL_EXACT_UNARY(erf_exact, mpfr_erf)
const RealFunction real_erf = { erf_fast, SLEEF_ERROR, erf_exact };

/* 1 / (1 + e^-x): the error of the exponential counts in full, sum and quotient add half an ulp each. */
static double sigmoid_fast(const double *args)
{
    return 1 / (1 + Sleef_cinz_expd1_u10purec(-args[0]));
}

static gboolean sigmoid_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, -args[0], MPFR_RNDN); /* 53 bits: exact */
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
    return args[0] == 0;
}
const RealFunction real_sigmoid = { sigmoid_fast, 2 * SLEEF_ERROR, sigmoid_exact };

/* log(1 + e^x); for large x its excess over x is what log1p gives for e^-x. */
static double softplus_fast(const double *args)
{
    const double x = args[0];
    if (x > 0)
        return x + Sleef_cinz_log1pd1_u10purec(Sleef_cinz_expd1_u10purec(-x));
    return Sleef_cinz_log1pd1_u10purec(Sleef_cinz_expd1_u10purec(x));
}

static gboolean softplus_exact(mpfr_ptr y, const double *args)
{
    mpfr_set_d(y, args[0], MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    if (mpfr_inf_p(y)) /* beyond MPFR's exponents the result is x to any precision */
        return mpfr_set_d(y, args[0], MPFR_RNDN) == 0;
    mpfr_log1p(y, y, MPFR_RNDN);
    return FALSE;
}
const RealFunction real_softplus = { softplus_fast, 3 * SLEEF_ERROR, softplus_exact };
