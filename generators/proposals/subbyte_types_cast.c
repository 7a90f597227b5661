/* Cast over all ordered pairs of types: every code of a narrow source, every boundary of the target from a wide one. What
 * published artefacts disagree on is left out here and stands in subbyte_types_cast_open.c. */
#include "generators/proposals/subbyte_types.h"

#include <math.h>
#include <string.h>

/* ---- source values ------------------------------------------------------------------------------------------------ */

static Tensor *from_array(DType dtype, const GArray *doubles)
{
    return data_doubles(dtype, &SHAPE((int64_t)doubles->len), (const double *)(gpointer)doubles->data);
}

/* Powers of two and the middles between them, with neighbours; NaN and zero. */
static Tensor *power_boundaries(DType from)
{
    const FloatFormat *format = dtype_info(from == DTYPE_DOUBLE ? DTYPE_FLOAT : from)->format;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    const double first[] = { NAN, 0.0 };
    g_array_append_vals(values, first, G_N_ELEMENTS(first));
    for (int k = -127; k <= 127; k += k < -120 || k > 120 || ABS(k) < 20 ? 1 : 5)
        for (int half = 2; half <= 3; half++) {
            const double x = ldexp(half, k - 1);
            const uint64_t code = float_encode(format, x, OVERFLOW_NATURAL);
            if (float_decode(format, code) != x)
                continue;
            const double three[] = { float_next(format, x, FALSE), x, float_next(format, x, TRUE) };
            g_array_append_vals(values, three, G_N_ELEMENTS(three));
        }
    return from_array(from, values);
}

static void append_whole(GArray *codes, DType from, double value)
{
    const double low = (double)dtype_min(from), high = (double)dtype_max(from);
    for (int step = -1; step <= 1; step++) {
        const double x = rint(value) + step;
        if (x < low || x > high || fabs(x) > 0x1p53)
            continue;
        const int64_t code = (int64_t)x;
        g_array_append_val(codes, code);
    }
}

/* Whole numbers near the target's values and midpoints; powers of two and their neighbours; both ends. */
static Tensor *integer_boundaries(DType from, DType to)
{
    g_autoptr(GArray) codes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    const int bits = dtype_info(from)->bits;
    for (int k = 0; k < bits; k++)
        for (int step = -1; step <= 1; step++) {
            const int64_t code = (int64_t)((UINT64_C(1) << k) + (uint64_t)(int64_t)step);
            g_array_append_val(codes, code);
            const int64_t negative = -code;
            if (dtype_min(from) < 0)
                g_array_append_val(codes, negative);
        }
    const int64_t ends[] = { 0, dtype_min(from), (int64_t)dtype_max(from) };
    g_array_append_vals(codes, ends, G_N_ELEMENTS(ends));
    if (dtype_is_float(to) && to != DTYPE_DOUBLE && to != DTYPE_FLOAT8E8M0) {
        g_autoptr(Tensor) near = data_boundaries(DTYPE_DOUBLE, to, FALSE);
        for (int64_t i = 0; i < near->count; i++)
            if (fabs(tensor_get_double(near, i)) >= 1)
                append_whole(codes, from, tensor_get_double(near, i));
    }
    Tensor *t = data_constant(from, &SHAPE((int64_t)codes->len), 0);
    for (guint i = 0; i < codes->len; i++)
        tensor_set_bits(t, i, (uint64_t)g_array_index(codes, int64_t, i));
    return t;
}

static Tensor *float_source(DType from, DType to)
{
    if (to == DTYPE_FLOAT8E8M0)
        return power_boundaries(from);
    if (from != DTYPE_DOUBLE || to == DTYPE_FLOAT || to == DTYPE_FLOAT16 || !dtype_is_float(to))
        return data_boundaries(from, to, TRUE);
    /* Neighbours at float's distance: nearer ones tell single from double rounding, which is a question of its own. */
    g_autoptr(Tensor) single = data_boundaries(DTYPE_FLOAT, to, TRUE);
    Tensor *t = data_constant(DTYPE_DOUBLE, &single->shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, tensor_get_double(single, i));
    return t;
}

static Tensor *source_values(DType from, DType to)
{
    if (from == DTYPE_BOOL)
        return DATA_LIST(DTYPE_BOOL, 0, 1, 1);
    if (dtype_info(from)->bits <= 8)
        return data_all_codes(from, &SHAPE(1 << dtype_info(from)->bits));
    return dtype_is_float(from) ? float_source(from, to) : integer_boundaries(from, to);
}

/* ---- what every artefact agrees on -------------------------------------------------------------------------------- */

static gboolean rounds_twice(DType to, double value, const Conversion *how)
{
    return isfinite(value) && subbyte_encode(to, (double)(float)value, how) != subbyte_encode(to, value, how);
}

/* Under `up` the published reference overlooks a fraction of one to three eighths exactly. */
static gboolean settled_e8m0(double value, const Conversion *how)
{
    const gboolean up = how->rounding <= ROUND_UP;
    if (isnan(value) || (value == 0 && !signbit(value) && up && !how->not_saturating))
        return TRUE;
    int exponent;
    const double eighths = 16 * frexp(value, &exponent) - 8;
    const gboolean overlooked = up && eighths == trunc(eighths) && eighths >= 1 && eighths <= 3;
    return value >= 0x1p-126 && value <= 0x1p127 && !overlooked;
}

static gboolean settled_float(DType from, DType to, double value, const Conversion *how)
{
    const gboolean fnuz = to == DTYPE_FLOAT8E4M3FNUZ || to == DTYPE_FLOAT8E5M2FNUZ;
    if (to == DTYPE_FLOAT4E2M1 && isnan(value))
        return FALSE;
    if (fnuz && isinf(value) && !how->not_saturating)
        return FALSE;
    if (to == DTYPE_FLOAT8E8M0 && !settled_e8m0(value, how))
        return FALSE;
    const gboolean wide = from == DTYPE_DOUBLE || from == DTYPE_INT64 || from == DTYPE_UINT64 || from == DTYPE_INT32 ||
                          from == DTYPE_UINT32;
    return !wide || to == DTYPE_FLOAT || to == DTYPE_FLOAT16 || to == DTYPE_DOUBLE || !rounds_twice(to, value, how);
}

static gboolean settled(DType from, DType to, double value, const Conversion *how)
{
    if (dtype_is_float(to))
        return settled_float(from, to, value, how);
    if (!dtype_is_float(from) || to == DTYPE_BOOL)
        return TRUE;
    const double whole = trunc(value), end = to == DTYPE_INT64 ? 0x1p63 : to == DTYPE_UINT64 ? 0x1p64
                                                                        : (double)dtype_max(to) + 1;
    if (!isfinite(value) || whole < (double)dtype_min(to) || whole >= end)
        return FALSE;
    return dtype_info(to)->bits >= 8 || whole == value;
}

/* A 64-bit number that a double may not hold, on its way to a float that some reach through one. */
static gboolean loses_bits(DType from, DType to, uint64_t bits)
{
    const uint64_t magnitude = from == DTYPE_INT64 && bits >> 63 ? -bits : bits;
    return (from == DTYPE_INT64 || from == DTYPE_UINT64) && dtype_is_float(to) && to != DTYPE_DOUBLE && to != DTYPE_FLOAT &&
           magnitude >> 53 != 0 && (bits & 0x7FF) != 0;
}

Tensor *subbyte_settled_values(DType from, DType to, const Conversion *how)
{
    g_autoptr(Tensor) all = source_values(from, to);
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (int64_t i = 0; i < all->count; i++) {
        const uint64_t bits = tensor_get_bits(all, i);
        if (loses_bits(from, to, bits))
            continue;
        if (settled(from, to, tensor_get_double(all, i), how))
            g_array_append_val(kept, bits);
    }
    Tensor *t = data_constant(from, &SHAPE((int64_t)kept->len), 0);
    for (guint i = 0; i < kept->len; i++)
        tensor_set_bits(t, i, g_array_index(kept, uint64_t, i));
    return t;
}

/* ---- strings ------------------------------------------------------------------------------------------------------ */

static Tensor *strings(const char *const *texts)
{
    Tensor *t = data_constant(DTYPE_STRING, &SHAPE((int64_t)g_strv_length((char **)texts)), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_string(t, i, texts[i], -1);
    return t;
}

static Tensor *string_values(DType to)
{
    static const char *const wide[] = { "3.14", "-1.5e3", "1000", "0", "-0", "0.1", "1e-3", "INF", "+INF", "-INF", "NaN",
                                        "inf", "nan", "2.5E2", NULL };
    static const char *const narrow[] = { "1", "-1.5", "0", "-0", "0.3", "1e1", "1000", "-1E5", "0.001", "NaN", NULL };
    static const char *const e2m1[] = { "1", "-1.5", "0", "-0", "0.25", "0.3", "2.5", "5", "1e3", "-INF", "INF", NULL };
    static const char *const powers[] = { "1", "2", "0.5", "0.75", "3", "1e10", "1e-10", "1024", "NaN", NULL };
    static const char *const whole[] = { "0",    "1",     "-1",     "3",          "7",           "-8",
                                         "127",  "-128",  "255",    "32767",      "-32768",      "65535",
                                         "2147483647",    "-2147483648", "4294967295", "9223372036854775807",
                                         "-9223372036854775808", "18446744073709551615", NULL };
    if (to == DTYPE_FLOAT8E8M0)
        return strings(powers);
    if (to == DTYPE_FLOAT4E2M1)
        return strings(e2m1);
    if (dtype_is_float(to))
        return strings(dtype_info(to)->bits == 8 ? narrow : wide);
    const char *fitting[G_N_ELEMENTS(whole)] = { NULL };
    for (gsize i = 0, n = 0; whole[i]; i++) {
        const gboolean negative = *whole[i] == '-';
        const gboolean fits = negative ? g_ascii_strtoll(whole[i], NULL, 10) >= dtype_min(to)
                                       : g_ascii_strtoull(whole[i], NULL, 10) <= dtype_max(to);
        if (fits)
            fitting[n++] = whole[i];
    }
    return strings(fitting);
}

/* ---- pairs -------------------------------------------------------------------------------------------------------- */

static const char *rule_to_float(DType from, DType to, const Conversion *how)
{
    const gboolean has_nan = dtype_is_float(from) && from != DTYPE_FLOAT4E2M1;
    if (to == DTYPE_FLOAT4E2M1)
        return "R27";
    if (to == DTYPE_FLOAT8E8M0)
        return "R29";
    if (dtype_info(to)->bits > 8)
        return "R42";
    if (how->not_saturating)
        return has_nan ? "R24 R26" : "R24";
    return has_nan && (to == DTYPE_FLOAT8E4M3FN || to == DTYPE_FLOAT8E5M2) ? "R23 R25 R26" : has_nan ? "R23 R26" : "R23";
}

/* The requirements that a pair exercises. */
static char *rules(DType from, DType to, const Conversion *how)
{
    GString *r = g_string_new(NULL);
    if (dtype_is_float(from) && subbyte_is_narrow(from))
        g_string_append(r, "R21 ");
    else if (subbyte_is_narrow(from))
        g_string_append(r, "R18 ");
    if (from == DTYPE_STRING || to == DTYPE_STRING)
        g_string_append(r, "R39 ");
    else if (from == DTYPE_BOOL || to == DTYPE_BOOL)
        g_string_append(r, "R37 ");
    else if (!dtype_is_float(from))
        g_string_append(r, dtype_is_float(to) ? "R38 " : "R32 ");
    else
        g_string_append(r, dtype_is_float(to) ? "R22 " : dtype_info(to)->bits < 8 ? "R33 " : "R36 ");
    if (how->rounding != ROUND_DEFAULT)
        g_string_append(r, "R31 ");
    g_string_append(r, dtype_is_float(to) ? rule_to_float(from, to, how) : "R42");
    if (from == DTYPE_INT8 && dtype_is_integer(to)) /* the twins of casts without target, or with an unknown one */
        g_string_append(r, " R15 R43");
    return g_string_free(r, FALSE);
}

static void cast_pair(Generator *g, DType from, DType to, const Conversion *how)
{
    static const char *const modes[] = { "", "-up", "-down", "-nearest" };
    Scenario *s = scenario_new(g, "cast-%s-to-%s%s%s", dtype_name(from), dtype_name(to),
                               how->not_saturating ? "-unsaturated" : "", modes[how->rounding]);
    g_autofree char *requirements = rules(from, to, how);
    scenario_about(s, "cast", requirements, "Cast of %s to %s over every boundary on which all artefacts agree%s%s.",
                   dtype_name(from), dtype_name(to), how->not_saturating ? ", saturate = 0" : "",
                   how->rounding ? ", round_mode given" : "");
    scenario_input(s, "x", from == DTYPE_STRING ? string_values(to) : subbyte_settled_values(from, to, how));
    subbyte_cast(s, "x", "y", to, how);
    scenario_output(s, "y");
    scenario_emit(s);
}

/* Whether the text fixes the result at all: how a float is spelled, and which strings are true, it does not. */
static gboolean is_fixed(DType from, DType to)
{
    if (to == DTYPE_STRING)
        return dtype_is_integer(from);
    return !(from == DTYPE_STRING && to == DTYPE_BOOL);
}

void subbyte_generate_casts(Generator *g)
{
    gsize count;
    const DTypeInfo *const *types = dtype_all(&count);
    for (gsize i = 0; i < count; i++)
        for (gsize j = 0; j < count; j++) {
            const DType from = types[i]->dtype, to = types[j]->dtype;
            if (!dtype_on_wire(from) || !dtype_on_wire(to) || types[i]->domain == DOMAIN_COMPLEX ||
                types[j]->domain == DOMAIN_COMPLEX || from == to || !is_fixed(from, to))
                continue;
            cast_pair(g, from, to, &(Conversion){ 0 });
            if (to == DTYPE_FLOAT8E8M0) {
                cast_pair(g, from, to, &(Conversion){ .rounding = ROUND_DOWN });
                cast_pair(g, from, to, &(Conversion){ .rounding = ROUND_NEAREST });
            } else if (dtype_is_float(to) && types[j]->bits == 8) {
                cast_pair(g, from, to, &(Conversion){ .not_saturating = TRUE });
            }
        }
}
