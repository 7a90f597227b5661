/* Updates that must be refused. */
#include "generators/proposals/kv_cache.h"

#define KEEP { -1, { 0 } }
#define LINEAR "valid-linear"
#define CIRCULAR "valid-circular"

/* What differs from the twin: update [2, 3, 2, 4] into a cache [2, 3, 5, 4] from the places 2 and 1. */
typedef struct {
    const char *name, *requirements, *what, *because, *twin;
    Shape       cache, update, indices; /* rank -1: as the twin's */
    int         axis;                   /* 0: -2; AXIS_0 for 0 */
    const char *mode;                   /* NULL: the twin's */
    int64_t     first[3];               /* write_indices; all 0: the twin's */
    DType       update_dtype, indices_dtype;
} Change;
enum { AXIS_0 = 77 };

static const Change changes[] = {
    { "update-rank", "R30", "the update lacks the batch axis", "update", LINEAR, KEEP, { 3, { 3, 2, 4 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-batch", "R30", "the update has another batch size", "update", LINEAR, KEEP, { 4, { 1, 3, 2, 4 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-heads", "R30", "the update has one head, which might broadcast, for a cache of three", "update", LINEAR, KEEP, { 4, { 2, 1, 2, 4 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-depth", "R30", "the update is less deep than the cache", "update", LINEAR, KEEP, { 4, { 2, 3, 2, 3 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-transposed", "R30", "places and heads of the update are swapped", "update", LINEAR, KEEP, { 4, { 2, 2, 3, 4 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-longer-linear", "R31", "six new places for a cache of five", "update", LINEAR, KEEP, { 4, { 2, 3, 6, 4 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-longer-circular", "R31", "six new places for a circular cache of five", "update", CIRCULAR, KEEP, { 4, { 2, 3, 6, 4 } }, KEEP, 0, NULL, { 0 }, 0, 0 },
    { "update-type", "R32", "an update of float16 for a cache of float", "float16", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { 0 }, DTYPE_FLOAT16, 0 },
    { "update-type-circular", "R32", "an update of int32 for a cache of float", "int32", CIRCULAR, KEEP, KEEP, KEEP, 0, NULL, { 0 }, DTYPE_INT32, 0 },
    { "axis-batch", "R33", "axis 0 is the batch", "axis", LINEAR, KEEP, KEEP, KEEP, AXIS_0, NULL, { 0 }, 0, 0 },
    { "axis-batch-negative", "R33", "axis -4 is the batch", "axis", LINEAR, KEEP, KEEP, KEEP, -4, NULL, { 0 }, 0, 0 },
    { "axis-above", "R33", "axis 4 of a cache of rank 4", "axis", LINEAR, KEEP, KEEP, KEEP, 4, NULL, { 0 }, 0, 0 },
    { "axis-below", "R33", "axis -5 of a cache of rank 4", "axis", LINEAR, KEEP, KEEP, KEEP, -5, NULL, { 0 }, 0, 0 },
    { "axis-other", "R30 R33", "the axis names the heads, on which the update is whole, so that the places differ", "update", LINEAR, KEEP, KEEP, KEEP, 1, NULL, { 0 }, 0, 0 },
    { "mode-unknown", "R34", "a mode that does not exist", "mode", LINEAR, KEEP, KEEP, KEEP, 0, "ring", { 0 }, 0, 0 },
    { "mode-case", "R34", "modes are lower case", "mode", CIRCULAR, KEEP, KEEP, KEEP, 0, "Circular", { 0 }, 0, 0 },
    { "mode-empty", "R34", "an empty mode is not the default", "mode", LINEAR, KEEP, KEEP, KEEP, 0, "", { 0 }, 0, 0 },
    { "indices-short", "R35", "one place for two batch items", "write_indices", LINEAR, KEEP, KEEP, { 1, { 1 } }, 0, NULL, { 2 }, 0, 0 },
    { "indices-long", "R35", "three places for two batch items", "write_indices", LINEAR, KEEP, KEEP, { 1, { 3 } }, 0, NULL, { 2, 1, 0 }, 0, 0 },
    { "indices-scalar", "R35", "one place of rank 0 for all batch items", "write_indices", LINEAR, KEEP, KEEP, { 0, { 0 } }, 0, NULL, { 2 }, 0, 0 },
    { "indices-rank-2", "R35", "places of shape [2,1]", "write_indices", LINEAR, KEEP, KEEP, { 2, { 2, 1 } }, 0, NULL, { 2, 1 }, 0, 0 },
    { "indices-short-circular", "R35", "one place for two batch items, circular", "write_indices", CIRCULAR, KEEP, KEEP, { 1, { 1 } }, 0, NULL, { 4 }, 0, 0 },
    { "indices-int32", "R36", "places of type int32", "int32", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { 0 }, 0, DTYPE_INT32 },
    { "linear-one-over", "R37", "the second batch item ends one place beyond the cache", "write_indices[1]", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { 2, 4 }, 0, 0 },
    { "linear-first-over", "R37", "the first batch item ends one place beyond the cache", "write_indices[0]", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { 4, 1 }, 0, 0 },
    { "linear-far-over", "R37", "a place far beyond the cache", "write_indices[0]", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { 1000000, 1 }, 0, 0 },
    { "linear-huge", "R37", "a place that overflows when the length is added", "write_indices[0]", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { INT64_MAX, 1 }, 0, 0 },
    { "linear-full-shifted", "R37", "a full update from place 1", "write_indices[1]", LINEAR, KEEP, { 4, { 2, 3, 5, 4 } }, KEEP, 0, NULL, { 0, 1 }, 0, 0 },
    { "linear-negative", "R38", "place -1 is not the last one", "write_indices[1]", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { 2, -1 }, 0, 0 },
    { "linear-negative-huge", "R38", "the smallest number", "write_indices[0]", LINEAR, KEEP, KEEP, KEEP, 0, NULL, { INT64_MIN, 1 }, 0, 0 },
};

static const Update linear = {
    .cache = { 4, { 2, 3, 5, 4 } }, .axis = -2, .length = 2, .dtype = DTYPE_FLOAT, .indices = (const int64_t[]){ 2, 1 }
};
static const Update circular = { .cache = { 4, { 2, 3, 5, 4 } },
                                 .axis = -2,
                                 .length = 2,
                                 .circular = TRUE,
                                 .dtype = DTYPE_FLOAT,
                                 .indices = (const int64_t[]){ 4, 1 } };

static void twin(Generator *g, const char *name, const Update *u)
{
    Scenario *s = scenario_new(g, "%s", name);
    scenario_about(s, "tensorscatter",
                   u->circular ? "R1 R7 R30 R31 R32 R33 R34 R35 R36" : "R1 R4 R30 R31 R32 R33 R34 R35 R36 R37 R38 R40",
                   "The valid twin of the cases that must be refused.");
    const Shape update = kv_update_shape(u);
    scenario_input(s, "past_cache", kv_cache_data(u->dtype, &u->cache));
    scenario_input(s, "update", kv_update_data(u->dtype, &update));
    scenario_input(s, "write_indices", data_int64s(&SHAPE(2), u->indices));
    kv_tensor_scatter(s, u, "past_cache", "update", "write_indices", "present_cache");
    scenario_output(s, "present_cache");
    scenario_compare_bits(s);
    kv_meaning(s, u);
    scenario_emit(s);
}

static void changed(Generator *g, const Change *c)
{
    const Update *base = c->twin[6] == 'c' ? &circular : &linear;
    Scenario *s = scenario_new(g, "reject-%s", c->name);
    scenario_about(s, "tensorscatter", c->requirements, "Must be refused: %s.", c->what);
    const Shape own = kv_update_shape(base), indices = c->indices.rank < 0 ? SHAPE(2) : c->indices;
    const Shape update = c->update.rank < 0 ? own : c->update;
    scenario_input(s, "past_cache", kv_cache_data(DTYPE_FLOAT, &base->cache));
    scenario_input(s, "update", kv_update_data(c->update_dtype ? c->update_dtype : DTYPE_FLOAT, &update));
    const gboolean given = c->first[0] != 0 || c->first[1] != 0;
    const DType dtype = c->indices_dtype ? c->indices_dtype : DTYPE_INT64;
    Tensor *places = data_constant(dtype, &indices, 0);
    for (int64_t i = 0; i < places->count; i++)
        tensor_set_int(places, i, given ? c->first[i] : base->indices[i]);
    scenario_input(s, "write_indices", places);
    Update u = *base;
    u.axis = c->axis == 0 ? base->axis : c->axis == AXIS_0 ? 0 : c->axis;
    Node *node = kv_tensor_scatter(s, &u, "past_cache", "update", "write_indices", "present_cache");
    if (c->mode)
        scenario_set_string(s, node, "mode", c->mode);
    scenario_output_typed(s, "present_cache", type_tensor(scenario_model(s), DTYPE_FLOAT, &base->cache));
    scenario_reject(s, c->twin, c->because);
}

/* Rules whose valid twin is another model. */
static void special(Generator *g)
{
    Scenario *s = scenario_new(g, "reject-axis-default-rank-2");
    scenario_about(s, "tensorscatter", "R33", "Must be refused: the default axis -2 of a cache of rank 2 is the batch.");
    scenario_input(s, "past_cache", kv_cache_data(DTYPE_FLOAT, &SHAPE(3, 5)));
    scenario_input(s, "update", kv_update_data(DTYPE_FLOAT, &SHAPE(3, 1)));
    scenario_text(s, "present_cache = TensorScatter (past_cache, update)");
    scenario_output_typed(s, "present_cache", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(3, 5)));
    scenario_reject(s, "update-linear-r2-axis1-absent-1", "axis");

    s = scenario_new(g, "reject-opset-23");
    scenario_about(s, "tensorscatter", "R39", "Must be refused: opset 23 has no TensorScatter.");
    scenario_opset(s, 23);
    scenario_input(s, "past_cache", kv_cache_data(DTYPE_FLOAT, &linear.cache));
    scenario_input(s, "update", kv_update_data(DTYPE_FLOAT, &SHAPE(2, 3, 2, 4)));
    scenario_input(s, "write_indices", data_int64s(&SHAPE(2), linear.indices));
    kv_tensor_scatter(s, &linear, "past_cache", "update", "write_indices", "present_cache");
    scenario_output_typed(s, "present_cache", type_tensor(scenario_model(s), DTYPE_FLOAT, &linear.cache));
    scenario_reject(s, "valid-opset-24", "TensorScatter");

    s = scenario_new(g, "valid-opset-24");
    scenario_about(s, "tensorscatter", "R1 R39 R40", "The first opset that has TensorScatter, and one of its types.");
    scenario_opset(s, 24);
    scenario_input(s, "past_cache", kv_cache_data(DTYPE_FLOAT, &linear.cache));
    scenario_input(s, "update", kv_update_data(DTYPE_FLOAT, &SHAPE(2, 3, 2, 4)));
    scenario_input(s, "write_indices", data_int64s(&SHAPE(2), linear.indices));
    kv_tensor_scatter(s, &linear, "past_cache", "update", "write_indices", "present_cache");
    scenario_output(s, "present_cache");
    scenario_compare_bits(s);
    kv_meaning(s, &linear);
    scenario_emit(s);

    static const DType late[] = { DTYPE_INT2, DTYPE_UINT2 };
    for (gsize i = 0; i < G_N_ELEMENTS(late); i++) {
        s = scenario_new(g, "reject-type-%s", dtype_name(late[i]));
        scenario_about(s, "tensorscatter", "R40",
                       "Must be refused: %s came with opset 25, TensorScatter lists the types of 24.",
                       dtype_name(late[i]));
        scenario_input(s, "past_cache", kv_cache_data(late[i], &linear.cache));
        scenario_input(s, "update", kv_update_data(late[i], &SHAPE(2, 3, 2, 4)));
        scenario_input(s, "write_indices", data_int64s(&SHAPE(2), linear.indices));
        kv_tensor_scatter(s, &linear, "past_cache", "update", "write_indices", "present_cache");
        scenario_output_typed(s, "present_cache", type_tensor(scenario_model(s), late[i], &linear.cache));
        scenario_reject(s, LINEAR, dtype_name(late[i]));
    }
}

void kv_cache_rejects(Generator *g)
{
    twin(g, LINEAR, &linear);
    twin(g, CIRCULAR, &circular);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
        changed(g, &changes[i]);
    special(g);
}
