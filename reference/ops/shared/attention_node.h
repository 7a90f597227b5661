/* A node of Attention-23, -24 or -25 as it is given: operands, mask, cache and attributes, checked, and the outputs
 * that are wanted. What is read is borrowed from the node. For the kernel and for its bound rule. */
#ifndef ASSAY_OPS_SHARED_ATTENTION_NODE_H
#define ASSAY_OPS_SHARED_ATTENTION_NODE_H

#include "reference/eval/operator.h"

/* An operand as [B, H, S, D] wherever its elements lie: rank 3 is [B, S, H * D]. */
typedef struct {
    const Tensor *tensor;
    int64_t batch, heads, length, depth;
    int64_t batch_stride, head_stride, row_stride;
} AttentionOperand;

typedef struct {
    AttentionOperand q, k, v, past_k, past_v; /* past_*.tensor NULL: none */
    const Tensor *mask;
    const int64_t *nonpad; /* NULL: none */
    int64_t total, past;   /* keys in all, and before the new ones */
    gboolean causal, precise;
    int64_t left, right;     /* window; -1: unbounded */
    int64_t mask_strides[4]; /* 0 where broadcast */
    int64_t mask_length;     /* keys the mask speaks of; the others are masked */
    double scale, softcap;
    gboolean default_scale; /* scale is 1 / sqrt(depth) */
    DType narrow;           /* softmax in this type, or UNDEFINED: as the rest */
    int mode;
    Tensor *y, *scores; /* scores NULL: not wanted */
    AttentionOperand out;
} AttentionNode;

/* Everything but the outputs. */
gboolean attention_node_read(const Eval *ev, AttentionNode *a, GError **error);
/* Makes the outputs that are wanted; caches are filled, y and scores are the caller's to fill. */
gboolean attention_make_outputs(Eval *ev, AttentionNode *a, GError **error);

/* `heads` counts for rank 3 alone. */
gboolean attention_operand(const Tensor *t, const char *name, int64_t heads, AttentionOperand *o, GError **error);

/* Row `row` of an operand, [depth]; of a cache and what follows it. */
void attention_load_row(const AttentionOperand *o, int64_t batch, int64_t head, int64_t row, double *out);
void attention_load_total_row(const AttentionOperand *past, const AttentionOperand *now, int64_t batch, int64_t head,
                              int64_t row, double *out);

/* What is added to the scores of query i, [total]: -infinity where masked. Whether some key is visible. */
gboolean attention_bias_row(const AttentionNode *a, int64_t batch, int64_t head, int64_t i, double *bias);

#endif
