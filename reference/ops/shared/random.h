/* Random numbers without state: number `counter` of the stream `seed` (eval_random_seed), the same on every machine
 * and whatever the order of evaluation. The operators' texts leave the generator open; this one is SplitMix64's. */
#ifndef ASSAY_OPS_SHARED_RANDOM_H
#define ASSAY_OPS_SHARED_RANDOM_H

#include "reference/eval/certify.h"
#include "reference/eval/eval.h"

/* Uniform over the multiples of 2^-53 in [0, 1). */
double random_uniform(uint64_t seed, uint64_t counter);
/* Mean 0, standard deviation 1 (Box and Muller). */
double random_normal(uint64_t seed, uint64_t counter);

/* The dtype that the attribute `dtype` names, or `fallback` if it is absent. FALSE with an error unless the numbers of
 * the type are those of `admitted` domains: a bit set of 1 << Domain. */
gboolean random_dtype(const Eval *ev, DType fallback, unsigned admitted, DType *dtype, GError **error);

/* Output 0 := numbers low + (high - low) * uniform, never `high` unless low is high; or mean + scale * normal. */
gboolean random_fill_uniform(Eval *ev, DType dtype, const Shape *shape, GError **error);
gboolean random_fill_normal(Eval *ev, DType dtype, const Shape *shape, GError **error);

#endif
