/* Sums of products, in the orders in which real engines take them. */
#ifndef ASSAY_GOLDEN_MUTANTS_SUMS_H
#define ASSAY_GOLDEN_MUTANTS_SUMS_H

#include "golden/mutants/naive.h"

/* sum over i of a[i * step_a] * b[i * step_b], b NULL: of a[i * step_a]. `type`: of the accumulator, each product and each sum
 * rounded to it. Which order, and which mistakes, the mutants of sums.c say. */
double sums_dot(DType type, const double *a, int64_t step_a, const double *b, int64_t step_b, int64_t n);

#endif
