#include "reference/ops/shared/ml_scores.h"

#include "reference/tensor/convert.h"

#include <math.h>
#include <sleef.h>
#include <string.h>

/* ---- post transforms --------------------------------------------------------------------------------------------- */

gboolean post_transform_read(const Eval *ev, PostTransform *transform, GError **error)
{
    static const char *const names[] = { "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT" };
    const char *name = eval_string(ev, "post_transform");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0) {
            *transform = (PostTransform)i;
            return TRUE;
        }
    return eval_fail(error, "post_transform is '%s', expected NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT", name);
}

static double logistic(double x)
{
    const double e = Sleef_cinz_expd1_u10purec(-fabs(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

static void softmax(double *scores, int64_t n, gboolean zeros_stay)
{
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++)
        most = MAX(most, scores[i]);
    const double scale = Sleef_cinz_expd1_u10purec(-most);
    for (int64_t i = 0; i < n; i++) {
        const gboolean zero = zeros_stay && fabs(scores[i]) <= 1e-7;
        scores[i] = zero ? scores[i] * scale : Sleef_cinz_expd1_u10purec(scores[i] - most);
        sum += scores[i];
    }
    for (int64_t i = 0; i < n; i++)
        scores[i] = sum == 0 ? 0.5 : scores[i] / sum;
}

/* Newton's method on the lower half, where the distribution is erfc(-x / sqrt 2) / 2 without cancellation. */
static double probit(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    if (p > 0.5)
        return -probit(1 - p);
    double x = p > 0.1 ? 0 : -sqrt(-2 * Sleef_cinz_logd1_u10purec(p));
    for (int i = 0; i < 100; i++) {
        const double value = 0.5 * Sleef_cinz_erfcd1_u15purec(-x * 0x1.6a09e667f3bcdp-1);
        const double slope = 0x1.9884533d43651p-2 * Sleef_cinz_expd1_u10purec(-0.5 * x * x);
        const double step = (value - p) / slope;
        x -= step;
        if (fabs(step) <= 0x1p-50 * fabs(x))
            break;
    }
    return x;
}

void post_transform_apply(PostTransform transform, double *scores, int64_t n)
{
    if (transform == POST_SOFTMAX || transform == POST_SOFTMAX_ZERO)
        softmax(scores, n, transform == POST_SOFTMAX_ZERO);
    for (int64_t i = 0; i < n && (transform == POST_LOGISTIC || transform == POST_PROBIT); i++)
        scores[i] = transform == POST_LOGISTIC ? logistic(scores[i]) : probit(scores[i]);
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

gboolean ml_labels_read(const Eval *ev, const char *ints, const char *strings, MlLabels *labels, GError **error)
{
    gsize n_ints, n_strings;
    labels->ints = eval_ints(ev, ints, &n_ints);
    labels->strings = eval_strings(ev, strings, &n_strings);
    labels->n = n_ints + n_strings;
    return (n_ints == 0) != (n_strings == 0) ||
           eval_fail(error, "exactly one of %s and %s must be given", ints, strings);
}

Tensor *ml_labels_output(Eval *ev, const MlLabels *labels, int64_t rows, GError **error)
{
    const Shape shape = SHAPE(rows);
    return eval_output(ev, 0, labels->ints ? DTYPE_INT64 : DTYPE_STRING, &shape, error);
}

void ml_labels_set(const MlLabels *labels, Tensor *y, int64_t row, int64_t index)
{
    if (labels->ints)
        tensor_set_int(y, row, index < 0 ? 0 : labels->ints[index]);
    else if (index >= 0)
        tensor_set_string(y, row, (const char *)labels->strings[index].data, (gssize)labels->strings[index].size);
}

int64_t ml_argmax(const double *scores, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

gboolean ml_matrix(const Tensor *x, int64_t *rows, int64_t *columns, GError **error)
{
    const Shape *s = &x->shape;
    if (s->rank < 1 || s->rank > 2)
        return eval_fail(error, "input has rank %d, expected [N,C] or [C]", s->rank);
    *rows = s->rank == 2 ? s->dims[0] : 1;
    *columns = s->dims[s->rank - 1];
    return TRUE;
}

double *ml_load(const Tensor *x, GError **error)
{
    double *values = g_try_new(double, (gsize)x->count + 1);
    if (values)
        convert_to_double(x->dtype, x->data, values, (gsize)x->count);
    else
        eval_fail(error, "no memory for %" G_GINT64_FORMAT " values", x->count);
    return values;
}

double *ml_numbers(const Eval *ev, const char *name, gsize *n, GError **error)
{
    g_autofree char *as_tensor = g_strconcat(name, "_as_tensor", NULL);
    const float *floats = eval_floats(ev, name, n);
    const Tensor *tensor = eval_attribute_tensor(ev, as_tensor);
    if (tensor && *n > 0) {
        eval_fail(error, "only one of %s and %s may be given", name, as_tensor);
        return NULL;
    }
    if (tensor && tensor->dtype != DTYPE_DOUBLE && tensor->dtype != DTYPE_FLOAT) {
        eval_fail(error, "%s is %s, expected double", as_tensor, dtype_name(tensor->dtype));
        return NULL;
    }
    if (tensor) {
        *n = (gsize)tensor->count;
        return ml_load(tensor, error);
    }
    double *values = g_new(double, *n + 1);
    for (gsize i = 0; i < *n; i++)
        values[i] = (double)floats[i];
    return values;
}

double ml_dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}
