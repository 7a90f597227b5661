#include "reference/eval/plan.h"

#include "reference/eval/eval.h"
#include "reference/onnx/captures.h"
#include "reference/onnx/text.h"

#include <string.h>

/* ---- bodies of operators ------------------------------------------------------------------------------------------ */

const Function *operator_body(const OpVersion *version, GError **error)
{
    static GHashTable *bodies;
    static GMutex lock;
    g_mutex_lock(&lock);
    if (!bodies)
        bodies = g_hash_table_new(NULL, NULL);
    Function *body = g_hash_table_lookup(bodies, version);
    if (!body) {
        Model *home = model_new(); /* lives as long as the process, like the string it comes from */
        body = function_from_text(home, version->body, error);
        if (body)
            g_hash_table_insert(bodies, (gpointer)version, body);
        else
            model_free(home);
    }
    g_mutex_unlock(&lock);
    return body;
}

/* ---- slots -------------------------------------------------------------------------------------------------------- */

int plan_slot(const Plan *plan, const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(plan->slots, name)) - 1;
}

static int add_slot(Plan *plan, const char *name)
{
    const int slot = plan_slot(plan, name);
    if (slot >= 0)
        return slot;
    g_ptr_array_add(plan->names, (gpointer)name);
    g_hash_table_insert(plan->slots, (gpointer)name, GINT_TO_POINTER((int)plan->names->len));
    return (int)plan->names->len - 1;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

static gboolean refuse_operator(const char *domain, const char *op_type, int64_t opset, const char *why, EvalError code,
                                GError **error)
{
    g_autofree char *full = g_strconcat(domain, *domain ? "::" : "", op_type, NULL), *name = message_line(full);
    g_set_error(error, EVAL_ERROR, (gint)code, "no operator %s in opset %" G_GINT64_FORMAT "%s", name, opset, why);
    return FALSE;
}

static gboolean resolve(const PlanContext *context, Plan *plan, Step *step, GError **error)
{
    const Node *node = step->node;
    if (context->expansion)
        step->function = model_function(context->expansion, node->domain, node->op_type, node->overload);
    if (!step->function)
        step->function = model_function(context->model, node->domain, node->op_type, node->overload);
    if (step->function)
        return TRUE;

    const char *domain = domain_canonical(node->domain);
    const int64_t opset = opset_version(plan->imports, domain);
    if (opset == 0)
        return eval_fail(error, "domain '%s' is not in opset_import", *domain ? domain : "ai.onnx");
    const Operator *op = operator_find(domain, node->op_type);
    const OpVersion *version = op ? operator_version(op, opset) : NULL;
    if (!version || version->deprecated)
        return refuse_operator(domain, node->op_type, opset, !op ? " is known" : version ? ": it was removed" : ": it came later",
                               op ? EVAL_ERROR_INVALID : EVAL_ERROR_UNSUPPORTED, error);
    step->version = version;
    step->schema = schema_of(version);
    if (!schema_check_node(step->schema, node, error))
        return FALSE;
    step->kernel = context->substitute ? context->substitute(op, context->substitute_data) : NULL;
    if (step->kernel)
        return TRUE;
    if (version->body && (context->prefer_body || !version->kernel)) {
        step->function = operator_body(version, error);
        return step->function != NULL;
    }
    return TRUE;
}

static int *slots_of(Plan *plan, const char **names, gsize n)
{
    int *slots = g_new(int, n + 1);
    for (gsize i = 0; i < n; i++)
        slots[i] = *names[i] ? add_slot(plan, names[i]) : -1;
    return slots;
}

static gboolean plan_steps(const PlanContext *context, Plan *plan, GError **error)
{
    plan->n_steps = plan->graph->nodes.n;
    plan->steps = g_new0(Step, plan->n_steps + 1);
    for (gsize i = 0; i < plan->n_steps; i++) {
        Step *step = &plan->steps[i];
        step->node = LIST_AT(&plan->graph->nodes, Node, i);
        step->index = i;
        if (!resolve(context, plan, step, error)) {
            g_autofree char *who = node_describe(step->node, i);
            g_prefix_error(error, "%s: ", who);
            return FALSE;
        }
        step->inputs = slots_of(plan, step->node->inputs, step->node->n_inputs);
        step->outputs = slots_of(plan, step->node->outputs, step->node->n_outputs);
    }
    return TRUE;
}

/* A slot is released after the last step that uses it, unless it is an output of the graph. */
static void plan_lifetimes(Plan *plan)
{
    const gsize n_slots = plan->names->len;
    g_autofree int *last = g_new(int, n_slots + 1);
    for (gsize s = 0; s < n_slots; s++)
        last[s] = -1;
    for (gsize i = 0; i < plan->n_steps; i++) {
        const Step *step = &plan->steps[i];
        for (gsize k = 0; k < step->node->n_inputs; k++)
            if (step->inputs[k] >= 0)
                last[step->inputs[k]] = (int)i;
        for (gsize k = 0; k < step->node->n_outputs; k++)
            if (step->outputs[k] >= 0)
                last[step->outputs[k]] = (int)i;
        g_autoptr(GHashTable) captured = g_hash_table_new(g_str_hash, g_str_equal);
        node_captures(step->node, captured);
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, captured);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
            const int slot = plan_slot(plan, name);
            if (slot >= 0)
                last[slot] = (int)i;
        }
    }
    for (gsize i = 0; i < plan->n_outputs; i++)
        last[plan->outputs[i]] = -1;
    for (gsize s = 0; s < n_slots; s++)
        if (last[s] >= 0)
            plan->steps[last[s]].n_dead++;
    for (gsize i = 0; i < plan->n_steps; i++) {
        plan->steps[i].dead = g_new(int, plan->steps[i].n_dead + 1);
        plan->steps[i].n_dead = 0;
    }
    for (gsize s = 0; s < n_slots; s++)
        if (last[s] >= 0) {
            Step *step = &plan->steps[last[s]];
            step->dead[step->n_dead++] = (int)s;
        }
}

/* ---- graphs ------------------------------------------------------------------------------------------------------- */

static Plan *plan_alloc(const Graph *graph, const List *imports)
{
    Plan *plan = g_new0(Plan, 1);
    plan->graph = graph;
    plan->imports = imports;
    plan->names = g_ptr_array_new();
    plan->slots = g_hash_table_new(g_str_hash, g_str_equal);
    return plan;
}

static void add_parameters(Plan *plan, const char **inputs, gsize n)
{
    plan->n_inputs = n;
    plan->inputs = slots_of(plan, inputs, n);
}

/* Every initializer has a slot, also one that only a nested graph uses. */
static void add_constants(Plan *plan)
{
    for (gsize i = 0; i < plan->graph->initializers.n; i++)
        add_slot(plan, LIST_AT(&plan->graph->initializers, NamedTensor, i)->name);
    for (gsize i = 0; i < plan->graph->sparse_initializers.n; i++)
        add_slot(plan, LIST_AT(&plan->graph->sparse_initializers, SparseTensor, i)->name);
    plan->constants = g_new0(Value *, plan->names->len + 1);
    for (gsize i = 0; i < plan->graph->initializers.n; i++) {
        const NamedTensor *t = LIST_AT(&plan->graph->initializers, NamedTensor, i);
        const int slot = plan_slot(plan, t->name);
        if (slot >= 0 && t->tensor && !plan->constants[slot])
            plan->constants[slot] = value_from_tensor(tensor_ref(t->tensor));
    }
    for (gsize i = 0; i < plan->graph->sparse_initializers.n; i++) {
        const SparseTensor *t = LIST_AT(&plan->graph->sparse_initializers, SparseTensor, i);
        const int slot = plan_slot(plan, t->name);
        if (slot >= 0 && !plan->constants[slot])
            plan->constants[slot] =
                value_sparse(tensor_ref(t->values->tensor), tensor_ref(t->indices->tensor), &t->shape);
    }
}

static Plan *finish(const PlanContext *context, Plan *plan, const char **outputs, gsize n_outputs, GError **error)
{
    g_autoptr(GHashTable) captured = g_hash_table_new(g_str_hash, g_str_equal);
    graph_captures(plan->graph, captured);
    for (gsize i = 0; i < plan->n_inputs; i++) /* a function's body graph does not list its parameters */
        g_hash_table_remove(captured, g_ptr_array_index(plan->names, (guint)plan->inputs[i]));

    if (!plan_steps(context, plan, error)) {
        plan_free(plan);
        return NULL;
    }
    plan->n_outputs = n_outputs;
    plan->outputs = slots_of(plan, outputs, n_outputs);
    plan->captures = g_new(int, g_hash_table_size(captured) + 1);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, captured);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        plan->captures[plan->n_captures++] = add_slot(plan, name);
    add_constants(plan);
    plan_lifetimes(plan);
    return plan;
}

static const char **value_names(const List *infos)
{
    const char **names = g_new(const char *, infos->n + 1);
    for (gsize i = 0; i < infos->n; i++)
        names[i] = LIST_AT(infos, ValueInfo, i)->name;
    return names;
}

Plan *plan_new(const PlanContext *context, const Graph *graph, const List *imports, GError **error)
{
    Plan *plan = plan_alloc(graph, imports);
    g_autofree const char **inputs = value_names(&graph->inputs);
    g_autofree const char **outputs = value_names(&graph->outputs);
    add_parameters(plan, inputs, graph->inputs.n);
    return finish(context, plan, outputs, graph->outputs.n, error);
}

Plan *plan_new_function(const PlanContext *context, const Function *function, GError **error)
{
    Plan *plan = plan_alloc(function->body, &function->opset_imports);
    add_parameters(plan, function->inputs, function->n_inputs);
    return finish(context, plan, function->outputs, function->n_outputs, error);
}

void plan_free(Plan *plan)
{
    if (!plan)
        return;
    for (gsize i = 0; plan->steps && i < plan->n_steps; i++) {
        g_free(plan->steps[i].inputs);
        g_free(plan->steps[i].outputs);
        g_free(plan->steps[i].dead);
    }
    for (gsize s = 0; plan->constants && s < plan->names->len; s++)
        value_unref(plan->constants[s]);
    g_free(plan->constants);
    g_free(plan->steps);
    g_free(plan->inputs);
    g_free(plan->outputs);
    g_free(plan->captures);
    g_ptr_array_unref(plan->names);
    g_hash_table_unref(plan->slots);
    g_free(plan);
}
