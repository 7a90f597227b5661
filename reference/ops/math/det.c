/* The determinant of each [M, M] matrix, correctly rounded: Bareiss' elimination without fractions, whose every step is
 * exact because the entries are integers times one power of two. Matrices with infinities or NaNs, and those too large
 * for that, are eliminated in binary64. */
#include "reference/ops/shared/transcendental.h"

#include <math.h>

/* Bits of exact intermediate results over which binary64 has to do. */
#define MOST_BITS (INT64_C(1) << 30)

/* Largest and smallest exponent of the set bits of the entries; FALSE for infinities and NaNs. */
static gboolean bit_range(const double *a, gsize count, int *top, int *bottom)
{
    *top = -2000;
    *bottom = 2000;
    for (gsize k = 0; k < count; k++) {
        int exponent;
        if (!isfinite(a[k]))
            return FALSE;
        if (a[k] == 0)
            continue;
        double rest = frexp(a[k], &exponent);
        *top = MAX(*top, exponent);
        int low = exponent - 53;
        for (rest = ldexp(rest, 53); fmod(rest, 2) == 0; rest /= 2)
            low++;
        *bottom = MIN(*bottom, low);
    }
    return TRUE;
}

/* Row with a non-zero entry in column k, from row k on; m if there is none. */
static gsize find_pivot(mpfr_t *a, gsize m, gsize k)
{
    gsize row = k;
    while (row < m && mpfr_zero_p(a[row * m + k]))
        row++;
    return row;
}

/* a[i][j] := (a[i][j] a[k][k] - a[i][k] a[k][j]) / previous pivot, for i, j > k. */
static gboolean eliminate(Eval *ev, mpfr_t *a, gsize m, gsize k, mpfr_srcptr previous, mpfr_ptr s, mpfr_ptr t,
                          GError **error)
{
    for (gsize i = k + 1; i < m; i++) {
        if (!eval_tick(ev, error))
            return FALSE;
        for (gsize j = k + 1; j < m; j++) {
            mpfr_mul(s, a[i * m + j], a[k * m + k], MPFR_RNDN);
            mpfr_mul(t, a[i * m + k], a[k * m + j], MPFR_RNDN);
            mpfr_sub(s, s, t, MPFR_RNDN);
            mpfr_div(a[i * m + j], s, previous, MPFR_RNDN);
        }
    }
    return TRUE;
}

/* `bits` hold every minor of the matrix. *det: exact. */
static gboolean bareiss(Eval *ev, const double *entries, gsize m, mpfr_prec_t bits, mpfr_ptr det, GError **error)
{
    mpfr_t *a = g_new(mpfr_t, m * m);
    mpfr_t s, t, previous;
    for (gsize k = 0; k < m * m; k++) {
        mpfr_init2(a[k], bits);
        mpfr_set_d(a[k], entries[k], MPFR_RNDN);
    }
    mpfr_inits2(2 * bits + 2, s, t, (mpfr_ptr)NULL);
    mpfr_init2(previous, bits);
    mpfr_set_ui(previous, 1, MPFR_RNDN);
    gboolean ok = TRUE, negative = FALSE, singular = FALSE;
    for (gsize k = 0; ok && k + 1 < m && !singular; k++) {
        const gsize pivot = find_pivot(a, m, k);
        singular = pivot == m;
        if (singular)
            break;
        for (gsize j = 0; pivot != k && j < m; j++)
            mpfr_swap(a[k * m + j], a[pivot * m + j]);
        negative ^= pivot != k;
        ok = eliminate(ev, a, m, k, previous, s, t, error);
        mpfr_set(previous, a[k * m + k], MPFR_RNDN);
    }
    mpfr_set_prec(det, bits);
    if (singular)
        mpfr_set_zero(det, 1);
    else
        mpfr_setsign(det, a[m * m - 1], mpfr_signbit(a[m * m - 1]) != negative, MPFR_RNDN);
    for (gsize k = 0; k < m * m; k++)
        mpfr_clear(a[k]);
    mpfr_clears(s, t, previous, (mpfr_ptr)NULL);
    g_free(a);
    return ok;
}

/* Gauss' elimination with the largest pivot of each column. */
static gboolean gauss(Eval *ev, double *a, gsize m, double *value, GError **error)
{
    double det = 1;
    for (gsize k = 0; k < m; k++) {
        gsize pivot = k;
        for (gsize i = k + 1; i < m; i++)
            if (fabs(a[i * m + k]) > fabs(a[pivot * m + k]))
                pivot = i;
        for (gsize j = 0; pivot != k && j < m; j++) {
            const double swap = a[k * m + j];
            a[k * m + j] = a[pivot * m + j];
            a[pivot * m + j] = swap;
        }
        det *= pivot != k ? -a[k * m + k] : a[k * m + k];
        if (a[k * m + k] == 0)
            break;
        for (gsize i = k + 1; i < m; i++) {
            if (!eval_tick(ev, error))
                return FALSE;
            const double factor = a[i * m + k] / a[k * m + k];
            for (gsize j = k; j < m; j++)
                a[i * m + j] -= factor * a[k * m + j];
        }
    }
    *value = isnan(det) ? NAN : det;
    return TRUE;
}

static gboolean determinant(Eval *ev, double *a, gsize m, DType dtype, double *value, GError **error)
{
    int top, bottom;
    if (m == 0) {
        *value = 1;
        return TRUE;
    }
    if (bit_range(a, m * m, &top, &bottom)) {
        /* A minor of k rows has at most k (range + log2 k) bits, Hadamard's bound being smaller. */
        const int64_t range = MAX(top - bottom, 1) + (int)g_bit_storage(m), bits = (int64_t)m * range + 64;
        if (m < 4096 && (int64_t)(m * m) * bits <= MOST_BITS) {
            mpfr_t det;
            mpfr_init2(det, 64);
            const gboolean ok = bareiss(ev, a, m, bits, det, error);
            *value = real_from_mpfr(det, dtype);
            mpfr_clear(det);
            return ok;
        }
    }
    return gauss(ev, a, m, value, error);
}

static gboolean det_kernel(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int rank = x->shape.rank;
    if (rank < 2 || x->shape.dims[rank - 1] != x->shape.dims[rank - 2]) {
        g_autofree char *found = shape_to_string(&x->shape);
        return eval_fail(error, "X has shape %s, expected square matrices [*, M, M]", found);
    }
    Shape shape = x->shape;
    shape.rank -= 2;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    const gsize m = (gsize)x->shape.dims[rank - 1];
    g_autofree double *matrix = y ? g_try_new(double, m * m + 1) : NULL;
    if (!matrix)
        return y ? eval_fail(error, "no memory for a matrix of %" G_GSIZE_FORMAT " rows", m) : FALSE;
    for (int64_t i = 0; i < y->count; i++) {
        double value;
        for (gsize k = 0; k < m * m; k++)
            matrix[k] = tensor_get_double(x, i * (int64_t)(m * m) + (int64_t)k);
        if (!determinant(ev, matrix, m, x->dtype, &value, error))
            return FALSE;
        tensor_set_double(y, i, value);
    }
    return TRUE;
}

#define REST .signature = "X:T -> Y:T", .kernel = det_kernel
OPERATOR_DEFINE(det, "Det", "",
    { .since = 11, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
