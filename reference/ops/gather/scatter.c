#include "reference/ops/shared/scatter_elements.h"

OPERATOR_DEFINE(scatter, "Scatter", "",
    { .since = 9, .signature = "data:T, indices:Tind, updates:T -> output:T", .types = "T: all1 | Tind: int32 int64",
      .attributes = "axis:int=0", .kernel = scatter_elements, .bound = scatter_bound },
    { .since = 11, .deprecated = TRUE })
