/* Conversion of elements from one type to another: the meaning of Cast and CastLike.
 *
 * Source: Cast-1 to Cast-25, CastLike-15 to 25 (subbyte-types/R20 to R44); where its text is silent or its artefacts disagree:
 *   - one rounding, from the source's exact value, also from double and 64-bit integers to the narrow floats;
 *   - float to integers of 8 bits and more truncates towards zero. Out-of-range values and NaN are undefined: here they
 *     saturate (NaN: 0), and the certificate accepts every value;
 *   - float to 2- and 4-bit integers rounds to nearest even, then keeps the low bits (the notes on those types);
 *   - an infinity saturates for all four float8 types when saturate is set; float4e2m1 always clamps;
 *   - float8e8m0 ignores the sign; negative values and -0 are undefined, the certificate accepts every code but NaN;
 *   - strings as in decimal.h. bool to string gives "1" and "0"; a string is true if its number is not zero. */
#ifndef ASSAY_OPS_SHARED_CAST_H
#define ASSAY_OPS_SHARED_CAST_H

#include "reference/eval/certify.h"
#include "reference/tensor/float_format.h"

typedef struct {
    gboolean     saturate; /* the float8 types and float8e8m0 */
    E8m0Rounding rounding; /* float8e8m0 */
} CastOptions;

/* The attributes saturate and round_mode, with the meaning of versions that do not have them. */
gboolean cast_options(const Eval *ev, CastOptions *options, GError **error);

/* A new tensor, or another reference to x. `to` must be a type that may stand on the wire and is not complex. */
Tensor *cast_tensor(const Tensor *x, DType to, const CastOptions *options, GError **error);

/* The bound rule of an operator whose output 0 is input 0 cast to the type it has. */
gboolean cast_bound(Eval *ev, GError **error);

#endif
