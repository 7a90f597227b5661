#include "reference/ops/shared/random.h"

static gboolean normal(Eval *ev, GError **error)
{
    gsize rank;
    const int64_t *dims = eval_ints(ev, "shape", &rank);
    Shape shape;
    DType dtype;
    return shape_make(dims, rank, &shape, error) && random_dtype(ev, DTYPE_FLOAT, 1u << DOMAIN_FLOAT, &dtype, error) &&
           random_fill_normal(ev, dtype, &shape, error);
}

#define REST                                                                                                     \
    .signature = "-> output:T", .attributes = "dtype:int=1, mean:float=0, scale:float=1, seed:float, shape:ints!", \
    .kernel = normal
OPERATOR_DEFINE(random_normal, "RandomNormal", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
