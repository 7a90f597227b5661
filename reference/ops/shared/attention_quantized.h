/* Attention whose precision is said by attributes: at Q, K, P (the probabilities) and V a value is quantized and dequantized,
 * with scales and zero points as inputs; the two products may be rounded to an accumulation type.
 *
 *   q_dtype, k_dtype, p_dtype, v_dtype   element type of the codes; 0, the default: none
 *   q_block, k_block, v_block            a block length for each of the four axes, -1 the whole axis; not given: one scale
 *   qk_accum, pv_accum                   FLOAT (default), FLOAT16 or BFLOAT16: what the products are rounded to
 *   is_causal, scale                     as in Attention
 *
 * Inputs 3 to 6 are the scales of Q, K, P, V, 7 to 10 the zero points. A scale has rank 0 or, with a block, ceil(D / b)
 * elements on each axis (1 for the whole axis). Quantizing is that of QuantizeLinear-25, division in float, float8 saturating.
 * Source: attention-precision, variants attributes and hybrid. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_QUANTIZED_H
#define ASSAY_OPS_SHARED_ATTENTION_QUANTIZED_H

#include "reference/ops/shared/attention_stages.h"

#define QUANTIZED_SIGNATURE                                                                                                \
    "Q:float, K:float, V:float, q_scale:float?, k_scale:float?, p_scale:float?, v_scale:float?, q_zero_point:Z1?, "        \
    "k_zero_point:Z2?, p_zero_point:Z3?, v_zero_point:Z4? -> Y:float"
#define QUANTIZED_CODES "int8 uint8 int4 uint4 float8e4m3fn float8e5m2"
#define QUANTIZED_TYPES "Z1: " QUANTIZED_CODES " | Z2: " QUANTIZED_CODES " | Z3: " QUANTIZED_CODES " | Z4: " QUANTIZED_CODES
#define QUANTIZED_ATTRIBUTES                                                                                               \
    "scale:float, is_causal:int=0, q_dtype:int=0, k_dtype:int=0, p_dtype:int=0, v_dtype:int=0, q_block:ints, "             \
    "k_block:ints, v_block:ints, qk_accum:int=1, pv_accum:int=1"

/* A StagesRead. The hybrid's graph attribute score_mod, on the masked scores, is used if the schema has it. */
gboolean quantized_read(Eval *ev, Stages *s, GError **error);

#endif
