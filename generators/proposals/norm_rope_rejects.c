/* Normalisations and rotations that must be refused. */
#include "generators/proposals/norm_rope.h"

#include <string.h>

/* ---- RMSNormalization -------------------------------------------------------------------------------------------- */

#define RMS_TWIN "rms-valid"

static void rms_inputs(Scenario *s, DType x, DType scale, const Shape *scale_shape)
{
    scenario_input(s, "x", rms_rows(x, &SHAPE(2, 3, 4), 4));
    scenario_input(s, "scale", data_constant(scale, scale_shape, 2));
}

static void rms_reject(Generator *g, const char *name, const char *requirement, const char *what, const char *because,
                       const Shape *scale, int64_t axis, int64_t stash, DType x, DType scale_type, int64_t opset)
{
    Scenario *s = scenario_new(g, "rms-reject-%s", name);
    scenario_about(s, "rms", requirement, "Must be refused: %s.", what);
    scenario_opset(s, opset);
    rms_inputs(s, x, scale_type, scale);
    Node *node = scenario_node(s, "", "RMSNormalization", NAMES("x", "scale"), NAMES("y"));
    scenario_set_int(s, node, "axis", axis);
    scenario_set_float(s, node, "epsilon", 1);
    if (stash != DTYPE_FLOAT)
        scenario_set_int(s, node, "stash_type", stash);
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), scale_type, &SHAPE(2, 3, 4)));
    scenario_reject(s, RMS_TWIN, because);
}

void norm_rope_rms_rejects(Generator *g)
{
    Scenario *s = scenario_new(g, RMS_TWIN);
    scenario_about(s, "rms", "R1 R10 R11 R12 R13 R14", "The valid twin of the cases that must be refused.");
    scenario_opset(s, 23);
    rms_inputs(s, DTYPE_FLOAT, DTYPE_FLOAT, &SHAPE(4));
    const Rms r = { .x = SHAPE(2, 3, 4), .scale = SHAPE(4), .axis = -1, .epsilon = 1, .dtype = DTYPE_FLOAT };
    rms_node(s, &r);
    rms_meaning(s, &r, RMS_BODY);
    scenario_output(s, "y");
    scenario_emit(s);

    const DType f = DTYPE_FLOAT;
    static const struct {
        const char *name, *what;
        int64_t     axis;
    } axes[] = { { "axis-above", "axis 3 of rank 3", 3 },
                 { "axis-below", "axis -4 of rank 3", -4 },
                 { "axis-far", "axis 1000 of rank 3", 1000 } };
    for (gsize i = 0; i < G_N_ELEMENTS(axes); i++)
        rms_reject(g, axes[i].name, "R10", axes[i].what, "axis", &SHAPE(4), axes[i].axis, f, f, f, 23);
    static const struct {
        const char *name, *what;
        Shape       scale;
    } scales[] = {
        { "scale-short", "a scale of 3 elements for rows of 4", { 1, { 3 } } },
        { "scale-long", "a scale of 5 elements for rows of 4", { 1, { 5 } } },
        { "scale-column", "a scale of shape [4,1], which would widen x", { 2, { 4, 1 } } },
        { "scale-rank", "a scale of more axes than x", { 4, { 1, 2, 3, 4 } } },
        { "scale-empty", "a scale without elements", { 1, { 0 } } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(scales); i++)
        rms_reject(g, scales[i].name, "R11", scales[i].what, "scale", &scales[i].scale, -1, f, f, f, 23);
    rms_reject(g, "stash-int32", "R12", "computing in int32", "stash_type", &SHAPE(4), -1, DTYPE_INT32, f, f, 23);
    rms_reject(g, "stash-undefined", "R12", "computing in the undefined type", "stash_type", &SHAPE(4), -1,
               DTYPE_UNDEFINED, f, f, 23);
    rms_reject(g, "stash-unknown", "R12", "computing in a type that does not exist", "stash_type", &SHAPE(4), -1, 99, f,
               f, 23);
    rms_reject(g, "x-int32", "R13", "integers", "int32", &SHAPE(4), -1, f, DTYPE_INT32, f, 23);
    rms_reject(g, "scale-int64", "R13", "a scale of integers", "int64", &SHAPE(4), -1, f, f, DTYPE_INT64, 23);
    rms_reject(g, "opset-22", "R14", "opset 22 has no RMSNormalization", "RMSNormalization", &SHAPE(4), -1, f, f, f, 22);
}

/* ---- RotaryEmbedding --------------------------------------------------------------------------------------------- */

/* What differs from the twin: x [2, 3, 5, 8] or [2, 5, 24], caches [9, 3], positions [2, 5], 6 channels rotate. */
typedef struct {
    const char *name, *requirement, *what, *because;
    gboolean    flat, no_positions /* the twin has caches [2, 5, 3] and no positions */;
    Shape       x, cosine, sine, positions; /* rank 0: as the twin's */
    int64_t     rotated, heads;             /* -99: not written; 0: as the twin's */
    int64_t     position;                   /* of the last place; 0: as the twin's */
    gboolean    drop_positions, add_positions;
    DType       x_type, cache_type, position_type; /* 0: as the twin's */
} Change;

static const Change changes[] = {
    { "rotated-odd", "R40", "5 channels rotate: a pair is broken", "even", .rotated = 5 },
    { "rotated-beyond", "R40", "10 of 8 channels rotate", "10 channels rotate", .rotated = 10 },
    { "rotated-negative", "R40", "-2 channels rotate", "-2 channels rotate", .rotated = -2 },
    { "depth-odd", "R40", "7 channels, and all rotate", "even", .x = { 4, { 2, 3, 5, 7 } }, .rotated = -99 },
    { "caches-wide", "R41", "caches of 4 columns for 3 pairs", "cos_cache", .cosine = { 2, { 9, 4 } }, .sine = { 2, { 9, 4 } } },
    { "caches-full-width", "R41", "caches of 6 columns, as rotate-half patterns have them", "cos_cache", .cosine = { 2, { 9, 6 } }, .sine = { 2, { 9, 6 } } },
    { "caches-narrow", "R41", "caches of 2 columns for 3 pairs", "cos_cache", .cosine = { 2, { 9, 2 } }, .sine = { 2, { 9, 2 } } },
    { "caches-one-column", "R41", "caches of 1 column, which might broadcast", "cos_cache", .cosine = { 2, { 9, 1 } }, .sine = { 2, { 9, 1 } } },
    { "sine-narrow", "R41", "sines of 2 columns beside cosines of 3", "sin_cache", .sine = { 2, { 9, 2 } } },
    { "sine-short", "R41", "sines of 8 rows beside cosines of 9", "sin_cache", .sine = { 2, { 8, 3 } } },
    { "caches-wide-places", "R41", "caches [2,5,4] for 3 pairs", "cos_cache", .no_positions = TRUE, .cosine = { 3, { 2, 5, 4 } }, .sine = { 3, { 2, 5, 4 } } },
    { "caches-batch", "R42", "caches of one batch item for two", "cos_cache", .no_positions = TRUE, .cosine = { 3, { 1, 5, 3 } }, .sine = { 3, { 1, 5, 3 } } },
    { "caches-places", "R42", "caches of 4 places for 5", "cos_cache", .no_positions = TRUE, .cosine = { 3, { 2, 4, 3 } }, .sine = { 3, { 2, 4, 3 } } },
    { "caches-rank-3-with-positions", "R42", "caches of rank 3 together with positions", "cos_cache", .cosine = { 3, { 2, 5, 3 } }, .sine = { 3, { 2, 5, 3 } } },
    { "caches-rank-2-without-positions", "R42", "caches of rank 2 without positions", "cos_cache", .drop_positions = TRUE },
    { "positions-added", "R42", "positions beside caches by place", "cos_cache", .no_positions = TRUE, .add_positions = TRUE },
    { "positions-flat", "R43", "positions of shape [5] for two batch items", "position_ids", .positions = { 1, { 5 } } },
    { "positions-one-batch", "R43", "positions of one batch item for two", "position_ids", .positions = { 2, { 1, 5 } } },
    { "positions-long", "R43", "six positions for five places", "position_ids", .positions = { 2, { 2, 6 } } },
    { "position-at-end", "R44", "position 9 of caches with 9 rows", "position_ids", .position = 9 },
    { "position-far", "R44", "a position far outside the caches", "position_ids", .position = 1000000007 },
    { "position-negative", "R44", "position -1", "position_ids", .position = -1 },
    { "heads-missing", "R45", "channels of rank 3 without num_heads", "num_heads", .flat = TRUE, .heads = -99 },
    { "heads-zero", "R45", "no heads", "num_heads", .flat = TRUE, .heads = -98 },
    { "heads-no-divisor", "R45", "5 heads in 24 channels", "num_heads", .flat = TRUE, .heads = 5 },
    { "heads-negative", "R45", "-3 heads", "num_heads", .flat = TRUE, .heads = -3 },
    { "x-rank-2", "R46", "x of rank 2", "rank", .x = { 2, { 5, 8 } } },
    { "x-rank-5", "R46", "x of rank 5", "rank", .x = { 5, { 1, 2, 3, 5, 8 } } },
    { "x-double", "R47", "x, cosines and sines of type double, which is not listed", "double", .x_type = DTYPE_DOUBLE, .cache_type = DTYPE_DOUBLE },
    { "caches-float16", "R47", "caches of float16 for x of float", "float16", .cache_type = DTYPE_FLOAT16 },
    { "positions-int32", "R47", "positions of type int32", "int32", .position_type = DTYPE_INT32 },
};

static Rope twin_of(gboolean flat, gboolean no_positions)
{
    return (Rope){ .batch = 2,
                   .heads = 3,
                   .length = 5,
                   .depth = 8,
                   .rotated = 6,
                   .flat = flat,
                   .table = no_positions ? 0 : 9,
                   .dtype = DTYPE_FLOAT };
}

static const char *twin_name(gboolean flat, gboolean no_positions)
{
    return flat ? "rope-valid-3d" : no_positions ? "rope-valid-places" : "rope-valid-positions";
}

static Tensor *cast(Tensor *t, DType dtype)
{
    Tensor *other = data_constant(dtype, &t->shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(other, i, tensor_get_double(t, i));
    tensor_unref(t);
    return other;
}

static Tensor *shaped(Tensor *own, const Shape *shape, DType dtype)
{
    if (shape->rank) {
        tensor_unref(own);
        own = data_constant(DTYPE_FLOAT, shape, 0.5);
    }
    return cast(own, dtype ? dtype : DTYPE_FLOAT);
}

static Tensor *changed_positions(const Change *c, const Rope *r)
{
    Rope with = *r;
    with.table = 9;
    Tensor *positions = rope_positions(&with);
    if (c->positions.rank) {
        tensor_unref(positions);
        positions = data_constant(DTYPE_INT64, &c->positions, 1);
    }
    if (c->position)
        tensor_set_int(positions, positions->count - 1, c->position);
    return cast(positions, c->position_type ? c->position_type : DTYPE_INT64);
}

static void changed(Generator *g, const Change *c)
{
    const Rope r = twin_of(c->flat, c->no_positions);
    Scenario *s = scenario_new(g, "rope-reject-%s", c->name);
    scenario_about(s, "rope", c->requirement, "Must be refused: %s.", c->what);
    Tensor *x = shaped(rope_x(&r), &c->x, c->x_type);
    const Shape shape = x->shape;
    scenario_input(s, "x", x);
    scenario_input(s, "cos", shaped(rope_cache(&r, FALSE), &c->cosine, c->cache_type));
    scenario_input(s, "sin", shaped(rope_cache(&r, TRUE), &c->sine, c->cache_type));
    Rope node_rope = r;
    const gboolean positions = (!c->no_positions && !c->drop_positions) || c->add_positions;
    if (positions)
        scenario_input(s, "positions", changed_positions(c, &r));
    node_rope.table = positions ? 9 : 0;
    node_rope.rotated = c->rotated == -99 ? 0 : c->rotated ? c->rotated : r.rotated;
    node_rope.flat = c->flat && c->heads != -99;
    node_rope.heads = c->heads == -98 ? 0 : c->heads ? c->heads : r.heads;
    rope_node(s, &node_rope, "x", "y");
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), c->x_type ? c->x_type : DTYPE_FLOAT, &shape));
    scenario_reject(s, twin_name(c->flat, c->no_positions), c->because);
}

void norm_rope_rope_rejects(Generator *g)
{
    static const gboolean twins[][2] = { { FALSE, FALSE }, { FALSE, TRUE }, { TRUE, FALSE } };
    for (gsize i = 0; i < G_N_ELEMENTS(twins); i++) {
        const Rope r = twin_of(twins[i][0], twins[i][1]);
        Scenario *s = scenario_new(g, "%s", twin_name(twins[i][0], twins[i][1]));
        scenario_about(s, "rope", "R20 R40 R41 R42 R43 R44 R45 R46 R47 R48",
                       "A valid twin of the cases that must be refused.");
        scenario_opset(s, 23);
        rope_describe(s, &r, NULL, NULL, NULL);
        rope_meaning(s, &r, ROPE_SPLIT);
        scenario_output(s, "y");
        scenario_emit(s);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
        changed(g, &changes[i]);
    const Rope r = twin_of(FALSE, FALSE);
    Scenario *s = scenario_new(g, "rope-reject-opset-22");
    scenario_about(s, "rope", "R48", "Must be refused: opset 22 has no RotaryEmbedding.");
    scenario_opset(s, 22);
    rope_describe(s, &r, NULL, NULL, NULL);
    const Shape shape = rope_x_shape(&r);
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT, &shape));
    scenario_reject(s, twin_name(FALSE, FALSE), "RotaryEmbedding");
}
