/* Types that a model may not use: unknown numbers, types before the operator version that lists them, operators that never
 * do, and wrong attributes of the conversions. */
#include "generators/proposals/subbyte_types.h"

#include "generators/engine/wire.h"

/* ---- unknown numbers ---------------------------------------------------------------------------------------------- */

/* 27 and 28 are the numbers that a 3-bit type would probably get. */
static const int32_t unknown_numbers[] = { 0, 27, 28, 99, -1 };

static char *number_name(int32_t number)
{
    return number < 0 ? g_strdup("negative") : g_strdup_printf("%d", number);
}

static void unknown_initializer(Generator *g, int32_t number, gboolean raw)
{
    g_autofree char *name = number_name(number);
    Scenario *s = scenario_new(g, "unknown-type-%s-%s", name, raw ? "raw" : "typed");
    scenario_about(s, "storage", "R15", "An initializer of element type %d, which no IR version defines, in %s.", number,
                   raw ? "raw_data" : "int32_data");
    g_autoptr(GByteArray) w = wire_tensor("w", number, &SHAPE(3));
    static const uint8_t bytes[] = { 1, 2, 3 };
    static const int64_t entries[] = { 1, 2, 3 };
    if (raw)
        wire_raw(w, bytes, 3);
    else
        wire_numbers(w, WIRE_INT32_DATA, entries, 3);
    wire_attach(scenario_constant(s, "w", subbyte_staircase(DTYPE_FLOAT8E4M3FN, &SHAPE(3))), scenario_model(s), w);
    subbyte_cast(s, "w", "y", DTYPE_FLOAT, &(Conversion){ 0 });
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(3)));
    scenario_reject(s, raw ? "initializer-raw-float8e4m3fn-3" : "initializer-typed-float8e4m3fn-3", "data_type is");
}

static void unknown_input(Generator *g, int32_t number)
{
    g_autofree char *name = number_name(number);
    Scenario *s = scenario_new(g, "unknown-type-%s-input", name);
    scenario_about(s, "storage", "R15", "The graph's input is declared with the unknown element type %d.", number);
    Type *type = type_tensor(scenario_model(s), DTYPE_UINT2, &SHAPE(5));
    type->elem = number;
    scenario_input_typed(s, "x", subbyte_staircase(DTYPE_UINT2, &SHAPE(5)), type);
    scenario_node(s, "", "Identity", NAMES("x"), NAMES("y"));
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_UINT2, &SHAPE(5)));
    scenario_reject(s, "input-to-output-uint2-5", "type");
}

static void unknown_target(Generator *g, int32_t number)
{
    g_autofree char *name = number_name(number);
    Scenario *s = scenario_new(g, "unknown-type-%s-cast-to", name);
    scenario_about(s, "cast", "R15", "Cast to the unknown element type %d.", number);
    scenario_input(s, "x", DATA_LIST(DTYPE_INT8, 0, 1, -1));
    Node *node = scenario_node(s, "", "Cast", NAMES("x"), NAMES("y"));
    scenario_set_int(s, node, "to", number);
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_INT2, &SHAPE(3)));
    scenario_reject(s, "cast-int8-to-int2", "to is");
}

/* ---- versions ----------------------------------------------------------------------------------------------------- */

/* The opset whose operators first list a type. */
static int64_t first_opset(DType dtype)
{
    switch (dtype) {
    case DTYPE_UINT2:
    case DTYPE_INT2:
        return 25;
    case DTYPE_FLOAT8E8M0:
        return 24;
    case DTYPE_FLOAT4E2M1:
        return 23;
    case DTYPE_UINT4:
    case DTYPE_INT4:
        return 21;
    default:
        return 19;
    }
}

/* A conversion between two narrow formats' types and one node that moves, at the given opset. */
static Scenario *at_opset(Generator *g, DType dtype, const char *op, int64_t opset)
{
    Scenario *s = scenario_new(g, "opset-%d-%s-%s", (int)opset, op, dtype_name(dtype));
    scenario_opset(s, opset);
    const gboolean first = opset == first_opset(dtype);
    scenario_about(s, "storage", "R20", "%s at opset %d, %s with %s on its type list.", op, (int)opset,
                   first ? "the first" : "one before the first", dtype_name(dtype));
    return s;
}

static void versions_of_cast(Generator *g, DType dtype)
{
    for (int before = 0; before <= 1; before++) {
        const int64_t opset = first_opset(dtype) - before;
        Scenario *s = at_opset(g, dtype, "cast", opset);
        scenario_input(s, "x", DATA_LIST(DTYPE_FLOAT, 1, 2, 1, 4));
        subbyte_cast(s, "x", "narrow", dtype, &(Conversion){ 0 });
        subbyte_cast(s, "narrow", "y", DTYPE_FLOAT, &(Conversion){ 0 });
        g_autofree char *twin = g_strdup_printf("opset-%d-cast-%s", (int)opset + 1, dtype_name(dtype));
        if (before) {
            scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(4)));
            scenario_reject(s, twin, "expected one of");
        } else {
            scenario_output(s, "y");
            scenario_emit(s);
        }
    }
}

static void versions_of_transpose(Generator *g, DType dtype)
{
    if (dtype_info(dtype)->bits == 8 && dtype != DTYPE_FLOAT8E8M0)
        return; /* Transpose has listed the four float8 types only since 21, together with the 4-bit ones */
    for (int before = 0; before <= 1; before++) {
        const int64_t opset = first_opset(dtype) - before;
        Scenario *s = at_opset(g, dtype, "transpose", opset);
        scenario_input(s, "x", subbyte_staircase(dtype, &SHAPE(3, 5)));
        scenario_node(s, "", "Transpose", NAMES("x"), NAMES("y"));
        g_autofree char *twin = g_strdup_printf("opset-%d-transpose-%s", (int)opset + 1, dtype_name(dtype));
        if (before) {
            scenario_output_typed(s, "y", type_tensor(scenario_model(s), dtype, &SHAPE(5, 3)));
            scenario_reject(s, twin, "expected one of");
        } else {
            scenario_output(s, "y");
            scenario_compare_bits(s);
            scenario_emit(s);
        }
    }
}

/* ---- operators that list no narrow type --------------------------------------------------------------------------- */

/* The twin is the same node on `plain`, a type of the same kind that the operator lists. */
static void unlisted(Generator *g, const char *op, DType dtype, DType plain)
{
    for (int refused = 0; refused <= 1; refused++) {
        const DType type = refused ? dtype : plain;
        g_autofree char *lower = g_ascii_strdown(op, -1);
        Scenario *s = scenario_new(g, "unlisted-%s-%s%s", lower, dtype_name(dtype), refused ? "" : "-twin");
        scenario_about(s, "storage", "R20", "%s of %s, which it %s.", op, dtype_name(type), refused ? "does not list" : "lists");
        scenario_input(s, "a", DATA_LIST(type, 1, 0, 1));
        scenario_input(s, "b", DATA_LIST(type, 0, 1, 1));
        Node *node = scenario_node(s, "", op, NAMES("a", "b"), NAMES("y"));
        if (g_str_equal(op, "Concat"))
            scenario_set_int(s, node, "axis", 0);
        g_autofree char *twin = g_strdup_printf("unlisted-%s-%s-twin", lower, dtype_name(dtype));
        if (refused) {
            scenario_output_typed(s, "y", type_tensor(scenario_model(s), type, g_str_equal(op, "Concat") ? &SHAPE(6) : &SHAPE(3)));
            scenario_reject(s, twin, "expected one of");
        } else {
            scenario_output(s, "y");
            scenario_emit(s);
        }
    }
}

/* ---- wrong attributes --------------------------------------------------------------------------------------------- */

static void wrong_round_mode(Generator *g, const char *op, const char *mode, const char *name)
{
    const gboolean like = g_str_equal(op, "CastLike");
    Scenario *s = scenario_new(g, "round-mode-%s-%s", name, like ? "castlike" : "cast");
    scenario_about(s, "cast", "R31", "%s to float8e8m0 with the unknown round_mode '%s'.", op, mode);
    scenario_input(s, "x", DATA_LIST(DTYPE_FLOAT, 1, 1.5, 3));
    if (like)
        scenario_input(s, "like", data_scalar(DTYPE_FLOAT8E8M0, 1));
    Node *node = scenario_node(s, "", op, like ? NAMES("x", "like") : NAMES("x"), NAMES("y"));
    if (!like)
        scenario_set_int(s, node, "to", DTYPE_FLOAT8E8M0);
    scenario_set_string(s, node, "round_mode", mode);
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT8E8M0, &SHAPE(3)));
    scenario_reject(s, like ? "castlike-up-float8e8m0" : "cast-float-to-float8e8m0-down", "round_mode");
}

static void missing_to(Generator *g)
{
    Scenario *s = scenario_new(g, "cast-without-to");
    scenario_about(s, "cast", "R43", "Cast that does not say to what.");
    scenario_input(s, "x", DATA_LIST(DTYPE_INT8, 0, 1, -1));
    scenario_node(s, "", "Cast", NAMES("x"), NAMES("y"));
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_INT2, &SHAPE(3)));
    scenario_reject(s, "cast-int8-to-int2", "to");
}

static void unequal_widths(Generator *g, DType from, DType to, const char *twin)
{
    Scenario *s = scenario_new(g, "bitcast-unequal-%s-to-%s", dtype_name(from), dtype_name(to));
    scenario_opset(s, 26);
    scenario_about(s, "cast", "R46", "BitCast of %s to %s, which has another width.", dtype_name(from), dtype_name(to));
    scenario_input(s, "x", subbyte_staircase(from, &SHAPE(4)));
    scenario_set_int(s, scenario_node(s, "", "BitCast", NAMES("x"), NAMES("y")), "to", to);
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), to, &SHAPE(4)));
    scenario_reject(s, twin, "bits");
}

void subbyte_generate_refused_types(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(unknown_numbers); i++) {
        unknown_initializer(g, unknown_numbers[i], TRUE);
        unknown_initializer(g, unknown_numbers[i], FALSE);
        unknown_input(g, unknown_numbers[i]);
        unknown_target(g, unknown_numbers[i]);
    }
    for (gsize t = 0; t < SUBBYTE_TYPES; t++) {
        const DType dtype = subbyte_types[t];
        versions_of_cast(g, dtype);
        versions_of_transpose(g, dtype);
        unlisted(g, "Concat", dtype, dtype_is_float(dtype) ? DTYPE_FLOAT : DTYPE_INT8);
        unlisted(g, "Add", dtype, dtype_is_float(dtype) ? DTYPE_FLOAT : DTYPE_INT8);
    }
    static const char *const modes[][2] = { { "UP", "upper-case" }, { "even", "even" }, { "", "empty" } };
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        wrong_round_mode(g, "Cast", modes[i][0], modes[i][1]);
        wrong_round_mode(g, "CastLike", modes[i][0], modes[i][1]);
    }
    missing_to(g);
    unequal_widths(g, DTYPE_UINT8, DTYPE_UINT4, "bitcast-uint8-to-float8e4m3fn");
    unequal_widths(g, DTYPE_UINT4, DTYPE_UINT2, "bitcast-uint4-to-float4e2m1");
    unequal_widths(g, DTYPE_INT2, DTYPE_FLOAT4E2M1, "bitcast-int2-to-uint2");
    unequal_widths(g, DTYPE_FLOAT8E8M0, DTYPE_FLOAT16, "bitcast-float8e8m0-to-uint8");
}
