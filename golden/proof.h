/* How sure is a golden? An output whose rules allow nothing is exact. Else the model is evaluated once more under the
 * reference's own arithmetic (relaxation_reference): where an interval is a point even so, no error of the reference
 * can have changed the rounding. Another form of the same model - the decomposition of an operator - vouches as well:
 * it rounds at more places, but each of its rules is about one small step, and its point is the golden or it proves
 * nothing. */
#ifndef ASSAY_GOLDEN_PROOF_H
#define ASSAY_GOLDEN_PROOF_H

#include "golden/corpus.h"
#include "reference/eval/eval.h"

/* `outputs`: of a run of a model on these inputs with certify and derive. `forms`: that model, and others that give the
 * same; an output has as many open elements as the form leaves it that leaves it the fewest. Appends one GoldenCertificate for each
 * output to `certificates`. FALSE with an error if a form that is asked cannot be evaluated. */
gboolean golden_prove(const Model *const *forms, gsize n_forms, Value *const *inputs, gsize n,
                      const EvalOutput *outputs, gsize n_outputs, GArray *certificates, GError **error);

#endif
