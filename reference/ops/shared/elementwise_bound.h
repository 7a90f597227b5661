/* The bound rule of elementwise functions.
 *
 *   "element/rounded"  budget 0: one correctly rounded operation. Exact inputs give a point.
 *   "element/budget"   |y - f(x)| <= ulps ulp(f(x)) + u (floor + inner |x| + growth |x f(x)|), u and ulp of the computing
 *                      type (reference/bounds/rounding.h). f(0) and f(+-inf) are exact where they are integers.
 *   "element/ends"     inexact inputs: f at all combinations of ends, for f that is monotone in each input for itself;
 *                      or slope times the radius around f(middle).
 *
 * f comes from the kernel itself, run in binary64. */
#ifndef ASSAY_OPS_SHARED_ELEMENTWISE_BOUND_H
#define ASSAY_OPS_SHARED_ELEMENTWISE_BOUND_H

#include "reference/ops/shared/elementwise.h"

typedef struct {
    double   ulps;
    double   floor, inner, growth; /* inner and growth: of input 0 */
    gboolean even;                 /* input 0 counts as |x| */
    gboolean rising;               /* does not fall in any input: all lower ends and all upper ends give its own */
    const BinaryFn *binary;        /* or NULL: two inputs, one correctly rounded operation, monotone everywhere, that broadcasts; with .s */
    gboolean quotient;             /* a profile may round it less well (relaxation_quotient) */
    gsize    pole;                 /* 1 + the input that must not come near 0; 0: none */
    double   slope;                /* at least |f'|, for one input; 0: f is monotone */
    /* Instead of slope, for two inputs of one shape: how far f may be from its value at the middles. */
    double (*reach)(double a_low, double a_high, double b_low, double b_high);
    double   least, most;          /* not both 0: an inexact input 0 must lie between them */
    /* Attributes (a NULL-ended list) that a backend may hold in the type of input 0: where that changes one, 2 u_o (|f(x)| +
     * its value) is added. */
    const char *const *attributes;
} ElementwiseRule;

gboolean elementwise_bound(Eval *ev, const ElementwiseRule *rule, GError **error);

/* Rules that many operators share. bound_rounded: monotone in each input; bound_rounded_even: |x|; bound_quotient: the last input divides; bound_root: a square root. */
gboolean bound_rounded(Eval *ev, GError **error);
gboolean bound_rounded_even(Eval *ev, GError **error);
gboolean bound_quotient(Eval *ev, GError **error);
gboolean bound_root(Eval *ev, GError **error);

/* static gboolean NAME(Eval *, GError **) for a rule given as designated initialisers. */
#define ELEMENTWISE_BOUND(name, ...)                                   \
    static const ElementwiseRule name##_rule = { __VA_ARGS__ };        \
    static gboolean name(Eval *ev, GError **error)                     \
    {                                                                  \
        return elementwise_bound(ev, &name##_rule, error);             \
    }

#endif
