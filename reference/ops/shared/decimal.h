/* Numbers as decimal text, the way Cast between numbers and strings has them. Independent of the locale, thread-safe.
 *
 * Source: Cast-9 and later. A numeral is an optional sign, decimal digits with at most one point, and an optional
 * exponent; or one of INF, +INF, -INF, NaN in any case (a sign before NaN is taken too). Anything else is no number:
 * the operator's text leaves it undefined, here it is an error. */
#ifndef ASSAY_OPS_SHARED_DECIMAL_H
#define ASSAY_OPS_SHARED_DECIMAL_H

#include "reference/tensor/dtype.h"

/* The value, rounded to odd, so that one further rounding to a format of up to 51 bits is correct. FALSE if the text is
 * no number. */
gboolean decimal_to_odd_double(const char *text, gsize length, double *value);

/* The value as binary64, rounded to nearest even. */
gboolean decimal_to_double(const char *text, gsize length, double *value);

/* The value truncated towards zero; what lies beyond the integer type saturates (NaN: 0) and sets *outside. */
gboolean decimal_to_int64(const char *text, gsize length, int64_t *value, gboolean *outside);
gboolean decimal_to_uint64(const char *text, gsize length, uint64_t *value, gboolean *outside);

/* Plain notation without exponent, with a point, of the fewest digits that read back to the same value of the float type
 * ("314.15926", "1.0", "0.00001"); "INF", "-INF", "NaN". Free with g_free. */
char *decimal_from_float(DType dtype, double value);

#endif
