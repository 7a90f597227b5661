/* Deterministic data. A value is a function of (seed, index) alone: no state, no order, no libm, the same everywhere.
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
