/* The innermost loops of gemm.c for the instruction sets of this machine. */
#ifndef ASSAY_OPS_SHARED_GEMM_KERNELS_H
#define ASSAY_OPS_SHARED_GEMM_KERNELS_H

#include "reference/ops/shared/gemm.h"

/* Of GEMM_COUNT a cell is a uint64_t with a bit for each of 64 factors, set if it is not zero; of GEMM_REACH a float, in panels and
 * sums.
 *
 * sums[r * stride + c] += sum over j of a[j * a_step + r] * b[j * b_step + c], j ascending, for c in [0, width), or := where they are
 * fresh; rests likewise gets the rounding errors (compensated only). Tiles are aligned to 64 bytes, stride is a multiple of
 * `unit`. */
typedef void (*GemmAdd)(int64_t depth, const void *a, int64_t a_step, const void *b, int64_t b_step, gboolean fresh, void *sums,
                        double *rests, int64_t stride);

/* add[i] is for panels of width (i + 1) * unit: the last, for `columns`, is the fastest, the others are for what is left over
 * at the edge. */
typedef struct {
    int64_t rows, columns, unit;
    GemmAdd add[3];
} GemmKernel;

typedef GemmKernel GemmKernels[GEMM_KINDS];

/* The best of the machine; all give the same bits. */
const GemmKernel *gemm_kernel(GemmArithmetic arithmetic);

/* Every kernel that the machine can run, for the test that they agree; *n receives how many. */
const GemmKernel *gemm_kernel_nth(GemmArithmetic arithmetic, gsize i);

#endif
