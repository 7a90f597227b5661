/* Values of random operators. A published result of one cannot be compared with ours element by element: it is one draw.
 * What can be said is whether it may come from the distribution that the model describes. The reference is run many times
 * with different seeds, and the published tensor is held against that sample:
 *
 * - an element that took few distinct values in all draws (a mask, a Bernoulli trial, what Dropout leaves, anything that
 *   does not depend on chance) must be one of them, within the tolerance of ordinary comparison;
 * - another element must lie within SAMPLE_SIGMAS standard deviations of its mean over the draws;
 * - the mean of all elements, and the mean of their squares, must lie within SAMPLE_SIGMAS standard deviations of what
 *   the draws have: too many or too few zeros, or noise of the wrong scale, show there. */
#ifndef ASSAY_GOLDEN_SAMPLE_H
#define ASSAY_GOLDEN_SAMPLE_H

#include "golden/compare/compare.h"
#include "reference/onnx/model.h"

/* With 256 draws a value of probability 5 % is missing from the sample with a chance below 2e-6. */
#define SAMPLE_DRAWS 256
#define SAMPLE_SIGMAS 6.0

/* Whether a node anywhere in the model, in nested graphs and in functions too, draws random numbers. */
gboolean model_is_random(const Model *model);

typedef struct Sample Sample;

/* For draws like `first`, which is not counted yet. NULL with an error if its type has no arithmetic. */
Sample  *sample_new(const Tensor *first, GError **error);
void     sample_free(Sample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sample, sample_free)
/* FALSE with an error if type or shape are not the first one's. */
gboolean sample_add(Sample *sample, const Tensor *draw, GError **error);
/* FALSE with an error that says which rule the tensor breaks. spec: the tolerance. */
gboolean sample_admits(const Sample *sample, const CompareSpec *spec, const Tensor *published, GError **error);

#endif
