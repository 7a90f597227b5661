#include "reference/ops/shared/window.h"

static gboolean blackman_window(Eval *ev, GError **error)
{
    static const CosineWindow window = { 42, 50, 8, 100 };
    return window_run(ev, &window, error);
}

OPERATOR_DEFINE(blackman_window, "BlackmanWindow", "", { .since = 17, WINDOW_SCHEMA, .kernel = blackman_window })
