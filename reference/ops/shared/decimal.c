#include "reference/ops/shared/decimal.h"

#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

#define MPFR_USE_INTMAX_T 1
#include <mpfr.h>

enum {
    NUMERAL_PRECISION = 192, /* holds every 64-bit integer with its fraction; what is beyond stays as inexactness */
    LONGEST_DOUBLE = 17      /* significant digits that tell every double from its neighbours */
};

/* ---- reading ------------------------------------------------------------------------------------------------------- */

typedef enum { NUMERAL_NONE, NUMERAL_FINITE, NUMERAL_INFINITY, NUMERAL_NAN } Numeral;

static Numeral classify(const char *text, gsize length)
{
    gsize at = length > 0 && (text[0] == '+' || text[0] == '-');
    if (length - at == 3 && g_ascii_strncasecmp(text + at, "inf", 3) == 0)
        return NUMERAL_INFINITY;
    if (length - at == 3 && g_ascii_strncasecmp(text + at, "nan", 3) == 0)
        return NUMERAL_NAN;
    gsize digits = 0, points = 0;
    for (; at < length && (g_ascii_isdigit(text[at]) || text[at] == '.'); at++)
        *(text[at] == '.' ? &points : &digits) += 1;
    if (digits == 0 || points > 1)
        return NUMERAL_NONE;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < length && (text[at] == '+' || text[at] == '-');
        const gsize first = at;
        while (at < length && g_ascii_isdigit(text[at]))
            at++;
        if (at == first)
            return NUMERAL_NONE;
    }
    return at == length ? NUMERAL_FINITE : NUMERAL_NONE;
}

/* Truncates towards zero; *inexact tells whether anything was cut off. */
static gboolean read_numeral(const char *text, gsize length, mpfr_t value, gboolean *inexact)
{
    const Numeral kind = classify(text, length);
    *inexact = FALSE;
    switch (kind) {
    case NUMERAL_NONE:
        return FALSE;
    case NUMERAL_INFINITY:
        mpfr_set_inf(value, text[0] == '-' ? -1 : 1);
        return TRUE;
    case NUMERAL_NAN:
        mpfr_set_nan(value);
        return TRUE;
    default:
        break;
    }
    g_autofree char *numeral = g_strndup(text, length);
    *inexact = mpfr_strtofr(value, numeral, NULL, 10, MPFR_RNDZ) != 0;
    return TRUE;
}

gboolean decimal_to_odd_double(const char *text, gsize length, double *value)
{
    mpfr_t wide;
    gboolean inexact;
    mpfr_init2(wide, NUMERAL_PRECISION);
    const gboolean ok = read_numeral(text, length, wide, &inexact);
    if (ok) {
        /* MPFR makes its NaN by 0 / 0, whose sign is the machine's. */
        *value = mpfr_nan_p(wide) ? (double)NAN : mpfr_get_d(wide, MPFR_RNDZ);
        if (isfinite(*value) && (inexact || mpfr_cmp_d(wide, *value) != 0)) {
            uint64_t bits;
            memcpy(&bits, value, sizeof bits);
            bits |= 1; /* truncated: setting the last bit is rounding to odd */
            memcpy(value, &bits, sizeof bits);
        }
    }
    mpfr_clear(wide);
    return ok;
}

gboolean decimal_to_double(const char *text, gsize length, double *value)
{
    switch (classify(text, length)) {
    case NUMERAL_NONE:
        return FALSE;
    case NUMERAL_FINITE: {
        g_autofree char *numeral = g_strndup(text, length);
        *value = g_ascii_strtod(numeral, NULL);
        return TRUE;
    }
    default:
        return decimal_to_odd_double(text, length, value);
    }
}

gboolean decimal_to_int64(const char *text, gsize length, int64_t *value, gboolean *outside)
{
    mpfr_t wide;
    gboolean inexact;
    mpfr_init2(wide, NUMERAL_PRECISION);
    const gboolean ok = read_numeral(text, length, wide, &inexact);
    if (ok) {
        *outside = !mpfr_fits_intmax_p(wide, MPFR_RNDZ);
        *value = mpfr_nan_p(wide) ? 0 : mpfr_get_sj(wide, MPFR_RNDZ); /* saturates */
    }
    mpfr_clear(wide);
    return ok;
}

gboolean decimal_to_uint64(const char *text, gsize length, uint64_t *value, gboolean *outside)
{
    mpfr_t wide;
    gboolean inexact;
    mpfr_init2(wide, NUMERAL_PRECISION);
    const gboolean ok = read_numeral(text, length, wide, &inexact);
    if (ok) {
        *outside = !mpfr_fits_uintmax_p(wide, MPFR_RNDZ);
        *value = mpfr_nan_p(wide) ? 0 : mpfr_get_uj(wide, MPFR_RNDZ);
    }
    mpfr_clear(wide);
    return ok;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static gboolean reads_back(const char *text, DType dtype, double value)
{
    const FloatFormat *format = dtype_info(dtype)->format;
    double read_value;
    if (dtype == DTYPE_DOUBLE)
        return decimal_to_double(text, strlen(text), &read_value) && read_value == value;
    if (!decimal_to_odd_double(text, strlen(text), &read_value))
        return FALSE;
    if (format == &float_format_float8e8m0)
        return float_decode(format, float_encode_e8m0(read_value, E8M0_NEAREST, TRUE)) == value;
    return float_decode(format, float_encode(format, read_value, OVERFLOW_NATURAL)) == value;
}

/* From the digits and the decimal exponent of the first one. */
static void append_plain(GString *out, const char *digits, int exponent)
{
    const int n = (int)strlen(digits);
    if (exponent < 0) {
        g_string_append(out, "0.");
        for (int i = -1; i > exponent; i--)
            g_string_append_c(out, '0');
        g_string_append(out, digits);
        return;
    }
    for (int i = 0; i <= exponent; i++)
        g_string_append_c(out, i < n ? digits[i] : '0');
    g_string_append_c(out, '.');
    g_string_append(out, n > exponent + 1 ? digits + exponent + 1 : "0");
}

char *decimal_from_float(DType dtype, double value)
{
    if (isnan(value))
        return g_strdup("NaN");
    if (isinf(value))
        return g_strdup(value < 0 ? "-INF" : "INF");
    char text[64]; /* of the magnitude: d.ddde+XX */
    for (int digits = 1; digits <= LONGEST_DOUBLE; digits++) {
        g_autofree char *format = g_strdup_printf("%%.%de", digits - 1);
        g_ascii_formatd(text, sizeof text, format, fabs(value));
        if (reads_back(text, dtype, fabs(value)))
            break;
    }
    char *e = strchr(text, 'e');
    const int exponent = (int)g_ascii_strtoll(e + 1, NULL, 10);
    g_autoptr(GString) digits = g_string_new(NULL);
    for (const char *p = text; p < e; p++)
        if (*p != '.')
            g_string_append_c(digits, *p);
    GString *out = g_string_new(signbit(value) ? "-" : "");
    append_plain(out, digits->str, exponent);
    return g_string_free(out, FALSE);
}
