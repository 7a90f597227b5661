#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/transcendental.h"
#include "reference/ops/shared/vector_math.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"

#include <math.h>
#include <string.h>

/* x / (bias + alpha / size * squares)^beta; args: x, squares, bias, alpha / size is args[3] / args[4], beta */
static double fast(const double *args)
{
    return args[0] / Sleef_cinz_powd1_u10purec(args[2] + args[3] * args[1] / args[4], args[5]);
}

static gboolean exact(mpfr_ptr y, const double *args)
{
    mpfr_t base, t;
    const mpfr_prec_t precision = mpfr_get_prec(y) + 64;
    mpfr_inits2(precision, base, t, (mpfr_ptr)0);
    mpfr_set_d(base, args[3], MPFR_RNDN);
    mpfr_mul_d(base, base, args[1], MPFR_RNDN);
    mpfr_div_d(base, base, args[4], MPFR_RNDN);
    mpfr_add_d(base, base, args[2], MPFR_RNDN);
    mpfr_set_d(t, args[5], MPFR_RNDN);
    mpfr_pow(base, base, t, MPFR_RNDN);
    mpfr_d_div(y, args[0], base, MPFR_RNDN);
    mpfr_clears(base, t, (mpfr_ptr)0);
    return FALSE;
}

typedef struct {
    const Tensor *x;
    Tensor       *y;
    int64_t       size, channels, plane;
    double        alpha, beta, bias;
} Lrn;

#define BLOCK 256

typedef struct {
    double x[BLOCK], y[BLOCK], sums[BLOCK], rests[BLOCK];
    gboolean open[BLOCK];
} Block;

static void load(const Lrn *l, int64_t at, gsize n, double *x)
{
    convert_to_double(l->x->dtype, (const uint8_t *)l->x->data + at * dtype_info(l->x->dtype)->width, x, n);
}

static void add_squares(Block *b, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        Compensated s = { b->sums[i], b->rests[i] };
        compensated_add_product(&s, b->x[i], b->x[i]);
        b->sums[i] = s.sum;
        b->rests[i] = s.rest;
    }
}

/* The same where squares are exact, so that they have no remainder: every type of at most 26 bits. */
CLONES static void add_exact_squares(Block *b, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        Compensated s = { b->sums[i], b->rests[i] };
        compensated_add(&s, b->x[i] * b->x[i]);
        b->sums[i] = s.sum;
        b->rests[i] = s.rest;
    }
}

/* What the published networks ask for, several times as fast as a power: two roots and a product, each rounded once, make it
 * wrong by less than 2 ulp, where the error that is allowed for below counts 16 and more. */
CLONES static void three_quarters(double *x, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        const double root = sqrt(x[i]);
        x[i] = root * sqrt(root);
    }
}

static void power(const Lrn *l, double *bases, gsize n)
{
    if (l->beta == 0.75)
        three_quarters(bases, n);
    else
        vector_pow(bases, l->beta, n);
}

/* n elements from `at` on in one channel c: positions next to each other are computed together. */
static void one_block(const Lrn *l, const RealFunction *fn, int64_t at, int64_t c, gsize n, Block *b)
{
    const DType dtype = l->y->dtype;
    const int64_t from = MAX(c - (l->size - 1) / 2, 0), to = MIN(c + l->size / 2, l->channels - 1);
    memset(b->sums, 0, sizeof b->sums);
    memset(b->rests, 0, sizeof b->rests);
    for (int64_t i = from; i <= to; i++) {
        load(l, at + (i - c) * l->plane, n, b->x);
        if (dtype == DTYPE_DOUBLE)
            add_squares(b, n);
        else
            add_exact_squares(b, n);
    }
    load(l, at, n, b->x);
    for (gsize i = 0; i < n; i++) {
        b->sums[i] = compensated_value((Compensated){ b->sums[i], b->rests[i] });
        b->y[i] = l->bias + l->alpha * b->sums[i] / (double)l->size;
    }
    power(l, b->y, n);
    for (gsize i = 0; i < n; i++)
        b->y[i] = b->x[i] / b->y[i];
    real_open(dtype, fn->error, b->y, n, b->open);
    for (gsize i = 0; i < n; i++)
        if (b->open[i] || !fn->fast)
            b->y[i] = real_value(fn, dtype, (const double[]){ b->x[i], b->sums[i], l->bias, l->alpha, (double)l->size, l->beta });
    convert_from_double(dtype, b->y, (uint8_t *)l->y->data + at * dtype_info(dtype)->width, n);
}

/* Item: one channel of one batch item. */
static void some_planes(int64_t first, int64_t last, gpointer data)
{
    const Lrn *l = data;
    /* The error of the base counts beta times; cancellation in it is possible only with a negative bias or alpha. */
    const gboolean positive = l->bias >= 0 && l->alpha >= 0;
    const RealFunction fn = { positive ? fast : NULL, (4 + fabs(l->beta)) * 4 * SLEEF_ERROR, exact };
    Block block;
    for (int64_t p = first; p < last; p++)
        for (int64_t i = 0; i < l->plane; i += BLOCK)
            one_block(l, &fn, p * l->plane + i, p % l->channels, (gsize)MIN(l->plane - i, BLOCK), &block);
}

static gboolean read_lrn(const Eval *ev, Lrn *l, GError **error)
{
    *l = (Lrn){ .x = eval_input(ev, 0), .size = eval_int(ev, "size"), .alpha = (double)eval_float(ev, "alpha"),
                .beta = (double)eval_float(ev, "beta"), .bias = (double)eval_float(ev, "bias") };
    if (l->x->shape.rank < 2)
        return eval_fail(error, "X has rank %d, expected at least 2: [N, C, ...]", l->x->shape.rank);
    if (l->size < 1 || l->size > G_MAXINT32)
        return eval_fail(error, "size is %" G_GINT64_FORMAT ", expected a positive number of channels", l->size);
    l->channels = l->x->shape.dims[1];
    l->plane = shape_span(&l->x->shape, 2, l->x->shape.rank);
    return TRUE;
}

static gboolean lrn(Eval *ev, GError **error)
{
    Lrn l;
    if (!read_lrn(ev, &l, error))
        return FALSE;
    l.y = eval_output(ev, 0, l.x->dtype, &l.x->shape, error);
    if (!l.y)
        return FALSE;
    if (l.y->count > 0)
        eval_parallel(ev, l.x->shape.dims[0] * l.channels, 1 + 16384 / l.plane, some_planes, &l);
    return TRUE;
}

/* ---- the bound --------------------------------------------------------------------------------------------------------------- */

/* Of n elements in a row: their windows' sums of squares at least and at most, how many of these are not zero, and the bases of
 * such squares to the power of beta. */
typedef struct {
    double least[BLOCK], most[BLOCK], terms[BLOCK], small[BLOCK], large[BLOCK];
} Windows;

static double base_of(const Lrn *l, double squares)
{
    return l->bias + l->alpha * squares / (double)l->size;
}

/* Sums of squares over the window of the element at `at` in channel c, each number taken nearest to and farthest from zero;
 * how many are not zero. */
static double window(const Lrn *l, const double *low, const double *high, int64_t at, int64_t c, double *least, double *most)
{
    const int64_t from = MAX(c - (l->size - 1) / 2, 0), to = MIN(c + l->size / 2, l->channels - 1);
    double terms = 0;
    *least = *most = 0;
    for (int64_t i = from; i <= to; i++) {
        const double a = low[at + (i - c) * l->plane], b = high[at + (i - c) * l->plane];
        const double far = MAX(fabs(a), fabs(b)), near = (a < 0) != (b < 0) ? 0 : MIN(fabs(a), fabs(b));
        *least += near * near;
        *most += far * far;
        terms += far > 0;
    }
    return terms;
}

/* "lrn/power": x / (bias + alpha / size S)^beta with bias, alpha and beta not negative, x and S anywhere between their ends:
 * all terms of the base have one sign, so n squares and their sum, alpha and size, the bias make it wrong by gamma(n + 4) and
 * by the squares that underflow; beta times that in the exponent; 2 u (c + 2) for the power, of budget c in ulp, or two roots in
 * its place, and the quotient or the product with the power of -beta. */
static double lrn_error(const Lrn *l, DType dtype, double terms, double largest, double base)
{
    const double lost = l->alpha / (double)l->size * terms * bounds_tiny(dtype) / base;
    const double delta = bounds_gamma(dtype, terms + 4) + lost;
    const double functions = relaxation_functions(dtype) + 2 + relaxation_quotient(dtype);
    if (!(delta < 0.25))
        return INFINITY;
    const double relative = expm1(-l->beta * log1p(-delta)) + 2 * functions * bounds_unit(dtype) + 0x1p-45;
    const double error = largest * relative + bounds_tiny(dtype);
    derivation_note("lrn/power", dtype, terms, error);
    return error;
}

static void read_windows(const Lrn *l, const double *low, const double *high, int64_t first, gsize n, Windows *w)
{
    for (gsize i = 0; i < n; i++) {
        const int64_t at = first + (int64_t)i;
        w->terms[i] = window(l, low, high, at, at / l->plane % l->channels, &w->least[i], &w->most[i]);
        w->small[i] = base_of(l, w->least[i]);
        w->large[i] = base_of(l, w->most[i]);
    }
    power(l, w->small, n);
    power(l, w->large, n);
}

static gboolean bound_element(Ends *ends, const Lrn *l, const Windows *w, gsize i, const double *low, const double *high, int64_t at,
                              gboolean *open, GError **error)
{
    const DType dtype = eval_output_tensor(ends->ev, 0)->dtype;
    const double terms = w->terms[i], most = w->most[i], small = w->small[i], large = w->large[i], base = base_of(l, w->least[i]);
    if (low[at] == 0 && high[at] == 0 && base > 0)
        return TRUE;
    const double bottom = low[at] / (low[at] < 0 ? small : large), top = high[at] / (high[at] < 0 ? large : small);
    const double e = wide_radius(bottom, top) + lrn_error(l, dtype, terms, MAX(fabs(bottom), fabs(top)), base);
    *open = !(base > 0) || !(most <= bounds_huge(dtype)) || !isfinite(e) || !(large <= bounds_huge(dtype));
    if (*open)
        return TRUE;
    const Range range = bounds_store(dtype, wide_middle(bottom, top), e, eval_may_fuse(ends->ev, 0));
    return range.low == range.high || ends_set(ends, at, range.low, range.high, error);
}

static gboolean lrn_bound(Eval *ev, GError **error)
{
    Ends ends = ENDS_OF(ev, 0);
    g_auto(Wide) w = { 0 };
    Lrn l;
    if (!wide_init(&w, ev, error) || !read_lrn(ev, &l, error))
        return FALSE;
    gboolean open = !w.known || !w.finite || relaxation_in_force()->flush || !(l.alpha >= 0 && l.bias >= 0 && l.beta >= 0), ok = TRUE;
    const double *low = open ? NULL : w.low[0]->data, *high = open || !w.high[0] ? low : w.high[0]->data;
    for (int64_t first = 0; ok && !open && first < l.x->count; first += BLOCK) {
        Windows windows;
        const gsize n = (gsize)MIN(l.x->count - first, BLOCK);
        read_windows(&l, low, high, first, n, &windows);
        for (gsize i = 0; ok && !open && i < n; i++)
            ok = bound_element(&ends, &l, &windows, i, low, high, first + (int64_t)i, &open, error);
    }
    (open || !ok ? ends_abandon : ends_finish)(&ends);
    return ok;
}

#define REST .signature = "X:T -> Y:T", .attributes = "alpha:float=1e-4, beta:float=0.75, bias:float=1, size:int!", .kernel = lrn, \
             .bound = lrn_bound
OPERATOR_DEFINE(lrn, "LRN", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
