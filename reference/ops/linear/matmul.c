#include "reference/ops/shared/gemm.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/linear_sums.h"
#include "reference/ops/shared/matmul_plan.h"

#include "reference/tensor/convert.h"

typedef struct {
    const Tensor *a, *b;
    Tensor       *y;
    GemmArithmetic arithmetic;
    int64_t       m, n, k;
    int64_t      *a_at, *b_at; /* which matrix of each operand a product takes */
    LinearSums   *sums;        /* NULL: no certificate */
} MatMul;

static const uint8_t *element(const Tensor *t, int64_t i)
{
    return (const uint8_t *)t->data + i * dtype_info(t->dtype)->width;
}

static void left(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const MatMul *s = data;
    const GemmMatrix a = { s->a->dtype, element(s->a, s->a_at[item] * s->m * s->k), s->k, 1 };
    gemm_pack(s->arithmetic, &a, first, n, from, depth, cells, width);
}

static void right(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const MatMul *s = data;
    const GemmMatrix b = { s->b->dtype, element(s->b, s->b_at[item] * s->k * s->n), 1, s->n };
    gemm_pack(s->arithmetic, &b, first, n, from, depth, cells, width);
}

static void store(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const void *values, const double *rests)
{
    const MatMul *s = data;
    const int64_t at = (item * s->m + row) * s->n + column;
    void *out = (uint8_t *)s->y->data + at * dtype_info(s->y->dtype)->width;
    if (s->arithmetic == GEMM_INTEGER) {
        convert_from_uint64(s->y->dtype, values, out, (gsize)n);
    } else if (rests) {
        const double *sums = values;
        for (int64_t i = 0; i < n; i++)
            ((double *)out)[i] = sums[i] + rests[i];
    } else {
        convert_from_double(s->y->dtype, values, out, (gsize)n);
    }
}

static void certify(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const double *values,
                    const double *magnitudes, const double *terms)
{
    const MatMul *s = data;
    store(data, item, row, column, n, values, NULL);
    linear_sums_take(s->sums, (item * s->m + row) * s->n + column, n, values, magnitudes, terms);
}

static gboolean matmul(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    MatMulPlan p;
    if (!matmul_plan(&a->shape, &b->shape, &p, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, a->dtype, &p.y, error);
    if (!y)
        return FALSE;
    if (y->count == 0)
        return TRUE;
    const int64_t count = shape_count(&p.batch); /* at most y->count: the lists need no more than y's memory */
    g_autofree int64_t *a_at = g_try_new(int64_t, (gsize)count), *b_at = g_try_new(int64_t, (gsize)count);
    if (!a_at || !b_at)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " products", count);
    matmul_batches(&p, a_at, b_at);
    MatMul s = { a, b, y, gemm_arithmetic(a->dtype), p.m, p.n, p.k, a_at, b_at, NULL };
    Gemm gemm = { s.arithmetic, count, p.m, p.n, p.k, left, right, store, &s };
    MatMul left_reach = s, right_reach = s;
    if (s.arithmetic == GEMM_NARROW && (s.sums = linear_sums_open(ev, (double)p.k, FALSE))) {
        if ((left_reach.a = linear_sums_reach(s.sums, 0)))
            gemm.left_reach = &left_reach;
        if ((right_reach.b = linear_sums_reach(s.sums, 1)))
            gemm.right_reach = &right_reach;
        gemm.certify = certify;
        gemm.counts = linear_sums_counts(s.sums);
        gemm.left_dense = linear_sums_dense(s.sums, 0);
    }
    gemm_run(ev, &gemm);
    return TRUE;
}

static gboolean matmul_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = 2 }, error);
}

#define REST .signature = "A:T, B:T -> Y:T", .kernel = matmul, .bound = matmul_bound
OPERATOR_DEFINE(matmul, "MatMul", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 9, .types = "T: floats1 uint32 uint64 int32 int64", REST },
    { .since = 13, .types = "T: floats13 uint32 uint64 int32 int64", REST })
