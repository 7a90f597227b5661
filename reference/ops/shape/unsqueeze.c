#include "reference/ops/shared/move.h"

static gboolean unsqueeze(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *list = eval_input(ev, 1);
    gsize n;
    if (!eval_ints(ev, "axes", &n) && list)
        n = (gsize)list->count;
    if (n > (gsize)(SHAPE_MAX_RANK - x->shape.rank))
        return eval_fail(error, "%" G_GSIZE_FORMAT " new axes on top of rank %d exceed the limit of %d", n, x->shape.rank,
                         SHAPE_MAX_RANK);
    Shape shape = { .rank = x->shape.rank + (int)n };
    g_autofree int *axes = NULL; /* of the output */
    if (!move_axes(ev, "axes", 1, shape.rank, &axes, &n, error))
        return FALSE;
    gboolean added[SHAPE_MAX_RANK] = { FALSE };
    for (gsize i = 0; i < n; i++)
        added[axes[i]] = TRUE;
    for (int d = 0, from = 0; d < shape.rank; d++)
        shape.dims[d] = added[d] ? 1 : x->shape.dims[from++];
    return move_reshape(ev, x, &shape, error);
}

#define OLD .signature = "data:T -> expanded:T", .attributes = "axes:ints!", .kernel = unsqueeze, .bound = move_bound_first
#define NEW .signature = "data:T, axes:int64 -> expanded:T", .kernel = unsqueeze, .bound = move_bound_first
OPERATOR_DEFINE(unsqueeze, "Unsqueeze", "",
    { .since = 1, .types = "T: all1", OLD },
    { .since = 11, .types = "T: all1", OLD },
    { .since = 13, .types = "T: all13", NEW },
    { .since = 21, .types = "T: all21", NEW },
    { .since = 23, .types = "T: all23", NEW },
    { .since = 24, .types = "T: all24", NEW },
    { .since = 25, .types = "T: all25", NEW })
