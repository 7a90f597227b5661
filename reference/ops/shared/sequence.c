#include "reference/ops/shared/sequence.h"

gboolean sequence_position(const Eval *ev, gsize input, guint n, guint places, guint absent, guint *position, GError **error)
{
    const Tensor *x = eval_input(ev, input);
    if (x && x->count != 1)
        return eval_fail(error, "position has %" G_GINT64_FORMAT " elements, expected 1", x->count);
    const int64_t asked = x ? tensor_get_int(x, 0) : (int64_t)absent, at = asked < 0 ? asked + n : asked;
    if (at < 0 || at >= (int64_t)places)
        return eval_fail(error, "position %" G_GINT64_FORMAT " is outside [-%u, %u) of a sequence of %u", asked, n, places, n);
    *position = (guint)at;
    return TRUE;
}
