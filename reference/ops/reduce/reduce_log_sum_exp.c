/* log(sum(e^x)), rounded once; of nothing, log 0. Integers truncate the real number towards zero. */
#include "reference/bounds/softmax.h"
#include "reference/ops/shared/reduce.h"
#include "reference/ops/shared/reduce_bound.h"
#include "reference/ops/shared/softmax.h"
#include "reference/tensor/convert.h"

#include <sleef.h>

/* m + log(sum e^(x-m)) with the maximum m kept as an integer: the logarithm is irrational unless it is 0, so binary64
 * tells its whole part. `high` is m with the sign bit flipped for signed types, which makes all order as unsigned. */
static void integers_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    const gboolean is_signed = dtype_info(x->dtype)->domain == DOMAIN_SIGNED;
    const uint64_t flip = is_signed ? UINT64_C(1) << 63 : 0;
    uint64_t high = 0;
    for (int64_t k = first; k < first + n; k++)
        high = MAX(high, (is_signed ? (uint64_t)tensor_get_int(x, k) : tensor_get_bits(x, k)) ^ flip);
    double sum = 0;
    for (int64_t k = first; k < first + n; k++) {
        const uint64_t value = (is_signed ? (uint64_t)tensor_get_int(x, k) : tensor_get_bits(x, k)) ^ flip;
        sum += Sleef_cinz_expd1_u10purec(-(double)(high - value));
    }
    if (!is_signed) {
        const uint64_t whole = n == 0 ? 0 : (uint64_t)Sleef_cinz_logd1_u10purec(sum), most = dtype_max(y->dtype);
        tensor_set_bits(y, at, high > most - whole ? most : high + whole);
        return;
    }
    const int64_t m = n == 0 ? dtype_min(y->dtype) : (int64_t)(high ^ flip), most = (int64_t)dtype_max(y->dtype);
    const double log = n == 0 ? 0 : Sleef_cinz_logd1_u10purec(sum);
    int64_t whole = (int64_t)log;
    if (m < 0 && (double)m + log < 0 && log > (double)whole)
        whole++; /* towards zero is up for a negative result */
    tensor_set_int(y, at, m > most - whole ? most : m + whole);
}

static gboolean reduce_log_sum_exp_row(const Tensor *x, int64_t first, int64_t n, Tensor *y, int64_t at)
{
    if (!dtype_is_float(x->dtype)) {
        integers_row(x, first, n, y, at);
        return TRUE;
    }
    g_autofree double *row = g_try_new(double, (gsize)n + 1);
    if (!row)
        return FALSE;
    const gsize width = (gsize)dtype_info(x->dtype)->width;
    convert_to_double(x->dtype, (const uint8_t *)x->data + (gsize)first * width, row, (gsize)n);
    tensor_set_double(y, at, log_sum_exp(row, (gsize)n, x->dtype));
    return TRUE;
}

static gboolean reduce_log_sum_exp(Eval *ev, GError **error)
{
    return reduce_rows(ev, reduce_log_sum_exp_row, error);
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 18]> ReduceLogSumExp <keepdims, noop_with_empty_axes>"
    " (data, axes) => (reduced) {\n"
    "    wide = Cast <to = 11> (data)\n"
    "    power = Exp (wide)\n"
    "    sum = ReduceSum <keepdims: int = @keepdims,"
    " noop_with_empty_axes: int = @noop_with_empty_axes> (power, axes)\n"
    "    log = Log (sum)\n"
    "    reduced = CastLike (log, data)\n"
    "}";

static gboolean reduce_log_sum_exp_bound(Eval *ev, GError **error)
{
    return reduce_bound(ev, bounds_log_sum_exp, error);
}

#define REST .kernel = reduce_log_sum_exp, .bound = reduce_log_sum_exp_bound
OPERATOR_DEFINE(reduce_log_sum_exp, "ReduceLogSumExp", "",
    { .since = 1, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 11, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES1, REST },
    { .since = 13, REDUCE_AXES_ATTRIBUTE, .types = REDUCE_TYPES13, REST },
    { .since = 18, .body = body, REDUCE_AXES_INPUT, .types = REDUCE_TYPES13, REST })
