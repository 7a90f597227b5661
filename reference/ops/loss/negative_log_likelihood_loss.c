#include "reference/ops/shared/likelihood.h"

static double log_probability(gconstpointer data, int64_t at, int64_t class)
{
    const Likelihood *l = data;
    return tensor_get_double(l->scores, (at / l->plane * l->classes + class) * l->plane + at % l->plane);
}

static gboolean negative_log_likelihood_loss(Eval *ev, GError **error)
{
    Likelihood l = { 0 };
    return likelihood_read(ev, eval_input(ev, 0), eval_input(ev, 1), eval_input(ev, 2), &l, error) &&
           likelihood_reduce(ev, &l, log_probability, &l, error);
}

#define REST .signature = "input:T, target:Tind, weight:T? -> loss:T", .attributes = "ignore_index:int, reduction:string=mean", \
             .kernel = negative_log_likelihood_loss
OPERATOR_DEFINE(negative_log_likelihood_loss, "NegativeLogLikelihoodLoss", "",
    { .since = 12, .types = "T: floats1 | Tind: int32 int64", REST },
    { .since = 13, .types = "T: floats1 | Tind: int32 int64", REST },
    { .since = 22, .types = "T: floats13 | Tind: int32 int64", REST })
