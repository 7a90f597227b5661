/* The bound rule of operators whose results are sums of products of their float inputs: dot/any-order, sum/any-order and
 * sum/exact of reference/bounds/sums.h. The kernel itself, run in binary64 on magnitudes, tells the sum of magnitudes S,
 * on signs the number n of terms that are not zero, and on magnitudes with and without radius how much inexact inputs
 * may move the result. What a kernel gathered on the way (linear_sums.h) goes before. */
#ifndef ASSAY_OPS_SHARED_LINEAR_BOUND_H
#define ASSAY_OPS_SHARED_LINEAR_BOUND_H

#include "reference/eval/certify.h"

#include <math.h>

typedef struct {
    gsize    factors;    /* float inputs 0 ... factors - 1 are multiplied; later ones are added (a bias) */
    int      power;      /* of each factor in a term; 0 stands for 1 */
    gboolean pure;       /* terms are inputs themselves: no rounding of products */
    double   most_terms; /* at most so many terms a sum; 0: counted, which is right only without coefficients */
    /* What the kernel multiplies products and added inputs with; 0 stands for 1. Where that is negative, sign[i] = -1 for
     * one of the factors, or for the added input, makes the sum one of magnitudes; 0 stands for +1. */
    double   coefficient, added, sign[3];
    double   divisor;    /* the kernel divides each sum by this; 0 stands for 1. A mean */
    gboolean varying;    /* some sums are divided by smaller numbers: divisor is the largest */
} LinearRule;

static inline double linear_or_one(double x)
{
    return x == 0 ? 1 : x;
}

static inline double linear_sign(const LinearRule *rule, gsize input)
{
    return input < G_N_ELEMENTS(rule->sign) ? linear_or_one(rule->sign[input]) : 1;
}

/* Whether all sums are divided by the same power of two. */
static inline gboolean linear_divides_exactly(const LinearRule *rule)
{
    int exponent;
    return !rule->varying && frexp(linear_or_one(rule->divisor), &exponent) == 0.5;
}

/* Sets the interval of output 0. Results of integer types are exact. */
gboolean linear_bound(Eval *ev, const LinearRule *rule, GError **error);

#endif
