/* 1 at the first maximum of a line, 0 elsewhere; a NaN counts as the maximum, as in Max. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/lines.h"

#include <math.h>

static void hardmax_line(const double *x, gsize n, G_GNUC_UNUSED DType dtype, double *y)
{
    gsize top = 0;
    for (gsize k = 0; k < n; k++) {
        y[k] = 0;
        if (!isnan(x[top]) && (isnan(x[k]) || x[k] > x[top]))
            top = k;
    }
    y[top] = 1;
}

static gboolean hardmax(Eval *ev, GError **error)
{
    return lines_apply(ev, eval_version(ev) < 13, hardmax_line, error);
}

#define REST .signature = "input:T -> output:T", .kernel = hardmax, .bound = bound_exact
OPERATOR_DEFINE(hardmax, "Hardmax", "",
    { .since = 1, .types = "T: floats1", .attributes = "axis:int=1", REST },
    { .since = 11, .types = "T: floats1", .attributes = "axis:int=1", REST },
    { .since = 13, .types = "T: floats13", .attributes = "axis:int=-1", REST })
