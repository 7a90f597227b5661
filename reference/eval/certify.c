#include "reference/eval/certify.h"

#include "reference/bounds/relaxation.h"
#include "reference/eval/run.h"

#include <string.h>

gboolean eval_input_interval(const Eval *ev, gsize i, Interval *interval)
{
    *interval = (Interval){ NULL, NULL };
    if (i >= ev->n_inputs || !ev->inputs[i])
        return TRUE;
    *interval = (Interval){ ev->inputs[i]->lower, ev->inputs[i]->upper };
    return !ev->inputs[i]->uncertified;
}

gboolean eval_inputs_exact(const Eval *ev)
{
    for (gsize i = 0; i < ev->n_inputs; i++)
        if (ev->inputs[i] && (ev->inputs[i]->uncertified || ev->inputs[i]->lower))
            return FALSE;
    return !ev->inexact;
}

const Tensor *eval_output_tensor(const Eval *ev, gsize i)
{
    const Value *value = i < ev->n_outputs ? ev->outputs[i].value : NULL;
    return value && value->kind == VALUE_TENSOR ? value->tensor : NULL;
}

static gboolean same_bytes(const Tensor *a, const Tensor *b)
{
    return a->dtype == b->dtype && shape_equal(&a->shape, &b->shape) && memcmp(a->data, b->data, a->bytes) == 0;
}

/* Ends that were rounded to a narrow type may meet. */
static gboolean is_point(const Eval *ev, gsize i, const Tensor *lower, const Tensor *upper)
{
    const Tensor *value = eval_output_tensor(ev, i);
    return value && same_bytes(lower, upper) && same_bytes(lower, value);
}

void eval_set_interval(Eval *ev, gsize i, Tensor *lower, Tensor *upper)
{
    Cell *cell = &ev->outputs[i];
    if (lower && upper && is_point(ev, i, lower, upper)) {
        g_clear_pointer(&lower, tensor_unref);
        g_clear_pointer(&upper, tensor_unref);
    }
    tensor_unref(cell->lower);
    tensor_unref(cell->upper);
    cell->lower = lower;
    cell->upper = upper;
    cell->uncertified = FALSE;
    ev->bounded |= i < 64 ? UINT64_C(1) << i : 0;
}

void eval_set_uncertified(Eval *ev, gsize i)
{
    eval_set_interval(ev, i, NULL, NULL);
    ev->outputs[i].uncertified = TRUE;
}

gboolean eval_may_fuse(const Eval *ev, gsize i)
{
    const Frame *function = relaxation_in_force()->unfused ? NULL : ev->frame;
    while (function && !function->binding)
        function = function->scope;
    if (!function)
        return FALSE;
    const Plan *plan = ev->frame->plan;
    for (gsize o = 0; ev->frame == function && o < plan->n_outputs; o++)
        if (plan->outputs[o] == ev->step->outputs[i])
            return FALSE;
    return TRUE;
}

gboolean eval_stores_floats(const Eval *ev, gsize i)
{
    const Tensor *y = eval_output_tensor(ev, i);
    return y && y->dtype == DTYPE_FLOAT && !eval_may_fuse(ev, i) && relaxation_flushed(DTYPE_FLOAT) == 0 &&
           !ev->evaluator->options.derive;
}

gboolean ends_set(Ends *ends, int64_t element, double low, double high, GError **error)
{
    if (!ends->lower) {
        const Tensor *value = eval_output_tensor(ends->ev, ends->output);
        ends->lower = tensor_copy(value, error);
        ends->upper = ends->lower ? tensor_copy(value, error) : NULL;
        if (!ends->upper) {
            g_clear_pointer(&ends->lower, tensor_unref);
            return FALSE;
        }
    }
    tensor_set_double(ends->lower, element, low);
    tensor_set_double(ends->upper, element, high);
    return TRUE;
}

void ends_finish(Ends *ends)
{
    eval_set_interval(ends->ev, ends->output, g_steal_pointer(&ends->lower), g_steal_pointer(&ends->upper));
}

void ends_abandon(Ends *ends)
{
    g_clear_pointer(&ends->lower, tensor_unref);
    g_clear_pointer(&ends->upper, tensor_unref);
    eval_set_uncertified(ends->ev, ends->output);
}

gboolean eval_rerun(Eval *ev, const Tensor *const *inputs, Value **outputs, GError **error)
{
    Eval again = *ev;
    again.subgraphs = NULL;
    again.notes = NULL;
    again.certifies = FALSE;
    again.kept = NULL;
    again.decided = FALSE;
    again.inputs = g_new0(Cell *, ev->n_inputs + 1);
    again.outputs = g_new0(Cell, ev->n_outputs + 1);
    Cell *cells = g_new0(Cell, ev->n_inputs + 1);
    for (gsize i = 0; i < ev->n_inputs; i++) {
        again.inputs[i] = ev->inputs[i];
        if (inputs[i]) {
            cells[i].value = value_from_tensor(tensor_ref(inputs[i]));
            again.inputs[i] = &cells[i];
        }
    }
    const gboolean ok = ev->step->version->kernel(&again, error);
    for (gsize i = 0; i < ev->n_outputs; i++) {
        outputs[i] = ok && again.outputs[i].value ? value_ref(again.outputs[i].value) : NULL;
        cell_clear(&again.outputs[i]);
    }
    for (gsize i = 0; i < ev->n_inputs; i++)
        cell_clear(&cells[i]);
    if (again.subgraphs)
        g_ptr_array_unref(again.subgraphs);
    derivation_unref(again.notes);
    g_free(again.inputs);
    g_free(again.outputs);
    g_free(cells);
    return ok;
}

gboolean bound_exact(Eval *ev, G_GNUC_UNUSED GError **error)
{
    if (!eval_inputs_exact(ev))
        for (gsize i = 0; i < ev->n_outputs; i++)
            eval_set_uncertified(ev, i);
    return TRUE;
}

/* The kernel's outputs when every input stands at one end of its interval. */
static gboolean run_end(Eval *ev, gboolean upper, Value **outputs, GError **error)
{
    g_autofree const Tensor **inputs = g_new0(const Tensor *, ev->n_inputs + 1);
    for (gsize i = 0; i < ev->n_inputs; i++)
        if (ev->inputs[i])
            inputs[i] = upper ? ev->inputs[i]->upper : ev->inputs[i]->lower;
    return eval_rerun(ev, inputs, outputs, error);
}

gboolean bound_monotone(Eval *ev, GError **error)
{
    if (eval_inputs_exact(ev))
        return TRUE;
    for (gsize i = 0; i < ev->n_inputs; i++)
        if (ev->inputs[i] && ev->inputs[i]->uncertified)
            return bound_exact(ev, error);
    g_autofree Value **lower = g_new0(Value *, ev->n_outputs + 1), **upper = g_new0(Value *, ev->n_outputs + 1);
    const gboolean ok = run_end(ev, FALSE, lower, error) && run_end(ev, TRUE, upper, error);
    for (gsize i = 0; i < ev->n_outputs; i++) {
        if (ok && lower[i] && lower[i]->kind == VALUE_TENSOR)
            eval_set_interval(ev, i, tensor_ref(lower[i]->tensor), tensor_ref(upper[i]->tensor));
        else
            eval_set_uncertified(ev, i);
        value_unref(lower[i]);
        value_unref(upper[i]);
    }
    return ok;
}

/* Whether output 0 is what it is when input i stands at its upper end for bit i of `upper`, else at its lower end. */
static gboolean same_at(Eval *ev, guint upper, gboolean *same, GError **error)
{
    g_autofree const Tensor **inputs = g_new0(const Tensor *, ev->n_inputs + 1);
    g_autofree Value **outputs = g_new0(Value *, ev->n_outputs + 1);
    for (gsize i = 0; i < ev->n_inputs; i++)
        if (ev->inputs[i])
            inputs[i] = upper >> i & 1 ? ev->inputs[i]->upper : ev->inputs[i]->lower;
    const gboolean ok = eval_rerun(ev, inputs, outputs, error);
    *same = ok && outputs[0] && tensor_equal(outputs[0]->tensor, eval_output_tensor(ev, 0));
    for (gsize i = 0; i < ev->n_outputs; i++)
        value_unref(outputs[i]);
    return ok;
}

gboolean bound_decided(Eval *ev, GError **error)
{
    gboolean same = TRUE;
    guint inexact = 0;
    for (gsize i = 0; i < ev->n_inputs; i++) {
        same &= !ev->inputs[i] || !ev->inputs[i]->uncertified;
        inexact |= ev->inputs[i] && ev->inputs[i]->lower ? 1u << (i % 32) : 0;
    }
    if (same && inexact && ev->n_inputs <= 16)
        for (guint upper = inexact;; upper = (upper - 1) & inexact) { /* every subset, the empty one last */
            if (!same_at(ev, upper, &same, error))
                return FALSE;
            if (!same || upper == 0)
                break;
        }
    else if (inexact)
        same = FALSE;
    if (!same)
        eval_set_uncertified(ev, 0);
    return TRUE;
}
