/* Light networks: the layout of ONNX's own onnx/backend/test/data/light. NAME.onnx, a network whose weights are made by
 * ConstantOfShape, lies beside NAME_output_0.pb, NAME_output_1.pb ..., what it gives; the inputs are not stored but follow
 * a rule of ONNX's runner (Runner.generate_dummy_data in onnx/backend/test/runner/__init__.py). */
#ifndef ASSAY_GOLDEN_LIGHT_H
#define ASSAY_GOLDEN_LIGHT_H

#include "reference/onnx/model.h"
#include "reference/tensor/value.h"

/* Whether `path` is such a model: an .onnx file with a first output beside it. */
gboolean light_is_model(const char *path);

/* "NAME_output_<i>.pb"; free with g_free. */
char *light_output_path(const char *model_path, gsize i);

/* The input by the rule: element k of n is k/n, divided in binary64 and rounded to float once; unknown dims are 1. NULL
 * with an error for anything but a tensor of float. */
Value *light_input(const ValueInfo *info, GError **error);

#endif
