/* Numbers with what is known of them: the value of the reference, and the ends between which a conforming backend's
 * value lies at that place, whether or not it rounds there. For operators that fuse several steps and are certified as
 * a whole. Ends are binary64 and not rounded to a narrower type: a backend that keeps more digits lies inside as well.
 *
 * Rules: reference/bounds/; the computing type of every step is float32. Plain values, thread-safe. */
#ifndef ASSAY_OPS_SHARED_SPAN_H
#define ASSAY_OPS_SHARED_SPAN_H

#include "reference/eval/certify.h"

typedef struct {
    double value, low, high;
} Span;

static inline Span span_point(double value)
{
    return (Span){ value, value, value };
}

static inline gboolean span_is_point(Span s)
{
    return s.low == s.high;
}

/* The nearest value of dtype, as a double. */
double span_nearest(DType dtype, double x);

/* A result that is rounded to dtype here, or not: the value is rounded, the ends hold both. */
Span span_rounded(DType dtype, Span s);

/* `error` added on both sides. What is not finite is a point: no interval says more. */
Span span_widened(Span s, double error);

/* Sum over i of x[i] * w[i], plus `bias` if not NULL, in any order of additions; the value is the sum of products in
 * ascending order, rounded to dtype, then the bias added and rounded again. */
Span span_dot(DType dtype, const Span *x, const double *w, int64_t n, const double *bias);
/* The value alone: only x[i].value is read, the ends are the value. */
Span span_dot_value(DType dtype, const Span *x, const double *w, int64_t n, const double *bias);

Span span_product(DType dtype, Span a, Span b);
/* Sum of n terms in any order; the value is the exact sum rounded once. n may be 0. */
Span span_sum(DType dtype, const Span *terms, int64_t n);
Span span_quotient(DType dtype, Span a, Span b); /* b positive */

/* ---- between tensors and spans ----------------------------------------------------------------------------------- */

/* Elements [first, first + n) of a tensor that is known by `interval` (NULL: a point). */
void span_load(const Tensor *tensor, const Interval *interval, int64_t first, int64_t n, Span *out);

/* Elements [first, first + n) of y := the values. */
void span_store(Tensor *y, int64_t first, int64_t n, const Span *spans);

/* Ends as tensors of a finished y, made when the first element needs them; then eval_set_interval() takes both. */
typedef struct {
    Tensor *lower, *upper;
} SpanEnds;
gboolean span_ends(SpanEnds *ends, const Tensor *y, int64_t first, int64_t n, const Span *spans, GError **error);

#endif
