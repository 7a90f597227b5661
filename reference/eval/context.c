/* What a kernel sees of the node it runs: inputs, outputs, attributes. */
#include "reference/eval/certify.h"
#include "reference/eval/run.h"

#include <string.h>

gboolean eval_fail(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = message_line(message); /* it may hold names and attributes of the model */
    g_set_error_literal(error, EVAL_ERROR, EVAL_ERROR_INVALID, line);
    return FALSE;
}

gboolean eval_expect_shape(const Tensor *tensor, const char *name, const Shape *expected, GError **error)
{
    if (!tensor || shape_equal(&tensor->shape, expected))
        return TRUE;
    g_autofree char *found = shape_to_string(&tensor->shape), *wanted = shape_to_string(expected);
    return eval_fail(error, "%s has shape %s, expected %s", name, found, wanted);
}

/* ---- inputs and outputs --------------------------------------------------------------------------------------------- */

gsize eval_input_count(const Eval *ev)
{
    return ev->n_inputs;
}

const Value *eval_input_value(const Eval *ev, gsize i)
{
    return i < ev->n_inputs && ev->inputs[i] ? ev->inputs[i]->value : NULL;
}

const Tensor *eval_input(const Eval *ev, gsize i)
{
    const Value *value = eval_input_value(ev, i);
    return value && value->kind == VALUE_TENSOR ? value->tensor : NULL;
}

gsize eval_output_count(const Eval *ev)
{
    return ev->n_outputs;
}

gboolean eval_wants(const Eval *ev, gsize i)
{
    return i < ev->n_outputs && ev->step->outputs[i] >= 0;
}

void eval_set_value(Eval *ev, gsize i, Value *value)
{
    if (i >= ev->n_outputs) { /* computed although nobody asked */
        value_unref(value);
        return;
    }
    value_unref(ev->outputs[i].value);
    ev->outputs[i].value = value;
}

void eval_set_tensor(Eval *ev, gsize i, Tensor *tensor)
{
    eval_set_value(ev, i, value_from_tensor(tensor));
}

Tensor *eval_output(Eval *ev, gsize i, DType dtype, const Shape *shape, GError **error)
{
    Tensor *tensor = dtype == DTYPE_STRING ? tensor_new(dtype, shape, error)
                                           : tensor_new_uninitialised(dtype, shape, error);
    if (!tensor)
        return NULL;
    if (i >= ev->n_outputs) {
        tensor_unref(tensor);
        eval_fail(error, "output %" G_GSIZE_FORMAT " is not listed in the node", i);
        return NULL;
    }
    eval_set_tensor(ev, i, tensor);
    return tensor;
}

gboolean eval_object(Eval *ev, GError **error)
{
    const EvalOptions *options = &ev->evaluator->options;
    if (!options->object)
        return eval_fail(error, "no backend holds this compiled object");
    g_autofree Value **inputs = g_new0(Value *, ev->n_inputs + 1), **outputs = g_new0(Value *, ev->n_outputs + 1);
    for (gsize i = 0; i < ev->n_inputs; i++)
        inputs[i] = (Value *)eval_input_value(ev, i); /* borrowed */
    if (!options->object(ev->step->node, inputs, ev->n_inputs, outputs, ev->n_outputs, options->object_data, error))
        return FALSE;
    for (gsize i = 0; i < ev->n_outputs; i++)
        eval_set_value(ev, i, outputs[i]);
    return TRUE;
}

/* ---- attributes ------------------------------------------------------------------------------------------------------ */

int eval_version(const Eval *ev)
{
    return ev->step->version->since;
}

const Node *eval_node(const Eval *ev)
{
    return ev->step->node;
}

const Graph *eval_graph(const Eval *ev)
{
    return ev->frame->plan->graph;
}

const List *eval_imports(const Eval *ev)
{
    return ev->frame->plan->imports;
}

const Attribute *eval_attribute(const Eval *ev, const char *name)
{
    const Attribute *given = node_attribute(ev->step->node, name);
    return given ? frame_resolve(ev->frame, given).attribute : NULL;
}

/* The given attribute, else the schema's default. A reference whose target has another type counts as absent: the
 * schema admits one type only, and the message of a kernel that misses it names the attribute. */
static const Attribute *find(const Eval *ev, const char *name, AttributeType type)
{
    const Attribute *a = eval_attribute(ev, name);
    if (a && a->type == type)
        return a;
    const FormalAttribute *formal = schema_attribute(ev->step->schema, name);
    return formal && formal->fallback && formal->fallback->type == type ? formal->fallback : NULL;
}

gboolean eval_has(const Eval *ev, const char *name)
{
    const FormalAttribute *formal = schema_attribute(ev->step->schema, name);
    return formal && find(ev, name, formal->type) != NULL;
}

int64_t eval_int(const Eval *ev, const char *name)
{
    const Attribute *a = find(ev, name, ATTRIBUTE_INT);
    return a ? a->i : 0;
}

float eval_float(const Eval *ev, const char *name)
{
    const Attribute *a = find(ev, name, ATTRIBUTE_FLOAT);
    return a ? a->f : 0;
}

const char *eval_string(const Eval *ev, const char *name)
{
    const Attribute *a = find(ev, name, ATTRIBUTE_STRING);
    return a ? (const char *)a->s.data : NULL; /* the arena ends every byte string with a NUL */
}

#define LIST_ATTRIBUTE(function, ctype, TYPE, member)                                \
    const ctype *function(const Eval *ev, const char *name, gsize *n)                \
    {                                                                                \
        const Attribute *a = find(ev, name, TYPE);                                   \
        *n = a ? a->n : 0;                                                           \
        return a ? a->member : NULL;                                                 \
    }
LIST_ATTRIBUTE(eval_ints, int64_t, ATTRIBUTE_INTS, ints)
LIST_ATTRIBUTE(eval_floats, float, ATTRIBUTE_FLOATS, floats)
LIST_ATTRIBUTE(eval_strings, Bytes, ATTRIBUTE_STRINGS, strings)

const Tensor *eval_attribute_tensor(const Eval *ev, const char *name)
{
    const Attribute *a = find(ev, name, ATTRIBUTE_TENSOR);
    return a ? a->tensor->tensor : NULL;
}

/* ---- subgraphs ------------------------------------------------------------------------------------------------------- */

struct Subgraph {
    Eval       *ev;
    const Plan *plan;
    Frame      *scope;
};

void subgraph_free(gpointer subgraph)
{
    g_free(subgraph);
}

Subgraph *eval_subgraph(Eval *ev, const char *attribute, GError **error)
{
    const Attribute *given = node_attribute(ev->step->node, attribute);
    const Bound bound = given ? frame_resolve(ev->frame, given) : (Bound){ NULL, NULL };
    if (!bound.attribute || bound.attribute->type != ATTRIBUTE_GRAPH || !bound.attribute->graph) {
        eval_fail(error, "attribute '%s' must be a graph", attribute);
        return NULL;
    }
    const List *imports = bound.scope ? bound.scope->plan->imports : ev->frame->plan->imports;
    const Plan *plan = evaluator_plan(ev->evaluator, bound.attribute->graph, imports, error);
    if (!plan)
        return NULL;
    if (!ev->subgraphs)
        ev->subgraphs = g_ptr_array_new_with_free_func(subgraph_free);
    Subgraph *subgraph = g_new0(Subgraph, 1);
    *subgraph = (Subgraph){ ev, plan, bound.scope };
    g_ptr_array_add(ev->subgraphs, subgraph);
    return subgraph;
}

gsize subgraph_input_count(const Subgraph *subgraph)
{
    return subgraph->plan->n_inputs;
}

gsize subgraph_output_count(const Subgraph *subgraph)
{
    return subgraph->plan->n_outputs;
}

/* A value bound to a formal input that is declared optional becomes one: a loop may carry a sequence into an
 * optional(seq) (ONNX's own test_loop16_seq_none does). */
static Value *as_declared(const Subgraph *s, gsize i, Value *value)
{
    const Type *type = LIST_AT(&s->plan->graph->inputs, ValueInfo, i)->type;
    const gboolean wrap = value && type && type->kind == TYPE_OPTIONAL && value->kind != VALUE_OPTIONAL;
    return wrap ? value_optional(value_ref(value)) : value ? value_ref(value) : NULL;
}

/* cells receives the outputs, of which nothing remains to be freed on failure; `known` may be NULL. */
static gboolean run_cells(Subgraph *s, Value *const *inputs, const Interval *known, gsize n, Cell *cells, GError **error)
{
    if (n != s->plan->n_inputs)
        return eval_fail(error, "its graph has %" G_GSIZE_FORMAT " inputs, expected %" G_GSIZE_FORMAT, s->plan->n_inputs, n);
    g_autofree Cell *given = g_new0(Cell, n + 1);
    g_autofree Cell **pointers = g_new0(Cell *, n + 1);
    for (gsize i = 0; i < n; i++) {
        given[i].value = as_declared(s, i, inputs[i]);
        if (known && known[i].lower) {
            given[i].lower = tensor_ref(known[i].lower);
            given[i].upper = tensor_ref(known[i].upper);
        }
        pointers[i] = given[i].value ? &given[i] : NULL;
    }
    const Binding *binding = s->scope ? s->scope->binding : NULL;
    const gboolean ok = frame_run(s->ev->evaluator, s->plan, s->scope, binding, pointers, n, cells, error);
    for (gsize i = 0; i < n; i++)
        cell_clear(&given[i]);
    return ok;
}

gboolean subgraph_run(Subgraph *s, Value *const *inputs, gsize n, Value **outputs, GError **error)
{
    g_autofree Cell *cells = g_new0(Cell, s->plan->n_outputs + 1);
    if (!run_cells(s, inputs, NULL, n, cells, error))
        return FALSE;
    for (gsize i = 0; i < s->plan->n_outputs; i++) {
        s->ev->inexact |= cells[i].uncertified || cells[i].lower != NULL;
        eval_note_subgraph(s->ev, &cells[i]);
        outputs[i] = cells[i].value ? value_ref(cells[i].value) : NULL;
        cell_clear(&cells[i]);
    }
    return TRUE;
}

gboolean subgraph_run_certified(Subgraph *s, Value *const *inputs, const Interval *known, gsize n, Value **outputs,
                                Interval *ends, gboolean *certified, GError **error)
{
    g_autofree Cell *cells = g_new0(Cell, s->plan->n_outputs + 1);
    if (!run_cells(s, inputs, known, n, cells, error))
        return FALSE;
    *certified = TRUE;
    for (gsize i = 0; i < s->plan->n_outputs; i++) {
        *certified = *certified && !cells[i].uncertified;
        eval_note_subgraph(s->ev, &cells[i]);
        outputs[i] = cells[i].value ? value_ref(cells[i].value) : NULL;
        ends[i] = (Interval){ cells[i].lower ? tensor_ref(cells[i].lower) : NULL, cells[i].upper ? tensor_ref(cells[i].upper) : NULL };
        cell_clear(&cells[i]);
    }
    return TRUE;
}

/* ---- the rest -------------------------------------------------------------------------------------------------------- */

gboolean eval_own_kernel(Eval *ev, GError **error)
{
    const OpVersion *version = ev->step->version;
    return version->kernel ? version->kernel(ev, error)
                           : eval_fail(error, "this operator has no kernel of its own");
}

gboolean eval_tick(Eval *ev, GError **error)
{
    ev->evaluator->iterations++;
    return evaluator_check_limits(ev->evaluator, error);
}

static uint64_t mix(uint64_t x) /* SplitMix64's finaliser */
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

uint64_t eval_random_seed(Eval *ev)
{
    const EvalOptions *options = &ev->evaluator->options;
    const Attribute *seed = options->reseed ? NULL : eval_attribute(ev, "seed");
    uint64_t own;
    if (seed && seed->type == ATTRIBUTE_INT) {
        own = (uint64_t)seed->i;
    } else if (seed && seed->type == ATTRIBUTE_FLOAT) {
        uint32_t bits;
        memcpy(&bits, &seed->f, sizeof bits);
        own = bits;
    } else {
        own = options->seed ^ mix(ev->step->index + 1) ^ mix(ev->evaluator->nodes);
    }
    return mix(own + UINT64_C(0x9E3779B97F4A7C15));
}
