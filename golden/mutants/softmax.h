/* Softmax over n numbers, in place, in the arithmetic of `type`; which way of computing it, the mutants of softmax.c say. */
#ifndef ASSAY_GOLDEN_MUTANTS_SOFTMAX_H
#define ASSAY_GOLDEN_MUTANTS_SOFTMAX_H

#include "golden/mutants/naive.h"

void softmax_row(DType type, double *row, int64_t n);

#endif
