#include "reference/ops/shared/move.h"

/* y[i, j, ...] = x[i, index[i, j, ...], ...]: the index replaces the coordinate of `axis`. The dims of the indices may be
 * smaller than the data's in the other axes. */
static gboolean gather_elements(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1);
    const int rank = x->shape.rank, axis = shape_axis(eval_int(ev, "axis"), rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), rank, rank);
    if (indices->shape.rank != rank)
        return eval_fail(error, "indices have rank %d, the data %d", indices->shape.rank, rank);
    for (int d = 0; d < rank && indices->count > 0; d++)
        if (d != axis && indices->shape.dims[d] > x->shape.dims[d])
            return eval_fail(error, "dim %d of the indices is %" G_GINT64_FORMAT ", beyond the data's %" G_GINT64_FORMAT, d,
                             indices->shape.dims[d], x->shape.dims[d]);
    Tensor *y = eval_output(ev, 0, x->dtype, &indices->shape, error);
    if (!y)
        return FALSE;
    int64_t dense[SHAPE_MAX_RANK], others[SHAPE_MAX_RANK];
    shape_strides(&x->shape, dense);
    for (int d = 0; d < rank; d++)
        others[d] = d == axis ? 0 : dense[d];
    Walk w;
    for (walk_begin_strided(&w, &y->shape, (const int64_t *const[]){ others }, NULL, 1); walk_more(&w); walk_next(&w))
        for (int64_t k = 0; k < w.run; k++) {
            int64_t index = tensor_get_int(indices, w.position + k);
            if (!move_index(&index, x->shape.dims[axis], "indices", error))
                return FALSE;
            move_run(x, w.offset[0] + k * w.step[0] + index * dense[axis], y, w.position + k, 1);
        }
    tensor_adopt_strings(y);
    return TRUE;
}

#define REST                                                                                                            \
    .signature = "data:T, indices:Tind -> output:T", .attributes = "axis:int=0", .kernel = gather_elements,             \
    .bound = move_bound_first
OPERATOR_DEFINE(gather_elements, "GatherElements", "",
    { .since = 11, .types = "T: all1 | Tind: int32 int64", REST },
    { .since = 13, .types = "T: all13 | Tind: int32 int64", REST })
