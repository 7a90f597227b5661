#include "reference/ops/shared/likelihood.h"

#include "reference/ops/shared/compensated.h"

#include <string.h>

static gboolean read_reduction(const Eval *ev, Likelihood *l, GError **error)
{
    const char *how = eval_string(ev, "reduction");
    l->reduction = strcmp(how, "none") == 0 ? REDUCE_NONE : strcmp(how, "sum") == 0 ? REDUCE_SUM : REDUCE_MEAN;
    return l->reduction != REDUCE_MEAN || strcmp(how, "mean") == 0 ||
           eval_fail(error, "reduction is '%s', expected none, sum or mean", how);
}

static gboolean check_labels(const Likelihood *l, GError **error)
{
    for (int64_t i = 0; i < l->labels->count; i++) {
        const int64_t label = tensor_get_int(l->labels, i);
        if ((label < 0 || label >= l->classes) && !(l->ignores && label == l->ignored))
            return eval_fail(error, "the label %" G_GINT64_FORMAT " is outside [0, %" G_GINT64_FORMAT ")", label, l->classes);
    }
    return TRUE;
}

gboolean likelihood_read(const Eval *ev, const Tensor *scores, const Tensor *labels, const Tensor *weights, Likelihood *l,
                         GError **error)
{
    *l = (Likelihood){ .scores = scores, .labels = labels, .weights = weights, .ignores = eval_has(ev, "ignore_index"),
                       .ignored = eval_int(ev, "ignore_index") };
    const Shape *s = &scores->shape;
    if (s->rank < 2)
        return eval_fail(error, "scores have rank %d, expected at least 2: [N, C, ...]", s->rank);
    l->items = s->dims[0];
    l->classes = s->dims[1];
    l->plane = shape_span(s, 2, s->rank);
    Shape wanted = { .rank = s->rank - 1, .dims = { l->items } };
    memcpy(wanted.dims + 1, s->dims + 2, (gsize)(s->rank - 2) * sizeof s->dims[0]);
    if (!shape_equal(&labels->shape, &wanted)) {
        g_autofree char *found = shape_to_string(&labels->shape), *expected = shape_to_string(&wanted);
        return eval_fail(error, "labels have shape %s, expected %s", found, expected);
    }
    if (weights && (weights->shape.rank != 1 || weights->count != l->classes))
        return eval_fail(error, "weights must have the shape [%" G_GINT64_FORMAT "]", l->classes);
    return read_reduction(ev, l, error) && check_labels(l, error);
}

gboolean likelihood_reduce(Eval *ev, const Likelihood *l, double (*log_probability)(gconstpointer data, int64_t at, int64_t class),
                           gconstpointer data, GError **error)
{
    const Shape shape = l->reduction == REDUCE_NONE ? l->labels->shape : SHAPE0;
    Tensor *y = eval_output(ev, 0, l->scores->dtype, &shape, error);
    if (!y)
        return FALSE;
    Compensated loss = { 0, 0 }, total = { 0, 0 };
    for (int64_t i = 0; i < l->labels->count; i++) {
        const int64_t label = tensor_get_int(l->labels, i);
        const gboolean ignored = l->ignores && label == l->ignored;
        const double weight = ignored ? 0 : l->weights ? tensor_get_double(l->weights, label) : 1;
        const double p = ignored ? 0 : -log_probability(data, i, label);
        if (l->reduction == REDUCE_NONE)
            tensor_set_double(y, i, ignored ? 0 : p * weight);
        compensated_add(&total, weight);
        compensated_add_product(&loss, p, weight);
    }
    if (l->reduction == REDUCE_SUM)
        tensor_set_double(y, 0, compensated_value(loss));
    if (l->reduction == REDUCE_MEAN) /* no labels or only ignored ones: 0 / 0 */
        tensor_set_double(y, 0, compensated_divide(compensated_settle(loss), compensated_value(total)));
    return TRUE;
}
