/* The bound rule of operators that map lines to lines (lines.h): each line's values and errors, from the pure rules of
 * reference/bounds. */
#ifndef ASSAY_OPS_SHARED_LINES_BOUND_H
#define ASSAY_OPS_SHARED_LINES_BOUND_H

#include "reference/eval/certify.h"

/* value[j] +- error[j] for the line x of n numbers, each known up to radius[j] (NULL: exact), for results of dtype.
 * FALSE if the rule says nothing of such a line: its results are then what the kernel says if it is exact. */
typedef gboolean (*LineBound)(DType dtype, const double *x, const double *radius, gsize n, double *value, double *error);

gboolean lines_bound(Eval *ev, gboolean coerce, LineBound rule, GError **error);

#endif
