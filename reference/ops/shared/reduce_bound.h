/* The bound rule of Reduce operators that are no plain sums: each result from the pure rule for its row. */
#ifndef ASSAY_OPS_SHARED_REDUCE_BOUND_H
#define ASSAY_OPS_SHARED_REDUCE_BOUND_H

#include "reference/eval/certify.h"

/* *value +- *error from the row x of n numbers, each known up to radius[k] (NULL: exact), for a result of dtype. FALSE if
 * the rule is void for the row. */
typedef gboolean (*RowBound)(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);

/* Sets the interval of output 0. Results of integer types are exact, empty rows too, and rows with an infinity or a NaN
 * are what the kernel says. */
gboolean reduce_bound(Eval *ev, RowBound rule, GError **error);

#endif
