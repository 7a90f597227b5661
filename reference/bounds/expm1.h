/* e^x - 1 of errors, which are small and not negative: by its series below 2^-6, within 2 ulp, by SLEEF's function from
 * there on. Deterministic on every IEEE machine; the bits of a row are those of its elements one by one. */
#ifndef ASSAY_BOUNDS_EXPM1_H
#define ASSAY_BOUNDS_EXPM1_H

#include <glib.h>

double bounds_expm1(double x);
/* In place. */
void bounds_expm1_row(double *x, gsize n);

#endif
