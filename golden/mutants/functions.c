#include "golden/mutants/functions.h"

#include "golden/mutants/format.h"

#include <math.h>

MUTANT_DEFINE(exp_coarse, "exp-coarse", MUST_DIE, 0, "exp keeps 11 significant bits")
MUTANT_DEFINE(exp_by_exp2, "exp-by-exp2", MUST_LIVE, 0, "exp is exp2(x * log2 e), the product in double")
MUTANT_DEFINE(sqrt_coarse, "sqrt-bf16", MUST_DIE, 0, "the square root is rounded to bfloat16")

/* 11 significant bits, whatever the exponent. */
static double coarse(double x)
{
    int e;
    if (x == 0 || !isfinite(x))
        return x;
    const double m = frexp(x, &e);
    return ldexp(nearbyint(ldexp(m, 11)), e - 11);
}

double function_exp(double x)
{
    return mutant(exp_coarse) ? coarse(exp(x)) : mutant(exp_by_exp2) ? exp2(x * 0x1.71547652b82fep+0) : exp(x);
}

double function_sqrt(double x)
{
    return mutant(sqrt_coarse) ? format_round(DTYPE_BFLOAT16, sqrt(x)) : sqrt(x);
}
