#include "reference/ops/shared/attention_block.h"

#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/gemm.h"
#include "reference/ops/shared/vector_math.h"
#include "reference/tensor/clones.h"

#include <string.h>

typedef struct {
    GemmArithmetic arithmetic;
    GemmMatrix     left, right;
    double        *out;
    int64_t        columns;
    double         scale;
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

void attention_block_scores(const AttentionHead *head, const double *q, int64_t n, double *scores)
{
    Product p = { .arithmetic = GEMM_NARROW, .left = { DTYPE_DOUBLE, head->keys, 1, head->total },
                  .right = { DTYPE_DOUBLE, q, head->depth, 1 }, .out = scores, .columns = n, .scale = head->scale };
    gemm_run_alone(&(Gemm){ p.arithmetic, 1, head->total, n, head->depth, read_left, read_right, store_scaled, &p });
}

void attention_block_mix(const AttentionHead *head, const double *weights, int64_t n, double *out)
{
    Product p = { .arithmetic = GEMM_BINARY64, .left = { DTYPE_DOUBLE, weights, 1, n },
                  .right = { DTYPE_DOUBLE, head->values, 1, head->value_depth }, .out = out, .columns = head->value_depth };
    gemm_run_alone(&(Gemm){ p.arithmetic, 1, n, head->value_depth, head->total, read_left, read_right, store, &p });
}

CLONES static void take_larger(double *restrict most, const double *restrict row, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        most[i] = row[i] > most[i] ? row[i] : most[i];
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

CLONES static void divide(double *restrict row, const double *restrict totals, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        row[i] /= totals[i];
}

void attention_block_softmax(const AttentionHead *head, int64_t n, double *scores)
{
    double most[ATTENTION_BLOCK], sums[ATTENTION_BLOCK] = { 0 }, rests[ATTENTION_BLOCK] = { 0 };
    for (int64_t i = 0; i < n; i++)
        most[i] = -(double)INFINITY;
    for (int64_t j = 0; j < head->total; j++)
        take_larger(most, scores + j * n, n);
    for (int64_t j = 0; j < head->total; j++) {
        subtract(scores + j * n, most, n);
        vector_exp(scores + j * n, (gsize)n);
        add(sums, rests, scores + j * n, n);
    }
    for (int64_t i = 0; i < n; i++)
        sums[i] = compensated_value((Compensated){ sums[i], rests[i] });
    for (int64_t j = 0; j < head->total; j++)
        divide(scores + j * n, sums, n);
}
