/* MelWeightMatrix: triangles whose corners are equally spaced on the mel scale, rounded down to bins of the spectrum.
 *
 * The text gives the scale, mel(f) = 2595 log10(1 + f / 700), and that triangles peak at 1; how corners are placed it
 * leaves to the published data: num_mel_bins + 2 corners from the lower edge on, a step being the band's width divided
 * by num_mel_bins + 2, each corner f in bin floor((dft_length + 1) f / sample_rate). A corner's frequency is
 * 700 (((700 + low) / 700)^(1 - t) ((700 + high) / 700)^t - 1) with t = i / (num_mel_bins + 2). */
#include "reference/eval/eval.h"
#include "reference/ops/shared/fourier.h"

#include <mpfr.h>

typedef struct {
    int64_t bands, dft, rate;
    double  low, high; /* hertz */
} Mel;

#define PRECISION 256

/* (dft + 1) / rate * f(i), rounded down. The lower edge itself is exact. */
static int64_t corner(const Mel *m, int64_t i)
{
    mpfr_t a, b, f;
    mpfr_inits2(PRECISION, a, b, f, (mpfr_ptr)NULL);
    if (i == 0) {
        mpfr_set_d(f, m->low, MPFR_RNDN);
    } else {
        mpfr_set_d(a, m->low, MPFR_RNDN);
        mpfr_add_ui(a, a, 700, MPFR_RNDN);
        mpfr_log(a, a, MPFR_RNDN);
        mpfr_set_d(b, m->high, MPFR_RNDN);
        mpfr_add_ui(b, b, 700, MPFR_RNDN);
        mpfr_log(b, b, MPFR_RNDN);
        mpfr_sub(b, b, a, MPFR_RNDN);
        mpfr_mul_si(b, b, (long)i, MPFR_RNDN);
        mpfr_div_si(b, b, (long)(m->bands + 2), MPFR_RNDN);
        mpfr_add(a, a, b, MPFR_RNDN);
        mpfr_exp(f, a, MPFR_RNDN);
        mpfr_sub_ui(f, f, 700, MPFR_RNDN);
    }
    mpfr_mul_si(f, f, (long)(m->dft + 1), MPFR_RNDN);
    mpfr_div_si(f, f, (long)m->rate, MPFR_RNDN);
    mpfr_floor(f, f);
    const int64_t bin = mpfr_fits_slong_p(f, MPFR_RNDN) ? (int64_t)mpfr_get_si(f, MPFR_RNDN) : INT64_MAX;
    mpfr_clears(a, b, f, (mpfr_ptr)NULL);
    return bin;
}

static gboolean read_inputs(const Eval *ev, Mel *m, GError **error)
{
    if (!fourier_scalar(eval_input(ev, 0), "num_mel_bins", 0, &m->bands, error) ||
        !fourier_scalar(eval_input(ev, 1), "dft_length", 0, &m->dft, error) ||
        !fourier_scalar(eval_input(ev, 2), "sample_rate", 1, &m->rate, error))
        return FALSE;
    const Tensor *low = eval_input(ev, 3), *high = eval_input(ev, 4);
    if (low->count != 1 || high->count != 1)
        return eval_fail(error, "lower_edge_hertz and upper_edge_hertz must be scalars");
    m->low = tensor_get_double(low, 0);
    m->high = tensor_get_double(high, 0);
    if (!(m->low >= 0 && m->high >= m->low && isfinite(m->high)))
        return eval_fail(error, "edges %g and %g hertz, expected 0 or more and in order", m->low, m->high);
    return (m->dft < INT64_MAX && m->bands < INT64_MAX - 2) || eval_fail(error, "sizes are too large");
}

/* Column `band`: up from `lower` to 1 at `centre`, down to 0 at `higher`. */
static void draw(Tensor *y, int64_t bands, int64_t band, int64_t lower, int64_t centre, int64_t higher)
{
    for (int64_t j = lower; j < centre; j++)
        tensor_set_double(y, j * bands + band, (double)(j - lower) / (double)(centre - lower));
    tensor_set_double(y, centre * bands + band, 1);
    for (int64_t j = centre + 1; j < higher; j++)
        tensor_set_double(y, j * bands + band, (double)(higher - j) / (double)(higher - centre));
}

static gboolean mel_weight_matrix(Eval *ev, GError **error)
{
    Mel m;
    const int64_t number = eval_int(ev, "output_datatype");
    if (!read_inputs(ev, &m, error))
        return FALSE;
    const DType dtype = (DType)number;
    if (!dtype_on_wire(number) || !(dtype_is_float(dtype) || dtype_is_integer(dtype)))
        return eval_fail(error, "output_datatype %" G_GINT64_FORMAT " is not a numeric type", number);
    const int64_t bins = m.dft / 2 + 1;
    const Shape shape = SHAPE(bins, m.bands);
    g_autoptr(Tensor) y = tensor_new(dtype, &shape, error);
    if (!y)
        return FALSE;
    int64_t lower = corner(&m, 0), centre = corner(&m, 1);
    for (int64_t band = 0; band < m.bands; band++) {
        const int64_t higher = corner(&m, band + 2);
        if (centre >= bins || higher > bins)
            return eval_fail(
                error, "band %" G_GINT64_FORMAT " reaches bin %" G_GINT64_FORMAT ", the spectrum has %" G_GINT64_FORMAT,
                band, MAX(centre, higher), bins);
        draw(y, m.bands, band, lower, centre, higher);
        lower = centre;
        centre = higher;
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

OPERATOR_DEFINE(mel_weight_matrix, "MelWeightMatrix", "",
    { .since = 17,
      .signature = "num_mel_bins:T1, dft_length:T1, sample_rate:T1, lower_edge_hertz:T2, upper_edge_hertz:T2 -> output:T3",
      .types = "T1: int32 int64 | T2: floats13 | T3: numeric13", .attributes = "output_datatype:int=1",
      .kernel = mel_weight_matrix })
