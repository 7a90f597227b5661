#include "reference/eval/run.h"

#include "reference/bounds/relaxation.h"
#include "reference/eval/certify.h"
#include "reference/eval/on_the_way.h"

#include <string.h>

/* ---- cells and attributes ------------------------------------------------------------------------------------------ */

void cell_clear(Cell *cell)
{
    value_unref(cell->value);
    tensor_unref(cell->lower);
    tensor_unref(cell->upper);
    derivation_unref(cell->derivation);
    *cell = (Cell){ 0 };
}

void cell_copy(Cell *to, const Cell *from)
{
    *to = *from;
    if (to->value)
        value_ref(to->value);
    if (to->lower)
        tensor_ref(to->lower);
    if (to->upper)
        tensor_ref(to->upper);
    if (to->derivation)
        derivation_ref(to->derivation);
}

Bound frame_resolve(Frame *frame, const Attribute *a)
{
    if (!a->ref)
        return (Bound){ a, frame };
    for (gsize i = 0; frame->binding && i < frame->binding->n; i++)
        if (strcmp(frame->binding->names[i], a->ref) == 0)
            return frame->binding->bounds[i];
    return (Bound){ NULL, NULL };
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

#define DEFAULT_NODES UINT64_C(100000000)
#define DEFAULT_ITERATIONS UINT64_C(10000000)
#define ITEMS_OF_A_NODE 64 /* copying a sequence costs by its length */
#define DEFAULT_DEPTH 200

static gboolean over(GError **error, const char *what, guint64 limit)
{
    g_set_error(error, EVAL_ERROR, EVAL_ERROR_LIMIT, "over the limit of %" G_GUINT64_FORMAT " %s", limit, what);
    return FALSE;
}

gboolean evaluator_check_limits(Evaluator *e, GError **error)
{
    const EvalLimits *limits = &e->options.limits;
    const guint64 nodes = limits->nodes ? limits->nodes : DEFAULT_NODES;
    const guint64 iterations = limits->iterations ? limits->iterations : DEFAULT_ITERATIONS;
    const guint depth = limits->depth ? limits->depth : DEFAULT_DEPTH;
    if (e->nodes > nodes)
        return over(error, "node executions", nodes);
    if (e->iterations > iterations)
        return over(error, "loop iterations", iterations);
    if (e->depth > depth)
        return over(error, "nested graphs and calls", depth);
    if (e->deadline && g_get_monotonic_time() > e->deadline) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_LIMIT, "over the time limit of %g s", limits->seconds);
        return FALSE;
    }
    return TRUE;
}

/* ---- one node ------------------------------------------------------------------------------------------------------ */

static void bind(Binding *binding, const char *name, Bound bound)
{
    if (!bound.attribute)
        return;
    for (gsize i = 0; i < binding->n; i++)
        if (strcmp(binding->names[i], name) == 0)
            return;
    binding->names[binding->n] = name;
    binding->bounds[binding->n++] = bound;
}

/* What the call gives, then the function's defaults, then those of the operator's schema. */
static void bind_all(Binding *binding, Frame *frame, const Step *step)
{
    const List *given = &step->node->attributes, *defaults = &step->function->attribute_defaults;
    const gsize room = given->n + defaults->n + (step->schema ? step->schema->n_attributes : 0) + 1;
    binding->names = g_new(const char *, room);
    binding->bounds = g_new(Bound, room);
    for (gsize i = 0; i < given->n; i++) {
        const Attribute *a = LIST_AT(given, Attribute, i);
        bind(binding, a->name, frame_resolve(frame, a));
    }
    for (gsize i = 0; i < defaults->n; i++) {
        const Attribute *a = LIST_AT(defaults, Attribute, i);
        bind(binding, a->name, (Bound){ a, NULL });
    }
    for (gsize i = 0; step->schema && i < step->schema->n_attributes; i++)
        bind(binding, step->schema->attributes[i].name, (Bound){ step->schema->attributes[i].fallback, NULL });
}

static gboolean call_function(Eval *ev, const Function *function, GError **error)
{
    const Plan *plan = evaluator_plan_function(ev->evaluator, function, error);
    if (!plan)
        return FALSE;
    if (ev->n_inputs > plan->n_inputs || ev->n_outputs > plan->n_outputs)
        return eval_fail(error, "%" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, the function has %" G_GSIZE_FORMAT
                                " and %" G_GSIZE_FORMAT, ev->n_inputs, ev->n_outputs, plan->n_inputs, plan->n_outputs);
    Step step = *ev->step;
    step.function = function;
    Binding binding = { 0 };
    bind_all(&binding, ev->frame, &step);
    g_autofree Cell **inputs = g_new0(Cell *, plan->n_inputs + 1);
    memcpy(inputs, ev->inputs, ev->n_inputs * sizeof *inputs);
    g_autofree Cell *outputs = g_new0(Cell, plan->n_outputs + 1);
    const gboolean ok = frame_run(ev->evaluator, plan, NULL, &binding, inputs, plan->n_inputs, outputs, error);
    for (gsize i = 0; ok && i < plan->n_outputs; i++) {
        if (i < ev->n_outputs)
            ev->outputs[i] = outputs[i];
        else
            cell_clear(&outputs[i]);
    }
    g_free(binding.names);
    g_free(binding.bounds);
    return ok;
}

/* A context-dependent function is built for this node, run and forgotten, with all plans made on the way: they refer to
 * graphs of its home. */
static gboolean call_expansion(Eval *ev, GError **error)
{
    Evaluator *e = ev->evaluator;
    g_autoptr(Model) home = model_new();
    const Function *function = ev->step->version->expand(ev, home, error);
    if (!function)
        return FALSE;
    const PlanContext context = e->context;
    PlanCache outer = e->cache;
    e->context.expansion = home;
    e->cache = plan_cache_new();
    const gboolean ok = call_function(ev, function, error);
    plan_cache_free(&e->cache);
    e->cache = outer;
    e->context = context;
    return ok;
}

static gboolean check_types(Eval *ev, GError **error)
{
    g_autofree const Value **values = g_new0(const Value *, ev->n_inputs + 1);
    for (gsize i = 0; i < ev->n_inputs; i++)
        values[i] = ev->inputs[i] ? ev->inputs[i]->value : NULL;
    return schema_check_inputs(ev->step->schema, values, ev->n_inputs, error);
}

static gboolean finish_outputs(Eval *ev, GError **error)
{
    for (gsize i = 0; i < ev->n_outputs; i++) {
        if (ev->step->outputs[i] < 0 || (!ev->outputs[i].value && i >= ev->step->schema->min_outputs))
            continue;
        if (!ev->outputs[i].value)
            return eval_fail(error, "output %" G_GSIZE_FORMAT " was not computed", i);
        if (!schema_check_output(ev->step->schema, i, ev->outputs[i].value, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean bound(Eval *ev, GError **error)
{
    if (ev->decided && relaxation_in_force()->unfused) /* the reference's own arithmetic: points, as before any rule */
        return TRUE;
    if (ev->step->version->bound)
        return ev->step->version->bound(ev, error);
    for (gsize i = 0; i < ev->n_outputs; i++)
        eval_set_uncertified(ev, i);
    return TRUE;
}

static Derivation *notes_of(Eval *ev)
{
    if (!ev->notes)
        ev->notes = derivation_new();
    return ev->notes;
}

void eval_note_subgraph(Eval *ev, const Cell *output)
{
    if (output->derivation)
        derivation_join(notes_of(ev), output->derivation);
}

/* `own` as well as all that led to the inputs; few nodes have more than one input that is not known exactly. */
static Derivation *inherit(const Eval *ev, Derivation *own)
{
    Derivation *all = derivation_count(own) ? derivation_ref(own) : NULL;
    for (gsize i = 0; i < ev->n_inputs; i++) {
        Derivation *from = ev->inputs[i] ? ev->inputs[i]->derivation : NULL;
        if (!from || from == all)
            continue;
        Derivation *joined = all ? derivation_new() : derivation_ref(from);
        if (all) {
            derivation_join(joined, all);
            derivation_join(joined, from);
            derivation_unref(all);
        }
        all = joined;
    }
    return all;
}

/* A rule's notes are on the outputs that it gave an interval, or on all if it gave none; others are copies of inputs. */
static gboolean derive(Eval *ev, GError **error)
{
    Derivation *before = derivation_collect(notes_of(ev));
    const gboolean ok = bound(ev, error);
    derivation_collect(before);
    for (gsize i = 0; ok && i < ev->n_outputs; i++)
        if (ev->outputs[i].value)
            ev->outputs[i].derivation = inherit(ev, !ev->bounded || (i < 64 && ev->bounded >> i & 1) ? ev->notes : NULL);
    return ok;
}

static gboolean certify(Eval *ev, GError **error)
{
    const EvalOptions *options = &ev->evaluator->options;
    return !options->certify || (options->derive ? derive : bound)(ev, error);
}

/* What a kernel left out because a limit was met comes to light here: strings that found no memory, work that met the
 * deadline; and the sequences that it copied are charged. */
static gboolean finish_kernel(Eval *ev, GError **error)
{
    for (gsize i = 0; i < ev->n_outputs; i++)
        if (ev->outputs[i].value && ev->outputs[i].value->kind == VALUE_SEQUENCE)
            ev->evaluator->nodes += value_length(ev->outputs[i].value) / ITEMS_OF_A_NODE;
    return tensor_strings_kept(error) && evaluator_check_limits(ev->evaluator, error);
}

static gboolean run_operator(Eval *ev, GError **error)
{
    const OpVersion *version = ev->step->version;
    if (version && !check_types(ev, error))
        return FALSE;
    if (ev->step->kernel)
        return ev->step->kernel(ev, error) && finish_outputs(ev, error);
    if (ev->step->function)
        return call_function(ev, ev->step->function, error);
    if (version->expand && (!version->kernel || ev->evaluator->options.prefer_body))
        return call_expansion(ev, error);
    ev->certifies = ev->evaluator->options.certify && version->bound;
    const gboolean ok = version->kernel(ev, error) && finish_kernel(ev, error) && finish_outputs(ev, error) && certify(ev, error) &&
                        finish_kernel(ev, error);
    eval_keep(ev, NULL, NULL);
    return ok;
}

static void trace(const Eval *ev)
{
    const EvalOptions *options = &ev->evaluator->options;
    if (!options->trace)
        return;
    g_autofree Value **values = g_new0(Value *, ev->n_outputs + 1);
    for (gsize i = 0; i < ev->n_outputs; i++)
        values[i] = ev->outputs[i].value;
    options->trace(ev->step->node, ev->step->index, values, ev->n_outputs, options->trace_data);
}

/* Whether a kernel takes input i for given. */
static gboolean is_required(const Schema *schema, gsize i)
{
    return schema && schema->n_inputs > 0 && !schema->inputs[MIN(i, schema->n_inputs - 1)].optional;
}

static gboolean gather_inputs(Eval *ev, GError **error)
{
    for (gsize i = 0; i < ev->n_inputs; i++) {
        const int slot = ev->step->inputs[i];
        if (slot < 0)
            continue;
        ev->inputs[i] = &ev->frame->cells[slot];
        if (ev->inputs[i]->value)
            continue;
        /* An absent optional parameter of the enclosing function stays absent further down. */
        ev->inputs[i] = NULL;
        if (is_required(ev->step->schema, i))
            return eval_fail(error, "input %" G_GSIZE_FORMAT " '%s' has no value", i, ev->step->node->inputs[i]);
    }
    return TRUE;
}

#define SMALL 16

static gboolean run_step(Evaluator *e, Frame *frame, const Step *step, GError **error)
{
    Cell *few_inputs[SMALL] = { 0 }, few_outputs[SMALL] = { 0 };
    const gsize n_in = step->node->n_inputs, n_out = step->node->n_outputs;
    g_autofree Cell **many_inputs = n_in > SMALL ? g_new0(Cell *, n_in) : NULL;
    g_autofree Cell *many_outputs = n_out > SMALL ? g_new0(Cell, n_out) : NULL;
    Eval ev = { .evaluator = e, .frame = frame, .step = step,
                .inputs = many_inputs ? many_inputs : few_inputs, .n_inputs = n_in,
                .outputs = many_outputs ? many_outputs : few_outputs, .n_outputs = n_out };
    e->nodes++;
    gboolean ok = evaluator_check_limits(e, error) && gather_inputs(&ev, error) && run_operator(&ev, error);
    if (ev.subgraphs)
        g_ptr_array_unref(ev.subgraphs);
    derivation_unref(ev.notes);
    if (ok)
        trace(&ev);
    for (gsize i = 0; i < n_out; i++) {
        if (ok && step->outputs[i] >= 0) {
            cell_clear(&frame->cells[step->outputs[i]]);
            frame->cells[step->outputs[i]] = ev.outputs[i];
        } else {
            cell_clear(&ev.outputs[i]);
        }
    }
    if (!ok) {
        g_autofree char *who = node_describe(step->node, step->index);
        g_prefix_error(error, "%s: ", who);
    }
    return ok;
}

/* ---- one graph ----------------------------------------------------------------------------------------------------- */

static gboolean capture(Frame *frame, GError **error)
{
    for (gsize i = 0; i < frame->plan->n_captures; i++) {
        const int slot = frame->plan->captures[i];
        const char *name = g_ptr_array_index(frame->plan->names, (guint)slot);
        const Frame *from = frame->scope;
        int outer = -1;
        while (from && (outer = plan_slot(from->plan, name)) < 0)
            from = from->scope;
        if (!from || !from->cells[outer].value)
            return eval_fail(error, "'%s' is not defined where it is used", name);
        cell_copy(&frame->cells[slot], &from->cells[outer]);
    }
    return TRUE;
}

static gboolean frame_steps(Evaluator *e, Frame *frame, Cell *outputs, GError **error)
{
    const Plan *plan = frame->plan;
    for (gsize i = 0; i < plan->n_steps; i++) {
        const Step *step = &plan->steps[i];
        if (!run_step(e, frame, step, error))
            return FALSE;
        frame_weigh(e, frame);
        for (gsize d = 0; d < step->n_dead; d++)
            cell_clear(&frame->cells[step->dead[d]]);
    }
    for (gsize i = 0; i < plan->n_outputs; i++)
        if (!frame->cells[plan->outputs[i]].value && !frame->binding)
            return eval_fail(error, "graph output '%s' is not produced",
                             (const char *)g_ptr_array_index(plan->names, (guint)plan->outputs[i]));
    for (gsize i = 0; i < plan->n_outputs; i++)
        cell_copy(&outputs[i], &frame->cells[plan->outputs[i]]);
    return TRUE;
}

gboolean frame_run(Evaluator *e, const Plan *plan, Frame *scope, const Binding *binding, Cell *const *inputs,
                   gsize n_inputs, Cell *outputs, GError **error)
{
    const gsize n_slots = plan->names->len;
    Frame frame = { .plan = plan, .cells = g_new0(Cell, n_slots + 1), .scope = scope, .binding = binding };
    for (gsize s = 0; s < n_slots; s++)
        if (plan->constants[s])
            frame.cells[s].value = value_ref(plan->constants[s]);
    for (gsize i = 0; i < n_inputs; i++)
        if (inputs[i]) {
            cell_clear(&frame.cells[plan->inputs[i]]);
            cell_copy(&frame.cells[plan->inputs[i]], inputs[i]);
        }
    e->depth++;
    const gboolean ok = evaluator_check_limits(e, error) && capture(&frame, error) && frame_steps(e, &frame, outputs, error);
    e->depth--;
    for (gsize s = 0; s < n_slots; s++)
        cell_clear(&frame.cells[s]);
    g_free(frame.cells);
    return ok;
}
