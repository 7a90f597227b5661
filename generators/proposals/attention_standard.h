/* What the files of the attention-standard generator share. */
#ifndef ASSAY_GENERATORS_PROPOSALS_ATTENTION_STANDARD_H
#define ASSAY_GENERATORS_PROPOSALS_ATTENTION_STANDARD_H

#include "generators/engine/data.h"
#include "generators/engine/scenario.h"

#define ATTENTION_FREE (-2) /* a window or mode that is not given */

typedef enum { MASK_NONE, MASK_BOOL, MASK_FLOAT } AttentionMask;

/* One node. Zero or NULL: not given. */
typedef struct {
    int64_t       version;                             /* 23, 24, 25: also the model's opset */
    gboolean      flat;                                /* rank 3: [B, S, H * D] */
    int64_t       batch, heads, kv, queries, keys, depth, values;
    gboolean      cache;                               /* past_key and past_value, of `past` keys */
    int64_t       past;
    const int64_t *nonpad;                             /* per batch item */
    AttentionMask mask;
    DType         mask_type;                           /* MASK_FLOAT: its type; DTYPE_UNDEFINED: that of Q */
    Shape         mask_shape;                          /* rank 0: [queries, keys in all] */
    gboolean      causal;
    gboolean      windows;                             /* left and right are given */
    int64_t       left, right;
    float         softcap;
    const float  *scale;
    DType         dtype, precision;                    /* precision: softmax_precision, if given */
    gboolean      mode_given;
    int64_t       mode;
    gboolean      want_present, want_scores;
    gboolean      level;                               /* data: equal weights on 2^n keys, else one key a row */
} AttentionNode;

int64_t attention_total(const AttentionNode *n);
/* Whether query i of this head sees key j, by everything but softcap. */
gboolean attention_sees(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j);
/* The number that a float mask holds for visible keys. */
double attention_mask_bias(const AttentionNode *n, int64_t batch, int64_t head, int64_t i, int64_t j);

/* What another reading of the text gives, for decided rows (one leader, or 2^n equal). */
typedef enum {
    READ_AS_PUBLISHED,
    READ_TILED_HEADS,     /* key head h mod Hkv */
    READ_CAUSAL_AT_START, /* the causal frontier ignores past keys and nonpad lengths */
    READ_NAN_ROWS,        /* a row in which everything is masked is NaN */
} AttentionReading;

/* Designed Q, K, V as [B,H,S,D], keys of the past first. */
typedef struct {
    Tensor *q, *k, *v;
} AttentionData;
AttentionData attention_design(const AttentionNode *n);
void          attention_data_clear(AttentionData *data);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AttentionData, attention_data_clear)

/* Y by a plain computation that shares nothing with the evaluator; NULL if some row is not decided under that reading. */
Tensor *attention_oracle(const AttentionNode *n, const AttentionData *data, AttentionReading reading);

/* The whole scenario but its emission. */
Node *attention_node(Scenario *s, const AttentionNode *n);
/* The same with tensors that are given: for refusals. NULL: as designed. */
typedef struct {
    Tensor *q, *k, *v, *mask, *past_key, *past_value, *nonpad;
} AttentionInputs;
Node *attention_node_with(Scenario *s, const AttentionNode *n, const AttentionInputs *given);
/* The meaning in published operators, for Attention of the default domain; decomposed form only. */
void attention_function(Scenario *s, const AttentionNode *n);

void attention_standard_shapes(Generator *g);
void attention_standard_masks(Generator *g);
void attention_standard_scores(Generator *g);
void attention_standard_general(Generator *g);
void attention_standard_changes(Generator *g);
void attention_standard_rejects(Generator *g);

#endif
