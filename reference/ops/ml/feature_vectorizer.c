/* FeatureVectorizer: inputs [N,C] or [C] side by side. inputdimensions gives the columns that each input takes: what it
 * has more is dropped, what it lacks is zero. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"

static void copy_columns(const Tensor *x, int64_t rows, int64_t columns, int64_t taken, int64_t at, Tensor *y)
{
    const int64_t width = y->shape.dims[1];
    for (int64_t row = 0; row < rows; row++)
        for (int64_t c = 0; c < MIN(columns, taken); c++)
            tensor_set_double(y, row * width + at + c, tensor_get_double(x, row * columns + c));
}

static gboolean feature_vectorizer(Eval *ev, GError **error)
{
    gsize n_given;
    const int64_t *given = eval_ints(ev, "inputdimensions", &n_given);
    const gsize n = eval_input_count(ev);
    int64_t rows = 0, width = 0;
    if (given && n_given != n)
        return eval_fail(error, "inputdimensions has %" G_GSIZE_FORMAT " entries for %" G_GSIZE_FORMAT " inputs",
                         n_given, n);
    for (gsize i = 0; i < n; i++) {
        const Tensor *x = eval_input(ev, i);
        int64_t these, columns;
        if (!x || !ml_matrix(x, &these, &columns, error))
            return x ? FALSE : eval_fail(error, "input %" G_GSIZE_FORMAT " is missing", i);
        if (i > 0 && these != rows)
            return eval_fail(error,
                             "input %" G_GSIZE_FORMAT " has %" G_GINT64_FORMAT " rows, expected %" G_GINT64_FORMAT, i,
                             these, rows);
        rows = these;
        columns = given ? given[i] : columns;
        if (columns < 0 || columns > G_MAXINT64 - width)
            return eval_fail(error, "input %" G_GSIZE_FORMAT " would take %" G_GINT64_FORMAT " columns", i, columns);
        width += columns;
    }
    const Shape shape = SHAPE(rows, width);
    g_autoptr(Tensor) y = tensor_new(DTYPE_FLOAT, &shape, error);
    if (!y)
        return FALSE;
    int64_t at = 0;
    for (gsize i = 0; i < n; i++) {
        const Tensor *x = eval_input(ev, i);
        const int64_t columns = x->shape.dims[x->shape.rank - 1], taken = given ? given[i] : columns;
        copy_columns(x, rows, columns, taken, at, y);
        at += taken;
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

OPERATOR_DEFINE(feature_vectorizer, "FeatureVectorizer", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1+ -> Y:float", .types = "T1: int32 int64 float double",
      .attributes = "inputdimensions:ints", .kernel = feature_vectorizer, .bound = bound_monotone })
