#include "reference/ops/shared/move.h"

/* Index as the position of the hot element; -1 where all are off. Negative indices count from the end since 11. */
static int64_t hot(const Eval *ev, const Tensor *indices, int64_t i, int64_t depth)
{
    int64_t index = tensor_get_int(indices, i);
    if (index < 0 && eval_version(ev) >= 11)
        index = index < -depth ? -1 : index + depth;
    return index < depth ? MAX(index, -1) : -1;
}

static gboolean one_hot_shape(const Tensor *indices, int64_t asked, int64_t depth, int *axis, Shape *shape, GError **error)
{
    const int rank = indices->shape.rank + 1;
    int64_t dims[SHAPE_MAX_RANK + 1];
    *axis = shape_axis(asked, rank);
    if (*axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", asked, rank, rank);
    for (int d = 0; d < rank; d++)
        dims[d] = d < *axis ? indices->shape.dims[d] : d == *axis ? depth : indices->shape.dims[d - 1];
    return shape_make(dims, (gsize)rank, shape, error);
}

static gboolean one_hot(Eval *ev, GError **error)
{
    const Tensor *indices = eval_input(ev, 0), *classes = eval_input(ev, 1), *values = eval_input(ev, 2);
    if (classes->count != 1 || values->count != 2)
        return eval_fail(error, "depth has %" G_GINT64_FORMAT " elements and values %" G_GINT64_FORMAT ", expected 1 and 2",
                         classes->count, values->count);
    const int64_t depth = tensor_get_int(classes, 0);
    int axis;
    Shape shape = SHAPE0;
    if (!one_hot_shape(indices, eval_int(ev, "axis"), depth, &axis, &shape, error))
        return FALSE;
    g_autoptr(Tensor) y = tensor_new(values->dtype, &shape, error);
    if (!y)
        return FALSE;
    const int64_t inner = shape_span(&shape, axis + 1, shape.rank);
    for (int64_t i = 0; i < y->count; i++)
        move_run(values, 0, y, i, 1);
    for (int64_t i = 0; y->count > 0 && i < indices->count; i++) {
        const int64_t at = hot(ev, indices, i, depth);
        if (at >= 0)
            move_run(values, 1, y, (i / inner * depth + at) * inner + i % inner, 1);
    }
    tensor_adopt_strings(y);
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

static gboolean one_hot_bound(Eval *ev, GError **error)
{
    return move_bound(ev, 1 << 2, error);
}

#define REST                                                                                                            \
    .signature = "indices:T1, depth:T2, values:T3 -> output:T3", .types = "T1: numeric1 | T2: numeric1 | T3: all1",     \
    .attributes = "axis:int=-1", .kernel = one_hot, .bound = one_hot_bound
OPERATOR_DEFINE(one_hot, "OneHot", "",
    { .since = 9, REST },
    { .since = 11, REST })
