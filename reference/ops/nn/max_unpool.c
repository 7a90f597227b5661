#include "reference/ops/shared/move.h"
#include "reference/ops/shared/spatial.h"

/* The shape MaxPool would have had as input: the smallest that gives X. Indices count in it. */
static gboolean pooled_from(const Eval *ev, const Shape *x, Shape *shape, GError **error)
{
    Spatial w;
    if (!spatial_read_kernel(ev, x, NULL, &w, error) || !spatial_read_pads(ev, &w, error))
        return FALSE;
    *shape = *x;
    for (int d = 0; d < w.rank; d++) {
        int64_t *dim = &shape->dims[d + 2];
        if (__builtin_mul_overflow(w.in[d] - 1, w.stride[d], dim) || __builtin_add_overflow(*dim, w.kernel[d], dim))
            return eval_fail(error, "the output has too many elements");
        *dim -= w.begin[d] + w.end[d];
        if (*dim < 0)
            return eval_fail(error, "pads leave spatial dim %d with %" G_GINT64_FORMAT " elements", d, *dim);
    }
    return TRUE;
}

/* Input output_shape, if given, is the whole output's; the unpooled elements stand in its first corner. */
static gboolean read_output_shape(const Eval *ev, const Shape *inner, Shape *shape, GError **error)
{
    const Tensor *given = eval_input(ev, 2);
    *shape = *inner;
    if (!given)
        return TRUE;
    gsize n;
    g_autofree int64_t *dims = move_int_list(given, "output_shape", &n, error);
    if (!dims || !shape_make(dims, n, shape, error))
        return FALSE;
    gboolean fits = shape->rank == inner->rank;
    for (int d = 0; fits && d < shape->rank; d++)
        fits = d < 2 ? shape->dims[d] == inner->dims[d] : shape->dims[d] >= inner->dims[d];
    if (!fits) {
        g_autofree char *found = shape_to_string(shape), *least = shape_to_string(inner);
        return eval_fail(error, "output_shape is %s, expected at least %s", found, least);
    }
    return TRUE;
}

static gboolean max_unpool(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1);
    Shape inner, shape;
    if (!shape_equal(&x->shape, &indices->shape))
        return eval_fail(error, "X and I have different shapes");
    if (!pooled_from(ev, &x->shape, &inner, error) || !read_output_shape(ev, &inner, &shape, error))
        return FALSE;
    g_autoptr(Tensor) y = tensor_new(x->dtype, &shape, error); /* zeros */
    if (!y)
        return FALSE;
    const int64_t count = shape_count(&inner);
    for (int64_t i = 0; i < x->count; i++) {
        const int64_t index = ((const int64_t *)indices->data)[i];
        if (index < 0 || index >= count)
            return eval_fail(error, "index %" G_GINT64_FORMAT " is outside [0, %" G_GINT64_FORMAT ")", index, count);
        int64_t at[SHAPE_MAX_RANK], offset = 0;
        spatial_index(inner.dims, inner.rank, index, at);
        for (int d = 0; d < shape.rank; d++)
            offset = offset * shape.dims[d] + at[d];
        move_run(x, i, y, offset, 1);
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

#define REST .signature = "X:T1, I:int64, output_shape:int64? -> output:T1", \
             .attributes = "kernel_shape:ints!, pads:ints, strides:ints", .kernel = max_unpool
OPERATOR_DEFINE(max_unpool, "MaxUnpool", "",
    { .since = 9, .types = "T1: floats1", REST },
    { .since = 11, .types = "T1: floats1", REST },
    { .since = 22, .types = "T1: floats13", REST })
