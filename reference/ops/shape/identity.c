#include "reference/ops/shared/move.h"

static gboolean identity(Eval *ev, G_GNUC_UNUSED GError **error)
{
    eval_set_value(ev, 0, value_ref(eval_input_value(ev, 0)));
    return TRUE;
}

#define REST .signature = "input:V -> output:V", .kernel = identity, .bound = bound_monotone
OPERATOR_DEFINE(identity, "Identity", "",
    { .since = 1, .types = "V: all1", REST },
    { .since = 13, .types = "V: all13", REST },
    { .since = 14, .types = "V: all13 seq", REST },
    { .since = 16, .types = "V: all13 seq opt", REST },
    { .since = 19, .types = "V: all19 seq opt", REST },
    { .since = 21, .types = "V: all21 seq opt", REST },
    { .since = 23, .types = "V: all23 seq opt", REST },
    { .since = 24, .types = "V: all24 seq opt", REST },
    { .since = 25, .types = "V: all25 seq opt", REST })
