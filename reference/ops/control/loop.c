#include "reference/ops/shared/body.h"

/* The one element of an optional scalar input, or `absent`. */
static gboolean scalar(const Eval *ev, gsize i, const char *name, int64_t absent, int64_t *value, GError **error)
{
    const Tensor *x = eval_input(ev, i);
    if (x && x->count != 1)
        return eval_fail(error, "%s has %" G_GINT64_FORMAT " elements, expected 1", name, x->count);
    *value = x ? tensor_get_int(x, 0) : absent;
    return TRUE;
}

/* Iteration number and condition are scalars, or tensors of shape [1] where the body declares that. */
static Value *body_scalar(const Graph *graph, gsize input, DType dtype, int64_t value, GError **error)
{
    const Type *type = LIST_AT(&graph->inputs, ValueInfo, input)->type;
    const Shape one = SHAPE(1);
    const gboolean vector = type && type->kind == TYPE_TENSOR && type->has_shape && type->rank == 1;
    Tensor *tensor = tensor_new(dtype, vector ? &one : &SHAPE0, error);
    if (!tensor)
        return NULL;
    tensor_set_int(tensor, 0, value);
    return value_from_tensor(tensor);
}

static gboolean read_condition(const Value *value, int64_t *condition, GError **error)
{
    const Tensor *t = value->kind == VALUE_TENSOR ? value->tensor : NULL;
    if (!t || t->dtype != DTYPE_BOOL || t->count != 1) {
        g_autofree char *found = value_describe(value);
        return eval_fail(error, "the body's condition is %s, expected one bool", found);
    }
    *condition = tensor_get_int(t, 0);
    return TRUE;
}

static gboolean iterate(Body *body, int64_t i, int64_t *condition, GError **error)
{
    const gsize n = 2 + body->n_state;
    g_autoptr(Value) number = body_scalar(body->graph, 0, DTYPE_INT64, i, error);
    g_autoptr(Value) going = number ? body_scalar(body->graph, 1, DTYPE_BOOL, *condition, error) : NULL;
    g_autoptr(Value) again = NULL;
    if (!going)
        return FALSE;
    g_autofree Value **inputs = g_new(Value *, n);
    inputs[0] = number;
    inputs[1] = going;
    for (gsize s = 0; s < body->n_state; s++)
        inputs[2 + s] = body->state[s];
    return body_run(body, inputs, n, &again, error) && read_condition(again, condition, error);
}

/* Without M the trip count is unlimited; without cond the condition that the body computes is ignored (Loop's text,
 * table of the four combinations). */
static gboolean loop(Eval *ev, GError **error)
{
    const gsize n_inputs = eval_input_count(ev), n_state = n_inputs > 2 ? n_inputs - 2 : 0;
    const gboolean conditional = eval_input(ev, 1) != NULL;
    int64_t trips = 0, condition = 0;
    if (!scalar(ev, 0, "M", G_MAXINT64, &trips, error) || !scalar(ev, 1, "cond", TRUE, &condition, error))
        return FALSE;
    g_auto(Body) body = { 0 };
    if (!body_open(&body, ev, 2 + n_state, 1, 2, n_state, error))
        return FALSE;
    for (int64_t i = 0; i < trips && condition; i++) {
        if (!iterate(&body, i, &condition, error))
            return FALSE;
        if (!conditional)
            condition = TRUE;
    }
    for (gsize k = 0; k < body.n_scan; k++) {
        Tensor *scanned = body_scanned(&body, k, 0, FALSE, error);
        if (!scanned)
            return FALSE;
        eval_set_tensor(ev, n_state + k, scanned);
    }
    body_finish(&body);
    return TRUE;
}

/* State variables may differ in type, so the inputs are left to the output check. */
#define REST .attributes = "body:graph!", .kernel = loop, .bound = bound_exact
#define SIGNATURE .signature = "M:int64?, cond:bool?, v_initial:any* -> v_final_and_scan_outputs:V+"
OPERATOR_DEFINE(loop, "Loop", "",
    { .since = 1, .signature = "M:int64?, cond:bool?, v_initial:any+ -> v_final_and_scan_outputs:V+",
      .types = "V: all1", REST },
    { .since = 11, SIGNATURE, .types = "V: all1", REST },
    { .since = 13, SIGNATURE, .types = "V: all1 seq", REST },
    { .since = 16, SIGNATURE, .types = "V: all13 seq opt", REST },
    { .since = 19, SIGNATURE, .types = "V: all19 seq opt", REST },
    { .since = 21, SIGNATURE, .types = "V: all21 seq opt", REST },
    { .since = 23, SIGNATURE, .types = "V: all23 seq opt", REST },
    { .since = 24, SIGNATURE, .types = "V: all24 seq opt", REST },
    { .since = 25, SIGNATURE, .types = "V: all25 seq opt", REST })
