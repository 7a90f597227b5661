/* The place of the greatest or least element along an axis: ArgMax and ArgMin. */
#ifndef ASSAY_OPS_SHARED_ARG_H
#define ASSAY_OPS_SHARED_ARG_H

#include "reference/ops/shared/move.h"

/* The kernel, from the node's attributes axis, keepdims and select_last_index. A NaN wins either way, as in numpy; the
 * texts do not speak of NaN. */
gboolean arg_reduce(Eval *ev, gboolean greatest, GError **error);

/* Inexact inputs: a point if each winner is apart from all others of its line, else no certificate. */
gboolean arg_bound(Eval *ev, gboolean greatest, GError **error);

#endif
