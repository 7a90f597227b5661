/* Makes a failing case small: fewer nodes, attributes, outputs, elements, simpler values, while the backend fails in the
 * same way and the reference still takes the model. Greedy and deterministic; what is left is minimal in the sense that no
 * single cut known here keeps the failure. */
#ifndef ASSAY_RUNNER_REDUCE_H
#define ASSAY_RUNNER_REDUCE_H

#include "backends_under_test/runner/oracle.h"

typedef struct {
    gsize nodes, elements, non_zero; /* of inputs and initializers */
} Size;

typedef struct {
    Size     before, after;
    guint    asked;    /* specimens tried */
    gboolean complete; /* FALSE: the budget was spent first */
} Reduction;

/* Reads model and inputs of the oracle's case, and writes the reduced case into `folder`, which must not exist. */
gboolean reduce(const Subject *subject, Oracle *oracle, const char *folder, Reduction *reduction, GError **error);

#endif
