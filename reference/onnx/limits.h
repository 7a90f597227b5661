/* The limits on files that are in force in this process, for a command's options. */
#ifndef ASSAY_ONNX_LIMITS_H
#define ASSAY_ONNX_LIMITS_H

#include "reference/onnx/load.h"

/* What zeros and NULL stand for from now on, where OnnxLimits are asked for; its own zeros are the default. Before any
 * thread loads. */
void onnx_limits_set(const OnnxLimits *limits);

#endif
