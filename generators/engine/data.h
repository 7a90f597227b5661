/* Deterministic data. A value is a function of (seed, index) alone: no state, no order, no libm, the same everywhere.
 *
 * What exposes what:
 *
 *   layout, strides, broadcast, head maps     data_indexed, data_all_codes; data_integers small enough for every accumulator
 *   operands narrowed, at any length of sums  data_precise with data_signs
 *   cancellation; accumulators that stagnate  data_cancelling; data_stagnating
 *   range                                     data_log_uniform
 *   tiles, with a tight bound                 data_sparse
 *   ties and double rounding                  data_boundaries; data_scaled with scales of data_powers
 *   saturation, infinities, NaN, subnormals   data_boundaries with specials, data_codes
 *   means far from zero, epsilons that show   the rows of block-qdq's dq-layer and of norm-rope's rms-row, by hand
 *   visible keys, routes                      attention's and flex-attention's level and routed scores
 *   ragged tails                              shapes: sizes that no block or tile divides, 0 and 1
 *   none of these in particular               data_normal
 *
 * Tensors are new references for the caller; shapes are trusted (generators are ours), so failure to allocate aborts. */
#ifndef ASSAY_GENERATORS_ENGINE_DATA_H
#define ASSAY_GENERATORS_ENGINE_DATA_H

#include "reference/tensor/tensor.h"

/* 64 random bits for an element (SplitMix64's finaliser over a Weyl step). */
uint64_t data_bits(uint64_t seed, uint64_t index);
/* A seed from a name, so that every scenario and tensor has its own. */
uint64_t data_seed(const char *name);
int64_t  data_range(uint64_t seed, uint64_t index, int64_t low, int64_t high); /* uniform in [low, high] */

/* ---- whole tensors ------------------------------------------------------------------------------------------------- */

/* Integers in [low, high], exact in the dtype (the caller sees to it). */
Tensor *data_integers(DType dtype, const Shape *shape, uint64_t seed, int64_t low, int64_t high);
/* Integers times 2^exponent. */
Tensor *data_scaled(DType dtype, const Shape *shape, uint64_t seed, int64_t low, int64_t high, int exponent);
/* Powers of two 2^low .. 2^high: scales that make every quotient exact. */
Tensor *data_powers(DType dtype, const Shape *shape, uint64_t seed, int low, int high);
/* Sum of twelve small integers over 2^10: bell-shaped in about [-6, 6], rounded to the dtype. */
Tensor *data_normal(DType dtype, const Shape *shape, uint64_t seed);
/* Random bit patterns of the dtype; finite only if asked. */
Tensor *data_codes(DType dtype, const Shape *shape, uint64_t seed, gboolean finite);
/* Code i mod 2^bits at element i: every code in order (8-bit and narrower types). */
Tensor *data_all_codes(DType dtype, const Shape *shape);
/* The element's multi-index, mixed radix: reveals every transposed or shifted index. Wraps to the type's width. */
Tensor *data_indexed(DType dtype, const Shape *shape);
Tensor *data_constant(DType dtype, const Shape *shape, double value);

/* ---- data that exposes one weakness of sums (data_sets.c); a row is a run along the last axis -------------------------- */

/* Odd integers of exactly `bits` significant bits, both signs: what a narrower operand loses shows at once. With partners of
 * magnitude 1 (data_signs) every sum of up to 2^(24 - bits) of them is exact in float32. */
Tensor *data_precise(DType dtype, const Shape *shape, uint64_t seed, int bits);
Tensor *data_signs(DType dtype, const Shape *shape, uint64_t seed); /* 1 and -1 */
/* Pairs x, -y with y the neighbour of x: sums of rows are tiny beside what is added. */
Tensor *data_cancelling(DType dtype, const Shape *shape, uint64_t seed);
/* In each row 1, then halves of the dtype's unit in the last place of 1: who adds one by one to a sum of its precision stays
 * at 1. Every other row is reversed. */
Tensor *data_stagnating(DType dtype, const Shape *shape);
/* Signs and significands at random, exponents evenly from low to high. */
Tensor *data_log_uniform(DType dtype, const Shape *shape, uint64_t seed, int low, int high);
/* `filled` elements of each row, spread over it, its last one among them, are bell-shaped; the others are 0. */
Tensor *data_sparse(DType dtype, const Shape *shape, uint64_t seed, int64_t filled);

/* From literals, in row-major order; rounded once to the dtype. */
Tensor *data_doubles(DType dtype, const Shape *shape, const double *values);
Tensor *data_int64s(const Shape *shape, const int64_t *values);
Tensor *data_scalar(DType dtype, double value);
#define DATA_LIST(dtype, ...)                                                                                          \
    data_doubles((dtype), &SHAPE((int64_t)(sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))),                 \
                 (const double[]){ __VA_ARGS__ })

/* The interesting values of a float type as source of a conversion to `target`: every midpoint of neighbouring target
 * values and its neighbours in `source`, every target value, zeros, extremes, infinities, NaN. Rank 1, ascending by
 * construction order. Integer targets: halves and limits. */
Tensor *data_boundaries(DType source, DType target, gboolean specials);

#endif
