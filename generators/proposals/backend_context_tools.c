/* backend-context: what tools do to a container that they know nothing of, and what is left of it. */
#include "generators/proposals/backend_context.h"

#include "reference/onnx/inline.h"

#include <string.h>

/* ---- walking -------------------------------------------------------------------------------------------------------------- */

typedef void (*Visit)(Model *model, Node *node, gconstpointer data);

static void visit_graph(Model *model, const Graph *graph, Visit visit, gconstpointer data)
{
    for (gsize i = 0; i < graph->nodes.n; i++) {
        Node *node = LIST_AT(&graph->nodes, Node, i);
        visit(model, node, data);
        for (gsize k = 0; k < node->attributes.n; k++) {
            const Attribute *a = LIST_AT(&node->attributes, Attribute, k);
            if (a->graph)
                visit_graph(model, a->graph, visit, data);
        }
    }
}

/* Every node of the file, wherever the container keeps it. */
static void visit_nodes(Model *model, Visit visit, gconstpointer data)
{
    visit_graph(model, model->graph, visit, data);
    for (gsize i = 0; i < model->functions.n; i++)
        visit_graph(model, LIST_AT(&model->functions, Function, i)->body, visit, data);
}

/* ---- tools that leave the computation as it is ------------------------------------------------------------------------------ */

static void round_trip(Model *file, gconstpointer data)
{
    (void)file;
    (void)data;
}

static gboolean is_interface(const Graph *graph, const char *name)
{
    const List *const infos[] = { &graph->inputs, &graph->outputs };
    for (gsize l = 0; l < G_N_ELEMENTS(infos); l++)
        for (gsize i = 0; i < infos[l]->n; i++)
            if (strcmp(LIST_AT(infos[l], ValueInfo, i)->name, name) == 0)
                return TRUE;
    return FALSE;
}

static void rename_one(Model *file, const char **name)
{
    if (**name && !g_str_has_prefix(*name, CONTEXT_PREFIX) && !is_interface(file->graph, *name))
        *name = arena_printf(file->arena, "renamed_%s", *name);
}

static void rename_uses(Model *file, Node *node, gconstpointer data)
{
    (void)data;
    for (gsize i = 0; i < node->n_inputs; i++)
        rename_one(file, &node->inputs[i]);
    for (gsize i = 0; i < node->n_outputs; i++)
        rename_one(file, &node->outputs[i]);
}

/* Values of the main graph get other names, initializers too; graph inputs and outputs keep theirs. */
static void rename_values(Model *file, gconstpointer data)
{
    (void)data;
    Graph *graph = file->graph;
    visit_graph(file, graph, rename_uses, NULL);
    for (gsize i = 0; i < graph->initializers.n; i++)
        rename_one(file, &LIST_AT(&graph->initializers, NamedTensor, i)->name);
    for (gsize i = 0; i < graph->value_infos.n; i++)
        rename_one(file, &LIST_AT(&graph->value_infos, ValueInfo, i)->name);
}

static void name_node(Model *file, Node *node, gconstpointer data)
{
    (void)data;
    node->doc = arena_string(file->arena, "as a tool left it");
    if (strcmp(node->domain, CONTEXT_DOMAIN) != 0)
        node->name = arena_printf(file->arena, "node_%s", node->outputs[0]);
}

/* Names of nodes and doc strings belong to nobody. */
static void annotate(Model *file, gconstpointer data)
{
    (void)data;
    visit_graph(file, file->graph, name_node, NULL);
    file->producer_name = "a tool";
    file->doc = "a text";
}

/* Calls replaced by bodies, functions removed: also those of the table, which nobody calls. */
static void inline_all(Model *file, gconstpointer data)
{
    (void)data;
    inline_functions(file->graph, &file->functions);
    file->functions.n = 0;
}

/* A node that nobody needs, at the end of the graph or at its beginning; and its removal. */
static void append_dead(Model *model, gconstpointer data)
{
    (void)data;
    graph_add_node(model->graph, "", "Exp", NAMES(LIST_AT(&model->graph->inputs, ValueInfo, 0)->name), NAMES("dead"));
}

static void prepend_dead(Model *file, gconstpointer data)
{
    append_dead(file, data);
    Node *node = LIST_AT(&file->graph->nodes, Node, file->graph->nodes.n - 1);
    list_remove(&file->graph->nodes, file->graph->nodes.n - 1);
    list_insert(&file->graph->nodes, file->arena, 0, node);
}

static void remove_dead(Model *file, gconstpointer data)
{
    (void)data;
    for (gsize i = file->graph->nodes.n; i-- > 0;)
        if (strcmp(LIST_AT(&file->graph->nodes, Node, i)->outputs[0], "dead") == 0)
            list_remove(&file->graph->nodes, i);
}

/* The container is packed with other weights than it is opened with. */
static void other_weights(Model *model, gconstpointer data)
{
    (void)data;
    for (gsize i = 0; i < model->graph->initializers.n; i++) {
        NamedTensor *t = LIST_AT(&model->graph->initializers, NamedTensor, i);
        if (strcmp(t->name, "w") == 0)
            t->tensor = arena_tensor(model->arena, DATA_LIST(DTYPE_FLOAT, 9, 9, 9));
    }
}

static void true_weights(Model *file, gconstpointer data)
{
    (void)data;
    for (gsize i = 0; i < file->graph->initializers.n; i++) {
        NamedTensor *t = LIST_AT(&file->graph->initializers, NamedTensor, i);
        if (strcmp(t->name, "w") == 0)
            t->tensor = arena_tensor(file->arena, DATA_LIST(DTYPE_FLOAT, 1, -2, 3));
    }
}

static void lose_unknown(Model *file, gconstpointer data)
{
    (void)data;
    file->graph->rest = (Bytes){ 0 };
}

#define ALL 0x1F
#define NOT(e) (ALL & ~(1u << (e)))

static const struct {
    const char *tag, *requirements, *what;
    PlanTool    before, after;
    guint       used; /* bit 1 << encoding: the object is still used */
} passes[] = {
    { "round-trip", "R61", "is read and written by a tool", NULL, round_trip, ALL },
    { "rename", "R62 R68", "had its values renamed", NULL, rename_values,
      ALL & ~(1u << ENCODING_C1 | 1u << ENCODING_C2) },
    { "annotate", "R61 R68", "got names of nodes and doc strings", NULL, annotate, ALL },
    { "inline", "R63", "had its functions inlined", NULL, inline_all, ALL & ~(1u << ENCODING_B | 1u << ENCODING_C1) },
    { "add", "R64", "got a node that nobody needs", NULL, prepend_dead, ALL },
    { "remove", "R64", "lost a node that nobody needs", append_dead, remove_dead, ALL },
    { "weights", "R65 R68", "got other weights", other_weights, true_weights, ALL },
    { "unknown-lost", "R67", "lost the fields that a tool did not know", NULL, lose_unknown, NOT(ENCODING_C2) },
};

/* Objects used or not used differ by encoding, so these are two semantic cases a tool. */
static void pass(Generator *g, ContextEncoding e, gsize i, const char *graph)
{
    const gboolean used = passes[i].used >> e & 1;
    Plan *p = context_plan_new(context_graph(graph), e);
    context_plan_usual(p);
    p->before = passes[i].before;
    p->after = passes[i].after;
    p->tables = TRUE;
    g_autofree char *name = g_strdup_printf("tool-%s-%s-%s", passes[i].tag, graph, used ? "used" : "lost");
    context_plan_emit(g, p, name, used ? p->graph->shows : 0, passes[i].requirements, "The file %s; %s runs.",
                      passes[i].what, used ? "the object" : "the graph");
}

static void relocated(Generator *g, ContextEncoding e)
{
    static const char *const graphs[] = { "weight", "chain", "loop" };
    for (gsize i = 0; i < G_N_ELEMENTS(graphs); i++) {
        Plan *p = context_plan_new(context_graph(graphs[i]), e);
        context_plan_usual(p);
        p->relocates = TRUE;
        g_autofree char *name = g_strdup_printf("tool-relocate-%s", graphs[i]);
        context_plan_emit(g, p, name, p->graph->shows, "R65 R4", "The weights were moved to a file after packing.");
    }
}

/* ---- changes inside a region ---------------------------------------------------------------------------------------------------
 * The plain graph is the changed one: `before` undoes the change for packing, `after` makes it again, wherever the
 * container keeps the node. Nodes are found by what they are. */

typedef enum { EDIT_OPERATOR, EDIT_ATTRIBUTE, EDIT_OPERANDS, EDIT_SUBGRAPH, EDIT_CONSTANT } EditKind;

typedef struct {
    const char *tag, *graph, *requirements, *what;
    EditKind    kind;
    const char *op, *other; /* of the plain graph; while packing */
} Edit;

static const Edit edits[] = {
    { "operator", "weight", "R66 R68 R16", "an operator", EDIT_OPERATOR, "Mul", "Max" },
    { "operator-inside", "gap", "R66 R68 R16", "an operator", EDIT_OPERATOR, "Neg", "Sign" },
    { "attribute", "types", "R66 R68 R16", "an attribute", EDIT_ATTRIBUTE, "ArgMax", NULL },
    { "constant", "constant", "R66 R68 R16", "a tensor attribute", EDIT_CONSTANT, "Constant", NULL },
    { "operands", "gap", "R66 R68 R16", "the order of operands", EDIT_OPERANDS, "Sub", NULL },
    { "subgraph", "captures", "R66 R68 R16", "an operator in a branch", EDIT_SUBGRAPH, "Sub", "Mul" },
    { "body", "loop", "R66 R68 R16", "an operator in a loop's body", EDIT_SUBGRAPH, "Add", "Sub" },
};

typedef struct {
    const Edit *edit;
    gboolean    undo;
} EditStep;

static void edit_node(Model *model, Node *node, gconstpointer data)
{
    const EditStep *step = data;
    const Edit     *edit = step->edit;
    const char     *now = step->undo || !edit->other ? edit->op : edit->other;
    if (strcmp(node->op_type, now) != 0 || *node->domain)
        return;
    switch (edit->kind) {
    case EDIT_OPERATOR:
    case EDIT_SUBGRAPH:
        node->op_type = step->undo ? edit->other : edit->op;
        return;
    case EDIT_ATTRIBUTE:
        node_set_int(node, model->graph, "select_last_index", step->undo);
        return;
    case EDIT_CONSTANT:
        node_set_tensor(node, model->graph, "value", step->undo ? DATA_LIST(DTYPE_FLOAT, 1, 1, 1)
                        : DATA_LIST(DTYPE_FLOAT, 2, 3, -1));
        return;
    case EDIT_OPERANDS: {
        const char *first = node->inputs[0];
        node->inputs[0] = node->inputs[1];
        node->inputs[1] = first;
        return;
    }
    }
}

static void undo(Model *model, gconstpointer data)
{
    const EditStep step = { data, TRUE };
    visit_nodes(model, edit_node, &step);
}

static void redo(Model *file, gconstpointer data)
{
    const EditStep step = { data, FALSE };
    visit_nodes(file, edit_node, &step);
}

static void edited(Generator *g, ContextEncoding e, const Edit *edit)
{
    for (ContextPolicy policy = POLICY_PREFER; policy <= POLICY_REQUIRE; policy++) {
        Plan *p = context_plan_new(context_graph(edit->graph), e);
        context_plan_usual(p);
        p->regions[0].policy = policy;
        p->before = undo;
        p->after = redo;
        p->data = edit;
        g_autofree char *name = g_strdup_printf("edit-%s-%s", edit->tag, context_policy_name(policy));
        g_autofree char *twin = g_strdup_printf("region-%s-used", edit->graph);
        if (policy == POLICY_REQUIRE)
            context_plan_reject(g, p, name, twin, "requires a compiled object: stale", edit->requirements,
                                "Refused: a tool changed %s of the region.", edit->what);
        else
            context_plan_emit(g, p, name, 0, edit->requirements,
                              "A tool changed %s of the region: the changed graph runs.", edit->what);
    }
}

/* Operands that both come from outside: the computation is the same with its inputs bound otherwise. Where the boundary
 * stands in the file it is no longer the recorded one; where it is computed the object still fits, and is right. */
static void bound_otherwise(Generator *g, ContextEncoding e)
{
    static const Edit edit = { "boundary", "order", NULL, NULL, EDIT_OPERANDS, "Sub", NULL };
    const gboolean used = e == ENCODING_D;
    Plan *p = context_plan_new(context_graph("order"), e);
    context_plan_usual(p);
    p->before = undo;
    p->after = redo;
    p->data = &edit;
    context_plan_emit(g, p, used ? "edit-boundary-used" : "edit-boundary-lost", used ? 1 : 0, used ? "R6 R68"
                      : "R6 R16",
                      "A tool exchanged two operands that come from outside the region: %s runs.", used ? "the object"
                          : "the changed graph");
}

/* ---- torn scopes ------------------------------------------------------------------------------------------------------------------ */

/* The tag of one node is gone, or another node has it too. */
static void lose_tag(Model *file, gconstpointer data)
{
    (void)data;
    LIST_AT(&file->graph->nodes, Node, 1)->metadata.n = 0;
}

static void lose_all_tags(Model *file, gconstpointer data)
{
    (void)data;
    for (gsize i = 0; i < file->graph->nodes.n; i++)
        LIST_AT(&file->graph->nodes, Node, i)->metadata.n = 0;
}

static void one_more_tag(Model *file, gconstpointer data)
{
    (void)data;
    properties_set(&LIST_AT(&file->graph->nodes, Node, 0)->metadata, file, "bctx.scope.mock-a", "r");
}

static void other_tag(Model *file, gconstpointer data)
{
    (void)data;
    properties_set(&LIST_AT(&file->graph->nodes, Node, 1)->metadata, file, "bctx.scope.mock-a", "elsewhere");
}

static void torn(Generator *g)
{
    static const struct {
        const char *tag, *what;
        PlanTool    tool;
    } rows[] = { { "lost", "lost a node's tag", lose_tag }, { "lost-all", "lost all tags", lose_all_tags },
                 { "more", "got one tag more", one_more_tag }, { "other", "had a node's tag changed", other_tag } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan *p = context_plan_new(context_graph("chain"), ENCODING_D);
        context_plan_usual(p);
        p->after = rows[i].tool;
        g_autofree char *name = g_strdup_printf("torn-%s", rows[i].tag);
        context_plan_emit(g, p, name, 0, "R60", "The scope %s: it is stale, the graph runs.", rows[i].what);
        p = context_plan_new(context_graph("chain"), ENCODING_D);
        context_plan_usual(p);
        p->regions[0].policy = POLICY_REQUIRE;
        p->after = rows[i].tool;
        g_autofree char *required = g_strdup_printf("torn-%s-require", rows[i].tag);
        context_plan_reject(g, p, required, "select-usable-require", "requires a compiled object: stale", "R60 R22",
                            "Refused: the scope %s, and the object is required.", rows[i].what);
    }
}

void backend_context_tools(Generator *g)
{
    static const char *const graphs[] = { "weight", "order", "long" };
    EACH_ENCODING(e) {
        for (gsize i = 0; i < G_N_ELEMENTS(passes); i++)
            for (gsize k = 0; k < G_N_ELEMENTS(graphs); k++)
                pass(g, e, i, graphs[k]);
        relocated(g, e);
        for (gsize i = 0; i < G_N_ELEMENTS(edits); i++)
            edited(g, e, &edits[i]);
        bound_otherwise(g, e);
    }
    torn(g);
}
