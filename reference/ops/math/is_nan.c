#include "reference/ops/shared/elementwise.h"

static void is_nan_block(const double *x, uint8_t *y, gsize n, G_GNUC_UNUSED gconstpointer data)
{
    for (gsize k = 0; k < n; k++)
        y[k] = x[k] != x[k];
}

static gboolean is_nan(Eval *ev, GError **error)
{
    return elementwise_test(ev, is_nan_block, NULL, error);
}

#define REST .signature = "X:T1 -> Y:T2", .kernel = is_nan, .bound = bound_exact
OPERATOR_DEFINE(is_nan, "IsNaN", "",
    { .since = 9, .types = "T1: floats1 | T2: bool", REST },
    { .since = 13, .types = "T1: floats13 | T2: bool", REST },
    { .since = 20, .types = "T1: floats13 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz | T2: bool", REST })
