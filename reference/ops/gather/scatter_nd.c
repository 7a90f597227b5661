#include "reference/ops/shared/scatter.h"

/* Updates have the dims of the indices but the last, whose tuples address slices of the data, then those of a slice. */
static gboolean check_shapes(const Tensor *x, const Tensor *indices, const Tensor *updates, int *depth, GError **error)
{
    const int r = x->shape.rank, q = indices->shape.rank;
    if (r < 1 || q < 1)
        return eval_fail(error, "data has rank %d and indices %d, expected 1 or more", r, q);
    if (indices->shape.dims[q - 1] > r)
        return eval_fail(error, "index tuples have %" G_GINT64_FORMAT " entries, the data %d axes", indices->shape.dims[q - 1], r);
    *depth = (int)indices->shape.dims[q - 1];
    gboolean fits = updates->shape.rank == q - 1 + r - *depth;
    for (int d = 0; fits && d < updates->shape.rank; d++)
        fits = updates->shape.dims[d] == (d < q - 1 ? indices->shape.dims[d] : x->shape.dims[*depth + d - (q - 1)]);
    if (fits)
        return TRUE;
    g_autofree char *a = shape_to_string(&x->shape), *b = shape_to_string(&indices->shape), *c = shape_to_string(&updates->shape);
    return eval_fail(error, "data %s, indices %s and updates %s do not go together", a, b, c);
}

static gboolean scatter_nd(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1), *updates = eval_input(ev, 2);
    g_auto(Scatter) scatter = { 0 };
    int depth = 0;
    if (!check_shapes(x, indices, updates, &depth, error) || !scatter_begin(&scatter, ev, x, updates, error))
        return FALSE;
    const int64_t inner = shape_span(&x->shape, depth, x->shape.rank), *tuple = indices->data;
    for (int64_t from = 0; from < updates->count; from += inner, tuple += depth) {
        int64_t to = 0;
        for (int d = 0; d < depth; d++) {
            int64_t index = tuple[d];
            if (!move_index(&index, x->shape.dims[d], "indices", error))
                return FALSE;
            to = to * x->shape.dims[d] + index;
        }
        scatter_run(&scatter, from, to * inner, inner);
    }
    scatter_finish(&scatter, ev);
    return TRUE;
}

#define REST                                                                                                            \
    .signature = "data:T, indices:int64, updates:T -> output:T", .kernel = scatter_nd, .bound = scatter_bound
OPERATOR_DEFINE(scatter_nd, "ScatterND", "",
    { .since = 11, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST },
    { .since = 16, .types = "T: all13", .attributes = "reduction:string=none", REST },
    { .since = 18, .types = "T: all13", .attributes = "reduction:string=none", REST })
