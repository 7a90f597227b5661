#include "reference/ops/shared/move.h"

/* The tuples in the indices' last dim address slices of the data; the first batch_dims axes are walked in step. */
typedef struct {
    int64_t batches, tuples, depth; /* depth: length of a tuple */
    int64_t inner;                  /* elements of a slice */
} Layout;

static gboolean lay_out(const Tensor *x, const Tensor *indices, int64_t batch_dims, Layout *layout, Shape *shape,
                        GError **error)
{
    const int r = x->shape.rank, q = indices->shape.rank;
    if (r < 1 || q < 1)
        return eval_fail(error, "data has rank %d and indices %d, expected 1 or more", r, q);
    if (batch_dims < 0 || batch_dims >= MIN(r, q))
        return eval_fail(error, "batch_dims is %" G_GINT64_FORMAT ", expected 0 to %d", batch_dims, MIN(r, q) - 1);
    const int b = (int)batch_dims;
    for (int d = 0; d < b; d++)
        if (x->shape.dims[d] != indices->shape.dims[d])
            return eval_fail(error, "batch dim %d is %" G_GINT64_FORMAT " in the data and %" G_GINT64_FORMAT " in the indices",
                             d, x->shape.dims[d], indices->shape.dims[d]);
    layout->depth = indices->shape.dims[q - 1];
    if (layout->depth > r - b)
        return eval_fail(error, "index tuples have %" G_GINT64_FORMAT " entries, the data %d axes", layout->depth, r - b);
    const int depth = (int)layout->depth;
    int64_t dims[2 * SHAPE_MAX_RANK];
    gsize rank = 0;
    for (int d = 0; d < q - 1; d++)
        dims[rank++] = indices->shape.dims[d];
    for (int d = b + depth; d < r; d++)
        dims[rank++] = x->shape.dims[d];
    layout->batches = shape_span(&indices->shape, 0, b);
    layout->tuples = shape_span(&indices->shape, b, q - 1);
    layout->inner = shape_span(&x->shape, b + depth, r);
    return shape_make(dims, rank, shape, error);
}

static gboolean gather_nd(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1);
    const int64_t batch_dims = eval_int(ev, "batch_dims");
    Layout l = { 0 };
    Shape shape;
    if (!lay_out(x, indices, batch_dims, &l, &shape, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    const int64_t *tuple = indices->data, *dims = x->shape.dims + batch_dims;
    int64_t to = 0;
    for (int64_t b = 0; b < l.batches; b++)
        for (int64_t t = 0; t < l.tuples; t++, tuple += l.depth, to += l.inner) {
            int64_t from = b;
            for (int64_t d = 0; d < l.depth; d++) {
                int64_t index = tuple[d];
                if (!move_index(&index, dims[d], "indices", error))
                    return FALSE;
                from = from * dims[d] + index;
            }
            move_run(x, from * l.inner, y, to, l.inner);
        }
    tensor_adopt_strings(y);
    return TRUE;
}

#define REST .signature = "data:T, indices:int64 -> output:T", .kernel = gather_nd, .bound = move_bound_first
OPERATOR_DEFINE(gather_nd, "GatherND", "",
    { .since = 11, .types = "T: all1", REST },
    { .since = 12, .types = "T: all1", .attributes = "batch_dims:int=0", REST },
    { .since = 13, .types = "T: all13", .attributes = "batch_dims:int=0", REST })
