#include "reference/ops/shared/recurrent.h"

enum { I, O, F, C };    /* input, output, forget, cell: the order of the gates in W, R, B and (but C) P */
enum { GATE, CELL, OUT }; /* the activations f, g, h */

/* A gate's preactivation: W x + R h + Wb + Rb, and P times a cell state. */
static double gate(const Recurrent *r, int64_t direction, int which, int64_t j, const double *x, const double *h, double c)
{
    const double peephole = which == C ? 0 : r->p[(direction * 3 + which) * r->hidden + j] * c;
    return recurrent_input(r, direction, which, j, x) + recurrent_state(r, direction, which, j, h) + peephole;
}

static void step(const Recurrent *r, gboolean coupled, int64_t direction, const double *x, const double *h, const double *c,
                 double *next_h, double *next_c)
{
    for (int64_t j = 0; j < r->hidden; j++) {
        const double in = recurrent_activate(r, direction, GATE, gate(r, direction, I, j, x, h, c[j]));
        const double forget = coupled ? 1 - in : recurrent_activate(r, direction, GATE, gate(r, direction, F, j, x, h, c[j]));
        const double fresh = recurrent_activate(r, direction, CELL, gate(r, direction, C, j, x, h, 0));
        next_c[j] = forget * c[j] + in * fresh;
        const double out = recurrent_activate(r, direction, GATE, gate(r, direction, O, j, x, h, next_c[j]));
        next_h[j] = out * recurrent_activate(r, direction, OUT, next_c[j]);
    }
}

static void cell(const Recurrent *r, int64_t direction, const double *x, const double *h, const double *c, double *next_h,
                 double *next_c, G_GNUC_UNUSED double *room)
{
    step(r, FALSE, direction, x, h, c, next_h, next_c);
}

/* input_forget: what enters is what is forgotten. */
static void cell_coupled(const Recurrent *r, int64_t direction, const double *x, const double *h, const double *c, double *next_h,
                         double *next_c, G_GNUC_UNUSED double *room)
{
    step(r, TRUE, direction, x, h, c, next_h, next_c);
}

static gboolean lstm(Eval *ev, GError **error)
{
    Recurrent r = { .gates = 4, .default_activations = (const char *const[]){ "Sigmoid", "Tanh", "Tanh" }, .n_activations = 3,
                    .cell = eval_int(ev, "input_forget") ? cell_coupled : cell, .has_cell_state = TRUE };
    return recurrent_run(ev, &r, error);
}

#define REST .signature = "X:T, W:T, R:T, B:T?, sequence_lens:int32?, initial_h:T?, initial_c:T?, P:T? -> Y:T?, Y_h:T?, Y_c:T?", \
             .kernel = lstm
#define BASE "activation_alpha:floats, activation_beta:floats, activations:strings, clip:float, direction:string=forward, " \
             "hidden_size:int, input_forget:int=0"
OPERATOR_DEFINE(lstm, "LSTM", "",
    { .since = 1, .types = "T: floats1", .attributes = BASE ", output_sequence:int=0", REST },
    { .since = 7, .types = "T: floats1", .attributes = BASE, REST },
    { .since = 14, .types = "T: floats1", .attributes = BASE ", layout:int=0", REST },
    { .since = 22, .types = "T: floats13", .attributes = BASE ", layout:int=0", REST })
