/* assay.attention_precision QuantizedAttention: precision and quantization as attributes and inputs; variant attributes.
 * Rule: reference/ops/shared/attention_quantized.h. */
#include "reference/ops/shared/attention_quantized.h"

static gboolean quantized_attention(Eval *ev, GError **error)
{
    return stages_kernel(ev, quantized_read, error);
}

static gboolean bound(Eval *ev, GError **error)
{
    return stages_bound(ev, quantized_read, error);
}

OPERATOR_DEFINE(quantized_attention, "QuantizedAttention", "assay.attention_precision",
    { .since = 1, .signature = QUANTIZED_SIGNATURE, .types = QUANTIZED_TYPES, .attributes = QUANTIZED_ATTRIBUTES,
      .kernel = quantized_attention, .bound = bound })
