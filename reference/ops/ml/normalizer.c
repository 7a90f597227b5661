/* Normalizer, by the formulas of its text, signs included: MAX divides by the largest value of the row, L1 by their
 * sum, L2 gives sqrt(x^2 / sum of squares). A divisor of zero leaves the row as it is. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"

#include <math.h>
#include <string.h>

typedef enum { NORM_MAX, NORM_L1, NORM_L2 } Norm;

static void normalise(Norm norm, double *row, int64_t n)
{
    double divisor = norm == NORM_MAX ? -INFINITY : 0;
    for (int64_t i = 0; i < n; i++)
        divisor = norm == NORM_MAX ? MAX(divisor, row[i]) : divisor + (norm == NORM_L1 ? row[i] : row[i] * row[i]);
    for (int64_t i = 0; i < n && divisor != 0; i++)
        row[i] = norm == NORM_L2 ? sqrt(row[i] * row[i] / divisor) : row[i] / divisor;
}

static gboolean normalizer(Eval *ev, GError **error)
{
    static const char *const names[] = { "MAX", "L1", "L2" };
    const Tensor *x = eval_input(ev, 0);
    const char *name = eval_string(ev, "norm");
    int64_t rows, columns;
    guint norm = 0;
    while (norm < G_N_ELEMENTS(names) && strcmp(names[norm], name) != 0)
        norm++;
    if (norm == G_N_ELEMENTS(names))
        return eval_fail(error, "norm is '%s', expected MAX, L1 or L2", name);
    if (!ml_matrix(x, &rows, &columns, error))
        return FALSE;
    g_autofree double *values = ml_load(x, error);
    Tensor *y = values ? eval_output(ev, 0, DTYPE_FLOAT, &x->shape, error) : NULL;
    if (!y)
        return FALSE;
    for (int64_t row = 0; row < rows; row++) {
        normalise((Norm)norm, values + row * columns, columns);
        for (int64_t c = 0; c < columns; c++)
            tensor_set_double(y, row * columns + c, values[row * columns + c]);
    }
    return TRUE;
}

OPERATOR_DEFINE(normalizer, "Normalizer", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:float", .types = "T: float double int64 int32", .attributes = "norm:string=MAX",
      .kernel = normalizer })
