/* A region as a model of its own: what a compiler is given. */
#include "reference/context/context.h"
#include "reference/context/fail.h"
#include "reference/onnx/save.h"

#include <string.h>

static const ValueInfo *info_of(const List *infos, const char *name)
{
    for (gsize i = 0; i < infos->n; i++)
        if (strcmp(LIST_AT(infos, ValueInfo, i)->name, name) == 0)
            return LIST_AT(infos, ValueInfo, i);
    return NULL;
}

static const Type *declared(const Graph *graph, const char *name)
{
    const List *const lists[] = { &graph->inputs, &graph->outputs, &graph->value_infos };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        const ValueInfo *info = info_of(lists[i], name);
        if (info && info->type)
            return info->type;
    }
    return NULL;
}

gboolean context_is_weight(const Graph *graph, const char *name)
{
    return graph_initializer(graph, name) && !info_of(&graph->inputs, name);
}

/* The types are those of `from`, a copy in the same arena. */
static gboolean declare(const ContextRegion *r, const Graph *from, Graph *to, const char *name, gboolean output, GError **error)
{
    const NamedTensor *weight = graph_initializer(from, name);
    const Type *type = declared(from, name);
    if (!type && weight)
        type = type_tensor(to->model, weight->tensor->dtype, &weight->tensor->shape);
    if (!type) {
        g_autofree char *quoted = name_quote(name);
        context_fail(error, CONTEXT_ERROR_ARGUMENT, "region '%s': the type of its %s %s is not declared: add a value_info to the graph", r->id,
                    output ? "output" : "input", quoted);
        return FALSE;
    }
    (output ? graph_add_output : graph_add_input)(to, name, (Type *)type);
    return TRUE;
}

static gboolean declare_boundary(const ContextRegion *r, const Graph *from, Graph *to, GError **error)
{
    for (gsize i = 0; i < r->n_inputs; i++) {
        if (r->weights == WEIGHTS_INSIDE && context_is_weight(from, r->inputs[i]))
            continue;
        if (!declare(r, from, to, r->inputs[i], FALSE, error))
            return FALSE;
    }
    for (gsize i = 0; i < r->n_outputs; i++)
        if (!declare(r, from, to, r->outputs[i], TRUE, error))
            return FALSE;
    return TRUE;
}

/* Declared types of values inside the region. */
static void keep_infos(const Graph *from, Graph *to, const Node *node)
{
    for (gsize k = 0; k < node->n_outputs; k++) {
        const ValueInfo *info = info_of(&from->value_infos, node->outputs[k]);
        if (info && !info_of(&to->outputs, info->name))
            list_append(&to->value_infos, to->model->arena, (gpointer)info);
    }
}

Model *context_region_model(const Container *c, const ContextRegion *r, gboolean interface_only, GError **error)
{
    g_autoptr(Model) model = model_copy(c->model);
    Graph *from = model->graph, *to = graph_new(model, r->id);
    model->metadata = (List){ 0 };
    model->graph = to;
    if (!declare_boundary(r, from, to, error))
        return NULL;
    for (gsize i = 0; !interface_only && i < r->n_nodes; i++)
        list_append(&to->nodes, model->arena, LIST_AT(&from->nodes, Node, r->nodes[i]));
    for (gsize i = 0; !interface_only && r->weights == WEIGHTS_INSIDE && i < r->n_inputs; i++)
        if (context_is_weight(from, r->inputs[i])) {
            NamedTensor *weight = graph_initializer(from, r->inputs[i]);
            weight->storage = weight->storage == STORAGE_EXTERNAL ? STORAGE_RAW : weight->storage; /* one file */
            list_append(&to->initializers, model->arena, weight);
        }
    for (gsize i = 0; i < to->nodes.n; i++)
        keep_infos(from, to, LIST_AT(&to->nodes, Node, i));
    return g_steal_pointer(&model);
}

GBytes *context_own_payload(const Model *model, GError **error)
{
    g_autoptr(GBytes) bytes = model_to_bytes(model, error);
    if (!bytes)
        return NULL;
    const guint32 format = GUINT32_TO_LE(CONTEXT_OWN_FORMAT);
    const gsize size = g_bytes_get_size(bytes);
    guint8 *out = g_malloc(CONTEXT_OWN_HEADER + size);
    memcpy(out, CONTEXT_OWN_MAGIC, 8);
    memcpy(out + 8, &format, sizeof format);
    memcpy(out + CONTEXT_OWN_HEADER, g_bytes_get_data(bytes, NULL), size);
    return g_bytes_new_take(out, CONTEXT_OWN_HEADER + size);
}
