/* Each result is the exact product of its factors, rounded once; integers wrap. */
#include "reference/ops/shared/cumulate.h"
#include "reference/ops/shared/wide_product.h"

static void cum_prod_floats(const CumulateLine *line)
{
    WideProduct product = WIDE_PRODUCT_INIT;
    for (int64_t k = 0; k < line->length; k++) {
        const int64_t at = line->first + k * line->step, factors = line->exclusive ? k : k + 1;
        if (!line->exclusive)
            wide_product_multiply(&product, tensor_get_double(line->x, at));
        double value;
        if (!wide_product_decided(&product, factors, line->x->dtype, &value))
            value = product_exactly(line->x, line->first, line->step, factors);
        tensor_set_double(line->y, at, value);
        if (line->exclusive)
            wide_product_multiply(&product, tensor_get_double(line->x, at));
    }
}

static void cum_prod_line(const CumulateLine *line)
{
    if (dtype_is_float(line->x->dtype)) {
        cum_prod_floats(line);
        return;
    }
    uint64_t product = 1;
    for (int64_t k = 0; k < line->length; k++) {
        const int64_t at = line->first + k * line->step;
        const uint64_t before = product;
        product *= tensor_get_bits(line->x, at); /* the low bits of the product need no sign */
        tensor_set_bits(line->y, at, line->exclusive ? before : product);
    }
}

static gboolean cum_prod(Eval *ev, GError **error)
{
    return cumulate(ev, cum_prod_line, error);
}

OPERATOR_DEFINE(cum_prod, "CumProd", "",
    { .since = 26, .signature = "x:T, axis:T2 -> y:T",
      .types = "T: uint32 uint64 int32 int64 floats13 | T2: int32 int64",
      .attributes = "exclusive:int=0, reverse:int=0",
      .kernel = cum_prod })
