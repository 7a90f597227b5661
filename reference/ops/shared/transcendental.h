/* Real functions, correctly rounded: a fast path in binary64, a test whether its error could change the rounding, and
 * MPFR at rising precision where it could (and for float64 results always).
 *
 * Results come as doubles that are still to be rounded to the result's dtype, once, by convert_from_double or
 * tensor_set_double: of what MPFR computed the double is the value rounded to odd, so that this rounding is the right
 * one. NaNs are positive and quiet, whatever the platform makes. Thread-safe.
 *
 * Source: the rounding test is Ziv's; SLEEF states 1.0 ulp for its u10 functions (tests compare them with MPFR). */
#ifndef ASSAY_OPS_SHARED_TRANSCENDENTAL_H
#define ASSAY_OPS_SHARED_TRANSCENDENTAL_H

#include "reference/eval/operator.h"

#include <mpfr.h>
#include <sleef.h>

typedef struct {
    /* The value at args[0] with args[1...] as further arguments or parameters; NULL if there is no fast path. */
    double (*fast)(const double *args);
    /* Bound on the relative error of `fast` wherever its result is finite and of magnitude 2^-1000 or more. */
    double error;
    /* Sets y, whose precision the caller chose, to the value with a relative error of at most 2^(8 - precision);
     * returns whether y is the value exactly. Intermediate results may need more precision than y. */
    gboolean (*exact)(mpfr_ptr y, const double *args);
} RealFunction;

/* Relative error of one call of SLEEF's u10 functions, with a margin of two; a composition adds its parts. */
#define SLEEF_ERROR 0x1p-51

double real_value(const RealFunction *fn, DType dtype, const double *args);

/* For results in blocks: open[i] := whether values[i], what a fast path gave with this relative error, is not yet decided in
 * dtype, so that real_value must be asked. */
void real_open(DType dtype, double error, const double *values, gsize n, gboolean *open);

/* Output 0 := fn(input 0, parameters[0], ...) elementwise, in the dtype of input 0; n_parameters at most 3. */
gboolean real_unary(Eval *ev, const RealFunction *fn, const double *parameters, gsize n_parameters, GError **error);

/* The slow path alone, for values that are no function of a few doubles: evaluate() as RealFunction.exact. */
typedef gboolean (*RealEvaluate)(mpfr_ptr y, gconstpointer data);
double real_decide(DType dtype, RealEvaluate evaluate, gconstpointer data);

/* An exact MPFR number as a double for dtype: rounded to nearest for float64, to odd for all others. */
double real_from_mpfr(mpfr_srcptr y, DType dtype);

/* Whether everything in [low, high] rounds to the same element of dtype. */
gboolean real_same(DType dtype, double low, double high);

/* y := x as MPFR sees it at any working precision: exact. */
#define REAL_EXACT_UNARY(name, function)                          \
    static gboolean name(mpfr_ptr y, const double *args)          \
    {                                                             \
        mpfr_t x;                                                 \
        mpfr_init2(x, 53);                                        \
        mpfr_set_d(x, args[0], MPFR_RNDN);                        \
        const int ternary = function(y, x, MPFR_RNDN);            \
        mpfr_clear(x);                                            \
        return ternary == 0;                                      \
    }

/* Functions that more than one operator needs. */
extern const RealFunction real_exp, real_log, real_tanh, real_sigmoid, real_erf, real_softplus;

#endif
