#include "reference/ops/shared/scatter_elements.h"

#define REST                                                                                                            \
    .signature = "data:T, indices:Tind, updates:T -> output:T", .kernel = scatter_elements, .bound = scatter_bound
OPERATOR_DEFINE(scatter_elements, "ScatterElements", "",
    { .since = 11, .types = "T: all1 | Tind: int32 int64", .attributes = "axis:int=0", REST },
    { .since = 13, .types = "T: all13 | Tind: int32 int64", .attributes = "axis:int=0", REST },
    { .since = 16, .types = "T: all13 | Tind: int32 int64", .attributes = "axis:int=0, reduction:string=none", REST },
    { .since = 18, .types = "T: all13 | Tind: int32 int64", .attributes = "axis:int=0, reduction:string=none", REST })
