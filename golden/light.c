#include "golden/light.h"

#include "reference/eval/eval.h"

#include <string.h>

char *light_output_path(const char *model_path, gsize i)
{
    const gsize stem = strlen(model_path) - strlen(".onnx");
    return g_strdup_printf("%.*s_output_%" G_GSIZE_FORMAT ".pb", (int)stem, model_path, i);
}

gboolean light_is_model(const char *path)
{
    if (!g_str_has_suffix(path, ".onnx") || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return FALSE;
    g_autofree char *output = light_output_path(path, 0);
    return g_file_test(output, G_FILE_TEST_IS_REGULAR);
}

Value *light_input(const ValueInfo *info, GError **error)
{
    const Type *type = info->type;
    if (!type || type->kind != TYPE_TENSOR || type->elem != DTYPE_FLOAT || !type->has_shape || type->rank > SHAPE_MAX_RANK) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "input '%s' is not a tensor of float with a shape: there is no rule "
                    "for its data", info->name);
        return NULL;
    }
    Shape shape = { .rank = (int)type->rank };
    for (gsize d = 0; d < type->rank; d++)
        shape.dims[d] = type->dims[d].value >= 0 ? type->dims[d].value : 1;
    Tensor *ramp = tensor_new(DTYPE_FLOAT, &shape, error);
    if (!ramp)
        return NULL;
    for (int64_t k = 0; k < ramp->count; k++)
        ((float *)ramp->data)[k] = (float)((double)k / (double)ramp->count);
    return value_from_tensor(ramp);
}
