/* Functions that several naive kernels compute, with the mutants of those functions. */
#ifndef ASSAY_GOLDEN_MUTANTS_FUNCTIONS_H
#define ASSAY_GOLDEN_MUTANTS_FUNCTIONS_H

double function_exp(double x);
double function_sqrt(double x);

#endif
