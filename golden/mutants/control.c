/* If, and Scan-9 and later along first axes. Text of Scan: the state variables go round; each scan input gives its slice, each scan output is
 * the stack of its slices. */
#include "golden/mutants/naive.h"

#include <string.h>

MUTANT_DEFINE(if_swapped, "if-branches-swapped", MUST_DIE, 0, "If runs the branch that is not meant")
MUTANT_DEFINE(scan_last, "scan-last-lost", MUST_DIE, 42, "Scan stops one iteration early and repeats the last slice")
MUTANT_DEFINE(scan_state, "scan-state-fixed", MUST_DIE, 42, "Scan starts every iteration from the first state")
MUTANT_DEFINE(scan_backwards, "scan-backwards", MUST_DIE, 42, "Scan reads its inputs from the last slice to the first")

static gboolean run_if(Eval *ev, GError **error)
{
    const Tensor *condition = eval_input(ev, 0);
    if (!condition || condition->count != 1)
        return eval_own_kernel(ev, error);
    const gboolean chosen = (tensor_get_bits(condition, 0) != 0) != mutant(if_swapped);
    Subgraph *branch = eval_subgraph(ev, chosen ? "then_branch" : "else_branch", error);
    if (!branch || subgraph_output_count(branch) != eval_output_count(ev))
        return branch ? eval_fail(error, "the branch has another number of outputs") : FALSE;
    g_autofree Value **outputs = g_new0(Value *, eval_output_count(ev) + 1);
    if (!subgraph_run(branch, NULL, 0, outputs, error))
        return FALSE;
    for (gsize i = 0; i < eval_output_count(ev); i++)
        eval_set_value(ev, i, outputs[i]);
    return TRUE;
}
NAIVE_DEFINE(run_if, "If", "", run_if)

/* ---- Scan --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Subgraph *body;
    gsize     states, scans, outputs;
    int64_t   length;
    Value   **state;    /* owned */
    Value   **slices;   /* [outputs][length], owned */
} Scan;

static gboolean only_zeros(Eval *ev, const char *attribute)
{
    gsize n;
    const int64_t *values = eval_ints(ev, attribute, &n);
    for (gsize i = 0; i < n; i++)
        if (values[i] != 0)
            return FALSE;
    return TRUE;
}

static gboolean read_scan(Eval *ev, Scan *s, GError **error)
{
    s->scans = (gsize)eval_int(ev, "num_scan_inputs");
    s->body = eval_subgraph(ev, "body", error);
    if (!s->body || s->scans < 1 || s->scans > eval_input_count(ev))
        return FALSE;
    s->states = eval_input_count(ev) - s->scans;
    if (subgraph_input_count(s->body) != s->states + s->scans || subgraph_output_count(s->body) < s->states ||
        subgraph_output_count(s->body) != eval_output_count(ev))
        return FALSE;
    s->outputs = subgraph_output_count(s->body) - s->states;
    s->length = -1;
    for (gsize i = s->states; i < s->states + s->scans; i++) {
        const Tensor *t = eval_input(ev, i);
        if (!t || t->shape.rank < 1 || (s->length >= 0 && t->shape.dims[0] != s->length) || t->dtype == DTYPE_STRING)
            return FALSE;
        s->length = t->shape.dims[0];
    }
    return s->length > 0;
}

static Value *slice_of(const Tensor *t, int64_t i)
{
    const Shape shape = shape_of(t->shape.dims + 1, t->shape.rank - 1);
    const gsize bytes = (gsize)shape_count(&shape) * (gsize)dtype_info(t->dtype)->width;
    Tensor *part = tensor_from_data(t->dtype, &shape, (const uint8_t *)t->data + (gsize)i * bytes, NULL);
    return part ? value_from_tensor(part) : NULL;
}

static gboolean step(Eval *ev, Scan *s, int64_t i, GError **error)
{
    const gsize n = s->states + s->scans, m = s->states + s->outputs;
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    g_autofree Value **outputs = g_new0(Value *, m + 1);
    const int64_t at = mutant(scan_backwards) ? s->length - 1 - i : i;
    for (gsize k = 0; k < n; k++) {
        Value *v = k < s->states ? value_ref(s->state[k]) : slice_of(eval_input(ev, k), at);
        if (!v)
            return eval_fail(error, "no memory for a slice");
        g_ptr_array_add(inputs, v);
    }
    if (!eval_tick(ev, error) || !subgraph_run(s->body, (Value *const *)inputs->pdata, n, outputs, error))
        return FALSE;
    for (gsize k = 0; k < m; k++) {
        if (k >= s->states)
            s->slices[(gsize)s->length * (k - s->states) + (gsize)i] = outputs[k];
        else if (mutant(scan_state) && i + 1 < s->length)
            value_unref(outputs[k]);
        else {
            value_unref(s->state[k]);
            s->state[k] = outputs[k];
        }
    }
    return TRUE;
}

/* The slices of one output, stacked along a new first axis. */
static Tensor *stack(const Scan *s, gsize output, GError **error)
{
    Value *const *slices = s->slices + (gsize)s->length * output;
    const Value *first = slices[0];
    if (!first || first->kind != VALUE_TENSOR || first->tensor->dtype == DTYPE_STRING || first->tensor->shape.rank >= SHAPE_MAX_RANK) {
        eval_fail(error, "a scan output is no tensor that stacks");
        return NULL;
    }
    Shape shape = { .rank = first->tensor->shape.rank + 1, .dims = { s->length } };
    memcpy(shape.dims + 1, first->tensor->shape.dims, (gsize)first->tensor->shape.rank * sizeof(int64_t));
    Tensor *y = tensor_new(first->tensor->dtype, &shape, error);
    for (int64_t i = 0; y && i < s->length; i++) {
        const Value *slice = slices[i] ? slices[i] : slices[i - 1]; /* an iteration that a mutant left out */
        if (slice->kind != VALUE_TENSOR || !shape_equal(&slice->tensor->shape, &first->tensor->shape) || slice->tensor->dtype != y->dtype) {
            eval_fail(error, "the slices of a scan output differ in shape");
            tensor_unref(y);
            return NULL;
        }
        memcpy((uint8_t *)y->data + (gsize)i * first->tensor->bytes, slice->tensor->data, first->tensor->bytes);
    }
    return y;
}

static gboolean run_scan(Eval *ev, Scan *s, GError **error)
{
    const int64_t steps = s->length > 1 && mutant(scan_last) ? s->length - 1 : s->length;
    for (gsize k = 0; k < s->states; k++)
        s->state[k] = value_ref(eval_input_value(ev, k));
    for (int64_t i = 0; i < steps; i++)
        if (!step(ev, s, i, error))
            return FALSE;
    for (gsize k = 0; k < s->states; k++)
        eval_set_value(ev, k, value_ref(s->state[k]));
    for (gsize k = 0; k < s->outputs; k++) {
        Tensor *y = stack(s, k, error);
        if (!y)
            return FALSE;
        eval_set_tensor(ev, s->states + k, y);
    }
    return TRUE;
}

static gboolean scan(Eval *ev, GError **error)
{
    static const char *const plain[] = { "scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions" };
    Scan s = { 0 };
    gboolean fits = eval_version(ev) >= 9;
    for (gsize i = 0; fits && i < G_N_ELEMENTS(plain); i++)
        fits = only_zeros(ev, plain[i]);
    for (gsize i = 0; fits && i < eval_input_count(ev); i++)
        fits = eval_input_value(ev, i) != NULL;
    if (!fits || !read_scan(ev, &s, NULL))
        return eval_own_kernel(ev, error);
    s.state = g_new0(Value *, s.states + 1);
    s.slices = g_new0(Value *, s.outputs * (gsize)s.length + 1);
    const gboolean ok = run_scan(ev, &s, error);
    for (gsize k = 0; k < s.states; k++)
        value_unref(s.state[k]);
    for (gsize k = 0; k < s.outputs * (gsize)s.length; k++)
        value_unref(s.slices[k]);
    g_free(s.state);
    g_free(s.slices);
    return ok;
}
NAIVE_DEFINE(scan, "Scan", "", scan)
