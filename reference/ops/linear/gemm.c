#include "reference/ops/shared/gemm.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/linear_sums.h"

#include "reference/tensor/convert.h"

#include <math.h>

typedef struct {
    GemmMatrix     a, b;
    const Tensor  *c; /* NULL: none */
    int64_t        c_row, c_column; /* strides, 0 where C is broadcast */
    Tensor        *y;
    GemmArithmetic arithmetic;
    double         alpha, beta;
    LinearSums    *sums; /* NULL: no certificate */
} GemmOp;

static void left(gpointer data, G_GNUC_UNUSED int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells,
                 int64_t width)
{
    const GemmOp *s = data;
    gemm_pack(s->arithmetic, &s->a, first, n, from, depth, cells, width);
}

static void right(gpointer data, G_GNUC_UNUSED int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells,
                  int64_t width)
{
    const GemmOp *s = data;
    gemm_pack(s->arithmetic, &s->b, first, n, from, depth, cells, width);
}

/* alpha * (sum + rest) + beta * c with the errors of the products and of the sum carried along. */
static double combine(double alpha, double sum, double rest, double beta, double c)
{
    const double p = alpha * sum, q = beta * c, total = p + q;
    if (!isfinite(total))
        return isnan(total) ? (double)NAN : total;
    const double part = total - p;
    return total + (((p - (total - part)) + (q - part)) + (fma(alpha, sum, -p) + fma(beta, c, -q) + alpha * rest));
}

/* Real factors on integers: as written, then truncated like a cast. */
static uint64_t combine_integers(const GemmOp *s, uint64_t sum, uint64_t c)
{
    if (s->alpha == rint(s->alpha) && s->beta == rint(s->beta) && fabs(s->alpha) < 0x1p62 && fabs(s->beta) < 0x1p62)
        return (uint64_t)(int64_t)s->alpha * sum + (uint64_t)(int64_t)s->beta * c;
    const gboolean is_signed = dtype_info(s->y->dtype)->domain == DOMAIN_SIGNED;
    const double x = is_signed ? (double)(int64_t)sum : (double)sum, z = is_signed ? (double)(int64_t)c : (double)c;
    const double total = s->alpha * x + s->beta * z;
    int64_t result;
    convert_to_int64(DTYPE_DOUBLE, &total, &result, 1);
    return (uint64_t)result;
}

#define BLOCK 256

static void store_floats(const GemmOp *s, int64_t row, int64_t column, gsize n, const double *sums, const double *rests,
                         void *out)
{
    double results[BLOCK];
    for (gsize i = 0; i < n; i++) {
        const double c = s->c ? tensor_get_double(s->c, row * s->c_row + (column + (int64_t)i) * s->c_column) : 0;
        results[i] = combine(s->alpha, sums[i], rests ? rests[i] : 0, s->beta, c);
    }
    convert_from_double(s->y->dtype, results, out, n);
}

/* Where alpha and beta are 1. */
static void certify(gpointer data, G_GNUC_UNUSED int64_t item, int64_t row, int64_t column, int64_t n, const double *values,
                    const double *magnitudes, const double *terms)
{
    const GemmOp *s = data;
    for (int64_t i = 0, some; i < n; i += some) {
        double results[BLOCK], totals[BLOCK], counts[BLOCK];
        some = MIN(n - i, BLOCK);
        for (int64_t j = 0; j < some; j++) {
            const double c = s->c ? tensor_get_double(s->c, row * s->c_row + (column + i + j) * s->c_column) : 0;
            results[j] = combine(1, values[i + j], 0, 1, c);
            totals[j] = magnitudes[i + j] + linear_sums_share(s->sums) * fabs(c);
            counts[j] = terms ? terms[i + j] + (c != 0) : 0;
        }
        const int64_t at = row * s->y->shape.dims[1] + column + i;
        convert_from_double(s->y->dtype, results, (uint8_t *)s->y->data + at * dtype_info(s->y->dtype)->width, (gsize)some);
        linear_sums_take(s->sums, at, some, results, totals, terms ? counts : NULL);
    }
}

static void store_integers(const GemmOp *s, int64_t row, int64_t column, gsize n, const uint64_t *sums, void *out)
{
    uint64_t results[BLOCK];
    for (gsize i = 0; i < n; i++) {
        uint64_t c = 0;
        if (s->c)
            c = (uint64_t)tensor_get_int(s->c, row * s->c_row + (column + (int64_t)i) * s->c_column);
        results[i] = combine_integers(s, sums[i], c);
    }
    convert_from_uint64(s->y->dtype, results, out, n);
}

static void store(gpointer data, G_GNUC_UNUSED int64_t item, int64_t row, int64_t column, int64_t n, const void *values,
                  const double *rests)
{
    const GemmOp *s = data;
    for (int64_t i = 0; i < n; i += BLOCK) {
        const gsize some = (gsize)MIN(n - i, BLOCK);
        void *out = (uint8_t *)s->y->data + (row * s->y->shape.dims[1] + column + i) * dtype_info(s->y->dtype)->width;
        if (s->arithmetic == GEMM_INTEGER)
            store_integers(s, row, column + i, some, (const uint64_t *)values + i, out);
        else
            store_floats(s, row, column + i, some, (const double *)values + i, rests ? rests + i : NULL, out);
    }
}

/* The operand as rows of outer by inner, transposed or not; FALSE if it is no matrix. */
static gboolean operand(const Tensor *t, const char *name, gboolean transposed, gboolean outer_first, GemmMatrix *matrix,
                        int64_t *outer, int64_t *inner, GError **error)
{
    if (t->shape.rank != 2)
        return eval_fail(error, "%s has rank %d, expected 2", name, t->shape.rank);
    const int64_t rows = t->shape.dims[0], columns = t->shape.dims[1];
    const gboolean by_rows = transposed != outer_first;
    *matrix = (GemmMatrix){ t->dtype, t->data, by_rows ? columns : 1, by_rows ? 1 : columns };
    *outer = by_rows ? rows : columns;
    *inner = by_rows ? columns : rows;
    return TRUE;
}

/* C broadcasts one way to [M,N]; opset 6 and before only if the attribute says so. */
static gboolean place_c(const Eval *ev, GemmOp *s, const Shape *y, GError **error)
{
    const Shape *c = &s->c->shape;
    const gboolean may = !eval_has(ev, "broadcast") || eval_int(ev, "broadcast");
    if (!(may ? shape_broadcasts_to(c, y) : shape_equal(c, y))) {
        g_autofree char *found = shape_to_string(c), *expected = shape_to_string(y);
        return eval_fail(error, "C has shape %s, expected %s%s", found, may ? "one that broadcasts to " : "", expected);
    }
    const int64_t columns = c->rank > 0 ? c->dims[c->rank - 1] : 1, rows = c->rank > 1 ? c->dims[c->rank - 2] : 1;
    s->c_column = columns > 1 ? 1 : 0;
    s->c_row = rows > 1 ? columns : 0;
    return TRUE;
}

static gboolean gemm(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    GemmOp s = { .c = eval_input(ev, 2), .arithmetic = gemm_arithmetic(a->dtype),
                 .alpha = eval_float(ev, "alpha"), .beta = eval_float(ev, "beta") };
    int64_t m = 0, n = 0, k = 0, k_b = 0;
    if (!operand(a, "A", eval_int(ev, "transA") != 0, TRUE, &s.a, &m, &k, error) ||
        !operand(b, "B", eval_int(ev, "transB") != 0, FALSE, &s.b, &n, &k_b, error))
        return FALSE;
    if (k != k_b)
        return eval_fail(error, "A' has %" G_GINT64_FORMAT " columns and B' %" G_GINT64_FORMAT " rows, expected as many", k, k_b);
    const Shape shape = SHAPE(m, n);
    if (s.c && !place_c(ev, &s, &shape, error))
        return FALSE;
    if (s.beta == 0) /* C is not read then, whatever is in it */
        s.c = NULL;
    s.y = eval_output(ev, 0, a->dtype, &shape, error);
    if (!s.y)
        return FALSE;
    Gemm product = { s.arithmetic, 1, m, n, k, left, right, store, &s };
    const gboolean plain = s.arithmetic == GEMM_NARROW && s.alpha == 1 && (!s.c || s.beta == 1);
    GemmOp left_reach = s, right_reach = s;
    if (plain && (s.sums = linear_sums_open(ev, (double)k + (s.c ? 1 : 0), FALSE))) {
        if (linear_sums_reach(s.sums, 0)) {
            left_reach.a.data = linear_sums_reach(s.sums, 0)->data;
            product.left_reach = &left_reach;
        }
        if (linear_sums_reach(s.sums, 1)) {
            right_reach.b.data = linear_sums_reach(s.sums, 1)->data;
            product.right_reach = &right_reach;
        }
        product.certify = certify;
        product.counts = linear_sums_counts(s.sums);
        product.left_dense = linear_sums_dense(s.sums, 0);
    }
    gemm_run(ev, &product);
    return TRUE;
}

static gboolean gemm_bound(Eval *ev, GError **error)
{
    const double alpha = eval_float(ev, "alpha"), beta = eval_float(ev, "beta");
    const gboolean scaled = fabs(alpha) != 1 || (beta != 0 && fabs(beta) != 1);
    const Tensor *a = eval_input(ev, 0);
    const int64_t k = a->shape.dims[eval_int(ev, "transA") ? 0 : 1];
    const LinearRule rule = { .factors = 2, .coefficient = alpha, .added = beta, .most_terms = scaled ? (double)k + 1 : 0,
                              .sign = { alpha < 0 ? -1 : 1, 1, beta < 0 ? -1 : 1 } };
    if (alpha != 0)
        return linear_bound(ev, &rule, error);
    eval_set_uncertified(ev, 0); /* whether A and B are read at all is open, and with it what their NaNs do */
    return TRUE;
}

#define THREE .signature = "A:T, B:T, C:T -> Y:T"
#define OPTIONAL_C .signature = "A:T, B:T, C:T? -> Y:T"
#define ATTRIBUTES "alpha:float=1, beta:float=1, transA:int=0, transB:int=0"
OPERATOR_DEFINE(gemm, "Gemm", "",
    { .since = 1, THREE, .types = "T: floats1", .attributes = ATTRIBUTES ", broadcast:int=0", .kernel = gemm, .bound = gemm_bound },
    { .since = 6, THREE, .types = "T: floats1", .attributes = ATTRIBUTES ", broadcast:int=0", .kernel = gemm, .bound = gemm_bound },
    { .since = 7, THREE, .types = "T: floats1", .attributes = ATTRIBUTES, .kernel = gemm, .bound = gemm_bound },
    { .since = 9, THREE, .types = "T: floats1 uint32 uint64 int32 int64", .attributes = ATTRIBUTES, .kernel = gemm, .bound = gemm_bound },
    { .since = 11, OPTIONAL_C, .types = "T: floats1 uint32 uint64 int32 int64", .attributes = ATTRIBUTES, .kernel = gemm, .bound = gemm_bound },
    { .since = 13, OPTIONAL_C, .types = "T: floats13 uint32 uint64 int32 int64", .attributes = ATTRIBUTES, .kernel = gemm, .bound = gemm_bound })
