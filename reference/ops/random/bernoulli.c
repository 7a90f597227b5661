#include "reference/ops/shared/random.h"

#define NUMBERS (1u << DOMAIN_FLOAT | 1u << DOMAIN_SIGNED | 1u << DOMAIN_UNSIGNED | 1u << DOMAIN_BOOL)

static gboolean bernoulli(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    DType dtype;
    if (!random_dtype(ev, x->dtype, NUMBERS, &dtype, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, dtype, &x->shape, error);
    if (!y)
        return FALSE;
    const uint64_t seed = eval_random_seed(ev);
    for (int64_t i = 0; i < x->count; i++) {
        const double p = tensor_get_double(x, i);
        if (!(p >= 0 && p <= 1))
            return eval_fail(error, "probability %" G_GINT64_FORMAT " is %g, expected a value in [0, 1]", i, p);
        tensor_set_int(y, i, random_uniform(seed, (uint64_t)i) < p);
    }
    return TRUE;
}

#define REST .signature = "input:T1 -> output:T2", .attributes = "dtype:int, seed:float", .kernel = bernoulli
OPERATOR_DEFINE(bernoulli, "Bernoulli", "",
    { .since = 15, .types = "T1: floats1 | T2: numeric13 bool", REST },
    { .since = 22, .types = "T1: floats13 | T2: numeric13 bool", REST })
