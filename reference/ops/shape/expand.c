#include "reference/ops/shared/move.h"

/* Broadcasts both ways: a dim of 1 in `shape` keeps the input's. */
static gboolean expand(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    gsize n;
    g_autofree int64_t *dims = move_int_list(eval_input(ev, 1), "shape", &n, error);
    Shape wanted, shape;
    if (!dims || !shape_make(dims, n, &wanted, error))
        return FALSE;
    if (!shape_broadcast(&x->shape, &wanted, &shape)) {
        g_autofree char *from = shape_to_string(&x->shape), *to = shape_to_string(&wanted);
        return eval_fail(error, "input of shape %s does not broadcast with %s", from, to);
    }
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y)
        return FALSE;
    int64_t strides[SHAPE_MAX_RANK];
    move_broadcast_strides(&x->shape, &shape, strides);
    move_strided(x, 0, strides, y);
    return TRUE;
}

#define REST .signature = "input:T, shape:int64 -> output:T", .kernel = expand, .bound = move_bound_first
OPERATOR_DEFINE(expand, "Expand", "",
    { .since = 8, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST })
