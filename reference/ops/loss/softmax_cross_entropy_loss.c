#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/likelihood.h"
#include "reference/ops/shared/transcendental.h"

/* The logarithm of each softmax's denominator, and the maximum subtracted before: log p = (x - most) - log_sum. */
typedef struct {
    Likelihood l;
    double    *most, *log_sum; /* [N * plane] */
} CrossEntropy;

static double score(const Likelihood *l, int64_t at, int64_t class)
{
    return tensor_get_double(l->scores, (at / l->plane * l->classes + class) * l->plane + at % l->plane);
}

static double log_probability(gconstpointer data, int64_t at, int64_t class)
{
    const CrossEntropy *c = data;
    return (score(&c->l, at, class) - c->most[at]) - c->log_sum[at];
}

static void some_softmaxes(int64_t first, int64_t last, gpointer data)
{
    CrossEntropy *c = data;
    const gboolean precise = c->l.scores->dtype == DTYPE_DOUBLE;
    for (int64_t at = first; at < last; at++) {
        double most = -(double)INFINITY;
        for (int64_t i = 0; i < c->l.classes; i++)
            most = score(&c->l, at, i) > most ? score(&c->l, at, i) : most;
        Compensated sum = { 0, 0 };
        for (int64_t i = 0; i < c->l.classes; i++)
            compensated_add(&sum, attention_exp(score(&c->l, at, i) - most, precise));
        const double total = compensated_value(sum);
        c->most[at] = most;
        c->log_sum[at] = precise ? real_value(&real_log, DTYPE_DOUBLE, &total) : Sleef_cinz_logd1_u10purec(total);
    }
}

static gboolean write_log_probabilities(Eval *ev, const CrossEntropy *c, GError **error)
{
    const Likelihood *l = &c->l;
    Tensor *y = eval_output(ev, 1, l->scores->dtype, &l->scores->shape, error);
    if (!y)
        return FALSE;
    for (int64_t i = 0; i < y->count; i++) {
        const int64_t item = i / (l->classes * l->plane), class = i / l->plane % l->classes;
        const double value = log_probability(c, item * l->plane + i % l->plane, class);
        tensor_set_double(y, i, isnan(value) ? (double)NAN : value);
    }
    return TRUE;
}

static gboolean softmax_cross_entropy_loss(Eval *ev, GError **error)
{
    CrossEntropy c = { 0 };
    if (!likelihood_read(ev, eval_input(ev, 0), eval_input(ev, 1), eval_input(ev, 2), &c.l, error))
        return FALSE;
    const int64_t count = c.l.labels->count;
    g_autofree double *most = g_try_new(double, count + 1), *log_sum = g_try_new(double, count + 1);
    if (!most || !log_sum)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " sums", count);
    c.most = most;
    c.log_sum = log_sum;
    eval_parallel(ev, count, 1 + 4096 / (c.l.classes + 1), some_softmaxes, &c);
    return likelihood_reduce(ev, &c.l, log_probability, &c, error) && (!eval_wants(ev, 1) || write_log_probabilities(ev, &c, error));
}

#define REST .signature = "scores:T, labels:Tind, weights:T? -> output:T, log_prob:T?", \
             .attributes = "ignore_index:int, reduction:string=mean", .kernel = softmax_cross_entropy_loss
OPERATOR_DEFINE(softmax_cross_entropy_loss, "SoftmaxCrossEntropyLoss", "",
    { .since = 12, .types = "T: floats1 | Tind: int32 int64", REST },
    { .since = 13, .types = "T: floats13 | Tind: int32 int64", REST })
