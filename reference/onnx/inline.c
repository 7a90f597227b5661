#include "reference/onnx/inline.h"

#include <string.h>

typedef struct {
    const Node     *call;
    const Function *function;
    Model          *model;
    GHashTable     *names;  /* inner name -> outer name, owned by the model's arena */
    const char     *prefix;
} Call;

static const Function *find(const List *functions, const Node *node)
{
    for (gsize i = 0; i < functions->n; i++) {
        const Function *f = LIST_AT(functions, Function, i);
        if (strcmp(f->name, node->op_type) == 0 && strcmp(f->overload, node->overload) == 0 &&
            strcmp(domain_canonical(f->domain), domain_canonical(node->domain)) == 0)
            return f;
    }
    return NULL;
}

/* ---- names ----------------------------------------------------------------------------------------------------------- */

static const char *outer_name(Call *c, const char *inner)
{
    if (!*inner)
        return inner;
    const char *known = g_hash_table_lookup(c->names, inner);
    if (known)
        return known;
    known = c->prefix ? arena_printf(c->model->arena, "%s.%s", c->prefix, inner) : inner;
    g_hash_table_insert(c->names, (gpointer)inner, (gpointer)known);
    return known;
}

static void map_parameters(Call *c)
{
    for (gsize i = 0; i < c->function->n_inputs; i++)
        g_hash_table_insert(c->names, (gpointer)c->function->inputs[i],
                            (gpointer)(i < c->call->n_inputs ? c->call->inputs[i] : ""));
    for (gsize i = 0; i < c->function->n_outputs; i++)
        if (i < c->call->n_outputs && *c->call->outputs[i])
            g_hash_table_insert(c->names, (gpointer)c->function->outputs[i], (gpointer)c->call->outputs[i]);
}

/* ---- attributes ------------------------------------------------------------------------------------------------------ */

static const Attribute *actual(const Call *c, const char *ref)
{
    const Attribute *given = node_attribute(c->call, ref);
    for (gsize i = 0; !given && i < c->function->attribute_defaults.n; i++) {
        const Attribute *a = LIST_AT(&c->function->attribute_defaults, Attribute, i);
        if (strcmp(a->name, ref) == 0)
            given = a;
    }
    return given;
}

static void rename_graph(Call *c, Graph *graph);

/* References take their value; graphs written in the body have their names mapped; graphs passed by the caller speak
 * the caller's names already. */
static void bind_attributes(Call *c, Node *node)
{
    for (gsize i = 0; i < node->attributes.n;) {
        Attribute *a = LIST_AT(&node->attributes, Attribute, i);
        if (!a->ref) {
            if (a->graph)
                rename_graph(c, a->graph);
            for (gsize g = 0; a->type == ATTRIBUTE_GRAPHS && g < a->n; g++)
                rename_graph(c, a->graphs[g]);
            i++;
            continue;
        }
        const Attribute *value = actual(c, a->ref);
        if (!value) {
            list_remove(&node->attributes, i);
            continue;
        }
        const char *name = a->name;
        *a = *value;
        a->name = name;
        i++;
    }
}

static void rename_node(Call *c, Node *node)
{
    for (gsize i = 0; i < node->n_inputs; i++)
        node->inputs[i] = outer_name(c, node->inputs[i]);
    for (gsize i = 0; i < node->n_outputs; i++)
        node->outputs[i] = outer_name(c, node->outputs[i]);
    if (*node->name && c->prefix)
        node->name = arena_printf(c->model->arena, "%s.%s", c->prefix, node->name);
    bind_attributes(c, node);
}

static void rename_infos(Call *c, List *infos)
{
    for (gsize i = 0; i < infos->n; i++) {
        ValueInfo *info = LIST_AT(infos, ValueInfo, i);
        info->name = outer_name(c, info->name);
    }
}

static void rename_graph(Call *c, Graph *graph)
{
    rename_infos(c, &graph->inputs);
    rename_infos(c, &graph->outputs);
    rename_infos(c, &graph->value_infos);
    for (gsize i = 0; i < graph->initializers.n; i++) {
        NamedTensor *t = LIST_AT(&graph->initializers, NamedTensor, i);
        t->name = outer_name(c, t->name);
    }
    for (gsize i = 0; i < graph->nodes.n; i++)
        rename_node(c, LIST_AT(&graph->nodes, Node, i));
}

/* ---- calls ----------------------------------------------------------------------------------------------------------- */

static void expand(Graph *graph, gsize at, const Function *function)
{
    const Node *call = LIST_AT(&graph->nodes, Node, at);
    const char *prefix = call->op_type;
    for (gsize i = call->n_outputs; i-- > 0;)
        if (*call->outputs[i])
            prefix = call->outputs[i];
    inline_call(graph, at, function, prefix);
}

void inline_call(Graph *graph, gsize at, const Function *function, const char *prefix)
{
    const Node *call = LIST_AT(&graph->nodes, Node, at);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    Call c = { call, function, graph->model, names, prefix };
    map_parameters(&c);
    list_remove(&graph->nodes, at);
    for (gsize i = 0; i < function->body->nodes.n; i++) {
        Node *node = node_copy(LIST_AT(&function->body->nodes, Node, i), graph->model);
        rename_node(&c, node);
        list_insert(&graph->nodes, graph->model->arena, at + i, node);
    }
}

void inline_functions(Graph *graph, const List *functions)
{
    for (gsize i = 0; i < graph->nodes.n;) {
        Node *node = LIST_AT(&graph->nodes, Node, i);
        const Function *function = find(functions, node);
        if (function) {
            expand(graph, i, function); /* what replaced it is looked at next */
            continue;
        }
        for (gsize a = 0; a < node->attributes.n; a++) {
            Attribute *attribute = LIST_AT(&node->attributes, Attribute, a);
            if (attribute->graph)
                inline_functions(attribute->graph, functions);
            for (gsize g = 0; attribute->type == ATTRIBUTE_GRAPHS && g < attribute->n; g++)
                inline_functions(attribute->graphs[g], functions);
        }
        i++;
    }
}
