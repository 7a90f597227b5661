/* One mixture-of-experts layer said in four ways, against the number of experts. */
#include "generators/engine/experiment.h"
#include "generators/proposals/moe.h"

static const struct {
    const char *name;
    MoeVariant  variant;
    Form        form;
} forms[] = {
    { "fused, attributes", MOE_ATTRIBUTE, FORM_NATIVE },       /* the vendor's operator where it exists */
    { "fused, graph activation", MOE_GRAPH, FORM_FUNCTION },   /* functions: what runs everywhere today */
    { "grouped matmul", MOE_GROUPED, FORM_FUNCTION },
    { "standard operators", MOE_DENSE, FORM_NATIVE },
};

static void build(Lab *lab)
{
    for (int64_t experts = 1; experts <= 64; experts *= 2)
        for (gsize f = 0; f < G_N_ELEMENTS(forms); f++) {
            const MoeLayer layer = moe_layer((MoeLayer){ .tokens = 16, .hidden = 32, .inner = 32, .experts = experts,
                                                         .k = MIN(experts, 2), .router = ROUTER_EXACT });
            g_autofree char *name = g_strdup_printf("moe-forms-%d-%d", (int)f, (int)experts);
            Scenario *s = moe_scenario(lab_generator(lab), &layer, forms[f].variant, name);
            lab_add_scenario(lab, forms[f].name, experts, s, forms[f].form);
        }
}

static const Contrast contrasts[] = {
    { METRIC_RUN, "grouped matmul", "fused, attributes" },     { METRIC_RUN, "standard operators", "fused, attributes" },
    { METRIC_RUN, "grouped matmul", "standard operators" },    { METRIC_LOAD, "fused, graph activation", "fused, attributes" },
    { METRIC_LOAD, "grouped matmul", "fused, attributes" },    { METRIC_BYTES, "grouped matmul", "fused, attributes" },
    { METRIC_NODES, "grouped matmul", "fused, attributes" },   { METRIC_NODES, "fused, graph activation", "fused, attributes" },
};
EXPERIMENT_DEFINE(moe_forms, .id = "moe-forms", .title = "A mixture-of-experts layer in four forms",
                  .question = "What do a fused operator with attributes, one with a graph for its activation, grouped products and standard operators cost?",
                  .proposal = "moe", .open_question = "Q1", .x = "experts", .contrasts = contrasts, .n_contrasts = G_N_ELEMENTS(contrasts), .build = build)
