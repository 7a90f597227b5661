#include "reference/ops/shared/attention_core.h"

#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/transcendental.h"

#include <string.h>

double attention_exp(double x, gboolean precise)
{
    return precise ? real_value(&real_exp, DTYPE_DOUBLE, &x) : Sleef_cinz_expd1_u10purec(x);
}

double attention_tanh(double x, gboolean precise)
{
    return precise ? real_value(&real_tanh, DTYPE_DOUBLE, &x) : Sleef_cinz_tanhd1_u10purec(x);
}

/* sums += w * x, with the rounding errors in rests unless that is NULL. */
static void add_scaled(double *sums, double *rests, double w, const double *x, int64_t n)
{
    if (!rests) {
        for (int64_t i = 0; i < n; i++)
            sums[i] += w * x[i];
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        Compensated s = { sums[i], rests[i] };
        compensated_add_product(&s, w, x[i]);
        sums[i] = s.sum;
        rests[i] = s.rest;
    }
}

static void settle(double *sums, const double *rests, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sums[i] = compensated_value((Compensated){ sums[i], rests ? rests[i] : 0 });
}

static void clear(double *sums, double *rests, int64_t n)
{
    memset(sums, 0, (gsize)n * sizeof *sums);
    if (rests)
        memset(rests, 0, (gsize)n * sizeof *rests);
}

void attention_scores(const double *q, const double *keys, int64_t n, int64_t depth, double scale, double *scores, double *rests)
{
    clear(scores, rests, n);
    for (int64_t d = 0; d < depth; d++)
        add_scaled(scores, rests, q[d], keys + d * n, n);
    settle(scores, rests, n);
    for (int64_t j = 0; j < n; j++)
        scores[j] *= scale;
}

void attention_softmax(double *row, int64_t n, gboolean precise)
{
    double most = -(double)INFINITY;
    for (int64_t j = 0; j < n; j++)
        most = row[j] > most ? row[j] : most;
    Compensated sum = { 0, 0 };
    for (int64_t j = 0; j < n; j++) {
        row[j] = attention_exp(row[j] - most, precise);
        compensated_add(&sum, row[j]);
    }
    const double total = compensated_value(sum);
    for (int64_t j = 0; j < n; j++)
        row[j] /= total;
}

void attention_mix(const double *p, const double *values, int64_t n, int64_t depth, double *out, double *rests)
{
    clear(out, rests, depth);
    for (int64_t j = 0; j < n; j++)
        add_scaled(out, rests, p[j], values + j * depth, depth);
    settle(out, rests, depth);
}
