#include "reference/ops/shared/move.h"

/* Of every batch the first sequence_lens[batch] steps of time stand in reverse, the others stay. */
static gboolean reverse_sequence(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *lens = eval_input(ev, 1);
    const int64_t batch_axis = eval_int(ev, "batch_axis"), time_axis = eval_int(ev, "time_axis");
    if (x->shape.rank < 2)
        return eval_fail(error, "input has rank %d, expected 2 or more", x->shape.rank);
    if ((batch_axis != 0 && batch_axis != 1) || time_axis != 1 - batch_axis)
        return eval_fail(error, "batch_axis and time_axis are %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                                ", expected 0 and 1 or 1 and 0", batch_axis, time_axis);
    const int64_t batches = x->shape.dims[batch_axis], steps = x->shape.dims[time_axis], *length = lens->data;
    if (lens->shape.rank != 1 || lens->count != batches)
        return eval_fail(error, "sequence_lens has %" G_GINT64_FORMAT " elements, expected %" G_GINT64_FORMAT, lens->count,
                         batches);
    for (int64_t b = 0; b < batches; b++)
        if (length[b] < 0 || length[b] > steps)
            return eval_fail(error, "sequence_lens[%" G_GINT64_FORMAT "] is %" G_GINT64_FORMAT ", expected 0 to %"
                                    G_GINT64_FORMAT, b, length[b], steps);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    const int64_t inner = shape_span(&x->shape, 2, x->shape.rank);
    const int64_t batch_stride = batch_axis == 0 ? steps * inner : inner, step = batch_axis == 0 ? inner : batches * inner;
    for (int64_t b = 0; b < batches; b++)
        for (int64_t t = 0; t < steps; t++) {
            const int64_t from = t < length[b] ? length[b] - 1 - t : t;
            move_run(x, b * batch_stride + from * step, y, b * batch_stride + t * step, inner);
        }
    tensor_adopt_strings(y);
    return TRUE;
}

OPERATOR_DEFINE(reverse_sequence, "ReverseSequence", "",
    { .since = 10, .signature = "input:T, sequence_lens:int64 -> Y:T", .types = "T: all1",
      .attributes = "batch_axis:int=1, time_axis:int=0", .kernel = reverse_sequence, .bound = move_bound_first })
