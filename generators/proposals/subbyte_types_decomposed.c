/* Conversions to a narrow type and back beside graphs of standard operators without that type: what a backend may run
 * that does not have it. A native graph rounds x to the type's values; its decomposed form rounds within the wide type. */
#include "generators/proposals/subbyte_types.h"

#include "reference/onnx/text.h"

#include <math.h>

/* The decomposed form's nodes stand in for the native ones; `data` is their text. */
static void replace_nodes(Model *model, Form form, gpointer data)
{
    if (form != FORM_DECOMPOSED)
        return;
    g_autoptr(GError) error = NULL;
    Graph *graph = graph_from_text(model, data, &error);
    if (!graph)
        g_error("subbyte-types: %s: %s", (const char *)data, error->message);
    model->graph->nodes = graph->nodes;
}

/* x -> y natively by the scenario's nodes, decomposed by `nodes` with the same names. */
static void both_forms(Scenario *s, const char *nodes)
{
    scenario_output(s, "y");
    Arena *arena = scenario_model(s)->arena;
    const char *text = arena_printf(arena, "g (x) => (y) {\n%s}", nodes);
    scenario_functions(s);
    scenario_each_form(s, replace_nodes, (gpointer)text);
    scenario_emit_forms(s, 1u << FORM_NATIVE | 1u << FORM_DECOMPOSED);
}

/* ---- rounding to a float type ------------------------------------------------------------------------------------- */

/* x to the narrow type and back to float. */
static Scenario *rounded(Generator *g, DType to, const Conversion *how, const char *rules)
{
    static const char *const modes[] = { "", "-up", "-down", "-nearest" };
    Scenario *s = scenario_new(g, "round-%s%s%s", dtype_name(to), how->not_saturating ? "-unsaturated" : "", modes[how->rounding]);
    scenario_opset(s, to == DTYPE_FLOAT4E2M1 ? 25 : 26); /* 26 has BitCast */
    scenario_about(s, "cast", rules, "float rounded to the values of %s.", dtype_name(to));
    scenario_input(s, "x", subbyte_settled_values(DTYPE_FLOAT, to, how));
    subbyte_cast(s, "x", "narrow", to, how);
    subbyte_cast(s, "narrow", "y", DTYPE_FLOAT, &(Conversion){ 0 });
    return s;
}

/* The magnitude is a sum of steps, one at each midpoint; which side a midpoint belongs to alternates with evenness. The
 * sign of zero shows in the sign of its reciprocal, that of an infinity does not. */
static void e2m1(Generator *g)
{
    static const struct {
        double      midpoint, step;
        const char *op;
    } steps[] = { { 0.25, 0.5, "Greater" }, { 0.75, 0.5, "GreaterOrEqual" }, { 1.25, 0.5, "Greater" },
                  { 1.75, 0.5, "GreaterOrEqual" }, { 2.5, 1, "Greater" }, { 3.5, 1, "GreaterOrEqual" },
                  { 5, 2, "Greater" } };
    g_autoptr(GString) nodes = g_string_new("    a = Abs (x)\n");
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        g_string_append_printf(nodes,
                               "    m%zu = Constant <value = float {%a}> ()\n    h%zu = Constant <value = float {%a}> ()\n"
                               "    b%zu = %s (a, m%zu)\n    f%zu = Cast <to = 1> (b%zu)\n    p%zu = Mul (f%zu, h%zu)\n",
                               i, steps[i].midpoint, i, steps[i].step, i, steps[i].op, i, i, i, i, i, i);
    g_string_append(nodes, "    magnitude = Sum (p0, p1, p2, p3, p4, p5, p6)\n"
                           "    zero = Constant <value = float {0.0}> ()\n"
                           "    below = Less (x, zero)\n    inverse = Reciprocal (x)\n    inverse_below = Less (inverse, zero)\n"
                           "    negative = Or (below, inverse_below)\n    minus = Neg (magnitude)\n"
                           "    y = Where (negative, minus, magnitude)\n");
    both_forms(rounded(g, DTYPE_FLOAT4E2M1, &(Conversion){ 0 }, "R22 R27"), nodes->str);
}

/* Adding and subtracting the power of two whose last place is the type's quantum rounds to nearest even. The exponent is
 * held between the type's smallest and one above its largest, so that subnormal and huge numbers come out right. */
static void float8(Generator *g, DType to, gboolean not_saturating)
{
    const FloatFormat *format = dtype_info(to)->format;
    const double most = float_max(format);
    const int low = 127 + 1 - format->bias, high = 127 + ilogb(most) + 1;
    const char *beyond = !not_saturating ? NULL : to == DTYPE_FLOAT8E5M2 ? "inf" : "nan";
    g_autofree char *limit = beyond ? g_strdup(beyond) : g_strdup_printf("%a", most);
    const gboolean has_minus_zero = format->specials != SPECIALS_FNUZ;
    g_autofree char *nodes = g_strdup_printf(
        "    bits = BitCast <to = 12> (x)\n    all = Constant <value = uint32 {2147483647}> ()\n"
        "    magnitude = BitwiseAnd (bits, all)\n    a = BitCast <to = 1> (magnitude)\n"
        "    fraction_bits = Constant <value = uint32 {23}> ()\n"
        "    e = BitShift <direction = \"RIGHT\"> (magnitude, fraction_bits)\n"
        "    low = Constant <value = uint32 {%d}> ()\n    high = Constant <value = uint32 {%d}> ()\n"
        "    e_low = Max (e, low)\n    e_held = Min (e_low, high)\n"
        "    places = Constant <value = uint32 {%d}> ()\n    e_magic = Add (e_held, places)\n"
        "    magic_bits = BitShift <direction = \"LEFT\"> (e_magic, fraction_bits)\n"
        "    magic = BitCast <to = 1> (magic_bits)\n    up = Add (a, magic)\n    r = Sub (up, magic)\n"
        "    most = Constant <value = float {%a}> ()\n    over = Greater (r, most)\n"
        "    beyond = Constant <value = float {%s}> ()\n    held = Where (over, beyond, r)\n"
        "    sign_bit = Constant <value = uint32 {31}> ()\n"
        "    s = BitShift <direction = \"RIGHT\"> (bits, sign_bit)\n    signed = Cast <to = 9> (s)\n"
        "    zero = Constant <value = float {0.0}> ()\n    is_zero = Equal (held, zero)\n    not_zero = Not (is_zero)\n"
        "    negative_number = And (signed, not_zero)\n"
        "    minus = Neg (held)\n    y = Where (%s, minus, held)\n",
        low, high, 23 - format->mantissa_bits, most, limit, has_minus_zero ? "signed" : "negative_number");
    both_forms(rounded(g, to, &(Conversion){ .not_saturating = not_saturating }, not_saturating ? "R22 R24 R26" : "R22 R23 R26"),
               nodes);
}

/* Powers of two are exponent fields; the round mode decides what a fraction adds. */
static void e8m0(Generator *g, RoundMode mode)
{
    static const char *const carries[] = {
        [ROUND_UP] = "    none = Constant <value = uint32 {0}> ()\n    some = Greater (fraction, none)\n"
                     "    carry = Cast <to = 12> (some)\n",
        [ROUND_DOWN] = "    carry = BitwiseXor (fraction, fraction)\n",
        [ROUND_NEAREST] = "    half = Constant <value = uint32 {22}> ()\n"
                          "    carry = BitShift <direction = \"RIGHT\"> (fraction, half)\n",
    };
    const Conversion how = { .rounding = mode };
    g_autofree char *nodes = g_strdup_printf(
        "    bits = BitCast <to = 12> (x)\n    mask = Constant <value = uint32 {8388607}> ()\n"
        "    fraction = BitwiseAnd (bits, mask)\n    fraction_bits = Constant <value = uint32 {23}> ()\n"
        "    e = BitShift <direction = \"RIGHT\"> (bits, fraction_bits)\n%s    code = Add (e, carry)\n"
        "    power = BitShift <direction = \"LEFT\"> (code, fraction_bits)\n    y = BitCast <to = 1> (power)\n", carries[mode]);
    static const char *const modes[] = { "", "up", "down", "nearest" };
    Scenario *s = scenario_new(g, "round-float8e8m0-%s", modes[mode]);
    scenario_opset(s, 26);
    scenario_about(s, "cast", "R29", "Positive floats rounded to powers of two, round_mode %s.", modes[mode]);
    scenario_input(s, "x", DATA_LIST(DTYPE_FLOAT, 1, 1.5, 0x1.7ffffep0, 0x1.800002p0, 3, 0x1p-126, 0x1.000002p-126, 0x1p127,
                                     0x1.fffffep126, 0x1.8p-3, 0x1.cp10, 0x1.fp60, 0x1.08p-60));
    subbyte_cast(s, "x", "narrow", DTYPE_FLOAT8E8M0, &how);
    subbyte_cast(s, "narrow", "y", DTYPE_FLOAT, &(Conversion){ 0 });
    both_forms(s, nodes);
}

/* ---- reading codes, wrapping integers ----------------------------------------------------------------------------- */

/* Every code of an 8-bit float out of uint8; decomposed, a table of 256 floats. */
static void table(Generator *g, DType from)
{
    const FloatFormat *format = dtype_info(from)->format;
    g_autoptr(GString) nodes = g_string_new("    table = Constant <value = float[256] {");
    for (unsigned code = 0; code < 256; code++) {
        const double value = float_decode(format, code);
        const char *comma = code ? ", " : "";
        if (isfinite(value))
            g_string_append_printf(nodes, "%s%a", comma, value);
        else
            g_string_append_printf(nodes, "%s%s", comma, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
    g_string_append(nodes, "}> ()\n    index = Cast <to = 7> (x)\n    y = Gather (table, index)\n");
    Scenario *s = scenario_new(g, "decode-%s", dtype_name(from));
    scenario_opset(s, 26);
    scenario_about(s, "cast", "R21 R45", "Every code of %s, from uint8 by BitCast and Cast to float.", dtype_name(from));
    scenario_input(s, "x", data_all_codes(DTYPE_UINT8, &SHAPE(256)));
    scenario_set_int(s, scenario_node(s, "", "BitCast", NAMES("x"), NAMES("narrow")), "to", from);
    subbyte_cast(s, "narrow", "y", DTYPE_FLOAT, &(Conversion){ 0 });
    both_forms(s, nodes->str);
}

/* int32 to the narrow integer and back; decomposed, the low bits and the sign's copy. */
static void wrapped(Generator *g, DType to)
{
    const int bits = dtype_info(to)->bits;
    const int sign = dtype_min(to) < 0 ? 1 << (bits - 1) : 0;
    g_autofree char *nodes = g_strdup_printf(
        "    mask = Constant <value = int32 {%d}> ()\n    sign = Constant <value = int32 {%d}> ()\n"
        "    low = BitwiseAnd (x, mask)\n    turned = BitwiseXor (low, sign)\n    y = Sub (turned, sign)\n",
        (1 << bits) - 1, sign);
    Scenario *s = scenario_new(g, "wrap-%s", dtype_name(to));
    scenario_about(s, "cast", "R32 R18", "int32 wrapped to %s and back.", dtype_name(to));
    scenario_input(s, "x", subbyte_settled_values(DTYPE_INT32, to, &(Conversion){ 0 }));
    subbyte_cast(s, "x", "narrow", to, &(Conversion){ 0 });
    subbyte_cast(s, "narrow", "y", DTYPE_INT32, &(Conversion){ 0 });
    both_forms(s, nodes);
}

void subbyte_generate_decomposed(Generator *g)
{
    e2m1(g);
    for (gsize t = SUBBYTE_PACKED; t < SUBBYTE_TYPES; t++) {
        table(g, subbyte_types[t]);
        if (subbyte_types[t] == DTYPE_FLOAT8E8M0)
            continue;
        float8(g, subbyte_types[t], FALSE);
        float8(g, subbyte_types[t], TRUE);
    }
    for (RoundMode mode = ROUND_UP; mode <= ROUND_NEAREST; mode++)
        e8m0(g, mode);
    for (gsize t = 0; t < SUBBYTE_PACKED; t++)
        if (dtype_is_integer(subbyte_types[t]))
            wrapped(g, subbyte_types[t]);
}
