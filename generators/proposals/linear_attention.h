/* The parts of the generator of linear-attention; spec/proposals/linear-attention holds the requirements. Private to it. */
#ifndef ASSAY_GENERATORS_PROPOSALS_LINEAR_ATTENTION_H
#define ASSAY_GENERATORS_PROPOSALS_LINEAR_ATTENTION_H

#include "generators/engine/chain.h"
#include "generators/engine/data.h"

#define LINEAR_OPSET 27

/* ---- LinearAttention --------------------------------------------------------------------------------------------- */

typedef enum { RULE_LINEAR, RULE_GATED, RULE_DELTA, RULE_GATED_DELTA, RULES } Rule;
extern const char *const rule_names[RULES]; /* as the attribute has them */
extern const char *const rule_tags[RULES];  /* as names of cases have them */
gboolean rule_gated(Rule rule);
gboolean rule_delta(Rule rule);

typedef struct {
    Rule    rule;
    int64_t batch, tokens, q_heads, heads, dk, dv;
    gboolean past, present;      /* whether the state comes in, is an output of the graph */
    gboolean decay_each;         /* a decay for each row of the state, not one a head */
    gboolean beta_shared;        /* one beta for all heads */
    float    scale;              /* 0: not written, 1 / sqrt(dk) */
    int64_t  chunk;              /* chunk_size; 0: not written */
    gboolean default_rule;       /* update_rule is not written: gated_delta */
    DType    dtype, state;       /* state 0: as dtype */
} Linear;

/* The inputs, all integers; decays are 0 or so low that they vanish. NULL where the node has none. */
typedef struct {
    Tensor *q, *k, *v, *past, *decay, *beta;
} LinearData;
LinearData linear_data(const Linear *l);
void       linear_data_clear(LinearData *d);
/* Tokens [from, from + n) of the data, with `past` (taken) as the state. */
LinearData linear_data_part(const LinearData *d, int64_t from, int64_t n, Tensor *past);

/* Inputs and node; takes the tensors. Outputs y and, if wanted, present, both declared. */
Node *linear_describe(Scenario *s, const Linear *l, LinearData d);
Node *linear_node(Scenario *s, const Linear *l);

/* The meaning: token by token (Scan), or all tokens at once as a masked product (rule linear only). */
typedef enum { MEANING_RECURRENT, MEANING_PARALLEL } LinearMeaning;
void linear_meaning(Scenario *s, const Linear *l, LinearMeaning meaning);

void linear_attention_rules(Generator *g);
void linear_attention_steps(Generator *g);
void linear_attention_inexact(Generator *g);
void linear_attention_rejects(Generator *g);

/* ---- CausalConvWithState ----------------------------------------------------------------------------------------- */

void causal_conv(Generator *g);
void causal_conv_rejects(Generator *g);

#endif
