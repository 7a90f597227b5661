/* Profiles: named freedoms that a backend may take beyond the strict one, and the bounds that follow.
 *
 * The strict profile, "f32-any-order", computes in float32 (float64 for float64) in any order, fused or not. Each profile
 * adds one freedom; freedoms are additive, so "tf32+device-math" is a profile too. In the formulas of sums.h, attention.h,
 * softmax.h and the rest:
 *
 *   "tf32x3"       operands of products are split into two tf32 numbers, the product of the low parts is dropped:
 *                  3 * 2^-22 S + 3 E for operands that tf32 cannot hold
 *   "bf16x3"       the same with bfloat16: 3 * 2^-16 S + 3 E
 *   "mma-trunc"    matrix units that align groups of 4 products and truncate at 23 fraction bits:
 *                  ceil(n / 4) (5 * 2^-23 + 2^-23) S, doubled rounding unit of a truncating store included
 *   "f16-chunks"   partial sums are stored in float16 every 64 terms: ceil(n / 64) 2^-11 S for n > 64; void where S exceeds
 *                  its range
 *   "division"     Div, Reciprocal, Sqrt and the division of a softmax, also of one in an attention, within 3 ulp: a product with a
 *                  rounded reciprocal, a refined estimate; what is exact in a softmax stays exact. QuantizeLinear
 *                  multiplies by the rounded reciprocal of the scale: 2 u |t| (1 + u), u of the type that it divides in
 *   "ftz"          results, products and partial sums below the smallest normal number may become 0, and so may operands of sums;
 *                  void for elementwise functions of a subnormal. Types of 8 bits and fewer are never flushed, moved data neither
 *   "device-math"  8 times the budget of exp, log, tanh, erf and their like
 *   "tf32"         operands of products are rounded or truncated to 11 significant bits
 *   "bf16x1"       the same to 8 bits
 *   "mma-trunc13"  as mma-trunc with 13 fraction bits and groups of 32: first matrix units for float8
 *   "f16-acc"      everything is computed and accumulated in float16; void beyond its range
 *   "bf16-acc"     the same in bfloat16
 *
 * An operand that the narrow type holds is not moved at all, so that exact probes stay exact. float64 is never relaxed.
 * Constants of the matrix units: published reverse engineering (Fasi, Higham, Mikaitis, Pranesh, "Numerical behavior of
 * NVIDIA tensor cores"), not confirmed on every device.
 *
 * The profile in force is a property of the thread: bounds are computed deep inside operators, all in the thread that runs
 * the evaluator. Whoever wants intervals under a profile puts it in force around evaluator_run(). Values never depend on it. */
#ifndef ASSAY_BOUNDS_RELAXATION_H
#define ASSAY_BOUNDS_RELAXATION_H

#include "reference/tensor/dtype.h"

typedef struct {
    DType    computing;    /* of everything that is not float64; 0: float32 */
    int      kept;         /* significant bits of an operand of a product; 0: all of the computing type's */
    gboolean split;        /* what kept loses is carried by a second number, and only the product of two such is lost */
    int      trunc;        /* fraction bits of a truncating accumulator; 0: none */
    int      group;        /* products that it adds at once */
    DType    chunks;       /* in which partial sums are stored every 64 terms; 0: none */
    double   functions;    /* factor on budgets of functions; at least 1 */
    gboolean division;     /* quotients and roots are not correctly rounded */
    gboolean flush;        /* subnormals become 0 */
    gboolean unfused;      /* as the reference itself: a function's inner results are rounded as its nodes say, and what an operator may
                              store on its way in the tensors' own type it does not store */
} Relaxation;

/* The reference's own arithmetic, binary64 in any order, each node rounded: of an element whose interval under it is a
 * point the golden is proven to be the correctly rounded value (the test of Ziv). */
extern const Relaxation relaxation_reference;

#define RELAXATION_STRICT_NAME "f32-any-order"
extern const Relaxation relaxation_strict;

/* Names of single freedoms, the one that admits least first. */
const char *const *relaxation_names(gsize *count);

/* A profile by name, freedoms joined by '+': FALSE if one is unknown. */
gboolean relaxation_parse(const char *name, Relaxation *profile);

/* The profile in force in this thread, and setting it: the caller sets back what was in force. The profile must live as
 * long. */
const Relaxation *relaxation_in_force(void);
const Relaxation *relaxation_use(const Relaxation *profile);

/* How far an operand x of a product may be moved before the product is formed, in a sum whose result has this dtype. */
double relaxation_demotion(DType dtype, double x);

/* What a sum of so many products, of magnitudes that sum to `magnitude`, may err beyond the strict bound E. */
double relaxation_dot_excess(DType dtype, double terms, double magnitude, double strict);

/* Bits that a sum may need to be exact in the accumulator, of `precision` without profile. */
int relaxation_precision(DType dtype, int precision);

/* Factor on the budget of a function. */
double relaxation_functions(DType dtype);

/* Ulps that a quotient or a square root may be off, 0 without profile. */
double relaxation_quotient(DType dtype);

/* Below what magnitude a number of this type may become 0; 0: never. */
double relaxation_flushed(DType dtype);

#endif
