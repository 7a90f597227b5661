/* Conversions for which published artefacts disagree: the golden answer follows the operator's text, and the others are
 * recorded. A case holds one disagreement, so that an answer recognises who gave it. */
#include "generators/proposals/subbyte_types.h"

#include <math.h>
#include <string.h>

static const DType wide_floats[] = { DTYPE_FLOAT16, DTYPE_FLOAT, DTYPE_DOUBLE, DTYPE_BFLOAT16 };

typedef uint64_t (*Answer)(DType to, double value, const Conversion *how);

/* x -> Cast -> y, with what `other` answers as alternative. */
static void open_point(Scenario *s, Tensor *x, DType to, const Conversion *how, const char *who, Answer other)
{
    Tensor *answer = data_constant(to, &x->shape, 0);
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_bits(answer, i, other(to, tensor_get_double(x, i), how));
    scenario_input(s, "x", x);
    subbyte_cast(s, "x", "y", to, how);
    scenario_output(s, "y");
    scenario_alternative(s, who, &answer, 1);
    scenario_emit(s);
}

/* ---- float8 and float4 -------------------------------------------------------------------------------------------- */

static uint64_t nan_code(DType to, double value, const Conversion *how)
{
    return isinf(value) ? subbyte_encode(to, NAN, how) : subbyte_encode(to, value, how);
}

static uint64_t nan_is_six(DType to, double value, const Conversion *how)
{
    return isnan(value) ? 0x7 : subbyte_encode(to, value, how);
}

static void infinities(Generator *g, DType from, DType to)
{
    Scenario *s = scenario_new(g, "cast-infinity-%s-to-%s", dtype_name(from), dtype_name(to));
    scenario_about(s, "cast-open", "R25", "Infinities of %s saturate in %s.", dtype_name(from), dtype_name(to));
    open_point(s, DATA_LIST(from, INFINITY, -INFINITY, 1), to, &(Conversion){ 0 },
               "The technical note on float8 has NaN for an infinity in the FNUZ types, saturate or not.", nan_code);
}

static void nan_to_e2m1(Generator *g, DType from)
{
    Scenario *s = scenario_new(g, "cast-nan-%s-to-float4e2m1", dtype_name(from));
    scenario_about(s, "cast-open", "R28", "A positive NaN of %s becomes float4e2m1.", dtype_name(from));
    open_point(s, DATA_LIST(from, (double)NAN, 1, 2), DTYPE_FLOAT4E2M1, &(Conversion){ 0 },
               "The technical note on float4 has 6 for NaN.", nan_is_six);
}

/* ---- float8e8m0 --------------------------------------------------------------------------------------------------- */

/* What the published reference computes: from float32's exponent field and three groups of fraction bits. */
static uint64_t reference_e8m0(DType to, double value, const Conversion *how)
{
    (void)to;
    const float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    const uint32_t exponent = bits >> 23 & 0xFF;
    if (exponent == 0xFF)
        return 0xFF;
    gboolean up = FALSE;
    if (how->rounding == ROUND_NEAREST) /* a half goes up only from a normal number */
        up = (bits & 0x400000) && ((bits & 0x3FFFFF) || exponent > 0);
    else if (how->rounding != ROUND_DOWN) /* bits 20 and 21 are not looked at */
        up = (bits & 0x4FFFFF) != 0;
    if (exponent == 0xFE && !how->not_saturating)
        up = FALSE;
    return exponent + (up ? 1 : 0);
}

static const struct {
    const char *name;
    double      values[4];
} ends[] = {
    { "infinite", { INFINITY, INFINITY, 1, 2 } },
    { "above", { 0x1.8p127, 0x1.000002p127, 0x1.fffffep127, 2 } },
    { "zero", { 0, 0, 1, 2 } },
    { "below", { 0x1p-128, 0x1p-149, 0x1.8p-128, 2 } },
    { "smallest", { 0x1p-127, 0x1.4p-127, 0x1.8p-127, 2 } },
    { "quarters", { 1.25, 0x1.2p5, 0x1.6p-9, 2 } },
};

/* The table of Cast-24 speaks of saturate with up and of no saturate with nearest; the others follow it by analogy. */
static void e8m0_ends(Generator *g, gboolean not_saturating, RoundMode mode)
{
    static const char *const modes[] = { "", "up", "down", "nearest" };
    const Conversion how = { not_saturating, mode };
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(Tensor) x = data_doubles(DTYPE_FLOAT, &SHAPE(4), ends[i].values);
        gboolean differ = FALSE;
        for (int k = 0; k < 4; k++)
            differ |= reference_e8m0(DTYPE_FLOAT8E8M0, ends[i].values[k], &how) !=
                      subbyte_encode(DTYPE_FLOAT8E8M0, ends[i].values[k], &how);
        if (!differ)
            continue;
        Scenario *s = scenario_new(g, "cast-e8m0-%s-%s%s", ends[i].name, modes[mode], not_saturating ? "-unsaturated" : "");
        scenario_about(s, "cast-open", strcmp(ends[i].name, "quarters") == 0 ? "R29" : "R30",
                       "float to float8e8m0, round_mode %s, saturate = %d, %s.", modes[mode], !not_saturating, ends[i].name);
        open_point(s, g_steal_pointer(&x), DTYPE_FLOAT8E8M0, &how,
                   "The published reference works on float32's exponent field: infinities become NaN, subnormal numbers and "
                   "some fractions are not told from others.", reference_e8m0);
    }
}

/* ---- 2- and 4-bit integers ---------------------------------------------------------------------------------------- */

static uint64_t truncated(DType to, double value, const Conversion *how)
{
    (void)how;
    return (uint64_t)(int64_t)trunc(value) & ((UINT64_C(1) << dtype_info(to)->bits) - 1);
}

static void fractions(Generator *g, DType from, DType to)
{
    static const double any[] = { 0.75, 0.5, 0.25 }, negative[] = { -0.75, -0.5, -1.5 }, wider[] = { 1.5, 2.5, 2.75 };
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_array_append_vals(values, any, G_N_ELEMENTS(any));
    if (dtype_min(to) < 0)
        g_array_append_vals(values, negative, G_N_ELEMENTS(negative));
    if (dtype_max(to) >= 3)
        g_array_append_vals(values, wider, G_N_ELEMENTS(wider) - (dtype_max(to) == 3 ? 1 : 0));
    Scenario *s = scenario_new(g, "cast-fractions-%s-to-%s", dtype_name(from), dtype_name(to));
    scenario_about(s, "cast-open", "R35", "Fractions of %s within the range of %s.", dtype_name(from), dtype_name(to));
    scenario_tag(s, "ties");
    open_point(s, data_doubles(from, &SHAPE((int64_t)values->len), (const double *)(gpointer)values->data), to,
               &(Conversion){ 0 }, "The published reference truncates towards zero.", truncated);
}

/* The largest integer and a bit: rounding leaves the range and wraps, truncation does not. */
static void fraction_at_the_end(Generator *g, DType from, DType to)
{
    Scenario *s = scenario_new(g, "cast-fraction-at-end-%s-to-%s", dtype_name(from), dtype_name(to));
    scenario_about(s, "cast-open", "R34 R35", "A %s just above the largest %s rounds out of its range.", dtype_name(from),
                   dtype_name(to));
    scenario_tag(s, "wraps");
    open_point(s, DATA_LIST(from, (double)dtype_max(to) + 0.625, 1, 0), to, &(Conversion){ 0 },
               "The published reference truncates towards zero; an implementation that clips agrees with it here.", truncated);
}

/* ---- rounding twice ----------------------------------------------------------------------------------------------- */

static uint64_t through_float(DType to, double value, const Conversion *how)
{
    return subbyte_encode(to, (double)(float)value, how);
}

/* Every midpoint of two values of the target, missed by so little that a float does not see it. */
static Tensor *almost_ties(DType to)
{
    const FloatFormat *format = dtype_info(to)->format;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    const int bits = dtype_info(to)->bits;
    for (uint64_t code = 0; code < UINT64_C(1) << bits; code += bits > 8 ? 331 : 1) {
        const double low = float_decode(format, code), high = float_next(format, low, TRUE), middle = low / 2 + high / 2;
        if (!isfinite(low) || !isfinite(high) || high == low || (bits > 8 && !isnormal((float)middle)))
            continue;
        for (int side = -1; side <= 1; side += 2) {
            const double x = middle * (1 + side * 0x1p-40);
            if (through_float(to, x, &(Conversion){ 0 }) != subbyte_encode(to, x, &(Conversion){ 0 }))
                g_array_append_val(values, x);
        }
    }
    return data_doubles(DTYPE_DOUBLE, &SHAPE((int64_t)values->len), (const double *)(gpointer)values->data);
}

static void double_rounding(Generator *g, DType to, const Conversion *how, Tensor *x)
{
    static const char *const modes[] = { "", "-up", "-down", "-nearest" };
    Scenario *s = scenario_new(g, "cast-round-once-%s-to-%s%s", dtype_name(x->dtype), dtype_name(to), modes[how->rounding]);
    scenario_about(s, "cast-open", "R40", "%s to %s almost at ties: a detour through float would move them onto the tie.",
                   dtype_name(x->dtype), dtype_name(to));
    scenario_tag(s, "ties");
    open_point(s, x, to, how, "The published reference rounds to float32 first.", through_float);
}

/* Whole numbers whose rounding to float hits a tie of bfloat16. */
static Tensor *whole_ties(DType from)
{
    const int top = dtype_info(from)->bits == 64 ? 52 : 30;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    for (int k = 26 + 8; k <= top; k += 3)
        for (int odd = 0; odd <= 1; odd++) {
            const double middle = ldexp(1 + (odd ? 0x3p-8 : 0x1p-8), k), x = middle + (odd ? -1 : 1);
            g_array_append_val(values, x);
        }
    const double small[] = { 0x1.01p30 + 1, 0x1.03p29 - 1, 0x1.01p28 + 1 };
    g_array_append_vals(values, small, G_N_ELEMENTS(small));
    return data_doubles(from, &SHAPE((int64_t)values->len), (const double *)(gpointer)values->data);
}

/* 64-bit integers that a double holds only rounded, and whose float would then be another. */
static void integer_through_double(Generator *g, DType from)
{
    static const int64_t values[] = { (INT64_C(1) << 62) + (INT64_C(1) << 38) + 1, (INT64_C(1) << 62) + (INT64_C(3) << 38) - 1,
                                      (INT64_C(1) << 55) + (INT64_C(1) << 31) + 1 };
    Scenario *s = scenario_new(g, "cast-round-once-%s-to-float", dtype_name(from));
    scenario_about(s, "cast-open", "R38 R40", "%s to float almost at ties: a detour through double would move them onto the tie.",
                   dtype_name(from));
    scenario_tag(s, "ties");
    Tensor *x = data_constant(from, &SHAPE(G_N_ELEMENTS(values)), 0), *other = data_constant(DTYPE_FLOAT, &x->shape, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        tensor_set_bits(x, (int64_t)i, (uint64_t)values[i]);
        tensor_set_double(other, (int64_t)i, (double)values[i]);
    }
    scenario_input(s, "x", x);
    subbyte_cast(s, "x", "y", DTYPE_FLOAT, &(Conversion){ 0 });
    scenario_output(s, "y");
    scenario_alternative(s, "Rounds to double first.", &other, 1);
    scenario_emit(s);
}

static void roundings(Generator *g)
{
    static const DType targets[] = { DTYPE_BFLOAT16,   DTYPE_FLOAT8E4M3FN,   DTYPE_FLOAT8E4M3FNUZ,
                                     DTYPE_FLOAT8E5M2, DTYPE_FLOAT8E5M2FNUZ, DTYPE_FLOAT4E2M1 };
    static const DType integers[] = { DTYPE_INT32, DTYPE_UINT32, DTYPE_INT64, DTYPE_UINT64 };
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++)
        double_rounding(g, targets[i], &(Conversion){ 0 }, almost_ties(targets[i]));
    double_rounding(g, DTYPE_FLOAT8E8M0, &(Conversion){ .rounding = ROUND_UP },
                    DATA_LIST(DTYPE_DOUBLE, 1 + 0x1p-40, 2 + 0x1p-40, 0x1p100 + 0x1p60));
    double_rounding(g, DTYPE_FLOAT8E8M0, &(Conversion){ .rounding = ROUND_DOWN },
                    DATA_LIST(DTYPE_DOUBLE, 1 - 0x1p-40, 2 - 0x1p-40, 0x1p100 - 0x1p60));
    double_rounding(g, DTYPE_FLOAT8E8M0, &(Conversion){ .rounding = ROUND_NEAREST },
                    DATA_LIST(DTYPE_DOUBLE, 1.5 - 0x1p-40, 3 - 0x1p-40, 0x3p100 - 0x1p60));
    for (gsize i = 0; i < G_N_ELEMENTS(integers); i++)
        double_rounding(g, DTYPE_BFLOAT16, &(Conversion){ 0 }, whole_ties(integers[i]));
    integer_through_double(g, DTYPE_INT64);
    integer_through_double(g, DTYPE_UINT64);
}

/* ---- CastLike ----------------------------------------------------------------------------------------------------- */

static void cast_like_round_mode(Generator *g, RoundMode mode)
{
    static const char *const modes[] = { "", "up", "down", "nearest" };
    Scenario *s = scenario_new(g, "castlike-%s-float8e8m0", modes[mode]);
    scenario_about(s, "cast-open", "R44 R29 R31", "CastLike to float8e8m0 with round_mode %s.", modes[mode]);
    Tensor *x = DATA_LIST(DTYPE_FLOAT, 1, 1.5, 1.75, 3, 1.0625, 2.0625), *up = data_constant(DTYPE_FLOAT8E8M0, &x->shape, 0);
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_bits(up, i, subbyte_encode(DTYPE_FLOAT8E8M0, tensor_get_double(x, i), &(Conversion){ .rounding = ROUND_UP }));
    scenario_input(s, "x", x);
    scenario_input(s, "like", data_scalar(DTYPE_FLOAT8E8M0, 1));
    Node *node = scenario_node(s, "", "CastLike", NAMES("x", "like"), NAMES("y"));
    scenario_set_string(s, node, "round_mode", modes[mode]);
    scenario_output(s, "y");
    scenario_alternative(s, "CastLike's function body does not pass round_mode on, so Cast rounds up.", &up, 1);
    scenario_emit(s);
}

void subbyte_generate_cast_open(Generator *g)
{
    static const DType integers[] = { DTYPE_UINT2, DTYPE_INT2, DTYPE_UINT4, DTYPE_INT4 };
    for (gsize f = 0; f < G_N_ELEMENTS(wide_floats); f++) {
        infinities(g, wide_floats[f], DTYPE_FLOAT8E4M3FNUZ);
        infinities(g, wide_floats[f], DTYPE_FLOAT8E5M2FNUZ);
        nan_to_e2m1(g, wide_floats[f]);
        for (gsize i = 0; i < G_N_ELEMENTS(integers); i++) {
            fractions(g, wide_floats[f], integers[i]);
            fraction_at_the_end(g, wide_floats[f], integers[i]);
        }
    }
    infinities(g, DTYPE_FLOAT8E5M2, DTYPE_FLOAT8E4M3FNUZ);
    infinities(g, DTYPE_FLOAT8E5M2, DTYPE_FLOAT8E5M2FNUZ);
    for (RoundMode mode = ROUND_UP; mode <= ROUND_NEAREST; mode++) {
        e8m0_ends(g, FALSE, mode);
        e8m0_ends(g, TRUE, mode);
    }
    roundings(g);
    cast_like_round_mode(g, ROUND_DOWN);
    cast_like_round_mode(g, ROUND_NEAREST);
}
