#include "reference/ops/shared/reduce.h"

#include "reference/ops/shared/move.h"

Tensor *reduce_rows_last(const Tensor *x, const int *axes, gsize n, int64_t *length, GError **error)
{
    gboolean reduced[SHAPE_MAX_RANK] = { FALSE };
    int order[SHAPE_MAX_RANK], kept = 0;
    for (gsize i = 0; i < n; i++)
        reduced[axes[i]] = TRUE;
    for (int d = 0; d < x->shape.rank; d++)
        if (!reduced[d])
            order[kept++] = d;
    gboolean in_place = TRUE;
    *length = 1;
    for (int d = 0, at = kept; d < x->shape.rank; d++)
        if (reduced[d]) {
            in_place &= d == at;
            order[at++] = d;
            *length *= x->shape.dims[d];
        }
    if (in_place)
        return tensor_ref(x);

    int64_t dense[SHAPE_MAX_RANK], strides[SHAPE_MAX_RANK];
    shape_strides(&x->shape, dense);
    Shape shape = { .rank = x->shape.rank };
    for (int d = 0; d < shape.rank; d++) {
        shape.dims[d] = x->shape.dims[order[d]];
        strides[d] = dense[order[d]];
    }
    Tensor *moved = tensor_new_uninitialised(x->dtype, &shape, error);
    if (moved)
        move_strided(x, 0, strides, moved);
    return moved;
}

static gboolean has_axes_input(const Eval *ev)
{
    return eval_has(ev, "noop_with_empty_axes");
}

/* The axes in ascending order; all if none are given, unless an empty list means none. */
static gboolean axes_of(const Eval *ev, int rank, int axes[SHAPE_MAX_RANK], gsize *n, GError **error)
{
    g_autofree int *given = NULL;
    gsize count;
    if (!move_axes(ev, has_axes_input(ev) ? NULL : "axes", 1, rank, &given, &count, error))
        return FALSE;
    gboolean chosen[SHAPE_MAX_RANK] = { FALSE };
    const gboolean all = count == 0 && !(has_axes_input(ev) && eval_int(ev, "noop_with_empty_axes"));
    for (gsize i = 0; i < count; i++)
        chosen[given[i]] = TRUE;
    *n = 0;
    for (int d = 0; d < rank; d++)
        if (all || chosen[d])
            axes[(*n)++] = d;
    return TRUE;
}

Tensor *reduce_rows_of(const Eval *ev, const Tensor *x, int64_t *length, GError **error)
{
    int axes[SHAPE_MAX_RANK];
    gsize n;
    return axes_of(ev, x->shape.rank, axes, &n, error) ? reduce_rows_last(x, axes, n, length, error) : NULL;
}

static Shape result_shape(const Shape *x, const int *axes, gsize n, gboolean keepdims)
{
    Shape shape = { .rank = 0 };
    gsize next = 0;
    for (int d = 0; d < x->rank; d++) {
        const gboolean reduced = next < n && axes[next] == d;
        next += reduced ? 1 : 0;
        if (!reduced || keepdims)
            shape.dims[shape.rank++] = reduced ? 1 : x->dims[d];
    }
    return shape;
}

typedef struct {
    ReduceRow     row;
    const Tensor *x;
    int64_t       length;
    Tensor       *y;
    gint          out_of_memory;
} Reduction;

static void reduce_range(int64_t first, int64_t last, gpointer data)
{
    Reduction *r = data;
    for (int64_t i = first; i < last; i++)
        if (!r->row(r->x, i * r->length, r->length, r->y, i)) {
            g_atomic_int_set(&r->out_of_memory, 1);
            return;
        }
    if (last - first < r->y->count)
        mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); /* one thread of several: what MPFR caches would be lost with it */
}

gboolean reduce_rows(Eval *ev, ReduceRow row, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int axes[SHAPE_MAX_RANK];
    gsize n;
    Reduction r = { .row = row };
    if (!axes_of(ev, x->shape.rank, axes, &n, error))
        return FALSE;
    g_autoptr(Tensor) rows = reduce_rows_last(x, axes, n, &r.length, error);
    const Shape shape = result_shape(&x->shape, axes, n, eval_int(ev, "keepdims") != 0);
    r.y = rows ? eval_output(ev, 0, x->dtype, &shape, error) : NULL;
    if (!r.y)
        return FALSE;
    r.x = rows;
    eval_parallel(ev, r.y->count, MAX(1, 4096 / MAX(r.length, 1)), reduce_range, &r);
    return !r.out_of_memory || eval_fail(error, "no memory for rows of %" G_GINT64_FORMAT " elements", r.length);
}
