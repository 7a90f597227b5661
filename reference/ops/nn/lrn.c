#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/transcendental.h"

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

/* Item: one batch item and position; its channels are computed together. */
static void some_positions(int64_t first, int64_t last, gpointer data)
{
    const Lrn *l = data;
    /* The error of the base counts beta times; cancellation in it is possible only with a negative bias or alpha. */
    const gboolean positive = l->bias >= 0 && l->alpha >= 0;
    const RealFunction fn = { positive ? fast : NULL, (4 + fabs(l->beta)) * 4 * SLEEF_ERROR, exact };
    for (int64_t p = first; p < last; p++) {
        const int64_t base = p / l->plane * l->channels * l->plane + p % l->plane;
        for (int64_t c = 0; c < l->channels; c++) {
            const int64_t from = MAX(c - (l->size - 1) / 2, 0), to = MIN(c + l->size / 2, l->channels - 1);
            Compensated squares = { 0, 0 };
            for (int64_t i = from; i <= to; i++) {
                const double x = tensor_get_double(l->x, base + i * l->plane);
                compensated_add_product(&squares, x, x);
            }
            const double args[] = { tensor_get_double(l->x, base + c * l->plane), compensated_value(squares), l->bias, l->alpha,
                                    (double)l->size, l->beta };
            tensor_set_double(l->y, base + c * l->plane, real_value(&fn, l->y->dtype, args));
        }
    }
}

static gboolean lrn(Eval *ev, GError **error)
{
    Lrn l = { .x = eval_input(ev, 0), .size = eval_int(ev, "size"), .alpha = (double)eval_float(ev, "alpha"),
              .beta = (double)eval_float(ev, "beta"), .bias = (double)eval_float(ev, "bias") };
    if (l.x->shape.rank < 2)
        return eval_fail(error, "X has rank %d, expected at least 2: [N, C, ...]", l.x->shape.rank);
    if (l.size < 1 || l.size > G_MAXINT32)
        return eval_fail(error, "size is %" G_GINT64_FORMAT ", expected a positive number of channels", l.size);
    l.channels = l.x->shape.dims[1];
    l.plane = shape_span(&l.x->shape, 2, l.x->shape.rank);
    l.y = eval_output(ev, 0, l.x->dtype, &l.x->shape, error);
    if (!l.y)
        return FALSE;
    if (l.y->count > 0)
        eval_parallel(ev, l.x->shape.dims[0] * l.plane, 256, some_positions, &l);
    return TRUE;
}

#define REST .signature = "X:T -> Y:T", .attributes = "alpha:float=1e-4, beta:float=0.75, bias:float=1, size:int!", .kernel = lrn
OPERATOR_DEFINE(lrn, "LRN", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 13, .types = "T: floats13", REST })
