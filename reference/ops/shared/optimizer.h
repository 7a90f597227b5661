/* One step of a gradient descent over several tensors: inputs are R (learning rate), T (update count), then for each
 * role (value, gradient, ...) the tensors in order; outputs are, for each result, the tensors in order. */
#ifndef ASSAY_OPS_SHARED_OPTIMIZER_H
#define ASSAY_OPS_SHARED_OPTIMIZER_H

#include "reference/eval/operator.h"

#define OPTIMIZER_MOST_ROLES 4

typedef struct {
    double  rate;  /* R */
    int64_t count; /* T */
    gpointer parameters;
} OptimizerStep;

/* out[r] := result r of one element from in[role]. */
typedef void (*OptimizerUpdate)(const OptimizerStep *step, const double *in, double *out);

/* Called once with rate and count set, before the elements. May be NULL. */
typedef void (*OptimizerPrepare)(OptimizerStep *step);

gboolean optimizer_run(Eval *ev, gsize roles, gsize results, OptimizerPrepare prepare, OptimizerUpdate update,
                       gpointer parameters, GError **error);

#define OPTIMIZER_SCHEMA                                                    \
    .signature = "R:T1, T:T2, inputs:any+ -> outputs:any+", .types = "T1: float double | T2: int64"

#endif
