/* Pooling: one value for each window of each plane of an input [N, C, D1 ... Dn]. */
#ifndef ASSAY_OPS_SHARED_POOLING_H
#define ASSAY_OPS_SHARED_POOLING_H

#include "reference/ops/shared/spatial.h"

typedef struct {
    const double  *plane;   /* the input plane, widened */
    const int64_t *offsets; /* of the window's taps inside the input */
    int64_t        n;       /* how many */
    int64_t        padded;  /* taps inside input and pads */
    DType          dtype;   /* of the result, still to be rounded */
    gconstpointer  data;    /* the operator's */
} PoolWindow;

/* The window's value; *chosen may be set to the offset of the tap it is, for operators with indices. */
typedef double (*PoolFn)(const PoolWindow *window, int64_t *chosen);

/* Output 0, and output 1 where it is wanted and `indexed`: int64 indices into the whole input, counted row-major or
 * (column_major) with the spatial dims reversed; -1 for a window that has no tap inside the input. */
typedef enum { POOLING_NO_ROWS, POOLING_LARGEST_ROWS, POOLING_MEAN_ROWS } PoolingRows;
typedef struct {
    PoolFn        fn;
    gconstpointer data;
    gboolean      indexed, column_major;
    PoolingRows   rows; /* what fn does, for pooling_rows.c */
} Pooling;

/* Maximum: the first of equal ones, a NaN being larger than everything; without taps the least value of the type. */
double pooling_largest(const PoolWindow *window, int64_t *chosen);
/* The sum by the number of taps inside the input; data is a gboolean: whether those in pads count too. */
double pooling_mean(const PoolWindow *window, int64_t *chosen);
/* The p-norm; data is a double: p. */
double pooling_norm(const PoolWindow *window, int64_t *chosen);

gboolean pooling_run(Eval *ev, const Spatial *window, const Pooling *pooling, GError **error);
/* Output 0 alone, faster, for pooling->rows; FALSE if that does not pay or memory is refused: nothing has happened then. */
gboolean pooling_run_rows(Eval *ev, const Spatial *window, const Pooling *pooling, Tensor *y);
/* Each plane of input 0 as one window. */
gboolean pooling_run_global(Eval *ev, const Pooling *pooling, GError **error);

#endif
