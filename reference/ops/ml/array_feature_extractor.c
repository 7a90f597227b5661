/* ArrayFeatureExtractor: Z[..., k] = X[..., Y[k]], Y flattened; a vector gives a matrix of one row, as published data
 * has it. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/move.h"

static gboolean array_feature_extractor(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1);
    if (x->shape.rank == 0)
        return eval_fail(error, "X is a scalar, expected at least one dim");
    const int64_t features = x->shape.dims[x->shape.rank - 1], rows = shape_span(&x->shape, 0, x->shape.rank - 1);
    for (int64_t k = 0; k < indices->count; k++) {
        const int64_t index = tensor_get_int(indices, k);
        if (index < 0 || index >= features)
            return eval_fail(error, "index %" G_GINT64_FORMAT " is outside [0, %" G_GINT64_FORMAT ")", index, features);
    }
    Shape shape = x->shape;
    shape.dims[shape.rank - 1] = indices->count;
    if (shape.rank == 1)
        shape = SHAPE(1, indices->count);
    Tensor *z = eval_output(ev, 0, x->dtype, &shape, error);
    if (!z)
        return FALSE;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t k = 0; k < indices->count; k++)
            move_run(x, row * features + tensor_get_int(indices, k), z, row * indices->count + k, 1);
    tensor_adopt_strings(z);
    return TRUE;
}

OPERATOR_DEFINE(array_feature_extractor, "ArrayFeatureExtractor", "ai.onnx.ml",
    { .since = 1, .signature = "X:T, Y:int64 -> Z:T", .types = "T: float double int64 int32 string",
      .kernel = array_feature_extractor, .bound = bound_exact })
