/* Writing a case from a model and its inputs: outputs, intervals, and the reason why an invalid model must be refused come
 * from the reference alone. Errors are CORPUS_ERROR, or the reference's own. */
#ifndef ASSAY_GOLDEN_WRITE_H
#define ASSAY_GOLDEN_WRITE_H

#include "golden/corpus.h"

/* Writes the case into `folder`, which must not exist yet. `facts` says what the files do not: id, proposal, summary ...;
 * counts, comparisons, element types and `why` are set here; where facts->comparisons demands bits, or frees the sign of
 * zero, it stays so. Graph outputs without a type get the type of their value.
 * FALSE, with nothing written, if the reference refuses a case that expects outputs or takes one that must be refused, or
 * has no certificate for an output. `inputs`: of Value, in the order of the graph's inputs. */
gboolean case_write(const char *folder, Case *facts, Model *model, const GPtrArray *inputs, GError **error);

/* The values that the reference computes for the names of the model's own graph, its inputs included: name -> Value, the
 * names borrowed from the model. Where the reference stops early, those up to there. */
GHashTable *model_values(const Model *model, const GPtrArray *inputs);

#endif
