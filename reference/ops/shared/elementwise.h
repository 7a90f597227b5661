/* Elementwise loops: broadcast, widen to the domain of the type, compute, round once.
 *
 * A kernel gives one block function per domain it supports; blocks are dense arrays, so compilers vectorise them:
 *
 *     BINARY_BLOCK(add_f, double, a + b)
 *     BINARY_BLOCK(add_i, int64_t, (int64_t)((uint64_t)a + (uint64_t)b))
 *     BINARY_BLOCK(add_u, uint64_t, a + b)
 *     static const BinaryFn add = { .f = add_f, .i = add_i, .u = add_u };
 *
 * For + - * / and sqrt computing in binary64 and rounding once to a type of 25 bits or fewer is correctly rounded
 * (double rounding is harmless when the wide format has 2p+2 bits or more); float64 itself is IEEE. Integers wrap to
 * the width of the type. bool uses .u unless a kernel says otherwise. */
#ifndef ASSAY_OPS_SHARED_ELEMENTWISE_H
#define ASSAY_OPS_SHARED_ELEMENTWISE_H

#include "reference/eval/certify.h"
#include "reference/eval/eval.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/select.h"

#include <math.h>

typedef struct {
    void (*f)(const double *a, const double *b, double *y, gsize n);
    void (*i)(const int64_t *a, const int64_t *b, int64_t *y, gsize n);
    void (*u)(const uint64_t *a, const uint64_t *b, uint64_t *y, gsize n);
    void (*s)(const float *a, const float *b, float *y, gsize n); /* NULL, or FLOAT_BLOCK: f's bits on float32, for networks */
} BinaryFn;

typedef struct {
    void (*f)(const double *x, double *y, gsize n);
    void (*i)(const int64_t *x, int64_t *y, gsize n);
    void (*u)(const uint64_t *x, uint64_t *y, gsize n);
    void (*s)(const float *x, float *y, gsize n); /* NULL, or f's bits on float32, for networks */
} UnaryFn;

/* Predicates: the result is bool. */
typedef struct {
    void (*f)(const double *a, const double *b, uint8_t *y, gsize n);
    void (*i)(const int64_t *a, const int64_t *b, uint8_t *y, gsize n);
    void (*u)(const uint64_t *a, const uint64_t *b, uint8_t *y, gsize n);
} CompareFn;

#define BINARY_BLOCK(name, type, expression)                                              \
    static void name(const type *pa, const type *pb, type *y, gsize n)                    \
    {                                                                                     \
        for (gsize k = 0; k < n; k++) {                                                   \
            const type a = pa[k], b = pb[k];                                              \
            y[k] = (expression);                                                          \
        }                                                                                 \
    }
/* One correctly rounded operation, in float32 itself: it has the bits of binary64 that is rounded once. */
#define FLOAT_BLOCK(name, expression)                                                                              \
    CLONES static void name(const float *restrict pa, const float *restrict pb, float *restrict py, gsize n)      \
    {                                                                                                             \
        for (gsize k = 0; k < n; k++) {                                                                           \
            const float a = pa[k], b = pb[k], y = (expression);                                                   \
            /* the sign of a NaN is the machine's: here it has none */                                             \
            py[k] = select_float((y != y) & (a == a) & (b == b), (float)NAN, y);                                   \
        }                                                                                                         \
    }
#define UNARY_BLOCK(name, type, expression)                                               \
    static void name(const type *px, type *y, gsize n)                                    \
    {                                                                                     \
        for (gsize k = 0; k < n; k++) {                                                   \
            const type x = px[k];                                                         \
            y[k] = (expression);                                                          \
        }                                                                                 \
    }
#define COMPARE_BLOCK(name, type, expression)                                             \
    static void name(const type *pa, const type *pb, uint8_t *y, gsize n)                 \
    {                                                                                     \
        for (gsize k = 0; k < n; k++) {                                                   \
            const type a = pa[k], b = pb[k];                                              \
            y[k] = (expression);                                                          \
        }                                                                                 \
    }

/* Inputs 0 and 1, or all inputs folded left to right for variadic operators, to output 0 of the inputs' type.
 * Broadcasting is multidirectional; operators of opset 6 and before pass FALSE for `multidirectional` and have the
 * attributes broadcast and axis. */
gboolean elementwise_binary(Eval *ev, const BinaryFn *fn, GError **error);
gboolean elementwise_binary_legacy(Eval *ev, const BinaryFn *fn, GError **error);
gboolean elementwise_variadic(Eval *ev, const BinaryFn *fn, GError **error);
gboolean elementwise_unary(Eval *ev, const UnaryFn *fn, GError **error);
gboolean elementwise_compare(Eval *ev, const CompareFn *fn, GError **error);
/* A property of each number of input 0 (a float type): output 0 is bool. */
typedef void (*TestFn)(const double *x, uint8_t *y, gsize n, gconstpointer data);
gboolean elementwise_test(Eval *ev, TestFn test, gconstpointer data, GError **error);
gboolean elementwise_compare_legacy(Eval *ev, const CompareFn *fn, GError **error);

/* FALSE with an error unless all inputs have the same shape: for versions that do not broadcast. */
gboolean elementwise_equal_shapes(const Eval *ev, GError **error);

/* Bound rule of exact operators with float attributes (a NULL-ended list): a backend may round these to the type of
 * input 0 first, so the answer is unique only where that changes nothing; otherwise no certificate. */
gboolean elementwise_bound_exact(Eval *ev, const char *const *attributes, GError **error);

/* low and high := the least and the greatest that fn->s, which must be monotone in each operand for itself, makes of two
 * operands between their ends; a point's ends are one tensor. All float32; low and high have the shape that the operands
 * broadcast to. `rising`: fn falls in neither. FALSE if some end is not finite; low and high then hold nothing. */
gboolean elementwise_ends(const BinaryFn *fn, const Interval *a, const Interval *b, gboolean rising, Tensor *low, Tensor *high);

/* The tensors themselves, for kernels that compose: result has the broadcast shape and a's dtype. */
Tensor *elementwise_apply(const BinaryFn *fn, const Tensor *a, const Tensor *b, GError **error);

#endif
