/* The exact product, rounded once; integers wrap. The product of nothing is 1. */
#include "reference/bounds/rows.h"
#include "reference/ops/shared/reduce.h"
#include "reference/ops/shared/reduce_bound.h"
#include "reference/ops/shared/wide_product.h"

static double product_of_floats(const Tensor *x, int64_t first, int64_t n)
{
    WideProduct product = WIDE_PRODUCT_INIT;
    for (int64_t k = first; k < first + n; k++)
        wide_product_multiply(&product, tensor_get_double(x, k));
    double value;
    return wide_product_decided(&product, n, x->dtype, &value) ? value : product_exactly(x, first, 1, n);
}

static gboolean reduce_prod_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    if (dtype_is_float(x->dtype)) {
        tensor_set_double(y, at, product_of_floats(x, first, n));
        return TRUE;
    }
    uint64_t product = 1;
    for (int64_t k = first; k < first + n; k++)
        product *= tensor_get_bits(x, k); /* the low bits of the product need no sign */
    tensor_set_bits(y, at, product);
    return TRUE;
}

static gboolean reduce_prod(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_prod_row, error);
}

static gboolean reduce_prod_bound(Eval *ev, GError **error)
{
    return reduce_bound(ev, bounds_product, error);
}

#define REST .kernel = reduce_prod, .bound = reduce_prod_bound
OPERATOR_DEFINE(reduce_prod, "ReduceProd", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
