/* Matrix products, the loop under MatMul, Gemm, Conv and what is built from them.
 *
 * `count` independent products of [m,k] by [k,n]. Every output element is one sum over k in ascending order, so its bits
 * depend neither on the tiling nor on threads nor on the width of vectors: the loops are vectorised across outputs.
 *
 * Operands come through a reader that fills packed panels, results go to a writer that applies what follows the product
 * (bias, scale) and rounds once. */
#ifndef ASSAY_OPS_SHARED_GEMM_H
#define ASSAY_OPS_SHARED_GEMM_H

#include "reference/eval/operator.h"

typedef enum {
    /* Cells are doubles whose products are exact in binary64 (both factors of at most 26 bits: every type of ours up to
     * float32), summed in binary64. A fused multiply-add then has the bits of a multiply and an add. */
    GEMM_NARROW,
    /* Cells are doubles; each product and each sum rounds to binary64. */
    GEMM_BINARY64,
    /* Cells are doubles; products and sums carry their rounding errors along: as if in twice the precision of binary64,
     * then rounded. The writer gets value and remainder. */
    GEMM_COMPENSATED,
    /* Cells are uint64_t, arithmetic modulo 2^64. */
    GEMM_INTEGER,
    /* Beside GEMM_NARROW, for certificates: sums of magnitudes, and numbers of products that are not zero. */
    GEMM_MAGNITUDE,
    GEMM_COUNT,
    /* Beside GEMM_NARROW, for certificates: sums of magnitudes in float32, each product and its addition rounded once together. */
    GEMM_REACH,
    GEMM_KINDS
} GemmArithmetic;

/* The arithmetic for operands of this dtype. */
GemmArithmetic gemm_arithmetic(DType dtype);

/* A run of finished elements: row `row` of product `item`, columns [column, column + n). `rests` is NULL unless
 * compensated: what to add to values[i] for more precision. Called from several threads for different elements. */
typedef void (*GemmWrite)(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const void *values,
                          const double *rests);

/* cells[(j - from) * width + i] := element (first + i, j) of the operand of product `item`, for i in [0, n) and j in
 * [from, from + depth), where the first index is the row of the left operand or the column of the right one and the
 * second is k. Called from several threads. */
typedef void (*GemmRead)(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells,
                         int64_t width);

/* The same of GEMM_NARROW with what a certificate needs: per element also the sum of its products' magnitudes, in binary64 and
 * in the same order, and how many products are not zero; `terms` is NULL unless asked for. Or the sum of the magnitudes of the
 * products of other operands (left_reach, right_reach), in float32: wrong by k (2^-24 of itself + 2^-150) at most. */
typedef void (*GemmCertify)(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const double *values,
                            const double *magnitudes, const double *terms);

/* An operand of one product that need not be read: doubles, element (i, k) at cells[k * step + i]. cells NULL: it is read. */
typedef struct {
    const double *cells;
    int64_t       step;
} GemmCells;

typedef struct {
    GemmArithmetic arithmetic;
    int64_t        count, m, n, k;
    GemmRead       left, right;
    GemmWrite      write;
    gpointer       data;
    GemmCertify    certify;    /* in place of write; NULL: not wanted */
    gboolean       counts;     /* whether certify wants terms */
    gboolean       raw;        /* of GEMM_NARROW: write and certify take NaN of any sign */
    gboolean       left_dense; /* no cell of the left operand is zero */
    /* What left and right read the magnitudes' operands from, float32 elements; NULL: the products' own. Not with counts. */
    gpointer       left_reach, right_reach;
    GemmCells      left_cells, right_cells; /* where count is 1; left and right are still given, for the edges */
} Gemm;

void gemm_run(Eval *ev, const Gemm *gemm);
/* The same on the calling thread alone, for work that is already one of several threads'. */
void gemm_run_alone(const Gemm *gemm);

/* A matrix in memory, for readers: element (i, j) is data[i * outer + j * inner]; strides in elements. */
typedef struct {
    DType       dtype;
    const void *data;
    int64_t     outer, inner;
} GemmMatrix;

/* The reader's work for such an operand; `first` and `n` along outer, `from` and `depth` along inner. */
void gemm_pack(GemmArithmetic arithmetic, const GemmMatrix *matrix, int64_t first, int64_t n, int64_t from, int64_t depth,
               void *cells, int64_t width);

#endif
