/* backend-context: every graph in every encoding, with its object used and not used. */
#include "generators/proposals/backend_context.h"

#include <string.h>

static const char *requirements_of(const ContextGraph *graph)
{
    static const struct {
        const char *graph, *requirements;
    } own[] = { { "captures", "R7 R20" }, { "loop", "R7 R20" }, { "sort", "R42 R20" }, { "gap", "R42 R20" },
                { "order", "R6 R20" },
                { "multi", "R6 R20" }, { "two", "R6 R20" }, { "weight", "R4 R37 R20" }, { "chain", "R1 R2 R3 R4 R20" },
                { "diamond", "R4 R8 R20" }, { "types", "R9 R20" } };
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
        if (strcmp(own[i].graph, graph->name) == 0)
            return own[i].requirements;
    return "R20";
}

static void used(Generator *g, const ContextGraph *graph, ContextEncoding e)
{
    Plan *p = context_plan_new(graph, e);
    context_plan_usual(p)->lines = PLAN_BIAS "subgraph_sha256={digest}\nsignature={signature}\n";
    g_autofree char *name = g_strdup_printf("region-%s-used", graph->name);
    context_plan_emit(g, p, name, graph->shows, requirements_of(graph), "The object compiled for %s runs.",
                      graph->what);
}

static void absent(Generator *g, const ContextGraph *graph, ContextEncoding e)
{
    Plan *p = context_plan_new(graph, e);
    context_plan_usual(p)->backend = "mock-b";
    g_autofree char *name = g_strdup_printf("region-%s-absent", graph->name);
    context_plan_emit(g, p, name, 0, "R5 R11 R69", "The object compiled for %s is another vendor's: the graph runs.",
                      graph->what);
}

void backend_context_regions(Generator *g)
{
    for (gsize i = 0; i < context_n_graphs && strcmp(context_graphs[i].name, "dead") != 0; i++)
        EACH_ENCODING(e) {
            used(g, &context_graphs[i], e);
            absent(g, &context_graphs[i], e);
        }
}
