/* bounds_store (rounding.h) for rows of float32 elements, several at a time: the same ends to the bit. */
#ifndef ASSAY_BOUNDS_STORE_H
#define ASSAY_BOUNDS_STORE_H

#include <glib.h>

/* For n finite s and errors: low[i] and high[i] := the ends of bounds_store(DTYPE_FLOAT, s[i], error[i], FALSE), but
 * points[i] both where they are equal. Returns whether some are not. Notes no derivation. */
gboolean bounds_store_floats(const double *s, const double *error, const float *points, gsize n, float *low,
                             float *high);

#endif
