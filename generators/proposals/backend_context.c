/* backend-context: the order of its parts. */
#include "generators/proposals/backend_context.h"

static void generate(Generator *g)
{
    backend_context_regions(g);
    backend_context_selection(g);
    backend_context_session(g);
    backend_context_several(g);
    backend_context_payloads(g);
    backend_context_tables(g);
    backend_context_tools(g);
    backend_context_rejects(g);
    backend_context_pairs(g);
}
PROPOSAL_DEFINE(backend_context, "backend-context", generate)
