#include "reference/ops/shared/fourier.h"

#include "reference/tensor/float_format.h"

#include <mpfr.h>

struct Fourier {
    int64_t    length;
    gboolean   inverse;
    DDComplex *roots; /* e^(-+2 pi i k / length) */
    DDComplex *in, *out, *scratch;
};

static DDComplex multiply(DDComplex a, DDComplex b)
{
    return (DDComplex){ dd_add(dd_mul(a.re, b.re), dd_neg(dd_mul(a.im, b.im))),
                        dd_add(dd_mul(a.re, b.im), dd_mul(a.im, b.re)) };
}

static DDComplex add(DDComplex a, DDComplex b)
{
    return (DDComplex){ dd_add(a.re, b.re), dd_add(a.im, b.im) };
}

static DD from_mpfr(mpfr_ptr x)
{
    const double high = mpfr_get_d(x, MPFR_RNDN);
    mpfr_sub_d(x, x, high, MPFR_RNDN);
    return (DD){ high, mpfr_get_d(x, MPFR_RNDN) };
}

static void fill_roots(Fourier *f)
{
    mpfr_t k, x;
    mpfr_inits2(160, k, x, (mpfr_ptr)NULL);
    for (int64_t i = 0; i < f->length; i++) {
        mpfr_set_si(k, (long)i, MPFR_RNDN);
        mpfr_cosu(x, k, (unsigned long)f->length, MPFR_RNDN);
        f->roots[i].re = from_mpfr(x);
        mpfr_sinu(x, k, (unsigned long)f->length, MPFR_RNDN);
        f->roots[i].im = from_mpfr(x);
        if (!f->inverse)
            f->roots[i].im = dd_neg(f->roots[i].im);
    }
    mpfr_clears(k, x, (mpfr_ptr)NULL);
}

Fourier *fourier_new(int64_t length, gboolean inverse, GError **error)
{
    g_autoptr(Fourier) f = g_new0(Fourier, 1);
    f->length = length;
    f->inverse = inverse;
    f->roots = g_try_new0(DDComplex, (gsize)length);
    f->in = g_try_new0(DDComplex, (gsize)length);
    f->out = g_try_new0(DDComplex, (gsize)length);
    f->scratch = g_try_new0(DDComplex, (gsize)length);
    if (!f->roots || !f->in || !f->out || !f->scratch) {
        eval_fail(error, "no memory for a transform of length %" G_GINT64_FORMAT, length);
        return NULL;
    }
    fill_roots(f);
    return g_steal_pointer(&f);
}

void fourier_free(Fourier *f)
{
    if (!f)
        return;
    g_free(f->roots);
    g_free(f->in);
    g_free(f->out);
    g_free(f->scratch);
    g_free(f);
}

DDComplex *fourier_input(Fourier *f)
{
    return f->in;
}

static int64_t smallest_factor(int64_t n)
{
    for (int64_t p = 2; p <= n / p; p++)
        if (n % p == 0)
            return p;
    return n;
}

/* out[0..n) := transform of x[0], x[stride], ...; n * stride is the whole length. `scratch` has room for n and may not
 * overlap out. */
static void transform(const Fourier *f, const DDComplex *x, int64_t stride, int64_t n, DDComplex *out,
                      DDComplex *scratch)
{
    if (n == 1) {
        out[0] = x[0];
        return;
    }
    const int64_t p = smallest_factor(n), m = n / p;
    for (int64_t r = 0; r < p; r++)
        transform(f, x + r * stride, stride * p, m, scratch + r * m, out + r * m);
    for (int64_t k = 0; k < n; k++) {
        DDComplex sum = scratch[k % m];
        for (int64_t r = 1; r < p; r++)
            sum = add(sum, multiply(scratch[r * m + k % m], f->roots[(r * k % n) * stride]));
        out[k] = sum;
    }
}

const DDComplex *fourier_run(Fourier *f)
{
    transform(f, f->in, 1, f->length, f->out, f->scratch);
    const DD length = dd_from((double)f->length);
    for (int64_t k = 0; f->inverse && k < f->length; k++) {
        f->out[k].re = dd_div(f->out[k].re, length);
        f->out[k].im = dd_div(f->out[k].im, length);
    }
    return f->out;
}

/* The nearest double is right for float64; narrower types need the remainder in the rounding too. */
static void store(Tensor *y, int64_t i, DD value)
{
    const gboolean wide = y->dtype == DTYPE_DOUBLE || !isfinite(value.high);
    tensor_set_double(y, i, wide ? value.high : float_round_to_odd(value.high, value.low));
}

void fourier_store(Tensor *y, int64_t i, DDComplex value)
{
    store(y, 2 * i, value.re);
    store(y, 2 * i + 1, value.im);
}

void fourier_store_real(Tensor *y, int64_t i, DDComplex value)
{
    store(y, i, value.re);
}

gboolean fourier_scalar(const Tensor *tensor, const char *what, int64_t least, int64_t *value, GError **error)
{
    if (tensor->count != 1)
        return eval_fail(error, "%s has %" G_GINT64_FORMAT " elements, expected a scalar", what, tensor->count);
    *value = tensor_get_int(tensor, 0);
    return *value >= least || eval_fail(error, "%s is %" G_GINT64_FORMAT ", expected at least %" G_GINT64_FORMAT, what,
                                        *value, least);
}
