#include "reference/ops/shared/move.h"

#include <string.h>

/* update [B, ..., s, ...] goes into past_cache [B, ..., M, ...] along axis, from place write_indices[b] on. */
typedef struct {
    int64_t outer; /* dims between the batch and the axis */
    int64_t inner; /* dims after the axis */
    int64_t length, capacity; /* s and M */
    gboolean circular;
} Layout;

static gboolean lay_out(const Eval *ev, const Tensor *past, const Tensor *update, Layout *l, GError **error)
{
    const char *mode = eval_string(ev, "mode");
    const int rank = past->shape.rank, axis = shape_axis(eval_int(ev, "axis"), rank);
    l->circular = strcmp(mode, "circular") == 0;
    if (!l->circular && strcmp(mode, "linear") != 0)
        return eval_fail(error, "mode is '%s', expected linear or circular", mode);
    if (axis < 1)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is the batch or outside [-%d, %d)", eval_int(ev, "axis"), rank, rank);
    gboolean same = update->shape.rank == rank;
    for (int d = 0; same && d < rank; d++)
        same = d == axis ? update->shape.dims[d] <= past->shape.dims[d] : update->shape.dims[d] == past->shape.dims[d];
    if (!same) {
        g_autofree char *found = shape_to_string(&update->shape), *expected = shape_to_string(&past->shape);
        return eval_fail(error, "update has shape %s, expected that of past_cache, %s, or less in axis %d", found, expected,
                         axis);
    }
    l->length = update->shape.dims[axis];
    l->capacity = past->shape.dims[axis];
    l->outer = shape_span(&past->shape, 1, axis);
    l->inner = shape_span(&past->shape, axis + 1, rank);
    return TRUE;
}

static gboolean check_indices(const Tensor *indices, int64_t batches, const Layout *l, GError **error)
{
    if (!indices)
        return TRUE;
    if (indices->shape.rank != 1 || indices->count != batches)
        return eval_fail(error, "write_indices has rank %d and %" G_GINT64_FORMAT " elements, expected rank 1 and %"
                                G_GINT64_FORMAT, indices->shape.rank, indices->count, batches);
    for (int64_t b = 0; b < batches; b++) {
        const int64_t at = ((const int64_t *)indices->data)[b];
        if (at < 0 || (!l->circular && at > l->capacity - l->length))
            return eval_fail(error, "write_indices[%" G_GINT64_FORMAT "] is %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT
                                    " entries do not fit a cache of %" G_GINT64_FORMAT, b, at, l->length, l->capacity);
    }
    return TRUE;
}

/* Only the place along the axis wraps around: batch and head stay what they are. */
static gboolean tensor_scatter(Eval *ev, GError **error)
{
    const Tensor *past = eval_input(ev, 0), *update = eval_input(ev, 1), *indices = eval_input(ev, 2);
    Layout l = { 0 };
    if (!lay_out(ev, past, update, &l, error) || !check_indices(indices, past->shape.dims[0], &l, error))
        return FALSE;
    Tensor *present = eval_output(ev, 0, past->dtype, &past->shape, error);
    if (!present || present->count == 0)
        return present != NULL;
    move_run(past, 0, present, 0, past->count);
    for (int64_t b = 0, from = 0; b < past->shape.dims[0]; b++) {
        const int64_t start = indices ? ((const int64_t *)indices->data)[b] % l.capacity : 0;
        for (int64_t o = 0; o < l.outer; o++)
            for (int64_t t = 0; t < l.length; t++, from += l.inner) {
                const int64_t place = (start + t) % l.capacity;
                move_run(update, from, present, ((b * l.outer + o) * l.capacity + place) * l.inner, l.inner);
            }
    }
    tensor_adopt_strings(present);
    return TRUE;
}

static gboolean tensor_scatter_bound(Eval *ev, GError **error)
{
    return move_bound(ev, 1 << 0 | 1 << 1, error);
}

OPERATOR_DEFINE(tensor_scatter, "TensorScatter", "",
    { .since = 24, .signature = "past_cache:T, update:T, write_indices:int64? -> present_cache:T", .types = "T: all24",
      .attributes = "axis:int=-2, mode:string=linear", .kernel = tensor_scatter, .bound = tensor_scatter_bound })
