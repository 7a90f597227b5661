#include "reference/ops/shared/join.h"

typedef struct {
    const Tensor *x;
    int           axis;
    int64_t       dim;
} Source;

static gboolean append_slice(const Source *s, int64_t from, int64_t count, Value *sequence, GError **error)
{
    Tensor *part = join_slice(s->x, s->axis, from, count, error);
    if (part)
        value_append(sequence, value_from_tensor(part));
    return part != NULL;
}

/* Pieces of one element each; keepdims 0 drops the axis. */
static gboolean split_ones(Eval *ev, const Source *s, gboolean keep, Value *sequence, GError **error)
{
    for (int64_t i = 0; i < s->dim; i++) {
        Tensor *part = keep ? join_slice(s->x, s->axis, i, 1, error) : join_take(s->x, s->axis, i, error);
        if (!part || !eval_tick(ev, error)) {
            tensor_unref(part);
            return FALSE;
        }
        value_append(sequence, value_from_tensor(part));
    }
    return TRUE;
}

/* A scalar: pieces of that size, the last one of what is left. */
static gboolean split_evenly(Eval *ev, const Source *s, int64_t size, Value *sequence, GError **error)
{
    if (size < 1)
        return eval_fail(error, "split is %" G_GINT64_FORMAT ", expected 1 or more", size);
    for (int64_t from = 0; from < s->dim; from += MIN(size, s->dim - from))
        if (!eval_tick(ev, error) || !append_slice(s, from, MIN(size, s->dim - from), sequence, error))
            return FALSE;
    return TRUE;
}

/* A list: one size a piece, together the whole dim. */
static gboolean split_as_listed(const Source *s, const Tensor *sizes, Value *sequence, GError **error)
{
    int64_t from = 0;
    for (int64_t i = 0; i < sizes->count; i++) {
        const int64_t size = tensor_get_int(sizes, i);
        if (size < 0 || size > s->dim - from)
            return eval_fail(error, "split[%" G_GINT64_FORMAT "] is %" G_GINT64_FORMAT ", expected 0 to %" G_GINT64_FORMAT, i,
                             size, s->dim - from);
        if (!append_slice(s, from, size, sequence, error))
            return FALSE;
        from += size;
    }
    return from == s->dim || eval_fail(error, "split adds up to %" G_GINT64_FORMAT ", the dim of axis %d is %" G_GINT64_FORMAT,
                                       from, s->axis, s->dim);
}

static gboolean split_to_sequence(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *split = eval_input(ev, 1);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), x->shape.rank,
                         x->shape.rank);
    if (split && split->shape.rank > 1)
        return eval_fail(error, "split has rank %d, expected 0 or 1", split->shape.rank);
    const Source s = { x, axis, x->shape.dims[axis] };
    g_autoptr(Value) sequence = value_sequence();
    const gboolean ok = !split                  ? split_ones(ev, &s, eval_int(ev, "keepdims") != 0, sequence, error)
                        : split->shape.rank == 0 ? split_evenly(ev, &s, tensor_get_int(split, 0), sequence, error)
                                                 : split_as_listed(&s, split, sequence, error);
    if (ok)
        eval_set_value(ev, 0, g_steal_pointer(&sequence));
    return ok;
}

#define REST                                                                                                            \
    .signature = "input:T, split:I? -> output_sequence:S", .attributes = "axis:int=0, keepdims:int=1",                  \
    .kernel = split_to_sequence, .bound = bound_exact
OPERATOR_DEFINE(split_to_sequence, "SplitToSequence", "",
    { .since = 11, .types = "T: all1 | I: int32 int64 | S: seq", REST },
    { .since = 24, .types = "T: all13 | I: int32 int64 | S: seq", REST })
