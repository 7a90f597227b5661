#include "golden/mutants/storage.h"

#include "reference/tensor/packing.h"

MUTANT_DEFINE(storage_nibbles, "storage-high-nibble-first", MUST_DIE, 17, "4-bit elements are read high nibble first")
MUTANT_DEFINE(storage_pairs, "storage-2-bit-reversed", MUST_DIE, 18, "2-bit elements are read high bits first")
MUTANT_DEFINE(storage_rows, "storage-rows-padded", MUST_DIE, 26, "sub-byte rows are taken to start at a byte")
MUTANT_DEFINE(storage_tail, "storage-tail-lost", MUST_DIE, 27, "the elements of a byte that is not full are read as zero")
MUTANT_DEFINE(storage_write_nibbles, "storage-writes-high-first", MUST_DIE, 17, "4-bit elements are written high nibble first")
MUTANT_DEFINE(storage_write_pairs, "storage-writes-2-bit-reversed", MUST_DIE, 18, "2-bit elements are written high bits first")
MUTANT_DEFINE(storage_write_rows, "storage-writes-rows-padded", MUST_DIE, 26, "sub-byte rows are written each from a new byte, and cut to size")

/* The first bit of element i; bits beyond the end read as zero. */
static int64_t place(const Tensor *t, int64_t i, int bits, gboolean rows, gboolean high_first)
{
    const int64_t row = t->shape.rank ? t->shape.dims[t->shape.rank - 1] : 1, each = 8 / bits;
    const int64_t slot = rows && row ? i / row * ((row + each - 1) / each * each) + i % row : i;
    return slot / each * 8 + (high_first ? each - 1 - slot % each : slot % each) * bits;
}

static gboolean is_packed(const Tensor *t)
{
    const int bits = t ? dtype_info(t->dtype)->bits : 8;
    return bits == 2 || bits == 4;
}

static void load(Tensor *t)
{
    if (!is_packed(t) || t->count == 0)
        return;
    const int bits = dtype_info(t->dtype)->bits;
    const gsize size = packing_size(t->dtype, t->count);
    g_autofree uint8_t *packed = g_malloc(size);
    packing_pack(t->dtype, t->data, t->count, packed);
    const gboolean rows = mutant(storage_rows), high = bits == 4 ? mutant(storage_nibbles) : mutant(storage_pairs);
    const int64_t whole = mutant(storage_tail) ? t->count / (8 / bits) * (8 / bits) : t->count;
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t bit = place(t, i, bits, rows, high);
        const gboolean inside = bit / 8 < (int64_t)size && i < whole;
        tensor_set_bits(t, i, inside ? (uint64_t)(packed[bit / 8] >> bit % 8) & ((1u << bits) - 1) : 0);
    }
}

static void save(Tensor *t)
{
    if (!is_packed(t) || t->count == 0)
        return;
    const int bits = dtype_info(t->dtype)->bits;
    const gsize size = packing_size(t->dtype, t->count);
    g_autofree uint8_t *packed = g_malloc0(size);
    const gboolean rows = mutant(storage_write_rows), high = bits == 4 ? mutant(storage_write_nibbles) : mutant(storage_write_pairs);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t bit = place(t, i, bits, rows, high);
        if (bit / 8 < (int64_t)size)
            packed[bit / 8] = (uint8_t)(packed[bit / 8] | tensor_get_bits(t, i) << bit % 8);
    }
    packing_unpack(t->dtype, packed, t->count, t->data);
}

/* ---- everything that is stored -------------------------------------------------------------------------------------------- */

static void load_graph(const Graph *graph);

static void load_attribute(const Attribute *a)
{
    if (a->tensor)
        load(a->tensor->tensor);
    if (a->graph)
        load_graph(a->graph);
    for (gsize i = 0; a->type == ATTRIBUTE_TENSORS && i < a->n; i++)
        load(a->tensors[i]->tensor);
    for (gsize i = 0; a->type == ATTRIBUTE_GRAPHS && i < a->n; i++)
        load_graph(a->graphs[i]);
}

static void load_graph(const Graph *graph)
{
    for (gsize i = 0; i < graph->initializers.n; i++)
        load(LIST_AT(&graph->initializers, NamedTensor, i)->tensor);
    for (gsize n = 0; n < graph->nodes.n; n++) {
        const Node *node = LIST_AT(&graph->nodes, Node, n);
        for (gsize i = 0; i < node->attributes.n; i++)
            load_attribute(LIST_AT(&node->attributes, Attribute, i));
    }
}

void storage_load_model(Model *model)
{
    load_graph(model->graph);
    for (gsize i = 0; i < model->functions.n; i++)
        load_graph(LIST_AT(&model->functions, Function, i)->body);
}

void storage_load_value(Value *value)
{
    if (value && value->kind == VALUE_TENSOR)
        load(value->tensor);
}

Value *storage_saved_value(const Value *value)
{
    Tensor *copy = value->kind == VALUE_TENSOR && is_packed(value->tensor) ? tensor_copy(value->tensor, NULL) : NULL;
    if (!copy)
        return value_ref(value);
    save(copy);
    return value_from_tensor(copy);
}
