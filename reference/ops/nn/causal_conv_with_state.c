#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/attention_core.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/move.h"
#include "reference/ops/shared/wide.h"

#include <string.h>

typedef struct {
    const Tensor *x, *w, *bias, *past;
    Tensor       *y;
    int64_t       batch, channels, length, taps;
    gboolean      silu;
} Causal;

static gboolean read_shapes(const Eval *ev, Causal *c, GError **error)
{
    *c = (Causal){ .x = eval_input(ev, 0), .w = eval_input(ev, 1), .bias = eval_input(ev, 2), .past = eval_input(ev, 3) };
    if (c->x->shape.rank != 3)
        return eval_fail(error, "input has rank %d, expected 3: [B, C, L]", c->x->shape.rank);
    c->batch = c->x->shape.dims[0];
    c->channels = c->x->shape.dims[1];
    c->length = c->x->shape.dims[2];
    const Shape *w = &c->w->shape;
    if (w->rank != 3 || w->dims[0] != c->channels || w->dims[1] != 1 || w->dims[2] < 1) {
        g_autofree char *found = shape_to_string(w);
        return eval_fail(error, "weight has shape %s, expected [%" G_GINT64_FORMAT ",1,k]", found, c->channels);
    }
    c->taps = w->dims[2];
    const Shape state = SHAPE(c->batch, c->channels, c->taps - 1), bias = SHAPE(c->channels);
    if (c->bias && !shape_equal(&c->bias->shape, &bias))
        return eval_fail(error, "bias must have the shape [%" G_GINT64_FORMAT "]", c->channels);
    if (c->past && !shape_equal(&c->past->shape, &state)) {
        g_autofree char *found = shape_to_string(&c->past->shape), *wanted = shape_to_string(&state);
        return eval_fail(error, "past_state has shape %s, expected %s", found, wanted);
    }
    const char *activation = eval_string(ev, "activation");
    c->silu = strcmp(activation, "silu") == 0 || strcmp(activation, "swish") == 0;
    return c->silu || strcmp(activation, "none") == 0 ||
           eval_fail(error, "activation is '%s', expected none, silu or swish", activation);
}

/* Element i of past state and input in a row. */
static double padded(const Causal *c, int64_t plane, int64_t i)
{
    if (i >= c->taps - 1)
        return tensor_get_double(c->x, plane * c->length + i - (c->taps - 1));
    return c->past ? tensor_get_double(c->past, plane * (c->taps - 1) + i) : 0;
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    const Causal *c = data;
    const gboolean precise = c->y->dtype == DTYPE_DOUBLE;
    for (int64_t plane = first; plane < last; plane++) {
        const int64_t channel = plane % c->channels;
        for (int64_t i = 0; i < c->length; i++) {
            Compensated s = { 0, 0 };
            for (int64_t k = 0; k < c->taps; k++)
                compensated_add_product(&s, padded(c, plane, i + k), tensor_get_double(c->w, channel * c->taps + k));
            compensated_add(&s, c->bias ? tensor_get_double(c->bias, channel) : 0);
            const int64_t at = plane * c->length + i;
            tensor_set_double(c->y, at, compensated_value(s));
            if (c->silu) { /* of the rounded sum, as the text says */
                const double x = tensor_get_double(c->y, at);
                tensor_set_double(c->y, at, x == -(double)INFINITY ? -0.0 : x / (1 + attention_exp(-x, precise)));
            }
        }
    }
}

static gboolean present_state(Eval *ev, const Causal *c, GError **error)
{
    if (!eval_wants(ev, 1))
        return TRUE;
    const int64_t kept = c->taps - 1, old = MAX(kept - c->length, 0); /* elements that stay from the past */
    const Shape shape = SHAPE(c->batch, c->channels, kept);
    g_autoptr(Tensor) state = tensor_new(c->x->dtype, &shape, error); /* zeros, where there is no past */
    if (!state)
        return FALSE;
    for (int64_t plane = 0; kept > 0 && plane < c->batch * c->channels; plane++) {
        if (c->past)
            move_run(c->past, plane * kept + kept - old, state, plane * kept, old);
        move_run(c->x, (plane + 1) * c->length - (kept - old), state, plane * kept + old, kept - old);
    }
    eval_set_tensor(ev, 1, g_steal_pointer(&state));
    return TRUE;
}

static gboolean causal_conv_with_state(Eval *ev, GError **error)
{
    Causal c = { 0 };
    if (!read_shapes(ev, &c, error))
        return FALSE;
    c.y = eval_output(ev, 0, c.x->dtype, &c.x->shape, error);
    if (!c.y)
        return FALSE;
    if (c.y->count > 0)
        eval_parallel(ev, c.batch * c.channels, 1, some_planes, &c);
    return present_state(ev, &c, error);
}

/* ---- bound ----------------------------------------------------------------------------------------------------------
 * "dot/any-order" and "sum/exact" for the sums. An activation sees the sum as the backend rounded it: |silu'| <= 1.1, and
 * silu itself has the budget of an exponential and a quotient. */

enum { INPUT, WEIGHT, BIAS, STATE };

/* Of every product and of the bias. */
static int lowest_bit(const Wide *w)
{
    const int64_t x = MIN(wide_lowest_bit(w, INPUT), wide_lowest_bit(w, STATE)), k = wide_lowest_bit(w, WEIGHT);
    return (int)CLAMP(MIN(x + k, (int64_t)wide_lowest_bit(w, BIAS)), G_MININT, G_MAXINT);
}

static Range one_bound(const Causal *c, DType dtype, double sum, double size, int lowest, gboolean fused)
{
    const double taps = (double)c->taps, last = !c->silu && bounds_compute_type(dtype) == dtype ? 1 : 0;
    const double e = bounds_sum_exact(dtype, size, lowest) ? 0 : bounds_dot(dtype, taps + (c->bias ? 1 : 0) - last, size);
    if (!c->silu)
        return bounds_store(dtype, sum, e, fused);
    /* One function: a backend may leave the sum unrounded. */
    const Range rounded = bounds_store(dtype, sum, e, !relaxation_in_force()->unfused);
    const double radius = rounded.high / 2 - rounded.low / 2, x = rounded.low / 2 + rounded.high / 2;
    const double y = x / (1 + attention_exp(-x, FALSE));
    if (x == 0 && radius == 0)
        return (Range){ y, y };
    const double budget = 4 * bounds_ulp(dtype, y) + bounds_unit(dtype) * (0x1p-102 + fabs(x * y));
    return bounds_store(dtype, y, 1.1 * radius + budget, fused);
}

static gboolean bound_elements(Eval *ev, const Causal *c, const Wide *w, GError **error)
{
    Ends ends = ENDS_OF(ev, 0);
    const Tensor *y = eval_output_tensor(ev, 0);
    Causal plain = *c;
    plain.silu = FALSE;
    g_autoptr(Tensor) sums = tensor_new(DTYPE_DOUBLE, &y->shape, error);
    if (!sums)
        return FALSE;
    plain.y = sums;
    some_planes(0, c->batch * c->channels, &plain);
    const int lowest = lowest_bit(w);
    for (int64_t i = 0; i < y->count; i++) {
        double size = 0;
        for (int64_t k = 0, plane = i / c->length; k < c->taps; k++)
            size += fabs(padded(c, plane, i % c->length + k) * tensor_get_double(c->w, plane % c->channels * c->taps + k));
        size += c->bias ? fabs(tensor_get_double(c->bias, i / c->length % c->channels)) : 0;
        if (!(size <= bounds_huge(y->dtype))) { /* what overflows depends on the order */
            ends_abandon(&ends);
            return TRUE;
        }
        const Range range = one_bound(c, y->dtype, ((const double *)sums->data)[i], size, lowest, eval_may_fuse(ev, 0));
        if (range.low < range.high && !ends_set(&ends, i, range.low, range.high, error))
            return FALSE;
    }
    ends_finish(&ends);
    return TRUE;
}

static gboolean causal_conv_bound(Eval *ev, GError **error)
{
    Causal c = { 0 };
    g_auto(Wide) w = { 0 };
    if (!read_shapes(ev, &c, error) || !wide_init(&w, ev, error))
        return FALSE;
    if (w.known && w.exact && w.finite)
        return bound_elements(ev, &c, &w, error);
    eval_set_uncertified(ev, 0);
    if (eval_wants(ev, 1))
        eval_set_uncertified(ev, 1);
    return TRUE;
}

OPERATOR_DEFINE(causal_conv_with_state, "CausalConvWithState", "",
                { .since = 27,
                  .signature = "input:T, weight:T, bias:T?, past_state:T? -> output:T, present_state:T",
                  .types = "T: float float16 bfloat16",
                  .attributes = "activation:string=none",
                  .kernel = causal_conv_with_state,
                  .bound = causal_conv_bound })
