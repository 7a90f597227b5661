#include "backends_under_test/runner/specimen.h"

#include "reference/onnx/captures.h"
#include "reference/onnx/inline.h"

#include <string.h>

Specimen *specimen_new(Model *model, GPtrArray *inputs)
{
    Specimen *s = g_new0(Specimen, 1);
    *s = (Specimen){ .model = model, .inputs = inputs };
    return s;
}

static gpointer ref_item(gconstpointer value, gpointer data)
{
    (void)data;
    return value_ref(value);
}

Specimen *specimen_copy(const Specimen *s)
{
    return specimen_new(model_copy(s->model), g_ptr_array_copy(s->inputs, ref_item, NULL));
}

void specimen_free(Specimen *s)
{
    if (!s)
        return;
    model_free(s->model);
    g_ptr_array_unref(s->inputs);
    g_free(s);
}

/* ---- counting ------------------------------------------------------------------------------------------------------- */

static gsize count_nodes(const Graph *graph)
{
    gsize n = graph->nodes.n;
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        for (gsize k = 0; k < node->attributes.n; k++) {
            const Attribute *a = LIST_AT(&node->attributes, Attribute, k);
            n += a->graph ? count_nodes(a->graph) : 0;
            for (gsize g = 0; a->type == ATTRIBUTE_GRAPHS && g < a->n; g++)
                n += count_nodes(a->graphs[g]);
        }
    }
    return n;
}

gsize specimen_nodes(const Specimen *s)
{
    gsize n = count_nodes(s->model->graph);
    for (gsize i = 0; i < s->model->functions.n; i++)
        n += count_nodes(LIST_AT(&s->model->functions, Function, i)->body);
    return n;
}

/* ---- what is used ---------------------------------------------------------------------------------------------------- */

static GHashTable *names_used(const Node *node)
{
    GHashTable *used = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < node->n_inputs; i++)
        if (*node->inputs[i])
            g_hash_table_add(used, (gpointer)node->inputs[i]);
    node_captures(node, used);
    return used;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names, sorted: nothing may depend on the order of a hash table. */
static GPtrArray *sorted_names(GHashTable *set)
{
    GPtrArray     *names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer       name;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(names, name);
    g_ptr_array_sort(names, by_text);
    return names;
}

static void add_all(GHashTable *into, GHashTable *from)
{
    GHashTableIter iter;
    gpointer       name;
    g_hash_table_iter_init(&iter, from);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(into, name);
}

static gboolean calls(const Graph *graph, const Function *f)
{
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        if (strcmp(node->op_type, f->name) == 0 && strcmp(domain_canonical(node->domain), domain_canonical(f->domain)) == 0 &&
            strcmp(node->overload ? node->overload : "", f->overload ? f->overload : "") == 0)
            return TRUE;
        for (gsize k = 0; k < node->attributes.n; k++) {
            const Attribute *a = LIST_AT(&node->attributes, Attribute, k);
            if (a->graph && calls(a->graph, f))
                return TRUE;
            for (gsize g = 0; a->type == ATTRIBUTE_GRAPHS && g < a->n; g++)
                if (calls(a->graphs[g], f))
                    return TRUE;
        }
    }
    return FALSE;
}

static gboolean function_is_called(const Model *model, const Function *f)
{
    gboolean called = calls(model->graph, f);
    for (gsize i = 0; i < model->functions.n && !called; i++)
        called = LIST_AT(&model->functions, Function, i) != f && calls(LIST_AT(&model->functions, Function, i)->body, f);
    return called;
}

/* Removes inputs, initializers and functions that nothing uses any more. */
static void prune(Specimen *s)
{
    Graph *graph = s->model->graph;
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < graph->nodes.n; i++) {
        g_autoptr(GHashTable) own = names_used(LIST_AT(&graph->nodes, Node, i));
        add_all(used, own);
    }
    for (gsize i = 0; i < graph->outputs.n; i++)
        g_hash_table_add(used, (gpointer)LIST_AT(&graph->outputs, ValueInfo, i)->name);
    for (gsize i = graph->inputs.n; i-- > 0;)
        if (!g_hash_table_contains(used, LIST_AT(&graph->inputs, ValueInfo, i)->name)) {
            list_remove(&graph->inputs, i);
            g_ptr_array_remove_index(s->inputs, (guint)i);
        }
    for (gsize i = graph->initializers.n; i-- > 0;)
        if (!g_hash_table_contains(used, LIST_AT(&graph->initializers, NamedTensor, i)->name))
            list_remove(&graph->initializers, i);
    for (gsize i = s->model->functions.n; i-- > 0;)
        if (!function_is_called(s->model, LIST_AT(&s->model->functions, Function, i)))
            list_remove(&s->model->functions, i);
}

/* ---- nodes ----------------------------------------------------------------------------------------------------------- */

/* Names that follow from initializers and Constant nodes alone. */
static GHashTable *constant_names(const Graph *graph)
{
    GHashTable *constant = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < graph->initializers.n; i++)
        g_hash_table_add(constant, (gpointer)LIST_AT(&graph->initializers, NamedTensor, i)->name);
    for (gsize i = 0; i < graph->inputs.n; i++)
        g_hash_table_remove(constant, LIST_AT(&graph->inputs, ValueInfo, i)->name);
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node           *node = LIST_AT(&graph->nodes, Node, i);
        g_autoptr(GHashTable) used = names_used(node);
        GHashTableIter        iter;
        gpointer              name;
        gboolean              all = TRUE;
        g_hash_table_iter_init(&iter, used);
        while (all && g_hash_table_iter_next(&iter, &name, NULL))
            all = g_hash_table_contains(constant, name);
        for (gsize k = 0; all && k < node->n_outputs; k++)
            g_hash_table_add(constant, (gpointer)node->outputs[k]);
    }
    return constant;
}

/* FALSE if the value is not known, or no tensor. */
static gboolean supply(Specimen *s, const char *name, GHashTable *values, gboolean constant)
{
    Graph       *graph = s->model->graph;
    const Value *value = g_hash_table_lookup(values, name);
    if (!value || value->kind != VALUE_TENSOR)
        return FALSE;
    if (constant) {
        graph_add_initializer(graph, name, tensor_ref(value->tensor));
        return TRUE;
    }
    graph_add_input(graph, name, type_tensor(s->model, value->tensor->dtype, &value->tensor->shape));
    g_ptr_array_add(s->inputs, value_ref(value));
    return TRUE;
}

/* What nodes with keep[i] == of_kept give and take. */
static void gather(const Graph *graph, const gboolean *keep, gboolean of_kept, GHashTable *given, GHashTable *taken)
{
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        if (keep[i] != of_kept)
            continue;
        g_autoptr(GHashTable) used = names_used(node);
        add_all(taken, used);
        for (gsize k = 0; given && k < node->n_outputs; k++)
            if (*node->outputs[k])
                g_hash_table_add(given, (gpointer)node->outputs[k]);
    }
}

/* The outputs that were outputs, then what removed nodes took. */
static void set_outputs(Specimen *s, GHashTable *given, GHashTable *wanted)
{
    Graph               *graph = s->model->graph;
    g_autoptr(GPtrArray) names = sorted_names(wanted);
    for (gsize i = graph->outputs.n; i-- > 0;) {
        const char *name = LIST_AT(&graph->outputs, ValueInfo, i)->name;
        if (g_hash_table_contains(given, name))
            g_hash_table_remove(wanted, name);
        else
            list_remove(&graph->outputs, i);
    }
    for (guint i = 0; i < names->len; i++)
        if (g_hash_table_contains(wanted, names->pdata[i]) && g_hash_table_contains(given, names->pdata[i]))
            graph_add_output(graph, names->pdata[i], NULL);
}

Specimen *specimen_keep(const Specimen *specimen, const gboolean *keep, GHashTable *values)
{
    g_autoptr(Specimen)   s = specimen_copy(specimen);
    Graph                *graph = s->model->graph;
    g_autoptr(GHashTable) given = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) removed = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) constant = constant_names(graph);
    gather(graph, keep, TRUE, given, taken);
    gather(graph, keep, FALSE, removed, wanted);
    g_autoptr(GPtrArray) needed = sorted_names(taken);
    for (guint i = 0; i < needed->len; i++)
        if (g_hash_table_contains(removed, needed->pdata[i]) &&
            !supply(s, needed->pdata[i], values, g_hash_table_contains(constant, needed->pdata[i])))
            return NULL;
    set_outputs(s, given, wanted);
    for (gsize i = graph->nodes.n; i-- > 0;)
        if (!keep[i])
            list_remove(&graph->nodes, i);
    if (graph->outputs.n == 0 || graph->nodes.n == 0)
        return NULL;
    prune(s);
    return g_steal_pointer(&s);
}

Specimen *specimen_inline(const Specimen *specimen)
{
    if (specimen->model->functions.n == 0)
        return NULL;
    Specimen *s = specimen_copy(specimen);
    inline_functions(s->model->graph, &s->model->functions);
    for (gsize i = s->model->opset_imports.n; i-- > 0;) {
        const char *domain = domain_canonical(LIST_AT(&s->model->opset_imports, OpsetImport, i)->domain);
        gboolean    replaced = FALSE;
        for (gsize k = 0; *domain && k < s->model->functions.n; k++)
            replaced |= strcmp(LIST_AT(&s->model->functions, Function, k)->domain, domain) == 0;
        if (replaced)
            list_remove(&s->model->opset_imports, i);
    }
    s->model->functions.n = 0;
    return s;
}

/* ---- smaller things ---------------------------------------------------------------------------------------------------- */

static void strip_graph(Graph *graph)
{
    graph->doc = "";
    graph->value_infos.n = graph->metadata.n = 0;
    for (gsize i = 0; i < graph->nodes.n; i++) {
        Node *node = LIST_AT(&graph->nodes, Node, i);
        node->doc = "";
        node->metadata.n = 0;
    }
}

Specimen *specimen_strip(const Specimen *specimen)
{
    Specimen *s = specimen_copy(specimen);
    s->model->doc = "";
    s->model->metadata.n = 0;
    strip_graph(s->model->graph);
    for (gsize i = 0; i < s->model->functions.n; i++)
        strip_graph(LIST_AT(&s->model->functions, Function, i)->body);
    return s;
}

Specimen *specimen_without_output(const Specimen *specimen, gsize output)
{
    if (specimen->model->graph->outputs.n < 2)
        return NULL;
    Specimen *s = specimen_copy(specimen);
    list_remove(&s->model->graph->outputs, output);
    prune(s);
    return s;
}

Specimen *specimen_without_attribute(const Specimen *specimen, gsize node, gsize attribute)
{
    Specimen *s = specimen_copy(specimen);
    list_remove(&LIST_AT(&s->model->graph->nodes, Node, node)->attributes, attribute);
    prune(s);
    return s;
}

static gboolean output_is_used(const Graph *graph, const char *name)
{
    for (gsize i = 0; i < graph->outputs.n; i++)
        if (strcmp(LIST_AT(&graph->outputs, ValueInfo, i)->name, name) == 0)
            return TRUE;
    for (gsize i = 0; i < graph->nodes.n; i++) {
        g_autoptr(GHashTable) used = names_used(LIST_AT(&graph->nodes, Node, i));
        if (g_hash_table_contains(used, name))
            return TRUE;
    }
    return FALSE;
}

Specimen *specimen_without_use(const Specimen *specimen, gsize at_node, gboolean output, gsize at)
{
    const Node *old = LIST_AT(&specimen->model->graph->nodes, Node, at_node);
    const char *name = output ? old->outputs[at] : old->inputs[at];
    if (!*name || (output && (old->n_outputs < 2 || output_is_used(specimen->model->graph, name))))
        return NULL;
    Specimen *s = specimen_copy(specimen);
    Node     *node = LIST_AT(&s->model->graph->nodes, Node, at_node);
    const char **names = output ? node->outputs : node->inputs;
    gsize       *n = output ? &node->n_outputs : &node->n_inputs;
    names[at] = "";
    while (*n > 0 && !*names[*n - 1])
        --*n;
    prune(s);
    return s;
}
