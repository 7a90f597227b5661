/* The frame of CumSum and CumProd: the axis, and lines of elements along it in the order of accumulation. */
#ifndef ASSAY_OPS_SHARED_CUMULATE_H
#define ASSAY_OPS_SHARED_CUMULATE_H

#include "reference/eval/operator.h"

typedef struct {
    const Tensor *x;
    Tensor       *y;
    int64_t       first, step, length; /* element k of the line is at first + k * step, in x and in y */
    gboolean      exclusive;           /* result k is that of elements 0..k-1, not 0..k */
} CumulateLine;

typedef void (*Cumulate)(const CumulateLine *line);

/* Output 0 of input 0's type and shape, from lines along the axis that input 1 names; attributes exclusive, reverse. */
gboolean cumulate(Eval *ev, Cumulate function, GError **error);

#endif
