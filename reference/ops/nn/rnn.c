#include "reference/ops/shared/recurrent.h"

/* Ht = f(W x + R h + Wb + Rb) */
static void cell(const Recurrent *r, int64_t direction, const double *x, const double *h, G_GNUC_UNUSED const double *c,
                 double *next_h, G_GNUC_UNUSED double *next_c, G_GNUC_UNUSED double *room)
{
    for (int64_t j = 0; j < r->hidden; j++)
        next_h[j] = recurrent_activate(r, direction, 0, recurrent_input(r, direction, 0, j, x) + recurrent_state(r, direction, 0, j, h));
}

static gboolean rnn(Eval *ev, GError **error)
{
    Recurrent r = { .gates = 1, .default_activations = (const char *const[]){ "Tanh" }, .n_activations = 1, .cell = cell };
    return recurrent_run(ev, &r, error);
}

#define REST .signature = "X:T, W:T, R:T, B:T?, sequence_lens:int32?, initial_h:T? -> Y:T?, Y_h:T?", .kernel = rnn
#define BASE "activation_alpha:floats, activation_beta:floats, activations:strings=[Tanh,Tanh], clip:float, " \
             "direction:string=forward, hidden_size:int"
OPERATOR_DEFINE(rnn, "RNN", "",
    { .since = 1, .types = "T: floats1", .attributes = BASE ", output_sequence:int=0", REST },
    { .since = 7, .types = "T: floats1", .attributes = BASE, REST },
    { .since = 14, .types = "T: floats1", .attributes = BASE ", layout:int=0", REST },
    { .since = 22, .types = "T: floats13", .attributes = BASE ", layout:int=0", REST })
