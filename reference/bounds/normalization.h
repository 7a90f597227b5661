/* Normalisation of a group of n numbers by mean and variance, or by mean square.
 *
 * mu, V: mean and variance (mean square if uncentred) of the middles, rho = 1 / (sqrt(V + epsilon) + root_epsilon):
 *
 *   "norm/mean"      e_mu = (n + 1) u mean|x| + mean radius
 *   "norm/variance"  r_V = [(n + 4) u V + e_mu^2 (two passes) or (n + 2) u mean(x^2) + 2 |mu| e_mu + 2 u mu^2 + u V (one
 *                    pass), whichever is larger, + 2 mean(|x - mu| e_x) + mean(e_x^2)] / (V + epsilon) with
 *                    e_x = radius(x) + mean radius. Void from r_V = 1/2 on.
 *   "norm/element"   |y - (x - mu) rho| <= rho (e_mu + radius(x) + u |x - mu|) (1 + r) + |y| r,  r = r_V / 2 / (1 - r_V) + 6 u
 *
 * e_mu and r_V are 0 where n is a power of two and sums of numbers and of squares are exact (sums.h). Uncentred, e_mu is 0
 * and only the first term of r_V remains. */
#ifndef ASSAY_BOUNDS_NORMALIZATION_H
#define ASSAY_BOUNDS_NORMALIZATION_H

#include "reference/bounds/rounding.h"

typedef struct {
    double mean, mean_error;
    double scale, scale_relative; /* rho and r */
} NormBound;

/* dtype names the computing type. FALSE if void. */
gboolean bounds_normalization(DType dtype, const double *x, const double *radius, gsize n, gboolean uncentred, double epsilon,
                              double root_epsilon, NormBound *bound);

/* The normalised element and its error. */
void bounds_normalized(DType dtype, const NormBound *bound, double x, double radius, double *value, double *error);

#endif
