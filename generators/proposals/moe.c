/* moe: one semantic corpus of mixtures of experts, as a fused operator with attributes, as one with an activation
 * graph, as primitives, and decomposed. */
#include "generators/proposals/moe.h"

static void generate(Generator *g)
{
    moe_sizes(g);
    moe_activations(g);
    moe_routings(g);
    moe_quantized(g);
    moe_primitives(g);
    moe_rejects(g);
    moe_quantized_rejects(g);
}

PROPOSAL_DEFINE(moe, "moe", generate)
