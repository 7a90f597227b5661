#include "reference/ops/shared/cumulate.h"

gboolean cumulate(Eval *ev, Cumulate function, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *given = eval_input(ev, 1);
    if (given->count != 1 || given->shape.rank > 1) {
        g_autofree char *found = shape_to_string(&given->shape);
        return eval_fail(error, "axis has shape %s, expected a scalar", found);
    }
    const int axis = shape_axis(tensor_get_int(given, 0), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", tensor_get_int(given, 0), x->shape.rank,
                         x->shape.rank);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    const int64_t outer = shape_span(&x->shape, 0, axis), inner = shape_span(&x->shape, axis + 1, x->shape.rank);
    const gboolean reverse = eval_int(ev, "reverse") != 0;
    CumulateLine line = { .x = x, .y = y, .length = x->shape.dims[axis], .exclusive = eval_int(ev, "exclusive") != 0 };
    line.step = reverse ? -inner : inner;
    if (x->count == 0)
        return TRUE;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            line.first = o * line.length * inner + i + (reverse ? (line.length - 1) * inner : 0);
            function(&line);
        }
    return TRUE;
}
