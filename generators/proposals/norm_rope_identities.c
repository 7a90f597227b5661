/* Identities of RotaryEmbedding: what must come out is known without computing it, or computed in another way. */
#include "generators/proposals/norm_rope.h"

#include <math.h>

/* Cosines and sines of quarter turns: place p, channel i is turned by p * (i + 1) quarters. */
static Tensor *quarter_turns(const Rope *r, gboolean sine, int direction)
{
    static const double sines[] = { 0, 1, 0, -1 };
    const Shape shape = rope_cache_shape(r);
    Tensor *t = data_constant(r->dtype, &shape, 0);
    const int64_t half = shape.dims[shape.rank - 1];
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t turns = i / half % (r->table ? r->table : r->length) * (i % half + 1) % 4;
        tensor_set_double(t, i, sine ? direction * sines[turns] : sines[(turns + 1) % 4]);
    }
    return t;
}

/* Turned there and back: the input again. */
static void inverse(Generator *g)
{
    for (int way = 0; way < 8; way++) {
        const Rope r = { .batch = 2, .heads = 3, .length = 5, .depth = 8, .rotated = way & 4 ? 4 : 0, .flat = way & 1,
                         .interleaved = way >> 1 & 1, .dtype = DTYPE_FLOAT };
        Scenario *s = scenario_new(g, "rope-inverse-%s-%s%s", r.flat ? "3d" : "4d", r.interleaved ? "pairs" : "halves",
                                   r.rotated ? "-partial" : "");
        scenario_about(s, "rope", "R30", "Turned by quarters and back by the negated sines: the input comes out.");
        rope_describe(s, &r, NULL, quarter_turns(&r, FALSE, 1), quarter_turns(&r, TRUE, 1));
        scenario_constant(s, "nis", quarter_turns(&r, TRUE, -1));
        Node *back = scenario_node(s, "", "RotaryEmbedding", NAMES("y", "cos", "nis"), NAMES("z"));
        scenario_set_int(s, back, "interleaved", r.interleaved);
        scenario_set_int(s, back, "rotary_embedding_dim", r.rotated);
        if (r.flat)
            scenario_set_int(s, back, "num_heads", r.heads);
        scenario_output(s, "z");
        scenario_expect(s, 0, rope_x(&r));
        rope_meaning(s, &r, ROPE_SPLIT);
        scenario_emit_forms(s, 1u << FORM_NATIVE);
    }
}

/* Position a + b is position b after position a. */
static void composition(Generator *g)
{
    static const int64_t first[] = { 1, 3, 0, 2, 5 }, second[] = { 4, 0, 3, 6, 1 };
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        int64_t sums[5];
        for (int i = 0; i < 5; i++)
            sums[i] = first[i] + second[i];
        Rope r = { .batch = 1,
                   .heads = 2,
                   .length = 5,
                   .depth = 6,
                   .interleaved = interleaved,
                   .table = 9,
                   .dtype = DTYPE_FLOAT,
                   .positions = sums };
        Scenario *whole = scenario_new(g, "rope-composition-%s-sum", interleaved ? "pairs" : "halves");
        scenario_about(whole, "rope", "R30 R26", "Quarter turns at the positions a + b.");
        rope_describe(whole, &r, NULL, quarter_turns(&r, FALSE, 1), quarter_turns(&r, TRUE, 1));
        rope_meaning(whole, &r, ROPE_SPLIT);
        scenario_output(whole, "y");
        Tensor *expected;
        if (!scenario_run(whole, &expected, 1))
            return;
        scenario_emit(whole);

        r.positions = first;
        Scenario *s = scenario_new(g, "rope-composition-%s-steps", interleaved ? "pairs" : "halves");
        scenario_about(s, "rope", "R30 R26", "Quarter turns at position a, then at position b, are those at a + b.");
        rope_describe(s, &r, NULL, quarter_turns(&r, FALSE, 1), quarter_turns(&r, TRUE, 1));
        scenario_constant(s, "more", data_int64s(&SHAPE(1, 5), second));
        Node *node = scenario_node(s, "", "RotaryEmbedding", NAMES("y", "cos", "sin", "more"), NAMES("z"));
        scenario_set_int(s, node, "interleaved", interleaved);
        scenario_output(s, "z");
        scenario_expect(s, 0, expected);
        scenario_emit_forms(s, 1u << FORM_NATIVE);
    }
}

/* The layouts and the two ways to give the caches say the same thing. */
static void equivalences(Generator *g)
{
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        const Rope plain = { .batch = 2,
                             .heads = 3,
                             .length = 5,
                             .depth = 8,
                             .rotated = 6,
                             .interleaved = interleaved,
                             .table = 9,
                             .dtype = DTYPE_FLOAT16 };
        const char *kind = interleaved ? "pairs" : "halves";
        Scenario *s = scenario_new(g, "rope-same-%s-4d", kind);
        scenario_about(s, "rope", "R31 R24",
                       "The first of four ways to say one rotation: [batch, heads, places, channels], positions.");
        rope_describe(s, &plain, NULL, NULL, NULL);
        rope_meaning(s, &plain, ROPE_SPLIT);
        scenario_output(s, "y");
        g_autoptr(Tensor) expected = NULL;
        if (!scenario_run(s, &expected, 1))
            return;
        scenario_emit(s);

        Rope flat = plain;
        flat.flat = TRUE;
        s = scenario_new(g, "rope-same-%s-3d", kind);
        scenario_about(s, "rope", "R31 R25", "The same rotation with the heads within the channels, between transposes.");
        scenario_input(s, "x4", rope_x(&plain));
        scenario_input(s, "cos", rope_cache(&plain, FALSE));
        scenario_input(s, "sin", rope_cache(&plain, TRUE));
        scenario_input(s, "positions", rope_positions(&plain));
        scenario_text(s, "bsnh = Transpose <perm = [0, 2, 1, 3]> (x4)  f = Constant <value = int64[3] {0, 0, -1}> ()  "
                         "x = Reshape (bsnh, f)");
        rope_node(s, &flat, "x", "y");
        scenario_text(s, "h = Constant <value = int64[4] {0, 0, 3, 8}> ()  apart = Reshape (y, h)  "
                         "z = Transpose <perm = [0, 2, 1, 3]> (apart)");
        scenario_output(s, "z");
        scenario_expect(s, 0, tensor_ref(expected));
        scenario_emit_forms(s, 1u << FORM_NATIVE);

        Rope places = plain;
        places.table = 0;
        s = scenario_new(g, "rope-same-%s-gathered", kind);
        scenario_about(s, "rope", "R31 R27", "The same rotation with the rows of the caches gathered before.");
        scenario_input(s, "x", rope_x(&plain));
        scenario_input(s, "table_cos", rope_cache(&plain, FALSE));
        scenario_input(s, "table_sin", rope_cache(&plain, TRUE));
        scenario_input(s, "positions", rope_positions(&plain));
        scenario_text(s, "cos = Gather (table_cos, positions)  sin = Gather (table_sin, positions)");
        rope_node(s, &places, "x", "y");
        scenario_output(s, "y");
        scenario_expect(s, 0, tensor_ref(expected));
        scenario_emit_forms(s, 1u << FORM_NATIVE);

        s = scenario_new(g, "rope-same-%s-permuted", kind);
        scenario_about(s, "rope", interleaved ? "R31 R21" : "R31 R22",
                       "The same rotation as the other kind of pairs, between permutations of the channels.");
        Rope other = plain;
        other.interleaved = !interleaved;
        static const int64_t to_pairs[] = { 0, 3, 1, 4, 2, 5, 6, 7 }, to_halves[] = { 0, 2, 4, 1, 3, 5, 6, 7 };
        scenario_input(s, "raw", rope_x(&plain));
        scenario_input(s, "cos", rope_cache(&plain, FALSE));
        scenario_input(s, "sin", rope_cache(&plain, TRUE));
        scenario_input(s, "positions", rope_positions(&plain));
        scenario_constant(s, "there", data_int64s(&SHAPE(8), interleaved ? to_halves : to_pairs));
        scenario_constant(s, "back", data_int64s(&SHAPE(8), interleaved ? to_pairs : to_halves));
        scenario_text(s, "x = Gather <axis = -1> (raw, there)");
        rope_node(s, &other, "x", "y");
        scenario_text(s, "z = Gather <axis = -1> (y, back)");
        scenario_output(s, "z");
        scenario_expect(s, 0, tensor_ref(expected));
        scenario_emit_forms(s, 1u << FORM_NATIVE);
    }
}

/* Token by token with positions is what all tokens at once give. */
static void decode(Generator *g)
{
    static const int64_t positions[] = { 0, 1, 2, 3, 4, 5 };
    const Rope all = {
        .batch = 1, .heads = 2, .length = 6, .depth = 4, .table = 9, .dtype = DTYPE_FLOAT, .positions = positions
    };
    Scenario *s = scenario_new(g, "rope-decode-whole");
    scenario_about(s, "rope", "R32", "Six tokens at once.");
    rope_describe(s, &all, NULL, NULL, NULL);
    rope_meaning(s, &all, ROPE_SPLIT);
    scenario_output(s, "y");
    g_autoptr(Tensor) whole = NULL;
    if (!scenario_run(s, &whole, 1))
        return;
    scenario_emit(s);
    g_autoptr(Tensor) x = rope_x(&all);
    for (int64_t p = 0; p < 6; p++) {
        Rope one = all;
        one.length = 1;
        one.positions = &positions[p];
        Tensor *token = data_constant(DTYPE_FLOAT, &SHAPE(1, 2, 1, 4), 0),
               *expected = data_constant(DTYPE_FLOAT, &SHAPE(1, 2, 1, 4), 0);
        for (int64_t i = 0; i < 8; i++) {
            const int64_t from = (i / 4 * 6 + p) * 4 + i % 4;
            tensor_set_bits(token, i, tensor_get_bits(x, from));
            tensor_set_bits(expected, i, tensor_get_bits(whole, from));
        }
        s = scenario_new(g, "rope-decode-step%d", (int)p);
        scenario_about(s, "rope", "R32 R26", "The token at position %d alone.", (int)p);
        rope_describe(s, &one, token, NULL, NULL);
        rope_meaning(s, &one, ROPE_SPLIT);
        scenario_output(s, "y");
        scenario_expect(s, 0, expected);
        scenario_emit(s);
    }
}

/* Channels that do not rotate are moved, not computed: infinities, signed zeros and NaN pass. */
static void untouched(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    static const double still[] = { INFINITY, -0.0, NAN, -INFINITY };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (int interleaved = 0; interleaved < 2; interleaved++) {
            const Rope r = { .batch = 1,
                             .heads = 2,
                             .length = 3,
                             .depth = 8,
                             .rotated = 4,
                             .interleaved = interleaved,
                             .dtype = types[t] };
            Scenario *s = scenario_new(g, "rope-untouched-%s-%s", interleaved ? "pairs" : "halves", dtype_name(types[t]));
            scenario_about(s, "rope", "R23", "Infinities, NaN and a negative zero in channels that do not rotate.");
            Tensor *x = rope_x(&r);
            for (int64_t i = 0; i < x->count; i++)
                if (i % 8 >= 4)
                    tensor_set_double(x, i, still[i % 4]);
            rope_describe(s, &r, x, NULL, NULL);
            rope_meaning(s, &r, ROPE_SPLIT);
            scenario_output(s, "y");
            scenario_emit(s);
        }
}

/* Data as models have it, where products round. */
static void general(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (int way = 0; way < 4; way++) {
            const Rope r = { .batch = 2,
                             .heads = 2,
                             .length = 4,
                             .depth = 8,
                             .flat = way & 1,
                             .interleaved = way >> 1,
                             .dtype = types[t] };
            Scenario *s = scenario_new(g, "rope-general-%s-%s-%s", r.flat ? "3d" : "4d",
                                       r.interleaved ? "pairs" : "halves", dtype_name(types[t]));
            scenario_about(s, "rope", r.interleaved ? "R20 R22 R33" : "R20 R21 R33", "General data in %s.",
                           dtype_name(types[t]));
            const Shape x = rope_x_shape(&r), cache = rope_cache_shape(&r);
            rope_describe(s, &r, data_normal(types[t], &x, data_seed("general x")),
                          data_scaled(types[t], &cache, data_seed("general cosine"), -4095, 4095, -12),
                          data_scaled(types[t], &cache, data_seed("general sine"), -4095, 4095, -12));
            scenario_output(s, "y");
            scenario_emit_forms(s, 1u << FORM_NATIVE);
        }
}

void norm_rope_rope_identities(Generator *g)
{
    inverse(g);
    composition(g);
    equivalences(g);
    decode(g);
    untouched(g);
    general(g);
}
