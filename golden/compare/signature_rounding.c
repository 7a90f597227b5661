/* Arithmetic of another rounding or precision. */
#include "golden/compare/view.h"

#include <math.h>
#include <stdlib.h>

/* ---- one code off --------------------------------------------------------------------------------------------------------- */

static char *one_code(const View *v)
{
    int64_t up = 0, down = 0, nearer = 0;
    for (int64_t i = 0; i < v->n; i++) {
        if (!v->wrong[i])
            continue;
        const int64_t steps = v->place[i] - v->golden_place[i];
        if ((steps != 1 && steps != -1) || !isfinite(v->y[i]) || !isfinite(v->g[i]))
            return NULL;
        up += steps > 0;
        down += steps < 0;
        nearer += fabs(v->y[i]) < fabs(v->g[i]);
    }
    if (nearer == v->n_wrong && v->n_wrong >= 2)
        return g_strdup("truncated: every wrong element is one value of the type nearer to zero");
    return g_strdup_printf("one-code: every wrong element is the next value of the type, %" G_GINT64_FORMAT " up, %" G_GINT64_FORMAT
                           " down", up, down);
}

/* ---- held in a narrower type ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int         precision, low, high; /* significand bits; exponents of the smallest and largest normal number */
} narrower[] = { { "float8e4m3", 4, -6, 8 }, { "bfloat16", 8, -126, 127 }, { "float16", 11, -14, 15 }, { "tf32", 11, -126, 127 },
                 { "float32", 24, -126, 127 } };

static gboolean held(double x, int precision, int low, int high)
{
    if (x == 0 || !isfinite(x))
        return TRUE;
    int exponent;
    const double m = frexp(x, &exponent);
    const int bits = exponent - 1 < low ? precision - (low - (exponent - 1)) : precision;
    return exponent - 1 <= high && bits > 0 && ldexp(m, bits) == rint(ldexp(m, bits));
}

static gboolean all_held(const double *values, int64_t n, gsize k)
{
    for (int64_t i = 0; i < n; i++)
        if (!held(values[i], narrower[k].precision, narrower[k].low, narrower[k].high))
            return FALSE;
    return TRUE;
}

static int precision_of(DType dtype)
{
    return dtype == DTYPE_DOUBLE ? 53 : dtype == DTYPE_FLOAT ? 24 : dtype == DTYPE_FLOAT16 ? 11 : dtype == DTYPE_BFLOAT16 ? 8 : 0;
}

static char *narrow(const View *v)
{
    for (gsize k = 0; k < G_N_ELEMENTS(narrower) && v->n_wrong >= 4; k++)
        if (narrower[k].precision < precision_of(v->dtype) && all_held(v->y, v->n, k) && !all_held(v->g, v->n, k))
            return g_strdup_printf("narrow: every element is a value of %s", narrower[k].name);
    return NULL;
}

/* ---- computed in one ------------------------------------------------------------------------------------------------------------ */

/* The error is small everywhere beside the largest element, and of one size. */
char *view_explain_precision(const View *v)
{
    double signal = 0, noise = 0, largest = 0, most = 0;
    for (int64_t i = 0; i < v->n; i++) {
        if (!isfinite(v->g[i]) || !isfinite(v->y[i])) {
            if (v->wrong[i])
                return NULL;
            continue;
        }
        signal += v->g[i] * v->g[i];
        noise += (v->y[i] - v->g[i]) * (v->y[i] - v->g[i]);
        most = MAX(most, fabs(v->g[i]));
        largest = MAX(largest, fabs(v->y[i] - v->g[i]));
    }
    const int p = precision_of(v->dtype);
    if (p == 0 || noise == 0 || signal == 0 || largest > most * 0x1p-6 || noise > signal * 0x1p-12)
        return NULL;
    const double relative = sqrt(noise / signal);
    const int bits = -ilogb(relative);
    const char *like = bits <= 9 ? "bfloat16" : bits <= 14 ? "tf32 or float16" : bits <= 26 ? "float32" : "float64";
    return g_strdup_printf("precision: a relative error of about 2^-%d, as from arithmetic in %s", bits, like);
}

char *view_explain_rounding(const View *v)
{
    if (dtype_info(v->dtype)->domain == DOMAIN_BOOL)
        return NULL;
    char *found = one_code(v);
    return found ? found : narrow(v);
}
