/* Writing updates into a copy of a tensor: Scatter, ScatterElements, ScatterND.
 *
 * With a reduction the elements that are hit are kept wide (binary64, 64-bit integers) until all updates are in, and
 * rounded once; the others keep their bits. Updates go in the order of the indices; without a reduction the last one to
 * an element stays (the texts leave duplicates undefined). */
#ifndef ASSAY_OPS_SHARED_SCATTER_H
#define ASSAY_OPS_SHARED_SCATTER_H

#include "reference/ops/shared/move.h"

typedef enum { SCATTER_NONE, SCATTER_ADD, SCATTER_MUL, SCATTER_MAX, SCATTER_MIN } ScatterReduction;

typedef struct {
    ScatterReduction reduction;
    const Tensor    *updates;
    Tensor          *y;     /* owned */
    Tensor          *wide;  /* owned; of y's shape, double, int64 or uint64; NULL without a reduction */
    uint8_t         *hit;   /* owned; which elements of wide hold a result */
} Scatter;

/* Reads the attribute `reduction`, where the version in force has one, and copies `data`. FALSE with an error; clear in
 * either case. */
gboolean scatter_begin(Scatter *scatter, const Eval *ev, const Tensor *data, const Tensor *updates, GError **error);

/* `count` elements of the updates, from `from` on, meet those of the result from `to` on. */
void scatter_run(Scatter *scatter, int64_t from, int64_t to, int64_t count);

/* The result becomes output 0. */
void scatter_finish(Scatter *scatter, Eval *ev);

void scatter_clear(Scatter *scatter);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scatter, scatter_clear)

/* Bound rule: data and updates are moved, indices say where. Sums and products of floats have none: their order is open. */
gboolean scatter_bound(Eval *ev, GError **error);

#endif
