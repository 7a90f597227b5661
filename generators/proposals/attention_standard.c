/* attention-standard: Attention 23, 24 and 25 as published, the baseline of the attention proposals. */
#include "generators/proposals/attention_standard.h"

static void generate(Generator *g)
{
    attention_standard_shapes(g);
    attention_standard_masks(g);
    attention_standard_scores(g);
    attention_standard_general(g);
    attention_standard_changes(g);
    attention_standard_rejects(g);
}

PROPOSAL_DEFINE(attention_standard, "attention-standard", generate)
