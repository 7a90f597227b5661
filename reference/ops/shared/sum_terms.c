#include "reference/ops/shared/sum_terms.h"

#include "reference/ops/shared/transcendental.h"
#include "reference/tensor/convert.h"

#define BLOCK 512

/* ---- floats: the wide sum first, the exact one where it leaves the rounding open -------------------------------------- */

static void add_terms(WideSum *sum, const double *x, gsize n, SumTerm term)
{
    switch (term) {
    case TERM_ITSELF:
        for (gsize k = 0; k < n; k++)
            wide_sum_add(sum, x[k]);
        return;
    case TERM_ABSOLUTE:
        for (gsize k = 0; k < n; k++)
            wide_sum_add(sum, fabs(x[k]));
        return;
    case TERM_SQUARE:
        for (gsize k = 0; k < n; k++)
            wide_sum_add_product(sum, x[k], x[k]);
    }
}

static void add_exactly(mpfr_ptr sum, const double *x, gsize n, SumTerm term)
{
    for (gsize k = 0; k < n; k++) {
        if (term == TERM_SQUARE)
            exact_sum_add_product(sum, x[k], x[k]);
        else
            exact_sum_add(sum, term == TERM_ABSOLUTE ? fabs(x[k]) : x[k]);
    }
}

/* The finished value in binary64 with the margin of its error; FALSE where that says nothing. */
static gboolean finish_fast(const WideSum *sum, gsize n, SumFinish finish, DType dtype, double *value)
{
    const double s = sum->high + sum->low, lost = wide_sum_lost(sum, n);
    double margin;
    if (dtype == DTYPE_DOUBLE || !isfinite(s) || s == 0 || lost > fabs(s) * 0x1p-60)
        return FALSE;
    switch (finish) { /* s is within 2^-52 of the sum, relatively */
    case FINISH_MEAN:
        *value = s / (double)n;
        margin = fabs(*value) * 0x1p-50;
        break;
    case FINISH_ROOT:
        *value = sqrt(s);
        margin = *value * 0x1p-50;
        break;
    default:
        if (s < 0)
            return FALSE;
        *value = Sleef_cinz_logd1_u10purec(s);
        margin = fabs(*value) * SLEEF_ERROR + 0x1p-51;
    }
    return real_same(dtype, *value - margin, *value + margin);
}

typedef struct {
    mpfr_srcptr sum;
    uint64_t    n;
    SumFinish   finish;
} Finish;

static gboolean finish_exactly(mpfr_ptr y, gconstpointer data)
{
    const Finish *f = data;
    switch (f->finish) {
    case FINISH_NONE:
        mpfr_set_prec(y, mpfr_get_prec(f->sum));
        return mpfr_set(y, f->sum, MPFR_RNDN) == 0;
    case FINISH_MEAN:
        return mpfr_div_ui(y, f->sum, f->n, MPFR_RNDN) == 0;
    case FINISH_ROOT:
        return mpfr_sqrt(y, f->sum, MPFR_RNDN) == 0;
    default:
        return mpfr_log(y, f->sum, MPFR_RNDN) == 0;
    }
}

/* FALSE if the sum has to be exact. */
static gboolean decided(const WideSum *sum, gsize n, SumFinish finish, DType dtype, double *value)
{
    return finish == FINISH_NONE ? wide_sum_decided(sum, n, dtype, value) : finish_fast(sum, n, finish, dtype, value);
}

double sum_terms(const double *x, gsize n, SumKind kind, DType dtype)
{
    WideSum sum = WIDE_SUM_INIT;
    double value = 0;
    add_terms(&sum, x, n, kind.term);
    if ((n == 0 && kind.finish == FINISH_NONE) || decided(&sum, n, kind.finish, dtype, &value))
        return value;
    mpfr_t exact;
    exact_sum_init(exact);
    add_exactly(exact, x, n, kind.term);
    value = real_decide(dtype, finish_exactly, &(Finish){ exact, n, kind.finish });
    mpfr_clear(exact);
    return value;
}

/* As sum_terms, in blocks: a reduced row may be longer than what should be held as doubles. */
static double sum_floats(const Tensor *x, int64_t first, int64_t n, SumKind kind)
{
    const gsize width = (gsize)dtype_info(x->dtype)->width;
    const uint8_t *data = (const uint8_t *)x->data + (gsize)first * width;
    double block[BLOCK], value;
    if (n <= BLOCK) {
        convert_to_double(x->dtype, data, block, (gsize)n);
        return sum_terms(block, (gsize)n, kind, x->dtype);
    }
    WideSum sum = WIDE_SUM_INIT;
    for (int64_t k = 0; k < n; k += BLOCK) {
        convert_to_double(x->dtype, data + (gsize)k * width, block, (gsize)MIN(n - k, BLOCK));
        add_terms(&sum, block, (gsize)MIN(n - k, BLOCK), kind.term);
    }
    if (decided(&sum, (gsize)n, kind.finish, x->dtype, &value))
        return value;
    mpfr_t exact;
    exact_sum_init(exact);
    for (int64_t k = 0; k < n; k += BLOCK) {
        convert_to_double(x->dtype, data + (gsize)k * width, block, (gsize)MIN(n - k, BLOCK));
        add_exactly(exact, block, (gsize)MIN(n - k, BLOCK), kind.term);
    }
    value = real_decide(x->dtype, finish_exactly, &(Finish){ exact, (uint64_t)n, kind.finish });
    mpfr_clear(exact);
    return value;
}

/* ---- integers ----------------------------------------------------------------------------------------------------------- */

/* Modulo 2^64, which is what every narrower width keeps the low bits of. */
static uint64_t sum_wrapping(const Tensor *x, int64_t first, int64_t n, SumTerm term)
{
    uint64_t sum = 0;
    const gboolean is_signed = dtype_info(x->dtype)->domain == DOMAIN_SIGNED;
    for (int64_t k = first; k < first + n; k++) {
        uint64_t value = is_signed ? (uint64_t)tensor_get_int(x, k) : tensor_get_bits(x, k);
        if (term == TERM_ABSOLUTE && is_signed && (int64_t)value < 0)
            value = 0 - value;
        sum += term == TERM_SQUARE ? value * value : value;
    }
    return sum;
}

static void add_integer(mpfr_ptr sum, mpfr_ptr term, const Tensor *x, int64_t k, SumTerm kind)
{
    if (dtype_info(x->dtype)->domain == DOMAIN_SIGNED)
        mpfr_set_sj(term, tensor_get_int(x, k), MPFR_RNDN);
    else
        mpfr_set_uj(term, tensor_get_bits(x, k), MPFR_RNDN);
    if (kind == TERM_SQUARE)
        mpfr_sqr(term, term, MPFR_RNDN);
    else if (kind == TERM_ABSOLUTE)
        mpfr_abs(term, term, MPFR_RNDN);
    mpfr_add(sum, sum, term, MPFR_RNDN);
}

/* The finished real number cut to the type: rounding towards zero twice is rounding towards zero. */
static void store_truncated(mpfr_ptr value, Tensor *y, int64_t at)
{
    if (dtype_info(y->dtype)->domain == DOMAIN_SIGNED)
        tensor_set_int(y, at, CLAMP((int64_t)mpfr_get_sj(value, MPFR_RNDZ), dtype_min(y->dtype),
                                    (int64_t)dtype_max(y->dtype)));
    else
        tensor_set_bits(y, at, MIN((uint64_t)mpfr_get_uj(value, MPFR_RNDZ), dtype_max(y->dtype)));
}

static void finish_integers(const Tensor *x, int64_t first, int64_t n, SumKind kind, Tensor *y, int64_t at)
{
    mpfr_t sum, term;
    mpfr_inits2(256, sum, term, (mpfr_ptr)NULL); /* squares of 64 bits, 2^63 of them: 191 bits */
    mpfr_set_zero(sum, 1);
    for (int64_t k = first; k < first + n; k++)
        add_integer(sum, term, x, k, kind.term);
    if (kind.finish == FINISH_MEAN && n > 0)
        mpfr_div_ui(sum, sum, (unsigned long)n, MPFR_RNDZ);
    else if (kind.finish == FINISH_ROOT)
        mpfr_sqrt(sum, sum, MPFR_RNDZ);
    else if (kind.finish == FINISH_LOG)
        mpfr_log(sum, sum, MPFR_RNDZ);
    store_truncated(sum, y, at);
    mpfr_clears(sum, term, (mpfr_ptr)NULL);
}

void sum_elements(const Tensor *x, int64_t first, int64_t n, SumKind kind, Tensor *y, int64_t at)
{
    if (dtype_is_float(x->dtype))
        tensor_set_double(y, at, sum_floats(x, first, n, kind));
    else if (kind.finish == FINISH_NONE)
        tensor_set_int(y, at, (int64_t)sum_wrapping(x, first, n, kind.term));
    else
        finish_integers(x, first, n, kind, y, at);
}
