#include "reference/ops/shared/body.h"

static void free_tensor(gpointer tensor)
{
    tensor_unref(tensor);
}

gboolean body_open(Body *b, Eval *ev, gsize n_inputs, gsize skip, gsize first_state, gsize n_state, GError **error)
{
    *b = (Body){ .ev = ev, .skip = skip, .n_state = n_state };
    b->subgraph = eval_subgraph(ev, "body", error);
    if (!b->subgraph)
        return FALSE;
    b->graph = eval_attribute(ev, "body")->graph;
    if (subgraph_input_count(b->subgraph) != n_inputs)
        return eval_fail(error, "body has %" G_GSIZE_FORMAT " inputs, expected %" G_GSIZE_FORMAT,
                         subgraph_input_count(b->subgraph), n_inputs);
    const gsize n_outputs = subgraph_output_count(b->subgraph);
    if (n_outputs < skip + n_state || n_outputs - skip != eval_output_count(ev))
        return eval_fail(error, "body has %" G_GSIZE_FORMAT " outputs, expected %" G_GSIZE_FORMAT " for a node with %"
                                G_GSIZE_FORMAT " outputs and %" G_GSIZE_FORMAT " state variables",
                         n_outputs, skip + eval_output_count(ev), eval_output_count(ev), n_state);
    b->n_scan = n_outputs - skip - n_state;
    b->state = g_new0(Value *, n_state + 1);
    b->outputs = g_new0(Value *, n_outputs + 1);
    b->piles = g_new0(GPtrArray *, b->n_scan + 1);
    for (gsize k = 0; k < b->n_scan; k++)
        b->piles[k] = g_ptr_array_new_with_free_func(free_tensor);
    for (gsize i = 0; i < n_state; i++) {
        const Value *initial = eval_input_value(ev, first_state + i);
        if (!initial)
            return eval_fail(error, "state variable %" G_GSIZE_FORMAT " has no initial value", i);
        b->state[i] = value_ref(initial);
    }
    return TRUE;
}

/* A state variable may change its shape on the way, but not its element type; an optional may become what it holds. */
static gboolean same_type(const Value *before, const Value *after, gsize i, GError **error)
{
    const gboolean optional = before->kind == VALUE_OPTIONAL || after->kind == VALUE_OPTIONAL;
    if (optional ||
        (before->kind == after->kind && (before->kind != VALUE_TENSOR || before->tensor->dtype == after->tensor->dtype)))
        return TRUE;
    g_autofree char *was = value_describe(before), *is = value_describe(after);
    return eval_fail(error, "state variable %" G_GSIZE_FORMAT " was %s and became %s", i, was, is);
}

static gboolean sort_outputs(Body *b, GError **error)
{
    Value **state = b->outputs + b->skip, **scan = state + b->n_state;
    for (gsize i = 0; i < b->n_state; i++) {
        if (!state[i])
            return eval_fail(error, "body does not produce state variable %" G_GSIZE_FORMAT, i);
        if (!same_type(b->state[i], state[i], i, error))
            return FALSE;
        value_unref(b->state[i]);
        b->state[i] = g_steal_pointer(&state[i]);
    }
    for (gsize k = 0; k < b->n_scan; k++) {
        if (!scan[k] || scan[k]->kind != VALUE_TENSOR)
            return eval_fail(error, "scan output %" G_GSIZE_FORMAT " is not a tensor", k);
        g_ptr_array_add(b->piles[k], tensor_ref(scan[k]->tensor));
    }
    return TRUE;
}

/* The input as the body declares it: what is not an optional but should be is wrapped into one. (Published data of Loop
 * carry an optional that the body turns into what it holds.) A new reference. */
static Value *as_declared(const Body *b, gsize i, Value *input)
{
    const Type *type = LIST_AT(&b->graph->inputs, ValueInfo, i)->type;
    const gboolean wrap = type && type->kind == TYPE_OPTIONAL && input->kind != VALUE_OPTIONAL;
    return wrap ? value_optional(value_ref(input)) : value_ref(input);
}

static gboolean run(Body *b, Value *const *inputs, gsize n, GError **error)
{
    g_autofree Value **given = g_new0(Value *, n + 1);
    for (gsize i = 0; i < n; i++)
        given[i] = as_declared(b, i, inputs[i]);
    const gboolean ok = subgraph_run(b->subgraph, given, n, b->outputs, error);
    for (gsize i = 0; i < n; i++)
        value_unref(given[i]);
    return ok;
}

gboolean body_run(Body *b, Value *const *inputs, gsize n, Value **skipped, GError **error)
{
    if (!eval_tick(b->ev, error) || !run(b, inputs, n, error))
        return FALSE;
    gboolean ok = sort_outputs(b, error);
    if (b->skip > 0 && !b->outputs[0])
        ok = ok && eval_fail(error, "body does not produce its first output");
    if (ok && b->skip > 0)
        *skipped = g_steal_pointer(&b->outputs[0]);
    for (gsize i = 0; i < b->skip + b->n_state + b->n_scan; i++)
        g_clear_pointer(&b->outputs[i], value_unref);
    return ok;
}

static void reverse_pile(const GPtrArray *pile, const Tensor **reversed)
{
    for (guint i = 0; i < pile->len; i++)
        reversed[i] = g_ptr_array_index(pile, pile->len - 1 - i);
}

Tensor *body_scanned(const Body *b, gsize k, int64_t axis, gboolean reverse, GError **error)
{
    const GPtrArray *pile = b->piles[k];
    if (pile->len == 0)
        return join_nothing(LIST_AT(&b->graph->outputs, ValueInfo, b->skip + b->n_state + k), axis, error);
    if (!reverse)
        return join_stack((const Tensor *const *)pile->pdata, pile->len, axis, error);
    g_autofree const Tensor **reversed = g_new(const Tensor *, pile->len);
    reverse_pile(pile, reversed);
    return join_stack(reversed, pile->len, axis, error);
}

void body_finish(Body *b)
{
    for (gsize i = 0; i < b->n_state; i++)
        eval_set_value(b->ev, i, g_steal_pointer(&b->state[i]));
}

void body_clear(Body *b)
{
    for (gsize i = 0; b->state && i < b->n_state; i++)
        value_unref(b->state[i]);
    for (gsize k = 0; b->piles && k < b->n_scan; k++)
        g_ptr_array_unref(b->piles[k]);
    for (gsize i = 0; b->outputs && i < b->skip + b->n_state + b->n_scan; i++)
        value_unref(b->outputs[i]);
    g_free(b->state);
    g_free(b->piles);
    g_free(b->outputs);
    *b = (Body){ 0 };
}
