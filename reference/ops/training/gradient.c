/* Gradient: the derivatives of a tensor y of the graph around the node with respect to tensors xs. The node's inputs are
 * the values of xs and zs at which it is taken, so the part of the graph between them and y is run again with these values,
 * and then backwards (reverse mode). All that is written as one function of standard operators, which the runner runs.
 *
 * The text speaks of derivatives of y without saying what they are where y has more than one element; here the derivative is
 * that of the sum of its elements. */
#include "reference/eval/eval.h"
#include "reference/ops/shared/derivatives.h"

#include <string.h>

typedef struct {
    const Eval  *ev;
    const Graph *graph;
    Model       *into;
    Function    *function;
    gsize        n_xs, n_names; /* names: xs, then zs */
    const char **names, *y;
    GHashTable  *given;         /* set of names */
    GHashTable  *producers;     /* name -> Node */
    GHashTable  *needed;        /* set of Node */
    GHashTable  *constants;     /* set of names of initializers */
    GHashTable  *active;        /* set of names whose value depends on xs */
    GHashTable  *gradients;     /* name -> name of the gradient so far */
    guint        fresh;
} Differentiation;

static const char *fresh_name(Differentiation *d, const char *of)
{
    return arena_printf(d->into->arena, "gradient of %s/%u", of, d->fresh++);
}

static Node *add(Differentiation *d, const char *domain, const char *op, const char *const *inputs, const char *output)
{
    return graph_add_node(d->function->body, domain, op, inputs, NAMES(output));
}

/* ---- what is asked ---------------------------------------------------------------------------------------------------- */

static gboolean read_names(Differentiation *d, GError **error)
{
    gsize n_zs;
    const Bytes *xs = eval_strings(d->ev, "xs", &d->n_xs), *zs = eval_strings(d->ev, "zs", &n_zs);
    d->n_names = d->n_xs + n_zs;
    d->names = arena_array(d->into->arena, const char *, d->n_names + 1);
    d->y = arena_string(d->into->arena, eval_string(d->ev, "y"));
    for (gsize i = 0; i < d->n_names; i++) {
        const Bytes name = i < d->n_xs ? xs[i] : zs[i - d->n_xs];
        g_autofree char *text = g_strndup((const char *)name.data, name.size);
        d->names[i] = arena_string(d->into->arena, text);
        if (!*text || !g_hash_table_add(d->given, (gpointer)d->names[i]))
            return eval_fail(error, "xs and zs name the tensor '%s' more than once, or an empty one", text);
    }
    if (eval_input_count(d->ev) != d->n_names || eval_output_count(d->ev) > d->n_xs)
        return eval_fail(error, "%" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs; xs and zs name %" G_GSIZE_FORMAT
                         " tensors, xs %" G_GSIZE_FORMAT, eval_input_count(d->ev), eval_output_count(d->ev), d->n_names, d->n_xs);
    return TRUE;
}

static gboolean check_inputs(const Differentiation *d, GError **error)
{
    for (gsize i = 0; i < d->n_names; i++) {
        const Value *value = eval_input_value(d->ev, i);
        const gboolean tensor = value && value->kind == VALUE_TENSOR;
        const DType dtype = tensor ? value->tensor->dtype : DTYPE_UNDEFINED;
        if (!tensor || (i < d->n_xs && dtype != DTYPE_FLOAT16 && dtype != DTYPE_FLOAT && dtype != DTYPE_DOUBLE)) {
            g_autofree char *found = value ? value_describe(value) : g_strdup("omitted");
            return eval_fail(error, "input %" G_GSIZE_FORMAT " for '%s' is %s, expected a tensor%s", i, d->names[i], found,
                             i < d->n_xs ? " of float16, float or double" : "");
        }
    }
    return TRUE;
}

/* ---- the part of the graph between xs, zs and y -------------------------------------------------------------------------- */

static gboolean can_copy(const Node *node, GError **error)
{
    for (gsize i = 0; i < node->attributes.n; i++) {
        const Attribute *a = LIST_AT(&node->attributes, Attribute, i);
        if (a->ref || a->graph || a->type == ATTRIBUTE_GRAPHS)
            return eval_fail(error, "cannot differentiate through %s: attribute '%s' is a %s", node->op_type, a->name,
                             a->ref ? "reference" : "graph");
    }
    return TRUE;
}

static gboolean need(Differentiation *d, const char *name, GPtrArray *pending, GError **error)
{
    if (!*name || g_hash_table_contains(d->given, name))
        return TRUE;
    Node *producer = g_hash_table_lookup(d->producers, name);
    if (producer == eval_node(d->ev) || (!producer && !graph_initializer(d->graph, name)))
        return eval_fail(error, "'%s' depends on '%s', which %s", d->y, name,
                         producer ? "this node computes" : "is neither in xs nor in zs nor computed from them");
    if (!producer)
        g_hash_table_add(d->constants, (gpointer)name);
    else if (g_hash_table_add(d->needed, producer))
        g_ptr_array_add(pending, producer);
    return TRUE;
}

static gboolean find_needed(Differentiation *d, GError **error)
{
    for (gsize i = 0; i < d->graph->nodes.n; i++) {
        Node *node = LIST_AT(&d->graph->nodes, Node, i);
        for (gsize k = 0; k < node->n_outputs; k++)
            g_hash_table_insert(d->producers, (gpointer)node->outputs[k], node);
    }
    g_autoptr(GPtrArray) pending = g_ptr_array_new();
    if (!need(d, d->y, pending, error))
        return FALSE;
    while (pending->len > 0) {
        const Node *node = g_ptr_array_steal_index_fast(pending, pending->len - 1);
        for (gsize i = 0; i < node->n_inputs; i++)
            if (!need(d, node->inputs[i], pending, error))
                return FALSE;
    }
    return TRUE;
}

/* The same nodes in the function; initializers become constants. */
static gboolean copy_forward(Differentiation *d, GError **error)
{
    Graph *body = d->function->body;
    for (gsize i = 0; i < d->graph->initializers.n; i++) {
        const NamedTensor *t = LIST_AT(&d->graph->initializers, NamedTensor, i);
        if (g_hash_table_contains(d->constants, t->name))
            node_set_tensor(add(d, "", "Constant", NO_NAMES, t->name), body, "value", tensor_ref(t->tensor));
    }
    for (gsize i = 0; i < d->n_xs; i++)
        g_hash_table_add(d->active, (gpointer)d->names[i]);
    for (gsize i = 0; i < d->graph->nodes.n; i++) {
        Node *node = LIST_AT(&d->graph->nodes, Node, i);
        if (!g_hash_table_contains(d->needed, node))
            continue;
        if (!can_copy(node, error))
            return FALSE;
        list_append(&body->nodes, d->into->arena, node_copy(node, d->into));
        gboolean active = FALSE;
        for (gsize k = 0; k < node->n_inputs; k++)
            active |= g_hash_table_contains(d->active, node->inputs[k]);
        for (gsize k = 0; active && k < node->n_outputs; k++)
            g_hash_table_add(d->active, (gpointer)node->outputs[k]);
    }
    return TRUE;
}

/* ---- backwards --------------------------------------------------------------------------------------------------------- */

static void contribute(Differentiation *d, const char *name, const char *gradient)
{
    const char *before = g_hash_table_lookup(d->gradients, name);
    if (before) {
        const char *sum = fresh_name(d, name);
        add(d, "", "Add", NAMES(before, gradient), sum);
        gradient = sum;
    }
    g_hash_table_insert(d->gradients, (gpointer)name, (gpointer)gradient);
}

/* The rule for a node, if it means what the rule differentiates. */
static const Derivative *find_rule(const Differentiation *d, const Node *node, GError **error)
{
    const Derivative *rule = *node->domain ? NULL : derivative_find(node->op_type, node->n_inputs);
    if (!rule || opset_version(&d->function->opset_imports, "") < rule->since) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED, "no derivative of %s%s%s with %" G_GSIZE_FORMAT " inputs is known",
                    node->domain, *node->domain ? "::" : "", node->op_type, node->n_inputs);
        return NULL;
    }
    g_auto(GStrv) known = g_strsplit(rule->attributes, " ", -1);
    for (gsize i = 0; i < node->attributes.n; i++) {
        const Attribute *a = LIST_AT(&node->attributes, Attribute, i);
        if (!g_strv_contains((const char *const *)known, a->name)) {
            g_set_error(error, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED, "no derivative of %s with attribute '%s' is known",
                        node->op_type, a->name);
            return NULL;
        }
    }
    return rule;
}

static gboolean differentiate(Differentiation *d, const Node *node, GError **error)
{
    const char *dy = node->n_outputs > 0 ? g_hash_table_lookup(d->gradients, node->outputs[0]) : NULL;
    for (gsize k = 1; k < node->n_outputs; k++)
        if (g_hash_table_contains(d->gradients, node->outputs[k]))
            return eval_fail(error, "cannot differentiate through output %" G_GSIZE_FORMAT " of %s", k, node->op_type);
    if (!dy || !g_hash_table_contains(d->active, node->outputs[0]))
        return TRUE;
    const Derivative *rule = find_rule(d, node, error);
    const char *function = rule ? derivative_function(rule, d->into, error) : NULL;
    if (!function)
        return FALSE;
    const gsize outputs = model_function(d->into, DERIVATIVE_DOMAIN, function, "")->n_outputs;
    const char *inputs[] = { dy, node->outputs[0], NULL, NULL, NULL, NULL }, *results[] = { "", "", "", NULL };
    for (gsize i = 0; i < node->n_inputs; i++) {
        inputs[2 + i] = node->inputs[i];
        if (!g_hash_table_contains(d->active, node->inputs[i]))
            continue;
        if (i >= outputs)
            return eval_fail(error, "cannot differentiate through input %" G_GSIZE_FORMAT " of %s", i, node->op_type);
        results[i] = fresh_name(d, node->inputs[i]);
    }
    results[outputs] = NULL;
    Node *call = graph_add_node(d->function->body, DERIVATIVE_DOMAIN, function, inputs, results);
    call->attributes = node_copy(node, d->into)->attributes;
    for (gsize i = 0; i < node->n_inputs && i < outputs; i++)
        if (*results[i])
            contribute(d, node->inputs[i], results[i]);
    return TRUE;
}

static gboolean write_backward(Differentiation *d, GError **error)
{
    const char *seed = fresh_name(d, d->y);
    add(d, DERIVATIVE_DOMAIN, "OnesLike", NAMES(d->y), seed);
    contribute(d, d->y, seed);
    for (gsize i = d->graph->nodes.n; i-- > 0;) {
        const Node *node = LIST_AT(&d->graph->nodes, Node, i);
        if (g_hash_table_contains(d->needed, node) && !differentiate(d, node, error))
            return FALSE;
    }
    for (gsize i = 0; i < d->function->n_outputs; i++) {
        const char *gradient = g_hash_table_lookup(d->gradients, d->names[i]);
        if (gradient)
            add(d, "", "Identity", NAMES(gradient), d->function->outputs[i]);
        else
            add(d, DERIVATIVE_DOMAIN, "ZerosLike", NAMES(d->names[i]), d->function->outputs[i]);
    }
    return TRUE;
}

/* ---- the function ------------------------------------------------------------------------------------------------------- */

static void open_function(Differentiation *d)
{
    Arena *arena = d->into->arena;
    const gsize n = eval_output_count(d->ev);
    const char **outputs = arena_array(arena, const char *, n + 1);
    for (gsize i = 0; i < n; i++)
        outputs[i] = arena_printf(arena, "gradient of %s", d->names[i]);
    d->function = model_add_function(d->into, DERIVATIVE_DOMAIN, "gradient", d->names, outputs, NO_NAMES);
    const List *imports = eval_imports(d->ev);
    for (gsize i = 0; i < imports->n; i++)
        function_import(d->function, LIST_AT(imports, OpsetImport, i)->domain, LIST_AT(imports, OpsetImport, i)->version);
}

static gboolean write_function(Differentiation *d, GError **error)
{
    if (!read_names(d, error) || !check_inputs(d, error) || !find_needed(d, error) || !derivative_helpers(d->into, error))
        return FALSE;
    open_function(d);
    return copy_forward(d, error) && write_backward(d, error);
}

static GHashTable *name_table(void)
{
    return g_hash_table_new(g_str_hash, g_str_equal);
}

static Function *gradient(const Eval *ev, Model *into, GError **error)
{
    g_autoptr(GHashTable) given = name_table(), producers = name_table(), constants = name_table(), active = name_table(),
                          gradients = name_table(), needed = g_hash_table_new(NULL, NULL);
    Differentiation d = { .ev = ev, .graph = eval_graph(ev), .into = into, .given = given, .producers = producers,
                          .needed = needed, .constants = constants, .active = active, .gradients = gradients };
    return write_function(&d, error) ? d.function : NULL;
}

OPERATOR_DEFINE(gradient, "Gradient", "ai.onnx.preview.training",
    { .since = 1, .signature = "Inputs:any+ -> Outputs:any+", .attributes = "xs:strings!, zs:strings, y:string!",
      .expand = gradient })
