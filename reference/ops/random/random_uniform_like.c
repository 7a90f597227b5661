#include "reference/ops/shared/random.h"

static gboolean random_uniform_like(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    DType dtype;
    return random_dtype(ev, x->dtype, 1u << DOMAIN_FLOAT, &dtype, error) &&
           random_fill_uniform(ev, dtype, &x->shape, error);
}

#define REST                                                                                                \
    .signature = "input:T1 -> output:T2", .attributes = "dtype:int, high:float=1, low:float=0, seed:float", \
    .kernel = random_uniform_like
OPERATOR_DEFINE(random_uniform_like, "RandomUniformLike", "",
    { .since = 1, .types = "T1: all1 | T2: floats1", REST },
    { .since = 22, .types = "T1: all13 | T2: floats13", REST })
