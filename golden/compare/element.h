/* One element beside its golden: right or not, and how far off. Shared by what judges, counts and explains. */
#ifndef ASSAY_GOLDEN_COMPARE_ELEMENT_H
#define ASSAY_GOLDEN_COMPARE_ELEMENT_H

#include "golden/compare/compare.h"

typedef struct {
    gboolean right;
    gboolean legacy; /* inside rtol 1e-3, atol 1e-7 */
    double   margin; /* as Comparison.margin */
} ElementJudgement;

/* All tensors have the golden's dtype and shape; lower and upper are the golden itself where the interval is a point. */
ElementJudgement element_judge(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                               const Tensor *actual, int64_t i);

#endif
