/* SLEEF's functions over arrays, in place, with the machine's widest vectors. The bits are those of the scalar
 * Sleef_cinz_*d1_u10purec: SLEEF states that functions of one name do the same operations for every width, and a test holds
 * them against each other. Thread-safe. */
#ifndef ASSAY_OPS_SHARED_VECTOR_MATH_H
#define ASSAY_OPS_SHARED_VECTOR_MATH_H

#include <glib.h>

void vector_exp(double *x, gsize n);
/* x[i] := x[i] to the power of exponent. */
void vector_pow(double *x, double exponent, gsize n);

/* Level 0 is what the functions above use; higher ones are narrower, as far as there are any: for the test. FALSE beyond. */
gboolean vector_exp_at(int level, double *x, gsize n);
gboolean vector_pow_at(int level, double *x, double exponent, gsize n);

#endif
