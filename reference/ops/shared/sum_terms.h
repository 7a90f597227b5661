/* The sums behind Sum, Mean and the Reduce operators: a term of each number, an exact sum, a function of the sum, and
 * one rounding. Thread-safe. */
#ifndef ASSAY_OPS_SHARED_SUM_TERMS_H
#define ASSAY_OPS_SHARED_SUM_TERMS_H

#include "reference/ops/shared/wide_sum.h"
#include "reference/tensor/tensor.h"

typedef enum { TERM_ITSELF, TERM_ABSOLUTE, TERM_SQUARE } SumTerm;
typedef enum { FINISH_NONE, FINISH_MEAN, FINISH_ROOT, FINISH_LOG } SumFinish;

typedef struct {
    SumTerm   term;
    SumFinish finish;
} SumKind;

#define SUM_PLAIN ((SumKind){ TERM_ITSELF, FINISH_NONE })
#define SUM_MEAN  ((SumKind){ TERM_ITSELF, FINISH_MEAN })

/* The result for n numbers as a double still to be rounded to dtype, a float type. The mean of none is NaN. */
double sum_terms(const double *x, gsize n, SumKind kind, DType dtype);

/* The same over elements [first, first + n) of x, of any numeric type, into element `at` of y, of the same type.
 * Integers: sums wrap to the width of the type; means, roots and logarithms truncate the real number towards zero and
 * end at the limits of the type (log 0 the lowest); the mean of none is 0. */
void sum_elements(const Tensor *x, int64_t first, int64_t n, SumKind kind, Tensor *y, int64_t at);

#endif
