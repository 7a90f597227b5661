/* The text: nothing reduces to minus infinity, or to the lowest number of a type without infinities. A NaN is the
 * result wherever there is one; booleans order false before true. */
#include "reference/ops/shared/reduce.h"
#include "reference/eval/certify.h"
#include "reference/tensor/convert.h"

#include <math.h>

#define BLOCK 512

static double reduce_max_floats(const Tensor *x, int64_t first, int64_t n)
{
    const gsize width = (gsize)dtype_info(x->dtype)->width;
    double best = -INFINITY, block[BLOCK];
    for (int64_t k = 0; k < n; k += BLOCK) {
        const gsize count = (gsize)MIN(n - k, BLOCK);
        convert_to_double(x->dtype, (const uint8_t *)x->data + (gsize)(first + k) * width, block, count);
        for (gsize j = 0; j < count; j++) {
            if (isnan(block[j]))
                return block[j];
            best = block[j] > best ? block[j] : best;
        }
    }
    return best;
}

static gboolean reduce_max_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    if (dtype_is_float(x->dtype)) {
        tensor_set_double(y, at, reduce_max_floats(x, first, n));
    } else if (dtype_info(x->dtype)->domain == DOMAIN_SIGNED) {
        int64_t best = dtype_min(x->dtype);
        for (int64_t k = first; k < first + n; k++)
            best = MAX(best, tensor_get_int(x, k));
        tensor_set_int(y, at, best);
    } else {
        uint64_t best = 0;
        for (int64_t k = first; k < first + n; k++)
            best = MAX(best, tensor_get_bits(x, k));
        tensor_set_bits(y, at, best);
    }
    return TRUE;
}

static gboolean reduce_max(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_max_row, error);
}

#define REST .kernel = reduce_max, .bound = bound_monotone
OPERATOR_DEFINE(reduce_max, "ReduceMax", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 12, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1 " uint8 int8", REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13 " uint8 int8", REST },
    { .since = 18, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13 " uint8 int8", REST },
    { .since = 20, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13 " uint8 int8 bool", REST })
