/* Each result is the exact sum of its terms, rounded once; integers wrap. */
#include "reference/ops/shared/cumulate.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/transcendental.h"
#include "reference/ops/shared/wide_sum.h"

static double sum_again(const CumulateLine *line, int64_t terms)
{
    mpfr_t sum;
    exact_sum_init(sum);
    for (int64_t k = 0; k < terms; k++)
        exact_sum_add(sum, tensor_get_double(line->x, line->first + k * line->step));
    const double value = real_from_mpfr(sum, line->x->dtype);
    mpfr_clear(sum);
    return value;
}

static void cum_sum_floats(const CumulateLine *line)
{
    WideSum sum = WIDE_SUM_INIT;
    for (int64_t k = 0; k < line->length; k++) {
        const int64_t at = line->first + k * line->step, terms = line->exclusive ? k : k + 1;
        if (!line->exclusive)
            wide_sum_add(&sum, tensor_get_double(line->x, at));
        double value = 0;
        if (terms > 0 && !wide_sum_decided(&sum, (gsize)terms, line->x->dtype, &value))
            value = sum_again(line, terms);
        tensor_set_double(line->y, at, value);
        if (line->exclusive)
            wide_sum_add(&sum, tensor_get_double(line->x, at));
    }
}

static void cum_sum_line(const CumulateLine *line)
{
    if (dtype_is_float(line->x->dtype)) {
        cum_sum_floats(line);
        return;
    }
    uint64_t sum = 0;
    for (int64_t k = 0; k < line->length; k++) {
        const int64_t at = line->first + k * line->step;
        const uint64_t before = sum;
        sum += tensor_get_bits(line->x, at); /* the low bits of the sum need no sign */
        tensor_set_bits(line->y, at, line->exclusive ? before : sum);
    }
}

static gboolean cum_sum(Eval *ev, GError **error)
{
    return cumulate(ev, cum_sum_line, error);
}

static gboolean cum_sum_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE }, error);
}

#define REST .signature = "x:T, axis:T2 -> y:T", .attributes = "exclusive:int=0, reverse:int=0", .kernel = cum_sum, .bound = cum_sum_bound
OPERATOR_DEFINE(cum_sum, "CumSum", "",
    { .since = 11, .types = "T: uint32 uint64 int32 int64 float double | T2: int32 int64", REST },
    { .since = 14, .types = "T: uint32 uint64 int32 int64 floats13 | T2: int32 int64", REST })
