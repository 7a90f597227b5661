/* Separable resampling: every output coordinate of an axis is a weighted sum of a few input coordinates of that axis.
 *
 * Initialise one ResampleAxis per axis of the input, make the output, fill the axes (resample_add once per output
 * coordinate, in order), then resample_apply. Weights and sums are binary64, the axes from the last to the first, one
 * rounding at the end. */
#ifndef ASSAY_OPS_SHARED_RESAMPLE_H
#define ASSAY_OPS_SHARED_RESAMPLE_H

#include "reference/eval/operator.h"

typedef enum { RESAMPLE_NEAREST, RESAMPLE_LINEAR, RESAMPLE_CUBIC } ResampleMode;
typedef enum { NEAREST_PREFER_FLOOR, NEAREST_PREFER_CEIL, NEAREST_FLOOR, NEAREST_CEIL } NearestMode;

typedef struct {
    ResampleMode mode;
    NearestMode  nearest;
    double       cubic_a;
    gboolean     exclude_outside; /* taps beyond the ends weigh nothing; else they repeat the end */
    double       stretch;         /* at least 1: how much wider the filter is (antialiasing) */
} ResampleFilter;

typedef struct {
    int64_t in, out;
    /* private */
    gboolean identity;
    GArray  *taps, *starts;
    GByteArray *outside; /* per output coordinate; NULL: none lies outside */
} ResampleAxis;

void resample_axis_init(ResampleAxis *axis, int64_t in, int64_t out);
/* Each output coordinate is the input coordinate of the same number. */
void resample_axis_identity(ResampleAxis *axis);
void resample_axis_clear(ResampleAxis *axis);

/* The next output coordinate takes its value from input coordinate x. */
gboolean resample_add(ResampleAxis *axis, const ResampleFilter *filter, double x, GError **error);
/* The next output coordinate lies outside the input: `extrapolation` is its value. */
void resample_add_outside(ResampleAxis *axis);

/* Output 0, of x's type and the axes' lengths: made before the tables are filled, so that lengths no memory could hold
 * are refused early. If it is empty there is nothing to fill or apply. */
Tensor *resample_output(Eval *ev, const Tensor *x, const ResampleAxis *axes, GError **error);

/* y := x resampled. Nearest moves elements of any type; the others need numbers (complex included). Integers
 * truncate towards zero and saturate. */
gboolean resample_apply(const Tensor *x, const ResampleAxis *axes, ResampleMode mode, double extrapolation, Tensor *y,
                        GError **error);

#endif
