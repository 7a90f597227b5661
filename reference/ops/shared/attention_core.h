/* The three steps of scaled dot-product attention on rows of doubles, for the operators that are built from them.
 * Vectorisable across outputs; each output is one sum in ascending order, compensated where `precise`. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_CORE_H
#define ASSAY_OPS_SHARED_ATTENTION_CORE_H

#include "reference/eval/operator.h"

/* scores[j] = scale * sum over d of q[d] * keys[d * n + j]; `rests` is room for n doubles, NULL if not precise. */
void attention_scores(const double *q, const double *keys, int64_t n, int64_t depth, double scale, double *scores, double *rests);

/* In place: exp(x - max) / sum, the maximum subtracted first; `precise` for float64 results. n = 0 is no error. */
void attention_softmax(double *row, int64_t n, gboolean precise);

/* out[d] = sum over j of p[j] * values[j * depth + d]; `rests` is room for depth doubles, NULL if not precise. */
void attention_mix(const double *p, const double *values, int64_t n, int64_t depth, double *out, double *rests);

/* exp and tanh in binary64: SLEEF's, or correctly rounded where `precise`. */
double attention_exp(double x, gboolean precise);
double attention_tanh(double x, gboolean precise);

#endif
