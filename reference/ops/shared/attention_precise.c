#include "reference/ops/shared/attention_precise.h"

#include "reference/ops/shared/compensated.h"

#include <mpfr.h>

#define PRECISION 160
#define UNIT      COMPENSATED_UNIT

typedef struct {
    Compensated value;
    double error; /* absolute */
} Score;

static Compensated exactly(double x)
{
    return (Compensated){ x, 0 };
}

/* f in PRECISION bits. */
static Compensated real(int (*f)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t), Compensated x)
{
    mpfr_t t;
    mpfr_init2(t, PRECISION);
    mpfr_set_d(t, x.sum, MPFR_RNDN);
    mpfr_add_d(t, t, x.rest, MPFR_RNDN);
    f(t, t, MPFR_RNDN);
    Compensated y = { mpfr_get_d(t, MPFR_RNDN), 0 };
    mpfr_sub_d(t, t, y.sum, MPFR_RNDN);
    y.rest = mpfr_get_d(t, MPFR_RNDN);
    mpfr_clear(t);
    return y;
}

/* A sum of n products in Compensated errs by 4 (n u)^2 of the sum of their magnitudes, u = 2^-53. */
static double of_sum(int64_t n, double magnitude)
{
    const double nu = (double)(n + 2) * 0x1p-53;
    return (4 * nu * nu + UNIT) * magnitude;
}

static Score scaled(const AttentionQuery *query, int64_t j, Compensated scale)
{
    Compensated sum = { 0, 0 };
    double magnitude = 0;
    for (int64_t d = 0; d < query->depth; d++) {
        const double key = query->keys[d * query->total + j];
        compensated_add_product(&sum, query->q[d], key);
        magnitude += fabs(query->q[d] * key);
    }
    const Compensated value = compensated_times(compensated_number(sum.sum, sum.rest), scale);
    return (Score){ value, 2 * of_sum(query->depth, magnitude) * fabs(scale.sum) };
}

static void cap(Score *s, double softcap)
{
    s->value = compensated_times(exactly(softcap), real(mpfr_tanh, compensated_over(s->value, exactly(softcap))));
    s->error += 4 * UNIT * fabs(softcap);
}

static void bias(Score *s, double added)
{
    if (added == -(double)INFINITY)
        *s = (Score){ exactly(added), 0 };
    else
        s->value = compensated_plus(s->value, exactly(added));
    s->error += UNIT * fabs(added);
}

/* In place: e^(x - max), `error` relative. Their sum. */
static Compensated weigh(Score *scores, int64_t n, double *relative)
{
    Score most = scores[0];
    for (int64_t j = 1; j < n; j++)
        most = scores[j].value.sum > most.value.sum ? scores[j] : most;
    const Compensated less = { -most.value.sum, -most.value.rest };
    Compensated sum = { 0, 0 };
    *relative = 0;
    for (int64_t j = 0; j < n; j++) {
        Score *s = &scores[j];
        const gboolean masked = s->value.sum == -(double)INFINITY;
        s->error = masked ? 0 : s->error + most.error + UNIT * (fabs(s->value.sum) + fabs(most.value.sum) + 1);
        s->value = masked ? exactly(0) : real(mpfr_exp, compensated_plus(s->value, less));
        *relative = MAX(*relative, 2 * s->error);
        compensated_add(&sum, s->value.sum);
        sum.rest += s->value.rest;
    }
    *relative += of_sum(n, 1);
    return compensated_number(sum.sum, sum.rest);
}

static void store_scores(const AttentionQuery *query, const Score *from, double *scores, int *open)
{
    for (int64_t j = 0; j < query->total; j++)
        scores[j] = compensated_decide(from[j].value, from[j].value.sum == -(double)INFINITY ? 0 : from[j].error, open);
}

static void store_probabilities(const AttentionQuery *query, const Score *weights, Compensated sum, double relative,
                                double *scores, int *open)
{
    for (int64_t j = 0; j < query->total; j++) {
        const Compensated p = compensated_over(weights[j].value, sum);
        scores[j] = compensated_decide(p, 2 * relative * p.sum, open);
    }
}

static void mix(const AttentionQuery *query, const Score *weights, Compensated sum, double relative, double *out,
                int *open)
{
    for (int64_t d = 0; d < query->value_depth; d++) {
        Compensated total = { 0, 0 };
        double magnitude = 0;
        for (int64_t j = 0; j < query->total; j++) {
            const double value = query->values[j * query->value_depth + d];
            compensated_add_product(&total, weights[j].value.sum, value);
            total.rest += weights[j].value.rest * value;
            magnitude += fabs(weights[j].value.sum * value);
        }
        const double error = 3 * (relative + of_sum(query->total, 1)) * magnitude / sum.sum;
        *open |= magnitude != 0 && magnitude < COMPENSATED_LEAST;
        out[d] =
            compensated_decide(compensated_over(compensated_number(total.sum, total.rest), sum), error, open);
    }
}

static gboolean all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return FALSE;
    return TRUE;
}

/* Finite but for masked keys, of which not all are. */
static gboolean usable(const AttentionQuery *query, const Score *scores)
{
    gboolean visible = FALSE;
    for (int64_t j = 0; j < query->total; j++) {
        if (!isfinite(scores[j].value.sum) && query->bias[j] != -(double)INFINITY)
            return FALSE;
        visible |= query->bias[j] != -(double)INFINITY;
    }
    return visible && all_finite(query->values, query->total * query->value_depth);
}

gboolean attention_precise(const AttentionQuery *query, double *scores, double *out, int *open)
{
    const int64_t n = query->total;
    g_autofree Score *row = g_try_new(Score, (gsize)n + 1);
    const Compensated depth = exactly((double)query->depth);
    const Compensated scale =
        query->default_scale ? compensated_over(exactly(1), compensated_root(depth)) : exactly(query->scale);
    int left_open = 0;
    if (!row || n == 0 || query->depth == 0)
        return FALSE;
    for (int64_t j = 0; j < n; j++)
        row[j] = scaled(query, j, scale);
    if (query->mode == 0)
        store_scores(query, row, scores, &left_open);
    for (int64_t j = 0; query->softcap != 0 && j < n; j++)
        cap(&row[j], query->softcap);
    if (query->mode == 1)
        store_scores(query, row, scores, &left_open);
    for (int64_t j = 0; j < n; j++)
        bias(&row[j], query->bias[j]);
    if (query->mode == 2)
        store_scores(query, row, scores, &left_open);
    if (!usable(query, row))
        return FALSE;
    double relative;
    const Compensated sum = weigh(row, n, &relative);
    if (query->mode == 3)
        store_probabilities(query, row, sum, relative, scores, &left_open);
    mix(query, row, sum, relative, out, &left_open);
    *open |= left_open;
    return TRUE;
}
