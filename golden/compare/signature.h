/* Why is it wrong? A guess at the cause of a failure from the numbers alone, for a person who has to find the bug: shifted
 * by one, transposed, a factor that is constant in each block, one code off, held in a narrower type, all zeros ...
 *
 * A signature is "kind: detail" or "kind: detail; only WHERE", and explains every wrong element or is not given: of the
 * kinds below but the last two, no element is left over. Kinds are names that programs may rely on:
 *
 *   nan zeros constant zero-sign sign overflow limit      what stands where something else should
 *   shift reversed transposed interleaved halves slices permutation      right values in wrong places
 *   ratio axis-ratio block-ratio offset axis-offset       a factor or a summand too much
 *   one-code truncated narrow precision                   arithmetic of another precision or rounding
 *   region                                                unexplained, but only somewhere
 *   scattered                                             unexplained
 */
#ifndef ASSAY_GOLDEN_COMPARE_SIGNATURE_H
#define ASSAY_GOLDEN_COMPARE_SIGNATURE_H

#include "golden/compare/compare.h"

/* Of a tensor of the golden's type and shape with at least one wrong element; lower and upper may be NULL. NULL for strings
 * and complex numbers, for tensors of more than 2^22 elements, and if nothing is wrong. Free with g_free. Thread-safe. */
char *compare_signature(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                        const Tensor *actual);

#endif
