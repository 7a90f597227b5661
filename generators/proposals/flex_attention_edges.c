/* Rows without any visible key, negative scales, names that meet. */
#include "generators/proposals/flex_attention.h"

#include <math.h>

static const FlexSizes sizes = { 1, 2, 1, 4, 4, 16, 2 };

/* The answer of those who give 0 to a row in which everything is masked. */
static void rows_of_zero(Scenario *s, const FlexNode *n, int64_t masked)
{
    const FlexSizes *z = &n->sizes;
    Tensor *y = data_constant(n->dtype, &SHAPE(z->batch, z->heads, z->queries, z->values), 0);
    Tensor *v = flex_values(n), *q, *k;
    flex_design(n, &q, &k);
    for (int64_t i = 0; i < y->count; i++) {
        const int64_t row = i / z->values, query = row % z->queries, plane = row / z->queries / (z->heads / z->kv);
        int64_t best = 0;
        for (int64_t j = 0; j < z->keys; j++) {
            const int64_t at = row * z->depth, shift = plane % z->kv;
            if (tensor_get_double(q, at + (j + shift) % z->depth) > tensor_get_double(q, at + (best + shift) % z->depth))
                best = j;
        }
        if (query >= masked)
            tensor_set_double(y, i, tensor_get_double(v, (plane * z->keys + best) * z->values + i % z->values));
    }
    tensor_unref(v);
    tensor_unref(q);
    tensor_unref(k);
    scenario_alternative(s, "PyTorch's attention and Attention of the default domain: a row in which everything is masked is 0", &y, 1);
}

static void all_masked(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_DOUBLE };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
        const FlexNode n = { .sizes = sizes, .dtype = types[t], .score = { "late-rows" } };
        Scenario *s = scenario_new(g, "all-masked-rows-%s", dtype_name(types[t]));
        scenario_about(s, "preview", "R14", "Queries 0 and 1 see no key: their rows are NaN, the others are not touched.");
        flex_node(s, &n, NULL, NULL, NULL);
        rows_of_zero(s, &n, 2);
        scenario_emit(s);
    }
}

static void negative_scale(Generator *g)
{
    const float scale = -1;
    const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .scale = &scale };
    Scenario *s = scenario_new(g, "scale-negative");
    scenario_about(s, "preview", "R16", "The square root of a negative scale is NaN, and so is everything.");
    flex_node(s, &n, data_constant(DTYPE_FLOAT, &SHAPE(1, 2, 4, 16), 0), data_constant(DTYPE_FLOAT, &SHAPE(1, 1, 4, 16), 0), NULL);
    scenario_emit(s);
}

/* Inner names that the function's body uses too, and both modifiers with the same names. */
static void names(Generator *g)
{
    static const char *const clashes[] = { "r", "scores", "Q", "product", "axis2" };
    for (gsize i = 0; i < G_N_ELEMENTS(clashes); i++)
        for (int inlined = 0; inlined < 2; inlined++) {
            FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .score = { "alibi", "causal" }, .prob = { "halve" }, .data = FLEX_LEVEL,
                           .clash = clashes[i], .inlined = inlined };
            g_autofree char *lower = g_ascii_strdown(clashes[i], -1);
            Scenario *s = scenario_new(g, "names-%s%s", lower, inlined ? "-inlined" : "");
            scenario_about(s, "preview", "R18", "The modifiers' names begin like the body's '%s'.", clashes[i]);
            flex_means(s, "names");
            flex_node(s, &n, NULL, NULL, NULL);
            scenario_emit_forms(s, inlined ? 1u << FORM_FUNCTION | 1u << FORM_DECOMPOSED
                                           : 1u << FORM_NATIVE | 1u << FORM_FUNCTION | 1u << FORM_DECOMPOSED);
        }
}

/* The very names of the function's body, in a graph that is not part of it. */
static void same_names(Generator *g)
{
    static const char *const texts[] = {
        ("smod (float[1,2,4,4] scores) => (float[1,2,4,4] probabilities) {\nr = Constant <value: tensor = float {1.0}> ()\n"
         "probabilities = Add (scores, r)\n}"),
        "smod (float[1,2,4,4] product) => (float[1,2,4,4] mixed) {\nscaled_Q = Neg (product)\nmixed = Neg (scaled_Q)\n}",
        "smod (float[1,2,4,4] modified) => (float[1,2,4,4] values) {\nvalues = Identity (modified)\n}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .score = { "identity" }, .data = FLEX_LEVEL };
        Scenario *s = scenario_new(g, "names-same-%d", (int)i);
        scenario_about(s, "preview", "R18", "The modifier uses the very names of the function's body.");
        flex_means(s, "names-same");
        Node *node = flex_node(s, &n, NULL, NULL, NULL);
        flex_set_text(s, node, "score_mod", texts[i]);
        scenario_emit(s);
    }
}

/* Nobody need declare shapes or types inside the graph. */
static void undeclared(Generator *g)
{
    static const char *const texts[][2] = {
        { "symbolic", "smod (float[B,H,L,S] a) => (float[B,H,L,S] b) {\nb = Neg (a)\n}" },
        { "rankless", "smod (float[] a) => (float[] b) {\nb = Neg (a)\n}" },
        { "typed", "smod (float[1,2,4,4] a) => (float[1,2,4,4] b) {\nb = Neg (a)\n}" },
        { "partly", "smod (float[1,H,4,S] a) => (float[B,2,L,4] b) {\nb = Neg (a)\n}" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .score = { "identity" } };
        Scenario *s = scenario_new(g, "declared-%s", texts[i][0]);
        scenario_about(s, "preview", "R7 R17", "The graph's types are declared with shapes that are %s.", texts[i][0]);
        flex_means(s, "declared");
        Node *node = flex_node(s, &n, NULL, NULL, NULL);
        flex_set_text(s, node, "score_mod", texts[i][1]);
        scenario_emit(s);
    }
}

void flex_attention_edges(Generator *g)
{
    all_masked(g);
    negative_scale(g);
    names(g);
    same_names(g);
    undeclared(g);
}
