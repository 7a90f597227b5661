/* Expected and got side by side, for a person who has to find out why. */
#ifndef ASSAY_RUNNER_DIFFERENCE_H
#define ASSAY_RUNNER_DIFFERENCE_H

#include "reference/tensor/tensor.h"

/* A table of the elements that differ from the golden in any bit, beginning with flat index `first`, at most a dozen: index,
 * the inputs' elements at that index (those inputs that have the output's shape: the operand of an elementwise operator),
 * expected, got. The tensors have one dtype and shape. NULL if nothing differs; free with g_free. */
char *difference_table(const Tensor *golden, const Tensor *actual, int64_t first, const GPtrArray *input_paths);

#endif
