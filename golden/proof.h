/* How sure is a golden? An output whose rules allow nothing is exact. Else the model is evaluated once more under the
 * reference's own arithmetic (relaxation_reference): where an interval is a point even so, no error of the reference
 * can have changed the rounding. */
#ifndef ASSAY_GOLDEN_PROOF_H
#define ASSAY_GOLDEN_PROOF_H

#include "golden/corpus.h"
#include "reference/eval/eval.h"

/* `outputs`: of a run of the model on these inputs with certify and derive. Appends one GoldenCertificate for each to
 * `certificates`. FALSE with an error if the model cannot be evaluated. */
gboolean golden_prove(const Model *model, Value *const *inputs, gsize n, const EvalOutput *outputs, gsize n_outputs,
                      GArray *certificates, GError **error);

#endif
