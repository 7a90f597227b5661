#include "reference/ops/shared/join.h"

Tensor *join_slice(const Tensor *x, int axis, int64_t from, int64_t count, GError **error)
{
    Shape shape = x->shape;
    shape.dims[axis] = count;
    Tensor *y = tensor_new(x->dtype, &shape, error);
    if (!y)
        return NULL;
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(&x->shape, strides);
    move_strided(x, from * strides[axis], strides, y);
    return y;
}

Tensor *join_take(const Tensor *x, int axis, int64_t index, GError **error)
{
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(&x->shape, strides);
    const int64_t offset = index * strides[axis];
    Shape shape = { .rank = x->shape.rank - 1 };
    for (int d = 0; d < shape.rank; d++) {
        shape.dims[d] = x->shape.dims[d + (d >= axis)];
        strides[d] = strides[d + (d >= axis)];
    }
    Tensor *y = tensor_new(x->dtype, &shape, error);
    if (y)
        move_strided(x, offset, strides, y);
    return y;
}

/* Copies the items, whose inner[i] last elements stand together, side by side. */
static void interleave(const Tensor *const *items, const int64_t *inner, gsize n, int64_t outer, Tensor *y)
{
    if (y->count == 0)
        return;
    int64_t to = 0;
    for (int64_t o = 0; o < outer; o++)
        for (gsize i = 0; i < n; i++) {
            move_run(items[i], o * inner[i], y, to, inner[i]);
            to += inner[i];
        }
    tensor_adopt_strings(y);
}

/* Whether an item goes with the first: dtype, rank and the dims except `axis` (-1: all of them). */
static gboolean goes_with(const Tensor *item, const Tensor *first, gsize i, int axis, GError **error)
{
    gboolean same = item->dtype == first->dtype && item->shape.rank == first->shape.rank;
    for (int d = 0; same && d < first->shape.rank; d++)
        same = d == axis || item->shape.dims[d] == first->shape.dims[d];
    if (same)
        return TRUE;
    g_autofree char *found = tensor_describe(item), *expected = tensor_describe(first);
    if (axis < 0)
        return eval_fail(error, "item %" G_GSIZE_FORMAT " is %s, expected %s like item 0", i, found, expected);
    return eval_fail(error, "item %" G_GSIZE_FORMAT " is %s, expected %s like item 0 except in axis %d", i, found, expected,
                     axis);
}

Tensor *join_concat(const Tensor *const *items, gsize n, int64_t axis, GError **error)
{
    const Tensor *first = items[0];
    const int along = shape_axis(axis, first->shape.rank);
    if (along < 0) {
        eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", axis, first->shape.rank, first->shape.rank);
        return NULL;
    }
    Shape shape = first->shape;
    shape.dims[along] = 0;
    g_autofree int64_t *inner = g_new(int64_t, n);
    for (gsize i = 0; i < n; i++) {
        if (!goes_with(items[i], first, i, along, error))
            return NULL;
        if (__builtin_add_overflow(shape.dims[along], items[i]->shape.dims[along], &shape.dims[along])) {
            eval_fail(error, "axis %d grows beyond 2^63-1", along);
            return NULL;
        }
        inner[i] = shape_span(&items[i]->shape, along, items[i]->shape.rank);
    }
    Tensor *y = tensor_new(first->dtype, &shape, error);
    if (y)
        interleave(items, inner, n, shape_span(&shape, 0, along), y);
    return y;
}

/* A shape with one more axis, of `dim` elements. */
static gboolean insert_axis(const Shape *shape, int64_t axis, int64_t dim, int *at, Shape *wider, GError **error)
{
    const int rank = shape->rank + 1;
    *at = shape_axis(axis, rank);
    if (*at < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", axis, rank, rank);
    if (rank > SHAPE_MAX_RANK)
        return eval_fail(error, "rank %d is above the limit of %d", rank, SHAPE_MAX_RANK);
    wider->rank = rank;
    for (int d = 0; d < rank; d++)
        wider->dims[d] = d < *at ? shape->dims[d] : d == *at ? dim : shape->dims[d - 1];
    return TRUE;
}

Tensor *join_stack(const Tensor *const *items, gsize n, int64_t axis, GError **error)
{
    Shape shape = SHAPE0;
    int at;
    for (gsize i = 1; i < n; i++)
        if (!goes_with(items[i], items[0], i, -1, error))
            return NULL;
    if (!insert_axis(&items[0]->shape, axis, (int64_t)n, &at, &shape, error))
        return NULL;
    g_autofree int64_t *inner = g_new(int64_t, n);
    for (gsize i = 0; i < n; i++)
        inner[i] = shape_span(&items[i]->shape, at, items[i]->shape.rank);
    Tensor *y = tensor_new(items[0]->dtype, &shape, error);
    if (y)
        interleave(items, inner, n, shape_span(&shape, 0, at), y);
    return y;
}

Tensor *join_nothing(const ValueInfo *declared, int64_t axis, GError **error)
{
    const Type *type = declared->type;
    if (!type || type->kind != TYPE_TENSOR || !dtype_info((DType)type->elem)) {
        g_autofree char *name = name_quote(declared->name);
        eval_fail(error, "nothing to scan, and the body does not declare the element type of its output %s", name);
        return NULL;
    }
    int64_t dims[SHAPE_MAX_RANK] = { 0 };
    const gsize rank = type->has_shape ? MIN(type->rank, SHAPE_MAX_RANK) : 0;
    for (gsize d = 0; d < rank; d++)
        dims[d] = MAX(type->dims[d].value, 0);
    Shape item, shape;
    int at;
    if (!shape_make(dims, rank, &item, error) || !insert_axis(&item, axis, 0, &at, &shape, error))
        return NULL;
    return tensor_new((DType)type->elem, &shape, error);
}
