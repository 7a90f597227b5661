/* Shared by the tests of reference/onnx/. */
#ifndef ASSAY_ONNX_TESTS_SUPPORT_H
#define ASSAY_ONNX_TESTS_SUPPORT_H

#include <criterion/criterion.h>

#include "reference/onnx/check.h"
#include "reference/onnx/save.h"

/* x (float[2,3]) -> Relu -> y, with a float initializer w added in between. */
Model *small_model(void);

/* A tensor whose codes run through 0, 1, 2 ... as far as the type has them; strings and bools too. */
Tensor *counting_tensor(DType dtype, const Shape *shape);

/* A new empty folder; free with folder_remove(). */
char *folder_new(void);
void  folder_remove(char *folder);

/* The error is there, of that code, one line, and says `part`; clears it. */
void expect_error(GError **error, OnnxError code, const char *part);

#endif
