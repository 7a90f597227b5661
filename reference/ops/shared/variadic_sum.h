/* Sum and Mean of any number of broadcast float tensors, each element exact before its one rounding. */
#ifndef ASSAY_OPS_SHARED_VARIADIC_SUM_H
#define ASSAY_OPS_SHARED_VARIADIC_SUM_H

#include "reference/eval/operator.h"

/* Output 0 := the sum of all inputs, or their mean. */
gboolean variadic_sum(Eval *ev, gboolean mean, GError **error);

#endif
