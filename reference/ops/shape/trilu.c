#include "reference/ops/shared/move.h"

/* Row i of each matrix keeps the columns from i + k on (upper) or those up to i + k (lower); the rest is zero. */
static gboolean trilu(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *diagonal = eval_input(ev, 1);
    const int rank = x->shape.rank;
    if (rank < 2)
        return eval_fail(error, "input has rank %d, expected 2 or more", rank);
    if (diagonal && diagonal->count != 1)
        return eval_fail(error, "k has %" G_GINT64_FORMAT " elements, expected 1", diagonal->count);
    g_autoptr(Tensor) y = tensor_new(x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    const int64_t n = x->shape.dims[rank - 2], m = x->shape.dims[rank - 1];
    const int64_t k = CLAMP(diagonal ? tensor_get_int(diagonal, 0) : 0, -n, m);
    const gboolean upper = eval_int(ev, "upper") != 0;
    for (int64_t start = 0, row = 0; start < x->count; start += m, row = (row + 1) % n) {
        const int64_t from = upper ? CLAMP(row + k, 0, m) : 0, to = upper ? m : CLAMP(row + k + 1, 0, m);
        move_run(x, start + from, y, start + from, to - from);
    }
    tensor_adopt_strings(y);
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

OPERATOR_DEFINE(trilu, "Trilu", "",
    { .since = 14, .signature = "input:T, k:int64? -> output:T", .types = "T: all13", .attributes = "upper:int=1",
      .kernel = trilu, .bound = move_bound_first })
