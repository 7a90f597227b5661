/* Convolution as a matrix product: for each batch item and group, weights [M / groups, C / groups * taps] times columns
 * [C / groups * taps, output positions]. Output [N, M, out...] is rounded once, after the bias. */
#ifndef ASSAY_OPS_SHARED_CONVOLUTION_H
#define ASSAY_OPS_SHARED_CONVOLUTION_H

#include "reference/ops/shared/gemm.h"
#include "reference/ops/shared/linear_sums.h"
#include "reference/ops/shared/spatial.h"

typedef struct Convolution Convolution;
struct Convolution {
    Spatial         window;
    const Tensor  *x, *w, *bias;            /* bias NULL: none */
    int64_t        groups, in_group, out_group; /* channels of one group */
    GemmArithmetic arithmetic;
    Tensor        *y;
    gboolean       linear;                  /* its bound rule is linear_bound's with two factors */
    LinearSums    *sums;                    /* NULL: no certificate */
    Convolution   *reach;                   /* what magnitudes are read from; NULL: from X and W themselves */
    gpointer       data;                    /* the reader's */
};

/* Fills in groups, sizes and window from X, W and the attributes group, kernel_shape, strides ..., checking that they go
 * together; `bias` may be NULL. */
gboolean convolution_read(const Eval *ev, const Tensor *x, const Tensor *w, const Tensor *bias, Convolution *c, GError **error);

/* Makes output 0 and, where the bound rule is linear_bound's, c->sums. */
gboolean convolution_output(Eval *ev, Convolution *c, GError **error);

/* Of c->sums with a factor that is known to an interval: *reach := the convolution of its reach, without data. Else FALSE. */
gboolean convolution_reach(const Convolution *c, Convolution *reach);

/* After convolution_output. `columns` reads the right operand: first index the output position, second channel * taps + tap; the
 * product's item is n * groups + group and `data` is the Convolution. */
void convolution_run(Eval *ev, Convolution *c, GemmRead columns);

/* For who sums otherwise: the GemmWrite that adds the bias and rounds, whose item is that of the product and whose row is the
 * output channel in the group. */
void     convolution_store(gpointer convolution, int64_t item, int64_t row, int64_t column, int64_t n, const void *sums,
                           const double *rests);

/* The GemmCertify that goes with it, which stores too. */
void     convolution_store_certified(gpointer convolution, int64_t item, int64_t row, int64_t column, int64_t n, const double *sums,
                                     const double *magnitudes, const double *terms);

#endif
