/* Where narrow elements may stand and how they are packed: raw_data, int32_data, external data, inputs, outputs,
 * Constant nodes; every size around a byte, shapes whose rows do not end at one, no elements at all. */
#include "generators/proposals/subbyte_types.h"

#include "generators/engine/wire.h"
#include "reference/tensor/packing.h"

static const char *const storage_names[] = { "raw", "typed", "external" };

/* What decides how a type is packed. */
static const char *packing_rule(DType dtype)
{
    return dtype_info(dtype)->bits == 4 ? "R1" : dtype_info(dtype)->bits == 2 ? "R2" : "R9";
}

/* ---- initializers ------------------------------------------------------------------------------------------------- */

/* An initializer's values decoded by Cast: every bit has to be found. */
static void decoded(Scenario *s, const char *from)
{
    subbyte_cast(s, from, "y", DTYPE_FLOAT, &(Conversion){ 0 });
    scenario_output(s, "y");
}

static void initializer(Generator *g, DType dtype, const Shape *shape, Storage storage)
{
    g_autofree char *size = subbyte_shape_name(shape);
    Scenario *s = scenario_new(g, "initializer-%s-%s-%s", storage_names[storage], dtype_name(dtype), size);
    const char *also = shape_count(shape) == 0           ? " R11"
                       : dtype_info(dtype)->bits == 8    ? ""
                       : storage == STORAGE_TYPED        ? " R3 R7 R8"
                                                         : " R3";
    /* Where the amount and the place are right, as in the twins of what is refused. */
    const char *place = shape_count(shape) == 0       ? ""
                        : storage == STORAGE_EXTERNAL ? " R13 R14"
                        : storage == STORAGE_RAW      ? " R5 R6 R10 R12 R15 R16"
                        : dtype_info(dtype)->bits == 8 ? " R6 R10 R16 R17"
                                                       : " R6 R10 R16";
    g_autofree char *rules = g_strconcat(packing_rule(dtype), also, place, NULL);
    scenario_about(s, "storage", rules, "An initializer of %s, shape %s, in %s.", dtype_name(dtype), size,
                   storage == STORAGE_RAW ? "raw_data" : storage == STORAGE_TYPED ? "int32_data" : "an external file");
    if (shape_count(shape) == 0)
        scenario_tag(s, "empty");
    NamedTensor *w = scenario_constant(s, "w", subbyte_staircase(dtype, shape));
    w->storage = storage;
    if (storage == STORAGE_EXTERNAL) {
        w->location = "weights.bin";
        w->offset = shape->rank ? 3 * shape->dims[0] : 1; /* not at an aligned place */
        w->length = (int64_t)packing_size(dtype, shape_count(shape));
    }
    decoded(s, "w");
    scenario_emit(s);
}

static void initializers(Generator *g)
{
    static const int64_t packed[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 33 }, whole[] = { 1, 3, 16 };
    static const Shape shapes[] = { { .rank = 0 },
                                    { .rank = 2, .dims = { 3, 5 } },
                                    { .rank = 3, .dims = { 5, 1, 3 } },
                                    { .rank = 1, .dims = { 0 } },
                                    { .rank = 3, .dims = { 2, 0, 3 } } };
    for (gsize t = 0; t < SUBBYTE_TYPES; t++)
        for (Storage storage = STORAGE_RAW; storage <= STORAGE_EXTERNAL; storage++) {
            const gboolean is_packed = t < SUBBYTE_PACKED;
            for (gsize i = 0; i < (is_packed ? G_N_ELEMENTS(packed) : G_N_ELEMENTS(whole)); i++)
                initializer(g, subbyte_types[t], &SHAPE(is_packed ? packed[i] : whole[i]), storage);
            for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
                if (storage == STORAGE_RAW || shape_count(&shapes[i]) > 0)
                    initializer(g, subbyte_types[t], &shapes[i], storage);
        }
}

/* All codes in order; for the 8-bit types the whole table of values. */
static void all_codes(Generator *g, DType dtype, Storage storage)
{
    Scenario *s = scenario_new(g, "codes-%s-%s", storage_names[storage], dtype_name(dtype));
    scenario_about(s, "storage", dtype_is_float(dtype) ? "R21" : "R18", "Every code of %s, in %s.", dtype_name(dtype),
                   storage == STORAGE_RAW ? "raw_data" : "int32_data");
    NamedTensor *w = scenario_constant(s, "w", data_all_codes(dtype, &SHAPE(1 << dtype_info(dtype)->bits)));
    w->storage = storage;
    decoded(s, "w");
    scenario_emit(s);
}

/* Two tensors of an odd number of elements share one external file, the second right behind the first. */
static void shared_file(Generator *g, DType dtype)
{
    Scenario *s = scenario_new(g, "external-shared-file-%s", dtype_name(dtype));
    scenario_about(s, "storage", "R13 R14", "Two %s tensors of odd size stand one behind the other in one external file.",
                   dtype_name(dtype));
    const Shape shape = SHAPE(5);
    const int64_t size = (int64_t)packing_size(dtype, 5);
    NamedTensor *a = scenario_constant(s, "a", subbyte_staircase(dtype, &shape));
    NamedTensor *b = scenario_constant(s, "b", data_codes(dtype, &shape, data_seed("shared file"), TRUE));
    a->storage = b->storage = STORAGE_EXTERNAL;
    a->location = b->location = "weights.bin";
    a->length = b->length = b->offset = size;
    subbyte_cast(s, "a", "ya", DTYPE_FLOAT, &(Conversion){ 0 });
    subbyte_cast(s, "b", "yb", DTYPE_FLOAT, &(Conversion){ 0 });
    scenario_output(s, "ya");
    scenario_output(s, "yb");
    scenario_emit(s);
}

/* An external tensor without length runs to the end of its file. */
static void to_the_end(Generator *g, DType dtype)
{
    Scenario *s = scenario_new(g, "external-without-length-%s", dtype_name(dtype));
    scenario_about(s, "storage", "R13", "An external %s tensor without a length takes the rest of the file.", dtype_name(dtype));
    NamedTensor *w = scenario_constant(s, "w", subbyte_staircase(dtype, &SHAPE(7)));
    w->storage = STORAGE_EXTERNAL;
    w->location = "weights.bin";
    w->length = -1;
    decoded(s, "w");
    scenario_emit(s);
}

/* ---- unused bits -------------------------------------------------------------------------------------------------- */

/* The last byte's unused bits are ones; in int32_data also the bits above the byte if `high`. */
static void dirty_tail(Generator *g, DType dtype, int64_t count, Storage storage)
{
    Scenario *s = scenario_new(g, "tail-bits-%s-%s-%d", storage_names[storage], dtype_name(dtype), (int)count);
    scenario_about(s, "storage", "R4", "Bits of the last byte that belong to no %s element are ones.", dtype_name(dtype));
    Tensor *tensor = subbyte_staircase(dtype, &SHAPE(count));
    uint8_t bytes[16];
    const gsize size = packing_size(dtype, count);
    const int used = (int)(count * dtype_info(dtype)->bits % 8);
    packing_pack(dtype, tensor->data, count, bytes);
    bytes[size - 1] = (uint8_t)(bytes[size - 1] | 0xFF << used);
    g_autoptr(GByteArray) w = wire_tensor("w", dtype, &tensor->shape);
    int64_t entries[16];
    for (gsize i = 0; i < size; i++)
        entries[i] = bytes[i];
    if (storage == STORAGE_RAW)
        wire_raw(w, bytes, size);
    else
        wire_numbers(w, WIRE_INT32_DATA, entries, size);
    wire_attach(scenario_constant(s, "w", tensor), scenario_model(s), w);
    decoded(s, "w");
    scenario_emit(s);
}

/* ---- every place of a graph --------------------------------------------------------------------------------------- */

static void passed_through(Generator *g, DType dtype, const Shape *shape)
{
    g_autofree char *size = subbyte_shape_name(shape);
    Scenario *s = scenario_new(g, "input-to-output-%s-%s", dtype_name(dtype), size);
    scenario_about(s, "storage", "R18 R19", "A graph input of %s, shape %s, is the graph's output.", dtype_name(dtype), size);
    scenario_input(s, "x", subbyte_staircase(dtype, shape));
    scenario_node(s, "", "Identity", NAMES("x"), NAMES("y"));
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

static void constant_node(Generator *g, DType dtype, Storage storage)
{
    Scenario *s = scenario_new(g, "constant-node-%s-%s", storage_names[storage], dtype_name(dtype));
    scenario_about(s, "storage", "R19", "The value of a Constant node is %s in %s.", dtype_name(dtype),
                   storage == STORAGE_RAW ? "raw_data" : "int32_data");
    Node *node = scenario_node(s, "", "Constant", NO_NAMES, NAMES("y"));
    node_set_tensor(node, scenario_graph(s), "value", subbyte_staircase(dtype, &SHAPE(3, 3)))->tensor->storage = storage;
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

/* An initializer that is a graph output without any node between would compute nothing; a branch gives it. */
static void branch(Generator *g, DType dtype, gboolean taken)
{
    Scenario *s = scenario_new(g, "branch-%s-%s", taken ? "then" : "else", dtype_name(dtype));
    scenario_about(s, "storage", "R19", "The %s branch of If gives an initializer of %s.", taken ? "then" : "else",
                   dtype_name(dtype));
    Model *model = scenario_model(s);
    Graph *branches[2];
    for (int i = 0; i < 2; i++) {
        branches[i] = graph_new(model, i ? "else_branch" : "then_branch");
        graph_add_node(branches[i], "", "Identity", NAMES(i ? "b" : "a"), NAMES(i ? "y_else" : "y_then"));
        graph_add_output(branches[i], i ? "y_else" : "y_then", type_tensor(model, dtype, &SHAPE(5)));
    }
    scenario_input(s, "condition", data_scalar(DTYPE_BOOL, taken));
    scenario_constant(s, "a", subbyte_staircase(dtype, &SHAPE(5)));
    scenario_constant(s, "b", data_codes(dtype, &SHAPE(5), data_seed("branch"), FALSE));
    Node *node = scenario_node(s, "", "If", NAMES("condition"), NAMES("y"));
    scenario_set_graph(s, node, "then_branch", branches[0]);
    scenario_set_graph(s, node, "else_branch", branches[1]);
    scenario_output(s, "y");
    scenario_compare_bits(s);
    scenario_emit(s);
}

void subbyte_generate_storage(Generator *g)
{
    static const Shape shapes[] = { { .rank = 0 }, { .rank = 1, .dims = { 0 } }, { .rank = 1, .dims = { 1 } },
                                    { .rank = 1, .dims = { 5 } }, { .rank = 2, .dims = { 3, 5 } } };
    initializers(g);
    for (gsize t = 0; t < SUBBYTE_TYPES; t++) {
        const DType dtype = subbyte_types[t];
        for (Storage storage = STORAGE_RAW; storage <= STORAGE_TYPED; storage++) {
            all_codes(g, dtype, storage);
            constant_node(g, dtype, storage);
            const int per_byte = 8 / dtype_info(dtype)->bits;
            for (int count = per_byte + 1; count < 2 * per_byte; count++)
                dirty_tail(g, dtype, count, storage);
        }
        shared_file(g, dtype);
        to_the_end(g, dtype);
        for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
            passed_through(g, dtype, &shapes[i]);
        branch(g, dtype, TRUE);
        branch(g, dtype, FALSE);
    }
}
