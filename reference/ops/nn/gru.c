#include "reference/ops/shared/recurrent.h"

enum { Z, R, H }; /* update, reset, hidden: the order of the gates in W, R and B */

static void reset_after(const Recurrent *r, int64_t direction, const double *x, const double *h, const double *reset, double *hidden)
{
    for (int64_t j = 0; j < r->hidden; j++) {
        const double state = recurrent_state(r, direction, H, j, h);
        hidden[j] = recurrent_activate(r, direction, 1, recurrent_input(r, direction, H, j, x) + reset[j] * state);
    }
}

static void reset_before(const Recurrent *r, int64_t direction, const double *x, const double *h, double *reset, double *hidden)
{
    for (int64_t j = 0; j < r->hidden; j++)
        reset[j] *= h[j];
    for (int64_t j = 0; j < r->hidden; j++) {
        const double state = recurrent_state(r, direction, H, j, reset);
        hidden[j] = recurrent_activate(r, direction, 1, recurrent_input(r, direction, H, j, x) + state);
    }
}

/* Ht = (1 - zt) ht + zt Ht-1; the reset gate acts on the state before or after the product with Rh. */
static void step(const Recurrent *r, gboolean linear_first, int64_t direction, const double *x, const double *h, double *next_h,
                 double *room)
{
    double *update = room, *reset = room + r->hidden, *hidden = room + 2 * r->hidden;
    for (int64_t j = 0; j < r->hidden; j++) {
        update[j] = recurrent_activate(r, direction, 0, recurrent_input(r, direction, Z, j, x) + recurrent_state(r, direction, Z, j, h));
        reset[j] = recurrent_activate(r, direction, 0, recurrent_input(r, direction, R, j, x) + recurrent_state(r, direction, R, j, h));
    }
    if (linear_first)
        reset_after(r, direction, x, h, reset, hidden);
    else
        reset_before(r, direction, x, h, reset, hidden);
    for (int64_t j = 0; j < r->hidden; j++)
        next_h[j] = (1 - update[j]) * hidden[j] + update[j] * h[j];
}

static void cell(const Recurrent *r, int64_t direction, const double *x, const double *h, G_GNUC_UNUSED const double *c,
                 double *next_h, G_GNUC_UNUSED double *next_c, double *room)
{
    step(r, FALSE, direction, x, h, next_h, room);
}

static void cell_linear_before_reset(const Recurrent *r, int64_t direction, const double *x, const double *h,
                                     G_GNUC_UNUSED const double *c, double *next_h, G_GNUC_UNUSED double *next_c, double *room)
{
    step(r, TRUE, direction, x, h, next_h, room);
}

static gboolean gru(Eval *ev, GError **error)
{
    Recurrent r = { .gates = 3, .default_activations = (const char *const[]){ "Sigmoid", "Tanh" }, .n_activations = 2,
                    .cell = eval_int(ev, "linear_before_reset") ? cell_linear_before_reset : cell };
    return recurrent_run(ev, &r, error);
}

#define REST .signature = "X:T, W:T, R:T, B:T?, sequence_lens:int32?, initial_h:T? -> Y:T?, Y_h:T?", .kernel = gru
#define BASE "activation_alpha:floats, activation_beta:floats, activations:strings, clip:float, direction:string=forward, " \
             "hidden_size:int"
OPERATOR_DEFINE(gru, "GRU", "",
    { .since = 1, .signature = "X:T, W:T, R:T, B:T?, sequence_lens:int32?, initial_h:T? -> Y:T?, Y_h:T", .types = "T: floats1",
      .attributes = BASE ", output_sequence:int=0", .kernel = gru },
    { .since = 3, .types = "T: floats1", .attributes = BASE ", output_sequence:int=0, linear_before_reset:int=0", REST },
    { .since = 7, .types = "T: floats1", .attributes = BASE ", linear_before_reset:int=0", REST },
    { .since = 14, .types = "T: floats1", .attributes = BASE ", linear_before_reset:int=0, layout:int=0", REST },
    { .since = 22, .types = "T: floats13", .attributes = BASE ", linear_before_reset:int=0, layout:int=0", REST })
