/* MatMul (NumPy's rules), Gemm and assay.moe's GroupedMatMul, for floats. */
#include "golden/mutants/sums.h"

MUTANT_DEFINE(matmul_batch, "matmul-first-batch", MUST_DIE, 33, "MatMul uses the first matrix of the second operand for every batch")
MUTANT_DEFINE(gemm_bias_rows, "gemm-bias-per-row", MUST_DIE, 31, "Gemm adds a bias vector per row, not per column, where it fits")
MUTANT_DEFINE(matmul_transposed, "matmul-transposed", MUST_DIE, 22, "MatMul reads a square second matrix transposed")
MUTANT_DEFINE(grouped_next, "grouped-next-group", MUST_DIE, 46, "GroupedMatMul takes the weights of the next group")
MUTANT_DEFINE(grouped_negative, "grouped-negative-first", MUST_DIE, 46, "GroupedMatMul takes a negative group for the first")
MUTANT_DEFINE(grouped_bias, "grouped-bias-ignored", MUST_DIE, 31, "GroupedMatMul adds no bias")
MUTANT_DEFINE(grouped_bias_first, "grouped-bias-first-group", MUST_DIE, 46, "GroupedMatMul adds the bias of the first group")
MUTANT_DEFINE(grouped_once, "grouped-first-choice", MUST_DIE, 46, "GroupedMatMul gives a row's first group in place of its others")

static gboolean is_float(const Tensor *t)
{
    return t && format_is_float(t->dtype) && t->dtype != DTYPE_FLOAT8E8M0;
}

/* The matrix of operand t that belongs to batch `index` of a result whose batch dims have rank `rank`. */
static int64_t batch_of(const Tensor *t, int matrix_rank, int rank, const int64_t *index)
{
    const Shape batch = shape_of(t->shape.dims, t->shape.rank - matrix_rank);
    return naive_broadcast(&batch, rank, index);
}

static gboolean matmul(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    const int ra = a->shape.rank, rb = b->shape.rank;
    if (!is_float(a) || !is_float(b) || ra < 1 || rb < 1)
        return eval_own_kernel(ev, error);
    const int64_t m = ra > 1 ? a->shape.dims[ra - 2] : 1, k = a->shape.dims[ra - 1], n = rb > 1 ? b->shape.dims[rb - 1] : 1;
    const Shape batch_a = shape_of(a->shape.dims, MAX(ra - 2, 0)), batch_b = shape_of(b->shape.dims, MAX(rb - 2, 0));
    Shape shape;
    if (k != b->shape.dims[rb > 1 ? rb - 2 : 0] || !shape_broadcast(&batch_a, &batch_b, &shape))
        return eval_own_kernel(ev, error);
    const Shape batch = shape;
    if (ra > 1)
        shape.dims[shape.rank++] = m;
    if (rb > 1)
        shape.dims[shape.rank++] = n;
    const gboolean turn = k == n && mutant(matmul_transposed), first = mutant(matmul_batch);
    g_autofree double *x = naive_read(a), *y = naive_read(b), *z = g_new(double, shape_count(&shape) + 1);
    for (int64_t i = 0; i < shape_count(&batch) * m * n; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&batch, i / (m * n), index);
        const double *row = x + (batch_of(a, MIN(ra, 2), batch.rank, index) * m + i / n % m) * k;
        const double *matrix = y + (first ? 0 : batch_of(b, MIN(rb, 2), batch.rank, index)) * k * n;
        z[i] = sums_dot(naive_compute_type(a->dtype), row, 1, matrix + (turn ? i % n * n : i % n), turn ? 1 : n, k);
    }
    return naive_give(ev, 0, a->dtype, &shape, z, error);
}
NAIVE_DEFINE(matmul, "MatMul", "", matmul)

static gboolean gemm(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1), *c = eval_input(ev, 2);
    if (eval_version(ev) < 7 || !is_float(a) || a->shape.rank != 2 || b->shape.rank != 2)
        return eval_own_kernel(ev, error);
    const gboolean ta = eval_int(ev, "transA") != 0, tb = eval_int(ev, "transB") != 0;
    const int64_t m = a->shape.dims[ta], k = a->shape.dims[!ta], n = b->shape.dims[!tb];
    const Shape shape = SHAPE(m, n);
    if (b->shape.dims[tb] != k || (c && !shape_broadcasts_to(&c->shape, &shape)))
        return eval_own_kernel(ev, error);
    const double alpha = (double)eval_float(ev, "alpha"), beta = (double)eval_float(ev, "beta");
    const DType type = naive_compute_type(a->dtype);
    g_autofree double *x = naive_read(a), *y = naive_read(b), *bias = c ? naive_read(c) : NULL, *z = g_new(double, m * n + 1);
    const gboolean rows = c && c->shape.rank == 1 && m == n && mutant(gemm_bias_rows);
    for (int64_t i = 0; i < m * n; i++) {
        const int64_t index[2] = { i / n, i % n };
        z[i] = sums_dot(type, x + (ta ? index[0] : index[0] * k), ta ? m : 1, y + (tb ? index[1] * k : index[1]), tb ? 1 : n, k);
        z[i] = format_round(type, alpha * z[i]);
        if (c)
            z[i] = format_round(type, z[i] + format_round(type, beta * bias[rows ? index[0] : naive_broadcast(&c->shape, 2, index)]));
    }
    return naive_give(ev, 0, a->dtype, &shape, z, error);
}
NAIVE_DEFINE(gemm, "Gemm", "", gemm)

/* output[m, j] = input[m] . weights[g] + bias[g], g = group_indices[m, j] */
static gboolean grouped(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *w = eval_input(ev, 1), *groups = eval_input(ev, 2), *bias = eval_input(ev, 3);
    if (x->shape.rank != 2 || w->shape.rank != 3 || groups->shape.rank != 2 || x->shape.dims[1] != w->shape.dims[1] ||
        groups->shape.dims[0] != x->shape.dims[0] || (bias && bias->count != w->shape.dims[0] * w->shape.dims[2]))
        return eval_own_kernel(ev, error);
    const int64_t k = groups->shape.dims[1], e = w->shape.dims[0], in = w->shape.dims[1], out = w->shape.dims[2];
    const Shape shape = SHAPE(x->shape.dims[0], k, out);
    const DType type = naive_compute_type(x->dtype);
    g_autofree double *a = naive_read(x), *b = naive_read(w), *c = bias ? naive_read(bias) : NULL;
    g_autofree double *z = g_new(double, shape_count(&shape) + 1);
    g_autofree int64_t *g = naive_read_ints(groups);
    for (int64_t i = 0; i < groups->count; i++)
        if (g[i] < -e || g[i] >= e)
            return eval_own_kernel(ev, error);
    for (int64_t i = 0; i < shape_count(&shape); i++) {
        const int64_t pair = i / out, row = pair / k;
        int64_t group = g[mutant(grouped_once) ? row * k : pair];
        group = group >= 0 ? group : mutant(grouped_negative) ? 0 : group + e;
        if (mutant(grouped_next))
            group = (group + 1) % e;
        z[i] = sums_dot(type, a + row * in, 1, b + group * in * out + i % out, out, in);
        if (c && !mutant(grouped_bias))
            z[i] = format_round(type, z[i] + c[(mutant(grouped_bias_first) ? 0 : group) * out + i % out]);
    }
    return naive_give(ev, 0, x->dtype, &shape, z, error);
}
NAIVE_DEFINE(grouped, "GroupedMatMul", "assay.moe", grouped)
