/* What RNN, GRU and LSTM share: shapes, directions, layouts, lengths, activations. States stay in binary64 from step to
 * step; outputs are rounded once. */
#ifndef ASSAY_OPS_SHARED_RECURRENT_H
#define ASSAY_OPS_SHARED_RECURRENT_H

#include "reference/eval/operator.h"

#define RECURRENT_MOST_ACTIVATIONS 6

typedef struct Activation Activation;
struct Activation {
    double (*apply)(const Activation *activation, double x);
    double   alpha, beta;
    gboolean precise; /* for float64 results */
};

typedef struct Recurrent Recurrent;

/* One step of one sequence: from input x and the states h and c (NULL without a cell state) to the new states, written
 * to `next_h` and `next_c`; `room` has 3 * hidden doubles. */
typedef void (*RecurrentCell)(const Recurrent *r, int64_t direction, const double *x, const double *h, const double *c,
                              double *next_h, double *next_c, double *room);

struct Recurrent {
    /* set by the operator */
    int                gates;            /* rows of W and R are gates * hidden */
    const char *const *default_activations;
    gsize              n_activations;    /* of one direction */
    RecurrentCell      cell;
    gboolean           has_cell_state;   /* inputs initial_c and P, output Y_c */
    /* set by recurrent_run */
    int64_t            steps, batch, inputs, hidden, directions;
    gboolean           reverse, batch_first;
    double             clip;             /* infinite: none */
    double            *w, *r, *b, *p;    /* widened; b and p zeros if absent */
    Activation         activations[RECURRENT_MOST_ACTIVATIONS];
};

gboolean recurrent_run(Eval *ev, Recurrent *r, GError **error);

/* Row j of gate `gate`: W x + Wb, and R h + Rb. */
double recurrent_input(const Recurrent *r, int64_t direction, int gate, int64_t j, const double *x);
double recurrent_state(const Recurrent *r, int64_t direction, int gate, int64_t j, const double *h);
/* Activation `which` of the direction, on the clipped value. */
double recurrent_activate(const Recurrent *r, int64_t direction, gsize which, double x);

#endif
