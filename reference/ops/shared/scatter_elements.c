#include "reference/ops/shared/scatter_elements.h"

static gboolean check_shapes(const Tensor *x, const Tensor *indices, const Tensor *updates, int axis, GError **error)
{
    gboolean fits = indices->shape.rank == x->shape.rank && shape_equal(&indices->shape, &updates->shape);
    for (int d = 0; fits && indices->count > 0 && d < x->shape.rank; d++)
        fits = d == axis || indices->shape.dims[d] <= x->shape.dims[d];
    if (fits)
        return TRUE;
    g_autofree char *a = shape_to_string(&x->shape), *b = shape_to_string(&indices->shape), *c = shape_to_string(&updates->shape);
    return eval_fail(error, "data %s, indices %s and updates %s do not go together along axis %d", a, b, c, axis);
}

gboolean scatter_elements(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1), *updates = eval_input(ev, 2);
    const int rank = x->shape.rank, axis = shape_axis(eval_int(ev, "axis"), rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), rank, rank);
    g_auto(Scatter) scatter = { 0 };
    if (!check_shapes(x, indices, updates, axis, error) || !scatter_begin(&scatter, ev, x, updates, error))
        return FALSE;
    int64_t dense[SHAPE_MAX_RANK], others[SHAPE_MAX_RANK];
    shape_strides(&x->shape, dense);
    for (int d = 0; d < rank; d++)
        others[d] = d == axis ? 0 : dense[d];
    Walk w;
    for (walk_begin_strided(&w, &indices->shape, (const int64_t *const[]){ others }, NULL, 1); walk_more(&w); walk_next(&w))
        for (int64_t k = 0; k < w.run; k++) {
            int64_t index = tensor_get_int(indices, w.position + k);
            if (!move_index(&index, x->shape.dims[axis], "indices", error))
                return FALSE;
            scatter_run(&scatter, w.position + k, w.offset[0] + k * w.step[0] + index * dense[axis], 1);
        }
    scatter_finish(&scatter, ev);
    return TRUE;
}
