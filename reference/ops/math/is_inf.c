#include "reference/ops/shared/elementwise.h"

#include <math.h>

typedef struct {
    gboolean negative, positive;
} Detect;

static void is_inf_block(const double *x, uint8_t *y, gsize n, gconstpointer data)
{
    const Detect *detect = data;
    for (gsize k = 0; k < n; k++)
        y[k] = isinf(x[k]) && (x[k] < 0 ? detect->negative : detect->positive);
}

static gboolean is_inf(Eval *ev, GError **error)
{
    const Detect detect = { eval_int(ev, "detect_negative") != 0, eval_int(ev, "detect_positive") != 0 };
    return elementwise_test(ev, is_inf_block, &detect, error);
}

#define REST .signature = "X:T1 -> Y:T2", .attributes = "detect_negative:int=1, detect_positive:int=1", \
             .kernel = is_inf, .bound = bound_exact
OPERATOR_DEFINE(is_inf, "IsInf", "",
    { .since = 10, .types = "T1: float double | T2: bool", REST },
    { .since = 20, .types = "T1: floats13 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz | T2: bool", REST })
