/* How much the values of a frame weigh at one moment: what a run cannot do without. */
#include "reference/eval/run.h"

static gsize tensor_weight(const Tensor *tensor, GHashTable *seen)
{
    return tensor && g_hash_table_add(seen, (gpointer)tensor) ? tensor->bytes : 0;
}

static gsize value_weight(const Value *value, GHashTable *seen)
{
    if (!value)
        return 0;
    gsize bytes = tensor_weight(value->tensor, seen) + tensor_weight(value->indices, seen);
    for (guint i = 0; value->items && i < value->items->len; i++)
        bytes += value_weight(g_ptr_array_index(value->items, i), seen);
    return bytes;
}

void frame_weigh(Evaluator *e, const Frame *frame)
{
    if (!e->options.largest_live || frame->plan != e->main)
        return;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    gsize bytes = 0;
    for (guint s = 0; s < frame->plan->names->len; s++) {
        const Cell *cell = &frame->cells[s];
        bytes += value_weight(cell->value, seen) + tensor_weight(cell->lower, seen) + tensor_weight(cell->upper, seen);
    }
    *e->options.largest_live = MAX(*e->options.largest_live, bytes);
}
