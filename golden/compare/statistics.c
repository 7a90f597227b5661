#include "golden/compare/statistics.h"

#include "golden/compare/element.h"
#include "golden/compare/place.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <sleef.h>

#define Z_ELEMENTS 400
#define Z_STEPS 4

typedef struct {
    double  signal, noise, steps, z, z_squares;
    int64_t finite, z_count;
} Sums;

static double distance(int64_t from, int64_t to)
{
    return (double)((__int128)to - from);
}

static gboolean subnormal(const Tensor *t, double x)
{
    const FloatFormat *format = dtype_info(t->dtype)->format;
    return x != 0 && format && format->mantissa_bits > 0 && fabs(x) < ldexp(1, 1 - format->bias);
}

static void take_special(Statistics *s, const Tensor *golden, double g, double y)
{
    s->nan += isnan(g) != isnan(y);
    s->infinity += !isnan(g) && !isnan(y) && (isinf(g) || isinf(y)) && g != y;
    s->zero_sign += g == 0 && y == 0 && signbit(g) != signbit(y);
    s->subnormal += (g == 0 && subnormal(golden, y)) || (y == 0 && subnormal(golden, g));
}

static void take_z(Sums *sums, const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper, double error,
                   int64_t i)
{
    if (!(spec->terms > 0) || !dtype_is_float(golden->dtype) || distance(value_place(lower, i), value_place(upper, i)) < Z_STEPS)
        return;
    const double z = error * sqrt(spec->terms) / ((tensor_get_double(upper, i) - tensor_get_double(lower, i)) / 2);
    sums->z += z;
    sums->z_squares += z * z;
    sums->z_count++;
}

static void take_number(Statistics *s, Sums *sums, const CompareSpec *spec, const Tensor *golden, const Tensor *lower,
                        const Tensor *upper, const Tensor *actual, int64_t i)
{
    const double g = tensor_get_double(golden, i), y = tensor_get_double(actual, i);
    take_special(s, golden, g, y);
    if (!isfinite(g) || !isfinite(y))
        return;
    const double steps = distance(value_place(golden, i), value_place(actual, i));
    if (s->max_ulps_at < 0 || fabs(steps) > s->max_ulps) {
        s->max_ulps = fabs(steps);
        s->max_ulps_at = i;
    }
    sums->finite++;
    sums->steps += steps;
    sums->signal += g * g;
    sums->noise += (y - g) * (y - g);
    take_z(sums, spec, golden, lower, upper, y - g, i);
}

static void take_wrong(Statistics *s, int64_t i)
{
    s->wrong++;
    for (int axis = s->shape.rank - 1; axis >= 0; axis--) {
        s->failing[axis][i % s->shape.dims[axis]]++;
        i /= s->shape.dims[axis];
    }
}

static gboolean failing_new(Statistics *s)
{
    for (int axis = 0; axis < s->shape.rank; axis++)
        if (!(s->failing[axis] = g_try_new0(int64_t, (gsize)MAX(s->shape.dims[axis], 1))))
            return FALSE;
    return TRUE;
}

static double tenths(double x)
{
    return isfinite(x) ? round(x * 10) / 10 : x;
}

static void finish(Statistics *s, const Sums *sums)
{
    if (sums->finite > 0) {
        s->bias_ulps = sums->steps / (double)sums->finite;
        s->snr_db = sums->noise == 0 ? INFINITY : tenths(10 * Sleef_cinz_log10d1_u10purec(sums->signal / sums->noise));
    }
    if (sums->z_count >= Z_ELEMENTS) {
        s->z1 = sums->z / (double)sums->z_count;
        s->z2 = sqrt(sums->z_squares / (double)sums->z_count);
    }
    for (int axis = 0; s->wrong == 0 && axis < s->shape.rank; axis++)
        g_clear_pointer(&s->failing[axis], g_free);
}

gboolean compare_statistics(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                            const Tensor *actual, Statistics *s)
{
    const Domain domain = dtype_info(golden->dtype)->domain;
    Sums sums = { 0 };
    *s = (Statistics){ .elements = golden->count, .max_ulps_at = -1, .max_share_at = -1, .shape = golden->shape,
                       .max_ulps = NAN, .max_share = NAN, .snr_db = NAN, .bias_ulps = NAN, .z1 = NAN, .z2 = NAN };
    lower = lower ? lower : golden;
    upper = upper ? upper : golden;
    if (!failing_new(s)) {
        statistics_clear(s);
        return FALSE;
    }
    for (int64_t i = 0; i < golden->count; i++) {
        const ElementJudgement j = element_judge(spec, golden, lower, upper, actual, i);
        if (s->max_share_at < 0 || j.margin > s->max_share) {
            s->max_share = j.margin;
            s->max_share_at = i;
        }
        if (!j.right)
            take_wrong(s, i);
        if (domain != DOMAIN_STRING && domain != DOMAIN_COMPLEX)
            take_number(s, &sums, spec, golden, lower, upper, actual, i);
    }
    finish(s, &sums);
    return TRUE;
}

gboolean statistics_full_precision(const Statistics *s)
{
    return !(fabs(s->z1) > 1) && !(s->z2 > 1);
}

void statistics_clear(Statistics *s)
{
    for (int axis = 0; axis < s->shape.rank; axis++)
        g_clear_pointer(&s->failing[axis], g_free);
}
