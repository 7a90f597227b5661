#include "reference/ops/shared/random.h"

#include <math.h>
#include <sleef.h>

/* Running sums of exp(logit - largest), so that nothing overflows; FALSE if no class has a positive weight. */
static gboolean accumulate(const Tensor *x, int64_t row, int64_t classes, double *sums, GError **error)
{
    double most = -INFINITY, sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        const double logit = tensor_get_double(x, row * classes + c);
        if (isnan(logit) || logit == INFINITY)
            return eval_fail(error, "log-probability %" G_GINT64_FORMAT " of row %" G_GINT64_FORMAT " is %g", c, row,
                             logit);
        most = MAX(most, logit);
    }
    if (most == -INFINITY)
        return eval_fail(error, "row %" G_GINT64_FORMAT " has no class with a probability above zero", row);
    for (int64_t c = 0; c < classes; c++) {
        const double logit = tensor_get_double(x, row * classes + c);
        sum += logit == -INFINITY ? 0 : Sleef_cinz_expd1_u10purec(logit - most);
        sums[c] = sum;
    }
    return TRUE;
}

/* The first class whose running sum exceeds `at`. */
static int64_t pick(const double *sums, int64_t classes, double at)
{
    int64_t low = 0, high = classes - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (sums[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static gboolean multinomial(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t samples = eval_int(ev, "sample_size");
    DType dtype;
    if (x->shape.rank != 2)
        return eval_fail(error, "input has rank %d, expected [batch_size, class_size]", x->shape.rank);
    if (samples < 0)
        return eval_fail(error, "sample_size is %" G_GINT64_FORMAT ", expected 0 or more", samples);
    if (!random_dtype(ev, DTYPE_INT32, 1u << DOMAIN_SIGNED, &dtype, error))
        return FALSE;
    const int64_t rows = x->shape.dims[0], classes = x->shape.dims[1];
    const Shape shape = SHAPE(rows, samples);
    Tensor *y = eval_output(ev, 0, dtype, &shape, error);
    g_autofree double *sums = g_try_new(double, (gsize)classes + 1);
    if (!y || !sums)
        return y ? eval_fail(error, "no memory for %" G_GINT64_FORMAT " classes", classes) : FALSE;
    const uint64_t seed = eval_random_seed(ev);
    for (int64_t row = 0; row < rows && samples > 0; row++) {
        if (!accumulate(x, row, classes, sums, error))
            return FALSE;
        for (int64_t s = 0; s < samples; s++) {
            const int64_t i = row * samples + s;
            tensor_set_int(y, i, pick(sums, classes, sums[classes - 1] * random_uniform(seed, (uint64_t)i)));
        }
    }
    return TRUE;
}

#define REST \
    .signature = "input:T1 -> output:T2", .attributes = "dtype:int=6, sample_size:int=1, seed:float", .kernel = multinomial
OPERATOR_DEFINE(multinomial, "Multinomial", "",
    { .since = 7, .types = "T1: floats1 | T2: int32 int64", REST },
    { .since = 22, .types = "T1: floats13 | T2: int32 int64", REST })
