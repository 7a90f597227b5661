/* subbyte-types: what the parts share, and their order. */
#include "generators/proposals/subbyte_types.h"

#include <math.h>

const DType subbyte_types[SUBBYTE_TYPES] = { DTYPE_UINT2,        DTYPE_INT2,           DTYPE_UINT4,      DTYPE_INT4,
                                             DTYPE_FLOAT4E2M1,   DTYPE_FLOAT8E4M3FN,   DTYPE_FLOAT8E4M3FNUZ,
                                             DTYPE_FLOAT8E5M2,   DTYPE_FLOAT8E5M2FNUZ, DTYPE_FLOAT8E8M0 };

gboolean subbyte_is_narrow(DType dtype)
{
    for (gsize i = 0; i < SUBBYTE_TYPES; i++)
        if (subbyte_types[i] == dtype)
            return TRUE;
    return FALSE;
}

char *subbyte_shape_name(const Shape *shape)
{
    GString *name = g_string_new(shape->rank == 0 ? "scalar" : NULL);
    for (int i = 0; i < shape->rank; i++)
        g_string_append_printf(name, "%s%" G_GINT64_FORMAT, i ? "x" : "", shape->dims[i]);
    return g_string_free(name, FALSE);
}

Tensor *subbyte_staircase(DType dtype, const Shape *shape)
{
    Tensor *t = data_all_codes(dtype, shape);
    const uint64_t mask = (UINT64_C(1) << dtype_info(dtype)->bits) - 1;
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(t, i, (uint64_t)(i + 1) & mask);
    return t;
}

uint64_t subbyte_encode(DType to, double value, const Conversion *how)
{
    static const E8m0Rounding e8m0[] = { E8M0_UP, E8M0_UP, E8M0_DOWN, E8M0_NEAREST };
    if (to == DTYPE_FLOAT8E8M0)
        return float_encode_e8m0(value, e8m0[how->rounding], !how->not_saturating);
    const gboolean saturates = dtype_info(to)->bits == 8 && !how->not_saturating;
    return float_encode(dtype_info(to)->format, value, saturates ? OVERFLOW_SATURATE : OVERFLOW_NATURAL);
}

Node *subbyte_cast(Scenario *s, const char *from, const char *to_name, DType to, const Conversion *how)
{
    static const char *const modes[] = { NULL, "up", "down", "nearest" };
    Node *node = scenario_node(s, "", "Cast", NAMES(from), NAMES(to_name));
    scenario_set_int(s, node, "to", to);
    if (how->not_saturating)
        scenario_set_int(s, node, "saturate", 0);
    if (how->rounding != ROUND_DEFAULT)
        scenario_set_string(s, node, "round_mode", modes[how->rounding]);
    return node;
}

static void generate(Generator *g)
{
    subbyte_generate_storage(g);
    subbyte_generate_refused_storage(g);
    subbyte_generate_refused_types(g);
    subbyte_generate_casts(g);
    subbyte_generate_cast_edges(g);
    subbyte_generate_cast_open(g);
    subbyte_generate_decomposed(g);
    subbyte_generate_movement(g);
    subbyte_generate_carried(g);
}
PROPOSAL_DEFINE(subbyte_types, "subbyte-types", generate)
