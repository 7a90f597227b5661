/* How wrong is it, in numbers: what a report shows of one output beside the verdict. */
#ifndef ASSAY_GOLDEN_COMPARE_STATISTICS_H
#define ASSAY_GOLDEN_COMPARE_STATISTICS_H

#include "golden/compare/compare.h"

/* A number that nothing gives (of an empty tensor, of strings) is NAN, an index -1. */
typedef struct {
    int64_t elements, wrong;
    double  max_ulps;    /* largest distance from the golden in steps of the type's values; finite elements only */
    int64_t max_ulps_at; /* flat index */
    double  max_share;   /* largest error as a share of what was allowed; infinite where nothing was */
    int64_t max_share_at;
    double  snr_db;      /* 10 log10(sum g^2 / sum (y - g)^2) over finite elements, to a tenth; infinite if all are equal */
    double  bias_ulps;   /* mean of y - g in such steps, with its sign */
    double  z1, z2;      /* mean and root mean square of (y - g) sqrt(n) / E, E half the interval and n = spec->terms: at
                            most 1 for honest sums in the full precision. NAN without n, and for fewer than 400 elements
                            whose interval is wide enough (4 steps) to tell */
    int64_t nan, infinity, zero_sign, subnormal; /* elements where only one of the two is NaN; is that infinity; where both
                                                    are zero with different signs; where one is zero, the other subnormal */
    Shape   shape;
    int64_t *failing[SHAPE_MAX_RANK]; /* wrong elements at each index of each axis; NULL if none is wrong */
} Statistics;

/* Of two tensors of the same type and shape; lower and upper may be NULL. FALSE if memory is short. */
gboolean compare_statistics(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                            const Tensor *actual, Statistics *statistics);
/* |z1| and z2 are at most 1, or unknown: the errors may be those of honest sums in the full precision. */
gboolean statistics_full_precision(const Statistics *statistics);
void     statistics_clear(Statistics *statistics);

#endif
