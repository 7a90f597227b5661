/* The naive kernels: a second evaluator of operators, float arithmetic in the order in which the operator's text says it,
 * one loop an axis. It shares the graph runner, the tensors and the schemas with the reference (EvalOptions.substitute), and no
 * arithmetic: nothing under golden/mutants may include reference/ops or reference/bounds (scripts/check_includes). With no
 * mutant switched on it is the reference's second opinion: every golden must hold its answer inside the interval.
 *
 *     NAIVE_DEFINE(relu, "Relu", "", relu)
 *
 * The Makefile collects NAIVE_DEFINE lines. An operator without a naive kernel runs from its function body if it has one,
 * else from the reference's kernel; so does a node that a naive kernel declines with eval_own_kernel(). */
#ifndef ASSAY_GOLDEN_MUTANTS_NAIVE_H
#define ASSAY_GOLDEN_MUTANTS_NAIVE_H

#include "golden/mutants/format.h"
#include "reference/eval/eval.h"

typedef struct {
    const char *name, *domain;
    OpKernel    kernel;
} NaiveKernel;

#define NAIVE_DEFINE(id, name, domain, kernel) \
    extern const NaiveKernel naive_##id;       \
    const NaiveKernel naive_##id = { (name), (domain), (kernel) };

/* An EvalSubstitute. data: NULL, or a GHashTable set that receives each const Operator * without a naive kernel. */
OpKernel naive_substitute(const Operator *op, gpointer data);

/* The elements as numbers, in new arrays (g_free): floats by the formats of format.h, integers and bool as they are. Exact but
 * for 64-bit integers as doubles. Not for strings and complex numbers. */
double  *naive_read(const Tensor *tensor);
int64_t *naive_read_ints(const Tensor *tensor);

/* Output i, each number rounded once, to nearest even, into the type; naive_give_ints keeps the low bits. */
gboolean naive_give(Eval *ev, gsize i, DType dtype, const Shape *shape, const double *numbers, GError **error);
gboolean naive_give_ints(Eval *ev, gsize i, DType dtype, const Shape *shape, const int64_t *numbers, GError **error);

/* The type in which a backend without wide accumulators computes: double for double, else float. */
DType  naive_compute_type(DType dtype);

/* Row-major index arithmetic, one element at a time. */
void    naive_unravel(const Shape *shape, int64_t flat, int64_t *index);
/* The element of `shape` that broadcasts to `index` of a shape of rank `rank`. */
int64_t naive_broadcast(const Shape *shape, int rank, const int64_t *index);
int64_t naive_ravel(const Shape *shape, const int64_t *index);
/* Elements of the dims from..to. */
int64_t naive_span(const Shape *shape, int from, int to);

#endif
