/* flex-attention: attention with graphs for the scores and the probabilities, as merged and as first drafted. */
#include "generators/proposals/flex_attention.h"

static void generate(Generator *g)
{
    flex_attention_shapes(g);
    flex_attention_modifiers(g);
    flex_attention_probabilities(g);
    flex_attention_elementwise(g);
    flex_attention_edges(g);
    flex_attention_rejects(g);
}

PROPOSAL_DEFINE(flex_attention, "flex-attention", generate)
