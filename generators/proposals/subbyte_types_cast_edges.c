/* Conversions beyond the sweep of pairs: shapes, saturate where it must not matter, wrap-around, CastLike, BitCast. */
#include "generators/proposals/subbyte_types.h"

#include <math.h>

/* ---- shapes ------------------------------------------------------------------------------------------------------- */

static void shaped(Generator *g, DType from, DType to, const Shape *shape)
{
    g_autofree char *size = subbyte_shape_name(shape);
    Scenario *s = scenario_new(g, "cast-shape-%s-%s-to-%s", size, dtype_name(from), dtype_name(to));
    scenario_about(s, "cast", "R42 R3", "Cast of %s to %s keeps the shape %s.", dtype_name(from), dtype_name(to), size);
    if (shape_count(shape) == 0)
        scenario_tag(s, "empty");
    scenario_input(s, "x", dtype_is_float(from) && dtype_info(from)->bits > 8 ? data_powers(from, shape, data_seed(size), 0, 1)
                                                                             : subbyte_staircase(from, shape));
    subbyte_cast(s, "x", "y", to, &(Conversion){ 0 });
    scenario_output(s, "y");
    scenario_emit(s);
}

static void shapes(Generator *g)
{
    static const Shape list[] = { { .rank = 0 },
                                  { .rank = 1, .dims = { 0 } },
                                  { .rank = 1, .dims = { 1 } },
                                  { .rank = 2, .dims = { 3, 5 } },
                                  { .rank = 3, .dims = { 3, 0, 2 } },
                                  { .rank = 4, .dims = { 1, 3, 1, 7 } } };
    for (gsize t = 0; t < SUBBYTE_TYPES; t++)
        for (gsize i = 0; i < G_N_ELEMENTS(list); i++) {
            shaped(g, subbyte_types[t], DTYPE_FLOAT, &list[i]);
            shaped(g, DTYPE_FLOAT, subbyte_types[t], &list[i]);
        }
}

/* ---- saturate, wrap-around ---------------------------------------------------------------------------------------- */

/* Numbers beyond the target, with saturate = 0 and 1: the results are the same. */
static void saturate_ignored(Generator *g, DType from, DType to, int saturate)
{
    Scenario *s = scenario_new(g, "saturate-%d-%s-to-%s", saturate, dtype_name(from), dtype_name(to));
    scenario_about(s, "cast", "R41", "saturate = %d does not change how %s becomes %s.", saturate, dtype_name(from),
                   dtype_name(to));
    scenario_input(s, "x", dtype_is_float(from) ? DATA_LIST(from, 7, -7, 1e6, -1e6, INFINITY, -INFINITY, 0)
                                                : DATA_LIST(from, 7, -7, 100, -100, 0, 3, -9));
    Node *node = subbyte_cast(s, "x", "y", to, &(Conversion){ 0 });
    scenario_set_int(s, node, "saturate", saturate);
    scenario_output(s, "y");
    scenario_emit(s);
}

/* Integral floats in and beyond the range; the published data wrap. */
static void wraps(Generator *g, DType from, DType to)
{
    Scenario *s = scenario_new(g, "cast-wraps-%s-to-%s", dtype_name(from), dtype_name(to));
    scenario_about(s, "cast", "R34", "Whole numbers of %s beyond the range of %s wrap.", dtype_name(from), dtype_name(to));
    scenario_tag(s, "wraps");
    scenario_input(s, "x", DATA_LIST(from, -9, -8, -5, -4, -3, -2, -1, 4, 5, 7, 8, 9, 15, 16, 17, -16, -17, 100, -100));
    subbyte_cast(s, "x", "y", to, &(Conversion){ 0 });
    scenario_output(s, "y");
    scenario_emit(s);
}

/* ---- CastLike ----------------------------------------------------------------------------------------------------- */

static Scenario *cast_like(Generator *g, const char *name, DType to, const Shape *like)
{
    Scenario *s = scenario_new(g, "castlike-%s-%s", name, dtype_name(to));
    scenario_about(s, "cast", "R44", "CastLike to the type of a %s tensor.", dtype_name(to));
    scenario_input(s, "like", subbyte_staircase(to, like));
    return s;
}

static Node *cast_like_node(Scenario *s)
{
    Node *node = scenario_node(s, "", "CastLike", NAMES("x", "like"), NAMES("y"));
    scenario_output(s, "y");
    return node;
}

static void cast_likes(Generator *g)
{
    static const Shape likes[] = { { .rank = 0 }, { .rank = 1, .dims = { 0 } }, { .rank = 2, .dims = { 3, 5 } } };
    for (gsize t = 0; t < SUBBYTE_TYPES; t++)
        for (gsize i = 0; i < G_N_ELEMENTS(likes); i++) {
            g_autofree char *size = subbyte_shape_name(&likes[i]);
            Scenario *s = cast_like(g, size, subbyte_types[t], &likes[i]);
            scenario_input(s, "x", DATA_LIST(DTYPE_FLOAT, 1, 2, 1, 1, 2));
            cast_like_node(s);
            scenario_emit(s);
        }
    for (gsize t = SUBBYTE_PACKED; t < SUBBYTE_TYPES - 1; t++)
        for (int saturate = 0; saturate <= 1; saturate++) {
            g_autofree char *name = g_strdup_printf("saturate-%d", saturate);
            Scenario *s = cast_like(g, name, subbyte_types[t], &SHAPE(1));
            scenario_input(s, "x", DATA_LIST(DTYPE_FLOAT, 1e6, -1e6, 500, 250, -100000, 3, NAN));
            scenario_set_int(s, cast_like_node(s), "saturate", saturate);
            scenario_emit(s);
        }
    Scenario *up = cast_like(g, "up", DTYPE_FLOAT8E8M0, &SHAPE(1));
    scenario_input(up, "x", DATA_LIST(DTYPE_FLOAT, 1, 1.5, 3));
    scenario_set_string(up, cast_like_node(up), "round_mode", "up");
    scenario_emit(up);
}

/* ---- BitCast ------------------------------------------------------------------------------------------------------ */

static void bit_cast(Generator *g, DType from, DType to)
{
    Scenario *s = scenario_new(g, "bitcast-%s-to-%s", dtype_name(from), dtype_name(to));
    scenario_opset(s, 26);
    scenario_about(s, "cast", "R45 R46", "BitCast keeps every code of %s as %s.", dtype_name(from), dtype_name(to));
    scenario_input(s, "x", data_all_codes(from, dtype_info(from)->bits == 8 ? &SHAPE(16, 16) : &SHAPE(3, 7)));
    scenario_set_int(s, scenario_node(s, "", "BitCast", NAMES("x"), NAMES("y")), "to", to);
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

static void bit_casts(Generator *g)
{
    static const DType types[] = { DTYPE_UINT2,          DTYPE_INT2,           DTYPE_UINT4,      DTYPE_INT4,
                                   DTYPE_FLOAT4E2M1,     DTYPE_UINT8,          DTYPE_INT8,       DTYPE_FLOAT8E4M3FN,
                                   DTYPE_FLOAT8E4M3FNUZ, DTYPE_FLOAT8E5M2,     DTYPE_FLOAT8E5M2FNUZ, DTYPE_FLOAT8E8M0 };
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(types); j++)
            if (i != j && dtype_info(types[i])->bits == dtype_info(types[j])->bits)
                bit_cast(g, types[i], types[j]);
}

void subbyte_generate_cast_edges(Generator *g)
{
    static const DType integers[] = { DTYPE_UINT2, DTYPE_INT2, DTYPE_UINT4, DTYPE_INT4 };
    static const DType floats[] = { DTYPE_FLOAT16, DTYPE_FLOAT, DTYPE_DOUBLE, DTYPE_BFLOAT16 };
    shapes(g);
    for (int saturate = 0; saturate <= 1; saturate++) {
        saturate_ignored(g, DTYPE_FLOAT, DTYPE_FLOAT4E2M1, saturate);
        saturate_ignored(g, DTYPE_FLOAT, DTYPE_FLOAT16, saturate);
        for (gsize i = 0; i < G_N_ELEMENTS(integers); i++)
            saturate_ignored(g, DTYPE_INT32, integers[i], saturate);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(integers); i++)
        for (gsize f = 0; f < G_N_ELEMENTS(floats); f++)
            wraps(g, floats[f], integers[i]);
    cast_likes(g);
    bit_casts(g);
}
