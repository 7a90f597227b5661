/* The structural rules of ONNX's IR specification (the onnx.checker's rules, as text): names, SSA, topological order,
 * opset imports, attribute kinds, functions without recursion. Operators' own rules are the evaluator's
 * (reference/eval/operator.h). Errors: ONNX_ERROR_INVALID, one line: where, what was found, what was expected. */
#ifndef ASSAY_ONNX_CHECK_H
#define ASSAY_ONNX_CHECK_H

#include "reference/onnx/load.h"

gboolean model_check(const Model *model, GError **error);

#endif
