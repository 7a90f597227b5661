/* What the experts of a mixture compute: a projection of an expert, the activation between two of them, and the
 * weighted sum of the experts' answers. Shared by com.microsoft::MoE and QMoE and by the proposed primitives.
 *
 * One token at a time, as spans (span.h): with `certify` their ends are carried along, else only the values. */
#ifndef ASSAY_OPS_SHARED_EXPERTS_H
#define ASSAY_OPS_SHARED_EXPERTS_H

#include "reference/ops/shared/span.h"

/* The linear map of every expert, y = W x + b. */
typedef struct {
    const Tensor *weights;     /* [E, outputs, inputs], or [E, inputs, outputs] if inputs_first */
    const Tensor *bias;        /* [E, outputs] or NULL */
    int64_t       inputs, outputs;
    gboolean      inputs_first;
    double       *row;         /* room for `inputs` weights; of the caller's */
} Projection;

/* y[outputs] := the expert's map of x[inputs], every step rounded to dtype. */
void expert_project(const Projection *p, int64_t expert, DType dtype, gboolean certify, const Span *x, Span *y);

typedef enum { EXPERT_IDENTITY, EXPERT_RELU, EXPERT_GELU, EXPERT_SILU, EXPERT_SWIGLU } ExpertActivation;
/* How the gate g and the linear part l of a gated activation lie in the projections. */
typedef enum { GATE_SEPARATE, GATE_INTERLEAVED, GATE_HALVES } GateLayout;

typedef struct {
    ExpertActivation kind;
    GateLayout       layout;      /* swiglu only */
    double           alpha, beta; /* swiglu only */
    double           limit;       /* swiglu only; infinite: no clamp */
} Activation;

/* "relu", "gelu" (tanh form), "silu", "swiglu" and "identity". */
gboolean expert_activation_of(const char *name, ExpertActivation *kind, GError **error);

/* h[n] from fc1's answers g and fc3's answers l, NULL if there is no fc3; fused layouts read 2n elements of g.
 *   swiglu  G = min(g, limit), L = clamp(l, -limit, limit), h = G * sigmoid(alpha * G) * (L + beta)
 *   others  h = act(g), times l if there is one
 * Every step is rounded to float32. */
void expert_activate(const Activation *a, gboolean certify, const Span *g, const Span *l, int64_t n, Span *h);

/* y[n] := sum over j < k of weights[j] * answers[j * n ...], float32. With `skip`, answers whose weight is not above 0 do
 * not count: what is not finite in them stays there. */
void expert_combine(const Span *weights, const Span *answers, int64_t k, int64_t n, gboolean skip, gboolean certify, Span *y);

#endif
