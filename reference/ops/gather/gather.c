#include "reference/ops/shared/move.h"

/* The dim `axis` of the data is replaced by the dims of the indices. */
static gboolean gathered_shape(const Shape *data, const Shape *indices, int axis, Shape *shape, GError **error)
{
    int64_t dims[2 * SHAPE_MAX_RANK];
    gsize rank = 0;
    for (int d = 0; d < axis; d++)
        dims[rank++] = data->dims[d];
    for (int d = 0; d < indices->rank; d++)
        dims[rank++] = indices->dims[d];
    for (int d = axis + 1; d < data->rank; d++)
        dims[rank++] = data->dims[d];
    return shape_make(dims, rank, shape, error);
}

static gboolean gather(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), x->shape.rank,
                         x->shape.rank);
    Shape shape;
    if (!gathered_shape(&x->shape, &indices->shape, axis, &shape, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y)
        return FALSE;
    const int64_t dim = x->shape.dims[axis];
    g_autofree int64_t *at = g_try_new(int64_t, (gsize)indices->count + 1);
    if (!at)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " indices", indices->count);
    for (int64_t i = 0; i < indices->count; i++) {
        at[i] = tensor_get_int(indices, i);
        if (!move_index(&at[i], dim, "indices", error))
            return FALSE;
    }
    if (y->count == 0)
        return TRUE;
    const int64_t outer = shape_span(&x->shape, 0, axis), inner = shape_span(&x->shape, axis + 1, x->shape.rank);
    int64_t to = 0;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < indices->count; i++, to += inner)
            move_run(x, (o * dim + at[i]) * inner, y, to, inner);
    tensor_adopt_strings(y);
    return TRUE;
}

#define REST                                                                                                            \
    .signature = "data:T, indices:Tind -> output:T", .attributes = "axis:int=0", .kernel = gather, .bound = move_bound_first
OPERATOR_DEFINE(gather, "Gather", "",
    { .since = 1, .types = "T: all1 | Tind: int32 int64", REST },
    { .since = 11, .types = "T: all1 | Tind: int32 int64", REST },
    { .since = 13, .types = "T: all13 | Tind: int32 int64", REST })
