/* What every conforming backend gives for attention in stages (attention_stages.h), stage by stage.
 *
 * A row of scores may be *decided*: all NaN, one score so far ahead that the others underflow even in float64, or equal
 * scores on 2^n keys. Its probabilities are then the same in every float type, and if its sum with the values is exact in any
 * order, so is the output. Designed data consists of such rows. The others get the intervals of reference/bounds/attention.h;
 * there is no rule for those in softmax types narrower than the computing type.
 *
 * Each sets s->certified to FALSE where nothing is known; FALSE with an error if memory is short. Inputs must be points. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_STAGES_BOUND_H
#define ASSAY_OPS_SHARED_ATTENTION_STAGES_BOUND_H

#include "reference/ops/shared/attention_stages.h"

gboolean stages_bound_scores(Stages *s, GError **error);  /* of s->scores as computed: sets low and high */
gboolean stages_bound_softmax(Stages *s, GError **error); /* before the softmax: those of the probabilities, or the logits */
gboolean stages_bound_mix(Stages *s, GError **error);     /* sets y_low and y_high */

#endif
