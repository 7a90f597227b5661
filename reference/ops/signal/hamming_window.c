#include "reference/ops/shared/window.h"

static gboolean hamming_window(Eval *ev, GError **error)
{
    static const CosineWindow window = { 25, 21, 0, 46 };
    return window_run(ev, &window, error);
}

OPERATOR_DEFINE(hamming_window, "HammingWindow", "", { .since = 17, WINDOW_SCHEMA, .kernel = hamming_window })
