/* block-qdq: QuantizeLinear and DequantizeLinear as published, and the proposed blocks on several axes. */
#include "generators/proposals/block_qdq.h"

static void generate(Generator *g)
{
    block_qdq_standard(g);
    block_qdq_quantize(g);
    block_qdq_versions(g);
    block_qdq_shape(g);
    block_qdq_practice(g);
    block_qdq_alternatives(g);
    block_qdq_rejects(g);
}

PROPOSAL_DEFINE(block_qdq, "block-qdq", generate)
