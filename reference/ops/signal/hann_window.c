#include "reference/ops/shared/window.h"

static gboolean hann_window(Eval *ev, GError **error)
{
    static const CosineWindow window = { 1, 1, 0, 2 };
    return window_run(ev, &window, error);
}

OPERATOR_DEFINE(hann_window, "HannWindow", "", { .since = 17, WINDOW_SCHEMA, .kernel = hann_window })
