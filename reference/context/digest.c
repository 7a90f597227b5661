/* The digest of a subgraph: SHA-256 over a canonical byte string in which values are numbers, so that renaming changes
 * nothing and every change of the computation changes it. Counts, lengths and numbers are 64 bits, little-endian. */
#include "reference/context/region.h"
#include "reference/onnx/text.h"
#include "reference/tensor/packing.h"

#include <string.h>

/* Numbers of names, innermost scope first. */
typedef struct Numbers Numbers;
struct Numbers {
    const Numbers *outer;
    GHashTable    *of; /* name -> number + 1 */
};

typedef struct {
    GChecksum *sum;
    guint64    next; /* the next number */
} Digest;

static void put_number(Digest *d, guint64 value)
{
    const guint64 le = GUINT64_TO_LE(value);
    g_checksum_update(d->sum, (const guchar *)&le, sizeof le);
}

static void put_data(Digest *d, const void *data, gsize size)
{
    put_number(d, size);
    if (size)
        g_checksum_update(d->sum, data, (gssize)size);
}

static void put_text(Digest *d, const char *text)
{
    put_data(d, text, strlen(text));
}

static void define(Digest *d, const Numbers *scope, const char *name)
{
    g_hash_table_insert(scope->of, (gpointer)name, GSIZE_TO_POINTER(++d->next));
}

static void put_name(Digest *d, const Numbers *scope, const char *name)
{
    gsize number = 0; /* stays 0 for an omitted value, so that all ones are written */
    for (; *name && !number && scope; scope = scope->outer)
        number = GPOINTER_TO_SIZE(g_hash_table_lookup(scope->of, name));
    put_number(d, (guint64)number - 1);
}

/* ---- attributes ------------------------------------------------------------------------------------------------------------- */

static void put_shape(Digest *d, DType dtype, const Shape *shape)
{
    put_number(d, (guint64)dtype);
    put_number(d, (guint64)shape->rank);
    for (int i = 0; i < shape->rank; i++)
        put_number(d, (guint64)shape->dims[i]);
}

static void put_tensor(Digest *d, const Tensor *tensor)
{
    put_shape(d, tensor->dtype, &tensor->shape);
    for (int64_t i = 0; tensor->dtype == DTYPE_STRING && i < tensor->count; i++) {
        gsize length;
        const char *text = tensor_get_string(tensor, i, &length);
        put_data(d, text, length);
    }
    if (tensor->dtype == DTYPE_STRING)
        return;
    const gsize size = packing_size(tensor->dtype, tensor->count);
    g_autofree uint8_t *raw = g_malloc(size + 1);
    packing_pack(tensor->dtype, tensor->data, tensor->count, raw);
    put_data(d, raw, size);
}

static void put_sparse(Digest *d, const SparseTensor *sparse)
{
    put_tensor(d, sparse->values->tensor);
    put_tensor(d, sparse->indices->tensor);
    put_shape(d, sparse->values->tensor->dtype, &sparse->shape);
}

static void put_float(Digest *d, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = GUINT32_TO_LE(bits);
    g_checksum_update(d->sum, (const guchar *)&bits, sizeof bits);
}

static void put_type(Digest *d, const Type *type)
{
    g_autofree char *text = type_to_text(type);
    put_text(d, text);
}

static void put_graph(Digest *d, const Graph *graph, const Numbers *outer);

static void put_item(Digest *d, const Attribute *a, gsize i, const Numbers *scope)
{
    switch (a->type) {
    case ATTRIBUTE_FLOATS: put_float(d, a->floats[i]); break;
    case ATTRIBUTE_INTS: put_number(d, (guint64)a->ints[i]); break;
    case ATTRIBUTE_STRINGS: put_data(d, a->strings[i].data, a->strings[i].size); break;
    case ATTRIBUTE_TENSORS: put_tensor(d, a->tensors[i]->tensor); break;
    case ATTRIBUTE_GRAPHS: put_graph(d, a->graphs[i], scope); break;
    case ATTRIBUTE_SPARSE_TENSORS: put_sparse(d, a->sparses[i]); break;
    case ATTRIBUTE_TYPES: put_type(d, a->type_protos[i]); break;
    default: break;
    }
}

static void put_value(Digest *d, const Attribute *a, const Numbers *scope)
{
    switch (a->type) {
    case ATTRIBUTE_FLOAT: put_float(d, a->f); return;
    case ATTRIBUTE_INT: put_number(d, (guint64)a->i); return;
    case ATTRIBUTE_STRING: put_data(d, a->s.data, a->s.size); return;
    case ATTRIBUTE_TENSOR: put_tensor(d, a->tensor->tensor); return;
    case ATTRIBUTE_GRAPH: put_graph(d, a->graph, scope); return;
    case ATTRIBUTE_SPARSE_TENSOR: put_sparse(d, a->sparse); return;
    case ATTRIBUTE_TYPE: put_type(d, a->type_proto); return;
    default: break;
    }
    put_number(d, a->n);
    for (gsize i = 0; i < a->n; i++)
        put_item(d, a, i, scope);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Attribute *const *)a)->name, (*(const Attribute *const *)b)->name);
}

/* ---- nodes and graphs --------------------------------------------------------------------------------------------------------- */

static void put_node(Digest *d, const Node *node, const Numbers *scope)
{
    put_text(d, domain_canonical(node->domain));
    put_text(d, node->op_type);
    put_text(d, node->overload ? node->overload : "");
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (gsize i = 0; i < node->attributes.n; i++)
        g_ptr_array_add(sorted, node->attributes.items[i]);
    g_ptr_array_sort(sorted, by_name);
    put_number(d, sorted->len);
    for (guint i = 0; i < sorted->len; i++) {
        const Attribute *a = sorted->pdata[i];
        put_text(d, a->name);
        put_number(d, (guint64)a->type);
        if (a->ref)
            put_text(d, a->ref);
        else
            put_value(d, a, scope);
    }
    put_number(d, node->n_inputs);
    for (gsize i = 0; i < node->n_inputs; i++)
        put_name(d, scope, node->inputs[i]);
    put_number(d, node->n_outputs);
    for (gsize i = 0; i < node->n_outputs; i++) {
        if (*node->outputs[i])
            define(d, scope, node->outputs[i]);
        put_name(d, scope, node->outputs[i]);
    }
}

/* Initializers of inner graphs belong to the computation's form: type and shape count, contents do not. */
static void put_graph(Digest *d, const Graph *graph, const Numbers *outer)
{
    g_autoptr(GHashTable) of = g_hash_table_new(g_str_hash, g_str_equal);
    const Numbers scope = { outer, of };
    put_number(d, graph->inputs.n);
    for (gsize i = 0; i < graph->inputs.n; i++)
        define(d, &scope, LIST_AT(&graph->inputs, ValueInfo, i)->name);
    put_number(d, graph->initializers.n);
    for (gsize i = 0; i < graph->initializers.n; i++) {
        const NamedTensor *t = LIST_AT(&graph->initializers, NamedTensor, i);
        if (!g_hash_table_contains(of, t->name))
            define(d, &scope, t->name);
        put_name(d, &scope, t->name);
        put_shape(d, t->tensor->dtype, &t->tensor->shape);
    }
    put_number(d, graph->sparse_initializers.n);
    for (gsize i = 0; i < graph->sparse_initializers.n; i++) {
        const SparseTensor *t = LIST_AT(&graph->sparse_initializers, SparseTensor, i);
        if (!g_hash_table_contains(of, t->name))
            define(d, &scope, t->name);
        put_name(d, &scope, t->name);
        put_shape(d, t->values->tensor->dtype, &t->shape);
    }
    put_number(d, graph->nodes.n);
    for (gsize i = 0; i < graph->nodes.n; i++)
        put_node(d, LIST_AT(&graph->nodes, Node, i), &scope);
    put_number(d, graph->outputs.n);
    for (gsize i = 0; i < graph->outputs.n; i++)
        put_name(d, &scope, LIST_AT(&graph->outputs, ValueInfo, i)->name);
}

char *context_digest(const Graph *graph, const gsize *nodes, gsize n)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    g_autoptr(GHashTable) of = g_hash_table_new(g_str_hash, g_str_equal);
    Digest d = { g_checksum_new(G_CHECKSUM_SHA256), 0 };
    const Numbers scope = { NULL, of };
    context_boundary(graph, nodes, n, inputs, outputs);
    for (guint i = 0; i < inputs->len; i++)
        define(&d, &scope, inputs->pdata[i]);
    put_number(&d, inputs->len);
    put_number(&d, n);
    for (gsize i = 0; i < n; i++)
        put_node(&d, LIST_AT(&graph->nodes, Node, nodes[i]), &scope);
    char *hex = g_strdup(g_checksum_get_string(d.sum));
    g_checksum_free(d.sum);
    return hex;
}
