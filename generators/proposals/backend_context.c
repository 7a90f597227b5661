/* backend-context: the order of its parts. */
#include "generators/proposals/backend_context.h"

static void generate(Generator *g)
{
    backend_context_regions(g);
    backend_context_selection(g);
}
PROPOSAL_DEFINE(backend_context, "backend-context", generate)
