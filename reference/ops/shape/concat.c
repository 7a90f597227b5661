#include "reference/ops/shared/join.h"

static gboolean concat(Eval *ev, GError **error)
{
    const gsize n = eval_input_count(ev);
    g_autofree const Tensor **items = g_new(const Tensor *, n + 1);
    for (gsize i = 0; i < n; i++) {
        items[i] = eval_input(ev, i);
        if (!items[i])
            return eval_fail(error, "input %" G_GSIZE_FORMAT " is omitted", i);
    }
    const int64_t axis = eval_has(ev, "axis") ? eval_int(ev, "axis") : 1; /* optional in version 1 only */
    Tensor *y = join_concat(items, n, axis, error);
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

#define REST .signature = "inputs:T+ -> concat_result:T", .kernel = concat, .bound = bound_monotone
OPERATOR_DEFINE(concat, "Concat", "",
    { .since = 1, .types = "T: floats1", .attributes = "axis:int", REST },
    { .since = 4, .types = "T: all1", .attributes = "axis:int!", REST },
    { .since = 11, .types = "T: all1", .attributes = "axis:int!", REST },
    { .since = 13, .types = "T: all13", .attributes = "axis:int!", REST })
