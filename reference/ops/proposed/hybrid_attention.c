/* assay.attention_precision HybridAttention: attributes for what is common, one graph, score_mod, for the rest; variant hybrid.
 * Rule: reference/ops/shared/attention_quantized.h. */
#include "reference/ops/shared/attention_quantized.h"

static gboolean hybrid_attention(Eval *ev, GError **error)
{
    return stages_kernel(ev, quantized_read, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    return stages_bound(ev, quantized_read, error);
}

OPERATOR_DEFINE(hybrid_attention, "HybridAttention", "assay.attention_precision",
    { .since = 1, .signature = QUANTIZED_SIGNATURE, .types = QUANTIZED_TYPES, .attributes = QUANTIZED_ATTRIBUTES ", score_mod:graph",
      .kernel = hybrid_attention, .bound = bound })
