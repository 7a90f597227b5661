#include "reference/ops/shared/attention_block.h"

#include "reference/bounds/expm1.h"
#include "reference/bounds/softmax.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/attention_exact.h"
#include "reference/ops/shared/attention_spread.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/gemm.h"
#include "reference/ops/shared/vector_math.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/select.h"

#include <limits.h>
#include <math.h>
#include <string.h>

typedef struct {
    GemmArithmetic arithmetic;
    GemmMatrix     left, right;
    double        *out;
    int64_t        columns;
    double         scale;
    const AttentionHead *head;   /* of scores that are certified, with the queries and where the errors go */
    const double  *q;
    AttentionErrors *errors;
} Product;

static void read_left(gpointer data, G_GNUC_UNUSED int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells,
                      int64_t width)
{
    const Product *p = data;
    gemm_pack(p->arithmetic, &p->left, first, n, from, depth, cells, width);
}

static void read_right(gpointer data, G_GNUC_UNUSED int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth,
                       void *cells, int64_t width)
{
    const Product *p = data;
    gemm_pack(p->arithmetic, &p->right, first, n, from, depth, cells, width);
}

CLONES static void scale_into(double *restrict out, const double *restrict values, double scale, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = values[i] * scale;
}

static void store_scaled(gpointer data, G_GNUC_UNUSED int64_t item, int64_t row, int64_t column, int64_t n, const void *values,
                         G_GNUC_UNUSED const double *rests)
{
    const Product *p = data;
    scale_into(p->out + row * p->columns + column, values, p->scale, n);
}

static void store(gpointer data, G_GNUC_UNUSED int64_t item, int64_t row, int64_t column, int64_t n, const void *values,
                  G_GNUC_UNUSED const double *rests)
{
    const Product *p = data;
    memcpy(p->out + row * p->columns + column, values, (gsize)n * sizeof(double));
}

/* Of sums as they are computed here: relative to the sum of magnitudes. */
#define OWN(n) (((double)(n) + 4) * 0x1p-52)

/* Whether query i's products with key j are such that every order sums them exactly: rarely, and mostly the first one tells. */
static gboolean sums_exactly(const Product *p, int64_t i, int64_t j, double magnitude)
{
    const AttentionHead *h = p->head;
    int lowest = INT_MAX;
    double limit = INFINITY;
    for (int64_t d = 0; d < h->depth && magnitude <= limit; d++) {
        const int own = bounds_lowest_bit(p->q[i * h->depth + d] * h->keys[d * h->total + j]);
        if (own < lowest) {
            lowest = own;
            limit = bounds_sum_limit(DTYPE_FLOAT, lowest);
        }
    }
    return magnitude <= limit;
}

CLONES static void score_errors(const double *restrict magnitudes, const double *restrict terms, double dense, double scale, double unit,
                                double tiny, double own, int64_t n, double *restrict errors)
{
    for (int64_t i = 0; i < n; i++) {
        const double k = terms ? terms[i] : dense, total = scale * magnitudes[i];
        const double error = (k + 4) * unit * total + k * tiny + own * total;
        errors[i] = select_double(k > 0, error, 0);
    }
}

/* Row: the key; columns: queries. */
static void store_certified(gpointer data, G_GNUC_UNUSED int64_t item, int64_t row, int64_t column, int64_t n, const double *values,
                            const double *magnitudes, const double *terms)
{
    const Product *p = data;
    double *errors = p->errors->errors + row * p->columns + column;
    scale_into(p->out + row * p->columns + column, values, p->scale, n);
    score_errors(magnitudes, terms, (double)p->head->depth, p->scale, bounds_unit(DTYPE_FLOAT), bounds_tiny(DTYPE_FLOAT),
                 OWN(p->head->depth), n, errors);
    for (int64_t i = 0; p->errors->may_be_exact && i < n; i++)
        if (sums_exactly(p, column + i, row, magnitudes[i]))
            errors[i] = 0;
}

void attention_block_scores(const AttentionHead *head, const double *q, int64_t n, double *scores, AttentionErrors *errors)
{
    Product p = { .arithmetic = GEMM_NARROW, .left = { DTYPE_DOUBLE, head->keys, 1, head->total },
                  .right = { DTYPE_DOUBLE, q, head->depth, 1 }, .out = scores, .columns = n, .scale = head->scale,
                  .head = head, .q = q, .errors = errors };
    Gemm gemm = { p.arithmetic, 1, head->total, n, head->depth, read_left, read_right, store_scaled, &p,
                  .left_cells = { head->keys, head->total } };
    if (errors) {
        gemm.certify = store_certified;
        gemm.counts = !errors->dense;
    }
    gemm_run_alone(&gemm);
}

void attention_block_mix(const AttentionHead *head, const double *weights, int64_t n, double *out)
{
    Product p = { .arithmetic = GEMM_BINARY64, .left = { DTYPE_DOUBLE, weights, 1, n },
                  .right = { DTYPE_DOUBLE, head->values, 1, head->value_depth }, .out = out, .columns = head->value_depth };
    gemm_run_alone(&(Gemm){ p.arithmetic, 1, n, head->value_depth, head->total, read_left, read_right, store, &p,
                            .left_cells = { weights, n }, .right_cells = { head->values, head->value_depth } });
}

void attention_block_mix_errors(const AttentionHead *head, const double *weights, int64_t n, const double *out,
                                const AttentionErrors *errors, double *room, double *bounds)
{
    const int64_t depth = head->value_depth;
    double *totals = room, *moved = room + n * depth;
    attention_spread(&(AttentionSpread){ weights, errors->errors, head->values, out, n, head->total, depth }, moved, totals);
    const double u = bounds_unit(DTYPE_FLOAT);
    for (int64_t i = 0; i < n; i++) {
        const double common = errors->common[i], terms = errors->terms[i], rounds = (terms + ceil(terms / 16) + 2) * u + OWN(head->total) + 0x1p-45;
        for (int64_t at = i * depth; at < (i + 1) * depth; at++)
            bounds[at] = (common < 1 ? moved[at] / (1 - common) : (double)INFINITY) + rounds * (totals[at] + fabs(out[at]));
    }
}

CLONES static void take_larger(double *restrict most, const double *restrict row, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        most[i] = select_double(row[i] > most[i], row[i], most[i]);
}

CLONES static void subtract(double *restrict row, const double *restrict most, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        row[i] -= most[i];
}

CLONES static void add(double *restrict sums, double *restrict rests, const double *restrict row, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        Compensated s = { sums[i], rests[i] };
        compensated_add(&s, row[i]);
        sums[i] = s.sum;
        rests[i] = s.rest;
    }
}

/* Which keys are near the maximum, for any error, and have one: two of them rule out that the weights are the same for every
 * error (attention_exact.h). */
CLONES static void count_near(const double *restrict most, const double *restrict scores, const double *restrict errors,
                              int64_t *restrict near, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        near[i] += (scores[i] + errors[i] > most[i] - ATTENTION_UNDERFLOW_GAP) & (errors[i] > 0);
}

static gboolean all_decided(const int64_t *near, int64_t n)
{
    gboolean all = TRUE;
    for (int64_t i = 0; i < n; i++)
        all &= near[i] > 1;
    return all;
}

static void find_plain(const AttentionHead *head, int64_t n, const double *most, const double *scores, AttentionErrors *errors)
{
    int64_t near[ATTENTION_BLOCK] = { 0 };
    for (int64_t j = 0; j < head->total && !(j % 16 == 0 && all_decided(near, n)); j++)
        count_near(most, scores + j * n, errors->errors + j * n, near, n);
    for (int64_t i = 0; i < n; i++) {
        errors->plain[i] = isfinite(most[i]) && near[i] > 1;
        errors->common[i] = errors->terms[i] = 0;
    }
}

/* scores: differences to the maximum, 0 or less. errors := relative errors of the weights, before expm1. */
CLONES static void weight_arguments(const WeightRule *rule, const double *restrict scores, double *restrict errors, int64_t n)
{
    const WeightRule r = *rule;
    for (int64_t i = 0; i < n; i++) {
        const double d = -scores[i], rounding = r.unit * (r.base + 3 * d + r.blocks);
        errors[i] += select_double((d == 0) & (errors[i] == 0), 0, rounding);
    }
}

CLONES static void move_weights(const double *restrict weights, double *restrict errors, double *restrict common, double *restrict terms,
                                int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double moved = weights[i] * errors[i];
        errors[i] = select_double(weights[i] > 0, moved, 0);
        common[i] += errors[i];
        terms[i] += weights[i] != 0 ? 1 : 0;
    }
}

CLONES static void divide(double *restrict row, const double *restrict totals, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        row[i] /= totals[i];
}

void attention_block_softmax(const AttentionHead *head, int64_t n, double *scores, AttentionErrors *errors)
{
    const WeightRule rule = bounds_weight_rule(DTYPE_FLOAT, (gsize)head->total);
    double most[ATTENTION_BLOCK], sums[ATTENTION_BLOCK] = { 0 }, rests[ATTENTION_BLOCK] = { 0 };
    for (int64_t i = 0; i < n; i++)
        most[i] = -(double)INFINITY;
    for (int64_t j = 0; j < head->total; j++)
        take_larger(most, scores + j * n, n);
    if (errors)
        find_plain(head, n, most, scores, errors);
    for (int64_t j = 0; j < head->total; j++) {
        subtract(scores + j * n, most, n);
        if (errors) {
            weight_arguments(&rule, scores + j * n, errors->errors + j * n, n);
            bounds_expm1_row(errors->errors + j * n, (gsize)n);
        }
        vector_exp(scores + j * n, (gsize)n);
        add(sums, rests, scores + j * n, n);
    }
    for (int64_t i = 0; i < n; i++)
        sums[i] = compensated_value((Compensated){ sums[i], rests[i] });
    for (int64_t j = 0; j < head->total; j++) {
        divide(scores + j * n, sums, n);
        if (errors)
            move_weights(scores + j * n, errors->errors + j * n, errors->common, errors->terms, n);
    }
}
