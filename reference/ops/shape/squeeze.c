#include "reference/ops/shared/move.h"

/* Removes the dims of 1 that axes lists; all of them if axes is absent (an empty list removes none). */
static gboolean squeeze(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    g_autofree int *axes = NULL;
    gsize n;
    if (!move_axes(ev, "axes", 1, x->shape.rank, &axes, &n, error))
        return FALSE;
    gboolean gone[SHAPE_MAX_RANK] = { FALSE };
    for (int d = 0; !axes && d < x->shape.rank; d++)
        gone[d] = x->shape.dims[d] == 1;
    for (gsize i = 0; i < n; i++) {
        if (x->shape.dims[axes[i]] != 1)
            return eval_fail(error, "axis %d has dim %" G_GINT64_FORMAT ", expected 1", axes[i], x->shape.dims[axes[i]]);
        gone[axes[i]] = TRUE;
    }
    Shape shape = SHAPE0;
    for (int d = 0; d < x->shape.rank; d++)
        if (!gone[d])
            shape.dims[shape.rank++] = x->shape.dims[d];
    return move_reshape(ev, x, &shape, error);
}

#define OLD .signature = "data:T -> squeezed:T", .attributes = "axes:ints", .kernel = squeeze, .bound = move_bound_first
#define NEW .signature = "data:T, axes:int64? -> squeezed:T", .kernel = squeeze, .bound = move_bound_first
OPERATOR_DEFINE(squeeze, "Squeeze", "",
    { .since = 1, .types = "T: all1", OLD },
    { .since = 11, .types = "T: all1", OLD },
    { .since = 13, .types = "T: all13", NEW },
    { .since = 21, .types = "T: all21", NEW },
    { .since = 23, .types = "T: all23", NEW },
    { .since = 24, .types = "T: all24", NEW },
    { .since = 25, .types = "T: all25", NEW })
