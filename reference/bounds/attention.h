/* Scaled dot-product attention, one query at a time: scores, weights (softmax.h), and the weighted sum of values.
 *
 *   "attention/scores"  |y_j - s_j| <= (D + 4) u S_j + D tiny / 2 + what radii do, S_j = scale sum |q||k|. The 4 covers the
 *                       scale on the product as well as its root on both operands. Where tensors are narrower than the
 *                       computing type the scaled operands and the score may be stored in them: 2 u_o S_j (not if the root
 *                       is a power of two) and u_o |s_j| (not if s_j is of that type). 0 where everything is exact.
 *                       The functions' bodies keep the scale and take its root in float32, whatever the type; a kernel may
 *                       scale by the number itself. Goldens follow one reading; what the other moves a score by beyond 2 u
 *                       and 2 u_o is added, unless the root is a power of two. It shows in float64 alone, up to 3 * 2^-24.
 *   "attention/softcap" the error passes through a derivative of at most 1, and c tanh(s / c) adds 4 u c.
 *   "attention/mix"     with weights p, their relative errors w, L of them not zero, T = ceil(L / 16) blocks and o = sum p v:
 *                       sum p w |v - o| / (1 - sum p w) + (L + T + 2) u (sum p |v| + |o|) + u_o sum p |v| + sum p radius(v),
 *                       |v - o| because an error that all weights have in common cancels. 0 where the weights are exact
 *                       (0 and powers of two) and the sum is exact (sums.h).
 *
 * Holds for two passes, online softmax over blocks of 16 keys and more, split keys that are merged, 2^x for e^x. */
#ifndef ASSAY_BOUNDS_ATTENTION_H
#define ASSAY_BOUNDS_ATTENTION_H

#include "reference/bounds/softmax.h"

/* Scores of n keys of `depth` channels each ([n, depth]) and their errors; radii may be NULL. dtype is that of Q. scale is what
 * the golden's products are multiplied by, other what they would be by the other reading. */
void bounds_attention_scores(DType dtype, const double *q, const double *q_radius, const double *keys,
                             const double *keys_radius, gsize n, gsize depth, double scale, double other,
                             double *scores, double *errors);

/* In place. */
void bounds_attention_softcap(DType dtype, double softcap, gsize n, double *scores, double *errors);
/* Adds an exact bias, -INFINITY where masked. And what that does to the error of one score that has it added. */
void bounds_attention_bias(DType dtype, const double *bias, gsize n, double *scores, double *errors);
void bounds_attention_bias_error(DType dtype, double bias, double score, double *error);

/* out[d] +- error[d] of sum p_j v_jd over n values [n, depth]; `exact`: the weights are (bounds_weights). */
void bounds_attention_mix(DType dtype, const double *p, const double *w, gboolean exact, const double *values,
                          const double *values_radius, gsize n, gsize depth, double *out, double *errors);

/* The same for weights of any sum that are known up to a radius. */
void bounds_weighted_sum(DType dtype, const double *p, const double *p_radius, const double *values,
                         const double *values_radius, gsize n, gsize depth, double *out, double *errors);

#endif
