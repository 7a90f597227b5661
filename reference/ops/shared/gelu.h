/* x/2 (1 + erf(x/sqrt 2)), computed as x/2 erfc(-x/sqrt 2), and its approximation x/2 (1 + tanh z) = x / (1 + e^-2z),
 * neither of which cancels. At -inf the formulas give -inf * 0, a NaN. */
#ifndef ASSAY_OPS_SHARED_GELU_H
#define ASSAY_OPS_SHARED_GELU_H

#include "reference/ops/shared/transcendental.h"

extern const RealFunction real_gelu, real_gelu_tanh;

#endif
