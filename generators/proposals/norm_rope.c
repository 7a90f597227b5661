/* norm-rope: the order of its parts. */
#include "generators/proposals/norm_rope.h"

static void generate(Generator *g)
{
    norm_rope_rms(g);
    norm_rope_rms_rejects(g);
    norm_rope_rope(g);
    norm_rope_rope_identities(g);
    norm_rope_rope_rejects(g);
}
PROPOSAL_DEFINE(norm_rope, "norm-rope", generate)
